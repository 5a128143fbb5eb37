//! What free hours take off a bill.

use super::LineKind;
use super::engine::{Engine, Posted};
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
        let (mut left, mut used, mut cost) = (free.limit, Energy::ZERO, Money::ZERO);
        let (mut basis, mut freed) = (VatBasis::Exclusive, Energy::ZERO);
        let energy_joins = engine.joins.iter().filter(|join| join.kind == LineKind::Energy);
        let joins: Vec<_> =
            energy_joins.map(|join| Ok((join, join.priced.by_slot()?))).collect::<Result<_>>()?;
        for (place, (join, merged)) in joins.iter().enumerate() {
            let grid = merged.grid();
            if place == 0 && !(is_on(grid, free.span.start_seconds()) && is_on(grid, free.span.to_seconds()))
            {
                return Err(Error::misaligned("free hours begin and end where slots of the readings do")
                    .with_value(free.span.to_string())
                    .in_field("sessions"));
            }
            basis = join.basis;
            for slot in merged.billed(grid.slots_starting_in(span), join.basis)? {
                used = Energy::sum([used, slot.energy])?;
                if slot.rate.units() <= 0 || slot.energy.units() <= 0 {
                    continue;
                }
                let part = left.map_or(slot.energy, |left| slot.energy.min(left));
                let price = part * slot.rate;
                cost = Money::sum([cost, request.rules.slot_cost.map_or(price, |to| to.money(price))])?;
                freed = Energy::sum([freed, part])?;
                left = left.map(|left| Energy::sum([left, -part])).transpose()?;
            }
        }
        let of = if freed == used { String::new() } else { format!(" of {used}") };
        posted.push(Posted {
            label: format!(
                "Free electricity, {freed}{of} kWh from {}",
                request.calendar.local_text(span.from())
            ),
            kind: LineKind::FreeHours,
            span,
            basis,
            tax: ComponentTax::OfTariff,
            amount: -cost,
            said: request.working.then(|| format!("{freed} kWh at what they cost: {cost}")),
        });
    }
    Ok(posted)
}

/// Whether an instant is an edge of a grid's slots.
fn is_on(grid: &Grid, seconds: i64) -> bool {
    (seconds - grid.start().timestamp()).rem_euclid(grid.slot_length().seconds()) == 0
}
