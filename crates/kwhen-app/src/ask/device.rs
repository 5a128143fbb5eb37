//! What plans and back-tests of batteries share: the battery behind a site.

use super::site::in_file;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, definition};
use crate::words::{doubts, parse_energy, parse_level, parse_power};
use clap::{Args, ValueEnum};
use kwhen::plan::Power;
use kwhen::plan::battery::{Battery, BatteryDefinition, BatteryRequest, Converter, Efficiency, Site};
use kwhen::time::Calendar;
use kwhen::{Energy, UnitRate};
use std::path::{Path, PathBuf};

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

/// A battery, what is asked of it, and its name.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub name: String,
    pub battery: Battery,
    pub request: BatteryRequest,
}

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
