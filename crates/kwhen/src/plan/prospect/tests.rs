use super::*;
use crate::plan::Power;
use crate::plan::battery::tests::{golden, grid, home, lossless, standard};
use crate::plan::battery::{Battery, BatteryRequest};
use crate::plan::forecast::Foreseen;
use crate::quantity::Money;
use chrono::TimeDelta;

fn rate(text: &str) -> UnitRate {
    text.parse().unwrap()
}

fn energy(text: &str) -> Energy {
    text.parse().unwrap()
}

fn pence(text: &str) -> Money {
    text.parse().unwrap()
}

/// Loads and import rates, a slot each.
fn scenario(weight: u64, slots: &[(&str, &str)]) -> Scenario {
    let slot = |(load, import): &(&str, &str)| SlotForecast {
        load: energy(load),
        import: rate(import),
        ..Default::default()
    };
    Scenario::new(weight, slots.iter().map(slot).collect())
}

fn site(slots: usize) -> Site {
    Site::new(grid(slots), &vec![UnitRate::ZERO; slots]).unwrap()
}

/// Worked by hand: a kWh costs 10 p now and 30 p later, when either none or two are used. On average a second kWh is worth 15 p, so two are
/// bought; a plan on the mean buys one.
#[test]
fn a_kwh_that_is_used_half_the_time_is_worth_half() {
    let both = vec![scenario(1, &[("0", "10"), ("0", "30")]), scenario(1, &[("0", "10"), ("2", "30")])];
    let prospect = Prospect::of_scenarios(&site(2), both).unwrap();
    let plan = prospect.plan(&lossless("2"), &BatteryRequest::default()).unwrap();
    assert_eq!((plan.cost, plan.bound), (pence("20"), Money::ZERO));
    let costs = |pick: fn(&ScenarioCost) -> Money| plan.scenarios.iter().map(pick).collect::<Vec<_>>();
    assert_eq!(costs(|one| one.cost), [pence("20"), pence("20")]);
    assert_eq!(costs(|one| one.known), [Money::ZERO, pence("20")]);
    assert_eq!(costs(|one| one.single), [pence("10"), pence("40")]);
    assert_eq!(plan.mean_cost().unwrap(), Some(pence("20")));
    assert_eq!(plan.mean_known().unwrap(), Some(pence("10")));
    assert_eq!(plan.mean_single().unwrap(), Some(pence("25")));
    assert_eq!((plan.cost_quantile(10), plan.cost_quantile(90)), (Some(pence("20")), Some(pence("20"))));
    let first = plan.slots.first().unwrap();
    assert_eq!((first.dispatch.charge, first.dispatch.stored), (energy("2"), energy("2")));
    assert_eq!(plan.slots[1].stored_range, (Energy::ZERO, energy("2")));
    let [held] = plan.insured.as_slice() else { panic!("{:?}", plan.insured) };
    assert_eq!((held.extra, held.value, held.single_value), (energy("1"), rate("15"), UnitRate::ZERO));
    // The table says the same at any level: fill up to 2 kWh.
    let rows = plan.policy(0, 0).unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].action, crate::plan::battery::Action::GoTo(energy("2")));
    let values = plan.value_function(1, 0).unwrap();
    assert_eq!((values.len(), values[0].value, values[0].cost_to_go), (1, rate("15"), pence("30")));
    assert!(plan.policy(2, 0).is_err() && plan.policy(0, 1).is_err() && plan.value_function(3, 0).is_err());
}

/// With three times the weight on the quiet way a kWh is worth 7.5 p, and none is bought.
#[test]
fn weights_decide() {
    let both = vec![scenario(3, &[("0", "10"), ("0", "30")]), scenario(1, &[("0", "10"), ("2", "30")])];
    let prospect = Prospect::of_scenarios(&site(2), both).unwrap();
    let expected = Site::new(grid(2), &[rate("10"), rate("30")]).unwrap();
    let expected = expected.load(&[Energy::ZERO, energy("0.5")]).unwrap();
    let mean = prospect.mean_site().unwrap();
    assert_eq!((mean.import, mean.load), (expected.import, expected.load));
    let plan = prospect.plan(&lossless("2"), &BatteryRequest::default()).unwrap();
    assert_eq!((plan.cost, plan.mean_cost().unwrap()), (pence("15"), Some(pence("15"))));
    assert_eq!((plan.cost_quantile(50), plan.cost_quantile(90)), (Some(Money::ZERO), Some(pence("60"))));
    // The plan on the mean, 0.5 kWh, buys that much: here room is left beside it.
    let [held] = plan.insured.as_slice() else { panic!("{:?}", plan.insured) };
    assert_eq!((held.extra, held.value, held.single_value), (-energy("0.5"), rate("7.5"), rate("30")));
}

/// Rates that are not known are scenarios too: cheap later or dear later.
#[test]
fn rates_may_be_open() {
    let both = vec![scenario(1, &[("0", "10"), ("1", "4")]), scenario(1, &[("0", "10"), ("1", "24")])];
    let plan = Prospect::of_scenarios(&site(2), both).unwrap();
    let plan = plan.plan(&lossless("2"), &BatteryRequest::default()).unwrap();
    // 14 p on average: a kWh bought at 10 p is used whatever the rate turns out to be.
    assert_eq!((plan.cost, plan.mean_known().unwrap()), (pence("10"), Some(pence("7"))));
}

#[test]
fn one_scenario_is_the_plain_plan() {
    let Some(data) = golden() else {
        eprintln!("skipped: the golden data are not here");
        return;
    };
    let site = home(&data, 4_000..4_096);
    let slots: Vec<SlotForecast> = (0..96)
        .map(|index| SlotForecast {
            load: Energy::from_units(site.load_units(index)).unwrap(),
            solar: Energy::from_units(site.solar_units(index)).unwrap(),
            import: UnitRate::from_units(site.import_units(index)).unwrap(),
            export: UnitRate::from_units(site.export_units(index)).unwrap(),
        })
        .collect();
    let (battery, request) = (standard("1.5"), BatteryRequest::starting_at(energy("3")));
    let plain = battery.plan(&site, &request).unwrap();
    // Its mean is rounded to what people write; the data are.
    let prospect = Prospect::of_scenarios(&site, vec![Scenario::new(7, slots)]).unwrap();
    let plan = prospect.plan(&battery, &request).unwrap();
    let [one] = plan.scenarios.as_slice() else { panic!("{:?}", plan.scenarios) };
    assert_eq!((one.known, one.cost, one.single), (plain.cost(), plain.cost(), plain.cost()));
    let off = plan.cost.checked_sub(plain.cost()).unwrap().units().abs();
    assert!(off <= plan.bound.units(), "{} {} {}", plan.cost, plain.cost(), plan.bound);
    assert!(plan.insured.is_empty(), "{:?}", plan.insured);
}

/// A home's past: nothing after now changes the plan, and no scenario costs less than it would have, had it been known.
#[test]
fn the_past_alone_decides() {
    let Some(data) = golden() else {
        eprintln!("skipped: the golden data are not here");
        return;
    };
    let calendar = Calendar::great_britain();
    let whole = home(&data, 3_000..3_000 + 48 * 30);
    let (now, until) = (48 * 28 + 32, 48 * 29 + 46);
    let at = |slot: usize| whole.span_of(slot).from();
    let plan = |site: &Site| {
        let days = PastDays::alike(14).unwrap();
        let prospect =
            Prospect::of_past(site, at(now), at(until), &calendar, days, &Forecasts::default()).unwrap();
        assert_eq!((prospect.known_rates(), prospect.scenarios().len()), (until - now, 14));
        prospect.plan(&standard("1.5"), &BatteryRequest::starting_at(energy("4"))).unwrap()
    };
    let own = plan(&whole);
    let mut other = whole.clone();
    other.load.iter_mut().skip(now).for_each(|load| *load = 900_000_000);
    other.solar.iter_mut().skip(now).for_each(|sun| *sun = 0);
    other.import.iter_mut().skip(until).for_each(|rate| *rate = -900_000_000);
    other.export.iter_mut().skip(until).for_each(|rate| *rate = 0);
    let other = plan(&other);
    assert_eq!((own.cost, &own.scenarios, &own.slots), (other.cost, &other.scenarios, &other.slots));
    assert!(own.scenarios.iter().all(|one| one.known <= one.cost && one.known <= one.single), "{own:?}");
    assert!(own.mean_cost().unwrap() <= own.mean_single().unwrap(), "{own:?}");
    assert!(own.cost_quantile(10) <= own.cost_quantile(50) && own.cost_quantile(50) <= own.cost_quantile(90));
    // What is known of the rates does change it, and is not rounded where the rest is taken at its mean.
    let mut known = whole.clone();
    known.import[now + 1] = 1_234_567_891;
    let days = PastDays::alike(14).unwrap();
    let prospect =
        Prospect::of_past(&known, at(now), at(until), &calendar, days, &Forecasts::default()).unwrap();
    let mean = prospect.mean_site().unwrap();
    assert_eq!(mean.import[..until - now], known.import[now..until]);
    known.import.iter_mut().skip(now + 4).take(4).for_each(|rate| *rate = -900_000_000);
    assert_ne!(plan(&known).cost, own.cost);
}

#[test]
fn a_forecast_moves_the_plan() {
    let day: Vec<Energy> = vec![energy("0.5"); 48 * 3];
    let rates: Vec<UnitRate> =
        (0..48 * 3).map(|slot| rate(if slot % 48 < 24 { "10" } else { "30" })).collect();
    let site = Site::new(grid(48 * 3), &rates).unwrap().load(&day).unwrap();
    let (now, end) = (site.span_of(96).from(), site.span().to());
    let calendar = Calendar::great_britain();
    let plan = |forecasts: &Forecasts| {
        let days = PastDays::latest(2).unwrap();
        let prospect = Prospect::of_past(&site, now, end, &calendar, days, forecasts).unwrap();
        prospect.plan(&lossless("40"), &BatteryRequest::default()).unwrap().cost
    };
    // 24 kWh, all of it bought at 10 p; twice as much if that is foreseen, and half of it a slot later.
    assert_eq!(plan(&Forecasts::default()), pence("240"));
    let twice = vec![Some(Foreseen::Single(energy("1"))); 48];
    assert_eq!(plan(&Forecasts::default().load(&twice).unwrap()), pence("480"));
    let some: Vec<_> = twice.iter().take(10).copied().collect();
    assert_eq!(plan(&Forecasts::default().load(&some).unwrap()), pence("290"));
    let long = vec![Some(Foreseen::Single(energy("1"))); 49];
    let refused = Prospect::of_past(
        &site,
        now,
        end,
        &calendar,
        PastDays::latest(2).unwrap(),
        &Forecasts::default().load(&long).unwrap(),
    );
    assert!(refused.unwrap_err().to_string().contains("49 slots where 48 are planned"));
}

/// A way in which nothing that is done keeps to the limits is left out and counted.
#[test]
fn a_way_beyond_every_limit_is_left_out() {
    let limited = site(2).import_limit("4".parse::<Power>().unwrap());
    let ways = vec![scenario(1, &[("0", "10"), ("2", "30")]), scenario(1, &[("0", "10"), ("9", "30")])];
    let prospect = Prospect::of_scenarios(&limited, ways).unwrap();
    let plan = prospect.plan(&lossless("2"), &BatteryRequest::default()).unwrap();
    assert_eq!((plan.left_out, plan.infeasible, plan.scenarios.len()), (1, 1, 1));
    assert_eq!(plan.cost, pence("20"));
    let none = Prospect::of_scenarios(&limited, vec![scenario(1, &[("0", "10"), ("9", "30")])]).unwrap();
    let refused = none.plan(&lossless("2"), &BatteryRequest::default()).unwrap_err();
    assert!(refused.is_infeasible(), "{refused}");
}

#[test]
fn what_is_no_prospect_is_refused() {
    let refused =
        |scenarios: Vec<Scenario>| Prospect::of_scenarios(&site(2), scenarios).unwrap_err().to_string();
    assert!(refused(Vec::new()).contains("no scenario that counts"));
    assert!(refused(vec![scenario(0, &[("1", "1"), ("1", "1")])]).contains("no scenario that counts"));
    let short = refused(vec![scenario(1, &[("1", "1"), ("1", "1")]), scenario(1, &[("1", "1")])]);
    assert!(short.contains("row 2") && short.contains("1 slots where 2 are planned"), "{short}");
    let heavy = refused(vec![scenario(1_000_001, &[("1", "1"), ("1", "1")])]);
    assert!(heavy.contains("1000001"), "{heavy}");
    let calendar = Calendar::great_britain();
    let past = |now: DateTime<Utc>| {
        let days = PastDays::default();
        Prospect::of_past(&site(96), now, now, &calendar, days, &Forecasts::default()).map(|_| ())
    };
    let start = site(96).span().from();
    assert!(past(start).unwrap_err().to_string().contains("no past day to go by"));
    assert!(past(start - TimeDelta::hours(1)).unwrap_err().is_out_of_range());
    assert!(past(start + TimeDelta::hours(48)).unwrap_err().is_out_of_range());
    past(start + TimeDelta::hours(24)).unwrap();
    let prospect = Prospect::of_scenarios(&site(1), vec![scenario(1, &[("1", "1")])]).unwrap();
    let counted = BatteryRequest::default().at_most(1, crate::plan::battery::Count::Starts);
    assert!(prospect.plan(&lossless("1"), &counted).unwrap_err().is_unsupported());
    let cold = Battery::new(energy("1"), "1".parse().unwrap()).unwrap();
    assert!(prospect.plan(&cold, &BatteryRequest::default()).is_ok());
}
