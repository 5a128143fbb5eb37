//! Forty tariffs over three years with a battery and a car: the home at its best on each, with foresight and planned from day to day. Every plan
//! is checked before anything is timed. `KWHEN_TARIFFS` and `KWHEN_YEARS` make it smaller.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail, and is told how large it is"
)]

use chrono::NaiveTime;
use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::choice::{ChoiceRequest, HomeDevice, choose};
use kwhen::plan::battery::BatteryDefinition;
use kwhen::plan::forecast::PastDays;
use kwhen::series::{Consumption, Prices, RateRow, RateSeries, StandingCharges};
use kwhen::tariff::{Clock, Schedule, ScheduleBand, Tariff, UnitRates};
use kwhen::time::{Calendar, Grid, SlotLength, Span};
use kwhen::{Energy, UnitRate};
use kwhen_benches::Random;
use std::hint::black_box;

const BATTERY: &str = r#"{"capacity_kwh": 10, "kw": 5, "wear": "1.5", "charge": {"efficiency": "0.95"}, "discharge": {"efficiency": "0.95"}}"#;
const CAR: &str = r#"{"capacity_kwh": 60, "kw": "7.4", "charge": {"efficiency": "0.9"}, "discharge": {"kw": 0}, "start_kwh": 40,
    "trips": [{"days": ["mon", "tue", "wed", "thu", "fri"], "leave": "08:00", "back": "18:00", "kwh": 10, "at_least_kwh": 20}]}"#;

fn told(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn readings(grid: Grid) -> Consumption {
    let mut random = Random::new(7);
    let energy = |slot: usize, random: &mut Random| {
        let evening = if (34..44).contains(&(slot % 48)) { 600 } else { 150 };
        Energy::from_units((50 + random.below(evening)) as i64 * 100_000).expect("in range")
    };
    let readings: Vec<_> = (0..grid.len()).map(|slot| Some(energy(slot, &mut random))).collect();
    Consumption::on_slots(grid, &readings).expect("consumption")
}

/// A quarter have prices of their own every half-hour, the others two or three bands.
fn tariffs(grid: Grid, count: u64) -> Vec<Tariff> {
    let mut random = Random::new(11);
    let standing = || StandingCharges::flat(Prices::Exclusive("47.85".parse().expect("a charge")));
    let rate = |hundredths: u64| {
        Prices::Exclusive(UnitRate::from_units(hundredths as i64 * 1_000_000).expect("in range"))
    };
    let time = |half_hours: u64| {
        NaiveTime::from_num_seconds_from_midnight_opt(half_hours as u32 * 1_800, 0).expect("a time")
    };
    let tariff = |number: u64| {
        if number.is_multiple_of(4) {
            let rows = grid.slots().map(|slot| {
                let peak = if (32..38).contains(&(slot.index % 48)) { 1_500 } else { 0 };
                RateRow {
                    row: 0,
                    valid_from: Some(slot.span.from()),
                    valid_to: Some(slot.span.to()),
                    prices: rate(500 + peak + random.below(2_000)),
                    payment_method: None,
                }
            });
            let rates = RateSeries::from_rows(rows.collect(), None).expect("rates");
            return Tariff::from_series(number.to_string(), rates, Some(standing()));
        }
        let (first, second) = (random.below(14), 14 + random.below(30));
        let bands = vec![
            ScheduleBand::daily("night", time(first), time(second), rate(700 + random.below(800))),
            ScheduleBand::daily("day", time(second), time(first), rate(2_200 + random.below(1_000))),
        ];
        let schedule = Schedule::new(Clock::great_britain(), bands).expect("a whole day");
        let flat = RateSeries::flat(Prices::Exclusive(UnitRate::ZERO));
        Tariff {
            unit_rates: UnitRates::Schedule(schedule),
            ..Tariff::from_series(number.to_string(), flat, Some(standing()))
        }
    };
    (0..count).map(tariff).collect()
}

fn device(name: &str, json: &str) -> HomeDevice {
    let definition = BatteryDefinition::from_json(json.as_bytes()).expect("a definition");
    HomeDevice::Defined { name: name.to_owned(), definition: Box::new(definition) }
}

fn bench(criterion: &mut Criterion) {
    let calendar = Calendar::great_britain();
    let from = calendar.parse("2022-01-01").expect("a date");
    let to = calendar.parse(&format!("{}-01-01", 2022 + told("KWHEN_YEARS", 3))).expect("a date");
    let span = Span::new(from, to).expect("a span");
    let grid = Grid::covering(span, SlotLength::HALF_HOUR).expect("a grid");
    let consumption = readings(grid);
    let tariffs = tariffs(grid, told("KWHEN_TARIFFS", 40));
    let devices = [device("Battery", BATTERY), device("Car", CAR)];
    let request = ChoiceRequest::new(&consumption, &tariffs, &devices, span);
    let rolling = request.clone().rolling(PastDays::default());
    let chosen = |request: &ChoiceRequest<'_>| choose(request, &|_, _| {}).expect("a choice").0;
    let choice = chosen(&rolling);
    assert_eq!(choice.offers.len(), tariffs.len());
    for offer in &choice.offers {
        let (best, rolled) =
            (offer.foresight.as_ref().expect("a plan"), offer.rolling.as_ref().expect("a plan"));
        assert!(best.objective_minor <= rolled.objective_minor, "{}", offer.code);
    }
    let mut group = criterion.benchmark_group("choice");
    group.sample_size(10);
    group.bench_function("foresight", |bencher| bencher.iter(|| black_box(chosen(&request))));
    group.bench_function("day to day", |bencher| bencher.iter(|| black_box(chosen(&rolling))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
