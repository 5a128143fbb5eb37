//! Back-tests and sweeps.

use crate::arguments::{calendar, json, period_kind, request};
use crate::battery::Site;
use crate::device::Device;
use crate::errors::{OrRaise, bad_argument};
use kwhen::plan::Power;
use kwhen::plan::backtest::{
    Backtest, Forecast, MeanOfDays, PastDays, PerfectLoadAndSolar, Persistence, SameWeekday, Strategy,
    StrategyOutcome, Sweep, SweepSite, payback_years,
};
use kwhen::time::{Calendar, LocalBand, Publication};
use kwhen::{Energy, Money};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json as value};

/// A back-test.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    zone: String,
    forecast: String,
    past_days: usize,
    dearest_percent: Option<u8>,
    strategies: Vec<String>,
    timer: String,
    cheapest_slots: usize,
    all_rates_known: bool,
    by: Option<String>,
    look_ahead_slots: Option<usize>,
    capital_minor: Option<Money>,
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
#[pyo3(signature = (site, device, history, progress=None))]
pub(crate) fn backtest(
    py: Python<'_>,
    site: &Site,
    device: &str,
    history: &str,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let history: History = request(history)?;
    let device = Device::read(device)?;
    let wanted = device.request(&site.site)?;
    let battery = device.battery;
    let calendar = calendar(&history.zone)?;
    let forecast = forecast(&history.forecast)?;
    let timer: LocalBand = history.timer.parse().or_raise()?;
    let mut test = Backtest::new(&battery, &site.site, &wanted)
        .in_calendar(calendar)
        .published((!history.all_rates_known).then(|| Publication::day_ahead(&calendar)));
    if let Some(slots) = history.look_ahead_slots {
        test = test.looking_ahead(slots);
    }
    let mut names = history.strategies.clone();
    for needed in ["perfect", "no-battery"] {
        if !names.iter().any(|name| name == needed) {
            names.push(needed.to_owned());
        }
    }
    let past = PastDays::alike(history.past_days).or_raise()?;
    let dearest = history.dearest_percent.map(|percent| past.dearest(percent)).transpose().or_raise()?;
    let days_before = test.history();
    let mean = MeanOfDays::new(past, &days_before);
    let mut outcomes: Vec<(String, StrategyOutcome)> = Vec::with_capacity(names.len());
    for (done, name) in names.iter().enumerate() {
        let strategy = match name.as_str() {
            "perfect" => Strategy::Perfect,
            "expected" => Strategy::Expected(past),
            "dearest" => Strategy::Expected(dearest.ok_or_else(|| {
                bad_argument("the strategy \"dearest\" needs dearest_percent, from 1 to 99")
            })?),
            "mean-of-days" => Strategy::Rolling(&mean),
            "load-and-sun-known" => Strategy::Rolling(&PerfectLoadAndSolar),
            "rolling" => Strategy::Rolling(forecast),
            "timer" => Strategy::Timer(timer),
            "cheapest-slots" => Strategy::CheapestSlots(history.cheapest_slots),
            "self-use" => Strategy::SelfUse,
            "no-battery" => Strategy::NoBattery,
            _ => {
                return Err(bad_argument(&format!(
                    "{name:?} is no strategy: perfect, load-and-sun-known, expected, dearest, mean-of-days, rolling, timer, cheapest-slots, self-use or no-battery"
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
    let whole = site.site.span();
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
    outcome: &StrategyOutcome,
    perfect: &StrategyOutcome,
    nothing: &StrategyOutcome,
    days: i64,
    history: &History,
    calendar: &Calendar,
) -> PyResult<Value> {
    let saving = outcome.saving_against(nothing);
    let share = outcome.share_of_perfect(nothing, perfect).map(|share| {
        let (sign, size) = (if share < 0 { "-" } else { "" }, share.unsigned_abs());
        format!("{sign}{}.{:05}", size / 100_000, size % 100_000)
    });
    let payback = history.capital_minor.zip(saving).and_then(|(capital, saving)| {
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
                    "label": period.label, "cost_minor": period.cost,
                })
            })
            .collect(),
    };
    Ok(value!({
        "name": name, "description": outcome.name, "cost_minor": outcome.cost, "saving_minor": saving,
        "share_of_perfect": share, "plans": outcome.plans, "payback_years": payback, "periods": periods,
    }))
}

/// The least cost at every combination of capacity, power and site. Ctrl-C ends it between capacities, as does whatever the
/// callback raises.
#[pyfunction]
#[pyo3(signature = (sites, device, kwh, kw, progress=None))]
pub(crate) fn sweep(
    py: Python<'_>,
    sites: Vec<(String, PyRef<'_, Site>)>,
    device: &str,
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
        let wanted = device.request(&site.site)?;
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
                    "site": row.site, "capacity_kwh": row.capacity, "kw": row.power,
                    "cost_minor": row.cost, "baseline_minor": row.baseline, "saving_minor": row.saving(),
                })
            }));
            told(py, progress, rows.len(), total)?;
        }
    }
    json(&rows)
}
