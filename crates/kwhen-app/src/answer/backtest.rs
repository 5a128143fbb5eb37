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
    /// What it costs more a day than the plan on one forecast (negative: less), compared day by day; for the plans that roll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside_one_forecast: Option<PairedRow>,
    /// The most by which an expected value that a plan went by may be off; what is paid is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_minor: Option<Money>,
    /// Years until the battery has paid for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payback_years: Option<String>,
    /// Its costs by period.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<PeriodRow>,
}

/// A mean daily difference and the interval in which it lies 95 times in a hundred, by a bootstrap of weeks.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PairedRow {
    /// The mean.
    pub mean_minor_a_day: Money,
    /// The interval's lower end.
    pub low_minor_a_day: Money,
    /// The interval's upper end.
    pub high_minor_a_day: Money,
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
    /// Plans that each rolling strategy made.
    pub plans: usize,
    /// Best first as they are asked.
    pub strategies: Vec<StrategyRow>,
    /// Past days that the expected value and the mean of days look at, at most.
    pub past_days: usize,
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
