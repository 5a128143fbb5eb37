//! The plan of several devices behind one meter.

use super::device::{Device, ReadSite};
use crate::answer::fleet::{DevicePlan, FleetPlan};
use crate::answer::paid::Paid;
use crate::failure::{Failure, Result};
use kwhen::plan::battery::{Battery, Site};
use kwhen::plan::fleet::{Fleet, FleetDevice, Standing};
use kwhen::time::{Calendar, TZDB_VERSION};
use kwhen::{Energy, Money};
use std::time::{Duration, Instant};

/// Plans the devices together, for no longer than the budget once there is something to show.
#[expect(clippy::disallowed_methods, reason = "a budget is time on the user's clock")]
pub(crate) fn plan(
    devices: Vec<Device>,
    read: ReadSite,
    explain: bool,
    budget: Duration,
    calendar: Calendar,
    past: Option<String>,
    told: &mut dyn FnMut(Duration, &Standing),
) -> Result<FleetPlan> {
    let names: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
    let batteries: Vec<Battery> = devices.iter().map(|device| device.battery.clone()).collect();
    let fleet = Fleet::new(
        devices
            .into_iter()
            .map(|device| FleetDevice { name: device.name, battery: device.battery, request: device.request })
            .collect(),
    )?;
    let began = Instant::now();
    let plan = fleet.plan_while(&read.site, &mut |standing| {
        let spent = began.elapsed();
        told(spent, &standing);
        spent < budget
    })?;
    let parts = names.into_iter().zip(&batteries).zip(plan.dispatches());
    let devices = parts
        .map(|((name, battery), dispatch)| DevicePlan::new(name, battery, &read.site, dispatch, &calendar))
        .collect::<Result<Vec<_>>>()?;
    Ok(FleetPlan {
        span: read.span,
        time_zone: calendar.name(),
        tzdb: TZDB_VERSION,
        paid: Paid::by_clock(&calendar),
        objective_minor: plan.cost(),
        bound_minor: plan.bound(),
        gap_minor: plan.gap(),
        proven: plan.is_proven(),
        baseline_minor: without(&read.site)?,
        devices,
        notices: read.notices,
        explain,
        past,
    })
}

/// What the site costs with no device.
fn without(site: &Site) -> Result<Option<Money>> {
    let nothing = Battery::new(Energy::ZERO, kwhen::plan::Power::ZERO)?;
    match nothing.least_cost(site, &kwhen::plan::battery::Request::default()) {
        Ok(cost) => Ok(Some(cost)),
        Err(error) if error.is_infeasible() => Ok(None),
        Err(error) => Err(Failure::from(error)),
    }
}
