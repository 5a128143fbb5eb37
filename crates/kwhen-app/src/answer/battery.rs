//! What `kwhen battery` answers.

use super::frame::{Frame, Remarks};
use crate::failure::{Failure, Result};
use kwhen::plan::SlotPrices;
use kwhen::plan::battery::{Battery, Dispatch, DispatchSlot, Doing, Site};
use kwhen::time::{Calendar, Span};
use kwhen::{Energy, Money, UnitRate};
use serde::Serialize;

/// Another plan beside the best.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OtherPlan {
    /// What it costs.
    pub cost_minor: Money,
    /// By how much it is dearer than the best.
    pub dearer_by_minor: Money,
}

/// The plan with the names that the JSON has.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BatteryPlan {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// What the plan costs: grid, wear and whatever else has a price.
    pub cost_minor: Money,
    /// What the grid costs.
    pub grid_minor: Money,
    /// What wear costs.
    pub wear_minor: Money,
    /// The price put on carbon, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carbon_minor: Option<Money>,
    /// What falling short of soft levels costs, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_minor: Option<Money>,
    /// What counted changes cost, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes_minor: Option<Money>,
    /// What the energy left at the end is worth, where it is worth anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_value_minor: Option<Money>,
    /// Without the battery; `None` where the connection's limits cannot be kept without it.
    pub baseline_minor: Option<Money>,
    /// What the battery saves.
    pub saving_minor: Option<Money>,
    /// The plan of --cost-of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_plan: Option<OtherPlan>,
    /// Taken at the AC side.
    pub charged_kwh: Energy,
    /// Given at the AC side.
    pub discharged_kwh: Energy,
    /// Taken from the grid.
    pub import_kwh: Energy,
    /// Sent to the grid.
    pub export_kwh: Energy,
    /// Solar generation left unused.
    pub curtailed_kwh: Energy,
    /// What is done when, and why, where the reasons are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Why>,
    /// What is done when.
    #[serde(skip)]
    pub runs: Vec<Why>,
    /// What the battery is called.
    #[serde(skip)]
    pub name: String,
    /// The import rates that it was planned by.
    #[serde(skip)]
    pub prices: Option<SlotPrices>,
    /// Slot by slot.
    pub slots: Vec<Slot>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
}

/// A run of slots in which the battery does one thing.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Why {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// What is done.
    #[serde(skip)]
    pub doing: Doing,
    /// How much is moved.
    #[serde(skip)]
    pub energy: Energy,
    /// The price that decided.
    #[serde(skip)]
    pub price: Option<UnitRate>,
    /// Why, in words.
    pub reason: String,
}

/// One slot of a plan, in kWh.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Slot {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// Taken at the AC side.
    pub charge_kwh: Energy,
    /// Given at the AC side.
    pub discharge_kwh: Energy,
    /// Taken from the grid.
    pub import_kwh: Energy,
    /// Sent to the grid.
    pub export_kwh: Energy,
    /// Solar generation left unused.
    pub curtailed_kwh: Energy,
    /// In the store at the end.
    pub stored_kwh: Energy,
    /// What one more kWh in the store is worth.
    pub value_minor_per_kwh: Option<UnitRate>,
}

impl From<&DispatchSlot> for Slot {
    fn from(slot: &DispatchSlot) -> Self {
        Self {
            span: slot.span,
            charge_kwh: slot.charge,
            discharge_kwh: slot.discharge,
            import_kwh: slot.import,
            export_kwh: slot.export,
            curtailed_kwh: slot.curtailed,
            stored_kwh: slot.stored,
            value_minor_per_kwh: slot.value,
        }
    }
}

impl BatteryPlan {
    /// From a solved battery.
    ///
    /// # Errors
    /// There is no slot, or a sum is beyond its range.
    pub fn new(battery: &Battery, site: &Site, dispatch: &Dispatch, calendar: &Calendar) -> Result<Self> {
        let sum = |part: fn(&DispatchSlot) -> Energy| Energy::sum(dispatch.slots().iter().map(part));
        let (first, last) = (dispatch.slots().first(), dispatch.slots().last());
        let span =
            first.zip(last).map(|(first, last)| Span::new(first.span.from(), last.span.to())).transpose()?;
        let costs = dispatch.costs();
        let runs: Vec<Why> = dispatch
            .explain(battery, site, calendar)
            .into_iter()
            .map(|reason| Why {
                span: reason.span,
                doing: reason.doing,
                energy: reason.energy,
                price: reason.price,
                reason: reason.text,
            })
            .collect();
        let unless_zero = |money: Money| Some(money).filter(|money| !money.is_zero());
        Ok(Self {
            frame: Frame::new(
                span.ok_or_else(|| Failure::work("there is no slot to plan for"))?,
                calendar,
                site.currency(),
            ),
            cost_minor: dispatch.cost(),
            grid_minor: costs.grid,
            wear_minor: costs.wear,
            carbon_minor: unless_zero(costs.carbon),
            shortfall_minor: unless_zero(costs.shortfall),
            changes_minor: unless_zero(costs.changes),
            end_value_minor: unless_zero(costs.end_value),
            baseline_minor: dispatch.baseline(),
            saving_minor: dispatch.saving(),
            other_plan: None,
            charged_kwh: sum(|slot| slot.charge)?,
            discharged_kwh: sum(|slot| slot.discharge)?,
            import_kwh: sum(|slot| slot.import)?,
            export_kwh: sum(|slot| slot.export)?,
            curtailed_kwh: sum(|slot| slot.curtailed)?,
            reasons: runs.clone(),
            runs,
            name: String::new(),
            prices: None,
            slots: dispatch.slots().iter().map(Slot::from).collect(),
            notices: Remarks::default(),
        })
    }
}
