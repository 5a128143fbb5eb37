//! What `kwhen cheapest` answers.

use kwhen::UnitRate;
use kwhen::plan::statistics::Statistics;
use kwhen::plan::window::{Comparison, WhyNot, Window};
use kwhen::time::Span;
use serde::Serialize;

/// What was found, and what it is to be compared with.
#[derive(Debug, Serialize)]
pub(crate) struct Cheapest {
    /// When rates were looked at.
    #[serde(flatten)]
    pub(crate) span: Span,
    /// The clock of the band.
    pub(crate) time_zone: &'static str,
    /// The version of the time zone tables.
    pub(crate) tzdb: &'static str,
    /// Slots looked at.
    pub(crate) slots: usize,
    /// Slots among them that have no rate.
    pub(crate) missing_rates: Vec<Span>,
    /// The mean rate of the slots that have one.
    pub(crate) mean_minor_per_kwh: Option<UnitRate>,
    /// The worst window of the same kind: the dearest, or where the dearest is asked for the cheapest.
    #[serde(rename = "dearest")]
    pub(crate) worst: Option<Window>,
    /// Whether the dearest was asked for.
    #[serde(skip)]
    pub(crate) for_export: bool,
    /// Best first.
    pub(crate) windows: Vec<Window>,
    /// The best for each number of starts, as far as more starts are better.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) frontier: Vec<Window>,
    /// The answer to --why-not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why_not: Option<WhyNot>,
    /// What the rates look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statistics: Option<Statistics>,
    /// What was decided of the plan in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) comparison: Option<Comparison>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
}
