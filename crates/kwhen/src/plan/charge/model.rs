//! The charging problem in whole numbers: steps of time, a state of charge counted in units of energy drawn.

use super::super::Prefer;
use super::few::Few;

/// A stretch of time in which nothing changes: a slot, or part of one.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Seconds from the grid's start.
    pub(super) from: i64,
    pub(super) to: i64,
    /// The most that can be drawn, where the battery takes it; nothing where the step is closed.
    pub(super) most: i64,
    /// The least that is drawn where anything is drawn through the whole step.
    pub(super) least: i64,
    /// Whether less than the least may be drawn, at the least power for part of the time: where a run ends in the step or
    /// begins in it.
    pub(super) part: bool,
    /// What each further part of the energy costs: so many units at such a price, cheapest source first as physics has it. The last
    /// part has no end.
    pub(super) tranches: Few<(i64, i64)>,
    /// How much of the first energy drawn is not from the grid.
    pub(super) surplus: i64,
    pub(super) duty: Duty,
    /// The state may not pass this in the step.
    pub(super) brim: Option<i64>,
    /// Drawing here is closer to the plan in force by this, or further if negative.
    pub(super) closer: i64,
}

impl Step {
    /// For how long the least power draws so much, rounded up to the second.
    pub(super) fn lasts(&self, draw: i64) -> i64 {
        let seconds = i128::from(draw) * i128::from(self.to - self.from);
        i64::try_from(-(-seconds).div_euclid(i128::from(self.least.max(1)))).unwrap_or(i64::MAX)
    }

    /// The least that is drawn at the least power from the step's beginning up to an instant within it, at least one unit.
    pub(super) fn drawn_until(&self, second: i64) -> i64 {
        let seconds = i128::from((second - self.from).max(0));
        let units = -(-i128::from(self.least) * seconds).div_euclid(i128::from((self.to - self.from).max(1)));
        i64::try_from(units).unwrap_or(i64::MAX).max(1)
    }
}

/// Whether the load must draw in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Duty {
    /// It need not.
    #[default]
    Free,
    /// It does unless it is full.
    UnlessFull,
    /// It must.
    Always,
}

/// A state to be reached by the start of a step (or the end, for the number of steps).
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) step: usize,
    pub(super) level: i64,
}

/// From such a state on, no more than such a power is taken.
#[derive(Clone, Debug)]
pub(super) struct Taper {
    /// The state up to which it holds.
    pub(super) up_to: i64,
    /// The most that is drawn in each step.
    pub(super) most: Vec<i64>,
}

#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) steps: Vec<Step>,
    /// Rising in step.
    pub(super) targets: Vec<Target>,
    /// The state may not pass this.
    pub(super) capacity: i64,
    /// Rising in state, the power falling; the last one reaches the capacity. Empty where the power is the same throughout.
    pub(super) taper: Vec<Taper>,
    /// Every step in use is full, but for so many. Where nothing is said, any energy from the least to the most is drawn.
    pub(super) part_steps: Option<usize>,
    pub(super) max_starts: Option<usize>,
    /// In seconds, as is the pause.
    pub(super) min_run: i64,
    pub(super) min_pause: i64,
    /// Draws are whole multiples of the greatest common divisor of this and every energy above; so is the least draw of a step in
    /// use, where no other is stated.
    pub(super) grain: i64,
    /// Where the load already draws: seconds until it may stop.
    pub(super) running: Option<i64>,
    pub(super) prefer: Prefer,
}

/// What is drawn in each step.
pub(super) type Draws = Vec<i64>;

impl Problem {
    /// Seconds from the grid's start to a boundary between steps.
    pub(super) fn boundary(&self, index: usize) -> i64 {
        self.steps
            .get(index)
            .map(|step| step.from)
            .or_else(|| self.steps.last().map(|step| step.to))
            .unwrap_or(0)
    }

    /// The first boundary at or after a place, or `None` beyond the last.
    pub(super) fn boundary_from(&self, second: i64) -> Option<usize> {
        let index = self.steps.partition_point(|step| step.to < second) + 1;
        if self.boundary(0) >= second {
            return Some(0);
        }
        (index <= self.steps.len()).then_some(index)
    }

    /// For each limit that holds in a step: what can be drawn, and the state that may not be passed. Power falls as the state
    /// rises and is constant within a step, so a draw is possible where some limit allows both the draw and the state it leads to.
    pub(super) fn limits(&self, step: usize) -> Few<(i64, i64)> {
        let Some(place) = self.steps.get(step) else { return Vec::new().into() };
        let brim = place.brim.unwrap_or(self.capacity).min(self.capacity);
        if self.taper.is_empty() {
            return Few::one((place.most, brim));
        }
        let mut limits: Vec<(i64, i64)> = Vec::new();
        for taper in &self.taper {
            let most = taper.most.get(step).copied().unwrap_or(0).min(place.most);
            let up_to = taper.up_to.min(brim);
            match limits.last_mut() {
                Some(last) if last.1 >= up_to => {}
                // The same power up to a higher state.
                Some(last) if last.0 <= most => *last = (most, up_to),
                _ => limits.push((most, up_to)),
            }
        }
        limits.retain(|limit| limit.0 > 0);
        limits.into()
    }

    /// The cost of a draw in a step.
    pub(super) fn cost(&self, step: usize, draw: i64) -> i128 {
        let Some(place) = self.steps.get(step) else { return 0 };
        let mut left = draw;
        let mut cost = 0;
        for (width, price) in place.tranches.iter() {
            let part = left.min(*width);
            cost += i128::from(part) * i128::from(*price);
            left -= part;
        }
        cost
    }

    /// The most that can be drawn in a step from a state.
    pub(super) fn fullest(&self, step: usize, state: i64) -> i64 {
        self.limits(step).iter().map(|(most, up_to)| (*most).min(up_to - state)).max().unwrap_or(0).max(0)
    }

    /// How much is missing from the targets in all, and from the steps that had to be used.
    pub(super) fn shortfall(&self, draws: &[i64]) -> i64 {
        let mut state = 0;
        let mut owed = 0_i64;
        for (step, draw) in self.steps.iter().zip(draws) {
            let due = match step.duty {
                Duty::Free => false,
                Duty::UnlessFull => state < self.capacity,
                Duty::Always => true,
            };
            if due && *draw == 0 {
                owed = owed.saturating_add(step.most.max(1));
            }
            state += draw;
        }
        let reached = |step: usize| draws.iter().take(step).sum::<i64>();
        let missing = self.targets.iter().map(|target| (target.level - reached(target.step)).max(0));
        missing.fold(owed, i64::saturating_add)
    }

    pub(super) fn money(&self, draws: &[i64]) -> i128 {
        draws.iter().enumerate().map(|(step, draw)| self.cost(step, *draw)).sum()
    }
}
