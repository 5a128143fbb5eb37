//! `kwhen battery`

use crate::arguments::{Format, PeriodArguments, Pricing, RateVat, Shared, parse_exact};
use crate::command::cheapest::prices;
use crate::failure::{Failure, Result};
use crate::input::{Source, at_most_one_standard_input};
use crate::output::style::Palette;
use crate::output::{battery as page, csv::Csv, json};
use clap::Args;
use kwhen::plan::Power;
use kwhen::plan::battery::{Battery, Dispatch, DispatchSlot, Efficiency, Request, Site};
use kwhen::time::{Calendar, Grid, Span, TZDB_VERSION, instant_text};
use kwhen::{Consumption, Energy, Money, RateSeries, UnitRate};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Plan a home battery, exactly
///
/// The cheapest dispatch there is, slot by slot, with what a stored kWh is worth at each moment. Powers are AC; the store counts DC
/// kWh: charging stores what is drawn times the charge efficiency, and each stored kWh gives the discharge efficiency.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen battery --rates rates.csv --kwh 10 --kw 5 --from 2026-10-24 --to 2026-10-26
  kwhen battery --rates rates.csv --export-rates export.csv --load consumption.csv --solar solar.csv \\
      --kwh 10 --kw 5 --wear 1.5 --from 2026-10-24 --to 2026-10-26 --format json")]
pub(crate) struct BatteryArguments {
    /// Import rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    /// Export rates; without them export earns nothing
    #[arg(long, value_name = "FILE")]
    export_rates: Option<PathBuf>,
    /// What the home uses, as readings
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// What the panels give, as readings
    #[arg(long, value_name = "FILE")]
    solar: Option<PathBuf>,
    /// Usable capacity, in kWh
    #[arg(long, value_parser = parse_exact::<Energy>, value_name = "KWH")]
    kwh: Energy,
    /// The most power each way, in kW
    #[arg(long, value_parser = parse_exact::<Power>, value_name = "KW")]
    kw: Power,
    /// How much of what is drawn is stored
    #[arg(long, value_parser = parse_exact::<Efficiency>, default_value = "0.95", value_name = "SHARE")]
    charge_efficiency: Efficiency,
    /// How much of what leaves the store is given
    #[arg(long, value_parser = parse_exact::<Efficiency>, default_value = "0.95", value_name = "SHARE")]
    discharge_efficiency: Efficiency,
    /// What each kWh that the battery gives wears off it, in pence
    #[arg(long, value_parser = parse_exact::<UnitRate>, default_value = "0", value_name = "P")]
    wear: UnitRate,
    /// The most that the connection imports, in kW
    #[arg(long, value_parser = parse_exact::<Power>, value_name = "KW")]
    import_limit: Option<Power>,
    /// The most that the connection exports, in kW; 0 for none
    #[arg(long, value_parser = parse_exact::<Power>, value_name = "KW")]
    export_limit: Option<Power>,
    /// What is stored at the start
    #[arg(long, value_parser = parse_exact::<Energy>, default_value = "0", value_name = "KWH")]
    start_kwh: Energy,
    /// What is to be stored at the end; whatever is cheapest, if not said
    #[arg(long, value_parser = parse_exact::<Energy>, value_name = "KWH")]
    end_kwh: Option<Energy>,
    #[command(flatten)]
    period: PeriodArguments,
    #[command(flatten)]
    pricing: Pricing,
}

/// The plan with the names that the JSON has.
#[derive(Debug, Serialize)]
pub(crate) struct BatteryPlan {
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) time_zone: &'static str,
    pub(crate) tzdb: &'static str,
    pub(crate) objective_pence: Money,
    pub(crate) grid_pence: Money,
    pub(crate) wear_pence: Money,
    /// Without the battery; `None` where the connection's limits cannot be kept without it.
    pub(crate) baseline_pence: Option<Money>,
    pub(crate) saving_pence: Option<Money>,
    pub(crate) charged_kwh: Energy,
    pub(crate) discharged_kwh: Energy,
    pub(crate) import_kwh: Energy,
    pub(crate) export_kwh: Energy,
    /// What is done when, and why.
    pub(crate) reasons: Vec<Why>,
    pub(crate) slots: Vec<Slot>,
}

/// A run of slots in which the battery does one thing.
#[derive(Debug, Serialize)]
pub(crate) struct Why {
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Slot {
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) charge_kwh: Energy,
    pub(crate) discharge_kwh: Energy,
    pub(crate) import_kwh: Energy,
    pub(crate) export_kwh: Energy,
    pub(crate) curtailed_kwh: Energy,
    pub(crate) stored_kwh: Energy,
    pub(crate) value_p_per_kwh: Option<UnitRate>,
}

impl From<&DispatchSlot> for Slot {
    fn from(slot: &DispatchSlot) -> Self {
        Self {
            span: slot.span,
            charge_kwh: slot.charge,
            discharge_kwh: slot.discharge,
            import_kwh: slot.import,
            export_kwh: slot.export,
            curtailed_kwh: slot.curtailed,
            stored_kwh: slot.stored,
            value_p_per_kwh: slot.value,
        }
    }
}

/// What the battery stands behind, read and cut to one period.
pub(crate) struct Surroundings<'a> {
    pub(crate) rates: &'a RateSeries,
    pub(crate) export: Option<&'a RateSeries>,
    pub(crate) load: Option<&'a Consumption>,
    pub(crate) solar: Option<&'a Consumption>,
}

impl Surroundings<'_> {
    /// The time that all of them cover.
    fn span(&self) -> Result<Span> {
        let readings = |readings: Option<&Consumption>| readings.and_then(|readings| readings.grid().span());
        let others = [self.export.map(RateSeries::span), readings(self.load), readings(self.solar)];
        others.into_iter().flatten().try_fold(self.rates.span(), |all, other| {
            all.intersection(other)
                .ok_or_else(|| Failure::work(format!("the files share no time: {all} and {other}")))
        })
    }

    pub(crate) fn site(&self, span: Span) -> Result<Site> {
        let grid = Grid::covering(span, self.rates.slot_length())?;
        let mut site = Site::from_rates(&self.rates.on_grid(&grid, self.rates.paid_basis())?)?;
        if let Some(export) = self.export {
            site = site.with_export_rates(&export.on_grid(&grid, export.paid_basis())?)?;
        }
        if let Some(load) = self.load {
            site = site.with_load(&readings(load, &grid, "load")?)?;
        }
        if let Some(solar) = self.solar {
            site = site.with_solar(&readings(solar, &grid, "solar")?)?;
        }
        Ok(site)
    }
}

/// The reading of each slot; an error that names the first that is missing.
fn readings(readings: &Consumption, grid: &Grid, what: &str) -> Result<Vec<Energy>> {
    if readings.grid().slot_length() != grid.slot_length() {
        return Err(Failure::work(format!(
            "the {what} is in {}-minute slots and the rates are in {}-minute slots",
            readings.grid().slot_length().minutes(),
            grid.slot_length().minutes()
        )));
    }
    let reading = |span: Span| {
        let place = readings.grid().index_of(span.from())?;
        let held = readings.grid().slot(place).filter(|held| held.span == span)?;
        readings.get(held.index)
    };
    grid.slots()
        .map(|slot| {
            reading(slot.span)
                .ok_or_else(|| Failure::work(format!("the {what} has no reading for {}", slot.span)))
        })
        .collect()
}

impl BatteryPlan {
    pub(crate) fn new(
        battery: &Battery,
        site: &Site,
        dispatch: &Dispatch,
        calendar: &Calendar,
    ) -> Result<Self> {
        let sum = |part: fn(&DispatchSlot) -> Energy| Energy::sum(dispatch.slots().iter().map(part));
        let span = dispatch.grid().span();
        Ok(Self {
            span: span.ok_or_else(|| Failure::work("there is no slot to plan for"))?,
            time_zone: calendar.name(),
            tzdb: TZDB_VERSION,
            objective_pence: dispatch.objective(),
            grid_pence: dispatch.costs().grid,
            wear_pence: dispatch.costs().wear,
            baseline_pence: dispatch.baseline(),
            saving_pence: dispatch.saving(),
            charged_kwh: sum(|slot| slot.charge)?,
            discharged_kwh: sum(|slot| slot.discharge)?,
            import_kwh: sum(|slot| slot.import)?,
            export_kwh: sum(|slot| slot.export)?,
            reasons: dispatch
                .explain(battery, site, calendar)
                .into_iter()
                .map(|reason| Why { span: reason.span, reason: reason.text })
                .collect(),
            slots: dispatch.slots().iter().map(Slot::from).collect(),
        })
    }
}

impl BatteryArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let files = [Some(&self.rates), self.export_rates.as_ref(), self.load.as_ref(), self.solar.as_ref()];
        at_most_one_standard_input(files.into_iter().flatten().map(PathBuf::as_path))?;
        let calendar = shared.calendar()?;
        let rates = Source::read(&self.rates)?.rates(&self.pricing)?;
        // What is paid for export carries no VAT, whatever its column is called.
        let unspecified = Pricing { rate_vat: RateVat::Inc, ..self.pricing.clone() };
        let export = read(self.export_rates.as_deref(), |source| source.rates(&unspecified))?;
        let load = read(self.load.as_deref(), Source::consumption)?;
        let solar = read(self.solar.as_deref(), Source::consumption)?;
        let surroundings = Surroundings {
            rates: &rates,
            export: export.as_ref(),
            load: load.as_ref(),
            solar: solar.as_ref(),
        };

        let span = self.period.within(&calendar, surroundings.span()?)?;
        let mut site = surroundings.site(span)?;
        if let Some(limit) = self.import_limit {
            site = site.with_import_limit(limit);
        }
        if let Some(limit) = self.export_limit {
            site = site.with_export_limit(limit);
        }
        let battery = Battery::new(self.kwh, self.kw)?
            .with_efficiency(self.charge_efficiency, self.discharge_efficiency)
            .with_wear(self.wear)?;
        let mut request = Request::starting_at(self.start_kwh);
        if let Some(level) = self.end_kwh {
            request = request.ending_at(level);
        }
        let dispatch = battery.plan(&site, &request)?;
        let plan = BatteryPlan::new(&battery, &site, &dispatch, &calendar)?;
        match shared.format {
            Format::Text => {
                let asked = format!("A battery of {} kWh and {} kW", self.kwh, self.kw);
                Ok(page::text(
                    &plan,
                    &prices(&rates, span)?,
                    &asked,
                    calendar,
                    Palette::for_stdout(shared.color),
                ))
            }
            Format::Json => json(&plan),
            Format::Csv => Ok(csv(&plan)),
        }
    }
}

fn read<T>(path: Option<&Path>, parse: impl Fn(&Source) -> Result<T>) -> Result<Option<T>> {
    path.map(|path| parse(&Source::read(path)?)).transpose()
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
        "value_p_per_kwh",
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
            slot.value_p_per_kwh.map(|value| value.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_text()
}
