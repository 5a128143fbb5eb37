//! Circuits: a limit that several devices share, such as a sub-board, a charger's supply or one phase.

use super::answers::Flows;
use super::engine::Walk;
use super::linear::{Column, SHARED, Stage};
use super::meter::{FINE, Flow};
use super::node::{KWH, in_row};
use super::settled::{Bounds, May};
use super::{Fleet, FleetDevice};
use crate::error::{Error, Result};
use crate::names::hint;
use crate::plan::Power;
use crate::plan::battery::{Site, raw_power};
use std::borrow::Cow;

/// A limit that a group of devices shares.
#[derive(Clone, Debug)]
pub struct Circuit {
    /// What messages call it.
    pub name: String,
    /// The names of its devices.
    pub devices: Vec<String>,
    /// The most that its devices may take together, what others of them give taken off, their standby included.
    pub import_limit: Option<Power>,
    /// The most that its devices may give together.
    pub export_limit: Option<Power>,
}

impl Fleet {
    /// With circuits. An error for one without a device, without a limit, with a limit below nothing, with a device that is not there or
    /// is named twice, for two of one name, and for a device behind a hybrid inverter, whose sun would pass the circuit too.
    pub fn with_circuits(self, circuits: Vec<Circuit>) -> Result<Self> {
        let mut names = std::collections::BTreeSet::new();
        for circuit in &circuits {
            let name = &circuit.name;
            if !names.insert(name.as_str()) {
                return Err(Error::conflict(format!(
                    "two circuits are called {name}: give each a name of its own"
                )));
            }
            if circuit.devices.is_empty() {
                return Err(Error::missing(format!(
                    "circuit {name} names no device: name those that share its limit"
                )));
            }
            let limits = [circuit.import_limit, circuit.export_limit];
            if limits == [None, None] {
                return Err(Error::missing(format!(
                    "circuit {name} limits nothing: give it an import limit, an export limit or both"
                )));
            }
            if let Some(limit) = limits.into_iter().flatten().find(|limit| *limit < Power::ZERO) {
                return Err(Error::out_of_range(format!("circuit {name}: a limit may not be below nothing"))
                    .with_value(limit.to_string()));
            }
            let mut members = std::collections::BTreeSet::new();
            for device in &circuit.devices {
                if !members.insert(device.as_str()) {
                    return Err(Error::conflict(format!("circuit {name} names {device} twice")));
                }
                let Some(known) = self.devices.iter().find(|known| known.name == *device) else {
                    let all: Vec<&str> = self.devices.iter().map(|known| known.name.as_str()).collect();
                    return Err(Error::missing(format!(
                        "circuit {name} names {device}, but the devices are {}{}",
                        all.join(", "),
                        hint(device, all.iter().copied())
                    )));
                };
                if known.battery.has_hybrid_inverter() {
                    return Err(Error::unsupported(format!(
                        "circuit {name} names {device}, which is behind a hybrid inverter: a circuit's limit is for devices without one"
                    )));
                }
            }
        }
        Ok(Self { circuits, ..self })
    }
}

/// A circuit in whole numbers: what its devices take less what they give lies between two limits in every slot, in raw units.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) members: Vec<bool>,
    pub(super) within: Vec<(i64, i64)>,
}

impl Branch {
    /// `reach` is the most that a device takes and gives in a slot, in raw units: limits beyond it are cut to it.
    pub(super) fn new(
        circuit: &Circuit,
        devices: &[FleetDevice],
        site: &Site,
        reach: impl Fn(usize, usize) -> (i64, i64),
    ) -> Self {
        let members: Vec<bool> =
            devices.iter().map(|device| circuit.devices.contains(&device.name)).collect();
        let inside = || (0..devices.len()).filter(|device| members.get(*device) == Some(&true));
        let raw = |power: Power, slot: usize| {
            i64::try_from(raw_power(power, site.seconds_of(slot))).unwrap_or(i64::MAX / 64).min(i64::MAX / 64)
        };
        let within = (0..site.grid().len()).map(|slot| {
            let (mut take, mut give, mut standby) = (0_i64, 0_i64, 0_i64);
            for device in inside() {
                let (most_in, most_out) = reach(device, slot);
                (take, give) = (take.saturating_add(most_in), give.saturating_add(most_out));
                let own = devices.get(device).map_or(Power::ZERO, |device| device.battery.standby);
                standby = standby.saturating_add(raw(own, slot));
            }
            let most = circuit.import_limit.map_or(take, |limit| take.min(raw(limit, slot) - standby));
            let least = circuit.export_limit.map_or(-give, |limit| (-give).max(-raw(limit, slot) - standby));
            (least, most)
        });
        Self { within: within.collect(), members }
    }

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
    fn leave(&self, bounds: &mut Bounds, flows: &Flows, own: usize, unit: i64) {
        let up = |units: i64| units.div_euclid(unit) + i64::from(units.rem_euclid(unit) != 0);
        for (slot, (may, (least, most))) in bounds.may.iter_mut().zip(&self.within).enumerate() {
            let mut others = Flow::default();
            for (device, flow) in flows.flows.iter().enumerate() {
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
    flows: &Flows,
    own: usize,
    unit: i64,
) -> Cow<'a, Bounds> {
    let mut left = Cow::Borrowed(bounds);
    for branch in branches.iter().filter(|branch| branch.has(own)) {
        branch.leave(left.to_mut(), flows, own, unit);
    }
    left
}
