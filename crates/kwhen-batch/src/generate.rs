//! Made-up meters, tariffs and agreements as Parquet, the same for the same seed: for benches and trials.

use crate::column::MeterRef;
use crate::convert::DenseWriter;
use crate::error::{Error, Result};
use crate::names::{KWH, METER, START, WH};
use crate::sink::Sink;
use arrow_array::{
    ArrayRef, Decimal128Array, Int32Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::{DateTime, Utc};
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::path::Path;
use std::sync::Arc;

/// How the consumption is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A row a reading, `consumption` in kWh as a decimal of three places.
    LongKwh,
    /// A row a reading, `wh` as a 32-bit integer.
    LongWh,
    /// A list for each meter and local month.
    Dense,
}

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How many meters.
    pub meters: u32,
    /// When.
    pub span: Span,
    /// Where the numbers come from: the same seed, the same files.
    pub seed: u64,
    /// How the consumption is laid out.
    pub layout: Layout,
}

/// Tariffs that are made: one with a rate each half-hour, one with a night rate, one flat.
const TARIFFS: [&str; 3] = ["AGILE", "NIGHT", "FLAT"];

/// Readings of a row group: about 60 meters of a year.
const GROUP: usize = 1_048_576;

/// A splitmix64 stream.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// The name of a meter: 13 digits, as an MPAN has.
fn meter_name(place: u32) -> String {
    format!("{:013}", 1_000_000_000_000_u64 + u64::from(place) * 7)
}

/// Wh of one slot: a base load, a morning and a large evening hump, chance.
fn wh(random: &mut Random, slot: usize, size: u64) -> i64 {
    let hump = match slot % 48 {
        0..=11 => 60,
        12..=18 => 180,
        32..=43 => 320,
        _ => 120,
    };
    let value = (hump + random.below(hump * 2)) * size / 100;
    i64::try_from(value).unwrap_or(0)
}

/// Writes `consumption.parquet`, `rates.parquet` and `agreements.parquet` to a folder, which is made where there is none. Gives the
/// number of readings.
pub fn generate(sample: &Sample, folder: &Path) -> Result<u64> {
    std::fs::create_dir_all(folder).map_err(|error| Error::of_io(&error, folder))?;
    rates(sample, &folder.join("rates.parquet"))?;
    agreements(sample, &folder.join("agreements.parquet"))?;
    let grid = Grid::covering(sample.span, SlotLength::HALF_HOUR)?;
    let path = folder.join("consumption.parquet");
    match sample.layout {
        Layout::Dense => dense(sample, &grid, &path)?,
        Layout::LongKwh | Layout::LongWh => long(sample, &grid, &path)?,
    }
    Ok(u64::from(sample.meters) * grid.len() as u64)
}

fn readings(sample: &Sample, meter: u32, grid: &Grid) -> Vec<i64> {
    let mut random = Random(sample.seed ^ (u64::from(meter) << 20));
    let size = 40 + random.below(160);
    (0..grid.len()).map(|slot| wh(&mut random, slot, size)).collect()
}

fn instants() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn long(sample: &Sample, grid: &Grid, path: &Path) -> Result<()> {
    let kwh = sample.layout == Layout::LongKwh;
    let energy = match kwh {
        true => Field::new(KWH, DataType::Decimal128(9, 3), false),
        false => Field::new(WH, DataType::Int32, false),
    };
    let schema = Arc::new(Schema::new(vec![
        Field::new(METER, DataType::Utf8, false),
        Field::new(START, instants(), false),
        energy,
    ]));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some((GROUP / grid.len().max(1)).max(1) * grid.len().max(1)))
        .build();
    let mut sink = Sink::create(path, Arc::clone(&schema), properties)?;
    let starts: Vec<i64> = grid.slots().map(|slot| slot.span.from().timestamp_millis()).collect();
    let starts: ArrayRef = Arc::new(TimestampMillisecondArray::from(starts).with_timezone("UTC"));
    for meter in 0..sample.meters {
        let values = readings(sample, meter, grid);
        let name = meter_name(meter);
        let names: ArrayRef = Arc::new(StringArray::from_iter_values((0..values.len()).map(|_| &name)));
        let energies: ArrayRef = if kwh {
            let array = Decimal128Array::from_iter_values(values.into_iter().map(i128::from));
            Arc::new(array.with_precision_and_scale(9, 3)?)
        } else {
            let small = values.into_iter().map(|value| i32::try_from(value).unwrap_or(i32::MAX));
            Arc::new(Int32Array::from_iter_values(small))
        };
        let columns = vec![names, Arc::clone(&starts), energies];
        sink.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
    }
    sink.finish()
}

fn dense(sample: &Sample, grid: &Grid, path: &Path) -> Result<()> {
    let months = Calendar::great_britain().cut(PeriodKind::Month, sample.span)?;
    let mut writer = DenseWriter::create(path, false, 3)?;
    for meter in 0..sample.meters {
        let values = readings(sample, meter, grid);
        let name = meter_name(meter);
        for month in &months {
            let slots = grid.slots_starting_in(month.span);
            let Some(start) = grid.slot(slots.start) else { continue };
            let start = start.span.from().timestamp_millis();
            writer.push(MeterRef::Text(&name), start, values.get(slots).unwrap_or(&[]), &[])?;
        }
    }
    writer.finish()
}

/// Rows of the table of rates.
#[derive(Default)]
struct RateTable {
    tariff: Vec<&'static str>,
    kind: Vec<&'static str>,
    from: Vec<i64>,
    to: Vec<Option<i64>>,
    /// In hundredths of a penny.
    price: Vec<i128>,
}

impl RateTable {
    fn push(
        &mut self,
        tariff: &'static str,
        kind: &'static str,
        from: DateTime<Utc>,
        to: Option<DateTime<Utc>>,
        price: i128,
    ) {
        self.tariff.push(tariff);
        self.kind.push(kind);
        self.from.push(from.timestamp_millis());
        self.to.push(to.map(|to| to.timestamp_millis()));
        self.price.push(price);
    }
}

fn rates(sample: &Sample, path: &Path) -> Result<()> {
    let span = sample.span;
    let [agile, night, flat] = TARIFFS;
    let mut table = RateTable::default();
    let mut random = Random(sample.seed.wrapping_add(1));
    for slot in Grid::covering(span, SlotLength::HALF_HOUR)?.slots() {
        let peak = if (32..38).contains(&(slot.index % 48)) { 1_200 } else { 0 };
        let price = i128::from(random.below(2_800)) + peak - 300;
        table.push(agile, "unit", slot.span.from(), Some(slot.span.to()), price);
    }
    for day in Calendar::great_britain().cut(PeriodKind::Day, span)? {
        let (from, to) = (day.span.from(), day.span.to());
        let (low, high) = (from + chrono::TimeDelta::minutes(30), from + chrono::TimeDelta::minutes(270));
        for (from, to, price) in [(from, low, 2_754), (low, high, 850), (high, to, 2_754)] {
            if from < to {
                table.push(night, "unit", from, Some(to), price);
            }
        }
    }
    table.push(flat, "unit", span.from(), None, 2_486);
    for (tariff, price) in TARIFFS.into_iter().zip([4_760, 5_131, 4_932]) {
        table.push(tariff, "standing", span.from(), None, price);
    }
    let schema = Schema::new(vec![
        Field::new("tariff", DataType::Utf8, false),
        Field::new("kind", DataType::Utf8, false),
        Field::new("valid_from", instants(), false),
        Field::new("valid_to", instants(), true),
        Field::new("value_exc_vat", DataType::Decimal128(9, 2), false),
    ]);
    let prices = Decimal128Array::from_iter_values(table.price).with_precision_and_scale(9, 2)?;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(table.tariff)),
        Arc::new(StringArray::from(table.kind)),
        Arc::new(TimestampMillisecondArray::from(table.from).with_timezone("UTC")),
        Arc::new(TimestampMillisecondArray::from(table.to).with_timezone("UTC")),
        Arc::new(prices),
    ];
    write_table(path, schema, columns)
}

fn agreements(sample: &Sample, path: &Path) -> Result<()> {
    let (mut meters, mut tariffs, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let begin = sample.span.from();
    // Every eighth meter changes its tariff half way, at a local midnight.
    let days = Calendar::great_britain().cut(PeriodKind::Day, sample.span)?;
    let middle = days.get(days.len() / 2).map(|day| day.span.from()).filter(|middle| *middle > begin);
    for meter in 0..sample.meters {
        let place = usize::try_from(Random(sample.seed ^ u64::from(meter)).below(3)).unwrap_or(0);
        let tariff = |place: usize| TARIFFS.get(place % TARIFFS.len()).copied().unwrap_or_default();
        let change = middle.filter(|_| meter % 8 == 7);
        meters.push(meter_name(meter));
        tariffs.push(tariff(place));
        from.push(begin.timestamp_millis());
        to.push(change.map(|at| at.timestamp_millis()));
        if let Some(at) = change {
            meters.push(meter_name(meter));
            tariffs.push(tariff(place + 1));
            from.push(at.timestamp_millis());
            to.push(None);
        }
    }
    let schema = Schema::new(vec![
        Field::new("meter", DataType::Utf8, false),
        Field::new("tariff", DataType::Utf8, false),
        Field::new("valid_from", instants(), false),
        Field::new("valid_to", instants(), true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(meters)),
        Arc::new(StringArray::from(tariffs)),
        Arc::new(TimestampMillisecondArray::from(from).with_timezone("UTC")),
        Arc::new(TimestampMillisecondArray::from(to).with_timezone("UTC")),
    ];
    write_table(path, schema, columns)
}

fn write_table(path: &Path, schema: Schema, columns: Vec<ArrayRef>) -> Result<()> {
    let schema = Arc::new(schema);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut sink = Sink::create(path, Arc::clone(&schema), properties)?;
    sink.write(&RecordBatch::try_new(schema, columns)?)?;
    sink.finish()
}
