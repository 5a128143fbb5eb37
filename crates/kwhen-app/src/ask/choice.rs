//! The home at its best on each tariff: what `compare` asks where it is given devices.

use super::buy::{appliance, battery, options, thermal, without_runs};
use super::conditions::Account;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::words::{doubts, parse_exact, parse_power, parse_time};
use chrono::{DateTime, Utc};
use clap::{ArgGroup, Args, ValueEnum};
use kwhen::bill::compare::Comparison;
use kwhen::choice::{Choice, ChoiceRequest, Purchase, Weighed, choose, earlier_too, weigh};
use kwhen::plan::Power;
use kwhen::plan::forecast::PastDays;
use kwhen::quantity::Currency;
use kwhen::tariff::{Need, Tariff};
use kwhen::time::Span;
use kwhen::{Consumption, Energy, Money, UnitRate};
use rust_decimal::Decimal;
use std::path::{Path, PathBuf};

/// Under which head help names these.
const AT_BEST: &str = "The home at its best on each tariff";

/// What a home has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Has {
    /// Nothing but its devices
    Nothing,
    /// An electric car that is charged at home
    Car,
    /// A meter point of its own for export
    Export,
    /// A heat pump
    HeatPump,
    /// A battery
    Battery,
    /// Solar panels
    Solar,
}

impl Has {
    /// As the engine takes it.
    const fn need(self) -> Option<Need> {
        match self {
            Self::Nothing => None,
            Self::Car => Some(Need::Car),
            Self::Export => Some(Need::Export),
            Self::HeatPump => Some(Need::HeatPump),
            Self::Battery => Some(Need::Battery),
            Self::Solar => Some(Need::Solar),
        }
    }
}

/// The devices, and how they are planned.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("home").multiple(true)), group(ArgGroup::new("bought").multiple(true)))]
pub(super) struct ChoiceArguments {
    /// A battery or a car, planned anew for each tariff: a definition (TOML or JSON; docs/battery-files.md); any number of them
    #[arg(long, group = "home", help_heading = AT_BEST, value_name = "FILE")]
    battery: Vec<PathBuf>,
    /// An appliance that runs again and again, planned anew for each tariff: a definition with [[runs]]; its energy is not in the readings
    #[arg(long, group = "home", help_heading = AT_BEST, value_name = "FILE")]
    appliance: Vec<PathBuf>,
    /// A thermal store (a hot-water tank, a heat pump), planned anew for each tariff: a definition with times of day; its energy is not in the readings
    #[arg(long, group = "home", help_heading = AT_BEST, value_name = "FILE")]
    thermal: Vec<PathBuf>,
    /// Solar generation that is not in the readings: panels to buy
    #[arg(long, group = "home", help_heading = AT_BEST, value_name = "FILE")]
    pub solar: Option<PathBuf>,
    /// The tariff that the home is on: the code of one of the tariffs, or one more of them
    #[arg(long, requires = "home", help_heading = AT_BEST, value_name = "CODE")]
    pub now: Option<String>,
    /// The export tariff that the home is on, by its code; the account's, else the first, if it is not said
    #[arg(long, requires_all = ["now", "export_tariffs"], help_heading = AT_BEST, value_name = "CODE")]
    now_export: Option<String>,
    /// What leaving that tariff costs, in pounds (euros)
    #[arg(long, requires = "now", help_heading = AT_BEST, value_name = "POUNDS")]
    exit_fee: Option<Money>,
    /// The moment of the choice: what is not sold then is not advised; now if not said
    #[arg(long, requires = "home", help_heading = AT_BEST, value_name = "TIME")]
    pub at: Option<String>,
    /// What the home has beside its devices, and nothing else, so that a tariff that needs more is not advised
    #[arg(long, requires = "home", value_enum, value_delimiter = ',', help_heading = AT_BEST, value_name = "WHAT,WHAT")]
    has: Vec<Has>,
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
    /// What if rates were others: a file of rates of other years, moved onto this time by weekday and season, for the tariffs that are published a day
    /// ahead; or for one, CODE=FILE
    #[arg(long, requires = "home", help_heading = AT_BEST, value_name = "[CODE=]FILE")]
    pub scenario: Vec<String>,
    /// No rate of other years is above this, in pence a kWh, with tax where their file has no rates without it
    #[arg(long, requires = "scenario", value_parser = parse_exact::<UnitRate>, help_heading = AT_BEST, value_name = "PENCE")]
    pub scenario_cap: Option<UnitRate>,
    /// Capacities to weigh for the first --battery, in kWh: what to buy
    #[arg(long, requires_all = ["battery", "size_price"], group = "bought", value_delimiter = ',', help_heading = AT_BEST, value_name = "KWH,KWH")]
    size_kwh: Vec<Energy>,
    /// What each of them costs to buy, in pounds (euros)
    #[arg(long, requires = "size_kwh", value_delimiter = ',', help_heading = AT_BEST, value_name = "POUNDS,POUNDS")]
    size_price: Vec<Money>,
    /// What could be bought beside what the home has, in a file (TOML or JSON): batteries, cars, panels, each with its price (docs/choice.md)
    #[arg(long, group = "home", group = "bought", help_heading = AT_BEST, value_name = "FILE")]
    buy: Option<PathBuf>,
    /// How many years it serves
    #[arg(long, requires = "bought", default_value_t = 10, help_heading = AT_BEST, value_name = "YEARS")]
    years: u16,
    /// What money is worth a year, in percent: what a saving a year later is worth less
    #[arg(long, requires = "bought", default_value = "4", help_heading = AT_BEST, value_name = "PERCENT")]
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
    pub(super) fn looking_back(&self, ctx: &Context, period: Span) -> Span {
        if !self.is_asked(ctx) || self.foresight {
            return period;
        }
        earlier_too(period, usize::from(self.past_days))
    }

    /// The moment of the choice.
    pub(super) fn moment(&self, ctx: &Context) -> Result<DateTime<Utc>> {
        Ok(match &self.at {
            Some(text) => parse_time(ctx, text, "--at")?,
            None => ctx.now(),
        })
    }

    /// Whether there is anything to plan.
    pub(super) fn is_asked(&self, ctx: &Context) -> bool {
        // Appliances and tanks of the file of defaults are for other commands too.
        let runs = !self.appliance.is_empty() && !ctx.is_default("appliance");
        let heats = !self.thermal.is_empty() && !ctx.is_default("thermal");
        !self.battery.is_empty() || runs || heats || self.solar.is_some() || self.buy.is_some()
    }

    /// The choice, the same tariffs as the home was used, what could be bought, and the choice under rates of other years.
    pub(super) fn answer(
        &self,
        ctx: &Context,
        request: ChoiceRequest<'_>,
        home: &Home<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Chosen> {
        let mut devices = self.battery.iter().map(|path| battery(ctx, path)).collect::<Result<Vec<_>>>()?;
        let mut left_out = Vec::new();
        for path in &self.appliance {
            match appliance(ctx, path)? {
                Some(device) => devices.push(device),
                // One that is started when somebody says so is no part of years.
                None if ctx.is_default("appliance") => left_out.push((path, "no [[runs]]")),
                None => return Err(without_runs(path)),
            }
        }
        for path in &self.thermal {
            match thermal(ctx, path)? {
                (_, false) if ctx.is_default("thermal") => left_out.push((path, "no times of day")),
                (device, _) => devices.push(device),
            }
        }
        let (tariffs, export_tariffs) = home.tariffs;
        let mut request = request.devices(&devices).limited(self.import_limit_kw, self.export_limit_kw);
        if !self.foresight {
            let days = PastDays::alike(usize::from(self.past_days))
                .map_err(|error| Failure::usage(format!("--past-days: {error}")))?;
            request = request.rolling(days);
        }
        let has = self.has.iter().filter_map(|has| has.need()).chain(home.account.has.iter().copied());
        request = request.at(self.moment(ctx)?).having(has, !self.has.is_empty());
        if let Some(now) = home.now {
            let agreed = home.account.exports_on.as_deref();
            let agreed = agreed.filter(|code| export_tariffs.iter().any(|tariff| tariff.code == **code));
            request = request.present_named(now, self.now_export.as_deref().or(agreed))?;
        }
        let is_bought = !self.size_kwh.is_empty() || self.buy.is_some();
        if let Some(draws) = self.resample {
            if tariffs.len() * export_tariffs.len().max(1) < 2 && !is_bought {
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
        let purchase = self.purchase(ctx, currency, home.readings)?;
        let sense = request.check().and_then(|()| purchase.check());
        sense.map_err(|error| Failure::usage(error.to_string()))?;
        let (mut choice, used) = choose(&request, told)?;
        let other = home.scenario.map(|(tariffs, export_tariffs)| {
            choose(&request.clone().among(tariffs, export_tariffs), told).map(|(choice, _)| choice)
        });
        let scenario = other.transpose()?;
        let weighed = match purchase.is_empty() {
            true => Vec::new(),
            false => weigh(&request, &purchase, told)?,
        };
        let left_out = left_out.iter();
        choice
            .notices
            .extend(left_out.map(|(path, what)| format!("{} is left out: it says {what}", path.display())));
        choice.notices.extend(doubts([
            ("--import-limit-kw", self.import_limit_kw),
            ("--export-limit-kw", self.export_limit_kw),
        ]));
        Ok(Chosen { choice, used, weighed, scenario })
    }

    /// What could be bought.
    fn purchase(
        &self,
        ctx: &Context,
        currency: Currency,
        readings: &dyn Fn(&Path) -> Result<Consumption>,
    ) -> Result<Purchase> {
        if self.size_kwh.len() != self.size_price.len() {
            return Err(Failure::usage(format!(
                "--size-kwh names {} sizes and --size-price {} prices: give one price for each size",
                self.size_kwh.len(),
                self.size_price.len()
            )));
        }
        let minor = |pounds: Money| pounds.times(currency.minor_units());
        let sizes = self.size_kwh.iter().zip(&self.size_price);
        let sizes = sizes.map(|(kwh, price)| Ok((*kwh, minor(*price)?))).collect::<Result<Vec<_>>>()?;
        let options = self.buy.as_deref().map(|file| options(ctx, file, currency, readings)).transpose()?;
        Ok(Purchase {
            sizes,
            options: options.unwrap_or_default(),
            years: self.years,
            discount_percent: self.discount,
        })
    }
}

/// What was read of a home and of tariffs.
pub(super) struct Home<'a> {
    /// Import tariffs, and export tariffs.
    pub tariffs: (&'a [Tariff], &'a [Tariff]),
    /// The same under rates of other years.
    pub scenario: Option<(&'a [Tariff], &'a [Tariff])>,
    /// The code of the tariff that the home is on.
    pub now: Option<&'a str>,
    /// What the account says of the home.
    pub account: &'a Account,
    /// How a file of readings is read.
    pub readings: &'a dyn Fn(&Path) -> Result<Consumption>,
}

/// What comes of it.
pub(super) struct Chosen {
    pub choice: Choice,
    /// The tariffs as the home was used.
    pub used: Comparison,
    pub weighed: Vec<Weighed>,
    pub scenario: Option<Choice>,
}
