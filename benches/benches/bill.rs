//! One household over five years (87,648 half-hours), from in-memory series to a bill: kwhen beside a `rust_decimal` loop and an
//! `f64` loop over the same rows. The answers are compared before anything is timed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use chrono::{DateTime, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::batch::{BillPlan, BillRows, PlanRequest};
use kwhen::bill::{Bill, BillRequest, Grouping};
use kwhen::series::{Consumption, Prices, RateSeries, StandingCharges, VatBasis};
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, parse_instant};
use kwhen::{Energy, UnitRate};
use kwhen_benches::Random;
use rust_decimal::Decimal;
use std::hint::black_box;

/// Five years with a leap day, clear of the 2026 change of VAT.
const SLOTS: usize = 87_648;
const STANDING_CHARGE: &str = "37.6525";

/// The same series as the engine's types and as the rows that the plain loops go over.
struct Household {
    consumption: Consumption,
    rates: RateSeries,
    readings: Vec<(DateTime<Utc>, Decimal)>,
    rate_rows: Vec<(DateTime<Utc>, Decimal)>,
    readings_f64: Vec<(i64, f64)>,
    rate_rows_f64: Vec<(i64, f64)>,
    days: i64,
}

fn household() -> Household {
    let start = parse_instant("2021-01-01T00:00:00Z").expect("an instant");
    let grid = Grid::new(start, SlotLength::HALF_HOUR, SLOTS).expect("a grid");
    let mut random = Random::new(7);
    let wh: Vec<i64> = (0..SLOTS).map(|_| random.below(1_500) as i64).collect();
    let hundredths: Vec<i64> = (0..SLOTS).map(|_| random.below(4_300) as i64 - 300).collect();
    let energy: Vec<_> =
        wh.iter().map(|wh| Some(Energy::from_units(wh * 100_000).expect("in range"))).collect();
    let rate: Vec<_> = hundredths
        .iter()
        .map(|rate| Some(UnitRate::from_units(rate * 1_000_000).expect("in range")))
        .collect();
    let starts: Vec<DateTime<Utc>> = grid.slots().map(|slot| slot.span.from()).collect();
    let decimal_rows = |values: &[i64], scale| {
        starts.iter().zip(values).map(|(at, value)| (*at, Decimal::new(*value, scale))).collect()
    };
    let f64_rows = |values: &[i64], scale: f64| {
        starts.iter().zip(values).map(|(at, value)| (at.timestamp(), *value as f64 / scale)).collect()
    };
    Household {
        consumption: Consumption::on_slots(grid, &energy).expect("consumption"),
        rates: RateSeries::on_slots(&grid, VatBasis::Exclusive, &rate).expect("rates"),
        readings: decimal_rows(&wh, 3),
        rate_rows: decimal_rows(&hundredths, 2),
        readings_f64: f64_rows(&wh, 1000.0),
        rate_rows_f64: f64_rows(&hundredths, 100.0),
        days: 1_826,
    }
}

impl Household {
    fn engine(&self, standing: &StandingCharges, grouping: Option<Grouping>) -> Bill {
        let period = self.consumption.grid().span().expect("a span");
        let request = BillRequest::new(&self.consumption, &self.rates, period)
            .standing_charges(standing)
            .grouping(grouping);
        Bill::new(&request).expect("a bill")
    }

    /// Rows in step, joined by instant, as a careful hand-written loop does it.
    fn decimal_loop(&self, standing: Decimal) -> Decimal {
        let mut net = standing * Decimal::from(self.days);
        let mut rates = self.rate_rows.iter().peekable();
        for (at, kwh) in &self.readings {
            while rates.next_if(|(from, _)| from < at).is_some() {}
            if let Some((from, rate)) = rates.peek()
                && from == at
            {
                net += kwh * rate;
            }
        }
        net + net * Decimal::new(5, 2)
    }

    fn f64_loop(&self, standing: f64) -> f64 {
        let mut net = standing * self.days as f64;
        let mut rates = self.rate_rows_f64.iter().peekable();
        for (at, kwh) in &self.readings_f64 {
            while rates.next_if(|(from, _)| from < at).is_some() {}
            if let Some((from, rate)) = rates.peek()
                && from == at
            {
                net += kwh * rate;
            }
        }
        net * 1.05
    }
}

fn five_years(criterion: &mut Criterion) {
    let household = household();
    let standing = StandingCharges::flat(Prices::Exclusive(STANDING_CHARGE.parse().expect("money")));
    let standing_decimal: Decimal = STANDING_CHARGE.parse().expect("a decimal");
    let standing_f64: f64 = STANDING_CHARGE.parse().expect("a float");

    let bill = household.engine(&standing, None);
    assert_eq!(bill.coverage.billed_slots, SLOTS);
    assert_eq!(
        bill.total_minor.to_decimal().expect("a decimal"),
        household.decimal_loop(standing_decimal).normalize()
    );
    let float = household.f64_loop(standing_f64);
    let exact: f64 = bill.total_minor.to_string().parse().expect("a float");
    assert!((float - exact).abs() < 1e-3, "{float} {exact}");
    let months = Some(Grouping::Periods(PeriodKind::Month));
    assert_eq!(household.engine(&standing, months).periods.map(|periods| periods.len()), Some(60));

    // The same months from a plan that is cut once and shared by every meter on the tariff.
    let period = household.consumption.grid().span().expect("a span");
    let request = PlanRequest::new(&household.rates, period).standing_charges(&standing);
    let shared = BillPlan::new(&request).expect("a plan");
    let mut rows = BillRows::default();
    shared.bill(&household.consumption, &mut rows).expect("rows");
    let months_total = kwhen::Money::sum(rows.rows.iter().map(|row| row.total_minor)).expect("a sum");
    assert_eq!((rows.rows.len(), months_total), (60, bill.total_minor));

    let mut group = criterion.benchmark_group("bill/one household, five years");
    group.bench_function("kwhen, whole", |bencher| {
        bencher.iter(|| black_box(&household).engine(&standing, None))
    });
    group.bench_function("kwhen, by month", |bencher| {
        bencher.iter(|| black_box(&household).engine(&standing, months))
    });
    group.bench_function("kwhen, by month, plan and rows", |bencher| {
        bencher.iter(|| {
            rows.clear();
            let plan = BillPlan::new(black_box(&request)).expect("a plan");
            plan.bill(black_box(&household.consumption), &mut rows).expect("rows");
        });
    });
    group.bench_function("kwhen, by month, shared plan", |bencher| {
        bencher.iter(|| {
            rows.clear();
            shared.bill(black_box(&household.consumption), &mut rows).expect("rows");
        });
    });
    group.bench_function("rust_decimal loop", |bencher| {
        bencher.iter(|| black_box(&household).decimal_loop(standing_decimal))
    });
    group.bench_function("f64 loop", |bencher| bencher.iter(|| black_box(&household).f64_loop(standing_f64)));
    group.finish();

    let gb = Calendar::great_britain();
    criterion.bench_function("calendar/cut five years into local days", |bencher| {
        bencher.iter(|| gb.cut(PeriodKind::Day, black_box(period)))
    });
}

criterion_group!(benches, five_years);
criterion_main!(benches);
