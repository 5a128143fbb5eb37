//! What `kwhen demo` shows.

use super::battery::BatteryPlan;
use super::bill::Input;
use super::charge::Charge;
use chrono::{DateTime, Utc};
use kwhen::UnitRate;
use kwhen::bill::Bill;
use kwhen::plan::SlotPrices;
use kwhen::plan::window::Window;
use kwhen::time::{Span, instant_text};
use serde::Serialize;

/// What the demo shows, on paper or on screen.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Demo {
    /// The instant at which the demo plays.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub now: DateTime<Utc>,
    /// From now to the end of what is published.
    pub known: Span,
    /// Last month, by day.
    pub bill: Bill,
    /// What the bill was made from.
    #[serde(skip)]
    pub input: Input,
    /// The rates of last month, for a chart.
    #[serde(skip)]
    pub month_prices: SlotPrices,
    /// The known rates.
    #[serde(skip)]
    pub prices: SlotPrices,
    /// The mean of the known rates.
    pub mean_minor_per_kwh: Option<UnitRate>,
    /// Things to run.
    pub jobs: Vec<Job>,
    /// A car's charge.
    pub charge: Charge,
    /// A battery behind the same meter, with panels on the roof.
    pub battery: BatteryPlan,
}

/// One thing to run, and its best time.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Job {
    /// Its name.
    pub name: &'static str,
    /// When it may run.
    pub allowed: Span,
    /// Its best time.
    pub window: Window,
    /// What a kWh costs when it starts at once.
    pub now_minor_per_kwh: UnitRate,
}

fn as_text<S: serde::Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}
