//! The tables of a solved battery: what to do, and what energy is worth, at every level.

use super::frame::{Frame, Remarks};
use crate::failure::Result;
use kwhen::plan::battery::{Action, Dispatch};
use kwhen::time::Span;
use kwhen::{Energy, Money, UnitRate};
use serde::Serialize;

/// What to do in a slot between two levels.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyEntry {
    #[serde(flatten)]
    /// The slot.
    pub slot: Span,
    /// From this level.
    pub from_kwh: Energy,
    /// To this level.
    pub to_kwh: Energy,
    /// Store so much (draw, where negative), whatever the level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub move_kwh: Option<Energy>,
    /// Bring the store to this level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub go_to_kwh: Option<Energy>,
}

/// What a stored kWh is worth at the start of a slot between two levels.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValueEntry {
    #[serde(flatten)]
    /// The slot.
    pub slot: Span,
    /// From this level.
    pub from_kwh: Energy,
    /// To this level.
    pub to_kwh: Energy,
    /// The least cost from the start of the slot to the end, at the lower level.
    pub cost_to_go_minor: Money,
    /// What one more stored kWh saves.
    pub value_minor_per_kwh: UnitRate,
}

/// The best action at every level of every slot.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyDocument {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// Slot by slot.
    pub policy: Vec<PolicyEntry>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
}

/// What one more stored kWh is worth at every level, at the start of every slot.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValueDocument {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// Slot by slot.
    pub value: Vec<ValueEntry>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
}

impl PolicyDocument {
    /// Of a solved battery.
    ///
    /// # Errors
    /// The dispatch keeps no functions.
    pub fn new(frame: Frame, dispatch: &Dispatch, notices: Remarks) -> Result<Self> {
        let mut policy = Vec::new();
        for slot in dispatch.grid().slots() {
            for row in dispatch.policy(slot.index)? {
                let (move_kwh, go_to_kwh) = match row.action {
                    Action::Move(energy) => (Some(energy), None),
                    Action::GoTo(level) => (None, Some(level)),
                };
                policy.push(PolicyEntry {
                    slot: slot.span,
                    from_kwh: row.from,
                    to_kwh: row.to,
                    move_kwh,
                    go_to_kwh,
                });
            }
        }
        Ok(Self { frame, policy, notices })
    }
}

impl ValueDocument {
    /// Of a solved battery.
    ///
    /// # Errors
    /// The dispatch keeps no functions.
    pub fn new(frame: Frame, dispatch: &Dispatch, notices: Remarks) -> Result<Self> {
        let mut value = Vec::new();
        for slot in dispatch.grid().slots() {
            value.extend(dispatch.value_function(slot.index)?.into_iter().map(|piece| ValueEntry {
                slot: slot.span,
                from_kwh: piece.from,
                to_kwh: piece.to,
                cost_to_go_minor: piece.cost_to_go,
                value_minor_per_kwh: piece.value,
            }));
        }
        Ok(Self { frame, value, notices })
    }
}
