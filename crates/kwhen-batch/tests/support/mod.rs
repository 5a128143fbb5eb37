//! Tables of a small run, written as a test likes them.
#![allow(dead_code, reason = "each test file uses what it needs")]

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, TimestampMillisecondType};
use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use kwhen::time::{Span, parse_instant};
use kwhen_batch::{BatchOutcome, Book, Job, Layout, Sample, Summary, Terms, generate};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) fn span(from: &str, to: &str) -> Span {
    Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap()
}

/// Clock changes and the change of VAT are among the days.
pub(crate) fn autumn() -> Span {
    span("2026-08-31T23:00:00Z", "2026-11-05T00:00:00Z")
}

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) terms: Terms,
}

impl World {
    pub(crate) fn new(meters: u32, span: Span, layout: Layout) -> Self {
        let folder = TempDir::new().unwrap();
        generate(&Sample { meters, span, seed: 7, layout }, folder.path()).unwrap();
        Self { folder, terms: Terms::new(span) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn book(&self) -> Book {
        Book::open(&self.path("rates.parquet"), &self.path("agreements.parquet"), &self.terms).unwrap()
    }

    pub(crate) fn job(&self, consumption: &str) -> Job {
        Job::new(
            self.path(consumption),
            self.path("rates.parquet"),
            self.path("agreements.parquet"),
            self.path("bills.parquet"),
            self.terms.clone(),
        )
    }

    pub(crate) fn run(&self, consumption: &str) -> (Summary, Vec<String>) {
        let summary = kwhen_batch::run(&self.job(consumption), |_| true).unwrap();
        (summary, self.bills())
    }

    pub(crate) fn bills(&self) -> Vec<String> {
        lines(&read(&self.path("bills.parquet")))
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        rows(&read(&self.path("consumption.parquet")))
    }
}

/// One reading of the long layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) meter: String,
    /// In milliseconds from 1970.
    pub(crate) start: i64,
    pub(crate) wh: i64,
}

pub(crate) fn read(path: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    reader.build().unwrap().map(|batch| batch.unwrap()).collect()
}

pub(crate) fn rows(batches: &[RecordBatch]) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in batches {
        let meters = batch.column_by_name("meter").unwrap().as_string::<i32>();
        let starts = batch.column_by_name("interval_start").unwrap();
        let starts = starts.as_primitive::<TimestampMillisecondType>();
        let wh: Vec<i64> = match batch.column_by_name("wh") {
            Some(wh) => wh.as_primitive::<Int32Type>().values().iter().map(|wh| i64::from(*wh)).collect(),
            None => {
                let kwh = batch.column_by_name("consumption").unwrap().as_primitive::<Decimal128Type>();
                kwh.values().iter().map(|wh| i64::try_from(*wh).unwrap()).collect()
            }
        };
        for (row, wh) in wh.into_iter().enumerate() {
            rows.push(Row { meter: meters.value(row).to_owned(), start: starts.value(row), wh });
        }
    }
    rows
}

/// Ways to lay out the same readings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Wh32,
    Wh64Nanoseconds,
    Kwh128Seconds,
    KwhFloat,
}

pub(crate) fn batch(rows: &[Row], kind: Kind) -> RecordBatch {
    let meter: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.meter)));
    let milliseconds =
        || TimestampMillisecondArray::from_iter_values(rows.iter().map(|row| row.start)).with_timezone("UTC");
    let seconds = || {
        TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.start / 1_000)).with_timezone("UTC")
    };
    let nanoseconds = || {
        TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.start * 1_000_000))
            .with_timezone("+00:00")
    };
    let wh = rows.iter().map(|row| row.wh);
    let (start, name, energy): (ArrayRef, &str, ArrayRef) = match kind {
        Kind::Wh32 => {
            let wh = wh.map(|wh| i32::try_from(wh).unwrap());
            (Arc::new(milliseconds()), "wh", Arc::new(Int32Array::from_iter_values(wh)))
        }
        Kind::Wh64Nanoseconds => (Arc::new(nanoseconds()), "wh", Arc::new(Int64Array::from_iter_values(wh))),
        Kind::Kwh128Seconds => {
            let array = Decimal128Array::from_iter_values(wh.map(|wh| i128::from(wh) * 10));
            let array = array.with_precision_and_scale(30, 4).unwrap();
            (Arc::new(seconds()), "consumption", Arc::new(array))
        }
        Kind::KwhFloat => {
            let kwh = wh.map(|wh| wh as f64 / 1_000.0);
            (Arc::new(milliseconds()), "consumption", Arc::new(Float64Array::from_iter_values(kwh)))
        }
    };
    RecordBatch::try_from_iter([("meter", meter), ("interval_start", start), (name, energy)]).unwrap()
}

/// Writes batches with so many rows a row group.
pub(crate) fn write(path: &Path, batches: &[RecordBatch], group: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batches[0].schema(), Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
}

/// Every row of bills as text, its bands among it.
pub(crate) fn lines(batches: &[RecordBatch]) -> Vec<String> {
    use arrow_cast::display::{ArrayFormatter, FormatOptions};
    let options = FormatOptions::default();
    let mut lines = Vec::new();
    for batch in batches {
        let columns: Vec<ArrayRef> = batch.columns().iter().map(plain).collect();
        let columns: Vec<_> = columns
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            let fields: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
            lines.push(fields.join(" | "));
        }
    }
    lines
}

pub(crate) fn outcome_lines(outcome: &BatchOutcome) -> Vec<String> {
    lines(&outcome.bills)
}

/// A fixed shuffle.
pub(crate) fn shuffled<T>(mut list: Vec<T>) -> Vec<T> {
    let mut state = 1_u64;
    for place in (1..list.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(place, (state >> 33) as usize % (place + 1));
    }
    list
}

/// Instants as seconds: named time zones are not for this formatter.
fn plain(column: &ArrayRef) -> ArrayRef {
    use arrow_schema::DataType;
    match column.data_type() {
        DataType::Timestamp(..) => {
            let milliseconds = column.as_primitive::<TimestampMillisecondType>().values();
            Arc::new(Int64Array::from_iter_values(milliseconds.iter().map(|at| at / 1_000)))
        }
        _ => Arc::clone(column),
    }
}
