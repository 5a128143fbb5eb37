use super::*;
use crate::bill::{Bill, BillRequest, BillingRules};
use crate::series::{Prices, RateSeries, StandingCharges, VatBasis};
use crate::time::{Grid, SlotLength, Span, parse_instant};
use crate::{Energy, UnitRate};
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

/// Rates of a few values, cut at irregular times; now and then there is none.
fn night_and_day(grid: &Grid, basis: VatBasis, seed: u64) -> RateSeries {
    let rate = |index: usize| match (index as u64 + seed % 48) % 48 {
        0..=9 => Some("7.5".parse().unwrap()),
        30..=35 if !(index as u64 / 48).is_multiple_of(5) => Some("38.25".parse().unwrap()),
        47 if seed.is_multiple_of(3) => None,
        _ => Some("21".parse().unwrap()),
    };
    RateSeries::on_slots(grid, basis, &(0..grid.len()).map(rate).collect::<Vec<_>>()).unwrap()
}

/// 16:00 to 19:00 and midnight to 02:00 in UTC, every day.
fn evenings(grid: &Grid) -> Vec<(Span, String)> {
    let at = |day: usize, hour: i64| grid.start() + chrono::TimeDelta::hours(24 * day as i64 + hour);
    (0..grid.len().div_ceil(48))
        .flat_map(|day| {
            [
                (Span::new(at(day, 16), at(day, 19)).unwrap(), "peak".to_owned()),
                (Span::new(at(day, 0), at(day, 2)).unwrap(), "night".to_owned()),
            ]
        })
        .collect()
}

/// The readings dealt to three states at random, in runs and singly, out of order, one of them sent as words; merged and finished.
fn by_state(plan: &BillPlan, consumption: &Consumption, seed: u64) -> (BillRows, Result<()>) {
    let mut states = vec![BillState::new(plan); 3];
    let readings: Vec<(i64, i64)> = consumption
        .grid()
        .slots()
        .zip(consumption.iter())
        .filter_map(|(slot, energy)| Some((slot.span.from().timestamp(), energy?.units())))
        .collect();
    let mut pieces = Vec::new();
    let mut rest = readings.as_slice();
    let mut random = seed | 1;
    while !rest.is_empty() {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = [1, 3, 40, 500, 3_000][(random >> 40) as usize % 5].min(rest.len());
        let (piece, others) = rest.split_at(length);
        pieces.push(((random >> 20) as usize % 3, piece));
        rest = others;
    }
    for (to, piece) in pieces.into_iter().rev() {
        let starts: Vec<i64> = piece.iter().map(|(start, _)| start * 1_000).collect();
        let units: Vec<i64> = piece.iter().map(|(_, units)| *units).collect();
        let readings = Readings::of_64_bits(&units, 8).unwrap();
        states[to].update(plan, &starts, TimeUnit::Millisecond, readings).unwrap();
    }
    let sent = BillState::from_words(plan, &states[1].to_words()).unwrap();
    assert!(sent == states[1]);
    let (first, third) = (states[0].clone(), &mut states[2]);
    third.merge(&sent).unwrap();
    third.merge(&first).unwrap();
    let mut out = BillRows::default();
    let outcome = third.finish(plan, &mut out);
    (out, outcome)
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
        kind in 0_u8..4,
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
        let plan_grid = Grid::covering(whole, SlotLength::HALF_HOUR).unwrap();
        let rates = match kind {
            0 => RateSeries::flat(Prices::only(basis, "24.5".parse().unwrap())),
            1 => rates(&plan_grid, seed ^ 5, basis),
            _ => night_and_day(&plan_grid, basis, seed),
        };
        let spans = evenings(&plan_grid);
        let bands = if kind == 1 || kind == 3 { RateBands::Named(&spans) } else { RateBands::ByRate };
        let standing = StandingCharges::flat(Prices::Exclusive("47.6032".parse().unwrap()));
        let rules = if octopus { BillingRules::octopus() } else { BillingRules::exact() };
        let consumption = readings(grid, seed, scale, holes);
        let plan = BillPlan::new(&PlanRequest::new(&rates, whole).standing_charges(&standing).rules(rules.clone()).bands(bands)).unwrap();
        let mut out = BillRows::default();
        let outcome = plan.bill(&consumption, &mut out);
        let (state_out, state_outcome) = by_state(&plan, &consumption, seed);
        prop_assert_eq!(&state_out, &out);
        prop_assert_eq!(state_outcome.is_ok(), outcome.is_ok());
        let mut billed = 0;
        for (place, period) in plan.periods().iter().enumerate() {
            let bill = Bill::new(&BillRequest::new(&consumption, &rates, period.span).standing_charges(&standing).rules(rules.clone()));
            let Ok(bill) = bill else { continue };
            billed += 1;
            let row = out.rows[place];
            prop_assert_eq!(
                (row.period, row.slots, row.billed_slots),
                (place, bill.coverage.slots, bill.coverage.billed_slots)
            );
            prop_assert_eq!(
                (row.kwh, row.net_minor, row.vat_minor, row.total_minor),
                (bill.kwh, bill.net_minor, bill.vat_minor, bill.total_minor)
            );
            prop_assert_eq!(Energy::sum(out.bands_of(&row).iter().map(|band| band.kwh)).unwrap(), row.kwh);
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
    assert!(bills.meter(7).unwrap().unwrap_err().is_missing());
    assert!(bills.meter(300).unwrap().unwrap_err().is_misaligned());
    assert!(bills.meter(600).is_none());
    assert_eq!((bills.meters().count(), bills.rows().count()), (600, 598 * 12));
    for (place, (meter, billed)) in meters.iter().zip(bills.meters()).enumerate() {
        let Ok(billed) = billed else { continue };
        let mut alone = BillRows::default();
        plan.bill(meter.consumption, &mut alone).unwrap();
        assert_eq!(bills.meter(place).unwrap().unwrap().rows(), billed.rows());
        assert_eq!(billed.rows().len(), 12);
        for (row, own) in billed.rows().iter().zip(&alone.rows) {
            assert_eq!((row.period, row.kwh, row.total_minor), (own.period, own.kwh, own.total_minor));
            assert_eq!(billed.bands_of(row), alone.bands_of(own));
        }
    }
}

#[test]
fn rules_that_round_each_slot_are_refused() {
    let rates = RateSeries::flat(Prices::Exclusive("20".parse().unwrap()));
    let span = span("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z");
    let request = PlanRequest::new(&rates, span).rules(BillingRules::ladder());
    assert!(BillPlan::new(&request).unwrap_err().is_unsupported());
}

#[test]
fn an_agreement_has_the_digits_of_a_plan_of_its_own() {
    let year = span("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let grid = Grid::covering(year, SlotLength::HALF_HOUR).unwrap();
    let standing = StandingCharges::flat(Prices::Exclusive("47.6032".parse().unwrap()));
    let rates = night_and_day(&grid, VatBasis::Exclusive, 1);
    let request = PlanRequest::new(&rates, year).standing_charges(&standing);
    let whole = BillPlan::new(&request).unwrap();
    let consumption = readings(grid, 11, 100_000, 9);
    for (from, to) in [
        ("2026-03-10T00:00:00Z", "2026-11-02T00:00:00Z"),
        ("2026-06-01T13:10:00Z", "2026-06-02T00:00:00Z"),
        ("2025-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
    ] {
        let agreement = span(from, to);
        let part = whole.within(agreement).unwrap().unwrap();
        let mut out = BillRows::default();
        part.bill(&consumption, &mut out).unwrap();
        let mut expected = Vec::new();
        for period in part.periods() {
            let bill =
                Bill::new(&BillRequest::new(&consumption, &rates, period.span).standing_charges(&standing))
                    .unwrap();
            expected.push((bill.kwh, bill.total_minor, bill.coverage.billed_slots));
        }
        let found: Vec<_> = out.rows.iter().map(|row| (row.kwh, row.total_minor, row.billed_slots)).collect();
        assert_eq!(found, expected, "{agreement}");
        assert_eq!(by_state(&part, &consumption, 5).0, out);
    }
    assert!(whole.within(span("2028-01-01T00:00:00Z", "2028-02-01T00:00:00Z")).unwrap().is_none());
}

/// Two days at 10 p by day, 5 p from midnight to 07:00 and 30 p from 16:00 to 19:00, 1 kWh each half-hour, worked by hand.
#[test]
fn bands_of_two_days_worked_by_hand() {
    let days = span("2025-01-06T00:00:00Z", "2025-01-08T00:00:00Z");
    let grid = Grid::covering(days, SlotLength::HALF_HOUR).unwrap();
    let rate = |slot: usize| match slot % 48 {
        0..14 => "5",
        32..38 => "30",
        _ => "10",
    };
    let values: Vec<_> = (0..96).map(|slot| Some(rate(slot).parse().unwrap())).collect();
    let rates = RateSeries::on_slots(&grid, VatBasis::Exclusive, &values).unwrap();
    let consumption = Consumption::constant(grid, "1".parse().unwrap());
    let mut out = BillRows::default();
    let plan = BillPlan::new(&PlanRequest::new(&rates, days)).unwrap();
    plan.bill(&consumption, &mut out).unwrap();
    assert_eq!(plan.bands(), ["5", "10", "30"]);
    let shown = |out: &BillRows| -> Vec<(String, String)> {
        let bands = out.bands_of(&out.rows[0]).iter();
        bands.map(|band| (band.kwh.to_string(), band.amount_minor.to_string())).collect()
    };
    let texts = |pairs: [(&str, &str); 3]| pairs.map(|(kwh, pence)| (kwh.to_owned(), pence.to_owned()));
    assert_eq!(shown(&out), texts([("28", "140"), ("56", "560"), ("12", "360")]));
    assert_eq!(out.rows[0].net_minor.to_string(), "1060");
    let spans = evenings(&grid);
    let named = PlanRequest::new(&rates, days).bands(RateBands::Named(&spans));
    let plan = BillPlan::new(&named).unwrap();
    out.clear();
    plan.bill(&consumption, &mut out).unwrap();
    assert_eq!(plan.bands(), ["peak", "night", ""]);
    assert_eq!(shown(&out), texts([("12", "360"), ("8", "40"), ("76", "660")]));
}

#[test]
fn readings_at_fault_are_named_however_they_were_split() {
    let month = span("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z");
    let rates = RateSeries::flat(Prices::Exclusive("20".parse().unwrap()));
    let plan = BillPlan::new(&PlanRequest::new(&rates, month)).unwrap();
    let start = month.from().timestamp();
    let wh = vec![100_i32; 48];
    let starts: Vec<i64> = (0..48).map(|slot| start + slot * 1_800).collect();
    let readings = || Readings::of_32_bits(&wh, 3).unwrap();
    let finish = |state: &BillState| state.finish(&plan, &mut BillRows::default());
    let mut day = BillState::new(&plan);
    day.update(&plan, &starts, TimeUnit::Second, readings()).unwrap();
    finish(&day).unwrap();

    let mut again = BillState::new(&plan);
    again.update(&plan, &starts[5..6], TimeUnit::Second, readings().part(0..1)).unwrap();
    let mut merged = day.clone();
    merged.merge(&again).unwrap();
    let error = finish(&merged).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(
        error.to_string().contains("1 readings") && error.to_string().contains("2025-01-01T02:30"),
        "{error}"
    );
    let mut in_one = day.clone();
    in_one.update(&plan, &starts[5..6], TimeUnit::Second, readings().part(0..1)).unwrap();
    assert!(in_one == merged);

    let mut off = day.clone();
    let late: Vec<i64> = starts.iter().map(|start| start + 86_400 + 60).collect();
    off.update(&plan, &late, TimeUnit::Second, readings()).unwrap();
    let error = finish(&off).unwrap_err();
    assert!(error.is_misaligned() && error.to_string().contains("48 readings"), "{error}");
    assert!(error.to_string().contains("2025-01-02T00:01"), "{error}");

    let mut beyond = BillState::new(&plan);
    let vast = [i64::MAX];
    beyond.update(&plan, &starts[..1], TimeUnit::Second, Readings::of_64_bits(&vast, 3).unwrap()).unwrap();
    assert!(finish(&beyond).unwrap_err().is_out_of_range());
    for start in [i64::MIN, i64::MAX, 0] {
        let mut far = BillState::new(&plan);
        far.update(&plan, &[start], TimeUnit::Nanosecond, readings().part(0..1)).unwrap();
        far.update_run(&plan, start, TimeUnit::Second, readings()).unwrap();
        assert!(finish(&far).unwrap_err().is_missing(), "{start}");
    }

    assert!(day.update(&plan, &starts, TimeUnit::Second, readings().part(0..3)).is_err());
    let other =
        BillPlan::new(&PlanRequest::new(&rates, span("2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z")));
    assert!(day.merge(&BillState::new(&other.unwrap())).is_err());
    assert!(BillState::from_words(&plan, &[1, 2, 3]).is_err());
    assert!(Readings::of_16_bits(&[1], 9).is_err());
    day.reset(&plan);
    assert!(day == BillState::new(&plan));
}

#[cfg(feature = "rayon")]
#[test]
fn any_number_of_threads_gives_the_same_rows() {
    let half_year = span("2025-01-01T00:00:00Z", "2025-07-01T00:00:00Z");
    let grid = Grid::covering(half_year, SlotLength::HALF_HOUR).unwrap();
    let rates = rates(&grid, 3, VatBasis::Exclusive);
    let plan = BillPlan::new(&PlanRequest::new(&rates, half_year)).unwrap();
    let plans = [&plan];
    let all: Vec<Consumption> = (0..700).map(|seed| readings(grid, seed, 100_000, seed % 60)).collect();
    let meters: Vec<Meter<'_>> = all.iter().map(|consumption| Meter { consumption, plans: &plans }).collect();
    let billed = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bill_all(&meters))
    };
    let one = billed(1);
    for threads in [2, 3, 7] {
        assert_eq!(billed(threads), one);
    }
}
