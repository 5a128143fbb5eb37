//! The table of bills.

use crate::book::Assigned;
use crate::error::Result;
use crate::meter::MeterName;
use arrow_array::builder::{
    Decimal128Builder, Int32Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use kwhen::batch::BillRows;
use kwhen::{Energy, Money};
use std::ops::Range;
use std::sync::Arc;

/// Digits of a sum of energy and of an amount of money; their scales are [`Energy::SCALE`] and [`Money::SCALE`]. DuckDB multiplies
/// decimals of 18 digits in 64 bits, where energy times a price would have two digits before the point; of 19 it does in 128.
const ENERGY_DIGITS: u8 = 19;
const MONEY_DIGITS: u8 = 38;
const ENERGY: DataType = DataType::Decimal128(ENERGY_DIGITS, Energy::SCALE as i8);
const MONEY: DataType = DataType::Decimal128(MONEY_DIGITS, Money::SCALE as i8);

/// A meter that was billed, and where its rows are.
pub(crate) struct Billed<'a> {
    pub(crate) name: &'a MeterName,
    pub(crate) assigned: &'a [Assigned],
    pub(crate) rows: Range<usize>,
}

/// Meters billed, of one kind of name.
pub(crate) struct Bills<'a> {
    pub(crate) entries: &'a [Billed<'a>],
    pub(crate) rows: &'a BillRows,
}

fn band_fields() -> Fields {
    Fields::from(vec![
        Field::new("band", DataType::Utf8, false),
        Field::new("kwh", ENERGY, false),
        Field::new("amount_minor", MONEY, false),
    ])
}

/// The columns of the table of bills; `numbers` says whether meters are named by integers.
#[must_use]
pub fn bill_schema(numbers: bool) -> SchemaRef {
    let instant = || DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let bands = Field::new("item", DataType::Struct(band_fields()), false);
    Arc::new(Schema::new(vec![
        Field::new("meter", if numbers { DataType::Int64 } else { DataType::Utf8 }, false),
        Field::new("tariff", DataType::Utf8, false),
        Field::new("from", instant(), false),
        Field::new("to", instant(), false),
        Field::new("period", DataType::Utf8, false),
        Field::new("slots", DataType::Int32, false),
        Field::new("billed_slots", DataType::Int32, false),
        Field::new("days", DataType::Int32, false),
        Field::new("kwh", ENERGY, false),
        Field::new("net_minor", MONEY, false),
        Field::new("vat_minor", MONEY, false),
        Field::new("total_minor", MONEY, false),
        Field::new("bands", DataType::List(Arc::new(bands)), false),
    ]))
}

impl Bills<'_> {
    /// As a record batch; `None` where there is no row.
    pub(crate) fn batch(&self) -> Result<Option<RecordBatch>> {
        let Some(first) = self.entries.first() else { return Ok(None) };
        let numbers = matches!(first.name, MeterName::Number(_));
        let count = self.entries.iter().map(|entry| entry.rows.len()).sum();
        let (mut number, mut text) = (Int64Builder::new(), StringBuilder::new());
        let (mut tariff, mut period) = (StringBuilder::new(), StringBuilder::new());
        let instants = || TimestampMillisecondBuilder::with_capacity(count).with_timezone("UTC");
        let (mut from, mut to) = (instants(), instants());
        let counts = || Int32Builder::with_capacity(count);
        let (mut slots, mut billed, mut days) = (counts(), counts(), counts());
        let energies = || Decimal128Builder::new().with_data_type(ENERGY);
        let amounts = || Decimal128Builder::new().with_data_type(MONEY);
        let (mut kwh, mut net, mut vat, mut total) = (energies(), amounts(), amounts(), amounts());
        let (mut band, mut band_kwh, mut band_amount) = (StringBuilder::new(), energies(), amounts());
        let mut offsets: Vec<i32> = vec![0];
        let small = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        for entry in self.entries {
            for row in self.rows.rows.get(entry.rows.clone()).unwrap_or(&[]) {
                let Some(assigned) = entry.assigned.get(row.plan) else { continue };
                let Some(of_plan) = assigned.plan.periods().get(row.period) else { continue };
                match entry.name {
                    MeterName::Number(name) => number.append_value(*name),
                    MeterName::Text(name) => text.append_value(name),
                }
                tariff.append_value(&assigned.tariff);
                from.append_value(of_plan.span.from().timestamp_millis());
                to.append_value(of_plan.span.to().timestamp_millis());
                period.append_value(&of_plan.label);
                slots.append_value(small(row.slots));
                billed.append_value(small(row.billed_slots));
                days.append_value(i32::try_from(row.days).unwrap_or(i32::MAX));
                kwh.append_value(row.kwh.units().into());
                net.append_value(row.net_minor.units());
                vat.append_value(row.vat_minor.units());
                total.append_value(row.total_minor.units());
                let amounts = self.rows.bands_of(row);
                for (name, amount) in assigned.plan.bands().iter().zip(amounts) {
                    band.append_value(name);
                    band_kwh.append_value(amount.kwh.units().into());
                    band_amount.append_value(amount.amount_minor.units());
                }
                offsets.push(offsets.last().copied().unwrap_or(0) + small(amounts.len()));
            }
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(band.finish()), Arc::new(band_kwh.finish()), Arc::new(band_amount.finish())];
        let bands = StructArray::try_new(band_fields(), columns, None)?;
        let item = Arc::new(Field::new("item", DataType::Struct(band_fields()), false));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let bands = ListArray::try_new(item, offsets, Arc::new(bands), None)?;
        let meter: ArrayRef = if numbers { Arc::new(number.finish()) } else { Arc::new(text.finish()) };
        let columns: Vec<ArrayRef> = vec![
            meter,
            Arc::new(tariff.finish()),
            Arc::new(from.finish()),
            Arc::new(to.finish()),
            Arc::new(period.finish()),
            Arc::new(slots.finish()),
            Arc::new(billed.finish()),
            Arc::new(days.finish()),
            Arc::new(kwh.finish()),
            Arc::new(net.finish()),
            Arc::new(vat.finish()),
            Arc::new(total.finish()),
            Arc::new(bands),
        ];
        Ok(Some(RecordBatch::try_new(bill_schema(numbers), columns)?))
    }
}
