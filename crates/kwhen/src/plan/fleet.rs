//! Several batteries or cars behind one meter.
//!
//! Each device alone is solved exactly by [`Battery::plan`]; together they share the connection's limits and the turn from
//! import to export. The plan is made by giving each device in turn its exact best answer to all others until none can
//! improve, from several beginnings. That need not be the best there is, so a **bound** stands beside the cost: no plan
//! whatever costs less than the bound. It comes from pricing the shared flow of every slot (Lagrangian relaxation), holds
//! for any prices, and is tightened by raising them where the devices ask for too much. `docs/optimiser.md` has the proof.

use super::battery::{Battery, Dispatch, Request, Site};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, UnitRate};

/// Rounds in which every device answers all others.
const ROUNDS: usize = 24;

/// Steps in which the bound is tightened.
const STEPS: usize = 120;

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

    /// A plan for all devices with a proven bound. An error (`is_infeasible()`) names the device for which no order of
    /// planning left room; that is not a proof that there is no plan.
    pub fn plan(&self, site: &Site) -> Result<FleetPlan> {
        if !site.grid_charging || !site.battery_export {
            return Err(Error::unsupported(
                "a fleet cannot be held to charging from surplus only or discharging into the load only",
            ));
        }
        let mut best: Option<(Money, Vec<Dispatch>)> = None;
        let mut refused = None;
        for first in 0..self.devices.len() {
            match self.answer_in_turn(site, first, None) {
                Ok(found) => keep_cheaper(&mut best, found),
                Err(error) if error.is_infeasible() => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        let Some((cost, dispatches)) = best else {
            return Err(
                refused.unwrap_or_else(|| Error::infeasible("no order of planning left room for all"))
            );
        };
        let mut best = Some((cost, dispatches));
        let mut bound: Option<Money> = None;
        let mut prices = self.first_prices(site, best.as_ref().map_or(&[], |(_, dispatches)| dispatches));
        let mut reach = 1.0;
        for step in 0..STEPS {
            let relaxed = self.relax(site, &prices)?;
            if bound.is_none_or(|bound| relaxed.bound > bound) {
                bound = Some(relaxed.bound);
            } else {
                reach *= 0.9;
            }
            // The plans under these prices are another beginning.
            if step % 10 == 0
                && let Ok(found) = self.answer_in_turn(site, step % self.devices.len(), Some(&relaxed.flows))
            {
                keep_cheaper(&mut best, found);
            }
            let cost = best.as_ref().map_or(cost, |(cost, _)| *cost);
            if !relaxed.improve(&mut prices, cost, reach) {
                break;
            }
        }
        let (cost, dispatches) = best.unwrap_or_default();
        Ok(FleetPlan { dispatches, cost, bound: bound.unwrap_or(cost).min(cost) })
    }

    /// Every device in turn answers all others until a round changes nothing. `flows` are the devices' first flows.
    fn answer_in_turn(
        &self,
        site: &Site,
        first: usize,
        flows: Option<&[Vec<i64>]>,
    ) -> Result<(Money, Vec<Dispatch>)> {
        let count = self.devices.len();
        let slots = site.grid().len();
        let mut flows: Vec<Vec<i64>> = flows.map_or_else(|| vec![vec![0; slots]; count], <[_]>::to_vec);
        let mut dispatches: Vec<Option<Dispatch>> = vec![None; count];
        let mut best: Option<(Money, Vec<Dispatch>)> = None;
        for _ in 0..ROUNDS {
            for turn in 0..count {
                let own = (first + turn) % count;
                let Some(device) = self.devices.get(own) else { continue };
                let others = flows.iter().enumerate().filter(|(index, _)| *index != own);
                let mut shared = site.clone();
                for (_, flow) in others {
                    shared.add_to_load(flow);
                }
                let dispatch = device.battery.plan(&shared, &device.request).map_err(|error| {
                    if error.is_infeasible() {
                        Error::infeasible(format!("{}: beside the other devices: {error}", device.name))
                    } else {
                        error
                    }
                })?;
                if let (Some(flow), Some(cell)) = (flows.get_mut(own), dispatches.get_mut(own)) {
                    *flow = flow_of(&device.battery, &dispatch);
                    *cell = Some(dispatch);
                }
                let Some(all) = dispatches.iter().cloned().collect::<Option<Vec<_>>>() else { continue };
                let cost = total(&all, own)?;
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, all));
                } else if turn + 1 == count && best.as_ref().is_some_and(|(least, _)| cost == *least) {
                    return best.ok_or_else(|| Error::infeasible("no plan was found"));
                }
            }
        }
        best.ok_or_else(|| Error::infeasible("no plan was found"))
    }

    /// Prices to begin with: what the meter pays in each slot of a plan.
    fn first_prices(&self, site: &Site, dispatches: &[Dispatch]) -> Vec<f64> {
        let net = |index: usize| {
            let devices = self.devices.iter().zip(dispatches);
            let flow: i64 = devices
                .filter_map(|(device, dispatch)| flow_of(&device.battery, dispatch).get(index).copied())
                .sum();
            site.load_units(index) - site.solar_units(index) + flow
        };
        (0..site.grid().len())
            .map(|index| {
                let (import, export) = (import_price(site, index) as f64, site.export_units(index) as f64);
                match net(index).signum() {
                    1 => import,
                    -1 => export,
                    _ => (import + export) / 2.0,
                }
            })
            .collect()
    }

    /// The bound that prices on the shared flow prove, and what the devices and the meter would do under them.
    fn relax(&self, site: &Site, prices: &[f64]) -> Result<Relaxed> {
        // Any whole prices prove a bound; these are to 10^-4 p.
        let whole = |price: &f64| ((price / 10_000.0).round() as i64).saturating_mul(10_000);
        let prices: Vec<i64> = prices.iter().map(whole).collect();
        let rates =
            prices.iter().map(|price| Ok(UnitRate::from_units(*price)?)).collect::<Result<Vec<_>>>()?;
        let market = Site::new(*site.grid(), &rates)?.with_export(&rates)?;
        let mut sum = Money::ZERO;
        let mut flows = Vec::with_capacity(self.devices.len());
        for device in &self.devices {
            let dispatch = device.battery.plan(&market, &device.request.without_connection())?;
            sum = sum.checked_add(dispatch.objective()).ok_or_else(beyond)?;
            flows.push(flow_of(&device.battery, &dispatch));
        }
        let minutes = i64::from(site.grid().slot_length().minutes());
        let slot_energy = |power: crate::plan::Power| power.units().saturating_mul(minutes) / 60 + 1;
        let most_in: i64 = self
            .devices
            .iter()
            .map(|d| slot_energy(d.battery.charger().most()) + slot_energy(d.battery.standby))
            .sum();
        let most_out: i64 = self.devices.iter().map(|d| slot_energy(d.battery.discharger().most())).sum();
        let mut meter = 0_i128;
        let mut excess = Vec::with_capacity(prices.len());
        for (index, price) in prices.iter().enumerate() {
            let (load, solar) = (site.load_units(index), site.solar_units(index));
            let limit = |power: Option<crate::plan::Power>, widest: i64| {
                power.map_or(widest, slot_energy).min(widest)
            };
            let import_most = limit(site.import_limit, load + most_in);
            let export_most = limit(site.export_limit, solar + most_out);
            let price = i128::from(*price);
            let cost = |net: i64| {
                let rate = if net > 0 { import_price(site, index) } else { site.export_units(index) };
                i128::from(net) * (i128::from(rate) - price)
            };
            let net = [0, import_most, -export_most].into_iter().min_by_key(|net| cost(*net)).unwrap_or(0);
            let used = if price > 0 || !site.curtailment { solar } else { 0 };
            let part = cost(net) + price * i128::from(load - used);
            meter = meter.checked_add(part).ok_or_else(beyond)?;
            let asked: i64 = flows.iter().filter_map(|flow: &Vec<i64>| flow.get(index)).sum();
            excess.push((asked + load - used - net) as f64);
        }
        let meter = Money::from_product_units(meter)?;
        // Each device's optimum was rounded once, by less than this.
        let rounding = Money::from_units(self.devices.len() as i128)?;
        let bound = sum.checked_add(meter).and_then(|sum| sum.checked_sub(rounding)).ok_or_else(beyond)?;
        Ok(Relaxed { bound, flows, excess })
    }
}

/// What one set of prices proves.
struct Relaxed {
    bound: Money,
    flows: Vec<Vec<i64>>,
    /// What the devices ask for beyond what the meter gives, in 10^-8 kWh a slot.
    excess: Vec<f64>,
}

impl Relaxed {
    /// Moves prices towards agreement (Polyak's step); false where devices and meter agree already.
    fn improve(&self, prices: &mut [f64], cost: Money, reach: f64) -> bool {
        let square: f64 = self.excess.iter().map(|excess| excess * excess).sum();
        // 10^-20 p over 10^-8 kWh squared gives prices in 10^-8 p/kWh at 10^-4.
        let gap = (cost.units() - self.bound.units()) as f64 / 10_000.0;
        if square == 0.0 || gap <= 0.0 {
            return false;
        }
        for (price, excess) in prices.iter_mut().zip(&self.excess) {
            *price = (*price + reach * gap * excess / square).clamp(-9e16, 9e16);
        }
        true
    }
}

fn keep_cheaper(best: &mut Option<(Money, Vec<Dispatch>)>, found: (Money, Vec<Dispatch>)) {
    if best.as_ref().is_none_or(|(cost, _)| found.0 < *cost) {
        *best = Some(found);
    }
}

fn beyond() -> Error {
    Error::out_of_range("a cost is beyond the range of p")
}

fn import_price(site: &Site, index: usize) -> i64 {
    site.import_units(index).saturating_add(site.carbon_units(index))
}

/// What a device takes from the AC side in each slot, standby and all, in 10^-8 kWh.
fn flow_of(battery: &Battery, dispatch: &Dispatch) -> Vec<i64> {
    let standby = |slot: &super::battery::DispatchSlot| battery.standby.over_seconds(slot.span.seconds());
    dispatch.slots().iter().map(|slot| slot.charge.units() - slot.discharge.units() + standby(slot)).collect()
}

/// The cost of all plans: the meter as the last device to answer saw it, and every device's own costs.
fn total(dispatches: &[Dispatch], last: usize) -> Result<Money> {
    let mut sum = Money::ZERO;
    for (index, dispatch) in dispatches.iter().enumerate() {
        let costs = dispatch.costs();
        let own = if index == last {
            dispatch.objective()
        } else {
            Money::sum([costs.wear, costs.shortfall, costs.changes, -costs.end_value])?
        };
        sum = sum.checked_add(own).ok_or_else(beyond)?;
    }
    Ok(sum)
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
        }
    }
}
