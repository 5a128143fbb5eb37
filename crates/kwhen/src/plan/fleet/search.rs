//! The search: relaxation, bound and exact answers of a part; where its mix is not a plan, two parts.

use super::answers::{Flows, Plan};
use super::columns::Known;
use super::meter::{Corner, Ways};
use super::node::{KWH, Node, Problem};
use super::splits::{Split, halves};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// A cost this near to its bound is proven: 5·10⁻⁸ p, in 10⁻²⁰ p.
pub(super) const PROVEN: i128 = 5_000_000_000_000;

/// Parts opened in a dive.
const DIVE: usize = 12;

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

struct Search<'a, 'b> {
    problem: &'a Problem<'b>,
    root: Node,
    best: Option<Plan>,
    refused: Option<Error>,
    /// Walks that were met, and whether any device has what the relaxation of single slots does not see.
    known: Vec<Known>,
    complex: bool,
    turn: usize,
}

/// Looks for the best plan until it is proven or `go_on` says no. The first part is always looked at.
pub(super) fn search(problem: &Problem<'_>, go_on: &mut dyn FnMut(&Standing) -> bool) -> Found {
    let root = problem.root();
    let mut search = Search {
        problem,
        root: root.clone(),
        best: None,
        refused: None,
        known: Vec::new(),
        complex: problem.linear.iter().any(|linear| !linear.is_plain()),
        turn: 0,
    };
    let mut open: BTreeMap<(i128, usize), Node> = BTreeMap::new();
    open.insert((i128::MIN, 0), root);
    let (mut parts, mut number) = (0, 0);
    // Parts without halves keep their bound: settled, given up unproven, or holding nothing better.
    let mut least_closed = i128::MAX;
    while let Some(((least, _), node)) = open.pop_first() {
        let enough = search.enough();
        if least >= enough {
            open.insert((least, number), node);
            break;
        }
        let standing = Standing {
            parts,
            cost: search.best.as_ref().and_then(|plan| money(plan.cost)),
            bound: money(least),
        };
        if parts > 0 && !go_on(&standing) {
            open.insert((least, number), node);
            break;
        }
        parts += 1;
        let (least, children) = search.look_at(node);
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
    Found { plan: search.best, least, parts, refused: search.refused }
}

fn money(units: i128) -> Option<crate::quantity::Money> {
    (units != i128::MIN).then(|| crate::quantity::Money::from_units(units).ok()).flatten()
}

impl Search<'_, '_> {
    /// A part whose bound is at or above this holds nothing better.
    fn enough(&self) -> i128 {
        self.best.as_ref().map_or(i128::MAX, |plan| plan.cost - PROVEN)
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
        let relaxation = problem.relaxation(&node, &corners);
        let point = relaxation.solve();
        if let Some(point) = &point {
            node.prices = problem.prices(point);
        }
        let Some(proof) = problem.prove(&node, &node.prices, &corners) else {
            return (i128::MAX, Vec::new());
        };
        node.least = node.least.max(proof.least);
        if node.least >= self.enough() {
            return (node.least, Vec::new());
        }
        let flows = match &point {
            Some(point) => Flows::from_energies(&problem.energies(point, &relaxation), KWH),
            None => Flows::of_walks(&proof.walks),
        };
        let target = node.least.saturating_add(PROVEN);
        for first in 0..problem.engines.len().min(4) {
            let found =
                problem.answer_in_turn(flows.clone(), &self.root.bounds, &self.root.ways, first, target);
            self.keep(found);
            if node.least >= self.enough() {
                return (node.least, Vec::new());
            }
        }
        let mut splits =
            point.as_ref().map_or_else(Vec::new, |point| problem.splits(&node, point, &relaxation, &corners));
        if splits.is_empty() || self.complex {
            let enough = self.enough();
            let Some(mix) = problem.generate(&mut node, &corners, &mut self.known, enough) else {
                return (i128::MAX, Vec::new());
            };
            if node.least >= self.enough() {
                return (node.least, Vec::new());
            }
            let found = problem.answer_in_turn(
                Flows::from_energies(&problem.mixed(&self.known, &mix), KWH),
                &self.root.bounds,
                &self.root.ways,
                self.turn % problem.engines.len(),
                node.least.saturating_add(PROVEN),
            );
            self.turn += 1;
            self.keep(found);
            if node.least >= self.enough() {
                return (node.least, Vec::new());
            }
            splits = problem.splits_of_mix(&node, &self.known, &mix);
        } else {
            self.dive(&node, &splits);
        }
        if splits.is_empty() {
            splits.extend(self.best.as_ref().and_then(|plan| problem.level_split(&node, &proof.walks, plan)));
        }
        let Some((_, split)) = splits.first() else { return (node.least, Vec::new()) };
        (node.least, halves(&node, *split))
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
            let Some(point) = relaxation.solve().filter(|point| point.converged) else { return };
            let flows = Flows::from_energies(&problem.energies(&point, &relaxation), KWH);
            let found = problem.answer_in_turn(flows, &self.root.bounds, &self.root.ways, 0, i128::MIN);
            self.keep(found);
            splits = problem.splits(&node, &point, &relaxation, &corners);
            if splits.is_empty() || node.least >= self.enough() {
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
            Split::Level { .. } => {}
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
