//! Columns as CSV: a Parquet file's, and what an Arrow file's are turned into; and CSV's as Parquet.

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, TimestampMillisecondArray};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use kwhen_batch::parquet_of_bytes;
use parquet::arrow::ArrowWriter;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

pub(super) fn from_parquet(bytes: Vec<u8>) -> Result<String, String> {
    let broken = |error: &dyn Display| format!("cannot be read as Parquet: {}", first_line(error));
    guarded("Parquet", || {
        let most = i64::try_from(super::limit::MOST).unwrap_or(i64::MAX);
        let reader = parquet_of_bytes(Bytes::from(bytes), most).map_err(|error| broken(&error))?;
        as_csv(reader.map(|batch| batch.map_err(|error| broken(&error))))
    })
}

/// What the library says, without the lines of where in itself it stood.
pub(super) fn first_line(error: &dyn Display) -> String {
    error.to_string().lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// The library gives up on some damaged files by a panic: here it is an error like others.
pub(super) fn guarded(kind: &str, read: impl FnOnce() -> Result<String, String>) -> Result<String, String> {
    kwhen_batch::guarded(read)
        .unwrap_or_else(|| Err(format!("cannot be read as {kind}: it is damaged; is it whole?")))
}

/// Decimals of numbers in what is written: the core's own.
const SCALE: i8 = 8;

/// Rows of numbers and instants (RFC 3339) as Parquet: numbers exactly, instants in UTC; what is empty is null.
pub fn to_parquet(header: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let broken = |error: &dyn Display| format!("cannot be written as Parquet: {error}");
    let cells = |column: usize| rows.iter().map(move |row| row.get(column).map_or("", String::as_str));
    let (mut fields, mut columns) = (Vec::new(), Vec::<ArrayRef>::new());
    for (place, name) in header.iter().enumerate() {
        let column: ArrayRef = if name.starts_with("valid_") || name.starts_with("interval_") {
            let at =
                |text: &str| kwhen::time::parse_instant(text).ok().map(|instant| instant.timestamp_millis());
            Arc::new(TimestampMillisecondArray::from_iter(cells(place).map(at)).with_timezone("UTC"))
        } else {
            let units =
                |text: &str| text.parse::<kwhen::Energy>().ok().map(|number| i128::from(number.units()));
            let column = Decimal128Array::from_iter(cells(place).map(units));
            Arc::new(column.with_precision_and_scale(18, SCALE).map_err(|error| broken(&error))?)
        };
        fields.push(Field::new(*name, column.data_type().clone(), true));
        columns.push(column);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|error| broken(&error))?;
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).map_err(|error| broken(&error))?;
    writer.write(&batch).map_err(|error| broken(&error))?;
    writer.into_inner().map_err(|error| broken(&error))
}

/// Times with a zone as UTC, times without one as they stand; floats by their shortest digits.
pub(super) fn as_csv(batches: impl Iterator<Item = Result<RecordBatch, String>>) -> Result<String, String> {
    let mut text = String::new();
    for batch in batches {
        let batch = batch?;
        if text.is_empty() {
            let schema = batch.schema();
            let names: Vec<String> = schema.fields().iter().map(|field| quoted(field.name())).collect();
            text.push_str(&names.join(","));
            text.push('\n');
        }
        let formats: Vec<Column<'_>> =
            batch.columns().iter().map(|column| Column::of(column.as_ref())).collect::<Result<_, _>>()?;
        if formats.is_empty() {
            return Err("has no columns".to_owned());
        }
        for row in 0..batch.num_rows() {
            for (place, column) in formats.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                column.write(row, &mut text)?;
            }
            text.push('\n');
            if text.len() as u64 > super::limit::MOST {
                return Err(format!("expands to more than {} MiB", super::limit::MOST >> 20));
            }
        }
    }
    if text.is_empty() { Err("holds no rows".to_owned()) } else { Ok(text) }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// How the values of one column are written.
enum Column<'a> {
    Plain {
        array: &'a dyn Array,
        format: ArrayFormatter<'a>,
    },
    /// Counts since 1970, how many of them are a second, and whether they are instants or what a clock shows.
    Times {
        counts: Int64Array,
        a_second: i64,
        is_instant: bool,
    },
}

impl<'a> Column<'a> {
    fn of(array: &'a dyn Array) -> Result<Self, String> {
        if array.data_type().is_nested() {
            return Err("has columns of lists; `kwhen batch` reads what it wrote so".to_owned());
        }
        if let DataType::Timestamp(unit, zone) = array.data_type() {
            let counts = cast(array, &DataType::Int64).map_err(|error| error.to_string())?;
            let a_second = match unit {
                TimeUnit::Second => 1,
                TimeUnit::Millisecond => 1_000,
                TimeUnit::Microsecond => 1_000_000,
                TimeUnit::Nanosecond => 1_000_000_000,
            };
            let counts = counts.as_primitive::<Int64Type>().clone();
            return Ok(Self::Times { counts, a_second, is_instant: zone.is_some() });
        }
        let options = FormatOptions::new();
        let format = ArrayFormatter::try_new(array, &options).map_err(|error| error.to_string())?;
        Ok(Self::Plain { array, format })
    }

    fn write(&self, row: usize, text: &mut String) -> Result<(), String> {
        match self {
            Self::Plain { array, .. } if array.is_null(row) => {}
            Self::Plain { format, .. } => {
                let value = format.value(row).try_to_string().map_err(|error| error.to_string())?;
                text.push_str(&quoted(&value));
            }
            Self::Times { counts, .. } if counts.is_null(row) => {}
            Self::Times { counts, a_second, is_instant } => {
                let count = counts.value(row);
                let whole = count.rem_euclid(*a_second) == 0;
                let at = chrono::DateTime::from_timestamp(count.div_euclid(*a_second), 0).filter(|_| whole);
                let at = at.ok_or_else(|| format!("row {}: has a time that is no whole second", row + 1))?;
                let zone = if *is_instant { "Z" } else { "" };
                write!(text, "{}{zone}", at.format("%Y-%m-%dT%H:%M:%S"))
                    .map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}
