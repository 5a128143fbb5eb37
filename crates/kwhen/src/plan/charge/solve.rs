//! Dynamic programming over (step, state of charge, starts left, part-used steps left, running or not), the state of charge held
//! as a piecewise-linear function.

use super::counted::Counted;
use super::few::Few;
use super::function::{Function, Number};
use super::model::{Draws, Duty, Problem};
use super::scale::Scale;
use super::toll::{Priced, Tolled, at_most};
use crate::error::{Error, Result};
use std::borrow::Cow;

impl Problem {
    /// The best plan: what is missing from the targets first, then money, starts, closeness, and earliness or lateness.
    pub(super) fn best(&self) -> Result<Draws> {
        if let Some(draws) = self.settled_by_price().filter(|draws| self.keeps_to(draws)) {
            return Ok(draws);
        }
        if let Some(counted) = Counted::of(self)
            && let Some(draws) = counted.best(self)?
        {
            return Ok(draws);
        }
        // The best plan with any number of starts is the best with a limit that it keeps.
        let free = Self { max_starts: None, ..self.clone() };
        let draws = free.plans(|solver| solver.plan(0))?;
        let Some(most) = self.max_starts.filter(|most| self.starts(&draws) > *most) else { return Ok(draws) };
        match self.plans(|solver| solver.plan(most)) {
            Err(error) if error.is_unsupported() => match free.tolled(most, draws)? {
                Tolled::Found(draws) => Ok(draws),
                Tolled::Between(around) => Err(self.too_large(around)),
            },
            plan => plan,
        }
    }

    /// The best plan with at most so many starts, from the best with any number of them, without a state for each start.
    pub(super) fn tolled(&self, most: usize, free: Draws) -> Result<Tolled> {
        let scale = Scale::of(self)?;
        let scaled = scale.down(self);
        let priced = |draws: Draws| {
            let starts = self.starts(&draws);
            let counts: Vec<i64> = draws.iter().map(|draw| draw / scale.energy).collect();
            Priced { cost: scale.value(&scaled, &counts, starts), starts, draws }
        };
        let dearest =
            scaled.steps.iter().enumerate().map(|(place, step)| scaled.cost(place, step.most).abs()).max();
        let first = dearest.unwrap_or(0).saturating_mul(scale.money);
        at_most(most, priced(free), first, |toll| {
            let Some(scale) = scale.with_toll(toll, self.steps.len()) else { return Ok(None) };
            Self::planned_on(&scale, &scaled, |solver| solver.plan(0)).map(|draws| Some(priced(draws)))
        })
    }

    /// The plan that the prices alone decide, where nothing but the price tells one step from another: the cheapest steps are full.
    /// `None` where steps of one price compete for what is left, because starts and time then decide between them.
    fn settled_by_price(&self) -> Option<Draws> {
        let plain = self.taper.is_empty()
            && self.running.is_none()
            && self
                .targets
                .iter()
                .all(|target| target.step == self.steps.len() && target.level == self.capacity)
            && self.steps.iter().all(|step| {
                step.duty == Duty::Free && step.brim.is_none() && step.least <= 1 && step.tranches.len() == 1
            });
        if !plain {
            return None;
        }
        let price = |place: &usize| {
            self.steps.get(*place).and_then(|step| step.tranches.first()).map(|tranche| tranche.1)
        };
        let most = |place: &usize| self.steps.get(*place).map_or(0, |step| step.most);
        let mut order: Vec<usize> = (0..self.steps.len()).filter(|place| most(place) > 0).collect();
        order.sort_unstable_by_key(price);
        let mut draws = vec![0; self.steps.len()];
        let mut left = self.capacity;
        for equals in order.chunk_by(|one, other| price(one) == price(other)) {
            let together = equals.iter().map(most).fold(0, i64::saturating_add);
            if left < together && left > 0 && equals.len() > 1 {
                return None;
            }
            for place in equals {
                let draw = most(place).min(left);
                left -= draw;
                if let Some(drawn) = draws.get_mut(*place) {
                    *drawn = draw;
                }
            }
        }
        Some(draws)
    }

    /// What to ask for instead of a plan whose functions are too large to be held.
    ///
    /// With the nearest numbers of starts below and above the limit that can be planned for, where they are known.
    pub(super) fn too_large(&self, around: Option<(usize, usize)>) -> Error {
        let end = self.steps.len();
        let (what, lower) = match (self.max_starts, self.part_steps) {
            (Some(most), _) => (format!(" with at most {most} starts"), "allow fewer starts, "),
            (None, Some(_)) => {
                (" of full power".to_owned(), "do without limits on starts, runs and pauses, ")
            }
            (None, None) => (String::new(), ""),
        };
        let others = match around {
            Some((below, above)) => format!("; {below} starts and {above} can be planned"),
            None => String::new(),
        };
        Error::unsupported(format!(
            "a charge over {end} steps{what} is too large to search exactly, it would take more than {} MB: {lower}ask for a shorter \
             time or less energy{others}",
            MOST_BYTES >> 20
        ))
    }

    /// The best plan for each number of starts from none up to the limit, as far as each is better than those before.
    pub(super) fn frontier(&self) -> Result<Vec<Draws>> {
        let limit = self.max_starts.unwrap_or(0);
        if let Some(plans) = Counted::of(self).and_then(|counted| counted.frontier(self, limit)) {
            return Ok(plans);
        }
        let mut plans: Vec<Draws> = Vec::new();
        let key = |draws: &Draws| (self.shortfall(draws), self.money(draws));
        self.plans(|solver| {
            for starts in 0..=limit {
                let plan = solver.plan(starts);
                if plans.last().is_none_or(|last| key(&plan) < key(last)) {
                    plans.push(plan);
                }
            }
            Vec::new()
        })?;
        Ok(plans)
    }

    pub(super) fn plans(&self, plan: impl FnOnce(&mut dyn Plans) -> Draws) -> Result<Draws> {
        let scale = Scale::of(self)?;
        let scaled = scale.down(self);
        Self::planned_on(&scale, &scaled, plan)
    }

    /// A plan of the problem in the units of a scale.
    fn planned_on(scale: &Scale, scaled: &Self, plan: impl FnOnce(&mut dyn Plans) -> Draws) -> Result<Draws> {
        let draws = if scale.largest < <i64 as Number>::LIMIT {
            plan(&mut Solver::<i64>::fill(scaled, scale)?)
        } else {
            plan(&mut Solver::<i128>::fill(scaled, scale)?)
        };
        Ok(draws)
    }
}

/// A solver that has filled its functions, whatever it holds values in.
pub(super) trait Plans {
    /// The best plan with so many starts.
    fn plan(&mut self, starts: usize) -> Draws;
}

/// A solver's functions may take so many bytes: half a gigabyte, as for windows.
const MOST_BYTES: usize = 1 << 29;

/// The least cost from each state to the end.
pub(super) struct Solver<'a, V> {
    pub(super) problem: &'a Problem,
    pub(super) scale: &'a Scale,
    pub(super) limits: Vec<Few<(i64, i64)>>,
    /// By boundary, then starts left, then part-used steps left.
    pub(super) stopped: Vec<Function<V>>,
    pub(super) running: Vec<Function<V>>,
    /// A run that begins at the boundary, its start not counted; only where steps may be used for part of their time.
    pub(super) begun: Vec<Function<V>>,
    pub(super) uses_parts: bool,
    pub(super) layers: usize,
    pub(super) parts: usize,
    /// By boundary: the highest state that can be reached by then.
    reach: Vec<i64>,
    /// What the functions take by now.
    bytes: usize,
}

#[expect(clippy::indexing_slicing, reason = "every place is computed from the solver's own dimensions")]
impl<'a, V: Number> Solver<'a, V> {
    /// An error where the functions would take more than may be held.
    fn fill(problem: &'a Problem, scale: &'a Scale) -> Result<Self> {
        let end = problem.steps.len();
        // No plan starts more often than it has steps.
        let layers = problem.max_starts.map_or(0, |most| most.min(end)) + 1;
        let parts = problem.part_steps.unwrap_or(0) + 1;
        let uses_parts = problem.part_steps.is_none() && problem.steps.iter().any(|step| step.part);
        let each = (2 + usize::from(uses_parts)) * size_of::<Function<V>>();
        let places = (end + 1).saturating_mul(layers).saturating_mul(parts);
        let bytes = places.saturating_mul(each);
        if bytes > MOST_BYTES {
            return Err(problem.too_large(None));
        }
        let mut reach = Vec::with_capacity(end + 1);
        reach.push(0);
        for step in &problem.steps {
            let before = reach.last().copied().unwrap_or(0_i64);
            reach.push(before.saturating_add(step.most.max(0)).min(problem.capacity));
        }
        let mut solver = Self {
            problem,
            scale,
            limits: (0..end).map(|step| problem.limits(step)).collect(),
            stopped: vec![Function::nowhere(); places],
            running: vec![Function::nowhere(); places],
            begun: vec![Function::nowhere(); if uses_parts { places } else { 0 }],
            uses_parts,
            layers,
            parts,
            reach,
            bytes,
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
            // Drawing in this step, by starts left and part-used steps left.
            let mut draws: Vec<Function<V>> = Vec::with_capacity(layers * parts);
            for layer in 0..layers {
                for part in 0..parts {
                    let next = |part| &solver.running[solver.place(step + 1, layer, part)];
                    draws.push(solver.draw(step, part, next));
                    solver.fill_one(step, layer, part, &draws);
                    if solver.bytes > MOST_BYTES {
                        return Err(problem.too_large(None));
                    }
                }
            }
        }
        Ok(solver)
    }

    /// A function as it is held at a boundary: only at states that can be reached by then.
    fn held(&mut self, boundary: usize, function: Function<V>) -> Function<V> {
        let held = function.kept_within(0, self.reach[boundary]).packed();
        self.bytes = self.bytes.saturating_add(held.bytes());
        held
    }

    pub(super) fn place(&self, boundary: usize, layer: usize, part: usize) -> usize {
        (boundary * self.layers + layer) * self.parts + part
    }

    /// A function at a boundary with what is missing there from the targets.
    fn arrive(&self, boundary: usize, function: Function<V>) -> Function<V> {
        let here = self.problem.targets.iter().filter(|target| target.step == boundary);
        here.fold(function, |function, target| function.with_shortfall(target.level, V::of(self.scale.short)))
    }

    fn fill_one(&mut self, step: usize, layer: usize, part: usize, draws: &[Function<V>]) {
        let place = self.place(step, layer, part);
        let problem = self.problem;
        let first = &problem.steps[step];
        let second = first.from + self.problem.min_run;
        let begin = |layer: usize| match self.until(second, step) {
            None => Function::nowhere(),
            Some(until) if until == step + 1 => {
                let ended = self.ended(step, first.drawn_until(second), layer);
                ended.min(&draws[layer * self.parts + part])
            }
            Some(until) => self
                .chain_until(step, (until, second), layer, part)
                .and_then(|chain| chain.into_iter().next())
                .unwrap_or_else(Function::nowhere),
        };
        let mut stopped = self.idle(step, &self.stopped[self.place(step + 1, layer, part)]);
        if let Some(after) = self.layer_after_start(layer) {
            let mut start = begin(after);
            if first.part && self.uses_parts {
                start = start.min(self.part_draw(step, 1, &self.begun[self.place(step + 1, after, 0)]));
            }
            stopped = Function::lower(stopped, start.plus(V::of(self.scale.start)));
        }
        let begun = self.uses_parts.then(|| self.arrive(step, begin(layer)));
        let running = Function::lower(self.rest(step, layer, part), &draws[layer * self.parts + part]);
        let running = Function::lower(running, self.ended(step, 1, layer)).into_owned();
        let stopped = stopped.into_owned();
        if let Some(begun) = begun {
            self.begun[place] = self.held(step, begun);
        }
        let (stopped, running) = (self.arrive(step, stopped), self.arrive(step, running));
        self.stopped[place] = self.held(step, stopped);
        self.running[place] = self.held(step, running);
    }

    /// Stopping at a boundary, what is missing there from the targets left out.
    fn rest(&self, boundary: usize, layer: usize, part: usize) -> Cow<'_, Function<V>> {
        let ready = self.ready_after_stop(boundary);
        let mut rest = self.idle(ready - 1, &self.stopped[self.place(ready, layer, part)]);
        for skipped in (boundary..ready - 1).rev() {
            let arrived = self.arrive(skipped + 1, rest.into_owned());
            rest = Cow::Owned(self.idle(skipped, &arrived).into_owned());
        }
        rest
    }

    /// A load that has stopped within the step before a boundary.
    pub(super) fn after_end(&self, boundary: usize, layer: usize) -> Function<V> {
        if self.problem.min_pause == 0 || boundary == self.problem.steps.len() {
            self.stopped[self.place(boundary, layer, 0)].clone()
        } else {
            self.arrive(boundary, self.rest(boundary, layer, 0).into_owned())
        }
    }

    /// Drawing in a step at the least power, no less than so much, and stopping within it.
    fn ended(&self, step: usize, from: i64, layer: usize) -> Function<V> {
        if !self.problem.steps[step].part || !self.uses_parts {
            return Function::nowhere();
        }
        self.part_draw(step, from, &self.after_end(step + 1, layer))
    }

    /// Any draw from so much to below the step's least, where its power is allowed.
    fn part_draw(&self, step: usize, from: i64, next: &Function<V>) -> Function<V> {
        let place = &self.problem.steps[step];
        let able = self.limits[step].iter().filter(|limit| limit.0 >= place.least);
        let limits: Vec<(i64, i64)> = able.map(|limit| (place.least - 1, limit.1)).collect();
        self.draw_within(step, from, &limits, next).plus(V::ZERO - V::of(i128::from(place.closer)))
    }

    /// The boundary at which a load that stops at one may start again.
    pub(super) fn ready_after_stop(&self, step: usize) -> usize {
        let second = self.problem.boundary(step) + self.problem.min_pause;
        self.problem.boundary_from(second).unwrap_or(self.problem.steps.len()).max(step + 1)
    }

    /// Drawing nothing in a step.
    fn idle<'f>(&self, step: usize, next: &'f Function<V>) -> Cow<'f, Function<V>> {
        let place = &self.problem.steps[step];
        let missed = || V::of(self.scale.short * i128::from(place.most.max(1)));
        match place.duty {
            Duty::Free => Cow::Borrowed(next),
            Duty::UnlessFull => {
                let full = self.problem.capacity;
                let short = next.up_to(full - 1).plus(missed());
                short.min(next.within(full, full)).into()
            }
            Duty::Always => next.clone().plus(missed()).into(),
        }
    }

    pub(super) fn idle_cost(&self, step: usize, state: i64) -> V {
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
            least = self.full_draw(step, next(part));
            if let Some(part) = part.checked_sub(1) {
                least = least.min(self.any_draw(step, place.least.max(1), next(part)));
            }
        }
        least.plus(V::ZERO - V::of(i128::from(place.closer)))
    }

    /// Any draw from a least to what the limits allow.
    fn any_draw(&self, step: usize, from: i64, next: &Function<V>) -> Function<V> {
        self.draw_within(step, from, &self.limits[step], next)
    }

    fn draw_within(&self, step: usize, from: i64, limits: &[(i64, i64)], next: &Function<V>) -> Function<V> {
        let mut least = Function::nowhere();
        for (most, up_to) in limits {
            let (mut begun, mut cost) = (0_i64, V::ZERO);
            for (width, price) in self.problem.steps[step].tranches.iter() {
                let price = V::of(i128::from(*price) * self.scale.money);
                let end = begun.saturating_add(*width);
                // No draw leads beyond the limit's reach, so a power beyond all measure is looked at no further.
                let (near, far) = (from.max(begun), end.min(*most).min(*up_to));
                if near <= far {
                    // The price of the state reached, less that of the state begun with and of what earlier tranches hold.
                    let ahead =
                        next.up_to(*up_to).tilted(price).least_ahead(near, far).tilted(V::ZERO - price);
                    let before = cost - price * V::of(i128::from(begun));
                    least = least.min(ahead.kept_within(0, self.problem.capacity).plus(before));
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
        for (most, up_to) in self.limits[step].iter() {
            // Up to here this limit gives its whole power; from here to the next limit's reach it fills to its own end.
            let whole = up_to - most;
            if whole >= from {
                let cost = V::of(self.problem.cost(step, *most) * self.scale.money);
                full = full.min(next.within(from + most, *up_to).shifted(*most).plus(cost));
                from = whole + 1;
            }
            if *up_to == self.problem.capacity {
                break;
            }
            let lower = self.limits[step].iter().map(|limit| limit.0).find(|power| power < most).unwrap_or(0);
            let last = up_to - lower.max(1);
            if let (true, Some(value)) = (last >= from, next.at(*up_to)) {
                full = full.min(self.fill_to(step, *up_to, from, last).plus(value));
                from = last + 1;
            }
        }
        full
    }

    /// The cost of drawing from a state up to a given one, for each state from one to another.
    fn fill_to(&self, step: usize, up_to: i64, from: i64, last: i64) -> Function<V> {
        let mut filled = Function::nowhere();
        let (mut begun, mut cost) = (0_i64, V::ZERO);
        for (width, price) in self.problem.steps[step].tranches.iter() {
            let price = V::of(i128::from(*price) * self.scale.money);
            let end = begun.saturating_add(*width);
            let first = from.max(up_to.saturating_sub(end));
            let value = cost + price * V::of(i128::from(up_to - first - begun));
            filled = filled.min(Function::line(first, last.min(up_to - begun), value, V::ZERO - price));
            if end >= up_to - from {
                break;
            }
            cost = cost + price * V::of(i128::from(*width));
            begun = end;
        }
        filled
    }

    /// The starts left after one more, if there is one.
    pub(super) fn layer_after_start(&self, layer: usize) -> Option<usize> {
        if self.problem.max_starts.is_none() { Some(layer) } else { layer.checked_sub(1) }
    }

    /// The first boundary at which a run that starts in a step may stop, where it may not before an instant; `None` where that is
    /// beyond the end.
    pub(super) fn until(&self, second: i64, step: usize) -> Option<usize> {
        self.problem.boundary_from(second).map(|until| until.max(step + 1))
    }

    /// The functions at each boundary of a run that may not stop before an instant, up to the first boundary from then on.
    pub(super) fn chain_until(
        &self,
        step: usize,
        (until, second): (usize, i64),
        layer: usize,
        part: usize,
    ) -> Option<Vec<Function<V>>> {
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
                    let mut function = self.draw(place, part, |part| &after[part]);
                    if place + 1 == until {
                        let from = self.problem.steps[place].drawn_until(second);
                        function = function.min(self.ended(place, from, layer));
                    }
                    if place > step { self.arrive(place, function) } else { function }
                })
                .collect();
            after = before;
            chain.push(after[part].clone());
        }
        chain.reverse();
        Some(chain)
    }
}
