//! Thermal stores of a fleet: by hand, and against exhaustive search in exact fractions.

use super::tests::{device, rates};
use super::*;
use crate::plan::battery::tests::grid;
use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};

fn kwh(text: &str) -> Energy {
    text.parse().unwrap()
}

fn store(capacity: &str, powers: &[&str]) -> ThermalStore {
    let powers: Vec<Power> = powers.iter().map(|power| power.parse().unwrap()).collect();
    ThermalStore::new("tank", kwh(capacity), &powers).unwrap()
}

fn plan(site: &Site, store: ThermalStore) -> FleetPlan {
    Fleet::new(Vec::new()).unwrap().thermal_stores(vec![store]).unwrap().plan(site).unwrap()
}

fn stored(plan: &FleetPlan) -> Vec<String> {
    plan.thermal()[0].slots().iter().map(|slot| slot.stored.to_string()).collect()
}

/// Level by level without a graph it is what the graph finds.
#[test]
fn over_years_it_is_planned_as_over_days() {
    let mut state = 3_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for loss in ["0", "0.012", "0.2", "0.7"] {
        let prices: Vec<i64> = (0..48).map(|_| next(40) as i64 - 5).collect();
        let site = Site::new(grid(48), &rates(&prices)).unwrap();
        let at = |slot: usize| grid(48).slot(slot).unwrap().span;
        let tank =
            store("6", &["1.3", "2.1"]).heat_per_kwh(kwh("2.7")).unwrap().starting_at(kwh("2.3")).unwrap();
        let tank = tank.loss_per_hour(kwh(loss)).unwrap().level_step(kwh("0.037")).unwrap();
        let band = |slot: usize, price: Option<&str>| ThermalBand {
            span: at(slot),
            at_least: Some(kwh("0.5")),
            at_most: Some(kwh("4.5")),
            price: price.map(|price| price.parse().unwrap()),
        };
        let tank = tank.draw(at(9).from(), kwh("0.4")).unwrap().draw(at(30).from(), kwh("1.1")).unwrap();
        let tank = tank.band(band(20, None)).unwrap().band(band(40, Some("50"))).unwrap();
        let tank = tank.end_value("7".parse().unwrap()).unwrap();
        let costs = |slot: usize, energies: &[i64]| -> Vec<Option<i128>> {
            energies.iter().map(|energy| site.meter_cost(slot, *energy, 0)).collect()
        };
        let heated = Heating::new(&tank, &site, &[]).unwrap().foreseen(costs).unwrap();
        let bought = heated.taken.iter().zip(&prices).map(|(taken, price)| *taken * rates(&[*price])[0]);
        let cost = Money::sum(bought.chain([heated.own])).unwrap();
        assert_eq!(cost, plan(&site, tank).cost(), "{loss}");
    }
}

/// Without losses and with whole kWh nothing is rounded: the plan is proven.
#[test]
fn heat_is_made_when_it_is_cheap() {
    let site = Site::new(grid(4), &rates(&[10, 30, 20, 40])).unwrap();
    let at = |slot: usize| grid(4).slot(slot).unwrap().span.from();
    // 2 kW for half an hour at a factor of 3 are 3 kWh of heat; 5 kWh are drawn in the last slot.
    let tank = store("6", &["2"]).heat_per_kwh(kwh("3")).unwrap().draw(at(3), kwh("5")).unwrap();
    let tank = tank.level_step(kwh("0.5")).unwrap();
    let both = plan(&site, tank.clone());
    assert_eq!((both.cost().to_string(), both.is_proven()), ("30".into(), true), "{}", both.gap());
    assert_eq!(stored(&both), ["3", "3", "6", "1"]);
    assert!(both.thermal()[0].error().is_zero());
    // At a factor of 2 in the third slot two runs are not enough: 10, 20 and 30 p, or 10, 20 and 40 p.
    let worse = tank.clone().heat_per_kwh_for(grid(4).slot(2).unwrap().span, kwh("1.5")).unwrap();
    assert_eq!(plan(&site, worse).cost().to_string(), "40");
    // What is left is worth 4 p a kWh: 1 kWh less.
    let valued = plan(&site, tank.clone().end_value("4".parse().unwrap()).unwrap());
    assert_eq!(valued.cost().to_string(), "26");
    // A soft band: 3 kWh at the end of the first slot or 11 p a kWh short of it.
    let band = |price: &str| ThermalBand {
        span: grid(4).slot(0).unwrap().span,
        at_least: Some(kwh("3")),
        at_most: None,
        price: Some(price.parse().unwrap()),
    };
    let dear = Site::new(grid(4), &rates(&[60, 30, 20, 40])).unwrap();
    assert_eq!(plan(&dear, tank.clone().band(band("9")).unwrap()).cost().to_string(), "77");
    assert_eq!(plan(&dear, tank.clone().band(band("20")).unwrap()).cost().to_string(), "80");
    let short =
        Fleet::new(Vec::new()).unwrap().thermal_stores(vec![tank.draw(at(0), kwh("4")).unwrap()]).unwrap();
    let error = short.plan(&site).unwrap_err();
    assert!(
        error.is_infeasible()
            && error.to_string().contains("tank")
            && error.to_string().contains("start with more"),
        "{error}"
    );
}

/// A tenth an hour of what is stored is lost: the plan counts on no more than there is, and the true level is within the stated error.
#[test]
fn what_is_lost_is_in_proportion_to_the_level() {
    let site = Site::new(grid(8), &rates(&[10, 12, 30, 31, 32, 33, 34, 35])).unwrap();
    let last = grid(8).slot(7).unwrap().span.from();
    let tank = store("8", &["2", "4"]).heat_per_kwh(kwh("2.7")).unwrap().loss_per_hour(kwh("0.1")).unwrap();
    let tank = tank.starting_at(kwh("1")).unwrap().draw(last, kwh("4")).unwrap();
    let plan = plan(&site, tank);
    let (mut level, error) = (1.0_f64, plan.thermal()[0].error().units() as f64 * 1e-8);
    assert!(error > 0.0 && error < 0.05, "{error}");
    for (index, slot) in plan.thermal()[0].slots().iter().enumerate() {
        let units = |energy: Energy| energy.units() as f64 * 1e-8;
        level = level * 0.95 + units(slot.taken) * 2.7 - if index == 7 { 4.0 } else { 0.0 };
        let counted = units(slot.stored);
        assert!(
            counted <= level + 1e-7 && level <= counted + error + 1e-7,
            "{index}: {counted} {level} {error}"
        );
        assert!(level >= 0.0);
    }
    assert!(plan.bound() <= plan.cost());
    // A finer step leaves less open.
    assert!(plan.gap() <= "0.5".parse().unwrap(), "{}", plan.gap());
}

#[test]
fn a_store_that_cannot_be_is_refused() {
    let is = |result: Result<ThermalStore>, text: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(text), "{text}: {error}");
    };
    is(ThermalStore::new("a", kwh("0"), &["1".parse().unwrap()]), "capacity_kwh");
    is(ThermalStore::new("a", kwh("1"), &[]), "needs a power");
    is(ThermalStore::new("a", kwh("1"), &[Power::ZERO]), "kw");
    let tank = || store("5", &["2"]);
    is(tank().heat_per_kwh(Energy::ZERO), "cop");
    is(tank().loss_per_hour(kwh("1.1")), "loss_per_hour");
    is(tank().starting_at(kwh("6")), "start_kwh");
    is(tank().level_step(kwh("0.00001")), "level_step_kwh");
    is(tank().draw(grid(1).start(), kwh("-1")), "draws.kwh");
    let band = |at_least: Option<&str>, at_most: Option<&str>, price: Option<&str>| ThermalBand {
        span: grid(1).slot(0).unwrap().span,
        at_least: at_least.map(kwh),
        at_most: at_most.map(kwh),
        price: price.map(|price| price.parse().unwrap()),
    };
    is(tank().band(band(None, None, None)), "needs at_least_kwh");
    is(tank().band(band(None, Some("1"), Some("1"))), "needs at_least_kwh");
    is(tank().band(band(Some("2"), Some("1"), None)), "above at_most_kwh");
    is(tank().band(band(Some("6"), None, None)), "outside the store's 5 kWh");
    let site = Site::new(grid(1), &rates(&[1])).unwrap();
    let late = tank().draw(grid(2).slot(1).unwrap().span.from(), kwh("1")).unwrap();
    let fleet = Fleet::new(Vec::new()).unwrap().thermal_stores(vec![late]).unwrap();
    assert!(fleet.plan(&site).unwrap_err().to_string().contains("draws.at"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A tank with losses and two powers, and a battery of 1 kWh a slot or none, under an import limit: the best over all that both can do,
    /// with the tank's levels in exact fractions, is between the bound and the cost; and the gap is small.
    #[test]
    fn a_tank_and_a_battery_are_planned_as_exhaustive_search_does(
        import in prop::collection::vec(-5_i64..40, 5),
        load in prop::collection::vec(0_i64..2, 5),
        solar in prop::collection::vec(0_i64..2, 5),
        limit in 2_i64..5,
        factors in prop::collection::vec(15_i64..40, 5),
        drawn in prop::collection::vec(0_i64..3, 5),
        loss in 0_i64..20,
        start in 0_i64..5,
        end in 0_i64..3,
        value in 0_i64..9,
    ) {
        let all = |values: &[i64]| values.iter().map(|v| kwh(&v.to_string())).collect::<Vec<_>>();
        let site = Site::new(grid(5), &rates(&import)).unwrap().load(&all(&load)).unwrap().solar(&all(&solar)).unwrap()
            .import_limit((2 * limit).to_string().parse().unwrap());
        let tenths = |value: i64| kwh(&format!("{}.{}", value / 10, value % 10));
        let mut tank = store("6", &["1", "2"]).loss_per_hour(kwh(&format!("0.{loss:02}"))).unwrap()
            .starting_at(kwh(&start.to_string())).unwrap()
            .ending_at_least(kwh(&end.to_string())).unwrap()
            .end_value(value.to_string().parse().unwrap()).unwrap();
        for (slot, (factor, heat)) in grid(5).slots().zip(factors.iter().zip(&drawn)) {
            tank = tank.heat_per_kwh_for(slot.span, tenths(*factor)).unwrap();
            tank = tank.draw(slot.span.from(), kwh(&heat.to_string())).unwrap();
        }
        // The tank in exact fractions: by slot what it takes in half kWh, and the heat left at the end times 200^5.
        let heats = |codes: usize| -> Option<(Vec<i64>, i128)> {
            let takes: Vec<i64> = (0..5).map(|slot| (codes / 3_usize.pow(slot) % 3) as i64).collect();
            let (mut level, mut unit) = (i128::from(start), 1_i128);
            for (slot, half) in takes.iter().enumerate() {
                // Half an hour of a loss of `loss` hundredths an hour; half kWh at tenths: twentieths of a kWh.
                level = level * i128::from(200 - loss) + unit * (10 * i128::from(half * factors[slot]) - 200 * i128::from(drawn[slot]));
                unit *= 200;
                if level < 0 || level > 6 * unit {
                    return None;
                }
            }
            (level >= i128::from(end) * unit).then_some((takes, level))
        };
        let ways: Vec<(Vec<i64>, i128)> = (0..3_usize.pow(5)).filter_map(heats).collect();
        let moves: Vec<Vec<i64>> = (0..3_usize.pow(5))
            .map(|code| (0..5).map(|slot| (code / 3_usize.pow(slot) % 3) as i64 - 1).collect::<Vec<i64>>())
            .filter(|moves| { let mut level = 0; moves.iter().all(|kwh| { level += kwh; (0..=2).contains(&level) }) })
            .collect();
        // In half kWh and half pence.
        let meter = |slot: usize, net: i64| -> Option<i64> {
            (2 * load[slot] - 2 * solar[slot]..=2 * load[slot]).map(|own| own + net)
                .filter(|net| *net <= 2 * limit)
                .map(|net| if net > 0 { net * import[slot] } else { 0 }).min()
        };
        let unit = 200_i128.pow(5);
        let mut best: Option<i128> = None;
        for (takes, left) in &ways {
            for moves in &moves {
                let cost = (0..5).map(|slot| meter(slot, takes[slot] + 2 * moves[slot])).sum::<Option<i64>>();
                // Half pence times 200^5.
                let cost = cost.map(|cost| i128::from(cost) * unit - 2 * i128::from(value) * left);
                best = [best, cost].into_iter().flatten().min();
            }
        }
        let mut house = device("house", "2", "2");
        let converter = || crate::plan::battery::Converter::new("2".parse().unwrap(), "1".parse().unwrap())
            .at_least("2".parse().unwrap()).unwrap();
        house.battery = house.battery.with_charger(converter()).with_discharger(converter());
        let fleet = Fleet::new(vec![house]).unwrap().thermal_stores(vec![tank]).unwrap();
        match (fleet.plan(&site), best) {
            (Ok(plan), Some(best)) => {
                // To 10^-8 p.
                let pence = |money: Money| money.units() / 10_i128.pow(12);
                let exact = best * 100_000_000 / (2 * unit);
                prop_assert!(pence(plan.bound()) <= exact + 1, "{} above {exact}", plan.bound());
                // What it counts on is there, and no more than the error is above it; that may fill the store over its brim.
                let error = plan.thermal()[0].error().units() as f64 * 1e-8;
                let (mut level, mut is_over) = (start as f64, false);
                for (slot, does) in plan.thermal()[0].slots().iter().enumerate() {
                    let taken = does.taken.units() as f64 * 1e-8;
                    level = level * (1.0 - loss as f64 / 200.0) + taken * factors[slot] as f64 / 10.0 - drawn[slot] as f64;
                    let counted = does.stored.units() as f64 * 1e-8;
                    prop_assert!(counted <= level + 1e-7 && level <= counted + error + 1e-7, "{slot}: {counted} {level}");
                    is_over |= level > 6.0;
                }
                prop_assert!(is_over || pence(plan.cost()) >= exact - 1, "{} below {exact}", plan.cost());
            }
            // Where the best is on the very edge, levels that are rounded down may miss it.
            (Err(error), _) => prop_assert!(error.is_infeasible(), "{error}"),
            (plan, best) => prop_assert!(false, "{:?} {best:?}", plan.map(|plan| plan.cost())),
        }
    }
}
