//! The tables of a solved battery: what to do, and what energy is worth, at every level.

use super::frame::{Frame, Remarks};
use crate::failure::Result;
use kwhen::plan::battery::{Action, Dispatch, PolicyRow, ValuePiece};
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
    /// The state of the sky (dull, mixed, bright) that the slot leads to, where the plan is for what is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sky: Option<&'static str>,
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
    /// The state of the sky (dull, mixed, bright) before the slot, where the plan is for what is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sky: Option<&'static str>,
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

impl PolicyEntry {
    /// A row of a slot's policy.
    pub(crate) fn new(slot: Span, sky: Option<&'static str>, row: &PolicyRow) -> Self {
        let (move_kwh, go_to_kwh) = match row.action {
            Action::Move(energy) => (Some(energy), None),
            Action::GoTo(level) => (None, Some(level)),
        };
        Self { slot, sky, from_kwh: row.from, to_kwh: row.to, move_kwh, go_to_kwh }
    }
}

impl ValueEntry {
    /// A stretch of a slot's value function.
    pub(crate) fn new(slot: Span, sky: Option<&'static str>, piece: &ValuePiece) -> Self {
        Self {
            slot,
            sky,
            from_kwh: piece.from,
            to_kwh: piece.to,
            cost_to_go_minor: piece.cost_to_go,
            value_minor_per_kwh: piece.value,
        }
    }
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
                policy.push(PolicyEntry::new(slot.span, None, &row));
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
            let pieces = dispatch.value_function(slot.index)?;
            value.extend(pieces.iter().map(|piece| ValueEntry::new(slot.span, None, piece)));
        }
        Ok(Self { frame, value, notices })
    }
}
