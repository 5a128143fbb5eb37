//! On what conditions a tariff can be had, and how it is left.

use crate::quantity::Money;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What a home must have for a tariff to be sold to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// An electric car that is charged at home.
    Car,
    /// A meter point of its own for export.
    Export,
    /// A heat pump.
    HeatPump,
    /// A battery.
    Battery,
    /// Solar panels.
    Solar,
}

impl Need {
    /// In words: `a car`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Car => "a car",
            Self::Export => "a meter point for export",
            Self::HeatPump => "a heat pump",
            Self::Battery => "a battery",
            Self::Solar => "solar panels",
        }
    }
}

/// On what conditions a tariff can be had, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// From when it is sold.
    pub sold_from: Option<DateTime<Utc>>,
    /// Until when it is sold, itself not in it: nobody gets it, or comes back to it, after that.
    pub sold_until: Option<DateTime<Utc>>,
    /// When the deal ends: from then on leaving costs nothing, and other prices hold.
    pub ends: Option<DateTime<Utc>>,
    /// What leaving it before that costs, in minor units.
    pub exit_fee: Option<Money>,
    /// What a home must have.
    pub needs: Vec<Need>,
    /// That the supplier does not offer it to the home that asks.
    pub is_refused: bool,
    /// The day whose prices these are, where they are held over all time.
    pub prices_of: Option<NaiveDate>,
}

impl Conditions {
    /// Whether it is not sold any more at a moment.
    #[must_use]
    pub fn is_withdrawn(&self, at: DateTime<Utc>) -> bool {
        self.sold_until.is_some_and(|until| until <= at)
    }

    /// Whether it is sold at a moment, as far as is known. Nobody sells a deal that is over.
    #[must_use]
    pub fn is_sold(&self, at: DateTime<Utc>) -> bool {
        let is_over = self.ends.is_some_and(|ends| ends <= at);
        !self.is_withdrawn(at) && !is_over && self.sold_from.is_none_or(|from| from <= at)
    }

    /// What leaving it at a moment costs: nothing once the deal has ended.
    #[must_use]
    pub fn exit_fee_at(&self, at: Option<DateTime<Utc>>) -> Money {
        let has_ended = self.ends.zip(at).is_some_and(|(ends, at)| ends <= at);
        self.exit_fee.filter(|_| !has_ended).unwrap_or(Money::ZERO)
    }
}
