//! Rules of single devices on surplus and load: by hand, against exhaustive search, and how a meter at a stand is split.

use super::tests::{device, rates};
use super::*;
use crate::plan::battery::Converter;
use crate::plan::battery::tests::grid;
use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Rules of single devices, on surplus and on load, with export that may pay more than import costs: exhaustive search over what two
    /// devices do, each 1 kWh a slot or nothing.
    #[test]
    fn a_rule_of_one_device_binds_it_alone(
        import in prop::collection::vec(-5_i64..40, 5),
        export in prop::collection::vec(-5_i64..45, 5),
        load in prop::collection::vec(0_i64..3, 5),
        solar in prop::collection::vec(0_i64..4, 5),
        limits in (2_i64..5, 0_i64..4),
        rules in prop::collection::vec((proptest::bool::ANY, proptest::bool::ANY), 2),
        begin in prop::collection::vec(0_i64..3, 2),
        end in 0_i64..3,
        curtailed in proptest::bool::ANY,
    ) {
        let kwh = |kwh: &i64| kwh.to_string().parse::<Energy>().unwrap();
        let all = |values: &[i64]| values.iter().map(kwh).collect::<Vec<_>>();
        let kw = |kwh: i64| (2 * kwh).to_string().parse::<Power>().unwrap();
        let mut site = Site::new(grid(5), &rates(&import)).unwrap().export(&rates(&export)).unwrap()
            .load(&all(&load)).unwrap().solar(&all(&solar)).unwrap()
            .import_limit(kw(limits.0)).export_limit(kw(limits.1));
        if !curtailed {
            site = site.without_curtailment();
        }
        let devices: Vec<FleetDevice> = (0..2).map(|place| {
            let mut device = device(["a", "b"][place], "3", "2");
            let converter = || Converter::new("2".parse().unwrap(), "1".parse().unwrap()).at_least("2".parse().unwrap()).unwrap();
            device.battery = device.battery.with_charger(converter()).with_discharger(converter());
            device.request = BatteryRequest::starting_at(kwh(&begin[place]));
            if rules[place].0 {
                device.request = device.request.from_surplus_only();
            }
            if rules[place].1 {
                device.request = device.request.into_load_only();
            }
            device
        }).collect();
        let mut devices = devices;
        devices[0].request = devices[0].request.clone().ending_at_least(kwh(&end));
        let ways = |place: usize| -> Vec<Vec<i64>> {
            (0..3_usize.pow(5)).map(|code| (0..5).map(|slot| (code / 3_usize.pow(slot) % 3) as i64 - 1).collect::<Vec<i64>>())
                .filter(|does| {
                    let mut level = begin[place];
                    does.iter().all(|taken| { level += taken; (0..=3).contains(&level) }) && (place == 1 || level >= end)
                })
                .collect()
        };
        // By slot and what both do: what the meter costs.
        let meter = |slot: usize, does: [i64; 2]| -> Option<i64> {
            let least = if curtailed { 0 } else { solar[slot] };
            (least..=solar[slot]).filter_map(|used| {
                let net = load[slot] - used + does[0] + does[1];
                let ruled = (0..2).any(|place| {
                    (rules[place].0 && does[place] > 0 && net > 0) || (rules[place].1 && does[place] < 0 && net < 0)
                });
                (net <= limits.0 && net >= -limits.1 && !ruled)
                    .then_some(if net > 0 { net * import[slot] } else { net * export[slot] })
            }).min()
        };
        let costs: Vec<Vec<Option<i64>>> = (0..5)
            .map(|slot| (0..9).map(|code| meter(slot, [code / 3 - 1, code % 3 - 1])).collect())
            .collect();
        let (first, second) = (ways(0), ways(1));
        let best = first.iter().flat_map(|a| second.iter().filter_map(|b| {
            (0..5).map(|slot| costs[slot][((a[slot] + 1) * 3 + b[slot] + 1) as usize]).sum::<Option<i64>>()
        })).min();
        match (Fleet::new(devices).unwrap().plan(&site), best) {
            (Ok(plan), Some(best)) => {
                let exact: Money = best.to_string().parse().unwrap();
                prop_assert!(plan.bound() <= exact && exact <= plan.cost(), "{} {exact} {}", plan.bound(), plan.cost());
                prop_assert!(plan.is_proven(), "{} {}", plan.cost(), plan.bound());
            }
            (Err(error), None) => prop_assert!(error.is_infeasible(), "{error}"),
            (plan, best) => prop_assert!(false, "{:?} {best:?}", plan.map(|plan| plan.cost())),
        }
    }
}

/// The car is filled by the sun alone while the house battery buys at night; alone, the request says what the site would.
#[test]
fn one_device_charges_from_surplus_only_beside_one_that_buys() {
    let site = Site::new(grid(4), &rates(&[5, 20, 20, 50])).unwrap();
    let energies = |texts: [&str; 4]| texts.map(|text| text.parse::<Energy>().unwrap());
    let site =
        site.solar(&energies(["0", "1.5", "0", "0"])).unwrap().load(&energies(["0", "0", "0", "1"])).unwrap();
    let mut car = device("car", "2", "4");
    car.request = BatteryRequest::default()
        .from_surplus_only()
        .into_load_only()
        .ending_at_least("1.5".parse().unwrap());
    let plan = Fleet::new(vec![device("house", "1", "2"), car.clone()]).unwrap().plan(&site).unwrap();
    assert_eq!(plan.cost().to_string(), "5");
    assert!(plan.is_proven(), "{}", plan.gap());
    assert_eq!(plan.dispatches()[1].slots()[1].charge.to_string(), "1.5");
    // 1.6 kWh are more than the sun gives; the house could lend it 0.1 kWh.
    car.request = car.request.ending_at_least("1.6".parse().unwrap());
    let lent = Fleet::new(vec![device("house", "1", "2"), car.clone()]).unwrap().plan(&site).unwrap();
    assert!(lent.is_proven() && lent.cost() > plan.cost(), "{}", lent.cost());
    let alone = car.battery.plan(&site, &car.request).unwrap_err();
    assert!(alone.is_infeasible(), "{alone}");
    let error = Fleet::new(vec![car]).unwrap().plan(&site).unwrap_err();
    let wishes = "for these wishes alone: car: at least 1.6 kWh at the end; car: charging from surplus only";
    assert!(error.to_string().contains(wishes), "{error}");
}

/// Where the site may not charge from the grid, a slot that is held to import is settled in two: nobody charges, or the meter stands still.
/// Together the halves hold every plan of the part, and none that is not.
#[test]
fn a_meter_at_a_stand_is_split_from_one_where_nobody_charges() {
    let site =
        Site::new(grid(2), &rates(&[10, 20])).unwrap().without_grid_charging().without_battery_export();
    let appliance =
        Appliance::new("a", crate::plan::window::Profile::new(30, &["1".parse().unwrap()]).unwrap());
    let fleet = Fleet::new(vec![device("house", "2", "2"), device("shed", "2", "2")]).unwrap();
    let fleet = fleet.appliances(vec![appliance.unwrap()]).unwrap();
    fleet
        .with_problem(&site, |problem| {
            let mut node = problem.root();
            node.ways[1] = meter::Ways { import: true, export: false };
            let [first, second] =
                halves::halves(&node, halves::Split::Still { slot: 1 }, &[]).try_into().unwrap();
            // The first: no battery charges then, an appliance may run and the meter may import.
            let may = |node: &node::Node, device: usize| node.bounds[device].may[1];
            assert!(!may(&first, 0).charge && !may(&first, 1).charge && may(&first, 2).charge);
            assert!(may(&first, 0).discharge && may(&first, 0).idle && first.ways[1].import);
            assert!(first.bounds[0].may[0].charge, "another slot is as it was");
            // The second: all may charge, and the meter neither imports nor exports.
            assert_eq!(second.ways[1], meter::Ways { import: false, export: false });
            assert!(may(&second, 0).charge && may(&second, 1).charge);
            let open = problem.corners(&node, 1);
            let halves: Vec<_> = [&first, &second].iter().flat_map(|half| problem.corners(half, 1)).collect();
            assert!(halves.iter().all(|corner| open.iter().any(|known| known.cost <= corner.cost)));
            assert!(problem.corners(&second, 1).iter().all(|corner| corner.cost == 0), "no way is paid for");
            // Likewise for discharging into the load only, in a slot held to export.
            node.ways[1] = meter::Ways { import: false, export: true };
            let [first, _] = halves::halves(&node, halves::Split::Still { slot: 1 }, &[]).try_into().unwrap();
            assert!(!may(&first, 0).discharge && may(&first, 0).charge);
            Ok(())
        })
        .unwrap();
}
