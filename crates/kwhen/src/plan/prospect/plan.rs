//! The plan of a prospect: what it costs on average and in each scenario, what is done if all turns out as on average, and what to do at
//! any level.

use super::insurance::{Insurance, insured};
use super::solve::{Follow, Lane, Solution, least, on_engine, solve};
use super::{Prospect, Scenario};
use crate::error::{Error, Result};
use crate::plan::battery::engine::{
    Mode, Slope, SlotCosts, Stepper, at, dispatched, flow_of, marginal, policy_rows, value_piece,
};
use crate::plan::battery::{Battery, BatteryRequest, DispatchSlot, Doing, Lattice, PolicyRow, ValuePiece};
use crate::plan::forecast::SlotForecast;
use crate::plan::statistics::mean as mean_rate;
use crate::quantity::{Energy, Money, Rounding, UnitRate, divide};
use crate::time::Span;

/// A plan on expected values.
#[derive(Clone, Debug)]
pub struct ExpectedPlan {
    /// The expected cost, by the value functions; off by [`Self::bound`] at the most.
    pub cost: Money,
    /// The most by which the expected cost may be off since pieces were joined: proven, rounded half to even at 10⁻²⁰ p.
    pub bound: Money,
    /// What following the plan would have cost in each scenario that keeps to the limits, exactly.
    pub scenarios: Vec<ScenarioCost>,
    /// How many scenarios do not keep to the limits, whatever is done.
    pub infeasible: usize,
    /// How many ways of single slots are left out for that reason.
    pub left_out: usize,
    /// What is done if each slot turns out as the mean of its ways.
    pub slots: Vec<ExpectedSlot>,
    /// Where more or less is kept stored than by a plan on the mean alone.
    pub insured: Vec<Insurance>,
    lattice: Lattice,
    lane: Lane,
}

/// What following the plan costs in one scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScenarioCost {
    /// How many days ago it began, where it is of the past.
    pub days_back: Option<usize>,
    /// How much it counts beside the others.
    pub weight: u64,
    /// The cost.
    pub cost: Money,
    /// The least cost, had the scenario been known from the start.
    pub known: Money,
    /// The cost of following a plan on the mean of all instead.
    pub single: Money,
}

/// A slot of the plan if all turns out as on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedSlot {
    /// Load, sun and rates on average.
    pub mean: SlotForecast,
    /// What is done.
    pub dispatch: DispatchSlot,
    /// The level at the end below which a tenth of the scenarios stay, by weight, and above which a tenth do.
    pub stored_range: (Energy, Energy),
}

/// A run of slots in which the battery does one thing, if all turns out as on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedRun {
    /// When.
    pub span: Span,
    /// What.
    pub doing: Doing,
    /// Energy in or out of the battery at the AC side.
    pub energy: Energy,
    /// The mean of its slots' import rates, in p/kWh, rounded half to even.
    pub import: UnitRate,
    /// Stored at the end.
    pub stored: Energy,
    /// The level at the end below which a tenth of the scenarios stay, by weight, and above which a tenth do.
    pub stored_range: (Energy, Energy),
}

impl Prospect {
    /// The plan of a battery on expected values.
    ///
    /// Errors: as of [`Battery::plan`]; changes are counted; from the level at the start no plan keeps to the limits in all ways.
    pub fn plan(&self, battery: &Battery, request: &BatteryRequest) -> Result<ExpectedPlan> {
        let Solution { lattice, lane, mean, left_out } = solve(self, battery, request)?;
        let (cost, bound) = on_engine!(&lane, engine => (engine.cost(self.sky), engine.expected.bound));
        let (cost, bound) = (lattice.money(cost)?, lattice.money(bound)?);
        let (scenarios, levels, infeasible) = self.scenario_costs(&lattice, &lane)?;
        let slots = self.slots(&mean, battery, (&lattice, &lane), &levels)?;
        let insured = insured(self, &mean, &lattice, &lane)?;
        Ok(ExpectedPlan { cost, bound, scenarios, infeasible, left_out, slots, insured, lattice, lane })
    }

    /// What following the plan costs in each scenario, the levels with their weights, and how many do not keep to the limits.
    #[expect(
        clippy::type_complexity,
        reason = "the parts of one walk, taken apart at once by the only caller"
    )]
    fn scenario_costs(
        &self,
        lattice: &Lattice,
        lane: &Lane,
    ) -> Result<(Vec<ScenarioCost>, Vec<(u64, Vec<i64>)>, usize)> {
        let (mut costs, mut levels) = (Vec::new(), Vec::new());
        let counted = || self.scenarios.iter().filter(|scenario| scenario.weight > 0);
        for scenario in counted() {
            let walked = on_engine!(lane, engine => {
                let model = engine.model_as(lattice, &scenario.slots)?;
                let state = |index: usize| scenario.states.get(index).copied().unwrap_or(0);
                let expected = engine.walk(&model, Follow::Expected, state).ok();
                let single = engine.walk(&model, Follow::Single, state).ok();
                let total = |costs: &[i128]| costs.iter().sum::<i128>();
                expected.zip(single).zip(least(&model)).map(|((expected, single), known)| {
                    (total(&expected.costs), total(&single.costs), known, expected.levels)
                })
            });
            let Some((cost, single, known, walked)) = walked else { continue };
            costs.push(ScenarioCost {
                days_back: scenario.days_back,
                weight: scenario.weight,
                cost: lattice.money(cost)?,
                known: lattice.money(known)?,
                single: lattice.money(single)?,
            });
            levels.push((scenario.weight, walked));
        }
        let infeasible = counted().count() - costs.len();
        Ok((costs, levels, infeasible))
    }

    /// The plan if each slot turns out as the mean of its ways, under the sky that most of them lead to.
    fn slots(
        &self,
        mean: &[SlotForecast],
        battery: &Battery,
        (lattice, lane): (&Lattice, &Lane),
        levels: &[(u64, Vec<i64>)],
    ) -> Result<Vec<ExpectedSlot>> {
        let site = self.site_as(mean)?;
        let skies = self.skies();
        let energy = |units: i64| Energy::from_units(lattice.stored_energy(units));
        let dispatch = on_engine!(lane, engine => {
            let model = engine.model_as(lattice, mean)?;
            let state = |index: usize| skies.get(index).copied().unwrap_or(0);
            let walked = engine.walk(&model, Follow::Expected, state);
            let walked = walked.map_err(|stuck| {
                Error::infeasible(format!("no plan keeps to every limit on average from {} on", site.boundary_text(stuck.slot)))
            })?;
            let mut level = model.start;
            let mut slots = Vec::with_capacity(walked.levels.len());
            for (index, after) in walked.levels.iter().enumerate() {
                slots.push(shown(battery, &site, (lattice, &model), index, level, *after, &engine.function(index + 1, state(index)))?);
                level = *after;
            }
            slots
        });
        let rows = dispatch.into_iter().zip(mean).enumerate().map(|(index, (dispatch, mean))| {
            let of_slot: Vec<(i64, u64)> =
                levels.iter().filter_map(|(weight, levels)| Some((*levels.get(index)?, *weight))).collect();
            let end = |percent| match quantile(&of_slot, percent) {
                Some(level) => energy(level),
                None => Ok(dispatch.stored),
            };
            Ok(ExpectedSlot { mean: *mean, dispatch, stored_range: (end(10)?, end(90)?) })
        });
        rows.collect()
    }

    /// The sky after each slot, if each turns out as most of its ways do from the sky before.
    pub(super) fn skies(&self) -> Vec<usize> {
        let mut sky = self.sky;
        let after = self.outcomes.iter().map(|ways| {
            let mut weights = vec![0_u64; self.states];
            for way in ways {
                let times = if way.before == sky { self.alike.max(1) } else { 1 };
                if let Some(weight) = weights.get_mut(way.after) {
                    *weight += u64::from(way.weight) * u64::from(times);
                }
            }
            // Of equal ones the first.
            let most = weights.iter().copied().max().unwrap_or(0);
            sky = weights.iter().position(|weight| *weight == most).unwrap_or(0);
            sky
        });
        after.collect()
    }
}

/// A slot from the levels before and after it.
fn shown<S: Slope>(
    battery: &Battery,
    site: &crate::plan::battery::Site,
    (lattice, model): (&Lattice, &crate::plan::battery::engine::Model<S>),
    index: usize,
    before: i64,
    after: i64,
    value: &[crate::plan::battery::engine::Piece<S>],
) -> Result<DispatchSlot> {
    let slot = model.slots.get(index).ok_or_else(|| Error::missing("there is no such slot"))?;
    let device = model.devices.at(index);
    // What a standing loss and a draw take is no action; an empty store loses nothing, and then the battery leaves as little as it may.
    let drawn = [before - after - slot.draw - device.loss, before - after - slot.draw, before - slot.draw];
    let drawn =
        drawn.into_iter().find(|drawn| model.level_after(index, before - drawn) == after).unwrap_or(0);
    let mode = match drawn.signum() {
        0 => Mode::Idle,
        1 => Mode::Discharge,
        _ => Mode::Charge,
    };
    let mut shown =
        dispatched(battery, site, (lattice, model), index, &flow_of(device, slot, mode, drawn), after);
    shown.value = marginal(lattice, value, after);
    Ok(shown)
}

/// The least value that at least so many hundredths of the weight do not exceed.
fn quantile<T: Copy + Ord>(values: &[(T, u64)], percent: u64) -> Option<T> {
    let mut order = values.to_vec();
    order.sort_unstable();
    let total: u128 = order.iter().map(|(_, weight)| u128::from(*weight)).sum();
    let mut below = 0;
    for (value, weight) in order {
        below += u128::from(weight);
        if below * 100 >= total * u128::from(percent) {
            return Some(value);
        }
    }
    None
}

/// The mean of money by weight, rounded half to even at 10⁻²⁰ p.
fn mean(values: impl Iterator<Item = (Money, u64)>) -> Result<Option<Money>> {
    let beyond = || Error::out_of_range("a sum is beyond the range of p");
    let (mut sum, mut total) = (0_i128, 0_i128);
    for (value, weight) in values {
        let weighted = value.units().checked_mul(i128::from(weight)).ok_or_else(beyond)?;
        sum = sum.checked_add(weighted).ok_or_else(beyond)?;
        total += i128::from(weight);
    }
    if total == 0 {
        return Ok(None);
    }
    Ok(Some(Money::from_units(divide(sum, total, Rounding::HalfEven))?))
}

impl ExpectedPlan {
    /// The cost below which the plan stays in so many hundredths of the scenarios, by weight. `None` where there is none.
    #[must_use]
    pub fn cost_quantile(&self, percent: u8) -> Option<Money> {
        let costs: Vec<(Money, u64)> = self.scenarios.iter().map(|one| (one.cost, one.weight)).collect();
        quantile(&costs, u64::from(percent.min(100)))
    }

    /// The mean cost in the scenarios, by weight. An error where a sum is beyond the range of money.
    pub fn mean_cost(&self) -> Result<Option<Money>> {
        mean(self.scenarios.iter().map(|one| (one.cost, one.weight)))
    }

    /// The mean cost, had each scenario been known from the start: what is above it is what a perfect forecast would be worth.
    pub fn mean_known(&self) -> Result<Option<Money>> {
        mean(self.scenarios.iter().map(|one| (one.known, one.weight)))
    }

    /// The mean cost of following a plan on the mean instead.
    pub fn mean_single(&self) -> Result<Option<Money>> {
        mean(self.scenarios.iter().map(|one| (one.single, one.weight)))
    }

    /// What is done if all turns out as on average, run by run. An error where a sum is beyond the range of energies.
    pub fn runs(&self) -> Result<Vec<ExpectedRun>> {
        let alike = |one: &ExpectedSlot, other: &ExpectedSlot| one.dispatch.doing() == other.dispatch.doing();
        let mut runs = Vec::new();
        for slots in self.slots.chunk_by(alike) {
            let [first, ..] = slots else { continue };
            let last = slots.last().unwrap_or(first);
            let moved = slots.iter().map(|slot| slot.dispatch.charge.max(slot.dispatch.discharge));
            runs.push(ExpectedRun {
                span: Span::new(first.dispatch.span.from(), last.dispatch.span.to())?,
                doing: first.dispatch.doing(),
                energy: Energy::sum(moved)?,
                import: mean_rate(slots.iter().map(|slot| slot.mean.import))?,
                stored: last.dispatch.stored,
                stored_range: last.stored_range,
            });
        }
        Ok(runs)
    }

    /// What to do in a slot at any level, if the slot turns out as on average and leads to a state of the sky (0 dull, 1 mixed, 2 bright;
    /// 0 alone where the scenarios are given). An error where there is no such slot or state.
    pub fn policy(&self, slot: usize, sky: usize) -> Result<Vec<PolicyRow>> {
        on_engine!(&self.lane, engine => {
            let outlook = &engine.expected.outlook;
            if slot >= outlook.model.slots.len() || sky >= outlook.states {
                return Err(no_such(slot, sky));
            }
            let Some(mean) = outlook.model.slots.get(slot) else { return Err(no_such(slot, sky)) };
            let (mut change, mut before) = (Vec::new(), Vec::new());
            SlotCosts::default().build(outlook.model.devices.at(slot), mean, &mut change);
            let next = engine.function(slot + 1, sky);
            Stepper::new().step(&outlook.model, slot, &next, &mut before);
            let (mut read, mut acted) = (Vec::new(), Vec::new());
            let acted = engine.expected.acted_function(slot, sky, &mut read, &mut acted);
            Ok(policy_rows(&self.lattice, &before, &change, acted))
        })
    }

    /// The expected cost from a slot boundary on as a function of the level, in a state of the sky. An error where there is no such
    /// boundary or state.
    pub fn value_function(&self, boundary: usize, sky: usize) -> Result<Vec<ValuePiece>> {
        on_engine!(&self.lane, engine => {
            let outlook = &engine.expected.outlook;
            if boundary > outlook.model.slots.len() || sky >= outlook.states {
                return Err(no_such(boundary, sky));
            }
            engine.function(boundary, sky).iter().map(|piece| value_piece(&self.lattice, piece)).collect()
        })
    }

    /// How many states of the sky there are.
    #[must_use]
    pub fn states(&self) -> usize {
        on_engine!(&self.lane, engine => engine.expected.outlook.states)
    }

    /// The expected cost from a slot boundary on for a level and state of the sky, in p; `None` where none keeps to the limits.
    pub fn cost_to_go(&self, boundary: usize, sky: usize, level: Energy) -> Result<Option<Money>> {
        let level = self.lattice.store_units(level.units());
        let cost = on_engine!(&self.lane, engine => at(&engine.function(boundary, sky), level));
        cost.map(|cost| self.lattice.money(cost)).transpose()
    }
}

fn no_such(slot: usize, sky: usize) -> Error {
    Error::out_of_range("there is no such slot or state of the sky").with_value(format!("{slot}, {sky}"))
}

impl Scenario {
    /// The state of the sky after a slot.
    #[must_use]
    pub fn sky(&self, slot: usize) -> usize {
        self.states.get(slot).copied().unwrap_or(0)
    }
}
