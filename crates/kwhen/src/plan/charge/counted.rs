//! The search where every step draws the same, all but one draw all of it, and only starts are limited: then the state of charge is a count
//! of steps still to be used, and what is kept of a state is which of three draws is best in it.

use super::super::Prefer;
use super::model::{Draws, Duty, Problem, Step};
use super::scale::Scale;
use super::toll::{Priced, Tolled, at_most};
use crate::error::Result;

/// The decisions may take so many bytes, one a state.
const MOST_BYTES: usize = 1 << 28;

/// So many states are searched by the number of starts at once; where there are more, a price on each start is looked for first.
const AT_ONCE: usize = 1 << 20;

/// Sums of real plans stay within this; what cannot be is [`NEVER`], give or take as much.
const LARGEST: i128 = 1 << 59;
const NEVER: i64 = 1 << 61;

/// A draw of a step, as the two low bits of a decision.
const NOTHING: u8 = 0;
const WHOLE: u8 = 1;
const PART: u8 = 2;
/// The same of a load that runs already, in the next two bits.
const RUNNING: u32 = 2;

/// A step that may be used.
struct Open {
    step: usize,
    /// What it costs to draw all of it, and what is drawn once.
    whole: i64,
    part: i64,
    /// Whether the step before it may be used too, so that a run goes on.
    follows: bool,
}

/// A problem of this kind, before anything is searched.
pub(super) struct Counted {
    open: Vec<Open>,
    steps: usize,
    /// What a step draws, and how many draw all of it.
    most: i64,
    wholes: usize,
    /// What one step draws beside; nothing where none does.
    rest: i64,
    start: i64,
    prefer: Prefer,
}

/// The decisions of all states.
struct Filled<'a> {
    of: &'a Counted,
    /// By open step, then starts left, then whether the part is still to be drawn, then steps still to be used.
    decisions: Vec<u8>,
    layers: usize,
    limited: bool,
    /// Whether there is a plan, by starts left.
    possible: Vec<bool>,
}

impl Counted {
    /// `None` where a problem is of another kind, or its sums are too large for 64 bits.
    pub(super) fn of(problem: &Problem) -> Option<Self> {
        let all = match problem.targets.as_slice() {
            [target] => target.step == problem.steps.len() && target.level == problem.capacity,
            _ => false,
        };
        let plain = all
            && problem.capacity > 0
            && problem.part_steps == Some(1)
            && problem.taper.is_empty()
            && problem.running.is_none()
            && problem.min_run == 0
            && problem.min_pause == 0;
        let most = problem.steps.iter().map(|step| step.most).max().filter(|most| *most > 0)?;
        let alike = |step: &Step| {
            let same = step.most == most || step.most == 0;
            same && step.duty == Duty::Free
                && step.brim.is_none()
                && step.least <= 1
                && step.tranches.len() == 1
        };
        if !plain || !problem.steps.iter().all(alike) {
            return None;
        }
        let scale = Scale::of(problem).ok()?;
        let rest = problem.capacity % most;
        let wholes = usize::try_from(problem.capacity / most).ok()?;
        let mut largest = scale.start.checked_mul(problem.steps.len() as i128)?;
        let mut open: Vec<Open> = Vec::new();
        for (place, step) in problem.steps.iter().enumerate().filter(|(_, step)| step.most > 0) {
            let of = |draw: i64| {
                let money = scale.priced(problem.cost(place, draw)).checked_mul(scale.money)?;
                i64::try_from(money.checked_sub(i128::from(step.closer))?).ok()
            };
            let (whole, part) = (of(most)?, of(rest)?);
            largest = largest.checked_add(i128::from(whole).abs().max(i128::from(part).abs()))?;
            let follows = open.last().is_some_and(|before| before.step + 1 == place);
            open.push(Open { step: place, whole, part, follows });
        }
        let enough = wholes.saturating_add(usize::from(rest > 0)) <= open.len();
        (enough && largest < LARGEST).then_some(Self {
            open,
            steps: problem.steps.len(),
            most,
            wholes,
            rest,
            start: i64::try_from(scale.start).ok()?,
            prefer: problem.prefer,
        })
    }

    /// The best plan; `None` where no plan draws everything. An error where it would take too much memory.
    pub(super) fn best(&self, problem: &Problem) -> Result<Option<Draws>> {
        let limit = problem.max_starts.unwrap_or(usize::MAX);
        let layered = |limit: usize| self.fill(Some(limit), 0).map(|filled| filled.plan(limit));
        if self.states().saturating_mul(limit.saturating_add(1)) <= AT_ONCE
            && let Some(draws) = layered(limit)
        {
            return Ok(draws);
        }
        match self.priced(problem, limit)? {
            None => Ok(None),
            Some(Tolled::Found(draws)) => Ok(Some(draws)),
            Some(Tolled::Between(around)) => layered(limit).ok_or_else(|| problem.too_large(around)),
        }
    }

    /// The best plan without a state for each start; `None` where no plan draws everything.
    pub(super) fn priced(&self, problem: &Problem, limit: usize) -> Result<Option<Tolled>> {
        let Some(free) = self.fill(None, 0) else { return Err(problem.too_large(None)) };
        let Some(draws) = free.plan(0) else { return Ok(None) };
        drop(free);
        if problem.starts(&draws) <= limit {
            return Ok(Some(Tolled::Found(draws)));
        }
        let priced = |draws: Draws| {
            let starts = problem.starts(&draws);
            Priced { cost: self.cost(&draws) + i128::from(self.start) * starts as i128, starts, draws }
        };
        let first = i128::from(self.open.iter().map(|open| open.whole.saturating_abs()).max().unwrap_or(0));
        let plan = |toll: i128| {
            let filled = i64::try_from(toll).ok().and_then(|toll| self.fill(None, toll));
            Ok(filled.and_then(|filled| filled.plan(0)).map(priced))
        };
        at_most(limit, priced(draws), first, plan).map(Some)
    }

    /// For each number of starts from none up to the limit the best plan, as far as each is better than those before; `None` where a single
    /// start is too few to draw everything, or the decisions take too much memory.
    pub(super) fn frontier(&self, problem: &Problem, limit: usize) -> Option<Vec<Draws>> {
        let filled = self.fill(Some(limit), 0).filter(|filled| filled.possible.get(1) == Some(&true))?;
        let mut plans: Vec<Draws> = vec![vec![0; self.steps]];
        let mut least: Option<i128> = None;
        for starts in 1..filled.layers {
            let Some(draws) = filled.plan(starts) else { continue };
            let cost = problem.money(&draws);
            if least.is_none_or(|least| cost < least) {
                least = Some(cost);
                plans.push(draws);
            }
        }
        Some(plans)
    }

    /// What draws cost, starts left out.
    fn cost(&self, draws: &[i64]) -> i128 {
        let drawn = self.open.iter().map(|open| match draws.get(open.step) {
            Some(draw) if *draw == self.most => i128::from(open.whole),
            Some(draw) if *draw > 0 => i128::from(open.part),
            _ => 0,
        });
        drawn.sum()
    }

    /// How many states there are with any number of starts.
    fn states(&self) -> usize {
        self.open.len().saturating_mul(self.wholes + 1).saturating_mul(self.parts())
    }

    fn parts(&self) -> usize {
        1 + usize::from(self.rest > 0)
    }

    /// Fills the decisions for at most so many starts, or for any number, where each costs so much more. `None` where they take too much
    /// memory, or the cost too many digits.
    fn fill(&self, limit: Option<usize>, toll: i64) -> Option<Filled<'_>> {
        let layers = limit.map_or(1, |limit| limit.min(self.open.len()) + 1);
        let bytes = self.states().checked_mul(layers).filter(|bytes| *bytes <= MOST_BYTES)?;
        let start = self.start.checked_add(toll)?;
        if i128::from(start) * self.open.len() as i128 > LARGEST {
            return None;
        }
        let decisions = vec![0; bytes];
        let mut filled =
            Filled { of: self, decisions, layers, limited: limit.is_some(), possible: Vec::new() };
        match self.prefer {
            Prefer::Earliest => filled.search::<true>(start),
            Prefer::Latest => filled.search::<false>(start),
        }
        Some(filled)
    }
}

/// The least of three costs, of equals the largest draw where it is to be early, else the smallest; and which it is.
#[inline(always)]
fn least<const EARLY: bool>(nothing: i64, whole: i64, part: i64) -> (i64, u8) {
    let (first, second) =
        if EARLY { ((whole, WHOLE), (nothing, NOTHING)) } else { ((nothing, NOTHING), (whole, WHOLE)) };
    let mut best = first;
    if part < best.0 {
        best = (part, PART);
    }
    if second.0 < best.0 {
        best = second;
    }
    best
}

#[expect(clippy::indexing_slicing, reason = "every place is computed from the search's own dimensions")]
impl Filled<'_> {
    fn search<const EARLY: bool>(&mut self, start: i64) {
        let (width, parts, layers) = (self.of.wholes + 1, self.of.parts(), self.layers);
        // A row of costs begins with that of less than nothing left.
        let row = |layer: usize, part: usize| {
            (layer * parts + part) * (width + 1)..(layer * parts + part + 1) * (width + 1)
        };
        let mut stopped = vec![NEVER; layers * parts * (width + 1)];
        for layer in 0..layers {
            stopped[row(layer, 0).start + 1] = 0;
        }
        let mut running = stopped.clone();
        let (mut stopped_before, mut running_before) = (stopped.clone(), stopped.clone());
        let never = vec![NEVER; width + 1];
        let count = self.of.open.len();
        for (place, open) in self.of.open.iter().enumerate().rev() {
            // Fewer than all but the steps before are never left, and more than the steps to come never can be.
            let (lo, hi) = (self.of.wholes.saturating_sub(place), self.of.wholes.min(count - place));
            if lo > hi {
                continue;
            }
            let goes_on = self.of.open.get(place + 1).is_some_and(|next| next.follows);
            let after = if goes_on { &running } else { &stopped };
            let rows =
                &mut self.decisions[place * layers * parts * width..(place + 1) * layers * parts * width];
            for layer in 0..layers {
                let begun = if self.limited { layer.checked_sub(1) } else { Some(layer) };
                for part in 0..parts {
                    let places = lo + 1..hi + 2;
                    let fewer = lo..hi + 1;
                    let of = |layer: Option<usize>, part: Option<usize>| match (layer, part) {
                        (Some(layer), Some(part)) => &after[row(layer, part)],
                        _ => &never[..],
                    };
                    let without = part.checked_sub(1);
                    let nothing = &stopped[row(layer, part)][places.clone()];
                    let whole = &of(Some(layer), Some(part))[fewer.clone()];
                    let begun_whole = &of(begun, Some(part))[fewer];
                    let last = &of(Some(layer), without)[places.clone()];
                    let begun_last = &of(begun, without)[places.clone()];
                    let on = &mut running_before[row(layer, part)][places.clone()];
                    let off = &mut stopped_before[row(layer, part)][places];
                    let decided = &mut rows[(layer * parts + part) * width..][lo..=hi];
                    let next = nothing.iter().zip(whole).zip(begun_whole).zip(last.iter().zip(begun_last));
                    let here = on.iter_mut().zip(off).zip(decided);
                    for (((on, off), decided), (((nothing, whole), begun), (last, begun_last))) in
                        here.zip(next)
                    {
                        let (cost, goes_on) = least::<EARLY>(*nothing, whole + open.whole, last + open.part);
                        *on = cost;
                        let (cost, begins) = least::<EARLY>(
                            *nothing,
                            begun + open.whole + start,
                            begun_last + open.part + start,
                        );
                        *off = cost;
                        *decided = begins | goes_on << RUNNING;
                    }
                }
            }
            std::mem::swap(&mut stopped, &mut stopped_before);
            std::mem::swap(&mut running, &mut running_before);
        }
        let all = |layer: usize| stopped[row(layer, parts - 1)][width] < NEVER / 2;
        self.possible = (0..layers).map(all).collect();
    }

    /// The best plan with at most so many starts, or any number where none are counted; `None` where there is none.
    fn plan(&self, starts: usize) -> Option<Draws> {
        let (width, parts) = (self.of.wholes + 1, self.of.parts());
        let mut layer = starts.min(self.layers - 1);
        if !*self.possible.get(layer)? {
            return None;
        }
        let (mut part, mut left, mut running) = (parts - 1, self.of.wholes, false);
        let mut draws = vec![0; self.of.steps];
        for (place, open) in self.of.open.iter().enumerate() {
            running &= open.follows;
            let decided = self.decisions[((place * self.layers + layer) * parts + part) * width + left];
            let decided = if running { decided >> RUNNING } else { decided } & (WHOLE | PART);
            if decided == NOTHING {
                running = false;
                continue;
            }
            if self.limited && !running {
                layer -= 1;
            }
            running = true;
            if decided == WHOLE {
                draws[open.step] = self.of.most;
                left -= 1;
            } else {
                draws[open.step] = self.of.rest;
                part = 0;
            }
        }
        Some(draws)
    }
}
