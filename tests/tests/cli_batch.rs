//! `kwhen batch` as a user runs it: its digits are those of `kwhen bill`, it is whole or not there, it goes on after a kill.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use kwhen::{Energy, Money, UnitRate};
use kwhen_tests::command::{executable, kwhen, shell};
use kwhen_tests::folder;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    /// With made-up meters of a year.
    fn generated(meters: u32, layout: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let meters = meters.to_string();
        let out = folder.path("");
        let arguments =
            ["batch", "generate", "--meters", &meters, "--seed", "3", "--layout", layout, "--out", &out];
        let told = kwhen(arguments).stdout_of_success();
        assert!(told.contains("readings of"), "{told}");
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let files = ["consumption", "rates", "agreements"];
        let mut arguments = vec!["batch".to_owned()];
        for name in files {
            arguments.extend([format!("--{name}"), self.path(&format!("{name}.parquet"))]);
        }
        let rest = ["--out", &self.path("bills.parquet"), "--from", "2025-01-01", "--to", "2026-01-01"];
        arguments.extend(rest.iter().chain(more).map(ToString::to_string));
        arguments
    }

    fn read(&self, name: &str) -> Vec<RecordBatch> {
        let file = std::fs::File::open(self.path(name)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        reader.map(|batch| batch.unwrap()).collect()
    }
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> &'a str {
    batch.column_by_name(name).unwrap().as_string::<i32>().value(row)
}

fn instant(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(name).unwrap().as_primitive::<TimestampMillisecondType>();
    let at = || chrono::DateTime::from_timestamp_millis(column.value(row)).unwrap();
    column.is_valid(row).then(|| at().to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

fn units(batch: &RecordBatch, name: &str, row: usize) -> i128 {
    batch.column_by_name(name).unwrap().as_primitive::<Decimal128Type>().value(row)
}

#[test]
fn the_digits_are_those_of_kwhen_bill() {
    let folder = Folder::generated(4, "kwh");
    let told = kwhen(folder.arguments(&[])).stdout_of_success();
    assert!(told.contains("4 meters billed from 70,080 rows"), "{told}");
    // One meter's readings and one tariff's prices as CSV, for kwhen bill.
    let meters: Vec<(String, String)> = folder
        .read("agreements.parquet")
        .iter()
        .flat_map(|batch| {
            (0..batch.num_rows())
                .map(|row| (text(batch, "meter", row).to_owned(), text(batch, "tariff", row).to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    for (meter, tariff) in &meters {
        let mut readings = String::from("consumption,interval_start,interval_end\n");
        for batch in folder.read("consumption.parquet") {
            for row in (0..batch.num_rows()).filter(|row| text(&batch, "meter", *row) == meter) {
                let kwh =
                    Energy::from_units(i64::try_from(units(&batch, "consumption", row)).unwrap() * 100_000);
                writeln!(readings, "{},{},", kwh.unwrap(), instant(&batch, "interval_start", row).unwrap())
                    .unwrap();
            }
        }
        let [mut rates, mut standing] = ["value_exc_vat,valid_from,valid_to\n"; 2].map(str::to_owned);
        for batch in folder.read("rates.parquet") {
            for row in (0..batch.num_rows()).filter(|row| text(&batch, "tariff", *row) == tariff) {
                let price = UnitRate::from_units(
                    i64::try_from(units(&batch, "value_exc_vat", row)).unwrap() * 1_000_000,
                );
                let from = instant(&batch, "valid_from", row).unwrap();
                let to = instant(&batch, "valid_to", row).unwrap_or_default();
                let table = if text(&batch, "kind", row) == "unit" { &mut rates } else { &mut standing };
                writeln!(table, "{},{from},{to}", price.unwrap()).unwrap();
            }
        }
        for (name, text) in [("readings.csv", &readings), ("rates.csv", &rates), ("standing.csv", &standing)]
        {
            std::fs::write(folder.path(name), text).unwrap();
        }
        let bill = kwhen([
            "bill",
            "--consumption",
            &folder.path("readings.csv"),
            "--rates",
            &folder.path("rates.csv"),
            "--standing-charges",
            &folder.path("standing.csv"),
            "--from",
            "2025-01-01",
            "--to",
            "2026-01-01",
            "--by",
            "month",
            "--format",
            "json",
        ])
        .json();
        let expected: Vec<[String; 5]> = bill["periods"]
            .as_array()
            .unwrap()
            .iter()
            .map(|period| {
                let fields = ["label", "kwh", "net_minor", "vat_minor", "total_minor"];
                fields.map(|field| period[field].as_str().unwrap().to_owned())
            })
            .collect();
        let mut found = Vec::new();
        for batch in folder.read("bills.parquet") {
            for row in (0..batch.num_rows()).filter(|row| text(&batch, "meter", *row) == meter) {
                let money = |name| Money::from_units(units(&batch, name, row)).unwrap().to_string();
                let kwh = Energy::from_units(i64::try_from(units(&batch, "kwh", row)).unwrap()).unwrap();
                found.push([
                    text(&batch, "period", row).to_owned(),
                    kwh.to_string(),
                    money("net_minor"),
                    money("vat_minor"),
                    money("total_minor"),
                ]);
            }
        }
        assert_eq!(found.len(), 12);
        assert_eq!(found, expected, "{meter} {tariff}");
    }
}

#[test]
fn layouts_give_the_same_bills_and_the_report_is_machine_readable() {
    let long = Folder::generated(3, "wh");
    let told = kwhen(long.arguments(&["--format", "json"])).json();
    assert_eq!(told["billed"], 3);
    assert_eq!(told["unbilled"].as_array().unwrap().len(), 0);
    let bills = std::fs::read(long.path("bills.parquet")).unwrap();
    let (from, to) = (long.path("consumption.parquet"), long.path("dense.parquet"));
    let _ = kwhen(["batch", "convert", "--consumption", &from, "--out", &to, "--to", "dense"])
        .stdout_of_success();
    std::fs::rename(&to, &from).unwrap();
    let _ = kwhen(long.arguments(&[])).stdout_of_success();
    assert_eq!(std::fs::read(long.path("bills.parquet")).unwrap(), bills);
    let dense = Folder::generated(3, "dense");
    let _ = kwhen(dense.arguments(&[])).stdout_of_success();
    assert_eq!(std::fs::read(dense.path("bills.parquet")).unwrap(), bills);
    // Other agreements than meters: two are reported, one is billed.
    let more = Folder::generated(1, "wh");
    let mut arguments = long.arguments(&["--report", &long.path("report.csv")]);
    let place = arguments.iter().position(|argument| argument == "--agreements").unwrap();
    arguments[place + 1] = more.path("agreements.parquet");
    let told = kwhen(arguments).stdout_of_success();
    assert!(told.contains("2 could not be billed: no-agreement 2"), "{told}");
    let report = std::fs::read_to_string(long.path("report.csv")).unwrap();
    assert_eq!(report.lines().count(), 3, "{report}");
}

#[test]
fn a_run_that_was_killed_goes_on() {
    let folder = Folder::generated(200, "wh");
    let _ = kwhen(folder.arguments(&["--threads", "1"])).stdout_of_success();
    let rows =
        |folder: &Folder| folder.read("bills.parquet").iter().map(RecordBatch::num_rows).sum::<usize>();
    let expected = rows(&folder);
    std::fs::remove_file(folder.path("bills.parquet")).unwrap();
    // Killed once the folder of unfinished work is there; however far it has come, it goes on.
    let mut command = std::process::Command::new(executable());
    let mut child = command.args(folder.arguments(&["--threads", "1"])).spawn().unwrap();
    let partial = folder.path("bills.parquet.partial");
    while child.try_wait().unwrap().is_none() && !Path::new(&partial).exists() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told = kwhen(folder.arguments(&["--resume"])).stdout_of_success();
    assert!(told.contains("200 meters billed"), "{told}");
    assert_eq!(rows(&folder), expected);
    assert!(!Path::new(&partial).exists());
}

/// Two halves of the readings, named one by one or by a pattern, are the whole.
#[test]
fn several_files_are_one_table() {
    let folder = Folder::generated(6, "kwh");
    let _ = kwhen(folder.arguments(&[])).stdout_of_success();
    let bills = || std::fs::read(folder.path("bills.parquet")).unwrap();
    let expected = bills();
    let whole = folder.read("consumption.parquet");
    let rows: usize = whole.iter().map(RecordBatch::num_rows).sum();
    let all = arrow_select::concat::concat_batches(&whole[0].schema(), &whole).unwrap();
    for (name, from, count) in
        [("part-1.parquet", 0, rows / 2), ("part-2.parquet", rows / 2, rows - rows / 2)]
    {
        let file = std::fs::File::create(folder.path(name)).unwrap();
        let mut writer = ArrowWriter::try_new(file, all.schema(), None).unwrap();
        writer.write(&all.slice(from, count)).unwrap();
        writer.close().unwrap();
    }
    let [one, two, pattern] =
        ["part-1.parquet", "part-2.parquet", "part-*.parquet"].map(|name| folder.path(name));
    for consumption in [format!("{one},{two}"), pattern] {
        std::fs::remove_file(folder.path("bills.parquet")).unwrap();
        let mut arguments = folder.arguments(&[]);
        arguments[2] = consumption.clone();
        let _ = kwhen(arguments).stdout_of_success();
        assert!(bills() == expected, "{consumption}");
    }
    let mut arguments = folder.arguments(&[]);
    arguments[2] = folder.path("none-*.parquet");
    let refusal = kwhen(arguments).refusal();
    assert!(refusal.contains("none-*.parquet") && refusal.contains("no file has such a name"), "{refusal}");
}

#[test]
fn what_cannot_be_done_leaves_no_output() {
    let folder = Folder::generated(40, "wh");
    let out = folder.path("bills.parquet");
    let line =
        folder.arguments(&[]).iter().map(|argument| format!("'{argument}'")).collect::<Vec<_>>().join(" ");
    // A disk on which no file may grow beyond 4 KiB: to the command it is full.
    let told = shell(&format!("trap '' XFSZ; ulimit -f 8; kwhen {line}"));
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert!(told.stderr.contains("bills") && told.stderr.contains("too large"), "{}", told.stderr);
    assert!(!Path::new(&out).exists());
    let swap = |flag: &str, value: &str| {
        let mut arguments = folder.arguments(&[]);
        let place = arguments.iter().position(|argument| argument == flag).unwrap();
        arguments[place + 1] = value.to_owned();
        arguments
    };
    let refusal = kwhen(swap("--consumption", &folder.path("none.parquet"))).refusal();
    assert!(refusal.contains("none.parquet"), "{refusal}");
    std::fs::write(folder.path("short.parquet"), b"PAR1").unwrap();
    let refusal = kwhen(swap("--consumption", &folder.path("short.parquet"))).refusal();
    assert!(refusal.contains("truncated"), "{refusal}");
    let refusal = kwhen(swap("--consumption", &folder.path("rates.parquet"))).refusal();
    assert!(refusal.contains("has no column meter"), "{refusal}");
    let refusal = kwhen(folder.arguments(&["--rules", "ladder"])).refusal();
    assert!(refusal.contains("ladder") && refusal.contains("one by one"), "{refusal}");
    assert_eq!(kwhen(["batch", "--consumption", "x"]).code, 2);
}

#[test]
fn threads_that_no_machine_has_are_refused_at_once() {
    let folder = Folder::generated(1, "wh");
    for threads in ["1000000000", "1025", "0", "-1", "many"] {
        let told = kwhen(folder.arguments(&["--threads", threads]));
        assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{}", told.stderr);
        assert!(told.stderr.contains("--threads") && told.stderr.contains(threads), "{}", told.stderr);
        assert!(told.stderr.contains("from 1 to 1024"), "{}", told.stderr);
    }
    assert!(!Path::new(&folder.path("bills.parquet.partial")).exists());
}

/// The clock of times without a zone is unknown: half-hours of June taken as UTC would be priced an hour off.
#[test]
fn times_without_a_zone_are_refused_or_said_to_be_utc() {
    let folder = Folder::generated(2, "kwh");
    let _ = kwhen(folder.arguments(&[])).stdout_of_success();
    let expected = std::fs::read(folder.path("bills.parquet")).unwrap();
    std::fs::remove_file(folder.path("bills.parquet")).unwrap();
    let naive = |batch: RecordBatch| {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
            let naive = DataType::Timestamp(TimeUnit::Millisecond, None);
            let column = if field.name() == "interval_start" {
                cast(column, &naive).unwrap()
            } else {
                Arc::clone(column)
            };
            (field.name().clone(), column)
        });
        RecordBatch::try_from_iter(columns.collect::<Vec<_>>()).unwrap()
    };
    let batches: Vec<RecordBatch> = folder.read("consumption.parquet").into_iter().map(naive).collect();
    let file = std::fs::File::create(folder.path("consumption.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batches[0].schema(), None).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
    let refusal = kwhen(folder.arguments(&[])).refusal();
    assert!(refusal.contains("column interval_start has times without a time zone"), "{refusal}");
    assert!(refusal.contains("consumption.parquet") && refusal.contains("--assume-utc"), "{refusal}");
    assert!(!Path::new(&folder.path("bills.parquet.partial")).exists());
    let told = kwhen(folder.arguments(&["--assume-utc"])).stdout_of_success();
    assert!(
        told.contains("2 meters billed") && told.contains("without a time zone are taken as UTC"),
        "{told}"
    );
    assert_eq!(std::fs::read(folder.path("bills.parquet")).unwrap(), expected);
    let convert = |more: &[&str]| {
        let (from, to) = (folder.path("consumption.parquet"), folder.path("dense.parquet"));
        let mut arguments = vec!["batch", "convert", "--consumption", &from, "--out", &to, "--to", "dense"];
        arguments.extend(more);
        kwhen(arguments)
    };
    assert!(convert(&[]).refusal().contains("--assume-utc"));
    assert!(convert(&["--assume-utc"]).stdout_of_success().contains("24 lists"));
}

#[test]
fn ten_times_the_meters_take_no_more_memory() {
    let peak = |meters| {
        let folder = Folder::generated(meters, "wh");
        let told = kwhen(folder.arguments(&["--format", "json", "--threads", "2"])).json();
        assert_eq!(told["billed"], meters);
        told["peak_resident_bytes"].as_u64()
    };
    let (Some(small), Some(large)) = (peak(100), peak(1_000)) else {
        println!("skipped: the system does not tell what memory a process had");
        return;
    };
    assert!(large < small * 3 / 2, "{small} {large}");
}

/// What is read is never written over, by whatever way the path leads there.
#[test]
fn inputs_are_not_written_over() {
    let folder = folder::Folder::new();
    assert_eq!(folder.run("batch generate --meters 2 --out @/homes").code, 0);
    let run = "batch --consumption @/homes/consumption.parquet --agreements @/homes/agreements.parquet \
               --rates @/homes/rates.parquet --from 2025-01-01 --to 2025-02-01";
    let names = ["consumption.parquet", "rates.parquet", "agreements.parquet"];
    let held = || names.map(|name| std::fs::read(folder.path().join("homes").join(name)).unwrap());
    let before = held();
    for name in names {
        for place in [format!("@/homes/{name}"), format!("@/homes/../homes/{name}")] {
            for flags in [format!("--out {place}"), format!("--out @/bills.parquet --report {place}")] {
                let message = folder.refused(&format!("{run} {flags}"));
                assert!(message.contains("is a file that is read") && message.contains(name), "{message}");
            }
        }
    }
    let message = folder.refused(&format!("{run} --out @/bills.parquet --report @/bills.parquet"));
    assert!(message.contains("--report and --out are one file"), "{message}");
    let line = "batch convert --consumption @/homes/consumption.parquet --to dense";
    assert!(
        folder
            .refused(&format!("{line} --out @/homes/consumption.parquet"))
            .contains("is a file that is read")
    );
    assert!(held() == before, "an input was changed");
    // Bills in a folder that is read whole would be the next run's readings.
    std::fs::create_dir(folder.path().join("all")).unwrap();
    std::fs::copy(folder.path().join("homes/consumption.parquet"), folder.path().join("all/1.parquet"))
        .unwrap();
    let whole = run.replace("@/homes/consumption.parquet", "@/all");
    let message = folder.refused(&format!("{whole} --out @/all/bills.parquet"));
    assert!(message.contains("all of which is read"), "{message}");
    assert_eq!(folder.run(&format!("{whole} --out @/bills.parquet")).code, 0);
    // Likewise where the folder is one of several.
    let listed = run.replace("@/homes/consumption.parquet", "@/all,@/homes/consumption.parquet");
    assert!(folder.refused(&format!("{listed} --out @/all/bills.parquet")).contains("all of which is read"));
}

#[test]
fn a_run_that_bills_no_meter_is_no_success() {
    let folder = folder::Folder::new();
    assert_eq!(folder.run("batch generate --meters 2 --out @/homes").code, 0);
    let told = folder.run(
        "batch --consumption @/homes/consumption.parquet --agreements @/homes/agreements.parquet \
         --rates @/homes/rates.parquet --from 2020-01-01 --to 2020-02-01 --out @/bills.parquet",
    );
    assert_eq!(told.code, 1, "{}", told.stdout);
    assert!(
        told.stdout.contains("2 could not be billed") && told.stderr.contains("no meter could be billed")
    );
}
