//! Cheapest windows.
//!
//! One unbroken run needs no table: its best start, or its best end, is on a slot boundary. A run in several blocks is found by
//! dynamic programming. Neither is ever greedy, and neither runs across a slot whose price is missing.
//!
//! ```
//! use kwhen::plan::{SlotPrices, window::WindowRequest};
//! use kwhen::time::{Grid, SlotLength, parse_instant};
//! let grid = Grid::new(parse_instant("2026-01-01T00:00:00Z")?, SlotLength::HALF_HOUR, 4)?;
//! let prices = SlotPrices::new(grid, ["30", "10", "5", "20"].map(|text| text.parse().ok()))?;
//!
//! // 45 minutes: the last quarter of an hour at 10 p and the half-hour at 5 p. Trying slot starts only would pay 10 p for half an hour.
//! let found = WindowRequest::unbroken(45)?.find(&prices)?;
//! assert_eq!(found.windows[0].blocks[0].to_string(), "2026-01-01T00:45:00Z to 2026-01-01T01:30:00Z");
//! assert_eq!(found.windows[0].average_minor_per_kwh.to_string(), "6.66666667");
//! # Ok::<(), kwhen::Error>(())
//! ```

mod contiguous;
pub(crate) mod opening;
mod profile;
mod request;
mod search;
mod split;
mod stability;

use super::{Binding, Prefer, SlotPrices};
use crate::quantity::{Rounding, UnitRate, divide};
use crate::time::{Span, instant_text};
use chrono::{DateTime, Utc};
pub use profile::Profile;
pub use request::{Alternatives, Amount, WindowRequest};
use serde::{Serialize, Serializer};
pub use stability::{WindowComparison, WindowDecision};

/// When a load runs, and at what average price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Window {
    /// When it runs, in order of time; blocks never touch.
    pub blocks: Vec<Span>,
    /// How long it runs in all.
    pub duration_minutes: i64,
    /// What is paid for a kWh on average, weighted by the profile if there is one; rounded half to even at 8 decimals.
    pub average_minor_per_kwh: UnitRate,
    /// How often it starts; a load that already runs does not start again by running on.
    pub starts: usize,
    /// What decided: deciding price units times seconds (times power units), negative of it where the dearest was wanted.
    #[serde(skip)]
    pub(crate) score: i128,
    /// Paid price units times seconds (times power units), and the seconds (times power units).
    #[serde(skip)]
    pub(crate) paid: (i128, i128),
}

/// What a search found: the windows, best first; where there is none, why, and what comes nearest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Found {
    /// Best first; empty where nothing meets the request.
    pub windows: Vec<Window>,
    /// Why there is no window; `None` where there is one.
    pub shortage: Option<Shortage>,
}

/// Why a request cannot be met, and what comes nearest to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shortage {
    /// What binds: with that alone lifted, the request could be met.
    pub binds: Binding,
    /// The same for a person to read.
    pub message: String,
    /// The longest run that can be had, cheapest among equals; `None` where nothing can run at all.
    pub nearest: Option<Window>,
}

/// One answer to "why not then?".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowWhyNot {
    /// When the run was asked to start.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub start: DateTime<Utc>,
    /// The best plan that starts then; `None` where none may.
    pub window: Option<Window>,
    /// How much dearer each kWh is than in the best plan, on average; `None` where no run may start then.
    pub dearer_by_minor_per_kwh: Option<UnitRate>,
    /// The same for a person to read.
    pub message: String,
}

fn as_text<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}

impl Window {
    /// How much dearer each kWh is than in another window, on average, rounded half to even at 8 decimals.
    #[must_use]
    pub fn dearer_than(&self, other: &Self) -> UnitRate {
        let ((cost, weight), (other_cost, other_weight)) = (self.paid, other.paid);
        // Where weights are alike, as they are within one request, the difference is rounded only once.
        if weight == other_weight && weight > 0 {
            return rate_of(cost.saturating_sub(other_cost), weight);
        }
        let difference = self.average_minor_per_kwh.units() - other.average_minor_per_kwh.units();
        UnitRate::from_units(difference).unwrap_or_default()
    }
}

/// A cost over a weight as a rate.
fn rate_of(cost: i128, weight: i128) -> UnitRate {
    i64::try_from(divide(cost, weight, Rounding::HalfEven))
        .ok()
        .and_then(|units| UnitRate::from_units(units).ok())
        .unwrap_or_default()
}

/// The start of the cheapest unbroken run of so many minutes anywhere in the prices: [`WindowRequest::unbroken`] for a hot loop, with nothing
/// allocated. `None` where no run of slots with prices is long enough, and for no minutes.
#[must_use]
pub fn cheapest_start(prices: &SlotPrices, minutes: u32, prefer: Prefer) -> Option<DateTime<Utc>> {
    let slot = prices.slot_seconds();
    let mut best: Option<contiguous::Start> = None;
    for run in prices.runs() {
        let segment = (run.start as i64 * slot, run.end as i64 * slot);
        let Some(start) = contiguous::cheapest_in(prices, segment, i64::from(minutes) * 60, prefer) else {
            continue;
        };
        let better = |best: contiguous::Start| match prefer {
            Prefer::Earliest => start.cost < best.cost,
            Prefer::Latest => start.cost <= best.cost,
        };
        if best.is_none_or(better) {
            best = Some(start);
        }
    }
    best.map(|best| prices.span_of(best.second, best.second + 1).from())
}

/// The paid cost and the seconds of blocks at constant power.
fn pay(prices: &SlotPrices, blocks: &[(i64, i64)]) -> (i128, i128) {
    let slot = prices.slot_seconds();
    let cost =
        blocks.iter().map(|(from, to)| contiguous::cost_of_run(prices.paid_units(), slot, *from, *to)).sum();
    (cost, i128::from(opening::total(blocks)))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::Dice;
