//! What the agent knows and must not forget. It is kept on disk whole, so that a process that is killed goes on where it was.

use crate::past::Past;
use crate::what::What;
use chrono::{DateTime, Utc};
use kwhen::plan::Power;
use kwhen::quantity::Currency;
use kwhen::time::Span;
use kwhen::{Energy, Money, UnitRate};
use kwhen_app::answer::home::{Block, DeviceAhead, HomePlan, Runs, SlotAhead};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of what is kept; an agent reads no newer one.
pub const VERSION: u32 = 1;

/// What the agent knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// In which form it is kept.
    pub version: u32,
    /// How fetching rates goes.
    #[serde(default)]
    pub rates: Fetching,
    /// How fetching readings goes.
    #[serde(default)]
    pub readings: Fetching,
    /// How fetching planned dispatches goes.
    #[serde(default)]
    pub planned_dispatches: Fetching,
    /// How fetching dispatches that were carried out goes.
    #[serde(default)]
    pub dispatches: Fetching,
    /// What was said of each device, by its word.
    #[serde(default)]
    pub devices: BTreeMap<String, Told>,
    /// The plan in force.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// The cheapest windows that have begun, by their minutes.
    #[serde(default)]
    pub windows: BTreeMap<u32, KeptWindow>,
    /// What was planned and told of yesterday and today.
    #[serde(default)]
    pub past: Past,
    /// What all of it is priced in; none where no rate was ever read.
    #[serde(default)]
    pub currency: Option<Currency>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: VERSION,
            rates: Fetching::default(),
            readings: Fetching::default(),
            planned_dispatches: Fetching::default(),
            dispatches: Fetching::default(),
            devices: BTreeMap::new(),
            plan: None,
            windows: BTreeMap::new(),
            past: Past::default(),
            currency: None,
        }
    }
}

impl State {
    /// How fetching something goes.
    #[must_use]
    pub const fn fetching(&self, what: What) -> &Fetching {
        match what {
            What::Rates => &self.rates,
            What::Readings => &self.readings,
            What::PlannedDispatches => &self.planned_dispatches,
            What::Dispatches => &self.dispatches,
        }
    }

    /// The same, to be changed.
    pub(crate) const fn fetching_mut(&mut self, what: What) -> &mut Fetching {
        match what {
            What::Rates => &mut self.rates,
            What::Readings => &mut self.readings,
            What::PlannedDispatches => &mut self.planned_dispatches,
            What::Dispatches => &mut self.dispatches,
        }
    }
}

/// How fetching something goes; instants are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetching {
    /// When it was asked for last.
    pub tried: Option<i64>,
    /// When an answer came last.
    pub came: Option<i64>,
    /// How often it was asked since then, or since something new came, without what was wanted.
    #[serde(default)]
    pub in_vain: u32,
    /// Why it does not come.
    #[serde(default)]
    pub problem: Option<String>,
}

/// What was said of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What was stored, and when that was said.
    #[serde(default)]
    pub level: Option<(Energy, i64)>,
    /// What is reckoned to be stored since then, by the plan that it follows, and when that was.
    #[serde(default)]
    pub reckoned: Option<(Energy, i64)>,
    /// What is to be stored.
    #[serde(default)]
    pub target: Option<Energy>,
    /// By when.
    #[serde(default)]
    pub by: Option<i64>,
    /// Whether it charges whatever that costs.
    #[serde(default)]
    pub charge_now: bool,
    /// Whether it neither charges nor discharges.
    #[serde(default)]
    pub hold: bool,
    /// An appliance is to run once by then.
    #[serde(default)]
    pub run_by: Option<i64>,
}

/// A plan of all devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Since when it is in force in this form.
    pub made: i64,
    /// When it ends.
    pub until: i64,
    /// To when rates were known when it was looked at last.
    pub rates_known_to: i64,
    /// What it comes to, in minor units.
    pub cost_minor: Money,
    /// What each device does, by its word.
    pub devices: BTreeMap<String, KeptDevice>,
    /// What the meter does in each slot.
    #[serde(default)]
    pub slots: Vec<KeptSlot>,
}

/// What the meter does in a slot of a plan; kept as a row of its six values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct KeptSlot {
    /// From when.
    pub from: i64,
    /// To when.
    pub to: i64,
    /// What is imported.
    pub import: Energy,
    /// What is exported.
    pub export: Energy,
    /// What an imported kWh costs, in minor units, tax in.
    pub rate: UnitRate,
    /// What an exported kWh earns, in minor units.
    pub export_rate: UnitRate,
}

type Row = (i64, i64, Energy, Energy, UnitRate, UnitRate);

impl From<Row> for KeptSlot {
    fn from((from, to, import, export, rate, export_rate): Row) -> Self {
        Self { from, to, import, export, rate, export_rate }
    }
}

impl From<KeptSlot> for Row {
    fn from(KeptSlot { from, to, import, export, rate, export_rate }: KeptSlot) -> Self {
        (from, to, import, export, rate, export_rate)
    }
}

impl From<&SlotAhead> for KeptSlot {
    fn from(slot: &SlotAhead) -> Self {
        Self {
            from: slot.span.from().timestamp(),
            to: slot.span.to().timestamp(),
            import: slot.import_kwh,
            export: slot.export_kwh,
            rate: slot.import_minor_per_kwh,
            export_rate: slot.export_minor_per_kwh,
        }
    }
}

/// What a device does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDevice {
    /// When it runs.
    pub blocks: Vec<KeptBlock>,
    /// What is stored when.
    #[serde(default)]
    pub levels: Vec<(i64, Energy)>,
    /// What one more stored kWh is worth, in minor units.
    #[serde(default)]
    pub value: Option<UnitRate>,
    /// Wishes that cannot be met, in sentences.
    #[serde(default)]
    pub unreached: Vec<String>,
}

/// A time in which a device runs at one power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBlock {
    /// From when.
    pub from: i64,
    /// To when.
    pub to: i64,
    /// What it does.
    pub doing: Runs,
    /// How much it moves.
    pub kwh: Energy,
    /// At which power.
    pub kw: Power,
}

/// A cheapest window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptWindow {
    /// From when.
    pub from: i64,
    /// To when.
    pub to: i64,
    /// What a kWh costs in it on average, in minor units.
    pub rate: UnitRate,
}

/// An instant of kept seconds.
#[must_use]
pub fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

impl KeptBlock {
    /// Whether it has begun and is not over.
    #[must_use]
    pub const fn is_at(&self, now: i64) -> bool {
        self.from <= now && now < self.to
    }

    /// As a plan has it.
    #[must_use]
    pub fn block(&self) -> Option<Block> {
        let span = Span::new(instant(self.from), instant(self.to)).ok()?;
        Some(Block { span, doing: self.doing, kwh: self.kwh, kw: self.kw })
    }
}

impl From<&Block> for KeptBlock {
    fn from(block: &Block) -> Self {
        let (from, to) = (block.span.from().timestamp(), block.span.to().timestamp());
        Self { from, to, doing: block.doing, kwh: block.kwh, kw: block.kw }
    }
}

impl From<&DeviceAhead> for KeptDevice {
    fn from(device: &DeviceAhead) -> Self {
        Self {
            blocks: device.blocks.iter().map(KeptBlock::from).collect(),
            levels: device.levels.iter().map(|level| (level.at.timestamp(), level.kwh)).collect(),
            value: device.value_minor_per_kwh,
            unreached: device.unreached.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Plan {
    /// From what was planned; `word` gives each device's word.
    #[must_use]
    pub fn of(plan: &HomePlan, made: i64, word: impl Fn(&str) -> Option<String>) -> Self {
        let devices = plan.devices.iter().filter_map(|device| Some((word(&device.name)?, device.into())));
        Self {
            made,
            until: plan.span.to().timestamp(),
            rates_known_to: plan.rates_known_to.timestamp(),
            cost_minor: plan.cost_minor,
            devices: devices.collect(),
            slots: plan.slots.iter().map(KeptSlot::from).collect(),
        }
    }

    /// What a device does.
    #[must_use]
    pub fn device(&self, id: &str) -> Option<&KeptDevice> {
        self.devices.get(id)
    }
}

impl KeptDevice {
    /// What is stored at an instant by the plan, on a straight line between the ends of slots.
    #[must_use]
    pub fn level(&self, at: i64) -> Option<Energy> {
        let after = self.levels.iter().find(|(end, _)| *end >= at)?;
        let before = self.levels.iter().rev().find(|(end, _)| *end <= at)?;
        let (from, to) = (before.1.units(), after.1.units());
        let (passed, whole) = (at - before.0, after.0 - before.0);
        if whole <= 0 {
            return Some(before.1);
        }
        let part = i128::from(to - from) * i128::from(passed) / i128::from(whole);
        Energy::from_units(from + i64::try_from(part).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_lies_on_a_line_between_the_ends_of_slots() {
        let kwh = |text: &str| text.parse::<Energy>().unwrap();
        let device = KeptDevice {
            levels: vec![(0, kwh("2")), (1_800, kwh("5")), (3_600, kwh("5"))],
            ..KeptDevice::default()
        };
        assert_eq!(device.level(600), Some(kwh("3")));
        assert_eq!(device.level(1_800), Some(kwh("5")));
        assert_eq!(device.level(2_000), Some(kwh("5")));
        assert_eq!((device.level(-1), device.level(3_601)), (None, None));
    }
}
