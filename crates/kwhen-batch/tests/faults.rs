//! Bad input: a meter's fault is in the report, a file's ends the run with its name, and nothing is left half-written.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod support;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use kwhen_batch::{Error, Layout, Reason, Unbilled, run};
use std::sync::Arc;
use support::*;

fn instants(milliseconds: impl Iterator<Item = Option<i64>>) -> TimestampMillisecondArray {
    milliseconds.collect::<TimestampMillisecondArray>().with_timezone("UTC")
}

fn refusal(world: &World, consumption: &str) -> Error {
    let error = run(&world.job(consumption), |_| true).unwrap_err();
    for left in ["bills.parquet", "bills.parquet.partial", "bills.parquet.unfinished"] {
        assert!(!world.path(left).exists(), "{left}: {error}");
    }
    error
}

/// What lies outside the billed span is nobody's fault, in whichever row groups it comes.
#[test]
fn rows_outside_the_span_are_not_looked_at() {
    let week = span("2025-01-06T00:00:00Z", "2025-01-13T00:00:00Z");
    let world = World::new(3, week, Layout::LongWh);
    let rows = world.rows();
    let (before, after) = (week.from().timestamp_millis() - 1_800_000, week.to().timestamp_millis());
    // Of a meter that is billed, of one that has no agreement, and of none: a reading that is no number, off the grid, twice.
    let strays = [
        (Some(rows[0].meter.clone()), before, f64::NAN),
        (Some(rows[0].meter.clone()), before - 60_000, 1.0),
        (Some(rows[0].meter.clone()), after, 1.0),
        (Some(rows[0].meter.clone()), after, 1.0),
        (Some("no such meter".into()), after, 1.0),
        (None, before, 1.0),
    ];
    let own = rows.iter().map(|row| (Some(row.meter.clone()), row.start, row.wh as f64 / 1e3));
    let table = |strays: &[(Option<String>, i64, f64)]| {
        let all: Vec<_> = own.clone().chain(strays.iter().cloned()).collect();
        RecordBatch::try_from_iter([
            ("meter", Arc::new(all.iter().map(|row| row.0.clone()).collect::<StringArray>()) as ArrayRef),
            ("interval_start", Arc::new(instants(all.iter().map(|row| Some(row.1))))),
            ("consumption", Arc::new(Float64Array::from_iter_values(all.iter().map(|row| row.2)))),
        ])
        .unwrap()
    };
    write(&world.path("clean.parquet"), &[table(&[])], 5_000);
    let (clean, bills) = world.run("clean.parquet");
    assert_eq!((clean.billed, clean.unbilled.len()), (3, 0));
    for rows_of_a_group in [1_008, 5_000] {
        write(&world.path("strays.parquet"), &[table(&strays)], rows_of_a_group);
        let (summary, found) = world.run("strays.parquet");
        assert_eq!(summary.unbilled, [], "{rows_of_a_group}");
        assert_eq!(found, bills);
    }
    let outcome = kwhen_batch::bill(&[table(&strays)], &world.book()).unwrap();
    assert_eq!(outcome.unbilled, []);
    assert_eq!(outcome.billed, 3);
}

#[test]
fn a_meter_at_fault_is_reported_and_stops_nobody() {
    let week = span("2025-01-06T00:00:00Z", "2025-01-13T00:00:00Z");
    let world = World::new(12, week, Layout::LongWh);
    let names: Vec<String> = world.rows().iter().step_by(336).map(|row| row.meter.clone()).collect();
    let rows: Vec<Row> = world.rows().into_iter().filter(|row| row.meter != names[8]).collect();
    let mut meter: Vec<Option<String>> = rows.iter().map(|row| Some(row.meter.clone())).collect();
    let mut start: Vec<Option<i64>> = rows.iter().map(|row| Some(row.start)).collect();
    let mut kwh: Vec<Option<f64>> = rows.iter().map(|row| Some(row.wh as f64 / 1e3)).collect();
    let first_of = |place: usize| rows.iter().position(|row| row.meter == names[place]).unwrap();
    start[first_of(0) + 3] = None;
    start[first_of(1) + 3] = start[first_of(1) + 4];
    start[first_of(2) + 3] = start[first_of(2) + 3].map(|start| start + 60_000);
    kwh[first_of(3) + 7] = Some(f64::NAN);
    kwh[first_of(4) + 7] = None; // a missing reading is no fault
    meter[first_of(5)..first_of(5) + 336].fill(Some("no such meter".into()));
    meter[first_of(6) + 9] = None;
    let batch = RecordBatch::try_from_iter([
        ("meter", Arc::new(StringArray::from(meter)) as ArrayRef),
        ("interval_start", Arc::new(instants(start.into_iter()))),
        ("consumption", Arc::new(Float64Array::from(kwh))),
    ])
    .unwrap();
    write(&world.path("bad.parquet"), &[batch], 500);
    // One agreement names no tariff that there is, and one overlaps.
    let agreements = RecordBatch::try_from_iter([
        ("meter", Arc::new(StringArray::from_iter_values(names.iter().chain([&names[10]]))) as ArrayRef),
        (
            "tariff",
            Arc::new(StringArray::from_iter_values(
                (0..12).map(|place| if place == 9 { "GONE" } else { "FLAT" }).chain(["NIGHT"]),
            )),
        ),
        ("valid_from", Arc::new(instants((0..13).map(|_| Some(week.from().timestamp_millis()))))),
    ])
    .unwrap();
    write(&world.path("agreements.parquet"), &[agreements], 100);
    let (summary, bills) = world.run("bad.parquet");
    let found: Vec<(Option<String>, Reason)> = summary
        .unbilled
        .iter()
        .map(|unbilled| (unbilled.meter.as_ref().map(ToString::to_string), unbilled.reason))
        .collect();
    let named = |place: usize, reason| (Some(names[place].clone()), reason);
    assert_eq!(
        found,
        [
            (None, Reason::NoMeter),
            named(0, Reason::OffGrid),
            named(1, Reason::Repeated),
            named(2, Reason::OffGrid),
            named(3, Reason::Value),
            named(5, Reason::NoReadings),
            named(8, Reason::NoReadings),
            named(9, Reason::UnknownTariff),
            named(10, Reason::Agreements),
            (Some("no such meter".into()), Reason::NoAgreement),
        ]
    );
    assert_eq!(summary.billed, 4);
    let of = |place: usize| bills.iter().find(|line| line.starts_with(&names[place])).unwrap();
    assert!(of(4).contains("| 336 | 335 |"), "{}", of(4));
    assert!(of(6).contains("| 336 | 335 |"), "{}", of(6));
    let messages: Vec<&str> = summary.unbilled.iter().map(|unbilled| unbilled.message.as_str()).collect();
    assert!(messages[2].contains("2025-01-06T02:00"), "{}", messages[2]);
    assert!(messages[3].contains("2025-01-06T01:31"), "{}", messages[3]);
    assert!(messages[7].contains("GONE"), "{}", messages[7]);
    let csv = Unbilled::csv(&summary.unbilled);
    assert_eq!(csv.lines().count(), 11, "{csv}");
    assert!(csv.contains(",no-meter,1 rows have no meter"), "{csv}");
}

#[test]
fn columns_that_are_missing_or_of_a_wrong_type_are_named() {
    let world = World::new(2, span("2025-01-06T00:00:00Z", "2025-01-07T00:00:00Z"), Layout::LongWh);
    let rows = world.rows();
    let whole = batch(&rows, Kind::Wh32);
    let without = |name: &str| {
        let kept: Vec<usize> = (0..3).filter(|place| whole.schema().field(*place).name() != name).collect();
        whole.project(&kept).unwrap()
    };
    for name in ["meter", "interval_start", "wh"] {
        write(&world.path("bad.parquet"), &[without(name)], 100);
        let error = refusal(&world, "bad.parquet");
        assert!(error.is_schema() && error.to_string().contains(name), "{error}");
        assert!(error.to_string().contains("bad.parquet"), "{error}");
    }
    let with = |name: &str, array: ArrayRef| {
        let schema = whole.schema();
        let columns = schema.fields().iter().zip(whole.columns()).map(|(field, column)| {
            let replaced = if field.name() == name { Arc::clone(&array) } else { Arc::clone(column) };
            (field.name().clone(), replaced)
        });
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|_| "2025-01-06")));
    let floats: ArrayRef = Arc::new(Float32Array::from_iter_values(rows.iter().map(|_| 1.0)));
    let numbers: ArrayRef = Arc::new(Int32Array::from_iter_values(rows.iter().map(|_| 1)));
    for (name, array, wanted) in [
        ("interval_start", Arc::clone(&texts), "a timestamp"),
        ("wh", texts, "2025-01-06"),
        ("meter", floats, "text or an integer"),
        ("meter", numbers, "text in the agreements"),
    ] {
        write(&world.path("bad.parquet"), &[with(name, array)], 100);
        let error = refusal(&world, "bad.parquet");
        assert!(error.to_string().contains(name) && error.to_string().contains(wanted), "{error}");
    }
    // Whole numbers of kWh beyond any home are an accident.
    let renamed = RecordBatch::try_from_iter([
        ("meter", Arc::clone(whole.column(0))),
        ("interval_start", Arc::clone(whole.column(1))),
        ("consumption", Arc::clone(whole.column(2))),
    ]);
    write(&world.path("bad.parquet"), &[renamed.unwrap()], 100);
    let error = refusal(&world, "bad.parquet").to_string();
    assert!(
        error.contains("column consumption, row 1, value") && error.contains("name the column wh"),
        "{error}"
    );
    let rates = RecordBatch::try_from_iter([("tariff", Arc::clone(whole.column(0)))]).unwrap();
    write(&world.path("rates.parquet"), &[rates], 100);
    let error = refusal(&world, "consumption.parquet");
    assert!(error.is_schema() && error.to_string().contains("value_exc_vat"), "{error}");
}

/// A row that ends when it begins, or before, holds at no time: whoever wrote it meant another.
#[test]
fn rows_that_end_before_they_begin_are_reported_with_their_row() {
    let world = World::new(3, span("2025-01-06T00:00:00Z", "2025-01-08T00:00:00Z"), Layout::LongWh);
    let row = |name: &str, kind: &str| {
        let batches = read(&world.path(name));
        let kinds = batches[0].column_by_name("kind").map(|kinds| kinds.as_string::<i32>().clone());
        (0..batches[0].num_rows())
            .find(|row| kinds.as_ref().is_none_or(|kinds| kinds.value(*row) == kind))
            .unwrap()
    };
    for (name, kind, reason) in [
        ("rates.parquet", "unit", Reason::Tariff),
        ("rates.parquet", "standing", Reason::Tariff),
        ("agreements.parquet", "", Reason::Agreements),
    ] {
        let path = world.path(name);
        let whole = std::fs::read(&path).unwrap();
        let place = row(name, kind);
        for earlier in [0, 1_800_000] {
            let batch = read(&path).remove(0);
            let from = batch.column_by_name("valid_from").unwrap().as_primitive::<TimestampMillisecondType>();
            let to = batch.column_by_name("valid_to").unwrap().as_primitive::<TimestampMillisecondType>();
            let ends = (0..batch.num_rows()).map(|row| match row == place {
                true => Some(from.value(row) - earlier),
                false => to.is_valid(row).then(|| to.value(row)),
            });
            let ends: ArrayRef = Arc::new(instants(ends));
            let columns = batch
                .schema()
                .fields()
                .iter()
                .zip(batch.columns())
                .map(|(field, column)| {
                    let column =
                        if field.name() == "valid_to" { Arc::clone(&ends) } else { Arc::clone(column) };
                    (field.name().clone(), column, true)
                })
                .collect::<Vec<_>>();
            write(&path, &[RecordBatch::try_from_iter_with_nullable(columns).unwrap()], 5_000);
            let (summary, _) = world.run("consumption.parquet");
            let found = summary.unbilled.iter().find(|unbilled| unbilled.reason == reason);
            let found = found.unwrap_or_else(|| panic!("{name} {kind} {earlier}: {:?}", summary.unbilled));
            // An agreement of no length is one that was taken back, as accounts have them; a meter without another has none.
            let said = match (reason, earlier) {
                (Reason::Agreements, 0) => "no agreement of any length".to_owned(),
                _ => format!("row {}", place + 1),
            };
            assert!(found.message.contains(&said), "{}", found.message);
            std::fs::write(&path, &whole).unwrap();
        }
    }
}

#[test]
fn damaged_files_are_refused_by_name() {
    let world = World::new(5, span("2025-01-06T00:00:00Z", "2025-02-06T00:00:00Z"), Layout::LongWh);
    let bytes = std::fs::read(world.path("consumption.parquet")).unwrap();
    let check = |bytes: &[u8], what: &str| {
        std::fs::write(world.path("bad.parquet"), bytes).unwrap();
        let error = refusal(&world, "bad.parquet");
        assert!(error.is_broken() && error.to_string().contains("bad.parquet"), "{what}: {error:?}");
    };
    check(b"", "empty");
    check(b"meter,interval_start,consumption\n", "no Parquet");
    for length in [4, 100, bytes.len() / 2, bytes.len() - 1] {
        check(&bytes[..length], "truncated");
    }
    // The end is there, the middle is not: offsets in the footer point beyond the file.
    let cut: Vec<u8> = bytes[..4].iter().chain(&bytes[bytes.len() / 2..]).copied().collect();
    check(&cut, "the middle is gone");
    // A footer that claims to be longer than the file.
    let mut vast = bytes.clone();
    let at = vast.len() - 8;
    vast[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    check(&vast, "a vast footer");
    // Pages overwritten in the middle: an error or other readings, never a panic.
    for place in (4..bytes.len() - 2_000).step_by(bytes.len() / 40) {
        let mut scratched = bytes.clone();
        scratched[place..place + 64].iter_mut().for_each(|byte| *byte ^= 0xa5);
        std::fs::write(world.path("bad.parquet"), scratched).unwrap();
        if let Err(error) = run(&world.job("bad.parquet"), |_| true) {
            assert!(error.to_string().contains("bad.parquet"), "{error}");
        }
    }
    // Any byte of the footer.
    let footer = bytes.len() - 1_200;
    for place in (footer..bytes.len() - 8).step_by(7) {
        let mut scratched = bytes.clone();
        scratched[place] ^= 0xff;
        std::fs::write(world.path("bad.parquet"), scratched).unwrap();
        let _ = run(&world.job("bad.parquet"), |_| true);
    }
    let error = run(&world.job("none.parquet"), |_| true).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("none.parquet"), "{error}");
    std::fs::create_dir(world.path("empty")).unwrap();
    assert!(run(&world.job("empty"), |_| true).unwrap_err().is_data());
}

#[test]
fn rows_too_far_apart_for_the_memory_allowed_are_refused() {
    let world = World::new(40, span("2025-01-06T00:00:00Z", "2025-02-06T00:00:00Z"), Layout::LongWh);
    let mut rows = world.rows();
    rows.sort_by_key(|row| row.start);
    write(&world.path("by-time.parquet"), &[batch(&rows, Kind::Wh32)], 1_000);
    let mut job = world.job("by-time.parquet");
    job.memory = 20_000;
    let error = run(&job, |_| true).unwrap_err();
    assert!(error.is_limit() && error.to_string().contains("sort the files by meter"), "{error}");
    job.memory = 1 << 20;
    run(&job, |_| true).unwrap();
}

#[test]
fn a_run_that_was_stopped_goes_on_where_it_was() {
    let week = span("2025-01-06T00:00:00Z", "2025-01-13T00:00:00Z");
    let world = World::new(60, week, Layout::LongWh);
    // Row groups end within meters.
    write(&world.path("groups.parquet"), &[batch(&world.rows(), Kind::Wh32)], 500);
    let (whole, expected) = world.run("groups.parquet");
    std::fs::remove_file(world.path("bills.parquet")).unwrap();
    for stops in [1, 2, 3] {
        let mut job = world.job("groups.parquet");
        job.save_every = 0;
        for stop in 0..stops {
            let mut left = stop + 2;
            let error = run(&job, |_| {
                left -= 1;
                left > 0
            })
            .unwrap_err();
            assert!(error.to_string().contains("resume"), "{error}");
            assert!(!world.path("bills.parquet").exists());
            job.resume = true;
        }
        let mut heard = 0;
        let summary = run(&job, |progress| {
            heard = progress.rows;
            true
        })
        .unwrap();
        assert!(summary.resumed);
        assert_eq!((summary.billed, summary.rows, heard), (whole.billed, whole.rows, whole.rows));
        assert_eq!(summary.unbilled, whole.unbilled);
        assert_eq!(world.bills(), expected);
        assert!(!world.path("bills.parquet.partial").exists());
        std::fs::remove_file(world.path("bills.parquet")).unwrap();
    }
    // Other inputs are another run.
    let mut job = world.job("groups.parquet");
    job.save_every = 0;
    run(&job, |_| false).unwrap_err();
    job.resume = true;
    job.terms.periods = kwhen::time::PeriodKind::Day;
    let error = run(&job, |_| true).unwrap_err();
    assert!(error.is_changed(), "{error}");
    job.resume = false;
    assert!(!run(&job, |_| true).unwrap().resumed);
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing() {
    let world = World::new(2, span("2025-01-06T00:00:00Z", "2025-01-07T00:00:00Z"), Layout::LongWh);
    let mut job = world.job("consumption.parquet");
    job.out = world.path("no-such-folder").join("bills.parquet");
    std::fs::write(world.path("no-such-folder"), "a file").unwrap();
    let error = run(&job, |_| true).unwrap_err();
    assert!(error.is_io(), "{error}");
}
