//! The plan of several devices behind one meter.

use super::battery::Slot;
use super::frame::{Frame, Remarks};
use crate::failure::Result;
use kwhen::plan::Power;
use kwhen::plan::battery::{Battery, Dispatch, Doing, Site};
use kwhen::time::{Calendar, Span};
use kwhen::{Energy, Money};
use serde::Serialize;

/// The plan of all devices.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetPlan {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// What the plan costs.
    pub cost_minor: Money,
    /// No plan costs less.
    pub bound_minor: Money,
    /// What is left unproven.
    pub gap_minor: Money,
    /// Whether no plan can be cheaper by as much as a digit that is shown.
    pub proven: bool,
    /// With none of the devices; `None` where the connection's limits cannot be kept so.
    pub baseline_minor: Option<Money>,
    /// Where the peak has a price: the import that no slot passes, or the peak so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_kw: Option<Power>,
    /// What each does.
    pub devices: Vec<DevicePlan>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
    /// Whether the reasons were asked for.
    #[serde(skip)]
    pub explain: bool,
}

/// What one device does.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DevicePlan {
    /// Its name.
    pub name: String,
    /// What it takes at the AC side.
    pub charged_kwh: Energy,
    /// What it gives at the AC side.
    pub discharged_kwh: Energy,
    #[serde(skip)]
    /// What it does when.
    pub runs: Vec<Run>,
    /// Slot by slot.
    pub slots: Vec<DeviceSlot>,
}

/// What one device does in a slot; the meter is shared.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceSlot {
    #[serde(flatten)]
    /// When.
    pub span: Span,
    /// Taken.
    pub charge_kwh: Energy,
    /// Given.
    pub discharge_kwh: Energy,
    /// In the store at the end of the slot.
    pub stored_kwh: Energy,
}

/// A run of slots in which a device does one thing, and why.
#[derive(Debug)]
pub struct Run {
    /// When.
    pub span: Span,
    /// What it does.
    pub doing: Doing,
    /// How much.
    pub energy: Energy,
    /// Why.
    pub reason: String,
}

impl DevicePlan {
    /// From a solved device.
    ///
    /// # Errors
    /// A sum is beyond the range of energy.
    pub fn new(
        name: String,
        battery: &Battery,
        site: &Site,
        dispatch: &Dispatch,
        calendar: &Calendar,
    ) -> Result<Self> {
        let slots: Vec<Slot> = dispatch.slots().iter().map(Slot::from).collect();
        Ok(Self {
            name,
            charged_kwh: Energy::sum(slots.iter().map(|slot| slot.charge_kwh))?,
            discharged_kwh: Energy::sum(slots.iter().map(|slot| slot.discharge_kwh))?,
            runs: dispatch
                .explain(battery, site, calendar)
                .into_iter()
                .map(|why| Run { span: why.span, doing: why.doing, energy: why.energy, reason: why.text })
                .collect(),
            slots: slots
                .into_iter()
                .map(|slot| DeviceSlot {
                    span: slot.span,
                    charge_kwh: slot.charge_kwh,
                    discharge_kwh: slot.discharge_kwh,
                    stored_kwh: slot.stored_kwh,
                })
                .collect(),
        })
    }
}
