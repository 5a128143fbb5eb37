//! Reading files' bytes into series. Nothing is opened here: bytes come in, series or an error come out.
//!
//! The kind is told from the content:
//!
//! - JSON as the API gives it: a page (`{"count": …, "results": […]}`), a bare array of rows, or pages one after another; also rows one
//!   after another, one row alone, and a list that lies in a larger object.
//! - CSV with a header: the API's field names, or `start,rate` and `start,kwh`, or the supplier's website export of consumption.
//! - CSV without a header: `UTC start, local time, region letter, region name, rate with VAT`.
//!
//! Instants need a zone (`Z`, `+01:00`, `+0100`) and are whole minutes. Numbers are taken digit by digit and never pass through a float.
//! A source without a row, one of other columns, a heading or a key that is there twice are errors: nothing is read as an empty list.
//! Errors name the row (the first data row is 1), the field and the value; say which file it was with [`Error::in_source`].
//!
//! A price without an end (no column of ends) lasts until the next one begins, and how long the last one lasts is in its notices; where
//! there is a column of ends and it is empty, the price is open.

mod csv;
pub(crate) mod digits;
mod dispatches;
mod greenness;
mod json;
pub(crate) mod minutes;
mod options;
pub(crate) mod record;
mod regular;
mod sessions;
mod table;
pub(crate) mod wanted;

use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, Rounding, UnitRate};
use crate::series::ends::Alone;
use crate::series::{
    Consumption, Notice, Notices, PaymentMethod, PriceRow, Prices, RateSeries, ReadingRow, StandingCharges,
    doubts, ends,
};
use crate::time::parse_instant;
pub use dispatches::{Dispatches, dispatches};
pub use greenness::{Greenness, greenness};
pub use options::{EnergyUnit, PriceOptions, PriceRole, RateUnit, ReadingOptions};
use record::{Record, Records};
pub use sessions::{Sessions, sessions};
pub use table::{agreements, calorific_values, register_readings};
use wanted::Wanted;

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

const UNIT_RATES: Wanted = Wanted {
    rows: "unit rates",
    columns: &[&["value_exc_vat", "value_inc_vat", "rate"], START],
    others: &["valid_to", "end", "to", "payment_method"],
    lists: &["unit_rates", "rates"],
    unlike: &[],
    mistaken: &[(BARE_STANDING_CHARGE, "standing charges"), (READING, "consumption")],
    none: "",
    headerless: true,
};

const STANDING_CHARGES: Wanted = Wanted {
    rows: "standing charges",
    columns: &[&["value_exc_vat", "value_inc_vat", "standing_charge"], START],
    others: &["valid_to", "end", "to", "payment_method"],
    lists: &["standing_charges"],
    unlike: &[],
    mistaken: &[(BARE_RATE, "unit rates"), (READING, "consumption")],
    none: "",
    headerless: false,
};

const CONSUMPTION: Wanted = Wanted {
    rows: "readings",
    columns: &[READING, READING_START],
    others: READING_END,
    lists: &["consumption", "readings"],
    unlike: &[],
    mistaken: &[
        (&["value_exc_vat", "value_inc_vat", "rate"], "unit rates"),
        (BARE_STANDING_CHARGE, "standing charges"),
    ],
    none: "",
    headerless: false,
};

/// Reads unit rates in p/kWh, or in the unit that the options name.
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
    regular::unit_rates(bytes, options).map_or_else(|| general_unit_rates(bytes, options), Ok)
}

fn general_unit_rates(bytes: &[u8], options: &PriceOptions) -> Result<RateSeries> {
    let records = Records::read(bytes, &UNIT_RATES)?;
    if records.addresses_hold("/standing-charges/") {
        return Err(Error::syntax("is a page of standing charges, not of unit rates"));
    }
    let (rows, mut notices) = price_rows(&records, options, BARE_RATE, Alone::HalfHour, |text| {
        UnitRate::parse_in(text, options.unit.power_of_ten(), options.rounding)
    })?;
    notices.extend(options.role.and_then(|role| doubts::wrong_role(&rows, role)));
    Ok(RateSeries::from_rows(rows, options.payment_method.as_ref())?.with_notices(notices))
}

/// Reads standing charges in pence a day. An error for prices that hold for less than a day: those are unit rates.
pub fn standing_charges(bytes: &[u8], options: &PriceOptions) -> Result<StandingCharges> {
    let records = Records::read(bytes, &STANDING_CHARGES)?;
    if ["/standard-unit-rates/", "/day-unit-rates/", "/night-unit-rates/"]
        .iter()
        .any(|part| records.addresses_hold(part))
    {
        return Err(Error::syntax("is a page of unit rates, not of standing charges"));
    }
    let (rows, notices) = price_rows(&records, options, BARE_STANDING_CHARGE, Alone::FromThenOn, |text| {
        Money::parse_in(text, 0, options.rounding)
    })?;
    doubts::check_standing_charges(&rows)?;
    Ok(StandingCharges::from_rows(rows, options.payment_method.as_ref())?.with_notices(notices))
}

/// Reads consumption in kWh, or in the unit that the options name.
pub fn consumption(bytes: &[u8], options: &ReadingOptions) -> Result<Consumption> {
    regular::consumption(bytes, options).map_or_else(|| general_consumption(bytes, options), Ok)
}

fn general_consumption(bytes: &[u8], options: &ReadingOptions) -> Result<Consumption> {
    let records = Records::read(bytes, &CONSUMPTION)?;
    let mut rows = records.iter().map(|record| reading_row(&record, options)).collect::<Result<Vec<_>>>()?;
    let mut notices = Notices::default();
    minutes::readings(&mut rows, options.snap_seconds, &mut notices)?;
    let series = Consumption::from_rows_below(&rows, options.most_an_hour)?;
    Ok(series.with_notices(notices.into_list().into_iter().chain(records.rows_elsewhere())))
}

/// Whether bytes are rows of this kind as the API has them: their columns, and a first row with a time that says its zone.
fn is_own(bytes: &[u8], wanted: &Wanted, times: [&[&'static str]; 2]) -> bool {
    match Records::read(bytes, wanted) {
        Ok(records) => records.iter().next().is_some_and(|row| {
            records.has_column(wanted.columns.first().copied().unwrap_or_default())
                && times.iter().any(|names| row.parsed(names, parse_instant).is_ok_and(|time| time.is_some()))
        }),
        // The header of CSV is read before its rows: a row that cannot be read stands under columns that are its own.
        Err(error) => {
            let is_json = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
            error.row().is_some() && !is_json
        }
    }
}

pub(crate) fn is_own_unit_rates(bytes: &[u8]) -> bool {
    is_own(bytes, &UNIT_RATES, [START, END])
}

pub(crate) fn is_own_standing_charges(bytes: &[u8]) -> bool {
    is_own(bytes, &STANDING_CHARGES, [START, END])
}

pub(crate) fn is_own_consumption(bytes: &[u8]) -> bool {
    is_own(bytes, &CONSUMPTION, [READING_START, READING_END])
}

/// Says of a number with too many digits that a rounding can be named.
fn name_a_rounding(error: Error, rounding: Option<Rounding>) -> Error {
    if error.is_precision() && rounding.is_none() { error.with_advice(", or name a rounding") } else { error }
}

/// The rows, with ends, and what was noticed.
fn price_rows<T: Copy>(
    records: &Records<'_>,
    options: &PriceOptions,
    bare: &[&'static str],
    alone: Alone,
    parse: impl Fn(&str) -> Result<T>,
) -> Result<(Vec<PriceRow<T>>, Vec<Notice>)> {
    if !records.has_column(START) {
        // A row without the field (an open start is null): not a price since always.
        return Err(Error::missing(format!(
            "does not say when its prices start: there is no column {}",
            START.join(", ")
        ))
        .in_field("header"));
    }
    let row = |record: Record<'_>| {
        price_row(&record, options, bare, &parse).map_err(|error| error.in_row(record.row()))
    };
    let mut rows = records.iter().map(row).collect::<Result<Vec<_>>>()?;
    let mut noted = Notices::default();
    minutes::prices(&mut rows, options.snap_seconds, &mut noted)?;
    let mut notices = noted.into_list();
    if records.is_headerless() {
        for row in &mut rows {
            row.valid_to =
                row.valid_from.and_then(|from| from.checked_add_signed(chrono::TimeDelta::minutes(30)));
        }
    } else if !records.has_column(END) {
        notices.extend(ends::close(&mut rows, &options.calendar, alone)?);
    }
    notices.extend(records.rows_elsewhere());
    Ok((rows, notices))
}

fn price_row<T: Copy>(
    record: &Record<'_>,
    options: &PriceOptions,
    bare: &[&'static str],
    parse: &impl Fn(&str) -> Result<T>,
) -> Result<PriceRow<T>> {
    let price = |names: &[&'static str]| {
        record.parsed(names, |text| parse(text).map_err(|error| name_a_rounding(error, options.rounding)))
    };
    let (exc_vat, inc_vat) = (price(EXC_VAT)?, price(INC_VAT)?);
    let prices = match price(bare)? {
        Some(bare) if exc_vat.is_none() && inc_vat.is_none() => Prices::only(options.bare_price, bare),
        _ => Prices::from_options(exc_vat, inc_vat).map_err(|error| {
            let wanted: Vec<&str> = [EXC_VAT, INC_VAT, bare].into_iter().flatten().copied().collect();
            error.in_field(wanted.join(" or "))
        })?,
    };
    Ok(PriceRow {
        row: record.row(),
        valid_from: record.parsed(START, parse_instant)?,
        valid_to: record.parsed(END, parse_instant)?,
        prices,
        payment_method: record.parsed(PAYMENT_METHOD, |name| Ok(PaymentMethod::named(name)))?,
    })
}

fn reading_row(record: &Record<'_>, options: &ReadingOptions) -> Result<ReadingRow> {
    let energy = |text: &str| {
        Energy::parse_in(text, options.unit.power_of_ten(), options.rounding)
            .map_err(|error| name_a_rounding(error, options.rounding))
    };
    Ok(ReadingRow {
        row: record.row(),
        start: record.needed(READING_START, parse_instant)?,
        end: record.parsed(READING_END, parse_instant)?,
        energy: record.parsed(READING, energy)?,
    })
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
