//! A real process that fills a store is killed at random points, 200 times, now and then beside a second one that does the same:
//! nothing is lost, nothing is there twice, and the next run goes on.
//!
//! The test runs itself as the process to be killed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, Utc};
use kwhen_fake_api::Server;
use kwhen_fetch::Instance;
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::protocol::{Jitter, Settings, TokenBucket};
use kwhen_fetch::store::{ChargeKind, Series, Store, Sync, SyncOptions};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const KILLS: u32 = 200;
const REGIONS: &str = "ABCDEFGHJKLMNP";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, child, path, url] = arguments.as_slice()
        && child == "fill"
    {
        return fill(path, url);
    }
    killed_two_hundred_times();
    println!("test killed_two_hundred_times ... ok");
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn tariff(region: char) -> String {
    format!("E-1R-AGILE-24-10-01-{region}")
}

fn span() -> (DateTime<Utc>, DateTime<Utc>) {
    (at("2025-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"))
}

fn fill(path: &str, url: &str) {
    let mut settings = Settings::new(Instance::allowing_plain_http(url).unwrap());
    settings.rate = TokenBucket::new(1_000_000, Duration::ZERO);
    let (client, store) = (Client::new(settings).unwrap(), Store::open(path).unwrap());
    for region in REGIONS.chars() {
        // Small pages, so that there are many points at which to be killed.
        let (from, to) = span();
        let options =
            SyncOptions { page_size: Some(60), ..SyncOptions::new(from, to, at("2026-03-02T17:00:00Z")) };
        let sync = Sync::charges(&store, &tariff(region), ChargeKind::UnitRates, options).unwrap();
        if !sync.is_done() {
            client.run(sync).unwrap();
        }
    }
}

fn start(path: &str, url: &str) -> Child {
    let this = std::env::current_exe().unwrap();
    Command::new(this).args(["fill", path, url]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "another process is killed in real time")]
fn killed_two_hundred_times() {
    let server = Server::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kwhen.db").display().to_string();
    let mut jitter = Jitter::from_seed(20_260_302);
    let (mut held, mut finished, mut grew, mut requests) = (0, 0, 0, 0);
    for kill in 0..KILLS {
        let mut children = vec![start(&path, &server.url())];
        if kill % 10 == 0 {
            children.push(start(&path, &server.url()));
        }
        // Most are killed while they write; every eighth already while it starts.
        while kill % 8 > 0
            && server.seen().is_empty()
            && children.iter_mut().any(|child| matches!(child.try_wait(), Ok(None)))
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(jitter.up_to(40)));
        requests += server.seen().len();
        server.forget();
        for child in &mut children {
            finished += u32::from(child.try_wait().unwrap().is_some());
            let _ = child.kill();
            child.wait().unwrap();
        }
        if kill % 20 == 19 || kill == 0 {
            let now = check(&path, false);
            assert!(now >= held, "kill {kill}: {held} rows became {now}");
            grew += u32::from(now > held);
            held = now;
        }
    }
    assert!(grew > 0, "the processes must get somewhere, or the test shows nothing");
    fill(&path, &server.url());
    assert_eq!(check(&path, true), 14 * 365 * 48);
    println!("{KILLS} kills ({finished} too late), {requests} requests, {held} rows before the last run");
}

/// Every covered half-hour has exactly one rate; gives how many there are.
fn check(path: &str, whole: bool) -> usize {
    let store = Store::open(path).unwrap();
    assert_eq!(store.faults().unwrap(), Vec::<String>::new());
    let (from, to) = span();
    let mut held = 0;
    for region in REGIONS.chars() {
        let series = Series::Charges(tariff(region), ChargeKind::UnitRates);
        let left = store.not_covered(&series, from, to).unwrap();
        assert!(!whole || left.is_empty(), "{left:?}");
        let Ok(rates) = store.rates(&tariff(region), ChargeKind::UnitRates, (from, to), None) else {
            continue;
        };
        // Builders refuse rows that overlap, so a row that is there twice would be an error here; a lost one leaves a gap.
        assert_eq!(rates.notices(), []);
        assert_eq!(rates.gaps(), [], "rates are fetched newest first without gaps");
        let first = rates.span().from();
        let covered_from = left.first().map_or(from, |left| left.1);
        assert!(first <= covered_from, "{region}: covered from {covered_from} but held from {first}");
        held += rates.len();
    }
    held
}
