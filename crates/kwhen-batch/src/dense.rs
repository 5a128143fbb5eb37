//! The dense layout: a meter's day, month or any other run of slots as one list of whole numbers (docs/batch.md).

use crate::column::{Instants, Meters, find};
use crate::error::{Error, Result};
use crate::names::{DECIMALS, DENSE_START, METER, MISSING, READINGS, WIDTH};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, BinaryArray, BinaryViewArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit as ArrowTimeUnit};
use kwhen::batch::{Readings, TimeUnit};
use std::sync::Arc;

/// The columns of the dense layout; `numbers` says whether meters are named by integers.
#[must_use]
pub fn dense_schema(numbers: bool) -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new(METER, if numbers { DataType::Int64 } else { DataType::Utf8 }, false),
        Field::new(DENSE_START, DataType::Timestamp(ArrowTimeUnit::Millisecond, Some("UTC".into())), false),
        Field::new(DECIMALS, DataType::Int32, false),
        Field::new(WIDTH, DataType::Int32, false),
        Field::new(READINGS, DataType::Binary, false),
        Field::new(MISSING, DataType::Binary, true),
    ]))
}

/// Lists of bytes, each of which may be absent.
enum Lists<'a> {
    Whole(&'a BinaryArray),
    View(&'a BinaryViewArray),
}

impl<'a> Lists<'a> {
    fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let array = find(batch, name)?;
        match array.data_type() {
            DataType::Binary => Ok(Self::Whole(array.as_binary())),
            DataType::BinaryView => Ok(Self::View(array.as_binary_view())),
            other => Err(Error::schema(format!("column {name} is of type {other}; binary is wanted"))),
        }
    }

    fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::Whole(array) => (!array.is_null(row)).then(|| array.value(row)),
            Self::View(array) => (!array.is_null(row)).then(|| array.value(row)),
        }
    }
}

/// Rows of a batch in the dense layout.
pub(crate) struct DenseRows<'a> {
    pub(crate) meters: Meters<'a>,
    starts: Instants<'a>,
    decimals: &'a [i32],
    widths: &'a [i32],
    readings: Lists<'a>,
    missing: Option<Lists<'a>>,
    /// Values copied out of their bytes, which need not lie as numbers do.
    narrow: Vec<i16>,
    compact: Vec<i32>,
    wide: Vec<i64>,
}

impl<'a> DenseRows<'a> {
    pub(crate) fn is_dense(batch: &RecordBatch) -> bool {
        batch.column_by_name(READINGS).is_some()
    }

    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let integers = |name: &str| {
            let array = find(batch, name)?;
            let values = array.as_primitive_opt::<Int32Type>().filter(|array| array.null_count() == 0);
            values.map(|array| &array.values()[..]).ok_or_else(|| {
                Error::schema(format!(
                    "column {name} is of type {}, or has nulls; 32-bit integers are wanted",
                    array.data_type()
                ))
            })
        };
        Ok(Self {
            meters: Meters::of(batch, METER)?,
            starts: Instants::of(batch, DENSE_START)?,
            decimals: integers(DECIMALS)?,
            widths: integers(WIDTH)?,
            readings: Lists::of(batch, READINGS)?,
            missing: batch.column_by_name(MISSING).map(|_| Lists::of(batch, MISSING)).transpose()?,
            narrow: Vec::new(),
            compact: Vec::new(),
            wide: Vec::new(),
        })
    }

    /// How many rows there are, each a list.
    pub(crate) const fn row_count(&self) -> usize {
        self.widths.len()
    }

    /// How many slots a row is about.
    pub(crate) fn len(&self, row: usize) -> u64 {
        let width = self.widths.get(row).and_then(|width| u64::try_from(*width).ok()).unwrap_or(0).max(1);
        self.readings.get(row).map_or(0, |bytes| bytes.len() as u64 / width)
    }

    /// The decimals of a kWh of a row's readings; `None` where they are not 0 to 8.
    pub(crate) fn decimals(&self, row: usize) -> Option<u32> {
        self.decimals
            .get(row)
            .and_then(|decimals| u32::try_from(*decimals).ok())
            .filter(|decimals| *decimals <= 8)
    }

    /// When the first slot of a row starts.
    pub(crate) fn start(&self, row: usize) -> Option<(i64, TimeUnit)> {
        let valid = self.starts.nulls.is_none_or(|nulls| nulls.is_valid(row));
        Some((*self.starts.values.get(row).filter(|_| valid)?, self.starts.unit))
    }

    /// Hands over each run of readings of a row, with its place among the row's slots. `false`, and nothing handed over, where the row
    /// is not what it says.
    pub(crate) fn runs(
        &mut self,
        row: usize,
        mut each: impl FnMut(usize, Readings<'_>) -> Result<()>,
    ) -> Result<bool> {
        let (Some(width), Some(decimals)) = (self.widths.get(row), self.decimals.get(row)) else {
            return Ok(false);
        };
        let Ok(decimals) = u32::try_from(*decimals) else { return Ok(false) };
        let bytes = self.readings.get(row).unwrap_or(&[]);
        let readings = match width {
            2 => {
                let (values, rest) = bytes.as_chunks::<2>();
                self.narrow.clear();
                self.narrow.extend(values.iter().map(|value| i16::from_le_bytes(*value)));
                (rest.is_empty()).then(|| Readings::of_16_bits(&self.narrow, decimals))
            }
            4 => {
                let (values, rest) = bytes.as_chunks::<4>();
                self.compact.clear();
                self.compact.extend(values.iter().map(|value| i32::from_le_bytes(*value)));
                (rest.is_empty()).then(|| Readings::of_32_bits(&self.compact, decimals))
            }
            8 => {
                let (values, rest) = bytes.as_chunks::<8>();
                self.wide.clear();
                self.wide.extend(values.iter().map(|value| i64::from_le_bytes(*value)));
                (rest.is_empty()).then(|| Readings::of_64_bits(&self.wide, decimals))
            }
            _ => None,
        };
        let Some(Ok(readings)) = readings else { return Ok(false) };
        let Some(missing) = self.missing.as_ref().and_then(|missing| missing.get(row)) else {
            each(0, readings)?;
            return Ok(true);
        };
        if missing.len() != readings.len().div_ceil(8) {
            return Ok(false);
        }
        let is_missing = |slot: usize| missing.get(slot / 8).is_some_and(|byte| byte >> (slot % 8) & 1 == 1);
        let mut slot = 0;
        while slot < readings.len() {
            if is_missing(slot) {
                slot += 1;
                continue;
            }
            let end = (slot..readings.len()).find(|slot| is_missing(*slot)).unwrap_or(readings.len());
            each(slot, readings.part(slot..end))?;
            slot = end;
        }
        Ok(true)
    }
}
