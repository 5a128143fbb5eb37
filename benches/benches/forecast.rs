//! Plans for what is not known: a year of daily rolling plans on 28 past days and three states of the sky, and one decision of 48 hours.
//! Answers first: no plan costs less than with everything known, and the bound is told.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a bench may fail")]

use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::plan::backtest::{Backtest, PastDays, Persistence, Strategy};
use kwhen::plan::battery::{Battery, BatteryRequest};
use kwhen::plan::forecast::Forecasts;
use kwhen::plan::prospect::Prospect;
use kwhen::time::Calendar;
use kwhen_benches::home::home;
use std::hint::black_box;

const YEAR: usize = 17_520;

fn benches(criterion: &mut Criterion) {
    let battery = Battery::new("10".parse().expect("kWh"), "5".parse().expect("kW"))
        .and_then(|battery| {
            battery
                .with_efficiency("0.95".parse().expect("a ratio"), "0.95".parse().expect("a ratio"))
                .with_wear("1.5".parse().expect("a rate"))
        })
        .expect("a battery");
    let request = BatteryRequest::default();
    let year = home(YEAR, 500).site();
    let test = Backtest::new(&battery, &year, &request);
    let perfect = test.run(&Strategy::Perfect).expect("a walk");
    let expected = test.run(&Strategy::Expected(PastDays::default())).expect("a walk");
    assert!(expected.cost >= perfect.cost && expected.plans >= 365 && expected.left_out == 0);
    let one = test.run(&Strategy::Rolling(&Persistence)).expect("a walk");
    println!(
        "perfect foresight {:.2} p, expected value {:.2} p, one forecast {:.2} p; the bound {:.6} p",
        perfect.cost, expected.cost, one.cost, expected.bound
    );
    let mut group = criterion.benchmark_group("forecast");
    group.sample_size(10);
    group.bench_function("a year of daily plans", |b| {
        b.iter(|| black_box(test.run(&Strategy::Expected(PastDays::default()))))
    });
    let slots = year.grid();
    let (now, end) = (slots.slot(48 * 100 + 32).expect("a slot"), 48 * 102 + 32);
    let site = year.part(0..end).expect("a site");
    let calendar = Calendar::great_britain();
    let until = now.span.from() + chrono::TimeDelta::hours(31);
    let prospect = Prospect::of_past(
        &site,
        now.span.from(),
        until,
        &calendar,
        PastDays::default(),
        &Forecasts::default(),
    )
    .expect("a prospect");
    let plan = prospect.plan(&battery, &request).expect("a plan");
    assert!(plan.scenarios.len() == 28 && plan.mean_known().unwrap() <= plan.mean_cost().unwrap());
    println!("one decision: {:.4} p, the bound {:.6} p", plan.cost, plan.bound);
    group.sample_size(20);
    group.bench_function("one decision", |b| b.iter(|| black_box(prospect.plan(&battery, &request))));
}

criterion_group!(forecast_benches, benches);
criterion_main!(forecast_benches);
