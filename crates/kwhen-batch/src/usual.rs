//! Columns as the world's writers type them, made into the few types that are read here: text in dictionaries of any key, integers of
//! any width, numbers that stand for names. Nothing is rounded or lost: what does not fit is an error.

use crate::error::{Error, Result};
use crate::names::{DECIMALS, DENSE_START, KWH, METER, MISSING, READINGS, START, WH, WIDTH};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch};
use arrow_cast::CastOptions;
use arrow_cast::cast::cast_with_options;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use kwhen::Energy;
use std::sync::Arc;

/// The digits and decimals of energy by its digits: those of the core.
const DIGITS: u8 = 19;
const SCALE: i8 = 8;

/// What a column holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Names of meters: text or whole numbers.
    Meters,
    Text,
    Instants,
    Energy,
    Prices,
    Counts,
    Lists,
}

fn holds(name: &str) -> Option<Holds> {
    Some(match name {
        METER => Holds::Meters,
        "tariff" | "kind" | "band" => Holds::Text,
        START | DENSE_START | "valid_from" | "valid_to" => Holds::Instants,
        WH | KWH => Holds::Energy,
        "value_exc_vat" | "value_inc_vat" => Holds::Prices,
        DECIMALS | WIDTH => Holds::Counts,
        READINGS | MISSING => Holds::Lists,
        _ => return None,
    })
}

const fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Text of which a writer does not say that it is.
const fn is_binary(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

/// Text as a dictionary, as it is read.
pub(crate) fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The type that a column is read as; itself where it is read as it is, or not at all.
fn usual(holds: Holds, kind: &DataType) -> DataType {
    use DataType::{
        Decimal32, Decimal64, Decimal128, Decimal256, Dictionary, Int8, Int16, Int32, Int64, Null, Timestamp,
        UInt8, UInt16, UInt32, UInt64, Utf8,
    };
    match (holds, kind) {
        (Holds::Meters | Holds::Text, Dictionary(_, words)) if is_text(words) || is_binary(words) => {
            dictionary()
        }
        (_, Dictionary(_, words)) => usual(holds, words),
        (Holds::Meters | Holds::Text, kind) if is_binary(kind) => Utf8,
        (Holds::Meters, Int8 | UInt8 | Int16 | UInt16) => Int32,
        (Holds::Meters, UInt32 | UInt64) => Int64,
        (Holds::Meters, Decimal32(_, 0) | Decimal64(_, 0) | Decimal128(_, 0) | Decimal256(_, 0)) => Int64,
        (Holds::Energy | Holds::Counts, Int8 | UInt8 | UInt16) => Int32,
        (Holds::Energy, UInt32 | UInt64) => Int64,
        (Holds::Counts, Int16 | UInt32 | Int64 | UInt64) => Int32,
        (Holds::Energy | Holds::Prices, Decimal256(_, scale)) => Decimal128(38, *scale),
        (Holds::Energy | Holds::Prices, Null) => Decimal128(9, 3),
        (Holds::Lists, DataType::LargeBinary | DataType::FixedSizeBinary(_) | Null) => DataType::Binary,
        (Holds::Text, Null) => Utf8,
        (Holds::Instants, Null) => Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        (_, kind) => kind.clone(),
    }
}

/// The type that a column of meters' names is read as.
pub(crate) fn usual_meter(kind: &DataType) -> DataType {
    usual(Holds::Meters, kind)
}

/// A whole number that came as floating point and is the only one that is written so.
pub(crate) fn whole_number(value: f64) -> Option<i64> {
    const BEYOND: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() < BEYOND).then_some(value as i64)
}

/// Energy that came as text or in narrow floats, by the digits that it shows, exactly.
fn by_digits(array: &ArrayRef, name: &str) -> Result<ArrayRef> {
    let refused = |row: usize, error: &dyn std::fmt::Display| {
        Error::data(format!("column {name}, row {}: {error}", row + 1))
    };
    let units = |(row, text): (usize, Option<String>)| match text.as_deref().map(str::trim) {
        None | Some("" | "NaN") => Ok(None),
        Some(text) => match text.parse::<Energy>() {
            Ok(energy) => Ok(Some(i128::from(energy.units()))),
            Err(error) => Err(refused(row, &error)),
        },
    };
    let texts: Vec<Option<String>> = if *array.data_type() == DataType::Float32 {
        array.as_primitive::<Float32Type>().iter().map(|value| value.map(|value| value.to_string())).collect()
    } else {
        let texts = cast(array, &DataType::Utf8, name)?;
        texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
    };
    let values: Decimal128Array = texts.into_iter().enumerate().map(units).collect::<Result<_>>()?;
    Ok(Arc::new(values.with_precision_and_scale(DIGITS, SCALE)?))
}

/// Whole numbers that came as floating point, as DuckDB writes HUGEINT, and are all told apart as such.
fn whole(array: &ArrayRef, name: &str) -> Result<ArrayRef> {
    let read = |value: f64| {
        whole_number(value).ok_or_else(|| {
            Error::data(format!(
                "column {name}, value {value}: a name that came as floating point must be a whole number below 2⁵³; write text or BIGINT"
            ))
        })
    };
    let names = array.as_primitive::<Float64Type>().iter().map(|value| value.map(read).transpose());
    Ok(Arc::new(names.collect::<Result<Int64Array>>()?))
}

fn cast(array: &ArrayRef, kind: &DataType, name: &str) -> Result<ArrayRef> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, kind, &options)
        .map_err(|error| Error::data(format!("column {name}, of type {}: {error}", array.data_type())))
}

/// The same rows with the columns that are looked at in the types that they are read in. An error where one of them is there twice.
pub(crate) fn with_usual_types(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = batch.schema();
    check_once(&schema)?;
    let (mut fields, mut columns) = (schema.fields().to_vec(), batch.columns().to_vec());
    let mut other = false;
    for (field, column) in fields.iter_mut().zip(&mut columns) {
        let Some(holds) = holds(field.name()) else { continue };
        let kind = usual(holds, column.data_type());
        let mut array = Arc::clone(column);
        if kind != *column.data_type() {
            array = cast(column, &kind, field.name())?;
        }
        if holds == Holds::Energy && (is_text(&kind) || kind == DataType::Float32) {
            array = by_digits(&array, field.name())?;
        }
        if holds == Holds::Meters && kind == DataType::Float64 {
            array = whole(&array, field.name())?;
        }
        if array.data_type() != column.data_type() {
            other = true;
            *field = Arc::new(Field::new(field.name(), array.data_type().clone(), true));
            *column = array;
        }
    }
    if !other {
        return Ok(batch.clone());
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// An error where a column that is looked at is there twice.
pub(crate) fn check_once(schema: &Schema) -> Result<()> {
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    let twice = |name: &&str| holds(name).is_some() && names().filter(|other| other == name).count() > 1;
    match names().find(twice) {
        Some(name) => Err(Error::schema(format!("has column {name} twice; leave one"))),
        None => Ok(()),
    }
}
