//! Every night of a real series of rates, against searches that try slot starts only or take blocks greedily.
//!
//! Real rates are not part of the project. Put `agile-A-2018-2021.csv` (UTC start, local time, region letter, region name, rate) in
//! the folder that `KWHEN_REAL_DATA` names, or in `../shared/real` beside the repository; without it the test passes and says so.
//! `cargo test -p kwhen --test real_nights -- --nocapture` prints the figures.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::input::PriceOptions;
use kwhen::plan::window::WindowRequest;
use kwhen::plan::{SlotPrices, charge};
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span};
use kwhen::{RateSeries, UnitRate};
use std::path::PathBuf;

#[allow(clippy::disallowed_methods, reason = "where the data is, is for whoever runs the test to say")]
fn real_rates() -> Option<RateSeries> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real");
    let folder = std::env::var("KWHEN_REAL_DATA").map_or(beside, PathBuf::from);
    let bytes = std::fs::read(folder.join("agile-A-2018-2021.csv")).ok()?;
    Some(kwhen::input::unit_rates(&bytes, &PriceOptions::default()).expect("rates"))
}

/// The nights of the series: 20:00 to 08:00 on the local clock.
fn nights(rates: &RateSeries) -> Vec<SlotPrices> {
    let calendar = Calendar::great_britain();
    let days = calendar.cut(PeriodKind::Day, rates.span()).expect("days");
    let night = |day: &kwhen::time::Period| {
        let date = calendar.local(day.span.from()).date();
        let from = calendar.instant_of(date.and_hms_opt(20, 0, 0)?).ok()?;
        let to = calendar.instant_of((date + chrono::Days::new(1)).and_hms_opt(8, 0, 0)?).ok()?;
        let span = Span::new(from, to).ok()?.intersection(rates.span())?;
        let grid = Grid::covering(span, SlotLength::HALF_HOUR).ok().filter(|grid| grid.len() >= 20)?;
        let paid = rates.on_grid(&grid, rates.paid_basis()).ok()?;
        Some(SlotPrices::from_rates(&paid))
    };
    days.iter().filter_map(night).collect()
}

fn units(prices: &SlotPrices) -> Vec<i64> {
    (0..prices.grid().len()).filter_map(|slot| prices.paid(slot).map(UnitRate::units)).collect()
}

/// The least of price units times minutes over runs that start on a slot.
fn from_slot_starts(rates: &[i64], minutes: i64) -> i64 {
    let (whole, rest) = (usize::try_from(minutes / 30).unwrap(), minutes % 30);
    let last = rates.len() - whole - usize::from(rest > 0);
    let cost = |start: usize| {
        let slots: i64 = rates[start..start + whole].iter().sum();
        slots * 30 + if rest > 0 { rates[start + whole] * rest } else { 0 }
    };
    (0..=last).map(cost).min().unwrap()
}

/// Blocks of equal length, each the cheapest that the ones before it leave; none where the last does not fit.
fn greedily(rates: &[i64], blocks: usize, slots: usize) -> Option<i64> {
    let mut taken = vec![false; rates.len()];
    let mut cost = 0;
    for _ in 0..blocks {
        let free = (0..=rates.len() - slots).filter(|start| !taken[*start..start + slots].contains(&true));
        let best = free.min_by_key(|start| rates[*start..start + slots].iter().sum::<i64>())?;
        cost += rates[best..best + slots].iter().sum::<i64>();
        taken[best..best + slots].fill(true);
    }
    Some(cost)
}

fn share_dearer(ours: f64, theirs: f64) -> f64 {
    if ours > 0.0 { 100.0 * (theirs - ours) / ours } else { 0.0 }
}

struct Tally {
    nights: usize,
    cheaper: usize,
    ours: f64,
    theirs: f64,
    worst: f64,
}

impl Tally {
    fn new() -> Self {
        Self { nights: 0, cheaper: 0, ours: 0.0, theirs: 0.0, worst: 0.0 }
    }

    fn add(&mut self, ours: f64, theirs: f64) {
        self.nights += 1;
        self.cheaper += usize::from(theirs - ours > 1e-9);
        self.ours += ours;
        self.theirs += theirs;
        self.worst = self.worst.max(share_dearer(ours, theirs));
    }

    fn say(&self, what: &str) {
        println!(
            "{what}: cheaper on {} of {} nights; {:.4} p/kWh on average, {:.4} the other way ({:.2} % more); at worst {:.1} % more",
            self.cheaper,
            self.nights,
            self.ours / self.nights as f64,
            self.theirs / self.nights as f64,
            share_dearer(self.ours, self.theirs),
            self.worst
        );
    }
}

#[test]
fn no_night_is_dearer_than_with_slot_starts_or_greedy_blocks() {
    let Some(rates) = real_rates() else {
        println!("skipped: no real rates");
        return;
    };
    let nights = nights(&rates);
    for minutes in [75, 100, 135, 200] {
        let mut tally = Tally::new();
        for night in &nights {
            let window = WindowRequest::unbroken(minutes).unwrap().find(night).unwrap().windows.remove(0);
            let theirs = from_slot_starts(&units(night), i64::from(minutes)) as f64 / f64::from(minutes);
            let ours = window.average_minor_per_kwh.units() as f64;
            assert!(ours <= theirs + 0.5, "{:?}", night.grid());
            tally.add(ours / 1e8, theirs.max(ours) / 1e8);
        }
        tally.say(&format!("{minutes} minutes unbroken, against slot starts only"));
    }
    for (blocks, slots) in [(2, 4), (3, 2), (4, 2)] {
        let minutes = u32::try_from(blocks * slots * 30).unwrap();
        let mut tally = Tally::new();
        for night in &nights {
            let request =
                WindowRequest::split(minutes).unwrap().max_starts(blocks).min_run(slots as u32 * 30);
            let window = request.find(night).unwrap().windows.remove(0);
            let Some(theirs) = greedily(&units(night), blocks, slots) else { continue };
            let (ours, theirs) =
                (window.average_minor_per_kwh.units(), theirs as f64 / (blocks * slots) as f64);
            assert!(ours as f64 <= theirs + 0.5, "{:?}", night.grid());
            tally.add(ours as f64 / 1e8, theirs.max(ours as f64) / 1e8);
        }
        tally.say(&format!(
            "{minutes} minutes in {blocks} blocks of at least {}, against greedy blocks",
            slots * 30
        ));
    }
}

#[test]
fn no_night_charges_dearer_than_the_cheapest_slots_allow() {
    let Some(rates) = real_rates() else {
        println!("skipped: no real rates");
        return;
    };
    let nights = nights(&rates);
    let mut sums = [0.0; 5];
    for night in &nights {
        let span = night.grid().span().unwrap();
        let request =
            || charge::ChargeRequest::energy("22".parse().unwrap(), "7.4".parse().unwrap(), span).unwrap();
        // Exact where nothing limits the starts: the cheapest slots, the last of them in part.
        let mut sorted = units(night);
        sorted.sort_unstable();
        let least: i128 = sorted.iter().take(5).map(|rate| i128::from(*rate) * 370_000_000).sum::<i128>()
            + i128::from(sorted[5]) * 350_000_000;
        let plan = request().plan(night).unwrap();
        assert_eq!(plan.cost_minor.units(), least * 10_000, "{:?}", night.grid());
        let mut before = None;
        for (starts, sum) in (1..).zip(&mut sums) {
            let limited = request().max_starts(starts).plan(night).unwrap();
            assert!(limited.feasible && limited.starts <= starts && limited.cost_minor >= plan.cost_minor);
            assert!(before.is_none_or(|before| limited.cost_minor <= before));
            before = Some(limited.cost_minor);
            *sum += (limited.cost_minor.units() - plan.cost_minor.units()) as f64 / 1e20;
        }
    }
    let text: Vec<String> = (1..)
        .zip(sums)
        .map(|(starts, sum)| format!("{starts}: +{:.3} p", sum / nights.len() as f64))
        .collect();
    println!(
        "22 kWh at 7.4 kW over {} nights, against any number of starts: {}",
        nights.len(),
        text.join(", ")
    );
}
