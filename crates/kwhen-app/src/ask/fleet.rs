//! The plan of several devices behind one meter.

use super::device::Device;
use super::site::ReadSite;
use crate::answer::fleet::{ApplianceRuns, DevicePlan, FleetPlan, ThermalRuns};
use crate::answer::frame::{Frame, Remarks};
use crate::failure::{Failure, Result};
use kwhen::plan::SlotPrices;
use kwhen::plan::battery::{Battery, Site};
use kwhen::plan::fleet::{
    Appliance, Circuit, Exclusion, Fleet, FleetDevice, PeakPrice, Standing, ThermalStore,
};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span};
use kwhen::{Energy, Money};
use std::time::{Duration, Instant};

/// What is planned beside batteries, what devices share beside the meter, and how long their plan is looked for.
pub(crate) struct Shared {
    pub(crate) appliances: Vec<Appliance>,
    pub(crate) thermal: Vec<ThermalStore>,
    pub(crate) circuits: Vec<Circuit>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) peak: Option<PeakPrice>,
    pub(crate) budget: Duration,
}

/// Plans the devices together, for no longer than the budget once there is something to show.
#[expect(clippy::disallowed_methods, reason = "a budget is time on the user's clock")]
pub(crate) fn plan(
    devices: Vec<Device>,
    read: ReadSite,
    explain: bool,
    shared: Shared,
    calendar: Calendar,
    past: Option<String>,
    told: &mut dyn FnMut(Duration, &Standing, Currency) -> bool,
) -> Result<FleetPlan> {
    let names: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
    let batteries: Vec<Battery> = devices.iter().map(|device| device.battery.clone()).collect();
    let fleet = Fleet::new(
        devices
            .into_iter()
            .map(|device| FleetDevice { name: device.name, battery: device.battery, request: device.request })
            .collect(),
    )?
    .appliances(shared.appliances)?
    .thermal_stores(shared.thermal)?
    .circuits(shared.circuits)?
    .exclusions(shared.exclusions)?;
    let currency = read.site.currency();
    let began = Instant::now();
    let mut stopped = false;
    let mut go_on = |standing: &Standing| {
        let spent = began.elapsed();
        stopped |= !told(spent, standing, currency);
        !stopped && spent < shared.budget
    };
    let plan = match &shared.peak {
        Some(price) => fleet.plan_with_peak(&read.site, price, &mut go_on)?,
        None => fleet.plan_while(&read.site, &mut go_on)?,
    };
    let mut notices = read.notices;
    if stopped {
        notices.push("the search was stopped: this is the best plan that it had found".to_owned());
    }
    let parts = names.into_iter().zip(&batteries).zip(plan.dispatches());
    let devices = parts
        .map(|((name, battery), dispatch)| DevicePlan::new(name, battery, &read.site, dispatch, &calendar))
        .collect::<Result<Vec<_>>>()?;
    let grid = read.site.grid();
    let whole = grid.slots().map(|slot| slot.span);
    let spans: Vec<Span> = whole.map(|span| span.intersection(read.site.span()).unwrap_or(span)).collect();
    let prices = SlotPrices::new(*grid, read.import.into_iter().map(Some))?.paid_in(currency);
    let runs = |appliance| ApplianceRuns::new(appliance, &read.site, &spans);
    Ok(FleetPlan {
        appliances: plan.appliances().iter().map(runs).collect::<Result<_>>()?,
        thermal: plan.thermal().iter().map(|store| ThermalRuns::new(store, &spans)).collect::<Result<_>>()?,
        frame: Frame::new(read.span, &calendar, currency),
        cost_minor: plan.cost(),
        bound_minor: plan.bound(),
        gap_minor: plan.gap(),
        proven: plan.is_proven(),
        baseline_minor: without(&read.site)?,
        devices,
        peak_kw: plan.peak(),
        notices: Remarks::new(past, notices),
        explain,
        prices,
    })
}

/// What the site costs with no device.
fn without(site: &Site) -> Result<Option<Money>> {
    let nothing = Battery::new(Energy::ZERO, kwhen::plan::Power::ZERO)?;
    match nothing.least_cost(site, &kwhen::plan::battery::BatteryRequest::default()) {
        Ok(cost) => Ok(Some(cost)),
        Err(error) if error.is_infeasible() => Ok(None),
        Err(error) => Err(Failure::from(error)),
    }
}
