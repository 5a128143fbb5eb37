//! The energy of each band of a schedule, by what days of one kind have in common: their slots are summed one day after another, and the
//! bands looked for once in the sums.

use super::Schedule;
use crate::series::column::Column;
use crate::series::day_sums::DaySums;
use crate::tariff::clock::DayOfClock;
use crate::time::{DAY_SECONDS, Grid, Span};
use std::ops::Range;

/// What of a span one band has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BandUse {
    /// The place of the band among the schedule's.
    pub(crate) band: usize,
    /// Slots that start in it.
    pub(crate) slots: usize,
    /// Their energy in units.
    pub(crate) energy: i128,
    /// When it first holds within the span and when it last ends, in seconds.
    pub(crate) held: (i64, i64),
}

/// Days of one table: the sums of their slots, how many there are, and the first and last midnight.
struct Days {
    sums: DaySums,
    count: usize,
    first: i64,
    last: i64,
}

impl Schedule {
    /// Whether each slot of a grid that starts in a span lies within one band, and each day begins where a slot does.
    pub(crate) fn is_on_slots(&self, grid: &Grid, span: Span) -> bool {
        let length = grid.slot_length().seconds();
        let starts_at_midnight = self.special.as_ref().is_none_or(|special| special.classes.starts == 0);
        let on_slot = |minute: u32| (i64::from(minute) * 60) % length == 0;
        let mut changes = 0;
        starts_at_midnight
            && self.tables.iter().flatten().all(|part| on_slot(part.from) && on_slot(part.to))
            && self.clock.stretches(span).iter().all(|stretch| {
                changes += 1;
                (grid.start_seconds() + stretch.offset) % length == 0
                    && (changes == 1 || (stretch.from - grid.start_seconds()) % length == 0)
            })
    }

    /// What each band that holds in a span has of a column on a grid that covers the span. Only where [`is_on_slots`](Self::is_on_slots).
    pub(crate) fn band_uses(&self, span: Span, grid: &Grid, column: &Column) -> Vec<BandUse> {
        let slots_a_day = usize::try_from(DAY_SECONDS / grid.slot_length().seconds()).unwrap_or(1);
        let mut uses = Uses(vec![None; self.bands.len()]);
        let mut tables: Vec<Option<Days>> = self.tables.iter().map(|_| None).collect();
        let all_alike = self.special.is_none() && self.tables.len() == 1;
        for stretch in self.clock.stretches(span) {
            let mut day = DayOfClock::of_seconds(stretch.from + stretch.offset);
            // Whole days of one table that follow each other are added at once.
            let mut run: Option<(usize, Range<usize>)> = None;
            loop {
                let midnight = day.number * DAY_SECONDS - stretch.offset;
                let is_over = midnight >= stretch.to;
                let is_whole = midnight >= stretch.from && midnight + DAY_SECONDS <= stretch.to;
                let table = self.table_on(day);
                let goes_on = !is_over && is_whole && run.as_ref().is_some_and(|(known, _)| *known == table);
                if !goes_on && let Some((table, slots)) = run.take() {
                    let days = column.view(slots);
                    if let Some(Some(known)) = tables.get_mut(table) {
                        known.sums.add(&days);
                    }
                }
                if is_over {
                    break;
                }
                if is_whole {
                    // Where all days are alike the last whole one is the next to look at.
                    let further = if all_alike { (stretch.to - midnight) / DAY_SECONDS - 1 } else { 0 };
                    let days = usize::try_from(further).unwrap_or(0) + 1;
                    let last = midnight + further * DAY_SECONDS;
                    if let Some(known) = tables.get_mut(table) {
                        let known = known.get_or_insert_with(|| Days {
                            sums: DaySums::new(&column.view(0..0), slots_a_day),
                            count: 0,
                            first: midnight,
                            last: midnight,
                        });
                        known.count += days;
                        known.last = last;
                    }
                    match &mut run {
                        Some((_, open)) => open.end += slots_a_day * days,
                        None => {
                            let first = grid.first_start_from(midnight);
                            run = Some((table, first..first + slots_a_day * days));
                        }
                    }
                    if all_alike {
                        day = DayOfClock::of_seconds(last + stretch.offset);
                    }
                } else {
                    for part in self.tables.get(table).into_iter().flatten() {
                        let from = (midnight + i64::from(part.from) * 60).max(stretch.from);
                        let to = (midnight + i64::from(part.to) * 60).min(stretch.to);
                        if from < to {
                            let slots = grid.slots_starting_in(Span::from_seconds(from, to));
                            uses.add(part.band, slots.len(), column.sum(slots), (from, to));
                        }
                    }
                }
                day = day.next();
            }
        }
        for (table, days) in self.tables.iter().zip(&tables) {
            let Some(days) = days else { continue };
            for part in table {
                let (from, to) = (i64::from(part.from) * 60, i64::from(part.to) * 60);
                let place = |second: i64| usize::try_from(second / grid.slot_length().seconds()).unwrap_or(0);
                let slots = place(from)..place(to);
                let held = (days.first + from, days.last + to);
                uses.add(part.band, slots.len() * days.count, days.sums.sum(slots), held);
            }
        }
        uses.0.into_iter().flatten().collect()
    }

    /// The place of the table of a day, where days begin at midnight.
    fn table_on(&self, day: DayOfClock) -> usize {
        let of_class = self.special.as_ref().and_then(|special| {
            let class = special.classes.dates.get(&day.number)?;
            let place = *special.table_of.get(usize::from(*class))?.get(day.month)?;
            (place != u8::MAX).then_some(place)
        });
        let of_weekday = || self.table_of.get(day.month).and_then(|row| row.get(day.weekday)).copied();
        usize::from(of_class.or_else(of_weekday).unwrap_or(0))
    }
}

struct Uses(Vec<Option<BandUse>>);

impl Uses {
    fn add(&mut self, band: usize, slots: usize, energy: i128, held: (i64, i64)) {
        let Some(known) = self.0.get_mut(band) else { return };
        let known = known.get_or_insert(BandUse { band, slots: 0, energy: 0, held });
        known.slots += slots;
        known.energy += energy;
        known.held = (known.held.0.min(held.0), known.held.1.max(held.1));
    }
}
