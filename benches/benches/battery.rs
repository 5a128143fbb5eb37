//! One battery behind a meter with load and solar: two days, a year, five years, a back-test and a sweep. Beside the exact
//! plan stands the dynamic programme on a grid of levels that home controllers use (0.1 kWh steps, floats). Answers first:
//! the plan's levels are priced again by `cost_of`, and no grid plan may be cheaper. `benches/highs` has the solver.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::Energy;
use kwhen::plan::backtest::{Backtest, Persistence, Strategy, Sweep, SweepSite};
use kwhen::plan::battery::{Battery, BatteryRequest};
use kwhen_benches::home::{Home, home};
use std::hint::black_box;

const YEAR: usize = 17_520;

/// What a float programme of the grid is made for.
trait OnAGrid {
    /// Least pence over levels 0, 0.1 … 10 kWh.
    fn grid_plan(&self) -> f64;
}

impl OnAGrid for Home {
    fn grid_plan(&self) -> f64 {
        const STEPS: usize = 101;
        let mut next = vec![0.0_f64; STEPS];
        let mut here = vec![0.0_f64; STEPS];
        for slot in (0..self.import.len()).rev() {
            let (load, solar) = (self.load[slot] as f64 / 1000.0, self.solar[slot] as f64 / 1000.0);
            let (import, export) = (self.import[slot] as f64 / 100.0, self.export[slot] as f64 / 100.0);
            let costs: Vec<f64> = (-26..=23)
                .map(|change| {
                    let stored = f64::from(change) / 10.0;
                    let flow = if stored > 0.0 { stored / 0.95 } else { stored * 0.95 };
                    if flow.abs() > 2.5 {
                        return f64::INFINITY;
                    }
                    let meter = |net: f64| {
                        if !(-1.84..=9.2).contains(&net) {
                            f64::INFINITY
                        } else if net > 0.0 {
                            net * import
                        } else {
                            net * export
                        }
                    };
                    let (least, most) = (load + flow - solar, load + flow);
                    let candidates = [least.max(-1.84), most.min(9.2), 0.0_f64.clamp(least, most)];
                    let cost = candidates
                        .into_iter()
                        .filter(|net| (least..=most).contains(net))
                        .map(meter)
                        .fold(f64::INFINITY, f64::min);
                    cost + (-flow).max(0.0) * 1.5
                })
                .collect();
            for (from, cell) in here.iter_mut().enumerate() {
                *cell = f64::INFINITY;
                for (cost, change) in costs.iter().zip(-26_i64..) {
                    let to = from as i64 + change;
                    if (0..STEPS as i64).contains(&to) {
                        *cell = cell.min(cost + next[to as usize]);
                    }
                }
            }
            std::mem::swap(&mut here, &mut next);
        }
        next[0]
    }
}

fn battery() -> Battery {
    Battery::new("10".parse().expect("kWh"), "5".parse().expect("kW"))
        .expect("a battery")
        .with_efficiency("0.95".parse().expect("a ratio"), "0.95".parse().expect("a ratio"))
        .with_wear("1.5".parse().expect("a rate"))
        .expect("a battery")
}

fn benches(criterion: &mut Criterion) {
    let (battery, request) = (battery(), BatteryRequest::default());
    let cases = [
        ("two days", 96, 500),
        ("two days below zero", 96, -3_500),
        ("a year", YEAR, 500),
        ("five years", 5 * YEAR, 500),
    ];
    for (name, slots, base) in cases {
        let home = home(slots, base);
        let site = home.site();
        let plan = battery.plan(&site, &request).expect("a plan");
        let levels: Vec<Energy> = plan.slots().iter().map(|slot| slot.stored).collect();
        let priced = battery.cost_of(&site, &request, &levels).expect("the same plan");
        let off = priced.checked_sub(plan.cost()).expect("in range").units().abs();
        assert!(off < 10_i128.pow(15) * slots as i128, "{name}: the plan costs something else by {off}");
        let exact: f64 = plan.cost().to_string().parse().expect("a number");
        let coarse = home.grid_plan();
        assert!(coarse > exact - 1e-6, "{name}: a grid plan at {coarse} beats {exact}");
        println!(
            "{name}: exact {exact:.6} p, grid of 0.1 kWh {coarse:.6} p; {:.1} pieces a slot",
            plan.pieces() as f64 / slots as f64
        );
        let mut group = criterion.benchmark_group(format!("battery/{name}"));
        group.sample_size(if slots > 1_000 { 10 } else { 50 });
        group.bench_function("plan", |b| b.iter(|| black_box(battery.plan(&site, &request))));
        group.bench_function("cost alone", |b| b.iter(|| black_box(battery.least_cost(&site, &request))));
        if slots <= YEAR {
            group.bench_function("grid of 0.1 kWh", |b| b.iter(|| black_box(home.grid_plan())));
        }
    }
    let year = home(YEAR, 500).site();
    let test = Backtest::new(&battery, &year, &request);
    let perfect = test.run(&Strategy::Perfect).expect("a walk");
    let rolling = test.run(&Strategy::Rolling(&Persistence)).expect("a walk");
    assert!(rolling.cost >= perfect.cost && rolling.plans >= 365);
    let mut group = criterion.benchmark_group("battery/back-test");
    group.sample_size(10);
    group.bench_function("a year of daily plans", |b| {
        b.iter(|| black_box(test.run(&Strategy::Rolling(&Persistence))))
    });
    let five = home(5 * YEAR, 500).site();
    let capacities = (1..=100).map(|kwh| format!("{kwh}").parse().expect("kWh")).collect();
    let sweep = Sweep::new(&battery, &request)
        .expect("one efficiency")
        .over_capacities(capacities)
        .over_sites(vec![SweepSite { name: "home", site: &five }]);
    let rows = sweep.run(&|_, _| ()).expect("rows");
    assert!(rows.windows(2).all(|pair| pair[1].cost <= pair[0].cost), "a bigger battery costs more");
    group.bench_function("100 sizes over five years", |b| b.iter(|| black_box(sweep.run(&|_, _| ()))));
}

criterion_group!(battery_benches, benches);
criterion_main!(battery_benches);
