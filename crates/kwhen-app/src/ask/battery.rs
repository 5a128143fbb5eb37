//! A battery's plan, or that of several devices behind one meter.

use super::ahead::AheadArguments;
use super::device::{Device, DeviceArguments, Show};
use super::fleet;
use super::site::{ReadSite, SiteArguments, in_file};
use crate::answer::Answer;
use crate::answer::battery::{BatteryPlan, OtherPlan};
use crate::answer::frame::{Frame, Remarks};
use crate::answer::policy::{PolicyDocument, ValueDocument};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::levels::levels;
use crate::source::{Source, definition};
use clap::Args;
use kwhen::plan::battery::{BatteryRequest, Count, EndValue, Site};
use kwhen::plan::fleet::{
    Appliance, ApplianceDefinition, Circuit, CircuitsDefinition, Exclusion, PeakPrice, Standing,
    ThermalDefinition, ThermalStore,
};
use kwhen::plan::{Power, SlotPrices};
use kwhen::quantity::Currency;
use kwhen::time::Calendar;
use kwhen::{Energy, Money, UnitRate};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Plan a battery exactly: when to charge, discharge, import and export at the least cost
///
/// The plan is the cheapest there is, to the last digit. Powers are AC, the store counts DC kWh. Without --end-kwh or --end-value
/// what is left at the end is worth nothing. Efficiency curves, inverters, levels at times, holds, a car's trips and the rest go into
/// a definition file (--battery); several definitions are planned together, with a proven bound beside the cost, and so are appliances and thermal stores.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen battery --rates rates.csv --capacity-kwh 10 --kw 5 --from 2026-10-14 --to 2026-10-16
  kwhen battery --rates rates.csv --export-rates export-rates.csv --load consumption.csv --solar solar.csv \\
      --capacity-kwh 10 --kw 5 --wear 1.5 --export-limit-kw 3.68 --from 2026-07-01 --to 2026-07-03 --explain
  kwhen battery --rates rates.csv --capacity-kwh 10 --kw 5 --start-kwh 4 --end-kwh 4 --max-starts 2 --format json
  kwhen battery --rates rates.csv --load consumption.csv --battery home.toml --battery car.toml
  kwhen battery --rates rates.csv --battery home.toml --battery car.toml --circuits circuits.toml --peak-price 40 --peak-so-far-kw 3
  kwhen battery --rates rates.csv --battery home.toml --appliance dishwasher.toml --thermal tank.toml --import-limit-kw 6
  kwhen battery --rates rates.csv --capacity-kwh 10 --kw 5 --show policy --format csv
  kwhen battery --rates rates.csv --load consumption.csv --solar solar.csv --capacity-kwh 10 --kw 5 --past-days 28 --from 2026-10-14T16:00 --explain
  kwhen battery --rates rates.csv --load consumption.csv --capacity-kwh 10 --kw 5 --past-days 28 --dearest-percent 30")]
pub struct BatteryArguments {
    #[command(flatten)]
    site: SiteArguments,
    #[command(flatten)]
    device: DeviceArguments,
    #[command(flatten)]
    ahead: AheadArguments,
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
    #[arg(long, value_parser = crate::words::parse_budget, value_name = "TIME")]
    budget: Option<Duration>,
    /// An appliance with a fixed programme (a dishwasher), planned with the batteries and cars: a definition (TOML or JSON;
    /// docs/battery-files.md)
    #[arg(long, value_name = "FILE")]
    appliance: Vec<PathBuf>,
    /// A thermal store (a hot-water tank, a heat pump), planned with the others: a definition (TOML or JSON; docs/battery-files.md)
    #[arg(long, value_name = "FILE")]
    thermal: Vec<PathBuf>,
    /// Limits that groups of devices share (a sub-board, a charger's supply, a phase) and devices that may not run together: a file with
    /// `[[circuits]]` of name, devices, import_kw and export_kw, and `[[exclusions]]` of devices
    #[arg(long, value_name = "FILE")]
    circuits: Option<PathBuf>,
    /// What each kW of the highest import costs (a capacity charge), in pence; an import is a slot's mean power
    #[arg(long, value_name = "PENCE")]
    peak_price: Option<Money>,
    /// The highest import of the billing period so far, in kW: what stays below it costs nothing more
    #[arg(long, value_name = "KW")]
    peak_so_far_kw: Option<Power>,
    /// What is shown
    #[arg(long, value_enum, default_value_t, value_name = "WHAT", conflicts_with = "cost_of")]
    show: Show,
}

/// The circuits and exclusions of a file.
pub(super) fn circuits(ctx: &Context, path: &Path) -> Result<(Vec<Circuit>, Vec<Exclusion>)> {
    let definition: CircuitsDefinition = definition::read(&Source::file(ctx, path)?)?;
    let (circuits, exclusions) = (definition.circuits(), definition.exclusions());
    if circuits.is_empty() && exclusions.is_empty() {
        return Err(Failure::work(format!(
            "{}: names no circuit and no exclusion: give [[circuits]] or [[exclusions]]",
            path.display()
        )));
    }
    Ok((circuits, exclusions))
}

/// The appliance of a definition file.
fn appliance(ctx: &Context, path: &Path, calendar: &Calendar) -> Result<Appliance> {
    let definition: ApplianceDefinition = definition::read(&Source::file(ctx, path)?)?;
    definition.appliance(&stem(path, "appliance"), calendar).map_err(in_file(path))
}

/// The thermal store of a definition file.
fn thermal(ctx: &Context, path: &Path, calendar: &Calendar) -> Result<ThermalStore> {
    let definition: ThermalDefinition = definition::read(&Source::file(ctx, path)?)?;
    definition.store(&stem(path, "store"), calendar).map_err(in_file(path))
}

/// A file's name without its ending.
fn stem(path: &Path, otherwise: &str) -> String {
    path.file_stem().map_or_else(|| otherwise.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// How long the best plan of several devices is looked for.
const BUDGET: Duration = Duration::from_secs(5);

impl BatteryArguments {
    /// What rows have no place for: the flag, and whether it is given.
    #[must_use]
    pub fn beyond_rows(&self) -> Vec<(&'static str, bool)> {
        vec![("--explain", self.explain), ("--cost-of", self.cost_of.is_some())]
    }

    /// The plan of one battery, what a solved battery knows beside it, or the plan of several devices. `told` hears of a search for the
    /// plan of several: how long it has gone on and how it stands.
    ///
    /// # Errors
    /// What is asked does not go together, cannot be read, or there is no plan.
    pub fn answer(
        &self,
        ctx: &Context,
        told: &mut dyn FnMut(Duration, &Standing, Currency) -> bool,
    ) -> Result<Answer> {
        let calendar = ctx.calendar()?;
        self.ahead.expect_asked()?;
        if self.peak_so_far_kw.is_some() && self.peak_price.is_none() {
            return Err(Failure::usage("--peak-so-far-kw is of no use: no --peak-price is given"));
        }
        if self.ahead.is_asked() {
            let device = |site: &Site| {
                let device = self.device.device(ctx, &calendar, site)?;
                Ok(Device { request: self.asked(device.request), ..device })
            };
            let what = (self.show, self.explain);
            return self.ahead.answer(ctx, &self.site, &calendar, what, device, self.device.doubts());
        }
        let mut read = self.site.read(ctx, &calendar)?;
        let past = self.site.series.period.past(read.span, ctx.now());
        read.notices.extend(self.device.doubts());
        let appliances = self.appliance.iter().map(|path| appliance(ctx, path, &calendar));
        let appliances = appliances.collect::<Result<Vec<_>>>()?;
        let thermal = self.thermal.iter().map(|path| thermal(ctx, path, &calendar));
        let thermal = thermal.collect::<Result<Vec<_>>>()?;
        let loads = !appliances.is_empty() || !thermal.is_empty();
        // Those may be planned without a battery.
        let mut devices = if self.device.is_none() && loads {
            Vec::new()
        } else {
            self.device.devices(ctx, &calendar, &read.site)?
        };
        let together = self.circuits.is_some() || self.peak_price.is_some() || loads;
        match devices.pop() {
            Some(_) if devices.is_empty() && !together && self.budget.is_some() => Err(Failure::usage(
                "--budget is for several definitions; the plan of one battery is exact at once",
            )),
            Some(device) if devices.is_empty() && !together => self.one(ctx, device, read, calendar, past),
            last => {
                devices.extend(last.map(|device| Device { request: self.asked(device.request), ..device }));
                if self.show != Show::Plan || self.cost_of.is_some() {
                    return Err(Failure::usage(
                        "--show and --cost-of are for one battery, without appliances, thermal stores, circuits and peaks",
                    ));
                }
                let (circuits, exclusions) =
                    self.circuits.as_deref().map(|path| circuits(ctx, path)).transpose()?.unwrap_or_default();
                let shared = fleet::Shared {
                    appliances,
                    thermal,
                    circuits,
                    exclusions,
                    peak: self
                        .peak_price
                        .map(|per_kw| PeakPrice { per_kw, so_far: self.peak_so_far_kw.unwrap_or_default() }),
                    budget: self.budget.unwrap_or(BUDGET),
                };
                let plan = fleet::plan(devices, read, self.explain, shared, calendar, past, told)?;
                Ok(Answer::Fleet(Box::new(plan)))
            }
        }
    }

    fn one(
        &self,
        ctx: &Context,
        mut device: Device,
        mut read: ReadSite,
        calendar: Calendar,
        past: Option<String>,
    ) -> Result<Answer> {
        device.request = self.asked(device.request);
        let Device { name, battery, request } = device;
        let dispatch = battery.plan(&read.site, &request).map_err(|error| error.in_source(&name))?;
        match self.show {
            Show::Plan => {}
            Show::Policy => {
                let frame = Frame::new(read.span, &calendar, read.site.currency());
                let remarks = Remarks::new(past, read.notices);
                return Ok(Answer::Policy(PolicyDocument::new(frame, &dispatch, remarks)?));
            }
            Show::Value => {
                let frame = Frame::new(read.span, &calendar, read.site.currency());
                let remarks = Remarks::new(past, read.notices);
                return Ok(Answer::Value(ValueDocument::new(frame, &dispatch, remarks)?));
            }
        }
        let mut plan = BatteryPlan::new(&battery, &read.site, &dispatch, &calendar)?;
        if let Some(file) = &self.cost_of {
            let cost = battery.cost_of(&read.site, &request, &levels(ctx, file, dispatch.grid())?)?;
            let dearer = cost.checked_sub(dispatch.cost());
            let dearer = dearer.ok_or_else(|| Failure::work("a cost is beyond the range of money"))?;
            plan.other_plan = Some(OtherPlan { cost_minor: cost, dearer_by_minor: dearer });
        }
        if plan.discharged_kwh.is_zero() && plan.charged_kwh.is_zero() {
            read.notices.extend(self.site.nothing_to_serve());
        }
        plan.notices = Remarks::new(past, read.notices);
        plan.name = name;
        plan.prices = Some(
            SlotPrices::new(*dispatch.grid(), read.import.into_iter().map(Some))?
                .paid_in(read.site.currency()),
        );
        if !self.explain {
            plan.reasons.clear();
        }
        Ok(Answer::Battery(Box::new(plan)))
    }

    /// The request with what the flags ask.
    fn asked(&self, mut request: BatteryRequest) -> BatteryRequest {
        if let Some(level) = self.end_kwh {
            request = request.ending_at(level);
        }
        if let Some(value) = self.end_value {
            request = request.end_value(EndValue::Rate(value));
        }
        if let Some(starts) = self.max_starts {
            request = request.at_most(usize::from(starts), Count::Starts);
        }
        request
    }
}
