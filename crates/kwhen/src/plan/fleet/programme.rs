//! What an appliance can do, as states and arcs: free from an instant on, or running since one.

use super::appliance::{Appliance, AppliancePlan, Cycle};
use super::graph::{Arc, Graph, Stage};
use super::linear::KWH;
use super::walk::{Linear, Walk, most_price};
use crate::error::{Error, Result};
use crate::plan::battery::Site;
use crate::quantity::Energy;
use crate::time::{Span, instant_text};
use std::collections::{BTreeMap, BTreeSet};

/// More arcs than this are refused: they would need more than some hundred megabytes.
const MOST: usize = 4_000_000;

/// Where an appliance stands at a boundary. Seconds are those of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    /// Cycles that have ended.
    done: u16,
    at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    /// The next cycle may start from then on.
    Free {
        from: i64,
    },
    Running {
        since: i64,
    },
}

/// An appliance on a site's slots.
pub(super) struct Programme<'a> {
    appliance: &'a Appliance,
    site: &'a Site,
    /// When cycles may start, and when they must have ended.
    window: (i64, i64),
}

/// A way through a slot that is under way: what it takes so far, and the cycles that have begun in it.
#[derive(Default)]
struct Way {
    raw: i128,
    is_running: bool,
    starts: Vec<i64>,
    /// Where ways have been already: when, in which state, having taken what. Many short cycles lead to one place in many ways.
    seen: BTreeSet<(i64, State, i128)>,
}

impl<'a> Programme<'a> {
    /// An error for a time without sense: an end before the start, or beyond the plan.
    pub(super) fn new(appliance: &'a Appliance, site: &'a Site) -> Result<Self> {
        let span = site.span();
        let earliest = appliance.earliest.unwrap_or_else(|| span.from()).max(span.from());
        let latest = appliance.latest.unwrap_or_else(|| span.to());
        let wrong = |error: Error, field: &str| Err(error.in_field(field).in_source(&appliance.name));
        if latest > span.to() {
            return wrong(
                Error::out_of_range(format!(
                    "is after the plan's end, {}: plan further, or give an earlier end",
                    instant_text(span.to())
                ))
                .with_value(instant_text(latest)),
                "latest",
            );
        }
        if latest <= earliest {
            return wrong(
                Error::order(format!(
                    "is not after {}, when the first cycle may start",
                    instant_text(earliest)
                ))
                .with_value(instant_text(latest)),
                "latest",
            );
        }
        Ok(Self { appliance, site, window: (earliest.timestamp(), latest.timestamp()) })
    }

    fn seconds(&self) -> i64 {
        self.appliance.profile.seconds()
    }

    fn slot(&self, index: usize) -> (i64, i64) {
        let span = self.site.span_of(index);
        (span.start_seconds(), span.to_seconds())
    }

    /// When a cycle may start in a slot: at its beginning and from there in even steps, and where the window begins.
    fn starts(&self, index: usize) -> Vec<i64> {
        let (from, to) = self.slot(index);
        let whole = self.site.grid().slots_span(index, index + 1);
        let every = self.appliance.every.unwrap_or_else(|| whole.seconds()).max(1);
        let even = (0..).map(|step| whole.start_seconds() + step * every);
        let even = even.take_while(|start| *start < to.min(whole.to_seconds()));
        let mut starts: Vec<i64> = even.chain([from, self.window.0]).collect();
        let last = self.window.1 - self.seconds();
        starts.retain(|start| *start >= from && *start < to && *start >= self.window.0 && *start <= last);
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    fn first_state(&self) -> State {
        let from = self.site.span().start_seconds();
        let at = self
            .appliance
            .running_for
            .map_or(At::Free { from }, |seconds| At::Running { since: from - seconds });
        State { done: 0, at }
    }

    /// All ways through a slot from a state, the earliest starts first: where each ends.
    fn ways(&self, index: usize, state: State, with: &mut dyn FnMut(State, &Way)) {
        let (from, to) = self.slot(index);
        self.go_on((from, to), &self.starts(index), state, &mut Way::default(), with);
    }

    fn go_on(
        &self,
        (now, to): (i64, i64),
        starts: &[i64],
        state: State,
        way: &mut Way,
        with: &mut dyn FnMut(State, &Way),
    ) {
        if !way.seen.insert((now, state, way.raw)) {
            return;
        }
        match state.at {
            At::Running { since } => {
                let end = since + self.seconds();
                let taken = self.appliance.profile.taken(now - since, end.min(to) - since);
                (way.raw, way.is_running) = (way.raw + taken, true);
                if end > to {
                    with(state, way);
                } else {
                    let next = State {
                        done: state.done.saturating_add(1),
                        at: At::Free { from: end + self.appliance.pause },
                    };
                    self.go_on((end, to), starts, next, way, with);
                }
                way.raw -= taken;
            }
            At::Free { from } => {
                if state.done < self.appliance.cycles {
                    let (was_running, begun) = (way.is_running, way.starts.len());
                    for start in starts.iter().copied().filter(|start| *start >= now && *start >= from) {
                        way.starts.push(start);
                        let next = State { at: At::Running { since: start }, ..state };
                        self.go_on((start, to), starts, next, way, with);
                        way.starts.truncate(begun);
                        way.is_running = was_running;
                    }
                }
                // What is over needs no time of its own.
                let from = if state.done < self.appliance.cycles { from.max(to) } else { to };
                with(State { at: At::Free { from }, ..state }, way);
            }
        }
    }

    /// What has been taken in the plan by a boundary, in raw units.
    fn level(&self, state: State, boundary: i64) -> i128 {
        let profile = &self.appliance.profile;
        let before = self.appliance.running_for.map_or(0, |seconds| profile.taken(0, seconds));
        let now = match state.at {
            At::Free { .. } => 0,
            At::Running { since } => profile.taken(0, boundary - since),
        };
        i128::from(state.done) * profile.taken(0, self.seconds()) + now - before
    }

    /// The device. An error where it is too large, or where its cycles do not fit.
    pub(super) fn graph(&self) -> Result<Graph> {
        let count = self.site.grid().len();
        let mut states = vec![self.first_state()];
        let mut levels = Vec::with_capacity(count + 1);
        let mut stages = Vec::with_capacity(count);
        let mut arcs = 0;
        let raw = |raw: i128| i64::try_from(raw).unwrap_or(i64::MAX / 64);
        for index in 0..count {
            let (from, _) = self.slot(index);
            levels.push(states.iter().map(|state| raw(self.level(*state, from))).collect::<Vec<_>>());
            let mut after: BTreeMap<State, u32> = BTreeMap::new();
            let mut order: Vec<State> = Vec::new();
            let mut flows: BTreeMap<i64, u32> = BTreeMap::new();
            let mut stage = Stage::default();
            for state in &states {
                stage.first.push(u32::try_from(stage.arcs.len()).unwrap_or(u32::MAX));
                if stage.arcs.len() + arcs >= MOST {
                    break;
                }
                self.ways(index, *state, &mut |state, way| {
                    let to = *after.entry(state).or_insert_with(|| {
                        order.push(state);
                        u32::try_from(order.len() - 1).unwrap_or(u32::MAX)
                    });
                    let flow = raw(way.raw);
                    let flow = *flows.entry(flow).or_insert_with(|| {
                        stage.flows.push(flow);
                        u32::try_from(stage.flows.len() - 1).unwrap_or(u32::MAX)
                    });
                    if stage.arcs.len() + arcs < MOST {
                        stage.arcs.push(Arc { to, flow, is_running: way.is_running, cost: 0 });
                    }
                });
            }
            stage.first.push(u32::try_from(stage.arcs.len()).unwrap_or(u32::MAX));
            arcs += stage.arcs.len();
            if arcs >= MOST {
                return Err(Error::unsupported(
                    "so many starts of so many cycles are not held at once: let it start less often (start_every_minutes), or plan a shorter time",
                )
                .in_source(&self.appliance.name));
            }
            stages.push(stage);
            states = order;
        }
        let to = self.site.span().to_seconds();
        levels.push(states.iter().map(|state| raw(self.level(*state, to))).collect());
        let graph = Graph {
            name: self.appliance.name.clone(),
            linear: self.linear(&stages),
            levels,
            stages,
            start: 0,
            end: states.iter().map(|state| self.end_cost(*state)).collect(),
            curtailment: self.site.curtailment,
            most_price: most_price(self.site),
            bound: None,
        };
        if graph.is_possible() { Ok(graph) } else { Err(self.does_not_fit()) }
    }

    /// What is left out at the end costs what it is worth; without a worth nothing may be left out.
    fn end_cost(&self, state: State) -> Option<i128> {
        let begun = state.done + u16::from(matches!(state.at, At::Running { .. }));
        let left = self.appliance.cycles.saturating_sub(begun);
        match self.appliance.worth {
            _ if left == 0 => Some(0),
            Some(worth) => worth.units().checked_mul(i128::from(left)),
            None => None,
        }
    }

    fn does_not_fit(&self) -> Error {
        let appliance = self.appliance;
        let (from, to) = self.window;
        let pauses = match appliance.pause {
            0 => String::new(),
            pause => format!(" with {} minutes between them", pause / 60),
        };
        let cycles = if appliance.cycles == 1 { "cycle does" } else { "cycles do" };
        let text = |seconds: i64| {
            chrono::DateTime::from_timestamp(seconds, 0).map_or_else(String::new, instant_text)
        };
        Error::infeasible(format!(
            "{} {cycles} not fit: of {} minutes each{pauses}, started at the beginning of a slot or every start_every_minutes, and {} minutes from {} until {}; give an earlier start, a later end, fewer cycles, or a worth, so that cycles may be left out",
            appliance.cycles,
            appliance.profile.minutes(),
            (to - from) / 60,
            text(from),
            text(to)
        ))
        .in_source(&appliance.name)
    }

    /// As a store that fills with what the programme takes.
    fn linear(&self, stages: &[Stage]) -> Linear {
        let count = stages.len();
        let most = stages.iter().flat_map(|stage| &stage.flows).max().copied().unwrap_or(0);
        let cycle = self.appliance.profile.taken(0, self.seconds()) as f64 * KWH;
        let worth = self.appliance.worth.map(|worth| worth.units() as f64 * -1e-20 / cycle);
        Linear {
            charge: vec![(most as f64 * KWH, 1.0)],
            discharge: Vec::new(),
            least: (0.0, 0.0),
            most_stored: most as f64 * KWH,
            most_drawn: 0.0,
            wear: 0.0,
            loss: 0.0,
            level: KWH,
            bus: KWH,
            start: 0.0,
            draws: vec![0.0; count],
            soft: vec![Vec::new(); count + 1],
            end: worth.map(|rate| (cycle * f64::from(self.appliance.cycles), rate)).into_iter().collect(),
            lengths: vec![1.0; count],
            counts: true,
            less_given: true,
            less_taken: false,
            inverter: None,
        }
    }

    /// A walk as cycles.
    pub(super) fn plan(&self, walk: &Walk) -> AppliancePlan {
        let mut states = vec![self.first_state()];
        let mut state = self.first_state();
        let mut starts: Vec<i64> = match state.at {
            At::Running { since } => vec![since],
            At::Free { .. } => Vec::new(),
        };
        // The states of each boundary are numbered as they were met.
        for (index, (place, flow)) in walk.states.iter().skip(1).zip(&walk.flows).enumerate() {
            let mut after: BTreeMap<State, u32> = BTreeMap::new();
            let mut order: Vec<State> = Vec::new();
            let mut found: Option<(State, Vec<i64>)> = None;
            for from in &states {
                self.ways(index, *from, &mut |next, way| {
                    let to = *after.entry(next).or_insert_with(|| {
                        order.push(next);
                        u32::try_from(order.len() - 1).unwrap_or(u32::MAX)
                    });
                    if *from == state
                        && to == *place
                        && i64::try_from(way.raw) == Ok(flow.nearest())
                        && found.is_none()
                    {
                        found = Some((next, way.starts.clone()));
                    }
                });
            }
            if let Some((next, begun)) = found {
                state = next;
                starts.extend(begun);
            }
            states = order;
        }
        let cycles: Vec<Cycle> = starts.into_iter().map(|start| self.cycle(start)).collect();
        let ran = u16::try_from(cycles.len()).unwrap_or(u16::MAX);
        AppliancePlan {
            name: self.appliance.name.clone(),
            left_out: self.appliance.cycles.saturating_sub(ran),
            cycles,
            earliest: (0..self.site.grid().len())
                .find_map(|index| self.starts(index).first().copied())
                .map(|start| self.cycle(start)),
        }
    }

    fn cycle(&self, start: i64) -> Cycle {
        let end = start + self.seconds();
        let slots = (0..self.site.grid().len()).filter_map(|index| {
            let (from, to) = self.slot(index);
            let (from, to) = (from.max(start), to.min(end));
            let raw = (from < to).then(|| self.appliance.profile.taken(from - start, to - start))?;
            let units = i64::try_from(raw / 3_600).ok()?;
            Some((index, Energy::from_units(units).ok()?))
        });
        Cycle { span: Span::from_seconds(start, end), slots: slots.collect() }
    }
}
