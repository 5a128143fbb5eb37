//! What `kwhen backtest` answers.

use kwhen::Money;
use kwhen::time::Span;
use serde::Serialize;

/// One strategy.
#[derive(Debug, Serialize)]
pub(crate) struct StrategyRow {
    pub(crate) name: String,
    pub(crate) cost_minor: Money,
    pub(crate) saving_minor: Option<Money>,
    /// The part of the best possible saving, 1 for perfect foresight.
    pub(crate) share_of_perfect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payback_years: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) periods: Vec<PeriodRow>,
}

/// One strategy's cost in one period.
#[derive(Debug, Serialize)]
pub(crate) struct PeriodRow {
    pub(crate) label: String,
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) cost_minor: Money,
}

/// The whole comparison.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) time_zone: &'static str,
    pub(crate) tzdb: &'static str,
    pub(crate) days: i64,
    pub(crate) plans: usize,
    pub(crate) strategies: Vec<StrategyRow>,
    #[serde(skip)]
    pub(crate) span: Span,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
}
