//! Several devices behind one meter: two devices over two days, five over a week, a street of a hundred homes under one feeder.
//! Answers first: what is planned is proven, a street to a thousandth. `benches/highs` has the solver beside the same fleets.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench may fail")]

use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::plan::battery::{Battery, BatteryRequest, Site};
use kwhen::plan::fleet::{Fleet, FleetDevice};
use kwhen::time::{Grid, SlotLength, parse_instant};
use kwhen::{Energy, UnitRate};
use kwhen_benches::Random;
use std::hint::black_box;

/// A meter of so many homes with prices in 10^-2 p and loads in Wh, and the limit of its connection.
fn site(slots: usize, homes: u64, limit: &str) -> Site {
    let mut random = Random::new(23);
    let start = parse_instant("2021-01-01T00:00:00Z").expect("an instant");
    let grid = Grid::new(start, SlotLength::HALF_HOUR, slots).expect("a grid");
    let (mut import, mut export, mut load) = (Vec::new(), Vec::new(), Vec::new());
    for slot in 0..slots {
        let hour = slot % 48 / 2;
        let peak = if (16..19).contains(&hour) { 1_200 } else { 0 };
        let price = 900 + peak + 60 * (hour as i64 % 12) + random.below(400) as i64;
        import.push(UnitRate::from_units(price * 1_000_000).expect("in range"));
        export.push(UnitRate::from_units(price * 400_000).expect("in range"));
        let used: u64 = (0..homes).map(|_| 60 + random.below(300)).sum();
        load.push(Energy::from_units(used as i64 * 100_000).expect("in range"));
    }
    let site = Site::new(grid, &import).expect("rates").export(&export).expect("rates");
    site.load(&load).expect("load").import_limit(limit.parse().expect("kW"))
}

fn device(name: String, kwh: &str, kw: &str, wear: &str) -> FleetDevice {
    let battery = Battery::new(kwh.parse().expect("kWh"), kw.parse().expect("kW")).expect("a battery");
    let battery = battery.with_efficiency("0.95".parse().unwrap(), "0.95".parse().unwrap());
    let battery = battery.with_wear(wear.parse().unwrap()).expect("wear");
    FleetDevice { name, battery, request: BatteryRequest::default() }
}

/// A car that is ready at a slot.
fn car(name: String, site: &Site, slot: usize, level: &str) -> FleetDevice {
    let ready = site.grid().slot(slot).expect("a slot").span.from();
    let request = BatteryRequest::default().level_at_least(ready, level.parse().expect("kWh"));
    FleetDevice { request, ..device(name, "60", "7.4", "1") }
}

fn benches(criterion: &mut Criterion) {
    let two_days = site(96, 1, "10");
    let home =
        Fleet::new(vec![device("house".into(), "9.5", "3.6", "1.5"), car("car".into(), &two_days, 62, "25")])
            .expect("a fleet");
    let week = site(336, 1, "12");
    let five = Fleet::new(vec![
        device("house".into(), "9.5", "3.6", "1.5"),
        device("shed".into(), "5", "2.5", "2"),
        device("cellar".into(), "13.5", "5", "1.2"),
        car("car".into(), &week, 62, "30"),
        car("van".into(), &week, 206, "45"),
    ])
    .expect("a fleet");
    let feeder = site(96, 100, "450");
    let street = (0..100).flat_map(|home| {
        let battery = device(format!("battery {home}"), "9.5", "3.6", "1.5");
        [battery, car(format!("car {home}"), &feeder, 14 + home % 48, "20")]
    });
    let street = Fleet::new(street.collect()).expect("a fleet");
    let mut group = criterion.benchmark_group("fleet");
    group.sample_size(10);
    for (name, fleet, site) in
        [("two devices, two days", &home, &two_days), ("five devices, a week", &five, &week)]
    {
        let plan = fleet.plan(site).expect("a plan");
        println!("{name}: {} p, not proven {} p, {} parts", plan.cost(), plan.gap(), plan.parts());
        assert!(plan.is_proven(), "{name} is not proven");
        group.bench_function(name, |b| b.iter(|| black_box(fleet.plan(site))));
    }
    // The first part of the search alone.
    let quick = || street.plan_while(&feeder, &mut |standing| standing.parts < 1);
    let plan = quick().expect("a plan");
    println!("a street: {} p, not proven {} p", plan.cost(), plan.gap());
    assert!(plan.gap().units() * 1_000 <= plan.cost().units(), "the street's gap is above a thousandth");
    group.bench_function("200 devices, two days", |b| b.iter(|| black_box(quick())));
}

criterion_group!(fleet_benches, benches);
criterion_main!(fleet_benches);
