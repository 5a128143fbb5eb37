//! A thermal store as states and arcs: levels in whole counts of a step, on a scale that sinks as the store cools.
//!
//! A count `k` at a boundary stands for `k` steps times the scale there. The scale loses what a kWh loses, so that a store at rest keeps
//! its count: only what is put in or drawn is rounded. Where the scale has halved it begins anew, which rounds once.

use super::graph::{Arc, Graph, Stage};
use super::linear::KWH;
use super::thermal::{ONE, ThermalPlan, ThermalSlot, ThermalStore};
use super::walk::{Linear, Walk, most_price};
use crate::error::{Error, Result};
use crate::plan::battery::{RAW, Site, raw_power};
use crate::quantity::{Energy, PRODUCT_TO_MONEY};
use std::collections::BTreeMap;

/// A scale of one.
pub(super) const SCALE: i128 = 1_000_000_000;

/// Seconds of an hour times `ONE`: what shares of an hour's loss are counted in.
pub(super) const HOUR: i128 = 3_600 * ONE as i128;

/// More arcs than this are refused: they would need some hundred megabytes.
const MOST: usize = 8_000_000;

/// Which way what is between two counts goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// It is lost: what a plan counts on.
    Lost,
    /// It is won: for the bound.
    Won,
}

impl Between {
    /// The level of a count in raw units, where a count is so many raw units times `SCALE`.
    pub(super) fn level(self, count: i64, unit: i128) -> i128 {
        let level = i128::from(count) * unit;
        match self {
            Self::Lost => level.div_euclid(SCALE),
            Self::Won => up(level, SCALE),
        }
    }

    /// What raw units times 10⁻⁸ p/kWh cost, in 10⁻²⁰ p.
    pub(super) fn money(self, product: i128) -> i128 {
        let product = product * PRODUCT_TO_MONEY;
        match self {
            Self::Lost => up(product, RAW),
            Self::Won => product.div_euclid(RAW),
        }
    }
}

/// What a slot does to a level.
pub(super) struct Place {
    /// What is kept of `HOUR`.
    pub(super) kept: i128,
    /// Heat a kWh, in units of `ONE`.
    pub(super) factor: i128,
    /// In raw units.
    pub(super) drawn: i128,
    /// The scales at its beginning and end.
    pub(super) scales: (i128, i128),
    /// Levels at its end: at least and at most, in raw units.
    pub(super) least: i128,
    pub(super) most: i128,
    /// Soft levels at its end: raw units and 10⁻⁸ p a kWh short.
    pub(super) soft: Vec<(i128, i128)>,
    /// How far the truth may be above a count at its end, in raw units.
    pub(super) error: i128,
}

/// A store on a site's slots.
pub(super) struct Tank<'a> {
    pub(super) store: &'a ThermalStore,
    site: &'a Site,
    pub(super) step: i128,
    /// Slots in which it stands still: nothing is taken, drawn or lost. None is where this is empty.
    still: Vec<bool>,
}

pub(super) fn raw(energy: Energy) -> i128 {
    i128::from(energy.units()) * RAW
}

/// A quotient rounded up.
pub(super) fn up(value: i128, by: i128) -> i128 {
    -(-value).div_euclid(by)
}

impl<'a> Tank<'a> {
    pub(super) fn new(store: &'a ThermalStore, site: &'a Site) -> Self {
        Self { store, site, step: raw(store.step), still: Vec::new() }
    }

    /// The same, standing still in some slots.
    pub(super) fn still(self, still: Vec<bool>) -> Self {
        Self { still, ..self }
    }

    /// Slot by slot. An error for a draw outside the plan.
    pub(super) fn places(&self, between: Between) -> Result<Vec<Place>> {
        let (store, site) = (self.store, self.site);
        let count = site.grid().len();
        let mut drawn = vec![0_i128; count];
        for (at, heat) in &store.draws {
            let place = site.grid().index_of(*at).filter(|_| site.span().contains(*at));
            let cell = place.and_then(|place| drawn.get_mut(place)).ok_or_else(|| {
                Error::out_of_range(format!("is outside the plan's {}", site.span()))
                    .in_field("draws.at")
                    .with_value(at.to_rfc3339())
                    .in_source(&store.name)
            })?;
            *cell += raw(*heat);
        }
        let mut factors = vec![i128::from(store.heat_per_kwh); count];
        for (span, factor) in &store.heat_for_a_time {
            let told = factors.get_mut(site.slots_starting_in(*span)).unwrap_or_default();
            told.fill(i128::from(*factor));
        }
        let mut levels = vec![(0, raw(store.capacity), Vec::new()); count];
        for band in &store.bands {
            for (least, most, soft) in levels.get_mut(site.slots_starting_in(band.span)).unwrap_or_default() {
                *most = band.at_most.map_or(*most, |at_most| raw(at_most).min(*most));
                match (band.at_least, band.price) {
                    (Some(level), Some(price)) => soft.push((raw(level), i128::from(price.units()))),
                    (Some(level), None) => *least = raw(level).max(*least),
                    (None, _) => {}
                }
            }
        }
        if let Some((least, ..)) = levels.last_mut() {
            *least = raw(store.end_at_least).max(*least);
        }
        let mut places: Vec<Place> = Vec::with_capacity(count);
        let (mut scale, mut error) = (SCALE, if raw(store.start) % self.step == 0 { 0 } else { self.step });
        for (index, ((drawn, factor), (least, most, soft))) in
            drawn.into_iter().zip(factors).zip(levels).enumerate()
        {
            let stands = self.still.get(index).copied().unwrap_or(false);
            let lost = i128::from(store.loss_per_hour) * i128::from(site.seconds_of(index));
            let kept = if stands { HOUR } else { (HOUR - lost).max(0) };
            let next = match between {
                Between::Lost => (scale * kept).div_euclid(HOUR),
                Between::Won => up(scale * kept, HOUR),
            };
            let next = if next * 2 < SCALE { SCALE } else { next };
            let drawn = if stands { 0 } else { drawn };
            let mut place = Place { kept, factor, drawn, scales: (scale, next), least, most, soft, error: 0 };
            if stands {
                // What it holds may be out of its levels until it moves again.
                (place.least, place.most, place.soft) = (0, raw(store.capacity), Vec::new());
            }
            let rounds = (place.kept, place.scales) != (HOUR, (SCALE, SCALE))
                || self
                    .flows(index)
                    .iter()
                    .any(|flow| self.heat_left(&place, *flow) % (self.step * HOUR) != 0);
            error = up(error * kept, HOUR) + if rounds { up(self.step * next, SCALE) } else { 0 };
            place.error = error;
            scale = next;
            places.push(place);
        }
        Ok(places)
    }

    /// What it may take in a slot, nothing first, in raw units.
    pub(super) fn flows(&self, index: usize) -> Vec<i64> {
        let seconds = self.site.seconds_of(index);
        let power =
            |power: &crate::plan::Power| i64::try_from(raw_power(*power, seconds)).unwrap_or(i64::MAX / 64);
        let stands = self.still.get(index).copied().unwrap_or(false);
        std::iter::once(0).chain(self.store.powers.iter().map(power).filter(|_| !stands)).collect()
    }

    /// The heat that a flow gives less what is drawn, in raw units times `HOUR`.
    pub(super) fn heat_left(&self, place: &Place, flow: i64) -> i128 {
        i128::from(flow) * place.factor * 3_600 - place.drawn * HOUR
    }

    /// The count that follows on a count.
    pub(super) fn next(&self, place: &Place, between: Between, count: i64, flow: i64) -> i128 {
        let level =
            i128::from(count) * self.step * place.scales.0 * place.kept + self.heat_left(place, flow) * SCALE;
        let unit = self.step * place.scales.1 * HOUR;
        match between {
            Between::Lost => level.div_euclid(unit),
            Between::Won => up(level, unit),
        }
    }

    /// The device: what plans count on, and beside it what the bound does. An error where it is too large or nothing keeps to what is
    /// asked of it.
    pub(super) fn graph(&self) -> Result<Graph> {
        let lost = self.way(Between::Lost)?;
        if !lost.is_possible() {
            return Err(self.does_not_fit());
        }
        let won = self.way(Between::Won)?;
        Ok(Graph { bound: Some(Box::new(won)), ..lost })
    }

    fn way(&self, between: Between) -> Result<Graph> {
        let places = self.places(between)?;
        let start = match between {
            Between::Lost => raw(self.store.start).div_euclid(self.step),
            Between::Won => up(raw(self.store.start), self.step),
        };
        let narrow = |value: i128| i64::try_from(value).unwrap_or(i64::MAX / 64);
        let mut counts = vec![narrow(start)];
        let mut levels = vec![vec![narrow(start * self.step)]];
        let mut stages = Vec::with_capacity(places.len());
        let mut arcs = 0;
        for (index, place) in places.iter().enumerate() {
            let flows = self.flows(index);
            let unit = self.step * place.scales.1;
            // What the truth keeps to, a count that is held to be won may pass by the error.
            let over = if between == Between::Won { place.error } else { 0 };
            let (least, most) =
                (up(place.least * SCALE, unit), ((place.most + over) * SCALE).div_euclid(unit));
            let cost = |count: i64| {
                let level = between.level(count, unit);
                let short = place.soft.iter().map(|(least, price)| (least - level).max(0) * price);
                between.money(short.sum())
            };
            let mut after: BTreeMap<i64, u32> = BTreeMap::new();
            let mut order: Vec<i64> = Vec::new();
            let mut costs: Vec<i128> = Vec::new();
            let mut stage = Stage { flows: flows.clone(), ..Stage::default() };
            for count in &counts {
                stage.first.push(u32::try_from(stage.arcs.len()).unwrap_or(u32::MAX));
                for (flow, raw) in (0..).zip(&flows) {
                    let next = self.next(place, between, *count, *raw);
                    if next < least || next > most {
                        continue;
                    }
                    let next = narrow(next);
                    let to = *after.entry(next).or_insert_with(|| {
                        order.push(next);
                        costs.push(cost(next));
                        u32::try_from(order.len() - 1).unwrap_or(u32::MAX)
                    });
                    let cost = costs.get(to as usize).copied().unwrap_or(0);
                    if arcs + stage.arcs.len() < MOST {
                        stage.arcs.push(Arc { to, flow, is_running: *raw > 0, cost });
                    }
                }
            }
            stage.first.push(u32::try_from(stage.arcs.len()).unwrap_or(u32::MAX));
            arcs += stage.arcs.len();
            if arcs >= MOST {
                return Err(Error::unsupported(
                    "so many levels at so many powers are not held at once: give a wider level_step_kwh, fewer powers or a shorter time",
                )
                .in_source(&self.store.name));
            }
            levels.push(order.iter().map(|count| narrow(between.level(*count, unit))).collect());
            stages.push(stage);
            counts = order;
        }
        let worth = i128::from(self.store.end_value.units());
        let end = levels.last().into_iter().flatten();
        let end = end.map(|level| Some(between.money(-i128::from(*level) * worth)));
        Ok(Graph {
            name: self.store.name.clone(),
            end: end.collect(),
            linear: self.linear(&places),
            levels,
            stages,
            start: 0,
            curtailment: self.site.curtailment,
            most_price: most_price(self.site),
            bound: None,
        })
    }

    pub(super) fn does_not_fit(&self) -> Error {
        let limit = self.site.import_limit.map_or_else(String::new, |limit| {
            format!(", within the import limit of {limit} kW that the load shares (a higher one may do)")
        });
        Error::infeasible(format!(
            "no way of filling it keeps to its levels and draws: from {} kWh at the start, with {} kW at most{limit}; ask for less heat or for it later, start with more, or give a finer level_step_kwh",
            self.store.start,
            self.store.most_power(),
        ))
        .in_source(&self.store.name)
    }

    /// As a store that loses nothing beyond what is drawn, at its mean factor: it steers.
    fn linear(&self, places: &[Place]) -> Linear {
        let count = places.len();
        let most = (0..count).flat_map(|index| self.flows(index)).max().unwrap_or(0) as f64 * KWH;
        let factors: i128 = places.iter().map(|place| place.factor).sum();
        let factor = factors as f64 / ONE as f64 / count.max(1) as f64;
        let mut soft = vec![Vec::new(); count + 1];
        for (place, cell) in places.iter().zip(soft.iter_mut().skip(1)) {
            *cell =
                place.soft.iter().map(|(level, price)| (*level as f64 * KWH, *price as f64 * 1e-8)).collect();
        }
        let worth = self.store.end_value.units() as f64 * -1e-8;
        let capacity = raw(self.store.capacity) as f64 * KWH;
        Linear {
            charge: vec![(most, factor)],
            discharge: Vec::new(),
            least: (0.0, 0.0),
            most_stored: most * factor,
            most_drawn: 0.0,
            wear: 0.0,
            loss: 0.0,
            level: KWH,
            bus: KWH,
            start: raw(self.store.start) as f64 * KWH,
            draws: places
                .iter()
                .map(|place| {
                    let lost = (HOUR - place.kept) as f64 / HOUR as f64 * place.least as f64;
                    (place.drawn as f64 + lost) * KWH
                })
                .collect(),
            soft,
            end: (worth != 0.0).then_some((2.0 * capacity, worth)).into_iter().collect(),
            lengths: vec![1.0; count],
            counts: true,
            less_given: true,
            less_taken: false,
            inverter: None,
        }
    }

    /// A walk slot by slot.
    pub(super) fn plan(&self, walk: &Walk) -> Result<ThermalPlan> {
        let places = self.places(Between::Lost)?;
        let energy = |raw: i128| {
            i64::try_from(raw.div_euclid(RAW))
                .ok()
                .and_then(|units| Energy::from_units(units).ok())
                .unwrap_or(Energy::MAX)
        };
        let slots =
            places.iter().zip(&walk.flows).zip(walk.levels.iter().skip(1)).map(|((place, flow), level)| {
                let taken = i128::from(flow.nearest());
                ThermalSlot {
                    taken: energy(taken),
                    heat: energy(taken * place.factor / i128::from(ONE)),
                    stored: energy(i128::from(*level)),
                }
            });
        let error = places.iter().map(|place| place.error).max().unwrap_or(0);
        Ok(ThermalPlan {
            name: self.store.name.clone(),
            slots: slots.collect(),
            error: energy(error + RAW - 1),
        })
    }
}
