//! What `kwhen battery` answers.

use crate::failure::{Failure, Result};
use kwhen::plan::battery::{Battery, Dispatch, DispatchSlot, Doing, Site};
use kwhen::time::{Calendar, Span, TZDB_VERSION};
use kwhen::{Energy, Money, UnitRate};
use serde::Serialize;

/// Another plan beside the best.
#[derive(Debug, Serialize)]
pub(crate) struct OtherPlan {
    pub(crate) cost_minor: Money,
    pub(crate) dearer_by_minor: Money,
}

/// The plan with the names that the JSON has.
#[derive(Debug, Serialize)]
pub(crate) struct BatteryPlan {
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) time_zone: &'static str,
    pub(crate) tzdb: &'static str,
    pub(crate) objective_minor: Money,
    pub(crate) grid_minor: Money,
    pub(crate) wear_minor: Money,
    /// The price put on carbon, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) carbon_minor: Option<Money>,
    /// What falling short of soft levels costs, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shortfall_minor: Option<Money>,
    /// What counted changes cost, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changes_minor: Option<Money>,
    /// What the energy left at the end is worth, where it is worth anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_value_minor: Option<Money>,
    /// Without the battery; `None` where the connection's limits cannot be kept without it.
    pub(crate) baseline_minor: Option<Money>,
    pub(crate) saving_minor: Option<Money>,
    /// The plan of --cost-of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) other_plan: Option<OtherPlan>,
    pub(crate) charged_kwh: Energy,
    pub(crate) discharged_kwh: Energy,
    pub(crate) import_kwh: Energy,
    pub(crate) export_kwh: Energy,
    pub(crate) curtailed_kwh: Energy,
    /// What is done when, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reasons: Vec<Why>,
    pub(crate) slots: Vec<Slot>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
}

/// A run of slots in which the battery does one thing.
#[derive(Debug, Serialize)]
pub(crate) struct Why {
    #[serde(flatten)]
    pub(crate) span: Span,
    #[serde(skip)]
    pub(crate) doing: Doing,
    #[serde(skip)]
    pub(crate) energy: Energy,
    #[serde(skip)]
    pub(crate) price: Option<UnitRate>,
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Slot {
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) charge_kwh: Energy,
    pub(crate) discharge_kwh: Energy,
    pub(crate) import_kwh: Energy,
    pub(crate) export_kwh: Energy,
    pub(crate) curtailed_kwh: Energy,
    pub(crate) stored_kwh: Energy,
    pub(crate) value_minor_per_kwh: Option<UnitRate>,
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
    pub(crate) fn new(
        battery: &Battery,
        site: &Site,
        dispatch: &Dispatch,
        calendar: &Calendar,
    ) -> Result<Self> {
        let sum = |part: fn(&DispatchSlot) -> Energy| Energy::sum(dispatch.slots().iter().map(part));
        let (first, last) = (dispatch.slots().first(), dispatch.slots().last());
        let span =
            first.zip(last).map(|(first, last)| Span::new(first.span.from(), last.span.to())).transpose()?;
        let costs = dispatch.costs();
        let unless_zero = |money: Money| Some(money).filter(|money| !money.is_zero());
        Ok(Self {
            span: span.ok_or_else(|| Failure::work("there is no slot to plan for"))?,
            time_zone: calendar.name(),
            tzdb: TZDB_VERSION,
            objective_minor: dispatch.objective(),
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
            reasons: dispatch
                .explain(battery, site, calendar)
                .into_iter()
                .map(|reason| Why {
                    span: reason.span,
                    doing: reason.doing,
                    energy: reason.energy,
                    price: reason.price,
                    reason: reason.text,
                })
                .collect(),
            slots: dispatch.slots().iter().map(Slot::from).collect(),
            notices: Vec::new(),
        })
    }
}
