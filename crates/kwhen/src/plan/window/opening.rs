//! When a load may run: seconds from the grid's start, in segments.

use super::super::SlotPrices;
use crate::quantity::UnitRate;
use crate::time::Span;

/// Sorted, disjoint, non-empty `[from, to)` in seconds from the grid's start; segments that touch are one.
pub(crate) type Segments = Vec<(i64, i64)>;

/// Where the prices are known and within a floor and a ceiling, both included.
pub(crate) fn priced(prices: &SlotPrices, floor: Option<UnitRate>, ceiling: Option<UnitRate>) -> Segments {
    let slot = prices.slot_seconds();
    let mut segments = Segments::new();
    for run in prices.runs() {
        if floor.is_none() && ceiling.is_none() {
            push(&mut segments, run.start as i64 * slot, run.end as i64 * slot);
            continue;
        }
        for index in run.clone() {
            let allowed = prices.paid(index).is_some_and(|rate| {
                floor.is_none_or(|floor| rate >= floor) && ceiling.is_none_or(|ceiling| rate <= ceiling)
            });
            if allowed {
                push(&mut segments, index as i64 * slot, (index as i64 + 1) * slot);
            }
        }
    }
    segments
}

/// What of the grid's time lies within spans.
pub(crate) fn of_spans(prices: &SlotPrices, spans: &[Span]) -> Segments {
    let end = prices.grid().len() as i64 * prices.slot_seconds();
    let mut bounds: Segments = spans
        .iter()
        .map(|span| (prices.offset(span.start_seconds()), prices.offset(span.to_seconds())))
        .map(|(from, to)| (from.max(0), to.min(end)))
        .filter(|(from, to)| from < to)
        .collect();
    bounds.sort_unstable();
    let mut segments = Segments::new();
    for (from, to) in bounds {
        push(&mut segments, from, to);
    }
    segments
}

/// What spans take up.
pub(crate) fn around_spans(prices: &SlotPrices, spans: &[Span]) -> Segments {
    let mut bounds: Segments = spans
        .iter()
        .map(|span| (prices.offset(span.start_seconds()), prices.offset(span.to_seconds())))
        .collect();
    bounds.sort_unstable();
    let mut segments = Segments::new();
    for (from, to) in bounds {
        push(&mut segments, from, to);
    }
    segments
}

fn push(segments: &mut Segments, from: i64, to: i64) {
    match segments.last_mut() {
        Some(last) if last.1 >= from => last.1 = last.1.max(to),
        _ => segments.push((from, to)),
    }
}

/// What two lists of segments share. Segments that only touch stay apart where either list keeps them apart.
pub(crate) fn intersect(left: &[(i64, i64)], right: &[(i64, i64)]) -> Segments {
    let mut segments = Segments::new();
    let (mut left, mut right) = (left.iter().copied().peekable(), right.iter().copied().peekable());
    while let (Some(a), Some(b)) = (left.peek().copied(), right.peek().copied()) {
        let (from, to) = (a.0.max(b.0), a.1.min(b.1));
        if from < to {
            segments.push((from, to));
        }
        if a.1 <= b.1 {
            left.next()
        } else {
            right.next()
        };
    }
    segments
}

/// The first list without the second.
pub(crate) fn subtract(from: &[(i64, i64)], taken: &[(i64, i64)]) -> Segments {
    let mut segments = Segments::new();
    for &(first, end) in from {
        let mut start = first;
        for &(gap_start, gap_end) in taken.iter().filter(|taken| taken.1 > first && taken.0 < end) {
            if gap_start > start {
                segments.push((start, gap_start));
            }
            start = start.max(gap_end);
        }
        if start < end {
            segments.push((start, end));
        }
    }
    segments
}

/// Each segment cut to the whole slots in it.
pub(crate) fn whole_slots(segments: &[(i64, i64)], slot: i64) -> Segments {
    segments
        .iter()
        .map(|(from, to)| (-(-from).div_euclid(slot) * slot, to.div_euclid(slot) * slot))
        .filter(|(from, to)| from < to)
        .collect()
}

/// Each segment cut to the whole minutes in it.
pub(crate) fn whole_minutes(segments: &[(i64, i64)]) -> Segments {
    whole_slots(segments, 60)
}

/// Seconds in all.
pub(crate) fn total(segments: &[(i64, i64)]) -> i64 {
    segments.iter().map(|(from, to)| to - from).sum()
}

/// Seconds that two lists share.
pub(crate) fn shared(left: &[(i64, i64)], right: &[(i64, i64)]) -> i64 {
    right.iter().map(|segment| shared_with(left, *segment)).sum()
}

/// Seconds of one segment that a list holds.
pub(crate) fn shared_with(segments: &[(i64, i64)], (from, to): (i64, i64)) -> i64 {
    let first = segments.partition_point(|segment| segment.1 <= from);
    let within = segments.iter().skip(first).take_while(|segment| segment.0 < to);
    within.map(|segment| segment.1.min(to) - segment.0.max(from)).sum()
}
