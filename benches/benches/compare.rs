//! A hundred time-of-day tariffs over five years of half-hours (87,648): prefix sums beside the slot-by-slot way, which looks up each
//! half-hour's band by itself. The answers are compared before anything is timed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use chrono::NaiveTime;
use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::bill::MissingReadings;
use kwhen::bill::compare::Workload;
use kwhen::series::{Consumption, Prices, StandingCharges, VatBasis};
use kwhen::tariff::{Clock, Schedule, ScheduleBand, Tariff, UnitRates};
use kwhen::time::{Calendar, Grid, SlotLength, parse_instant};
use kwhen::{Energy, Money, UnitRate};
use kwhen_benches::Random;
use std::hint::black_box;

const SLOTS: usize = 87_648;
const TARIFFS: u64 = 100;

fn readings() -> Consumption {
    let start = parse_instant("2021-01-01T00:00:00Z").expect("an instant");
    let grid = Grid::new(start, SlotLength::HALF_HOUR, SLOTS).expect("a grid");
    let mut random = Random::new(7);
    let readings: Vec<_> = (0..SLOTS)
        .map(|_| Some(Energy::from_units(random.below(1_500) as i64 * 100_000).expect("in range")))
        .collect();
    Consumption::on_slots(grid, &readings).expect("consumption")
}

/// Two or three bands at half-hours of their own, on either clock.
fn tariffs() -> Vec<Tariff> {
    let mut random = Random::new(11);
    let time = |half_hours: u64| {
        NaiveTime::from_num_seconds_from_midnight_opt(half_hours as u32 * 1_800, 0).expect("a time")
    };
    (0..TARIFFS)
        .map(|number| {
            let edges = [random.below(14), 14 + random.below(16), 30 + random.below(17)];
            let mut rate = || {
                Prices::Exclusive(
                    UnitRate::from_units(random.below(4_000) as i64 * 1_000_000).expect("in range"),
                )
            };
            let bands = vec![
                ScheduleBand::daily("night", time(edges[0]), time(edges[1]), rate()),
                ScheduleBand::daily("day", time(edges[1]), time(edges[2]), rate()),
                ScheduleBand::daily("evening", time(edges[2]), time(edges[0]), rate()),
            ];
            let clock = if number % 4 == 0 { Clock::Utc } else { Clock::great_britain() };
            let schedule = Schedule::new(clock, bands).expect("a whole day");
            let standing = StandingCharges::flat(Prices::Exclusive("47.85".parse().expect("a charge")));
            let flat = kwhen::RateSeries::flat(Prices::Exclusive(UnitRate::ZERO));
            Tariff {
                unit_rates: UnitRates::Schedule(schedule),
                ..Tariff::from_series(number.to_string(), flat, Some(standing))
            }
        })
        .collect()
}

/// The slot-by-slot way: the band of each half-hour is looked up by itself; energy cost alone.
fn slot_by_slot(consumption: &Consumption, tariff: &Tariff) -> Money {
    let UnitRates::Schedule(schedule) = &tariff.unit_rates else { return Money::ZERO };
    let rates: Vec<UnitRate> = schedule
        .bands()
        .iter()
        .map(|band| band.prices.on(VatBasis::Exclusive).expect("without VAT"))
        .collect();
    let costs = consumption.grid().slots().zip(consumption.iter()).map(|(slot, energy)| {
        let band = schedule.band_at(slot.span.from());
        energy.unwrap_or_default() * rates.get(band).copied().unwrap_or_default()
    });
    Money::sum(costs).expect("in range")
}

fn compare(criterion: &mut Criterion) {
    let consumption = readings();
    let tariffs = tariffs();
    let calendar = Calendar::great_britain();
    let period = consumption.grid().span().expect("slots");
    let vat = tariffs.first().expect("a tariff").vat();
    let sums = || Workload::new(&consumption, period, calendar, &vat, MissingReadings::Refuse).expect("sums");
    let workload = sums();
    for tariff in tariffs.iter().step_by(9) {
        let priced = workload.price(tariff).expect("a price");
        let energy = Money::sum([priced.net_minor, -priced.standing_minor]).expect("in range");
        assert_eq!(energy, slot_by_slot(&consumption, tariff), "{}", tariff.code);
    }
    let mut group = criterion.benchmark_group("compare/5-years");
    group.bench_function("prefix-sums/build", |bencher| bencher.iter(|| black_box(sums())));
    group.bench_function("prefix-sums/100-tariffs", |bencher| {
        bencher.iter(|| {
            for tariff in &tariffs {
                black_box(workload.price(black_box(tariff)).expect("a price"));
            }
        });
    });
    group.sample_size(10);
    group.bench_function("slot-by-slot/1-tariff", |bencher| {
        bencher.iter(|| black_box(slot_by_slot(&consumption, tariffs.get(1).expect("a tariff"))));
    });
    group.finish();
}

criterion_group!(benches, compare);
criterion_main!(benches);
