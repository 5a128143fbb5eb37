//! Unit rates and standing charges.

use super::{Number, wire};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use kwhen::series::{PaymentMethod, PriceRow, Prices, RateRow, StandingChargeRow};

wire! {
    /// A unit rate in p/kWh or a standing charge in p/day, over the time in which it holds.
    Rate {
        /// Without VAT.
        value_exc_vat: Option<Number>,
        /// With VAT, as the service computes it: with the VAT rate of the record's last day in force.
        value_inc_vat: Option<Number>,
        /// From when, with its zone; none where it always held.
        valid_from: Option<String>,
        /// Until when; none where it holds until further notice.
        valid_to: Option<String>,
        /// `DIRECT_DEBIT`, `NON_DIRECT_DEBIT`, or none where it does not matter. Older pages lack it.
        payment_method: Option<String>,
    }
}

fn row<T>(rate: &Rate, row: u64, read: impl Fn(&Number) -> Result<T>) -> Result<PriceRow<T>>
where
    T: Copy,
{
    let inner = || -> Result<PriceRow<T>> {
        let (exc, inc) = (&rate.value_exc_vat, &rate.value_inc_vat);
        Ok(PriceRow {
            row,
            valid_from: instant(rate.valid_from.as_deref())?,
            valid_to: instant(rate.valid_to.as_deref())?,
            prices: Prices::from_options(
                exc.as_ref().map(&read).transpose()?,
                inc.as_ref().map(&read).transpose()?,
            )?,
            payment_method: rate.payment_method.as_deref().map(PaymentMethod::named),
        })
    };
    inner().map_err(|error| Error::malformed(format!("row {row}: {error}")))
}

pub(super) fn instant(text: Option<&str>) -> Result<Option<DateTime<Utc>>> {
    Ok(text.map(kwhen::time::parse_instant).transpose()?)
}

/// Unit rates as rows for [`kwhen::RateSeries::from_rows`], numbered from 1.
pub fn rates_to_rows(rates: &[Rate]) -> Result<Vec<RateRow>> {
    (1..).zip(rates).map(|(number, rate)| row(rate, number, Number::unit_rate)).collect()
}

/// Standing charges as rows for [`kwhen::series::StandingCharges::from_rows`], numbered from 1.
pub fn standing_charges_to_rows(charges: &[Rate]) -> Result<Vec<StandingChargeRow>> {
    (1..).zip(charges).map(|(number, charge)| row(charge, number, Number::pence)).collect()
}
