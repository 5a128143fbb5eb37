//! What `kwhen charge` answers.

use kwhen::Money;
use kwhen::plan::charge::{Comparison, Plan, WhyNot};
use kwhen::time::Span;
use serde::Serialize;

/// The plan and what was asked beside it.
#[derive(Debug, Serialize)]
pub(crate) struct Charge {
    /// From when on, and by when.
    #[serde(flatten)]
    pub(crate) span: Span,
    /// The clock of the band and the deadline.
    pub(crate) time_zone: &'static str,
    /// The version of the time zone tables.
    pub(crate) tzdb: &'static str,
    #[serde(flatten)]
    pub(crate) plan: Plan,
    /// What the plan saves against charging at once.
    pub(crate) saving_minor: Option<Money>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) frontier: Vec<Plan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why_not: Option<WhyNot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) comparison: Option<Comparison>,
    /// What was repaired or assumed of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
}
