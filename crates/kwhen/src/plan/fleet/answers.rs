//! Exact answers: each device in turn answers all others, until none can improve.

use super::branch::left;
use super::engine::Engine;
use super::meter::{FINE, Flow, MeterSlot};
use super::node::Problem;
use super::settled::Bounds;
use super::terms::Terms;
use super::walk::Walk;
use crate::error::Result;
use crate::plan::battery::Dispatch;

/// Rounds in which every device answers all others.
const ROUNDS: usize = 16;

/// What each device does at the meter, before it has answered or after.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows {
    pub(super) flows: Vec<Vec<Flow>>,
    pub(super) doing: Vec<Vec<i8>>,
}

/// A whole plan.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// In 10⁻²⁰ p, rounded up.
    pub(super) cost: i128,
    pub(super) walks: Vec<Walk>,
    /// What each device met beside the others when it answered, and what it was held to.
    met: Vec<(Vec<Others>, Bounds)>,
}

impl Flows {
    /// From kWh taken and given.
    pub(super) fn from_energies(energies: &[Vec<(f64, f64)>], kwh: f64) -> Self {
        let flow = |(taken, given): &(f64, f64)| {
            let units = i128::from(((taken - given) / kwh).round() as i64) << FINE;
            Flow { least: units, most: units }
        };
        let sign = |(taken, given): &(f64, f64)| {
            let net = taken - given;
            if net > 1e-6 {
                1
            } else if net < -1e-6 {
                -1
            } else {
                0
            }
        };
        Self {
            flows: energies.iter().map(|device| device.iter().map(flow).collect()).collect(),
            doing: energies.iter().map(|device| device.iter().map(sign).collect()).collect(),
        }
    }

    pub(super) fn of_walks(walks: &[Walk]) -> Self {
        Self {
            flows: walks.iter().map(|walk| walk.flows.clone()).collect(),
            doing: walks.iter().map(|walk| walk.doing.clone()).collect(),
        }
    }
}

/// What a device meets beside the flow of all others.
#[derive(Clone, Copy, Debug, Default)]
struct Others {
    flow: Flow,
    /// Whether one charges that may only while the meter does not import; likewise.
    charging: bool,
    discharging: bool,
}

fn terms(slot: &MeterSlot, others: Others, sunny: bool) -> Terms {
    let near = others.flow.nearest();
    let (import, export) = (!others.charging, !others.discharging);
    let most_in = if import { slot.import_limit } else { 0 };
    let most_out = if export { slot.export_limit } else { 0 };
    Terms {
        import: slot.import,
        export: slot.export,
        load: slot.load.saturating_add(near),
        solar: sunny.then_some(slot.solar),
        // What the nearest whole unit leaves out may not pass the limit either.
        import_limit: most_in + near - others.flow.ceiling(),
        export_limit: most_out - near + others.flow.floor(),
    }
}

impl Problem<'_> {
    fn others(&self, flows: &Flows, own: usize) -> Vec<Others> {
        let mut all = vec![Others::default(); self.meter.slots.len()];
        for (device, (flow, doing)) in flows.flows.iter().zip(&flows.doing).enumerate() {
            if device == own {
                continue;
            }
            let rule = self.rules.get(device).copied().unwrap_or_default();
            for ((others, flow), doing) in all.iter_mut().zip(flow).zip(doing) {
                others.flow.add(*flow);
                others.charging |= *doing > 0 && rule.surplus_only;
                others.discharging |= *doing < 0 && rule.load_only;
            }
        }
        all
    }

    /// Whether a device may charge from the grid and discharge into it.
    fn rules(&self, device: usize) -> (bool, bool) {
        let rule = self.rules.get(device).copied().unwrap_or_default();
        (!rule.surplus_only, !rule.load_only)
    }

    /// One device's exact answer.
    fn answer(&self, own: usize, engine: &Engine, others: &[Others], bounds: &Bounds) -> Result<Walk> {
        let terms = |index: usize| self.terms_at(index, engine, others);
        engine.answer(bounds, terms, self.rules(own), self.site)
    }

    fn terms_at(&self, index: usize, engine: &Engine, others: &[Others]) -> Terms {
        let sunny = !engine.has_hybrid_inverter();
        let nothing = Terms { import: 0, export: 0, load: 0, solar: None, import_limit: 0, export_limit: 0 };
        match (self.meter.slots.get(index), others.get(index)) {
            (Some(slot), Some(others)) => terms(slot, *others, sunny),
            _ => nothing,
        }
    }

    /// Each device in turn from `first` on answers the others until a round changes nothing; the best plan met on the way.
    /// An error is of the device that has no answer. Stops at a plan that costs `enough`, and where `go_on`, asked after every answer of
    /// what the best plan here costs, says no.
    pub(super) fn answer_in_turn(
        &self,
        mut flows: Flows,
        bounds: &[Bounds],
        first: usize,
        enough: i128,
        go_on: &mut dyn FnMut(Option<i128>) -> bool,
    ) -> Result<Option<Plan>> {
        let count = self.engines.len();
        let mut walks: Vec<Option<Walk>> = vec![None; count];
        let mut met: Vec<(Vec<Others>, Bounds)> =
            bounds.iter().map(|bounds| (Vec::new(), bounds.clone())).collect();
        let mut best: Option<Plan> = None;
        for _ in 0..ROUNDS {
            let before = best.as_ref().map(|plan| plan.cost);
            for turn in 0..count {
                let own = (first + turn) % count;
                let (Some(engine), Some(bounds)) = (self.engines.get(own), bounds.get(own)) else { continue };
                let others = self.others(&flows, own);
                let mut left = left(&self.branches, bounds, &flows.flows, own, engine.unit());
                for turn in self.turns.iter().filter(|turn| turn.has(own)) {
                    let answered = |device: usize| walks.get(device).is_some_and(Option::is_some);
                    turn.leave(left.to_mut(), own, &flows.flows, &flows.doing, answered);
                }
                let walk = self.answer(own, engine, &others, &left)?;
                let left = left.into_owned();
                if let (Some(flow), Some(doing), Some(cell), Some(met)) =
                    (flows.flows.get_mut(own), flows.doing.get_mut(own), walks.get_mut(own), met.get_mut(own))
                {
                    flow.clone_from(&walk.flows);
                    doing.clone_from(&walk.doing);
                    *cell = Some(walk);
                    *met = (others, left);
                }
                let complete = walks.iter().map(Option::as_ref).collect::<Option<Vec<_>>>();
                if let Some(all) = complete
                    && let Some(cost) = self.cost_of(&all)
                    && best.as_ref().is_none_or(|plan| cost < plan.cost)
                {
                    best = Some(Plan { cost, walks: all.into_iter().cloned().collect(), met: met.clone() });
                    if cost <= enough {
                        return Ok(best);
                    }
                }
                if !go_on(best.as_ref().map(|plan| plan.cost)) {
                    return Ok(best);
                }
            }
            if best.is_some() && best.as_ref().map(|plan| plan.cost) == before {
                break;
            }
        }
        Ok(best)
    }

    /// What walks cost together.
    pub(super) fn cost_of(&self, walks: &[&Walk]) -> Option<i128> {
        let mut sums = vec![Flow::default(); self.meter.slots.len()];
        let mut doing = vec![(false, false); sums.len()];
        let mut own = 0_i128;
        for (walk, rule) in walks.iter().zip(&self.rules) {
            own = own.checked_add(walk.own)?;
            for (((sum, all), flow), sign) in
                sums.iter_mut().zip(&mut doing).zip(&walk.flows).zip(&walk.doing)
            {
                sum.add(*flow);
                all.0 |= *sign > 0 && rule.surplus_only;
                all.1 |= *sign < 0 && rule.load_only;
            }
        }
        if !self.branches.iter().all(|branch| branch.allows(walks))
            || !self.turns.iter().all(|turn| turn.allows(walks))
        {
            return None;
        }
        self.cost(own, &sums, &doing)
    }

    /// A plan's batteries as dispatches, each beside what it met when it answered: asked again beside what the others did after that, it
    /// might find no room, since limits are kept on the far side of the smallest flows.
    pub(super) fn dispatches(&self, plan: &Plan) -> Result<Vec<Dispatch>> {
        let mut dispatches = Vec::new();
        for (device, (engine, (others, bounds))) in self.engines.iter().zip(&plan.met).enumerate() {
            let Some(store) = engine.store() else { continue };
            let terms = |index: usize| self.terms_at(index, engine, others);
            let mut shared =
                if engine.has_hybrid_inverter() { self.sunny.clone() } else { self.site.clone() };
            let load: Vec<i64> = others
                .iter()
                .zip(&self.meter.slots)
                .zip(0..)
                .map(|((others, slot), index)| {
                    let others =
                        slot.load.saturating_add(others.flow.nearest()) / crate::plan::battery::RAW as i64;
                    others
                        - self.site.load_units(index)
                        - store.battery.standby.over_seconds(self.site.seconds_of(index))
                })
                .collect();
            shared.add_to_load(&load);
            dispatches.push(store.dispatch(bounds, terms, self.rules(device), &shared)?);
        }
        Ok(dispatches)
    }
}
