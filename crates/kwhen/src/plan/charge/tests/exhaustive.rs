use super::super::few::Few;
use super::super::model::{Draws, Duty, Problem, Step, Taper, Target};
use crate::plan::Prefer;
use crate::plan::window::Dice;

/// What is missing, money, starts, distance from the plan in force, and then the draws in order of time: least is best.
type Key = (i64, i128, usize, i64, Vec<i64>);

/// Every plan that keeps the rules, tried out.
fn every(problem: &Problem) -> Option<(Key, Draws)> {
    let mut best: Option<(Key, Draws)> = None;
    let mut draws = vec![0; problem.steps.len()];
    try_from(problem, 0, 0, &mut draws, &mut best);
    best
}

fn try_from(problem: &Problem, step: usize, state: i64, draws: &mut Draws, best: &mut Option<(Key, Draws)>) {
    if step == draws.len() {
        if let Some(key) = key(problem, draws)
            && best.as_ref().is_none_or(|best| key < best.0)
        {
            *best = Some((key, draws.clone()));
        }
        return;
    }
    for draw in 0..=problem.steps[step].most {
        if draw == 0 || allowed(problem, step, state, draw) {
            draws[step] = draw;
            try_from(problem, step + 1, state + draw, draws, best);
        }
    }
    draws[step] = 0;
}

/// Whether the battery and the charger allow a draw: the power must be one that the battery takes at the end of the step.
fn allowed(problem: &Problem, step: usize, state: i64, draw: i64) -> bool {
    let place = &problem.steps[step];
    let end = state + draw;
    let taken = match problem.taper.iter().find(|taper| end <= taper.up_to) {
        Some(taper) => draw <= taper.most[step],
        None => problem.taper.is_empty(),
    };
    taken && draw <= place.most && end <= problem.capacity && place.brim.is_none_or(|brim| end <= brim)
}

/// Whether a draw is all that the charger gives, not only what is left to the capacity.
fn is_full(problem: &Problem, step: usize, state: i64, draw: i64) -> bool {
    let most = (1..=problem.steps[step].most).filter(|draw| allowed(problem, step, state, *draw)).max();
    let power = problem
        .taper
        .iter()
        .find(|taper| state + draw <= taper.up_to)
        .map_or(i64::MAX, |taper| taper.most[step]);
    most == Some(draw) && (state + draw < problem.capacity || draw == power.min(problem.steps[step].most))
}

/// Whether a draw is less than the least power gives in the whole step.
fn is_part(problem: &Problem, place: usize, draw: i64) -> bool {
    problem.part_steps.is_none() && draw < problem.steps[place].least
}

/// A run that is under way: from when on it counts, and how long it must last from then.
#[derive(Clone, Copy)]
struct Going {
    from: i64,
    least: i64,
}

/// The fewest starts with which the load may draw so, a draw for part of a step being the end of a run or its beginning; `None` where
/// runs and pauses forbid it.
fn fewest_starts(problem: &Problem, draws: &Draws) -> Option<usize> {
    let begins = problem.steps[0].from;
    let going = problem.running.map(|least| Going { from: begins, least });
    fewest_from(problem, draws, 0, going, None, going.is_some_and(|going| going.least == 0))
}

/// From a step on: with a run under way that may or may not stop at the step's beginning, or none since `rested`.
fn fewest_from(
    problem: &Problem,
    draws: &Draws,
    place: usize,
    going: Option<Going>,
    rested: Option<i64>,
    may_stop: bool,
) -> Option<usize> {
    let Some(step) = problem.steps.get(place) else {
        return (going.is_none() || may_stop).then_some(0);
    };
    if draws[place] == 0 {
        if going.is_some() && !may_stop {
            return None;
        }
        let rested = if going.is_some() { Some(step.from) } else { rested };
        return fewest_from(problem, draws, place + 1, None, rested, true);
    }
    let length = step.to - step.from;
    let part = is_part(problem, place, draws[place]);
    // Going through the step, from a run that is under way or one that starts with it.
    let on = |going: Going| {
        if part {
            // It stops within the step, no sooner than it may.
            let lasted = draws[place] * length >= (going.least - (step.from - going.from)) * step.least;
            return if lasted {
                fewest_from(problem, draws, place + 1, None, Some(step.to), true)
            } else {
                None
            };
        }
        let may_stop = step.to - going.from >= going.least;
        fewest_from(problem, draws, place + 1, Some(going), None, may_stop)
    };
    if let Some(going) = going {
        return on(going);
    }
    if rested.is_some_and(|rested| step.from - rested < problem.min_pause) {
        return None;
    }
    let through = on(Going { from: step.from, least: problem.min_run });
    // It starts within the step: what it draws there does not count.
    let within = if part {
        let next = problem.steps.get(place + 1).filter(|_| draws[place + 1] > 0);
        next.and_then(|next| {
            let going = Going { from: next.from, least: problem.min_run };
            fewest_from(problem, draws, place + 1, Some(going), None, false)
        })
    } else {
        None
    };
    [through, within].into_iter().flatten().min().map(|starts| starts + 1)
}

fn key(problem: &Problem, draws: &Draws) -> Option<Key> {
    let mut state = 0;
    let (mut missed, mut money, mut closer, mut parts) = (0, 0_i128, 0, 0);
    for (place, draw) in draws.iter().copied().enumerate() {
        let step = &problem.steps[place];
        if draw > 0 {
            let part = is_part(problem, place, draw);
            let able = problem
                .taper
                .iter()
                .any(|taper| taper.most[place] >= step.least && state + draw <= taper.up_to);
            if part && (!step.part || step.most < step.least || !problem.taper.is_empty() && !able) {
                return None;
            }
            parts += usize::from(!is_full(problem, place, state, draw));
            closer += step.closer;
        } else if step.duty == Duty::Always || step.duty == Duty::UnlessFull && state < problem.capacity {
            missed += step.most.max(1);
        }
        for unit in 0..draw {
            let mut begun = 0;
            let price = step.tranches.iter().find(|(width, _)| {
                begun += (*width).min(1 << 40);
                unit < begun
            });
            money += i128::from(price.unwrap().1);
        }
        state += draw;
        let due = problem.targets.iter().filter(|target| target.step == place + 1);
        missed += due.map(|target| (target.level - state).max(0)).sum::<i64>();
    }
    if problem.part_steps.is_some_and(|most| parts > most) {
        return None;
    }
    let starts = fewest_starts(problem, draws)?;
    if problem.max_starts.is_some_and(|most| starts > most) {
        return None;
    }
    let sign = if problem.prefer == Prefer::Earliest { -1 } else { 1 };
    Some((missed, money, starts, -closer, draws.iter().map(|draw| sign * draw).collect()))
}

pub(super) fn any_problem(dice: &mut Dice) -> Problem {
    let count = 1 + dice.below(5) as usize;
    let spread = [2, 4, 60][dice.below(3) as usize];
    let below_zero = dice.below(spread) as i64;
    let free = dice.chance(2);
    let most = 1 + dice.below(4) as i64;
    let uneven = dice.chance(3);
    let surplus = dice.chance(4);
    let kept = dice.chance(4);
    let duties = dice.chance(4);
    let brims = dice.chance(6);
    let capacity = 1 + dice.below(10) as i64;
    let least = if free && dice.chance(2) { 1 + dice.below(most as u64) as i64 } else { 1 };
    let part = least > 1 && !dice.chance(3);
    let mut minute = 0;
    let steps: Vec<Step> = (0..count)
        .map(|_| {
            let from = minute;
            minute += if uneven { 5 * (1 + dice.below(3) as i64) } else { 10 };
            let open = !dice.chance(7);
            let limit = if uneven { dice.below(most as u64 + 1) as i64 } else { most };
            let mut price = || dice.below(spread) as i64 - below_zero;
            let (first, rest) = (price(), price());
            let tranches = if surplus {
                vec![(1 + dice.below(2) as i64, first), (i64::MAX, rest)].into()
            } else {
                Few::one((i64::MAX, first))
            };
            Step {
                from,
                to: minute,
                most: if open { limit } else { 0 },
                least,
                part,
                tranches,
                surplus: 0,
                duty: match if duties { dice.below(4) } else { 3 } {
                    0 => Duty::UnlessFull,
                    1 => Duty::Always,
                    _ => Duty::Free,
                },
                brim: (brims && dice.chance(3)).then(|| dice.below(capacity as u64 + 1) as i64),
                closer: if kept { if dice.chance(2) { 10 } else { -10 } } else { 0 },
            }
        })
        .collect();
    let mut targets: Vec<Target> = (0..dice.below(3))
        .map(|_| Target {
            step: 1 + dice.below(count as u64) as usize,
            level: dice.below(capacity as u64 + 1) as i64,
        })
        .collect();
    targets.push(Target { step: count, level: dice.below(capacity as u64 + 2) as i64 });
    targets.sort_by_key(|target| target.step);
    let taper = if dice.chance(3) {
        let knee = dice.below(capacity as u64 + 1) as i64;
        let slow = dice.below(most as u64 + 1) as i64;
        vec![
            Taper { up_to: knee, most: vec![most; count] },
            Taper { up_to: capacity, most: vec![slow; count] },
        ]
    } else {
        Vec::new()
    };
    let limited = !free || dice.chance(2);
    let running = dice.chance(5).then(|| 5 * dice.below(3) as i64);
    Problem {
        steps,
        part_steps: (!free).then_some(targets.len()).map(|parts| if dice.chance(2) { 1 } else { parts }),
        targets,
        capacity,
        taper,
        max_starts: (limited && dice.chance(2))
            .then(|| dice.below(3) as usize + usize::from(running.is_none())),
        min_run: if limited { 5 * dice.below(4) as i64 } else { 0 },
        min_pause: if limited { 5 * dice.below(4) as i64 } else { 0 },
        running,
        grain: 1,
        prefer: if dice.chance(2) { Prefer::Earliest } else { Prefer::Latest },
    }
}

#[test]
fn a_plan_is_the_best_of_all_draws() {
    for seed in 0..120_000 {
        let mut dice = Dice::new(seed);
        let problem = any_problem(&mut dice);
        let Some((expected, draws)) = every(&problem) else { continue };
        let found = problem.best().unwrap();
        let mut found_key = key(&problem, &found).unwrap();
        // A draw for part of a step may be the end of one run or the beginning of the next: which of equal plans is then the earliest
        // is not looked for.
        if problem.steps.iter().any(|step| step.part) {
            found_key.4.clone_from(&expected.4);
        }
        assert_eq!(found_key, expected, "seed {seed}: {found:?}, not {draws:?}");
    }
}

#[test]
fn coarser_units_change_nothing() {
    for seed in 0..10_000 {
        let mut dice = Dice::new(seed);
        let problem = any_problem(&mut dice);
        let mut coarse = problem.clone();
        let scaled = |units: &mut i64| *units *= 700;
        scaled(&mut coarse.grain);
        scaled(&mut coarse.capacity);
        coarse.targets.iter_mut().for_each(|target| scaled(&mut target.level));
        for taper in &mut coarse.taper {
            scaled(&mut taper.up_to);
            taper.most.iter_mut().for_each(scaled);
        }
        for step in &mut coarse.steps {
            scaled(&mut step.most);
            if step.least > 1 {
                scaled(&mut step.least);
            }
            step.brim.iter_mut().for_each(scaled);
            let ended = step.tranches.len() - 1;
            step.tranches.iter_mut().take(ended).for_each(|tranche| scaled(&mut tranche.0));
            step.tranches.iter_mut().for_each(|tranche| tranche.1 *= 1_000_003);
        }
        let expected: Draws = problem.best().unwrap().iter().map(|draw| draw * 700).collect();
        assert_eq!(coarse.best().unwrap(), expected, "seed {seed}");
    }
}
