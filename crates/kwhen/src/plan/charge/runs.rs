//! Which steps of a plan are used for part of their time, and where the load starts and stops.

use super::model::Problem;

/// How a step that draws is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Through its whole time.
    Whole,
    /// Its last part: the load starts within the step, and goes on in the next.
    Begun,
    /// Its first part: the load stops within the step.
    Ended,
}

/// A stretch in which the load does not stop.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The first boundary at which it surely runs: what it draws in a step that it begins within does not count.
    counts_from: i64,
    starts: i64,
    /// When it stops; where that is within a step, the least at which it may.
    stops: i64,
    /// From when on it surely rests.
    rests: i64,
    went_on: bool,
}

impl Problem {
    /// How each step is used.
    pub(super) fn uses(&self, draws: &[i64]) -> Vec<Option<Use>> {
        let mut uses: Vec<Option<Use>> = Vec::with_capacity(draws.len());
        for (place, draw) in draws.iter().enumerate() {
            let Some(step) = self.steps.get(place).filter(|_| *draw > 0) else {
                uses.push(None);
                continue;
            };
            let goes_on = match uses.last() {
                None => self.running.is_some(),
                Some(before) => matches!(before, Some(Use::Whole | Use::Begun)),
            };
            let next = draws.get(place + 1).is_some_and(|next| *next > 0);
            uses.push(Some(
                match (self.part_steps.is_none() && step.part && *draw < step.least, goes_on, next) {
                    (false, ..) => Use::Whole,
                    (true, false, true) => Use::Begun,
                    (true, ..) => Use::Ended,
                },
            ));
        }
        uses
    }

    fn runs(&self, draws: &[i64]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut open = self.running.is_some();
        for (place, used) in self.uses(draws).into_iter().enumerate() {
            let (Some(used), Some(step), Some(draw)) = (used, self.steps.get(place), draws.get(place)) else {
                open = false;
                continue;
            };
            if !open || runs.is_empty() {
                let counts_from = if used == Use::Begun { step.to } else { step.from };
                runs.push(Run {
                    counts_from,
                    starts: step.from,
                    stops: step.to,
                    rests: step.to,
                    went_on: open,
                });
            }
            if let Some(run) = runs.last_mut() {
                run.rests = step.to;
                run.stops = if used == Use::Ended { step.from + step.lasts(*draw) } else { step.to };
            }
            open = used != Use::Ended;
        }
        runs
    }

    /// How often the load starts.
    pub(super) fn starts(&self, draws: &[i64]) -> usize {
        self.runs(draws).iter().filter(|run| !run.went_on).count()
    }

    /// Whether draws keep every limit but the targets.
    pub(super) fn keeps_to(&self, draws: &[i64]) -> bool {
        let mut state = 0;
        for (step, draw) in draws.iter().copied().enumerate().filter(|(_, draw)| *draw != 0) {
            let place = self.steps.get(step);
            let (least, part) = place.map_or((1, false), |place| (place.least, place.part));
            // A part-used step may draw less than the limit; no plan may draw more.
            let possible = self.limits(step).iter().any(|(most, up_to)| {
                draw <= *most && (draw >= least || *most >= least) && state + draw <= *up_to
            });
            if draw < if part { 1 } else { least } || !possible {
                return false;
            }
            state += draw;
        }
        let runs = self.runs(draws);
        let begins = self.boundary(0);
        let goes_on = runs.first().is_some_and(|run| run.went_on);
        let lasting = runs.iter().all(|run| {
            let least = if run.went_on { self.running.unwrap_or(0) } else { self.min_run };
            run.stops - run.counts_from >= least
        });
        let stopped = self.running.filter(|_| !goes_on).map(|_| begins);
        let ends = stopped.into_iter().chain(runs.iter().map(|run| run.rests));
        let next = runs.iter().skip(usize::from(stopped.is_none()));
        let paused = ends.zip(next).all(|(end, next)| next.starts - end >= self.min_pause);
        let must_run = self.running.is_some_and(|until| until > 0) && !goes_on;
        let starts = runs.iter().filter(|run| !run.went_on).count();
        lasting && paused && !must_run && self.max_starts.is_none_or(|most| starts <= most)
    }
}
