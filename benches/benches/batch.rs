//! 10,000 meters of a year (350 MB of 16-bit readings) to monthly bills with rate bands, standing charges, VAT and coverage, on all
//! threads, beside reading the same bytes and no more: what memory gives in the same run. The digits are compared first.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kwhen::batch::{BillPlan, Meter, PlanRequest, bill_all};
use kwhen::bill::{Bill, BillRequest};
use kwhen::series::{Consumption, Prices, RateSeries, StandingCharges, VatBasis};
use kwhen::time::{Calendar, Grid, SlotLength, Span};
use kwhen::{Energy, UnitRate};
use kwhen_benches::Random;
use rayon::prelude::*;
use std::hint::black_box;

fn meters() -> usize {
    // A smoke run looks at the answers, not at memory.
    if std::env::args().any(|argument| argument == "--test") { 200 } else { 10_000 }
}

fn many_meters(criterion: &mut Criterion) {
    let gb = Calendar::great_britain();
    let at = |date: &str| gb.parse(date).expect("a date");
    let year = Span::new(at("2025-01-01"), at("2026-01-01")).expect("a year");
    let grid = Grid::covering(year, SlotLength::HALF_HOUR).expect("a grid");
    let mut random = Random::new(5);
    let consumptions: Vec<Consumption> = (0..meters())
        .map(|_| {
            let readings: Vec<_> = (0..grid.len())
                .map(|_| Some(Energy::from_units(random.below(1_500) as i64 * 100_000).expect("in range")))
                .collect();
            Consumption::on_slots(grid, &readings).expect("readings")
        })
        .collect();
    let agile: Vec<_> = (0..grid.len())
        .map(|_| {
            Some(UnitRate::from_units((random.below(4_300) as i64 - 300) * 1_000_000).expect("in range"))
        })
        .collect();
    let agile = RateSeries::on_slots(&grid, VatBasis::Exclusive, &agile).expect("rates");
    let night: Vec<_> = (0..grid.len())
        .map(|slot| Some(if slot % 48 < 9 { "8.5" } else { "27.54" }.parse::<UnitRate>().expect("a rate")))
        .collect();
    let night = RateSeries::on_slots(&grid, VatBasis::Exclusive, &night).expect("rates");
    let standing = StandingCharges::flat(Prices::Exclusive("47.6".parse().expect("money")));

    let mut group = criterion.benchmark_group("batch/a year of many meters");
    group.sample_size(10);
    let bytes = consumptions.len() * grid.len() * size_of::<i16>();
    group.throughput(Throughput::Bytes(bytes as u64));
    for (name, rates) in [("kwhen, half-hourly rates", &agile), ("kwhen, night and day", &night)] {
        let request = PlanRequest::new(rates, year).standing_charges(&standing);
        let plan = BillPlan::new(&request).expect("a plan");
        let plans = [&plan];
        let list: Vec<Meter<'_>> =
            consumptions.iter().map(|consumption| Meter { consumption, plans: &plans }).collect();
        let bills = bill_all(&list);
        for meter in [0, consumptions.len() / 2, consumptions.len() - 1] {
            let billed = bills.meter(meter).expect("a meter").expect("rows");
            for (row, period) in billed.rows().iter().zip(plan.periods()) {
                let bill = Bill::new(
                    &BillRequest::new(&consumptions[meter], rates, period.span).standing_charges(&standing),
                )
                .expect("a bill");
                assert_eq!((row.kwh, row.total_minor), (bill.kwh, bill.total_minor));
            }
        }
        group.bench_function(name, |bencher| bencher.iter(|| bill_all(black_box(&list))));
    }
    let words = vec![3_u64; bytes / size_of::<u64>()];
    group.bench_function("the same bytes, only read", |bencher| {
        bencher.iter(|| -> u64 {
            let sum = |part: &[u64]| part.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
            black_box(&words).par_chunks(1 << 16).map(sum).sum()
        });
    });
    group.finish();
}

criterion_group!(benches, many_meters);
criterion_main!(benches);
