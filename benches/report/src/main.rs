//! kwhen's side of the batch report, which `benches/report/run.py` calls: `kwhen-batch-report generate FOLDER METERS YEARS LAYOUT` makes meters,
//! `bill FOLDER YEARS` bills them from Parquet and prints the seconds and the readings, `time FOLDER REPEATS [FIGURE...]` prints one JSON object, of these
//! figures only if any is named.
//!
//! FOLDER holds `consumption.parquet` (DECIMAL), `wh/consumption.parquet`, `dense/consumption.parquet`, `rates.parquet` and
//! `agreements.parquet` of one year from 2025-01-01. Each figure is the least of the repeats. The digits of every way in are compared
//! before anything is timed.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use arrow_array::RecordBatch;
use arrow_cast::cast;
use arrow_schema::DataType;
use kwhen::batch::{BillPlan, BillRows, Meter, PlanRequest, bill_all};
use kwhen::series::{Consumption, Prices, RateSeries, StandingCharges, VatBasis};
use kwhen::time::{Calendar, Grid, SlotLength, Span};
use kwhen::{Energy, Money, UnitRate};
use kwhen_batch::{Book, Job, Layout, Sample, Terms, generate};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>().expect("a number");
    match words.as_slice() {
        ["generate", folder, meters, years, layout] => {
            let layout = match *layout {
                "kwh" => Layout::LongKwh,
                "wh" => Layout::LongWh,
                _ => Layout::Dense,
            };
            let sample =
                Sample { meters: number(meters), span: years_from_2025(number(years)), seed: 1, layout };
            generate(&sample, Path::new(folder)).expect("files");
        }
        ["bill", folder, years] => {
            let folder = Path::new(folder);
            let name = |name: &str| folder.join(format!("{name}.parquet"));
            let terms = Terms::new(years_from_2025(number(years)));
            let job = Job::new(name("consumption"), name("rates"), name("agreements"), name("bills"), terms);
            let rows = kwhen_batch::run(&job, |_| true).expect("a run").rows;
            println!("{:.6} {rows}", least(3, || kwhen_batch::run(&job, |_| true).expect("a run")));
        }
        ["time", folder, repeats, only @ ..] => {
            time(Path::new(folder), usize::try_from(number(repeats)).expect("a number"), only);
        }
        _ => panic!(
            "generate FOLDER METERS YEARS LAYOUT | bill FOLDER YEARS | time FOLDER REPEATS [FIGURE...]"
        ),
    }
}

fn years_from_2025(years: u32) -> Span {
    let gb = Calendar::great_britain();
    let at = |year: u32| gb.parse(&format!("{year}-01-01")).expect("a date");
    Span::new(at(2025), at(2025 + years)).expect("years")
}

/// A linear congruential stream.
struct Random(u64);

impl Random {
    const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn time(folder: &Path, repeats: usize, only: &[&str]) {
    let wanted = |name: &str| only.is_empty() || only.contains(&name);
    let year = years_from_2025(1);
    let terms = Terms::new(year);
    let mut figures: Vec<(String, f64)> = Vec::new();

    // From Parquet to Parquet.
    let job = |consumption: &str, out: &str| {
        Job::new(
            folder.join(consumption),
            folder.join("rates.parquet"),
            folder.join("agreements.parquet"),
            folder.join(out),
            terms.clone(),
        )
    };
    let files = [
        ("parquet_decimal", "consumption.parquet"),
        ("parquet_wh", "wh/consumption.parquet"),
        ("parquet_dense", "dense/consumption.parquet"),
    ];
    let mut answers = Vec::new();
    for (name, consumption) in files {
        let job = job(consumption, "bills.parquet");
        let summary = kwhen_batch::run(&job, |_| true).expect("a run");
        assert!(summary.unbilled.is_empty(), "{:?}", summary.unbilled.first());
        answers.push(std::fs::read(&job.out).expect("bills"));
        assert!(answers.first() == answers.last(), "{name} differs");
        if wanted(name) {
            figures.push((name.into(), least(repeats, || kwhen_batch::run(&job, |_| true).expect("a run"))));
        }
        let alone = format!("{name}_decode_only");
        if wanted(&alone) {
            figures.push((alone, least(repeats, || decode(&folder.join(consumption)))));
        }
    }

    // Rows in memory: Arrow batches of meter, instant and Wh.
    let book = Book::open(&folder.join("rates.parquet"), &folder.join("agreements.parquet"), &terms)
        .expect("a book");
    let batches = read(&folder.join("wh/consumption.parquet"));
    let outcome = kwhen_batch::bill(&batches, &book).expect("bills");
    assert!(outcome.unbilled.is_empty());
    let rows = outcome.rows;
    if wanted("rows_in") {
        figures
            .push(("rows_in".into(), least(repeats, || kwhen_batch::bill(&batches, &book).expect("bills"))));
    }
    let meters = usize::try_from(outcome.billed).expect("a count");
    if wanted("rows_in_dictionary") {
        // The names of the meters as keys of 32 bits, as DuckDB and polars hand over a column of few words.
        let batches: Vec<RecordBatch> = batches.iter().map(with_keys).collect();
        assert!(kwhen_batch::bill(&batches, &book).expect("bills").bills == outcome.bills);
        let bill = || kwhen_batch::bill(&batches, &book).expect("bills");
        figures.push(("rows_in_dictionary".into(), least(repeats, bill)));
    }
    drop(batches);

    // A dense matrix in memory: the kernel, with rate bands, standing charges, VAT and coverage.
    let grid = Grid::covering(year, SlotLength::HALF_HOUR).expect("a grid");
    let mut random = Random::new(5);
    let consumptions: Vec<Consumption> = (0..meters)
        .map(|_| {
            let readings: Vec<_> = (0..grid.len())
                .map(|_| Some(Energy::from_units(random.below(1_500) as i64 * 100_000).expect("in range")))
                .collect();
            Consumption::on_slots(grid, &readings).expect("readings")
        })
        .collect();
    let rates: Vec<_> = (0..grid.len())
        .map(|_| {
            Some(UnitRate::from_units((random.below(4_300) as i64 - 300) * 1_000_000).expect("in range"))
        })
        .collect();
    let rates = RateSeries::on_slots(&grid, VatBasis::Exclusive, &rates).expect("rates");
    let two: Vec<_> = (0..grid.len())
        .map(|slot| Some(if slot % 48 < 9 { "8.5" } else { "27.54" }.parse::<UnitRate>().expect("a rate")))
        .collect();
    let two = RateSeries::on_slots(&grid, VatBasis::Exclusive, &two).expect("rates");
    let standing = StandingCharges::flat(Prices::Exclusive("47.6".parse().expect("money")));
    let bytes = meters * grid.len() * 2;
    for (name, rates) in [("matrix", &rates), ("matrix_two_bands", &two)] {
        let request = PlanRequest::new(rates, year).standing_charges(&standing);
        let plan = BillPlan::new(&request).expect("a plan");
        let plans = [&plan];
        let list: Vec<Meter<'_>> =
            consumptions.iter().map(|consumption| Meter { consumption, plans: &plans }).collect();
        let bills = bill_all(&list);
        assert_eq!(bills.rows().count(), meters * 12);
        let mut alone = BillRows::default();
        plan.bill(&consumptions[meters / 2], &mut alone).expect("a bill");
        let shared = bills.meter(meters / 2).expect("a meter").expect("rows");
        let totals = |rows: &[kwhen::batch::BatchRow]| -> Vec<Money> {
            rows.iter().map(|row| row.total_minor).collect()
        };
        assert_eq!(totals(shared.rows()), totals(&alone.rows));
        if wanted(name) {
            figures.push((name.into(), least(repeats, || bill_all(black_box(&list)))));
        }
    }
    // The same bytes, only read: what memory gives on these cores, in this run.
    let words = vec![3_u64; bytes / 8];
    let sum = || -> u64 {
        words
            .par_chunks(1 << 16)
            .map(|part| part.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word)))
            .sum()
    };
    let read_seconds = least(repeats * 3, sum);
    figures.push(("memory_read".into(), read_seconds));

    let fields: Vec<String> =
        figures.iter().map(|(name, seconds)| format!("\"{name}\": {seconds:.6}")).collect();
    println!(
        "{{\"meters\": {meters}, \"rows\": {rows}, \"matrix_bytes\": {bytes}, \"threads\": {}, \"seconds\": {{{}}}}}",
        rayon::current_num_threads(),
        fields.join(", ")
    );
}

/// The batch with its meters as a dictionary.
fn with_keys(batch: &RecordBatch) -> RecordBatch {
    let keys = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let column =
            if field.name() == "meter" { cast(column, &keys).expect("a dictionary") } else { column.clone() };
        (field.name().clone(), column)
    });
    RecordBatch::try_from_iter(columns).expect("a batch")
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(path).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").with_batch_size(1 << 16);
    reader.build().expect("a reader").map(|batch| batch.expect("a batch")).collect()
}

/// Decodes every row group and looks at nothing.
fn decode(path: &Path) -> usize {
    let open = || {
        ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).expect("a file")).expect("Parquet")
    };
    let groups = open().metadata().num_row_groups();
    let rows = (0..groups).into_par_iter().map(|group| {
        let reader = open().with_row_groups(vec![group]).with_batch_size(1 << 16).build().expect("a reader");
        reader.map(|batch| black_box(batch.expect("a batch")).num_rows()).sum::<usize>()
    });
    rows.sum()
}

/// The least number of seconds of several runs.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn least<T>(repeats: usize, mut work: impl FnMut() -> T) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..repeats.max(1) {
        let began = Instant::now();
        black_box(work());
        best = best.min(began.elapsed().as_secs_f64());
    }
    best
}
