//! Each option worked by hand.

use super::*;
use crate::Money;
use crate::plan::Power;
use crate::time::Span;

fn cost(battery: &Battery, site: &Site, request: &BatteryRequest) -> String {
    battery.plan(site, request).unwrap().cost().to_string()
}

fn site(import: &[&str]) -> Site {
    Site::new(grid(import.len()), &rates(import)).unwrap()
}

fn sold(import: &[&str], export: &[&str]) -> Site {
    site(import).export(&rates(export)).unwrap()
}

fn span(from: usize, to: usize) -> Span {
    let grid = grid(48);
    Span::new(grid.slot(from).unwrap().span.from(), grid.slot(to).unwrap().span.from()).unwrap()
}

fn at(slot: usize) -> chrono::DateTime<chrono::Utc> {
    grid(48).slot(slot).unwrap().span.from()
}

#[test]
fn buy_low_sell_high() {
    // 2 kWh at 10 p, out at 30 p: 2 x 20.
    let site = sold(&["10", "30"], &["0", "30"]);
    assert_eq!(cost(&lossless("2"), &site, &BatteryRequest::default()), "-40");
}

#[test]
fn negative_prices_do_not_charge_and_discharge_at_once() {
    // -10 p: filling 2 kWh brings 20; a linear relaxation would go on for ever.
    let site = sold(&["-10"], &["-10"]);
    let plan = lossless("2")
        .with_efficiency("0.5".parse().unwrap(), "0.5".parse().unwrap())
        .plan(&site, &BatteryRequest::default())
        .unwrap();
    // Storing 2 kWh takes 4 from the grid.
    assert_eq!(plan.cost().to_string(), "-40");
    assert!(plan.slots()[0].discharge.is_zero());
}

#[test]
fn export_above_import_does_not_pass_through() {
    // Import 10, export 30, nothing stored: the meter goes one way only.
    let site = sold(&["10"], &["30"]);
    assert_eq!(cost(&lossless("2"), &site, &BatteryRequest::default()), "0");
}

#[test]
fn the_least_power_is_all_or_nothing() {
    // 1 kWh of room, but at least 2 kW (1 kWh a half-hour) out of a 0.5 kWh load without export.
    let site = site(&["10", "40"]).load(&energies(&["0", "0.5"])).unwrap().export_limit("0".parse().unwrap());
    let battery = lossless("1");
    assert_eq!(cost(&battery, &site, &BatteryRequest::default()), "5");
    let discharger =
        Converter::new("2".parse().unwrap(), Efficiency::PERFECT).at_least("2".parse().unwrap()).unwrap();
    let stiff = battery.with_discharger(discharger);
    assert_eq!(cost(&stiff, &site, &BatteryRequest::default()), "20");
}

#[test]
fn a_curve_loses_what_it_says() {
    // 1 kW at 0.5, 2 kW at 0.75: in a half-hour 1 kWh in stores 0.75.
    let curve = Converter::with_curve(vec![
        ("1".parse().unwrap(), "0.5".parse().unwrap()),
        ("2".parse().unwrap(), "0.75".parse().unwrap()),
    ])
    .unwrap();
    let site = sold(&["10", "40"], &["0", "40"]);
    let battery = lossless("10").with_charger(curve);
    // 1 kWh for 10 p, 0.75 kWh sold at 40 p.
    assert_eq!(cost(&battery, &site, &BatteryRequest::default()), "-20");
}

#[test]
fn a_hybrid_inverter_limits_and_loses() {
    // 3 kWh of solar on the DC side, output 4 kW at 0.9: at most 2 kWh AC a slot from 2.22 DC; the rest is stored.
    let hybrid = HybridInverter {
        output: "4".parse().unwrap(),
        output_efficiency: "0.9".parse().unwrap(),
        input: "0".parse().unwrap(),
        input_efficiency: Efficiency::PERFECT,
    };
    let site = sold(&["20", "20"], &["10", "10"]).solar(&energies(&["3", "0"])).unwrap();
    // Everything is sold in the end: 3 x 0.9 x 10.
    assert_eq!(cost(&lossless("5").behind(hybrid), &site, &BatteryRequest::default()), "-27");
    // Without a battery only 2 kWh AC.
    assert_eq!(cost(&lossless("0").behind(hybrid), &site, &BatteryRequest::default()), "-20");
}

#[test]
fn standing_loss_and_standby() {
    // 1 kW of loss takes 0.5 kWh a slot while there is something: 2 kWh bought, two slots held, 0.5 + 0.5 lost.
    let site = sold(&["10", "90", "90"], &["0", "0", "50"]);
    let battery = lossless("2").with_standing_loss("1".parse().unwrap());
    // 2 kWh in, loss of slots 0 and 1, 1 kWh out in slot 2: 20 - 50.
    assert_eq!(cost(&battery, &site, &BatteryRequest::default()), "-30");
    let battery = lossless("2").with_standby("1".parse().unwrap());
    // The standby takes 0.5 kWh a slot; the battery serves slots 1 and 2, or sells: 10 x (2 + 0.5) - 50 x (2 - 0.5 - 0.5) = -25.
    assert_eq!(cost(&battery, &site, &BatteryRequest::default()), "-25");
}

#[test]
fn reserve_targets_and_soft_levels() {
    let site = sold(&["10", "30", "20"], &["0", "30", "0"]);
    let two = BatteryRequest::starting_at("2".parse().unwrap());
    assert_eq!(cost(&lossless("2"), &site, &two), "-60");
    assert_eq!(cost(&lossless("2"), &site, &two.clone().reserve("0.5".parse().unwrap())), "-45");
    // A target of 1 kWh at the start of slot 2.
    assert_eq!(cost(&lossless("2"), &site, &two.clone().level_at_least(at(2), "1".parse().unwrap())), "-30");
    // The same, soft: at 10 p it is cheaper to miss it, at 50 p to keep it.
    let soft =
        |price: &str| two.clone().soft_level(at(2), "1".parse().unwrap(), price.parse().unwrap()).unwrap();
    assert_eq!(cost(&lossless("2"), &site, &soft("10")), "-50");
    assert_eq!(cost(&lossless("2"), &site, &soft("50")), "-30");
    // Kept at the end: bought back at 20 p.
    assert_eq!(cost(&lossless("2"), &site, &two.clone().ending_at("2".parse().unwrap())), "-20");
}

#[test]
fn end_values() {
    let site = site(&["10"]);
    let with = |value| BatteryRequest::default().end_value(value);
    assert_eq!(cost(&lossless("2"), &site, &with(EndValue::Rate("15".parse().unwrap()))), "-10");
    let bands =
        vec![("1".parse().unwrap(), "30".parse().unwrap()), ("2".parse().unwrap(), "12".parse().unwrap())];
    assert_eq!(cost(&lossless("3"), &site, &with(EndValue::Bands(bands))), "-22");
}

#[test]
fn a_repeating_day_is_worth_its_next_morning() {
    // Every day: 10 p, then 30 p with a load of 1 kWh. A kWh left at the end saves the 10 p of the next first slot.
    let day = site(&["10", "30"]).load(&energies(&["0", "1"])).unwrap();
    let request =
        BatteryRequest::starting_at("1".parse().unwrap()).end_value(EndValue::RepeatingDay(Box::new(day)));
    let last = sold(&["25"], &["9"]);
    // Selling at 9 p brings less than the 10 p that it is worth tomorrow.
    assert_eq!(lossless("1").plan(&last, &request).unwrap().slots()[0].stored.to_string(), "1");
    let last = sold(&["25"], &["11"]);
    assert_eq!(lossless("1").plan(&last, &request).unwrap().slots()[0].stored.to_string(), "0");
}

/// A charger that fills the store or does nothing, every day half of it used: it charges every other day, 2 kWh at 10 p, so
/// that a kWh left saves one day's share of that, 10 p. Between, at 0.5 kWh, it cannot charge: half the load costs 50 p, and
/// then the store is empty as after a whole one.
#[test]
fn a_day_that_comes_round_in_two_has_a_value_too() {
    let full: Power = "4".parse().unwrap();
    let day = site(&["10", "100"]).load(&energies(&["0", "1"])).unwrap().without_curtailment();
    let battery =
        lossless("2").with_charger(Converter::new(full, Efficiency::PERFECT).at_least(full).unwrap());
    let request = BatteryRequest::default().end_value(EndValue::RepeatingDay(Box::new(day.clone())));
    let plan = battery.plan(&day, &request).unwrap();
    let worth = |level: &str| {
        let cost = |level: &str| plan.cost_to_go(2, level.parse().unwrap()).unwrap().unwrap();
        cost("0").checked_sub(cost(level)).unwrap().to_string()
    };
    assert_eq!([worth("1"), worth("2"), worth("0.5")], ["10", "20", "-40"]);
}

/// An efficiency that rises with the power: the best day creeps from level to level and never quite comes round.
#[test]
fn a_day_that_creeps_settles_within_a_tenth_of_a_penny() {
    let curve = |points: &[(&str, &str)]| {
        Converter::with_curve(points.iter().map(|(p, e)| (p.parse().unwrap(), e.parse().unwrap())).collect())
            .unwrap()
    };
    let battery = standard("1.5").with_charger(curve(&[("1", "0.9"), ("5", "0.94")]));
    let price = |slot: usize| match slot {
        4..10 => "7.413",
        32..38 => "34.587",
        _ => "18.291",
    };
    let load: Vec<Energy> =
        (0..48_i64).map(|slot| Energy::from_units(13_700_000 + slot * 7 % 11 * 3_100_000).unwrap()).collect();
    let day = site(&(0..48).map(price).collect::<Vec<_>>()).load(&load).unwrap();
    let request = BatteryRequest::default().end_value(EndValue::RepeatingDay(Box::new(day.clone())));
    let once = battery.plan(&day, &request).unwrap();
    // The value function reproduces itself: putting the day before it shifts it by one amount, to 0.1 p.
    let shifts: Vec<f64> = (0..=20)
        .map(|half| {
            let level = Energy::from_units(half * 50_000_000).unwrap();
            let cost = |boundary| {
                let cost = once.cost_to_go(boundary, level).unwrap().unwrap();
                cost.to_string().parse::<f64>().unwrap()
            };
            cost(0) - cost(48)
        })
        .collect();
    let (low, high) = shifts.iter().fold((f64::MAX, f64::MIN), |(l, h), s| (l.min(*s), h.max(*s)));
    assert!(high - low <= 0.1, "{shifts:?}");
}

#[test]
fn holds_and_draws() {
    let site = sold(&["10", "30", "20"], &["0", "30", "20"]);
    let full = BatteryRequest::starting_at("2".parse().unwrap());
    let held = full.clone().hold(span(0, 2), Hold::Level);
    assert_eq!(cost(&lossless("2"), &site, &held), "-40");
    let frozen = BatteryRequest::default().hold(span(0, 1), Hold::NoCharge);
    assert_eq!(cost(&lossless("2"), &site, &frozen), "0");
    // A trip of 1.5 kWh in slot 1 must be there: 0.5 kWh can be sold.
    assert_eq!(cost(&lossless("2"), &site, &full.draw(at(1), "1.5".parse().unwrap())), "-15");
}

#[test]
fn starts_are_counted() {
    let site = sold(&["10", "40", "10", "50"], &["0", "40", "0", "50"]);
    let battery = lossless("1");
    assert_eq!(cost(&battery, &site, &BatteryRequest::default()), "-70");
    let once = BatteryRequest::default().at_most(1, Count::ChargeStarts);
    // One charging start: bought at 10, sold at 50.
    assert_eq!(cost(&battery, &site, &once), "-40");
    let priced = |p: &str| {
        let pence: Money = p.parse().unwrap();
        BatteryRequest::default().price_per_change(pence, Count::ChargeStarts).unwrap()
    };
    assert_eq!(cost(&battery, &site, &priced("5")), "-60");
    assert_eq!(cost(&battery, &site, &priced("35")), "-5");
    assert_eq!(cost(&battery, &site, &BatteryRequest::default().at_most(0, Count::Changes)), "0");
}

/// A run of discharging that stands at no power is still under the rule that a discharging battery's meter does not
/// export: the plan showed the export that its optimum had not counted. Found beside a mixed-integer solver.
#[test]
fn a_resting_run_keeps_the_rules_of_its_mode() {
    let site = sold(&["20", "20", "20"], &["5", "5", "5"])
        .load(&energies(&["1", "0", "1"]))
        .unwrap()
        .solar(&energies(&["0", "0.2", "0"]))
        .unwrap()
        .without_battery_export();
    let request = BatteryRequest::starting_at("2".parse().unwrap())
        .hold(span(1, 2), Hold::NoCharge)
        .at_most(1, Count::DischargeStarts);
    let plan = lossless("2").plan(&site, &request).unwrap();
    assert_eq!(plan.cost(), Money::ZERO);
    assert_eq!(plan.costs().cost().unwrap(), plan.cost());
    assert_eq!(plan.slots()[1].curtailed.to_string(), "0.2");
}

#[test]
fn site_rules() {
    let solar = energies(&["1", "0"]);
    let sunny = sold(&["5", "30"], &["4", "30"]).solar(&solar).unwrap();
    assert_eq!(cost(&lossless("2"), &sunny, &BatteryRequest::default()), "-55");
    // Only the surplus of 1 kWh may be stored.
    assert_eq!(
        cost(&lossless("2"), &sunny.clone().without_grid_charging(), &BatteryRequest::default()),
        "-30"
    );
    // Only the load may be served: there is none.
    assert_eq!(cost(&lossless("2"), &sunny.without_battery_export(), &BatteryRequest::default()), "-4");
    // Solar that may not be curtailed pays a negative export rate.
    let paid = sold(&["5"], &["-3"]).solar(&energies(&["1"])).unwrap();
    assert_eq!(cost(&lossless("0"), &paid, &BatteryRequest::default()), "0");
    assert_eq!(cost(&lossless("0"), &paid.without_curtailment(), &BatteryRequest::default()), "3");
}

#[test]
fn carbon_counts_in_the_plan_and_stands_apart() {
    let site = sold(&["10", "12"], &["0", "0"]).carbon(&rates(&["5", "1"])).unwrap();
    let request = BatteryRequest::default().ending_at("1".parse().unwrap());
    let plan = lossless("1").plan(&site, &request).unwrap();
    assert_eq!(plan.cost().to_string(), "13");
    assert_eq!((plan.costs().grid.to_string(), plan.costs().carbon.to_string()), ("12".into(), "1".into()));
}

#[test]
fn infeasible_input_is_said_to_be() {
    let site = site(&["10", "20"]);
    let slow = Battery::new("10".parse().unwrap(), "1".parse().unwrap()).unwrap();
    let refused = |request: BatteryRequest| slow.plan(&site, &request).unwrap_err();
    // 1 kW for an hour is 1 kWh.
    let error = refused(BatteryRequest::default().ending_at("2".parse().unwrap()));
    assert!(error.is_infeasible(), "{error}");
    assert!(error.to_string().contains("2021-01-01T00:00:00Z"), "{error}");
    assert!(refused(BatteryRequest::default().reserve("11".parse().unwrap())).is_infeasible());
    assert!(refused(BatteryRequest::starting_at("11".parse().unwrap())).is_infeasible());
    let both = BatteryRequest::default()
        .level_at_least(at(1), "5".parse().unwrap())
        .level_at_most(at(1), "1".parse().unwrap());
    assert!(refused(both).is_infeasible());
    assert!(Site::new(grid(0), &[]).unwrap_err().is_missing());
    assert!(Site::new(grid(2), &rates(&["1"])).unwrap_err().is_misaligned());
    assert!(
        "NaN".parse::<Efficiency>().is_err()
            && "0".parse::<Efficiency>().is_err()
            && "1.01".parse::<Efficiency>().is_err()
    );
    assert!(
        Battery::new("1".parse().unwrap(), "-1".parse().unwrap())
            .unwrap()
            .plan(&site, &BatteryRequest::default())
            .unwrap_err()
            .is_out_of_range()
    );
    let off_grid =
        BatteryRequest::default().level_at_least(at(0) + chrono::TimeDelta::minutes(7), "1".parse().unwrap());
    assert!(refused(off_grid).is_misaligned());
}

#[test]
fn a_huge_price_keeps_its_digits() {
    let site = sold(&["0.0001", "999999999.9999"], &["0", "999999999.9999"]);
    let plan = lossless("2").plan(&site, &BatteryRequest::default()).unwrap();
    assert_eq!(plan.cost().to_string(), "-1999999999.9996");
    // Slopes beyond 64 bits: solved all the same, or refused for its digits, never rounded.
    let wide = sold(&["0.00000001", "9999999.99999999"], &["0", "9999999.99999999"]);
    let odd =
        |capacity| lossless(capacity).with_efficiency("0.9301".parse().unwrap(), "0.9703".parse().unwrap());
    let plan = odd("2").plan(&wide, &BatteryRequest::default()).unwrap();
    // 2 kWh in for 2 / 0.9301 x 10^-8 p, 2 x 0.9703 kWh out at 9,999,999.99999999 p: by hand with Python's fractions.
    assert_eq!(plan.cost().to_string(), "-19405999.99999995909093581335");
    assert!(odd("2.00000001").plan(&wide, &BatteryRequest::default()).unwrap_err().is_precision());
}

#[test]
fn what_a_stored_kwh_is_worth() {
    let site = sold(&["10", "40", "30"], &["0", "40", "20"]);
    let plan = lossless("2").plan(&site, &BatteryRequest::default()).unwrap();
    let level = |text: &str| text.parse::<Energy>().unwrap();
    // After slot 0 a stored kWh brings 40 p in slot 1, up to the power.
    assert_eq!(plan.value(1, level("1")).unwrap().unwrap().to_string(), "40");
    assert_eq!(plan.value(2, level("1")).unwrap().unwrap().to_string(), "20");
    assert_eq!(plan.value(3, level("1")).unwrap().unwrap().to_string(), "0");
    assert_eq!(plan.cost_to_go(2, level("1.5")).unwrap().unwrap().to_string(), "-30");
    assert_eq!(plan.slots()[0].value.unwrap().to_string(), "40");
}

#[test]
fn the_policy_says_what_to_do_at_any_level() {
    let site = sold(&["10", "40"], &["0", "40"]);
    let plan = lossless("2").plan(&site, &BatteryRequest::default()).unwrap();
    let rows = plan.policy(0).unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].action, Action::GoTo("2".parse().unwrap()));
    assert_eq!((rows[0].from, rows[0].to), (Energy::ZERO, "2".parse().unwrap()));
    assert_eq!(plan.best_action(0, "0.5".parse().unwrap()).unwrap().unwrap().to_string(), "1.5");
    assert_eq!(plan.policy(1).unwrap()[0].action, Action::GoTo(Energy::ZERO));
}

#[test]
fn another_plan_has_its_price() {
    let site = sold(&["10", "40", "30"], &["0", "40", "20"]);
    let (battery, request) = (lossless("2"), BatteryRequest::default());
    let priced = |levels: &[&str]| battery.cost_of(&site, &request, &energies(levels));
    assert_eq!(priced(&["2", "0", "0"]).unwrap().to_string(), "-60");
    assert_eq!(priced(&["2", "2", "0"]).unwrap().to_string(), "-20");
    assert_eq!(priced(&["0", "0", "0"]).unwrap().to_string(), "0");
    assert!(priced(&["2", "0"]).unwrap_err().is_misaligned());
    let slow = Battery::new("2".parse().unwrap(), "1".parse().unwrap()).unwrap();
    let error = slow.cost_of(&site, &request, &energies(&["0.5", "1.5", "1"])).unwrap_err();
    assert!(error.is_infeasible() && error.to_string().contains("00:30"), "{error}");
}

#[test]
fn every_action_has_a_reason() {
    let site =
        site(&["3.1", "3.1", "20", "24.6", "24.6"]).load(&energies(&["0", "0", "0", "0.9", "0.9"])).unwrap();
    let battery = Battery::new("2".parse().unwrap(), "2".parse().unwrap())
        .unwrap()
        .with_efficiency("0.9".parse().unwrap(), Efficiency::PERFECT)
        .with_wear("1".parse().unwrap())
        .unwrap();
    let plan = battery.plan(&site, &BatteryRequest::default()).unwrap();
    let texts: Vec<String> = plan
        .explain(&battery, &site, &crate::time::Calendar::great_britain())
        .into_iter()
        .map(|r| r.text)
        .collect();
    // 2 kWh at 3.1 p store 1.8, which save 24.6 p less 1 p of wear: (1.8 x 23.6 - 6.2) / 2 = 18.14 p a kWh charged.
    assert_eq!(
        texts,
        [
            "Charge 2.00 kWh 00:00-01:00 at 3.1 p to use 01:30-02:30 at 24.6 p: after losses and wear 18.1 p gained a kWh charged.",
            "Wait 01:00-01:30, at 1.80 kWh: import is 20.0 p and a stored kWh is worth 23.6 p, so neither charging nor discharging pays.",
            "Discharge 1.80 kWh 01:30-02:30: each kWh is worth 24.6 p, less 1.0 p wear.",
        ]
    );
}
