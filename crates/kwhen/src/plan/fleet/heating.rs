//! A thermal store over years: the least cost, and plans made from day to day, level by level without a graph.
//!
//! From a count a flow leads to another count; the next higher count leads to the next higher but for few. So a slot is a few runs of counts
//! that are all moved by the same, and nothing of it is kept but which flow was the best of each count.

use super::tank::{Between, HOUR, Place, SCALE, Tank, raw, up};
use super::thermal::ThermalStore;
use crate::error::Result;
use crate::plan::battery::{RAW, Site};
use crate::quantity::{Energy, Money, PRODUCT_TO_MONEY};
use std::ops::Range;

/// No way on.
const NONE: i128 = i128::MAX / 4;

/// What taking each of some energies (10⁻⁸ kWh) costs at the meter, in energy units times rate units; `None` where it cannot be.
pub(crate) type Costs = Vec<Option<i128>>;

/// A store on a site's slots.
pub(crate) struct Heating<'a> {
    tank: Tank<'a>,
    places: Vec<Place>,
    /// By slot what it may take: raw, and in units.
    flows: Vec<Vec<i64>>,
    units: Vec<Vec<i64>>,
    start: usize,
}

/// What it does.
pub(crate) struct Heated {
    /// What it takes in each slot.
    pub(crate) taken: Vec<Energy>,
    /// Soft levels, less the worth of what is left.
    pub(crate) own: Money,
}

/// Counts from which a way on keeps to all that is asked, as runs.
type Runs = Vec<Range<usize>>;

impl<'a> Heating<'a> {
    /// A store that stands still where a slot is not known. An error for a draw outside the site.
    pub(crate) fn new(store: &'a ThermalStore, site: &'a Site, known: &[bool]) -> Result<Self> {
        let tank = Tank::new(store, site).still(known.iter().map(|known| !known).collect());
        let places = tank.places(Between::Lost)?;
        let flows: Vec<Vec<i64>> = (0..places.len()).map(|slot| tank.flows(slot)).collect();
        let to_units = |flow: &i64| i64::try_from(i128::from(*flow).div_euclid(RAW)).unwrap_or(i64::MAX);
        let units = flows.iter().map(|flows| flows.iter().map(to_units).collect()).collect();
        let start = usize::try_from(raw(store.start).div_euclid(tank.step)).unwrap_or(0);
        Ok(Self { tank, places, flows, units, start })
    }

    /// A count's raw units times `SCALE` at a boundary.
    fn unit(&self, boundary: usize) -> i128 {
        let before = boundary.checked_sub(1).and_then(|slot| self.places.get(slot));
        self.tank.step * before.map_or(SCALE, |place| place.scales.1)
    }

    /// How many counts there are at a boundary.
    fn counts(&self, boundary: usize) -> usize {
        let most = (raw(self.tank.store.capacity) * SCALE).div_euclid(self.unit(boundary));
        usize::try_from(most).unwrap_or(0) + 1
    }

    /// What ending a slot at a count costs of itself; `None` outside what it is held to.
    fn own(&self, slot: usize, count: usize) -> Option<i128> {
        let place = self.places.get(slot)?;
        let unit = self.unit(slot + 1);
        let level = i128::try_from(count).ok()? * unit;
        let is_held = level >= place.least * SCALE && level <= place.most * SCALE;
        let level = level.div_euclid(SCALE);
        let short = || place.soft.iter().map(|(least, price)| (least - level).max(0) * price).sum();
        is_held.then(|| if place.soft.is_empty() { 0 } else { Between::Lost.money(short()) })
    }

    /// What ending the whole time at a count costs.
    fn end(&self, count: usize) -> i128 {
        let worth = i128::from(self.tank.store.end_value.units());
        let level = Between::Lost.level(i64::try_from(count).unwrap_or(0), self.unit(self.places.len()));
        Between::Lost.money(-level * worth)
    }

    /// Runs of counts at a slot's beginning that a flow moves by the same: their ends, and the first's next count.
    fn moved(&self, slot: usize, flow: i64, counts: usize, mut with: impl FnMut(Range<usize>, i128)) {
        let Some(place) = self.places.get(slot) else { return };
        let a_count = self.tank.step * place.scales.0 * place.kept;
        let unit = self.tank.step * place.scales.1 * HOUR;
        let heat = self.tank.heat_left(place, flow) * SCALE;
        let (each, more) = (a_count.div_euclid(unit), a_count.rem_euclid(unit));
        let (mut next, mut rest) = (heat.div_euclid(unit), heat.rem_euclid(unit));
        let mut from = 0;
        while from < counts {
            // How many steps are taken before the rest makes one more.
            let steps = if more == 0 { i128::MAX } else { up(unit - rest, more) };
            let alike = if each == 1 { steps } else { 1 };
            let to = usize::try_from(alike).map_or(counts, |alike| counts.min(from.saturating_add(alike)));
            with(from..to, next);
            let steps = i128::try_from(to - from).unwrap_or(1);
            let whole = rest + steps * more;
            next += steps * each + whole.div_euclid(unit);
            rest = whole.rem_euclid(unit);
            from = to;
        }
    }

    /// The values at a slot's beginning of those at its end, and the best flow of each count, the first of those that cost the same.
    fn before(
        &self,
        slot: usize,
        after: &[i128],
        costs: &[Option<i128>],
        own: impl Fn(usize) -> Option<i128>,
    ) -> (Vec<i128>, Vec<u8>) {
        let after: Vec<i128> = after
            .iter()
            .enumerate()
            .map(|(count, value)| match own(count) {
                Some(own) if *value < NONE => value + own,
                _ => NONE,
            })
            .collect();
        let counts = self.counts(slot);
        let (mut values, mut best) = (vec![NONE; counts], vec![u8::MAX; counts]);
        let flows = self.flows.get(slot).into_iter().flatten();
        for (flow, (raw, cost)) in (0_u8..).zip(flows.zip(costs)) {
            let Some(cost) = cost.map(|cost| cost * PRODUCT_TO_MONEY) else { continue };
            self.moved(slot, *raw, counts, |run, next| {
                // Below nothing there is no way.
                let skipped = usize::try_from(-next).unwrap_or(0);
                let (from, next) = (run.start.saturating_add(skipped), usize::try_from(next).unwrap_or(0));
                if from >= run.end {
                    return;
                }
                let cells = values.get_mut(from..run.end).into_iter().flatten();
                let cells = cells.zip(best.get_mut(from..run.end).into_iter().flatten());
                for ((value, best), rest) in cells.zip(after.get(next..).unwrap_or(&[])) {
                    let total = rest + cost;
                    if *rest < NONE && total < *value {
                        (*value, *best) = (total, flow);
                    }
                }
            });
        }
        (values, best)
    }

    /// The count that a flow leads to.
    fn next(&self, slot: usize, count: usize, flow: usize) -> Option<usize> {
        let raw = self.flows.get(slot)?.get(flow)?;
        let next = self.tank.next(self.places.get(slot)?, Between::Lost, i64::try_from(count).ok()?, *raw);
        usize::try_from(next).ok()
    }

    /// What comes of the flows that were taken, and of the counts after them.
    fn heated(&self, walk: &[(usize, usize)]) -> Result<Heated> {
        let taken = walk.iter().enumerate().map(|(slot, (flow, _))| {
            let units = self.units.get(slot).and_then(|units| units.get(*flow)).copied();
            Ok(Energy::from_units(units.unwrap_or(0))?)
        });
        let own = walk.iter().enumerate().map(|(slot, (_, count))| self.own(slot, *count).unwrap_or(0));
        let end = walk.last().map_or(0, |(_, count)| self.end(*count));
        let own = own.fold(end, i128::saturating_add);
        Ok(Heated { taken: taken.collect::<Result<_>>()?, own: Money::from_units(own)? })
    }

    /// The least cost, all of the time known.
    pub(crate) fn foreseen(&self, costs: impl Fn(usize, &[i64]) -> Costs) -> Result<Heated> {
        let slots = self.places.len();
        let mut after: Vec<i128> = (0..self.counts(slots)).map(|count| self.end(count)).collect();
        let mut choices = Vec::with_capacity(slots);
        for (slot, units) in self.units.iter().enumerate().rev() {
            let (values, best) =
                self.before(slot, &after, &costs(slot, units), |count| self.own(slot, count));
            choices.push(best);
            after = values;
        }
        let mut count = self.start;
        let mut walk = Vec::with_capacity(slots);
        for (slot, best) in choices.iter().rev().enumerate() {
            let flow = best.get(count).map_or(usize::MAX, |flow| usize::from(*flow));
            count = self.next(slot, count, flow).ok_or_else(|| self.tank.does_not_fit())?;
            walk.push((flow, count));
        }
        self.heated(&walk)
    }

    /// From which counts at each boundary all that is asked later can be kept to.
    fn ways_on(&self, costs: impl Fn(usize, &[i64]) -> Costs) -> Vec<Runs> {
        let slots = self.places.len();
        let mut after = vec![0; self.counts(slots)];
        let mut ways = vec![runs(&after)];
        for (slot, units) in self.units.iter().enumerate().rev() {
            let free: Costs = costs(slot, units).into_iter().map(|cost| cost.map(|_| 0)).collect();
            let (values, _) = self.before(slot, &after, &free, |count| self.own(slot, count).map(|_| 0));
            ways.push(runs(&values));
            after = values;
        }
        ways.reverse();
        ways
    }

    /// Planned at each of some moments (its slot, and the one after the last that is looked at) by what things are `expected` to cost then; in each slot the best is
    /// done at what it `really` costs. Never is a level left from which what is asked later cannot be kept to.
    pub(crate) fn day_by_day(
        &self,
        moments: &[(usize, usize)],
        expected: impl Fn(usize, usize, &[i64]) -> Costs,
        really: impl Fn(usize, &[i64]) -> Costs,
    ) -> Result<Heated> {
        let slots = self.places.len();
        let ways = self.ways_on(&really);
        let can_go_on = |boundary: usize, count: usize| {
            let runs = ways.get(boundary).map_or(&[][..], Vec::as_slice);
            let place = runs.partition_point(|run| run.end <= count);
            runs.get(place).is_some_and(|run| run.contains(&count))
        };
        let own = |slot: usize, count: usize| self.own(slot, count).filter(|_| can_go_on(slot + 1, count));
        let mut walk: Vec<(usize, usize)> = Vec::with_capacity(slots);
        let mut count = self.start;
        for (place, (first, until)) in moments.iter().enumerate() {
            let next_plan = moments.get(place + 1).map_or(slots, |(next, _)| *next);
            let until = (*until).max(next_plan).min(slots);
            let mut after = match until == slots {
                true => (0..self.counts(slots)).map(|count| self.end(count)).collect(),
                false => vec![0; self.counts(until)],
            };
            // The values at the ends of the slots until the next plan, the last first.
            let mut values = Vec::new();
            for slot in (*first..until).rev() {
                if slot < next_plan {
                    values.push(after.clone());
                }
                let Some(units) = self.units.get(slot) else { continue };
                let costs = expected(*first, slot, units);
                after = self.before(slot, &after, &costs, |count| own(slot, count)).0;
            }
            for (slot, after) in (*first..next_plan).zip(values.iter().rev()) {
                let Some(units) = self.units.get(slot) else { continue };
                let mut best: Option<(i128, usize, usize)> = None;
                for (flow, cost) in really(slot, units).into_iter().enumerate() {
                    let Some(next) = self.next(slot, count, flow) else { continue };
                    let rest = after.get(next).copied().filter(|rest| *rest < NONE);
                    let (Some(cost), Some(rest), Some(own)) = (cost, rest, own(slot, next)) else { continue };
                    let total = cost * PRODUCT_TO_MONEY + rest + own;
                    if best.is_none_or(|(least, ..)| total < least) {
                        best = Some((total, flow, next));
                    }
                }
                let (_, flow, next) = best.ok_or_else(|| self.tank.does_not_fit())?;
                walk.push((flow, next));
                count = next;
            }
        }
        self.heated(&walk)
    }
}

/// Where values are those of a way on.
fn runs(values: &[i128]) -> Runs {
    let mut runs: Runs = Vec::new();
    for (count, _) in values.iter().enumerate().filter(|(_, value)| **value < NONE) {
        match runs.last_mut().filter(|run| run.end == count) {
            Some(run) => run.end = count + 1,
            None => runs.push(count..count + 1),
        }
    }
    runs
}
