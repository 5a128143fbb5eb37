//! A device that goes from state to state and only takes: its exact answer to the others, and its exact best under prices.
//!
//! Its states by boundary and the arcs between them are all that it can do. The best way through is found backward in whole numbers.

use super::linear::KWH;
use super::meter::{FINE, Flow, MeterSlot};
use super::settled::{Bounds, May};
use super::terms::Terms;
use super::walk::{Linear, PRICE, Walk};
use crate::error::{Error, Result};
use crate::plan::battery::RAW;

/// What it may do in a slot, from one state to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    /// The state at the end of the slot.
    pub(super) to: u32,
    /// Which of the slot's flows it takes.
    pub(super) flow: u32,
    /// Whether it runs, be it at no power.
    pub(super) is_running: bool,
    /// What it costs apart from the meter, in 10⁻²⁰ p.
    pub(super) cost: i128,
}

/// One slot: the arcs of each state in order of preference, and their flows in raw units.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    /// The first arc of each state, and their number after the last.
    pub(super) first: Vec<u32>,
    pub(super) arcs: Vec<Arc>,
    pub(super) flows: Vec<i64>,
}

impl Stage {
    /// The arcs of a state.
    fn of(&self, state: usize) -> &[Arc] {
        let place = |state: usize| self.first.get(state).map_or(self.arcs.len(), |place| *place as usize);
        self.arcs.get(place(state)..place(state + 1)).unwrap_or(&[])
    }
}

/// A device.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) name: String,
    /// By boundary and state: what is split by, in whole numbers.
    pub(super) levels: Vec<Vec<i64>>,
    /// By slot.
    pub(super) stages: Vec<Stage>,
    /// The state at the start.
    pub(super) start: u32,
    /// What ending in a state costs in 10⁻²⁰ p; `None` where it may not.
    pub(super) end: Vec<Option<i128>>,
    pub(super) linear: Linear,
    pub(super) curtailment: bool,
    pub(super) most_price: i64,
    /// What the bound counts on, where that is more than what a plan may: for a device whose levels are rounded.
    pub(super) bound: Option<Box<Self>>,
}

/// No way through.
const NONE: i128 = i128::MAX;

impl Graph {
    /// What is asked of it allows.
    pub(super) fn bounds(&self) -> Bounds {
        self.bound.as_deref().unwrap_or(self).own_bounds()
    }

    fn own_bounds(&self) -> Bounds {
        let may = self.stages.iter().map(|stage| May {
            idle: stage.arcs.iter().any(|arc| !arc.is_running),
            charge: stage.arcs.iter().any(|arc| arc.is_running),
            discharge: false,
            ..May::ALL
        });
        let ends = |pick: fn(&Vec<i64>) -> Option<&i64>| {
            self.levels.iter().map(|levels| pick(levels).copied().unwrap_or(0)).collect()
        };
        Bounds {
            may: may.collect(),
            lo: ends(|levels| levels.iter().min()),
            hi: ends(|levels| levels.iter().max()),
            surplus_only: false,
            load_only: false,
        }
    }

    /// The most that it takes in a slot, in raw units.
    pub(super) fn reach(&self, index: usize, bounds: &Bounds) -> i64 {
        let may = bounds.may.get(index).copied().unwrap_or(May::ALL);
        let Some(stage) = self.stages.get(index).filter(|_| may.charge) else { return 0 };
        stage.flows.iter().copied().filter(|flow| *flow <= may.charge_within.1).max().unwrap_or(0)
    }

    /// Its best under prices by slot of what it takes, in 10⁻¹² p/kWh.
    pub(super) fn under_prices(&self, bounds: &Bounds, prices: &[(i64, i64)], free: bool) -> Result<Walk> {
        self.bound.as_deref().unwrap_or(self).best(bounds, prices, free)
    }

    /// What rounded levels leave open under prices: the best that a plan may count on less the best that the bound does, in 10⁻²⁰ p.
    pub(super) fn left_open(&self, prices: &[(i64, i64)]) -> i128 {
        let Some(bound) = &self.bound else { return 0 };
        let least = |graph: &Self| graph.best(&graph.own_bounds(), prices, false).map(|walk| walk.least);
        match (least(self), least(bound)) {
            (Ok(plan), Ok(bound)) => plan.saturating_sub(bound).max(0),
            _ => 0,
        }
    }

    fn best(&self, bounds: &Bounds, prices: &[(i64, i64)], free: bool) -> Result<Walk> {
        let most = self.most_price;
        let price = |index: usize| {
            let taken = prices.get(index).map_or(0, |(taken, _)| *taken);
            i128::from(taken.clamp(-most, most))
        };
        let meter = |index: usize, raw: i64| Some(price(index) * i128::from(raw));
        let own = |cost: i128| if free { 0 } else { cost.saturating_mul(RAW) };
        self.solve(bounds, meter, own)
    }

    /// Its best answer to the others at the meter.
    pub(super) fn answer(&self, bounds: &Bounds, terms: impl Fn(usize) -> Terms) -> Result<Walk> {
        let slots: Vec<MeterSlot> = (0..self.stages.len())
            .map(|index| {
                let terms = terms(index);
                MeterSlot {
                    import: terms.import,
                    export: terms.export,
                    load: terms.load,
                    solar: terms.solar.unwrap_or(0),
                    import_limit: terms.import_limit,
                    export_limit: terms.export_limit,
                }
            })
            .collect();
        let meter = |index: usize, raw: i64| {
            let flow = Flow { least: i128::from(raw) << FINE, most: i128::from(raw) << FINE };
            let cost = slots.get(index)?.cost(self.curtailment, flow, true, true)?;
            cost.checked_mul(i128::from(PRICE))
        };
        let own = |cost: i128| cost.saturating_mul(RAW << FINE);
        // Levels of the bound are none of the plan's.
        let levels = self.bound.as_ref().map(|_| self.own_bounds());
        let levels = levels.map(|own| Bounds { lo: own.lo, hi: own.hi, ..bounds.clone() });
        self.solve(levels.as_ref().unwrap_or(bounds), meter, own)
    }

    /// The best way through, where a flow costs so much in a slot (`None`: it may not be) and what it costs apart from that counts so.
    fn solve(
        &self,
        bounds: &Bounds,
        meter: impl Fn(usize, i64) -> Option<i128>,
        own: impl Fn(i128) -> i128,
    ) -> Result<Walk> {
        let is_within = |boundary: usize, state: usize| {
            let level = self.levels.get(boundary).and_then(|levels| levels.get(state)).copied();
            let ends = bounds.lo.get(boundary).zip(bounds.hi.get(boundary));
            level.zip(ends).is_some_and(|(level, (lo, hi))| level >= *lo && level <= *hi)
        };
        let count = self.stages.len();
        let last = self.end.iter().enumerate();
        let mut after: Vec<i128> =
            last.map(|(state, cost)| cost.filter(|_| is_within(count, state)).map_or(NONE, &own)).collect();
        // By slot from the last and by state: the best arc.
        let mut choices: Vec<Vec<u32>> = Vec::with_capacity(count);
        for (index, stage) in self.stages.iter().enumerate().rev() {
            let may = bounds.may.get(index).copied().unwrap_or(May::ALL);
            let costs: Vec<Option<i128>> = stage.flows.iter().map(|flow| meter(index, *flow)).collect();
            let runs = |flow: u32| {
                let raw = stage.flows.get(flow as usize).copied().unwrap_or(0);
                may.charge && raw >= may.charge_within.0 && raw <= may.charge_within.1
            };
            let states = self.levels.get(index).map_or(0, Vec::len);
            let mut values = vec![NONE; states];
            let mut choice = vec![u32::MAX; states];
            for (state, (value, choice)) in values.iter_mut().zip(&mut choice).enumerate() {
                if index > 0 && !is_within(index, state) {
                    continue;
                }
                for (place, arc) in (0..).zip(stage.of(state)) {
                    if !(if arc.is_running { runs(arc.flow) } else { may.idle }) {
                        continue;
                    }
                    let rest = after.get(arc.to as usize).copied().filter(|rest| *rest != NONE);
                    let meter = costs.get(arc.flow as usize).copied().flatten();
                    let Some((rest, meter)) = rest.zip(meter) else { continue };
                    let total = rest.saturating_add(meter).saturating_add(own(arc.cost));
                    if total < *value {
                        (*value, *choice) = (total, place);
                    }
                }
            }
            choices.push(choice);
            after = values;
        }
        let least = after.get(self.start as usize).copied().filter(|least| *least != NONE);
        let least = least.ok_or_else(|| self.blocked())?;
        self.walk(least, choices.iter().rev()).ok_or_else(|| self.blocked())
    }

    /// The walk of the best arcs.
    fn walk<'a>(&self, least: i128, choices: impl Iterator<Item = &'a Vec<u32>>) -> Option<Walk> {
        let count = self.stages.len();
        let mut walk = Walk {
            least: least.div_euclid(RAW),
            own: 0,
            levels: Vec::with_capacity(count + 1),
            flows: Vec::with_capacity(count),
            moved: Vec::with_capacity(count),
            doing: Vec::with_capacity(count),
            states: Vec::with_capacity(count + 1),
        };
        let mut state = self.start;
        for (boundary, (stage, choice)) in self.stages.iter().zip(choices).enumerate() {
            walk.states.push(state);
            walk.levels.push(*self.levels.get(boundary)?.get(state as usize)?);
            let arc = stage.of(state as usize).get(*choice.get(state as usize)? as usize)?;
            let raw = *stage.flows.get(arc.flow as usize)?;
            let fine = i128::from(raw) << FINE;
            walk.flows.push(Flow { least: fine, most: fine });
            walk.moved.push(raw as f64 * KWH);
            walk.doing.push(i8::from(arc.is_running));
            walk.own = walk.own.checked_add(arc.cost)?;
            state = arc.to;
        }
        walk.states.push(state);
        walk.levels.push(*self.levels.get(count)?.get(state as usize)?);
        walk.own = walk.own.checked_add((*self.end.get(state as usize)?)?)?;
        Some(walk)
    }

    /// Whether there is a way through at all.
    pub(super) fn is_possible(&self) -> bool {
        self.best(&self.own_bounds(), &[], true).is_ok()
    }

    fn blocked(&self) -> Error {
        Error::infeasible("what is asked of it does not fit beside the other devices").in_source(&self.name)
    }
}
