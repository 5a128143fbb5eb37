//! The plan of a home from now on: worked by hand where rates are whole pence, kept in force by what a change must save, and made of what is
//! known where data is late.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use kwhen::Energy;
use kwhen::time::Span;
use kwhen_app::answer::home::{Block, Decision, Home, Runs};
use kwhen_app::ask::{HomeArguments, Said};
use kwhen_app::context::{Context, Setting};
use kwhen_tests::folder::Folder;
use std::collections::BTreeMap;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    setting: Setting,
    #[command(flatten)]
    home: HomeArguments,
}

const CAR: &str = "name = \"Car\"\ncapacity_kwh = 60\nkw = \"7.4\"\ncharge = { efficiency = \"0.9\" }\ndischarge = { kw = 0 }\n";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn kwh(text: &str) -> Energy {
    text.parse().unwrap()
}

/// Half-hours from an instant to another; a rate is as many pence as its number of the day in UTC, a reading half a kWh.
fn rows(head: &str, from: &str, to: &str, value: impl Fn(i64) -> String) -> Vec<u8> {
    let (mut start, to) = (at(from), at(to));
    let mut text = format!("start,{head}\n");
    while start < to {
        let number = start.timestamp() / 1_800 % 48;
        text.push_str(&format!("{},{}\n", start.format("%Y-%m-%dT%H:%M:%SZ"), value(number)));
        start += TimeDelta::minutes(30);
    }
    text.into_bytes()
}

fn folder(rates_to: &str, readings_to: &str) -> Folder {
    Folder::of([
        ("rates.csv", rows("rate", "2026-10-01T00:00:00Z", rates_to, |number| number.to_string())),
        ("load.csv", rows("kwh", "2026-10-01T00:00:00Z", readings_to, |_| "0.5".to_owned())),
        ("car.toml", CAR.into()),
    ])
}

fn ask(folder: &Folder, line: &str, now: &str, car: Said) -> Home {
    let line = format!("home --rates @/rates.csv --battery @/car.toml {line}")
        .replace("@/", &format!("{}/", folder.path().display()));
    let matches = Line::command().try_get_matches_from(line.split_whitespace()).unwrap();
    let line = Line::from_arg_matches(&matches).unwrap();
    let ctx = Context::new(line.setting, &matches, at(now)).unwrap();
    line.home.answer(&ctx, &BTreeMap::from([("Car".to_owned(), car)])).unwrap()
}

const NOW: &str = "2026-10-24T20:00:00Z";

/// 30 kWh are stored, 48 are wanted by the morning: 18 kWh, 20 at the meter.
fn wanted() -> Said {
    Said { level: Some(kwh("30")), targets: vec![(at("2026-10-25T07:00:00Z"), kwh("48"))], ..Said::default() }
}

/// A plan in force that charges between two instants.
fn in_force(from: &str, to: &str) -> Option<(DateTime<Utc>, Vec<Block>)> {
    let block = Block {
        span: Span::new(at(from), at(to)).unwrap(),
        doing: Runs::Charging,
        kwh: kwh("20"),
        kw: "7.4".parse().unwrap(),
    };
    Some((at("2026-10-26T20:00:00Z"), vec![block]))
}

fn times(home: &Home) -> (String, String) {
    let blocks = &home.plan.as_ref().unwrap().devices[0].blocks;
    (blocks[0].span.from().to_rfc3339(), blocks.last().unwrap().span.to().to_rfc3339())
}

#[test]
fn the_cheapest_half_hours_are_taken_and_what_they_cost_is_worked_by_hand() {
    let home = ask(&folder("2026-10-28T00:00:00Z", NOW), "", NOW, wanted());
    let plan = home.plan.as_ref().unwrap();
    assert_eq!((plan.decision, plan.keeping_costs_minor), (Decision::First, None));
    // 3.7 kWh in each of five half-hours at 0 to 4 pence, and 1.5 kWh at 5.
    assert_eq!(plan.cost_minor, "44.5".parse().unwrap());
    assert_eq!(
        times(&home),
        ("2026-10-25T00:00:00+00:00".to_owned(), "2026-10-25T03:00:00+00:00".to_owned())
    );
    assert!(plan.devices[0].unreached.is_empty() && home.problems.is_empty(), "{:?}", home.problems);
}

#[test]
fn a_plan_in_force_is_kept_unless_the_best_saves_more_than_is_stated() {
    let folder = folder("2026-10-28T00:00:00Z", NOW);
    // Half an hour later each of 20 kWh is a penny dearer.
    let said = Said { in_force: in_force("2026-10-25T00:30:00Z", "2026-10-25T03:30:00Z"), ..wanted() };
    let decided = |by: &str| {
        let home = ask(&folder, &format!("--unless-better-by {by}"), NOW, said.clone());
        let plan = home.plan.as_ref().unwrap();
        (
            plan.decision,
            plan.keeping_costs_minor.unwrap().to_string(),
            plan.cost_minor.to_string(),
            times(&home).0,
        )
    };
    let (kept, best) = ("2026-10-25T00:30:00+00:00".to_owned(), "2026-10-25T00:00:00+00:00".to_owned());
    assert_eq!(decided("20"), (Decision::Keep, "20".to_owned(), "64.5".to_owned(), kept));
    assert_eq!(decided("19.9999"), (Decision::Change, "20".to_owned(), "44.5".to_owned(), best));
    // One that does the same is kept whatever is stated.
    let same = Said { in_force: in_force("2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z"), ..wanted() };
    let home = ask(&folder, "--unless-better-by 0", NOW, same);
    assert_eq!(home.plan.unwrap().decision, Decision::Keep);
    // One that does not do what is asked for is not kept, however much is stated.
    let idle = Said { in_force: Some((at("2026-10-26T20:00:00Z"), Vec::new())), ..wanted() };
    let home = ask(&folder, "--unless-better-by 1000", NOW, idle);
    assert_eq!(home.plan.unwrap().decision, Decision::Change);
}

#[test]
fn what_is_said_of_a_device_is_done_and_what_cannot_be_reached_is_said() {
    let folder = folder("2026-10-28T00:00:00Z", NOW);
    let held = ask(&folder, "", NOW, Said { hold: true, ..wanted() }).plan.unwrap();
    assert!(held.devices[0].blocks.is_empty());
    let missed = held.devices[0].unreached[0].to_string();
    assert_eq!(missed, "48 kWh by 2026-10-25T07:00:00Z cannot be reached: 30 kWh is the most by then");
    // What a missed wish is held to cost is in no figure.
    assert_eq!(held.cost_minor, kwhen::Money::ZERO);
    let now = ask(&folder, "", "2026-10-24T20:10:00Z", Said { charge_to: Some(kwh("60")), ..wanted() });
    // From this minute on at full power: 30 kWh, 33.33 at the meter.
    let blocks = &now.plan.as_ref().unwrap().devices[0].blocks;
    assert_eq!(blocks[0].span.from(), at("2026-10-24T20:10:00Z"));
    assert_eq!((blocks[0].doing, blocks[0].kw.to_string().as_str()), (Runs::Charging, "7.4"));
    assert!(blocks[0].span.seconds() >= 4 * 3_600, "{blocks:?}");
}

#[test]
fn late_readings_and_rates_are_taken_from_other_days_and_said() {
    let late = folder("2026-10-28T00:00:00Z", "2026-10-22T00:00:00Z");
    let home = ask(&late, "--load @/load.csv", NOW, wanted());
    let plan = home.plan.as_ref().unwrap();
    assert!(
        plan.notices.iter().any(|notice| notice.contains("filled from other days")),
        "{:?}",
        plan.notices
    );
    assert!(home.problems.is_empty(), "{:?}", home.problems);
    // The rates ended three hours ago: what is said of them is that, and the car is still charged by morning, by past days.
    let over = folder("2026-10-24T17:00:00Z", NOW);
    let home = ask(&over, "", NOW, wanted());
    assert!(home.rates.is_none() && home.problems.iter().any(|problem| problem.contains("no rate is known")));
    assert_eq!(
        times(&home),
        ("2026-10-25T00:00:00+00:00".to_owned(), "2026-10-25T03:00:00+00:00".to_owned())
    );
}
