//! Problems in which every step draws the same and only starts are limited: the count of steps, the search by functions, and a price on
//! starts give the same plans.

use super::super::counted::Counted;
use super::super::few::Few;
use super::super::model::{Duty, Problem, Step, Target};
use super::super::toll::Tolled;
use crate::plan::Prefer;
use crate::plan::window::Dice;

fn any_problem(dice: &mut Dice, count: usize) -> Problem {
    let most = 1 + dice.below(4) as i64;
    let spread = [2, 5, 200][dice.below(3) as usize];
    let below_zero = dice.below(spread) as i64 / 2;
    let kept = dice.chance(4);
    let steps = (0..count as i64)
        .map(|place| Step {
            from: 10 * place,
            to: 10 * place + 10,
            most: if dice.chance(5) { 0 } else { most },
            least: 1,
            part: false,
            tranches: Few::one((i64::MAX, dice.below(spread) as i64 - below_zero)),
            surplus: 0,
            duty: Duty::Free,
            brim: None,
            closer: if kept && dice.chance(2) { 10 } else { 0 },
        })
        .collect();
    let capacity = 1 + dice.below((most as u64 * count as u64).max(2) - 1) as i64;
    Problem {
        steps,
        targets: vec![Target { step: count, level: capacity }],
        capacity,
        taper: Vec::new(),
        part_steps: Some(1),
        max_starts: Some(dice.below(5) as usize),
        min_run: 0,
        min_pause: 0,
        running: None,
        grain: 1,
        prefer: if dice.chance(2) { Prefer::Earliest } else { Prefer::Latest },
    }
}

#[test]
fn counting_steps_gives_the_plan_that_functions_give() {
    let mut counted = 0;
    for seed in 0..3_000 {
        let mut dice = Dice::new(seed);
        let count = 1 + dice.below(14) as usize;
        let problem = any_problem(&mut dice, count);
        let Some(steps) = Counted::of(&problem) else { continue };
        let most = problem.max_starts.unwrap();
        let by_functions = problem.plans(|solver| solver.plan(most)).unwrap();
        match steps.best(&problem).unwrap() {
            Some(draws) => {
                counted += 1;
                assert_eq!(draws, by_functions, "seed {seed}");
            }
            None => assert!(problem.shortfall(&by_functions) > 0, "seed {seed}"),
        }
        if let Some(plans) = steps.frontier(&problem, most) {
            let mut expected = Vec::new();
            for starts in 0..=most {
                let draws = problem.plans(|solver| solver.plan(starts)).unwrap();
                let key = |draws: &Vec<i64>| (problem.shortfall(draws), problem.money(draws));
                if expected.last().is_none_or(|last| key(&draws) < key(last)) {
                    expected.push(draws);
                }
            }
            assert_eq!(plans, expected, "seed {seed}");
        }
    }
    assert!(counted > 1_000, "{counted}");
}

/// A price on starts finds the very plan, or says between which numbers of starts none does.
#[test]
fn a_price_on_starts_finds_the_plan_of_a_limit() {
    let (mut found, mut between) = (0, 0);
    for seed in 0..600 {
        let mut dice = Dice::new(seed);
        let problem = Problem { max_starts: None, ..any_problem(&mut dice, 30) };
        let free = problem.plans(|solver| solver.plan(0)).unwrap();
        let starts = problem.starts(&free);
        for most in 1..starts {
            let limited = Problem { max_starts: Some(most), ..problem.clone() };
            let expected = limited.plans(|solver| solver.plan(most)).unwrap();
            let by_count = Counted::of(&problem).and_then(|counted| counted.priced(&limited, most).unwrap());
            for tolled in [Some(problem.tolled(most, free.clone()).unwrap()), by_count].into_iter().flatten()
            {
                match tolled {
                    Tolled::Found(draws) => {
                        found += 1;
                        assert_eq!(draws, expected, "seed {seed}, {most} starts");
                    }
                    Tolled::Between(around) => {
                        between += 1;
                        let within = |(below, above)| below < most && most < above;
                        assert!(around.is_none_or(within), "seed {seed}, {most} starts, {around:?}");
                    }
                }
            }
        }
    }
    assert!(found > 1_000 && between > 0, "{found} found, {between} not");
}
