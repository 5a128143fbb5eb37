//! What the handles on series share.

use crate::arguments::{Seconds, basis, payment_method, rounding};
use crate::errors::{OrRaise, raise};
use kwhen::input::PriceOptions;
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
) -> PyResult<PriceOptions> {
    Ok(PriceOptions {
        payment_method: payment_method(method),
        bare_price: basis(vat_included),
        rounding: rounding(mode)?,
    })
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
