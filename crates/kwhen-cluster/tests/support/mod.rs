//! What the tests have in common.
#![allow(dead_code, reason = "each test file uses what it needs")]

pub(crate) mod processes;
pub(crate) mod s3;
pub(crate) mod world;

use datafusion::arrow::array::{
    ArrayRef, Decimal128Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use kwhen::Energy;
use kwhen::time::{Span, parse_instant};
use std::sync::Arc;

pub(crate) fn span(from: &str, to: &str) -> Span {
    Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap()
}

/// A linear congruential generator: the same numbers in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            let other = self.below(place as u64 + 1) as usize;
            items.swap(place, other);
        }
    }
}

/// A reading of a meter: when, and Wh unless there is none.
pub(crate) type Reading = (String, i64, Option<i64>);

/// Readings of every half-hour of a span, some without energy.
pub(crate) fn readings(meter: &str, span: Span, random: &mut Random) -> Vec<Reading> {
    let (from, to) = (span.from().timestamp(), span.to().timestamp());
    (from..to)
        .step_by(1_800)
        .map(|start| {
            let wh = random.below(4_000) as i64;
            (meter.to_owned(), start, (random.below(97) != 0).then_some(wh))
        })
        .collect()
}

/// Readings as a batch: text, milliseconds, DECIMAL(9, 3) of kWh.
pub(crate) fn batch(readings: &[Reading]) -> RecordBatch {
    let meters: StringArray = readings.iter().map(|(meter, ..)| Some(meter.as_str())).collect();
    let starts: TimestampMillisecondArray =
        readings.iter().map(|(_, start, _)| Some(start * 1_000)).collect();
    let energy: Decimal128Array = readings.iter().map(|(_, _, wh)| wh.map(i128::from)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(meters),
        Arc::new(starts.with_timezone("UTC")),
        Arc::new(energy.with_precision_and_scale(9, 3).unwrap()),
    ];
    let schema = Schema::new(vec![
        Field::new("meter", DataType::Utf8, true),
        Field::new("interval_start", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), true),
        Field::new("consumption", DataType::Decimal128(9, 3), true),
    ]);
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

/// A session with the functions and the readings as a table `readings`, in so many partitions of batches of 500 rows.
pub(crate) fn session(readings: &[Reading], partitions: usize) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(partitions.max(2)).with_batch_size(333);
    let context = SessionContext::new_with_config(config);
    kwhen_cluster::register_all(&context);
    let mut parts = vec![Vec::new(); partitions];
    for (place, rows) in readings.chunks(500).enumerate() {
        parts[place % partitions].push(batch(rows));
    }
    let table = MemTable::try_new(batch(&[]).schema(), parts).unwrap();
    context.register_table("readings", Arc::new(table)).unwrap();
    context
}

/// The rows of a query as text, without its head.
pub(crate) async fn rows(context: &SessionContext, sql: &str) -> Vec<String> {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let table = pretty_format_batches(&batches).unwrap().to_string();
    let line = |line: &str| {
        line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(" | ").trim_end().to_owned()
    };
    // A head may be of several lines; rules are above and below it, and at the end.
    let mut parts = table.split("\n+");
    parts.nth(1).map(|body| body.lines().skip(1).map(line).collect()).unwrap_or_default()
}

/// Why a query fails.
pub(crate) async fn failure(context: &SessionContext, sql: &str) -> String {
    match context.sql(sql).await {
        Err(error) => error.strip_backtrace(),
        Ok(frame) => frame.collect().await.unwrap_err().strip_backtrace(),
    }
}

/// Units with so many decimals, as a decimal column shows them.
pub(crate) fn decimal(units: i128, scale: u32) -> String {
    let (whole, rest) =
        (units.unsigned_abs() / 10_u128.pow(scale), units.unsigned_abs() % 10_u128.pow(scale));
    format!("{}{whole}.{rest:0width$}", if units < 0 { "-" } else { "" }, width = scale as usize)
}

pub(crate) fn kwh(wh: i64) -> Energy {
    Energy::from_units(wh * 100_000).unwrap()
}
