//! Batteries as Python describes them, and what is asked of them: always a definition, as a file has it.

use crate::arguments::{calendar, json, request};
use crate::errors::{OrRaise, bad_argument};
use kwhen::choice::HomeDevice;
use kwhen::plan::battery::{self as engine, Battery, BatteryDefinition, BatteryRequest, Converter};
use kwhen::plan::fleet::{ApplianceDefinition, ThermalDefinition};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::Value;

/// A battery with what is asked of it, and the clock of its times.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromDefinition {
    definition: BatteryDefinition,
    zone: String,
}

/// A battery with what is asked of it.
pub(crate) struct Device {
    pub(crate) battery: Battery,
    read: FromDefinition,
}

impl Device {
    pub(crate) fn read(text: &str) -> PyResult<Self> {
        let read: FromDefinition = serde_json::from_str(text)
            .map_err(|error| bad_argument(&format!("this is no battery definition: {error}")))?;
        Ok(Self { battery: read.definition.battery().or_raise()?, read })
    }

    /// The device by a name, planned as its definition says.
    pub(crate) fn named(self, name: String) -> HomeDevice {
        HomeDevice::Defined { name, definition: Box::new(self.read.definition) }
    }

    /// What is asked.
    pub(crate) fn request(&self, site: &engine::Site) -> PyResult<BatteryRequest> {
        self.read.definition.request(&calendar(&self.read.zone)?, site).or_raise()
    }
}

/// An appliance that runs again and again, by a name.
pub(crate) fn appliance(name: &str, text: &str) -> PyResult<HomeDevice> {
    let definition: ApplianceDefinition = request(text)?;
    // What Python calls it goes before what the definition does.
    let load = definition.recurring(name).or_raise()?.named(name);
    Ok(HomeDevice::Appliance(Box::new(load)))
}

/// A thermal store over months, by a name.
pub(crate) fn thermal(name: &str, text: &str) -> PyResult<HomeDevice> {
    let definition: ThermalDefinition = request(text)?;
    let heat = definition.recurring(name).or_raise()?.named(name);
    Ok(HomeDevice::Thermal(Box::new(heat)))
}

/// What a definition of a thermal store says of itself: its name.
#[pyfunction]
pub(crate) fn thermal_facts(text: &str) -> PyResult<Option<String>> {
    let definition: ThermalDefinition = request(text)?;
    let _ = definition.recurring("store").or_raise()?;
    Ok(definition.name().map(str::to_owned))
}

/// What a definition of an appliance says of itself: its name, the minutes of its programme, and whether it runs again and again.
#[pyfunction]
pub(crate) fn appliance_facts(text: &str) -> PyResult<(Option<String>, u32, bool)> {
    let definition: ApplianceDefinition = request(text)?;
    let minutes = definition.minutes().or_raise()?;
    if definition.runs_again() {
        let _ = definition.recurring("appliance").or_raise()?;
    }
    Ok((definition.name().map(str::to_owned), minutes, definition.runs_again()))
}

/// What a definition says of itself: its name, capacity, and most power in and out.
#[pyfunction]
pub(crate) fn battery_facts(text: &str) -> PyResult<(Option<String>, String, String, String)> {
    let device = Device::read(text)?;
    let power = |converter: &Converter| converter.most().to_string();
    let battery = &device.battery;
    let name = device.read.definition.name().map(str::to_owned);
    Ok((name, battery.capacity().to_string(), power(battery.charger()), power(battery.discharger())))
}

/// A definition in TOML as JSON.
#[pyfunction]
pub(crate) fn toml_as_json(text: &str) -> PyResult<String> {
    let document: Value = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
        bad_argument(&format!("line {}: {}", before.lines().count().max(1), error.message()))
    })?;
    json(&document)
}
