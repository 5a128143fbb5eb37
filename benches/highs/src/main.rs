//! Cross-checks kwhen's battery optimiser with HiGHS on random problems, and times both.

mod instance;
mod mip;
mod timing;

use instance::Instance;
use std::collections::BTreeMap;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == "series") {
        let path = arguments.get(2).expect("a file: kwhen-highs series FILE SLOTS EVERY");
        let number = |index: usize, default: usize| arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default);
        return series(path, number(3, 336), number(4, 336));
    }
    let number = |index: usize, default: u64| arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default);
    let (count, first) = (number(1, 1000), number(2, 0));
    let mut tally: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut equal, mut infeasible, mut refused, mut unproven, mut wrong) = (0, 0, 0, 0, 0);
    let mut largest: f64 = 0.0;
    for seed in first..first + count {
        let instance = Instance::random(seed);
        for option in &instance.options {
            *tally.entry(option).or_default() += 1;
        }
        let ours = instance.battery.plan(&instance.site, &instance.request);
        let theirs = mip::solve(&instance.plain, 60.0);
        if !theirs.proven {
            unproven += 1;
            println!("seed {seed}: HiGHS did not finish");
            continue;
        }
        match (&ours, theirs.cost) {
            (Err(error), None) if error.is_infeasible() => infeasible += 1,
            (Ok(plan), Some(cost)) => {
                let own: f64 = plan.objective().to_string().parse().expect("a number");
                let off = (own - cost).abs();
                largest = largest.max(off);
                if off <= 1e-6 {
                    equal += 1;
                } else {
                    wrong += 1;
                    println!("seed {seed}: kwhen {own}, HiGHS {cost}: {:?}", instance.options);
                }
                let again = plan.costs().objective().expect("in range");
                let gap = again.checked_sub(plan.objective()).expect("in range");
                let tiny = kwhen::Money::from_units(1000).expect("in range");
                assert!(gap <= tiny && -gap <= tiny, "seed {seed}: parts {again:?} against {:?}", plan.objective());
            }
            (Err(error), _) if error.is_precision() => {
                refused += 1;
                println!("seed {seed}: kwhen refused for too many digits: {:?}", instance.options);
            }
            _ => {
                wrong += 1;
                println!("seed {seed}: kwhen {:?}, HiGHS {:?}: {:?}", ours.map(|p| p.objective()), theirs.cost, instance.options);
            }
        }
    }
    println!("{count} problems: {equal} equal to 1e-6 p (largest difference {largest:.1e} p), {infeasible} infeasible for both, {refused} refused by kwhen for too many digits, {unproven} not finished by HiGHS, {wrong} different");
    for (option, times) in tally {
        println!("  {option}: {times}");
    }
    assert_eq!(wrong, 0);
}

/// Every window of so many slots of a series, from a start level that changes from window to window.
fn series(path: &str, slots: usize, every: usize) {
    let series = timing::Series::read(path).expect("the series");
    let (mut equal, mut unfinished, mut wrong, mut largest) = (0, 0, 0, 0.0_f64);
    let mut times = [std::time::Duration::ZERO; 2];
    for (number, first) in (0..series.len().saturating_sub(slots - 1)).step_by(every.max(1)).enumerate() {
        let level = (number % 3) as i64 * 5;
        let Some([(own, took), (theirs, highs)]) = series.home(first..first + slots, level, 600.0) else {
            unfinished += 1;
            println!("{slots} slots from row {first}: HiGHS did not finish");
            continue;
        };
        times[0] += took;
        times[1] += highs;
        largest = largest.max((own - theirs).abs());
        if (own - theirs).abs() <= 1e-6 {
            equal += 1;
        } else {
            wrong += 1;
            println!("{slots} slots from row {first}: kwhen {own}, HiGHS {theirs}");
        }
    }
    println!("{equal} windows of {slots} slots equal to 1e-6 p (largest difference {largest:.1e} p), {unfinished} not finished, {wrong} different");
    println!("kwhen {:?} with plan, HiGHS {:?}: {:.0} times", times[0], times[1], times[1].as_secs_f64() / times[0].as_secs_f64());
    assert_eq!(wrong, 0);
}
