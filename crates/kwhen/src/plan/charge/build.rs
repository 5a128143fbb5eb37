//! From a request on prices to the problem in whole numbers.

use super::super::window::opening::{self, Segments};
use super::super::{Power, Share, SlotPrices, gcd};
use super::block::Block;
use super::few::Few;
use super::model::{Duty, Problem, Step, Taper, Target};
use super::request::{ChargeRequest, Level};
use crate::error::{Error, Result};
use crate::quantity::Energy;

/// A watt-hour, the smallest reading of a meter: no step in use draws less than the common divisor of this and the energies asked
/// for.
const GRAIN: i64 = 100_000;

/// What is left out of a request to see whether it binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Relaxed {
    pub(super) cap: bool,
    pub(super) gaps: bool,
    pub(super) runs: bool,
    pub(super) times: bool,
    pub(super) min_power: bool,
}

impl ChargeRequest {
    /// The state at which a level is reached: energy drawn from the beginning of the plan on, rounded up.
    pub(super) fn drawn(&self, level: Level) -> i64 {
        match (level, self.battery) {
            (Level::Stored(energy), _) => Share::ALL.drawn_for(energy, self.efficiency),
            (Level::Charged(share), Some(battery)) => share
                .minus(battery.state_of_charge)
                .map_or(0, |missing| missing.drawn_for(battery.capacity, self.efficiency)),
            (Level::Charged(_), None) => 0,
        }
    }

    /// For how many seconds the battery is preconditioned: no longer than the energy asked for lasts, in whole minutes.
    pub(super) fn preconditioned(&self) -> i64 {
        let lasts = i128::from(self.drawn(self.target)) * 60;
        let minutes = -(-lasts).div_euclid(i128::from(self.power.units()));
        i64::try_from(minutes)
            .ok()
            .and_then(|minutes| minutes.checked_mul(60))
            .unwrap_or(i64::MAX)
            .min(self.precondition)
    }

    pub(super) fn problem(&self, prices: &SlotPrices, relaxed: Relaxed) -> Result<Problem> {
        let times = Times::of(self, prices, relaxed);
        let needed = self.drawn(self.target);
        let others = self
            .targets
            .iter()
            .map(|(_, level)| self.drawn(*level))
            .chain(self.always.map(|level| self.drawn(level)));
        let highest = others.fold(needed, i64::max);
        let capacity = self.up_to_level.map_or(highest, |level| self.drawn(level).max(highest));
        if capacity > Energy::MAX.units() {
            return Err(Error::out_of_range("more would have to be drawn than an energy can hold"));
        }
        let full = self.runs_full() && !relaxed.min_power;
        let steps = self.steps(prices, &times, relaxed);
        let mut targets = Vec::new();
        for (time, level) in &self.targets {
            let second = prices.offset(time.timestamp());
            let step = steps.partition_point(|step| step.to <= second);
            targets.push(Target { step, level: self.drawn(*level) });
        }
        targets.push(Target { step: steps.len(), level: needed });
        targets.sort_by_key(|target| target.step);
        let mut problem = Problem {
            part_steps: full.then_some(targets.len() + usize::from(self.always.is_some())),
            targets,
            capacity,
            taper: self.tapers(&steps, capacity),
            max_starts: self.max_starts.filter(|_| !relaxed.runs),
            min_run: if relaxed.runs { 0 } else { self.min_run },
            min_pause: if relaxed.runs { 0 } else { self.min_pause },
            grain: GRAIN,
            running: self
                .running_for
                .map(|seconds| if relaxed.runs { 0 } else { (self.min_run - seconds).max(0) }),
            prefer: self.prefer,
            steps,
        };
        if let Some(level) = self.always {
            self.reach_at_once(&mut problem, prices, self.drawn(level), relaxed);
        }
        Ok(problem)
    }

    /// Powers by state of charge, as energies of each step by energy drawn.
    fn tapers(&self, steps: &[Step], capacity: i64) -> Vec<Taper> {
        let mut knees = self.taper.clone();
        knees.sort_by_key(|knee| knee.0);
        let energies =
            |power: Power| steps.iter().map(|step| power.over_seconds(step.to - step.from)).collect();
        let mut tapers: Vec<Taper> = Vec::new();
        let mut power = self.power;
        for (share, next) in knees {
            let begun = self.battery.is_none_or(|battery| share <= battery.state_of_charge);
            if !begun {
                // Rounded down, so that a limit is never kept too late.
                let up_to = self.drawn(Level::Charged(share));
                let exact = self.battery.and_then(|battery| {
                    share.minus(battery.state_of_charge).map(|rest| (rest, battery.capacity))
                });
                let over = exact.is_some_and(|(rest, size)| {
                    i128::from(rest.units()) * i128::from(size.units())
                        < i128::from(up_to) * i128::from(self.efficiency.units())
                });
                let up_to = up_to - i64::from(over);
                if up_to < capacity {
                    tapers.push(Taper { up_to, most: energies(power) });
                } else {
                    break;
                }
            }
            power = power.min(next);
        }
        if !tapers.is_empty() || power != self.power {
            tapers.push(Taper { up_to: capacity, most: energies(power) });
        }
        tapers
    }

    fn steps(&self, prices: &SlotPrices, times: &Times, relaxed: Relaxed) -> Vec<Step> {
        let slot = prices.slot_seconds();
        let previous =
            opening::of_spans(prices, &self.previous.iter().map(|block| block.span).collect::<Vec<_>>());
        let mut edges: Vec<i64> = times.edges();
        edges.extend((times.from.div_euclid(slot)..=times.to.div_euclid(slot)).map(|index| index * slot));
        edges.extend(self.targets.iter().map(|(time, _)| prices.offset(time.timestamp())));
        edges.retain(|edge| (times.from..=times.to).contains(edge));
        edges.sort_unstable();
        edges.dedup();
        let pairs = edges.iter().zip(edges.iter().skip(1));
        let mut steps: Vec<Step> =
            pairs.map(|(from, to)| self.step(prices, times, &previous, relaxed, (*from, *to))).collect();
        let common = steps.iter().fold(0, |common, step| gcd(common, step.closer));
        steps.iter_mut().for_each(|step| step.closer /= common.max(1));
        if let Some(start) = times.precondition {
            self.use_to_the_end(&mut steps, start);
        }
        steps
    }

    /// Preconditioning: the last steps draw all they can, and the first of them what is then left of what was asked for.
    fn use_to_the_end(&self, steps: &mut [Step], start: i64) {
        let slowest = self.taper.iter().map(|knee| knee.1).fold(self.power, Power::min);
        let mut left = self.drawn(self.target);
        for step in steps.iter_mut().rev().take_while(|step| step.from >= start) {
            let due = step.most.min(slowest.over_seconds(step.to - step.from)).min(left);
            left -= due;
            step.least = step.least.max(due);
            step.part = false;
        }
    }

    fn step(
        &self,
        prices: &SlotPrices,
        times: &Times,
        previous: &Segments,
        relaxed: Relaxed,
        (from, to): (i64, i64),
    ) -> Step {
        let seconds = to - from;
        let index = usize::try_from(from.div_euclid(prices.slot_seconds())).unwrap_or(usize::MAX);
        let dispatch = times.dispatches.iter().find(|dispatch| dispatch.0 <= from && to <= dispatch.1);
        let known = prices.paid(index).map(crate::UnitRate::units).or(relaxed.gaps.then_some(0));
        let rate = dispatch.and_then(|dispatch| dispatch.2).or(known);
        let deciding = match (dispatch.and_then(|dispatch| dispatch.2), known) {
            (Some(rate), _) => Some(rate),
            (None, Some(_)) => prices.deciding_units().get(index).copied(),
            (None, None) => None,
        };
        let too_dear = !relaxed.cap && self.price_cap.zip(rate).is_some_and(|(cap, rate)| rate > cap.units());
        let grid = deciding.filter(|_| !too_dear || dispatch.is_some());
        let open = opening::shared_with(&times.open, (from, to)) == seconds || dispatch.is_some();
        let preconditions = times.precondition.is_some_and(|start| from >= start);
        // Rounded from one fixed instant, so that steps that are all full lose nothing together.
        let power = match self.power.over_seconds(to) {
            i64::MAX => self.power.over_seconds(seconds),
            until => until - self.power.over_seconds(from),
        };
        let surplus = self.surplus.get(index).map_or(0, |surplus| {
            let part = i128::from(surplus.units()) * i128::from(seconds) / i128::from(prices.slot_seconds());
            i64::try_from(part).unwrap_or(i64::MAX)
        });
        let worth = self.surplus_worth.units();
        let (most, tranches) = match grid {
            Some(rate) if surplus > 0 => (power, Vec::from([(surplus, worth), (i64::MAX, rate)]).into()),
            Some(rate) => (power, Few::one((i64::MAX, rate))),
            None => (power.min(surplus), Few::one((i64::MAX, worth))),
        };
        let least = match self.min_power {
            Some(power) if !relaxed.min_power => power.over_seconds(seconds),
            _ => 0,
        };
        // At the least power for part of the time, surplus and grid would share what is drawn otherwise than over the whole of it.
        let part = least > 1 && least <= most && (surplus == 0 || surplus >= least);
        Step {
            from,
            to,
            most: if open { most } else { 0 },
            least: least.max(1),
            part,
            tranches,
            surplus,
            duty: match (preconditions, dispatch.is_some()) {
                (true, _) => Duty::Always,
                (false, true) => Duty::UnlessFull,
                (false, false) => Duty::Free,
            },
            brim: None,
            closer: if previous.is_empty() {
                0
            } else {
                2 * opening::shared_with(previous, (from, to)) - seconds
            },
        }
    }

    /// Asks for a level as soon as it can be had: at each boundary, for as much of it as full power gives by then. Steps that are closed
    /// only by the price are opened as far as the level needs them.
    fn reach_at_once(&self, problem: &mut Problem, prices: &SlotPrices, level: i64, relaxed: Relaxed) {
        let times = Times::of(self, prices, relaxed);
        let uncapped = self.steps(prices, &times, Relaxed { cap: true, ..relaxed });
        let mut reached = 0;
        for (place, open) in uncapped.into_iter().enumerate() {
            if reached >= level {
                break;
            }
            let Some(step) = problem.steps.get_mut(place) else { break };
            if step.most < open.most {
                *step = Step { brim: Some(level), ..open };
            }
            let drawn = problem.fullest(place, reached);
            let least = problem.steps.get(place).map_or(0, |step| step.least);
            if drawn >= least {
                reached = (reached + drawn).min(level);
            }
            problem.targets.push(Target { step: place + 1, level: reached });
        }
        problem.targets.sort_by_key(|target| target.step);
    }

    /// What blocks draw in each step: by the second, rounded so that the sums stay.
    pub(super) fn draws_of(blocks: &[Block], problem: &Problem, prices: &SlotPrices) -> Vec<i64> {
        let mut draws = vec![0_i64; problem.steps.len()];
        for block in blocks {
            let (from, to) =
                (prices.offset(block.span.start_seconds()), prices.offset(block.span.to_seconds()));
            let length = i128::from((to - from).max(1));
            let by = |second: i64| {
                let part = i128::from(block.kwh.units()) * i128::from(second.clamp(from, to) - from) / length;
                i64::try_from(part).unwrap_or(0)
            };
            for (draw, step) in draws.iter_mut().zip(&problem.steps) {
                *draw += by(step.to) - by(step.from);
            }
        }
        draws
    }
}

/// When a load may draw, in seconds from the grid's start.
struct Times {
    from: i64,
    to: i64,
    open: Segments,
    dispatches: Vec<(i64, i64, Option<i64>)>,
    precondition: Option<i64>,
}

impl Times {
    fn of(request: &ChargeRequest, prices: &SlotPrices, relaxed: Relaxed) -> Self {
        let end = prices.grid().len() as i64 * prices.slot_seconds();
        let from = prices.offset(request.during.start_seconds()).clamp(0, end);
        let to = prices.offset(request.during.to_seconds()).clamp(from, end);
        let mut open = Vec::from([(from, to)]);
        if !relaxed.times {
            if let Some(within) = &request.within {
                open = opening::intersect(&open, &opening::of_spans(prices, within));
            }
            if !request.blocked.is_empty() {
                open = opening::subtract(&open, &opening::around_spans(prices, &request.blocked));
            }
        }
        let dispatches = request
            .dispatches
            .iter()
            .map(|(span, rate)| {
                let (start, end) = (prices.offset(span.start_seconds()), prices.offset(span.to_seconds()));
                (start.max(from), end.min(to), rate.map(crate::UnitRate::units))
            })
            .filter(|dispatch| dispatch.0 < dispatch.1)
            .collect();
        let seconds = request.preconditioned();
        let precondition = (seconds > 0).then(|| (to - seconds).max(from));
        Self { from, to, open, dispatches, precondition }
    }

    fn edges(&self) -> Vec<i64> {
        let open = self.open.iter().flat_map(|(from, to)| [*from, *to]);
        let dispatches = self.dispatches.iter().flat_map(|(from, to, _)| [*from, *to]);
        [self.from, self.to].into_iter().chain(open).chain(dispatches).chain(self.precondition).collect()
    }
}
