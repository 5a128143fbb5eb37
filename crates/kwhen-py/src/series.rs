//! What the handles on series share.

use crate::arguments::{Seconds, basis, payment_method, rounding};
use crate::errors::OrRaise;
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
