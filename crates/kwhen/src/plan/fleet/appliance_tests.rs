//! Appliances of a fleet: by hand, and against exhaustive search.

use super::tests::{circuit, device, rates};
use super::*;
use crate::plan::battery::tests::grid;
use crate::plan::window::Profile;
use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

fn appliance(name: &str, minutes: u32, powers: &[&str]) -> Appliance {
    let powers: Vec<Power> = powers.iter().map(|power| power.parse().unwrap()).collect();
    Appliance::new(name, Profile::new(minutes, &powers).unwrap()).unwrap()
}

fn minutes(count: i64) -> chrono::DateTime<chrono::Utc> {
    grid(1).start() + chrono::TimeDelta::minutes(count)
}

/// From which minute of the plan to which each cycle runs.
fn cycles(plan: &FleetPlan, appliance: usize) -> Vec<(i64, i64)> {
    let since = |at: chrono::DateTime<chrono::Utc>| (at - grid(1).start()).num_minutes();
    let cycles = plan.appliances()[appliance].cycles();
    cycles.iter().map(|cycle| (since(cycle.span.from()), since(cycle.span.to()))).collect()
}

/// Both want slots 2 and 3 at 5 p, but 4 kW carry only one of them beside 1 kW of load.
#[test]
fn two_appliances_share_a_limit() {
    let site = Site::new(grid(6), &rates(&[30, 20, 5, 5, 10, 30])).unwrap();
    let site = site.load(&["0.5".parse().unwrap(); 6]).unwrap().import_limit("4".parse().unwrap());
    let fleet = Fleet::new(Vec::new()).unwrap();
    let fleet =
        fleet.appliances(vec![appliance("dishwasher", 30, &["2", "2"]), appliance("dryer", 30, &["2"])]);
    let plan = fleet.unwrap().plan(&site).unwrap();
    // 0.5 kWh of load in each slot: 50 p. The dishwasher takes 1 kWh at 5 p twice, and the dryer 1 kWh at 10 p.
    assert_eq!(plan.cost().to_string(), "70");
    assert!(plan.is_proven(), "{}", plan.gap());
    assert_eq!((cycles(&plan, 0), cycles(&plan, 1)), (vec![(60, 120)], vec![(120, 150)]));
    let taken: Vec<String> =
        plan.appliances()[0].cycles()[0].slots.iter().map(|(slot, kwh)| format!("{slot}: {kwh}")).collect();
    assert_eq!(taken, ["2: 1", "3: 1"]);
}

/// What the battery keeps from the sun runs the washing machine at night; with surplus only the machine may take from the grid all
/// the same, the battery not.
#[test]
fn a_rule_for_batteries_is_none_for_appliances() {
    let site = Site::new(grid(4), &rates(&[5, 40, 30, 30])).unwrap();
    let sun = ["0", "0.6", "0", "0"].map(|text| text.parse().unwrap());
    let site = site.solar(&sun).unwrap().without_grid_charging().without_battery_export();
    let house = || vec![device("house", "2", "4")];
    let washing = appliance("washing machine", 30, &["2"]).not_before(minutes(60));
    let plan = Fleet::new(house()).unwrap().appliances(vec![washing]).unwrap().plan(&site).unwrap();
    assert_eq!(plan.cost().to_string(), "12");
    assert!(plan.is_proven(), "{}", plan.gap());
    assert_eq!(plan.dispatches()[0].slots()[1].charge.to_string(), "0.6");
    // Free to start at once, it buys 1 kWh at 5 p.
    let washing = appliance("washing machine", 30, &["2"]);
    let plan = Fleet::new(house()).unwrap().appliances(vec![washing]).unwrap().plan(&site).unwrap();
    assert_eq!(plan.cost().to_string(), "5");
    assert!(plan.is_proven(), "{}", plan.gap());
    assert!(plan.dispatches()[0].slots()[0].charge.is_zero());
}

/// The load's 4 kW are the peak already: a cycle beside it would raise it, one in another slot is free of that.
#[test]
fn an_appliance_keeps_off_the_peak() {
    let site = Site::new(grid(4), &rates(&[10, 9, 10, 10])).unwrap();
    let site = site.load(&["0", "2", "0", "0"].map(|text| text.parse().unwrap())).unwrap();
    let fleet = Fleet::new(Vec::new()).unwrap().appliances(vec![appliance("wash", 30, &["2"])]).unwrap();
    assert_eq!(fleet.plan(&site).unwrap().cost().to_string(), "27");
    let price = PeakPrice { per_kw: "10".parse().unwrap(), so_far: Power::ZERO };
    let plan = fleet.plan_with_peak(&site, &price, &mut |standing| standing.parts < 50).unwrap();
    assert_eq!((plan.cost().to_string(), plan.peak().unwrap().to_string()), ("68".into(), "4".into()));
    assert!(plan.bound() <= plan.cost());
    assert_eq!(cycles(&plan, 0), vec![(0, 30)]);
}

#[test]
fn cycles_pauses_ends_and_starts_within_slots() {
    let site = Site::new(grid(6), &rates(&[9, 1, 1, 8, 2, 9])).unwrap();
    let plan = |appliance: Appliance| {
        let fleet = Fleet::new(Vec::new()).unwrap().appliances(vec![appliance]).unwrap();
        let plan = fleet.plan(&site).unwrap();
        assert!(plan.is_proven(), "{}", plan.gap());
        plan
    };
    let wash = || appliance("wash", 20, &["3"]);
    let twice = plan(wash().cycles(2).unwrap());
    assert_eq!((twice.cost().to_string(), cycles(&twice, 0)), ("2".into(), vec![(30, 50), (60, 80)]));
    // The pause of an hour leaves 10 minutes of the second slot: from its start on or in the last cheap one.
    let apart = plan(wash().cycles(2).unwrap().pause(60));
    assert_eq!((apart.cost().to_string(), cycles(&apart, 0)), ("3".into(), vec![(30, 50), (120, 140)]));
    // Three cycles of 20 minutes fit into the hour at 1 p when they may start every ten minutes; one of them is in both slots.
    let fine = plan(wash().cycles(3).unwrap().start_every(10).unwrap());
    assert_eq!((fine.cost().to_string(), cycles(&fine, 0)), ("3".into(), vec![(30, 50), (50, 70), (70, 90)]));
    // Very short cycles that may start at any minute lead to the same place in very many ways.
    let short = appliance("blink", 1, &["6"]).cycles(60).unwrap().start_every(1).unwrap();
    assert_eq!(plan(short).cost().to_string(), "6");
    let bound = plan(wash().not_before(minutes(95)).done_by(minutes(118)));
    assert_eq!((bound.cost().to_string(), cycles(&bound, 0)), ("8".into(), vec![(95, 115)]));
    // Ten minutes of the first cycle are left, of half a kWh at 9 p.
    let running = plan(wash().cycles(2).unwrap().running_for(10).unwrap());
    assert_eq!((running.cost().to_string(), cycles(&running, 0)), ("5.5".into(), vec![(-10, 10), (30, 50)]));
    assert_eq!(running.appliances()[0].cycles()[0].slots[0].1.to_string(), "0.5");
    // Two cycles are worth their 1 p and 2 p, none of those at 8 p and 9 p: three are left out at 3 p each, one each slot but the dear ones.
    let some = plan(wash().cycles(6).unwrap().worth("3".parse().unwrap()).unwrap());
    assert_eq!((some.cost().to_string(), some.appliances()[0].left_out()), ("13".into(), 3));
}

#[test]
fn an_appliance_that_cannot_run_is_refused_with_what_to_change() {
    let site = Site::new(grid(4), &rates(&[1, 2, 3, 4])).unwrap().import_limit("3".parse().unwrap());
    let fails = |devices: Vec<FleetDevice>, appliances: Vec<Appliance>| {
        let fleet = Fleet::new(devices).unwrap().appliances(appliances);
        fleet.and_then(|fleet| fleet.plan(&site)).unwrap_err()
    };
    let wash = || appliance("wash", 60, &["2"]);
    let error = fails(Vec::new(), vec![wash().cycles(3).unwrap()]);
    assert!(
        error.is_infeasible() && error.to_string().contains("3 cycles do not fit: of 60 minutes each"),
        "{error}"
    );
    let error = fails(Vec::new(), vec![wash().done_by(minutes(150))]);
    assert!(
        error.to_string().contains("latest") && error.to_string().contains("after the plan's end"),
        "{error}"
    );
    let error = fails(Vec::new(), vec![wash().not_before(minutes(60)).done_by(minutes(60))]);
    assert!(error.is_order(), "{error}");
    assert!(
        fails(vec![device("wash", "1", "1")], vec![wash()])
            .to_string()
            .contains("two devices are called wash")
    );
    // Alone each fits; together they are above the limit wherever they are.
    let both = ["wash", "dry"].map(|name| appliance(name, 90, &["2"]).done_by(minutes(120)));
    let error = fails(Vec::new(), both.to_vec());
    assert!(error.is_infeasible(), "{error}");
    let wishes = "for these wishes alone: wash: a cycle of 90 minutes until 2021-01-01T02:00:00Z; dry: a cycle of 90 minutes until";
    assert!(error.to_string().contains(wishes), "{error}");
    assert!(wash().cycles(0).is_err() && wash().running_for(60).is_err() && wash().start_every(0).is_err());
    assert!(wash().worth("-1".parse().unwrap()).is_err());
    let negative = Profile::new(30, &["2".parse().unwrap(), "-1".parse().unwrap()]).unwrap();
    assert!(Appliance::new("a", negative).unwrap_err().to_string().contains("program.kw"));
    // A circuit may name it.
    let fleet = Fleet::new(Vec::new()).unwrap().appliances(vec![wash()]).unwrap();
    let fleet = fleet.circuits(vec![circuit("kitchen", &["wash"], "1")]).unwrap();
    assert!(fleet.plan(&site).unwrap_err().to_string().contains("circuit kitchen"));
}

fn excluded(names: &[&str]) -> Exclusion {
    Exclusion { devices: names.iter().map(|name| (*name).to_owned()).collect() }
}

/// Both would run at 5 p; the one that moves less is moved.
#[test]
fn devices_that_exclude_each_other_take_turns() {
    let site = Site::new(grid(4), &rates(&[30, 5, 12, 40])).unwrap();
    let mut car = device("car", "2", "4");
    car.request = BatteryRequest::default().ending_at_least("1".parse().unwrap()).into_load_only();
    let fleet = || {
        let fleet = Fleet::new(vec![car.clone()]).unwrap();
        fleet.appliances(vec![appliance("wash", 30, &["3"])]).unwrap()
    };
    let free = fleet().plan(&site).unwrap();
    assert_eq!(free.cost().to_string(), "12.5");
    let turns = fleet().exclusions(vec![excluded(&["car", "wash"])]).unwrap().plan(&site).unwrap();
    // The car's 1 kWh at 12 p, the wash's 1.5 kWh at 5 p.
    assert_eq!(turns.cost().to_string(), "19.5");
    assert!(turns.is_proven(), "{}", turns.gap());
    assert_eq!(cycles(&turns, 0), vec![(30, 60)]);
    assert!(turns.dispatches()[0].slots()[1].charge.is_zero());
    let refused = |names: &[&str]| fleet().exclusions(vec![excluded(names)]).unwrap_err().to_string();
    assert!(refused(&["car"]).contains("names car: it needs two devices or more"));
    assert!(refused(&["car", "car"]).contains("names car twice"));
    assert!(refused(&["car", "dish"]).contains("names dish, but the devices are car, wash"));
    // Where turns leave no room the exclusion is named.
    let narrow = Site::new(grid(1), &rates(&[10])).unwrap();
    let error = fleet().exclusions(vec![excluded(&["car", "wash"])]).unwrap().plan(&narrow).unwrap_err();
    assert!(error.to_string().contains("the exclusion of car, wash"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Three devices of which no two run at once, each 1 kWh a slot or nothing, one of them an appliance, under an import limit: the best
    /// of exhaustive search is between bound and cost. Where all run at full power or not at all the two may stay apart.
    #[test]
    fn turns_are_planned_as_exhaustive_search_does(
        import in prop::collection::vec(-5_i64..40, 5),
        export in prop::collection::vec(-5_i64..30, 5),
        load in prop::collection::vec(0_i64..2, 5),
        limit in 1_i64..4,
        ends in prop::collection::vec(0_i64..3, 2),
        begin in prop::collection::vec(0_i64..3, 2),
        length in 1_usize..3,
        whole in proptest::bool::ANY,
    ) {
        let kwh = |kwh: &i64| kwh.to_string().parse::<Energy>().unwrap();
        let all = |values: &[i64]| values.iter().map(kwh).collect::<Vec<_>>();
        let site = Site::new(grid(5), &rates(&import)).unwrap().export(&rates(&export)).unwrap().load(&all(&load)).unwrap()
            .import_limit((2 * limit).to_string().parse().unwrap());
        let devices: Vec<FleetDevice> = (0..2).map(|place| {
            let mut device = device(["a", "b"][place], "2", "2");
            let converter = || crate::plan::battery::Converter::new("2".parse().unwrap(), "1".parse().unwrap())
                .at_least("2".parse().unwrap()).unwrap();
            device.battery = device.battery.with_charger(converter()).with_discharger(converter());
            device.request = BatteryRequest::starting_at(kwh(&begin[place])).ending_at_least(kwh(&ends[place]));
            device
        }).collect();
        let powers: Vec<Power> = vec!["2".parse().unwrap(); length];
        let wash = Appliance::new("wash", Profile::new(30, &powers).unwrap()).unwrap();
        let ways = |place: usize| -> Vec<Vec<i64>> {
            (0..3_usize.pow(5)).map(|code| (0..5).map(|slot| (code / 3_usize.pow(slot) % 3) as i64 - 1).collect::<Vec<i64>>())
                .filter(|does| {
                    let mut level = begin[place];
                    does.iter().all(|taken| { level += taken; (0..=2).contains(&level) }) && level >= ends[place]
                })
                .collect()
        };
        let meter = |slot: usize, net: i64| -> Option<i64> {
            (net <= limit).then_some(if net > 0 { net * import[slot] } else { net * export[slot] })
        };
        let (first, second) = (ways(0), ways(1));
        // All three exclude each other, or only the two batteries do.
        let at_once = |a: i64, b: i64, c: i64| {
            i64::from(a != 0) + i64::from(b != 0) + if whole { c } else { 0 } > 1
        };
        let mut best: Option<i64> = None;
        for start in 0..=5 - length {
            let washes: Vec<i64> = (0..5).map(|slot| i64::from(slot >= start && slot < start + length)).collect();
            for a in &first {
                for b in &second {
                    let cost = (0..5).map(|slot| {
                        let (a, b, c) = (a[slot], b[slot], washes[slot]);
                        if at_once(a, b, c) { None } else { meter(slot, load[slot] + a + b + c) }
                    }).sum::<Option<i64>>();
                    best = [best, cost].into_iter().flatten().min();
                }
            }
        }
        let names: &[&str] = if whole { &["a", "b", "wash"] } else { &["a", "b"] };
        let fleet = Fleet::new(devices).unwrap().appliances(vec![wash]).unwrap();
        match (fleet.exclusions(vec![excluded(names)]).unwrap().plan(&site), best) {
            (Ok(plan), Some(best)) => {
                let exact: Money = best.to_string().parse().unwrap();
                prop_assert!(plan.bound() <= exact && exact <= plan.cost(), "{} {exact} {}", plan.bound(), plan.cost());
            }
            (Err(error), None) => prop_assert!(error.is_infeasible(), "{error}"),
            (plan, best) => prop_assert!(false, "{:?} {best:?}", plan.map(|plan| plan.cost())),
        }
    }

    /// Two appliances, one of them optional, and a battery that moves 1 kWh a slot or none, under limits, with export that may pay more
    /// than import costs: exhaustive search over all starts and all that the battery can do.
    #[test]
    fn appliances_and_a_battery_are_planned_as_exhaustive_search_does(
        import in prop::collection::vec(-5_i64..40, 6),
        export in prop::collection::vec(-5_i64..30, 6),
        load in prop::collection::vec(0_i64..2, 6),
        solar in prop::collection::vec(0_i64..3, 6),
        limits in (1_i64..6, 0_i64..3),
        programmes in prop::collection::vec(prop::collection::vec(0_i64..4, 1..4), 2),
        window in (0_usize..3, 4_usize..7),
        twice in proptest::bool::ANY,
        worth in 0_i64..60,
        ruled in (proptest::bool::ANY, proptest::bool::ANY),
        running in proptest::bool::ANY,
    ) {
        let kwh = |values: &[i64]| values.iter().map(|v| v.to_string().parse().unwrap()).collect::<Vec<Energy>>();
        let kw = |kwh: i64| (2 * kwh).to_string().parse::<Power>().unwrap();
        let mut site = Site::new(grid(6), &rates(&import)).unwrap().export(&rates(&export)).unwrap()
            .load(&kwh(&load)).unwrap().solar(&kwh(&solar)).unwrap()
            .import_limit(kw(limits.0)).export_limit(kw(limits.1));
        if ruled.0 {
            site = site.without_grid_charging();
        }
        if ruled.1 {
            site = site.without_battery_export();
        }
        let mut programmes = programmes;
        programmes.iter_mut().for_each(|powers| powers[0] += 1);
        let profile = |place: usize| {
            let powers: Vec<Power> = programmes[place].iter().map(|kwh| kw(*kwh)).collect();
            Profile::new(30, &powers).unwrap()
        };
        let must = Appliance::new("must", profile(0)).unwrap()
            .not_before(minutes(30 * window.0 as i64)).done_by(minutes(30 * window.1 as i64));
        let mut may = Appliance::new("may", profile(1)).unwrap().worth(worth.to_string().parse().unwrap()).unwrap();
        let count = if twice { 2 } else { 1 };
        may = may.cycles(count).unwrap();
        let runs_on = running && programmes[1].len() > 1;
        if runs_on {
            may = may.running_for(30).unwrap();
        }
        // What each can take by slot, and what that leaves out.
        let place = |takes: &mut Vec<i64>, powers: &[i64], start: i64| {
            for (slot, power) in (start..).zip(powers) {
                if slot >= 0 {
                    takes[slot as usize] += power;
                }
            }
        };
        let firsts: Vec<Vec<i64>> = (window.0..7)
            .filter(|start| start + programmes[0].len() <= window.1)
            .map(|start| { let mut takes = vec![0; 6]; place(&mut takes, &programmes[0], start as i64); takes })
            .collect();
        let length = programmes[1].len() as i64;
        let mut seconds: Vec<(Vec<i64>, i64)> = Vec::new();
        let earliest = if runs_on { -1..0 } else { 0..7 - length };
        if !runs_on {
            seconds.push((vec![0; 6], i64::from(count) * worth));
        }
        for start in earliest {
            let mut takes = vec![0; 6];
            place(&mut takes, &programmes[1], start);
            seconds.push((takes.clone(), (i64::from(count) - 1) * worth));
            if twice {
                for next in start + length..7 - length {
                    let mut takes = takes.clone();
                    place(&mut takes, &programmes[1], next);
                    seconds.push((takes, 0));
                }
            }
        }
        let moves: Vec<Vec<i64>> = (0..3_usize.pow(6))
            .map(|code| (0..6).map(|slot| (code / 3_usize.pow(slot) % 3) as i64 - 1).collect::<Vec<i64>>())
            .filter(|moves| {
                let mut level = 0;
                moves.iter().all(|kwh| { level += kwh; (0..=2).contains(&level) })
            })
            .collect();
        let meter = |slot: usize, load: i64, moved: i64| -> Option<i64> {
            (0..=solar[slot]).filter_map(|used| {
                let net = load - used + moved;
                let kept = net <= limits.0 && net >= -limits.1
                    && !(ruled.0 && moved > 0 && net > 0) && !(ruled.1 && moved < 0 && net < 0);
                kept.then_some(if net > 0 { net * import[slot] } else { net * export[slot] })
            }).min()
        };
        let mut best: Option<i64> = None;
        for first in &firsts {
            for (second, left_out) in &seconds {
                // By slot: what each move costs there.
                let costs: Vec<[Option<i64>; 3]> = (0..6)
                    .map(|slot| [-1, 0, 1].map(|moved| meter(slot, load[slot] + first[slot] + second[slot], moved)))
                    .collect();
                for moves in &moves {
                    let cost = moves.iter().zip(&costs).map(|(moved, costs)| costs[(moved + 1) as usize]).sum::<Option<i64>>();
                    let cost = cost.map(|cost| cost + left_out);
                    best = [best, cost].into_iter().flatten().min();
                }
            }
        }
        let mut house = device("house", "2", "2");
        let converter = || crate::plan::battery::Converter::new("2".parse().unwrap(), "1".parse().unwrap())
            .at_least("2".parse().unwrap()).unwrap();
        house.battery = house.battery.with_charger(converter()).with_discharger(converter());
        let fleet = Fleet::new(vec![house]).unwrap().appliances(vec![must, may]).unwrap();
        match (fleet.plan(&site), best) {
            (Ok(plan), Some(best)) => {
                let exact: Money = best.to_string().parse().unwrap();
                prop_assert!(plan.bound() <= exact && exact <= plan.cost(), "{} {exact} {}", plan.bound(), plan.cost());
                prop_assert!(plan.is_proven() || plan.parts() >= DEFAULT_PARTS, "{} {} {}", plan.cost(), plan.bound(), plan.parts());
                // What is shown is what costs so much.
                let shown: usize = plan.appliances()[1].cycles().len() + usize::from(plan.appliances()[1].left_out());
                prop_assert_eq!(shown, usize::from(count));
                // What is near enough is no further from the bound, and the bound holds.
                let near = "2".parse::<Money>().unwrap();
                let early = fleet.gap(near).plan(&site).unwrap();
                prop_assert!((early.gap() <= near || early.parts() >= DEFAULT_PARTS) && early.parts() <= plan.parts(), "{}", early.gap());
                prop_assert!(early.bound() <= exact && exact <= early.cost(), "{} {exact} {}", early.bound(), early.cost());
            }
            (Err(error), None) => prop_assert!(error.is_infeasible(), "{error}"),
            (plan, best) => prop_assert!(false, "{:?} {best:?}", plan.map(|plan| plan.cost())),
        }
    }
}
