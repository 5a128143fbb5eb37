//! What each hour has used and cost, for who keeps statistics.

use chrono::{DateTime, Utc};
use kwhen::quantity::Currency;
use kwhen::{Energy, Money};

/// Hours with a reading and a rate, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// What costs are in.
    pub currency: Currency,
    /// The hours. One of which something is missing holds what is known of it.
    pub hours: Vec<Hour>,
}

/// An hour, from its start in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hour {
    /// When it begins.
    pub from: DateTime<Utc>,
    /// What was used.
    pub kwh: Energy,
    /// What it cost, in minor units, the tax in, not rounded. The standing charge of a day, where there is one, falls into its first hour.
    pub cost_minor: Money,
    /// What was used from the first hour on to the end of this one.
    pub kwh_so_far: Energy,
    /// What that cost.
    pub cost_so_far_minor: Money,
}
