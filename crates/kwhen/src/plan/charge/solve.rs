//! Dynamic programming over (step, state of charge, starts left, part-used steps left, running or not), the state of charge held
//! as a piecewise-linear function.

use super::super::Prefer;
use super::function::{Function, Number};
use super::model::{Draws, Duty, Problem};
use crate::error::{Error, Result};

impl Problem {
    /// The best plan: what is missing from the targets first, then money, starts, closeness, and earliness or lateness.
    pub(super) fn best(&self) -> Result<Draws> {
        // The best plan with any number of starts is the best with a limit that it keeps.
        let free = Self { max_starts: None, ..self.clone() };
        let draws = free.plans(|solver| solver.plan(0))?;
        match self.max_starts {
            Some(most) if self.starts(&draws) > most => self.plans(|solver| solver.plan(most)),
            _ => Ok(draws),
        }
    }

    /// The best plan for each number of starts from none up to the limit, as far as each is better than those before.
    pub(super) fn frontier(&self) -> Result<Vec<Draws>> {
        let mut plans: Vec<Draws> = Vec::new();
        let key = |draws: &Draws| (self.shortfall(draws), self.money(draws));
        self.plans(|solver| {
            for starts in 0..=self.max_starts.unwrap_or(0) {
                let plan = solver.plan(starts);
                if plans.last().is_none_or(|last| key(&plan) < key(last)) {
                    plans.push(plan);
                }
            }
            Vec::new()
        })?;
        Ok(plans)
    }

    fn plans(&self, plan: impl FnOnce(&mut dyn Plans) -> Draws) -> Result<Draws> {
        let scale = Scale::of(self)?;
        let scaled = scale.down(self);
        let draws = if scale.largest < <i64 as Number>::LIMIT {
            plan(&mut Solver::<i64>::fill(&scaled, &scale))
        } else {
            plan(&mut Solver::<i128>::fill(&scaled, &scale))
        };
        Ok(draws)
    }
}

trait Plans {
    /// The best plan with so many starts.
    fn plan(&mut self, starts: usize) -> Draws;
}

/// Shortfall, money, starts and closeness in one number, so that comparing it compares them in that order; and the common
/// divisors of all energies and of all prices, since an optimum lies on whole multiples of the first.
struct Scale {
    energy: i64,
    price: i64,
    short: i128,
    money: i128,
    start: i128,
    largest: i128,
}

impl Scale {
    fn of(problem: &Problem) -> Result<Self> {
        let steps = &problem.steps;
        let energies = steps
            .iter()
            .flat_map(|step| {
                [step.most, if step.least > 1 { step.least } else { 0 }].into_iter().chain(step.brim)
            })
            .chain(problem.targets.iter().map(|target| target.level))
            .chain(problem.taper.iter().flat_map(|taper| taper.most.iter().copied().chain([taper.up_to])))
            .chain(steps.iter().flat_map(|step| step.tranches.iter().rev().skip(1).map(|tranche| tranche.0)))
            .chain([problem.capacity, problem.grain]);
        let prices = || steps.iter().flat_map(|step| step.tranches.iter().map(|tranche| tranche.1));
        let energy = energies.fold(0, gcd).max(1);
        let price = prices().fold(0, gcd).max(1);
        let dearest = prices().map(|price| i128::from(price).abs()).max().unwrap_or(0) / i128::from(price);
        let capacity = i128::from(problem.capacity.max(1)) / i128::from(energy) + 1;
        let moved: i128 = steps.iter().map(|step| i128::from(step.closer).abs()).sum();
        let start = 2 * moved + 1;
        let money = start * (steps.len() as i128 + 2);
        let draws: i128 = steps.iter().map(|step| i128::from(step.most) / i128::from(energy) + 1).sum();
        let too_large = || Error::out_of_range("the energies and prices are too large to plan with");
        let spent = dearest
            .checked_mul(capacity.min(draws))
            .and_then(|spent| spent.checked_mul(2))
            .ok_or_else(too_large)?;
        let short = spent.checked_add(2).and_then(|spent| spent.checked_mul(money)).ok_or_else(too_large)?;
        let missing = capacity
            .checked_mul(problem.targets.len() as i128 + 1)
            .and_then(|missing| missing.checked_add(draws));
        let largest = missing
            .and_then(|missing| missing.checked_mul(short))
            .and_then(|largest| largest.checked_mul(4))
            .filter(|largest| *largest < <i128 as Number>::LIMIT)
            .ok_or_else(too_large)?;
        Ok(Self { energy, price, short, money, start, largest })
    }

    /// In units of the common divisors.
    fn down(&self, problem: &Problem) -> Problem {
        let mut scaled = problem.clone();
        let energy = |units: &mut i64| *units /= self.energy;
        for step in &mut scaled.steps {
            energy(&mut step.most);
            if step.least > 1 {
                energy(&mut step.least);
            }
            step.brim.iter_mut().for_each(energy);
            let ended = step.tranches.len().saturating_sub(1);
            for (place, tranche) in step.tranches.iter_mut().enumerate() {
                if place < ended {
                    energy(&mut tranche.0);
                }
                tranche.1 /= self.price;
            }
        }
        scaled.targets.iter_mut().for_each(|target| energy(&mut target.level));
        for taper in &mut scaled.taper {
            energy(&mut taper.up_to);
            taper.most.iter_mut().for_each(energy);
        }
        energy(&mut scaled.capacity);
        scaled
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

/// The least cost from each state to the end.
struct Solver<'a, V> {
    problem: &'a Problem,
    scale: &'a Scale,
    limits: Vec<Vec<(i64, i64)>>,
    /// By boundary, then starts left, then part-used steps left.
    stopped: Vec<Function<V>>,
    running: Vec<Function<V>>,
    layers: usize,
    parts: usize,
}

/// A draw that a step allows, and the cost of the plan with it.
struct Choice<V> {
    draw: i64,
    part: bool,
    cost: V,
}

#[expect(clippy::indexing_slicing, reason = "every place is computed from the solver's own dimensions")]
impl<'a, V: Number> Solver<'a, V> {
    fn fill(problem: &'a Problem, scale: &'a Scale) -> Self {
        let layers = problem.max_starts.unwrap_or(0) + 1;
        let parts = problem.part_steps.unwrap_or(0) + 1;
        let end = problem.steps.len();
        let places = (end + 1) * layers * parts;
        let mut solver = Self {
            problem,
            scale,
            limits: (0..end).map(|step| problem.limits(step)).collect(),
            stopped: vec![Function::nowhere(); places],
            running: vec![Function::nowhere(); places],
            layers,
            parts,
        };
        let over = solver.arrive(end, Function::line(0, problem.capacity, V::ZERO, V::ZERO));
        for layer in 0..layers {
            for part in 0..parts {
                let place = solver.place(end, layer, part);
                solver.stopped[place] = over.clone();
                solver.running[place] = over.clone();
            }
        }
        for step in (0..end).rev() {
            for layer in 0..layers {
                for part in 0..parts {
                    solver.fill_one(step, layer, part);
                }
            }
        }
        solver
    }

    fn place(&self, boundary: usize, layer: usize, part: usize) -> usize {
        (boundary * self.layers + layer) * self.parts + part
    }

    /// A function at a boundary with what is missing there from the targets.
    fn arrive(&self, boundary: usize, function: Function<V>) -> Function<V> {
        let here = self.problem.targets.iter().filter(|target| target.step == boundary);
        here.fold(function, |function, target| function.with_shortfall(target.level, V::of(self.scale.short)))
    }

    fn fill_one(&mut self, step: usize, layer: usize, part: usize) {
        let place = self.place(step, layer, part);
        let mut stopped = self.idle(step, &self.stopped[self.place(step + 1, layer, part)]);
        if let Some(chain) = self.chain(step, layer, part)
            && let Some(first) = chain.first()
        {
            stopped = stopped.min(first);
        }
        let ready = self.ready_after_stop(step);
        let mut running = self.stopped[self.place(ready, layer, part)].clone();
        for skipped in (step..ready).rev() {
            running = self.idle(skipped, &running);
            if skipped > step {
                running = self.arrive(skipped, running);
            }
        }
        let on = self.draw(step, part, |part| &self.running[self.place(step + 1, layer, part)]);
        running = running.min(&on);
        self.stopped[place] = self.arrive(step, stopped);
        self.running[place] = self.arrive(step, running);
    }

    /// The boundary at which a load that stops at one may start again.
    fn ready_after_stop(&self, step: usize) -> usize {
        let minute = self.problem.boundary(step) + self.problem.min_pause;
        self.problem.boundary_from(minute).unwrap_or(self.problem.steps.len()).max(step + 1)
    }

    /// Drawing nothing in a step.
    fn idle(&self, step: usize, next: &Function<V>) -> Function<V> {
        let place = &self.problem.steps[step];
        let missed = || V::of(self.scale.short * i128::from(place.most.max(1)));
        match place.duty {
            Duty::Free => next.clone(),
            Duty::UnlessFull => {
                let full = self.problem.capacity;
                let short = next.up_to(full - 1).plus(missed());
                short.min(&next.within(full, full))
            }
            Duty::Always => next.clone().plus(missed()),
        }
    }

    fn idle_cost(&self, step: usize, state: i64) -> V {
        let place = &self.problem.steps[step];
        let owed = match place.duty {
            Duty::Free => false,
            Duty::UnlessFull => state != self.problem.capacity,
            Duty::Always => true,
        };
        if owed { V::of(self.scale.short * i128::from(place.most.max(1))) } else { V::ZERO }
    }

    /// Drawing in a step, from the functions after it by part-used steps left.
    fn draw<'f>(&'f self, step: usize, part: usize, next: impl Fn(usize) -> &'f Function<V>) -> Function<V> {
        let place = &self.problem.steps[step];
        let mut least = Function::nowhere();
        if place.most < place.least.max(1) {
            return least;
        }
        if self.problem.part_steps.is_none() {
            least = self.any_draw(step, place.least.max(1), next(part));
        } else {
            least = least.min(&self.full_draw(step, next(part)));
            if let Some(part) = part.checked_sub(1) {
                least = least.min(&self.any_draw(step, place.least.max(1), next(part)));
            }
        }
        least.plus(V::ZERO - V::of(i128::from(place.closer)))
    }

    /// Any draw from a least to what the limits allow.
    fn any_draw(&self, step: usize, from: i64, next: &Function<V>) -> Function<V> {
        let mut least = Function::nowhere();
        for (most, up_to) in &self.limits[step] {
            let next = next.up_to(*up_to);
            let (mut begun, mut cost) = (0_i64, V::ZERO);
            for (width, price) in &self.problem.steps[step].tranches {
                let price = V::of(i128::from(*price) * self.scale.money);
                let end = begun.saturating_add(*width);
                let (near, far) = (from.max(begun), end.min(*most));
                if near <= far {
                    // The price of the state reached, less that of the state begun with and of what earlier tranches hold.
                    let ahead = next.tilted(price).least_ahead(near, far).tilted(V::ZERO - price);
                    let before = cost - price * V::of(i128::from(begun));
                    least = least.min(&ahead.within(0, self.problem.capacity).plus(before));
                }
                if end >= *most {
                    break;
                }
                cost = cost + price * V::of(i128::from(*width));
                begun = end;
            }
        }
        least
    }

    /// The most that the limits allow, where that is not just what is left to the capacity.
    fn full_draw(&self, step: usize, next: &Function<V>) -> Function<V> {
        let mut full = Function::nowhere();
        let mut from = 0;
        for (most, up_to) in &self.limits[step] {
            // Up to here this limit gives its whole power; from here to the next limit's reach it fills to its own end.
            let whole = up_to - most;
            if whole >= from {
                let cost = V::of(self.problem.cost(step, *most) * self.scale.money);
                full = full.min(&next.shifted(*most).within(from, whole).plus(cost));
                from = whole + 1;
            }
            if *up_to == self.problem.capacity {
                break;
            }
            let lower = self.limits[step].iter().map(|limit| limit.0).find(|power| power < most).unwrap_or(0);
            let last = up_to - lower.max(1);
            if let (true, Some(value)) = (last >= from, next.at(*up_to)) {
                full = full.min(&self.fill_to(step, *up_to, from, last).plus(value));
                from = last + 1;
            }
        }
        full
    }

    /// The cost of drawing from a state up to a given one, for each state from one to another.
    fn fill_to(&self, step: usize, up_to: i64, from: i64, last: i64) -> Function<V> {
        let mut filled = Function::nowhere();
        let (mut begun, mut cost) = (0_i64, V::ZERO);
        for (width, price) in &self.problem.steps[step].tranches {
            let price = V::of(i128::from(*price) * self.scale.money);
            let end = begun.saturating_add(*width);
            let first = from.max(up_to.saturating_sub(end));
            let value = cost + price * V::of(i128::from(up_to - first - begun));
            filled = filled.min(&Function::line(first, last.min(up_to - begun), value, V::ZERO - price));
            if end >= up_to - from {
                break;
            }
            cost = cost + price * V::of(i128::from(*width));
            begun = end;
        }
        filled
    }

    /// The functions at each boundary of a run's least length, from its start on, the cost of the start in them.
    fn chain(&self, step: usize, layer: usize, part: usize) -> Option<Vec<Function<V>>> {
        let layer = if self.problem.max_starts.is_none() { layer } else { layer.checked_sub(1)? };
        let minute = self.problem.boundary(step) + self.problem.min_run;
        let until = self.problem.boundary_from(minute)?.max(step + 1);
        let cost = V::of(self.scale.start);
        let chain = self.chain_until(step, until, layer, part)?;
        Some(chain.into_iter().map(|function| function.plus(cost)).collect())
    }

    /// The functions at each boundary of a run that may not stop before a boundary.
    fn chain_until(&self, step: usize, until: usize, layer: usize, part: usize) -> Option<Vec<Function<V>>> {
        // By part-used steps left; each step may use one.
        let mut after: Vec<Function<V>> =
            (0..=part).map(|part| self.running[self.place(until, layer, part)].clone()).collect();
        let mut chain = Vec::from([after[part].clone()]);
        for place in (step..until).rev() {
            if self.problem.steps[place].most < self.problem.steps[place].least.max(1) {
                return None;
            }
            let before: Vec<Function<V>> = (0..=part)
                .map(|part| {
                    let function = self.draw(place, part, |part| &after[part]);
                    if place > step { self.arrive(place, function) } else { function }
                })
                .collect();
            after = before;
            chain.push(after[part].clone());
        }
        chain.reverse();
        Some(chain)
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

/// Where a plan stands at a boundary.
struct Standing {
    step: usize,
    state: i64,
    part: usize,
    layer: usize,
    running: bool,
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
            draws[at.step] = choice.draw;
            at.state += choice.draw;
            at.part -= usize::from(choice.part);
            at.step += 1;
        }
        true
    }

    fn start_or_wait(&self, at: &mut Standing, draws: &mut [i64]) {
        let next = self.place(at.step + 1, at.layer, at.part);
        let wait = self.stopped[next].at(at.state).map(|value| value + self.idle_cost(at.step, at.state));
        let chain = self.chain(at.step, at.layer, at.part);
        let start = chain.as_ref().and_then(|chain| chain.first()).and_then(|first| first.at(at.state));
        let starts = match (wait, start) {
            (Some(wait), Some(start)) => {
                start < wait || start == wait && self.problem.prefer == Prefer::Earliest
            }
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if !starts {
            at.step += 1;
            return;
        }
        let minute = self.problem.boundary(at.step) + self.problem.min_run;
        let until = self.problem.boundary_from(minute).unwrap_or(self.problem.steps.len()).max(at.step + 1);
        let layer = if self.problem.max_starts.is_none() { at.layer } else { at.layer.saturating_sub(1) };
        at.running = true;
        at.layer = layer;
        let followed =
            self.chains(at.step, until, layer, at.part).is_some_and(|chains| self.follow(&chains, at, draws));
        if !followed {
            at.step += 1;
        }
    }

    fn go_on_or_stop(&self, at: &mut Standing, draws: &mut [i64]) {
        let ready = self.ready_after_stop(at.step);
        let rest = self.stopped[self.place(ready, at.layer, at.part)].at(at.state);
        let stop = rest.map(|rest| {
            let short = V::of(self.scale.short);
            let missing = |target: &&super::model::Target| target.step > at.step && target.step < ready;
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
            Some(choice) => {
                draws[at.step] = choice.draw;
                at.state += choice.draw;
                at.part -= usize::from(choice.part);
                at.step += 1;
            }
            None => {
                at.running = false;
                at.step = ready;
            }
        }
    }
}
