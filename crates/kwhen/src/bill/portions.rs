//! The part of a meter's energy that a component counts: within hours, and between two amounts of each period.

use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, divide, power_of_ten};
use crate::series::Consumption;
use crate::tariff::{Charge, Component, Hours, Portion};
use crate::time::{Calendar, Span, instant_text};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The energy that counts: of all slots, or of some whole ones and parts of others.
#[derive(Clone, Debug)]
pub(super) struct Counted<'a> {
    /// Energy by slot, weighed by hours where there are such.
    pub(super) energy: Cow<'a, Consumption>,
    /// The part of it that counts: ranges of whole slots, and slots of which so many 10⁻⁸ kWh count; `None`: all.
    pub(super) part: Option<Part>,
}

/// Ranges of places, in order, and parts of slots, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) whole: Vec<Range<usize>>,
    pub(super) partial: Vec<(usize, i64)>,
}

/// Where the portion that was cut last ended in each of its periods: the next tier begins there.
#[derive(Debug, Default)]
pub(super) struct Edges<'a> {
    of: Option<&'a Consumption>,
    ends: Vec<Option<Edge>>,
}

/// The place at which some slots come to an amount, and what those before it sum to.
#[derive(Clone, Debug)]
struct Edge {
    slots: Range<usize>,
    amount: i128,
    place: usize,
    sum: i128,
}

/// The energy that counts of each slot; what was not read stays unread. A portion comes with its periods that touch the bill's, and with
/// where the one before it ended.
pub(super) fn counted<'a>(
    readings: &'a Consumption,
    period: Span,
    calendar: &Calendar,
    hours: Option<&Hours>,
    portion: Option<(&Portion, &[Span], &mut Edges<'a>)>,
) -> Result<Counted<'a>> {
    let grid = *readings.grid();
    let energy = match (hours, grid.span()) {
        (Some(hours), Some(whole)) => {
            let mut units: Vec<Option<Energy>> = readings.iter().collect();
            weigh(&mut units, readings, &hours.factors(whole))?;
            Cow::Owned(Consumption::on_slots(grid, &units)?)
        }
        _ => Cow::Borrowed(readings),
    };
    let Some((portion, wholes, edges)) = portion else { return Ok(Counted { energy, part: None }) };
    let of = hours.is_none().then_some(readings);
    if !of.zip(edges.of).is_some_and(|(these, those)| std::ptr::eq(these, those)) {
        *edges = Edges { of, ends: Vec::new() };
    }
    edges.ends.resize(wholes.len(), None);
    let mut part =
        Part { whole: Vec::with_capacity(wholes.len()), partial: Vec::with_capacity(2 * wholes.len()) };
    for (place, whole) in wholes.iter().copied().enumerate() {
        let cut = whole.intersection(period).unwrap_or(whole);
        if !portion.pro_rata
            && let Some(before) = Span::between(whole.from(), cut.from())
        {
            let (every, from) = (portion.every.name(), calendar.date(whole.from()));
            known_before(readings, before, || {
                format!("counts the energy of each {every}, and that of {from}")
            })
            .map_err(|error| error.in_field("portion"))?;
        }
        let counting = if portion.pro_rata { cut } else { whole };
        let by_days = portion.per_day || (portion.pro_rata && counting != whole);
        let (days, all_days) = if by_days {
            (calendar.days_starting_in(counting)?, calendar.days_starting_in(whole)?)
        } else {
            (1, 1)
        };
        let limit = |amount: Energy| -> i128 {
            let amount = i128::from(amount.units());
            match (portion.per_day, portion.pro_rata) {
                (true, _) => amount * i128::from(days),
                (false, true) => {
                    divide(amount * i128::from(days), i128::from(all_days.max(1)), Rounding::HalfEven)
                }
                (false, false) => amount,
            }
        };
        let (low, high) = (limit(portion.from_kwh), portion.to_kwh.map_or(i128::MAX, limit));
        let known = edges.ends.get(place).and_then(Option::as_ref);
        let end = part.add(&energy, grid.slots_starting_in(counting), (low, high), known);
        if let Some(known) = edges.ends.get_mut(place) {
            *known = end;
        }
    }
    Ok(Counted { energy, part: Some(part) })
}

/// When the first part of energy that components price began to be counted; at the latest when the bill begins.
pub(super) fn counted_from<'c>(
    components: impl Iterator<Item = &'c Component>,
    period: Span,
    calendar: &Calendar,
) -> Result<DateTime<Utc>> {
    let mut from = period.from();
    for component in components {
        let every = match &component.charge {
            Charge::PerKwh { portion: Some(portion), .. } if !portion.pro_rata => portion.every,
            Charge::Scale(scale) if scale.expected.is_none() => scale.every,
            _ => continue,
        };
        let Some(span) = component.span.intersection(period) else { continue };
        let first = every.periods(calendar, span)?.into_iter().next();
        from = first.map_or(from, |first| first.from().min(from));
    }
    Ok(from)
}

/// An error where a slot of a span before the bill has no reading: what is counted from there would begin too low.
fn known_before(readings: &Consumption, before: Span, what: impl FnOnce() -> String) -> Result<()> {
    let Some(unread) = Unread::of(readings, before) else { return Ok(()) };
    Err(Error::missing(format!(
        "{} begins at {}: {unread} before the bill, and without them it would begin too low: give those readings, have them estimated (--missing previous-week or profile) or taken as nothing (--missing zero), or say pro_rata = true in the tariff",
        what(),
        instant_text(before.from()),
    )))
}

/// Slots that have no reading.
pub(super) struct Unread {
    slots: usize,
    first: Span,
}

impl Unread {
    /// Those of a span, if there are any.
    pub(super) fn of(readings: &Consumption, span: Span) -> Option<Self> {
        let grid = readings.grid();
        let wanted = grid.extended_over(span).ok()?;
        if readings.validity().count_in(grid.slots_starting_in(span)) == wanted.len() {
            return None;
        }
        let is_read =
            |slot: &Span| grid.index_of(slot.from()).and_then(|place| readings.get(place)).is_some();
        let mut missing = wanted.slots().map(|slot| slot.span).filter(|slot| !is_read(slot));
        let (mut first, mut slots) = (missing.next()?, 1);
        for slot in missing {
            if slot.from() == first.to() {
                first = Span::from_seconds(first.start_seconds(), slot.to_seconds());
            }
            slots += 1;
        }
        Some(Self { slots, first })
    }

    /// Those of a whole that lie outside of a part of it.
    pub(super) fn outside(readings: &Consumption, whole: Span, part: Span) -> Option<Self> {
        let before = Span::new(whole.from(), part.from().min(whole.to())).ok();
        let after = Span::new(part.to().max(whole.from()), whole.to()).ok();
        [before, after].into_iter().flatten().find_map(|span| Self::of(readings, span))
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.slots {
            1 => write!(f, "the slot {} has no reading", self.first),
            slots => write!(f, "{slots} slots have no reading, the first of them {}", self.first),
        }
    }
}

impl Counted<'_> {
    /// Slot by slot, each with what of it counts.
    pub(super) fn by_slot(self) -> Result<Consumption> {
        let Some(part) = self.part else { return Ok(self.energy.into_owned()) };
        let mut units: Vec<Option<Energy>> =
            self.energy.iter().map(|reading| reading.map(|_| Energy::ZERO)).collect();
        for place in part.whole.into_iter().flatten() {
            if let Some(slot) = units.get_mut(place) {
                *slot = self.energy.get(place);
            }
        }
        for (place, counted) in part.partial {
            if let Some(slot) = units.get_mut(place) {
                *slot = Some(Energy::from_units(counted)?);
            }
        }
        Consumption::on_slots(*self.energy.grid(), &units)
    }
}

impl Part {
    /// What of the energy of some slots lies between two amounts, in the order of time. Energy below zero goes back over an edge. `known`
    /// is an edge of the same energy, of use where it is the lower amount of the same slots; the upper one is given, where there is one.
    fn add(
        &mut self,
        energy: &Consumption,
        slots: Range<usize>,
        (low, high): (i128, i128),
        known: Option<&Edge>,
    ) -> Option<Edge> {
        let (column, validity) = (energy.column(), energy.validity());
        if low >= high {
            return None;
        }
        if !column.is_signed() {
            // It only rises: the slots in which it comes to the edges are looked for, and those between count whole.
            let known = known.filter(|known| known.slots == slots && known.amount == low);
            let (first, before) = match known {
                Some(known) => (known.place, known.sum),
                None => column.reached(slots.clone(), low),
            };
            if first > slots.start && before > low {
                self.add_part(first - 1, before.min(high) - low);
            }
            let (end, after) = match high {
                i128::MAX => (slots.end, 0),
                _ => column.reached(first..slots.end, high - before),
            };
            let after = before + after;
            let is_cut = after > high && end > first;
            let whole = first..if is_cut { end - 1 } else { end };
            if is_cut {
                self.add_part(end - 1, i128::from(column.units(end - 1)) - (after - high));
            }
            self.whole.extend((!whole.is_empty()).then_some(whole));
            return (high < i128::MAX).then_some(Edge { slots, amount: high, place: end, sum: after });
        }
        let mut used = 0_i128;
        let mut whole: Option<Range<usize>> = None;
        for place in slots {
            let units = if validity.get(place) { i128::from(column.units(place)) } else { 0 };
            let (before, after) = (used, used + units);
            used = after;
            let inside = after.clamp(low, high) - before.clamp(low, high);
            if inside == units && (units != 0 || (low..high).contains(&before)) {
                match &mut whole {
                    Some(open) if open.end == place => open.end += 1,
                    open => self.whole.extend(open.replace(place..place + 1)),
                }
            } else if inside != 0 {
                self.add_part(place, inside);
            }
        }
        self.whole.extend(whole);
        None
    }

    fn add_part(&mut self, place: usize, units: i128) {
        self.partial.push((place, i64::try_from(units).unwrap_or_default()));
    }
}

/// Multiplies each slot by the factor of its hours; an error where they change inside a slot.
fn weigh(units: &mut [Option<Energy>], readings: &Consumption, factors: &[(Span, i64)]) -> Result<()> {
    let mut factors = factors.iter().peekable();
    for (slot, reading) in readings.grid().slots().zip(units) {
        while factors.next_if(|(span, _)| span.to() <= slot.span.from()).is_some() {}
        let Some((span, factor)) = factors.peek() else { break };
        let Some(energy) = reading else { continue };
        if span.to() < slot.span.to() {
            return Err(Error::misaligned(format!(
                "its hours change inside the slot of {} minutes from {}: give readings in slots as short as its hours",
                readings.grid().slot_length().minutes(),
                instant_text(slot.span.from())
            ))
            .in_field("hours"));
        }
        let weighed =
            divide(i128::from(energy.units()) * i128::from(*factor), power_of_ten(8), Rounding::HalfEven);
        *reading = Some(Energy::from_units(i64::try_from(weighed).unwrap_or_default())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Grid, SlotLength, parse_instant};
    use proptest::prelude::*;

    proptest! {
        /// Energy goes by in order; what of it lies between two amounts is looked for slot by slot here.
        #[test]
        fn a_portion_is_what_a_walk_from_slot_to_slot_finds(
            wh in prop::collection::vec(prop_oneof![2 => Just(Some(0)), 1 => Just(None), 9 => (0_i64..400).prop_map(Some)], 0..900),
            given_back in prop::bool::weighted(0.3),
            (low, length) in (0_i64..30_000, prop::option::of(0_i64..60_000)),
            skipped in 0_usize..40,
        ) {
            let start = parse_instant("2026-01-01T00:00:00Z").unwrap();
            let grid = Grid::new(start, SlotLength::HALF_HOUR, wh.len()).unwrap();
            let sign = |place: usize| if given_back && place % 7 == 3 { -1 } else { 1 };
            let units = |wh: i64| Energy::from_units(wh * 100_000).unwrap();
            let readings: Vec<Option<Energy>> =
                wh.iter().enumerate().map(|(place, wh)| wh.map(|wh| units(wh * sign(place)))).collect();
            let readings = Consumption::on_slots(grid, &readings).unwrap();
            let slots = skipped.min(wh.len())..wh.len();
            let (low, high) = (i128::from(low) * 100_000, length.map_or(i128::MAX, |length| i128::from(low + length) * 100_000));

            let mut part = Part::default();
            let edge = part.add(&readings, slots.clone(), (low, high), None);
            // The tier above begins where this one ended, whether or not that is looked for again.
            let above = |known: Option<&Edge>| {
                let mut part = Part::default();
                part.add(&readings, slots.clone(), (high, i128::MAX), known);
                (part.whole, part.partial)
            };
            prop_assert_eq!(above(edge.as_ref()), above(None));

            let mut counted = vec![0; wh.len()];
            for place in part.whole.iter().cloned().flatten() {
                counted[place] += i128::from(readings.column().units(place));
            }
            for (place, units) in &part.partial {
                prop_assert!(!part.whole.iter().any(|whole| whole.contains(place)));
                counted[*place] += i128::from(*units);
            }
            prop_assert!(part.partial.windows(2).all(|pair| pair[0].0 < pair[1].0));
            let mut used = 0_i128;
            for place in slots {
                let units = readings.get(place).map_or(0, |energy| i128::from(energy.units()));
                let between = |amount: i128| amount.clamp(low, high);
                prop_assert_eq!(counted[place], between(used + units) - between(used), "{}", place);
                used += units;
            }
        }
    }
}
