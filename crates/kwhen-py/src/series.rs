//! What the handles on series share.

use crate::arguments::{Seconds, basis, payment_method, rounding};
use crate::errors::{OrRaise, bad_argument, raise};
use kwhen::input::{EnergyUnit, PriceOptions, RateUnit, ReadingOptions};
use kwhen::series::Notice;
use numpy::PyArray1;
use pyo3::prelude::*;

/// Two columns of the same length: when, and how much.
pub(crate) type Columns<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f64>>);

/// A rate's second, its end and its prices without and with VAT as text.
pub(crate) type RateAt = (Seconds, Option<String>, Option<String>);

/// Bounds of the time tables: a series that reaches there is open.
pub(crate) const OPEN: Seconds = (0, 4_102_444_800);

pub(crate) fn sentences(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(ToString::to_string).collect()
}

pub(crate) fn options(
    vat_included: bool,
    method: Option<&str>,
    mode: Option<&str>,
    unit: &str,
    snap: u32,
) -> PyResult<PriceOptions> {
    let unit = match unit {
        "pence" => RateUnit::Pence,
        "pounds" => RateUnit::Pounds,
        "pounds-per-mwh" => RateUnit::PoundsPerMegawattHour,
        _ => {
            return Err(bad_argument(&format!(
                "rate_unit {unit:?} is none of \"pence\", \"pounds\" and \"pounds-per-mwh\""
            )));
        }
    };
    Ok(PriceOptions {
        payment_method: payment_method(method),
        bare_price: basis(vat_included),
        rounding: rounding(mode)?,
        unit,
        snap_seconds: tolerance(snap)?,
        ..PriceOptions::default()
    })
}

/// How readings are read.
pub(crate) fn reading_options(
    mode: Option<&str>,
    unit: &str,
    snap: u32,
    connection_kw: Option<&str>,
) -> PyResult<ReadingOptions> {
    let unit = match unit.to_ascii_lowercase().as_str() {
        "kwh" => EnergyUnit::KilowattHours,
        "wh" => EnergyUnit::WattHours,
        "mwh" => EnergyUnit::MegawattHours,
        _ => {
            return Err(bad_argument(&format!(
                "reading_unit {unit:?} is none of \"kwh\", \"wh\" and \"mwh\""
            )));
        }
    };
    Ok(ReadingOptions {
        rounding: rounding(mode)?,
        unit,
        snap_seconds: tolerance(snap)?,
        most_an_hour: connection_kw.map(str::parse).transpose().or_raise()?,
    })
}

/// Seconds that a time may be off the minute: less than half of one.
fn tolerance(snap: u32) -> PyResult<u32> {
    if snap < 30 { Ok(snap) } else { Err(bad_argument(&format!("snap is at most 29 seconds, not {snap}"))) }
}

/// The quantity of a count of 10^-8, or the error that names its row.
pub(crate) fn quantity<T, E: Into<kwhen::Error>>(
    value: Option<i64>,
    from_units: impl Fn(i64) -> Result<T, E>,
    row: u64,
) -> PyResult<Option<T>> {
    value.map(|units| from_units(units).map_err(|error| error.into().in_row(row)).or_raise()).transpose()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what leaves as a float is rounded to one, as the caller asked"
)]
pub(crate) fn as_float(units: i64) -> f64 {
    units as f64 / 1e8
}

/// What stands for an instant that is not there in a column of seconds.
const NO_INSTANT: i64 = i64::MIN;

/// The second, unless it stands for none.
pub(crate) fn there(second: i64) -> Option<i64> {
    (second != NO_INSTANT).then_some(second)
}

/// Decimal text of a column in units of 10^-8.
pub(crate) fn parsed<T: std::str::FromStr<Err = kwhen::Error>>(
    values: &[Option<String>],
    field: &str,
    units: impl Fn(T) -> i64,
) -> PyResult<Vec<Option<i64>>> {
    let parse = |(row, text): (u64, &Option<String>)| {
        let value = text.as_deref().map(str::parse::<T>).transpose();
        value.map_err(|error| error.in_field(field).in_row(row)).or_raise().map(|value| value.map(&units))
    };
    (1..).zip(values).map(parse).collect()
}

/// An error unless there are as many values as starts.
pub(crate) fn same_length(starts: usize, values: usize, what: &str) -> PyResult<()> {
    if starts == values {
        return Ok(());
    }
    Err(raise("MisalignedError", &format!("{starts} starts for {values} {what}"), None, None))
}
