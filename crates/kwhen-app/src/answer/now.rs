//! What `kwhen now` and `kwhen today` answer.

use super::frame::{Frame, Remarks};
use chrono::{DateTime, Utc};
use kwhen::plan::SlotPrices;
use kwhen::plan::outlook::{Outlook, RateBand};
use kwhen::plan::statistics::RateAt;
use kwhen::plan::window::Window;
use kwhen::time::{Span, instant_text};
use kwhen::{Energy, Money, UnitRate};
use serde::{Serialize, Serializer};

/// Whose rates are looked at, from when, and how old they are.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Looked {
    /// The moment that is looked from.
    #[serde(serialize_with = "as_instant")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub now: DateTime<Utc>,
    /// The tariff, or the file of its rates.
    pub tariff: String,
    /// When the newest of the rates came into the store; null for those of a file.
    #[serde(serialize_with = "as_instant_if_any")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub fetched_at: Option<DateTime<Utc>>,
}

fn as_instant<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}

fn as_instant_if_any<S: Serializer>(
    instant: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    instant.map(instant_text).serialize(serializer)
}

/// The rate now, and what lies ahead.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Now {
    /// From now to where the rates end, or tomorrow does; by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// Whose rates, and how old they are.
    #[serde(flatten)]
    pub looked: Looked,
    /// What holds, what comes next, and to when it is known.
    #[serde(flatten)]
    pub outlook: Outlook,
    /// The cheapest time ahead for each duration that has room.
    pub windows: Vec<Window>,
    /// What the plan in force does now, where there is one.
    pub plan: Option<PlanNow>,
    /// What was noticed.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
    /// The rates ahead.
    #[serde(skip)]
    pub prices: SlotPrices,
}

/// What a plan in force does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlanNow {
    /// The block that runs.
    pub running: Option<Span>,
    /// The block that comes next.
    pub next: Option<Span>,
}

impl PlanNow {
    /// Of a plan's blocks.
    #[must_use]
    pub fn at(now: DateTime<Utc>, blocks: &[Span]) -> Self {
        Self {
            running: blocks.iter().copied().find(|block| block.contains(now)),
            next: blocks.iter().copied().filter(|block| block.from() > now).min(),
        }
    }
}

/// The rates of today and, as far as they are known, of tomorrow.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Today {
    /// The days that are shown; by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// Whose rates, and how old they are.
    #[serde(flatten)]
    pub looked: Looked,
    /// Today, and tomorrow where a rate of it is known.
    pub days: Vec<Day>,
    /// What today has cost until now, where there are readings of it.
    pub cost_so_far: Option<CostSoFar>,
    /// What was noticed.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
}

/// One local day.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Day {
    /// From midnight to midnight.
    #[serde(flatten)]
    pub span: Span,
    /// The parts of it without a rate.
    pub missing_rates: Vec<Span>,
    /// The mean of the rates that are known.
    pub mean_minor_per_kwh: Option<UnitRate>,
    /// The cheapest slot, the first of equal ones.
    pub cheapest: Option<RateAt>,
    /// The dearest slot, the first of equal ones.
    pub dearest: Option<RateAt>,
    /// Its slots in bands, each among the day's own.
    pub bands: Vec<RateBand>,
    /// The cheapest time for each duration that has room: of today, from now on.
    pub windows: Vec<Window>,
    /// Its rates.
    #[serde(skip)]
    pub prices: SlotPrices,
}

/// What a day has cost until now.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CostSoFar {
    /// From midnight to the last slot that has begun and ended.
    #[serde(flatten)]
    pub span: Span,
    /// What was read.
    pub kwh: Energy,
    /// Energy and standing charge before tax.
    pub net_minor: Money,
    /// The tax.
    pub vat_minor: Money,
    /// Both.
    pub total_minor: Money,
    /// The parts without a reading: what was used then is not in it.
    pub missing_consumption: Vec<Span>,
}
