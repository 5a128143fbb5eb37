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
pub(crate) struct Demo {
    /// The instant at which the demo plays.
    #[serde(serialize_with = "as_text")]
    pub(crate) now: DateTime<Utc>,
    /// From now to the end of what is published.
    pub(crate) known: Span,
    /// Last month, by day.
    pub(crate) bill: Bill,
    #[serde(skip)]
    pub(crate) input: Input,
    /// The rates of last month, for a chart.
    #[serde(skip)]
    pub(crate) month_prices: SlotPrices,
    /// The known rates.
    #[serde(skip)]
    pub(crate) prices: SlotPrices,
    /// The mean of the known rates.
    pub(crate) mean_minor_per_kwh: Option<UnitRate>,
    /// Things to run.
    pub(crate) jobs: Vec<Job>,
    /// A car's charge.
    pub(crate) charge: Charge,
    /// A battery behind the same meter, with panels on the roof.
    pub(crate) battery: BatteryPlan,
}

/// One thing to run, and its best time.
#[derive(Debug, Serialize)]
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// When it may run.
    pub(crate) allowed: Span,
    pub(crate) window: Window,
    /// What a kWh costs when it starts at once.
    pub(crate) now_minor_per_kwh: UnitRate,
}

fn as_text<S: serde::Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}
