//! Readings: a column of energy, as it lies or copied.

use crate::column::{some_nulls, wrong};
use crate::error::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, DecimalType, Float64Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, Decimal128Array, RecordBatch};
use arrow_buffer::BooleanBufferBuilder;
use arrow_buffer::NullBuffer;
use arrow_cast::cast;
use arrow_schema::DataType;
use kwhen::batch::Readings;
use std::ops::Range;

/// Energy of slots: the numbers as they lie, or a copy where the layout does not allow that.
pub(crate) struct Energies<'a> {
    lane: Lane<'a>,
    decimals: u32,
    /// Rows with a value that can be taken.
    pub(crate) nulls: Option<NullBuffer>,
    /// Rows with a value that is no number of kWh, in order.
    pub(crate) refused: Vec<usize>,
}

/// Whole numbers as they lie.
pub(crate) enum Lane<'a> {
    Narrow(&'a [i16]),
    Compact(&'a [i32]),
    Wide(&'a [i64]),
    Copied(Vec<i64>),
}

/// Decimals of a kWh that a floating-point reading is rounded to, half to even.
pub(crate) const FLOAT_DECIMALS: u32 = 6;

/// Decimals of a kWh that a reading may have.
const MOST_DECIMALS: u32 = 8;

/// What a large home's connection carries in an hour: three phases of 100 A.
const MOST_WHOLE_KWH: i64 = 69;

/// Decimals of a kWh in a whole number of Wh.
const WH_DECIMALS: u32 = 3;

impl<'a> Energies<'a> {
    /// A column of Wh or, where there is none, of kWh.
    pub(crate) fn of(batch: &'a RecordBatch, wh: &str, kwh: &str) -> Result<Self> {
        let (name, array) = match (batch.column_by_name(wh), batch.column_by_name(kwh)) {
            (Some(array), _) => (wh, array),
            (None, Some(array)) => (kwh, array),
            (None, None) => {
                return Err(Error::schema(format!(
                    "has neither a column {kwh} (kWh: a number, or text) nor a column {wh} (Wh)"
                )));
            }
        };
        let refused = || {
            let wanted = if name == wh { "a number of Wh" } else { "a number of kWh" };
            wrong(name, array, wanted)
        };
        if name == kwh && matches!(array.data_type(), DataType::Int16 | DataType::Int32 | DataType::Int64) {
            return Self::of_whole_kwh(array, kwh);
        }
        let places = Self::places_of(array.data_type(), name == wh).ok_or_else(refused)?;
        if places > MOST_DECIMALS {
            return Self::of_long_decimals(array, places).ok_or_else(refused);
        }
        let decimals = places;
        let lane = match array.data_type() {
            DataType::Int16 => Lane::Narrow(array.as_primitive::<Int16Type>().values()),
            DataType::Int32 => Lane::Compact(array.as_primitive::<Int32Type>().values()),
            DataType::Int64 => Lane::Wide(array.as_primitive::<Int64Type>().values()),
            DataType::Decimal32(..) => Lane::Compact(array.as_primitive::<Decimal32Type>().values()),
            DataType::Decimal64(..) => Lane::Wide(array.as_primitive::<Decimal64Type>().values()),
            DataType::Decimal128(..) => return Ok(Self::of_decimals(array.as_primitive(), decimals)),
            DataType::Float64 => {
                let values = array.as_primitive::<Float64Type>().values();
                return Ok(Self::of_floats(values, array.nulls(), decimals));
            }
            _ => return Err(refused()),
        };
        Ok(Self { nulls: some_nulls(array).cloned(), ..Self::plain(lane, decimals) })
    }

    /// Whole numbers of kWh. One beyond any home is an error: whole numbers are most often Wh.
    fn of_whole_kwh(array: &dyn Array, name: &str) -> Result<Self> {
        let wide = cast(array, &DataType::Int64)?;
        let wide = wide.as_primitive::<Int64Type>();
        let strange = |(_, value): &(usize, Option<i64>)| value.is_some_and(|value| value > MOST_WHOLE_KWH);
        if let Some((row, Some(value))) = wide.iter().enumerate().find(strange) {
            return Err(Error::data(format!(
                "column {name}, row {}, value {value}: whole kWh beyond a connection of {MOST_WHOLE_KWH} kW; if they count Wh, name the column wh",
                row + 1
            )));
        }
        let nulls = some_nulls(array).cloned();
        Ok(Self { nulls, ..Self::plain(Lane::Copied(wide.values().to_vec()), 0) })
    }

    /// Values that are all there, with so many decimals of a kWh.
    pub(crate) const fn plain(lane: Lane<'a>, decimals: u32) -> Self {
        Self { lane, decimals, nulls: None, refused: Vec::new() }
    }

    /// How many decimals of a kWh the numbers of a type of column have, Wh or kWh, at most as many as a reading; of a float those of
    /// its unit. `None` for a type or scale whose values are not taken as they lie.
    pub(crate) fn decimals_of(kind: &DataType, wh: bool) -> Option<u32> {
        Self::places_of(kind, wh).filter(|places| *places <= MOST_DECIMALS)
    }

    /// The same, however many.
    fn places_of(kind: &DataType, wh: bool) -> Option<u32> {
        let whole = if wh { WH_DECIMALS } else { 0 };
        match kind {
            DataType::Int16 | DataType::Int32 | DataType::Int64 => wh.then_some(whole),
            DataType::Float64 => Some(whole),
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale) => u32::try_from(*scale).ok().map(|scale| scale + whole),
            _ => None,
        }
    }

    fn of_decimals(array: &Decimal128Array, decimals: u32) -> Self {
        let values = array.values().iter().map(|value| i64::try_from(*value).ok());
        Self::of_options(values, array.nulls(), decimals)
    }

    /// Decimals of a type that has more places than a reading, of which those beyond are zero.
    fn of_long_decimals(array: &dyn Array, places: u32) -> Option<Self> {
        fn of<T: DecimalType>(array: &dyn Array, places: u32) -> Option<Energies<'static>>
        where
            T::Native: Into<i128>,
        {
            let unit = 10_i128.checked_pow(places.checked_sub(MOST_DECIMALS)?)?;
            let shorter = |value: &T::Native| {
                let value: i128 = (*value).into();
                i64::try_from(value / unit).ok().filter(|_| value % unit == 0)
            };
            let values = array.as_primitive_opt::<T>()?.values().iter().map(shorter);
            Some(Energies::of_options(values, array.nulls(), MOST_DECIMALS))
        }
        match array.data_type() {
            DataType::Decimal32(..) => of::<Decimal32Type>(array, places),
            DataType::Decimal64(..) => of::<Decimal64Type>(array, places),
            DataType::Decimal128(..) => of::<Decimal128Type>(array, places),
            _ => None,
        }
    }

    /// Values in a unit that has so many decimals of a kWh, rounded.
    pub(crate) fn of_floats(values: &[f64], nulls: Option<&NullBuffer>, whole: u32) -> Self {
        let decimals = FLOAT_DECIMALS.saturating_sub(whole);
        let scale = f64::from(10_u32.pow(decimals));
        let rounded = values.iter().map(|value| {
            let value = (value * scale).round_ties_even();
            // Beyond this a float no longer holds every whole number.
            (value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
        });
        Self { decimals: FLOAT_DECIMALS, ..Self::of_options(rounded, nulls, decimals) }
    }

    fn of_options(
        values: impl ExactSizeIterator<Item = Option<i64>>,
        nulls: Option<&NullBuffer>,
        decimals: u32,
    ) -> Self {
        let mut copied = Vec::with_capacity(values.len());
        let mut refused = Vec::new();
        for (row, value) in values.enumerate() {
            if value.is_none() && nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                refused.push(row);
            }
            copied.push(value.unwrap_or(0));
        }
        let mut nulls = nulls.cloned();
        if !refused.is_empty() {
            let mut bits = BooleanBufferBuilder::new(copied.len());
            for row in 0..copied.len() {
                bits.append(nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)));
            }
            refused.iter().for_each(|row| bits.set_bit(*row, false));
            nulls = Some(NullBuffer::new(bits.finish()));
        }
        Self { lane: Lane::Copied(copied), decimals, nulls, refused }
    }

    /// The readings of a range of rows, whether or not they are null.
    pub(crate) fn part(&self, rows: Range<usize>) -> Result<Readings<'_>> {
        Ok(match &self.lane {
            Lane::Narrow(values) => Readings::of_16_bits(values.get(rows).unwrap_or(&[]), self.decimals),
            Lane::Compact(values) => Readings::of_32_bits(values.get(rows).unwrap_or(&[]), self.decimals),
            Lane::Wide(values) => Readings::of_64_bits(values.get(rows).unwrap_or(&[]), self.decimals),
            Lane::Copied(values) => Readings::of_64_bits(values.get(rows).unwrap_or(&[]), self.decimals),
        }?)
    }

    pub(crate) const fn decimals(&self) -> u32 {
        self.decimals
    }

    /// The value of a row, whether or not it is null.
    pub(crate) fn value(&self, row: usize) -> i64 {
        match &self.lane {
            Lane::Narrow(values) => values.get(row).map_or(0, |value| i64::from(*value)),
            Lane::Compact(values) => values.get(row).map_or(0, |value| i64::from(*value)),
            Lane::Wide(values) => values.get(row).copied().unwrap_or(0),
            Lane::Copied(values) => values.get(row).copied().unwrap_or(0),
        }
    }
}
