//! What is asked of a battery, looked over before it is put into units.

use super::device::Battery;
use super::request::{BatteryRequest, EndValue};
use super::site::Site;
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::Energy;
use chrono::{DateTime, Utc};

/// Whether a battery, a site and a request can go together at all; the message says what to change.
pub(super) fn check(battery: &Battery, site: &Site, request: &BatteryRequest) -> Result<()> {
    let capacity = battery.capacity;
    let within = |level: Energy, what: &str| {
        if level.is_negative() || level > capacity {
            return Err(Error::infeasible(format!("the {what} is outside the battery's {capacity} kWh"))
                .with_value(format!("{level} kWh")));
        }
        Ok(())
    };
    let day = match &request.end_value {
        EndValue::RepeatingDay(day) => Some(&**day),
        _ => None,
    };
    if let Some(power) = powers(battery, site, request, day).find(|power| *power < Power::ZERO) {
        return Err(Error::out_of_range("a power may not be below zero").with_value(format!("{power} kW")));
    }
    within(request.start, "level at the start")?;
    within(request.reserve, "reserve")?;
    for level in [request.end.0, request.end.1].into_iter().flatten() {
        within(level, "level at the end")?;
    }
    for (_, level) in request.floors.iter().chain(&request.ceilings) {
        within(*level, "level asked for").map_err(|error| error.in_field("levels"))?;
    }
    for (_, level, _) in &request.soft_floors {
        within(*level, "soft level").map_err(|error| error.in_field("levels"))?;
    }
    if let Some((level, _)) = request.soft_reserve {
        within(level, "soft reserve")?;
    }
    for (_, energy) in &request.draws {
        within(*energy, "energy drawn").map_err(|error| error.in_field("draws"))?;
    }
    if let EndValue::Bands(bands) = &request.end_value {
        let mut before = Energy::ZERO;
        for (level, _) in bands {
            if *level <= before {
                return Err(
                    Error::order("the levels of an end value must rise").with_value(level.to_string())
                );
            }
            before = *level;
        }
    }
    if let EndValue::RepeatingDay(day) = &request.end_value
        && day.grid.slot_length() != site.grid.slot_length()
    {
        return Err(Error::misaligned("the repeating day has another slot length than the site"));
    }
    if request.changes.is_some() && matches!(request.end_value, EndValue::RepeatingDay(_)) {
        return Err(Error::unsupported(
            "a limit on changes together with a repeating day has no exact plan here: give the end value as a rate or bands",
        ));
    }
    Ok(())
}

/// The boundary of the site's slots at the instant of a level.
pub(super) fn boundary(at: DateTime<Utc>, site: &Site) -> Result<usize> {
    boundary_at(at, site).map_err(|error| error.in_field("levels.at"))
}

fn boundary_at(at: DateTime<Utc>, site: &Site) -> Result<usize> {
    if at == site.span().to() {
        return Ok(site.grid.len());
    }
    let inside = site.span().contains(at);
    let index = site.grid.index_of(at).filter(|_| inside).ok_or_else(|| outside(at, site))?;
    if site.span_of(index).from() == at {
        return Ok(index);
    }
    Err(Error::misaligned("a level is asked for within a slot: name a slot boundary")
        .with_value(at.to_rfc3339()))
}

/// That an instant is not in the plan.
pub(super) fn outside(at: DateTime<Utc>, site: &Site) -> Error {
    Error::out_of_range(format!("is outside the plan's {}", site.span())).with_value(at.to_rfc3339())
}

/// Every power that is said.
pub(super) fn powers<'a>(
    battery: &'a Battery,
    site: &'a Site,
    request: &'a BatteryRequest,
    day: Option<&'a Site>,
) -> impl Iterator<Item = Power> + 'a {
    let stretches = [battery.charge.stretches(true), battery.discharge.stretches(false)];
    let stretches = stretches.into_iter().flatten().flatten().map(|(power, _)| power_of(power));
    let hybrid = battery.hybrid.iter().flat_map(|hybrid| [hybrid.output, hybrid.input]);
    let limits =
        [Some(site), day].into_iter().flatten().flat_map(|site| [site.import_limit, site.export_limit]);
    let own = [&battery.charge, &battery.discharge].into_iter().flat_map(|side| [side.least(), side.most()]);
    own.chain([battery.standing_loss, battery.standby])
        .chain(stretches)
        .chain(hybrid)
        .chain(limits.flatten())
        .chain([battery.store_charge, battery.store_discharge].into_iter().flatten())
        .chain(request.import_limits.iter().chain(&request.export_limits).map(|(_, limit)| *limit))
        .chain(request.powers.iter().flat_map(|(_, band)| band.powers()))
}

/// The power of a flow an hour.
pub(super) fn power_of(units: i64) -> Power {
    Energy::from_units(units).map_or(Power::ZERO, Power::per_hour)
}
