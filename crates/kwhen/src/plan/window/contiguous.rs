//! One unbroken run of constant power: the cheapest start.

use super::super::{Prefer, SlotPrices};

/// A start, in seconds from the grid's start, and its cost: price units times seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) second: i64,
    pub(crate) cost: i128,
}

/// The cheapest unbroken run of so many seconds within one segment `[from, to)` in which every slot has a price.
///
/// The cost is linear in the start between the starts at which an end of the run crosses a slot boundary, so the best start
/// (and the first and the last of equally good ones) has an end on a boundary, or on an end of the segment.
pub(super) fn cheapest_in(
    prices: &SlotPrices,
    segment: (i64, i64),
    duration: i64,
    prefer: Prefer,
) -> Option<Start> {
    let (from, to) = segment;
    if duration <= 0 || to - from < duration {
        return None;
    }
    let slot = prices.slot_seconds();
    let values = prices.deciding_units();
    // Sums over the run and over the slots that its two ends are in.
    let fits = i128::from(prices.bound()) * i128::from(duration + 2 * slot) < i128::from(i64::MAX);
    let mut best = Best { prefer, start: None };
    let first = ceil(from, slot);
    let last = (to - duration).div_euclid(slot);
    if first <= last {
        let found = if fits {
            by_start::<i64>(values, slot, duration, first, last, prefer)
        } else {
            by_start::<i128>(values, slot, duration, first, last, prefer)
        };
        best.offer(found);
    }
    if duration % slot != 0 {
        let first = ceil(from + duration, slot);
        let last = to.div_euclid(slot);
        if first <= last {
            let found = if fits {
                by_end::<i64>(values, slot, duration, first, last, prefer)
            } else {
                by_end::<i128>(values, slot, duration, first, last, prefer)
            };
            best.offer(found);
        }
    }
    // Where the segment's ends are slot boundaries, the runs at its ends are among those tried above.
    if from % slot != 0 {
        best.offer(Some(Start { second: from, cost: cost_of_run(values, slot, from, from + duration) }));
    }
    if to % slot != 0 {
        best.offer(Some(Start { second: to - duration, cost: cost_of_run(values, slot, to - duration, to) }));
    }
    best.start
}

/// The better of starts offered, by cost and then by preference.
struct Best {
    prefer: Prefer,
    start: Option<Start>,
}

impl Best {
    fn offer(&mut self, offered: Option<Start>) {
        let Some(offered) = offered else { return };
        let better = self.start.is_none_or(|best| {
            offered.cost < best.cost
                || offered.cost == best.cost
                    && match self.prefer {
                        Prefer::Earliest => offered.second < best.second,
                        Prefer::Latest => offered.second > best.second,
                    }
        });
        if better {
            self.start = Some(offered);
        }
    }
}

/// The cost of running from one second to another at constant power: price units times seconds.
pub(super) fn cost_of_run(values: &[i64], slot: i64, from: i64, to: i64) -> i128 {
    let mut cost = 0;
    let mut second = from;
    while second < to {
        let index = second.div_euclid(slot);
        let end = ((index + 1) * slot).min(to);
        let value = usize::try_from(index).ok().and_then(|index| values.get(index)).copied().unwrap_or(0);
        cost += i128::from(value) * i128::from(end - second);
        second = end;
    }
    cost
}

/// Runs that start on slot boundary `first` to `last`.
fn by_start<T: Sum>(
    values: &[i64],
    slot: i64,
    duration: i64,
    first: i64,
    last: i64,
    prefer: Prefer,
) -> Option<Start> {
    let (whole, rest) = (index(duration / slot), duration % slot);
    let (first, last) = (index(first), index(last));
    let gone = values.get(first..last)?;
    let sum = T::total(values.get(first..first + whole)?);
    let best = if rest == 0 {
        // Whole slots only: the least sum is the least cost.
        let come = values.get(first + whole..last + whole)?;
        let steps = gone.iter().zip(come).map(|(gone, come)| (*gone, *come, T::ZERO));
        let best = least(sum, |value| value, T::ZERO, steps, prefer);
        Least { cost: best.cost.times(T::from(slot)), ..best }
    } else {
        // With the part of a slot that the run ends in.
        let come = values.get(first + whole..=last + whole)?;
        let (now, next) = (come.first()?, come.get(1..)?);
        let part = |value: &i64| T::from(*value).times(T::from(rest));
        let slot = T::from(slot);
        let steps = gone.iter().zip(come).zip(next).map(|((gone, come), next)| (*gone, *come, part(next)));
        least(sum.times(slot), |value| value.times(slot), part(now), steps, prefer)
    };
    Some(Start { second: (first + best.offset) as i64 * slot, cost: best.cost.into() })
}

/// Runs that end on slot boundary `first` to `last` and start inside a slot.
fn by_end<T: Sum>(
    values: &[i64],
    slot: i64,
    duration: i64,
    first: i64,
    last: i64,
    prefer: Prefer,
) -> Option<Start> {
    let (whole, rest) = (index(duration / slot), duration % slot);
    let (first, last) = (index(first), index(last));
    // The slots that runs start in, the first that each uses whole, and the one after each.
    let starts = values.get(first - whole - 1..last - whole)?;
    let gone = values.get(first - whole..last - whole)?;
    let come = values.get(first..last)?;
    let part = |value: &i64| T::from(*value).times(T::from(rest));
    let sum = T::total(values.get(first - whole..first)?).times(T::from(slot));
    let (now, next) = (starts.first()?, starts.get(1..)?);
    let steps = gone.iter().zip(come).zip(next).map(|((gone, come), next)| (*gone, *come, part(next)));
    let unit = T::from(slot);
    let best = least(sum, |value| value.times(unit), part(now), steps, prefer);
    Some(Start { second: (first + best.offset) as i64 * slot - duration, cost: best.cost.into() })
}

/// The least cost, and at which of the runs looked at.
struct Least<T> {
    cost: T,
    offset: usize,
}

/// The least of sums that slide: each step takes one price out of the sum and another in, `unit` times each, and says what stands
/// beside the sum then.
fn least<T: Sum>(
    mut sum: T,
    unit: impl Fn(T) -> T,
    beside: T,
    steps: impl Iterator<Item = (i64, i64, T)>,
    prefer: Prefer,
) -> Least<T> {
    let mut best = Least { cost: sum.plus(beside), offset: 0 };
    let latest = prefer == Prefer::Latest;
    for (offset, (gone, come, beside)) in (1_usize..).zip(steps) {
        sum = sum.plus(unit(T::from(come).less(T::from(gone))));
        let cost = sum.plus(beside);
        let better = cost < best.cost || latest && cost == best.cost;
        best.cost = if better { cost } else { best.cost };
        best.offset = if better { offset } else { best.offset };
    }
    best
}

/// What costs are added up in: 64 bits where they cannot overflow, else 128. The caller has checked the bounds, so nothing wraps.
trait Sum: Copy + Ord + From<i64> + Into<i128> {
    const ZERO: Self;
    fn plus(self, other: Self) -> Self;
    fn less(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn total(values: &[i64]) -> Self {
        values.iter().fold(Self::ZERO, |sum, value| sum.plus(Self::from(*value)))
    }
}

macro_rules! sum {
    ($type:ty) => {
        impl Sum for $type {
            const ZERO: Self = 0;

            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn less(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
        }
    };
}

sum!(i64);
sum!(i128);

fn index(boundary: i64) -> usize {
    usize::try_from(boundary).unwrap_or(usize::MAX)
}

fn ceil(second: i64, slot: i64) -> i64 {
    -(-second).div_euclid(slot)
}
