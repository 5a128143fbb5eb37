//! When to run things: cheapest windows and charging plans, exactly optimal.
//!
//! Every planner takes [`SlotPrices`]: one price a slot, and which slots have none. The search is in whole numbers throughout, so
//! the cheapest plan is the cheapest plan to the last digit, and the same input always gives the same plan. Equal plans are
//! decided in a stated order: money, then fewer starts, then closeness to the plan in force, then earliness (or lateness).

pub mod backtest;
pub mod battery;
pub mod charge;
pub mod fleet;
pub mod forecast;
mod gaps;
pub mod outlook;
mod power;
mod prices;
pub mod prospect;
mod share;
mod slots;
pub mod statistics;
pub mod window;

pub(crate) use crate::quantity::gcd;
use crate::time::{Span, instant_text};
use chrono::{DateTime, Utc};
pub use gaps::{Filled, filled_from_other_days};
pub use power::Power;
pub use prices::{SlotPrices, Unpublished};
use serde::Serialize;
pub use share::Share;
pub use slots::slots_over;

/// That a plan is wholly of the past, as a sentence without its full stop; `None` for one that is not.
#[must_use]
pub fn past_remark(span: Span, now: DateTime<Utc>) -> Option<String> {
    (span.to() <= now).then(|| format!("This plan is of the past: it ends {}", instant_text(span.to())))
}

/// Minutes of a request in seconds.
fn seconds(minutes: impl Into<Option<u32>>) -> Option<i64> {
    minutes.into().map(|minutes| i64::from(minutes) * 60)
}

/// Which of plans that are equal in all else is taken: the one that runs at the first time at which they differ, or the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// The one that runs earlier.
    #[default]
    Earliest,
    /// The one that runs later.
    Latest,
}

/// Whether low or high prices are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// The least money: for import.
    #[default]
    Cheapest,
    /// The most money: for export.
    Dearest,
}

/// What keeps a plan from being made as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// There is not enough time between the earliest start and the deadline, or outside what is blocked.
    Time,
    /// SlotPrices are missing or not yet published where the time would be.
    Data,
    /// The price floor or ceiling leaves too little.
    Price,
    /// The starts, minimum run or minimum pause leave too little.
    Runs,
    /// The power is too low for the energy in the time.
    Power,
}
