//! Cross-checks kwhen's battery optimiser with HiGHS on random problems, and times both.

mod fleet;
mod instance;
mod mip;
mod timing;

use instance::Instance;
use std::collections::BTreeMap;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == "series") {
        let path = arguments.get(2).expect("a file: kwhen-highs series FILE SLOTS EVERY SECONDS");
        let number = |index: usize, default: usize| {
            arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default)
        };
        return series(path, number(3, 336), number(4, 336), number(5, 600));
    }
    if arguments.get(1).is_some_and(|first| first == "optima") {
        let argument = |index: usize| arguments.get(index).expect("kwhen-highs optima FILE DATA");
        return optima(argument(2), argument(3));
    }
    if arguments.get(1).is_some_and(|first| first == "fleet") {
        let number =
            |index: usize, default: u64| arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default);
        return fleet::compare(number(2, 1000), number(3, 0));
    }
    if arguments.get(1).is_some_and(|first| first == "homes") {
        let number =
            |index: usize, default: u64| arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default);
        let folder = arguments.get(2).expect("kwhen-highs homes DATA COUNT FIRST");
        return fleet::homes(folder, number(3, 100), number(4, 0));
    }
    let number =
        |index: usize, default: u64| arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default);
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
                let own: f64 = plan.cost().to_string().parse().expect("a number");
                let off = (own - cost).abs();
                largest = largest.max(off);
                if off <= 1e-6 {
                    equal += 1;
                } else {
                    wrong += 1;
                    println!("seed {seed}: kwhen {own}, HiGHS {cost}: {:?}", instance.options);
                }
                let again = plan.costs().cost().expect("in range");
                let gap = again.checked_sub(plan.cost()).expect("in range");
                let tiny = kwhen::Money::from_units(1000).expect("in range");
                assert!(
                    gap <= tiny && -gap <= tiny,
                    "seed {seed}: parts {again:?} against {:?}",
                    plan.cost()
                );
            }
            (Err(error), _) if error.is_precision() => {
                refused += 1;
                println!("seed {seed}: kwhen refused for too many digits: {:?}", instance.options);
            }
            _ => {
                wrong += 1;
                println!(
                    "seed {seed}: kwhen {:?}, HiGHS {:?}: {:?}",
                    ours.map(|p| p.cost()),
                    theirs.cost,
                    instance.options
                );
            }
        }
    }
    println!(
        "{count} problems: {equal} equal to 1e-6 p (largest difference {largest:.1e} p), {infeasible} infeasible for both, {refused} refused by kwhen for too many digits, {unproven} not finished by HiGHS, {wrong} different"
    );
    for (option, times) in tally {
        println!("  {option}: {times}");
    }
    assert_eq!(wrong, 0);
}

/// Every window of so many slots of a series, from a start level that changes from window to window.
fn series(path: &str, slots: usize, every: usize, seconds: usize) {
    let series = timing::Series::read(path).expect("the series");
    let (mut equal, mut unfinished, mut wrong, mut largest) = (0, 0, 0, 0.0_f64);
    let mut times = [std::time::Duration::ZERO; 2];
    for (number, first) in (0..series.len().saturating_sub(slots - 1)).step_by(every.max(1)).enumerate() {
        let level = (number % 3) as i64 * 5;
        let ((own, took), (theirs, highs)) = series.home(first..first + slots, level, seconds as f64);
        times[0] += took;
        times[1] += highs;
        let Some(theirs) = theirs else {
            unfinished += 1;
            println!(
                "{slots} slots from row {first}: HiGHS did not finish in {highs:.0?}; kwhen took {took:.1?}"
            );
            continue;
        };
        largest = largest.max((own - theirs).abs());
        if (own - theirs).abs() <= 1e-6 {
            equal += 1;
        } else {
            wrong += 1;
            println!("{slots} slots from row {first}: kwhen {own}, HiGHS {theirs}");
        }
    }
    println!(
        "{equal} windows of {slots} slots equal to 1e-6 p (largest difference {largest:.1e} p), {unfinished} not finished, {wrong} different"
    );
    let least = if unfinished > 0 { "at least " } else { "" };
    let ratio = times[1].as_secs_f64() / times[0].as_secs_f64();
    println!("kwhen {:?} with plan, HiGHS {:?}: {least}{ratio:.0} times", times[0], times[1]);
    assert_eq!(wrong, 0);
}

/// The windows `from,to,start_kwh,optimum_minor` of a file, over the sample home: each optimum as HiGHS proves it, beside the file's
/// and kwhen's.
fn optima(file: &str, folder: &str) {
    let text = std::fs::read_to_string(file).expect("the windows");
    let mut lines = text.lines();
    println!("{}", lines.next().unwrap_or_default());
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let series = timing::Series::of_sample(folder, fields[0], fields[1]).expect("the sample home");
        let level = fields[2].parse().expect("whole kWh");
        let ((own, _), (theirs, took)) = series.home(0..series.len(), level, 600.0);
        let theirs = theirs.unwrap_or_else(|| panic!("HiGHS did not finish {line} in {took:?}"));
        println!("{},{},{},{theirs:.6}", fields[0], fields[1], fields[2]);
        assert!((own - theirs).abs() <= 1e-6, "{line}: kwhen {own}, HiGHS {theirs}");
        if let Some(known) = fields.get(3).filter(|known| !known.is_empty()) {
            let known: f64 = known.parse().expect("pence");
            assert!((known - theirs).abs() <= 1e-6, "{line}: HiGHS {theirs}");
        }
    }
}
