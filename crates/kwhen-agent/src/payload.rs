//! What is said in each message, made from what is known ([`published`](kwhen_app::answer::published)).

use crate::device::Device;
use crate::state::{KeptBlock, KeptDevice, KeptWindow, State, Told};
use chrono::{DateTime, Utc};
use kwhen::quantity::Currency;
use kwhen::{Energy, Money, UnitRate};
use kwhen_app::answer::home::{Home, PaidBackIn, Runs};
use kwhen_app::answer::now::CostSoFar;
use kwhen_app::answer::published::{
    At, BandOf, Cost, Data, Device as Shown, DispatchOf, Dispatches, Ground, Plan, Programme, RateOf, Rates,
    Said, Status, Stored, Switch, WindowOf, Windows,
};
use rust_decimal::Decimal;
use serde::Serialize;
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

pub(crate) fn money(money: Money, currency: Currency) -> Option<String> {
    money.to_decimal().ok().map(|minor| major(minor, currency))
}

fn at(seconds: Option<i64>) -> Option<At> {
    seconds.map(At::seconds)
}

/// As it goes out: equal messages are equal texts.
pub(crate) fn json(said: &impl Serialize) -> String {
    serde_json::to_string(said).unwrap_or_default()
}

/// What is said under which topic, behind what all topics begin with.
pub(crate) fn topics(said: &Said) -> Vec<(String, String)> {
    let mut topics = vec![
        ("rates".to_owned(), json(&said.rates)),
        ("windows".to_owned(), json(&said.windows)),
        ("cost".to_owned(), json(&said.cost)),
        ("yesterday".to_owned(), json(&said.yesterday)),
        ("plan".to_owned(), json(&said.plan)),
    ];
    let devices = said.devices.iter();
    topics.extend(devices.map(|named| (format!("device/{}", named.id), json(&named.device))));
    if said.dispatches.device.is_some() {
        topics.push(("dispatches".to_owned(), json(&said.dispatches)));
    }
    topics.push(("data".to_owned(), json(&said.data)));
    topics
}

/// What every message says of its ground: when it was looked at, and what was known then.
pub(crate) fn ground(home: &Home) -> Ground {
    Ground {
        at: At(home.now),
        rates_known_to: home.rates.as_ref().map(|rates| At(rates.outlook.known_to)),
        rates_fetched_at: home.rates.as_ref().and_then(|rates| rates.looked.fetched_at).map(At),
    }
}

/// The rate now, the next one, and all of today and tomorrow that is known.
pub(crate) fn rates(home: &Home) -> Rates {
    let Some(now) = &home.rates else {
        return Rates {
            ground: ground(home),
            currency: None,
            tariff: None,
            rate: None,
            from: None,
            to: None,
            next_rate: None,
            next_from: None,
            next_to: None,
            band: None,
            rates: Vec::new(),
            bands: Vec::new(),
        };
    };
    let currency = now.frame.currency;
    let (current, next) = (now.outlook.current, now.outlook.next);
    let days = home.today.iter().flat_map(|today| &today.days);
    let rows = days.clone().flat_map(|day| {
        day.prices.grid().slots().filter_map(|slot| {
            let paid = day.prices.paid(slot.index)?;
            Some(RateOf { from: At(slot.span.from()), to: At(slot.span.to()), rate: rate(paid, currency) })
        })
    });
    let rows = rows.collect();
    let bands = days.flat_map(|day| &day.bands);
    let band = bands.clone().find(|band| band.span.contains(home.now)).map(|band| band.level);
    let bands = bands.map(|band| BandOf {
        from: At(band.span.from()),
        to: At(band.span.to()),
        band: band.level,
        rate: rate(band.mean_minor_per_kwh, currency),
    });
    Rates {
        ground: ground(home),
        currency: Some(currency.code().to_string()),
        tariff: Some(now.looked.tariff.clone()),
        rate: Some(rate(current.minor_per_kwh, currency)),
        from: Some(At(current.span.from())),
        to: Some(At(current.span.to())),
        next_rate: next.map(|next| rate(next.minor_per_kwh, currency)),
        next_from: next.map(|next| At(next.span.from())),
        next_to: next.map(|next| At(next.span.to())),
        band,
        rates: rows,
        bands: bands.collect(),
    }
}

/// The cheapest time for each duration: the one that has begun until it is over, then the next.
pub(crate) fn windows(
    home: &Home,
    kept: &BTreeMap<u32, KeptWindow>,
    durations: &[u32],
    now: DateTime<Utc>,
    currency: Currency,
) -> Windows {
    let now = now.timestamp();
    let windows = durations.iter().map(|minutes| {
        let window = kept.get(minutes).map(|window| WindowOf {
            from: At::seconds(window.from),
            to: At::seconds(window.to),
            rate: rate(window.rate, currency),
            on: (window.from <= now && now < window.to).into(),
        });
        (format!("m{minutes}"), window)
    });
    Windows { ground: ground(home), windows: windows.collect() }
}

/// What today and this month have cost until now.
pub(crate) fn cost(home: &Home, currency: Currency) -> Cost {
    let today = home.today.as_ref().and_then(|today| today.cost_so_far.as_ref());
    let month = home.month.as_ref();
    let total = |spent: Option<&CostSoFar>| spent.and_then(|spent| money(spent.total_minor, currency));
    let missing = |spent: Option<&CostSoFar>| {
        let gaps = spent.map_or(&[][..], |spent| &spent.missing_consumption);
        gaps.iter().map(|span| span.seconds()).sum::<i64>() / 60
    };
    let paid_back = home.paid_back.as_ref();
    let (of_today, of_month) =
        (paid_back.and_then(|paid| paid.today.as_ref()), paid_back.and_then(|paid| paid.month.as_ref()));
    let paid = |part: Option<&PaidBackIn>| part.and_then(|part| money(part.paid_minor, currency));
    Cost {
        ground: ground(home),
        currency: currency.code().to_string(),
        today: total(today),
        today_kwh: today.map(|spent| spent.kwh),
        today_from: today.map(|spent| At(spent.span.from())),
        today_to: today.map(|spent| At(spent.span.to())),
        today_missing_minutes: missing(today),
        month: total(month),
        month_kwh: month.map(|spent| spent.kwh),
        month_from: month.map(|spent| At(spent.span.from())),
        month_to: month.map(|spent| At(spent.span.to())),
        month_missing_minutes: missing(month),
        today_paid_back: paid(of_today),
        today_paid_back_kwh: of_today.map(|part| part.kwh),
        month_paid_back: paid(of_month),
        month_paid_back_kwh: of_month.map(|part| part.kwh),
        paid_back_missing_minutes: of_month.map(|part| part.missing_seconds / 60),
    }
}

/// When the supplier is going to have a car charge.
pub(crate) fn dispatches(home: &Home, state: &State, now: DateTime<Utc>) -> Dispatches {
    let told = home.dispatches.as_ref();
    let planned = || told.iter().flat_map(|told| &told.planned).filter(|span| span.to() > now);
    let next = planned().find(|span| span.from() > now);
    Dispatches {
        ground: Ground { at: At(now), ..ground(home) },
        device: told.map(|told| told.device.clone()),
        on: planned().any(|span| span.contains(now)).into(),
        next_from: next.map(|span| At(span.from())),
        next_to: next.map(|span| At(span.to())),
        planned: planned().map(|span| DispatchOf { from: At(span.from()), to: At(span.to()) }).collect(),
        told_at: told.map(|told| At(told.told_at)),
        completed_fetched_at: at(state.dispatches.came),
    }
}

/// What prices are in, where rates or a plan say it.
pub(crate) fn currency(home: &Home) -> Option<Currency> {
    let of_rates = home.rates.as_ref().map(|rates| rates.frame.currency);
    of_rates.or_else(|| home.plan.as_ref().map(|plan| plan.currency))
}

/// How old what is known is, and what stands in the way.
pub(crate) fn data(home: &Home, state: &State, problems: Vec<String>) -> Data {
    let fetched = home.rates.as_ref().and_then(|rates| rates.looked.fetched_at);
    Data {
        ground: ground(home),
        rates_age_minutes: fetched.map(|at| (home.now - at).num_minutes().max(0)),
        readings_fetched_at: at(state.readings.came),
        problem: (!problems.is_empty()).into(),
        problems,
    }
}

/// The plan of all devices.
pub(crate) fn plan(home: &Home, state: &State, currency: Currency) -> Plan {
    let (looked, kept) = (home.plan.as_ref(), state.plan.as_ref());
    Plan {
        ground: ground(home),
        made_at: at(kept.map(|plan| plan.made)),
        until: at(kept.map(|plan| plan.until)),
        cost: kept.and_then(|plan| money(plan.cost_minor, currency)),
        gap: looked.and_then(|plan| money(plan.gap_minor, currency)),
        decision: looked.map(|plan| plan.decision),
        keeping_costs: looked
            .and_then(|plan| plan.keeping_costs_minor)
            .and_then(|costs| money(costs, currency)),
        notices: looked.map(|plan| plan.notices.clone()).unwrap_or_default(),
    }
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
) -> Shown {
    let seconds = now.timestamp();
    let told = state.devices.get(&device.id);
    let kept =
        state.plan.as_ref().filter(|plan| plan.until > seconds).and_then(|plan| plan.device(&device.id));
    let (status, running, block) = match stand(device, kept, told, seconds, ages) {
        Stand::Unplanned => (Status::Unplanned, None, None),
        Stand::Refused => (Status::LevelUnknown, None, None),
        Stand::Waits => (Status::Waiting, Some(Switch::Off), None),
        Stand::Runs(block) => (status(block.doing), Some(Switch::On), Some(block)),
    };
    let power_kw = running.map(|_| block.map_or_else(|| "0".to_owned(), |block| block.kw.to_string()));
    let next = kept.and_then(|kept| kept.blocks.iter().find(|block| block.from > seconds));
    let ahead = kept.iter().flat_map(|kept| &kept.blocks).filter(|block| block.to > seconds);
    Shown {
        ground: Ground { at: At(now), ..ground(home) },
        status,
        running,
        power_kw,
        until: at(block.map(|block| block.to)),
        next_from: at(next.map(|block| block.from)),
        next_to: at(next.map(|block| block.to)),
        plan_made_at: at(state.plan.as_ref().map(|plan| plan.made)),
        blocks: ahead.filter_map(KeptBlock::block).collect(),
        stored: device.capacity.map(|capacity| stored(capacity, kept, told, seconds, ages, currency)),
        programme: device.capacity.is_none().then(|| Programme {
            run: told.is_some_and(|told| told.run_by.is_some()).into(),
            run_by: at(told.and_then(|told| told.run_by)),
        }),
    }
}

fn stored(
    capacity: Energy,
    kept: Option<&KeptDevice>,
    told: Option<&Told>,
    now: i64,
    ages: Ages,
    currency: Currency,
) -> Stored {
    let level = told.and_then(|told| told.level);
    let age = level.map(|(_, said)| (now - said).max(0));
    Stored {
        level_kwh: level.map(|(kwh, _)| kwh),
        level_percent: level.and_then(|(kwh, _)| percent(kwh, capacity)),
        level_said_at: at(level.map(|(_, said)| said)),
        level_age_minutes: age.map(|age| age / 60),
        level_is_old: age.is_some_and(|age| age > ages.stale),
        target_kwh: told.and_then(|told| told.target),
        target_by: at(told.and_then(|told| told.by)),
        charge_now: told.is_some_and(|told| told.charge_now).into(),
        hold: told.is_some_and(|told| told.hold).into(),
        value: kept.and_then(|kept| kept.value).map(|value| rate(value, currency)),
        unreached: kept.map(|kept| kept.unreached.clone()).unwrap_or_default(),
    }
}

fn percent(kwh: Energy, capacity: Energy) -> Option<String> {
    let whole = capacity.to_decimal();
    let share = kwh.to_decimal().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    Some(share.round_dp(1).normalize().to_string())
}

const fn status(runs: Runs) -> Status {
    match runs {
        Runs::Charging => Status::Charging,
        Runs::Discharging => Status::Discharging,
        Runs::Running => Status::Running,
    }
}
