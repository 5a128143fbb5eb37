//! What holds for every input.

use super::*;
use crate::Money;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    import: Vec<i64>,
    export: Vec<i64>,
    load: Vec<i64>,
    solar: Vec<i64>,
    capacity: i64,
    start: i64,
    power: i64,
    wear: i64,
}

fn case() -> impl Strategy<Value = Case> {
    (1_usize..10).prop_flat_map(|n| {
        let prices = || prop::collection::vec(-20_i64..50, n);
        let energies = || prop::collection::vec(0_i64..4, n);
        (prices(), prices(), energies(), energies(), 0_i64..7, 0_i64..7, 0_i64..4, 0_i64..5).prop_map(
            |(import, export, load, solar, capacity, start, power, wear)| Case {
                import,
                export,
                load,
                solar,
                capacity,
                start: start.min(capacity),
                power,
                wear,
            },
        )
    })
}

impl Case {
    fn site(&self) -> Site {
        let rates = |v: &[i64]| v.iter().map(|v| v.to_string().parse().unwrap()).collect::<Vec<UnitRate>>();
        let energies = |v: &[i64]| v.iter().map(|v| v.to_string().parse().unwrap()).collect::<Vec<Energy>>();
        Site::new(grid(self.import.len()), &rates(&self.import))
            .unwrap()
            .export(&rates(&self.export))
            .unwrap()
            .load(&energies(&self.load))
            .unwrap()
            .solar(&energies(&self.solar))
            .unwrap()
    }

    fn battery(&self, capacity: i64) -> Battery {
        let text = |v: i64| v.to_string();
        Battery::new(text(capacity).parse().unwrap(), text(2 * self.power).parse().unwrap())
            .unwrap()
            .with_wear(text(self.wear).parse().unwrap())
            .unwrap()
    }

    fn request(&self) -> BatteryRequest {
        BatteryRequest::starting_at(self.start.to_string().parse().unwrap())
    }

    /// The least cost by trying every whole level: with whole kWh and no losses an optimum has whole levels.
    fn exhaustive(&self) -> i64 {
        let mut best: Vec<Option<i64>> = (0..=self.capacity).map(|_| Some(0)).collect();
        for t in (0..self.import.len()).rev() {
            best = (0..=self.capacity)
                .map(|from| {
                    (0..=self.capacity)
                        .filter(|to| (to - from).abs() <= self.power)
                        .filter_map(|to| Some(self.slot_cost(t, to - from) + best[to as usize]?))
                        .min()
                })
                .collect();
        }
        best[self.start as usize].unwrap()
    }

    fn slot_cost(&self, t: usize, stored: i64) -> i64 {
        let wear = self.wear * (-stored).max(0);
        let meter = |used: i64| {
            let net = self.load[t] - used + stored;
            net.max(0) * self.import[t] - (-net).max(0) * self.export[t]
        };
        wear + (0..=self.solar[t]).map(meter).min().unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_cheaper(case in case()) {
        let plan = case.battery(case.capacity).plan(&case.site(), &case.request()).unwrap();
        let expected: Money = case.exhaustive().to_string().parse().unwrap();
        prop_assert_eq!(plan.cost(), expected);
        prop_assert_eq!(plan.costs().cost().unwrap(), expected);
        // Whole energies: the bill of the plan is exact.
        prop_assert_eq!(plan.repriced(&case.site()).unwrap(), plan.costs().grid);
    }

    #[test]
    fn a_plan_costs_what_it_says(case in case()) {
        let battery = case.battery(case.capacity);
        let plan = battery.plan(&case.site(), &case.request()).unwrap();
        let levels: Vec<Energy> = plan.slots().iter().map(|slot| slot.stored).collect();
        prop_assert_eq!(battery.cost_of(&case.site(), &case.request(), &levels).unwrap(), plan.cost());
        for (index, slot) in plan.slots().iter().enumerate() {
            prop_assert!(slot.charge.is_zero() || slot.discharge.is_zero());
            prop_assert!(slot.import.is_zero() || slot.export.is_zero());
            let net = slot.import.units() - slot.export.units();
            let own = (case.load[index] - case.solar[index]) * 100_000_000 + slot.curtailed.units() + slot.charge.units() - slot.discharge.units();
            prop_assert_eq!(net, own);
        }
    }

    #[test]
    fn a_bigger_battery_never_costs_more(case in case()) {
        let cost = |capacity| case.battery(capacity).least_cost(&case.site(), &case.request()).unwrap();
        prop_assert!(cost(case.capacity + 1) <= cost(case.capacity));
        let stronger = Case { power: case.power + 1, ..case.clone() };
        prop_assert!(stronger.battery(case.capacity).least_cost(&case.site(), &case.request()).unwrap() <= cost(case.capacity));
    }

    #[test]
    fn the_policy_leads_along_the_value_function(case in case(), level in 0_i64..7) {
        let battery = case.battery(case.capacity);
        let plan = battery.plan(&case.site(), &case.request()).unwrap();
        let level: Energy = level.min(case.capacity).to_string().parse().unwrap();
        let here = plan.cost_to_go(0, level).unwrap().unwrap();
        let other = battery.plan(&case.site(), &BatteryRequest::starting_at(level)).unwrap();
        prop_assert_eq!(here, other.cost());
        let row = plan.policy(0).unwrap().into_iter().find(|row| row.from <= level && level <= row.to).unwrap();
        let target = match row.action {
            Action::GoTo(target) => target,
            Action::Move(by) => level.checked_add(by).unwrap(),
        };
        // Going where the table says and on from there costs the optimum.
        let first = Site::part(&case.site(), 0..1).unwrap();
        let first = battery.cost_of(&first, &BatteryRequest::starting_at(level), &[target]).unwrap();
        let rest = plan.cost_to_go(1, target).unwrap().unwrap();
        prop_assert_eq!(first.checked_add(rest).unwrap(), here);
    }

    #[test]
    fn wide_and_narrow_agree(case in case()) {
        let (battery, site, request) = (case.battery(case.capacity), case.site(), case.request());
        let prepared = Prepared::new(&battery, &site, &request).unwrap();
        let narrow = prepared.model::<i64>().unwrap().unwrap();
        let wide = prepared.model::<i128>().unwrap().unwrap();
        prop_assert_eq!(kernel::optimum(&narrow).unwrap(), kernel::optimum(&wide).unwrap());
    }
}

fn wild(limit: i64) -> impl Strategy<Value = i64> {
    prop_oneof![
        -9_i64..10,
        (0_u32..18).prop_map(|power| 10_i64.pow(power)),
        -limit..=limit,
        Just(limit),
        Just(-limit),
        Just(0),
    ]
    .prop_map(move |value| value.clamp(-limit, limit))
}

/// Millionths, mostly whole hundredths.
fn ratio() -> impl Strategy<Value = i64> {
    prop_oneof![3 => (1_i64..=100).prop_map(|hundredths| hundredths * 10_000), 1 => 1_i64..=1_000_000]
}

/// Mostly not below zero, mostly of a household's size.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => (0_u32..10, 0_i64..100).prop_map(|(power, value)| value * 10_i64.pow(power)),
        2 => wild(Energy::MAX.units()).prop_map(|value| value.abs()),
        1 => wild(Energy::MAX.units()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever the digits: an exact plan or an error, never a panic. Sums in these tests are checked for overflow.
    #[test]
    fn any_digits_make_a_plan_or_an_error(
        prices in prop::collection::vec((prop_oneof![amount(), wild(Energy::MAX.units())], amount()), 1..4),
        energies in prop::collection::vec((amount(), amount()), 1..4),
        sizes in [amount(), amount(), amount(), amount()],
        limits in [amount(), amount(), amount(), amount()],
        ratios in [ratio(), ratio(), ratio(), ratio()],
        hybrid in any::<bool>(),
        curve in any::<bool>(),
        flags in any::<u8>(),
        soft in wild(Energy::MAX.units()),
    ) {
        let n = prices.len().min(energies.len());
        let energy = |units: i64| Energy::from_units(units).unwrap();
        let power = |units: i64| crate::plan::Power::per_hour(energy(units));
        let rate = |units: i64| UnitRate::from_units(units).unwrap();
        let efficiency = |millionths| Efficiency::new(rust_decimal::Decimal::new(millionths, 6)).unwrap();
        let import: Vec<UnitRate> = prices.iter().take(n).map(|p| rate(p.0)).collect();
        let export: Vec<UnitRate> = prices.iter().take(n).map(|p| rate(p.1)).collect();
        let load: Vec<Energy> = energies.iter().take(n).map(|e| energy(e.0)).collect();
        let solar: Vec<Energy> = energies.iter().take(n).map(|e| energy(e.1)).collect();
        let outcome = (|| {
            let mut site = Site::new(grid(n), &import)?.export(&export)?.load(&load)?.solar(&solar)?;
            if flags & 1 != 0 {
                site = site.import_limit(power(limits[0]));
            }
            if flags & 2 != 0 {
                site = site.export_limit(power(limits[1]));
            }
            if flags & 4 != 0 {
                site = site.without_curtailment();
            }
            let mut battery = Battery::new(energy(sizes[0]), power(sizes[1]))?
                .with_efficiency(efficiency(ratios[0]), efficiency(ratios[1]))
                .with_wear(rate(sizes[2]))?;
            if curve {
                let curve = vec![(power(sizes[1] / 3), efficiency(ratios[0])), (power(sizes[1]), efficiency(ratios[2]))];
                battery = battery.with_charger(Converter::with_curve(curve)?);
            }
            if hybrid {
                battery = battery.behind(HybridInverter {
                    output: power(limits[2]),
                    output_efficiency: efficiency(ratios[2]),
                    input: power(limits[3]),
                    input_efficiency: efficiency(ratios[3]),
                });
            }
            if flags & 8 != 0 {
                battery = battery.with_standing_loss(power(limits[2])).with_standby(power(limits[3]));
            }
            let mut request = BatteryRequest::starting_at(energy(sizes[3].min(sizes[0])));
            if flags & 16 != 0 {
                request = request.soft_reserve(energy(sizes[0]), rate(soft))?;
            }
            if flags & 32 != 0 {
                request = request.price_per_change(Money::from_units(i128::from(soft) * 1_000_003).unwrap(), Count::Starts)?;
            }
            if flags & 64 != 0 {
                request = request.end_value(EndValue::Rate(rate(soft)));
            }
            let plan = battery.plan(&site, &request)?;
            let _ = plan.value_function(0);
            let _ = plan.policy(0);
            let _ = plan.explain(&battery, &site, &crate::time::Calendar::great_britain());
            let _ = plan.repriced(&site);
            let levels: Vec<Energy> = plan.slots().iter().map(|slot| slot.stored).collect();
            let _ = battery.cost_of(&site, &request, &levels);
            Ok::<_, crate::Error>(plan.cost())
        })();
        if let Err(error) = outcome {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
