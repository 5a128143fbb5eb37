//! Costs by local day, and the days that are shown.

use super::ground::Ground;
use super::member::Member;
use super::plan::Done;
use crate::error::{Error, Result};
use crate::plan::battery::Site;
use crate::quantity::{Energy, Money, UnitRate};
use crate::time::{Period, Span};
use serde::Serialize;

/// What a home comes to in a month of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MonthCost {
    /// The month, or what of it is in the span.
    #[serde(flatten)]
    pub period: Period,
    /// Bill and wear.
    pub cost_minor: Money,
}

/// A day of a plan, slot by slot.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownDay {
    /// The local day.
    #[serde(flatten)]
    pub period: Period,
    /// What its energy and the wear of its plan cost, in minor units, the tax in; what is charged by the day or the month is not in it.
    pub cost_minor: Money,
    /// What is done in each slot.
    pub slots: Vec<DaySlot>,
}

/// What the home does in a slot.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DaySlot {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// What a kWh from the grid costs.
    pub import_minor_per_kwh: UnitRate,
    /// What a kWh to the grid earns; zero without an export tariff.
    pub export_minor_per_kwh: UnitRate,
    /// From the grid.
    pub import_kwh: Energy,
    /// To the grid.
    pub export_kwh: Energy,
    /// What all devices take.
    pub charge_kwh: Energy,
    /// What all devices give.
    pub discharge_kwh: Energy,
}

/// Wear of the devices in a slot.
pub(super) fn wear(done: &Done, members: &[Member], slot: usize) -> Result<Money> {
    let worn = done.devices.iter().zip(members).map(|(moves, member)| {
        moves.get(slot).map_or(Money::ZERO, |(_, discharge)| *discharge * member.wear())
    });
    Money::sum(worn)
}

/// What each local day's energy and wear cost at the prices that the plan went by.
pub(super) fn of_energy(
    ground: &Ground,
    site: &Site,
    (done, members): (&Done, &[Member]),
    days: &[Period],
) -> Result<Vec<Money>> {
    let rate = |units| UnitRate::from_units(units).unwrap_or_default();
    let of_slot = |slot: usize| -> Result<Money> {
        if !ground.known.get(slot).copied().unwrap_or(false) {
            return Ok(Money::ZERO);
        }
        let energy = |energies: &[Energy]| energies.get(slot).copied().unwrap_or_default();
        let bought = energy(&done.import) * rate(site.import_units(slot));
        let sold = energy(&done.export) * rate(site.export_units(slot));
        Money::sum([bought, -sold, wear(done, members, slot)?])
    };
    let of_day = |day: &Period| {
        let slots = ground.grid.slots_starting_in(day.span).map(of_slot);
        Money::sum(slots.collect::<Result<Vec<_>>>()?)
    };
    days.iter().map(of_day).collect()
}

/// Days that sum to their months: what a month costs beyond its days' energy is shared evenly among them.
pub(super) fn summing_to(months: &[MonthCost], days: &[Period], mut costs: Vec<Money>) -> Result<Vec<Money>> {
    let beyond = || Error::out_of_range("a sum is beyond the range of p");
    for month in months {
        let first = days.partition_point(|day| day.span.from() < month.period.span.from());
        let end = days.partition_point(|day| day.span.from() < month.period.span.to());
        let own = costs.get_mut(first..end).unwrap_or_default();
        let Some(count) = i128::try_from(own.len()).ok().filter(|count| *count > 0) else { continue };
        let rest = month.cost_minor.checked_sub(Money::sum(own.iter().copied())?).ok_or_else(beyond)?;
        let (each, last) = (rest.units().div_euclid(count), rest.units().rem_euclid(count));
        for (place, cost) in own.iter_mut().enumerate() {
            let more = each + if place + 1 == usize::try_from(count).unwrap_or(0) { last } else { 0 };
            *cost = cost.checked_add(Money::from_units(more)?).ok_or_else(beyond)?;
        }
    }
    Ok(costs)
}

/// The cheapest and the dearest day of a plan, of those that are whole.
pub(super) fn shown(
    ground: &Ground,
    site: &Site,
    done: &Done,
    (days, costs): (&[Period], &[Money]),
) -> Vec<ShownDay> {
    let whole = |day: &Period| {
        let slots = ground.grid.slots_starting_in(day.span);
        ground.known.get(slots).is_some_and(|known| !known.is_empty() && known.iter().all(|known| *known))
    };
    let usual = days.iter().map(|day| day.span.seconds()).max().unwrap_or(0) - 2 * 3_600;
    let candidates = || days.iter().zip(costs).filter(|(day, _)| day.span.seconds() >= usual && whole(day));
    let cheapest = candidates().min_by_key(|(_, cost)| **cost);
    let dearest = candidates().max_by_key(|(_, cost)| **cost);
    let shown = |(day, cost): (&Period, &Money)| {
        let rate = |units| UnitRate::from_units(units).unwrap_or_default();
        let slots = ground.grid.slots_starting_in(day.span).map(|slot| {
            let all = |pick: fn(&(Energy, Energy)) -> Energy| {
                let moves = done.devices.iter().filter_map(|moves| moves.get(slot).map(pick));
                moves.fold(Energy::ZERO, |sum, energy| sum.checked_add(energy).unwrap_or(sum))
            };
            DaySlot {
                span: ground.grid.slots_span(slot, slot + 1),
                import_minor_per_kwh: rate(site.import_units(slot)),
                export_minor_per_kwh: rate(site.export_units(slot)),
                import_kwh: done.import.get(slot).copied().unwrap_or_default(),
                export_kwh: done.export.get(slot).copied().unwrap_or_default(),
                charge_kwh: all(|(charge, _)| *charge),
                discharge_kwh: all(|(_, discharge)| *discharge),
            }
        });
        ShownDay { period: day.clone(), cost_minor: *cost, slots: slots.collect() }
    };
    cheapest.into_iter().chain(dearest).map(shown).collect()
}
