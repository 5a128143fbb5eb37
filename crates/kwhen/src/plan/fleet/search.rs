//! The search: relaxation, bound and exact answers of a part; where its mix is not a plan, two parts.

use super::answers::{Flows, Plan};
use super::columns::{Known, Mix};
use super::engine::May;
use super::meter::{Corner, Ways};
use super::node::{Node, Problem, hull};
use super::relaxation::{Point, Relaxation};
use crate::error::{Error, Result};
use crate::plan::battery::RAW;
use std::collections::BTreeMap;

/// kWh of a raw unit.
const KWH: f64 = 1e-8 / RAW as f64;

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

/// Where the mix of a relaxation is not a plan.
#[derive(Clone, Copy, Debug)]
enum Split {
    Ways {
        slot: usize,
    },
    /// Charging or not; discharging or not.
    Charge {
        device: usize,
        slot: usize,
    },
    Discharge {
        device: usize,
        slot: usize,
    },
    /// A level below or above.
    Level {
        device: usize,
        boundary: usize,
        level: i64,
    },
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
    // Parts that were given up unproven keep their bound.
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
        if let Some(children) = children {
            for child in children {
                number += 1;
                open.insert((child.least, number), child);
            }
        } else {
            least_closed = least_closed.min(least);
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

    /// The bound of a part, and its two halves where it is not settled; no halves and no bound where nothing is left in it.
    fn look_at(&mut self, mut node: Node) -> (i128, Option<Vec<Node>>) {
        let problem = self.problem;
        let corners: Vec<Vec<Corner>> =
            (0..problem.meter.slots.len()).map(|index| problem.corners(&node, index)).collect();
        if corners.iter().any(Vec::is_empty) {
            return (i128::MAX, None);
        }
        let relaxation = problem.relaxation(&node, &corners);
        let point = relaxation.solve();
        if let Some(point) = &point {
            node.prices = problem.prices(point);
        }
        let Some(proof) = problem.prove(&node, &node.prices, &corners) else { return (i128::MAX, None) };
        node.least = node.least.max(proof.least);
        if node.least >= self.enough() {
            return (node.least, Some(Vec::new()));
        }
        let flows = match &point {
            Some(point) => Flows::from_energies(&self.energies(point, &relaxation), KWH),
            None => Flows::of_walks(&proof.walks),
        };
        let target = node.least.saturating_add(PROVEN);
        for first in 0..problem.engines.len().min(4) {
            let found =
                problem.answer_in_turn(flows.clone(), &self.root.bounds, &self.root.ways, first, target);
            self.keep(found);
            if node.least >= self.enough() {
                return (node.least, Some(Vec::new()));
            }
        }
        let mut splits =
            point.as_ref().map_or_else(Vec::new, |point| self.splits(&node, point, &relaxation, &corners));
        if splits.is_empty() || self.complex {
            let enough = self.enough();
            let Some(mix) = problem.generate(&mut node, &corners, &mut self.known, enough) else {
                return (i128::MAX, None);
            };
            if node.least >= self.enough() {
                return (node.least, Some(Vec::new()));
            }
            let found = problem.answer_in_turn(
                Flows::from_energies(&self.mixed(&mix), KWH),
                &self.root.bounds,
                &self.root.ways,
                self.turn % problem.engines.len(),
                node.least.saturating_add(PROVEN),
            );
            self.turn += 1;
            self.keep(found);
            if node.least >= self.enough() {
                return (node.least, Some(Vec::new()));
            }
            splits = self.splits_of_mix(&node, &mix);
        } else {
            self.dive(&node, &splits);
        }
        if splits.is_empty() {
            splits.extend(self.level_split(&node, &proof.walks));
        }
        let Some((_, split)) = splits.first() else { return (node.least, None) };
        (node.least, Some(halves(&node, *split)))
    }

    /// What each device takes and gives on average in a mix, in kWh.
    fn mixed(&self, mix: &Mix) -> Vec<Vec<(f64, f64)>> {
        let mut energies = vec![vec![(0.0, 0.0); self.problem.meter.slots.len()]; self.problem.engines.len()];
        for (weight, place) in &mix.weights {
            let Some(one) = self.known.get(*place) else { continue };
            let Some(device) = energies.get_mut(one.device) else { continue };
            for (cell, flow) in device.iter_mut().zip(&one.walk.flows) {
                let energy = flow.nearest() as f64 * KWH * weight;
                if energy > 0.0 {
                    cell.0 += energy;
                } else {
                    cell.1 -= energy;
                }
            }
        }
        energies
    }

    /// Where a mix of walks is not a plan, the worst first.
    fn splits_of_mix(&self, node: &Node, mix: &Mix) -> Vec<(f64, Split)> {
        let problem = self.problem;
        let energies = self.mixed(mix);
        let mut splits = Vec::new();
        for (slot, ways) in node.ways.iter().enumerate() {
            let (taken, given) = energies
                .iter()
                .filter_map(|device| device.get(slot))
                .fold((0.0, 0.0), |(taken, given), own| (taken + own.0, given + own.1));
            let off = problem.real_cost(slot, taken, given) - mix.meter.get(slot).copied().unwrap_or(0.0);
            if *ways == Ways::BOTH && off > 1e-7 {
                splits.push((off, Split::Ways { slot }));
            }
        }
        for (device, (linear, bounds)) in problem.linear.iter().zip(&node.bounds).enumerate() {
            let own: Vec<(f64, &super::engine::Walk)> = mix
                .weights
                .iter()
                .filter_map(|(weight, place)| {
                    Some((*weight, self.known.get(*place).filter(|one| one.device == device)?))
                })
                .map(|(weight, one)| (weight, &one.walk))
                .collect();
            for (slot, may) in bounds.may.iter().enumerate() {
                let share = |wanted: i8| -> f64 {
                    own.iter()
                        .filter(|(_, walk)| walk.doing.get(slot) == Some(&wanted))
                        .map(|(weight, _)| weight)
                        .sum()
                };
                let (charging, discharging) = (share(1), share(-1));
                let (taken, given) =
                    energies.get(device).and_then(|d| d.get(slot)).copied().unwrap_or_default();
                let price = node.prices.get(slot).map_or(1.0, |p| p.0.abs().max(p.1.abs())) + 0.1;
                let both = charging > 1e-6 && discharging > 1e-6;
                for (part, energy, least, open, split) in [
                    (charging, taken, linear.least.0, may.charge, Split::Charge { device, slot }),
                    (discharging, given, linear.least.1, may.discharge, Split::Discharge { device, slot }),
                ] {
                    let settled = !(may.idle || may.charge && may.discharge);
                    let low = least > 0.0 && energy > 1e-7 && energy < least - 1e-7;
                    let fraction = part.min(1.0 - part);
                    if open && !settled && fraction > 1e-6 && (both || low || linear.counts) {
                        splits.push((fraction * price * energy.max(0.05), split));
                    }
                }
            }
            if linear.is_plain() {
                continue;
            }
            for (boundary, (lo, hi)) in bounds.lo.iter().zip(&bounds.hi).enumerate().skip(1) {
                let levels =
                    own.iter().filter_map(|(weight, walk)| Some((*weight, *walk.levels.get(boundary)?)));
                let (mut least, mut most, mut mean) = (i64::MAX, i64::MIN, 0.0);
                for (weight, level) in levels {
                    (least, most, mean) = (least.min(level), most.max(level), mean + weight * level as f64);
                }
                let level = (mean as i64).clamp(least, most.saturating_sub(1).max(least));
                let wide = (most.saturating_sub(least)) as f64 * linear.level;
                if least < most && wide > 1e-7 && level >= *lo && level < *hi {
                    // Levels are settled last: they decide less at once than what is done does.
                    splits.push((wide * 1e-6, Split::Level { device, boundary, level }));
                }
            }
        }
        splits.sort_by(|a, b| b.0.total_cmp(&a.0));
        splits
    }

    /// What each device takes and gives in kWh.
    fn energies(&self, point: &Point, relaxation: &Relaxation) -> Vec<Vec<(f64, f64)>> {
        let mut energies = vec![vec![(0.0, 0.0); relaxation.stages.len()]; self.problem.engines.len()];
        for (slot, (stage, values)) in relaxation.stages.iter().zip(&point.columns).enumerate() {
            for (column, value) in stage.columns.iter().zip(values) {
                let Some((device, stored)) = column.store else { continue };
                if let Some(cell) = energies.get_mut(device).and_then(|device| device.get_mut(slot)) {
                    if stored > 0.0 {
                        cell.0 += value;
                    } else {
                        cell.1 += value;
                    }
                }
            }
        }
        energies
    }

    /// Where a relaxation's mix is not a plan, the worst first, in pence.
    fn splits(
        &self,
        node: &Node,
        point: &Point,
        relaxation: &Relaxation,
        corners: &[Vec<Corner>],
    ) -> Vec<(f64, Split)> {
        let problem = self.problem;
        let energies = self.energies(point, relaxation);
        let mut splits = Vec::new();
        for (slot, corners) in corners.iter().enumerate() {
            let (taken, given) = energies
                .iter()
                .filter_map(|device| device.get(slot))
                .fold((0.0, 0.0), |(taken, given), own| (taken + own.0, given + own.1));
            let Some(ways) = node.ways.get(slot).copied() else { continue };
            let (Some(stage), Some(values)) = (relaxation.stages.get(slot), point.columns.get(slot)) else {
                continue;
            };
            let mixed: f64 = stage
                .columns
                .iter()
                .zip(values)
                .filter(|(c, _)| c.store.is_none())
                .map(|(c, x)| c.cost * x)
                .sum();
            if ways == Ways::BOTH {
                let base = if problem.meter.is_paired(slot) {
                    0.0
                } else {
                    hull(corners).first().map_or(0.0, |corner| corner.cost as f64 * 1e-8 * KWH)
                };
                let real = problem.real_cost(slot, taken, given);
                let off = real - mixed - base;
                if off > 1e-9 {
                    splits.push((off, Split::Ways { slot }));
                }
            }
        }
        for (device, (linear, energies)) in problem.linear.iter().zip(&energies).enumerate() {
            for (slot, (taken, given)) in energies.iter().copied().enumerate() {
                let may = node.bounds.get(device).and_then(|b| b.may.get(slot)).copied().unwrap_or(May::ALL);
                let price = point.prices.get(slot).map_or(0.0, |p| p[0].abs()) + 0.01;
                if may.charge && may.discharge && taken > 1e-7 && given > 1e-7 {
                    let stored = linear.charge.first().map_or(1.0, |c| c.1);
                    let drawn = linear.discharge.first().map_or(1.0, |c| c.1);
                    let lost = taken.min(given) * (1.0 - stored / drawn) * price;
                    if lost > 1e-9 {
                        let split = if taken < given {
                            Split::Charge { device, slot }
                        } else {
                            Split::Discharge { device, slot }
                        };
                        splits.push((lost, split));
                    }
                }
                for (energy, least, open, split) in [
                    (taken, linear.least.0, may.charge, Split::Charge { device, slot }),
                    (given, linear.least.1, may.discharge, Split::Discharge { device, slot }),
                ] {
                    if open && may.idle && energy > 1e-7 && energy < least - 1e-7 {
                        splits.push((energy.min(least - energy) * price, split));
                    }
                }
            }
        }
        splits.sort_by(|a, b| b.0.total_cmp(&a.0));
        splits
    }

    /// The boundary at which a device's bests under the prices and its part of the plan differ most.
    fn level_split(&self, node: &Node, walks: &[super::engine::Walk]) -> Option<(f64, Split)> {
        let plan = self.best.as_ref()?;
        let mut best: Option<(f64, Split)> = None;
        for (device, (priced, planned)) in walks.iter().zip(&plan.walks).enumerate() {
            let unit = self.problem.linear.get(device)?.level;
            for (boundary, (a, b)) in priced.levels.iter().zip(&planned.levels).enumerate().skip(1) {
                let bounds = node.bounds.get(device)?;
                let (lo, hi) = (*bounds.lo.get(boundary)?, *bounds.hi.get(boundary)?);
                let level = a.midpoint(*b);
                let off = (a - b).abs() as f64 * unit;
                if lo < hi
                    && level >= lo
                    && level < hi
                    && off > 1e-7
                    && best.as_ref().is_none_or(|(most, _)| off > *most)
                {
                    best = Some((off, Split::Level { device, boundary, level }));
                }
            }
        }
        best
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
            let flows = Flows::from_energies(&self.energies(&point, &relaxation), KWH);
            let found = problem.answer_in_turn(flows, &self.root.bounds, &self.root.ways, 0, i128::MIN);
            self.keep(found);
            splits = self.splits(&node, &point, &relaxation, &corners);
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

/// The two halves of a part.
fn halves(node: &Node, split: Split) -> Vec<Node> {
    let (mut first, mut second) = (node.clone(), node.clone());
    match split {
        Split::Ways { slot } => {
            if let (Some(a), Some(b)) = (first.ways.get_mut(slot), second.ways.get_mut(slot)) {
                a.export = false;
                b.import = false;
            }
        }
        Split::Charge { device, slot } | Split::Discharge { device, slot } => {
            let charging = matches!(split, Split::Charge { .. });
            let cell = |node: &mut Node, must: bool| {
                let Some(may) = node.bounds.get_mut(device).and_then(|b| b.may.get_mut(slot)) else { return };
                if must {
                    *may = May { idle: false, charge: charging, discharge: !charging };
                } else if charging {
                    may.charge = false;
                } else {
                    may.discharge = false;
                }
            };
            cell(&mut first, false);
            cell(&mut second, true);
        }
        Split::Level { device, boundary, level } => {
            if let Some(hi) = first.bounds.get_mut(device).and_then(|b| b.hi.get_mut(boundary)) {
                *hi = level;
            }
            if let Some(lo) = second.bounds.get_mut(device).and_then(|b| b.lo.get_mut(boundary)) {
                *lo = level;
            }
        }
    }
    vec![first, second]
}

impl Problem<'_> {
    /// What the meter really costs where the devices take and give so much, in p; huge where it cannot be.
    pub(super) fn real_cost(&self, slot: usize, taken: f64, given: f64) -> f64 {
        let Some(slot) = self.meter.slots.get(slot) else { return 0.0 };
        let energy = |raw: i64| raw as f64 * KWH;
        let used = if self.meter.curtailment { 0.0 } else { energy(slot.solar) };
        let net = taken - given + energy(slot.load);
        let (low, high) = (net - energy(slot.solar), net - used);
        let import = self.meter.grid_charging || taken < 1e-9;
        let export = self.meter.battery_export || given < 1e-9;
        let (most, least) = (
            if import { energy(slot.import_limit) } else { 0.0 },
            if export { -energy(slot.export_limit) } else { 0.0 },
        );
        let price = |net: f64| net * 1e-8 * if net > 0.0 { slot.import as f64 } else { slot.export as f64 };
        let (from, to) = (low.max(least - 1e-9), high.min(most + 1e-9));
        if from > to + 1e-9 {
            return 1e6;
        }
        price(from).min(price(to)).min(if from <= 0.0 && to >= 0.0 { 0.0 } else { f64::INFINITY })
    }
}
