//! A dive through the devices: one after the other is held to a walk of the mix, and the others are mixed anew beside it.
//!
//! Answers in turn meet a mix that no single plan may give, where limits are tight. Beside whole walks the rest is asked for what
//! there really is room for.

use super::answers::{Flows, Plan};
use super::columns::{Known, Mix};
use super::engine::Engine;
use super::linear::KWH;
use super::meter::Corner;
use super::node::{Node, Problem};
use super::prices::Prices;
use super::settled::{Bounds, May};
use super::walk::{Linear, Walk};

/// Mixes that a dive may make anew.
const MIXES: usize = 24;

/// Walks of one device that are tried.
const WALKS: usize = 3;

/// What a mix may leave unmet, in kWh, and still be one.
pub(super) const UNMET: f64 = 1e-5;

impl Bounds {
    /// Held to one walk.
    fn held_to(&self, walk: &Walk) -> Self {
        let may = self.may.iter().zip(&walk.doing).map(|(may, doing)| May {
            idle: *doing == 0,
            charge: *doing > 0,
            discharge: *doing < 0,
            ..*may
        });
        Self { may: may.collect(), lo: walk.levels.clone(), hi: walk.levels.clone(), ..*self }
    }
}

/// What a dive has found, and how many mixes it may still make.
struct Dive<'a> {
    known: &'a mut Vec<Known>,
    left: usize,
    go_on: &'a mut dyn FnMut() -> bool,
    best: Option<Plan>,
}

impl Problem<'_> {
    /// Whether it is proven that a part holds no plan: under some prices, with no costs at all, its devices and the meter would have to be
    /// paid.
    pub(super) fn has_no_room(
        &self,
        node: &Node,
        corners: &[Vec<Corner>],
        known: &[Known],
        go_on: &mut dyn FnMut() -> bool,
    ) -> bool {
        let slots = corners.len();
        let prices = Prices {
            meter: vec![(0.0, 0.0); slots],
            circuits: vec![vec![0.0; slots]; self.branches.len()],
            turns: vec![vec![0.0; slots]; self.turns.len()],
        };
        let mut room = Node { room: true, least: i128::MIN, prices, ..node.clone() };
        // Walks that cost nothing are not for the mixes of costs.
        let mut known = known.to_vec();
        self.generate(&mut room, corners, &mut known, 1, go_on).is_none() || room.least > 0
    }

    /// The best plan that a dive from a part's mix meets; none where it meets none.
    pub(super) fn hold_in_turn(
        &self,
        node: &Node,
        mix: &Mix,
        known: &mut Vec<Known>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Plan> {
        let mut dive = Dive { known, left: MIXES, go_on, best: None };
        self.hold_next(node, mix, &mut vec![false; self.engines.len()], &mut dive);
        dive.best
    }

    /// Holds the device that is nearest to one walk to that walk, and goes on with the others; then to its other walks, as long as
    /// there is no plan.
    fn hold_next(&self, node: &Node, mix: &Mix, held: &mut Vec<bool>, dive: &mut Dive<'_>) {
        let flows = Flows::from_energies(&self.mixed(dive.known, mix), KWH);
        let free: Vec<usize> = (0..held.len()).filter(|device| held.get(*device) == Some(&false)).collect();
        for first in &free {
            let root = self.root();
            let mut go_on = |_: Option<i128>| (dive.go_on)();
            for bounds in [&node.bounds, &root.bounds] {
                let found = self.answer_in_turn(flows.clone(), bounds, *first, i128::MIN, &mut go_on);
                if let Ok(Some(plan)) = found
                    && dive.best.as_ref().is_none_or(|best| plan.cost < best.cost)
                {
                    dive.best = Some(plan);
                }
            }
        }
        if free.len() < 2 || dive.best.is_some() {
            return;
        }
        let mut weights: Vec<(f64, usize, usize)> = mix
            .weights
            .iter()
            .filter_map(|(weight, place)| Some((*weight, dive.known.get(*place)?.device, *place)))
            .filter(|(_, device, _)| free.contains(device))
            .collect();
        weights.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some(device) = weights.first().map(|(_, device, _)| *device) else { return };
        let places: Vec<usize> =
            weights.iter().filter(|one| one.1 == device).map(|one| one.2).take(WALKS).collect();
        for place in places {
            if dive.left == 0 || dive.best.is_some() || !(dive.go_on)() {
                return;
            }
            dive.left -= 1;
            let mut next = node.clone();
            let (Some(known), Some(bounds)) = (dive.known.get(place), next.bounds.get_mut(device)) else {
                continue;
            };
            *bounds = bounds.held_to(&known.walk);
            let corners: Vec<Vec<Corner>> =
                (0..self.meter.slots.len()).map(|index| self.corners(&next, index)).collect();
            if corners.iter().any(Vec::is_empty) {
                continue;
            }
            let mixed = self.generate(&mut next, &corners, dive.known, i128::MAX, dive.go_on);
            let Some(mixed) = mixed.filter(|mix| mix.unmet < UNMET) else { continue };
            if let Some(cell) = held.get_mut(device) {
                *cell = true;
            }
            self.hold_next(&next, &mixed, held, dive);
            if let Some(cell) = held.get_mut(device) {
                *cell = false;
            }
        }
    }

    /// A part's bounds with every level within so many kWh of a mix's mean, and every device doing what it does there.
    pub(super) fn near_mean(&self, node: &Node, known: &[Known], mix: &Mix, within: f64) -> Vec<Bounds> {
        let near = |(device, (linear, bounds)): (usize, (&Linear, &Bounds))| {
            let own = mix.of_device(known, device);
            let whole: f64 = own.iter().map(|(weight, _)| weight).sum();
            let mut bounds = bounds.clone();
            let room = (within / linear.level) as i64 + 1;
            for (boundary, (lo, hi)) in bounds.lo.iter_mut().zip(&mut bounds.hi).enumerate().skip(1) {
                let level = |(weight, walk): &(f64, &Walk)| Some(weight * *walk.levels.get(boundary)? as f64);
                let mean = (own.iter().filter_map(level).sum::<f64>() / whole) as i64;
                *lo = (*lo).max(mean.saturating_sub(room)).min(*hi);
                *hi = (*hi).min(mean.saturating_add(room)).max(*lo);
            }
            for (slot, may) in bounds.may.iter_mut().enumerate() {
                let share = |wanted: i8| -> f64 {
                    let own = own.iter().filter(|(_, walk)| walk.doing.get(slot) == Some(&wanted));
                    own.map(|(weight, _)| weight / whole).sum()
                };
                let moved = own.iter().filter_map(|(weight, walk)| Some(weight * walk.moved.get(slot)?));
                let moved = moved.sum::<f64>() / whole;
                // Where changes are counted a run may stand at no power.
                let rests = if linear.counts { share(0) >= 0.5 } else { moved.abs() < 1e-7 };
                let doing = if linear.counts { share(1) - share(-1) } else { moved };
                if rests && may.idle {
                    (may.charge, may.discharge) = (false, false);
                } else if !rests {
                    (may.charge, may.discharge) = (may.charge && doing > 0.0, may.discharge && doing < 0.0);
                }
            }
            bounds
        };
        self.linear.iter().zip(&node.bounds).enumerate().map(near).collect()
    }

    /// The devices' bests under a part's prices within bounds; `None` where one has none.
    pub(super) fn walks_within(&self, node: &Node, bounds: &[Bounds]) -> Option<Vec<Walk>> {
        let prices: Vec<(i64, i64)> = node
            .prices
            .meter
            .iter()
            .map(|(taken, given)| (self.whole_price(*taken), self.whole_price(*given)))
            .collect();
        let best = |((engine, linear), bounds): ((&Engine, &Linear), &Bounds)| {
            engine.under_prices(bounds, &linear.own_prices(&prices), self.site, node.room).ok()
        };
        self.engines.iter().zip(&self.linear).zip(bounds).map(best).collect()
    }
}
