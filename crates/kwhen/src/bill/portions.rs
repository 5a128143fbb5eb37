//! The part of a meter's energy that a component counts: within hours, and between two amounts of each period.

use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, divide, power_of_ten};
use crate::series::Consumption;
use crate::tariff::{Hours, Portion};
use crate::time::{Calendar, Span, instant_text};

/// The energy that counts of each slot; what does not count is 0, what was not read stays unread.
pub(super) fn counted(
    readings: &Consumption,
    period: Span,
    calendar: &Calendar,
    hours: Option<&Hours>,
    portion: Option<&Portion>,
    name: &str,
) -> Result<Consumption> {
    let grid = readings.grid();
    let mut units: Vec<Option<Energy>> = readings.iter().collect();
    if let (Some(hours), Some(whole)) = (hours, grid.span()) {
        weigh(&mut units, readings, &hours.factors(whole), name)?;
    }
    let Some(portion) = portion else { return Consumption::on_slots(*grid, &units) };
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
        let mut used = 0_i128;
        for place in grid.slots_starting_in(counting) {
            let Some(Some(reading)) = units.get_mut(place) else { continue };
            let (before, after) = (used, used + i128::from(reading.units()));
            used = after;
            let inside = after.clamp(low, high) - before.clamp(low, high);
            *reading = Energy::from_units(i64::try_from(inside).unwrap_or_default())?;
        }
    }
    Consumption::on_slots(*grid, &units)
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
