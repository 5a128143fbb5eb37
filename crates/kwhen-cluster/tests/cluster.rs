//! A scheduler and two executors as processes: the file of bills has the bytes that one machine gives it, with both executors at
//! work and with one killed in the middle.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should say so at once"
)]
#![allow(clippy::disallowed_methods, reason = "processes are waited for, but not for ever")]

mod support;

use datafusion::arrow::array::{
    Array, ArrayRef, Int32Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use kwhen::time::Span;
use kwhen_batch::{Job, Layout, Sample, Terms, Unbilled, generate};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Random, span};
use tempfile::TempDir;

/// Nothing here may take longer.
const DEADLINE: Duration = Duration::from_secs(240);

const METERS: u32 = 40;

fn year() -> Span {
    span("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
}

/// A process that dies with the test.
struct Process(Child);

impl Process {
    /// Starts the command and gives the first line that it prints.
    fn start(arguments: &[&str]) -> (Self, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kwhen-cluster"));
        let mut process = Self(command.args(arguments).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (process, line.trim().to_owned())
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_until(what: &str, began: Instant, mut done: impl FnMut() -> bool) {
    while !done() {
        assert!(began.elapsed() < DEADLINE, "waited too long: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct Cluster {
    scheduler: Process,
    address: String,
    executors: Vec<(Process, PathBuf)>,
}

impl Cluster {
    fn start(folder: &Path, began: Instant) -> Self {
        let (scheduler, line) = Process::start(&["scheduler", "--port", "0", "--executor-timeout", "5"]);
        let address = line.strip_prefix("scheduler on ").unwrap().to_owned();
        let mut executors = Vec::new();
        for name in ["one", "two"] {
            let work = folder.join(name);
            std::fs::create_dir(&work).unwrap();
            let (executor, line) = Process::start(&[
                "executor",
                "--scheduler",
                &address,
                "--tasks",
                "1",
                "--heartbeat",
                "1",
                "--work-folder",
                work.to_str().unwrap(),
            ]);
            let address =
                line.strip_prefix("executor on ").and_then(|line| line.split(',').next()).unwrap().to_owned();
            wait_until("an executor", began, || std::net::TcpStream::connect(&address).is_ok());
            executors.push((executor, work));
        }
        Self { scheduler, address, executors }
    }
}

struct World {
    folder: TempDir,
}

impl World {
    /// A folder of twelve files, one for each month, each with rows of every meter in no order; and whatever can be wrong with a meter.
    fn new() -> Self {
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

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
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
    fn alone(&self) -> (Vec<u8>, String) {
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

    fn bill(&self, name: &str, scheduler: Option<&str>) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kwhen-cluster"));
        command.arg("bill");
        if let Some(scheduler) = scheduler {
            command.args(["--scheduler", scheduler]);
        }
        command.args(["--consumption", &self.text("consumption")]);
        command.args(["--rates", &self.text("sample/rates.parquet")]);
        command.args(["--agreements", &self.text("sample/agreements.parquet")]);
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

    fn finish(&self, name: &str, mut client: Process, began: Instant) -> (Vec<u8>, String) {
        wait_until(name, began, || !client.is_running());
        assert!(client.0.wait().unwrap().success(), "{name}");
        let bills = std::fs::read(self.path(&format!("{name}.parquet"))).unwrap();
        (bills, std::fs::read_to_string(self.path(&format!("{name}.csv"))).unwrap())
    }
}

/// Files that an executor has written for later stages.
fn results(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |entry: std::fs::DirEntry| if entry.path().is_dir() { results(&entry.path()) } else { 1 };
    entries.filter_map(Result::ok).map(count).sum()
}

#[test]
fn a_cluster_gives_the_bytes_of_one_machine_and_survives_the_death_of_an_executor() {
    let began = Instant::now();
    let world = World::new();
    let (bills, report) = world.alone();
    for reason in ["no-agreement", "no-readings", "off-grid", "repeated", "no-meter"] {
        assert!(report.contains(reason), "{report}");
    }
    eprintln!("{:.1} s: billed alone", began.elapsed().as_secs_f32());

    let (embedded, said) = world.finish("embedded", world.bill("embedded", None), began);
    assert_eq!(said, report);
    assert!(embedded == bills, "embedded: other bytes");
    eprintln!("{:.1} s: billed embedded", began.elapsed().as_secs_f32());

    let mut cluster = Cluster::start(world.folder.path(), began);
    let client = world.bill("both", Some(&cluster.address));
    let (both, said) = world.finish("both", client, began);
    assert_eq!(said, report);
    assert!(both == bills, "both executors: other bytes");
    let done: Vec<usize> = cluster.executors.iter().map(|(_, folder)| results(folder)).collect();
    assert!(done.iter().all(|files| *files > 0), "both are to have worked: {done:?}");
    eprintln!("{:.1} s: billed by both executors, which wrote {done:?} files", began.elapsed().as_secs_f32());

    let mut client = world.bill("killed", Some(&cluster.address));
    let (victim, folder) = &mut cluster.executors[1];
    // It has done some of this job's tasks; their results go with it.
    wait_until("a result of the victim", began, || results(folder) > done[1]);
    victim.kill();
    let killed = Instant::now();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(client.is_running(), "the job was over before the executor was killed: give it more rows");
    let (after, said) = world.finish("killed", client, began);
    assert_eq!(said, report);
    assert!(after == bills, "one executor killed: other bytes");
    eprintln!("{:.1} s after the kill: billed by the other", killed.elapsed().as_secs_f32());
    assert!(cluster.scheduler.is_running());
    assert!(cluster.executors[0].0.is_running());
}

#[test]
fn a_client_without_a_scheduler_says_so_and_writes_nothing() {
    let world = TempDir::new().unwrap();
    generate(
        &Sample {
            meters: 1,
            span: span("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"),
            seed: 1,
            layout: Layout::LongWh,
        },
        world.path(),
    )
    .unwrap();
    let text = |name: &str| world.path().join(name).display().to_string();
    let run = |scheduler: &str, consumption: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_kwhen-cluster"))
            .args([
                "bill",
                "--scheduler",
                scheduler,
                "--consumption",
                &text(consumption),
                "--rates",
                &text("rates.parquet"),
            ])
            .args([
                "--agreements",
                &text("agreements.parquet"),
                "--from",
                "2025-01-01",
                "--to",
                "2025-01-02",
                "--timeout",
                "60",
            ])
            .args(["--out", &text("bills.parquet")])
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let port = kwhen_cluster::cluster::free_port([127, 0, 0, 1].into()).unwrap();
    let message = run(&format!("127.0.0.1:{port}"), "consumption.parquet");
    assert!(message.starts_with("kwhen-cluster: "), "{message}");
    assert!(message.contains("127.0.0.1"), "{message}");
    let message = run("nonsense", "consumption.parquet");
    assert!(message.contains("no HOST:PORT"), "{message}");
    let message = run("127.0.0.1:1", "nowhere.parquet");
    assert!(message.contains("nowhere.parquet"), "{message}");
    let message = run("127.0.0.1:1", "rates.parquet");
    assert!(message.contains("has no column"), "{message}");
    let left: Vec<_> =
        std::fs::read_dir(world.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}
