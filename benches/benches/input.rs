//! A year of half-hours from bytes in memory to an exact series: kwhen beside `csv` with `rust_decimal`, and `serde_json` (and `sonic-rs`,
//! with the feature of that name) with floats, over the same bytes. The answers are compared before anything is timed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use chrono::{DateTime, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kwhen::Energy;
use kwhen::input::{PriceOptions, ReadingOptions, consumption, unit_rates};
use kwhen::layout::{self, Said};
use kwhen::series::VatBasis;
use kwhen::time::{Calendar, instant_text};
use kwhen_benches::Random;
use rust_decimal::Decimal;
use std::fmt::Write as _;
use std::hint::black_box;

const SLOTS: usize = 17_520;
/// 2025-01-01T00:00:00Z
const START: i64 = 1_735_689_600;

fn at(slot: usize) -> DateTime<Utc> {
    DateTime::from_timestamp(START + slot as i64 * 1800, 0).expect("an instant")
}

struct Year {
    readings_csv: String,
    readings_json: String,
    rates_csv: String,
    rates_json: String,
    semicolons: String,
    total: Energy,
}

fn year() -> Year {
    let mut random = Random::new(11);
    let calendar = Calendar::great_britain();
    let (mut readings_csv, mut rates_csv) = (
        "consumption,interval_start,interval_end\n".to_owned(),
        "value_exc_vat,value_inc_vat,valid_from,valid_to\n".to_owned(),
    );
    let (mut readings_json, mut rates_json) = (Vec::new(), Vec::new());
    let mut semicolons = "Zeit;Verbrauch (kWh)\n".to_owned();
    let mut total = 0;
    for slot in 0..SLOTS {
        let (wh, rate) = (random.below(1_500), random.below(4_000) as i64 - 200);
        total += wh as i64;
        let (from, to) = (instant_text(at(slot)), instant_text(at(slot + 1)));
        let exc = Decimal::new(rate, 2);
        let inc = exc * Decimal::new(105, 2);
        let kwh = Decimal::new(wh as i64, 3);
        let _ = writeln!(readings_csv, "{kwh},{from},{to}");
        let _ = writeln!(rates_csv, "{exc},{inc},{from},{to}");
        readings_json.push(format!(
            "{{\"consumption\":{kwh},\"interval_start\":\"{from}\",\"interval_end\":\"{to}\"}}"
        ));
        rates_json.push(format!(
            "{{\"value_exc_vat\":{exc},\"value_inc_vat\":{inc},\"valid_from\":\"{from}\",\"valid_to\":\"{to}\",\"payment_method\":null}}"
        ));
        let local = calendar.local(at(slot)).format("%d.%m.%Y %H:%M");
        let _ = writeln!(semicolons, "{local};{}", kwh.to_string().replace('.', ","));
    }
    // The API has the newest first.
    readings_json.reverse();
    rates_json.reverse();
    let page = |rows: &[String]| {
        format!("{{\"count\":{SLOTS},\"next\":null,\"previous\":null,\"results\":[{}]}}", rows.join(","))
    };
    Year {
        readings_csv,
        readings_json: page(&readings_json),
        rates_csv,
        rates_json: page(&rates_json),
        semicolons,
        total: Energy::from_units(total * 100_000).expect("in range"),
    }
}

/// What a careful loop over the `csv` crate does: exact decimals, instants, order.
fn by_csv_crate(text: &str) -> Decimal {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows: Vec<(DateTime<Utc>, DateTime<Utc>, Decimal)> = Vec::new();
    for record in reader.records() {
        let record = record.expect("a row");
        let instant = |place: usize| record[place].parse::<DateTime<Utc>>().expect("an instant");
        rows.push((instant(1), instant(2), record[0].parse().expect("a number")));
    }
    rows.sort_by_key(|row| row.0);
    assert!(rows.windows(2).all(|pair| pair[0].1 == pair[1].0));
    rows.iter().map(|row| row.2).sum()
}

#[derive(serde::Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    results: Vec<Row<'a>>,
}

#[derive(serde::Deserialize)]
struct Row<'a> {
    consumption: f64,
    interval_start: &'a str,
    interval_end: &'a str,
}

/// What a quick loop over `serde_json` does: floats, instants, order.
fn by_serde_json(text: &str) -> f64 {
    summed(&serde_json::from_str(text).expect("a page"))
}

/// The same by what is said to be the fastest reader of JSON.
#[cfg(feature = "sonic-rs")]
fn by_sonic(text: &str) -> f64 {
    summed(&sonic_rs::from_str(text).expect("a page"))
}

fn summed(page: &Page<'_>) -> f64 {
    let mut rows: Vec<(DateTime<Utc>, DateTime<Utc>, f64)> = page
        .results
        .iter()
        .map(|row| {
            let instant = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
            (instant(row.interval_start), instant(row.interval_end), row.consumption)
        })
        .collect();
    rows.sort_by_key(|row| row.0);
    rows.iter().map(|row| row.2).sum()
}

fn input(criterion: &mut Criterion) {
    let year = year();
    let read = |text: &str| consumption(text.as_bytes(), &ReadingOptions::default()).expect("readings");
    // A limit that no reading comes near: rows are then read one by one, whatever is in them.
    let limited = ReadingOptions { most_an_hour: Some(Energy::MAX), ..ReadingOptions::default() };
    let one_by_one = |text: &str| consumption(text.as_bytes(), &limited).expect("readings");
    let rates = |text: &str| unit_rates(text.as_bytes(), &PriceOptions::default()).expect("rates");
    let any = |text: &str| {
        let calendar = Calendar::great_britain();
        let taken = layout::consumption(
            text.as_bytes(),
            &Said::default(),
            &ReadingOptions::default(),
            &calendar,
            None,
        );
        taken.expect("readings").series
    };
    assert_eq!(read(&year.readings_csv).total().expect("a sum"), year.total);
    assert_eq!(read(&year.readings_json).total().expect("a sum"), year.total);
    assert_eq!(one_by_one(&year.readings_json).total().expect("a sum"), year.total);
    assert_eq!(any(&year.semicolons).total().expect("a sum"), year.total);
    assert_eq!(by_csv_crate(&year.readings_csv), year.total.to_decimal());
    assert!(
        (by_serde_json(&year.readings_json) - year.total.to_string().parse::<f64>().expect("a float")).abs()
            < 1e-6
    );
    let (from_csv, from_json) = (rates(&year.rates_csv), rates(&year.rates_json));
    assert!(from_csv.intervals().eq(from_json.intervals()) && from_csv.has(VatBasis::Exclusive));

    #[cfg(feature = "sonic-rs")]
    assert!((by_sonic(&year.readings_json) - by_serde_json(&year.readings_json)).abs() < 1e-6);

    let mut group = criterion.benchmark_group("input/readings");
    group.throughput(Throughput::Bytes(year.readings_csv.len() as u64));
    group.bench_function("kwhen, csv", |bencher| bencher.iter(|| read(black_box(&year.readings_csv))));
    group.bench_function("kwhen, csv, row by row", |bencher| {
        bencher.iter(|| one_by_one(black_box(&year.readings_csv)))
    });
    group.bench_function("csv crate and rust_decimal", |bencher| {
        bencher.iter(|| by_csv_crate(black_box(&year.readings_csv)))
    });
    group.throughput(Throughput::Bytes(year.readings_json.len() as u64));
    group.bench_function("kwhen, json", |bencher| bencher.iter(|| read(black_box(&year.readings_json))));
    group.bench_function("kwhen, json, row by row", |bencher| {
        bencher.iter(|| one_by_one(black_box(&year.readings_json)))
    });
    group.bench_function("serde_json and floats", |bencher| {
        bencher.iter(|| by_serde_json(black_box(&year.readings_json)))
    });
    #[cfg(feature = "sonic-rs")]
    group.bench_function("sonic-rs and floats", |bencher| {
        bencher.iter(|| by_sonic(black_box(&year.readings_json)))
    });
    group.throughput(Throughput::Bytes(year.semicolons.len() as u64));
    group.bench_function("kwhen, an unknown layout", |bencher| {
        bencher.iter(|| any(black_box(&year.semicolons)))
    });
    group.finish();
    let mut group = criterion.benchmark_group("input/rates");
    group.throughput(Throughput::Bytes(year.rates_csv.len() as u64));
    group.bench_function("kwhen, csv", |bencher| bencher.iter(|| rates(black_box(&year.rates_csv))));
    group.throughput(Throughput::Bytes(year.rates_json.len() as u64));
    group.bench_function("kwhen, json", |bencher| bencher.iter(|| rates(black_box(&year.rates_json))));
    group.finish();
}

criterion_group!(benches, input);
criterion_main!(benches);
