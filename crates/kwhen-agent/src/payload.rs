//! What is said in each message, as JSON. Prices and money are in the major unit of the currency (pounds, euros), as decimals in text,
//! digit by digit; instants are RFC 3339 in UTC. Each says when it was looked at and to when rates were known.

use crate::device::Device;
use crate::state::{KeptBlock, KeptDevice, KeptWindow, State, Told, instant};
use chrono::{DateTime, Utc};
use kwhen::quantity::Currency;
use kwhen::time::instant_text;
use kwhen::{Energy, Money, UnitRate};
use kwhen_app::answer::home::{Home, Runs};
use kwhen_app::answer::now::CostSoFar;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a device's level may be worth: how old it is allowed to be, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ages {
    /// From when on its age is said.
    pub(crate) stale: i64,
    /// From when on the device is told nothing.
    pub(crate) refused: i64,
}

/// A price or an amount in the major unit.
pub(crate) fn major(minor: Decimal, currency: Currency) -> String {
    let digits = Decimal::from(currency.minor_units().max(1));
    minor.checked_div(digits).unwrap_or(minor).normalize().to_string()
}

fn rate(rate: UnitRate, currency: Currency) -> String {
    major(rate.to_decimal(), currency)
}

fn money(money: Money, currency: Currency) -> Option<String> {
    money.to_decimal().ok().map(|minor| major(minor, currency))
}

fn text(at: Option<i64>) -> Option<String> {
    at.map(|seconds| instant_text(instant(seconds)))
}

/// What every message says of its ground: when it was looked at, and what was known then.
pub(crate) fn ground(home: &Home) -> Map<String, Value> {
    let mut said = Map::new();
    said.insert("at".to_owned(), instant_text(home.now).into());
    let known = home.rates.as_ref().map(|rates| instant_text(rates.outlook.known_to));
    said.insert("rates_known_to".to_owned(), known.into());
    let fetched = home.rates.as_ref().and_then(|rates| rates.looked.fetched_at).map(instant_text);
    said.insert("rates_fetched_at".to_owned(), fetched.into());
    said
}

fn with(mut said: Map<String, Value>, more: Value) -> String {
    if let Value::Object(more) = more {
        said.extend(more);
    }
    Value::Object(said).to_string()
}

/// The rate now, the next one, and all of today and tomorrow that is known.
pub(crate) fn rates(home: &Home) -> String {
    let Some(now) = &home.rates else {
        return with(
            ground(home),
            json!({ "rate": null, "next_rate": null, "band": null, "rates": [], "bands": [] }),
        );
    };
    let currency = now.frame.currency;
    let (current, next) = (now.outlook.current, now.outlook.next);
    let days = home.today.iter().flat_map(|today| &today.days);
    let rows: Vec<Value> = days
        .clone()
        .flat_map(|day| {
            day.prices.grid().slots().filter_map(|slot| {
                let paid = day.prices.paid(slot.index)?;
                Some(json!({
                    "from": instant_text(slot.span.from()),
                    "to": instant_text(slot.span.to()),
                    "rate": rate(paid, currency),
                }))
            })
        })
        .collect();
    let bands = days.flat_map(|day| &day.bands);
    let band = bands.clone().find(|band| band.span.contains(home.now)).map(|band| band.level);
    let bands: Vec<Value> = bands
        .map(|band| {
            json!({
                "from": instant_text(band.span.from()),
                "to": instant_text(band.span.to()),
                "band": band.level,
                "rate": rate(band.mean_minor_per_kwh, currency),
            })
        })
        .collect();
    with(
        ground(home),
        json!({
            "currency": currency.code(),
            "tariff": now.looked.tariff,
            "rate": rate(current.minor_per_kwh, currency),
            "from": instant_text(current.span.from()),
            "to": instant_text(current.span.to()),
            "next_rate": next.map(|next| rate(next.minor_per_kwh, currency)),
            "next_from": next.map(|next| instant_text(next.span.from())),
            "next_to": next.map(|next| instant_text(next.span.to())),
            "band": band,
            "rates": rows,
            "bands": bands,
        }),
    )
}

/// The cheapest time for each duration: the one that has begun until it is over, then the next.
pub(crate) fn windows(
    home: &Home,
    kept: &BTreeMap<u32, KeptWindow>,
    durations: &[u32],
    now: DateTime<Utc>,
    currency: Currency,
) -> String {
    let now = now.timestamp();
    let rows: Map<String, Value> = durations
        .iter()
        .map(|minutes| {
            let window = kept.get(minutes).map(|window| {
                let is_on = window.from <= now && now < window.to;
                json!({
                    "from": instant_text(instant(window.from)),
                    "to": instant_text(instant(window.to)),
                    "rate": rate(window.rate, currency),
                    "on": if is_on { "ON" } else { "OFF" },
                })
            });
            (format!("m{minutes}"), window.into())
        })
        .collect();
    with(ground(home), Value::Object(rows))
}

/// What today and this month have cost until now.
pub(crate) fn cost(home: &Home, currency: Currency) -> String {
    let of = |spent: Option<&CostSoFar>, name: &str| {
        let mut said = Map::new();
        let mut put = |field: &str, value: Value| {
            said.insert(format!("{name}{field}"), value);
        };
        put("", spent.and_then(|spent| money(spent.total_minor, currency)).into());
        put("_kwh", spent.map(|spent| spent.kwh.to_string()).into());
        put("_from", spent.map(|spent| instant_text(spent.span.from())).into());
        put("_to", spent.map(|spent| instant_text(spent.span.to())).into());
        let missing =
            spent.map_or(0, |spent| spent.missing_consumption.iter().map(|span| span.seconds()).sum());
        put("_missing_minutes", (missing / 60).into());
        said
    };
    let today = home.today.as_ref().and_then(|today| today.cost_so_far.as_ref());
    let mut said = of(today, "today");
    said.extend(of(home.month.as_ref(), "month"));
    said.insert("currency".to_owned(), currency.code().into());
    with(ground(home), Value::Object(said))
}

/// What prices are in, where rates or a plan say it.
pub(crate) fn currency(home: &Home) -> Option<Currency> {
    let of_rates = home.rates.as_ref().map(|rates| rates.frame.currency);
    of_rates.or_else(|| home.plan.as_ref().map(|plan| plan.currency))
}

/// How old what is known is, and what stands in the way.
pub(crate) fn data(home: &Home, state: &State, problems: &[String]) -> String {
    let fetched = home.rates.as_ref().and_then(|rates| rates.looked.fetched_at);
    with(
        ground(home),
        json!({
            "rates_age_minutes": fetched.map(|at| (home.now - at).num_minutes().max(0)),
            "readings_fetched_at": text(state.readings.came),
            "problem": if problems.is_empty() { "OFF" } else { "ON" },
            "problems": problems,
        }),
    )
}

/// The plan of all devices.
pub(crate) fn plan(home: &Home, state: &State, currency: Currency) -> String {
    let looked = home.plan.as_ref();
    with(
        ground(home),
        json!({
            "made_at": text(state.plan.as_ref().map(|plan| plan.made)),
            "until": text(state.plan.as_ref().map(|plan| plan.until)),
            "cost": state.plan.as_ref().and_then(|plan| money(plan.cost_minor, currency)),
            "gap": looked.and_then(|plan| money(plan.gap_minor, currency)),
            "decision": looked.map(|plan| plan.decision),
            "keeping_costs": looked.and_then(|plan| plan.keeping_costs_minor).and_then(|costs| money(costs, currency)),
            "notices": looked.map(|plan| plan.notices.clone()).unwrap_or_default(),
        }),
    )
}

/// Whether a device is to run.
pub(crate) enum Stand<'a> {
    /// There is no plan for it.
    Unplanned,
    /// What is stored in it is not known, or was said too long ago: it is told nothing.
    Refused,
    /// It does what a block says.
    Runs(&'a KeptBlock),
    /// It waits.
    Waits,
}

/// How a device stands at a moment.
pub(crate) fn stand<'a>(
    device: &Device,
    kept: Option<&'a KeptDevice>,
    told: Option<&Told>,
    now: i64,
    ages: Ages,
) -> Stand<'a> {
    let Some(kept) = kept else { return Stand::Unplanned };
    if device.capacity.is_some() {
        let age = told.and_then(|told| told.level).map(|(_, said)| now - said);
        if age.is_none_or(|age| age > ages.refused) {
            return Stand::Refused;
        }
    }
    kept.blocks.iter().find(|block| block.is_at(now)).map_or(Stand::Waits, Stand::Runs)
}

/// What a device does, will do, and goes by.
pub(crate) fn device(
    device: &Device,
    home: &Home,
    state: &State,
    now: DateTime<Utc>,
    ages: Ages,
    currency: Currency,
) -> String {
    let seconds = now.timestamp();
    let told = state.devices.get(&device.id);
    let kept =
        state.plan.as_ref().filter(|plan| plan.until > seconds).and_then(|plan| plan.device(&device.id));
    let stand = stand(device, kept, told, seconds, ages);
    let (status, running, block) = match stand {
        Stand::Unplanned => ("unplanned", None, None),
        Stand::Refused => ("level_unknown", None, None),
        Stand::Waits => ("waiting", Some("OFF"), None),
        Stand::Runs(block) => (doing(block.doing), Some("ON"), Some(block)),
    };
    let power = match (running, block) {
        (None, _) => None,
        (Some(_), None) => Some("0".to_owned()),
        (Some(_), Some(block)) => Some(block.kw.to_string()),
    };
    let next = kept.and_then(|kept| kept.blocks.iter().find(|block| block.from > seconds));
    let blocks: Vec<Value> = kept
        .iter()
        .flat_map(|kept| &kept.blocks)
        .filter(|block| block.to > seconds)
        .map(|block| {
            json!({
                "from": instant_text(instant(block.from)),
                "to": instant_text(instant(block.to)),
                "doing": block.doing,
                "kw": block.kw.to_string(),
                "kwh": block.kwh.to_string(),
            })
        })
        .collect();
    let level = told.and_then(|told| told.level);
    let age = level.map(|(_, said)| (seconds - said).max(0));
    let mut said = ground(home);
    said.insert("at".to_owned(), instant_text(now).into());
    let of_store = json!({
        "level_kwh": level.map(|(kwh, _)| kwh.to_string()),
        "level_percent": level.and_then(|(kwh, _)| percent(kwh, device.capacity?)),
        "level_said_at": text(level.map(|(_, said)| said)),
        "level_age_minutes": age.map(|age| age / 60),
        "level_is_old": age.is_some_and(|age| age > ages.stale),
        "target_kwh": told.and_then(|told| told.target).map(|kwh| kwh.to_string()),
        "target_by": text(told.and_then(|told| told.by)),
        "charge_now": on(told.is_some_and(|told| told.charge_now)),
        "hold": on(told.is_some_and(|told| told.hold)),
        "value": kept.and_then(|kept| kept.value).map(|value| rate(value, currency)),
        "unreached": kept.map(|kept| kept.unreached.clone()).unwrap_or_default(),
    });
    let of_appliance = json!({
        "run": on(told.is_some_and(|told| told.run_by.is_some())),
        "run_by": text(told.and_then(|told| told.run_by)),
    });
    if let Value::Object(more) = if device.capacity.is_some() { of_store } else { of_appliance } {
        said.extend(more);
    }
    with(
        said,
        json!({
            "status": status,
            "running": running,
            "power_kw": power,
            "until": block.map(|block| instant_text(instant(block.to))),
            "next_from": next.map(|block| instant_text(instant(block.from))),
            "next_to": next.map(|block| instant_text(instant(block.to))),
            "plan_made_at": text(state.plan.as_ref().map(|plan| plan.made)),
            "blocks": blocks,
        }),
    )
}

fn percent(kwh: Energy, capacity: Energy) -> Option<String> {
    let whole = capacity.to_decimal();
    let share = kwh.to_decimal().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    Some(share.round_dp(1).normalize().to_string())
}

const fn on(is_on: bool) -> &'static str {
    if is_on { "ON" } else { "OFF" }
}

/// The words of what a device does.
pub(crate) const fn doing(runs: Runs) -> &'static str {
    match runs {
        Runs::Charging => "charging",
        Runs::Discharging => "discharging",
        Runs::Running => "running",
    }
}
