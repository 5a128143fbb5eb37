//! What free hours take off a bill.

use super::LineKind;
use super::engine::{Engine, Falls, Posted};
use super::events::FreeHours;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};
use crate::series::VatBasis;
use crate::tariff::ComponentTax;
use crate::time::Grid;

/// What free hours take off: the price of what was used in them up to their limit, slot by slot. A price below zero is left as it is.
pub(super) fn credits(hours: &[FreeHours], engine: &Engine<'_>) -> Result<Vec<Posted>> {
    let request = engine.request;
    let mut posted = Vec::new();
    for free in hours {
        let Some(span) = free.span.intersection(request.period) else { continue };
        let mut left = free.limit;
        let energy_joins = engine.joins.iter().filter(|join| join.kind == LineKind::Energy);
        let joins: Vec<_> =
            energy_joins.map(|join| Ok((join, join.priced.by_slot()?))).collect::<Result<_>>()?;
        let grid = joins.first().map(|(_, merged)| merged.grid());
        let ends = [free.span.start_seconds(), free.span.to_seconds()];
        if grid.is_some_and(|grid| !ends.iter().all(|end| is_on(grid, *end))) {
            return Err(Error::misaligned("free hours begin and end where slots of the readings do")
                .with_value(free.span.to_string())
                .in_field("sessions"));
        }
        // Hours in which the tax changes are taken off at each rate what they cost at it.
        for (part, _) in engine.taxed(ComponentTax::OfTariff, span) {
            let (mut used, mut cost, mut freed) = (Energy::ZERO, Money::ZERO, Energy::ZERO);
            let (mut basis, mut slots) = (VatBasis::Exclusive, Vec::new());
            for (join, merged) in &joins {
                let grid = merged.grid();
                basis = join.basis;
                for slot in merged.billed(grid.slots_starting_in(part), join.basis)? {
                    used = Energy::sum([used, slot.energy])?;
                    if slot.rate.units() <= 0 || slot.energy.units() <= 0 {
                        continue;
                    }
                    let free = left.map_or(slot.energy, |left| slot.energy.min(left));
                    let price = free * slot.rate;
                    let price = request.rules.slot_cost.map_or(price, |to| to.money(price));
                    cost = Money::sum([cost, price])?;
                    freed = Energy::sum([freed, free])?;
                    left = left.map(|left| Energy::sum([left, -free])).transpose()?;
                    slots.push((grid.slots_span(slot.index, slot.index + 1).from(), -price));
                }
            }
            let of = if freed == used { String::new() } else { format!(" of {used}") };
            posted.push(Posted {
                label: format!(
                    "Free electricity, {freed}{of} kWh, {} to {}",
                    request.calendar.local(part.from()).format("%a %-d %b %Y %H:%M"),
                    request.calendar.local(part.to()).format("%H:%M")
                ),
                kind: LineKind::FreeHours,
                span: part,
                basis,
                tax: ComponentTax::OfTariff,
                falls: Falls::InSlots(slots),
                said: request.working.then(|| format!("{freed} kWh at what they cost: {cost}")),
            });
        }
    }
    Ok(posted)
}

/// Whether an instant is an edge of a grid's slots.
fn is_on(grid: &Grid, seconds: i64) -> bool {
    (seconds - grid.start().timestamp()).rem_euclid(grid.slot_length().seconds()) == 0
}
