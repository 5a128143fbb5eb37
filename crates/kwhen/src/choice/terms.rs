//! On what conditions an offer can be had, and whether to move to it.

use super::written::{as_date_if_any, as_instant_if_any};
use crate::quantity::Money;
use crate::tariff::Need;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// On what conditions an offer can be had, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Terms {
    /// The first day on which it is, or one of its two tariffs, not sold any more.
    #[serde(serialize_with = "as_instant_if_any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub sold_until: Option<DateTime<Utc>>,
    /// When the deal ends.
    #[serde(serialize_with = "as_instant_if_any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub ends: Option<DateTime<Utc>>,
    /// What leaving it before that costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_fee_minor: Option<Money>,
    /// Whether it is not sold at the time: only a home that is on it has it, and who leaves it does not come back.
    pub withdrawn: bool,
    /// Whether the supplier does not offer it, or one of its two tariffs, to the home.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_refused: bool,
    /// What the home must have and has not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Need>,
    /// What the home must have, and nobody said whether it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Need>,
    /// The day whose prices it has, where they are held over all time.
    #[serde(serialize_with = "as_date_if_any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub prices_of: Option<NaiveDate>,
}

/// Whether to move from the present tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Move {
    /// What the cheapest offer that the home can have saves over the span beside the present one; nothing where that is the cheapest.
    pub saves_minor: Money,
    /// What leaving costs.
    pub exit_fee_minor: Money,
    /// When the present deal ends, from when on leaving costs nothing.
    #[serde(serialize_with = "as_instant_if_any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub ends: Option<DateTime<Utc>>,
    /// Whether there is no way back: the present tariff is not sold any more.
    pub no_way_back: bool,
    /// Why it is better to stay, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stay: Option<Stay>,
}

/// Why it is better to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stay {
    /// No offer that the home can have costs less.
    Cheapest,
    /// Leaving costs no less than moving saves.
    ExitFee,
    /// Leaving now costs no less than moving saves until the deal ends; then it costs nothing.
    UntilEnd,
}
