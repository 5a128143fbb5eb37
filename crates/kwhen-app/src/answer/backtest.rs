//! What `kwhen backtest` answers.

use super::frame::Frame;
use kwhen::plan::Power;
use kwhen::plan::backtest::SweepRow;
use kwhen::time::Span;
use kwhen::{Energy, Money};
use serde::Serialize;

/// One strategy.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StrategyRow {
    /// Its name.
    pub name: String,
    /// What it costs.
    pub cost_minor: Money,
    /// What it saves beside no battery.
    pub saving_minor: Option<Money>,
    /// The part of the best possible saving, 1 for perfect foresight.
    pub share_of_perfect: Option<String>,
    /// Years until the battery has paid for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payback_years: Option<String>,
    /// Its costs by period.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<PeriodRow>,
}

/// One strategy's cost in one period.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeriodRow {
    /// The period.
    pub label: String,
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// What it costs.
    pub cost_minor: Money,
}

/// The whole comparison.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BacktestResult {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// Local days.
    pub days: i64,
    /// Plans that the rolling strategy made.
    pub plans: usize,
    /// Best first as they are asked.
    pub strategies: Vec<StrategyRow>,
    /// Whether the years to pay back were asked for.
    #[serde(skip)]
    pub with_payback: bool,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// The best possible saving by size and by tariff.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweepDocument {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// How many days.
    pub days: i64,
    /// A row for each size and tariff.
    pub sweep: Vec<SweepEntry>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The rows as the engine has them.
    #[serde(skip)]
    pub rows: Vec<SweepRow>,
}

/// One size on one tariff.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweepEntry {
    /// The tariff.
    pub rates: String,
    /// The store's size.
    pub capacity_kwh: Energy,
    /// The power each way.
    pub kw: Power,
    /// The least cost.
    pub cost_minor: Money,
    /// Without the battery; `None` where the connection's limits cannot be kept without it.
    pub baseline_minor: Option<Money>,
    /// The difference.
    pub saving_minor: Option<Money>,
}

impl SweepDocument {
    /// From the engine's rows.
    #[must_use]
    pub fn new(frame: Frame, rows: Vec<SweepRow>, days: i64, notices: Vec<String>) -> Self {
        let entry = |row: &SweepRow| SweepEntry {
            rates: row.site.clone(),
            capacity_kwh: row.capacity,
            kw: row.power,
            cost_minor: row.cost,
            baseline_minor: row.baseline,
            saving_minor: row.saving(),
        };
        Self { frame, days, sweep: rows.iter().map(entry).collect(), notices, rows }
    }
}
