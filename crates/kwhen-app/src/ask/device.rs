//! What plans and back-tests of batteries share: the files of a site and the battery behind it.

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::planned::{Planned, planned};
use crate::source::{Source, definition};
use crate::words::selling::Market;
use crate::words::{
    Metering, PeriodArguments, Pricing, Slots, UnitOfRates, doubts, parse_energy, parse_level, parse_power,
    without_end,
};
use clap::Args;
use kwhen::input::PriceRole;
use kwhen::plan::battery::{Battery, BatteryDefinition, BatteryRequest, Converter, Efficiency, Site};
use kwhen::plan::{Filled, Power, filled_from_other_days, slots_over};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Grid, Span};
use kwhen::{Energy, RateSeries, UnitRate};
use rust_decimal::{Decimal, RoundingStrategy};
use std::path::{Path, PathBuf};

/// The files of a site and the limits of its connection.
#[derive(Args, Debug)]
pub(crate) struct SiteArguments {
    /// Import rates: JSON as the API gives it, or CSV; or a tariff's definition
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    /// Export rates, or the definition of a tariff for export; without them export earns nothing
    #[arg(long, value_name = "FILE")]
    export_rates: Option<PathBuf>,
    #[command(flatten)]
    market: Market,
    /// The load: half-hourly readings in kWh
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// Solar generation: half-hourly readings in kWh
    #[arg(long, value_name = "FILE")]
    solar: Option<PathBuf>,
    /// Carbon intensity of imported energy in g/kWh: rows as for rates, the intensity in the column `rate`
    #[arg(long, requires = "carbon_price", value_name = "FILE")]
    carbon: Option<PathBuf>,
    /// What a tonne of carbon is held to cost, in pounds (euros, yen): it decides the plan and is shown beside the grid's cost
    #[arg(long, requires = "carbon", value_name = "POUNDS")]
    carbon_price: Option<Decimal>,
    /// The most that the connection imports, in kW
    #[arg(long, value_parser = parse_power, value_name = "KW")]
    import_limit_kw: Option<Power>,
    /// The most that the connection exports, in kW; 0 for none
    #[arg(long, value_parser = parse_power, value_name = "KW")]
    export_limit_kw: Option<Power>,
    /// Fill missing rates and readings with those of the nearest day before (or after) at the same local time, and say how many
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
    pub period: PeriodArguments,
    #[command(flatten)]
    slots: Slots,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
}

/// The battery.
#[derive(Args, Debug)]
pub(crate) struct DeviceArguments {
    /// A definition with everything about the battery and what is asked of it (TOML or JSON; docs/battery-files.md), instead of the
    /// flags below
    #[arg(long, value_name = "FILE")]
    pub battery: Vec<PathBuf>,
    /// Usable capacity of the store in kWh (DC)
    #[arg(long, conflicts_with = "battery", requires = "kw", value_parser = parse_energy, allow_negative_numbers = true, value_name = "KWH")]
    capacity_kwh: Option<Energy>,
    /// The most power each way at the AC side, in kW
    #[arg(long, conflicts_with = "battery", requires = "capacity_kwh", value_parser = parse_power, allow_negative_numbers = true, value_name = "KW")]
    kw: Option<Power>,
    /// The least power when it runs, in kW
    #[arg(long, default_value = "0", conflicts_with = "battery", value_parser = parse_power, value_name = "KW")]
    min_kw: Power,
    /// Energy stored for energy taken from the AC side
    #[arg(long, default_value = "0.95", conflicts_with = "battery", value_name = "RATIO")]
    charge_efficiency: Efficiency,
    /// Energy given at the AC side for energy drawn from the store
    #[arg(long, default_value = "0.95", conflicts_with = "battery", value_name = "RATIO")]
    discharge_efficiency: Efficiency,
    /// What a kWh discharged wears off the battery, in pence
    #[arg(long, default_value = "0", conflicts_with = "battery", value_name = "PENCE")]
    wear: UnitRate,
    /// What the store loses while there is anything in it, in kW
    #[arg(long, default_value = "0", conflicts_with = "battery", value_parser = parse_power, value_name = "KW")]
    standing_loss_kw: Power,
    /// What the device takes all the time, in kW
    #[arg(long, default_value = "0", conflicts_with = "battery", value_parser = parse_power, value_name = "KW")]
    standby_kw: Power,
    /// Stored at the start, in kWh
    #[arg(long, default_value = "0", conflicts_with = "battery", value_parser = parse_level, allow_negative_numbers = true, value_name = "KWH")]
    start_kwh: Energy,
    /// Never less than this in the store, in kWh
    #[arg(long, default_value = "0", conflicts_with = "battery", value_parser = parse_level, allow_negative_numbers = true, value_name = "KWH")]
    reserve_kwh: Energy,
}

/// A battery, what is asked of it, and its name.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub name: String,
    pub battery: Battery,
    pub request: BatteryRequest,
}

/// Forty years: a span beyond it is that of rates without an end.
const LONGEST_SECONDS: i64 = 40 * 366 * 86_400;

impl DeviceArguments {
    /// The batteries of the definitions, or the one of the flags.
    pub(crate) fn devices(&self, ctx: &Context, calendar: &Calendar, site: &Site) -> Result<Vec<Device>> {
        if self.battery.is_empty() {
            let battery = self.described()?;
            let name = format!("A battery of {} kWh and {} kW", battery.capacity(), battery.charger().most());
            let request = BatteryRequest::starting_at(self.start_kwh).reserve(self.reserve_kwh);
            return Ok(vec![Device { name, battery, request }]);
        }
        self.battery.iter().map(|path| defined(ctx, path, calendar, site)).collect()
    }

    /// Whether no battery is described.
    pub(crate) const fn is_none(&self) -> bool {
        self.battery.is_empty() && self.capacity_kwh.is_none()
    }

    /// What of the flags is hardly meant.
    pub(crate) fn doubts(&self) -> Vec<String> {
        doubts([
            ("--kw", self.kw),
            ("--min-kw", Some(self.min_kw)),
            ("--standing-loss-kw", Some(self.standing_loss_kw)),
            ("--standby-kw", Some(self.standby_kw)),
        ])
    }

    /// The only battery.
    pub(crate) fn device(&self, ctx: &Context, calendar: &Calendar, site: &Site) -> Result<Device> {
        let mut devices = self.devices(ctx, calendar, site)?.into_iter();
        match (devices.next(), devices.next()) {
            (Some(device), None) => Ok(device),
            _ => Err(Failure::usage(
                "--battery may be given once here: only `kwhen battery` plans several together",
            )),
        }
    }

    fn described(&self) -> Result<Battery> {
        let (Some(capacity), Some(kw)) = (self.capacity_kwh, self.kw) else {
            return Err(Failure::usage("--capacity-kwh and --kw, or --battery, are needed"));
        };
        let converter =
            |efficiency| Converter::new(kw, efficiency).at_least(self.min_kw).map_err(in_flag("--min-kw"));
        let battery = Battery::new(capacity, kw).map_err(in_flag("--capacity-kwh"))?;
        battery
            .with_charger(converter(self.charge_efficiency)?)
            .with_discharger(converter(self.discharge_efficiency)?)
            .with_standing_loss(self.standing_loss_kw)
            .with_standby(self.standby_kw)
            .with_wear(self.wear)
            .map_err(in_flag("--wear"))
    }
}

/// The battery of a definition file.
fn defined(ctx: &Context, path: &Path, calendar: &Calendar, site: &Site) -> Result<Device> {
    let definition: BatteryDefinition = definition::read(&Source::file(ctx, path)?)?;
    let stem =
        || path.file_stem().map_or_else(|| "battery".to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(Device {
        name: definition.name().map_or_else(stem, str::to_owned),
        battery: definition.battery().map_err(in_file(path))?,
        request: definition.request(calendar, site).map_err(in_file(path))?,
    })
}

/// An error that names the flag it is about.
pub(crate) fn in_flag(flag: &'static str) -> impl Fn(kwhen::Error) -> Failure {
    move |error| Failure::work(format!("{flag}: {error}"))
}

/// A site read from files, with what to show beside the plan.
pub(crate) struct ReadSite {
    pub site: Site,
    pub span: Span,
    pub import: Vec<UnitRate>,
    pub notices: Vec<String>,
}

impl SiteArguments {
    /// The file of import rates.
    pub(crate) fn rates(&self) -> &Path {
        &self.rates
    }

    /// What to say of a battery that does nothing because there is nothing that it could do.
    pub(crate) fn nothing_to_serve(&self) -> Option<String> {
        (self.load.is_none() && self.export_rates.is_none()).then(|| {
            "nothing uses what the battery would give: give the load (--load) or what export earns (--export-rates)"
                .to_owned()
        })
    }

    /// Reads the files over the time that all of them cover, or over the period asked for.
    pub(crate) fn read(&self, ctx: &Context, calendar: &Calendar) -> Result<ReadSite> {
        self.read_with(ctx, &self.rates, calendar)
    }

    /// Likewise, with the import rates of another file.
    pub(crate) fn read_with(
        &self,
        ctx: &Context,
        rates_file: &Path,
        calendar: &Calendar,
    ) -> Result<ReadSite> {
        let asked = self.period.asked(ctx)?;
        let source = |path: &Path| Ok::<_, Failure>(Source::read(ctx, path)?.during(asked));
        let read = |path: &Path, role| {
            planned(ctx, path, (&self.pricing, &self.market), calendar, Some(role), asked)
        };
        let Planned { rates, currency, left_out } = read(rates_file, PriceRole::Import)?;
        let export =
            self.export_rates.as_deref().map(|path| Ok::<_, Failure>((path, read(path, PriceRole::Export)?)));
        let (export, left_out) = match export.transpose()? {
            None => (None, left_out),
            Some((path, sold)) => {
                let names = [rates_file, path].map(|path| path.display().to_string());
                let [bought, paid] = &names;
                currency.same(sold.currency, bought, paid)?;
                (Some(sold.rates), left_out.into_iter().chain(sold.left_out).collect())
            }
        };
        let readings = |path: &Path| source(path)?.consumption(&self.pricing, &self.metering);
        let load = self.load.as_deref().map(readings).transpose()?;
        let solar = self.solar.as_deref().map(readings).transpose()?;
        // Grams have no unit of money.
        let grams = Pricing { rate_unit: UnitOfRates::Pence, ..self.pricing.clone() };
        let carbon =
            self.carbon.as_deref().map(|path| source(path)?.rates(&grams, calendar, None)).transpose()?;

        let mut common = rates.span();
        let others = [(&self.export_rates, &export), (&self.carbon, &carbon)]
            .map(|(path, series)| (path, series.as_ref().map(RateSeries::span)))
            .into_iter()
            .chain(
                [(&self.load, &load), (&self.solar, &solar)]
                    .map(|(path, series)| (path, series.as_ref().and_then(|series| series.grid().span()))),
            );
        for (path, other) in others {
            let (Some(path), Some(other)) = (path, other) else { continue };
            common = common.intersection(other).ok_or_else(|| {
                Failure::work(format!(
                    "the files have no time in common: {} is for {other}, those before it for {common}",
                    path.display()
                ))
            })?;
        }
        let span = self.period.within(ctx, common)?;
        if span.seconds() > LONGEST_SECONDS {
            return Err(Failure::usage(format!(
                "{}: give --from and --to",
                without_end(span, "forty years")
            )));
        }
        let series = std::iter::once(&rates).chain(&export).chain(&carbon);
        let grid = slots_over(span, self.slots.slot, series, [&load, &solar].into_iter().flatten())?;
        let mut notices: Vec<String> =
            rates.notices().iter().filter(|notice| notice.concerns(span)).map(ToString::to_string).collect();
        notices.extend(left_out);
        let import = self.filled(
            rates_file,
            "rate",
            (grid, calendar),
            rates.on_grid(&grid, rates.paid_basis())?.iter(),
            &mut notices,
        )?;
        let mut site = Site::new(grid, &import)?.paid_in(currency);
        if let (Some(export), Some(path)) = (&export, &self.export_rates) {
            notices.extend(
                export
                    .notices()
                    .iter()
                    .filter(|notice| notice.concerns(span))
                    .map(|notice| format!("{}: {notice}", path.display())),
            );
            let rates = export.on_grid(&grid, export.paid_basis())?;
            site =
                site.export(&self.filled(path, "rate", (grid, calendar), rates.iter(), &mut notices)?)?;
        }
        for (series, path, is_load) in [(&load, &self.load, true), (&solar, &self.solar, false)] {
            let (Some(series), Some(path)) = (series, path) else { continue };
            notices.extend(series.notices().iter().map(ToString::to_string));
            let length = series.grid().slot_length();
            if length > grid.slot_length() {
                notices.push(format!(
                    "{}: readings of {} minutes are spread evenly over slots of {}",
                    path.display(),
                    length.minutes(),
                    grid.slot_length().minutes()
                ));
            }
            let readings = series.on_grid(&grid);
            let readings = self.filled(path, "reading", (grid, calendar), readings.iter(), &mut notices)?;
            let read = if is_load { site.load(&readings) } else { site.solar(&readings) };
            site = read.map_err(in_file(path))?;
        }
        if let (Some(carbon), Some(path), Some(price)) = (&carbon, &self.carbon, self.carbon_price) {
            let grams = carbon.on_grid(&grid, carbon.paid_basis())?;
            let grams =
                self.filled(path, "carbon intensity", (grid, calendar), grams.iter(), &mut notices)?;
            site = site.carbon(&carbon_prices(&grams, price, currency).map_err(in_file(path))?)?;
        }
        notices.extend(doubts([
            ("--import-limit-kw", self.import_limit_kw),
            ("--export-limit-kw", self.export_limit_kw),
        ]));
        Ok(ReadSite { site: self.limited(site).during(span)?, span, import, notices })
    }

    /// Every value of a series; where one is missing, that of another day, if that is allowed.
    fn filled<T: Copy>(
        &self,
        path: &Path,
        what: &str,
        (grid, calendar): (Grid, &Calendar),
        values: impl Iterator<Item = Option<T>>,
        notices: &mut Vec<String>,
    ) -> Result<Vec<T>> {
        let values: Vec<Option<T>> = values.collect();
        if let Some(slot) = grid.slots().find(|slot| values.get(slot.index).is_none_or(Option::is_none))
            && !self.fill_gaps
        {
            return Err(Failure::work(format!(
                "{}: no {what} for {}; --fill-gaps takes that of another day",
                path.display(),
                slot.span
            )));
        }
        let Filled { values, filled } = filled_from_other_days(&grid, &values, calendar)
            .map_err(|error| Failure::work(format!("{}: {what}: {error}", path.display())))?;
        if filled > 0 {
            let verb = if filled == 1 { " was" } else { "s were" };
            notices.push(format!("{}: {filled} missing {what}{verb} filled from other days", path.display()));
        }
        Ok(values)
    }

    fn limited(&self, mut site: Site) -> Site {
        if let Some(limit) = self.import_limit_kw {
            site = site.import_limit(limit);
        }
        if let Some(limit) = self.export_limit_kw {
            site = site.export_limit(limit);
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

/// p/kWh from g/kWh and pounds a tonne, rounded half to even at 10⁻⁴ p: a gram at £1 a tonne is 10⁻⁴ p, at ¥1 a millionth of a yen.
fn carbon_prices(grams: &[UnitRate], a_tonne: Decimal, currency: Currency) -> kwhen::Result<Vec<UnitRate>> {
    let a_gram = a_tonne.checked_mul(Decimal::new(currency.minor_units(), 6));
    let price = |grams: &UnitRate| {
        let price = a_gram.and_then(|price| price.checked_mul(grams.to_decimal()));
        let price = price.map(|price| price.round_dp_with_strategy(4, RoundingStrategy::MidpointNearestEven));
        UnitRate::from_decimal(price.unwrap_or(Decimal::MAX))
    };
    grams.iter().map(price).collect()
}

pub(crate) fn in_file(path: &Path) -> impl Fn(kwhen::Error) -> Failure {
    move |error| Failure::work(format!("{}: {error}", path.display()))
}
