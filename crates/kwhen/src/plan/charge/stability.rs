//! Whether to keep the charging plan in force.

use super::super::SlotPrices;
use super::block::Block;
use super::build::Relaxed;
use super::outcome::ChargePlan;
use super::request::ChargeRequest;
use crate::error::Result;
use crate::quantity::Money;
use serde::Serialize;

/// What was decided about the plan in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChargeDecision {
    /// It is kept: the best saves no more than was stated.
    Keep,
    /// It is replaced by the best.
    Change,
    /// It no longer does what was asked for, so the best replaces it whatever it saves.
    Replace,
}

/// The plan in force beside the best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChargeComparison {
    /// What to do.
    pub decision: ChargeDecision,
    /// The plan to follow from now on.
    pub plan: ChargePlan,
    /// The best plan as things stand; of equals, the one closest to the plan in force.
    pub best: ChargePlan,
    /// What the rest of the plan in force costs more than the best, exactly; `None` where it no longer does what was asked for.
    pub keeping_costs_minor: Option<Money>,
}

impl ChargeRequest {
    /// Keeps what is left of the plan in force unless the best saves more than so much.
    ///
    /// What the plan in force had before this request begins is past: ask for what is still to be charged.
    pub fn keep_unless_better(
        &self,
        prices: &SlotPrices,
        in_force: &[Block],
        by: Money,
    ) -> Result<ChargeComparison> {
        let request = self.clone().previous(in_force.iter().cloned());
        let best = request.plan(prices)?;
        let problem = request.problem(prices, Relaxed::default())?;
        let draws = Self::draws_of(in_force, &problem, prices);
        let kept =
            if problem.keeps_to(&draws) { Some(request.explained(prices, &problem, &draws)?) } else { None };
        // A plan that misses more than it must is not kept, whatever it costs.
        let kept = kept.filter(|kept| best.feasible == kept.feasible && best.missing_kwh == kept.missing_kwh);
        let costs = kept.as_ref().and_then(|kept| kept.cost_minor.checked_sub(best.cost_minor));
        let (decision, plan) = match (kept, costs) {
            (Some(kept), Some(costs)) if costs <= by => (ChargeDecision::Keep, kept),
            (Some(_), _) => (ChargeDecision::Change, best.clone()),
            (None, _) => (ChargeDecision::Replace, best.clone()),
        };
        Ok(ChargeComparison { decision, plan, best, keeping_costs_minor: costs })
    }
}
