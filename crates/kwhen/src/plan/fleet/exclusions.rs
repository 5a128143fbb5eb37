//! Exclusions: devices of which no two run in one slot.

use super::turn::Turn;
use super::{Fleet, FleetDevice};
use crate::error::{Error, Result};

/// Devices of which no two run (charge, discharge or go through a programme) in one slot.
#[derive(Clone, Debug)]
pub struct Exclusion {
    /// Their names.
    pub devices: Vec<String>,
}

impl Fleet {
    /// With exclusions. An error for one of fewer than two devices, with a device that is not there or is named twice, and for a device
    /// behind a hybrid inverter, whose sun would pass while it rests.
    pub fn exclusions(self, exclusions: Vec<Exclusion>) -> Result<Self> {
        for exclusion in &exclusions {
            let named = exclusion.devices.join(", ");
            if exclusion.devices.len() < 2 {
                return Err(Error::missing(format!(
                    "an exclusion names {}: it needs two devices or more",
                    if named.is_empty() { "no device" } else { &named }
                )));
            }
            self.expect_members(&exclusion.devices, &format!("the exclusion of {named}"))?;
        }
        Ok(Self { exclusions, ..self })
    }

    /// An error for a name that is no device's, for one named twice, and for a device behind a hybrid inverter.
    pub(super) fn expect_members(&self, devices: &[String], what: &str) -> Result<()> {
        let all: Vec<&str> = self.names().collect();
        let mut members = std::collections::BTreeSet::new();
        for device in devices {
            if !members.insert(device.as_str()) {
                return Err(Error::conflict(format!("{what} names {device} twice")));
            }
            if !all.contains(&device.as_str()) {
                return Err(Error::missing(format!(
                    "{what} names {device}, but the devices are {}{}",
                    all.join(", "),
                    crate::names::hint(device, all.iter().copied())
                )));
            }
            let is_hybrid = |known: &FleetDevice| known.battery.has_hybrid_inverter();
            if self.devices.iter().any(|known| known.name == *device && is_hybrid(known)) {
                return Err(Error::unsupported(format!(
                    "{what} names {device}, which is behind a hybrid inverter: that is for devices without one"
                )));
            }
        }
        Ok(())
    }

    /// The exclusions in numbers. `reach` is the most that a device takes and gives in a slot, in raw units.
    pub(super) fn turns(&self, slots: usize, reach: impl Fn(usize, usize) -> (i64, i64)) -> Vec<Turn> {
        let turn = |exclusion: &Exclusion| {
            let shares = self.names().enumerate().map(|(device, name)| {
                let is_member = exclusion.devices.iter().any(|member| member == name);
                is_member.then(|| {
                    let most = |slot: usize| {
                        let (take, give) = reach(device, slot);
                        take.max(give)
                    };
                    (0..slots).map(most).collect()
                })
            });
            Turn { reach: shares.collect() }
        };
        self.exclusions.iter().map(turn).collect()
    }
}
