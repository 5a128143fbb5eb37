//! What was planned for each half-hour by the plan that was in force then, and what was told of the devices in it: of yesterday and today.

use kwhen::time::SlotLength;
use kwhen::{Energy, Money, UnitRate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A half-hour, in seconds.
pub(crate) const HALF_HOUR: i64 = SlotLength::HALF_HOUR.seconds();

/// What was planned and told, by half-hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// To when it is written down.
    #[serde(default)]
    pub to: Option<i64>,
    /// By the instant at which a half-hour begins.
    #[serde(default)]
    pub slots: BTreeMap<i64, PastSlot>,
}

/// A half-hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PastSlot {
    /// For so many seconds of it a plan was in force.
    pub seconds: i64,
    /// What was to be imported in them.
    pub import: Energy,
    /// What that costs, in minor units.
    pub cost: Money,
    /// What was to be exported.
    #[serde(skip_serializing_if = "is_none")]
    pub export: Energy,
    /// What that earns.
    #[serde(skip_serializing_if = "is_free")]
    pub earns: Money,
    /// What devices were to do and what was told of them, by their words; of the others nothing was either.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub devices: BTreeMap<String, PastDevice>,
}

/// What a device was to do in a half-hour, and what was told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PastDevice {
    /// What it was to take.
    #[serde(skip_serializing_if = "is_none")]
    pub taken: Energy,
    /// What it was to give.
    #[serde(skip_serializing_if = "is_none")]
    pub given: Energy,
    /// What it was to take at the rate of import, in minor units.
    #[serde(skip_serializing_if = "is_free")]
    pub cost: Money,
    /// The level that was told last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Energy>,
    /// How much more was stored than by the plan, over all that was told; none where nothing could be told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Energy>,
    /// What that was worth by the plan, in minor units; none where the plan does not say what stored energy is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worth: Option<Money>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_none(energy: &Energy) -> bool {
    energy.is_zero()
}

fn is_free(money: &Money) -> bool {
    money.is_zero()
}

impl Past {
    /// Takes down a level that was told: how much more than expected it is, and what a stored kWh is worth.
    pub(crate) fn told(
        &mut self,
        id: &str,
        now: i64,
        level: Energy,
        deviation: Option<Energy>,
        value: Option<UnitRate>,
    ) {
        let slot = self.slots.entry(now - now.rem_euclid(HALF_HOUR)).or_default();
        let device = slot.devices.entry(id.to_owned()).or_default();
        device.level = Some(level);
        let Some(more) = deviation else { return };
        let worth = value.map(|value| more * value);
        let first = device.deviation.is_none();
        device.deviation = device.deviation.unwrap_or_default().checked_add(more);
        device.worth = match (device.worth, worth) {
            (Some(sum), Some(worth)) => sum.checked_add(worth),
            (None, worth) if first => worth,
            (None, _) | (_, None) => None,
        };
    }

    /// Drops what was before an instant.
    pub(crate) fn forget(&mut self, before: i64) {
        self.slots = self.slots.split_off(&(before - before.rem_euclid(HALF_HOUR)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kwh(text: &str) -> Energy {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_told_adds_up_to_more_or_less_than_planned() {
        let mut past = Past::default();
        let worth = Some("12.5".parse().unwrap());
        past.told("car", 100, kwh("20"), None, worth);
        assert_eq!(past.slots[&0].devices["car"].deviation, None);
        past.told("car", 700, kwh("21"), Some(kwh("-1.5")), worth);
        past.told("car", 900, kwh("21.5"), Some(kwh("0.5")), worth);
        let car = &past.slots[&0].devices["car"];
        assert_eq!((car.level, car.deviation), (Some(kwh("21.5")), Some(kwh("-1"))));
        assert_eq!(car.worth.unwrap().to_string(), "-12.5");
        // Where the plan does not say what it is worth, nobody makes it up.
        past.told("car", 1_000, kwh("22"), Some(kwh("1")), None);
        assert_eq!(past.slots[&0].devices["car"].worth, None);
        past.told("car", 1_100, kwh("22"), Some(kwh("1")), worth);
        assert_eq!(past.slots[&0].devices["car"].worth, None);
    }
}
