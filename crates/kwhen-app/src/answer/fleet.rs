//! The plan of several devices behind one meter.

use super::battery::Slot;
use super::frame::{Frame, Remarks};
use crate::failure::Result;
use kwhen::plan::battery::{Battery, Dispatch, Doing, Site};
use kwhen::plan::fleet::{AppliancePlan, ThermalPlan};
use kwhen::plan::{Power, SlotPrices};
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
    /// When each appliance runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub appliances: Vec<ApplianceRuns>,
    /// What each thermal store does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thermal: Vec<ThermalRuns>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
    /// Whether the reasons were asked for.
    #[serde(skip)]
    pub explain: bool,
    /// The import rates that it was planned by.
    #[serde(skip)]
    pub prices: SlotPrices,
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

/// When one appliance runs.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApplianceRuns {
    /// Its name.
    pub name: String,
    /// What it takes in the plan.
    pub taken_kwh: Energy,
    /// Its cycles, the earliest first.
    pub cycles: Vec<ApplianceCycle>,
    /// How many cycles are left out, since they would cost more than they are worth.
    pub left_out: u16,
    /// Slot by slot.
    pub slots: Vec<ApplianceSlot>,
    /// What a cycle at its earliest would cost at the import rates, and when that is.
    #[serde(skip)]
    pub earliest: Option<(Span, Money)>,
}

/// One cycle of an appliance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApplianceCycle {
    /// From when to when it runs; from before the plan where it ran already.
    #[serde(flatten)]
    pub span: Span,
    /// What it takes in the plan.
    pub kwh: Energy,
    /// What that costs at the import rates, wherever it comes from.
    pub at_import_rates_minor: Money,
}

/// What an appliance takes in a slot.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApplianceSlot {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// Taken.
    pub kwh: Energy,
}

impl ApplianceRuns {
    /// From a plan; the slots are those of the site's grid, as `spans` has them.
    ///
    /// # Errors
    /// A sum is beyond the range of energy or money.
    pub fn new(plan: &AppliancePlan, site: &Site, spans: &[Span]) -> Result<Self> {
        let mut slots: Vec<ApplianceSlot> =
            spans.iter().map(|span| ApplianceSlot { span: *span, kwh: Energy::ZERO }).collect();
        let mut cycles = Vec::with_capacity(plan.cycles().len());
        for cycle in plan.cycles() {
            for (slot, energy) in &cycle.slots {
                if let Some(slot) = slots.get_mut(*slot) {
                    slot.kwh = Energy::sum([slot.kwh, *energy])?;
                }
            }
            cycles.push(ApplianceCycle {
                span: cycle.span,
                kwh: cycle.energy()?,
                at_import_rates_minor: cycle.cost_at_rates(site)?,
            });
        }
        let earliest =
            plan.at_earliest().map(|cycle| Ok::<_, kwhen::Error>((cycle.span, cycle.cost_at_rates(site)?)));
        Ok(Self {
            name: plan.name().to_owned(),
            taken_kwh: Energy::sum(cycles.iter().map(|cycle| cycle.kwh))?,
            cycles,
            left_out: plan.left_out(),
            slots,
            earliest: earliest.transpose()?,
        })
    }
}

/// What one thermal store does.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThermalRuns {
    /// Its name.
    pub name: String,
    /// The electricity that it takes.
    pub taken_kwh: Energy,
    /// The heat that gives.
    pub heat_kwh: Energy,
    /// How far the true heat may be above what the plan counts on, at most.
    pub level_error_kwh: Energy,
    /// When it runs without a break, and what it takes then.
    #[serde(skip)]
    pub runs: Vec<(Span, Energy)>,
    /// Slot by slot.
    pub slots: Vec<ThermalSlot>,
}

/// What a thermal store does in a slot.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThermalSlot {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// Electricity taken.
    pub kwh: Energy,
    /// The heat that gives.
    pub heat_kwh: Energy,
    /// The heat in the store at the end of the slot.
    pub stored_kwh: Energy,
}

impl ThermalRuns {
    /// From a plan; the slots are those of `spans`.
    ///
    /// # Errors
    /// A sum is beyond the range of energy.
    pub fn new(plan: &ThermalPlan, spans: &[Span]) -> Result<Self> {
        let slots = plan.slots().iter().zip(spans).map(|(slot, span)| ThermalSlot {
            span: *span,
            kwh: slot.taken,
            heat_kwh: slot.heat,
            stored_kwh: slot.stored,
        });
        let slots: Vec<ThermalSlot> = slots.collect();
        let mut runs: Vec<(Span, Energy)> = Vec::new();
        for slot in slots.iter().filter(|slot| !slot.kwh.is_zero()) {
            match runs.last_mut() {
                Some((span, energy)) if span.to() == slot.span.from() => {
                    *energy = Energy::sum([*energy, slot.kwh])?;
                    *span = Span::new(span.from(), slot.span.to())?;
                }
                _ => runs.push((slot.span, slot.kwh)),
            }
        }
        Ok(Self {
            name: plan.name().to_owned(),
            taken_kwh: Energy::sum(slots.iter().map(|slot| slot.kwh))?,
            heat_kwh: Energy::sum(slots.iter().map(|slot| slot.heat_kwh))?,
            level_error_kwh: plan.error(),
            runs,
            slots,
        })
    }
}
