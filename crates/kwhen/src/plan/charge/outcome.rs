//! What a charging plan says.

use super::super::{Binding, Power, Prefer, SlotPrices};
use super::block::{Block, to_energy};
use super::model::Problem;
use super::request::ChargeRequest;
use super::runs::Use;
use crate::error::Result;
use crate::quantity::{Energy, Money, Rounding, UnitRate, divide};
use crate::time::instant_text;
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// A charging plan, and how it compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChargePlan {
    /// Whether it does all that was asked for.
    pub feasible: bool,
    /// Why it does not; `None` (JSON `null`) where it does. The plan is then the nearest to what was asked for: the least is missing,
    /// and that at the least cost.
    pub reason: Option<String>,
    /// What binds where it does not.
    pub binds: Option<Binding>,
    /// What is drawn.
    pub kwh: Energy,
    /// What of it is stored, rounded down at 10⁻⁸ kWh.
    pub stored_kwh: Energy,
    /// What is missing at the deadline, as drawn.
    pub missing_kwh: Energy,
    /// What the plan costs, exactly.
    pub cost_minor: Money,
    /// What is paid for a drawn kWh on average, rounded half to even at 8 decimals; `None` where nothing is drawn.
    pub average_minor_per_kwh: Option<UnitRate>,
    /// How often the load starts.
    pub starts: usize,
    /// When it draws how much, in order of time. A start may have several blocks, if the power changes.
    pub blocks: Vec<Block>,
    /// The lowest price cap under which nothing would be missing; `None` where nothing is, or where no price is enough.
    pub price_to_be_full: Option<UnitRate>,
    /// What else a person should know: how much of what was asked for has no meaning here. Whole sentences without their full stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What the same energy costs when charging begins at once at full power, whatever the price; `None` where not all of it fits.
    pub at_once_minor: Option<Money>,
    /// What the same energy costs at the average price of the time allowed, rounded half to even at 10⁻⁸ p/kWh; `None` where no
    /// price is known.
    pub at_average_minor: Option<Money>,
}

impl ChargePlan {
    /// What the plan saves against charging at once.
    #[must_use]
    pub fn saving_against_at_once(&self) -> Option<Money> {
        self.at_once_minor.and_then(|cost| cost.checked_sub(self.cost_minor))
    }

    /// What the plan saves against the average price of the time allowed.
    #[must_use]
    pub fn saving_against_average(&self) -> Option<Money> {
        self.at_average_minor.and_then(|cost| cost.checked_sub(self.cost_minor))
    }
}

/// One answer to "why not then?".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChargeWhyNot {
    /// When the load was asked to draw.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: DateTime<Utc>,
    /// The best plan that draws then; `None` where none may.
    pub plan: Option<ChargePlan>,
    /// How much dearer that is than the best plan; `None` where none draws then.
    pub dearer_by_minor: Option<Money>,
    /// The same for a person to read.
    pub message: String,
}

fn as_text<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}

impl ChargeRequest {
    /// The plan that draws so much in each step: feasible unless something is missing; the reason is for the caller to find.
    pub(super) fn outcome(
        &self,
        prices: &SlotPrices,
        problem: &Problem,
        draws: &[i64],
    ) -> Result<ChargePlan> {
        let drawn: i64 = draws.iter().sum();
        let cost = self.money(prices, problem, draws)?;
        let kwh = to_energy(drawn)?;
        let missing = problem.targets.last().map_or(0, |target| (target.level - drawn).max(0));
        let average = (drawn > 0).then(|| {
            let units = cost.units() / crate::quantity::PRODUCT_TO_MONEY;
            let rate = divide(units, i128::from(drawn), Rounding::HalfEven);
            i64::try_from(rate).ok().and_then(|rate| UnitRate::from_units(rate).ok()).unwrap_or_default()
        });
        Ok(ChargePlan {
            feasible: problem.shortfall(draws) == 0,
            reason: None,
            binds: None,
            kwh,
            stored_kwh: self.efficiency.of(kwh),
            missing_kwh: to_energy(missing)?,
            cost_minor: cost,
            average_minor_per_kwh: average,
            starts: problem.starts(draws),
            blocks: self.blocks(prices, problem, draws)?,
            price_to_be_full: None,
            remarks: self.remarks(),
            at_once_minor: None,
            at_average_minor: None,
        })
    }

    fn remarks(&self) -> Vec<String> {
        let lasts = self.preconditioned();
        let shorter = (0 < lasts && lasts < self.precondition).then(|| {
            format!(
                "preconditioning for {} minutes was asked for, the whole charge lasts {}: it is as late as it can be",
                self.precondition / 60,
                lasts / 60
            )
        });
        shorter.into_iter().collect()
    }

    /// What draws cost by the rates that are paid.
    pub(super) fn money(&self, prices: &SlotPrices, problem: &Problem, draws: &[i64]) -> Result<Money> {
        let costs = draws.iter().enumerate().map(|(step, draw)| self.paid(prices, problem, step, *draw).0);
        Money::from_product_units(costs.sum())
    }

    /// What a draw costs by the rates that are paid, in product units, and how much of it is surplus.
    fn paid(&self, prices: &SlotPrices, problem: &Problem, step: usize, draw: i64) -> (i128, i64) {
        let Some(place) = problem.steps.get(step) else { return (0, 0) };
        let deciding = problem.cost(step, draw);
        let index = usize::try_from(place.from.div_euclid(prices.slot_seconds())).unwrap_or(usize::MAX);
        let from_surplus = draw.min(place.surplus);
        // What decides beyond what is paid weighs on the grid's part only.
        let grid = draw - from_surplus;
        let added = match (prices.deciding_units().get(index), prices.paid_at(index)) {
            (Some(deciding), Some(paid)) if !self.has_own_rate(prices, place.from, place.to) => {
                deciding - paid
            }
            _ => 0,
        };
        (deciding - i128::from(grid) * i128::from(added), from_surplus)
    }

    fn has_own_rate(&self, prices: &SlotPrices, from: i64, to: i64) -> bool {
        self.dispatches.iter().any(|(span, rate)| {
            rate.is_some()
                && prices.offset(span.start_seconds()) <= from
                && to <= prices.offset(span.to_seconds())
        })
    }

    /// The power that draws so much: that of the request where they differ by the rounding of its energy alone.
    fn power_of(&self, draw: i64, seconds: i64) -> Result<Power> {
        let known = std::iter::once(self.power).chain(self.min_power);
        let meant = known.into_iter().find(|power| (power.over_seconds(seconds) - draw).abs() <= 1);
        Ok(match meant {
            Some(power) => power,
            None => Power::average(to_energy(draw)?, seconds),
        })
    }

    fn blocks(&self, prices: &SlotPrices, problem: &Problem, draws: &[i64]) -> Result<Vec<Block>> {
        struct Running {
            from: i64,
            to: i64,
            kw: Power,
            draw: i64,
            cost: i128,
            surplus: i64,
        }
        let mut blocks: Vec<Running> = Vec::new();
        let uses = problem.uses(draws);
        for (place, draw) in draws.iter().copied().enumerate().filter(|(_, draw)| *draw > 0) {
            let Some(step) = problem.steps.get(place) else { continue };
            let (cost, surplus) = self.paid(prices, problem, place, draw);
            let alone =
                place.checked_sub(1).and_then(|before| draws.get(before)).is_none_or(|draw| *draw == 0);
            let at_the_end = match uses.get(place).copied().flatten() {
                Some(Use::Begun) => Some(true),
                Some(Use::Ended) => {
                    Some(alone && self.running_for.is_none() && self.prefer == Prefer::Latest)
                }
                Some(Use::Whole) | None => None,
            };
            let (from, to, kw) = match (at_the_end, self.min_power) {
                (Some(true), Some(power)) => (step.to - step.lasts(draw), step.to, power),
                (Some(false), Some(power)) => (step.from, step.from + step.lasts(draw), power),
                _ => (step.from, step.to, self.power_of(draw, step.to - step.from)?),
            };
            match blocks.last_mut() {
                Some(last) if last.to == from && last.kw == kw => {
                    last.to = to;
                    last.draw += draw;
                    last.cost += cost;
                    last.surplus += surplus;
                }
                _ => blocks.push(Running { from, to, kw, draw, cost, surplus }),
            }
        }
        blocks
            .into_iter()
            .map(|block| {
                Ok(Block {
                    span: prices.span_of(block.from, block.to),
                    kw: block.kw,
                    kwh: to_energy(block.draw)?,
                    cost_minor: Money::from_product_units(block.cost)?,
                    surplus_kwh: to_energy(block.surplus)?,
                })
            })
            .collect()
    }
}
