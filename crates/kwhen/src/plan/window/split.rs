//! A run in several blocks: dynamic programming over (time, time still to run, starts left, running or not).
//!
//! Time goes in quanta: the greatest common divisor of the slot length and of every duration and edge in the request. The block
//! edges of an optimum form a vertex of a system of differences with one sum (the running time); its vertices are whole
//! multiples of that divisor, so nothing is lost.

use super::super::Prefer;
use crate::error::{Error, Result};
use std::ops::{Add, Sub};

/// The problem in quanta.
pub(super) struct Split {
    /// The cost of running in each quantum, and whether it may.
    pub(super) quanta: Vec<Quantum>,
    /// Quanta to run.
    pub(super) needed: usize,
    /// Whether more than that may be run, where it lowers the cost.
    pub(super) or_more: bool,
    /// Whether less may be run: then as much as fits is, before money is looked at.
    pub(super) up_to: bool,
    /// At most so many starts; any number where none is given.
    pub(super) max_starts: Option<usize>,
    /// A block is no shorter than this, at least one quantum.
    pub(super) min_run: usize,
    /// A pause is no shorter than this, at least one quantum.
    pub(super) min_pause: usize,
    /// Where the load already runs: quanta until it may stop.
    pub(super) running: Option<usize>,
    pub(super) prefer: Prefer,
}

/// One quantum of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantum {
    pub(super) cost: i128,
    /// Running here is closer to the plan in force by this, or further if negative.
    pub(super) closer: i8,
    pub(super) open: bool,
    /// Whether it must be run; it then does not count towards what is needed. Only where runs and pauses may be one quantum.
    pub(super) forced: bool,
}

/// Which quanta run.
pub(super) type Pattern = Vec<bool>;

impl Split {
    /// More states than this are refused: half a gigabyte of them.
    const MOST_STATES: usize = 1 << 26;

    /// Plans times steps beyond this are refused: they take a few hundred megabytes.
    const MOST_KEPT: usize = 1 << 22;

    /// The best plans in order, at most so many; none where there is none. An error for more than can be kept at once.
    pub(super) fn best(&self, count: usize) -> Result<Vec<Pattern>> {
        if count.saturating_mul(self.quanta.len()) > Self::MOST_KEPT {
            return Err(Error::unsupported(format!(
                "{count} plans of {} steps each are too many to be kept at once: ask for fewer, or for a shorter time",
                self.quanta.len()
            )));
        }
        self.solve(|tables| tables.best(count), |tables| tables.best(count))
    }

    /// The best plan for each number of starts from 0 up to the limit, where there is one that is better than with fewer.
    pub(super) fn frontier(&self) -> Result<Vec<Pattern>> {
        self.solve(|tables| tables.frontier(), |tables| tables.frontier())
    }

    /// Decides at once the quanta that the price alone decides, where any quantum may run by itself: those below the price of the
    /// last one needed run, those above do not, and only which of its equals run is left to search for. Whether there are enough.
    pub(super) fn settle_by_price(&mut self) -> bool {
        let free =
            self.max_starts.is_none() && self.min_run <= 1 && self.min_pause <= 1 && self.running.is_none();
        if !free || self.or_more || self.up_to {
            return true;
        }
        let mut costs: Vec<i128> =
            self.quanta.iter().filter(|quantum| quantum.open).map(|quantum| quantum.cost).collect();
        let Some(last) = self.needed.checked_sub(1).filter(|last| *last < costs.len()) else { return false };
        let (_, price, _) = costs.select_nth_unstable(last);
        let price = *price;
        for quantum in self.quanta.iter_mut().filter(|quantum| quantum.open) {
            quantum.forced = quantum.cost < price;
            quantum.open = quantum.cost <= price;
            self.needed -= usize::from(quantum.forced);
        }
        true
    }

    fn solve<R>(
        &self,
        narrow: impl FnOnce(&Tables<'_, i64>) -> R,
        wide: impl FnOnce(&Tables<'_, i128>) -> R,
    ) -> Result<R> {
        let layers = self.max_starts.unwrap_or(0) + 1;
        let states = (self.quanta.len() + 1)
            .checked_mul(self.needed + 1)
            .and_then(|states| states.checked_mul(2 * layers))
            .filter(|states| *states <= Self::MOST_STATES)
            .ok_or_else(|| {
                Error::unsupported(format!(
                    "a plan of {} steps of which {} run, with {} starts, is too large to search exactly: ask for a shorter time, \
                     or for durations and edges that are multiples of the slot length",
                    self.quanta.len(),
                    self.needed,
                    self.max_starts.map_or_else(|| "any number of".to_owned(), |starts| starts.to_string())
                ))
            })?;
        let weights = Weights::of(self)?;
        if weights.largest < i128::from(i64::MAX / 8) {
            Ok(narrow(&Tables::<i64>::fill(self, &weights, layers, states)))
        } else {
            Ok(wide(&Tables::<i128>::fill(self, &weights, layers, states)))
        }
    }
}

/// Money, starts and closeness in one number, so that comparing it compares them in that order.
struct Weights {
    money: i128,
    start: i128,
    /// What a quantum that is wanted and not run costs, where less may be run: more than any plan.
    short: i128,
    largest: i128,
}

impl Weights {
    fn of(split: &Split) -> Result<Self> {
        let moved: i128 = split.quanta.iter().map(|quantum| i128::from(quantum.closer.unsigned_abs())).sum();
        let start = 2 * moved + 1;
        let money = start * (split.quanta.len() as i128 + 2);
        let spent = split.quanta.iter().try_fold(0_i128, |sum, quantum| sum.checked_add(quantum.cost.abs()));
        let too_large = || Error::out_of_range("the prices are too large to plan with");
        let short = spent
            .and_then(|spent| spent.checked_add(1))
            .and_then(|spent| spent.checked_mul(2 * money))
            .ok_or_else(too_large)?;
        let wanted = if split.up_to { split.needed as i128 + 2 } else { 1 };
        let largest =
            short.checked_mul(wanted).filter(|largest| *largest < i128::MAX / 8).ok_or_else(too_large)?;
        Ok(Self { money, start, short, largest })
    }

    fn cost(&self, quantum: &Quantum) -> i128 {
        quantum.cost * self.money - i128::from(quantum.closer)
    }
}

/// What values are held in: 64 bits where they cannot overflow, else 128.
pub(super) trait Value: Copy + Ord + Add<Output = Self> + Sub<Output = Self> {
    /// No plan: more than any plan, and a plan added to it is no plan either.
    const NONE: Self;
    const ZERO: Self;
    fn from_wide(value: i128) -> Self;
    fn is_none(self) -> bool;
}

macro_rules! value {
    ($type:ty) => {
        impl Value for $type {
            const NONE: Self = <$type>::MAX / 2;
            const ZERO: Self = 0;

            fn from_wide(value: i128) -> Self {
                <$type>::try_from(value).unwrap_or(Self::NONE)
            }

            fn is_none(self) -> bool {
                self > <$type>::MAX / 4
            }
        }
    };
}

value!(i64);
value!(i128);

/// The least cost from each state to the end.
struct Tables<'a, V> {
    split: &'a Split,
    costs: Vec<V>,
    sums: Vec<V>,
    /// Quanta that a block may go on for from each quantum.
    reach: Vec<usize>,
    start: V,
    /// What it costs to end with so much left to run.
    ends: Vec<V>,
    /// By starts left, then quantum, then quanta still to run.
    running: Vec<V>,
    stopped: Vec<V>,
}

/// Where a plan stands before a quantum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    running: bool,
    layer: usize,
    time: usize,
    left: usize,
}

#[expect(clippy::indexing_slicing, reason = "every place is computed from the table's own dimensions")]
impl<'a, V: Value> Tables<'a, V> {
    fn fill(split: &'a Split, weights: &Weights, layers: usize, states: usize) -> Self {
        let end = split.quanta.len();
        let costs: Vec<V> = split.quanta.iter().map(|quantum| V::from_wide(weights.cost(quantum))).collect();
        let mut sums = Vec::with_capacity(end + 1);
        sums.push(V::ZERO);
        for cost in &costs {
            sums.push(sums[sums.len() - 1] + *cost);
        }
        let mut reach = vec![0; end + 1];
        for time in (0..end).rev() {
            if split.quanta[time].open {
                reach[time] = 1 + reach[time + 1];
            }
        }
        let row = (0..=split.needed).map(|left| match left {
            0 => V::ZERO,
            _ if split.up_to => V::from_wide(weights.short * left as i128),
            _ => V::NONE,
        });
        let mut tables = Self {
            split,
            ends: row.collect(),
            costs,
            sums,
            reach,
            start: V::from_wide(weights.start),
            running: vec![V::NONE; states / 2],
            stopped: vec![V::NONE; states / 2],
        };
        for layer in 0..layers {
            for time in (0..=end).rev() {
                tables.fill_stopped(layer, time);
                tables.fill_running(layer, time);
            }
        }
        tables
    }

    fn row(&self, layer: usize, time: usize) -> usize {
        (layer * (self.split.quanta.len() + 1) + time) * (self.split.needed + 1)
    }

    fn forced(&self, time: usize) -> bool {
        self.split.quanta.get(time).is_some_and(|quantum| quantum.forced)
    }

    /// The layer that a start leads to, if one is left.
    fn layer_after_start(&self, layer: usize) -> Option<usize> {
        if self.split.max_starts.is_none() { Some(layer) } else { layer.checked_sub(1) }
    }

    /// Of what is left to run, what is left after so many quanta; `None` where that is more than is wanted.
    fn left_after(&self, left: usize, time: usize, quanta: usize) -> Option<usize> {
        if self.forced(time) {
            return Some(left);
        }
        if self.split.or_more { Some(left.saturating_sub(quanta)) } else { left.checked_sub(quanta) }
    }

    /// Quanta left to run from which the end can be reached, given where they are.
    fn lefts(&self, time: usize) -> std::ops::RangeInclusive<usize> {
        let end = self.split.quanta.len();
        let used = if self.split.running.is_some() { end } else { time };
        let most = if self.split.up_to { self.split.needed } else { self.split.needed.min(end - time) };
        self.split.needed.saturating_sub(used).min(most)..=most
    }

    fn fill_stopped(&mut self, layer: usize, time: usize) {
        let end = self.split.quanta.len();
        let row = self.row(layer, time);
        if time == end {
            self.stopped[row..=row + self.split.needed].copy_from_slice(&self.ends);
            return;
        }
        let (first, last) = self.lefts(time).into_inner();
        if !self.forced(time) {
            let next = self.row(layer, time + 1);
            self.stopped.copy_within(next + first..=next + last, row + first);
        }
        let run = self.split.min_run;
        if self.reach[time] < run {
            return;
        }
        let Some(after) = self.layer_after_start(layer) else { return };
        let cost = self.sums[time + run] - self.sums[time] + self.start;
        let next = self.row(after, time + run);
        if !self.split.or_more && !self.forced(time) {
            if last >= run {
                let first = first.max(run);
                let from = &self.running[next + first - run..=next + last - run];
                for (value, from) in self.stopped[row + first..=row + last].iter_mut().zip(from) {
                    *value = (*value).min(*from + cost);
                }
            }
            return;
        }
        for left in first..=last {
            if let Some(left_after) = self.left_after(left, time, run) {
                let value = self.running[next + left_after] + cost;
                self.stopped[row + left] = self.stopped[row + left].min(value);
            }
        }
    }

    fn fill_running(&mut self, layer: usize, time: usize) {
        let end = self.split.quanta.len();
        let row = self.row(layer, time);
        let (first, last) = self.lefts(time).into_inner();
        if !self.forced(time) {
            let next = self.row(layer, self.time_after_stop(time));
            self.running[row + first..=row + last].copy_from_slice(&self.stopped[next + first..=next + last]);
        }
        if time == end || self.reach[time] == 0 {
            return;
        }
        let cost = self.costs[time];
        let next = self.row(layer, time + 1);
        if !self.split.or_more && !self.forced(time) {
            if last >= 1 {
                let first = first.max(1);
                let (rows, later) = self.running.split_at_mut(next);
                let from = &later[first - 1..last];
                for (value, from) in rows[row + first..=row + last].iter_mut().zip(from) {
                    *value = (*value).min(*from + cost);
                }
            }
            return;
        }
        for left in first..=last {
            if let Some(left_after) = self.left_after(left, time, 1) {
                let value = self.running[next + left_after] + cost;
                self.running[row + left] = self.running[row + left].min(value);
            }
        }
    }

    /// When a load that stops before a quantum may start again; where that is not within the time planned, the plan is over.
    fn time_after_stop(&self, time: usize) -> usize {
        time.saturating_add(self.split.min_pause).min(self.split.quanta.len())
    }

    fn value(&self, state: State) -> V {
        let table = if state.running { &self.running } else { &self.stopped };
        table[self.row(state.layer, state.time) + state.left]
    }

    /// Where running, or not running, from a state on leads, and what it costs until there; `None` where it may not.
    fn step(&self, state: State, run: bool) -> Option<(State, V)> {
        let State { running, layer, time, left } = state;
        let end = self.split.quanta.len();
        if time == end || !run && self.forced(time) {
            return None;
        }
        let (next, cost) = match (running, run) {
            (false, false) => (State { time: time + 1, ..state }, V::ZERO),
            (true, false) => (State { running: false, time: self.time_after_stop(time), ..state }, V::ZERO),
            (false, true) => {
                let run = self.split.min_run;
                let layer = self.layer_after_start(layer)?;
                if self.reach[time] < run {
                    return None;
                }
                let left = self.left_after(left, time, run)?;
                let cost = self.sums[time + run] - self.sums[time] + self.start;
                (State { running: true, layer, time: time + run, left }, cost)
            }
            (true, true) => {
                if self.reach[time] == 0 {
                    return None;
                }
                let left = self.left_after(left, time, 1)?;
                (State { time: time + 1, left, ..state }, self.costs[time])
            }
        };
        (!self.value(next).is_none()).then_some((next, cost))
    }

    /// The state that the plan begins in, with so many starts to spend, and what it has cost by then.
    fn initial(&self, layer: usize) -> Option<(State, V)> {
        let needed = self.split.needed;
        let (state, cost) = match self.split.running {
            None => (State { running: false, layer, time: 0, left: needed }, V::ZERO),
            Some(until) if self.reach[0] < until => return None,
            Some(until) => {
                let left = self.left_after(needed, 0, until)?;
                (State { running: true, layer, time: until, left }, self.sums[until])
            }
        };
        (!self.value(state).is_none()).then_some((state, cost))
    }

    /// The best decisions from a state on.
    fn complete(&self, mut state: State, decisions: &mut Vec<(State, bool)>) {
        let first = self.split.prefer == Prefer::Earliest;
        loop {
            let choice = |run: bool| {
                self.step(state, run)
                    .filter(|(next, cost)| self.value(*next) + *cost == self.value(state))
                    .map(|step| (run, step.0))
            };
            let Some((run, next)) = choice(first).or_else(|| choice(!first)) else { return };
            decisions.push((state, run));
            state = next;
        }
    }

    fn pattern(&self, decisions: &[(State, bool)]) -> Pattern {
        let mut pattern = vec![false; self.split.quanta.len()];
        if let Some(until) = self.split.running {
            pattern[..until].fill(true);
        }
        for (state, _) in decisions.iter().filter(|(_, run)| *run) {
            let run = if state.running { 1 } else { self.split.min_run };
            pattern[state.time..state.time + run].fill(true);
        }
        pattern
    }

    /// The best plans in order: each found plan is cut after each of its decisions, and the best plan that decides otherwise there
    /// is known from the tables.
    fn best(&self, count: usize) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        let Some((begin, cost)) = self.initial(self.split.max_starts.unwrap_or(0)) else { return patterns };
        let mut first = Vec::new();
        self.complete(begin, &mut first);
        // The plans that are next, no more of them than are still asked for.
        let mut waiting = std::collections::BTreeMap::new();
        waiting.insert((cost + self.value(begin), self.key(&self.pattern(&first))), 0);
        while let Some(((_, key), fixed)) = waiting.pop_first() {
            let pattern = self.pattern_of(&key);
            let wanted = count - patterns.len() - 1;
            let decisions = self.decisions(begin, &pattern);
            patterns.push(pattern);
            if wanted == 0 {
                break;
            }
            let mut spent = cost;
            for (place, (state, run)) in decisions.iter().enumerate() {
                if place >= fixed
                    && let Some((next, step)) = self.step(*state, !run)
                {
                    let cost = spent + step + self.value(next);
                    // A plan dearer than all that are waiting is never reached where enough of them are.
                    let is_over = |(last, _): &(V, Vec<u64>)| waiting.len() >= wanted && cost > *last;
                    if !waiting.keys().next_back().is_some_and(is_over) {
                        let mut other = decisions[..place].to_vec();
                        other.push((*state, !run));
                        self.complete(next, &mut other);
                        waiting.insert((cost, self.key(&self.pattern(&other))), place + 1);
                        if waiting.len() > wanted {
                            waiting.pop_last();
                        }
                    }
                }
                if let Some((_, step)) = self.step(*state, *run) {
                    spent = spent + step;
                }
            }
        }
        patterns
    }

    /// A pattern as words that sort as plans of one cost are preferred.
    fn key(&self, pattern: &[bool]) -> Vec<u64> {
        let runs = self.split.prefer == Prefer::Latest;
        let bit = |word: u64, (place, run): (usize, &bool)| word | u64::from(*run == runs) << (63 - place);
        pattern.chunks(64).map(|part| part.iter().enumerate().fold(0, bit)).collect()
    }

    fn pattern_of(&self, key: &[u64]) -> Pattern {
        let runs = self.split.prefer == Prefer::Latest;
        (0..self.split.quanta.len())
            .map(|place| (key[place / 64] >> (63 - place % 64) & 1 == 1) == runs)
            .collect()
    }

    /// The decisions that make a pattern.
    fn decisions(&self, mut state: State, pattern: &[bool]) -> Vec<(State, bool)> {
        let mut decisions = Vec::new();
        while let Some(run) = pattern.get(state.time).copied() {
            decisions.push((state, run));
            let Some((next, _)) = self.step(state, run) else { break };
            state = next;
        }
        decisions
    }

    fn plan(&self, state: State, spent: V) -> Plan<V> {
        let mut decisions = Vec::new();
        self.complete(state, &mut decisions);
        Plan { cost: spent + self.value(state), pattern: self.pattern(&decisions) }
    }

    fn frontier(&self) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        let mut least = V::NONE;
        for layer in 0..=self.split.max_starts.unwrap_or(0) {
            if let Some((state, cost)) = self.initial(layer) {
                let plan = self.plan(state, cost);
                if plan.cost < least {
                    least = plan.cost;
                    patterns.push(plan.pattern);
                }
            }
        }
        patterns
    }
}

/// A plan and its cost.
struct Plan<V> {
    cost: V,
    pattern: Pattern,
}
