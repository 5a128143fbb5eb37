//! How the slots of a grid find their rates in a series.

use super::RateSeries;
use crate::error::{Error, Result};
use crate::time::{Grid, from_seconds, instant_text};
use std::ops::Range;

/// How the slots of a grid find their rates: stretches of slots, in order, disjoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) slots: Range<usize>,
    pub(crate) rates: SegmentRates,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SegmentRates {
    /// One rate a slot, from this place of the columns on.
    Dense(usize),
    /// One rate, at this place of the columns, for every slot.
    Constant(usize),
}

/// A slot in which the rate changes: places of rates and for how many seconds each holds, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangingSlot {
    pub(crate) slot: usize,
    pub(crate) pieces: Vec<(usize, i64)>,
}

impl RateSeries {
    /// How the slots of a grid find their rates. An error where a rate changes inside a slot.
    pub(crate) fn segments(&self, grid: &Grid) -> Result<Vec<Segment>> {
        let (segments, changing) = self.segments_and_changes(grid)?;
        let Some(first) = changing.first() else { return Ok(segments) };
        let at = |piece: usize| first.pieces.get(piece).map(|(place, _)| self.prices(*place).to_string());
        Err(Error::misaligned(format!(
            "the rate changes inside the slot of {} minutes from {}: {} and {}; price the slot at the mean of its rates (--rate-in-slot mean), or have their energy shared out by time (--between-readings by-time)",
            grid.slot_length().minutes(),
            instant_text(from_seconds(grid.slots_span(first.slot, first.slot + 1).start_seconds())),
            at(0).unwrap_or_default(),
            at(1).unwrap_or_default()
        )))
    }

    /// The same, with the slots in which the rate changes apart, in order.
    pub(crate) fn segments_and_changes(&self, grid: &Grid) -> Result<(Vec<Segment>, Vec<ChangingSlot>)> {
        let slot = grid.slot_length().seconds();
        let (start, end) = (grid.start_seconds(), grid.end_seconds());
        let (mut segments, mut changing): (Vec<Segment>, Vec<ChangingSlot>) = (Vec::new(), Vec::new());
        let mut partial: Option<ChangingSlot> = None;
        let first_run = self.runs.partition_point(|run| run.end() <= start);
        for run in self.runs.iter().skip(first_run).take_while(|run| run.start < end) {
            if run.step == slot && (run.start - start) % slot == 0 {
                let slots = grid.first_start_from(run.start)..grid.first_start_from(run.end());
                let skipped = usize::try_from((start - run.start) / slot).unwrap_or(0);
                segments.push(Segment { slots, rates: SegmentRates::Dense(run.first + skipped) });
                continue;
            }
            let from = usize::try_from((start - run.start).div_euclid(run.step)).unwrap_or(0);
            for n in from..run.count {
                let (from, to) = (run.start + run.step * n as i64, run.start + run.step * (n as i64 + 1));
                if from >= end {
                    break;
                }
                let place = run.first + n;
                let slots = grid.first_start_from(from)..floor_slot(grid, to);
                if let Some(head) = partial_head(grid, from, to) {
                    self.fill(&mut partial, &head, place, &mut segments, &mut changing);
                }
                if slots.start < slots.end {
                    segments.push(Segment { slots: slots.clone(), rates: SegmentRates::Constant(place) });
                }
                if slots.start <= slots.end
                    && let Some(tail) = partial_tail(grid, from, to)
                {
                    self.fill(&mut partial, &tail, place, &mut segments, &mut changing);
                }
            }
        }
        Ok((segments, changing))
    }

    /// Adds a piece of a slot. Once pieces fill the slot it gets its rate, or, where they differ, stands apart.
    fn fill(
        &self,
        partial: &mut Option<ChangingSlot>,
        piece: &Piece,
        place: usize,
        segments: &mut Vec<Segment>,
        changing: &mut Vec<ChangingSlot>,
    ) {
        let mut open = partial
            .take()
            .filter(|open| open.slot == piece.slot)
            .unwrap_or_else(|| ChangingSlot { slot: piece.slot, pieces: Vec::new() });
        match open.pieces.last_mut() {
            Some((last, seconds)) if self.prices(*last) == self.prices(place) => *seconds += piece.seconds,
            _ => open.pieces.push((place, piece.seconds)),
        }
        if open.pieces.iter().map(|(_, seconds)| seconds).sum::<i64>() < piece.slot_seconds {
            *partial = Some(open);
        } else if let [(place, _)] = open.pieces.as_slice() {
            segments.push(Segment { slots: open.slot..open.slot + 1, rates: SegmentRates::Constant(*place) });
        } else {
            changing.push(open);
        }
    }
}

/// Part of a slot that an interval covers.
struct Piece {
    slot: usize,
    slot_seconds: i64,
    seconds: i64,
}

/// The place after the last slot that ends by some seconds.
fn floor_slot(grid: &Grid, to: i64) -> usize {
    let index = (to - grid.start_seconds()).div_euclid(grid.slot_length().seconds());
    usize::try_from(index).unwrap_or(0).min(grid.len())
}

fn piece(grid: &Grid, from: i64, to: i64, at: i64) -> Option<Piece> {
    let slot = grid.index_of_seconds(at)?;
    let slot_seconds = grid.slot_length().seconds();
    let slot_start = grid.start_seconds() + slot as i64 * slot_seconds;
    let seconds = to.min(slot_start + slot_seconds) - from.max(slot_start);
    (seconds < slot_seconds).then_some(Piece { slot, slot_seconds, seconds })
}

/// The slot that an interval begins in the midst of, or lies within.
fn partial_head(grid: &Grid, from: i64, to: i64) -> Option<Piece> {
    piece(grid, from, to, from)
}

/// Another slot that an interval ends in the midst of.
fn partial_tail(grid: &Grid, from: i64, to: i64) -> Option<Piece> {
    if grid.index_of_seconds(from) == grid.index_of_seconds(to - 1) {
        return None;
    }
    piece(grid, from, to, to - 1)
}
