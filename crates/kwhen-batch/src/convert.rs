//! Between the long and the dense layout.

use crate::column::MeterRef;
use crate::dense::dense_schema;
use crate::error::{Error, Result};
use crate::meter::MeterName;
use crate::names::{METER, START};
use crate::rows::{LongRows, Rows};
use crate::sink::Sink;
use crate::source::{Table, files, refuse_over, refuse_unless_file};
use arrow_array::builder::{
    BinaryBuilder, Decimal128Builder, Int32Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit as ArrowTimeUnit};
use kwhen::batch::TimeUnit;
use kwhen::time::{Calendar, SlotLength};
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use std::path::Path;
use std::sync::Arc;

/// Slots of a row group of the dense layout: about 4 MiB of 16-bit readings, which are one page.
const DENSE_SLOTS: usize = 2 << 20;

/// Rows of a batch of the long layout.
const LONG_ROWS: usize = 65_536;

/// A run of slots of one meter, as a list.
#[derive(Clone, Debug, Default)]
struct List {
    /// In milliseconds from 1970.
    start: i64,
    values: Vec<i64>,
    missing: Vec<bool>,
    any_missing: bool,
}

/// Lists on their way to a file in the dense layout.
pub(crate) struct DenseWriter {
    sink: Sink,
    numbers: bool,
    decimals: u32,
    slots: usize,
    number: Int64Builder,
    text: StringBuilder,
    start: TimestampMillisecondBuilder,
    decimal: Int32Builder,
    width: Int32Builder,
    readings: BinaryBuilder,
    missing: BinaryBuilder,
}

/// How a file in the dense layout is written: raw bytes, which need no decoding.
pub(crate) fn dense_properties() -> WriterProperties {
    let readings = ColumnPath::from(crate::names::READINGS);
    WriterProperties::builder()
        .set_compression(Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(readings.clone(), false)
        .set_column_encoding(readings.clone(), Encoding::PLAIN)
        .set_column_statistics_enabled(readings, parquet::file::properties::EnabledStatistics::None)
        .set_data_page_size_limit(1 << 22)
        .build()
}

fn starts() -> TimestampMillisecondBuilder {
    TimestampMillisecondBuilder::new().with_timezone("UTC")
}

impl DenseWriter {
    pub(crate) fn create(path: &Path, numbers: bool, decimals: u32) -> Result<Self> {
        Ok(Self {
            sink: Sink::create(path, dense_schema(numbers), dense_properties())?,
            numbers,
            decimals,
            slots: 0,
            number: Int64Builder::new(),
            text: StringBuilder::new(),
            start: starts(),
            decimal: Int32Builder::new(),
            width: Int32Builder::new(),
            readings: BinaryBuilder::new(),
            missing: BinaryBuilder::new(),
        })
    }

    /// Adds a list: values of consecutive slots in the narrowest width that holds them; `missing` is empty where none is.
    pub(crate) fn push(
        &mut self,
        meter: MeterRef<'_>,
        start: i64,
        values: &[i64],
        missing: &[bool],
    ) -> Result<()> {
        match meter {
            MeterRef::Number(number) => self.number.append_value(number),
            MeterRef::Text(text) => self.text.append_value(text),
        }
        self.start.append_value(start);
        self.decimal.append_value(i32::try_from(self.decimals).unwrap_or(i32::MAX));
        let least = values.iter().copied().min().unwrap_or(0);
        let most = values.iter().copied().max().unwrap_or(0);
        let fits = |low: i64, high: i64| low <= least && most <= high;
        let mut bytes = Vec::with_capacity(values.len() * 2);
        let width = if fits(i16::MIN.into(), i16::MAX.into()) {
            values.iter().for_each(|value| bytes.extend((*value as i16).to_le_bytes()));
            2
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            values.iter().for_each(|value| bytes.extend((*value as i32).to_le_bytes()));
            4
        } else {
            values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
            8
        };
        self.width.append_value(width);
        self.readings.append_value(&bytes);
        if missing.contains(&true) {
            let byte = |bits: &[bool]| bits.iter().rev().fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit));
            self.missing.append_value(missing.chunks(8).map(byte).collect::<Vec<u8>>());
        } else {
            self.missing.append_null();
        }
        self.slots += values.len();
        if self.slots >= DENSE_SLOTS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.slots = 0;
        let meter: ArrayRef =
            if self.numbers { Arc::new(self.number.finish()) } else { Arc::new(self.text.finish()) };
        if meter.is_empty() {
            return Ok(());
        }
        let columns: Vec<ArrayRef> = vec![
            meter,
            Arc::new(std::mem::replace(&mut self.start, starts()).finish()),
            Arc::new(self.decimal.finish()),
            Arc::new(self.width.finish()),
            Arc::new(self.readings.finish()),
            Arc::new(self.missing.finish()),
        ];
        self.sink.write(&RecordBatch::try_new(dense_schema(self.numbers), columns)?)?;
        self.sink.end_row_group()
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.sink.finish()
    }
}

/// The runs of slots of one meter in one local month, gathered row by row.
struct Gathering {
    meter: Option<MeterName>,
    month: (i32, u32),
    list: List,
}

/// Rewrites consumption of the long layout, sorted by meter and time, in the dense one: a list for each meter and local month.
/// Readings that are not sorted, repeat or lie off the grid are errors; missing slots between two readings of a month are kept missing.
/// Times without a time zone are UTC, or an error.
pub fn to_dense(
    from: &Path,
    to: &Path,
    calendar: &Calendar,
    slot_length: SlotLength,
    assume_utc: bool,
) -> Result<u64> {
    refuse_unless_file(to)?;
    refuse_over(to, [from])?;
    let mut writer: Option<(DenseWriter, u32)> = None;
    let mut gathering = Gathering { meter: None, month: (0, 0), list: List::default() };
    let mut lists = 0;
    let step = slot_length.seconds() * 1_000;
    for path in files(from)? {
        let table = Table::open(&path, assume_utc)?;
        // Rows of this file before those at hand.
        let mut before = 0;
        for unit in table.all_units() {
            table.read(&unit, |rows| {
                let Rows::Long(rows) = rows else {
                    return Err(Error::data("is in the dense layout already"));
                };
                let LongRows { meters, instants, energies, len } = rows;
                let (writer, decimals) = match &mut writer {
                    Some(known) => known,
                    None => {
                        let decimals = energies.decimals();
                        writer.insert((DenseWriter::create(to, meters.are_numbers(), decimals)?, decimals))
                    }
                };
                if energies.decimals() != *decimals {
                    return Err(Error::data("has readings of other decimals than the files before it"));
                }
                let what = |row: usize, what: &str| Error::data(format!("row {}: {what}", before + row + 1));
                if let Some(row) = energies.refused.first() {
                    return Err(what(*row, "the reading is no number of kWh"));
                }
                for row in 0..len {
                    let meter = meters.get(row).ok_or_else(|| what(row, "field meter is empty"))?;
                    let start = instants.nanoseconds(row).filter(|start| start % 1_000_000 == 0);
                    let start = start.and_then(|start| i64::try_from(start / 1_000_000).ok());
                    let start = start.filter(|start| start % step == 0);
                    let start =
                        start.ok_or_else(|| what(row, "field interval_start is empty or off the grid"))?;
                    let reading = energies
                        .nulls
                        .as_ref()
                        .is_none_or(|nulls| nulls.is_valid(row))
                        .then(|| energies.value(row));
                    lists += gathering.add(writer, meter, start, reading, step, calendar)?;
                }
                before += len;
                Ok(())
            })?;
        }
    }
    let Some((mut writer, _)) = writer else { return Err(Error::data("holds no rows").in_file(from)) };
    lists += gathering.flush(&mut writer)?;
    writer.finish()?;
    Ok(lists)
}

impl Gathering {
    /// Adds a reading; says how many lists were written.
    fn add(
        &mut self,
        writer: &mut DenseWriter,
        meter: MeterRef<'_>,
        start: i64,
        reading: Option<i64>,
        step: i64,
        calendar: &Calendar,
    ) -> Result<u64> {
        use chrono::Datelike;
        let local = |start: i64| {
            let instant = chrono::DateTime::from_timestamp_millis(start)
                .ok_or_else(|| Error::data(format!("field {START} is beyond all calendars")))?;
            let date = calendar.local(instant).date();
            Ok::<_, Error>((date.year(), date.month()))
        };
        let next = self.list.start + step * self.list.values.len() as i64;
        let same_meter = self.meter.as_ref().is_some_and(|known| known.as_ref() == meter);
        if same_meter && start < next {
            return Err(Error::data(format!(
                "the readings of meter {} are not in order of time, or one is there twice",
                MeterName::from(meter)
            )));
        }
        let mut written = 0;
        // A look-up of the local month for each day's first slot is enough: months begin on days.
        let month = if same_meter && start == next && next.rem_euclid(3_600_000) != 0 {
            self.month
        } else {
            local(start)?
        };
        if !same_meter || month != self.month {
            written = self.flush(writer)?;
            self.meter = Some(MeterName::from(meter));
            self.month = month;
            self.list.start = start;
        }
        let gap = (start - self.list.start) / step - self.list.values.len() as i64;
        for _ in 0..gap {
            self.list.push(None);
        }
        self.list.push(reading);
        Ok(written)
    }

    fn flush(&mut self, writer: &mut DenseWriter) -> Result<u64> {
        let Some(meter) = &self.meter else { return Ok(0) };
        if self.list.values.is_empty() {
            return Ok(0);
        }
        let missing = if self.list.any_missing { self.list.missing.as_slice() } else { &[] };
        writer.push(meter.as_ref(), self.list.start, &self.list.values, missing)?;
        self.list.values.clear();
        self.list.missing.clear();
        self.list.any_missing = false;
        Ok(1)
    }
}

impl List {
    fn push(&mut self, reading: Option<i64>) {
        self.values.push(reading.unwrap_or(0));
        self.missing.push(reading.is_none());
        self.any_missing |= reading.is_none();
    }
}

fn long_schema(numbers: bool, decimals: u32) -> SchemaRef {
    let scale = i8::try_from(decimals).unwrap_or(i8::MAX);
    // As in the table of bills: times a price of eight places it is to fit in DuckDB.
    let digits = if decimals > 6 { 19 } else { 18 };
    Arc::new(Schema::new(vec![
        Field::new(METER, if numbers { DataType::Int64 } else { DataType::Utf8 }, false),
        Field::new(START, DataType::Timestamp(ArrowTimeUnit::Millisecond, Some("UTC".into())), false),
        Field::new(crate::names::KWH, DataType::Decimal128(digits, scale), false),
    ]))
}

/// Rewrites consumption of the dense layout in the long one: a row for each reading, `consumption` in kWh; missing slots have no row.
/// Times without a time zone are UTC, or an error.
pub fn to_long(from: &Path, to: &Path, slot_length: SlotLength, assume_utc: bool) -> Result<u64> {
    refuse_unless_file(to)?;
    refuse_over(to, [from])?;
    let mut writer: Option<LongWriter> = None;
    let mut rows = 0;
    for path in files(from)? {
        let table = Table::open(&path, assume_utc)?;
        // Rows of this file before those at hand.
        let mut before = 0;
        for unit in table.all_units() {
            table.read(&unit, |lists| {
                let Rows::Dense(mut lists) = lists else {
                    return Err(Error::data("is in the long layout already"));
                };
                for row in 0..lists.row_count() {
                    let what = |what: &str| Error::data(format!("row {}: {what}", before + row + 1));
                    let meter = lists.meters.get(row).ok_or_else(|| what("field meter is empty"))?;
                    let (start, unit) = lists.start(row).ok_or_else(|| what("field start is empty"))?;
                    let decimals = lists.decimals(row).ok_or_else(|| what("field decimals is not 0 to 8"))?;
                    let numbers = lists.meters.are_numbers();
                    let writer = match &mut writer {
                        Some(known) => known,
                        None => writer.insert(LongWriter::create(to, numbers, decimals)?),
                    };
                    if decimals != writer.decimals {
                        return Err(what("the readings have other decimals than those before"));
                    }
                    let ticks = slot_length.seconds() * unit.per_second();
                    let whole = lists.runs(row, |offset, readings| {
                        for place in 0..readings.len() {
                            let start = start + ticks * (offset + place) as i64;
                            let start = milliseconds(start, unit);
                            writer.push(meter, start, readings.value(place).unwrap_or(0))?;
                            rows += 1;
                        }
                        Ok(())
                    })?;
                    if !whole {
                        return Err(what("the list's length or width is not what it says"));
                    }
                }
                before += lists.row_count();
                Ok(())
            })?;
        }
    }
    match writer {
        Some(writer) => writer.finish()?,
        None => return Err(Error::data("holds no rows").in_file(from)),
    }
    Ok(rows)
}

const fn milliseconds(ticks: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => ticks * 1_000,
        _ => ticks / (unit.per_second() / 1_000),
    }
}

struct LongWriter {
    sink: Sink,
    numbers: bool,
    decimals: u32,
    number: Int64Builder,
    text: StringBuilder,
    start: TimestampMillisecondBuilder,
    energy: Decimal128Builder,
    rows: usize,
}

impl LongWriter {
    fn create(path: &Path, numbers: bool, decimals: u32) -> Result<Self> {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Self {
            sink: Sink::create(path, long_schema(numbers, decimals), properties)?,
            numbers,
            decimals,
            number: Int64Builder::new(),
            text: StringBuilder::new(),
            start: starts(),
            energy: Decimal128Builder::new(),
            rows: 0,
        })
    }

    fn push(&mut self, meter: MeterRef<'_>, start: i64, value: i64) -> Result<()> {
        match meter {
            MeterRef::Number(number) => self.number.append_value(number),
            MeterRef::Text(text) => self.text.append_value(text),
        }
        self.start.append_value(start);
        self.energy.append_value(value.into());
        self.rows += 1;
        if self.rows == LONG_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.rows = 0;
        let schema = long_schema(self.numbers, self.decimals);
        let meter: ArrayRef =
            if self.numbers { Arc::new(self.number.finish()) } else { Arc::new(self.text.finish()) };
        let energy = self.energy.finish().with_data_type(schema.field(2).data_type().clone());
        let start = std::mem::replace(&mut self.start, starts()).finish();
        let columns: Vec<ArrayRef> = vec![meter, Arc::new(start), Arc::new(energy)];
        self.sink.write(&RecordBatch::try_new(schema, columns)?)
    }

    fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.sink.finish()
    }
}
