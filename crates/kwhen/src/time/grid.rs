//! A run of equal slots on the UTC line.

use super::{Span, instant};
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use std::fmt;

/// The length of a slot: a whole number of minutes that divides a day.
///
/// A settlement period in Great Britain is [`SlotLength::HALF_HOUR`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotLength {
    minutes: u32,
}

impl SlotLength {
    /// Five minutes.
    pub const FIVE_MINUTES: Self = Self { minutes: 5 };
    /// A quarter of an hour.
    pub const QUARTER_HOUR: Self = Self { minutes: 15 };
    /// Half an hour: the settlement period of Great Britain.
    pub const HALF_HOUR: Self = Self { minutes: 30 };
    /// An hour.
    pub const HOUR: Self = Self { minutes: 60 };
    const DAY: u32 = 24 * 60;

    /// From minutes; an error unless they divide a day.
    pub fn from_minutes(minutes: u32) -> Result<Self> {
        if minutes == 0 || !Self::DAY.is_multiple_of(minutes) {
            return Err(Error::out_of_range(
                "a slot must be a whole number of minutes that divides a day: 5, 15, 30, 60 …",
            )
            .with_value(minutes.to_string()));
        }
        Ok(Self { minutes })
    }

    /// Minutes in a slot.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        self.minutes
    }

    /// Seconds in a slot.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.minutes as i64 * 60
    }
}

impl fmt::Debug for SlotLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlotLength({} min)", self.minutes)
    }
}

/// One slot of a [`Grid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Its place in the grid, from 0.
    pub index: usize,
    /// When it is.
    pub span: Span,
}

/// A run of equal slots on the UTC line: a start, a slot length, a count. It knows no time zone; see [`Calendar`](super::Calendar).
///
/// ```
/// use kwhen::time::{Grid, SlotLength, parse_instant};
/// let day = Grid::new(parse_instant("2026-03-29T00:00:00Z")?, SlotLength::HALF_HOUR, 46)?;
/// assert_eq!(day.end(), parse_instant("2026-03-29T23:00:00Z")?);
/// assert_eq!(day.index_of(parse_instant("2026-03-29T01:10:00Z")?), Some(2));
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grid {
    start: i64,
    slot_length: SlotLength,
    len: usize,
}

impl Grid {
    /// So many slots from an instant on. An error if the grid leaves the years 1970-2099 or starts off a whole minute.
    pub fn new(start: DateTime<Utc>, slot_length: SlotLength, len: usize) -> Result<Self> {
        let start_seconds = instant::seconds(start)?;
        if start_seconds % 60 != 0 {
            return Err(Error::misaligned("a grid starts on a whole minute").with_value(instant::text(start)));
        }
        let end = i64::try_from(len)
            .ok()
            .and_then(|len| len.checked_mul(slot_length.seconds()))
            .and_then(|length| start_seconds.checked_add(length))
            .and_then(|end| DateTime::from_timestamp(end, 0))
            .ok_or_else(|| {
                Error::out_of_range("a grid must end by 2100").with_value(format!("{len} slots"))
            })?;
        instant::seconds(end)?;
        Ok(Self { start: start_seconds, slot_length, len })
    }

    /// The slots of a span, whose ends must be a whole number of slots apart; an error if they are not.
    pub fn covering(span: Span, slot_length: SlotLength) -> Result<Self> {
        let seconds = span.seconds();
        if seconds % slot_length.seconds() != 0 {
            return Err(Error::misaligned(format!(
                "is not a whole number of {}-minute slots",
                slot_length.minutes()
            ))
            .with_value(span.to_string()));
        }
        Self::new(
            span.from(),
            slot_length,
            usize::try_from(seconds / slot_length.seconds()).unwrap_or(usize::MAX),
        )
    }

    pub(crate) fn from_seconds(start: i64, slot_length: SlotLength, len: usize) -> Result<Self> {
        Self::new(instant::from_seconds(start), slot_length, len)
    }

    /// When the first slot starts.
    #[must_use]
    pub fn start(&self) -> DateTime<Utc> {
        instant::from_seconds(self.start)
    }

    /// When the last slot ends.
    #[must_use]
    pub fn end(&self) -> DateTime<Utc> {
        instant::from_seconds(self.end_seconds())
    }

    /// The length of each slot.
    #[must_use]
    pub const fn slot_length(&self) -> SlotLength {
        self.slot_length
    }

    /// How many slots there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no slot at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// From the first start to the last end; `None` for an empty grid.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        Span::new(self.start(), self.end()).ok()
    }

    /// The slot at a place, if there is one.
    #[must_use]
    pub fn slot(&self, index: usize) -> Option<Slot> {
        (index < self.len).then(|| Slot { index, span: self.slots_span(index, index + 1) })
    }

    /// Every slot in order of time.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = Slot> + DoubleEndedIterator + use<> {
        let grid = *self;
        (0..self.len).map(move |index| Slot { index, span: grid.slots_span(index, index + 1) })
    }

    /// The place of the slot that an instant is in, if it is in one.
    #[must_use]
    pub fn index_of(&self, instant: DateTime<Utc>) -> Option<usize> {
        self.index_of_seconds(instant.timestamp())
    }

    /// The slots that start in a span, as a range of places. Slots that only stick into it from before are not among them.
    #[must_use]
    pub fn slots_starting_in(&self, span: Span) -> std::ops::Range<usize> {
        self.first_start_from(span.start_seconds())..self.first_start_from(span.to_seconds())
    }

    /// The same slots gone on with over a span: those that start in it, whether or not they are in this grid.
    pub(crate) fn extended_over(&self, span: Span) -> Result<Self> {
        let step = self.slot_length.seconds();
        let start = self.start - (self.start - span.start_seconds()).div_euclid(step) * step;
        let slots = (span.to_seconds() - start + step - 1).div_euclid(step);
        Self::from_seconds(start, self.slot_length, usize::try_from(slots).unwrap_or(0))
    }

    pub(crate) const fn start_seconds(&self) -> i64 {
        self.start
    }

    pub(crate) const fn end_seconds(&self) -> i64 {
        self.start + self.len as i64 * self.slot_length.seconds()
    }

    pub(crate) fn index_of_seconds(&self, seconds: i64) -> Option<usize> {
        let index = usize::try_from((seconds - self.start).div_euclid(self.slot_length.seconds())).ok()?;
        (index < self.len).then_some(index)
    }

    /// The place of the first slot that starts at or after some seconds, at most the count of slots.
    pub(crate) fn first_start_from(&self, seconds: i64) -> usize {
        let length = self.slot_length.seconds();
        let index = (seconds - self.start + length - 1).div_euclid(length);
        usize::try_from(index).unwrap_or(0).min(self.len)
    }

    /// The span of a non-empty range of places that are in the grid.
    pub(crate) fn slots_span(&self, first: usize, end: usize) -> Span {
        let length = self.slot_length.seconds();
        Span::from_seconds(self.start + first as i64 * length, self.start + end as i64 * length)
    }

    /// Part of the grid: the places of a range, cut to what there is.
    #[must_use]
    pub fn part(&self, places: std::ops::Range<usize>) -> Self {
        let first = places.start.min(self.len);
        let end = places.end.clamp(first, self.len);
        Self { start: self.start + first as i64 * self.slot_length.seconds(), len: end - first, ..*self }
    }
}

impl fmt::Debug for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Grid({} x {} min from {})",
            self.len,
            self.slot_length.minutes,
            instant::text(self.start())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;

    fn grid(len: usize) -> Grid {
        Grid::new(parse_instant("2026-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, len).unwrap()
    }

    #[test]
    fn slots_are_found_by_instant() {
        let grid = grid(48);
        let at = |text: &str| grid.index_of(parse_instant(text).unwrap());
        assert_eq!(at("2025-12-31T23:59:59Z"), None);
        assert_eq!(at("2026-01-01T00:00:00Z"), Some(0));
        assert_eq!(at("2026-01-01T00:29:59Z"), Some(0));
        assert_eq!(at("2026-01-01T23:30:00Z"), Some(47));
        assert_eq!(at("2026-01-02T00:00:00Z"), None);
        assert_eq!(grid.slots().nth(3), grid.slot(3));
        assert_eq!(grid.slot(48), None);
    }

    #[test]
    fn a_range_of_starts_is_cut_to_the_grid() {
        let grid = grid(48);
        let span = |from, to| Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap();
        assert_eq!(grid.slots_starting_in(span("2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z")), 0..48);
        assert_eq!(grid.slots_starting_in(span("2026-01-01T00:10:00Z", "2026-01-01T01:00:00Z")), 1..2);
        assert_eq!(grid.slots_starting_in(span("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z")), 48..48);
        assert_eq!(grid.part(40..60).len(), 8);
        assert!(grid.part(60..70).is_empty());
    }

    #[test]
    fn grids_that_leave_the_tables_are_refused() {
        let start = parse_instant("2099-12-31T00:00:00Z").unwrap();
        assert_eq!(
            Grid::new(start, SlotLength::HALF_HOUR, 48).unwrap().end().to_rfc3339(),
            "2100-01-01T00:00:00+00:00"
        );
        assert!(Grid::new(start, SlotLength::HALF_HOUR, 49).unwrap_err().is_out_of_range());
        assert!(Grid::new(start, SlotLength::HALF_HOUR, usize::MAX).unwrap_err().is_out_of_range());
        for minutes in [0, 7, 1441] {
            assert!(SlotLength::from_minutes(minutes).unwrap_err().is_out_of_range());
        }
    }
}
