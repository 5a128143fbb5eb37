//! Several devices behind one meter: batteries, cars, appliances that run a programme, and thermal stores.
//!
//! Each device alone is solved exactly by [`Battery::plan`]; together they share the connection's limits and the turn from
//! import to export. A relaxation in floats says at which prices of the shared flow the devices would agree. Under any prices the
//! devices' exact bests prove a **bound**: no plan whatever costs less. The devices' exact answers to each other, from the
//! relaxation's mix on, make the plan. Where plan and bound do not meet, the search goes on in two halves: the meter one way or
//! the other in a slot, a device charging or not, a level below or above. `docs/optimiser.md` has the proof.

mod answers;
mod appliance;
mod bordered;
mod branch;
mod circuits;
mod columns;
mod definition;
mod engine;
mod exclusions;
mod graph;
mod halves;
mod heating;
mod holding;
mod linear;
mod master;
mod meter;
mod node;
mod often;
mod peak;
mod prices;
mod programme;
mod recurring;
mod relaxation;
mod search;
mod settled;
mod splits;
mod store;
mod tank;
mod terms;
mod thermal;
mod thermal_definition;
mod tridiagonal;
mod turn;
mod walk;
mod wishes;

use super::battery::{Battery, BatteryRequest, Dispatch, RAW, Site, raw_power, tight};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, Money};
use answers::Plan;
pub use appliance::{Appliance, AppliancePlan, Cycle};
pub use circuits::Circuit;
pub use definition::{ApplianceDefinition, CircuitsDefinition};
use engine::Engine;
pub use exclusions::Exclusion;
pub(crate) use heating::Heating;
use meter::Meter;
use node::{Problem, Rule};
pub use peak::PeakPrice;
use programme::Programme;
pub use recurring::{RecurringLoad, RunTimes};
pub use search::Standing;
use search::{Found, PROVEN, search};
use settled::Bounds;
use store::Store;
use tank::Tank;
pub use thermal::{ThermalBand, ThermalPlan, ThermalSlot, ThermalStore};
pub use thermal_definition::{RecurringHeat, ThermalDefinition};
use walk::Linear;

/// Parts that are looked at unless the caller says otherwise.
const DEFAULT_PARTS: usize = 400;

/// One device of a fleet.
#[derive(Clone, Debug)]
pub struct FleetDevice {
    /// What messages call it.
    pub name: String,
    /// The device. One of a fleet may have a hybrid inverter: all of the site's sun is then behind it.
    pub battery: Battery,
    /// What is asked of it. A car is a battery with holds while it is away, draws for its trips and a level at departure.
    pub request: BatteryRequest,
}

/// Devices behind one meter.
#[derive(Clone, Debug)]
pub struct Fleet {
    devices: Vec<FleetDevice>,
    appliances: Vec<Appliance>,
    thermal: Vec<ThermalStore>,
    circuits: Vec<Circuit>,
    exclusions: Vec<Exclusion>,
    /// A plan so near to its bound is good enough.
    gap: Money,
}

/// A plan for all devices, and how far from the best it can be at most.
#[derive(Clone, Debug)]
pub struct FleetPlan {
    dispatches: Vec<Dispatch>,
    appliances: Vec<AppliancePlan>,
    thermal: Vec<ThermalPlan>,
    cost: Money,
    bound: Money,
    parts: usize,
    peak: Option<Power>,
}

impl FleetPlan {
    /// Each battery's or car's plan, in the order of the fleet. Its slots' import and export are those of the whole meter as it
    /// stood when the device answered last; its charge, discharge and level are final.
    #[must_use]
    pub fn dispatches(&self) -> &[Dispatch] {
        &self.dispatches
    }

    /// When each appliance runs, in the order of the fleet.
    #[must_use]
    pub fn appliances(&self) -> &[AppliancePlan] {
        &self.appliances
    }

    /// What each thermal store does, in the order of the fleet.
    #[must_use]
    pub fn thermal(&self) -> &[ThermalPlan] {
        &self.thermal
    }

    /// What the plan costs: the meter once, each device's wear, soft levels, changes and end value, and the worth of what is left out.
    #[must_use]
    pub const fn cost(&self) -> Money {
        self.cost
    }

    /// No plan costs less than this.
    #[must_use]
    pub const fn bound(&self) -> Money {
        self.bound
    }

    /// The import that no slot passes, where the peak has a price: that, or the peak so far.
    #[must_use]
    pub const fn peak(&self) -> Option<Power> {
        self.peak
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

    /// Whether it is proven that no plan is cheaper by more than 5·10⁻⁸ p.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.gap().units() <= PROVEN
    }

    /// The stored energy of a device at the end of a slot; `None` where there is no such device or slot.
    #[must_use]
    pub fn stored(&self, device: usize, slot: usize) -> Option<Energy> {
        self.dispatches.get(device)?.slots().get(slot).map(|slot| slot.stored)
    }
}

impl Fleet {
    /// A fleet of batteries and cars, none where it has appliances alone; an error for a device that cannot share a meter here.
    pub fn new(devices: Vec<FleetDevice>) -> Result<Self> {
        let mut hybrids = devices.iter().filter(|device| device.battery.has_hybrid_inverter());
        if let (Some(first), Some(second)) = (hybrids.next(), hybrids.next()) {
            return Err(Error::unsupported(format!(
                "{} and {} both have a hybrid inverter: a fleet has one at most, since all sun is behind it",
                first.name, second.name
            )));
        }
        let fleet = Self {
            devices,
            appliances: Vec::new(),
            thermal: Vec::new(),
            circuits: Vec::new(),
            exclusions: Vec::new(),
            gap: Money::ZERO,
        };
        fleet.with_names_of_their_own()
    }

    /// With appliances beside them. An error for two devices of one name.
    pub fn appliances(self, appliances: Vec<Appliance>) -> Result<Self> {
        Self { appliances, ..self }.with_names_of_their_own()
    }

    /// With thermal stores beside them. An error for two devices of one name.
    pub fn thermal_stores(self, thermal: Vec<ThermalStore>) -> Result<Self> {
        Self { thermal, ..self }.with_names_of_their_own()
    }

    /// With a plan that is proven to cost at most so much more than the cheapest taken as good enough (in pence or cents, from 0 on), so that whoever
    /// plans every minute does not wait for the last thousandth; `FleetPlan::gap` says what is left. Plans whose peak has a price do without.
    #[must_use]
    pub fn gap(self, gap: Money) -> Self {
        Self { gap, ..self }
    }

    fn with_names_of_their_own(self) -> Result<Self> {
        let mut known = std::collections::BTreeSet::new();
        if let Some(name) = self.names().find(|name| !known.insert(*name)) {
            return Err(Error::conflict(format!(
                "two devices are called {name}: give each a name of its own"
            )));
        }
        Ok(self)
    }

    /// The devices' names in their order.
    fn names(&self) -> impl Iterator<Item = &str> {
        let devices = self.devices.iter().map(|device| device.name.as_str());
        let loads = self.appliances.iter().map(Appliance::name);
        devices.chain(loads).chain(self.thermal.iter().map(ThermalStore::name))
    }

    /// The cheapest plan for all devices, proven where 400 parts of the search are enough for that. An error (`is_infeasible()`)
    /// says whether it is proven that there is no plan.
    pub fn plan(&self, site: &Site) -> Result<FleetPlan> {
        self.plan_while(site, &mut |standing| standing.parts < DEFAULT_PARTS)
    }

    /// As `plan`, for as long as `go_on` says so of how the search stands; it is asked before every part and after
    /// every answer of a device, and counts once there is a plan or the first part has been looked at. What was found until then is returned with what is left unproven.
    pub fn plan_while(&self, site: &Site, go_on: &mut dyn FnMut(&Standing) -> bool) -> Result<FleetPlan> {
        self.found(site, go_on, |problem, found| {
            let Some(plan) = found.plan else {
                return Err(self.no_plan(site, found.least == i128::MAX, found.refused));
            };
            let cost = Money::from_units(plan.cost)?;
            let bound = Money::from_units(found.least.min(plan.cost))?;
            self.shown(problem, &plan, cost, bound, found.parts)
        })
    }

    /// A plan as it is shown.
    fn shown(
        &self,
        problem: &Problem<'_>,
        plan: &Plan,
        cost: Money,
        bound: Money,
        parts: usize,
    ) -> Result<FleetPlan> {
        let walks = plan.walks.iter().skip(self.devices.len());
        let cycles = |(appliance, walk)| Ok(Programme::new(appliance, problem.site)?.plan(walk));
        let tanks = plan.walks.iter().skip(self.devices.len() + self.appliances.len());
        let heat = |(store, walk)| Tank::new(store, problem.site).plan(walk);
        Ok(FleetPlan {
            dispatches: problem.dispatches(plan)?,
            appliances: self.appliances.iter().zip(walks).map(cycles).collect::<Result<_>>()?,
            thermal: self.thermal.iter().zip(tanks).map(heat).collect::<Result<_>>()?,
            cost,
            bound,
            parts,
            peak: None,
        })
    }

    /// What all devices take all the time.
    fn standby(&self) -> Power {
        let units = self.devices.iter().map(|device| device.battery.standby.units());
        Power::per_hour(Energy::from_units(units.fold(0, i64::saturating_add)).unwrap_or(Energy::MAX))
    }

    /// Why there is no plan.
    fn no_plan(&self, site: &Site, proven: bool, refused: Option<Error>) -> Error {
        let what = if proven {
            "no plan for all devices keeps to every limit"
        } else {
            "no plan for all devices was found, nor is it proven that there is none"
        };
        let why = match self.conflict(site) {
            Some(wishes) if wishes.is_empty() => {
                let requests = self.devices.iter().map(|device| &device.request);
                let slot = tight(site, requests, self.standby())
                    .map_or_else(String::new, |slot| format!(": {slot}"));
                format!(
                    "; nor is one found with nothing asked of the devices: the site's own limits are in the way{slot}"
                )
            }
            Some(wishes) => format!("; nor is one found for these wishes alone: {}", wishes.join("; ")),
            None => refused.map_or_else(String::new, |error| format!("; beside the other devices: {error}")),
        };
        Error::infeasible(format!("{what}{why}"))
    }

    /// What `with` makes of the problem and of what the search came to.
    fn found<T>(
        &self,
        site: &Site,
        go_on: &mut dyn FnMut(&Standing) -> bool,
        with: impl FnOnce(&Problem<'_>, Found) -> Result<T>,
    ) -> Result<T> {
        self.with_problem(site, |problem| {
            let found = search(problem, self.gap.units(), go_on);
            with(problem, found)
        })
    }

    /// What `with` makes of the problem in whole numbers.
    fn with_problem<T>(&self, site: &Site, with: impl FnOnce(&Problem<'_>) -> Result<T>) -> Result<T> {
        if self.names().next().is_none() {
            return Err(Error::missing("a fleet needs at least one device"));
        }
        let hybrid = self.devices.iter().find(|device| device.battery.has_hybrid_inverter());
        let rules: Vec<Rule> = self.devices.iter().map(|device| Rule::of(site, &device.request)).collect();
        let surplus_only = rules.iter().any(|rule| rule.surplus_only);
        let load_only = rules.iter().any(|rule| rule.load_only);
        if let Some(device) = hybrid
            && (surplus_only || load_only)
        {
            return Err(Error::unsupported(format!(
                "{}: beside a hybrid inverter a fleet cannot be held to charging from surplus only or discharging into the load only",
                device.name
            )));
        }
        // All sun is behind the hybrid inverter, where there is one.
        let sunny = site;
        let dark = hybrid.map(|_| site.clone().without_solar());
        let site = dark.as_ref().unwrap_or(site);
        let raw = |power: Power| raw_power(power, site.grid().slot_length().seconds());
        let most = |device: &FleetDevice| raw(device.battery.most_power());
        let sun = (0..sunny.grid().len()).map(|index| sunny.solar_units(index)).max().unwrap_or(0);
        let loads = self.appliances.iter().map(|appliance| raw(appliance.most_power())).sum::<i128>()
            + self.thermal.iter().map(|store| raw(store.most_power())).sum::<i128>();
        let all = self.devices.iter().map(most).sum::<i128>() + loads + i128::from(sun) * RAW;
        let stores = self.devices.iter().map(|device| {
            let site = if device.battery.has_hybrid_inverter() { sunny } else { site };
            let beside = all - most(device);
            Store::new(&device.name, &device.battery, site, &device.request, beside)
                .map(|store| Engine::Store(Box::new(store)))
        });
        let appliances = self.appliances.iter().map(|appliance| {
            Programme::new(appliance, site)?.graph().map(|graph| Engine::Graph(Box::new(graph)))
        });
        let tanks = self
            .thermal
            .iter()
            .map(|store| Tank::new(store, site).graph().map(|graph| Engine::Graph(Box::new(graph))));
        let engines = stores.chain(appliances).chain(tanks).collect::<Result<Vec<_>>>()?;
        let root: Vec<Bounds> = engines.iter().map(Engine::bounds).collect();
        let reach = |device: usize, slot: usize| match (engines.get(device), root.get(device)) {
            (Some(engine), Some(bounds)) => engine.reach(slot, bounds),
            _ => (0, 0),
        };
        let branches = self.circuits.iter().map(|circuit| self.branch(circuit, site, reach)).collect();
        let turns = self.turns(site.grid().len(), reach);
        let free = std::iter::repeat(Rule::default());
        let rules: Vec<Rule> = rules.into_iter().chain(free).take(engines.len()).collect();
        let linear = engines.iter().zip(&rules).map(|(engine, rule)| {
            let linear = engine.linear();
            Linear {
                less_given: linear.less_given || (surplus_only && !rule.surplus_only),
                less_taken: linear.less_taken || (load_only && !rule.load_only),
                ..linear
            }
        });
        let requests = self.devices.iter().map(|device| &device.request);
        let problem = Problem {
            site,
            branches,
            turns,
            sunny,
            linear: linear.collect(),
            meter: Meter::new(site, requests, self.standby(), (surplus_only, load_only)),
            rules,
            step: engines.iter().map(Engine::step).max().unwrap_or(1),
            engines,
        };
        with(&problem)
    }
}

#[cfg(test)]
mod appliance_tests;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod thermal_tests;
