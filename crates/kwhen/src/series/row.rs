//! Rows of prices as sources give them.

use super::{PaymentMethod, Prices};
use crate::quantity::{Money, UnitRate};
use chrono::{DateTime, Utc};

/// Where an interval with an open side begins or ends: the bounds of the instants that are held at all.
pub(super) const BEGINNING: i64 = crate::time::FIRST;
pub(crate) const OPEN_END: i64 = crate::time::LAST;

/// One row of a list of unit rates or standing charges, as the API gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow<T> {
    /// Its number for messages, counted from 1.
    pub row: u64,
    /// When it begins to hold (inclusive); `None`: it always has.
    pub valid_from: Option<DateTime<Utc>>,
    /// When it ceases to hold (exclusive); `None`: not yet known.
    pub valid_to: Option<DateTime<Utc>>,
    /// The price without VAT, with VAT, or both.
    pub prices: Prices<T>,
    /// The payment method that it is for; `None`: any.
    pub payment_method: Option<PaymentMethod>,
}

/// One row of a list of unit rates, in p/kWh.
pub type RateRow = PriceRow<UnitRate>;

/// One row of a list of standing charges, in pence a day.
pub type StandingChargeRow = PriceRow<Money>;
