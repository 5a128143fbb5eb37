//! Making plans, and saying why.

use super::super::{Binding, SlotPrices};
use super::build::Relaxed;
use super::model::{Duty, Problem};
use super::outcome::{ChargePlan, ChargeWhyNot};
use super::request::ChargeRequest;
use crate::error::Result;
use crate::quantity::{Energy, Money, Rounding, UnitRate, divide};
use crate::time::instant_text;
use chrono::{DateTime, Utc};

impl ChargeRequest {
    /// The cheapest plan. Where not everything can be had, the plan misses as little as possible, and says what binds. An error only
    /// for a request that makes no sense.
    pub fn plan(&self, prices: &SlotPrices) -> Result<ChargePlan> {
        self.check(prices.grid().len())?;
        let problem = self.problem(prices, Relaxed::default())?;
        let draws = problem.best()?;
        let mut plan = self.explained(prices, &problem, &draws)?;
        plan.at_once_minor = self.cost_at_once(prices, &problem, draws.iter().sum())?;
        plan.at_average_minor = self.at_average(prices, &problem, plan.kwh)?;
        Ok(plan)
    }

    /// The least cost for each number of starts, fewest first, as far as more starts lower it (or lower what is missing): one call for
    /// the whole choice between convenience and money. At most so many starts as the request allows, or 16 where it says nothing.
    pub fn frontier(&self, prices: &SlotPrices) -> Result<Vec<ChargePlan>> {
        let request = Self { max_starts: self.max_starts.or(Some(16)), ..self.clone() };
        request.check(prices.grid().len())?;
        let problem = request.problem(prices, Relaxed::default())?;
        let plans = problem.frontier()?;
        let some = plans.iter().filter(|draws| draws.iter().any(|draw| *draw > 0));
        some.map(|draws| request.explained(prices, &problem, draws)).collect()
    }

    /// Why the load does not draw at an instant: the best plan that does, all it can take in that slot, and how much dearer that is.
    pub fn why_not(&self, prices: &SlotPrices, at: DateTime<Utc>) -> Result<ChargeWhyNot> {
        self.check(prices.grid().len())?;
        let mut problem = self.problem(prices, Relaxed::default())?;
        let best = problem.best()?;
        let answer = |plan, dearer_by_minor, message: &str| {
            Ok(ChargeWhyNot {
                at,
                plan,
                dearer_by_minor,
                message: format!("{}: {message}", instant_text(at)),
            })
        };
        let second = prices.offset(at.timestamp());
        let place = problem.steps.iter().position(|step| step.from <= second && second < step.to);
        let Some(place) = place else { return answer(None, None, "outside the time that is planned") };
        if best.get(place).is_some_and(|draw| *draw > 0) {
            let plan = self.outcome(prices, &problem, &best)?;
            return answer(Some(plan), Some(Money::ZERO), "the best plan draws then");
        }
        let needed = problem.capacity;
        if let Some(step) = problem.steps.get_mut(place) {
            step.duty = Duty::Always;
            step.least = step.most.min(needed).max(step.least);
            step.part = false;
        }
        let draws = problem.best()?;
        if draws.get(place).is_none_or(|draw| *draw == 0) {
            return answer(
                None,
                None,
                "no plan may draw then: the time is closed, its price unknown or above the cap, or the limits forbid it",
            );
        }
        let (plan, cost) = (self.outcome(prices, &problem, &draws)?, self.money(prices, &problem, &best)?);
        let dearer = plan.cost_minor.checked_sub(cost).unwrap_or_default();
        let rate = |step: usize| {
            problem.steps.get(step).and_then(|step| step.tranches.last()).map(|tranche| tranche.1)
        };
        let dearest =
            best.iter().enumerate().filter(|(_, draw)| **draw > 0).filter_map(|(step, _)| rate(step)).max();
        let shown =
            |units: Option<i64>| units.and_then(|units| UnitRate::from_units(units).ok()).unwrap_or_default();
        let minor = prices.currency().minor();
        let message = format!(
            "{dearer:.4} {minor} dearer: it costs {:.4} {minor}/kWh, and the dearest that the best plan uses costs {:.4}",
            shown(rate(place)),
            shown(dearest)
        );
        answer(Some(plan), Some(dearer), &message)
    }

    /// A plan with its reason, if it needs one.
    pub(super) fn explained(
        &self,
        prices: &SlotPrices,
        problem: &Problem,
        draws: &[i64],
    ) -> Result<ChargePlan> {
        let mut plan = self.outcome(prices, problem, draws)?;
        if plan.feasible {
            return Ok(plan);
        }
        let fits = |relaxed: Relaxed| -> Result<bool> {
            let problem = self.problem(prices, relaxed)?;
            Ok(problem.shortfall(&problem.best()?) == 0)
        };
        let none = Relaxed::default();
        let ends_early = prices.grid().end() < self.during.to() || self.during.from() < prices.grid().start();
        let limits_runs = problem.max_starts.is_some() || self.min_run > 0 || self.min_pause > 0;
        let (binds, why) = if self.price_cap.is_some() && fits(Relaxed { cap: true, ..none })? {
            plan.price_to_be_full = self.price_to_be_full(prices)?;
            (Binding::Price, "the price cap leaves too little time")
        } else if limits_runs && fits(Relaxed { runs: true, ..none })? {
            (Binding::Runs, "the starts, runs and pauses leave too little time")
        } else if prices.missing() > 0 && fits(Relaxed { gaps: true, ..none })? {
            (Binding::Data, "prices are missing for too much of the time")
        } else if fits(Relaxed { times: true, ..none })? {
            (Binding::Time, "too much of the time is closed")
        } else if self.min_power.is_some() && fits(Relaxed { min_power: true, ..none })? {
            (Binding::Power, "the least power is too high")
        } else if ends_early {
            (Binding::Data, "the prices do not reach over the whole time")
        } else if fits(Relaxed { cap: true, gaps: true, runs: true, times: true, min_power: true })? {
            (Binding::Time, "the limits together leave too little time")
        } else {
            (Binding::Power, "the power is too low for the energy in the time")
        };
        let wanted = problem.targets.last().map_or(0, |target| target.level);
        let wanted = Energy::from_units(wanted)?;
        let mut reason = if plan.missing_kwh.is_zero() {
            format!("{why}: {} kWh are reached by the deadline, but an earlier target is missed", plan.kwh)
        } else {
            format!("{why}: {} of {wanted} kWh can be drawn by the deadline", plan.kwh)
        };
        if let Some(rate) = plan.price_to_be_full {
            reason.push_str(&format!(
                "; up to {rate} {}/kWh would have to be accepted",
                prices.currency().minor()
            ));
        }
        plan.binds = Some(binds);
        plan.reason = Some(reason);
        Ok(plan)
    }

    /// The lowest cap under which nothing is missing: found among the rates themselves, since a higher cap never misses more.
    fn price_to_be_full(&self, prices: &SlotPrices) -> Result<Option<UnitRate>> {
        let cap = self.price_cap.unwrap_or(UnitRate::MAX);
        let slots = prices.grid().slots_starting_in(self.during);
        // The slot that the plan begins in may have started before.
        let slots = slots.start.saturating_sub(1)..slots.end;
        let mut rates: Vec<UnitRate> =
            slots.filter_map(|index| prices.paid(index)).filter(|rate| *rate > cap).collect();
        rates.sort_unstable();
        rates.dedup();
        let (mut low, mut high) = (0, rates.len());
        while low < high {
            let middle = low.midpoint(high);
            let Some(rate) = rates.get(middle) else { break };
            let problem = self.clone().price_cap(*rate).problem(prices, Relaxed::default())?;
            if problem.shortfall(&problem.best()?) == 0 { high = middle } else { low = middle + 1 }
        }
        Ok(rates.get(low).copied())
    }

    /// The cost of drawing so much from the beginning on at full power, in whatever time is open, at any price.
    fn cost_at_once(&self, prices: &SlotPrices, problem: &Problem, drawn: i64) -> Result<Option<Money>> {
        let opened;
        let problem = if self.price_cap.is_none() && self.min_power.is_none() {
            // Limits on runs do not change what a step can draw.
            problem
        } else {
            let relaxed = Relaxed { cap: true, runs: true, min_power: true, ..Relaxed::default() };
            opened = self.problem(prices, relaxed)?;
            &opened
        };
        let mut state = 0;
        let draws: Vec<i64> = (0..problem.steps.len())
            .map(|step| {
                let draw = problem.fullest(step, state).min(drawn - state);
                state += draw;
                draw
            })
            .collect();
        if state < drawn { Ok(None) } else { self.money(prices, problem, &draws).map(Some) }
    }

    /// The cost of so much at the average price of the time allowed.
    fn at_average(&self, prices: &SlotPrices, problem: &Problem, drawn: Energy) -> Result<Option<Money>> {
        let (mut sum, mut seconds) = (0_i128, 0_i128);
        for step in &problem.steps {
            let index = usize::try_from(step.from.div_euclid(prices.slot_seconds())).unwrap_or(usize::MAX);
            if let Some(rate) = prices.paid_at(index) {
                sum += i128::from(rate) * i128::from(step.to - step.from);
                seconds += i128::from(step.to - step.from);
            }
        }
        if seconds == 0 {
            return Ok(None);
        }
        let average = i64::try_from(divide(sum, seconds, Rounding::HalfEven)).unwrap_or(0);
        Ok(Some(drawn * UnitRate::from_units(average)?))
    }
}
