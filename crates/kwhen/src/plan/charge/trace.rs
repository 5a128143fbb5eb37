//! From the functions to a plan: at each step the decision that keeps the least cost, and of equals the one preferred.

use super::super::Prefer;
use super::function::{Function, Number};
use super::model::{Draws, Target};
use super::solve::{Plans, Solver};

/// A draw that a step allows, and the cost of the plan with it.
struct Choice<V> {
    draw: i64,
    part: bool,
    cost: V,
}

/// A way in which a run begins.
enum Begin<V> {
    /// Through a step, and on.
    Whole(Choice<V>),
    /// For part of a step.
    Ended(Choice<V>),
    /// Through several steps, as the least run asks.
    Chain { chains: Vec<Vec<Function<V>>>, second: i64, cost: V },
}

impl<V: Number> Begin<V> {
    /// The cost of the plan with it, the start itself left out.
    fn cost(&self) -> V {
        match self {
            Self::Whole(choice) | Self::Ended(choice) => choice.cost,
            Self::Chain { cost, .. } => *cost,
        }
    }
}

/// Where a plan stands at a boundary.
struct Standing {
    step: usize,
    state: i64,
    part: usize,
    layer: usize,
    running: bool,
}

impl Standing {
    fn take<V>(&mut self, choice: &Choice<V>, draws: &mut [i64]) {
        if let Some(drawn) = draws.get_mut(self.step) {
            *drawn = choice.draw;
        }
        self.state += choice.draw;
        self.part -= usize::from(choice.part);
        self.step += 1;
    }
}

impl<V: Number> Plans for Solver<'_, V> {
    fn plan(&mut self, starts: usize) -> Draws {
        let end = self.problem.steps.len();
        let mut draws = vec![0; end];
        let mut at = Standing {
            step: 0,
            state: 0,
            part: self.parts - 1,
            layer: starts.min(self.layers - 1),
            running: false,
        };
        if let Some(until) = self.problem.running {
            at.running = true;
            let second = self.problem.boundary(0) + until;
            let until = self.problem.boundary_from(second).unwrap_or(end);
            if let Some(chain) = self.chains(0, (until, second), at.layer, at.part) {
                self.follow(&chain, second, &mut at, &mut draws);
            }
        }
        while at.step < end {
            if at.running {
                self.go_on_or_stop(&mut at, &mut draws);
            } else {
                self.start_or_wait(&mut at, &mut draws);
            }
        }
        draws.iter_mut().for_each(|draw| *draw *= self.scale.energy);
        draws
    }
}

#[expect(clippy::indexing_slicing, reason = "every place is computed from the solver's own dimensions")]
impl<V: Number> Solver<'_, V> {
    /// For each boundary of an enforced run, the functions by part-used steps left; `None` where it cannot be.
    fn chains(
        &self,
        step: usize,
        (until, second): (usize, i64),
        layer: usize,
        part: usize,
    ) -> Option<Vec<Vec<Function<V>>>> {
        let by_part: Option<Vec<Vec<Function<V>>>> =
            (0..=part).map(|part| self.chain_until(step, (until, second), layer, part)).collect();
        let by_part = by_part?;
        Some(
            (0..=until - step)
                .map(|place| by_part.iter().map(|chain| chain[place].clone()).collect())
                .collect(),
        )
    }

    /// Draws through a run that may not stop before an instant.
    fn follow(&self, chains: &[Vec<Function<V>>], second: i64, at: &mut Standing, draws: &mut [i64]) {
        let last = chains.len().saturating_sub(1);
        for (place, next) in chains.iter().enumerate().skip(1) {
            let choice = self.choose(at.step, at.state, at.part, |part| next.get(part));
            let ended = if place == last { self.choose_end(at, second, at.layer) } else { None };
            match (choice, ended) {
                (Some(choice), Some(ended)) if self.is_preferred(&ended, &choice) => {
                    self.end(&ended, at, draws);
                }
                (Some(choice), _) => at.take(&choice, draws),
                (None, Some(ended)) => self.end(&ended, at, draws),
                // There is no such plan: the step is passed over.
                (None, None) => at.step += 1,
            }
        }
    }

    /// Takes a draw with which the load stops within the step.
    fn end(&self, choice: &Choice<V>, at: &mut Standing, draws: &mut [i64]) {
        at.take(choice, draws);
        at.running = false;
        if self.problem.min_pause > 0 && at.step < self.problem.steps.len() {
            at.step = self.ready_after_stop(at.step);
        }
    }

    /// Whether one draw is taken rather than another of the same step.
    fn is_preferred(&self, one: &Choice<V>, other: &Choice<V>) -> bool {
        let earlier = if self.problem.prefer == Prefer::Earliest {
            one.draw > other.draw
        } else {
            one.draw < other.draw
        };
        one.cost < other.cost || one.cost == other.cost && earlier
    }

    /// The best draw with which a load stops within a step, not before an instant.
    fn choose_end(&self, at: &Standing, second: i64, layer: usize) -> Option<Choice<V>> {
        if !self.uses_parts {
            return None;
        }
        let from = self.problem.steps[at.step].drawn_until(second);
        self.choose_part(at.step, at.state, from, &self.after_end(at.step + 1, layer))
    }

    /// The best draw at the least power for part of a step, no less than so much.
    fn choose_part(&self, step: usize, state: i64, from: i64, next: &Function<V>) -> Option<Choice<V>> {
        let place = &self.problem.steps[step];
        if !place.part || !self.uses_parts {
            return None;
        }
        let able = self.limits[step].iter().filter(|limit| limit.0 >= place.least);
        let limits: Vec<(i64, i64)> = able.map(|limit| (place.least - 1, limit.1)).collect();
        let mut best = None;
        self.any_choice(step, state, from, &limits, next, &mut best);
        best
    }

    /// The best way in which a run begins at a boundary.
    fn best_begin(&self, at: &Standing, layer: usize) -> Option<Begin<V>> {
        let second = self.problem.boundary(at.step) + self.problem.min_run;
        let until = self.until(second, at.step)?;
        // One step alone is looked at where the plan stands; only a longer least run needs its functions again.
        if until > at.step + 1 {
            let chains = self.chains(at.step, (until, second), layer, at.part)?;
            let cost = chains.first()?.get(at.part)?.at(at.state)?;
            return Some(Begin::Chain { chains, second, cost });
        }
        let after = |part| Some(&self.running[self.place(until, layer, part)]);
        let whole = self.choose(at.step, at.state, at.part, after);
        let ended = self.choose_end(at, second, layer);
        match (whole, ended) {
            (Some(whole), Some(ended)) if self.is_preferred(&ended, &whole) => Some(Begin::Ended(ended)),
            (Some(whole), _) => Some(Begin::Whole(whole)),
            (None, ended) => ended.map(Begin::Ended),
        }
    }

    fn begin(&self, begin: &Begin<V>, at: &mut Standing, draws: &mut [i64]) {
        at.running = true;
        match begin {
            Begin::Whole(choice) => at.take(choice, draws),
            Begin::Ended(choice) => self.end(choice, at, draws),
            Begin::Chain { chains, second, .. } => self.follow(chains, *second, at, draws),
        }
    }

    fn start_or_wait(&self, at: &mut Standing, draws: &mut [i64]) {
        let next = self.place(at.step + 1, at.layer, at.part);
        let wait = self.stopped[next].at(at.state).map(|value| value + self.idle_cost(at.step, at.state));
        let Some(layer) = self.layer_after_start(at.layer) else {
            at.step += 1;
            return;
        };
        let begin = self.best_begin(at, layer);
        let within = if self.uses_parts {
            self.choose_part(at.step, at.state, 1, &self.begun[self.place(at.step + 1, layer, 0)])
        } else {
            None
        };
        // A start within the step draws less in it than one at its beginning.
        let earliest = self.problem.prefer == Prefer::Earliest;
        let within = within.filter(|within| match &begin {
            None => true,
            Some(Begin::Ended(ended)) => {
                // The same draw, and more of it in the next step.
                let alike = within.cost == ended.cost && within.draw == ended.draw;
                self.is_preferred(within, ended) || alike && earliest
            }
            Some(begin) => within.cost < begin.cost() || within.cost == begin.cost() && !earliest,
        });
        match (begin, within) {
            (_, Some(within)) if self.is_better(wait, within.cost) => {
                at.layer = layer;
                at.take(&within, draws);
                match self.best_begin(at, layer) {
                    Some(begin) => self.begin(&begin, at, draws),
                    None => at.step += 1,
                }
            }
            (Some(begin), _) if self.is_better(wait, begin.cost()) => {
                at.layer = layer;
                self.begin(&begin, at, draws);
            }
            _ => at.step += 1,
        }
    }

    /// Whether a start at a cost is taken rather than waiting at another.
    fn is_better(&self, wait: Option<V>, cost: V) -> bool {
        let start = cost + V::of(self.scale.start);
        wait.is_none_or(|wait| start < wait || start == wait && self.problem.prefer == Prefer::Earliest)
    }

    fn go_on_or_stop(&self, at: &mut Standing, draws: &mut [i64]) {
        let ready = self.ready_after_stop(at.step);
        let rest = self.stopped[self.place(ready, at.layer, at.part)].at(at.state);
        let stop = rest.map(|rest| {
            let short = V::of(self.scale.short);
            let missing = |target: &&Target| target.step > at.step && target.step < ready;
            let missed = self.problem.targets.iter().filter(missing).fold(rest, |value, target| {
                value + short * V::of(i128::from((target.level - at.state).max(0)))
            });
            (at.step..ready).fold(missed, |value, step| value + self.idle_cost(step, at.state))
        });
        let go_on = self.choose(at.step, at.state, at.part, |part| {
            Some(&self.running[self.place(at.step + 1, at.layer, part)])
        });
        let better = |choice: &Choice<V>| {
            stop.is_none_or(|stop| {
                choice.cost < stop || choice.cost == stop && self.problem.prefer == Prefer::Earliest
            })
        };
        let ended = self.choose_end(at, self.problem.boundary(at.step), at.layer);
        let ended = ended.filter(|ended| go_on.as_ref().is_none_or(|go_on| self.is_preferred(ended, go_on)));
        match (go_on, ended) {
            (_, Some(ended)) if better(&ended) => self.end(&ended, at, draws),
            (Some(choice), _) if better(&choice) => at.take(&choice, draws),
            _ => {
                at.running = false;
                at.step = ready;
            }
        }
    }

    /// The best draw in a step from a state, given the functions after it by part-used steps left.
    fn choose<'f>(
        &self,
        step: usize,
        state: i64,
        part: usize,
        next: impl Fn(usize) -> Option<&'f Function<V>>,
    ) -> Option<Choice<V>>
    where
        V: 'f,
    {
        let place = &self.problem.steps[step];
        let mut best: Option<Choice<V>> = None;
        if place.most < place.least.max(1) {
            return None;
        }
        let (least, limits) = (place.least.max(1), &self.limits[step]);
        if self.problem.part_steps.is_none() {
            self.any_choice(step, state, least, limits, next(part)?, &mut best);
            return best;
        }
        let full = self.full_from(step, state);
        if let Some((draw, value)) = full.and_then(|draw| Some((draw, next(part)?.at(state + draw)?))) {
            let cost = V::of(self.problem.cost(step, draw) * self.scale.money);
            self.offer(
                Choice { draw, part: false, cost: value + cost - V::of(i128::from(place.closer)) },
                &mut best,
            );
        }
        if let Some(next) = part.checked_sub(1).and_then(next) {
            let mut part = None;
            self.any_choice(step, state, least, limits, next, &mut part);
            if let Some(part) = part {
                self.offer(Choice { part: true, ..part }, &mut best);
            }
        }
        best
    }

    fn offer(&self, choice: Choice<V>, best: &mut Option<Choice<V>>) {
        if best.as_ref().is_none_or(|best| self.is_preferred(&choice, best)) {
            *best = Some(choice);
        }
    }

    /// Offers the best draw from a least to what the limits allow.
    fn any_choice(
        &self,
        step: usize,
        state: i64,
        from: i64,
        limits: &[(i64, i64)],
        next: &Function<V>,
        best: &mut Option<Choice<V>>,
    ) {
        let place = &self.problem.steps[step];
        let closer = V::of(i128::from(place.closer));
        for (most, up_to) in limits {
            let mut begun = 0_i64;
            for (width, price) in place.tranches.iter() {
                let end = begun.saturating_add(*width);
                let (near, far) = (from.max(begun), end.min(*most).min(up_to - state));
                if near <= far {
                    let price = V::of(i128::from(*price) * self.scale.money);
                    let least = next.least_within(
                        (state + near, state + far),
                        price,
                        self.problem.prefer == Prefer::Earliest,
                    );
                    if let Some((_, reached)) = least {
                        let draw = reached - state;
                        let cost = V::of(self.problem.cost(step, draw) * self.scale.money) - closer;
                        let cost = cost + next.at(reached).unwrap_or(V::ZERO);
                        self.offer(Choice { draw, part: false, cost }, best);
                    }
                }
                begun = end;
            }
        }
    }

    /// The full draw from a state, if it is not just what is left to the capacity.
    fn full_from(&self, step: usize, state: i64) -> Option<i64> {
        let limits = &self.limits[step];
        let (draw, power, up_to) = limits
            .iter()
            .map(|(most, up_to)| ((*most).min(up_to - state), *most, *up_to))
            .max_by_key(|limit| limit.0)?;
        (draw > 0 && (draw == power || up_to != self.problem.capacity)).then_some(draw)
    }
}
