//! The plan: slots, money, and the questions that the value functions answer.

use super::assemble::Prepared;
use super::device::Battery;
use super::kernel::{Blocked, Flow, Model, Slope, divide_exactly, meter_flow};
use super::lattice::{Lattice, RAW, raw_power};
use super::repeat::{Unsettled, repeating};
use super::request::{BatteryRequest, EndValue};
use super::site::Site;
use super::solved::{Buffers, Solved, State};
use super::tight::tight;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, Rounding, UnitRate, divide};
use crate::time::{Grid, Span};

/// What happens in one slot. Energies are kWh, rounded half to even at 10⁻⁸ kWh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DispatchSlot {
    /// When.
    pub span: Span,
    /// Energy into the battery's charger: AC, or at the DC side of a hybrid inverter.
    pub charge: Energy,
    /// Energy out of the battery, measured there too.
    pub discharge: Energy,
    /// Energy that the meter imports.
    pub import: Energy,
    /// Energy that the meter exports.
    pub export: Energy,
    /// Solar generation that is not used.
    pub curtailed: Energy,
    /// The level at the end of the slot.
    pub stored: Energy,
    /// What one more stored kWh would be worth at the end of the slot (the last one, at a full store), in p/kWh,
    /// rounded half to even at 10⁻⁸ p. `None` where one level only is possible.
    pub value: Option<UnitRate>,
}

/// What a plan costs, part by part. Each is exact, rounded half to even at 10⁻²⁰ p.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// Import less export at their rates.
    pub grid: Money,
    /// Wear of the battery.
    pub wear: Money,
    /// The price put on the carbon of the import.
    pub carbon: Money,
    /// What falling short of soft levels costs.
    pub shortfall: Money,
    /// What counted changes cost.
    pub changes: Money,
    /// What the level at the end is worth (subtracted from the cost). For a repeating day: relative to the lowest level.
    pub end_value: Money,
}

impl Costs {
    /// What the plan minimises: everything above, the end value subtracted.
    pub fn cost(&self) -> Result<Money> {
        Money::sum([self.grid, self.wear, self.carbon, self.shortfall, self.changes, -self.end_value])
    }
}

/// Which width of slopes a problem needed.
#[derive(Clone, Debug)]
pub(crate) enum Lane {
    Narrow(Solved<i64>),
    Wide(Solved<i128>),
}

macro_rules! on_lane {
    ($lane:expr, $solved:ident => $body:expr) => {
        match $lane {
            Lane::Narrow($solved) => $body,
            Lane::Wide($solved) => $body,
        }
    };
}
pub(crate) use on_lane;

/// The optimal plan of a battery, with its value functions.
///
/// Of equal plans this one, in each slot in order of time, moves the least energy.
#[derive(Clone, Debug)]
pub struct Dispatch {
    grid: Grid,
    pub(crate) lattice: Lattice,
    pub(crate) lane: Lane,
    pub(crate) states: Vec<State>,
    slots: Vec<DispatchSlot>,
    costs: Costs,
    cost: Money,
    baseline: Option<Money>,
}

impl Battery {
    /// The cheapest plan for a site. An error where none is feasible (`is_infeasible()`), where the input does not fit
    /// together, or where its digits are beyond exact arithmetic (`is_precision()`).
    pub fn plan(&self, site: &Site, request: &BatteryRequest) -> Result<Dispatch> {
        self.planned(site, request, true)
    }

    /// The same; where it is not `valued`, without saying what a kWh is worth after each slot, which takes its time, nor what there is without the battery.
    pub(crate) fn planned(&self, site: &Site, request: &BatteryRequest, valued: bool) -> Result<Dispatch> {
        let prepared = Prepared::new(self, site, request)?;
        let lane = match solved::<i64>(&prepared, site) {
            Ok(Some(solved)) => Ok(Lane::Narrow(solved)),
            Ok(None) => {
                solved::<i128>(&prepared, site).and_then(|solved| solved.map(Lane::Wide).ok_or_else(too_wide))
            }
            Err(error) => Err(error),
        };
        let lane = lane.map_err(|error| self.blocked(site, request, error))?;
        Dispatch::of(self, site, request, prepared.lattice, lane, valued)
    }

    /// An error that says what is in the way: the reserve, or a slot whose load passes a limit.
    fn blocked(&self, site: &Site, request: &BatteryRequest, error: Error) -> Error {
        if !error.is_infeasible() {
            return error;
        }
        let error = self.below_reserve(site, request, error);
        match tight(site, std::iter::once(request), self.standby) {
            Some(slot) if request.reserve_after == 0 => Error::infeasible(format!("{error}; {slot}")),
            _ => error,
        }
    }

    /// An error that names the reserve, where that is what no plan can keep because the store starts below it: with the first instant
    /// from which it can be kept.
    fn below_reserve(&self, site: &Site, request: &BatteryRequest, error: Error) -> Error {
        if request.start >= request.reserve || request.reserve_after > 0 {
            return error;
        }
        let kept_after = |boundaries: usize| {
            let later = BatteryRequest { reserve_after: boundaries, ..request.clone() };
            self.least_cost(site, &later).is_ok()
        };
        let (mut low, mut high) = (1, site.grid.len());
        if !kept_after(high) {
            return error;
        }
        while low < high {
            let middle = low.midpoint(high);
            if kept_after(middle) { high = middle } else { low = middle + 1 }
        }
        let from = if low < site.grid.len() {
            format!("the reserve can be kept from {} on at the earliest", site.boundary_text(low + 1))
        } else {
            "the reserve cannot be reached before the end".to_owned()
        };
        Error::infeasible(format!(
            "the store starts with {} kWh, below the reserve of {} kWh, and cannot hold that much by {}: {from}",
            request.start,
            request.reserve,
            site.boundary_text(1)
        ))
    }

    /// The cost of the cheapest plan alone, without the plan: in constant memory, for sweeps.
    pub fn least_cost(&self, site: &Site, request: &BatteryRequest) -> Result<Money> {
        if request.changes.is_some() || matches!(request.end_value, EndValue::RepeatingDay(_)) {
            return Ok(self.plan(site, request)?.cost());
        }
        let prepared = Prepared::new(self, site, request)?;
        let blocked = |blocked| self.blocked(site, request, infeasible(blocked, site));
        let cost = match prepared.model::<i64>()? {
            Some(model) => super::kernel::optimum(&model).map_err(blocked)?,
            None => {
                let model = prepared.model::<i128>()?.ok_or_else(too_wide)?;
                super::kernel::optimum(&model).map_err(blocked)?
            }
        };
        prepared.lattice.money(cost)
    }
}

/// In 10⁻²⁰ p: how far a repeating day's value may be from reproducing itself, where it would not settle exactly.
const TENTH_OF_A_PENNY: i128 = 10_i128.pow(Money::SCALE - 1);

fn too_wide() -> Error {
    Error::precision("the problem has too many digits to be solved exactly")
}

pub(crate) fn infeasible(blocked: Blocked, site: &Site) -> Error {
    if blocked.is_too_large {
        return Error::unsupported(format!(
            "a plan of {} slots with so many counted changes is too large to search exactly, it would take more than {} MB: allow fewer \
             starts or changes, or ask for a shorter time",
            site.grid.len(),
            super::kernel::MOST_BYTES >> 20
        ));
    }
    Error::infeasible(format!(
        "no plan keeps to every limit: from {} on, no level that the battery may have leads to the levels asked for later",
        site.boundary_text(blocked.boundary)
    ))
}

fn solved<S: Slope>(prepared: &Prepared<'_>, site: &Site) -> Result<Option<Solved<S>>> {
    let Some(model) = closed_model::<S>(prepared)? else { return Ok(None) };
    Solved::new(model).map(Some).map_err(|blocked| infeasible(blocked, site))
}

/// The model on wide slopes, its end value settled.
pub(crate) fn model_with_end(prepared: &Prepared<'_>) -> Result<Model<i128>> {
    closed_model(prepared)?.ok_or_else(too_wide)
}

/// The model with its end value settled, where that is the one that a repeating day reproduces.
pub(crate) fn closed_model<S: Slope>(prepared: &Prepared<'_>) -> Result<Option<Model<S>>> {
    let Some(mut model) = prepared.model::<S>()? else { return Ok(None) };
    if let Some(day) = prepared.repeating_day(&model) {
        let tenth_of_a_penny = Money::from_units(TENTH_OF_A_PENNY)?;
        let tolerance = prepared.lattice.cost_units(tenth_of_a_penny).unwrap_or(0);
        let mut terminal = repeating(&day, tolerance).map_err(|unsettled| match unsettled {
            Unsettled::Blocked(_) => Error::infeasible("the repeating day has no plan"),
            Unsettled::TooSlow => Error::unsupported(format!(
                "the repeating day's value has not settled after {} repetitions: give the end value as a rate or bands",
                super::repeat::MOST_REPETITIONS
            )),
        })?;
        std::mem::swap(&mut model.terminal, &mut terminal);
    }
    Ok(Some(model))
}

impl Dispatch {
    /// The dispatch of a solved problem of this battery.
    pub(crate) fn of(
        battery: &Battery,
        site: &Site,
        request: &BatteryRequest,
        lattice: Lattice,
        lane: Lane,
        valued: bool,
    ) -> Result<Self> {
        let (states, slots, costs) =
            on_lane!(&lane, solved => forward(battery, site, &lattice, solved, valued)?);
        let cost = lattice.money(on_lane!(&lane, solved => solved.optimum()))?;
        let baseline = if valued { baseline(site, request)? } else { None };
        Ok(Self { grid: site.grid, lattice, lane, states, slots, costs, cost, baseline })
    }

    /// The slots, whole; [`Dispatch::slots`] says which part of the first and the last is planned.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// What happens in each slot.
    #[must_use]
    pub fn slots(&self) -> &[DispatchSlot] {
        &self.slots
    }

    /// What the plan minimises: the optimum itself, rounded once at 10⁻²⁰ p.
    #[must_use]
    pub const fn cost(&self) -> Money {
        self.cost
    }

    /// Its parts.
    #[must_use]
    pub const fn costs(&self) -> &Costs {
        &self.costs
    }

    /// Import, export and carbon of the site without the battery; `None` where its limits cannot be kept without it.
    #[must_use]
    pub const fn baseline(&self) -> Option<Money> {
        self.baseline
    }

    /// What the battery saves: the baseline less the plan's cost.
    #[must_use]
    pub fn saving(&self) -> Option<Money> {
        self.baseline?.checked_sub(self.cost)
    }

    /// Import less export at the site's rates, from the plan's energies as they are printed (10⁻⁸ kWh): what a bill of
    /// this plan comes to. It differs from `costs().grid` by at most half of 10⁻⁸ kWh at each slot's rate.
    pub fn repriced(&self, site: &Site) -> Result<Money> {
        let mut sum = 0_i128;
        for (index, slot) in self.slots.iter().enumerate() {
            let import = i128::from(slot.import.units()) * i128::from(site.import_units(index));
            let export = i128::from(slot.export.units()) * i128::from(site.export_units(index));
            sum = sum
                .checked_add(import - export)
                .ok_or_else(|| Error::out_of_range("a sum is beyond the range of p"))?;
        }
        Money::from_product_units(sum)
    }

    /// How many pieces the value functions have in all.
    #[must_use]
    pub fn pieces(&self) -> usize {
        on_lane!(&self.lane, solved => solved.pieces())
    }
}

/// The site's cost without the battery.
fn baseline(site: &Site, request: &BatteryRequest) -> Result<Option<Money>> {
    let limits = [site.import_limit, site.export_limit].map(|power| whole_limit(site, power));
    if let ([Some(import), Some(export)], true) =
        (limits, request.import_limits.is_empty() && request.export_limits.is_empty())
    {
        return meter_alone(site, import, export);
    }
    // Limits that are not whole units of energy a slot are left to the solver.
    let nothing = Battery::new(Energy::ZERO, crate::plan::Power::ZERO)?;
    match nothing.least_cost(site, &request.connection_only()) {
        Ok(cost) => Ok(Some(cost)),
        Err(error) if error.is_infeasible() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The energy that a limit allows in each slot, where that is one whole number of units; a limit of its own where there is none.
fn whole_limit(site: &Site, power: Option<crate::plan::Power>) -> Option<i64> {
    let Some(power) = power else { return Some(i64::MAX) };
    let raw = raw_power(power, site.grid.slot_length().seconds());
    (raw % RAW == 0 && !site.is_cut()).then(|| i64::try_from(raw / RAW).unwrap_or(i64::MAX))
}

/// The cost of load and solar alone; `None` where a slot cannot keep to the limits.
fn meter_alone(site: &Site, import_most: i64, export_most: i64) -> Result<Option<Money>> {
    let mut sum = 0_i128;
    for index in 0..site.grid.len() {
        let (load, solar) = (site.load_units(index), site.solar_units(index));
        let least = (load - solar).max(-export_most);
        let most = if site.curtailment { load } else { load - solar }.min(import_most);
        if least > most {
            return Ok(None);
        }
        let import = i128::from(site.import_units(index)) + i128::from(site.carbon_units(index));
        let export = i128::from(site.export_units(index));
        let cost = |net: i64| i128::from(net) * if net > 0 { import } else { export };
        sum += cost(least).min(cost(most)).min(cost(0_i64.clamp(least, most)));
    }
    Money::from_product_units(sum).map(Some)
}

/// Sums of cost units, part by part.
#[derive(Default)]
struct Sums {
    grid: i128,
    wear: i128,
    carbon: i128,
    shortfall: i128,
    changes: i128,
}

type Walked = (Vec<State>, Vec<DispatchSlot>, Costs);

/// Walks the plan from its start, and prices every part in whole cost units.
fn forward<S: Slope>(
    battery: &Battery,
    site: &Site,
    lattice: &Lattice,
    solved: &Solved<S>,
    valued: bool,
) -> Result<Walked> {
    let count = solved.model.slots.len();
    let mut state = solved.start();
    let mut states = Vec::with_capacity(count + 1);
    let mut slots = Vec::with_capacity(count);
    let mut buffers = Buffers::default();
    let mut sums = Sums { shortfall: solved.model.shortfall(0, state.level), ..Sums::default() };
    states.push(state);
    for index in 0..count {
        let step =
            solved.step(index, state, &mut buffers).ok_or_else(|| infeasible(Blocked::at(index), site))?;
        let Some(slot) = solved.model.slots.get(index) else { break };
        let device = solved.model.devices.at(index);
        state = step.after;
        let (bus, ratio) = (step.flow.bus, i128::from(step.flow.ratio));
        let (meter, _) = meter_flow(device, slot, &step.flow);
        // Cost units to a price unit on one `1 / denominator` of a grid unit.
        let direction = if step.flow.inverter >= 0 { device.cost_out } else { device.cost_in };
        let per_unit = divide_exactly(direction, ratio);
        let carbon = if meter > 0 { carbon_price(site, lattice, index) } else { 0 };
        let rate = if meter > 0 { slot.import.wide() - carbon } else { slot.export.wide() };
        sums.grid += rate * meter * per_unit;
        sums.carbon += carbon * meter * per_unit;
        if bus > 0 {
            sums.wear += device.wear.wide() * bus * divide_exactly(device.cost_throughput, ratio);
        }
        sums.changes += step.fee;
        sums.shortfall += solved.model.shortfall(index + 1, state.level);
        let mut shown = dispatched(battery, site, (lattice, &solved.model), index, &step.flow, state.level);
        if valued {
            shown.value = marginal(lattice, &buffers.next, state.level);
        }
        slots.push(shown);
        states.push(state);
    }
    let last = states.last().map_or(0, |state| state.level);
    let end_value = super::kernel::at(&solved.model.terminal, last).map_or(0, |cost| -cost);
    let costs = Costs {
        grid: lattice.money(sums.grid)?,
        wear: lattice.money(sums.wear)?,
        carbon: lattice.money(sums.carbon)?,
        shortfall: lattice.money(sums.shortfall)?,
        changes: lattice.money(sums.changes)?,
        end_value: lattice.money(end_value)?,
    };
    Ok((states, slots, costs))
}

/// The energies of a slot from its flows and the level after it; nothing is said of what a kWh is worth.
pub(crate) fn dispatched<S: Slope>(
    battery: &Battery,
    site: &Site,
    (lattice, model): (&Lattice, &Model<S>),
    index: usize,
    flow: &Flow,
    level: i64,
) -> DispatchSlot {
    let solar = model.slots.get(index).map_or(0, |slot| slot.solar);
    let (bus, ratio) = (flow.bus, i128::from(flow.ratio));
    let meter = model.slots.get(index).map(|slot| meter_flow(model.devices.at(index), slot, flow));
    let (meter, denominator) = meter.unwrap_or((0, 1));
    let curtailed = i128::from(solar) * ratio - (flow.inverter - bus);
    let bus_denominator = ratio * lattice.bus;
    let whole = |numerator: i128, denominator: i128| {
        if numerator == 0 {
            return Energy::ZERO;
        }
        Energy::from_units(lattice.energy(numerator, denominator)).unwrap_or_default()
    };
    // Where the slot is balanced and all sun is used, what the meter sees comes from the rest.
    let meter = if battery.hybrid.is_none() && curtailed == 0 { 0 } else { meter };
    let mut shown = DispatchSlot {
        span: site.span_of(index),
        charge: whole((-bus).max(0), bus_denominator),
        discharge: whole(bus.max(0), bus_denominator),
        import: whole(meter.max(0), denominator),
        export: whole((-meter).max(0), denominator),
        curtailed: whole(curtailed, bus_denominator),
        stored: whole(i128::from(level), lattice.bus * lattice.store),
        value: None,
    };
    if battery.hybrid.is_none() {
        let standby = match raw_power(battery.standby, site.seconds_of(index)) {
            0 => 0,
            standby => lattice.energy(standby, lattice.grid_unit),
        };
        balance(&mut shown, site.load_units(index) + standby, site.solar_units(index), curtailed == 0);
    }
    shown
}

/// A slot's carbon price in price units.
fn carbon_price(site: &Site, lattice: &Lattice, index: usize) -> i128 {
    if site.carbon.is_empty() { 0 } else { i128::from(site.carbon_units(index)) / lattice.price_unit }
}

/// Makes a slot's rounded energies balance to the last digit: the meter takes up what rounding left over, or the
/// curtailed energy where there is some.
fn balance(slot: &mut DispatchSlot, load: i64, solar: i64, all_used: bool) {
    let own = load - solar + slot.charge.units() - slot.discharge.units();
    let energy = |units: i64| Energy::from_units(units).unwrap_or_default();
    if all_used {
        slot.import = energy(own.max(0));
        slot.export = energy((-own).max(0));
    } else {
        let meter = slot.import.units() - slot.export.units();
        slot.curtailed = energy((meter - own).max(0));
    }
}

/// What one more stored unit is worth, in p/kWh.
pub(crate) fn marginal<S: Slope>(
    lattice: &Lattice,
    function: &[super::kernel::Piece<S>],
    level: i64,
) -> Option<UnitRate> {
    let here = super::kernel::at(function, level)?;
    let saved = match super::kernel::at(function, level + 1) {
        Some(above) => here - above,
        None => super::kernel::at(function, level - 1)? - here,
    };
    let units =
        divide(saved.checked_mul(lattice.price_unit)?, lattice.stored_price_factor(), Rounding::HalfEven);
    UnitRate::from_units(i64::try_from(units).ok()?).ok()
}
