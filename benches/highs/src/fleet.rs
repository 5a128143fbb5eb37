//! Random fleets: several devices behind one meter, by kwhen and by the solver.

use crate::instance::{Conversion, Options, Plain, Random, random_device, random_site};
use crate::mip;
use crate::timing::Series;
use kwhen::plan::battery::{Battery, BatteryRequest, Converter};
use kwhen::plan::fleet::{Circuit, Fleet, FleetDevice, FleetPlan};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Parts of kwhen's search that a random fleet is given: what is not proven by then is counted apart.
const PARTS: usize = 400;

fn pence(money: kwhen::Money) -> f64 {
    money.to_string().parse().expect("a number")
}

/// How both answers stand to each other.
#[derive(Default)]
struct Tally {
    equal: u32,
    infeasible: u32,
    refused: u32,
    unproven: u32,
    unfound: u32,
    unfinished: u32,
    wrong: u32,
    largest: f64,
    times: Vec<(Duration, Duration)>,
}

impl Tally {
    fn add(&mut self, label: &str, ours: kwhen::Result<FleetPlan>, took: Duration, theirs: mip::Answer) {
        self.times.push((took, theirs.took));
        if std::env::var_os("EACH").is_some() {
            let parts = ours.as_ref().map_or(0, FleetPlan::parts);
            println!("{label}: {took:.1?} {parts} parts, HiGHS {:.1?}", theirs.took);
        }
        if !theirs.proven {
            self.unfinished += 1;
            println!("{label}: HiGHS did not finish");
            return;
        }
        match (ours, theirs.cost) {
            (Err(error), None) if error.is_infeasible() => self.infeasible += 1,
            (Err(error), _) if error.is_precision() => {
                self.refused += 1;
                println!("{label}: kwhen refused for too many digits");
            }
            (Ok(plan), Some(cost)) => {
                let (own, bound) = (pence(plan.cost()), pence(plan.bound()));
                let off = own - cost;
                if own - bound > 1e-6 {
                    // What kwhen itself says it has not proven. Its plan and its bound must still be on either side.
                    self.unproven += 1;
                    println!(
                        "{label}: not proven {:.6} of {own:.6}, HiGHS {cost:.6}, {} parts",
                        own - bound,
                        plan.parts()
                    );
                    if bound > cost + 1e-6 || off < -1e-6 {
                        self.wrong += 1;
                        println!("{label}: WRONG bound {bound} cost {own} HiGHS {cost}");
                    }
                } else if off.abs() <= 1e-6 {
                    self.equal += 1;
                    self.largest = self.largest.max(off.abs());
                } else {
                    self.wrong += 1;
                    println!("{label}: WRONG kwhen {own} bound {bound}, HiGHS {cost}");
                }
            }
            (Err(error), Some(_)) if error.to_string().contains("nor is it proven that there is none") => {
                self.unfound += 1;
                println!("{label}: kwhen found no plan, and says that there may be one");
            }
            (ours, cost) => {
                self.wrong += 1;
                println!(
                    "{label}: WRONG kwhen {:?}, HiGHS {cost:?}",
                    ours.map(|plan| plan.cost().to_string())
                );
            }
        }
    }

    fn report(mut self, what: &str) {
        println!(
            "{} {what}: {} equal to 1e-6 p (largest difference {:.1e} p), {} infeasible for both, {} refused by kwhen for too many digits, {} not proven by kwhen, {} without a plan by kwhen and not proven to have none, {} not finished by HiGHS, {} different",
            self.times.len(),
            self.equal,
            self.largest,
            self.infeasible,
            self.refused,
            self.unproven,
            self.unfound,
            self.unfinished,
            self.wrong
        );
        let mut ratios: Vec<f64> =
            self.times.iter().map(|(own, theirs)| theirs.as_secs_f64() / own.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let median = |times: &mut Vec<(Duration, Duration)>, pick: fn(&(Duration, Duration)) -> Duration| {
            times.sort_by_key(pick);
            (pick(&times[times.len() / 2]), pick(&times[times.len() - 1]))
        };
        let (own, own_worst) = median(&mut self.times, |t| t.0);
        let (theirs, theirs_worst) = median(&mut self.times, |t| t.1);
        println!(
            "kwhen median {own:.1?}, worst {own_worst:.1?}; HiGHS median {theirs:.1?}, worst {theirs_worst:.1?}; HiGHS/kwhen median {:.0}, least {:.2}",
            ratios[ratios.len() / 2],
            ratios[0]
        );
        assert_eq!(self.wrong, 0);
    }
}

/// Random fleets of 2 to 5 devices with every option mixed.
pub fn compare(count: u64, first: u64) {
    let mut tally = Tally::default();
    let mut options: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in first..first + count {
        let mut random = Random::new(seed ^ 0x5bd1_e995);
        let mut on = Options::default();
        let (site, mut meter) = random_site(&mut random, &mut on);
        let devices = random.between(2, 5) as usize;
        // One device at most is behind a hybrid inverter, and none where the site may charge from surplus only.
        let unruled = meter.grid_charging && meter.battery_export;
        let mut plains = Vec::new();
        let mut fleet = Vec::new();
        let mut standby = Vec::new();
        for index in 0..devices {
            let mut plain = Plain { load: vec![0.0; meter.import.len()], ..meter.clone() };
            let (battery, request) = random_device(&mut random, &mut on, &mut plain, index == 0 && unruled);
            for (load, standby) in meter.load.iter_mut().zip(&plain.load) {
                *load += standby;
            }
            standby.push(plain.load[0]);
            for (most, own) in meter.import_limit.iter_mut().zip(&plain.import_limit) {
                *most = most.min(*own);
            }
            fleet.push(FleetDevice { name: format!("device {index}"), battery, request });
            plains.push(plain);
        }
        // Drawn last, so that the devices of a seed are what they were before there were circuits.
        let mut circuits = Vec::new();
        let mut limits = Vec::new();
        for number in 0..if random.one_in(3) { random.between(1, 2) } else { 0 } {
            let members: Vec<usize> =
                (0..devices).filter(|place| plains[*place].hybrid.is_none() && !random.one_in(3)).collect();
            if members.is_empty() {
                continue;
            }
            on.0.push("circuit");
            let (import, export) =
                (random.between(0, 60) * 10, random.one_in(2).then(|| random.between(0, 40) * 10));
            let power = |hundredths: i64| Some(format!("{hundredths}e-2").parse().expect("a power"));
            let beside: f64 = members.iter().map(|place| standby[*place]).sum();
            limits.push(mip::Circuit {
                devices: members.clone(),
                least: export.map_or(-1000.0, |export| -(export as f64) / 200.0 - beside),
                most: import as f64 / 200.0 - beside,
            });
            circuits.push(Circuit {
                name: format!("circuit {number}"),
                devices: members.iter().map(|place| format!("device {place}")).collect(),
                import_limit: power(import),
                export_limit: export.and_then(power),
            });
        }
        for option in on.0 {
            *options.entry(option).or_default() += 1;
        }
        let begin = Instant::now();
        let ours = Fleet::new(fleet)
            .and_then(|fleet| fleet.circuits(circuits))
            .and_then(|fleet| fleet.plan_while(&site, &mut |standing| standing.parts < PARTS));
        let took = begin.elapsed();
        let theirs = mip::solve_fleet(&meter, &plains.iter().collect::<Vec<_>>(), &limits, 1e-9, 60.0);
        tally.add(&format!("fleet {seed}"), ours, took, theirs);
    }
    for (option, times) in options {
        println!("  {option}: {times}");
    }
    tally.report("fleets");
}

/// The sample home over two days with a battery, a car to be ready by a time, and sometimes a second battery.
pub fn homes(folder: &str, count: u64, first: u64) {
    let mut tally = Tally::default();
    for seed in first..first + count {
        let mut random = Random::new(seed.wrapping_mul(7919) + 13);
        let r = &mut random;
        // The sample's export rates begin later than its import rates: these are the days that all files have.
        let day = r.between(0, 349);
        let start = kwhen::time::parse_instant("2025-11-03T00:00:00Z").expect("an instant")
            + chrono::TimeDelta::days(day);
        let text = |at: chrono::DateTime<chrono::Utc>| kwhen::time::instant_text(at);
        let series = Series::of_sample(folder, &text(start), &text(start + chrono::TimeDelta::days(2)));
        let series = match series {
            Ok(series) if series.len() == 96 => series,
            other => {
                println!(
                    "home {seed}: left out, the sample is not whole there ({})",
                    other.map_or_else(|error| error.to_string(), |series| format!("{} rows", series.len()))
                );
                continue;
            }
        };
        let import_limit = r.pick(&[8_i64, 10, 15]);
        let export_limit = r.pick(&[Some(368_i64), Some(500), None]);
        let solar = r.between(0, 9) < 6;
        let (mut site, mut meter) = series.site(start, solar);
        site = site.import_limit(import_limit.to_string().parse().expect("a power"));
        meter.import_limit = vec![import_limit as f64 / 2.0; 96];
        meter.export_limit = 1000.0;
        if let Some(limit) = export_limit {
            site = site.export_limit(format!("{}.{:02}", limit / 100, limit % 100).parse().expect("a power"));
            meter.export_limit = limit as f64 / 200.0;
        }
        let mut fleet = Vec::new();
        let mut plains = Vec::new();
        let mut add = |name: &str,
                       kwh: f64,
                       kw: f64,
                       ratios: (f64, f64),
                       wear: f64,
                       from: f64,
                       ready: Option<(usize, f64)>| {
            let text = |value: f64| value.to_string();
            let one_way = ready.is_some();
            let mut battery = Battery::new(text(kwh).parse().unwrap(), text(kw).parse().unwrap())
                .unwrap()
                .with_efficiency(text(ratios.0).parse().unwrap(), text(ratios.1).parse().unwrap())
                .with_wear(text(wear).parse().unwrap())
                .unwrap();
            let mut request = BatteryRequest::starting_at(text(from).parse().unwrap());
            let mut plain = Plain {
                capacity: kwh,
                charge: Conversion { stretches: vec![(kw / 2.0, ratios.0)], least: 0.0 },
                discharge: Conversion {
                    stretches: vec![(if one_way { 0.0 } else { kw / 2.0 }, 1.0 / ratios.1)],
                    least: 0.0,
                },
                store_charge: 1000.0,
                store_discharge: 1000.0,
                wear,
                start: from,
                lo: vec![0.0; 97],
                hi: vec![kwh; 97],
                may_charge: vec![true; 96],
                may_discharge: vec![!one_way; 96],
                draw: vec![0.0; 96],
                ..meter.clone()
            };
            if let Some((at, level)) = ready {
                battery =
                    battery.with_discharger(Converter::new(kwhen::plan::Power::ZERO, "1".parse().unwrap()));
                request = request.level_at_least(
                    start + chrono::TimeDelta::minutes(30 * at as i64),
                    text(level).parse().unwrap(),
                );
                plain.lo[at] = level;
            }
            fleet.push(FleetDevice { name: name.into(), battery, request });
            plains.push(plain);
        };
        add("Home", r.pick(&[5.0, 9.5, 13.5]), r.pick(&[2.5, 3.6, 5.0]), (0.95, 0.95), 1.5, 2.0, None);
        let ready = if r.one_in(2) { 63 } else { 15 };
        add(
            "Car",
            60.0,
            7.4,
            (0.9, 1.0),
            0.0,
            r.pick(&[20.0, 30.0]),
            Some((ready, r.pick(&[35.0, 45.0, 50.0]))),
        );
        if r.between(0, 9) < 4 {
            add("Two", 10.0, 3.0, (0.93, 0.93), 2.0, 1.0, None);
        }
        let begin = Instant::now();
        let ours = Fleet::new(fleet).and_then(|fleet| fleet.plan(&site));
        let took = begin.elapsed();
        let theirs = mip::solve_fleet(&meter, &plains.iter().collect::<Vec<_>>(), &[], 1e-6, 60.0);
        tally.add(&format!("home {seed}"), ours, took, theirs);
    }
    tally.report("homes over two days");
}
