//! What a gas meter's readings count, as flags and account files say it.

use super::Source;
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use crate::words::{Metering, UnitOfReadings};
use clap::{Args, ValueEnum};
use kwhen::tariff::{CalorificValue, Fuel, GasConversion, GasTerms, GasUnit, Tariff};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What gas readings count, where no account file says it.
#[derive(Args, Debug, Default)]
pub struct GasArguments {
    /// What the readings of gas count; no file and no API says it, and the store keeps them as they came
    #[arg(long, help_heading = "Gas", value_enum, value_name = "UNIT")]
    gas_unit: Option<Unit>,
    /// The calorific value in MJ/m³, one for all time; the statement prints it
    #[arg(
        long,
        help_heading = "Gas",
        value_name = "VALUE",
        requires = "gas_unit",
        conflicts_with = "calorific_values"
    )]
    calorific_value: Option<String>,
    /// Calorific values by day or by period: date (or from and to) and calorific_value
    #[arg(long, help_heading = "Gas", value_name = "FILE", requires = "gas_unit")]
    calorific_values: Option<PathBuf>,
    /// Take the mean of --calorific-values over the period, to so many decimals
    #[arg(long, help_heading = "Gas", value_name = "DECIMALS", requires = "calorific_values")]
    calorific_value_places: Option<u32>,
    /// To how many decimals each reading is rounded in kWh
    #[arg(long, help_heading = "Gas", value_name = "DECIMALS", requires = "gas_unit")]
    gas_kwh_places: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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
    /// The conversion that the flags ask for; `None` where they say nothing. Readings have one unit: that of the gas, or --reading-unit.
    pub fn conversion(&self, ctx: &Context, metering: &Metering) -> Result<Option<GasConversion>> {
        // What clap requires it does not where a third flag excludes what is required.
        let given = [
            ("--calorific-value", self.calorific_value.is_some()),
            ("--calorific-values", self.calorific_values.is_some()),
            ("--calorific-value-places", self.calorific_value_places.is_some()),
            ("--gas-kwh-places", self.gas_kwh_places.is_some()),
        ];
        let Some(unit) = self.gas_unit else {
            return match given.iter().find(|(_, given)| *given) {
                None => Ok(None),
                Some((flag, _)) => Err(Failure::usage(format!("{flag} goes with --gas-unit"))),
            };
        };
        if self.calorific_value_places.is_some() && self.calorific_values.is_none() {
            return Err(Failure::usage("--calorific-value-places goes with --calorific-values"));
        }
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
        said.conversion(ctx, &Path::to_path_buf, metering).map(Some)
    }

    /// Refuses a tariff of gas without the flags, and one of electricity with them.
    pub fn check(&self, ctx: &Context, tariff: &Tariff, gas: Option<&GasConversion>) -> Result<()> {
        let needed = if gas.is_none() { " is needed" } else { "" };
        let refused = |error: kwhen::Error| {
            Failure::usage(format!("--gas-unit{needed}: {}", error.with_value(&tariff.code)))
        };
        tariff.fuel.conversion(gas).map_err(refused)?;
        if tariff.fuel == Fuel::Gas {
            ctx.used(&[Flag::GasUnit]);
        }
        Ok(())
    }
}

/// The same in an account file; paths are relative to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GasFile {
    unit: GasUnit,
    calorific_value: Option<String>,
    calorific_values: Option<PathBuf>,
    calorific_value_places: Option<u32>,
    kwh_places: Option<u32>,
}

impl GasFile {
    /// Reads the file of values, if there is one; the core says what must be given.
    pub fn conversion(
        &self,
        ctx: &Context,
        folder: &dyn Fn(&Path) -> PathBuf,
        metering: &Metering,
    ) -> Result<GasConversion> {
        if self.unit != GasUnit::KilowattHours && metering.reading_unit != UnitOfReadings::Kwh {
            return Err(Failure::usage(
                "--reading-unit counts energy, and the readings of this gas count volume: its unit says all",
            ));
        }
        let daily = |path: &PathBuf| {
            let source = Source::file(ctx, &folder(path))?;
            let daily = kwhen::input::calorific_values(source.bytes());
            Ok::<_, Failure>(daily.map_err(|error| error.in_source(source.name()))?)
        };
        let terms = GasTerms {
            calorific_value: self.calorific_value.as_deref().map(str::parse::<CalorificValue>).transpose()?,
            calorific_values: self.calorific_values.as_ref().map(daily).transpose()?,
            calorific_value_places: self.calorific_value_places,
            kwh_places: self.kwh_places,
            rounding: None,
        };
        Ok(GasConversion::new(self.unit, terms)?)
    }
}
