//! An exclusion in numbers.

use super::linear::{Column, KWH, SHARED, Stage, in_row};
use super::meter::Flow;
use super::settled::Bounds;
use super::walk::Walk;

/// An exclusion: by device the most that it takes or gives in each slot in raw units, where it is of it.
///
/// In each slot the members' flows as shares of that come to no more than one: that is linear, and has a price.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) reach: Vec<Option<Vec<i64>>>,
}

impl Turn {
    pub(super) fn has(&self, device: usize) -> bool {
        self.reach.get(device).is_some_and(Option::is_some)
    }

    /// The most that a member takes or gives in a slot, in raw units; nothing for others.
    pub(super) fn reach(&self, device: usize, slot: usize) -> i64 {
        self.reach
            .get(device)
            .and_then(Option::as_ref)
            .and_then(|reach| reach.get(slot))
            .copied()
            .unwrap_or(0)
    }

    /// What a kWh of a member is of its turn in a slot.
    pub(super) fn share(&self, device: usize, slot: usize) -> f64 {
        let reach = self.reach(device, slot) as f64 * KWH;
        if reach > 0.0 { 1.0 / reach } else { 0.0 }
    }

    /// Whether walks, by device, keep to it.
    pub(super) fn allows(&self, walks: &[&Walk]) -> bool {
        let slots = walks.first().map_or(0, |walk| walk.doing.len());
        (0..slots).all(|slot| {
            let running = walks.iter().enumerate().filter(|(device, walk)| {
                self.has(*device) && walk.doing.get(slot).is_some_and(|doing| *doing != 0)
            });
            running.count() < 2
        })
    }

    /// Its part in a stage of the relaxation, in a row of its own: what is free of the turn.
    pub(super) fn add_to(stage: &mut Stage, row: usize) {
        if row < SHARED {
            let shared = in_row(row, -1.0);
            stage.columns.push(Column { store: None, cost: 0.0, upper: 1.0, meter: None, shared });
        }
    }

    /// A device's bounds with what the others leave it: rest where one of them has answered that it runs, and where one that has not
    /// answered yet has the larger share.
    pub(super) fn leave(
        &self,
        bounds: &mut Bounds,
        own: usize,
        flows: &[Vec<Flow>],
        doing: &[Vec<i8>],
        answered: impl Fn(usize) -> bool,
    ) {
        let share = |device: usize, slot: usize| {
            let flow = flows.get(device).and_then(|flows| flows.get(slot)).map_or(0, |flow| flow.nearest());
            flow.abs() as f64 * KWH * self.share(device, slot)
        };
        for (slot, may) in bounds.may.iter_mut().enumerate() {
            let others = (0..self.reach.len()).filter(|device| *device != own && self.has(*device));
            let taken = others.into_iter().any(|device| {
                let runs =
                    doing.get(device).and_then(|doing| doing.get(slot)).is_some_and(|doing| *doing != 0);
                runs && (answered(device) || share(device, slot) > share(own, slot).max(0.5))
            });
            if taken {
                (may.charge, may.discharge) = (false, false);
            }
        }
    }
}
