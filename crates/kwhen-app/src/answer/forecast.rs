//! Forecasts beside what came.

use super::backtest::ForecastRow;
use super::frame::Frame;
use serde::Serialize;

/// How good forecasts would have been, each made with what was known then.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Forecasts {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// Local days.
    pub days: i64,
    /// Past days that were looked at, at most.
    pub past_days: usize,
    /// Load, sun and unpublished rates, each by every forecast that there could be of it.
    pub forecasts: Vec<ForecastRow>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}
