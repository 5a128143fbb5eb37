//! A circuit in whole numbers.

use super::linear::{Column, KWH, SHARED, Stage, in_row};
use super::meter::{FINE, Flow};
use super::settled::{Bounds, May};
use super::walk::Walk;
use std::borrow::Cow;

/// What its devices take less what they give lies between two limits in every slot, in raw units.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) members: Vec<bool>,
    pub(super) within: Vec<(i64, i64)>,
}

impl Branch {
    pub(super) fn has(&self, device: usize) -> bool {
        self.members.get(device) == Some(&true)
    }

    /// Whether no flow whatever keeps to it in some slot.
    pub(super) fn is_impossible(&self) -> bool {
        self.within.iter().any(|(least, most)| least > most)
    }

    /// What the circuit is worth under whole prices by slot, at least: price units times raw units.
    pub(super) fn value(&self, prices: &[i64]) -> Option<i128> {
        let slot = |(price, (least, most)): (&i64, &(i64, i64))| {
            let price = i128::from(*price);
            (-price * i128::from(*least)).min(-price * i128::from(*most))
        };
        prices.iter().zip(&self.within).map(slot).try_fold(0_i128, i128::checked_add)
    }

    /// Whether walks, by device, keep to it.
    pub(super) fn allows(&self, walks: &[&Walk]) -> bool {
        self.within.iter().enumerate().all(|(slot, (least, most))| {
            let mut sum = Flow::default();
            for (device, walk) in walks.iter().enumerate() {
                if self.has(device)
                    && let Some(flow) = walk.flows.get(slot)
                {
                    sum.add(*flow);
                }
            }
            sum.least >= i128::from(*least) << FINE && sum.most <= i128::from(*most) << FINE
        })
    }

    /// Its part in a stage of the relaxation, in a row of its own: what is free above the least.
    pub(super) fn add_to(&self, stage: &mut Stage, slot: usize, row: usize) {
        let Some((least, most)) = self.within.get(slot).filter(|_| row < SHARED) else { return };
        if let Some(sum) = stage.shared.get_mut(row) {
            *sum += *least as f64 * KWH;
        }
        let upper = (most - least) as f64 * KWH;
        stage.columns.push(Column { store: None, cost: 0.0, upper, meter: None, shared: in_row(row, -1.0) });
    }

    /// A device's bounds with what the others of the circuit leave it, where a bus unit is `unit` raw units.
    fn leave(&self, bounds: &mut Bounds, flows: &[Vec<Flow>], own: usize, unit: i64) {
        let up = |units: i64| units.div_euclid(unit) + i64::from(units.rem_euclid(unit) != 0);
        for (slot, (may, (least, most))) in bounds.may.iter_mut().zip(&self.within).enumerate() {
            let mut others = Flow::default();
            for (device, flow) in flows.iter().enumerate() {
                if device != own
                    && self.has(device)
                    && let Some(flow) = flow.get(slot)
                {
                    others.add(*flow);
                }
            }
            may.limit_to(least - others.floor(), most - others.ceiling(), unit, up);
        }
    }
}

impl May {
    /// What is taken less what is given lies between two limits in raw units.
    fn limit_to(&mut self, least: i64, most: i64, unit: i64, up: impl Fn(i64) -> i64) {
        if most < 0 {
            (self.idle, self.charge) = (false, false);
            self.discharge_within.0 = self.discharge_within.0.max(up(-most));
        } else {
            self.charge_within.1 = self.charge_within.1.min(most.div_euclid(unit));
        }
        if least > 0 {
            (self.idle, self.discharge) = (false, false);
            self.charge_within.0 = self.charge_within.0.max(up(least));
        } else {
            self.discharge_within.1 = self.discharge_within.1.min((-least).div_euclid(unit));
        }
    }
}

/// A device's bounds with what the others leave it on its circuits.
pub(super) fn left<'a>(
    branches: &[Branch],
    bounds: &'a Bounds,
    flows: &[Vec<Flow>],
    own: usize,
    unit: i64,
) -> Cow<'a, Bounds> {
    let mut left = Cow::Borrowed(bounds);
    for branch in branches.iter().filter(|branch| branch.has(own)) {
        branch.leave(left.to_mut(), flows, own, unit);
    }
    left
}
