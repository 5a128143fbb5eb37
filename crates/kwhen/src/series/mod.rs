//! Series over time: unit rates, standing charges, consumption, and the join of rates to consumption.
//!
//! Rows may come in any order. Each irregular row has one stated outcome: taken, repaired with a [`Notice`], or refused with an
//! error that names it.

pub(crate) mod bitmap;
pub(crate) mod column;
mod consumption;
pub(crate) mod day_sums;
pub(crate) mod doubts;
pub(crate) use consumption::{energy_from_sum, share};
pub(crate) mod ends;
mod interval;
mod joined;
pub(crate) mod lanes;
mod marks;
mod mean;
mod merge;
mod notice;
mod prices;
pub(crate) mod rates;
mod row;
mod standing;

pub use consumption::{Consumption, ReadingRow};
pub use ends::implied_ends;
pub use mean::RateInSlot;
pub use merge::{BilledSlot, Coverage, Merged, merge, merge_by_time};
pub(crate) use notice::Notices;
pub use notice::{Notice, NoticeKind};
pub use prices::{Prices, VatBasis};
pub use rates::{RateInterval, RateSeries, SlotRates};
pub(crate) use row::OPEN_END;
pub use row::{PriceRow, RateRow, StandingChargeRow};
pub use standing::{StandingChargeInterval, StandingCharges};

/// How a customer pays, where a tariff has prices of its own for each (the API's `payment_method`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentMethod {
    /// `DIRECT_DEBIT`
    DirectDebit,
    /// `NON_DIRECT_DEBIT`
    NonDirectDebit,
    /// Any other, by the name that the source has.
    Other(String),
}

impl PaymentMethod {
    /// The API's name of it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::DirectDebit => "DIRECT_DEBIT",
            Self::NonDirectDebit => "NON_DIRECT_DEBIT",
            Self::Other(name) => name,
        }
    }

    /// By the API's name; case and `-` for `_` do not matter.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name.to_ascii_uppercase().replace('-', "_").as_str() {
            "DIRECT_DEBIT" => Self::DirectDebit,
            "NON_DIRECT_DEBIT" => Self::NonDirectDebit,
            _ => Self::Other(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
