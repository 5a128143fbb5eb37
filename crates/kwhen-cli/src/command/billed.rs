//! What is billed: readings and tariffs, from files or from the store, for every command that makes bills.

use super::account::{self, GasFile, Read, Readings};
use crate::arguments::{PeriodArguments, Pricing, Shared};
use crate::definition::{self, Between, Missing};
use crate::failure::{Failure, Result};
use crate::input::{Source, at_most_one_standard_input};
use crate::store::{Role, StoredAccount};
use clap::{Args, ValueEnum};
use kwhen::bill::{Bill, BillOptions, BillingRules, Metered, Statement, Supply};
use kwhen::tariff::{Fuel, GasConversion, GasUnit, Tariff};
use kwhen::time::{Calendar, Span};
use std::path::{Path, PathBuf};

#[derive(Args, Debug)]
pub(crate) struct BilledArguments {
    /// Unit rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE", required_unless_present_any = ["tariffs", "account", "store"], conflicts_with = "tariffs")]
    rates: Option<PathBuf>,
    /// Meter readings: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE", required_unless_present_any = ["account", "store", "registers"])]
    consumption: Option<PathBuf>,
    /// Readings of meter registers in place of half-hours: register, at and reading in kWh, and meter where one was exchanged
    #[arg(long, value_name = "FILE", conflicts_with_all = ["consumption", "account", "dispatches"])]
    registers: Option<PathBuf>,
    /// How many digits the registers have, where one went round from 99999 to 0
    #[arg(long, value_name = "DIGITS", requires = "registers")]
    register_digits: Option<u32>,
    /// What is done where a rate, VAT or the agreement changes between two readings of a register
    #[arg(long, value_enum, default_value_t)]
    between_readings: Between,
    /// Standing charges in pence a day
    #[arg(long, value_name = "FILE", conflicts_with = "tariffs")]
    standing: Option<PathBuf>,
    /// A tariff in place of rates: a definition (TOML, JSON) or unit rates, with standing charges after a comma; several with --account
    #[arg(long = "tariff", value_name = "FILE[,STANDING]")]
    tariffs: Vec<String>,
    /// An account: its supplies and their agreements (TOML, JSON)
    #[arg(long, value_name = "FILE", requires = "tariffs", conflicts_with_all = ["rates", "consumption", "dispatches", "gas_unit"])]
    account: Option<PathBuf>,
    #[command(flatten)]
    period: PeriodArguments,
    /// What is done where there is no reading
    #[arg(long, value_enum, default_value_t)]
    missing: Missing,
    /// Spans in which the supplier charged the car: from and to
    #[arg(long, value_name = "FILE", requires = "tariffs")]
    dispatches: Option<PathBuf>,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    gas: GasArguments,
}

/// What gas readings count, where no account file says it.
#[derive(Args, Debug)]
struct GasArguments {
    /// What the readings of gas count; the API does not say it, and the store keeps them as they came
    #[arg(long, value_enum, value_name = "UNIT")]
    gas_unit: Option<Unit>,
    /// The calorific value in MJ/m³, one for all time
    #[arg(long, value_name = "VALUE", requires = "gas_unit", conflicts_with = "calorific_values")]
    calorific_value: Option<String>,
    /// Calorific values by day or by period: date (or from and to) and calorific_value
    #[arg(long, value_name = "FILE", requires = "gas_unit")]
    calorific_values: Option<PathBuf>,
    /// Take the mean of --calorific-values over the period, to so many decimals
    #[arg(long, value_name = "DECIMALS", requires = "calorific_values")]
    calorific_value_places: Option<u32>,
    /// To how many decimals each reading is rounded in kWh
    #[arg(long, value_name = "DECIMALS", requires = "gas_unit")]
    gas_kwh_places: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unit {
    /// Cubic metres
    #[value(alias = "m3")]
    CubicMetres,
    /// Hundreds of cubic feet
    #[value(alias = "ft3")]
    HundredsOfCubicFeet,
    /// kWh already
    #[value(alias = "kwh")]
    KilowattHours,
}

impl GasArguments {
    fn conversion(&self) -> Result<Option<GasConversion>> {
        let Some(unit) = self.gas_unit else { return Ok(None) };
        let said = GasFile {
            unit: match unit {
                Unit::CubicMetres => GasUnit::CubicMetres,
                Unit::HundredsOfCubicFeet => GasUnit::HundredsOfCubicFeet,
                Unit::KilowattHours => GasUnit::KilowattHours,
            },
            calorific_value: self.calorific_value.clone(),
            calorific_values: self.calorific_values.clone(),
            calorific_value_places: self.calorific_value_places,
            kwh_places: self.gas_kwh_places,
        };
        said.conversion(&Path::to_path_buf).map(Some)
    }
}

/// All that bills are made from.
pub(crate) enum Billed {
    One(Box<OneTariff>),
    Account(WholeAccount),
}

/// One tariff and one meter.
pub(crate) struct OneTariff {
    pub(crate) tariff: Tariff,
    /// In kWh.
    pub(crate) metered: Readings,
    pub(crate) dispatches: Vec<Span>,
    pub(crate) period: Span,
}

impl OneTariff {
    pub(crate) fn bill(&self, rules: BillingRules, options: &BillOptions) -> kwhen::Result<Bill> {
        let options = BillOptions { rules, ..options.clone() };
        match &self.metered {
            Readings::Slots(consumption) => {
                self.tariff.bill(consumption, self.period, &self.dispatches, &options)
            }
            Readings::Registers(advances) => self.tariff.bill_registers(advances, self.period, &options),
        }
    }
}

/// The supplies of an account.
pub(crate) struct WholeAccount {
    pub(crate) supplies: Vec<Read>,
    pub(crate) tariffs: Vec<Tariff>,
    pub(crate) period: Span,
}

impl WholeAccount {
    pub(crate) fn supplies(&self) -> Vec<Supply<'_>> {
        let borrowed = self.supplies.iter().map(|supply| Supply {
            name: supply.name.clone(),
            metered: match &supply.metered {
                Readings::Slots(consumption) => Metered::Slots(consumption),
                Readings::Registers(advances) => Metered::Registers(advances),
            },
            agreements: &supply.agreements,
            gas: supply.gas.as_ref(),
            dispatches: &supply.dispatches,
        });
        borrowed.collect()
    }

    pub(crate) fn statement(&self, options: &BillOptions) -> Result<Statement> {
        Ok(Statement::new(self.period, &self.supplies(), &self.tariffs, options)?)
    }
}

impl BilledArguments {
    /// Options of a bill by these rules.
    pub(crate) fn options(&self, calendar: Calendar, rules: BillingRules) -> BillOptions {
        BillOptions {
            calendar,
            rules,
            missing: self.missing.policy(),
            grouping: None,
            between_readings: self.between_readings.policy(),
        }
    }

    /// Reads everything. `others` are files that the command reads besides.
    pub(crate) fn read(&self, shared: &Shared, others: &[&Path]) -> Result<Billed> {
        let files = [&self.rates, &self.consumption, &self.registers, &self.standing, &self.dispatches];
        let files = files.into_iter().flatten().map(PathBuf::as_path);
        at_most_one_standard_input(files.chain(others.iter().copied()))?;
        let calendar = shared.calendar()?;
        let gas = self.gas.conversion()?;
        if let Some(file) = &self.account {
            let supplies = account::supplies(file, &calendar)?;
            let mut tariffs = Vec::new();
            for argument in &self.tariffs {
                tariffs.extend(definition::tariffs(argument, &self.pricing)?);
            }
            let period = self.period.within(&calendar, account::whole(&supplies)?)?;
            return Ok(Billed::Account(WholeAccount { supplies, tariffs, period }));
        }
        if shared.store.is_some() && self.rates.is_none() && self.tariffs.is_empty() {
            let account = StoredAccount::open(None, gas.as_ref())?;
            let period = self.period.within(&calendar, account.extent()?)?;
            let reach = crate::store::reach(period, self.missing.policy())?;
            let supplies = account.supplies(None, reach, gas.as_ref())?;
            let tariffs = account.tariffs(period, &self.pricing, None)?;
            return Ok(Billed::Account(WholeAccount { supplies, tariffs, period }));
        }
        let tariff = self.tariff()?;
        let (consumption, registers) = (self.consumption.as_deref(), self.registers.as_deref());
        if consumption.is_none() && registers.is_none() {
            return Err(Failure::usage("--consumption or --registers is needed"));
        }
        let metered = Readings::read(consumption, registers, self.register_digits, &calendar)?;
        let whole = metered.span().ok_or_else(|| Failure::work("the consumption holds no readings"))?;
        let period = self.period.within(&calendar, whole)?;
        let metered = self.in_kwh(metered, &tariff, gas.as_ref(), period, &calendar)?;
        let dispatches =
            self.dispatches.as_deref().map(|path| account::dispatches(path, &calendar)).transpose()?;
        let dispatches = dispatches.unwrap_or_default();
        Ok(Billed::One(Box::new(OneTariff { tariff, metered, dispatches, period })))
    }

    fn in_kwh(
        &self,
        metered: Readings,
        tariff: &Tariff,
        gas: Option<&GasConversion>,
        period: Span,
        calendar: &Calendar,
    ) -> Result<Readings> {
        let stored = || self.consumption.as_deref().is_some_and(crate::store::holds);
        match (tariff.fuel, gas) {
            (Fuel::Electricity, None) => Ok(metered),
            (Fuel::Electricity, Some(_)) => Err(Failure::usage(format!(
                "--gas-unit goes with a tariff of gas; {} is one of electricity",
                tariff.code
            ))),
            (Fuel::Gas, None) if stored() => Err(Failure::usage(
                "--gas-unit is needed: the store keeps readings of gas as they came, in m³ or in kWh, and the API does not say which",
            )),
            (Fuel::Gas, None) => Ok(metered),
            (Fuel::Gas, Some(gas)) => Ok(match metered {
                Readings::Slots(volumes) => Readings::Slots(gas.consumption(&volumes, period, calendar)?),
                Readings::Registers(advances) => Readings::Registers(gas.advances(&advances, calendar)?),
            }),
        }
    }

    /// The tariff of --tariff, or one of --rates and --standing.
    fn tariff(&self) -> Result<Tariff> {
        let Some(rates) = &self.rates else {
            let mut tariffs = Vec::new();
            for argument in &self.tariffs {
                tariffs.extend(definition::tariffs(argument, &self.pricing)?);
            }
            let count = tariffs.len();
            return match tariffs.pop() {
                Some(tariff) if count == 1 => Ok(tariff),
                _ => Err(Failure::usage(format!(
                    "one tariff makes a bill, not {count}; see kwhen compare, or --account"
                ))),
            };
        };
        let source = Source::read(rates)?;
        let standing = self.standing.as_deref().map(Source::read).transpose()?;
        let standing = standing.map(|source| source.standing_charges(&self.pricing)).transpose()?;
        if source.is_stored() {
            let span = crate::store::always()?;
            let point = self.consumption.as_deref().filter(|path| crate::store::holds(path));
            let direction =
                point.map(|point| crate::store::direction(&point.to_string_lossy())).transpose()?;
            let role = Role { direction: direction.flatten(), customer: None };
            let tariff = crate::store::tariff(source.name(), &self.pricing, span, &role)?;
            return Ok(Tariff { standing_charges: standing.or(tariff.standing_charges), ..tariff });
        }
        let series = source.rates(&self.pricing)?;
        let code = rates.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(Tariff::from_series(code.unwrap_or_default(), series, standing))
    }
}
