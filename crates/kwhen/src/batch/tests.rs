use super::*;
use crate::UnitRate;
use crate::bill::{Bill, BillRequest, BillingRules};
use crate::series::{Prices, RateSeries, StandingCharges, VatBasis};
use crate::time::{Grid, SlotLength, Span, parse_instant};
use proptest::prelude::*;

fn span(from: &str, to: &str) -> Span {
    Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap()
}

fn readings(grid: Grid, seed: u64, scale: i64, holes: u64) -> Consumption {
    let mut state = seed;
    let values: Vec<Option<Energy>> = (0..grid.len())
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = (state >> 33) as i64;
            (holes == 0 || !(state >> 20).is_multiple_of(holes))
                .then(|| Energy::from_units(random % 4_000 * scale).unwrap())
        })
        .collect();
    Consumption::on_slots(grid, &values).unwrap()
}

fn rates(grid: &Grid, seed: u64, basis: VatBasis) -> RateSeries {
    let energies = readings(*grid, seed, 10_000, 50);
    let values: Vec<Option<UnitRate>> = energies
        .iter()
        .map(|value| value.map(|value| UnitRate::from_units(value.units() * 100 - 500_000_000).unwrap()))
        .collect();
    RateSeries::on_slots(grid, basis, &values).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn every_period_has_the_digits_of_a_bill(
        seed in any::<u64>(),
        first_day in 0_i64..700,
        days in 1_i64..120,
        early in -200_i64..200,
        scale in prop::sample::select(vec![1_i64, 7, 100_000, 3_000_000]),
        holes in prop::sample::select(vec![0_u64, 3, 40]),
        flat in any::<bool>(),
        inclusive in any::<bool>(),
        octopus in any::<bool>(),
    ) {
        // From 2025, so that clock changes and the change of VAT are among the days.
        let start = parse_instant("2025-02-01T00:00:00Z").unwrap() + chrono::TimeDelta::days(first_day);
        let whole = Span::new(start, start + chrono::TimeDelta::days(days)).unwrap();
        let grid = Grid::new(
            start + chrono::TimeDelta::minutes(30 * early),
            SlotLength::HALF_HOUR,
            (days * 48) as usize,
        ).unwrap();
        let basis = if inclusive { VatBasis::Inclusive } else { VatBasis::Exclusive };
        let rates = if flat {
            RateSeries::flat(Prices::only(basis, "24.5".parse().unwrap()))
        } else {
            rates(&Grid::covering(whole, SlotLength::HALF_HOUR).unwrap(), seed ^ 5, basis)
        };
        let standing = StandingCharges::flat(Prices::Exclusive("47.6032".parse().unwrap()));
        let rules = if octopus { BillingRules::octopus() } else { BillingRules::exact() };
        let consumption = readings(grid, seed, scale, holes);
        let plan = BillPlan::new(&PlanRequest {
            standing_charges: Some(&standing),
            rules: rules.clone(),
            ..PlanRequest::new(&rates, whole)
        }).unwrap();
        let mut rows = Vec::new();
        let outcome = plan.bill(&consumption, &mut rows);
        let mut billed = 0;
        for (place, period) in plan.periods().iter().enumerate() {
            let bill = Bill::new(&BillRequest {
                standing_charges: Some(&standing),
                rules: rules.clone(),
                ..BillRequest::new(&consumption, &rates, period.span)
            });
            let Ok(bill) = bill else { continue };
            billed += 1;
            let row = rows[place];
            prop_assert_eq!(
                (row.period, row.slots, row.billed_slots),
                (place, bill.coverage.slots, bill.coverage.billed_slots)
            );
            prop_assert_eq!(
                (row.kwh, row.net_pence, row.vat_pence, row.total_pence),
                (bill.kwh, bill.net_pence, bill.vat_pence, bill.total_pence)
            );
        }
        prop_assert_eq!(outcome.is_ok(), billed > 0);
    }
}

#[test]
fn a_bad_meter_is_reported_and_stops_nobody() {
    let year = span("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let grid = Grid::covering(year, SlotLength::HALF_HOUR).unwrap();
    let rates = rates(&grid, 3, VatBasis::Exclusive);
    let plan = BillPlan::new(&PlanRequest::new(&rates, year)).unwrap();
    let plans = [&plan];
    let late = Grid::new(parse_instant("2031-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, 48).unwrap();
    let off = Grid::new(parse_instant("2025-01-01T00:10:00Z").unwrap(), SlotLength::HALF_HOUR, 48).unwrap();
    let mut all: Vec<Consumption> = (0..600).map(|seed| readings(grid, seed, 100_000, 0)).collect();
    all[7] = readings(late, 1, 100_000, 0);
    all[300] = readings(off, 1, 100_000, 0);
    let meters: Vec<Meter<'_>> = all.iter().map(|consumption| Meter { consumption, plans: &plans }).collect();
    let bills = bill_all(&meters);
    assert!(bills.meters[7].as_ref().unwrap_err().is_missing());
    assert!(bills.meters[300].as_ref().unwrap_err().is_misaligned());
    assert_eq!(bills.rows.len(), 598 * 12);
    for (meter, rows) in meters.iter().zip(&bills.meters) {
        let Ok(range) = rows else { continue };
        let mut alone = Vec::new();
        plan.bill(meter.consumption, &mut alone).unwrap();
        assert_eq!(bills.rows[range.clone()], alone);
    }
}

#[test]
fn rules_that_round_each_slot_are_refused() {
    let rates = RateSeries::flat(Prices::Exclusive("20".parse().unwrap()));
    let span = span("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z");
    let request = PlanRequest { rules: BillingRules::ladder(), ..PlanRequest::new(&rates, span) };
    assert!(BillPlan::new(&request).unwrap_err().is_unsupported());
}
