//! What is said of a home all day, to whoever listens: over MQTT a topic each, over HTTP an answer each. Prices and money are in the major
//! unit of the currency (pounds, euros), as decimals in text, digit by digit; instants are RFC 3339 in UTC.

use super::home::{Block, Decision, Home};
use chrono::{DateTime, Utc};
use kwhen::Energy;
use kwhen::plan::outlook::Level;
use kwhen::time::instant_text;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An instant, as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transparent))]
pub struct At(#[cfg_attr(feature = "schema", schemars(with = "String"))] pub DateTime<Utc>);

impl At {
    /// Of seconds since 1970.
    #[must_use]
    pub fn seconds(seconds: i64) -> Self {
        Self(DateTime::from_timestamp(seconds, 0).unwrap_or_default())
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&instant_text(self.0))
    }
}

/// On or off, as Home Assistant says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl From<bool> for Switch {
    fn from(is_on: bool) -> Self {
        if is_on { Self::On } else { Self::Off }
    }
}

/// What everything that is said goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ground {
    /// When it was looked at.
    pub at: At,
    /// To when rates were known then.
    pub rates_known_to: Option<At>,
    /// When the newest of them came into the store.
    pub rates_fetched_at: Option<At>,
}

/// What a kWh costs in a half-hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RateOf {
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
    /// What a kWh costs, tax in.
    pub rate: String,
}

/// Half-hours of one band.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BandOf {
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
    /// What they are among the half-hours of their day.
    pub band: Level,
    /// What a kWh costs in them on average.
    pub rate: String,
}

/// The rate now, the next one, and all of today and tomorrow that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rates {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// What prices are in (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Whose rates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    /// What a kWh costs now.
    pub rate: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<At>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<At>,
    /// What comes next.
    pub next_rate: Option<String>,
    /// From when.
    pub next_from: Option<At>,
    /// Until when.
    pub next_to: Option<At>,
    /// What now is among the half-hours of its day.
    pub band: Option<Level>,
    /// All of today and tomorrow that is known.
    pub rates: Vec<RateOf>,
    /// The same in bands.
    pub bands: Vec<BandOf>,
}

/// The cheapest time for a duration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowOf {
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
    /// What a kWh costs in it on average.
    pub rate: String,
    /// Whether it is now.
    pub on: Switch,
}

/// The cheapest time ahead for each duration, by `m` and its minutes; one that has begun stays until it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Windows {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// By `m` and the minutes of the duration.
    #[serde(flatten)]
    pub windows: BTreeMap<String, Option<WindowOf>>,
}

/// What today and this month have cost until now, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cost {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// What money is in (ISO 4217).
    pub currency: String,
    /// What today has cost, tax and standing charge in.
    pub today: Option<String>,
    /// For how much energy.
    pub today_kwh: Option<Energy>,
    /// From when.
    pub today_from: Option<At>,
    /// Until when.
    pub today_to: Option<At>,
    /// Minutes of it without a reading.
    pub today_missing_minutes: i64,
    /// What this month has cost, tax and standing charge in.
    pub month: Option<String>,
    /// For how much energy.
    pub month_kwh: Option<Energy>,
    /// From when.
    pub month_from: Option<At>,
    /// Until when.
    pub month_to: Option<At>,
    /// Minutes of it without a reading.
    pub month_missing_minutes: i64,
    /// What somebody else pays back for energy of today, which is not taken off what it has cost.
    pub today_paid_back: Option<String>,
    /// For how much energy.
    pub today_paid_back_kwh: Option<Energy>,
    /// What somebody else pays back for energy of this month, which is not taken off what it has cost.
    pub month_paid_back: Option<String>,
    /// For how much energy.
    pub month_paid_back_kwh: Option<Energy>,
    /// Minutes of this month without a reading of the energy that is paid back.
    pub paid_back_missing_minutes: Option<i64>,
}

/// Yesterday beside the plans that were in force: a local day, of 23 or 25 hours where the clock changes. What is compared is what was imported in
/// the half-hours for which there are both a plan and readings, without the standing charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Yesterday {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// What money is in (ISO 4217).
    pub currency: String,
    /// From midnight.
    pub from: At,
    /// To midnight.
    pub to: At,
    /// How long it was.
    pub minutes: i64,
    /// How much of it is compared; what follows is of that, and null where it is nothing.
    pub compared_minutes: i64,
    /// What the plans said would be imported.
    pub planned_kwh: Option<Energy>,
    /// What that would have cost, tax in.
    pub planned_cost: Option<String>,
    /// What was imported.
    pub kwh: Option<Energy>,
    /// What it cost, tax in.
    pub cost: Option<String>,
    /// What it cost more than planned; less where it is below zero.
    pub difference: Option<String>,
    /// What the plans said each device does, and what was told of it.
    pub devices: Vec<DeviceYesterday>,
    /// Slot by slot: half-hours, or slots of the readings where these are longer.
    pub slots: Vec<SlotYesterday>,
}

/// What the plans in force said that a device does, and what was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceYesterday {
    /// The word that stands for it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it was to take; null, as the next two, where no plan was made for it.
    pub planned_taken_kwh: Option<Energy>,
    /// What it was to give.
    pub planned_given_kwh: Option<Energy>,
    /// What it was to take at the rates of import: what of it comes from the sun costs less.
    pub planned_cost: Option<String>,
    /// How much more was stored than by the plan, over all levels that were told; less where it is below zero. Null where none could be told apart.
    pub deviation_kwh: Option<Energy>,
    /// What that was worth to the plan when it was told.
    pub deviation_worth: Option<String>,
}

/// A slot of yesterday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlotYesterday {
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
    /// What was planned to be imported; null where no plan was in force for all of it.
    pub planned_kwh: Option<Energy>,
    /// What that would have cost, tax in.
    pub planned_cost: Option<String>,
    /// What was planned to be exported.
    pub planned_export_kwh: Option<Energy>,
    /// What that would have earned.
    pub planned_export_earnings: Option<String>,
    /// What was imported; null where it was not read.
    pub kwh: Option<Energy>,
    /// What it cost, tax in.
    pub cost: Option<String>,
    /// By the word of each device that was to do something or of which something was told.
    pub devices: BTreeMap<String, DeviceSlot>,
}

/// A device in a slot of yesterday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceSlot {
    /// With what power it was to run on average, in kW; below zero where it was to give.
    pub planned_kw: String,
    /// What was stored when it was told last.
    pub level_kwh: Option<Energy>,
    /// How much more that was than by the plan.
    pub deviation_kwh: Option<Energy>,
}

/// When the supplier is going to have a car charge; the half-hours are cheap for the whole home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dispatches {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// The car, by its name; null where none is named.
    pub device: Option<String>,
    /// Whether it is to charge now.
    pub on: Switch,
    /// When it is to charge next.
    pub next_from: Option<At>,
    /// Until when.
    pub next_to: Option<At>,
    /// The planned dispatches that are not over.
    pub planned: Vec<DispatchOf>,
    /// When they were told.
    pub told_at: Option<At>,
    /// When it was asked last which dispatches were carried out.
    pub completed_fetched_at: Option<At>,
}

/// A planned dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DispatchOf {
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
}

/// How old what is known is, and what stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Data {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// How old the rates are.
    pub rates_age_minutes: Option<i64>,
    /// When readings came last.
    pub readings_fetched_at: Option<At>,
    /// Whether something stands in the way.
    pub problem: Switch,
    /// What it is, a sentence each.
    pub problems: Vec<String>,
}

/// The plan of all devices together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// Since when it is in force.
    pub made_at: Option<At>,
    /// To when it reaches.
    pub until: Option<At>,
    /// What it comes to.
    pub cost: Option<String>,
    /// What is left unproven: no plan is cheaper by more.
    pub gap: Option<String>,
    /// What was decided when it was looked at last.
    pub decision: Option<Decision>,
    /// What keeping to it costs more than the best.
    pub keeping_costs: Option<String>,
    /// What was noticed.
    pub notices: Vec<String>,
}

/// How a device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There is no plan for it.
    Unplanned,
    /// What is stored in it is not known, or was said too long ago: it is told nothing.
    LevelUnknown,
    /// It waits.
    Waiting,
    /// It charges.
    Charging,
    /// It discharges.
    Discharging,
    /// It goes through its programme.
    Running,
}

/// What is known of what a device stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stored {
    /// What was stored when it was said last.
    pub level_kwh: Option<Energy>,
    /// The same in hundredths of the whole.
    pub level_percent: Option<String>,
    /// When it was said.
    pub level_said_at: Option<At>,
    /// How long ago that is.
    pub level_age_minutes: Option<i64>,
    /// Whether that is long ago.
    pub level_is_old: bool,
    /// What is to be stored.
    pub target_kwh: Option<Energy>,
    /// By when.
    pub target_by: Option<At>,
    /// Whether it charges at any price.
    pub charge_now: Switch,
    /// Whether it neither charges nor discharges.
    pub hold: Switch,
    /// What one more stored kWh is worth now.
    pub value: Option<String>,
    /// Levels that cannot be reached in time, a sentence each.
    pub unreached: Vec<String>,
}

/// What an appliance was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Programme {
    /// Whether it is to run.
    pub run: Switch,
    /// By when.
    pub run_by: Option<At>,
}

/// What a device does, will do, and goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Device {
    /// What it goes by.
    #[serde(flatten)]
    pub ground: Ground,
    /// How it stands.
    pub status: Status,
    /// Whether it is to run; null where it is told nothing.
    pub running: Option<Switch>,
    /// With what power.
    pub power_kw: Option<String>,
    /// Until when.
    pub until: Option<At>,
    /// When it runs next.
    pub next_from: Option<At>,
    /// Until when.
    pub next_to: Option<At>,
    /// Since when its plan is in force.
    pub plan_made_at: Option<At>,
    /// When it runs from now on.
    pub blocks: Vec<Block>,
    /// What is known of what it stores; an appliance stores nothing.
    #[serde(flatten)]
    pub stored: Option<Stored>,
    /// What an appliance was told.
    #[serde(flatten)]
    pub programme: Option<Programme>,
}

/// A device with its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedDevice {
    /// The word that stands for it in topics and addresses.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it does.
    #[serde(flatten)]
    pub device: Device,
}

/// What came of something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reply {
    /// When.
    pub at: At,
    /// The device that was spoken of, by its word; null where there is no such device.
    pub device: Option<String>,
    /// Whether it is done.
    pub accepted: bool,
    /// What is done, or why it is not.
    pub message: String,
}

/// All that is said of a home at a moment, and what it was made from.
#[derive(Clone, Debug)]
pub struct Said {
    /// The home.
    pub home: Arc<Home>,
    /// The rate now, and what follows.
    pub rates: Rates,
    /// The cheapest times ahead.
    pub windows: Windows,
    /// What it has cost.
    pub cost: Cost,
    /// What the supplier is going to do with a car.
    pub dispatches: Dispatches,
    /// Yesterday beside its plans.
    pub yesterday: Yesterday,
    /// The plan of all devices.
    pub plan: Plan,
    /// How old what is known is.
    pub data: Data,
    /// What each device does.
    pub devices: Vec<NamedDevice>,
}
