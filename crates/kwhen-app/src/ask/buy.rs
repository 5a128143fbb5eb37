//! What could be bought, as a file says it.

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, definition};
use kwhen::choice::{BuyOption, HomeDevice};
use kwhen::plan::battery::BatteryDefinition;
use kwhen::plan::fleet::{ApplianceDefinition, ThermalDefinition};
use kwhen::quantity::Currency;
use kwhen::{Consumption, Energy, Money};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The options of a file; paths are relative to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionsFile {
    options: Vec<OptionFile>,
}

/// One of them. Money is in pounds (euros).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionFile {
    name: String,
    price: Money,
    #[serde(default)]
    battery: Vec<PathBuf>,
    #[serde(default)]
    appliance: Vec<PathBuf>,
    #[serde(default)]
    thermal: Vec<PathBuf>,
    solar: Option<PathBuf>,
    solar_times: Option<Energy>,
    #[serde(default)]
    replaces: Vec<String>,
    #[serde(default)]
    saves_a_year: Money,
    years: Option<u16>,
}

/// What could be bought.
pub(super) fn options(
    ctx: &Context,
    file: &Path,
    currency: Currency,
    readings: &dyn Fn(&Path) -> Result<Consumption>,
) -> Result<Vec<BuyOption>> {
    let read: OptionsFile = definition::read(&Source::file(ctx, file)?)?;
    let here = file.display().to_string();
    if read.options.is_empty() {
        return Err(Failure::work(format!("{here}: names nothing to buy: give it [[options]]")));
    }
    let beside = |path: &Path| file.parent().map_or_else(|| path.to_path_buf(), |folder| folder.join(path));
    let minor = |major: Money| major.times(currency.minor_units());
    let option = |option: OptionFile| {
        let within = |failure: Failure| failure.within(&format!("{here}: {}", option.name));
        let mut devices = Vec::new();
        for path in &option.battery {
            devices.push(battery(ctx, &beside(path)).map_err(within)?);
        }
        for path in &option.appliance {
            let path = beside(path);
            let device = appliance(ctx, &path).map_err(within)?;
            devices.push(device.ok_or_else(|| within(without_runs(&path)))?);
        }
        for path in &option.thermal {
            devices.push(thermal(ctx, &beside(path)).map_err(within)?.0);
        }
        let solar =
            option.solar.as_deref().map(|path| readings(&beside(path))).transpose().map_err(within)?;
        let solar = match (solar, option.solar_times) {
            (Some(solar), Some(times)) => {
                let more = solar
                    .times(times.to_decimal())
                    .map_err(|error| within(error.in_field("solar_times").into()))?;
                Some(more)
            }
            (None, Some(_)) => {
                return Err(within(Failure::work(
                    "solar_times: there is no solar that it could be times of",
                )));
            }
            (solar, None) => solar,
        };
        Ok(BuyOption {
            price: minor(option.price)?,
            saves_a_year: minor(option.saves_a_year)?,
            devices,
            solar,
            replaces: option.replaces,
            years: option.years,
            name: option.name,
        })
    };
    read.options.into_iter().map(option).collect()
}

fn stem(path: &Path, unnamed: &str) -> String {
    path.file_stem().map_or_else(|| unnamed.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// The battery or car of a definition file, named by itself or by its file.
pub(super) fn battery(ctx: &Context, path: &Path) -> Result<HomeDevice> {
    let source = Source::file(ctx, path)?;
    let definition: BatteryDefinition = definition::read(&source)?;
    // What it is must be right before a tariff is planned for.
    let _ = definition.battery().map_err(|error| error.in_source(source.name()))?;
    let name = definition.name().map_or_else(|| stem(path, "battery"), str::to_owned);
    Ok(HomeDevice::Defined { name, definition: Box::new(definition) })
}

/// The thermal store of a definition file, likewise, and whether it says anything for each day.
pub(super) fn thermal(ctx: &Context, path: &Path) -> Result<(HomeDevice, bool)> {
    let source = Source::file(ctx, path)?;
    let definition: ThermalDefinition = definition::read(&source)?;
    let heat = definition.recurring(&stem(path, "store"));
    let heat = heat.map_err(|error| error.in_source(source.name()))?;
    Ok((HomeDevice::Thermal(Box::new(heat)), definition.goes_by_the_day()))
}

/// What a message says of an appliance that does not say when it runs.
pub(super) fn without_runs(path: &Path) -> Failure {
    Failure::work(format!(
        "{}: over months an appliance runs again and again: say on which days, and between which times, in [[runs]] (docs/battery-files.md)",
        path.display()
    ))
}

/// The appliance of a definition file, likewise; `None` where it does not run again and again.
pub(super) fn appliance(ctx: &Context, path: &Path) -> Result<Option<HomeDevice>> {
    let source = Source::file(ctx, path)?;
    let definition: ApplianceDefinition = definition::read(&source)?;
    if !definition.runs_again() {
        return Ok(None);
    }
    let load = definition.recurring(&stem(path, "appliance"));
    let load = load.map_err(|error| error.in_source(source.name()))?;
    Ok(Some(HomeDevice::Appliance(Box::new(load))))
}
