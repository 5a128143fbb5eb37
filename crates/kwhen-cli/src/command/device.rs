//! What `battery` and `backtest` share: the files of a site and the battery behind it.

use crate::arguments::{PeriodArguments, Pricing};
use crate::failure::{Failure, Result};
use crate::input::{Source, at_most_one_standard_input};
use clap::Args;
use kwhen::plan::Power;
use kwhen::plan::battery::{Battery, Converter, Efficiency, Site};
use kwhen::time::{Calendar, Grid, SlotLength, Span};
use kwhen::{Consumption, Energy, RateSeries, UnitRate};
use std::path::{Path, PathBuf};

/// The files of a site and the limits of its connection.
#[derive(Args, Debug)]
pub(crate) struct SiteArguments {
    /// Import rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    /// Export rates; without them export earns nothing
    #[arg(long, value_name = "FILE")]
    export_rates: Option<PathBuf>,
    /// The load: half-hourly readings in kWh
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// Solar generation: half-hourly readings in kWh
    #[arg(long, value_name = "FILE")]
    solar: Option<PathBuf>,
    /// The most that the connection imports, in kW
    #[arg(long, value_parser = parse_power, value_name = "KW")]
    import_limit: Option<Power>,
    /// The most that the connection exports, in kW; 0 for none
    #[arg(long, value_parser = parse_power, value_name = "KW")]
    export_limit: Option<Power>,
    /// Fill missing rates and readings with those of the nearest day before (or after), and say how many
    #[arg(long)]
    fill_gaps: bool,
    /// Use, store or export all solar generation
    #[arg(long)]
    no_curtailment: bool,
    /// Charge from surplus solar only
    #[arg(long)]
    no_grid_charging: bool,
    /// Discharge into the load only
    #[arg(long)]
    no_battery_export: bool,
    #[command(flatten)]
    pub(crate) period: PeriodArguments,
    #[command(flatten)]
    pricing: Pricing,
}

/// The battery.
#[derive(Args, Debug)]
pub(crate) struct DeviceArguments {
    /// Usable capacity of the store in kWh (DC)
    #[arg(long, value_name = "KWH")]
    pub(crate) kwh: Energy,
    /// The most power each way at the AC side, in kW
    #[arg(long, value_parser = parse_power, value_name = "KW")]
    pub(crate) kw: Power,
    /// The least power when it runs, in kW
    #[arg(long, default_value = "0", value_parser = parse_power, value_name = "KW")]
    min_kw: Power,
    /// Energy stored for energy taken from the AC side
    #[arg(long, default_value = "0.95", value_name = "RATIO")]
    charge_efficiency: Efficiency,
    /// Energy given at the AC side for energy drawn from the store
    #[arg(long, default_value = "0.95", value_name = "RATIO")]
    discharge_efficiency: Efficiency,
    /// What a kWh discharged wears off the battery, in pence
    #[arg(long, default_value = "0", value_name = "PENCE")]
    wear: UnitRate,
    /// What the store loses while there is anything in it, in kW
    #[arg(long, default_value = "0", value_parser = parse_power, value_name = "KW")]
    standing_loss: Power,
    /// What the device takes all the time, in kW
    #[arg(long, default_value = "0", value_parser = parse_power, value_name = "KW")]
    standby: Power,
    /// Stored at the start, in kWh
    #[arg(long, default_value = "0", value_name = "KWH")]
    pub(crate) start_kwh: Energy,
    /// Never less than this in the store, in kWh
    #[arg(long, default_value = "0", value_name = "KWH")]
    pub(crate) reserve_kwh: Energy,
}

/// Forty years: a span beyond it is that of rates without an end.
const LONGEST_SECONDS: i64 = 40 * 366 * 86_400;

pub(crate) fn parse_power(text: &str) -> Result<Power, String> {
    let power: Power = text.parse().map_err(|error: kwhen::Error| error.to_string())?;
    if power < Power::ZERO {
        return Err(format!("a power may not be below zero: {text}"));
    }
    Ok(power)
}

impl DeviceArguments {
    pub(crate) fn battery(&self) -> Result<Battery> {
        let converter = |efficiency| {
            Converter::new(self.kw, efficiency).at_least(self.min_kw).map_err(in_flag("--min-kw"))
        };
        let battery = Battery::new(self.kwh, self.kw).map_err(in_flag("--kwh"))?;
        battery
            .with_charger(converter(self.charge_efficiency)?)
            .with_discharger(converter(self.discharge_efficiency)?)
            .with_standing_loss(self.standing_loss)
            .with_standby(self.standby)
            .with_wear(self.wear)
            .map_err(in_flag("--wear"))
    }
}

/// An error that names the flag it is about.
pub(crate) fn in_flag(flag: &'static str) -> impl Fn(kwhen::Error) -> Failure {
    move |error| Failure::work(format!("{flag}: {error}"))
}

/// A site read from files, with what to show beside the plan.
pub(crate) struct ReadSite {
    pub(crate) site: Site,
    pub(crate) span: Span,
    pub(crate) import: Vec<UnitRate>,
    pub(crate) notices: Vec<String>,
}

impl SiteArguments {
    /// Reads the files over the time that all of them cover, or over the period asked for.
    pub(crate) fn read(&self, calendar: &Calendar) -> Result<ReadSite> {
        let files = [Some(&self.rates), self.export_rates.as_ref(), self.load.as_ref(), self.solar.as_ref()];
        at_most_one_standard_input(files.into_iter().flatten().map(PathBuf::as_path))?;
        let rates = Source::read(&self.rates)?.rates(&self.pricing)?;
        let export =
            self.export_rates.as_deref().map(|path| Source::read(path)?.rates(&self.pricing)).transpose()?;
        let readings = |path: &Path| Source::read(path)?.consumption();
        let load = self.load.as_deref().map(readings).transpose()?;
        let solar = self.solar.as_deref().map(readings).transpose()?;

        let mut common = rates.span();
        let others = [export.as_ref().map(RateSeries::span)]
            .into_iter()
            .chain([&load, &solar].map(|series| series.as_ref().and_then(|series| series.grid().span())));
        for other in others.flatten() {
            common = common
                .intersection(other)
                .ok_or_else(|| Failure::work("the files have no time in common"))?;
        }
        let span = self.period.within(calendar, common)?;
        if span.seconds() > LONGEST_SECONDS {
            return Err(Failure::usage("the rates have no end: give --from and --to"));
        }
        let slot = slot_length(&rates, [load.as_ref(), solar.as_ref()]);
        let grid = Grid::covering(span, slot)?;
        let mut notices: Vec<String> = rates.notices().iter().map(ToString::to_string).collect();
        let import = self.filled(
            &self.rates,
            "rate",
            grid,
            rates.on_grid(&grid, rates.paid_basis())?.iter(),
            &mut notices,
        )?;
        let mut site = Site::new(grid, &import)?;
        if let (Some(export), Some(path)) = (&export, &self.export_rates) {
            let rates = export.on_grid(&grid, export.paid_basis())?;
            site = site.with_export(&self.filled(path, "rate", grid, rates.iter(), &mut notices)?)?;
        }
        for (series, path, is_load) in [(&load, &self.load, true), (&solar, &self.solar, false)] {
            let (Some(series), Some(path)) = (series, path) else { continue };
            notices.extend(series.notices().iter().map(ToString::to_string));
            let readings = self.filled(path, "reading", grid, readings_on(series, grid)?, &mut notices)?;
            let read = if is_load { site.with_load(&readings) } else { site.with_solar(&readings) };
            site = read.map_err(in_file(path))?;
        }
        Ok(ReadSite { site: self.limited(site), span, import, notices })
    }

    /// Every value of a series; where one is missing, that of a day before or after, if that is allowed.
    fn filled<T: Copy>(
        &self,
        path: &Path,
        what: &str,
        grid: Grid,
        values: impl Iterator<Item = Option<T>>,
        notices: &mut Vec<String>,
    ) -> Result<Vec<T>> {
        let values: Vec<Option<T>> = values.collect();
        let day = usize::try_from(86_400 / grid.slot_length().seconds()).unwrap_or(48);
        let mut missing = 0;
        let mut filled = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            if let Some(value) = value {
                filled.push(*value);
                continue;
            }
            missing += 1;
            let before = (1..=index / day).find_map(|days| values.get(index - days * day).copied().flatten());
            let after =
                || (index..values.len()).step_by(day).find_map(|index| values.get(index).copied().flatten());
            match before.or_else(after).filter(|_| self.fill_gaps) {
                Some(value) => filled.push(value),
                None => {
                    let when = grid.slot(index).map(|slot| slot.span.to_string()).unwrap_or_default();
                    let hint = if self.fill_gaps { "" } else { "; --fill-gaps takes that of another day" };
                    return Err(Failure::work(format!("{}: no {what} for {when}{hint}", path.display())));
                }
            }
        }
        if missing > 0 {
            notices.push(format!(
                "{}: {missing} missing {what}{} filled from other days",
                path.display(),
                if missing == 1 { " was" } else { "s were" }
            ));
        }
        Ok(filled)
    }

    fn limited(&self, mut site: Site) -> Site {
        if let Some(limit) = self.import_limit {
            site = site.with_import_limit(limit);
        }
        if let Some(limit) = self.export_limit {
            site = site.with_export_limit(limit);
        }
        if self.no_curtailment {
            site = site.without_curtailment();
        }
        if self.no_grid_charging {
            site = site.without_grid_charging();
        }
        if self.no_battery_export {
            site = site.without_battery_export();
        }
        site
    }
}

fn in_file(path: &Path) -> impl Fn(kwhen::Error) -> Failure {
    move |error| Failure::work(format!("{}: {error}", path.display()))
}

/// The slots of the readings; of the rates where there are none.
fn slot_length(rates: &RateSeries, readings: [Option<&Consumption>; 2]) -> SlotLength {
    readings
        .into_iter()
        .flatten()
        .next()
        .map_or_else(|| rates.slot_length(), |series| series.grid().slot_length())
}

/// Readings on another grid of the same slots; a slot that has none stays without.
pub(crate) fn readings_on(
    readings: &Consumption,
    grid: Grid,
) -> Result<impl Iterator<Item = Option<Energy>> + '_> {
    if readings.grid().slot_length() != grid.slot_length() {
        return Err(Failure::work("load and solar have slots of different lengths"));
    }
    Ok(grid
        .slots()
        .map(|slot| readings.grid().index_of(slot.span.from()).and_then(|index| readings.get(index))))
}
