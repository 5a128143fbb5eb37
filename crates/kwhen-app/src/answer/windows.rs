//! What `kwhen cheapest` answers.

use super::frame::{Frame, Remarks};
use kwhen::UnitRate;
use kwhen::plan::SlotPrices;
use kwhen::plan::statistics::Statistics;
use kwhen::plan::window::{Window, WindowComparison, WindowWhyNot};
use kwhen::time::Span;
use serde::Serialize;

/// What was found, and what it is to be compared with.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cheapest {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// Slots looked at.
    pub slots: usize,
    /// Slots among them that have no rate.
    pub missing_rates: Vec<Span>,
    /// The mean rate of the slots that have one.
    pub mean_minor_per_kwh: Option<UnitRate>,
    /// The worst window of the same kind: the dearest, or where the dearest is asked for the cheapest.
    #[serde(rename = "dearest")]
    pub worst: Option<Window>,
    /// Whether the dearest was asked for.
    #[serde(skip)]
    pub for_export: bool,
    /// Best first.
    pub windows: Vec<Window>,
    /// The best for each number of starts, as far as more starts are better.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frontier: Vec<Window>,
    /// The answer to --why-not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WindowWhyNot>,
    /// What the rates look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
    /// What was decided of the plan in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<WindowComparison>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
    /// What was looked for, in words.
    #[serde(skip)]
    pub asked: String,
    /// The prices that were looked at.
    #[serde(skip)]
    pub prices: SlotPrices,
}
