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
            let until = self.problem.boundary_from(self.problem.boundary(0) + until).unwrap_or(end);
            if let Some(chain) = self.chains(0, until, at.layer, at.part) {
                self.follow(&chain, &mut at, &mut draws);
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
    fn chains(&self, step: usize, until: usize, layer: usize, part: usize) -> Option<Vec<Vec<Function<V>>>> {
        let by_part: Option<Vec<Vec<Function<V>>>> =
            (0..=part).map(|part| self.chain_until(step, until, layer, part)).collect();
        let by_part = by_part?;
        Some(
            (0..=until - step)
                .map(|place| by_part.iter().map(|chain| chain[place].clone()).collect())
                .collect(),
        )
    }

    /// Draws through an enforced run.
    fn follow(&self, chains: &[Vec<Function<V>>], at: &mut Standing, draws: &mut [i64]) -> bool {
        for next in chains.iter().skip(1) {
            let Some(choice) = self.choose(at.step, at.state, at.part, |part| next.get(part)) else {
                return false;
            };
            at.take(&choice, draws);
        }
        true
    }

    fn start_or_wait(&self, at: &mut Standing, draws: &mut [i64]) {
        let next = self.place(at.step + 1, at.layer, at.part);
        let wait = self.stopped[next].at(at.state).map(|value| value + self.idle_cost(at.step, at.state));
        let after = self.layer_after_start(at.layer).zip(self.until(at.step));
        let starts = after.and_then(|(layer, until)| {
            // One step alone is looked at where the plan stands; only a longer least run needs its functions again.
            if until == at.step + 1 {
                let after = |part| Some(&self.running[self.place(until, layer, part)]);
                let choice = self.choose(at.step, at.state, at.part, after)?;
                return self.is_better(wait, choice.cost).then(|| (layer, Vec::new(), Some(choice)));
            }
            let chains = self.chains(at.step, until, layer, at.part)?;
            let cost = chains.first()?.get(at.part)?.at(at.state)?;
            self.is_better(wait, cost).then_some((layer, chains, None))
        });
        match starts {
            None => at.step += 1,
            Some((layer, chains, choice)) => {
                at.running = true;
                at.layer = layer;
                match choice {
                    Some(choice) => at.take(&choice, draws),
                    None if self.follow(&chains, at, draws) => {}
                    None => at.step += 1,
                }
            }
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
        let go_on = go_on.filter(|choice| {
            stop.is_none_or(|stop| {
                choice.cost < stop || choice.cost == stop && self.problem.prefer == Prefer::Earliest
            })
        });
        match go_on {
            Some(choice) => at.take(&choice, draws),
            None => {
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
        let earliest = self.problem.prefer == Prefer::Earliest;
        let mut offer = |draw: i64, part: bool, cost: V| {
            let better = best.as_ref().is_none_or(|best| {
                cost < best.cost || cost == best.cost && (draw > best.draw) == earliest && draw != best.draw
            });
            if better {
                best = Some(Choice { draw, part, cost });
            }
        };
        let any = |from: i64, next: &Function<V>, offer: &mut dyn FnMut(i64, V)| {
            for (most, up_to) in &self.limits[step] {
                let mut begun = 0_i64;
                for (width, price) in &place.tranches {
                    let end = begun.saturating_add(*width);
                    let (near, far) = (from.max(begun), end.min(*most).min(up_to - state));
                    if near <= far {
                        let price = V::of(i128::from(*price) * self.scale.money);
                        let least = next.tilted(price).least_within(state + near, state + far, earliest);
                        if let Some((_, reached)) = least {
                            let draw = reached - state;
                            let cost = V::of(self.problem.cost(step, draw) * self.scale.money);
                            offer(draw, cost + next.at(reached).unwrap_or(V::ZERO));
                        }
                    }
                    begun = end;
                }
            }
        };
        if place.most < place.least.max(1) {
            return None;
        }
        if self.problem.part_steps.is_none() {
            any(place.least.max(1), next(part)?, &mut |draw, cost| offer(draw, false, cost));
        } else {
            let full = self.full_from(step, state);
            if let Some((draw, value)) = full.and_then(|draw| Some((draw, next(part)?.at(state + draw)?))) {
                offer(draw, false, value + V::of(self.problem.cost(step, draw) * self.scale.money));
            }
            if let Some(next) = part.checked_sub(1).and_then(next) {
                any(place.least.max(1), next, &mut |draw, cost| offer(draw, true, cost));
            }
        }
        let closer = V::of(i128::from(place.closer));
        best.map(|best| Choice { cost: best.cost - closer, ..best })
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
