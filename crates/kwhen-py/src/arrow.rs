//! Tables in and out over the Arrow C data interface.

use crate::errors::{from_engine, raise};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, Decimal128Array, RecordBatch, TimestampMicrosecondArray};
use arrow_cast::CastOptions;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use arrow_select::concat::concat_batches;
use kwhen::Energy;
use kwhen::time::TimeText;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::input::AnyRecordBatch;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Digits of a decimal column of the quantities that the engine holds in 64 bits. Of 18 each, DuckDB has no room for the product of energy
/// and a price.
const DIGITS: u8 = 19;
const SCALE: i8 = 8;

/// The one batch of whatever holds a table.
pub(crate) fn table(data: &Bound<'_, PyAny>) -> PyResult<RecordBatch> {
    let refused = |error: PyErr| {
        if error.is_instance_of::<PyException>(data.py()) {
            let message = format!("cannot be read as an Arrow table: {}", error.value(data.py()));
            raise("ParseError", &message, None, None)
        } else {
            error
        }
    };
    let table: AnyRecordBatch = data.extract().map_err(|error: PyErr| refused(error))?;
    let (batches, schema) = table.into_table().map_err(|error| refused(error.into()))?.into_inner();
    concat_batches(&schema, &batches).map_err(|error| broken(&error.to_string(), None, ""))
}

fn broken(message: &str, row: Option<u64>, field: &str) -> PyErr {
    let place = row.map_or_else(String::new, |row| format!("row {row}, "));
    raise("ParseError", &format!("{place}column {field:?}: {message}"), row, Some(field))
}

/// The first column of some names, in any case, with its own name; an error where two have it.
pub(crate) fn column<'a>(
    batch: &'a RecordBatch,
    names: &[String],
) -> PyResult<Option<(&'a ArrayRef, String)>> {
    let schema = batch.schema_ref();
    for name in names {
        let mut places =
            schema.fields().iter().enumerate().filter(|(_, field)| field.name().eq_ignore_ascii_case(name));
        let Some((place, field)) = places.next() else { continue };
        if places.next().is_some() {
            return Err(broken("there are two of that name; name one of them apart", None, name));
        }
        return Ok(Some((batch.column(place), field.name().clone())));
    }
    Ok(None)
}

/// The column, or the error that lists what there is.
pub(crate) fn required<'a>(batch: &'a RecordBatch, names: &[String]) -> PyResult<(&'a ArrayRef, String)> {
    column(batch, names)?.ok_or_else(|| {
        let there: Vec<&str> =
            batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
        raise(
            "ParseError",
            &format!("has no column {}; its columns are {}", names.join(" or "), there.join(", ")),
            None,
            names.first().map(String::as_str),
        )
    })
}

/// A column that is held in a dictionary or in runs, as its plain values.
fn plain(array: &dyn Array, field: &str) -> PyResult<ArrayRef> {
    let kind = match array.data_type() {
        DataType::Dictionary(_, kind) => kind.as_ref().clone(),
        DataType::RunEndEncoded(_, values) => values.data_type().clone(),
        kind => kind.clone(),
    };
    arrow_cast::cast(array, &kind).map_err(|error| broken(&error.to_string(), None, field))
}

/// The texts of a column of text, dictionaries too; of a column of nothing, none.
pub(crate) fn optional_texts(array: &dyn Array, field: &str) -> PyResult<Vec<Option<String>>> {
    let array = plain(array, field)?;
    match array.data_type() {
        DataType::Null => Ok(vec![None; array.len()]),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let texts = arrow_cast::cast(&array, &DataType::Utf8)
                .map_err(|error| broken(&error.to_string(), None, field))?;
            Ok(texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
        }
        other => Err(broken(&format!("is of type {other}; text is wanted"), None, field)),
    }
}

/// The names of a column of text or whole numbers, dictionaries too. An empty one is refused.
pub(crate) fn texts(array: &dyn Array, field: &str) -> PyResult<Vec<String>> {
    let plain =
        arrow_cast::cast(array, &DataType::Utf8).map_err(|error| broken(&error.to_string(), None, field))?;
    (1..)
        .zip(plain.as_string::<i32>())
        .map(|(row, text)| text.map(str::to_owned).ok_or_else(|| broken("is empty", Some(row), field)))
        .collect()
}

/// An error where a column of some names has more than one value: which of several tariffs or meters is meant is not to be guessed.
pub(crate) fn only_one(table: &RecordBatch, names: &[String], of: &str) -> PyResult<()> {
    let Some((array, field)) = column(table, names)? else { return Ok(()) };
    let array = arrow_cast::cast(&plain(array, &field)?, &DataType::Utf8)
        .map_err(|error| broken(&error.to_string(), None, &field))?;
    let found: BTreeSet<&str> = array.as_string::<i32>().iter().flatten().collect();
    if found.len() < 2 {
        return Ok(());
    }
    let shown: Vec<&str> = found.iter().copied().take(3).collect();
    let more = if found.len() > 3 { format!(" and {} more", found.len() - 3) } else { String::new() };
    let message = format!("column {field:?}: holds {of} of {}{more}: give the rows of one", shown.join(", "));
    Err(raise("ConflictError", &message, None, Some(&field)))
}

/// Seconds since 1970 of a column of instants: timestamps, or text. One without a zone is refused.
pub(crate) fn instants(array: &dyn Array, field: &str) -> PyResult<Vec<Option<i64>>> {
    let array = plain(array, field)?;
    if matches!(array.data_type(), DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    {
        return text_instants(&optional_texts(&array, field)?, field);
    }
    let DataType::Timestamp(unit, zone) = array.data_type() else {
        return Err(broken(
            &format!(
                "is of type {}; instants come as timestamps with a time zone, or as text with one",
                array.data_type()
            ),
            None,
            field,
        ));
    };
    if zone.is_none() {
        return Err(raise(
            "NaiveDatetimeError",
            &format!("column {field:?}: its timestamps have no time zone; say which, such as UTC"),
            None,
            Some(field),
        ));
    }
    let (values, per_second): (Vec<Option<i64>>, i64) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().iter().collect(), 1),
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().iter().collect(), 1_000),
        TimeUnit::Microsecond => {
            (array.as_primitive::<TimestampMicrosecondType>().iter().collect(), 1_000_000)
        }
        TimeUnit::Nanosecond => {
            (array.as_primitive::<TimestampNanosecondType>().iter().collect(), 1_000_000_000)
        }
    };
    (1..)
        .zip(values)
        .map(|(row, value)| match value {
            Some(value) if value % per_second != 0 => {
                Err(broken("is not on a whole second", Some(row), field))
            }
            value => Ok(value.map(|value| value / per_second)),
        })
        .collect()
}

/// Seconds since 1970 of a column of text, such as `2026-03-29T01:00:00+01:00`. Text without a zone is refused.
pub(crate) fn text_instants(texts: &[Option<String>], field: &str) -> PyResult<Vec<Option<i64>>> {
    let second = |(row, text): (u64, &Option<String>)| {
        let Some(text) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match TimeText::parse(text) {
            Ok(TimeText::Instant(instant)) => Ok(Some(instant.timestamp())),
            Ok(TimeText::Local(_) | TimeText::Date(_)) => Err(raise(
                "NaiveDatetimeError",
                &format!(
                    "row {row}, column {field:?}: {text:?} has no time zone; write it with Z or an offset such as +01:00"
                ),
                Some(row),
                Some(field),
            )),
            Err(error) => Err(from_engine(error.in_field(field).in_row(row))),
        }
    };
    (1..).zip(texts).map(second).collect()
}

/// A float as the decimal that it is shown as, in units of 10^-8; an error where that has more than eight decimals.
pub(crate) fn float_units(value: f64, row: u64, field: &str) -> PyResult<Option<i64>> {
    const UNITS: f64 = 1e8;
    // Up to fifteen digits a decimal survives the way through a float and back, so a product that leads back is the one it shows.
    const SURE: f64 = 1e15;
    if value.is_nan() {
        return Ok(None);
    }
    let units = (value * UNITS).round();
    #[expect(clippy::float_cmp, reason = "whether the decimal reads as the very same float")]
    if units.abs() < SURE && units / UNITS == value {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 10^15")]
        return Ok(Some(units as i64));
    }
    value
        .to_string()
        .parse::<Energy>()
        .map(|energy| Some(energy.units()))
        .map_err(|error| from_engine(error.in_field(field).in_row(row)))
}

/// A column of decimals, floats, whole numbers or text in units of 10^-8.
pub(crate) fn values(array: &dyn Array, field: &str) -> PyResult<Vec<Option<i64>>> {
    let too_large = |row| broken("is beyond the range", Some(row), field);
    let parsed = |row: u64, text: Option<&str>| match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse::<Energy>()
            .map(|energy| Some(energy.units()))
            .map_err(|error| from_engine(error.in_field(field).in_row(row))),
    };
    let whole = |row, value: Option<i64>| {
        value.map(|value| value.checked_mul(100_000_000).ok_or_else(|| too_large(row))).transpose()
    };
    let array = plain(array, field)?;
    match array.data_type() {
        DataType::Null => Ok(vec![None; array.len()]),
        DataType::Decimal128(_, scale) => decimals(array.as_primitive(), *scale, field),
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal256(..) => {
            // Through its digits: a type that is wider than what is in it loses nothing.
            let texts = arrow_cast::cast(&array, &DataType::Utf8)
                .map_err(|error| broken(&error.to_string(), None, field))?;
            (1..).zip(texts.as_string::<i32>()).map(|(row, text)| parsed(row, text)).collect()
        }
        DataType::Float64 => {
            let floats = array.as_primitive::<Float64Type>();
            (1..)
                .zip(floats)
                .map(|(row, value)| value.map_or(Ok(None), |value| float_units(value, row, field)))
                .collect()
        }
        // By the digits that a narrow float shows, not those of its wide copy.
        DataType::Float32 => (1..)
            .zip(array.as_primitive::<Float32Type>())
            .map(|(row, value)| {
                parsed(row, value.filter(|value| !value.is_nan()).map(|value| value.to_string()).as_deref())
            })
            .collect(),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            let wide = arrow_cast::cast_with_options(&array, &DataType::Int64, &strict)
                .map_err(|_| broken("has a number that is beyond the range", None, field))?;
            (1..).zip(wide.as_primitive::<Int64Type>()).map(|(row, value)| whole(row, value)).collect()
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => (1..)
            .zip(optional_texts(&array, field)?)
            .map(|(row, text)| parsed(row, text.as_deref()))
            .collect(),
        other => Err(broken(
            &format!("is of type {other}; numbers come as decimals, floats, whole numbers or text"),
            None,
            field,
        )),
    }
}

fn decimals(
    array: &arrow_array::PrimitiveArray<Decimal128Type>,
    scale: i8,
    field: &str,
) -> PyResult<Vec<Option<i64>>> {
    let shift = i32::from(SCALE) - i32::from(scale);
    let factor = 10_i128.checked_pow(shift.unsigned_abs());
    (1..)
        .zip(array)
        .map(|(row, value)| {
            let Some(value) = value else { return Ok(None) };
            let units = match factor {
                Some(factor) if shift >= 0 => value.checked_mul(factor),
                Some(factor) if value % factor == 0 => Some(value / factor),
                _ => {
                    return Err(raise(
                        "PrecisionError",
                        &format!(
                            "row {row}, column {field:?}: has more than the 8 decimals that are held exactly"
                        ),
                        Some(row),
                        Some(field),
                    ));
                }
            };
            units
                .and_then(|units| i64::try_from(units).ok())
                .map(Some)
                .ok_or_else(|| broken("is beyond the range", Some(row), field))
        })
        .collect()
}

/// A column of instants in UTC.
pub(crate) fn instant_column(seconds: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    let micros = seconds.map(|seconds| seconds.map(|seconds| seconds * 1_000_000));
    Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
}

/// A column of decimals of eight places, from units of 10^-8.
pub(crate) fn decimal_column(units: impl Iterator<Item = Option<i64>>) -> PyResult<ArrayRef> {
    Decimal128Array::from_iter(units.map(|units| units.map(i128::from)))
        .with_precision_and_scale(DIGITS, SCALE)
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(|error| broken(&error.to_string(), None, "value"))
}

/// A batch of named columns, each with whether it may be empty.
pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> PyResult<RecordBatch> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| broken(&error.to_string(), None, "table"))
}

/// A batch as `__arrow_c_array__` gives it.
pub(crate) fn array_capsules<'py>(
    py: Python<'py>,
    batch: RecordBatch,
    requested: Option<Bound<'py, PyCapsule>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let field = Field::new_struct("", batch.schema_ref().fields().clone(), false);
    let array: ArrayRef = Arc::new(arrow_array::StructArray::from(batch));
    Ok(pyo3_arrow::ffi::to_array_pycapsules(py, field.into(), &array, requested)?)
}

/// A batch as `__arrow_c_stream__` gives it.
pub(crate) fn stream_capsule<'py>(
    py: Python<'py>,
    batch: RecordBatch,
    requested: Option<Bound<'py, PyCapsule>>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let field = Field::new_struct("", batch.schema_ref().fields().clone(), false);
    let array: ArrayRef = Arc::new(arrow_array::StructArray::from(batch));
    let reader = pyo3_arrow::ffi::ArrayIterator::new([Ok(array)], field.into());
    Ok(pyo3_arrow::ffi::to_stream_pycapsule(py, Box::new(reader), requested)?)
}
