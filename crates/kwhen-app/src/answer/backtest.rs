//! What `kwhen backtest` answers.

use super::frame::Frame;
use kwhen::plan::Power;
use kwhen::plan::backtest::{Forecasted, Measured, Quality, SweepRow};
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

/// What was forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Load, in kWh a slot.
    Load,
    /// Solar generation, in kWh a slot.
    Solar,
    /// Import rates that were not published, in minor units a kWh.
    Rates,
}

/// How good a forecast was: in kWh a slot, or in minor units a kWh.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ForecastRow {
    /// What was forecast.
    pub quantity: Quantity,
    /// By whom: yesterday, last week, mean of days, past days.
    pub name: String,
    /// Over all slots.
    #[serde(flatten)]
    pub all: QualityRow,
    /// By the hour of the local day, from 0.
    pub by_hour: Vec<QualityRow>,
}

/// How good a forecast was over some slots.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QualityRow {
    /// How many slots were forecast.
    pub slots: usize,
    /// The mean of how far off it was.
    pub mean_absolute_error: String,
    /// The mean pinball loss at 10, 50 and 90 hundredths.
    pub pinball_loss: String,
    /// The part of the slots between the 10th and the 90th hundredth: 0.8 would be right; of past days alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<String>,
}

impl From<&Quality> for QualityRow {
    fn from(quality: &Quality) -> Self {
        // Energies and rates are counted alike, in 10⁻⁸.
        let decimal =
            |units: i64| Energy::from_units(units).map_or_else(|_| String::new(), |value| value.to_string());
        Self {
            slots: quality.slots,
            mean_absolute_error: decimal(quality.mean_absolute_error),
            pinball_loss: decimal(quality.pinball_loss),
            coverage: quality.coverage.map(|part| format!("{}.{:05}", part / 100_000, part % 100_000)),
        }
    }
}

impl From<&Measured> for ForecastRow {
    fn from(measured: &Measured) -> Self {
        Self {
            quantity: match measured.what {
                Forecasted::Load => Quantity::Load,
                Forecasted::Solar => Quantity::Solar,
                Forecasted::Rates => Quantity::Rates,
            },
            name: measured.name.to_owned(),
            all: QualityRow::from(&measured.all),
            by_hour: measured.by_hour.iter().map(QualityRow::from).collect(),
        }
    }
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
    /// How good forecasts of load, sun and rates that were not published were, each made with what was known then.
    pub forecasts: Vec<ForecastRow>,
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
