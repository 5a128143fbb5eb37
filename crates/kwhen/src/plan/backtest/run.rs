//! The engine of a back-test: one model of the whole history in lattice units, walked by each strategy.

use crate::error::Error;
use crate::plan::battery::engine::{
    Buffers, Device, Model, Piece, Slope, Slot, SlotCosts, Solved, Stepper, at, store_of_bus,
};
use crate::plan::battery::{Lattice, Site};
use crate::plan::forecast::{Forecast, Known};
use std::ops::Range;

/// The cost of each slot, in cost units, and the level after it.
pub(in crate::plan) struct Walked {
    pub(in crate::plan) costs: Vec<i128>,
    /// What is drawn from the store in each slot (negative: stored).
    pub(super) drawn: Vec<i64>,
    pub(in crate::plan) levels: Vec<i64>,
    pub(super) plans: usize,
    /// How often of those there was no plan.
    pub(super) unplanned: usize,
    /// The most by which an expected value of a plan may be off.
    pub(super) bound: i128,
    /// How many ways of slots plans left out.
    pub(super) left_out: usize,
}

/// What stops a walk: the slot from which no action keeps to the limits.
pub(in crate::plan) struct Stuck {
    pub(in crate::plan) slot: usize,
}

/// When plans are made and what they may know: `(first slot, first slot with unknown rates)`.
pub(crate) type Moments = Vec<(usize, usize)>;

/// Walks with one action a slot.
pub(in crate::plan) fn walk<S: Slope>(
    model: &Model<S>,
    mut act: impl FnMut(usize, i64, &[Piece<S>]) -> Option<i64>,
) -> Result<Walked, Stuck> {
    let mut costs = SlotCosts::default();
    let mut change = Vec::new();
    let mut level = model.start;
    let mut sums = Vec::with_capacity(model.slots.len());
    let mut levels = Vec::with_capacity(model.slots.len());
    let mut draws = Vec::with_capacity(model.slots.len());
    for (index, slot) in model.slots.iter().enumerate() {
        costs.build(model.devices.at(index), slot, &mut change);
        let drawn = act(index, level, &change).ok_or(Stuck { slot: index })?;
        let cost = at(&change, drawn).ok_or(Stuck { slot: index })?;
        level = model.level_after(index, level - drawn);
        let soft = model.shortfall(index + 1, level);
        sums.push(cost.wrapping_add(soft));
        levels.push(level);
        draws.push(drawn);
    }
    if let Some(last) = sums.last_mut() {
        *last += at(&model.terminal, level).ok_or(Stuck { slot: model.slots.len() })?;
    }
    if let Some(first) = sums.first_mut() {
        *first += model.shortfall(0, model.start);
    }
    Ok(Walked { costs: sums, drawn: draws, levels, plans: 0, unplanned: 0, bound: 0, left_out: 0 })
}

/// Follows one plan of everything.
pub(super) fn perfect<S: Slope>(model: &Model<S>) -> Result<Walked, Stuck> {
    let solved = Solved::new(model.clone()).map_err(|blocked| Stuck { slot: blocked.boundary })?;
    let mut buffers = Buffers::default();
    let mut walked =
        walk(model, |index, level, change| solved.drawn_under(index, level, change, &mut buffers))?;
    walked.plans = 1;
    Ok(walked)
}

/// The levels from which a strategy can still keep to every later limit, whatever it does for money.
pub(in crate::plan) struct Reach<S> {
    model: Model<S>,
    pub(in crate::plan) allowed: Vec<(i64, i64)>,
}

impl<S: Slope> Reach<S> {
    /// Where the limits are only a floor and a ceiling that stay, the level may be anywhere between; targets are reached
    /// by following the walk's own bounds.
    pub(in crate::plan) fn new(model: &Model<S>) -> Result<Self, Stuck> {
        // Solving once gives, as the domain of each function, exactly the levels that still lead to the end.
        let mut stepper = Stepper::new();
        let mut current = model.terminal.clone();
        crate::plan::battery::engine::cut_to(&mut current, model, model.slots.len());
        let mut allowed = vec![(0, 0); model.slots.len() + 1];
        let mut out = Vec::new();
        for index in (0..=model.slots.len()).rev() {
            let (Some(first), Some(last)) = (current.first(), current.last()) else {
                return Err(Stuck { slot: index });
            };
            if let Some(cell) = allowed.get_mut(index) {
                *cell = (first.lo, last.hi);
            }
            if index > 0 {
                stepper.step(model, index - 1, &current, &mut out);
                std::mem::swap(&mut current, &mut out);
            }
        }
        Ok(Self { model: model.clone(), allowed })
    }

    /// The possible draw nearest to a wanted one that keeps the level within reach.
    pub(in crate::plan) fn nearest(
        &self,
        index: usize,
        level: i64,
        change: &[Piece<S>],
        wanted: i64,
    ) -> Option<i64> {
        let (lo, hi) = *self.allowed.get(index + 1)?;
        let (first, last) = (change.first()?, change.last()?);
        // Without loss or draw the level after is level - drawn; with them the walk tries the ends as well.
        let lost = self.model.devices.at(index).loss + self.model.slots.get(index)?.draw;
        let (least, most) = (level - hi - lost, level - lo - lost);
        let wanted = wanted.clamp(first.lo.max(least), last.hi.min(most).max(first.lo.max(least)));
        let candidates = change.iter().flat_map(|piece| {
            let inside = wanted.clamp(piece.lo, piece.hi);
            [inside, piece.lo, piece.hi]
        });
        candidates
            .chain([level - lo, level])
            .filter(|drawn| at(change, *drawn).is_some())
            .filter(|drawn| {
                let after = self.model.level_after(index, level - drawn);
                let acted = level - drawn;
                acted >= 0 && acted <= self.model.capacity && (lo..=hi).contains(&after)
            })
            .min_by_key(|drawn| (drawn.abs_diff(wanted), *drawn))
    }
}

/// What a rule wants of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Charge,
    Discharge,
    SelfUse,
}

/// Follows a rule: one wish a slot.
pub(super) fn rule<S: Slope>(model: &Model<S>, wish: impl Fn(usize) -> Wish) -> Result<Walked, Stuck> {
    let reach = Reach::new(model)?;
    walk(model, |index, level, change| {
        let slot = model.slots.get(index)?;
        let wanted = match wish(index) {
            Wish::Charge => change.first()?.lo,
            Wish::Discharge => change.last()?.hi,
            Wish::SelfUse => self_use(model.devices.at(index), slot),
        };
        reach.nearest(index, level, change, wanted)
    })
}

/// The draw that leaves the meter still: what the load lacks, or minus the surplus of the solar.
fn self_use<S: Slope>(device: &Device<S>, slot: &Slot<S>) -> i64 {
    store_of_bus(device, slot.load.saturating_mul(device.bus_out).saturating_sub(slot.solar))
}

/// How rolling plans are made and followed.
pub(super) trait Planner<S> {
    /// A plan of some slots.
    type Plan;

    /// The plan of some slots of the model, from now on, from a level; `None` where there is none. What is known counts its slots from the
    /// past's first.
    fn plan(
        &self,
        known: &Known<'_>,
        places: Range<usize>,
        level: i64,
        allowed: &[(i64, i64)],
    ) -> Option<Self::Plan>;

    /// What a plan draws in a slot, the plan's `index`-th and the history's `slot`, once it is seen what drawing costs in it.
    fn drawn(
        &mut self,
        plan: &Self::Plan,
        place: (usize, usize),
        level: i64,
        change: &[Piece<S>],
    ) -> Option<i64>;

    /// The most by which an expected value of a plan may be off, and how many ways of slots it left out.
    fn bound(_: &Self::Plan) -> (i128, usize) {
        (0, 0)
    }
}

/// Plans again at each moment and follows the plans. What is seen ends with the model's last slot; what of it is before the first is past.
pub(super) fn rolling<S: Slope, P: Planner<S>>(
    model: &Model<S>,
    seen: &Site,
    mut planner: P,
    moments: &Moments,
    ahead: usize,
) -> Result<Walked, Stuck> {
    let count = model.slots.len();
    let past = seen.grid().len() - count;
    let slots_a_day = (24 * 60 / seen.grid().slot_length().minutes()) as usize;
    let mut next_moment = moments.iter().peekable();
    let mut plan: Option<(usize, P::Plan)> = None;
    let (mut plans, mut unplanned, mut bound, mut left_out) = (0, 0, 0, 0);
    let reach = Reach::new(model)?;
    let mut walked = walk(model, |index, level, change| {
        if let Some(&(_, rates_until)) = next_moment.next_if(|(moment, _)| *moment <= index) {
            let known = Known { site: seen, now: past + index, rates_until: past + rates_until, slots_a_day };
            let places = index..(index + ahead).max(rates_until).min(count);
            plan = planner.plan(&known, places, level, &reach.allowed).map(|plan| (index, plan));
            plans += 1;
            unplanned += usize::from(plan.is_none());
            let (off, ways) = plan.as_ref().map_or((0, 0), |(_, plan)| P::bound(plan));
            bound = bound.max(off);
            left_out += ways;
        }
        let planned = plan
            .as_ref()
            .and_then(|(first, plan)| planner.drawn(plan, (index - first, past + index), level, change));
        let keeps = |drawn: &i64| {
            let (lo, hi) = reach.allowed.get(index + 1).copied().unwrap_or((0, 0));
            (lo..=hi).contains(&model.level_after(index, level - drawn))
        };
        planned.filter(keeps).or_else(|| reach.nearest(index, level, change, 0))
    })?;
    (walked.plans, walked.unplanned, walked.bound, walked.left_out) = (plans, unplanned, bound, left_out);
    Ok(walked)
}

/// Plans on one forecast.
pub(super) struct OneForecast<'a, S> {
    model: &'a Model<S>,
    lattice: &'a Lattice,
    forecast: &'a dyn Forecast,
    buffers: Buffers<S>,
}

impl<'a, S> OneForecast<'a, S> {
    pub(super) fn new(model: &'a Model<S>, lattice: &'a Lattice, forecast: &'a dyn Forecast) -> Self {
        Self { model, lattice, forecast, buffers: Buffers::default() }
    }
}

impl<S: Slope> Planner<S> for OneForecast<'_, S> {
    type Plan = Solved<S>;

    fn plan(
        &self,
        known: &Known<'_>,
        places: Range<usize>,
        level: i64,
        allowed: &[(i64, i64)],
    ) -> Option<Solved<S>> {
        window(self.model, self.lattice, known, self.forecast, places, level, allowed)
    }

    fn drawn(
        &mut self,
        plan: &Solved<S>,
        (index, _): (usize, usize),
        level: i64,
        change: &[Piece<S>],
    ) -> Option<i64> {
        plan.drawn_under(index, level, change, &mut self.buffers)
    }
}

/// The plan of some slots from now on, on what is known and forecast.
fn window<S: Slope>(
    model: &Model<S>,
    lattice: &Lattice,
    known: &Known<'_>,
    forecast: &dyn Forecast,
    places: Range<usize>,
    level: i64,
    allowed: &[(i64, i64)],
) -> Option<Solved<S>> {
    let slots = model
        .slots
        .get(places.clone())?
        .iter()
        .zip(known.now..)
        .map(|(actual, index)| {
            let expected = forecast.forecast(known, index);
            let mut slot = *actual;
            let standby = actual.load - lattice.grid_units(known.site.load_units(index));
            slot.load = lattice.grid_units(expected.load.units().max(0)).saturating_add(standby);
            slot.solar = lattice.bus_units(expected.solar.units().max(0));
            if index >= known.rates_until {
                let carbon = known.site.carbon_units(index);
                slot.import = lattice.price(expected.import.units().saturating_add(carbon))?;
                slot.export = lattice.price(expected.export.units())?;
            }
            Some(slot)
        })
        .collect::<Option<Vec<_>>>()?;
    Solved::new(part(model, slots, places, level, allowed)?).ok()
}

/// The problem of some slots of the whole. Levels from which the true limits can still be met bound it as well.
pub(super) fn part<S: Slope>(
    model: &Model<S>,
    slots: Vec<Slot<S>>,
    places: Range<usize>,
    level: i64,
    allowed: &[(i64, i64)],
) -> Option<Model<S>> {
    let Range { start: now, end } = places;
    let reachable = allowed.get(now..=end)?;
    let first = model.soft.partition_point(|floor| floor.boundary < now);
    let soft =
        model.soft.iter().skip(first).take_while(|floor| floor.boundary <= end).map(|floor| {
            crate::plan::battery::engine::SoftFloor { boundary: floor.boundary - now, ..*floor }
        });
    let flat = vec![Piece::flat(0, model.capacity, 0)];
    Some(Model {
        devices: model.devices.part(now..end),
        slots,
        lo: reachable.iter().map(|(lo, _)| *lo).collect(),
        hi: reachable.iter().map(|(_, hi)| *hi).collect(),
        capacity: model.capacity,
        start: level,
        terminal: if end == model.slots.len() { model.terminal.clone() } else { flat },
        soft: soft.collect(),
        modes: None,
    })
}

/// For every slot, whether it is one of the k cheapest or k dearest of its stretch.
pub(super) fn cheapest_and_dearest(site: &Site, stretches: &[Range<usize>], k: usize) -> Vec<Wish> {
    let mut wishes = vec![Wish::SelfUse; site.grid().len()];
    for stretch in stretches {
        let mut order: Vec<usize> = stretch.clone().collect();
        order.sort_by_key(|index| (site.import_units(*index), *index));
        let k = k.min(order.len() / 2);
        for index in order.iter().take(k) {
            if let Some(wish) = wishes.get_mut(*index) {
                *wish = Wish::Charge;
            }
        }
        for index in order.iter().rev().take(k) {
            if let Some(wish) = wishes.get_mut(*index) {
                *wish = Wish::Discharge;
            }
        }
    }
    wishes
}

/// An error that says where a strategy got stuck.
pub(super) fn stuck(name: &str, stuck: &Stuck, site: &Site) -> Error {
    Error::infeasible(format!(
        "the strategy {name:?} cannot keep to the limits from {} on",
        site.boundary_text(stuck.slot)
    ))
}
