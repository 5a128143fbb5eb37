//! Windows, charging plans, statistics.

use crate::arguments::{Seconds, calendar, instant, json, request, slot_length, span, spans};
use crate::errors::{OrRaise, bad_argument, read};
use crate::rates::Rates;
use kwhen::plan::charge::{self as charging, Level};
use kwhen::plan::statistics::Statistics;
use kwhen::plan::window::{Alternatives, Amount, Profile, WindowRequest};
use kwhen::plan::{Aim, Power, Prefer, Share, SlotPrices, Unpublished};
use kwhen::time::SlotLength;
use kwhen::{Energy, Money, UnitRate};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json as value;

/// What decides: the rates of a span, what is added to them, what is assumed where there are none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deciding {
    during: Seconds,
    #[serde(default)]
    slot_minutes: Option<u32>,
    /// Added to what decides, one a slot.
    #[serde(default)]
    added: Option<Vec<UnitRate>>,
    /// Rates of its own in some spans.
    #[serde(default)]
    rates_in: Vec<(Seconds, UnitRate)>,
    /// What decides between windows that cost the same, one a slot.
    #[serde(default)]
    greenness: Option<Vec<UnitRate>>,
    /// From when on a missing rate is one that is not yet published, and what is assumed of it.
    #[serde(default)]
    unpublished: Option<(i64, Option<UnitRate>)>,
}

impl Deciding {
    fn prices(&self, rates: &Rates) -> PyResult<SlotPrices> {
        let slot = slot_length(self.slot_minutes)?.unwrap_or(SlotLength::HALF_HOUR);
        let mut prices = SlotPrices::over(&rates.0, span(self.during)?, slot).or_raise()?;
        if let Some(added) = &self.added {
            prices = prices.with_added(added).or_raise()?;
        }
        for (at, rate) in &self.rates_in {
            prices = prices.with_rate_in(span(*at)?, *rate);
        }
        if let Some((from, rate)) = self.unpublished {
            let choice = rate.map_or(Unpublished::Refuse, Unpublished::Assume);
            prices = prices.with_unpublished(instant(from)?, choice).or_raise()?;
        }
        if let Some(index) = &self.greenness {
            let index: Vec<_> = index.iter().copied().map(UnitRate::to_decimal).collect();
            prices = prices.with_ties_by(&index).or_raise()?;
        }
        Ok(prices)
    }
}

/// A search for windows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Windows {
    prices: Deciding,
    #[serde(default)]
    minutes: Option<u32>,
    #[serde(default)]
    slots: Option<u32>,
    #[serde(default)]
    profile: Option<(u32, Vec<Power>)>,
    split: bool,
    amount: String,
    max_starts: Option<usize>,
    min_run: Option<u32>,
    min_pause: Option<u32>,
    within: Option<Vec<Seconds>>,
    blocked: Vec<Seconds>,
    price_floor: Option<UnitRate>,
    price_cap: Option<UnitRate>,
    worth: Option<UnitRate>,
    latest: bool,
    dearest: bool,
    top: usize,
    overlapping: bool,
    previous: Option<Vec<Seconds>>,
    running_for: Option<u32>,
    whole_slots: bool,
}

fn amount(name: &str) -> PyResult<Amount> {
    Ok(match name {
        "exactly" => Amount::Exactly,
        "at-least" => Amount::AtLeast,
        "at-most" => Amount::AtMost,
        _ => return Err(bad_argument(&format!("{name:?} is no amount: exactly, at-least or at-most"))),
    })
}

const fn prefer(latest: bool) -> Prefer {
    if latest { Prefer::Latest } else { Prefer::Earliest }
}

impl Windows {
    fn request(&self, prices: &SlotPrices) -> PyResult<WindowRequest> {
        let request = match (self.minutes, self.slots, &self.profile) {
            (_, Some(count), _) => WindowRequest::slots(count, prices.grid().slot_length()).or_raise()?,
            (_, _, Some((step, powers))) => WindowRequest::profile(Profile::new(*step, powers).or_raise()?),
            (Some(minutes), ..) if self.split => WindowRequest::split(minutes).or_raise()?,
            (Some(minutes), ..) => WindowRequest::unbroken(minutes).or_raise()?,
            (None, None, None) => {
                return Err(bad_argument("a duration, a count of slots or a profile is needed"));
            }
        };
        let alternatives = if self.overlapping { Alternatives::Different } else { Alternatives::Apart };
        let aim = if self.dearest { Aim::Dearest } else { Aim::Cheapest };
        let mut request = request
            .during(span(self.prices.during)?)
            .amount(amount(&self.amount)?)
            .blocked(spans(&self.blocked)?)
            .prefer(prefer(self.latest))
            .aim(aim)
            .top(self.top, alternatives)
            .max_starts(self.max_starts)
            .min_run(self.min_run)
            .min_pause(self.min_pause)
            .running_for(self.running_for)
            .price_floor(self.price_floor)
            .price_cap(self.price_cap)
            .worth(self.worth);
        if let Some(within) = &self.within {
            request = request.within(spans(within)?);
        }
        if let Some(blocks) = &self.previous {
            request = request.previous(spans(blocks)?);
        }
        if self.whole_slots {
            request = request.whole_slots();
        }
        Ok(request)
    }
}

/// Windows: `find`, `frontier`, `why_not` (an instant), `keep` (a rate; the plan in force is `previous`).
#[pyfunction]
#[pyo3(signature = (rates, text, what="find", at=None, by=None))]
pub(crate) fn cheapest(
    py: Python<'_>,
    rates: &Rates,
    text: &str,
    what: &str,
    at: Option<i64>,
    by: Option<&str>,
) -> PyResult<String> {
    let wanted: Windows = request(text)?;
    let prices = wanted.prices.prices(rates)?;
    let request = wanted.request(&prices)?;
    match (what, at) {
        ("frontier", _) => json(&py.detach(|| request.frontier(&prices)).or_raise()?),
        ("why_not", Some(at)) => {
            let at = instant(at)?;
            json(&py.detach(|| request.why_not(&prices, at)).or_raise()?)
        }
        ("keep", _) => {
            let by: UnitRate = by.unwrap_or("0").parse().or_raise()?;
            let previous = spans(wanted.previous.as_deref().unwrap_or(&[]))?;
            json(&py.detach(|| request.keep_unless_better(&prices, &previous, by)).or_raise()?)
        }
        _ => json(&py.detach(|| request.find(&prices)).or_raise()?),
    }
}

/// A level: an energy (`kwh`) or a share (`share`).
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Amounts {
    Kwh(Energy),
    Share(Share),
}

impl Amounts {
    fn level(self) -> Level {
        match self {
            Self::Kwh(energy) => energy.into(),
            Self::Share(share) => share.into(),
        }
    }
}

/// A charging plan to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Charging {
    prices: Deciding,
    kwh: Option<Energy>,
    target: Option<Share>,
    capacity_kwh: Option<Energy>,
    state_of_charge: Option<Share>,
    kw: Option<Power>,
    min_kw: Option<Power>,
    efficiency: Option<Share>,
    taper: Vec<(Share, Power)>,
    levels: Vec<(i64, Amounts)>,
    always: Option<Amounts>,
    up_to: Option<Amounts>,
    price_cap: Option<UnitRate>,
    surplus: Option<(Vec<Energy>, UnitRate)>,
    precondition: Option<u32>,
    max_starts: Option<usize>,
    min_run: Option<u32>,
    min_pause: Option<u32>,
    running_for: Option<u32>,
    within: Option<Vec<Seconds>>,
    blocked: Vec<Seconds>,
    dispatches: Vec<(Seconds, Option<UnitRate>)>,
    previous: Vec<(Seconds, Power, Energy, Money)>,
    latest: bool,
}

impl Charging {
    fn request(&self) -> PyResult<charging::ChargeRequest> {
        let during = span(self.prices.during)?;
        let kw = self.kw.ok_or_else(|| bad_argument("kw: the most power that is drawn is needed"))?;
        let request = match (self.kwh, self.capacity_kwh, self.state_of_charge, self.target) {
            (Some(energy), None, None, None) => charging::ChargeRequest::energy(energy, kw, during),
            (None, Some(capacity), Some(state_of_charge), Some(target)) => charging::ChargeRequest::battery(
                charging::Store { capacity, state_of_charge },
                target,
                kw,
                during,
            ),
            _ => return Err(bad_argument("give kwh, or target with capacity_kwh and state_of_charge")),
        };
        let mut request = request
            .or_raise()?
            .taper(self.taper.iter().copied())
            .min_power(self.min_kw)
            .efficiency(self.efficiency)
            .price_cap(self.price_cap)
            .precondition(self.precondition)
            .max_starts(self.max_starts)
            .min_run(self.min_run)
            .min_pause(self.min_pause)
            .running_for(self.running_for)
            .blocked(spans(&self.blocked)?)
            .previous(self.blocks()?)
            .prefer(prefer(self.latest));
        for (at, level) in &self.levels {
            request = request.level(instant(*at)?, level.level());
        }
        if let Some(level) = self.always {
            request = request.always(level.level());
        }
        if let Some(level) = self.up_to {
            request = request.up_to(level.level());
        }
        if let Some((surplus, worth)) = &self.surplus {
            request = request.surplus(surplus.clone(), *worth);
        }
        if let Some(within) = &self.within {
            request = request.within(spans(within)?);
        }
        for (at, rate) in &self.dispatches {
            request = request.dispatch(span(*at)?, *rate);
        }
        Ok(request)
    }

    fn blocks(&self) -> PyResult<Vec<charging::Block>> {
        let block = |(at, kw, kwh, cost): &(Seconds, Power, Energy, Money)| {
            Ok(charging::Block {
                span: span(*at)?,
                kw: *kw,
                kwh: *kwh,
                cost_minor: *cost,
                surplus_kwh: Energy::ZERO,
            })
        };
        self.previous.iter().map(block).collect()
    }
}

/// Charging plans: `plan`, `frontier`, `why_not` (an instant), `keep` (pence).
#[pyfunction]
#[pyo3(signature = (rates, text, what="plan", at=None, by=None))]
pub(crate) fn charge(
    py: Python<'_>,
    rates: &Rates,
    text: &str,
    what: &str,
    at: Option<i64>,
    by: Option<&str>,
) -> PyResult<String> {
    let wanted: Charging = request(text)?;
    let prices = wanted.prices.prices(rates)?;
    let request = wanted.request()?;
    match (what, at) {
        ("frontier", _) => json(&py.detach(|| request.frontier(&prices)).or_raise()?),
        ("why_not", Some(at)) => {
            let at = instant(at)?;
            json(&py.detach(|| request.why_not(&prices, at)).or_raise()?)
        }
        ("keep", _) => {
            let by: Money = by.unwrap_or("0").parse().or_raise()?;
            let previous = wanted.blocks()?;
            json(&py.detach(|| request.keep_unless_better(&prices, &previous, by)).or_raise()?)
        }
        _ => {
            let plan = py.detach(|| request.plan(&prices)).or_raise()?;
            let mut document = read(serde_json::to_value(&plan))?;
            if let Some(fields) = document.as_object_mut() {
                fields.insert("saving_against_at_once_minor".into(), value!(plan.saving_against_at_once()));
                fields.insert("saving_against_average_minor".into(), value!(plan.saving_against_average()));
            }
            json(&document)
        }
    }
}

/// What rates look like.
#[pyfunction]
pub(crate) fn statistics(
    py: Python<'_>,
    rates: &Rates,
    during: Seconds,
    zone: &str,
    minutes: Option<u32>,
) -> PyResult<String> {
    let slot = slot_length(minutes)?.unwrap_or_else(|| rates.0.slot_length());
    let (prices, calendar) = (SlotPrices::over(&rates.0, span(during)?, slot).or_raise()?, calendar(zone)?);
    let found: Option<Statistics> = py.detach(|| prices.statistics(&calendar)).or_raise()?;
    json(&found)
}
