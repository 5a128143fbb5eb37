//! Circuits: a limit that several devices share, such as a sub-board, a charger's supply or one phase.

use super::Fleet;
use super::branch::Branch;
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::plan::battery::{Site, raw_power};

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
    pub fn circuits(self, circuits: Vec<Circuit>) -> Result<Self> {
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
            self.expect_members(&circuit.devices, &format!("circuit {name}"))?;
        }
        Ok(Self { circuits, ..self })
    }
}

impl Fleet {
    /// A circuit in whole numbers. `reach` is the most that a device takes and gives in a slot, in raw units: limits beyond it are cut to it.
    pub(super) fn branch(
        &self,
        circuit: &Circuit,
        site: &Site,
        reach: impl Fn(usize, usize) -> (i64, i64),
    ) -> Branch {
        let devices = &self.devices;
        let members: Vec<bool> =
            self.names().map(|name| circuit.devices.iter().any(|member| member == name)).collect();
        let inside = || (0..members.len()).filter(|device| members.get(*device) == Some(&true));
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
        Branch { within: within.collect(), members }
    }
}
