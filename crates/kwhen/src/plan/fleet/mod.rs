//! Several batteries or cars behind one meter.
//!
//! Each device alone is solved exactly by [`Battery::plan`]; together they share the connection's limits and the turn from
//! import to export. A relaxation in floats says at which prices of the shared flow the devices would agree. Under any prices the
//! devices' exact bests prove a **bound**: no plan whatever costs less. The devices' exact answers to each other, from the
//! relaxation's mix on, make the plan. Where plan and bound do not meet, the search goes on in two halves: the meter one way or
//! the other in a slot, a device charging or not, a level below or above. `docs/optimiser.md` has the proof.

mod answers;
mod columns;
mod engine;
mod master;
mod meter;
mod node;
mod relaxation;
mod search;

use super::battery::{Battery, Dispatch, Request, Site};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, Money};
use engine::Engine;
use meter::Meter;
use node::Problem;
pub use search::Standing;
use search::search;

/// Parts that are looked at unless the caller says otherwise.
const DEFAULT_PARTS: usize = 400;

/// One device of a fleet.
#[derive(Clone, Debug)]
pub struct FleetDevice {
    /// What messages call it.
    pub name: String,
    /// The device. A hybrid inverter is refused: its solar is not at the meter.
    pub battery: Battery,
    /// What is asked of it. A car is a battery with holds while it is away, draws for its trips and a level at departure.
    pub request: Request,
}

/// Devices behind one meter.
#[derive(Clone, Debug)]
pub struct Fleet {
    devices: Vec<FleetDevice>,
}

/// A plan for all devices, and how far from the best it can be at most.
#[derive(Clone, Debug)]
pub struct FleetPlan {
    dispatches: Vec<Dispatch>,
    cost: Money,
    bound: Money,
    parts: usize,
}

impl FleetPlan {
    /// Each device's plan, in the order of the fleet. Its slots' import and export are those of the whole meter as it
    /// stood when the device answered last; its charge, discharge and level are final.
    #[must_use]
    pub fn dispatches(&self) -> &[Dispatch] {
        &self.dispatches
    }

    /// What the plan costs: the meter once, and each device's wear, soft levels, changes and end value.
    #[must_use]
    pub const fn cost(&self) -> Money {
        self.cost
    }

    /// No plan costs less than this.
    #[must_use]
    pub const fn bound(&self) -> Money {
        self.bound
    }

    /// How many parts the search looked at.
    #[must_use]
    pub const fn parts(&self) -> usize {
        self.parts
    }

    /// The cost less the bound: what is left unproven.
    #[must_use]
    pub fn gap(&self) -> Money {
        self.cost.checked_sub(self.bound).unwrap_or_default()
    }
}

impl Fleet {
    /// A fleet; an error for none, or for a device that cannot share a meter here.
    pub fn new(devices: Vec<FleetDevice>) -> Result<Self> {
        if devices.is_empty() {
            return Err(Error::missing("a fleet needs at least one device"));
        }
        if let Some(device) = devices.iter().find(|device| device.battery.has_hybrid_inverter()) {
            return Err(Error::unsupported(format!(
                "{}: a device behind a hybrid inverter cannot be part of a fleet",
                device.name
            )));
        }
        Ok(Self { devices })
    }

    /// The cheapest plan for all devices, proven where 400 parts of the search are enough for that. An error (`is_infeasible()`)
    /// says whether it is proven that there is no plan.
    pub fn plan(&self, site: &Site) -> Result<FleetPlan> {
        self.plan_while(site, &mut |standing| standing.parts < DEFAULT_PARTS)
    }

    /// As `plan`, for as long as `go_on` says so of how the search stands; it is asked before every part but the first. What was
    /// found until then is returned with what is left unproven.
    pub fn plan_while(&self, site: &Site, go_on: &mut dyn FnMut(&Standing) -> bool) -> Result<FleetPlan> {
        let engines = self
            .devices
            .iter()
            .map(|device| Engine::new(&device.name, &device.battery, site, &device.request))
            .collect::<Result<Vec<_>>>()?;
        let standby =
            self.devices.iter().fold(0_i64, |sum, device| sum.saturating_add(device.battery.standby.units()));
        let standby = Power::per_hour(Energy::from_units(standby)?);
        let problem = Problem {
            site,
            linear: engines.iter().map(Engine::linear).collect(),
            meter: Meter::new(site, self.devices.iter().map(|device| &device.request), standby),
            step: engines.iter().map(|engine| engine.step).max().unwrap_or(1),
            engines,
        };
        let found = search(&problem, go_on);
        let Some(plan) = found.plan else {
            let why = found
                .refused
                .map_or_else(String::new, |error| format!("; beside the other devices: {error}"));
            return Err(Error::infeasible(if found.least == i128::MAX {
                format!("no plan for all devices keeps to every limit{why}")
            } else {
                format!("no plan for all devices was found, nor is it proven that there is none{why}")
            }));
        };
        let (dispatches, plan) = problem.dispatches(&plan)?;
        let cost = Money::from_units(plan.cost)?;
        Ok(FleetPlan {
            dispatches,
            cost,
            bound: Money::from_units(found.least.min(plan.cost))?,
            parts: found.parts,
        })
    }
}

/// The level of a device at the end of a slot, for tables of several devices.
impl FleetPlan {
    /// The stored energy of a device at the end of a slot; `None` where there is no such device or slot.
    #[must_use]
    pub fn stored(&self, device: usize, slot: usize) -> Option<Energy> {
        self.dispatches.get(device)?.slots().get(slot).map(|slot| slot.stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::battery::tests::grid;
    use crate::quantity::UnitRate;
    use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};

    fn device(name: &str, capacity: &str, power: &str) -> FleetDevice {
        let battery = Battery::new(capacity.parse().unwrap(), power.parse().unwrap()).unwrap();
        FleetDevice { name: name.into(), battery, request: Request::default() }
    }

    fn rates(texts: &[i64]) -> Vec<UnitRate> {
        texts.iter().map(|text| text.to_string().parse().unwrap()).collect()
    }

    #[test]
    fn two_batteries_share_a_limit() {
        // 4 kW is 2 kWh a slot: of two 2 kWh batteries one fills at 10 p, the other at 20 p; both sell at 50 p.
        let site = Site::new(grid(4), &rates(&[10, 20, 50, 50])).unwrap();
        let site = site.with_export(&rates(&[0, 0, 50, 50])).unwrap().with_import_limit("4".parse().unwrap());
        let fleet = Fleet::new(vec![device("a", "2", "4"), device("b", "2", "4")]).unwrap();
        let plan = fleet.plan(&site).unwrap();
        assert_eq!(plan.cost().to_string(), "-140");
        assert!(plan.bound() <= plan.cost());
        assert!(plan.gap() < "0.5".parse().unwrap(), "{}", plan.gap());
        for slot in 0..2 {
            let charged: i64 = plan.dispatches().iter().map(|d| d.slots()[slot].charge.units()).sum();
            assert!(charged <= 200_000_000);
        }
    }

    #[test]
    fn a_car_leaves_full_beside_a_house_battery() {
        let site = Site::new(grid(6), &rates(&[30, 8, 9, 10, 40, 40])).unwrap();
        let site =
            site.with_import_limit("6".parse().unwrap()).with_load(&["0.5".parse().unwrap(); 6]).unwrap();
        let mut car = device("car", "6", "6");
        let leaves = grid(6).slot(4).unwrap().span.from();
        car.request = Request::default().with_level_at_least(leaves, "5".parse().unwrap());
        let plan = Fleet::new(vec![device("house", "2", "4"), car]).unwrap().plan(&site).unwrap();
        assert!(plan.stored(1, 3).unwrap() >= "5".parse().unwrap());
        assert!(plan.bound() <= plan.cost());
        for slot in plan.dispatches()[0].slots().iter().zip(plan.dispatches()[1].slots()) {
            let net = 50_000_000 + slot.0.charge.units() + slot.1.charge.units()
                - slot.0.discharge.units()
                - slot.1.discharge.units();
            assert!(net <= 300_000_000, "{net}");
        }
    }

    /// Export above import: the meter must not do both at once, and one price on the net flow would leave a gap.
    #[test]
    fn export_above_import_is_proven() {
        let site = Site::new(grid(6), &rates(&[10, 12, 9, 30, 11, 10])).unwrap();
        let site = site.with_export(&rates(&[15, 15, 15, 15, 15, 15])).unwrap();
        let site = site.with_import_limit("6".parse().unwrap()).with_export_limit("3".parse().unwrap());
        let site = site.with_load(&["0.4".parse().unwrap(); 6]).unwrap();
        let mut car = device("car", "6", "6");
        car.request = Request::default().ending_at_least("5".parse().unwrap());
        let plan = Fleet::new(vec![device("house", "2", "3"), car]).unwrap().plan(&site).unwrap();
        assert!(plan.gap() < "0.0000001".parse().unwrap(), "{} {}", plan.cost(), plan.bound());
    }

    /// With surplus only, 1 kWh of sun is all that both may have; what they give may only meet the load.
    #[test]
    fn the_site_may_be_held_to_surplus_and_load() {
        let energies = |texts: [&str; 4]| texts.map(|text| text.parse().unwrap());
        let site = Site::new(grid(4), &rates(&[5, 10, 40, 50])).unwrap();
        let site = site.with_export(&rates(&[1, 1, 60, 60])).unwrap();
        let site = site.with_solar(&energies(["1", "0", "0", "0"])).unwrap();
        let site = site.with_load(&energies(["0", "0", "0.4", "0.7"])).unwrap();
        let site = site.without_grid_charging().without_battery_export();
        let plan =
            Fleet::new(vec![device("a", "2", "2"), device("b", "2", "2")]).unwrap().plan(&site).unwrap();
        // 0.7 kWh saved at 50 p and 0.3 at 40 p leave 0.1 kWh to buy at 40 p.
        assert_eq!(plan.cost().to_string(), "4");
        assert!(plan.gap() < "0.0000001".parse().unwrap(), "{} {}", plan.cost(), plan.bound());
    }

    /// One device alone is planned as `Battery::plan` plans it, and a further device that may rest costs nothing.
    #[test]
    fn one_device_is_a_battery_and_a_resting_one_costs_nothing() {
        let site = Site::new(grid(8), &rates(&[10, 20, -3, 50, 7, 33, 12, 41])).unwrap();
        let site = site.with_export(&rates(&[5, 5, -4, 30, 9, 20, 5, 45])).unwrap();
        let single = device("a", "3", "3");
        let battery = single.battery.plan(&site, &single.request).unwrap();
        let one = Fleet::new(vec![single.clone()]).unwrap().plan(&site).unwrap();
        assert!((one.cost().units() - battery.objective().units()).abs() < 1_000, "{}", one.cost());
        assert_eq!(one.dispatches()[0].slots(), battery.slots());
        let two = Fleet::new(vec![single, device("b", "1", "1")]).unwrap().plan(&site).unwrap();
        assert!(two.cost() <= one.cost() && two.gap() < "0.0000001".parse().unwrap(), "{}", two.gap());
    }

    #[test]
    fn what_cannot_be_is_said() {
        let site = Site::new(grid(2), &rates(&[1, 2])).unwrap().with_import_limit("2".parse().unwrap());
        let car = |name: &str| FleetDevice {
            request: Request::default().ending_at_least("2".parse().unwrap()),
            ..device(name, "2", "4")
        };
        let error = Fleet::new(vec![car("a"), car("b")]).unwrap().plan(&site).unwrap_err();
        assert!(error.is_infeasible() && error.to_string().contains("beside the other devices"), "{error}");
        assert!(Fleet::new(Vec::new()).unwrap_err().is_missing());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// With whole kWh and no losses an exhaustive search over both levels is exact.
        #[test]
        fn the_bound_is_below_the_best_and_the_cost_is_not(
            import in prop::collection::vec(-10_i64..40, 4),
            export in prop::collection::vec(-5_i64..45, 4),
            load in prop::collection::vec(0_i64..3, 4),
            solar in prop::collection::vec(0_i64..3, 4),
            limit in 3_i64..5,
        ) {
            let energies = |v: &[i64]| v.iter().map(|v| v.to_string().parse().unwrap()).collect::<Vec<Energy>>();
            let site = Site::new(grid(4), &rates(&import)).unwrap().with_export(&rates(&export)).unwrap()
                .with_load(&energies(&load)).unwrap().with_solar(&energies(&solar)).unwrap()
                .with_import_limit((2 * limit).to_string().parse().unwrap());
            let plan = Fleet::new(vec![device("a", "2", "2"), device("b", "1", "2")]).unwrap().plan(&site).unwrap();
            let cost = |t: usize, flow: i64| (0..=solar[t]).filter_map(|used| {
                let net = load[t] - used + flow;
                (net <= limit).then(|| if net > 0 { net * import[t] } else { net * export[t] })
            }).min();
            let mut best = vec![Some(0); 6];
            for t in (0..4).rev() {
                best = (0..6_i64).map(|from| (0..6_i64).filter_map(|to| {
                    let (a, b) = (to / 2 - from / 2, to % 2 - from % 2);
                    (a.abs() <= 1).then_some(())?;
                    Some(cost(t, a + b)? + best[to as usize]?)
                }).min()).collect();
            }
            let exact: Money = best[0].unwrap().to_string().parse().unwrap();
            prop_assert!(plan.bound() <= exact, "bound {} above the best {}", plan.bound(), exact);
            prop_assert!(plan.cost() >= exact, "cost {} below the best {}", plan.cost(), exact);
            prop_assert!(plan.gap() < "0.0000001".parse().unwrap(), "cost {} bound {}", plan.cost(), plan.bound());
        }
    }
}
