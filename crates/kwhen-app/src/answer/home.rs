//! What the devices of a home are to do from now on, with what is known at the time: rates, cost so far, one plan for all devices.

use super::now::{CostSoFar, Now, Today};
use chrono::{DateTime, Utc};
use kwhen::plan::Power;
use kwhen::quantity::Currency;
use kwhen::time::{Span, instant_text};
use kwhen::{Energy, Money, UnitRate};
use serde::{Deserialize, Serialize, Serializer};

/// A home at a moment. What could not be answered is `None`, and why stands among the problems.
#[derive(Debug)]
pub struct Home {
    /// The moment.
    pub now: DateTime<Utc>,
    /// The rate that holds, the next one, and to when rates are known.
    pub rates: Option<Box<Now>>,
    /// Today's rates and tomorrow's, and what today has cost.
    pub today: Option<Box<Today>>,
    /// What this month has cost until now, where there are readings of it.
    pub month: Option<CostSoFar>,
    /// What somebody else pays back, where readings of it are named.
    pub paid_back: Option<PaidBack>,
    /// What each slot of yesterday used and cost, where there are readings of it.
    pub yesterday: Vec<SlotUsed>,
    /// What the supplier has planned to do with a car, where one is named and it was asked.
    pub dispatches: Option<DispatchesAhead>,
    /// The plan of all devices together.
    pub plan: Option<HomePlan>,
    /// What stood in the way, a sentence each.
    pub problems: Vec<String>,
}

/// When the supplier is going to have a car charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispatchesAhead {
    /// The car, by its name.
    pub device: String,
    /// The dispatches that are not over, in order and apart.
    pub planned: Vec<Span>,
    /// When they were told.
    pub told_at: DateTime<Utc>,
    /// Whether that is too long ago to go by.
    pub is_old: bool,
}

/// Whether the plans in force go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// There was none.
    First,
    /// They are kept: the best save no more than was stated.
    Keep,
    /// They are replaced by the best.
    Change,
    /// They no longer do what is asked for, so the best replace them whatever they save.
    Replace,
}

/// One plan for all devices.
#[derive(Debug)]
pub struct HomePlan {
    /// From now to where it ends.
    pub span: Span,
    /// What money is counted in.
    pub currency: Currency,
    /// To when rates are known; what follows goes by past days, or by a forecast.
    pub rates_known_to: DateTime<Utc>,
    /// What it comes to, with expected load and sun: the grid, wear and what definitions put a price on.
    pub cost_minor: Money,
    /// What is left unproven: no plan is cheaper by more than this.
    pub gap_minor: Money,
    /// Whether the plans in force go on.
    pub decision: Decision,
    /// What keeping them costs more than the best, where both are known.
    pub keeping_costs_minor: Option<Money>,
    /// What each device does.
    pub devices: Vec<DeviceAhead>,
    /// What the meter does in each slot.
    pub slots: Vec<SlotAhead>,
    /// What was noticed, a sentence each.
    pub notices: Vec<String>,
}

/// What the meter does in a slot by a plan, with expected load and sun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotAhead {
    /// When: of a slot that has begun, what is left of it.
    pub span: Span,
    /// What is imported.
    pub import_kwh: Energy,
    /// What is exported.
    pub export_kwh: Energy,
    /// What an imported kWh costs, in minor units, tax in.
    pub import_minor_per_kwh: UnitRate,
    /// What an exported kWh earns, in minor units.
    pub export_minor_per_kwh: UnitRate,
}

/// What somebody else pays back of today and of this month; none of a time of which nothing is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaidBack {
    /// Of today.
    pub today: Option<PaidBackIn>,
    /// Of this month.
    pub month: Option<PaidBackIn>,
}

/// What somebody else pays back of a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidBackIn {
    /// The time.
    pub span: Span,
    /// For how much energy.
    pub kwh: Energy,
    /// How much, in minor units.
    pub paid_minor: Money,
    /// How much of the time has no reading.
    pub missing_seconds: i64,
}

/// What a slot that is over used and cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotUsed {
    /// When.
    pub span: Span,
    /// What was imported.
    pub kwh: Energy,
    /// What it cost, in minor units, tax in and without a standing charge, not rounded.
    pub cost_minor: Money,
}

/// What a device does from now on.
#[derive(Clone, Debug)]
pub struct DeviceAhead {
    /// Its name.
    pub name: String,
    /// When it runs and how, in their order; between them it waits.
    pub blocks: Vec<Block>,
    /// What is stored, from now on at the end of every slot; empty for an appliance.
    pub levels: Vec<LevelAt>,
    /// What one more stored kWh is worth now.
    pub value_minor_per_kwh: Option<UnitRate>,
    /// The wished levels that cannot be reached in time.
    pub unreached: Vec<Unreached>,
}

/// A time in which a device runs at one power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// What it does.
    pub doing: Runs,
    /// How much is moved at the AC side.
    pub kwh: Energy,
    /// At which power, on average.
    pub kw: Power,
}

/// What a device does while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Runs {
    /// It charges.
    Charging,
    /// It discharges.
    Discharging,
    /// It goes through its programme.
    Running,
}

/// A level at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LevelAt {
    /// When.
    #[serde(serialize_with = "as_instant")]
    pub at: DateTime<Utc>,
    /// What is stored.
    pub kwh: Energy,
}

/// A level that is not reached in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// What was wished for, and by when.
    pub wished: LevelAt,
    /// What is stored then.
    pub reached_kwh: Energy,
}

fn as_instant<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}
