//! Sums of one day after another, slot of the day by slot of the day.

use super::column::{ColumnView, LaneView};
use super::lanes;
use std::ops::Range;

/// Sums over whole days of a column, one for each slot of a day: what a price by time of day is multiplied with. In lanes so wide that
/// no sum of all days that there are (1970 to 2099) overflows.
#[derive(Clone, Debug)]
pub(crate) struct DaySums {
    lane: Lane,
    step: i64,
}

#[derive(Clone, Debug)]
enum Lane {
    /// 47,482 days of 16 bits fit 32.
    Narrow(Vec<i32>),
    Compact(Vec<i64>),
    Wide(Vec<i128>),
}

impl DaySums {
    /// Nothing yet of days of so many slots, of a column like this.
    pub(crate) fn new(column: &ColumnView<'_>, slots: usize) -> Self {
        let lane = match column.lane() {
            LaneView::Narrow(_) => Lane::Narrow(vec![0; slots]),
            LaneView::Compact(_) => Lane::Compact(vec![0; slots]),
            LaneView::Wide(_) => Lane::Wide(vec![0; slots]),
        };
        Self { lane, step: column.step() }
    }

    /// Adds whole days of the column.
    pub(crate) fn add(&mut self, days: &ColumnView<'_>) {
        match (&mut self.lane, days.lane()) {
            (Lane::Narrow(sums), LaneView::Narrow(values)) => {
                // As many days as sum to 16 bits whatever the values are.
                let together =
                    i16::MAX.unsigned_abs() / u16::try_from(days.bound()).unwrap_or(u16::MAX).max(1);
                lanes::add_days(values, sums, together.into());
            }
            (Lane::Compact(sums), LaneView::Compact(values)) => add(sums, values),
            (Lane::Wide(sums), LaneView::Wide(values)) => add(sums, values),
            // A column has one lane.
            _ => {}
        }
    }

    /// The sum of some slots of all days, in units.
    pub(crate) fn sum(&self, slots: Range<usize>) -> i128 {
        let sum = match &self.lane {
            Lane::Narrow(sums) => of(sums, slots),
            Lane::Compact(sums) => of(sums, slots),
            Lane::Wide(sums) => of(sums, slots),
        };
        sum * i128::from(self.step)
    }
}

fn add<S: Copy + From<V> + std::ops::AddAssign, V: Copy>(sums: &mut [S], values: &[V]) {
    for day in values.chunks_exact(sums.len().max(1)) {
        for (sum, value) in sums.iter_mut().zip(day) {
            *sum += S::from(*value);
        }
    }
}

fn of<S: Copy + Into<i128>>(sums: &[S], slots: Range<usize>) -> i128 {
    sums.get(slots).unwrap_or(&[]).iter().map(|sum| (*sum).into()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::column::Column;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_lane_sums_its_days(
            scale in prop::sample::select(vec![1_i64, 10_000, 100_000_000_000]),
            values in prop::collection::vec(-30_000_i64..30_000, 1..600),
            slots in prop::sample::select(vec![1_usize, 24, 48, 96]),
        ) {
            let values: Vec<i64> = values.into_iter().map(|value| value * scale + value % 2).collect();
            let column = Column::new(values.clone());
            let view = column.view(0..values.len());
            let mut sums = DaySums::new(&view, slots);
            let days = values.len() / slots;
            // One day, and then the others at once.
            let one = days.min(1);
            sums.add(&column.view(0..one * slots));
            sums.add(&column.view(one * slots..days * slots));
            for slot in 0..slots {
                let by_hand = (0..days).map(|day| i128::from(values[day * slots + slot])).sum::<i128>();
                prop_assert_eq!(sums.sum(slot..slot + 1), by_hand);
            }
        }
    }
}
