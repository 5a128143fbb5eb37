//! What `kwhen charge` answers.

use super::frame::{Frame, Remarks};
use kwhen::Money;
use kwhen::plan::SlotPrices;
use kwhen::plan::charge::{ChargeComparison, ChargePlan, ChargeWhyNot};
use serde::Serialize;

/// The plan and what was asked beside it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Charge {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// The plan.
    #[serde(flatten)]
    pub plan: ChargePlan,
    /// What the plan saves against charging at once.
    pub saving_minor: Option<Money>,
    /// The best for each number of starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frontier: Vec<ChargePlan>,
    /// Why it does not draw at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<ChargeWhyNot>,
    /// What was decided of the plan in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ChargeComparison>,
    /// What was repaired or assumed of the input.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
    /// The prices that it was planned by.
    #[serde(skip)]
    pub prices: SlotPrices,
}

impl Charge {
    /// Why this is not all that was asked for, where something is missing or nothing is drawn.
    #[must_use]
    pub fn unmet(&self) -> Option<String> {
        match &self.plan.reason {
            Some(reason) => Some(format!("not all of it: {reason}")),
            None if self.plan.blocks.is_empty() => {
                Some("nothing is charged: what was asked for is there already".to_owned())
            }
            None => None,
        }
    }
}
