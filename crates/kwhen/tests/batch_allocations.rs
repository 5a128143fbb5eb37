//! Once its memory is there, billing a meter takes none.
//!
//! The allocator that counts is the only unsafe code here; it hands everything on to the system's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use kwhen::Energy;
use kwhen::batch::{BillPlan, BillRows, BillState, PlanRequest, Readings, TimeUnit};
use kwhen::series::{Consumption, Prices, RateSeries, StandingCharges, VatBasis};
use kwhen::time::{Grid, SlotLength, Span, parse_instant};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed on as it came; counting touches no memory of the heap.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn the_count_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8; 9]))), 1);
}

#[test]
fn two_thousand_meters_take_no_more_memory_than_one() {
    let at = |text: &str| parse_instant(text).unwrap();
    let months = Span::new(at("2025-01-01T00:00:00Z"), at("2025-03-31T23:00:00Z")).unwrap();
    let grid = Grid::covering(months, SlotLength::HALF_HOUR).unwrap();
    let rates: Vec<_> =
        (0..grid.len()).map(|slot| Some(format!("{}.{slot}", slot % 37).parse().unwrap())).collect();
    let by_slot = RateSeries::on_slots(&grid, VatBasis::Exclusive, &rates).unwrap();
    let night: Vec<_> = (0..grid.len())
        .map(|slot| Some(if slot % 48 < 9 { "8.5" } else { "27.54" }.parse().unwrap()))
        .collect();
    let night = RateSeries::on_slots(&grid, VatBasis::Exclusive, &night).unwrap();
    let standing = StandingCharges::flat(Prices::Exclusive("47.6".parse().unwrap()));
    let readings: Vec<_> = (0..grid.len())
        .map(|slot| (slot % 100 > 0).then(|| Energy::from_units(slot as i64 % 1_500 * 100_000).unwrap()))
        .collect();
    let series = Consumption::on_slots(grid, &readings).unwrap();
    let starts: Vec<i64> = (0..grid.len() as i64).map(|slot| 1_735_689_600 + slot * 1_800).collect();
    let wh: Vec<i32> = (0..grid.len() as i32).map(|slot| slot % 40_000).collect();
    for rates in [&by_slot, &night] {
        let request = PlanRequest::new(rates, months).standing_charges(&standing);
        let plan = BillPlan::new(&request).unwrap();
        let mut out = BillRows::default();
        let mut state = BillState::new(&plan);
        let mut one = || {
            out.clear();
            plan.bill(&series, &mut out).unwrap();
            out.clear();
            state.reset(&plan);
            // In one run, in single rows and in a run again.
            for rows in [0..1_000, 1_000..1_001, 1_003..1_004, 1_010..grid.len()] {
                let readings = Readings::of_32_bits(&wh[rows.clone()], 3).unwrap();
                state.update(&plan, &starts[rows], TimeUnit::Second, readings).unwrap();
            }
            state.finish(&plan, &mut out).unwrap();
            assert_eq!(out.rows.len(), 3);
        };
        assert!(allocations(&mut one) > 0);
        assert_eq!(allocations(|| (0..2_000).for_each(|_| one())), 0);
    }
}
