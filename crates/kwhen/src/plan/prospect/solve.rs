//! The engine: expected values of a prospect on the lattice of everything that may come, and walks that follow them.

use super::Prospect;
use crate::error::{Error, Result};
use crate::plan::backtest::run::{Reach, Stuck, Walked, walk};
use crate::plan::battery::engine::{
    Buffers, Chance, Expected, Model, Outlook, Piece, Slope, Slot, SlotCosts, Solved, closed_model,
    infeasible,
};
use crate::plan::battery::{Battery, BatteryRequest, Lattice, Prepared, RAW, Site, gcd};
use crate::plan::forecast::{FINE, Outcome, SlotForecast};
use crate::quantity::{Energy, Money, UnitRate};

/// How far a step may be off for the sake of fewer pieces, in hundredths of a penny.
const TOLERANCE: i128 = 10_i128.pow(Money::SCALE - 2);

/// Expected values, and the plan on the mean beside them.
#[derive(Clone, Debug)]
pub(super) struct Engine<S> {
    pub(super) expected: Expected<S>,
    /// The plan that takes every slot as its mean.
    pub(super) single: Solved<S>,
    /// What the load of a way does not hold, the device's own standby in grid units, and its import rate does not, the price of carbon.
    standby: Vec<i64>,
    carbon: Vec<i64>,
}

/// The width of slopes that a prospect needed.
#[derive(Clone, Debug)]
pub(super) enum Lane {
    Narrow(Box<Engine<i64>>),
    Wide(Box<Engine<i128>>),
}

macro_rules! on_engine {
    ($lane:expr, $engine:ident => $body:expr) => {
        match $lane {
            $crate::plan::prospect::solve::Lane::Narrow($engine) => $body,
            $crate::plan::prospect::solve::Lane::Wide($engine) => $body,
        }
    };
}
pub(super) use on_engine;

/// Who decides in a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    /// The expected values.
    Expected,
    /// The plan on the mean.
    Single,
}

/// What a prospect comes to on its lattice.
pub(super) struct Solution {
    pub(super) lattice: Lattice,
    pub(super) lane: Lane,
    /// The mean of each slot's ways.
    pub(super) mean: Vec<SlotForecast>,
    /// How many ways of slots are left out, since nothing keeps to the limits in them.
    pub(super) left_out: usize,
}

/// Solves a prospect. The lattice holds everything that may come.
pub(super) fn solve(prospect: &Prospect, battery: &Battery, request: &BatteryRequest) -> Result<Solution> {
    if request.changes.is_some() {
        return Err(Error::unsupported("a plan for what is not known does not count changes yet"));
    }
    let widest = widest(prospect)?;
    let own = Prepared::new(battery, &widest, request)?.lattice;
    let ways = prospect.outcomes.iter().flatten().map(|outcome| &outcome.slot);
    let (mut grid_unit, mut price_unit) = (own.grid_unit, gcd(own.price_unit, FINE));
    for way in ways {
        grid_unit =
            gcd(gcd(grid_unit, i128::from(way.load.units()) * RAW), i128::from(way.solar.units()) * RAW);
        price_unit = gcd(gcd(price_unit, i128::from(way.import.units())), i128::from(way.export.units()));
    }
    let prepared = Prepared::with_units(battery, &widest, request, grid_unit, price_unit)?;
    let weights =
        prospect.outcomes.iter().map(|ways| ways.iter().map(|way| i128::from(way.weight)).sum::<i128>());
    let times = weights.max().unwrap_or(1).max(1) * i128::from(prospect.alike.max(1));
    let holds = |fits: bool| if fits { Ok(()) } else { Err(too_fine()) };
    let lattice = prepared.lattice.clone();
    match closed_model::<i64>(&prepared)?.filter(|model| prepared.holds(model, times, 0)) {
        Some(model) => {
            let (engine, mean, left_out) = Engine::new(prospect, model, &lattice, &widest)?;
            Ok(Solution { lattice, lane: Lane::Narrow(Box::new(engine)), mean, left_out })
        }
        None => {
            let model = closed_model::<i128>(&prepared)?.ok_or_else(too_fine)?;
            holds(prepared.holds(&model, times, 0))?;
            let (engine, mean, left_out) = Engine::new(prospect, model, &lattice, &widest)?;
            Ok(Solution { lattice, lane: Lane::Wide(Box::new(engine)), mean, left_out })
        }
    }
}

fn too_fine() -> Error {
    Error::precision("the problem has too many digits to be solved exactly")
}

/// The site with the largest load and sun of all that may come in every slot, and its largest rates: what bounds the problem.
fn widest(prospect: &Prospect) -> Result<Site> {
    let ways = || prospect.outcomes.iter().flatten().map(|outcome| &outcome.slot);
    let load = ways().map(|way| way.load).max().unwrap_or_default();
    let solar = ways().map(|way| way.solar).max().unwrap_or_default();
    let largest = |pick: fn(&SlotForecast) -> UnitRate| {
        ways().map(pick).max_by_key(|rate| rate.units().saturating_abs()).unwrap_or_default()
    };
    let slot =
        SlotForecast { load, solar, import: largest(|way| way.import), export: largest(|way| way.export) };
    prospect.site_as(&vec![slot; prospect.site.grid().len()])
}

impl<S: Slope> Engine<S> {
    /// Also the mean of each slot's ways, and how many ways are left out.
    fn new(
        prospect: &Prospect,
        model: Model<S>,
        lattice: &Lattice,
        widest: &Site,
    ) -> Result<(Self, Vec<SlotForecast>, usize)> {
        let mut costs = SlotCosts::default();
        let mut change = Vec::new();
        let (mut standby, mut carbon) = (Vec::new(), Vec::new());
        let (mut chances, mut mean, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        let mut left_out = 0;
        for ((index, base), ways) in model.slots.iter().enumerate().zip(&prospect.outcomes) {
            let own = (base.load - lattice.grid_units(widest.load_units(index)), widest.carbon_units(index));
            standby.push(own.0);
            carbon.push(own.1);
            let slot = |way: &SlotForecast| slot_as(lattice, base, own, way).ok_or_else(too_fine);
            let mut kept = Vec::with_capacity(ways.len());
            for way in ways {
                let slot = slot(&way.slot)?;
                costs.build(model.devices.at(index), &slot, &mut change);
                if is_possible(&model, index, &change) {
                    kept.push(*way);
                } else {
                    left_out += 1;
                }
            }
            if kept.is_empty() {
                return Err(Error::infeasible(format!(
                    "no plan keeps to every limit: from {} on, none of the ways in which the slot may turn out does",
                    prospect.site.boundary_text(index)
                )));
            }
            // A plan on the mean is on that of all ways; what it stands beside may go by some.
            let of_slot = crate::plan::forecast::mean(&kept);
            if let Some(days) = prospect.days {
                days.keep_counted(&mut kept, None);
            }
            let chance = |way: &Outcome| {
                let slot = slot(&way.slot)?;
                Ok(Chance { slot, weight: way.weight, before: way.before, after: way.after })
            };
            chances.push(Outlook::joined(kept.iter().map(chance).collect::<Result<_>>()?));
            slots.push(slot(&of_slot)?);
            mean.push(of_slot);
        }
        let tolerance = lattice.cost_units(Money::from_units(TOLERANCE)?).unwrap_or(0);
        let model = Model { slots, ..model };
        let blocked = |blocked| infeasible(blocked, &prospect.site);
        let single = Solved::new(model.clone()).map_err(blocked)?;
        let outlook = Outlook { model, chances, states: prospect.states, alike: prospect.alike, tolerance };
        let expected = Expected::new(outlook).map_err(blocked)?;
        if expected.cost(0, prospect.sky, expected.outlook.model.start).is_none() {
            return Err(Error::infeasible(
                "from the level at the start not every way in which the slots may turn out keeps to the limits: start higher, or ask less",
            ));
        }
        left_out += expected.left_out;
        Ok((Self { expected, single, standby, carbon }, mean, left_out))
    }

    /// The model with the slots of one way.
    pub(super) fn model_as(&self, lattice: &Lattice, slots: &[SlotForecast]) -> Result<Model<S>> {
        let model = &self.expected.outlook.model;
        let slots = model.slots.iter().enumerate().zip(slots).map(|((index, base), way)| {
            let own =
                (self.standby.get(index).copied().unwrap_or(0), self.carbon.get(index).copied().unwrap_or(0));
            slot_as(lattice, base, own, way).ok_or_else(too_fine)
        });
        Ok(Model { slots: slots.collect::<Result<_>>()?, ..model.clone() })
    }

    /// Walks through one way in which the slots may turn out. `state` says which state follows each slot.
    pub(super) fn walk(
        &self,
        model: &Model<S>,
        follow: Follow,
        state: impl Fn(usize) -> usize,
    ) -> std::result::Result<Walked, Stuck> {
        let reach = Reach::new(model)?;
        let (mut next, mut acted) = (Vec::new(), Vec::new());
        let mut buffers = Buffers::default();
        walk(model, |index, level, change| {
            let planned = match follow {
                Follow::Expected => {
                    self.expected.drawn_under(index, state(index), level, change, (&mut next, &mut acted))
                }
                Follow::Single => self.single.drawn_under(index, level, change, &mut buffers),
            };
            let keeps = |drawn: &i64| {
                let (lo, hi) = reach.allowed.get(index + 1).copied().unwrap_or((0, 0));
                (lo..=hi).contains(&model.level_after(index, level - drawn))
            };
            planned.filter(keeps).or_else(|| reach.nearest(index, level, change, 0))
        })
    }

    /// The expected cost-to-go at a boundary in a state.
    pub(super) fn function(&self, boundary: usize, state: usize) -> Vec<Piece<S>> {
        let mut function = Vec::new();
        self.expected.read(boundary, state, &mut function);
        function
    }

    /// The expected cost from the start.
    pub(super) fn cost(&self, state: usize) -> i128 {
        self.expected.cost(0, state, self.expected.outlook.model.start).unwrap_or(0)
    }
}

/// A slot with the load, sun and rates of one way.
fn slot_as<S: Slope>(
    lattice: &Lattice,
    base: &Slot<S>,
    (standby, carbon): (i64, i64),
    way: &SlotForecast,
) -> Option<Slot<S>> {
    let energy = |energy: Energy| energy.units().max(0);
    Some(Slot {
        load: lattice.grid_units(energy(way.load)).saturating_add(standby),
        solar: lattice.bus_units(energy(way.solar)),
        import: lattice.price(way.import.units().saturating_add(carbon))?,
        export: lattice.price(way.export.units())?,
        ..*base
    })
}

/// Whether any level allows a slot's changes of the store at all.
fn is_possible<S: Slope>(model: &Model<S>, index: usize, change: &[Piece<S>]) -> bool {
    let (Some(first), Some(last)) = (change.first(), change.last()) else { return false };
    let level = |levels: &[i64], boundary: usize| levels.get(boundary).copied().unwrap_or(0);
    // Before the slot the level is at most the capacity; what it loses and gives away besides is little to the good.
    let given = model.devices.at(index).loss + model.slots.get(index).map_or(0, |slot| slot.draw);
    first.lo <= model.capacity - level(&model.lo, index + 1)
        && last.hi >= level(&model.lo, index) - level(&model.hi, index + 1) - given
}

/// The least cost of one way, were it known.
pub(super) fn least<S: Slope>(model: &Model<S>) -> Option<i128> {
    Solved::new(model.clone()).ok().map(|solved| solved.optimum())
}
