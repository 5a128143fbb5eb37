//! Readings of a year with whatever can be wrong with a meter, and what one machine bills for them.

use super::processes::{Environment, Process, command, wait_until};
use super::{Random, span};
use datafusion::arrow::array::{
    Array, ArrayRef, Int32Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use kwhen::time::Span;
use kwhen_batch::{Job, Layout, Sample, Terms, Unbilled, generate};
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;
use tempfile::TempDir;

pub(crate) const METERS: u32 = 40;

fn year() -> Span {
    span("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
}

pub(crate) struct World {
    pub(crate) folder: TempDir,
}

impl World {
    /// A folder of twelve files, one for each month, each with rows of every meter in no order; and whatever can be wrong with a meter.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        // Only its rates and agreements are wanted.
        let sample = Sample { meters: METERS, span: year(), seed: 1, layout: Layout::LongWh };
        generate(&sample, &folder.path().join("sample")).unwrap();
        let world = Self { folder };
        std::fs::create_dir(world.path("consumption")).unwrap();
        let mut meters = world.meters();
        assert_eq!(meters.len(), METERS as usize);
        // One has an agreement and no readings, and one the other way round.
        meters.pop();
        meters.push("stranger".into());
        let mut random = Random(2);
        let (from, to) = (year().from().timestamp(), year().to().timestamp());
        for month in 0..12 {
            let length = (to - from) / 12 / 1_800 * 1_800;
            let begin = from + month * length;
            let end = if month == 11 { to } else { begin + length };
            let mut rows: Vec<(Option<&str>, i64, Option<i32>)> = Vec::new();
            for (place, meter) in meters.iter().enumerate() {
                for start in (begin..end).step_by(1_800) {
                    let wh = random.below(3_000) as i32;
                    rows.push((Some(meter), start, (random.below(500) != 0).then_some(wh)));
                }
                match (place, month) {
                    // Off the grid, a slot again in another file, a negative reading.
                    (3, 5) => rows.push((Some(meter), begin + 7, Some(1))),
                    (5, 7) => rows.push((Some(meter), from, Some(1))),
                    (7, 2) => rows.push((Some(meter), from - 1_800, Some(-5))),
                    _ => {}
                }
            }
            rows.push((None, begin, Some(1)));
            if month % 2 == 0 {
                random.shuffle(&mut rows);
            }
            world.write(month, &rows);
        }
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn meters(&self) -> Vec<String> {
        let file = File::open(self.path("sample/agreements.parquet")).unwrap();
        let mut names = Vec::new();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let column = batch.column_by_name("meter").unwrap();
            let column = column.as_any().downcast_ref::<StringArray>().unwrap();
            names.extend((0..column.len()).map(|row| column.value(row).to_owned()));
        }
        names.sort();
        names.dedup();
        names
    }

    fn write(&self, month: i64, rows: &[(Option<&str>, i64, Option<i32>)]) {
        let meters: StringArray = rows.iter().map(|(meter, ..)| *meter).collect();
        let starts: TimestampMillisecondArray =
            rows.iter().map(|(_, start, _)| Some(start * 1_000)).collect();
        let wh: Int32Array = rows.iter().map(|(.., wh)| *wh).collect();
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("meter", Arc::new(meters) as ArrayRef, true),
            ("interval_start", Arc::new(starts.with_timezone("UTC")) as ArrayRef, true),
            ("wh", Arc::new(wh) as ArrayRef, true),
        ])
        .unwrap();
        let folder = self.path("consumption").join(format!("month={month:02}"));
        std::fs::create_dir(&folder).unwrap();
        let file = File::create(folder.join("part.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    /// The bills and the report that one machine makes.
    pub(crate) fn alone(&self) -> (Vec<u8>, String) {
        let out = self.path("alone.parquet");
        let job = Job::new(
            self.path("consumption"),
            self.path("sample/rates.parquet"),
            self.path("sample/agreements.parquet"),
            out.clone(),
            Terms::new(year()),
        );
        let summary = kwhen_batch::run(&job, |_| true).unwrap();
        assert!(summary.billed > u64::from(METERS) / 2, "{summary:?}");
        (std::fs::read(out).unwrap(), Unbilled::csv(&summary.unbilled))
    }

    /// A client at work on the files.
    pub(crate) fn bill(&self, name: &str, scheduler: Option<&str>) -> Process {
        let tables = ["consumption", "sample/rates.parquet", "sample/agreements.parquet"];
        let tables = tables.map(|name| self.text(name));
        self.bill_tables(name, scheduler, &tables, &[])
    }

    /// A client at work on consumption, rates and agreements wherever they are.
    pub(crate) fn bill_tables(
        &self,
        name: &str,
        scheduler: Option<&str>,
        [consumption, rates, agreements]: &[String; 3],
        environment: Environment<'_>,
    ) -> Process {
        let mut command = command(environment);
        command.arg("bill");
        if let Some(scheduler) = scheduler {
            command.args(["--scheduler", scheduler]);
        }
        command.args(["--consumption", consumption, "--rates", rates, "--agreements", agreements]);
        command.args([
            "--from",
            "2025-01-01",
            "--to",
            "2026-01-01",
            "--partitions",
            "12",
            "--timeout",
            "200",
        ]);
        command.args(["--out", &self.text(&format!("{name}.parquet"))]);
        command.args(["--report", &self.text(&format!("{name}.csv"))]);
        Process(command.stdout(Stdio::null()).spawn().unwrap())
    }

    pub(crate) fn finish(&self, name: &str, mut client: Process, began: Instant) -> (Vec<u8>, String) {
        wait_until(name, began, || !client.is_running());
        assert!(client.0.wait().unwrap().success(), "{name}");
        let bills = std::fs::read(self.path(&format!("{name}.parquet"))).unwrap();
        (bills, std::fs::read_to_string(self.path(&format!("{name}.csv"))).unwrap())
    }
}
