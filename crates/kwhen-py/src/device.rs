//! Batteries as Python describes them, and what is asked of them: fields, or a definition file.

use crate::arguments::{Seconds, calendar, instant, json, request, span};
use crate::errors::{OrRaise, bad_argument};
use kwhen::plan::Power;
use kwhen::plan::battery::{
    self as engine, Battery, BatteryDefinition, Converter, Count, Efficiency, EndValue, Hold, HybridInverter,
    Request,
};
use kwhen::{Energy, Money, UnitRate};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::Value;

fn efficiency(text: &str) -> PyResult<Efficiency> {
    text.parse().or_raise()
}

/// The battery.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    kwh: Energy,
    charge_kw: Power,
    discharge_kw: Power,
    min_kw: Power,
    charge_efficiency: String,
    discharge_efficiency: String,
    charge_curve: Vec<(Power, String)>,
    discharge_curve: Vec<(Power, String)>,
    store_kw: Option<(Power, Power)>,
    wear: UnitRate,
    standing_loss_kw: Power,
    standby_kw: Power,
    /// Output power and efficiency, input power and efficiency.
    hybrid: Option<(Power, String, Power, String)>,
}

impl Fields {
    fn converter(&self, kw: Power, single: &str, curve: &[(Power, String)]) -> PyResult<Converter> {
        let converter = if curve.is_empty() {
            Converter::new(kw, efficiency(single)?)
        } else {
            let points = curve.iter().map(|(power, share)| Ok((*power, efficiency(share)?)));
            Converter::with_curve(points.collect::<PyResult<_>>()?).or_raise()?
        };
        converter.at_least(self.min_kw).or_raise()
    }

    fn battery(&self) -> PyResult<Battery> {
        let mut battery = Battery::new(self.kwh, self.charge_kw)
            .or_raise()?
            .with_charger(self.converter(self.charge_kw, &self.charge_efficiency, &self.charge_curve)?)
            .with_discharger(self.converter(
                self.discharge_kw,
                &self.discharge_efficiency,
                &self.discharge_curve,
            )?)
            .with_standing_loss(self.standing_loss_kw)
            .with_standby(self.standby_kw)
            .with_wear(self.wear)
            .or_raise()?;
        if let Some((charge, discharge)) = self.store_kw {
            battery = battery.with_store_power(charge, discharge);
        }
        if let Some((output, output_efficiency, input, input_efficiency)) = &self.hybrid {
            battery = battery.behind(HybridInverter {
                output: *output,
                output_efficiency: efficiency(output_efficiency)?,
                input: *input,
                input_efficiency: efficiency(input_efficiency)?,
            });
        }
        Ok(battery)
    }
}

/// What is asked of a plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    start: Energy,
    reserve: Energy,
    end: Option<Energy>,
    end_at_least: Option<Energy>,
    end_value: Option<UnitRate>,
    end_bands: Vec<(Energy, UnitRate)>,
    repeating_day: bool,
    at_least: Vec<(i64, Energy)>,
    at_most: Vec<(i64, Energy)>,
    soft: Vec<(i64, Energy, UnitRate)>,
    soft_reserve: Option<(Energy, UnitRate)>,
    holds: Vec<(Seconds, String)>,
    draws: Vec<(i64, Energy)>,
    max_changes: Option<usize>,
    change_price: Option<Money>,
    count: String,
    import_limits: Vec<(Seconds, Power)>,
}

fn count(name: &str) -> PyResult<Count> {
    Ok(match name {
        "starts" => Count::Starts,
        "charge-starts" => Count::ChargeStarts,
        "discharge-starts" => Count::DischargeStarts,
        "changes" => Count::Changes,
        _ => {
            return Err(bad_argument(&format!(
                "{name:?} is not counted: starts, charge-starts, discharge-starts or changes"
            )));
        }
    })
}

fn hold(name: &str) -> PyResult<Hold> {
    Ok(match name {
        "level" => Hold::Level,
        "no-discharge" => Hold::NoDischarge,
        "no-charge" => Hold::NoCharge,
        _ => return Err(bad_argument(&format!("{name:?} is no hold: level, no-discharge or no-charge"))),
    })
}

impl Asked {
    fn request(&self, site: &engine::Site) -> PyResult<Request> {
        let mut request = Request::starting_at(self.start).with_reserve(self.reserve);
        if let Some(level) = self.end {
            request = request.ending_at(level);
        }
        if let Some(level) = self.end_at_least {
            request = request.ending_at_least(level);
        }
        if self.repeating_day {
            request = request.with_end_value(EndValue::RepeatingDay(Box::new(site.clone())));
        } else if !self.end_bands.is_empty() {
            request = request.with_end_value(EndValue::Bands(self.end_bands.clone()));
        } else if let Some(rate) = self.end_value {
            request = request.with_end_value(EndValue::Rate(rate));
        }
        for (at, level) in &self.at_least {
            request = request.with_level_at_least(instant(*at)?, *level);
        }
        for (at, level) in &self.at_most {
            request = request.with_level_at_most(instant(*at)?, *level);
        }
        for (at, level, price) in &self.soft {
            request = request.with_soft_level(instant(*at)?, *level, *price).or_raise()?;
        }
        if let Some((level, price)) = self.soft_reserve {
            request = request.with_soft_reserve(level, price).or_raise()?;
        }
        for (at, name) in &self.holds {
            request = request.with_hold(span(*at)?, hold(name)?);
        }
        for (at, energy) in &self.draws {
            request = request.with_draw(instant(*at)?, *energy);
        }
        if let Some(changes) = self.max_changes {
            request = request.with_at_most(changes, count(&self.count)?);
        }
        if let Some(price) = self.change_price {
            request = request.with_price_per_change(price, count(&self.count)?).or_raise()?;
        }
        for (at, limit) in &self.import_limits {
            request = request.with_import_limit(span(*at)?, *limit);
        }
        Ok(request)
    }
}

/// The file in which a battery and what is asked of it stand together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromDefinition {
    definition: BatteryDefinition,
    zone: String,
}

/// A battery with what is asked of it: fields, or a definition.
pub(crate) struct Device {
    pub(crate) battery: Battery,
    definition: Option<FromDefinition>,
}

impl Device {
    pub(crate) fn read(text: &str) -> PyResult<Self> {
        if text.starts_with("{\"definition\"") {
            let read: FromDefinition = serde_json::from_str(text)
                .map_err(|error| bad_argument(&format!("this is no battery definition: {error}")))?;
            let battery = read.definition.battery().or_raise()?;
            return Ok(Self { battery, definition: Some(read) });
        }
        Ok(Self { battery: request::<Fields>(text)?.battery()?, definition: None })
    }

    /// What is asked; without it what the definition asks.
    pub(crate) fn request(&self, asked: Option<&str>, site: &engine::Site) -> PyResult<Request> {
        match (asked, &self.definition) {
            (Some(asked), _) => request::<Asked>(asked)?.request(site),
            (None, Some(read)) => read.definition.request(&calendar(&read.zone)?, site).or_raise(),
            (None, None) => Ok(Request::starting_at(Energy::ZERO)),
        }
    }
}

/// What a definition says of itself: its name, capacity, and most power in and out.
#[pyfunction]
pub(crate) fn battery_facts(text: &str) -> PyResult<(Option<String>, String, String, String)> {
    let device = Device::read(text)?;
    let name = device.definition.as_ref().and_then(|read| read.definition.name()).map(str::to_owned);
    let power = |converter: &Converter| converter.most().to_string();
    let battery = &device.battery;
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
