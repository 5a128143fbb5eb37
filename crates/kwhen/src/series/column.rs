//! Dense integer columns, in a compact lane where the values allow it.

use std::ops::Range;

/// Dense values that share a power of ten. Places without a value hold 0.
///
/// The compact lane holds 32-bit values: half-hourly Wh and rates of up to 7 significant digits fit. It is chosen from the values
/// themselves, so it never loses a digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    lane: Lane,
    /// What a lane value counts, in units of its quantity: a power of ten.
    step: i64,
    /// No lane value is further from zero.
    bound: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Compact(Vec<i32>),
    Wide(Vec<i64>),
}

impl Column {
    /// From values in units of the quantity.
    pub(crate) fn new(units: Vec<i64>) -> Self {
        let mut step = 100_000_000;
        for value in &units {
            while value % step != 0 {
                step /= 10;
            }
        }
        let bound = units.iter().map(|value| (value / step).unsigned_abs()).max().unwrap_or(0);
        let compact =
            || units.iter().map(|value| i32::try_from(value / step).ok()).collect::<Option<Vec<_>>>();
        match compact() {
            Some(values) => Self { lane: Lane::Compact(values), step, bound },
            None => {
                Self { lane: Lane::Wide(units), step: 1, bound: bound.saturating_mul(step.unsigned_abs()) }
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.lane {
            Lane::Compact(values) => values.len(),
            Lane::Wide(values) => values.len(),
        }
    }

    /// The value at a place in units of its quantity; 0 beyond the end.
    pub(crate) fn units(&self, index: usize) -> i64 {
        let value = match &self.lane {
            Lane::Compact(values) => values.get(index).map(|value| i64::from(*value)),
            Lane::Wide(values) => values.get(index).copied(),
        };
        value.unwrap_or(0) * self.step
    }

    /// All values in units of the quantity, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.len()).map(|index| self.units(index))
    }

    /// The sum of a range, in units.
    pub(crate) fn sum(&self, range: Range<usize>) -> i128 {
        let sum = match &self.lane {
            Lane::Compact(values) => sum_of(values.get(range).unwrap_or(&[])),
            Lane::Wide(values) => {
                values.get(range).unwrap_or(&[]).iter().map(|value| i128::from(*value)).sum()
            }
        };
        sum * i128::from(self.step)
    }

    /// The sum of products of two ranges of equal length, in products of units. Exact: a 64-bit sum only where the bounds prove
    /// that it holds, else 128 bits.
    pub(crate) fn dot(&self, range: Range<usize>, other: &Self, other_start: usize) -> i128 {
        let other_range = other_start..other_start + range.len();
        let steps = i128::from(self.step) * i128::from(other.step);
        if let (Lane::Compact(a), Lane::Compact(b)) = (&self.lane, &other.lane) {
            let (a, b) = (a.get(range).unwrap_or(&[]), b.get(other_range).unwrap_or(&[]));
            let product = (self.bound * other.bound).max(1);
            let safe = usize::try_from(i64::MAX as u64 / product).unwrap_or(usize::MAX).max(1);
            let sum: i128 = a.chunks(safe).zip(b.chunks(safe)).map(|(a, b)| i128::from(dot_of(a, b))).sum();
            return sum * steps;
        }
        let products =
            range.zip(other_range).map(|(a, b)| i128::from(self.units(a)) * i128::from(other.units(b)));
        products.sum()
    }
}

/// Blocks of a length that the compiler turns into vector code.
const BLOCK: usize = 16;

fn dot_of(a: &[i32], b: &[i32]) -> i64 {
    let (a_blocks, b_blocks) = (a.chunks_exact(BLOCK), b.chunks_exact(BLOCK));
    let tail: i64 = a_blocks
        .remainder()
        .iter()
        .zip(b_blocks.remainder())
        .map(|(a, b)| i64::from(*a) * i64::from(*b))
        .sum();
    let mut sums = [0_i64; BLOCK];
    for (a, b) in a_blocks.zip(b_blocks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = sum.wrapping_add(i64::from(*a).wrapping_mul(i64::from(*b)));
        }
    }
    sums.iter().fold(tail, |total, sum| total.wrapping_add(*sum))
}

fn sum_of(values: &[i32]) -> i128 {
    // A block of 2^31 values of 32 bits fits 64 bits.
    values
        .chunks(1 << 30)
        .map(|block| i128::from(block.iter().map(|value| i64::from(*value)).sum::<i64>()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain_dot(a: &[i64], b: &[i64]) -> i128 {
        a.iter().zip(b).map(|(a, b)| i128::from(*a) * i128::from(*b)).sum()
    }

    #[test]
    fn meter_readings_and_rates_take_the_compact_lane() {
        let readings = Column::new(vec![18_200_000, 0, 360_100_000]);
        assert!(matches!(&readings.lane, Lane::Compact(values) if values == &[182, 0, 3601]));
        let rates = Column::new(vec![3_499_650_000, -2_699_854_500]);
        assert!(matches!(rates.lane, Lane::Compact(_)));
        assert!(matches!(Column::new(vec![100_000_000_000_000_001]).lane, Lane::Wide(_)));
    }

    #[test]
    fn a_sum_that_would_not_fit_64_bits_is_still_exact() {
        let large = vec![i64::from(i32::MAX) * 10; 1000];
        let column = Column::new(large.clone());
        assert!(matches!(column.lane, Lane::Compact(_)));
        assert_eq!(column.dot(0..1000, &column, 0), plain_dot(&large, &large));
        let negative = Column::new(large.iter().map(|value| -value).collect());
        assert_eq!(column.dot(0..1000, &negative, 0), -plain_dot(&large, &large));
    }

    fn units() -> impl Strategy<Value = Vec<i64>> {
        (
            prop::sample::select(vec![1_i64, 100, 100_000, 100_000_000]),
            prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 0..200),
        )
            .prop_map(|(step, values)| values.into_iter().map(|value| value * step).collect())
    }

    proptest! {
        #[test]
        fn every_lane_gives_the_same_digits(a in units(), b in units(), skip in 0_usize..20) {
            let (left, right) = (Column::new(a.clone()), Column::new(b.clone()));
            prop_assert_eq!(left.iter().collect::<Vec<_>>(), a.clone());
            prop_assert_eq!(left.sum(0..a.len()), a.iter().map(|value| i128::from(*value)).sum::<i128>());
            let len = a.len().min(b.len().saturating_sub(skip));
            if skip <= b.len() {
                prop_assert_eq!(left.dot(0..len, &right, skip), plain_dot(&a[..len], &b[skip..skip + len]));
            }
        }
    }
}
