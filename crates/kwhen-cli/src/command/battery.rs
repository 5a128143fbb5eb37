//! `kwhen battery`

use super::device::{Device, DeviceArguments, ReadSite, SiteArguments};
use super::{fleet, policy};
use crate::answer::battery::{BatteryPlan, OtherPlan};
use crate::arguments::{Format, Shared, refuse_in_rows};
use crate::failure::{Failure, Result};
use crate::input::Source;
use crate::output::style::{self, Palette};
use crate::output::{battery as page, csv::Csv, file, json};
use clap::{Args, ValueEnum};
use kwhen::plan::SlotPrices;
use kwhen::plan::battery::{Count, Dispatch, EndValue, Request};
use kwhen::time::{Calendar, instant_text};
use kwhen::{Energy, UnitRate};
use std::path::PathBuf;
use std::time::Duration;

/// Plan a battery exactly: when to charge, discharge, import and export at the least cost
///
/// The plan is the cheapest there is, to the last digit. Powers are AC, the store counts DC kWh. Without --end-kwh or --end-value
/// what is left at the end is worth nothing. Efficiency curves, inverters, levels at times, holds, a car's trips and the rest go into
/// a definition file (--battery); several definitions are planned together, with a proven bound beside the cost.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen battery --rates rates.csv --kwh 10 --kw 5 --from 2026-10-14 --to 2026-10-16
  kwhen battery --rates rates.csv --export-rates export-rates.csv --load consumption.csv --solar solar.csv \\
      --kwh 10 --kw 5 --wear 1.5 --export-limit 3.68 --from 2026-07-01 --to 2026-07-03 --explain
  kwhen battery --rates rates.csv --kwh 10 --kw 5 --start-kwh 4 --end-kwh 4 --max-starts 2 --format json
  kwhen battery --rates rates.csv --load consumption.csv --battery home.toml --battery car.toml
  kwhen battery --rates rates.csv --kwh 10 --kw 5 --show policy --format csv")]
pub(crate) struct BatteryArguments {
    #[command(flatten)]
    site: SiteArguments,
    #[command(flatten)]
    device: DeviceArguments,
    /// Stored at the end, in kWh, exactly
    #[arg(long, value_name = "KWH", conflicts_with_all = ["end_value", "battery"])]
    end_kwh: Option<Energy>,
    /// What a kWh left in the store at the end is worth, in pence
    #[arg(long, value_name = "PENCE", allow_hyphen_values = true, conflicts_with = "battery")]
    end_value: Option<UnitRate>,
    /// At most so many starts of charging or discharging
    #[arg(long, value_name = "N", conflicts_with = "battery")]
    max_starts: Option<u16>,
    /// Give the reason for every action
    #[arg(long, conflicts_with = "show")]
    explain: bool,
    /// Also the exact cost of another plan: CSV rows with `stored_kwh` at the end of each slot, such as --format csv writes
    #[arg(long, value_name = "FILE")]
    cost_of: Option<PathBuf>,
    /// For several definitions: how long to look for the best plan and its proof, such as 500ms or 2m; 5s if it is not said
    #[arg(long, value_parser = crate::arguments::parse_budget, value_name = "TIME")]
    budget: Option<Duration>,
    /// What is shown
    #[arg(long, value_enum, default_value_t, value_name = "WHAT", conflicts_with = "cost_of")]
    show: Show,
}

/// What of a solved battery is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// The cheapest plan
    #[default]
    Plan,
    /// The best action at every level, slot by slot: for a controller that drifts off the plan
    Policy,
    /// What one more stored kWh is worth at every level, slot by slot
    Value,
}

/// How long the best plan of several devices is looked for.
const BUDGET: Duration = Duration::from_secs(5);

impl BatteryArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        if shared.format == Format::Csv {
            refuse_in_rows([("--explain", self.explain), ("--cost-of", self.cost_of.is_some())])?;
        }
        let calendar = shared.calendar()?;
        let mut read = self.site.read(&calendar)?;
        let past = self.site.period.past(read.span, shared.now);
        read.notices.splice(0..0, shared.noted(&past));
        read.notices.extend(self.device.doubts());
        let mut devices = self.device.devices(&calendar, &read.site)?;
        let page = match devices.pop() {
            Some(_) if devices.is_empty() && self.budget.is_some() => {
                return Err(Failure::usage(
                    "--budget is for several definitions; the plan of one battery is exact at once",
                ));
            }
            Some(device) if devices.is_empty() => self.one(device, read, calendar, shared)?,
            last => {
                devices.extend(last);
                if self.show != Show::Plan || self.cost_of.is_some() {
                    return Err(Failure::usage("--show and --cost-of are for one battery"));
                }
                fleet::run(devices, read, self.explain, self.budget.unwrap_or(BUDGET), calendar, shared)?
            }
        };
        let first = past.filter(|_| shared.format == Format::Text);
        Ok(style::first(first, page, Palette::for_stdout(shared.color)))
    }

    fn one(&self, mut device: Device, read: ReadSite, calendar: Calendar, shared: &Shared) -> Result<String> {
        device.request = self.asked(device.request);
        let Device { name, battery, request } = device;
        let dispatch = battery.plan(&read.site, &request)?;
        if self.show != Show::Plan {
            file::note(&read.notices, shared.color);
        }
        match self.show {
            Show::Plan => {}
            Show::Policy => return policy::policy(&dispatch, calendar, shared),
            Show::Value => return policy::value(&dispatch, calendar, shared),
        }
        let mut plan = BatteryPlan::new(&battery, &read.site, &dispatch, &calendar)?;
        if let Some(file) = &self.cost_of {
            let cost = battery.cost_of(&read.site, &request, &levels(file, &dispatch)?)?;
            let dearer = cost.checked_sub(dispatch.objective());
            let dearer = dearer.ok_or_else(|| Failure::work("a cost is beyond the range of p"))?;
            plan.other_plan = Some(OtherPlan { cost_minor: cost, dearer_by_minor: dearer });
        }
        plan.notices = read.notices;
        match shared.format {
            Format::Text => {
                let prices = SlotPrices::new(*dispatch.grid(), read.import.into_iter().map(Some))?;
                let palette = Palette::for_stdout(shared.color);
                Ok(page::text(&plan, &prices, &name, self.explain, calendar, palette))
            }
            Format::Json => {
                if !self.explain {
                    plan.reasons.clear();
                }
                json(&plan)
            }
            Format::Csv => {
                file::note(&plan.notices, shared.color);
                Ok(csv(&plan))
            }
        }
    }

    /// The request with what the flags ask.
    fn asked(&self, mut request: Request) -> Request {
        if let Some(level) = self.end_kwh {
            request = request.ending_at(level);
        }
        if let Some(value) = self.end_value {
            request = request.with_end_value(EndValue::Rate(value));
        }
        if let Some(starts) = self.max_starts {
            request = request.with_at_most(usize::from(starts), Count::Starts);
        }
        request
    }
}

/// The levels of another plan for the same slots: a column `stored_kwh`, and where there is a column `from` its instants must be those
/// of the slots.
fn levels(file: &std::path::Path, dispatch: &Dispatch) -> Result<Vec<Energy>> {
    let source = Source::file(file)?;
    let broken =
        |row: usize, what: String| Failure::work(format!("{}: row {}: {what}", source.name(), row + 1));
    let mut reader = ::csv::Reader::from_reader(source.bytes());
    let header = reader.headers().map_err(|error| Failure::work(format!("{}: {error}", source.name())))?;
    let column = |name: &str| header.iter().position(|field| field.trim() == name);
    let twice = |name: &&str| header.iter().filter(|field| field.trim() == *name).count() > 1;
    if let Some(name) = ["from", "stored_kwh"].iter().find(|name| twice(name)) {
        return Err(Failure::work(format!(
            "{}: field {name}: the header has this column twice; keep one of the two",
            source.name()
        )));
    }
    let from = column("from");
    let stored = column("stored_kwh")
        .ok_or_else(|| Failure::work(format!("{}: has no column stored_kwh", source.name())))?;
    let mut levels = Vec::with_capacity(dispatch.grid().len());
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| broken(row, error.to_string()))?;
        let slot = dispatch.grid().slot(row).ok_or_else(|| {
            broken(
                row,
                format!("the period has {} slots only: give its --from and --to", dispatch.grid().len()),
            )
        })?;
        if let Some(text) = from.and_then(|column| record.get(column)) {
            let at = kwhen::time::parse_instant(text).map_err(|error| broken(row, error.to_string()))?;
            if at != slot.span.from() {
                return Err(broken(row, format!("{text} where the period's slot is {}", slot.span)));
            }
        }
        let text = record.get(stored).unwrap_or("").trim();
        levels.push(
            text.parse()
                .map_err(|error: kwhen::Error| broken(row, error.in_field("stored_kwh").to_string()))?,
        );
    }
    if levels.len() < dispatch.grid().len() {
        return Err(Failure::work(format!(
            "{}: {} rows for {} slots: give the --from and --to of that plan",
            source.name(),
            levels.len(),
            dispatch.grid().len()
        )));
    }
    Ok(levels)
}

fn csv(plan: &BatteryPlan) -> String {
    let mut csv = Csv::new(&[
        "from",
        "to",
        "charge_kwh",
        "discharge_kwh",
        "import_kwh",
        "export_kwh",
        "curtailed_kwh",
        "stored_kwh",
        "value_minor_per_kwh",
    ]);
    for slot in &plan.slots {
        csv.row(&[
            instant_text(slot.span.from()),
            instant_text(slot.span.to()),
            slot.charge_kwh.to_string(),
            slot.discharge_kwh.to_string(),
            slot.import_kwh.to_string(),
            slot.export_kwh.to_string(),
            slot.curtailed_kwh.to_string(),
            slot.stored_kwh.to_string(),
            slot.value_minor_per_kwh.map(|value| value.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_text()
}
