//! Batteries: plans, back-tests, sweeps, fleets.

use crate::arguments::{Seconds, calendar, instant, json, period_kind, request, seconds, span};
use crate::errors::{OrRaise, bad_argument};
use crate::series::{Rates, Readings};
use kwhen::plan::Power;
use kwhen::plan::backtest::{
    Backtest, Forecast, Outcome, PerfectLoadAndSolar, Persistence, SameWeekday, Strategy, Sweep, SweepSite,
    payback_years,
};
use kwhen::plan::battery::{
    self as engine, Action, Battery, BatteryDefinition, Converter, Count, Doing, Efficiency, EndValue, Hold,
    HybridInverter, Request,
};
use kwhen::plan::fleet::{Fleet, FleetDevice};
use kwhen::time::{Calendar, Grid, LocalBand, Publication, SlotLength};
use kwhen::{Energy, Money, UnitRate};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json as value};
use std::sync::Arc;

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
struct Device {
    battery: Battery,
    definition: Option<FromDefinition>,
}

impl Device {
    fn read(text: &str) -> PyResult<Self> {
        if text.starts_with("{\"definition\"") {
            let read: FromDefinition = serde_json::from_str(text)
                .map_err(|error| bad_argument(&format!("this is no battery definition: {error}")))?;
            let battery = read.definition.battery().or_raise()?;
            return Ok(Self { battery, definition: Some(read) });
        }
        Ok(Self { battery: request::<Fields>(text)?.battery()?, definition: None })
    }

    /// What is asked; without it what the definition asks.
    fn request(&self, asked: Option<&str>, site: &engine::Site) -> PyResult<Request> {
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

/// The exact cost of a plan that somebody else made, given as the level at the end of each slot.
#[pyfunction]
pub(crate) fn cost_of(
    py: Python<'_>,
    site: &Site,
    device: &str,
    asked: Option<&str>,
    levels: Vec<String>,
) -> PyResult<String> {
    let device = Device::read(device)?;
    let wanted = device.request(asked, &site.site)?;
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
    site: Arc<engine::Site>,
    import: Vec<UnitRate>,
}

fn aligned(readings: &Readings, grid: Grid, what: &str) -> PyResult<Vec<Energy>> {
    if readings.0.grid().slot_length() != grid.slot_length() {
        return Err(bad_argument(&format!("{what}: its slots are of another length than the site's")));
    }
    let mut values = Vec::with_capacity(grid.len());
    for slot in grid.slots() {
        let place = readings.0.grid().index_of(slot.span.from());
        let Some(value) = place.and_then(|place| readings.0.get(place)) else {
            return Err(crate::errors::raise(
                "MissingDataError",
                &format!("{what}: no reading for {}", slot.span),
                None,
                Some(what),
            ));
        };
        values.push(value);
    }
    Ok(values)
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
        minutes: u32,
        import: &Rates,
        export: Option<&Rates>,
        load: Option<&Readings>,
        solar: Option<&Readings>,
        limits: &str,
    ) -> PyResult<Self> {
        let limits: Limits = request(limits)?;
        let slot = SlotLength::from_minutes(minutes).or_raise()?;
        let grid = Grid::covering(span(during)?, slot).or_raise()?;
        let rates = known(import, &grid, "rates")?;
        let mut site = engine::Site::new(grid, &rates).or_raise()?;
        if let Some(export) = export {
            site = site.with_export(&known(export, &grid, "export_rates")?).or_raise()?;
        }
        if let Some(load) = load {
            site = site.with_load(&aligned(load, grid, "load")?).or_raise()?;
        }
        if let Some(solar) = solar {
            site = site.with_solar(&aligned(solar, grid, "solar")?).or_raise()?;
        }
        if let Some(carbon) = &limits.carbon {
            site = site.with_carbon(carbon).or_raise()?;
        }
        if let Some(limit) = limits.import_limit_kw {
            site = site.with_import_limit(limit);
        }
        if let Some(limit) = limits.export_limit_kw {
            site = site.with_export_limit(limit);
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
        Ok(Self { site: Arc::new(site), import: rates })
    }

    fn __len__(&self) -> usize {
        self.site.grid().len()
    }

    #[getter]
    fn span(&self) -> Option<Seconds> {
        self.site.grid().span().map(seconds)
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
pub(crate) fn dispatch(py: Python<'_>, site: &Site, device: &str, asked: Option<&str>) -> PyResult<Dispatch> {
    let device = Device::read(device)?;
    let wanted = device.request(asked, &site.site)?;
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
            let slots: Vec<Value> = self
                .dispatch
                .slots()
                .iter()
                .map(|slot| {
                    value!({
                        "from": kwhen::time::instant_text(slot.span.from()),
                        "to": kwhen::time::instant_text(slot.span.to()),
                        "charge_kwh": slot.charge, "discharge_kwh": slot.discharge,
                        "import_kwh": slot.import, "export_kwh": slot.export,
                        "curtailed_kwh": slot.curtailed, "stored_kwh": slot.stored,
                        "value_p_per_kwh": slot.value,
                    })
                })
                .collect();
            json(&value!({
                "objective_pence": self.dispatch.objective(),
                "baseline_pence": self.dispatch.baseline(),
                "saving_pence": self.dispatch.saving(),
                "grid_pence": costs.grid, "wear_pence": costs.wear, "carbon_pence": costs.carbon,
                "shortfall_pence": costs.shortfall, "changes_pence": costs.changes,
                "end_value_pence": costs.end_value,
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
    fn objective_pence(&self) -> String {
        self.dispatch.objective().to_string()
    }

    /// Why each run of slots does what it does.
    fn explain(&self, zone: &str) -> PyResult<String> {
        let reasons = self.dispatch.explain(&self.battery, &self.site, &calendar(zone)?);
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
                    "doing": doing, "kwh": reason.energy, "p_per_kwh": reason.price, "text": reason.text,
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
                    "cost_to_go_pence": piece.cost_to_go, "value_p_per_kwh": piece.value,
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
    devices: Vec<(String, String, Option<String>)>,
) -> PyResult<(Vec<Dispatch>, String, String)> {
    let device = |(name, device, asked): &(String, String, Option<String>)| {
        let device = Device::read(device)?;
        let request = device.request(asked.as_deref(), &site.site)?;
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

/// A back-test.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    zone: String,
    forecast: String,
    strategies: Vec<String>,
    timer: String,
    cheapest_slots: usize,
    all_rates_known: bool,
    by: Option<String>,
    look_ahead_slots: Option<usize>,
    capital_pence: Option<Money>,
}

fn forecast(name: &str) -> PyResult<&'static dyn Forecast> {
    Ok(match name {
        "persistence" => &Persistence,
        "same-weekday" => &SameWeekday,
        "perfect" => &PerfectLoadAndSolar,
        _ => {
            return Err(bad_argument(&format!(
                "{name:?} is no forecast: persistence, same-weekday or perfect"
            )));
        }
    })
}

/// Told after each part how many are done of how many; raises what the callback or Ctrl-C raises.
fn told(py: Python<'_>, progress: Option<&Bound<'_, PyAny>>, done: usize, total: usize) -> PyResult<()> {
    py.check_signals()?;
    if let Some(progress) = progress {
        progress.call1((done, total))?;
    }
    Ok(())
}

/// Strategies over a history.
#[pyfunction]
#[pyo3(signature = (site, device, asked, history, progress=None))]
pub(crate) fn backtest(
    py: Python<'_>,
    site: &Site,
    device: &str,
    asked: Option<&str>,
    history: &str,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let history: History = request(history)?;
    let device = Device::read(device)?;
    let wanted = device.request(asked, &site.site)?;
    let battery = device.battery;
    let calendar = calendar(&history.zone)?;
    let forecast = forecast(&history.forecast)?;
    let timer: LocalBand = history.timer.parse().or_raise()?;
    let mut test = Backtest::new(&battery, &site.site, &wanted)
        .in_calendar(calendar)
        .published((!history.all_rates_known).then(Publication::agile));
    if let Some(slots) = history.look_ahead_slots {
        test = test.looking_ahead(slots);
    }
    let mut names = history.strategies.clone();
    for needed in ["perfect", "no-battery"] {
        if !names.iter().any(|name| name == needed) {
            names.push(needed.to_owned());
        }
    }
    let mut outcomes: Vec<(String, Outcome)> = Vec::with_capacity(names.len());
    for (done, name) in names.iter().enumerate() {
        let strategy = match name.as_str() {
            "perfect" => Strategy::Perfect,
            "rolling" => Strategy::Rolling(forecast),
            "timer" => Strategy::Timer(timer),
            "cheapest-slots" => Strategy::CheapestSlots(history.cheapest_slots),
            "self-use" => Strategy::SelfUse,
            "no-battery" => Strategy::NoBattery,
            _ => {
                return Err(bad_argument(&format!(
                    "{name:?} is no strategy: perfect, rolling, timer, cheapest-slots, self-use or no-battery"
                )));
            }
        };
        told(py, progress, done, names.len())?;
        outcomes.push((name.clone(), py.detach(|| test.run(&strategy)).or_raise()?));
    }
    told(py, progress, names.len(), names.len())?;
    let run = |wanted: &str| outcomes.iter().find(|(name, _)| name == wanted).map(|(_, outcome)| outcome);
    let (Some(perfect), Some(nothing)) = (run("perfect"), run("no-battery")) else {
        return Err(bad_argument("no strategy was run"));
    };
    let whole = site.site.grid().span().ok_or_else(|| bad_argument("there is no slot"))?;
    let days = calendar.days_starting_in(whole).or_raise()?.max(1);
    let mut rows = Vec::with_capacity(outcomes.len());
    for (name, outcome) in outcomes.iter().filter(|(name, _)| history.strategies.contains(name)) {
        rows.push(outcome_row(name, outcome, perfect, nothing, days, &history, &calendar)?);
    }
    json(&value!({
        "from": kwhen::time::instant_text(whole.from()),
        "to": kwhen::time::instant_text(whole.to()),
        "days": days,
        "strategies": rows,
    }))
}

fn outcome_row(
    name: &str,
    outcome: &Outcome,
    perfect: &Outcome,
    nothing: &Outcome,
    days: i64,
    history: &History,
    calendar: &Calendar,
) -> PyResult<Value> {
    let saving = outcome.saving_against(nothing);
    let share = outcome.share_of_perfect(nothing, perfect).map(|share| {
        let (sign, size) = (if share < 0 { "-" } else { "" }, share.unsigned_abs());
        format!("{sign}{}.{:05}", size / 100_000, size % 100_000)
    });
    let payback = history.capital_pence.zip(saving).and_then(|(capital, saving)| {
        payback_years(capital, saving, u32::try_from(days).unwrap_or(u32::MAX))
    });
    let periods: Vec<Value> = match &history.by {
        None => Vec::new(),
        Some(by) => outcome
            .by(period_kind(by)?, calendar)
            .or_raise()?
            .into_iter()
            .map(|period| {
                value!({
                    "from": kwhen::time::instant_text(period.span.from()),
                    "to": kwhen::time::instant_text(period.span.to()),
                    "label": period.label, "cost_pence": period.cost,
                })
            })
            .collect(),
    };
    Ok(value!({
        "name": name, "description": outcome.name, "cost_pence": outcome.cost, "saving_pence": saving,
        "share_of_perfect": share, "plans": outcome.plans, "payback_years": payback, "periods": periods,
    }))
}

/// The least cost at every combination of capacity, power and site. Ctrl-C ends it between capacities, as does whatever the
/// callback raises.
#[pyfunction]
#[pyo3(signature = (sites, device, asked, kwh, kw, progress=None))]
pub(crate) fn sweep(
    py: Python<'_>,
    sites: Vec<(String, PyRef<'_, Site>)>,
    device: &str,
    asked: Option<&str>,
    kwh: Vec<String>,
    kw: Vec<String>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let device = Device::read(device)?;
    let capacities =
        kwh.iter().map(|text| text.parse::<Energy>()).collect::<Result<Vec<_>, _>>().or_raise()?;
    let powers = kw.iter().map(|text| text.parse::<Power>()).collect::<Result<Vec<_>, _>>().or_raise()?;
    let total = sites.len() * capacities.len() * powers.len();
    let mut rows: Vec<Value> = Vec::with_capacity(total);
    told(py, progress, 0, total)?;
    for (name, site) in &sites {
        let wanted = device.request(asked, &site.site)?;
        for capacity in &capacities {
            let named = vec![SweepSite { name, site: &site.site }];
            let sweep = Sweep::new(&device.battery, &wanted)
                .or_raise()?
                .over_sites(named)
                .over_capacities(vec![*capacity])
                .over_powers(powers.clone());
            let found = py.detach(|| sweep.run(&|_, _| {})).or_raise()?;
            rows.extend(found.iter().map(|row| {
                value!({
                    "site": row.site, "capacity_kwh": row.capacity, "power_kw": row.power,
                    "cost_pence": row.cost, "baseline_pence": row.baseline, "saving_pence": row.saving(),
                })
            }));
            told(py, progress, rows.len(), total)?;
        }
    }
    json(&rows)
}
