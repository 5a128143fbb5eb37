//! The digits of a batch are those of one bill after another, whatever the layout and the order of the rows.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod support;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use kwhen::bill::{Bill, BillRequest};
use kwhen::series::{Consumption, Prices, RateRow, RateSeries, StandingChargeRow, StandingCharges};
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span};
use kwhen::{Energy, Money};
use kwhen_batch::{Layout, Sample, generate, to_dense, to_long};
use std::collections::BTreeMap;
use support::*;

/// The same bills made one by one by the core from the same files, as text: meter, tariff, period, kWh, total.
fn one_by_one(world: &World) -> Vec<String> {
    let (mut rates, mut standing) = (BTreeMap::<String, Vec<RateRow>>::new(), BTreeMap::new());
    for batch in read(&world.path("rates.parquet")) {
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>();
        let at = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<TimestampMillisecondType>();
        let instant = |name, row| -> Option<chrono::DateTime<chrono::Utc>> {
            at(name)
                .is_valid(row)
                .then(|| chrono::DateTime::from_timestamp_millis(at(name).value(row)).unwrap())
        };
        let prices = batch.column_by_name("value_exc_vat").unwrap().as_primitive::<Decimal128Type>();
        for row in 0..batch.num_rows() {
            let price = format!("{}e-2", prices.value(row));
            let (valid_from, valid_to) = (instant("valid_from", row), instant("valid_to", row));
            let tariff = text("tariff").value(row).to_owned();
            if text("kind").value(row) == "unit" {
                let prices = Prices::Exclusive(price.parse().unwrap());
                let row = RateRow { row: 1, valid_from, valid_to, prices, payment_method: None };
                rates.entry(tariff).or_default().push(row);
            } else {
                let prices = Prices::Exclusive(price.parse::<Money>().unwrap());
                let row = StandingChargeRow { row: 1, valid_from, valid_to, prices, payment_method: None };
                standing.insert(tariff, StandingCharges::from_rows(vec![row], None).unwrap());
            }
        }
    }
    let rates: BTreeMap<String, RateSeries> = rates
        .into_iter()
        .map(|(tariff, rows)| (tariff, RateSeries::from_rows(rows, None).unwrap()))
        .collect();
    let grid = Grid::covering(world.terms.span, SlotLength::HALF_HOUR).unwrap();
    let mut readings: BTreeMap<String, Vec<Option<Energy>>> = BTreeMap::new();
    for row in world.rows() {
        let slots = readings.entry(row.meter).or_insert_with(|| vec![None; grid.len()]);
        let at = chrono::DateTime::from_timestamp_millis(row.start).unwrap();
        slots[grid.index_of(at).unwrap()] = Some(Energy::from_units(row.wh * 100_000).unwrap());
    }
    let mut lines = Vec::new();
    for batch in read(&world.path("agreements.parquet")) {
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>();
        let at = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<TimestampMillisecondType>();
        for row in 0..batch.num_rows() {
            let instant = |name: &str| chrono::DateTime::from_timestamp_millis(at(name).value(row)).unwrap();
            let to = if at("valid_to").is_null(row) { world.terms.span.to() } else { instant("valid_to") };
            let agreement = Span::new(instant("valid_from"), to).unwrap();
            let (meter, tariff) = (text("meter").value(row), text("tariff").value(row));
            let consumption = Consumption::on_slots(grid, &readings[meter]).unwrap();
            for period in Calendar::great_britain().cut(PeriodKind::Month, agreement).unwrap() {
                let bill = Bill::new(
                    &BillRequest::new(&consumption, &rates[tariff], period.span)
                        .standing_charges(standing.get(tariff)),
                )
                .unwrap();
                lines.push(format!(
                    "{meter} | {tariff} | {} | {} | {} | {}",
                    period.label, bill.coverage.billed_slots, bill.kwh, bill.total_minor
                ));
            }
        }
    }
    lines
}

/// The same fields of a table of bills.
fn fields(batches: &[RecordBatch]) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>();
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Decimal128Type>();
        let slots = batch.column_by_name("billed_slots").unwrap();
        let slots = slots.as_primitive::<arrow_array::types::Int32Type>();
        for row in 0..batch.num_rows() {
            let kwh = Energy::from_units(i64::try_from(number("kwh").value(row)).unwrap()).unwrap();
            let total = Money::from_units(number("total_minor").value(row)).unwrap();
            lines.push(format!(
                "{} | {} | {} | {} | {kwh} | {total}",
                text("meter").value(row),
                text("tariff").value(row),
                text("period").value(row),
                slots.value(row),
            ));
        }
    }
    lines
}

#[test]
fn a_run_over_files_has_the_digits_of_bills_made_one_by_one() {
    let world = World::new(24, autumn(), Layout::LongKwh);
    let (summary, _) = world.run("consumption.parquet");
    assert_eq!((summary.billed, summary.unbilled.len()), (24, 0));
    assert_eq!(summary.rows, 24 * Grid::covering(autumn(), SlotLength::HALF_HOUR).unwrap().len() as u64);
    let found = fields(&read(&world.path("bills.parquet")));
    assert_eq!(found, one_by_one(&world));
    // Three tariffs, and a meter that changes its own half way.
    assert_eq!(found.len(), 24 * 3 + 3);
    assert!(!world.path("bills.parquet.partial").exists());
    assert!(!world.path("bills.parquet.unfinished").exists());
}

#[test]
fn types_units_and_the_order_of_rows_change_no_digit() {
    let world = World::new(9, autumn(), Layout::LongWh);
    let (_, expected) = world.run("consumption.parquet");
    let rows = world.rows();
    let book = world.book();
    for kind in [Kind::Wh32, Kind::Wh64Nanoseconds, Kind::Kwh128Seconds, Kind::KwhFloat] {
        let outcome = kwhen_batch::bill(&[batch(&rows, kind)], &book).unwrap();
        assert_eq!(outcome_lines(&outcome), expected, "{kind:?}");
        write(&world.path("other.parquet"), &[batch(&shuffled(rows.clone()), kind)], 3_000);
        assert_eq!(world.run("other.parquet").1, expected, "{kind:?}");
    }
    // By time, not by meter, in a folder of a file a month.
    let mut by_time = rows.clone();
    by_time.sort_by_key(|row| row.start);
    let folder = world.path("months");
    for (month, rows) in by_time.chunks(by_time.len() / 3 + 1).enumerate() {
        let inner = folder.join(format!("month={month}"));
        std::fs::create_dir_all(&inner).unwrap();
        write(&inner.join("part-0.parquet"), &[batch(rows, Kind::Wh32)], 700);
    }
    std::fs::write(folder.join("_SUCCESS"), "").unwrap();
    assert_eq!(world.run("months").1, expected);
}

#[test]
fn any_number_of_threads_and_any_split_gives_the_same_bytes() {
    let world = World::new(30, autumn(), Layout::LongWh);
    let rows = world.rows();
    write(&world.path("many.parquet"), &[batch(&rows, Kind::Wh32)], 2_500);
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| kwhen_batch::run(&world.job("many.parquet"), |_| true)).unwrap();
        std::fs::read(world.path("bills.parquet")).unwrap()
    };
    let one = bytes(1);
    let expected = world.bills();
    for threads in [1, 2, 5] {
        assert!(bytes(threads) == one, "{threads}");
    }
    let book = world.book();
    for share in [1, 977, 100_000] {
        let batches: Vec<_> = rows.chunks(share.max(50)).map(|rows| batch(rows, Kind::Wh32)).collect();
        assert_eq!(outcome_lines(&kwhen_batch::bill(&batches, &book).unwrap()), expected);
    }
}

/// A table of several row groups, whose parts end where the run was saved.
#[test]
fn a_long_table_has_the_same_bytes_from_either_layout_saved_or_not() {
    let year = span("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let world = World::new(190, year, Layout::Dense);
    to_long(&world.path("consumption.parquet"), &world.path("long.parquet"), SlotLength::HALF_HOUR, false)
        .unwrap();
    let bytes = |consumption: &str, saved: bool, stop: Option<u64>| {
        let mut job = world.job(consumption);
        job.terms.periods = PeriodKind::Day;
        if saved {
            job.save_every = 0;
        }
        if let Some(at) = stop {
            kwhen_batch::run(&job, |progress| progress.billed < at).unwrap_err();
            job.resume = true;
        }
        kwhen_batch::run(&job, |_| true).unwrap();
        std::fs::read(world.path("bills.parquet")).unwrap()
    };
    let one = bytes("consumption.parquet", false, None);
    assert_eq!(
        read(&world.path("bills.parquet")).iter().map(RecordBatch::num_rows).sum::<usize>(),
        190 * 365
    );
    for (consumption, saved, stop) in [
        ("long.parquet", false, None),
        ("consumption.parquet", true, None),
        ("long.parquet", true, None),
        ("long.parquet", false, Some(20)),
        ("long.parquet", true, Some(185)),
    ] {
        assert!(bytes(consumption, saved, stop) == one, "{consumption} {saved} {stop:?}");
    }
}

#[test]
fn the_dense_layout_holds_the_same_both_ways() {
    let world = World::new(6, autumn(), Layout::LongKwh);
    let (_, expected) = world.run("consumption.parquet");
    let mut rows = world.rows();
    let gb = Calendar::great_britain();
    to_dense(
        &world.path("consumption.parquet"),
        &world.path("dense.parquet"),
        &gb,
        SlotLength::HALF_HOUR,
        false,
    )
    .unwrap();
    assert_eq!(world.run("dense.parquet").1, expected);
    to_long(&world.path("dense.parquet"), &world.path("long.parquet"), SlotLength::HALF_HOUR, false).unwrap();
    assert_eq!(support::rows(&read(&world.path("long.parquet"))), rows);
    // The generator writes the same lists as the converter.
    let sample = Sample { meters: 6, span: autumn(), seed: 7, layout: Layout::Dense };
    generate(&sample, &world.path("generated")).unwrap();
    assert_eq!(world.run("generated/consumption.parquet").1, expected);
    // With holes, one of them over the end of a month, and with a reading that 16 bits do not hold.
    let start = rows[0].start;
    rows.retain(|row| {
        !(start + 5 * 1_800_000..start + 9 * 1_800_000).contains(&row.start) && row.start % 7 != 0
    });
    rows[100].wh = 70_000;
    write(&world.path("holes.parquet"), &[batch(&rows, Kind::Wh32)], 4_000);
    let (_, expected) = world.run("holes.parquet");
    to_dense(&world.path("holes.parquet"), &world.path("dense.parquet"), &gb, SlotLength::HALF_HOUR, false)
        .unwrap();
    assert_eq!(world.run("dense.parquet").1, expected);
    to_long(&world.path("dense.parquet"), &world.path("long.parquet"), SlotLength::HALF_HOUR, false).unwrap();
    assert_eq!(support::rows(&read(&world.path("long.parquet"))), rows);
    let backwards: Vec<Row> = rows.iter().rev().cloned().collect();
    write(&world.path("backwards.parquet"), &[batch(&backwards, Kind::Wh32)], 4_000);
    let error = to_dense(
        &world.path("backwards.parquet"),
        &world.path("x.parquet"),
        &gb,
        SlotLength::HALF_HOUR,
        false,
    )
    .unwrap_err();
    assert!(error.to_string().contains("order of time"), "{error}");
    assert!(!world.path("x.parquet").exists() && !world.path("x.parquet.unfinished").exists());
}

#[test]
fn ten_times_the_file_takes_no_more_memory() {
    let week = span("2025-01-06T00:00:00Z", "2025-01-13T00:00:00Z");
    let peak = |meters| {
        let world = World::new(meters, week, Layout::LongWh);
        write(&world.path("groups.parquet"), &[batch(&world.rows(), Kind::Wh32)], 336 * 4);
        let (summary, _) = world.run("groups.parquet");
        assert_eq!(summary.billed, u64::from(meters));
        summary.peak_state_bytes
    };
    let (small, large) = (peak(60), peak(600));
    assert!(large <= small * 11 / 10, "{small} {large}");
}

#[test]
fn the_same_seed_makes_the_same_files() {
    let bytes = |seed| {
        let folder = tempfile::TempDir::new().unwrap();
        generate(&Sample { meters: 3, span: autumn(), seed, layout: Layout::LongKwh }, folder.path())
            .unwrap();
        ["consumption.parquet", "rates.parquet", "agreements.parquet"]
            .map(|name| std::fs::read(folder.path().join(name)).unwrap())
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}
