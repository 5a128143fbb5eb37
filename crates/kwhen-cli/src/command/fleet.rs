//! `kwhen battery` with several definitions: devices behind one meter.

use super::device::{Device, ReadSite};
use crate::answer::battery::Slot;
use crate::arguments::{Format, Shared};
use crate::failure::{Failure, Result};
use crate::output::csv::Csv;
use crate::output::number::{Unit, kwh};
use crate::output::style::{FAINT, Palette, TITLE};
use crate::output::table::{Align, Cell, Table};
use crate::output::when::Clock;
use crate::output::{file, json};
use kwhen::plan::battery::{Battery, Dispatch, Doing, Site};
use kwhen::plan::fleet::{Fleet, FleetDevice};
use kwhen::time::{Calendar, Span, TZDB_VERSION, instant_text};
use kwhen::{Energy, Money};
use serde::Serialize;
use std::time::{Duration, Instant};

/// The plan of all devices.
#[derive(Debug, Serialize)]
struct FleetDocument {
    #[serde(flatten)]
    span: Span,
    time_zone: &'static str,
    tzdb: &'static str,
    objective_minor: Money,
    /// No plan costs less.
    bound_minor: Money,
    /// What is left unproven.
    gap_minor: Money,
    /// Whether no plan can be cheaper by as much as a digit that is shown.
    proven: bool,
    /// With none of the devices; `None` where the connection's limits cannot be kept so.
    baseline_minor: Option<Money>,
    devices: Vec<DeviceDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

#[derive(Debug, Serialize)]
struct DeviceDocument {
    name: String,
    charged_kwh: Energy,
    discharged_kwh: Energy,
    #[serde(skip)]
    runs: Vec<Run>,
    slots: Vec<DeviceSlot>,
}

/// What one device does in a slot; the meter is shared.
#[derive(Debug, Serialize)]
struct DeviceSlot {
    #[serde(flatten)]
    span: Span,
    charge_kwh: Energy,
    discharge_kwh: Energy,
    stored_kwh: Energy,
}

#[derive(Debug)]
struct Run {
    span: Span,
    doing: Doing,
    energy: Energy,
    reason: String,
}

/// Plans the devices together, for no longer than the budget once there is something to show.
#[expect(clippy::disallowed_methods, reason = "a budget is time on the user's clock")]
pub(crate) fn run(
    devices: Vec<Device>,
    read: ReadSite,
    explain: bool,
    budget: Duration,
    calendar: Calendar,
    shared: &Shared,
) -> Result<String> {
    let names: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
    let batteries: Vec<Battery> = devices.iter().map(|device| device.battery.clone()).collect();
    let fleet = Fleet::new(
        devices
            .into_iter()
            .map(|device| FleetDevice { name: device.name, battery: device.battery, request: device.request })
            .collect(),
    )?;
    let began = Instant::now();
    let mut told = 0;
    let plan = fleet.plan_while(&read.site, &mut |standing| {
        let spent = began.elapsed();
        // A line a second: a long search is not a silent one.
        if spent.as_secs() > told {
            told = spent.as_secs();
            let pence = |money: Option<Money>| {
                money.map_or_else(|| "none yet".to_owned(), |money| format!("{money:.2} p"))
            };
            eprintln!(
                "Planning for {told} s: the best plan so far costs {}, no plan costs less than {}",
                pence(standing.cost),
                pence(standing.bound)
            );
        }
        spent < budget
    })?;
    let parts = names.into_iter().zip(&batteries).zip(plan.dispatches());
    let devices = parts
        .map(|((name, battery), dispatch)| {
            DeviceDocument::new(name, battery, &read.site, dispatch, &calendar)
        })
        .collect::<Result<Vec<_>>>()?;
    let document = FleetDocument {
        span: read.span,
        time_zone: calendar.name(),
        tzdb: TZDB_VERSION,
        objective_minor: plan.cost(),
        bound_minor: plan.bound(),
        gap_minor: plan.gap(),
        proven: plan.is_proven(),
        baseline_minor: without(&read.site)?,
        devices,
        notices: read.notices,
    };
    match shared.format {
        Format::Text => Ok(text(&document, explain, Clock(calendar), Palette::for_stdout(shared.color))),
        Format::Json => json(&document),
        Format::Csv => {
            file::note(&document.notices, shared.color);
            Ok(csv(&document))
        }
    }
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

impl DeviceDocument {
    fn new(
        name: String,
        battery: &Battery,
        site: &Site,
        dispatch: &Dispatch,
        calendar: &Calendar,
    ) -> Result<Self> {
        let slots: Vec<Slot> = dispatch.slots().iter().map(Slot::from).collect();
        Ok(Self {
            name,
            charged_kwh: Energy::sum(slots.iter().map(|slot| slot.charge_kwh))?,
            discharged_kwh: Energy::sum(slots.iter().map(|slot| slot.discharge_kwh))?,
            runs: dispatch
                .explain(battery, site, calendar)
                .into_iter()
                .map(|why| Run { span: why.span, doing: why.doing, energy: why.energy, reason: why.text })
                .collect(),
            slots: slots
                .into_iter()
                .map(|slot| DeviceSlot {
                    span: slot.span,
                    charge_kwh: slot.charge_kwh,
                    discharge_kwh: slot.discharge_kwh,
                    stored_kwh: slot.stored_kwh,
                })
                .collect(),
        })
    }
}

fn text(document: &FleetDocument, explain: bool, clock: Clock, palette: Palette) -> String {
    let title =
        format!("{} devices behind one meter, {}", document.devices.len(), clock.period(document.span));
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    let unit = Unit::of(document.baseline_minor.unwrap_or(document.objective_minor));
    let mut table = Table::new(&[("", Align::Left), (unit.name(), Align::Right)]);
    table.row([Cell::styled("This plan", TITLE), Cell::styled(unit.show(document.objective_minor), TITLE)]);
    table.row(["No plan costs less than".into(), unit.show(document.bound_minor).into()]);
    table.row(["Not proven".into(), unit.show(document.gap_minor).into()]);
    let baseline =
        document.baseline_minor.map_or_else(|| "not possible".to_owned(), |money| unit.show(money));
    table.row(["Without the devices".into(), baseline.into()]);
    page.push_str(&table.render(palette));
    for device in &document.devices {
        let done =
            format!("charges {} kWh, gives {} kWh", kwh(device.charged_kwh), kwh(device.discharged_kwh));
        page.push_str(&format!("\n{}: {done}\n", palette.paint(TITLE, &device.name)));
        if explain {
            for run in &device.runs {
                page.push_str(&format!("{}\n", run.reason));
            }
            continue;
        }
        let mut table = Table::new(&[("when", Align::Left), ("", Align::Left), ("kWh", Align::Right)]);
        for run in device.runs.iter().filter(|run| run.doing != Doing::Waiting) {
            let word = if run.doing == Doing::Charging { "charge" } else { "discharge" };
            table.row([clock.range(run.span).into(), word.into(), kwh(run.energy).into()]);
        }
        page.push_str(&table.render(palette));
    }
    let open = (!document.proven).then(|| {
        format!(
            "the plan may be up to {} dearer than the best; a longer --budget looks further",
            share(document.gap_minor, document.objective_minor)
        )
    });
    for notice in document.notices.iter().chain(&open) {
        page.push_str(&palette.paint(FAINT, &format!("Note: {notice}.")));
        page.push('\n');
    }
    page
}

/// A gap beside what the plan costs, such as `12.85 p (3.9 %)`; without a per cent beside nothing.
fn share(gap: Money, of: Money) -> String {
    let thousandths = gap.units().checked_mul(1_000).and_then(|gap| gap.checked_div(of.units().abs()));
    match thousandths {
        Some(share) => format!("{gap:.4} p ({}.{} %)", share / 10, share % 10),
        None => format!("{gap:.4} p"),
    }
}

fn csv(document: &FleetDocument) -> String {
    let mut csv = Csv::new(&["device", "from", "to", "charge_kwh", "discharge_kwh", "stored_kwh"]);
    for device in &document.devices {
        for slot in &device.slots {
            csv.row(&[
                device.name.clone(),
                instant_text(slot.span.from()),
                instant_text(slot.span.to()),
                slot.charge_kwh.to_string(),
                slot.discharge_kwh.to_string(),
                slot.stored_kwh.to_string(),
            ]);
        }
    }
    csv.into_text()
}
