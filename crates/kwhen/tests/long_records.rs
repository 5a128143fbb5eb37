//! A plan does not depend on how long the price records are, nor a plan from within a slot on anything but what is left of it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen::plan::backtest::{Backtest, Persistence, Strategy as Rule};
use kwhen::plan::battery::{self, Battery, Site};
use kwhen::plan::window::{self, Profile};
use kwhen::plan::{Power, SlotPrices, charge, slots_over};
use kwhen::series::{Prices, RateRow};
use kwhen::time::{Grid, SlotLength, Span, parse_instant};
use kwhen::{Consumption, Energy, RateSeries, UnitRate};
use proptest::prelude::*;

fn start() -> DateTime<Utc> {
    parse_instant("2026-10-24T22:00:00Z").unwrap()
}

fn after(minutes: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minutes)
}

fn rate(pence: i64) -> UnitRate {
    UnitRate::from_units(pence * 100_000_000).unwrap()
}

/// Records of so many minutes each, one after another; the last without an end where `open`.
fn records(lengths: &[(i64, i64)], open: bool) -> RateSeries {
    let mut minute = 0;
    let count = lengths.len();
    let rows = lengths.iter().enumerate().map(|(place, (length, pence))| {
        let from = minute;
        minute += length;
        RateRow {
            row: place as u64 + 1,
            valid_from: Some(after(from)),
            valid_to: (!open || place + 1 < count).then(|| after(minute)),
            prices: Prices::Inclusive(rate(*pence)),
            payment_method: None,
        }
    });
    RateSeries::from_rows(rows.collect(), None).unwrap()
}

/// The same prices in records of half an hour.
fn half_hours(lengths: &[(i64, i64)]) -> RateSeries {
    let parts: Vec<(i64, i64)> =
        lengths.iter().flat_map(|(length, pence)| (0..length / 30).map(move |_| (30, *pence))).collect();
    records(&parts, false)
}

fn energy(text: &str) -> Energy {
    text.parse().unwrap()
}

/// Records of half an hour to two days, among them a day, as of a tariff with one rate a day.
fn any_records() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let length = prop_oneof![1_i64..5, 8_i64..20, Just(48), Just(96)];
    prop::collection::vec((length.prop_map(|slots| slots * 30), 1_i64..40), 1..5)
}

/// An import rate, an export rate, load and sun.
type Slot = (i64, i64, i64, i64);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_planner_plans_long_records_as_half_hours(
        lengths in any_records(),
        open in any::<bool>(),
        kwh in 1_i64..20,
        options in 0_u32..64,
        from in 0_i64..3600,
    ) {
        let minutes: i64 = lengths.iter().map(|record| record.0).sum();
        let (long, short) = (records(&lengths, open), half_hours(&lengths));
        let span = Span::new(start() + TimeDelta::seconds(from.min(minutes * 60 - 900)), after(minutes)).unwrap();
        let [long, short] = [long, short].map(|rates| SlotPrices::over(&rates, span, SlotLength::HALF_HOUR).unwrap());
        prop_assert_eq!(long.grid(), short.grid());

        let night = |request: window::WindowRequest| request.during(span).top(2, window::Alternatives::Apart);
        let profile = Profile::new(20, &["2", "2", "0.2"].map(|kw| kw.parse().unwrap())).unwrap();
        for request in [
            night(window::WindowRequest::unbroken(50).unwrap()),
            night(window::WindowRequest::profile(profile)),
            night(window::WindowRequest::slots(2, SlotLength::HALF_HOUR).unwrap()),
        ] {
            prop_assert_eq!(request.find(&long).unwrap(), request.find(&short).unwrap());
        }

        let mut request = charge::ChargeRequest::energy(energy(&kwh.to_string()), "7.4".parse().unwrap(), span).unwrap();
        if options & 1 > 0 { request = request.min_power("1.4".parse::<Power>().unwrap()); }
        if options & 2 > 0 { request = request.max_starts(1); }
        if options & 4 > 0 { request = request.prefer(kwhen::plan::Prefer::Latest); }
        if options & 8 > 0 { request = request.min_run(60); }
        if options & 16 > 0 { request = request.price_cap(rate(20)); }
        if options & 32 > 0 { request = request.precondition(45); }
        prop_assert_eq!(request.plan(&long).unwrap(), request.plan(&short).unwrap());
    }

    #[test]
    fn a_battery_and_a_back_test_plan_long_records_as_half_hours(lengths in any_records(), export in 0_i64..45) {
        let minutes: i64 = lengths.iter().map(|record| record.0).sum();
        let span = Span::new(start(), after(minutes)).unwrap();
        let battery = Battery::new(energy("3"), "4".parse().unwrap()).unwrap();
        let request = battery::BatteryRequest::starting_at(energy("1"));
        let plan = |rates: &RateSeries| {
            let grid = slots_over(span, SlotLength::HALF_HOUR, [rates], []).unwrap();
            let import = rates.on_grid(&grid, rates.paid_basis()).unwrap();
            let site = Site::from_rates(&import).unwrap().export(&vec![rate(export); grid.len()]).unwrap();
            let dispatch = battery.plan(&site, &request).unwrap();
            let test = Backtest::new(&battery, &site, &request);
            let rolled = test.run(&Rule::Rolling(&Persistence)).unwrap();
            (dispatch.cost(), dispatch.slots().to_vec(), rolled.cost)
        };
        prop_assert_eq!(plan(&records(&lengths, false)), plan(&half_hours(&lengths)));
    }

    /// A slot that has begun is planned as the finer slots that are left of it. The battery has no least power, and export never pays
    /// more than import costs: then nothing is gained by changing the power within a slot.
    #[test]
    fn a_battery_plan_from_within_a_slot_is_that_on_slots_cut_there(
        half_hourly in prop::collection::vec((5_i64..40, 0_i64..5, 0_i64..30, 0_i64..30), 3..8),
        begun in 1_i64..30,
        over in 0_i64..30,
        end_value in 0_i64..20,
    ) {
        let slots = half_hourly.len();
        let whole = Grid::new(start(), SlotLength::HALF_HOUR, slots).unwrap();
        let fine = Grid::new(start(), SlotLength::from_minutes(1).unwrap(), slots * 30).unwrap();
        let rates = |each: fn(&Slot) -> i64| -> Vec<UnitRate> {
            half_hourly.iter().map(|slot| rate(each(slot))).collect()
        };
        // Tenths of a kWh that thirty minutes divide.
        let energies = |each: fn(&Slot) -> i64| -> Vec<Energy> {
            half_hourly.iter().map(|slot| Energy::from_units(each(slot) * 3_000_000).unwrap()).collect()
        };
        let site = |grid: Grid, parts: usize| {
            let spread = |energies: Vec<Energy>| -> Vec<Energy> {
                energies
                    .iter()
                    .flat_map(|energy| vec![Energy::from_units(energy.units() / parts as i64).unwrap(); parts])
                    .collect()
            };
            let repeat = |rates: Vec<UnitRate>| -> Vec<UnitRate> {
                rates.iter().flat_map(|rate| vec![*rate; parts]).collect()
            };
            Site::new(grid, &repeat(rates(|slot| slot.0)))
                .unwrap()
                .export(&repeat(rates(|slot| slot.1)))
                .unwrap()
                .load(&spread(energies(|slot| slot.2)))
                .unwrap()
                .solar(&spread(energies(|slot| slot.3)))
                .unwrap()
                .import_limit("6".parse().unwrap())
        };
        let battery = Battery::new(energy("5"), "3".parse().unwrap())
            .unwrap()
            .with_efficiency("0.9".parse().unwrap(), "0.95".parse().unwrap())
            .with_standby("0.03".parse().unwrap())
            .with_wear("0.5".parse().unwrap())
            .unwrap();
        let request = battery::BatteryRequest::starting_at(energy("2"))
            .end_value(battery::EndValue::Rate(rate(end_value)));
        let during = Span::new(after(begun), after(slots as i64 * 30 - over)).unwrap();
        let [cut, by_minute] = [site(whole, 1), site(fine, 30)].map(|site| site.during(during).unwrap());
        let (cut, by_minute) = (battery.plan(&cut, &request).unwrap(), battery.plan(&by_minute, &request).unwrap());
        prop_assert_eq!(cut.cost(), by_minute.cost());
        prop_assert_eq!(cut.baseline(), by_minute.baseline());
        prop_assert_eq!(cut.slots()[0].span.from(), during.from());
        prop_assert_eq!(cut.slots().last().unwrap().span.to(), during.to());
    }
}

#[test]
fn a_slot_is_as_short_as_a_change_of_rate_asks() {
    let minutes = |lengths: &[(i64, i64)], wanted: u32| {
        let span = Span::new(start(), after(lengths.iter().map(|record| record.0).sum())).unwrap();
        let wanted = SlotLength::from_minutes(wanted).unwrap();
        slots_over(span, wanted, [&records(lengths, false)], []).unwrap().slot_length().minutes()
    };
    assert_eq!(minutes(&[(1440, 20), (2880, 30)], 30), 30);
    assert_eq!(minutes(&[(60, 20), (60, 30)], 30), 30);
    assert_eq!(minutes(&[(60, 20), (60, 30)], 240), 60);
    assert_eq!(minutes(&[(15, 20), (15, 30), (15, 10)], 30), 15);
    assert_eq!(minutes(&[(76, 30), (54, 10), (110, 30)], 30), 2);
    // Two records of one rate are one.
    assert_eq!(minutes(&[(76, 30), (54, 30), (110, 30)], 30), 30);
    let late = records(&[(30, 10), (30, 20)], false);
    let quarters = Grid::new(start(), SlotLength::QUARTER_HOUR, 4).unwrap();
    let readings = Consumption::on_slots(quarters, &[Some(energy("0.1")); 4]).unwrap();
    let slots = slots_over(late.span(), SlotLength::HALF_HOUR, [&late], [&readings]).unwrap();
    assert_eq!(slots.slot_length(), SlotLength::QUARTER_HOUR);
}

#[test]
fn readings_are_spread_or_summed_and_a_missing_one_stays_missing() {
    let hour = Grid::new(start(), SlotLength::HOUR, 2).unwrap();
    let readings = Consumption::on_slots(hour, &[Some(energy("0.00000005")), None]).unwrap();
    let quarters = Grid::new(start(), SlotLength::QUARTER_HOUR, 6).unwrap();
    let spread: Vec<Option<i64>> =
        readings.on_grid(&quarters).iter().map(|energy| energy.map(Energy::units)).collect();
    assert_eq!(spread, [Some(1), Some(1), Some(1), Some(2), None, None]);
    let day = Grid::new(start(), SlotLength::from_minutes(120).unwrap(), 1).unwrap();
    assert_eq!(readings.on_grid(&day).get(0), None);
    let full = Consumption::on_slots(hour, &[Some(energy("1.5")), Some(energy("2"))]).unwrap();
    assert_eq!(full.on_grid(&day).get(0), Some(energy("3.5")));
}

#[test]
fn a_plan_begins_at_any_second() {
    let rates = records(&[(30, 10), (30, 30), (30, 5)], false);
    let now = start() + TimeDelta::seconds(1043);
    let span = Span::new(now, after(90)).unwrap();
    let prices = SlotPrices::over(&rates, span, SlotLength::HALF_HOUR).unwrap();
    // The rest of the first slot and all of the third, then of the second: 757 s and 1800 s at 3.6 kW are 0.757 and 1.8 kWh.
    let plan = charge::ChargeRequest::energy(energy("3"), "3.6".parse().unwrap(), span)
        .unwrap()
        .plan(&prices)
        .unwrap();
    assert_eq!(plan.blocks[0].span.from(), now);
    assert_eq!((plan.blocks[0].kwh, plan.blocks[1].kwh), (energy("0.757"), energy("0.443")));
    // 7.57 + 0.443 x 30 + 9.
    assert_eq!(plan.cost_minor.to_string(), "29.86");
    let found = window::WindowRequest::unbroken(12).unwrap().during(span).find(&prices).unwrap();
    assert_eq!(found.windows[0].blocks[0].from(), after(60));
    let found = window::WindowRequest::unbroken(12)
        .unwrap()
        .during(Span::new(now, after(60)).unwrap())
        .find(&prices)
        .unwrap();
    assert_eq!(found.windows[0].blocks[0].from(), now);
}
