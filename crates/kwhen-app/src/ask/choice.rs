//! The home at its best on each tariff: what `compare` asks where it is given devices.

use super::site::in_file;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, definition};
use crate::words::{doubts, parse_power};
use clap::{ArgGroup, Args};
use kwhen::bill::compare::Comparison;
use kwhen::choice::{Choice, ChoiceRequest, HomeDevice, Purchase, Weighed, choose, earlier_too, weigh};
use kwhen::plan::Power;
use kwhen::plan::battery::BatteryDefinition;
use kwhen::plan::forecast::PastDays;
use kwhen::quantity::Currency;
use kwhen::tariff::Tariff;
use kwhen::time::Span;
use kwhen::{Energy, Money};
use rust_decimal::Decimal;
use std::path::{Path, PathBuf};

/// Under which head help names these.
const AT_BEST: &str = "The home at its best on each tariff";

/// The devices, and how they are planned.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("home").multiple(true)))]
pub(super) struct ChoiceArguments {
    /// A battery or a car, planned anew for each tariff: a definition (TOML or JSON; docs/battery-files.md); any number of them
    #[arg(long, group = "home", help_heading = AT_BEST, value_name = "FILE")]
    battery: Vec<PathBuf>,
    /// Solar generation that is not in the readings: panels to buy
    #[arg(long, group = "home", help_heading = AT_BEST, value_name = "FILE")]
    pub solar: Option<PathBuf>,
    /// The tariff that the home is on: the code of one of the tariffs, or one more of them
    #[arg(long, requires = "home", help_heading = AT_BEST, value_name = "CODE")]
    pub now: Option<String>,
    /// The export tariff that the home is on, by its code; the first if it is not said
    #[arg(long, requires_all = ["now", "export_tariffs"], help_heading = AT_BEST, value_name = "CODE")]
    now_export: Option<String>,
    /// What leaving that tariff costs, in pounds (euros)
    #[arg(long, requires = "now", help_heading = AT_BEST, value_name = "POUNDS")]
    exit_fee: Option<Money>,
    /// Plan with all of the time known alone, and not from day to day as well: quicker, and what no plan can reach
    #[arg(long, requires = "home", help_heading = AT_BEST)]
    foresight: bool,
    /// How many past days tell what load and sun to expect, from day to day
    #[arg(long, requires = "home", conflicts_with = "foresight", default_value_t = 28, help_heading = AT_BEST, value_name = "DAYS")]
    past_days: u16,
    /// Draw so many histories: how what one tariff costs more than another may turn out
    #[arg(long, requires = "home", help_heading = AT_BEST, value_name = "N")]
    resample: Option<u32>,
    /// What the draws begin with
    #[arg(long, requires = "resample", default_value_t = 1, help_heading = AT_BEST, value_name = "SEED")]
    seed: u64,
    /// Capacities to weigh for the first --battery, in kWh: what to buy
    #[arg(long, requires_all = ["battery", "size_price"], value_delimiter = ',', help_heading = AT_BEST, value_name = "KWH,KWH")]
    size_kwh: Vec<Energy>,
    /// What each of them costs to buy, in pounds (euros)
    #[arg(long, requires = "size_kwh", value_delimiter = ',', help_heading = AT_BEST, value_name = "POUNDS,POUNDS")]
    size_price: Vec<Money>,
    /// How many years it serves
    #[arg(long, requires = "size_kwh", default_value_t = 10, help_heading = AT_BEST, value_name = "YEARS")]
    years: u16,
    /// What money is worth a year, in percent: what a saving a year later is worth less
    #[arg(long, requires = "size_kwh", default_value = "4", help_heading = AT_BEST, value_name = "PERCENT")]
    discount: Decimal,
    /// The most that the connection imports, in kW
    #[arg(long, requires = "home", value_parser = parse_power, help_heading = AT_BEST, value_name = "KW")]
    import_limit_kw: Option<Power>,
    /// The most that the connection exports, in kW; 0 for none
    #[arg(long, requires_all = ["home", "export_tariffs"], value_parser = parse_power, help_heading = AT_BEST, value_name = "KW")]
    export_limit_kw: Option<Power>,
}

impl ChoiceArguments {
    /// A period with the time before it that plans from day to day look at, where they do.
    pub(super) fn looking_back(&self, period: Span) -> Span {
        if !self.is_asked() || self.foresight {
            return period;
        }
        earlier_too(period, usize::from(self.past_days))
    }

    /// Whether there is anything to plan.
    pub(super) fn is_asked(&self) -> bool {
        !self.battery.is_empty() || self.solar.is_some()
    }

    /// The choice, and the same tariffs as the home was used.
    pub(super) fn answer(
        &self,
        ctx: &Context,
        request: ChoiceRequest<'_>,
        ((tariffs, export_tariffs), now): ((&[Tariff], &[Tariff]), Option<&str>),
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Chosen> {
        let devices = self.battery.iter().map(|path| device(ctx, path)).collect::<Result<Vec<_>>>()?;
        let mut request = request.devices(&devices).limited(self.import_limit_kw, self.export_limit_kw);
        if !self.foresight {
            let days = PastDays::alike(usize::from(self.past_days))
                .map_err(|error| Failure::usage(format!("--past-days: {error}")))?;
            request = request.rolling(days);
        }
        if let Some(now) = now {
            request = request.present_named(now, self.now_export.as_deref())?;
        }
        if let Some(draws) = self.resample {
            if tariffs.len() * export_tariffs.len().max(1) < 2 && self.size_kwh.is_empty() {
                return Err(Failure::usage(
                    "--resample is of no use with one tariff: it says how much another may cost more; give a second --tariff",
                ));
            }
            if draws == 0 {
                return Err(Failure::usage(
                    "--resample 0 draws nothing: leave it out, or draw some hundred histories",
                ));
            }
            request = request.resampled(usize::try_from(draws).unwrap_or(usize::MAX), self.seed);
        }
        let currency = tariffs.first().map_or(Currency::GBP, |tariff| tariff.currency);
        let minor = |pounds: Money| pounds.times(currency.minor_units());
        if let Some(fee) = self.exit_fee {
            request = request.exit_fee(minor(fee)?);
        }
        if self.size_kwh.len() != self.size_price.len() {
            return Err(Failure::usage(format!(
                "--size-kwh names {} sizes and --size-price {} prices: give one price for each size",
                self.size_kwh.len(),
                self.size_price.len()
            )));
        }
        let sizes = self.size_kwh.iter().zip(&self.size_price);
        let sizes = sizes.map(|(kwh, price)| Ok((*kwh, minor(*price)?))).collect::<Result<Vec<_>>>()?;
        let purchase = Purchase { sizes, years: self.years, discount_percent: self.discount };
        let sense = request.check().and_then(|()| purchase.check());
        sense.map_err(|error| Failure::usage(error.to_string()))?;
        let (mut choice, used) = choose(&request, told)?;
        let weighed = match purchase.sizes.is_empty() {
            true => Vec::new(),
            false => weigh(&request, &purchase, told)?,
        };
        choice.notices.extend(doubts([
            ("--import-limit-kw", self.import_limit_kw),
            ("--export-limit-kw", self.export_limit_kw),
        ]));
        Ok((choice, used, weighed))
    }
}

/// The choice, the tariffs as the home was used, and sizes to buy.
type Chosen = (Choice, Comparison, Vec<Weighed>);

/// The device of a definition file, named by itself or by its file.
fn device(ctx: &Context, path: &Path) -> Result<HomeDevice> {
    let definition: BatteryDefinition = definition::read(&Source::file(ctx, path)?)?;
    // What it is must be right before a tariff is planned for.
    let _ = definition.battery().map_err(in_file(path))?;
    let stem =
        || path.file_stem().map_or_else(|| "battery".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let name = definition.name().map_or_else(stem, str::to_owned);
    Ok(HomeDevice::Defined { name, definition: Box::new(definition) })
}
