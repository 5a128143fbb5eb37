//! Batteries: sites, plans and what they answer, fleets.

use crate::arguments::{Seconds, calendar, json, request, seconds, slot_length, span};
use crate::device::Device;
use crate::errors::OrRaise;
use crate::rates::Rates;
use crate::readings::Readings;
use kwhen::plan::battery::{self as engine, Action, Battery, Doing};
use kwhen::plan::fleet::{Fleet, FleetDevice};
use kwhen::plan::{Power, slots_over};
use kwhen::quantity::Currency;
use kwhen::tariff::Country;
use kwhen::time::{Grid, SlotLength};
use kwhen::{Energy, UnitRate};
use kwhen_app::answer::battery::Slot;
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json as value};
use std::sync::Arc;

/// The exact cost of a plan that somebody else made, given as the level at the end of each slot.
#[pyfunction]
pub(crate) fn cost_of(py: Python<'_>, site: &Site, device: &str, levels: Vec<String>) -> PyResult<String> {
    let device = Device::read(device)?;
    let wanted = device.request(&site.site)?;
    let levels =
        levels.iter().map(|text| text.parse::<Energy>()).collect::<Result<Vec<_>, _>>().or_raise()?;
    let cost = py.detach(|| device.battery.cost_of(&site.site, &wanted, &levels)).or_raise()?;
    Ok(cost.to_string())
}

/// The limits of a site's connection.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    import_limit_kw: Option<Power>,
    export_limit_kw: Option<Power>,
    curtailment: bool,
    grid_charging: bool,
    battery_export: bool,
    carbon: Option<Vec<UnitRate>>,
}

/// Prices, load and solar over a run of slots, behind one connection.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Site {
    pub(crate) site: Arc<engine::Site>,
    import: Vec<UnitRate>,
}

fn known(rates: &Rates, grid: &Grid, what: &str) -> PyResult<Vec<UnitRate>> {
    let slots = rates.0.on_grid(grid, rates.0.paid_basis()).or_raise()?;
    let missing = slots.gaps();
    if let Some(gap) = missing.first() {
        return Err(crate::errors::raise(
            "MissingDataError",
            &format!("{what}: no rate for {gap}"),
            None,
            Some(what),
        ));
    }
    Ok(slots.iter().flatten().collect())
}

#[pymethods]
impl Site {
    #[new]
    #[pyo3(signature = (during, minutes, import, export, load, solar, limits))]
    fn new(
        during: Seconds,
        minutes: Option<u32>,
        import: &Rates,
        export: Option<&Rates>,
        load: Option<&Readings>,
        solar: Option<&Readings>,
        limits: &str,
    ) -> PyResult<Self> {
        let limits: Limits = request(limits)?;
        let (during, slot) = (span(during)?, slot_length(minutes)?.unwrap_or(SlotLength::HALF_HOUR));
        let rates = [Some(import), export].into_iter().flatten().map(|rates| &rates.0);
        let readings = [load, solar].into_iter().flatten().map(|readings| &readings.0);
        let grid = slots_over(during, slot, rates, readings).or_raise()?;
        let rates = known(import, &grid, "rates")?;
        let mut site = engine::Site::new(grid, &rates).or_raise()?;
        if let Some(export) = export {
            site = site.export(&known(export, &grid, "export_rates")?).or_raise()?;
        }
        if let Some(load) = load {
            site = site.load_readings(&load.0).or_raise()?;
        }
        if let Some(solar) = solar {
            site = site.solar_readings(&solar.0).or_raise()?;
        }
        if let Some(carbon) = &limits.carbon {
            site = site.carbon(carbon).or_raise()?;
        }
        if let Some(limit) = limits.import_limit_kw {
            site = site.import_limit(limit);
        }
        if let Some(limit) = limits.export_limit_kw {
            site = site.export_limit(limit);
        }
        if !limits.curtailment {
            site = site.without_curtailment();
        }
        if !limits.grid_charging {
            site = site.without_grid_charging();
        }
        if !limits.battery_export {
            site = site.without_battery_export();
        }
        let site = site.during(during).or_raise()?;
        Ok(Self { site: Arc::new(site), import: rates })
    }

    fn __len__(&self) -> usize {
        self.site.grid().len()
    }

    #[getter]
    fn span(&self) -> Seconds {
        seconds(self.site.span())
    }

    /// What is paid for import in each slot, p/kWh.
    fn import_rates(&self) -> Vec<String> {
        self.import.iter().map(ToString::to_string).collect()
    }
}

/// A battery plan, with its value functions.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Dispatch {
    dispatch: engine::Dispatch,
    battery: Battery,
    site: Arc<engine::Site>,
    start: Energy,
}

/// The exact plan of a battery.
#[pyfunction]
pub(crate) fn dispatch(py: Python<'_>, site: &Site, device: &str) -> PyResult<Dispatch> {
    let device = Device::read(device)?;
    let wanted = device.request(&site.site)?;
    let battery = device.battery;
    let dispatch = py.detach(|| battery.plan(&site.site, &wanted)).or_raise()?;
    Ok(Dispatch { dispatch, battery, site: Arc::clone(&site.site), start: wanted.start() })
}

#[pymethods]
impl Dispatch {
    /// All of it.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| {
            let costs = self.dispatch.costs();
            let slots: Vec<Slot> = self.dispatch.slots().iter().map(Slot::from).collect();
            json(&value!({
                "cost_minor": self.dispatch.cost(),
                "baseline_minor": self.dispatch.baseline(),
                "saving_minor": self.dispatch.saving(),
                "grid_minor": costs.grid, "wear_minor": costs.wear, "carbon_minor": costs.carbon,
                "shortfall_minor": costs.shortfall, "changes_minor": costs.changes,
                "end_value_minor": costs.end_value,
                "slots": slots,
            }))
        })
    }

    /// What is stored at the start.
    #[getter]
    fn start_kwh(&self) -> String {
        self.start.to_string()
    }

    #[getter]
    fn cost_minor(&self) -> String {
        self.dispatch.cost().to_string()
    }

    /// Why each run of slots does what it does.
    fn explain(&self, zone: &str) -> PyResult<String> {
        let calendar = calendar(zone)?;
        let currency = Country::of_clock(&calendar).map_or(Currency::NONE, Country::currency);
        let site = engine::Site::clone(&self.site).paid_in(currency);
        let reasons = self.dispatch.explain(&self.battery, &site, &calendar);
        let documents: Vec<Value> = reasons
            .iter()
            .map(|reason| {
                let doing = match reason.doing {
                    Doing::Charging => "charging",
                    Doing::Discharging => "discharging",
                    Doing::Waiting => "waiting",
                };
                value!({
                    "from": kwhen::time::instant_text(reason.span.from()),
                    "to": kwhen::time::instant_text(reason.span.to()),
                    "doing": doing, "kwh": reason.energy, "minor_per_kwh": reason.price, "text": reason.text,
                })
            })
            .collect();
        json(&documents)
    }

    fn value_function(&self, boundary: usize) -> PyResult<String> {
        let pieces = self.dispatch.value_function(boundary).or_raise()?;
        let documents: Vec<Value> = pieces
            .iter()
            .map(|piece| {
                value!({
                    "from_kwh": piece.from, "to_kwh": piece.to,
                    "cost_to_go_minor": piece.cost_to_go, "value_minor_per_kwh": piece.value,
                })
            })
            .collect();
        json(&documents)
    }

    fn value(&self, boundary: usize, level: &str) -> PyResult<Option<String>> {
        let value = self.dispatch.value(boundary, level.parse().or_raise()?).or_raise()?;
        Ok(value.map(|value| value.to_string()))
    }

    fn cost_to_go(&self, boundary: usize, level: &str) -> PyResult<Option<String>> {
        let cost = self.dispatch.cost_to_go(boundary, level.parse().or_raise()?).or_raise()?;
        Ok(cost.map(|cost| cost.to_string()))
    }

    fn best_action(&self, slot: usize, level: &str) -> PyResult<Option<String>> {
        let action = self.dispatch.best_action(slot, level.parse().or_raise()?).or_raise()?;
        Ok(action.map(|action| action.to_string()))
    }

    fn policy(&self, slot: usize) -> PyResult<String> {
        let rows = self.dispatch.policy(slot).or_raise()?;
        let documents: Vec<Value> = rows
            .iter()
            .map(|row| {
                let (action, kwh) = match row.action {
                    Action::Move(energy) => ("move", energy),
                    Action::GoTo(energy) => ("go-to", energy),
                };
                value!({"from_kwh": row.from, "to_kwh": row.to, "action": action, "kwh": kwh})
            })
            .collect();
        json(&documents)
    }

    /// What these actions cost under other prices.
    fn repriced(&self, site: &Site) -> PyResult<String> {
        self.dispatch.repriced(&site.site).or_raise().map(|cost| cost.to_string())
    }
}

/// Several devices behind one meter: their plans, what they cost together, and what no plan can be under.
#[pyfunction]
pub(crate) fn fleet(
    py: Python<'_>,
    site: &Site,
    devices: Vec<(String, String)>,
) -> PyResult<(Vec<Dispatch>, String, String)> {
    let device = |(name, device): &(String, String)| {
        let device = Device::read(device)?;
        let request = device.request(&site.site)?;
        Ok(FleetDevice { name: name.clone(), battery: device.battery, request })
    };
    let devices = devices.iter().map(device).collect::<PyResult<Vec<_>>>()?;
    let batteries: Vec<(Battery, Energy)> =
        devices.iter().map(|device| (device.battery.clone(), device.request.start())).collect();
    let fleet = Fleet::new(devices).or_raise()?;
    let plan = py.detach(|| fleet.plan(&site.site)).or_raise()?;
    let (cost, bound) = (plan.cost().to_string(), plan.bound().to_string());
    let dispatches = plan.dispatches().iter().cloned().zip(batteries);
    let site = || Arc::clone(&site.site);
    Ok((
        dispatches
            .map(|(dispatch, (battery, start))| Dispatch { dispatch, battery, site: site(), start })
            .collect(),
        cost,
        bound,
    ))
}
