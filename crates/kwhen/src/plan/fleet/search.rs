//! The search: relaxation, bound and exact answers of a part; where its mix is not a plan, two parts.

use super::answers::{Flows, Plan};
use super::columns::{Known, Mix};
use super::halves::{Split, halves};
use super::holding::UNMET;
use super::linear::KWH;
use super::meter::{Corner, Ways};
use super::node::{Node, Problem};
use super::settled::Bounds;
use super::walk::Walk;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// A cost this near to its bound is proven: 5·10⁻⁸ p, in 10⁻²⁰ p.
pub(super) const PROVEN: i128 = 5_000_000_000_000;

/// Parts opened in a dive.
const DIVE: usize = 12;

/// Parts with what single slots do not show whose relaxation is solved all the same: the first, then one of so many.
const FIRST_MIXES: usize = 8;
const MIXES: usize = 3;

/// Parts of which each is dived from; then one of so many is.
const FIRST_DIVES: usize = 3;

/// Parts that are open and walks that are known may take so many bytes together; then the search ends with the gap that is left.
const MOST_BYTES: usize = 1 << 28;

/// How near to a mix's mean a plan is looked for, in kWh.
const NEAR: [f64; 2] = [1e-6, 1e-3];
const NEAREST: f64 = 1e-8;

/// Of so many parts with what single slots do not show, one is dived from through its devices.
const EVERY: usize = 16;

/// How the search stands, for whoever watches it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Parts looked at.
    pub parts: usize,
    /// The best cost so far, if there is a plan.
    pub cost: Option<crate::quantity::Money>,
    /// No plan costs less.
    pub bound: Option<crate::quantity::Money>,
}

/// What the search came to.
pub(super) struct Found {
    pub(super) plan: Option<Plan>,
    pub(super) least: i128,
    pub(super) parts: usize,
    /// Why the last device without an answer had none.
    pub(super) refused: Option<Error>,
}

struct Search<'a, 'b, 'c> {
    problem: &'a Problem<'b>,
    go_on: &'c mut dyn FnMut(&Standing) -> bool,
    parts: usize,
    /// No plan costs less, as far as is known.
    least: i128,
    stopped: bool,
    root: Node,
    best: Option<Plan>,
    refused: Option<Error>,
    /// Walks that were met, and whether any device has what the relaxation of single slots does not see.
    known: Vec<Known>,
    complex: bool,
    /// A plan so near to its bound is good enough, in 10⁻²⁰ p.
    gap: i128,
    /// What rounded levels leave open, in 10⁻²⁰ p: nothing nearer is looked for.
    open: i128,
    turn: usize,
}

/// Looks for the best plan until none is cheaper by more than `gap` (in 10⁻²⁰ p, `PROVEN` at least) or `go_on` says no, which counts once there is
/// a plan or a part has been looked at.
pub(super) fn search(problem: &Problem<'_>, gap: i128, go_on: &mut dyn FnMut(&Standing) -> bool) -> Found {
    let root = problem.root();
    let mut search = Search {
        problem,
        go_on,
        parts: 0,
        least: i128::MIN,
        stopped: false,
        root: root.clone(),
        best: None,
        refused: None,
        known: Vec::new(),
        gap: gap.max(PROVEN),
        open: 0,
        complex: problem.linear.iter().any(|linear| !linear.is_plain())
            || problem.branches.len() + problem.turns.len() > 4,
        turn: 0,
    };
    let mut open: BTreeMap<(i128, usize), Node> = BTreeMap::new();
    open.insert((i128::MIN, 0), root);
    let mut number = 0;
    // Parts without halves keep their bound: settled, given up unproven, or holding nothing better.
    let mut least_closed = i128::MAX;
    while let Some(((least, place), node)) = open.pop_first() {
        search.least = least.min(least_closed);
        let is_full = search.bytes(open.len() + 1) > MOST_BYTES;
        if least >= search.enough() || (search.parts > 0 && (is_full || !search.may_go_on(None))) {
            open.insert((least, place), node);
            break;
        }
        let (least, children) = search.look_at(node);
        search.parts += 1;
        if children.is_empty() {
            least_closed = least_closed.min(least);
        }
        for child in children {
            number += 1;
            open.insert((child.least, number), child);
        }
    }
    let least = open.keys().next().map_or(i128::MAX, |(least, _)| *least).min(least_closed);
    let least = search.best.as_ref().map_or(least, |plan| least.min(plan.cost));
    Found { plan: search.best, least, parts: search.parts, refused: search.refused }
}

fn money(units: i128) -> Option<crate::quantity::Money> {
    (units != i128::MIN).then(|| crate::quantity::Money::from_units(units).ok()).flatten()
}

impl Search<'_, '_, '_> {
    /// A part whose bound is at or above this holds nothing better.
    fn enough(&self) -> i128 {
        self.best.as_ref().map_or(i128::MAX, |plan| plan.cost - self.gap - self.open)
    }

    /// About how many bytes so many open parts take, with the walks that are known.
    fn bytes(&self, open: usize) -> usize {
        let slots = self.problem.meter.slots.len();
        let part = self.root.bytes(slots);
        let walk = slots.saturating_mul(Walk::BYTES_A_SLOT);
        open.saturating_mul(part).saturating_add(self.known.len().saturating_mul(walk))
    }

    /// Whether a part needs no further look: it holds nothing better, or there is a plan and no more time.
    fn is_over(&self, node: &Node) -> bool {
        node.least >= self.enough() || (self.stopped && self.best.is_some())
    }

    /// Asks whoever watches whether to go on; once they have said no it stays at that. `cost` is that of a plan that is not kept yet.
    fn may_go_on(&mut self, cost: Option<i128>) -> bool {
        let best = self.best.as_ref().map(|plan| plan.cost);
        let cost = [best, cost].into_iter().flatten().min();
        let standing = Standing { parts: self.parts, cost: cost.and_then(money), bound: money(self.least) };
        self.stopped |= !(self.go_on)(&standing);
        !self.stopped
    }

    /// Keeps the plan that the devices come to from such flows on, if it is the best so far. Without any plan it does not stop early.
    fn answer(&mut self, flows: Flows, first: usize, enough: i128) {
        let bounds = self.root.bounds.clone();
        self.answer_within(&bounds, flows, first, enough);
    }

    /// The same where the devices are held to bounds.
    fn answer_within(&mut self, bounds: &[Bounds], flows: Flows, first: usize, enough: i128) {
        let problem = self.problem;
        let found = problem.answer_in_turn(flows, bounds, first, enough, &mut |cost| {
            self.may_go_on(cost) || (cost.is_none() && self.best.is_none())
        });
        self.keep(found);
    }

    fn keep(&mut self, found: Result<Option<Plan>>) {
        match found {
            Ok(Some(plan)) => {
                if self.best.as_ref().is_none_or(|best| plan.cost < best.cost) {
                    self.best = Some(plan);
                }
            }
            Ok(None) => {}
            Err(error) => self.refused = Some(error),
        }
    }

    /// The bound of a part, and its two halves where it is not settled; no bound at all where nothing is left in it.
    fn look_at(&mut self, mut node: Node) -> (i128, Vec<Node>) {
        let problem = self.problem;
        let corners: Vec<Vec<Corner>> =
            (0..problem.meter.slots.len()).map(|index| problem.corners(&node, index)).collect();
        if corners.iter().any(Vec::is_empty) {
            return (i128::MAX, Vec::new());
        }
        // What single slots do not show is in the prices of the part before; but their mix leads to other plans.
        let turn = self.parts < FIRST_MIXES || self.parts.is_multiple_of(MIXES);
        let relaxed = if self.complex && !turn && self.best.is_some() {
            None
        } else {
            let relaxation = problem.relaxation(&node, &corners);
            relaxation.solve(&mut || self.may_go_on(None)).map(|point| (relaxation, point))
        };
        if let Some((_, point)) = &relaxed
            && (!self.complex || self.parts == 0)
        {
            node.prices = problem.prices(point);
        }
        let Some(proof) = problem.prove(&node, &node.prices, &corners) else {
            return (i128::MAX, Vec::new());
        };
        node.least = node.least.max(proof.least);
        if self.parts == 0 {
            self.open = problem.left_open(&node);
        }
        if node.least >= self.enough() {
            return (node.least, Vec::new());
        }
        if let Some((relaxation, point)) = &relaxed {
            let flows = Flows::from_energies(&problem.energies(point, relaxation), KWH);
            let target = node.least.saturating_add(self.gap + self.open);
            // Every order at first; then each in its turn.
            let count = problem.engines.len();
            let turns = if self.parts > 0 && self.best.is_some() { 1 } else { count.min(4) };
            for turn in 0..turns {
                self.answer(flows.clone(), (self.parts + turn) % count, target);
                if self.is_over(&node) {
                    return (node.least, Vec::new());
                }
            }
        }
        let mut splits = relaxed
            .as_ref()
            .map_or_else(Vec::new, |(relaxation, point)| problem.splits(&node, point, relaxation, &corners));
        let dives = self.parts < FIRST_DIVES || self.parts.is_multiple_of(EVERY) || self.best.is_none();
        if !splits.is_empty() && !self.complex && dives {
            self.dive(&node, &splits);
        }
        if splits.is_empty() || self.complex || self.best.is_none() {
            let enough = self.enough();
            let mut known = std::mem::take(&mut self.known);
            let mix = problem.generate(&mut node, &corners, &mut known, enough, &mut || self.may_go_on(None));
            self.known = known;
            let Some(mix) = mix else { return (i128::MAX, Vec::new()) };
            if self.is_over(&node) {
                return (node.least, Vec::new());
            }
            let flows = Flows::from_energies(&problem.mixed(&self.known, &mix), KWH);
            let first = self.turn % problem.engines.len();
            self.turn += 1;
            if self.complex && self.parts > 0 {
                // What is settled leads to other plans than what is open.
                self.answer_within(
                    &node.bounds,
                    flows.clone(),
                    first,
                    node.least.saturating_add(self.gap + self.open),
                );
            }
            self.answer(flows, first, node.least.saturating_add(self.gap + self.open));
            if self.is_over(&node) {
                return (node.least, Vec::new());
            }
            if self.best.is_none() || (self.complex && self.parts.is_multiple_of(EVERY)) {
                if self.best.is_none() && mix.unmet > UNMET {
                    let known = std::mem::take(&mut self.known);
                    let none = problem.has_no_room(&node, &corners, &known, &mut || self.may_go_on(None));
                    self.known = known;
                    if none {
                        return (i128::MAX, Vec::new());
                    }
                }
                let mut known = std::mem::take(&mut self.known);
                let plan = problem.hold_in_turn(&node, &mix, &mut known, &mut || self.may_go_on(None));
                self.known = known;
                self.keep(Ok(plan));
                if self.is_over(&node) {
                    return (node.least, Vec::new());
                }
            }
            splits = problem.splits_of_mix(&node, &self.known, &mix);
            if splits.is_empty() && mix.unmet < UNMET {
                self.settle(&node, &mix);
                if self.is_over(&node) {
                    return (node.least, Vec::new());
                }
            }
            if splits.is_empty() {
                splits = problem.levels_of_mix(&node, &self.known, &mix);
            }
        }
        if splits.is_empty() {
            splits.extend(self.best.as_ref().and_then(|plan| problem.level_split(&node, &proof.walks, plan)));
        }
        let Some((_, split)) = splits.first() else { return (node.least, Vec::new()) };
        (node.least, halves(&node, *split, &problem.turns))
    }

    /// Looks for the plan that a mix is: near its mean first, then from there in the open.
    fn settle(&mut self, node: &Node, mix: &Mix) {
        let problem = self.problem;
        let target = node.least.saturating_add(self.gap + self.open);
        let Some(walks) = problem.walks_within(node, &problem.near_mean(node, &self.known, mix, NEAREST))
        else {
            return;
        };
        for within in NEAR {
            let bounds = problem.near_mean(node, &self.known, mix, within);
            let before = self.best.as_ref().map(|plan| plan.cost);
            for first in 0..problem.engines.len() {
                self.answer_within(&bounds, Flows::of_walks(&walks), first, target);
                if self.best.as_ref().map(|plan| plan.cost) != before {
                    break;
                }
            }
            if let Some(plan) = self.best.as_ref().filter(|plan| Some(plan.cost) != before) {
                let flows = Flows::of_walks(&plan.walks);
                self.answer(flows, 0, target);
            }
            if self.is_over(node) {
                return;
            }
        }
    }

    /// Settles all that is not a plan at once, the likelier way, and again until all is.
    fn dive(&mut self, node: &Node, splits: &[(f64, Split)]) {
        let problem = self.problem;
        let mut node = node.clone();
        let mut splits = splits.to_vec();
        for _ in 0..DIVE {
            for (_, split) in &splits {
                node = self.likelier(node, *split);
            }
            let corners: Vec<Vec<Corner>> =
                (0..problem.meter.slots.len()).map(|index| problem.corners(&node, index)).collect();
            if corners.iter().any(Vec::is_empty) {
                return;
            }
            let relaxation = problem.relaxation(&node, &corners);
            let Some(point) = relaxation.solve(&mut || self.may_go_on(None)).filter(|point| point.converged)
            else {
                return;
            };
            let flows = Flows::from_energies(&problem.energies(&point, &relaxation), KWH);
            self.answer(flows, 0, i128::MIN);
            splits = problem.splits(&node, &point, &relaxation, &corners);
            if splits.is_empty() || self.is_over(&node) {
                return;
            }
        }
    }

    fn likelier(&self, mut node: Node, split: Split) -> Node {
        match split {
            Split::Ways { slot } => {
                // The way that the best plan so far goes; import where there is none.
                let net = self.net_of_best(slot);
                if let Some(ways) = node.ways.get_mut(slot) {
                    *ways = if net >= 0 {
                        Ways { import: true, export: false }
                    } else {
                        Ways { import: false, export: true }
                    };
                }
            }
            Split::Charge { device, slot } => {
                if let Some(may) = node.bounds.get_mut(device).and_then(|b| b.may.get_mut(slot)) {
                    may.charge = false;
                }
            }
            Split::Discharge { device, slot } => {
                if let Some(may) = node.bounds.get_mut(device).and_then(|b| b.may.get_mut(slot)) {
                    may.discharge = false;
                }
            }
            Split::Turn { device, slot, .. } => {
                if let Some(may) = node.bounds.get_mut(device).and_then(|b| b.may.get_mut(slot)) {
                    (may.charge, may.discharge) = (false, false);
                }
            }
            Split::Still { .. } | Split::Power { .. } | Split::Level { .. } => {}
        }
        node
    }

    fn net_of_best(&self, slot: usize) -> i64 {
        let Some(meter) = self.problem.meter.slots.get(slot) else { return 0 };
        let flow: i64 = self
            .best
            .iter()
            .flat_map(|plan| &plan.walks)
            .filter_map(|walk| walk.flows.get(slot))
            .map(|f| f.nearest())
            .sum();
        meter.load - meter.solar + flow
    }
}
