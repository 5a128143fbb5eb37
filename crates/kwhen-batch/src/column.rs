//! Columns of a record batch, found by name and taken by type.

use crate::error::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowTimestampType, Decimal32Type, Decimal64Type, Decimal128Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, GenericStringArray, RecordBatch, StringArray, StringViewArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit as ArrowTimeUnit};
use chrono::{DateTime, Utc};
use kwhen::batch::TimeUnit;
use kwhen::time::Span;
use std::ops::Range;

/// The name of a meter as it lies in a column: text, or a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum MeterRef<'a> {
    Number(i64),
    Text(&'a str),
}

/// Names of meters.
pub(crate) enum Meters<'a> {
    Numbers32(&'a [i32], Option<&'a NullBuffer>),
    Numbers(&'a [i64], Option<&'a NullBuffer>),
    Text(&'a GenericStringArray<i32>),
    LargeText(&'a GenericStringArray<i64>),
    TextView(&'a StringViewArray),
    Dictionary(&'a [i32], Option<&'a NullBuffer>, &'a StringArray),
    /// Runs of rows of one name each: its key and where the run ends.
    Runs {
        keys: &'a [u32],
        ends: &'a [usize],
        words: &'a [Box<str>],
    },
}

pub(crate) fn find<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| {
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        Error::schema(format!("has no column {name}; it has {}", listed(&names)))
    })
}

/// Names of columns for a message.
pub(crate) fn listed(names: &[&str]) -> String {
    const MOST: usize = 30;
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST).filter(|more| *more > 0) {
        Some(more) => format!("{shown} and {more} more"),
        None if names.is_empty() => "none".into(),
        None => shown,
    }
}

/// Which rows are null, where any is.
pub(crate) fn some_nulls(array: &dyn Array) -> Option<&NullBuffer> {
    array.nulls().filter(|nulls| nulls.null_count() > 0)
}

pub(crate) fn wrong(name: &str, array: &dyn Array, wanted: &str) -> Error {
    Error::schema(format!("column {name} is of type {}; {wanted} is wanted", array.data_type()))
}

impl<'a> Meters<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let array = find(batch, name)?;
        Ok(match array.data_type() {
            DataType::Int32 => Self::Numbers32(array.as_primitive::<Int32Type>().values(), some_nulls(array)),
            DataType::Int64 => Self::Numbers(array.as_primitive::<Int64Type>().values(), some_nulls(array)),
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::LargeUtf8 => Self::LargeText(array.as_string()),
            DataType::Utf8View => Self::TextView(array.as_string_view()),
            DataType::Dictionary(keys, values) if **keys == DataType::Int32 && **values == DataType::Utf8 => {
                let array = array.as_dictionary::<Int32Type>();
                Self::Dictionary(array.keys().values(), some_nulls(array), array.values().as_string())
            }
            _ => return Err(wrong(name, array, "text or an integer")),
        })
    }

    pub(crate) fn get(&self, row: usize) -> Option<MeterRef<'a>> {
        let valid = |nulls: &Option<&NullBuffer>| nulls.is_none_or(|nulls| nulls.is_valid(row));
        let text = |array: &'a dyn Array| !array.is_null(row);
        match self {
            Self::Numbers32(values, nulls) => {
                values.get(row).filter(|_| valid(nulls)).map(|value| MeterRef::Number((*value).into()))
            }
            Self::Numbers(values, nulls) => {
                values.get(row).filter(|_| valid(nulls)).map(|value| MeterRef::Number(*value))
            }
            Self::Text(array) => text(*array).then(|| MeterRef::Text(array.value(row))),
            Self::LargeText(array) => text(*array).then(|| MeterRef::Text(array.value(row))),
            Self::TextView(array) => text(*array).then(|| MeterRef::Text(array.value(row))),
            Self::Dictionary(keys, nulls, values) => {
                let key = usize::try_from(*keys.get(row).filter(|_| valid(nulls))?).ok()?;
                (key < values.len() && !values.is_null(key)).then(|| MeterRef::Text(values.value(key)))
            }
            Self::Runs { keys, ends, words } => {
                let key = *keys.get(run_of(ends, row))? as usize;
                words.get(key).map(|word| MeterRef::Text(word))
            }
        }
    }

    /// Runs of one meter among the first rows, one after another, each with its name if it has one. Where a meter goes on under another
    /// key of a dictionary a run may end before the meter does.
    pub(crate) fn runs(&self, rows: usize) -> impl Iterator<Item = (Range<usize>, Option<MeterRef<'a>>)> {
        let mut from = 0;
        let mut known = match self {
            Self::Runs { keys, ends, .. } => keys.iter().zip(*ends),
            _ => [].iter().zip(&[]),
        };
        std::iter::from_fn(move || {
            if from >= rows {
                return None;
            }
            let (end, name) = match self {
                Self::Runs { words, .. } => {
                    let (key, end) = known.next()?;
                    (*end, words.get(*key as usize).map(|word| MeterRef::Text(word)))
                }
                _ => (self.run_end(from, rows), self.get(from)),
            };
            let run = from..end.min(rows);
            from = end;
            Some((run, name))
        })
    }

    /// Whether meters are named by whole numbers.
    pub(crate) const fn are_numbers(&self) -> bool {
        matches!(self, Self::Numbers(..) | Self::Numbers32(..))
    }

    /// The end of a run of one meter that begins at a row, `rows` at most. Where a meter goes on under another key of a dictionary the
    /// run may end before the meter does.
    pub(crate) fn run_end(&self, row: usize, rows: usize) -> usize {
        let by_value = || {
            let first = self.get(row);
            (row + 1..rows).find(|next| self.get(*next) != first).unwrap_or(rows)
        };
        let end = match self {
            Self::Numbers32(values, None) | Self::Dictionary(values, None, _) => same_until(values, row),
            Self::Numbers(values, None) => same_until(values, row),
            Self::Text(array) if array.null_count() == 0 => {
                same_text_until(array.value_offsets(), array.value_data(), row, rows)
            }
            Self::LargeText(array) if array.null_count() == 0 => {
                same_text_until(array.value_offsets(), array.value_data(), row, rows)
            }
            Self::TextView(array) if array.null_count() == 0 => {
                // Equal views are equal texts; others may be.
                let mut end = same_until(array.views(), row);
                while end < rows && self.get(end) == self.get(row) {
                    end = same_until(array.views(), end);
                }
                end
            }
            _ => by_value(),
        };
        end.min(rows)
    }
}

/// Which run a row is in.
fn run_of(ends: &[usize], row: usize) -> usize {
    ends.partition_point(|end| *end <= row)
}

/// The end of the run of equal texts that begins at a row. Texts of one length that lie end to end are equal when each byte is that of
/// the text before, so many are compared at once.
fn same_text_until<O: Copy + Into<i64>>(offsets: &[O], bytes: &[u8], row: usize, rows: usize) -> usize {
    const STRIDE: usize = 128;
    let place =
        |row: usize| offsets.get(row).map_or(0, |offset| usize::try_from((*offset).into()).unwrap_or(0));
    let (start, length) = (place(row), place(row + 1).saturating_sub(place(row)));
    let same = |from: usize, to: usize| {
        let ends = offsets.get(from + 1..to + 1).unwrap_or(&[]);
        let starts = offsets.get(from..to).unwrap_or(&[]);
        let lengths = starts.iter().zip(ends).fold(0, |other, (start, end)| {
            other | (Into::<i64>::into(*end).wrapping_sub((*start).into()) ^ length as i64)
        });
        let at = start + (from - row) * length;
        let texts = bytes.get(at..at + (to - from) * length);
        lengths == 0 && texts.is_some() && texts == bytes.get(at - length..at + (to - from - 1) * length)
    };
    let mut end = row + 1;
    while end + STRIDE <= rows && same(end, end + STRIDE) {
        end += STRIDE;
    }
    while end < rows && same(end, end + 1) {
        end += 1;
    }
    end
}

/// The end of the run of equal values that begins at a place; looks at many at once.
pub(crate) fn same_until<T: Copy + PartialEq>(values: &[T], from: usize) -> usize {
    const STRIDE: usize = 64;
    let Some((first, rest)) = values.get(from..).and_then(<[T]>::split_first) else { return values.len() };
    let (blocks, _) = rest.as_chunks::<STRIDE>();
    let same = |block: &&[T; STRIDE]| block.iter().fold(true, |same, value| same & (value == first));
    let whole = blocks.iter().take_while(same).count() * STRIDE;
    let tail = rest.get(whole..).unwrap_or(&[]).iter().take_while(|value| *value == first).count();
    from + 1 + whole + tail
}

/// Timestamps as they lie.
pub(crate) struct Instants<'a> {
    pub(crate) values: &'a [i64],
    pub(crate) nulls: Option<&'a NullBuffer>,
    pub(crate) unit: TimeUnit,
}

/// An error for a column that holds no instants: none at all, or times of an unknown clock where these are not to be taken as UTC.
pub fn check_instants(name: &str, kind: &DataType, assume_utc: bool) -> Result<()> {
    match kind {
        DataType::Timestamp(_, Some(_)) => Ok(()),
        DataType::Timestamp(..) if assume_utc => Ok(()),
        DataType::Timestamp(..) => Err(Error::schema(format!(
            "column {name} has times without a time zone (it is of type {kind}); write them with one, as DuckDB's timezone('UTC', ..), \
             polars' dt.replace_time_zone and pandas' dt.tz_localize do, or say that they are UTC (--assume-utc)"
        ))),
        _ => Err(Error::schema(format!("column {name} is of type {kind}; a timestamp in UTC is wanted"))),
    }
}

impl<'a> Instants<'a> {
    /// A column of timestamps; those without a time zone are UTC.
    pub(crate) fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let array = find(batch, name)?;
        let DataType::Timestamp(unit, _) = array.data_type() else {
            return Err(wrong(name, array, "a timestamp in UTC"));
        };
        fn values<T: ArrowTimestampType>(array: &ArrayRef) -> &[i64] {
            array.as_primitive::<T>().values()
        }
        let (values, unit) = match unit {
            ArrowTimeUnit::Second => (values::<TimestampSecondType>(array), TimeUnit::Second),
            ArrowTimeUnit::Millisecond => (values::<TimestampMillisecondType>(array), TimeUnit::Millisecond),
            ArrowTimeUnit::Microsecond => (values::<TimestampMicrosecondType>(array), TimeUnit::Microsecond),
            ArrowTimeUnit::Nanosecond => (values::<TimestampNanosecondType>(array), TimeUnit::Nanosecond),
        };
        Ok(Self { values, nulls: some_nulls(array), unit })
    }

    /// From where and up to where the values of a span go.
    pub(crate) fn ticks(&self, span: Span) -> Range<i64> {
        let ticks = |at: DateTime<Utc>| at.timestamp().saturating_mul(self.unit.per_second());
        ticks(span.from())..ticks(span.to())
    }

    /// How many rows start inside a span, given by its ticks, or do not say when.
    pub(crate) fn count_inside(&self, rows: impl Iterator<Item = usize>, inside: &Range<i64>) -> usize {
        let counts = |row: &usize| {
            self.values.get(*row).is_some_and(|value| inside.contains(value))
                || self.nulls.is_some_and(|nulls| nulls.is_null(*row))
        };
        rows.filter(counts).count()
    }

    /// The instant of a row in nanoseconds from 1970, if there is one.
    pub(crate) fn nanoseconds(&self, row: usize) -> Option<i128> {
        let value = *self.values.get(row)?;
        let valid = self.nulls.is_none_or(|nulls| nulls.is_valid(row));
        valid.then(|| i128::from(value) * i128::from(1_000_000_000 / self.unit.per_second()))
    }
}

/// Text, which may be absent.
pub(crate) enum Texts<'a> {
    Text(&'a GenericStringArray<i32>),
    LargeText(&'a GenericStringArray<i64>),
    View(&'a StringViewArray),
    Dictionary(&'a [i32], Option<&'a NullBuffer>, &'a StringArray),
}

impl<'a> Texts<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let array = find(batch, name)?;
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::LargeUtf8 => Self::LargeText(array.as_string()),
            DataType::Utf8View => Self::View(array.as_string_view()),
            DataType::Dictionary(keys, values) if **keys == DataType::Int32 && **values == DataType::Utf8 => {
                let array = array.as_dictionary::<Int32Type>();
                Self::Dictionary(array.keys().values(), array.nulls(), array.values().as_string())
            }
            _ => return Err(wrong(name, array, "text")),
        })
    }

    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Text(array) => (!array.is_null(row)).then(|| array.value(row)),
            Self::LargeText(array) => (!array.is_null(row)).then(|| array.value(row)),
            Self::View(array) => (!array.is_null(row)).then(|| array.value(row)),
            Self::Dictionary(keys, nulls, values) => {
                let key = *keys.get(row).filter(|_| nulls.is_none_or(|nulls| nulls.is_valid(row)))?;
                let key = usize::try_from(key).ok()?;
                (key < values.len() && !values.is_null(key)).then(|| values.value(key))
            }
        }
    }
}

/// Prices in pence: exact decimals, floats (rounded to 8 decimals) or decimal text.
pub(crate) struct Prices<'a> {
    name: &'a str,
    array: &'a ArrayRef,
}

impl<'a> Prices<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, name: &'a str) -> Result<Option<Self>> {
        let Some(array) = batch.column_by_name(name) else { return Ok(None) };
        match array.data_type() {
            DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Float64
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View => Ok(Some(Self { name, array })),
            _ => Err(wrong(name, array, "a decimal, a 64-bit float or decimal text, in pence")),
        }
    }

    /// The price of a row as exact decimal text.
    pub(crate) fn text(&self, row: usize) -> Result<Option<String>> {
        if self.array.is_null(row) {
            return Ok(None);
        }
        let scaled = |value: i128, scale: i8| {
            let exponent = -i32::from(scale);
            format!("{value}e{exponent}")
        };
        Ok(Some(match self.array.data_type() {
            DataType::Decimal32(_, scale) => {
                scaled(self.array.as_primitive::<Decimal32Type>().value(row).into(), *scale)
            }
            DataType::Decimal64(_, scale) => {
                scaled(self.array.as_primitive::<Decimal64Type>().value(row).into(), *scale)
            }
            DataType::Decimal128(_, scale) => {
                scaled(self.array.as_primitive::<Decimal128Type>().value(row), *scale)
            }
            DataType::Float64 => format!("{:.8}", self.array.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => self.array.as_string::<i32>().value(row).to_owned(),
            DataType::LargeUtf8 => self.array.as_string::<i64>().value(row).to_owned(),
            DataType::Utf8View => self.array.as_string_view().value(row).to_owned(),
            _ => return Err(wrong(self.name, self.array, "a decimal")),
        }))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]
mod tests {
    use super::*;
    use arrow_array::{DictionaryArray, Int64Array, LargeStringArray};
    use std::sync::Arc;

    /// Runs of every length around a stride, with names of one length that differ in their last byte, of others, and empty ones.
    #[test]
    fn runs_end_where_the_meter_does_in_every_layout() {
        let lengths = [1, 2, 127, 128, 129, 130, 300, 1, 1, 64, 65, 257];
        let names = [
            "1000000000011",
            "1000000000012",
            "",
            "12",
            "34",
            "1000000000013",
            "a name longer than a view holds",
        ];
        let mut rows: Vec<&str> = Vec::new();
        let mut ends = Vec::new();
        for (place, length) in lengths.iter().enumerate() {
            rows.extend(std::iter::repeat_n(names[place % names.len()], *length));
            ends.push(rows.len());
        }
        let ids: Vec<i64> =
            rows.iter().map(|row| names.iter().position(|name| name == row).unwrap() as i64).collect();
        let nullable: StringArray = rows.iter().map(|row| (!row.is_empty()).then_some(*row)).collect();
        // Views of one text at many places: their bits differ.
        let apart: StringViewArray = rows.iter().copied().map(Some).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(rows.clone())),
            Arc::new(LargeStringArray::from(rows.clone())),
            Arc::new(apart),
            Arc::new(nullable),
            Arc::new(rows.iter().copied().collect::<DictionaryArray<Int32Type>>()),
            Arc::new(Int64Array::from(ids)),
        ];
        for column in columns {
            // A slice too, whose offsets do not begin at 0.
            for from in [0, 3] {
                let part = column.slice(from, column.len() - from);
                let batch = RecordBatch::try_from_iter([("meter", part)]).unwrap();
                let meters = Meters::of(&batch, "meter").unwrap();
                for row in [0, 5, 126, 131, 400] {
                    let end = *ends.iter().find(|end| **end > row + from).unwrap();
                    assert_eq!(
                        meters.run_end(row, rows.len() - from),
                        end - from,
                        "{:?} {row}",
                        column.data_type()
                    );
                    assert_eq!(meters.run_end(row, row + 1), row + 1);
                }
                let runs: Vec<Range<usize>> = meters.runs(rows.len() - from).map(|(run, _)| run).collect();
                let wanted: Vec<usize> = ends.iter().map(|end| end.saturating_sub(from)).collect();
                let mut found: Vec<usize> = runs.iter().map(|run| run.end).collect();
                found.dedup();
                assert!(wanted.iter().filter(|end| **end > 0).eq(&found));
            }
        }
    }
}
