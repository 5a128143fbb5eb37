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
            .with_export(&rates(&self.export))
            .unwrap()
            .with_load(&energies(&self.load))
            .unwrap()
            .with_solar(&energies(&self.solar))
            .unwrap()
    }

    fn battery(&self, capacity: i64) -> Battery {
        let text = |v: i64| v.to_string();
        Battery::new(text(capacity).parse().unwrap(), text(2 * self.power).parse().unwrap())
            .unwrap()
            .with_wear(text(self.wear).parse().unwrap())
            .unwrap()
    }

    fn request(&self) -> Request {
        Request::starting_at(self.start.to_string().parse().unwrap())
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
        prop_assert_eq!(plan.objective(), expected);
        prop_assert_eq!(plan.costs().objective().unwrap(), expected);
        // Whole energies: the bill of the plan is exact.
        prop_assert_eq!(plan.repriced(&case.site()).unwrap(), plan.costs().grid);
    }

    #[test]
    fn a_plan_costs_what_it_says(case in case()) {
        let battery = case.battery(case.capacity);
        let plan = battery.plan(&case.site(), &case.request()).unwrap();
        let levels: Vec<Energy> = plan.slots().iter().map(|slot| slot.stored).collect();
        prop_assert_eq!(battery.cost_of(&case.site(), &case.request(), &levels).unwrap(), plan.objective());
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
        let other = battery.plan(&case.site(), &Request::starting_at(level)).unwrap();
        prop_assert_eq!(here, other.objective());
        let row = plan.policy(0).unwrap().into_iter().find(|row| row.from <= level && level <= row.to).unwrap();
        let target = match row.action {
            Action::GoTo(target) => target,
            Action::Move(by) => level.checked_add(by).unwrap(),
        };
        // Going where the table says and on from there costs the optimum.
        let first = Site::part(&case.site(), 0..1).unwrap();
        let first = battery.cost_of(&first, &Request::starting_at(level), &[target]).unwrap();
        let rest = plan.cost_to_go(1, target).unwrap().unwrap();
        prop_assert_eq!(first.checked_add(rest).unwrap(), here);
    }

    #[test]
    fn wide_and_narrow_agree(case in case()) {
        let (battery, site, request) = (case.battery(case.capacity), case.site(), case.request());
        let prepared = super::super::Prepared::new(&battery, &site, &request).unwrap();
        let narrow = prepared.model::<i64>().unwrap().unwrap();
        let wide = prepared.model::<i128>().unwrap().unwrap();
        prop_assert_eq!(super::super::kernel::optimum(&narrow).unwrap(), super::super::kernel::optimum(&wide).unwrap());
    }
}
