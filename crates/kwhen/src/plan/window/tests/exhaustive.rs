use super::super::super::{Aim, Power, Prefer, SlotPrices};
use super::super::split::{Pattern, Quantum, Split};
use super::super::{Alternatives, Amount, Profile, WindowRequest};
use super::{Dice, prices};
use crate::UnitRate;
use crate::time::Span;
use std::cmp::Reverse;

/// Everything that decides between two plans, in order: least is best.
type Key = (usize, i128, usize, i128, Vec<Reverse<bool>>, Vec<bool>);

/// Every pattern that meets a request, best first.
fn every(split: &Split) -> Vec<Pattern> {
    let length = split.quanta.len();
    let mut found: Vec<(Key, Pattern)> = Vec::new();
    for bits in 0..1_u32 << length {
        let pattern: Pattern = (0..length).map(|place| bits >> place & 1 == 1).collect();
        found.extend(key(split, &pattern).map(|key| (key, pattern)));
    }
    found.sort();
    found.into_iter().map(|(_, pattern)| pattern).collect()
}

/// Written from the rules, not from the tables: `None` for a pattern that breaks one.
fn key(split: &Split, pattern: &Pattern) -> Option<Key> {
    let ran = pattern.iter().filter(|runs| **runs).count();
    let closed = pattern.iter().zip(&split.quanta).any(|(runs, quantum)| *runs && !quantum.open);
    let amount = if split.or_more {
        ran >= split.needed
    } else if split.up_to {
        ran <= split.needed
    } else {
        ran == split.needed
    };
    if closed || !amount {
        return None;
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for place in (0..pattern.len()).filter(|place| pattern[*place]) {
        match runs.last_mut() {
            Some(run) if run.1 == place => run.1 += 1,
            _ => runs.push((place, place + 1)),
        }
    }
    let mut starts = runs.len();
    let mut stopped_at = None;
    let mut rest = runs.as_slice();
    if let Some(until) = split.running {
        if let Some(((0, end), others)) = runs.split_first().map(|(run, others)| (*run, others)) {
            if end < until {
                return None;
            }
            starts -= 1;
            rest = others;
            stopped_at = Some(end);
        } else if until > 0 {
            return None;
        } else {
            stopped_at = Some(0);
        }
    }
    for (from, to) in rest {
        if to - from < split.min_run || stopped_at.is_some_and(|end| from - end < split.min_pause) {
            return None;
        }
        stopped_at = Some(*to);
    }
    if split.max_starts.is_some_and(|most| starts > most) {
        return None;
    }
    let chosen = || pattern.iter().zip(&split.quanta).filter(|(runs, _)| **runs).map(|(_, quantum)| quantum);
    let cost = chosen().map(|quantum| quantum.cost).sum();
    let closer: i128 = chosen().map(|quantum| i128::from(quantum.closer)).sum();
    let short = if split.up_to { split.needed - ran } else { 0 };
    let (early, late) = match split.prefer {
        Prefer::Earliest => (pattern.iter().map(|runs| Reverse(*runs)).collect(), Vec::new()),
        Prefer::Latest => (Vec::new(), pattern.clone()),
    };
    Some((short, cost, starts, -closer, early, late))
}

fn any_split(dice: &mut Dice) -> Split {
    let length = 1 + dice.below(9) as usize;
    let spread = [1, 3, 50, 1 << 40][dice.below(4) as usize];
    let below_zero = dice.below(spread) as i128;
    let kept = dice.chance(3);
    let huge = if dice.chance(8) { 1 << 60 } else { 1 };
    let quanta = (0..length)
        .map(|_| Quantum {
            cost: (dice.below(spread) as i128 - below_zero) * huge,
            closer: if kept { if dice.chance(2) { 1 } else { -1 } } else { 0 },
            open: !dice.chance(7),
            forced: false,
        })
        .collect();
    let amount = dice.below(4);
    let running = dice.chance(4).then(|| dice.below(3).min(length as u64) as usize);
    Split {
        quanta,
        needed: (1 + dice.below(length as u64)) as usize,
        or_more: amount == 1,
        up_to: amount == 2,
        max_starts: (!dice.chance(3)).then(|| dice.below(4) as usize + usize::from(running.is_none())),
        min_run: 1 + dice.below(3) as usize,
        min_pause: 1 + dice.below(3) as usize,
        running,
        prefer: if dice.chance(2) { Prefer::Earliest } else { Prefer::Latest },
    }
}

#[test]
fn a_split_run_is_the_best_of_all_patterns() {
    for seed in 0..150_000 {
        let mut dice = Dice::new(seed);
        let split = any_split(&mut dice);
        let all = every(&split);
        let count = 1 + dice.below(4) as usize;
        let found = split.best(count).unwrap();
        assert_eq!(found, all.into_iter().take(count).collect::<Vec<_>>(), "seed {seed}");
    }
}

#[test]
fn the_frontier_is_the_best_for_each_number_of_starts() {
    for seed in 0..30_000 {
        let mut dice = Dice::new(seed);
        let mut split = any_split(&mut dice);
        split.max_starts = Some(4);
        if split.running.is_some_and(|until| until > split.needed) {
            continue;
        }
        let found = split.frontier().unwrap();
        let mut expected: Vec<Pattern> = Vec::new();
        for starts in 0..=4 {
            split.max_starts = Some(starts);
            let Some(best) = every(&split).into_iter().next() else { continue };
            if expected
                .last()
                .is_none_or(|last| key(&split, last).is_none_or(|last| key(&split, &best).unwrap() < last))
            {
                expected.push(best);
            }
        }
        assert_eq!(found, expected, "seed {seed}");
    }
}

#[test]
fn what_the_price_alone_decides_is_decided_rightly() {
    for seed in 0..40_000 {
        let mut dice = Dice::new(seed);
        let mut split = any_split(&mut dice);
        split.max_starts = None;
        split.min_run = 1;
        split.min_pause = 1;
        split.running = None;
        split.or_more = false;
        split.up_to = false;
        let expected = every(&split).into_iter().next();
        let enough = split.settle_by_price();
        assert_eq!(enough, expected.is_some(), "seed {seed}");
        if enough {
            assert_eq!(split.best(1).unwrap().into_iter().next(), expected, "seed {seed}");
        }
    }
}

/// Rates over slots of five minutes, with gaps, and a request's time allowed in odd minutes.
fn any_prices(dice: &mut Dice, slots: u64) -> (Vec<Option<i64>>, SlotPrices) {
    let spread = [2, 5, 40][dice.below(3) as usize];
    let rates: Vec<Option<i64>> =
        (0..slots).map(|_| (!dice.chance(9)).then(|| dice.below(spread) as i64 - 1)).collect();
    let prices = prices(5, &rates);
    (rates, prices)
}

fn any_span(dice: &mut Dice, prices: &SlotPrices, minutes: u64) -> Span {
    let from = dice.below(minutes - 1);
    let to = from + 1 + dice.below(minutes - from);
    prices.span_of(from as i64 * 60, to as i64 * 60)
}

/// Minutes in which a slot has a price and a span is open.
fn open_minutes(rates: &[Option<i64>], prices: &SlotPrices, within: Option<&[Span]>) -> Vec<Option<i64>> {
    (0..rates.len() * 5)
        .map(|minute| {
            let at = prices.span_of(minute as i64 * 60, minute as i64 * 60 + 60).from();
            let open = within.is_none_or(|spans| spans.iter().any(|span| span.contains(at)));
            if open { rates[minute / 5] } else { None }
        })
        .collect()
}

#[test]
fn an_unbroken_run_is_the_best_of_all_minutes() {
    for seed in 0..60_000 {
        let mut dice = Dice::new(seed);
        let (rates, prices) = any_prices(&mut dice, 8);
        let minutes = 1 + dice.below(22) as usize;
        let within: Option<Vec<Span>> = dice
            .chance(2)
            .then(|| (0..1 + dice.below(3)).map(|_| any_span(&mut dice, &prices, 40)).collect());
        let prefer = if dice.chance(2) { Prefer::Earliest } else { Prefer::Latest };
        let aim = if dice.chance(3) { Aim::Dearest } else { Aim::Cheapest };
        let previous: Vec<Span> =
            if dice.chance(3) { vec![any_span(&mut dice, &prices, 40)] } else { Vec::new() };
        let open = open_minutes(&rates, &prices, within.as_deref());
        let sign = if aim == Aim::Dearest { -1 } else { 1 };
        let shared = |start: usize| {
            (start..start + minutes)
                .filter(|minute| {
                    let at = prices.span_of(*minute as i64 * 60, *minute as i64 * 60 + 60).from();
                    previous.iter().any(|span| span.contains(at))
                })
                .count() as i64
        };
        let best = (0..(40 + 1_usize).saturating_sub(minutes))
            .filter_map(|start| {
                let cost = open[start..start + minutes].iter().copied().sum::<Option<i64>>()?;
                let order = if prefer == Prefer::Earliest { start as i64 } else { -(start as i64) };
                Some((sign * cost, -shared(start), order, start))
            })
            .min();
        let mut request = WindowRequest::unbroken(minutes as u32)
            .unwrap()
            .prefer(prefer)
            .aim(aim)
            .previous(previous.clone());
        if let Some(within) = &within {
            request = request.within(within.iter().copied());
        }
        let found = request.find(&prices).unwrap().windows;
        let start =
            found.first().map(|window| prices.offset(window.blocks[0].from().timestamp()) as usize / 60);
        assert_eq!(start, best.map(|best| best.3), "seed {seed}");
        if within.is_none() && previous.is_empty() && aim == Aim::Cheapest {
            let lean = super::super::cheapest_start(&prices, minutes as u32, prefer);
            assert_eq!(lean, found.first().map(|window| window.blocks[0].from()), "seed {seed}");
        }
    }
}

#[test]
fn a_profile_is_best_at_the_found_minute() {
    for seed in 0..30_000 {
        let mut dice = Dice::new(seed);
        let (rates, prices) = any_prices(&mut dice, 8);
        let step = 1 + dice.below(5) as usize;
        let powers: Vec<i64> = (0..1 + dice.below(5)).map(|_| dice.below(4) as i64).chain([1]).collect();
        let length = step * powers.len();
        let prefer = if dice.chance(2) { Prefer::Earliest } else { Prefer::Latest };
        let within = dice.chance(2).then(|| vec![any_span(&mut dice, &prices, 40)]);
        let open = open_minutes(&rates, &prices, within.as_deref());
        let best = (0..(40 + 1_usize).saturating_sub(length))
            .filter_map(|start| {
                let cost = (0..length)
                    .map(|minute| Some(open[start + minute]? * powers[minute / step]))
                    .sum::<Option<i64>>()?;
                let order = if prefer == Prefer::Earliest { start as i64 } else { -(start as i64) };
                Some((cost, order, start))
            })
            .min();
        let powers: Vec<Power> = powers.iter().map(|power| power.to_string().parse().unwrap()).collect();
        let mut request = WindowRequest::profile(Profile::new(step as u32, &powers).unwrap()).prefer(prefer);
        if let Some(within) = &within {
            request = request.within(within.iter().copied());
        }
        let found = request.find(&prices).unwrap().windows;
        let start =
            found.first().map(|window| prices.offset(window.blocks[0].from().timestamp()) as usize / 60);
        assert_eq!(start, best.map(|best| best.2), "seed {seed}");
    }
}

/// The planner works in the greatest common divisor of all lengths; here every minute is tried, so a finer plan that were cheaper
/// would be found.
#[test]
fn no_finer_split_is_cheaper() {
    for seed in 0..1_500 {
        let mut dice = Dice::new(seed);
        let (rates, prices) = any_prices(&mut dice, 3);
        let minutes = 2 + dice.below(10) as usize;
        let (min_run, min_pause) = (1 + dice.below(5) as usize, 1 + dice.below(4) as usize);
        let max_starts = 1 + dice.below(3) as usize;
        let open = open_minutes(&rates, &prices, None);
        let quanta = open
            .iter()
            .map(|rate| Quantum {
                cost: i128::from(rate.unwrap_or(0)),
                closer: 0,
                open: rate.is_some(),
                forced: false,
            })
            .collect();
        let by_the_minute = Split {
            quanta,
            needed: minutes,
            or_more: false,
            up_to: false,
            max_starts: Some(max_starts),
            min_run,
            min_pause,
            running: None,
            prefer: Prefer::Earliest,
        };
        let expected = every(&by_the_minute).into_iter().next().map(|pattern| {
            (0..15).filter(|minute| pattern[*minute]).map(|minute| open[minute].unwrap()).sum::<i64>()
        });
        let found = WindowRequest::split(minutes as u32)
            .unwrap()
            .max_starts(max_starts)
            .min_run(min_run as u32)
            .min_pause(min_pause as u32)
            .find(&prices)
            .unwrap();
        let cost = found.windows.first().map(|window| window.score / 60 / 100_000_000);
        assert_eq!(cost, expected.map(i128::from), "seed {seed}");
    }
}

#[test]
fn floors_ceilings_and_alternatives_agree_with_every_start() {
    for seed in 0..20_000 {
        let mut dice = Dice::new(seed);
        let (rates, prices) = any_prices(&mut dice, 8);
        let slots = 1 + dice.below(3) as usize;
        let (floor, ceiling) = (dice.below(6) as i64 - 1, dice.below(30) as i64);
        let fits = |rate: i64| rate >= floor && rate <= ceiling;
        let rate = |pence: i64| UnitRate::from_units(pence * 100_000_000).unwrap();
        let mut starts: Vec<(i64, usize)> = (0..=8 - slots)
            .filter_map(|start| {
                let used = &rates[start..start + slots];
                used.iter().all(|rate| rate.is_some_and(fits)).then(|| (used.iter().flatten().sum(), start))
            })
            .collect();
        starts.sort_unstable();
        let request = WindowRequest::unbroken(slots as u32 * 5)
            .unwrap()
            .price_floor(rate(floor))
            .price_cap(rate(ceiling));
        let places = |windows: Vec<super::super::Window>| -> Vec<usize> {
            windows
                .iter()
                .map(|window| prices.offset(window.blocks[0].from().timestamp()) as usize / 60 / 5)
                .collect()
        };
        let found = places(request.clone().top(3, Alternatives::Different).find(&prices).unwrap().windows);
        assert_eq!(found, starts.iter().take(3).map(|start| start.1).collect::<Vec<_>>(), "seed {seed}");
        let mut apart: Vec<usize> = Vec::new();
        for (_, start) in &starts {
            if apart.iter().all(|other| other.abs_diff(*start) >= slots) {
                apart.push(*start);
            }
        }
        apart.truncate(3);
        let found = places(request.top(3, Alternatives::Apart).find(&prices).unwrap().windows);
        assert_eq!(found, apart, "seed {seed}");
    }
}

#[test]
fn at_most_takes_what_fits_and_at_least_what_pays() {
    let day = prices(30, &[Some(5), Some(-2), Some(9), Some(-1), None, Some(3)]);
    let minutes = |request: WindowRequest| {
        request.find(&day).unwrap().windows.first().map(|window| window.duration_minutes)
    };
    assert_eq!(minutes(WindowRequest::split(240).unwrap()), None);
    assert_eq!(minutes(WindowRequest::split(240).unwrap().amount(Amount::AtMost)), Some(150));
    assert_eq!(minutes(WindowRequest::unbroken(240).unwrap().amount(Amount::AtMost)), Some(120));
    assert_eq!(minutes(WindowRequest::split(30).unwrap().amount(Amount::AtLeast)), Some(60));
    let worth = UnitRate::from_units(400_000_000).unwrap();
    assert_eq!(minutes(WindowRequest::split(30).unwrap().amount(Amount::AtLeast).worth(worth)), Some(90));
}
