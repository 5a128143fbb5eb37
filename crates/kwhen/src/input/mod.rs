//! Reading files' bytes into series. Nothing is opened here: bytes come in, series or an error come out.
//!
//! The kind is told from the content:
//!
//! - JSON as the API gives it: a page (`{"count": …, "results": […]}`), a bare array of rows, or pages one after another.
//! - CSV with a header: the API's field names, or `start,rate` and `start,kwh`, or the supplier's website export of consumption.
//! - CSV without a header: `UTC start, local time, region letter, region name, rate with VAT`.
//!
//! Instants need a zone (`Z`, `+01:00`, `+0100`). Numbers are taken digit by digit and never pass through a float. Errors name the
//! row (the first data row is 1), the field and the value; say which file it was with [`Error::in_source`].

mod csv;
mod json;
mod record;
mod table;

use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, Rounding, UnitRate};
use crate::series::{
    Consumption, PaymentMethod, PriceRow, Prices, RateSeries, ReadingRow, StandingCharges, VatBasis,
    implied_ends,
};
use crate::time::parse_instant;
use chrono::{DateTime, Utc};
use record::{Record, Records};
pub(crate) use table::{Field, rows};
pub use table::{agreements, calorific_values, register_readings, spans};

/// How to read rows of unit rates or standing charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceOptions {
    /// Which rows to take where a source has prices for several payment methods.
    pub payment_method: Option<PaymentMethod>,
    /// Whether VAT is in a column that does not say so itself (`rate`, `standing_charge`).
    pub bare_price: VatBasis,
    /// How to round digits beyond the scale; `None`: such a row is an error.
    pub rounding: Option<Rounding>,
}

impl Default for PriceOptions {
    fn default() -> Self {
        Self { payment_method: None, bare_price: VatBasis::Inclusive, rounding: None }
    }
}

const START: &[&str] = &["valid_from", "start", "from", "start_utc"];
const END: &[&str] = &["valid_to", "end", "to"];
const EXC_VAT: &[&str] = &["value_exc_vat"];
const INC_VAT: &[&str] = &["value_inc_vat"];
const BARE_RATE: &[&str] = &["rate"];
const BARE_STANDING_CHARGE: &[&str] = &["standing_charge"];
const PAYMENT_METHOD: &[&str] = &["payment_method"];
const READING: &[&str] = &["consumption", "kwh", "consumption (kwh)"];
const READING_START: &[&str] = &["interval_start", "start", "from", "start_utc"];
const READING_END: &[&str] = &["interval_end", "end", "to"];

/// Reads unit rates in p/kWh.
///
/// ```
/// use kwhen::input::{PriceOptions, unit_rates};
/// let page = br#"{"count": 1, "next": null, "results": [{"value_exc_vat": 4.86, "value_inc_vat": 5.103,
///     "valid_from": "2020-12-26T22:30:00Z", "valid_to": "2020-12-26T23:00:00Z"}]}"#;
/// let rates = unit_rates(page, &PriceOptions::default())?;
/// assert_eq!(rates.len(), 1);
/// # Ok::<(), kwhen::Error>(())
/// ```
pub fn unit_rates(bytes: &[u8], options: &PriceOptions) -> Result<RateSeries> {
    let records = Records::read(bytes)?;
    let rows = price_rows(&records, options, BARE_RATE, |text| {
        parse_price(text, options.rounding, UnitRate::parse_rounded)
    })?;
    let series = RateSeries::from_rows(rows, options.payment_method.as_ref())?;
    Ok(series.with_notice(records.rows_elsewhere()))
}

/// Reads standing charges in pence a day.
pub fn standing_charges(bytes: &[u8], options: &PriceOptions) -> Result<StandingCharges> {
    let records = Records::read(bytes)?;
    let rows = price_rows(&records, options, BARE_STANDING_CHARGE, |text| {
        parse_price(text, options.rounding, Money::parse_rounded)
    })?;
    let series = StandingCharges::from_rows(rows, options.payment_method.as_ref())?;
    Ok(series.with_notice(records.rows_elsewhere()))
}

/// Reads consumption in kWh. Digits beyond the scale are an error, unless a rounding is named.
pub fn consumption(bytes: &[u8], rounding: Option<Rounding>) -> Result<Consumption> {
    let records = Records::read(bytes)?;
    if !records.has_column(READING) && records.has_column(&[EXC_VAT, INC_VAT, BARE_RATE].concat()) {
        return Err(Error::syntax("holds unit rates, not consumption"));
    }
    let rows = records.iter().map(|record| reading_row(&record?, rounding)).collect::<Result<Vec<_>>>()?;
    Ok(Consumption::from_rows(&rows)?.with_notice(records.rows_elsewhere()))
}

fn parse_price<T: std::str::FromStr<Err = Error>>(
    text: &str,
    rounding: Option<Rounding>,
    rounded: impl Fn(&str, Rounding) -> Result<T>,
) -> Result<T> {
    rounding.map_or_else(|| text.parse(), |rounding| rounded(text, rounding))
}

fn price_rows<T: Copy>(
    records: &Records<'_>,
    options: &PriceOptions,
    bare: &[&'static str],
    parse: impl Fn(&str) -> Result<T>,
) -> Result<Vec<PriceRow<T>>> {
    if !records.has_column(&[EXC_VAT, INC_VAT, bare].concat()) && records.has_column(READING) {
        return Err(Error::syntax("holds consumption, not prices"));
    }
    if records.iter().next().is_some_and(|first| first.is_ok()) && !records.has_column(START) {
        // A first row without the field (an open start is null) or a header without the column: not a price since always.
        return Err(Error::missing(format!(
            "does not say when its prices start: there is no column {}",
            START.join(", ")
        ))
        .in_field("header"));
    }
    let mut rows = Vec::new();
    for record in records.iter() {
        let record = record?;
        rows.push(price_row(&record, options, bare, &parse).map_err(|error| error.in_row(record.row()))?);
    }
    if !records.has_column(END) {
        close_rows(&mut rows);
    }
    Ok(rows)
}

fn price_row<T: Copy>(
    record: &Record<'_>,
    options: &PriceOptions,
    bare: &[&'static str],
    parse: &impl Fn(&str) -> Result<T>,
) -> Result<PriceRow<T>> {
    let price = |names: &[&'static str]| record.parsed(names, parse);
    let (exc_vat, inc_vat) = (price(EXC_VAT)?, price(INC_VAT)?);
    let prices = match price(bare)? {
        Some(bare) if exc_vat.is_none() && inc_vat.is_none() => Prices::only(options.bare_price, bare),
        _ => Prices::from_options(exc_vat, inc_vat)
            .map_err(|error| record.describe_missing(error, &[EXC_VAT, INC_VAT, bare]))?,
    };
    Ok(PriceRow {
        row: record.row(),
        valid_from: record.parsed(START, instant)?,
        valid_to: record.parsed(END, instant)?,
        prices,
        payment_method: record.parsed(PAYMENT_METHOD, |name| Ok(PaymentMethod::named(name)))?,
    })
}

/// Rows of a source that gives no ends end as [`implied_ends`] says.
fn close_rows<T>(rows: &mut [PriceRow<T>]) {
    let starts: Vec<DateTime<Utc>> = rows.iter().filter_map(|row| row.valid_from).collect();
    let started = rows.iter_mut().filter(|row| row.valid_from.is_some());
    for (row, end) in started.zip(implied_ends(&starts)) {
        row.valid_to = Some(end);
    }
}

fn reading_row(record: &Record<'_>, rounding: Option<Rounding>) -> Result<ReadingRow> {
    let row = || -> Result<ReadingRow> {
        let start = record.parsed(READING_START, instant)?;
        Ok(ReadingRow {
            row: record.row(),
            start: start
                .ok_or_else(|| record.describe_missing(Error::missing("has no start"), &[READING_START]))?,
            end: record.parsed(READING_END, instant)?,
            energy: record.parsed(READING, |text| parse_price(text, rounding, Energy::parse_rounded))?,
        })
    };
    row().map_err(|error| error.in_row(record.row()))
}

fn instant(text: &str) -> Result<DateTime<Utc>> {
    parse_instant(text)
}

#[cfg(test)]
mod tests;
