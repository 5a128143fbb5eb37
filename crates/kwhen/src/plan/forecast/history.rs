//! The days of a site's history: which slot of a past day is like a slot to come, and how bright each moment was.

use crate::plan::battery::Site;
use crate::time::Calendar;
use chrono::{Datelike, Weekday};
use std::ops::Range;

/// How many days a moment's sun is set beside.
const LOOK_BACK: usize = 14;

/// The slots of a site by the calendar's clock, and the state of the sky after each. What is said of a slot comes from it and those before.
#[derive(Clone, Debug)]
pub struct History {
    day: usize,
    /// The calendar's offset from UTC, in slots.
    offset: Vec<i64>,
    /// Whether the slot is on a Saturday or Sunday.
    rest: Vec<bool>,
    state: Vec<u8>,
    /// Of each 24 hours: how far midday's mean import rate is from theirs, in units of a rate.
    dips: Vec<i128>,
}

/// Dull, mixed and bright.
pub(crate) const STATES: usize = 3;

/// Neither dull nor bright.
pub(crate) const MIXED: usize = 1;

impl History {
    /// Looks over a site's slots once.
    #[must_use]
    pub fn new(site: &Site, calendar: &Calendar) -> Self {
        let grid = site.grid();
        let seconds = grid.slot_length().seconds().max(1);
        let day = usize::try_from(86_400 / seconds).unwrap_or(1).max(1);
        let mut offset = Vec::with_capacity(grid.len());
        let mut rest = Vec::with_capacity(grid.len());
        for slot in 0..grid.len() {
            let at = site.span_of(slot).from();
            let local = calendar.local(at);
            offset.push((local - at.naive_utc()).num_seconds().div_euclid(seconds));
            rest.push(matches!(local.weekday(), Weekday::Sat | Weekday::Sun));
        }
        let state = states(&site.solar, grid.len(), day);
        let mut imports = Vec::with_capacity(grid.len() + 1);
        let mut sum = 0_i128;
        imports.push(sum);
        for slot in 0..grid.len() {
            sum += i128::from(site.import_units(slot));
            imports.push(sum);
        }
        // What lies beyond the last slot counts nothing.
        let until = |slot: usize| imports.get(slot).copied().unwrap_or(sum);
        let mean = |start: usize, slots: &Range<usize>| {
            let count = i128::try_from(slots.len().max(1)).unwrap_or(1);
            (until(start + slots.end) - until(start + slots.start)) / count
        };
        let starts = (0..=grid.len()).step_by(day);
        let dips = starts.map(|start| mean(start, &midday(day)) - mean(start, &until_evening(day))).collect();
        Self { day, offset, rest, state, dips }
    }

    /// How far midday's mean import rate is from that of its 24 hours, in units of a rate; `None` where they are not published up to the evening.
    pub(super) fn dip(&self, slot: usize, rates_until: usize) -> Option<i128> {
        let start = slot - slot % self.day;
        let is_known = |slots: Range<usize>| slots.is_empty() || start + slots.end <= rates_until;
        let is_known = is_known(midday(self.day)) && is_known(until_evening(self.day));
        is_known.then(|| self.dips.get(start / self.day).copied().unwrap_or(0))
    }

    /// Slots in 24 hours.
    #[must_use]
    pub const fn slots_a_day(&self) -> usize {
        self.day
    }

    /// The slot so many days before another at the same time on the calendar's clock. A time that the clock skips there is the one an hour
    /// later, one that it shows twice the one nearer by.
    #[must_use]
    pub fn days_before(&self, slot: usize, days: usize) -> Option<usize> {
        let same = slot.checked_sub(days.checked_mul(self.day)?)?;
        let turned = self.offset.get(slot)? - self.offset.get(same)?;
        same.checked_add_signed(isize::try_from(turned).ok()?)
    }

    /// The slot so many times 24 hours before another: where the sun stands as high.
    #[must_use]
    pub fn hours_before(&self, slot: usize, days: usize) -> Option<usize> {
        slot.checked_sub(days.checked_mul(self.day)?)
    }

    /// Whether two slots are both on a Saturday or Sunday, or both not.
    #[must_use]
    pub fn same_kind_of_day(&self, one: usize, other: usize) -> bool {
        self.rest.get(one) == self.rest.get(other)
    }

    /// The state after a slot: 0 dull, 1 mixed, 2 bright, by the last hours' sun beside the fortnight before.
    #[must_use]
    pub fn state_after(&self, slot: usize) -> usize {
        self.state.get(slot).copied().map_or(MIXED, usize::from)
    }
}

/// Midday's slots of 24 hours.
fn midday(day: usize) -> Range<usize> {
    day * 3 / 8..day * 3 / 4
}

/// The slots of 24 hours up to the evening.
fn until_evening(day: usize) -> Range<usize> {
    0..day * 11 / 12
}

/// The sun of the last three hours beside the mean of the same hours of the days before; at night the last state stays.
fn states(solar: &[i64], slots: usize, day: usize) -> Vec<u8> {
    if solar.is_empty() {
        return vec![1; slots];
    }
    let window = (day / 8).max(1);
    let mut recent = Vec::with_capacity(slots);
    let mut sum = 0_i128;
    for (slot, value) in solar.iter().enumerate() {
        sum += i128::from(*value);
        if let Some(gone) = slot.checked_sub(window).and_then(|gone| solar.get(gone)) {
            sum -= i128::from(*gone);
        }
        recent.push(sum);
    }
    let mut state = 1;
    let mut states = Vec::with_capacity(slots);
    for (slot, own) in recent.iter().enumerate() {
        let before = (1..=LOOK_BACK).filter_map(|days| recent.get(slot.checked_sub(days * day)?));
        let (count, total) = before.fold((0_i128, 0_i128), |(count, sum), value| (count + 1, sum + value));
        // A moment is judged where the fortnight had any sun at all.
        if total > 0 {
            let share = own * count * 100 / total;
            state = match share {
                ..70 => 0,
                70..125 => 1,
                _ => 2,
            };
        }
        states.push(state);
    }
    states
}
