//! The cheapest unbroken run: kwhen beside the way of home-automation integrations, which for every candidate start walks the run and
//! looks each slot up by scanning the list of rows from its beginning, and beside a plain f64 loop over slot starts. The answers are
//! compared before anything is timed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use kwhen::UnitRate;
use kwhen::plan::window::{WindowRequest, cheapest_start};
use kwhen::plan::{Prefer, SlotPrices};
use kwhen::time::{Grid, SlotLength, parse_instant};
use kwhen_benches::Random;
use std::hint::black_box;

/// A row as an integration holds it.
struct Row {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    price: f64,
}

struct Series {
    prices: SlotPrices,
    rows: Vec<Row>,
}

fn series(slots: usize) -> Series {
    let start = parse_instant("2021-01-01T00:00:00Z").expect("an instant");
    let grid = Grid::new(start, SlotLength::HALF_HOUR, slots).expect("a grid");
    let mut random = Random::new(11);
    let hundredths: Vec<i64> = (0..slots).map(|_| random.below(4_300) as i64 - 300).collect();
    let rates = hundredths.iter().map(|rate| UnitRate::from_units(rate * 1_000_000).ok());
    let prices = SlotPrices::new(grid, rates).expect("prices");
    let rows = grid.slots().zip(&hundredths).map(|(slot, rate)| Row {
        from: slot.span.from(),
        to: slot.span.to(),
        price: *rate as f64 / 100.0,
    });
    Series { prices, rows: rows.collect() }
}

/// The list-scanning way.
fn by_scanning(rows: &[Row], duration: TimeDelta) -> Option<DateTime<Utc>> {
    let last = rows.last()?.to;
    let mut best: Option<(f64, DateTime<Utc>)> = None;
    for row in rows.iter().filter(|row| row.from + duration <= last) {
        let (mut at, stop, mut total) = (row.from, row.from + duration, 0.0);
        while at < stop {
            let here = rows.iter().find(|row| at >= row.from && at < row.to)?;
            let until = here.to.min(stop);
            total += here.price * (until - at).num_seconds() as f64 / 3600.0;
            at = here.to;
        }
        if best.is_none_or(|(least, _)| total < least - 1e-9) {
            best = Some((total, row.from));
        }
    }
    best.map(|(_, start)| start)
}

/// A plain loop that adds up the slots of each run anew.
fn by_adding(rows: &[Row], slots: usize) -> Option<DateTime<Utc>> {
    let mut best: Option<(f64, DateTime<Utc>)> = None;
    for run in rows.windows(slots) {
        let total: f64 = run.iter().map(|row| row.price).sum();
        if best.is_none_or(|(least, _)| total < least - 1e-9) {
            best = Some((total, run[0].from));
        }
    }
    best.map(|(_, start)| start)
}

fn unbroken(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cheapest 3 h");
    for slots in [48, 96, 17_520, 87_648] {
        let series = series(slots);
        let found = cheapest_start(&series.prices, 180, Prefer::Earliest);
        assert_eq!(found, by_adding(&series.rows, 6));
        group.bench_function(BenchmarkId::new("kwhen", slots), |bencher| {
            bencher.iter(|| cheapest_start(black_box(&series.prices), black_box(180), Prefer::Earliest));
        });
        group.bench_function(BenchmarkId::new("plain f64 loop", slots), |bencher| {
            bencher.iter(|| by_adding(black_box(&series.rows), black_box(6)));
        });
        if slots <= 17_520 {
            assert_eq!(found, by_scanning(&series.rows, TimeDelta::minutes(180)));
            if slots == 17_520 {
                group.sample_size(10);
            }
            group.bench_function(BenchmarkId::new("list scanning", slots), |bencher| {
                bencher.iter(|| by_scanning(black_box(&series.rows), black_box(TimeDelta::minutes(180))));
            });
            group.sample_size(100);
        }
    }
    group.finish();

    let mut group = criterion.benchmark_group("cheapest 3 h 20 min, start or end on a boundary");
    for slots in [48, 96, 17_520] {
        let series = series(slots);
        group.bench_function(BenchmarkId::new("kwhen", slots), |bencher| {
            bencher.iter(|| cheapest_start(black_box(&series.prices), black_box(200), Prefer::Earliest));
        });
    }
    group.finish();
}

/// 96 slots, 40 needed, at most 4 starts; the optimum is checked against one found with a table of sums over whole blocks.
fn split(criterion: &mut Criterion) {
    let series = series(96);
    let request = WindowRequest::split(40 * 30).expect("a request").max_starts(4);
    let found = request.find(&series.prices).expect("a search").windows.remove(0);
    let least = least_of_blocks(&series.prices, 40, 4);
    assert_eq!(i128::from(found.average_minor_per_kwh.units()), least / 40 + i128::from(least % 40 >= 20));
    criterion.bench_function("split, 96 slots, 40 needed, at most 4 starts", |bencher| {
        bencher.iter(|| black_box(&request).find(black_box(&series.prices)));
    });
}

/// The least sum of `needed` slots in at most so many runs, written another way: the best by (slots seen, slots used, runs), where a
/// run of any length is added at once.
fn least_of_blocks(prices: &SlotPrices, needed: usize, runs: usize) -> i128 {
    let rates: Vec<i128> = (0..prices.grid().len())
        .map(|slot| i128::from(prices.paid(slot).expect("a price").units()))
        .collect();
    let none = i128::MAX / 2;
    let mut best = vec![vec![0; rates.len() + 1]];
    best.extend(vec![vec![none; rates.len() + 1]; needed]);
    for _ in 0..runs {
        let before = best.clone();
        for used in 1..=needed {
            for seen in 1..=rates.len() {
                let mut least = best[used][seen].min(best[used][seen - 1]);
                let mut sum = 0;
                for length in 1..=used.min(seen) {
                    sum += rates[seen - length];
                    least = least.min(before[used - length][seen - length] + sum);
                }
                best[used][seen] = least;
            }
        }
    }
    best[needed][rates.len()]
}

criterion_group!(benches, unbroken, split);
criterion_main!(benches);
