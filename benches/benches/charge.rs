//! Charging plans for every night of a year: kwhen beside filling the cheapest slots first, which is exact where nothing limits the
//! starts. The answers are compared before anything is timed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::plan::SlotPrices;
use kwhen::plan::charge::ChargeRequest;
use kwhen::time::{Grid, SlotLength, Span, parse_instant};
use kwhen::{Money, UnitRate};
use kwhen_benches::Random;
use std::hint::black_box;

const NIGHTS: usize = 365;
const SLOTS: usize = 24;

struct Night {
    prices: SlotPrices,
    rates: Vec<i64>,
    span: Span,
}

fn nights() -> Vec<Night> {
    let start = parse_instant("2021-01-01T20:00:00Z").expect("an instant");
    let mut random = Random::new(13);
    (0..NIGHTS)
        .map(|night| {
            let start = start + chrono::TimeDelta::days(night as i64);
            let grid = Grid::new(start, SlotLength::HALF_HOUR, SLOTS).expect("a grid");
            let rates: Vec<i64> =
                (0..SLOTS).map(|_| (random.below(2_500) as i64 - 100) * 1_050_000).collect();
            let prices = SlotPrices::new(grid, rates.iter().map(|rate| UnitRate::from_units(*rate).ok()));
            Night { prices: prices.expect("prices"), rates, span: grid.span().expect("slots") }
        })
        .collect()
}

fn request(night: &Night, starts: Option<usize>) -> ChargeRequest {
    let energy = "22".parse().expect("an energy");
    let request =
        ChargeRequest::energy(energy, "7.4".parse().expect("a power"), night.span).expect("a request");
    match starts {
        Some(starts) => request.max_starts(starts),
        None => request,
    }
}

/// 22 kWh into the cheapest slots at 3.7 kWh each, in 10^-16 p.
fn cheapest_first(rates: &[i64]) -> i128 {
    let mut rates = rates.to_vec();
    rates.sort_unstable();
    let (mut left, mut cost) = (2_200_000_000_i64, 0);
    for rate in rates {
        let part = left.min(370_000_000);
        cost += i128::from(part) * i128::from(rate);
        left -= part;
    }
    cost
}

fn year(criterion: &mut Criterion) {
    let nights = nights();
    let plans = |starts: Option<usize>| -> Vec<Money> {
        let plan = |night: &Night| request(night, starts).plan(&night.prices).expect("a plan").cost_minor;
        nights.iter().map(plan).collect()
    };
    for (night, cost) in nights.iter().zip(plans(None)) {
        assert_eq!(cost.units(), cheapest_first(&night.rates) * 10_000);
    }
    for (limited, free) in plans(Some(2)).iter().zip(plans(None)) {
        assert!(*limited >= free);
    }
    let mut group = criterion.benchmark_group("a year of nights, 22 kWh at 7.4 kW");
    group.sample_size(20);
    group.bench_function("kwhen", |bencher| bencher.iter(|| black_box(plans(None))));
    group.bench_function("kwhen, at most 2 starts", |bencher| bencher.iter(|| black_box(plans(Some(2)))));
    group.bench_function("cheapest slots first, no plan made", |bencher| {
        bencher.iter(|| nights.iter().map(|night| cheapest_first(&night.rates)).sum::<i128>());
    });
    group.finish();
}

criterion_group!(benches, year);
criterion_main!(benches);
