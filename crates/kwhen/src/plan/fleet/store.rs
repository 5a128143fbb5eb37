//! A battery or car of a fleet on the finest lattice: its exact answer to the others, and its exact best under prices.

use super::meter::{FINE, Flow};
use super::settled::{Bounds, May};
use super::terms::{Terms, relaxed, restricted, scaled};
use super::walk::{Inverter, Linear, MOST, PRICE, Walk, kwh, most_price};
use crate::error::{Error, Result};
use crate::plan::battery::engine::{
    Blocked, Buffers, Mode, Model, Slope, Solved, at, closed_model, divide_exactly, infeasible, meter_flow,
};
use crate::plan::battery::{Battery, BatteryRequest, Dispatch, Lane, Lattice, Prepared, Site};

/// What a device's units may leave open in p before coarser units of energy, which leave more digits to prices, are tried.
const OPEN: f64 = 1e-7;

/// A model with slopes of one width.
#[derive(Clone, Debug)]
enum Width {
    Narrow(Box<Model<i64>>),
    Wide(Box<Model<i128>>),
}

macro_rules! with_width {
    ($width:expr, $model:ident => $body:expr) => {
        match $width {
            Width::Narrow($model) => $body,
            Width::Wide($model) => $body,
        }
    };
}

/// A battery ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) name: String,
    pub(super) battery: Battery,
    request: BatteryRequest,
    pub(super) lattice: Lattice,
    /// With costs in the lattice's units, and `scale` times finer.
    plain: Width,
    fine: Width,
    /// As `fine`, with no costs of its own.
    free: Width,
    scale: i64,
    /// Prices under which it is asked are multiples of this, and not beyond that, in 10⁻¹² p/kWh.
    pub(super) step: i64,
    pub(super) most_price: i64,
}

fn too_wide() -> Error {
    Error::precision("the problem has too many digits to be solved exactly")
}

impl Store {
    /// `beside` is the most that all others can do at the meter in a slot, in raw units.
    pub(super) fn new(
        name: &str,
        battery: &Battery,
        site: &Site,
        request: &BatteryRequest,
        beside: i128,
    ) -> Result<Self> {
        let named = |error: Error| if error.is_precision() { error } else { error.in_source(name) };
        let coarse = Prepared::new(battery, site, request).map_err(named)?.lattice;
        let mut price_unit = 1;
        while coarse.price_unit % (price_unit * 10) == 0 && price_unit < 1_000_000_000 {
            price_unit *= 10;
        }
        // The finest units of energy and of price that are solved exactly.
        let mut last = None;
        let mut best: Option<(f64, Self)> = None;
        for grid_unit in [1, 60, 3_600, 36_000, 360_000, 3_600_000, coarse.grid_unit] {
            if coarse.grid_unit % grid_unit != 0 {
                continue;
            }
            let prepared =
                Prepared::with_units(battery, site, request, grid_unit, price_unit).map_err(named)?;
            let plain = match closed_model::<i64>(&prepared).transpose() {
                Some(model) => model.map(|model| Width::Narrow(Box::new(relaxed(model)))),
                None => closed_model::<i128>(&prepared)
                    .and_then(|model| model.ok_or_else(too_wide))
                    .map(|model| Width::Wide(Box::new(relaxed(model)))),
            };
            let plain = match plain {
                Ok(plain) if !with_width!(&plain, model => prepared.holds(model, 1, beside)) => {
                    last = Some(too_wide());
                    continue;
                }
                Ok(plain) => plain,
                Err(error) if error.is_precision() => {
                    last = Some(error);
                    continue;
                }
                Err(error) => return Err(named(error)),
            };
            let mut scale = i64::try_from(price_unit).unwrap_or(1).saturating_mul(PRICE);
            while scale > 1
                && !with_width!(&plain, model => prepared.holds(model, i128::from(scale) * MOST, beside))
            {
                scale /= 10;
            }
            let step = i64::try_from(price_unit).unwrap_or(1).saturating_mul(PRICE) / scale;
            let fine = match &plain {
                Width::Narrow(model) => scaled(model, scale).map(|m| Width::Narrow(Box::new(m))),
                Width::Wide(model) => scaled(model, scale).map(|m| Width::Wide(Box::new(m))),
            };
            // Slopes of 64 bits are faster; prices that are too coarse for them are worth 128.
            let (fine, scale, step) = match (fine, &plain) {
                (Some(fine), _) if step <= 1_000 => (fine, scale, step),
                (narrow, Width::Narrow(_)) => match closed_model::<i128>(&prepared).map_err(named)? {
                    Some(model) => {
                        let model = relaxed(model);
                        let mut scale = i64::try_from(price_unit).unwrap_or(1).saturating_mul(PRICE);
                        while scale > 1 && !prepared.holds(&model, i128::from(scale) * MOST, beside) {
                            scale /= 10;
                        }
                        let step = i64::try_from(price_unit).unwrap_or(1).saturating_mul(PRICE) / scale;
                        (Width::Wide(Box::new(scaled(&model, scale).ok_or_else(too_wide)?)), scale, step)
                    }
                    None => (narrow.ok_or_else(too_wide)?, scale, step),
                },
                (fine, Width::Wide(_)) => (fine.ok_or_else(too_wide)?, scale, step),
            };
            let free = match &plain {
                Width::Narrow(model) => scaled(model, 0).map(|m| Width::Narrow(Box::new(m))),
                Width::Wide(model) => scaled(model, 0).map(|m| Width::Wide(Box::new(m))),
            };
            let free = match (free.ok_or_else(too_wide)?, &fine) {
                (Width::Narrow(_), Width::Wide(model)) => {
                    Width::Wide(Box::new(scaled(model, 0).ok_or_else(too_wide)?))
                }
                (free, _) => free,
            };
            // What its units leave open, in p: prices over some fifty kWh, energies at some price.
            let open = step as f64 * 5e-11 + grid_unit as f64 * 3e-10;
            if best.as_ref().is_some_and(|(least, _)| *least <= open) {
                continue;
            }
            let engine = Self {
                name: name.to_owned(),
                battery: battery.clone(),
                request: request.clone(),
                lattice: prepared.lattice,
                plain,
                fine,
                free,
                scale,
                step,
                most_price: most_price(site),
            };
            best = Some((open, engine));
            if open < OPEN {
                break;
            }
        }
        best.map(|(_, engine)| engine).ok_or_else(|| last.map_or_else(too_wide, named))
    }

    /// The most that it takes and gives in a slot, in raw units.
    pub(super) fn reach(&self, index: usize, bounds: &Bounds) -> (i64, i64) {
        let may = bounds.may.get(index).copied().unwrap_or(May::ALL);
        with_width!(&self.plain, model => {
            let slot = model.slots.get(index);
            let charge = may.charge && slot.is_none_or(|slot| slot.may_charge);
            let discharge = may.discharge && slot.is_none_or(|slot| slot.may_discharge);
            let unit = i64::try_from(self.lattice.grid_unit).unwrap_or(1);
            let device = model.devices.at(index);
            let charge = if charge { device.charge_max.min(may.charge_within.1) } else { 0 };
            let discharge = if discharge { device.discharge_max.min(may.discharge_within.1) } else { 0 };
            if !self.battery.has_hybrid_inverter() {
                return (charge * unit, discharge * unit);
            }
            // Through the inverter, in grid units rounded up.
            let sun = slot.map_or(0, |slot| slot.solar);
            let most = |bus: i64, through: i64, ratio: i64| (bus.min(through) / ratio.max(1) + 1).saturating_mul(unit);
            (
                most(charge, device.inverter_in, device.bus_in),
                most(discharge.saturating_add(sun), device.inverter_out, device.bus_out),
            )
        })
    }

    /// What the request itself allows.
    pub(super) fn bounds(&self) -> Bounds {
        with_width!(&self.plain, model => Bounds {
            may: model.slots.iter().map(|slot| May {
                idle: slot.may_idle,
                charge: slot.may_charge,
                discharge: slot.may_discharge,
                charge_within: slot.charge_within,
                discharge_within: slot.discharge_within,
            }).collect(),
            lo: model.lo.clone(),
            hi: model.hi.clone(),
            surplus_only: false,
            load_only: false,
        })
    }

    /// Its best under prices of its own for what it takes and what it gives (in 10⁻¹² p/kWh), apart from all limits of the meter; with
    /// `free` its own costs count as nothing.
    pub(super) fn under_prices(
        &self,
        bounds: &Bounds,
        prices: &[(i64, i64)],
        site: &Site,
        free: bool,
    ) -> Result<Walk> {
        let most = self.most_price;
        let terms = |index: usize| {
            let (taken, given) = prices.get(index).copied().unwrap_or_default();
            let free = i64::MAX / 64;
            Terms {
                import: taken.clamp(-most, most),
                export: given.clamp(-most, most),
                load: 0,
                solar: (!self.battery.has_hybrid_inverter()).then_some(0),
                import_limit: free,
                export_limit: free,
            }
        };
        with_width!(if free { &self.free } else { &self.fine }, model => walk(&self.lattice, restricted(model, bounds, terms, (true, true), self.units(self.step)), self.scale, self.battery.has_hybrid_inverter()))
            .map_err(|blocked| self.blocked(blocked, site))
    }

    /// Its best answer to the others at the meter.
    pub(super) fn answer(
        &self,
        bounds: &Bounds,
        terms: impl Fn(usize) -> Terms,
        rules: (bool, bool),
        site: &Site,
    ) -> Result<Walk> {
        with_width!(&self.plain, model => walk(&self.lattice, restricted(model, bounds, terms, rules, self.units(i64::try_from(self.lattice.price_unit).unwrap_or(1))), 1, self.battery.has_hybrid_inverter()))
            .map_err(|blocked| self.blocked(blocked, site))
    }

    /// The answer as a dispatch, beside the others' flows that `shared` has as load.
    pub(super) fn dispatch(
        &self,
        bounds: &Bounds,
        terms: impl Fn(usize) -> Terms,
        rules: (bool, bool),
        shared: &Site,
    ) -> Result<Dispatch> {
        let units = self.units(i64::try_from(self.lattice.price_unit).unwrap_or(1));
        let lane = match &self.plain {
            Width::Narrow(model) => Lane::Narrow(
                Solved::new(restricted(model, bounds, terms, rules, units))
                    .map_err(|b| self.blocked(b, shared))?,
            ),
            Width::Wide(model) => Lane::Wide(
                Solved::new(restricted(model, bounds, terms, rules, units))
                    .map_err(|b| self.blocked(b, shared))?,
            ),
        };
        Dispatch::of(&self.battery, shared, &self.request, self.lattice.clone(), lane, true)
    }

    /// Raw units of a bus unit, where it has no hybrid inverter.
    pub(super) fn unit(&self) -> i64 {
        i64::try_from(self.lattice.grid_unit).unwrap_or(1).max(1)
    }

    /// What terms are divided by: prices and energies.
    fn units(&self, price: i64) -> (i64, i64) {
        (price.max(1), self.unit())
    }

    fn blocked(&self, blocked: Blocked, site: &Site) -> Error {
        infeasible(blocked, site).in_source(&self.name)
    }

    /// Its parts for a relaxation, in kWh and p.
    pub(super) fn linear(&self) -> Linear {
        let raw = kwh(self.lattice.grid_unit);
        let level = raw / (self.lattice.bus * self.lattice.store) as f64;
        let at_bus = raw / self.lattice.bus as f64;
        let unit = self.lattice.price_unit as f64 * 1e-8;
        let rate = |cost_a_unit: i128| cost_a_unit as f64 / self.lattice.stored_price_factor() as f64 * unit;
        with_width!(&self.plain, model => {
            let device = &model.devices.whole;
            // The weakest first.
            let ways = |out: bool| {
                let mut stretches: Vec<(f64, f64)> = Vec::new();
                for s in device.segments.iter().filter(|s| if out { s.bus_lo >= 0 } else { s.bus_hi <= 0 }) {
                    let length = (s.bus_hi - s.bus_lo) as f64 * at_bus;
                    if length > 0.0 {
                        stretches.push((length, s.ratio as f64 * level / at_bus));
                    }
                }
                if !out {
                    stretches.reverse();
                }
                stretches
            };
            let count = model.slots.len();
            let mut stretches = vec![Vec::new(); count + 1];
            for floor in &model.soft {
                if let Some(cell) = stretches.get_mut(floor.boundary) {
                    cell.push((floor.level as f64 * level, rate(floor.price.wide())));
                }
            }
            Linear {
                charge: ways(false),
                discharge: ways(true),
                least: (device.charge_min as f64 * at_bus, device.discharge_min as f64 * at_bus),
                most_stored: device.store_charge_max as f64 * level,
                most_drawn: device.store_discharge_max as f64 * level,
                wear: device.wear.wide() as f64 * unit,
                loss: device.loss as f64 * level,
                level,
                bus: at_bus,
                start: model.start as f64 * level,
                draws: model.slots.iter().map(|slot| slot.draw as f64 * level).collect(),
                soft: stretches,
                lengths: (0..count).map(|index| model.devices.at(index).charge_max.max(model.devices.at(index).discharge_max) as f64 / device.charge_max.max(device.discharge_max).max(1) as f64).collect(),
                counts: model.modes.is_some(),
                less_given: false,
                less_taken: false,
                inverter: self.battery.has_hybrid_inverter().then(|| Inverter {
                    output: (device.inverter_out as f64 * at_bus, device.bus_out as f64 * at_bus / raw),
                    input: (device.inverter_in as f64 * at_bus, device.bus_in as f64 * at_bus / raw),
                    sun: model.slots.iter().map(|slot| slot.solar as f64 * at_bus).collect(),
                    curtailment: device.curtailment,
                }),
                end: model.terminal.iter().map(|p| (p.hi as f64 * level, rate(p.slope.wide()))).collect(),
            }
        })
    }
}

/// Solves and walks: what is done in each slot, and its exact costs.
fn walk<S: Slope>(
    lattice: &Lattice,
    model: Model<S>,
    scale: i64,
    hybrid: bool,
) -> std::result::Result<Walk, Blocked> {
    let solved = Solved::new(model)?;
    let model = &solved.model;
    let mut state = solved.start();
    let count = model.slots.len();
    let mut buffers = Buffers::default();
    let mut own = model.shortfall(0, state.level);
    let mut walk = Walk {
        least: money(lattice, solved.optimum(), scale).0,
        own: 0,
        levels: Vec::with_capacity(count + 1),
        flows: Vec::with_capacity(count),
        moved: Vec::with_capacity(count),
        doing: Vec::with_capacity(count),
        states: Vec::new(),
    };
    let unit = kwh(lattice.grid_unit) / lattice.bus as f64;
    walk.levels.push(state.level);
    for index in 0..count {
        let step = solved.step(index, state, &mut buffers).ok_or(Blocked::at(index))?;
        state = step.after;
        let device = model.devices.at(index);
        let (bus, ratio) = (step.flow.bus, i128::from(step.flow.ratio));
        if bus > 0 {
            own += device.wear.wide() * bus * divide_exactly(device.cost_throughput, ratio);
        }
        own += step.fee + model.shortfall(index + 1, state.level);
        // What passes the meter's side: the battery's own flow, or what goes through a hybrid inverter.
        let (taken, parts) = match (hybrid, model.slots.get(index)) {
            (true, Some(slot)) => {
                let (meter, parts) = meter_flow(device, slot, &step.flow);
                (meter - i128::from(slot.load) * parts, parts)
            }
            _ => (-bus, ratio),
        };
        let fine = (taken * lattice.grid_unit) << FINE;
        let least = fine.div_euclid(parts);
        walk.flows.push(Flow { least, most: least + i128::from(fine.rem_euclid(parts) != 0) });
        walk.moved.push(-(bus as f64) / ratio as f64 * unit);
        // Where changes are counted a run may stand at no power; it is a run all the same.
        walk.doing.push(match (&model.modes, state.before) {
            (None, _) => (-bus).signum() as i8,
            (_, Mode::Idle) => 0,
            (_, Mode::Charge) => 1,
            (_, Mode::Discharge) => -1,
        });
        walk.levels.push(state.level);
    }
    own += at(&model.terminal, state.level).unwrap_or(0);
    walk.own = money(lattice, own, scale).1;
    Ok(walk)
}

/// Costs, `scale` times finer than cost units, in 10⁻²⁰ p: rounded down, and up.
fn money(lattice: &Lattice, cost: i128, scale: i64) -> (i128, i128) {
    let scale = i128::from(scale);
    let whole = cost.div_euclid(scale);
    let Ok(near) = lattice.money(whole) else { return (i128::MIN / 1024, i128::MAX / 1024) };
    let exact = cost.rem_euclid(scale) == 0 && lattice.cost_of(near).is_ok_and(|back| back == whole);
    let near = near.units();
    if exact { (near, near) } else { (near - 1, near + 2) }
}
