//! One unbroken run of constant power: the cheapest start.

use super::super::{Prefer, SlotPrices};
use std::ops::{Add, Mul, Sub};

/// A start, in minutes from the grid's start, and its cost: price units times minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) minute: i64,
    pub(crate) cost: i128,
}

/// The cheapest unbroken run of so many minutes within one segment `[from, to)` in which every slot has a price.
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
    let slot = prices.slot_minutes();
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
        best.offer(Some(Start { minute: from, cost: cost_of_run(values, slot, from, from + duration) }));
    }
    if to % slot != 0 {
        best.offer(Some(Start { minute: to - duration, cost: cost_of_run(values, slot, to - duration, to) }));
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
                        Prefer::Earliest => offered.minute < best.minute,
                        Prefer::Latest => offered.minute > best.minute,
                    }
        });
        if better {
            self.start = Some(offered);
        }
    }
}

/// The cost of running from one minute to another at constant power: price units times minutes.
pub(super) fn cost_of_run(values: &[i64], slot: i64, from: i64, to: i64) -> i128 {
    let mut cost = 0;
    let mut minute = from;
    while minute < to {
        let index = minute.div_euclid(slot);
        let end = ((index + 1) * slot).min(to);
        let value = usize::try_from(index).ok().and_then(|index| values.get(index)).copied().unwrap_or(0);
        cost += i128::from(value) * i128::from(end - minute);
        minute = end;
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
    let outgoing = values.get(first..=last)?;
    // The slot that the run's end is in; where the run ends on a boundary, one more than it uses, and there may be none.
    let incoming = values.get(first + whole..(last + whole + 1).min(values.len()))?;
    let mut sum = T::total(values.get(first..first + whole)?);
    let (slot, rest) = (T::from(slot), T::from(rest));
    let zero = 0_i64;
    let ends =
        incoming.iter().chain(std::iter::repeat_n(&zero, usize::from(incoming.len() < outgoing.len())));
    let mut best: Option<(T, usize)> = None;
    for (offset, (gone, end)) in outgoing.iter().zip(ends).enumerate() {
        let end = T::from(*end);
        best = Some(better(best, sum * slot + end * rest, offset, prefer));
        sum = sum + end - T::from(*gone);
    }
    best.map(|(cost, offset)| Start { minute: minute(first + offset, slot), cost: cost.into() })
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
    // The slot that the run's start is in, and the first that it uses whole.
    let starts = values.get(first - whole - 1..last - whole)?;
    let next = values.get(first - whole..(last - whole + 1).min(values.len()))?;
    let incoming = values.get(first..(last + 1).min(values.len()))?;
    let mut sum = T::total(values.get(first - whole..first)?);
    let (slot_units, rest_units) = (T::from(slot), T::from(rest));
    let zero = 0_i64;
    let padding = || std::iter::repeat_n(&zero, 1);
    let mut best: Option<(T, usize)> = None;
    let (mut gone, mut come) = (next.iter().chain(padding()), incoming.iter().chain(padding()));
    for (offset, start) in starts.iter().enumerate() {
        best = Some(better(best, sum * slot_units + T::from(*start) * rest_units, offset, prefer));
        if let (Some(gone), Some(come)) = (gone.next(), come.next()) {
            sum = sum + T::from(*come) - T::from(*gone);
        }
    }
    best.map(|(cost, offset)| Start { minute: (first + offset) as i64 * slot - duration, cost: cost.into() })
}

fn better<T: Sum>(best: Option<(T, usize)>, cost: T, offset: usize, prefer: Prefer) -> (T, usize) {
    match best {
        Some(best) if best.0 < cost || best.0 == cost && prefer == Prefer::Earliest => best,
        _ => (cost, offset),
    }
}

/// What costs are added up in: 64 bits where they cannot overflow, else 128.
trait Sum:
    Copy + Ord + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + From<i64> + Into<i128>
{
    fn total(values: &[i64]) -> Self {
        values.iter().fold(Self::from(0), |sum, value| sum + Self::from(*value))
    }
}

impl Sum for i64 {}
impl Sum for i128 {}

fn index(boundary: i64) -> usize {
    usize::try_from(boundary).unwrap_or(usize::MAX)
}

fn minute<T: Into<i128>>(index: usize, slot: T) -> i64 {
    index as i64 * i64::try_from(slot.into()).unwrap_or(0)
}

fn ceil(minute: i64, slot: i64) -> i64 {
    -(-minute).div_euclid(slot)
}
