//! What a plan says that it costs is what a bill says, to the last digit; and no plan that keeps the request is cheaper.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::bill::{Bill, BillRequest};
use kwhen::plan::charge::{ChargePlan, ChargeRequest};
use kwhen::plan::window;
use kwhen::plan::{Power, SlotPrices};
use kwhen::series::VatBasis;
use kwhen::time::{Grid, SlotLength, parse_instant};
use kwhen::{Consumption, Energy, Money, RateSeries, UnitRate};
use proptest::prelude::*;

fn grid(slots: usize) -> Grid {
    Grid::new(parse_instant("2026-03-28T22:00:00Z").unwrap(), SlotLength::HALF_HOUR, slots).unwrap()
}

fn rates(hundredths: &[i64]) -> Vec<Option<UnitRate>> {
    hundredths.iter().map(|rate| UnitRate::from_units(rate * 1_000_000).ok()).collect()
}

/// The plan's energy in each slot. A block is at one power: its whole slots have the same, a slot that it uses in part has what is left.
fn drawn(plan: &ChargePlan, grid: &Grid) -> Vec<Option<Energy>> {
    let mut units = vec![0; grid.len()];
    for block in &plan.blocks {
        let inside = |slot: &kwhen::time::Slot| {
            let (from, to) = (block.span.from().max(slot.span.from()), block.span.to().min(slot.span.to()));
            (to - from).num_seconds().max(0)
        };
        let seconds: Vec<i64> = grid.slots().map(|slot| inside(&slot)).collect();
        let whole = seconds.iter().filter(|seconds| **seconds == 1800).count() as i64;
        let parts = seconds.iter().filter(|seconds| (1..1800).contains(*seconds)).count();
        assert!(parts < 2, "{block:?}");
        let full = if parts == 0 { block.kwh.units() / whole } else { block.kw.units() / 2 };
        for (units, seconds) in units.iter_mut().zip(seconds) {
            *units += match seconds {
                0 => 0,
                1800 => full,
                _ => block.kwh.units() - full * whole,
            };
        }
    }
    units.into_iter().map(|units| Energy::from_units(units).ok()).collect()
}

/// What a bill of the plan's consumption comes to.
fn billed(plan: &ChargePlan, hundredths: &[i64]) -> Money {
    let grid = grid(hundredths.len());
    let series = RateSeries::on_slots(&grid, VatBasis::Inclusive, &rates(hundredths)).unwrap();
    let consumption = Consumption::on_slots(grid, &drawn(plan, &grid)).unwrap();
    let request = BillRequest::new(&consumption, &series, grid.span().unwrap());
    Bill::new(&request).unwrap().total_minor
}

/// The least cost of so many units of energy, each slot full but one, in at most so many runs: every choice of slots tried.
fn least(hundredths: &[i64], needed: i64, full: i64, starts: usize) -> Option<i64> {
    let mut least = None;
    for bits in 0..1_u32 << hundredths.len() {
        let used: Vec<usize> = (0..hundredths.len()).filter(|slot| bits >> slot & 1 == 1).collect();
        let count = used.len() as i64;
        let runs = used.iter().filter(|slot| **slot == 0 || bits >> (**slot - 1) & 1 == 0).count();
        let rest = needed - (count - 1) * full;
        if count == 0 || runs > starts || rest <= 0 || rest > full {
            continue;
        }
        let sum: i64 = used.iter().map(|slot| hundredths[*slot] * full).sum();
        // The slot that takes what is left is the dearest, unless it is full as well.
        let dearest = used.iter().map(|slot| hundredths[*slot]).max().unwrap();
        let cost = sum - (full - rest) * dearest;
        least = Some(least.map_or(cost, |least: i64| least.min(cost)));
    }
    least
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_plan_costs_what_its_bill_says(hundredths in prop::collection::vec(-300_i64..4000, 6..30), kwh in 1_i64..30, starts in 1_usize..5) {
        let prices = SlotPrices::new(grid(hundredths.len()), rates(&hundredths)).unwrap();
        let span = prices.grid().span().unwrap();
        let energy = Energy::from_units(kwh * 55_000_000).unwrap();
        for request in [
            ChargeRequest::energy(energy, "7.4".parse().unwrap(), span).unwrap(),
            ChargeRequest::energy(energy, "7.4".parse().unwrap(), span).unwrap().max_starts(starts).min_run(60),
            ChargeRequest::energy(energy, "7.4".parse().unwrap(), span).unwrap().min_power("1.5".parse::<Power>().unwrap()).max_starts(starts),
        ] {
            let plan = request.plan(&prices).unwrap();
            prop_assert_eq!(billed(&plan, &hundredths), plan.cost_minor);
            prop_assert_eq!(plan.feasible, plan.missing_kwh.is_zero());
            prop_assert_eq!(plan.reason.is_none(), plan.feasible);
        }
    }

    #[test]
    fn starts_cost_what_trying_every_choice_of_slots_finds(hundredths in prop::collection::vec(-300_i64..4000, 4..11), tenths in 1_i64..120, starts in 1_usize..4) {
        let prices = SlotPrices::new(grid(hundredths.len()), rates(&hundredths)).unwrap();
        let span = prices.grid().span().unwrap();
        let energy = Energy::from_units(tenths * 10_000_000).unwrap();
        let plan = ChargeRequest::energy(energy, "2.4".parse().unwrap(), span).unwrap().max_starts(starts).plan(&prices).unwrap();
        match least(&hundredths, tenths, 12, starts) {
            Some(least) => prop_assert_eq!(plan.cost_minor, Money::from_units(i128::from(least) * 10_i128.pow(17)).unwrap()),
            None => prop_assert!(!plan.feasible),
        }
    }

    #[test]
    fn the_frontier_falls_to_the_plan_without_limits(hundredths in prop::collection::vec(-300_i64..4000, 6..40), kwh in 1_i64..40) {
        let prices = SlotPrices::new(grid(hundredths.len()), rates(&hundredths)).unwrap();
        let request = ChargeRequest::energy(Energy::from_units(kwh * 55_000_000).unwrap(), "7.4".parse().unwrap(), prices.grid().span().unwrap()).unwrap();
        let plans = request.frontier(&prices).unwrap();
        for pair in plans.windows(2) {
            prop_assert!(pair[0].starts < pair[1].starts);
            prop_assert!((pair[0].missing_kwh, pair[0].cost_minor) > (pair[1].missing_kwh, pair[1].cost_minor));
        }
        let free = request.plan(&prices).unwrap();
        prop_assert!(free.starts > 16 || plans.last().is_some_and(|last| last.cost_minor == free.cost_minor));
    }

    #[test]
    fn the_same_input_gives_the_same_window(hundredths in prop::collection::vec(0_i64..4, 4..40), minutes in 1_u32..400, starts in 1_usize..4) {
        let prices = SlotPrices::new(grid(hundredths.len()), rates(&hundredths)).unwrap();
        for request in [window::WindowRequest::unbroken(minutes).unwrap(), window::WindowRequest::split(minutes).unwrap().max_starts(starts)] {
            let found = request.find(&prices).unwrap();
            prop_assert_eq!(&found, &request.find(&prices).unwrap());
            prop_assert_eq!(found.windows.is_empty(), found.shortage.is_some());
            for window in &found.windows {
                prop_assert_eq!(window.duration_minutes, i64::from(minutes));
                prop_assert!(window.starts <= starts.max(1));
            }
        }
    }
}
