//! The part of a meter's energy that a component counts: within hours, and between two amounts of each period.

use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, divide, power_of_ten};
use crate::series::Consumption;
use crate::tariff::{Hours, Portion};
use crate::time::{Calendar, Span, instant_text};
use std::ops::Range;

/// The energy that counts: of all slots, or of some whole ones and parts of others.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    /// Energy by slot, weighed by hours where there are such.
    pub(super) energy: Consumption,
    /// The part of it that counts: ranges of whole slots, and slots of which so many 10⁻⁸ kWh count; `None`: all.
    pub(super) part: Option<Part>,
}

/// Ranges of places, in order, and parts of slots, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) whole: Vec<Range<usize>>,
    pub(super) partial: Vec<(usize, i64)>,
}

/// The energy that counts of each slot; what was not read stays unread.
pub(super) fn counted(
    readings: &Consumption,
    period: Span,
    calendar: &Calendar,
    hours: Option<&Hours>,
    portion: Option<&Portion>,
    name: &str,
) -> Result<Counted> {
    let grid = *readings.grid();
    let energy = match (hours, grid.span()) {
        (Some(hours), Some(whole)) => {
            let mut units: Vec<Option<Energy>> = readings.iter().collect();
            weigh(&mut units, readings, &hours.factors(whole), name)?;
            Consumption::on_slots(grid, &units)?
        }
        _ => readings.clone(),
    };
    let Some(portion) = portion else { return Ok(Counted { energy, part: None }) };
    let mut part = Part::default();
    for whole in portion.every.periods(calendar, period)? {
        let cut = whole.intersection(period).unwrap_or(whole);
        let begins_within = cut.from() > whole.from();
        let first_known = grid.span().map_or(cut.from(), |span| span.from());
        if begins_within && !portion.pro_rata && first_known > whole.from() {
            return Err(Error::missing(format!(
                "{name}: counts the energy of each {}, and that of {} begins at {}; readings begin at {}: give those from there on, or say pro_rata = true",
                portion.every.name(),
                calendar.date(whole.from()),
                instant_text(whole.from()),
                instant_text(first_known)
            ))
            .in_field("portion"));
        }
        let counting = if portion.pro_rata { cut } else { whole };
        let (days, all_days) = (calendar.days_starting_in(counting)?, calendar.days_starting_in(whole)?);
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
        part.add(&energy, grid.slots_starting_in(counting), low, high);
    }
    Ok(Counted { energy, part: Some(part) })
}

impl Counted {
    /// Slot by slot, each with what of it counts.
    pub(super) fn by_slot(self) -> Result<Consumption> {
        let Some(part) = self.part else { return Ok(self.energy) };
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
    /// What of the energy of some slots lies between two amounts, in the order of time. Energy below zero goes back over an edge.
    fn add(&mut self, energy: &Consumption, slots: Range<usize>, low: i128, high: i128) {
        let (column, validity) = (energy.column(), energy.validity());
        let mut used = 0_i128;
        let only_used = !slots.clone().any(|place| column.units(place) < 0);
        let mut whole: Option<Range<usize>> = None;
        let mut place = slots.start;
        while place < slots.end {
            // Above the last edge, or beyond the highest, nothing changes any more, unless energy is given back.
            if only_used && used >= low && high == i128::MAX {
                whole = match whole.take() {
                    Some(open) if open.end == place => Some(open.start..slots.end),
                    open => {
                        self.whole.extend(open);
                        Some(place..slots.end)
                    }
                };
                break;
            }
            if only_used && used >= high {
                break;
            }
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
                self.partial.push((place, i64::try_from(inside).unwrap_or_default()));
            }
            place += 1;
        }
        self.whole.extend(whole);
    }
}

/// Multiplies each slot by the factor of its hours; an error where they change inside a slot.
fn weigh(
    units: &mut [Option<Energy>],
    readings: &Consumption,
    factors: &[(Span, i64)],
    name: &str,
) -> Result<()> {
    let mut factors = factors.iter().peekable();
    for (slot, reading) in readings.grid().slots().zip(units) {
        while factors.next_if(|(span, _)| span.to() <= slot.span.from()).is_some() {}
        let Some((span, factor)) = factors.peek() else { break };
        let Some(energy) = reading else { continue };
        if span.to() < slot.span.to() {
            return Err(Error::misaligned(format!(
                "{name}: its hours change inside the slot of {} minutes from {}: give readings in slots as short as its hours",
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
