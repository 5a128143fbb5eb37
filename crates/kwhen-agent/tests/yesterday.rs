//! Yesterday beside the plans that were in force: over both changes of the clock, and over a process that is killed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Publication, Span, parse_instant};
use kwhen::{Energy, UnitRate};
use kwhen_agent::device::Device;
use kwhen_agent::keep;
use kwhen_agent::line::Line;
use kwhen_agent::message::{Message, Topics};
use kwhen_agent::schedule::{Schedule, What};
use kwhen_agent::state::State;
use kwhen_agent::turn::{Agent, Event, Settings, World, carry_out};
use kwhen_app::answer::home::{
    Block, Decision, DeviceAhead, Home, HomePlan, LevelAt, Runs, SlotAhead, SlotUsed,
};
use kwhen_app::ask::Said;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn at(text: &str) -> DateTime<Utc> {
    parse_instant(text).unwrap()
}

fn kwh(text: &str) -> Energy {
    text.parse().unwrap()
}

/// A home that plans 0.54 kWh for each half-hour at 10 p, and a car that takes 1.8 kW.
struct Steady {
    path: PathBuf,
    published: BTreeMap<String, String>,
    yesterday: Vec<SlotUsed>,
    looks: usize,
}

impl World for Steady {
    fn fetch(&mut self, _: What) {}

    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String> {
        self.looks += 1;
        let now = now - TimeDelta::seconds(now.timestamp() % 60);
        let first = now - TimeDelta::seconds(now.timestamp() % 1_800);
        let rate: UnitRate = "10".parse().unwrap();
        let slot = |place: i32| {
            let from = (first + TimeDelta::minutes(30) * place).max(now);
            let span = Span::new(from, first + TimeDelta::minutes(30) * (place + 1)).unwrap();
            let import = kwh("0.54").units() * span.seconds() / 1_800;
            SlotAhead {
                span,
                import_kwh: Energy::from_units(import).unwrap(),
                export_kwh: Energy::ZERO,
                import_minor_per_kwh: rate,
                export_minor_per_kwh: UnitRate::default(),
            }
        };
        let level = said["Car"].level.unwrap_or_default();
        let span = Span::new(now, first + TimeDelta::hours(24)).unwrap();
        let end = now + TimeDelta::hours(2);
        let block = Block {
            span: Span::new(now, end).unwrap(),
            doing: Runs::Charging,
            kwh: kwh("3.6"),
            kw: "1.8".parse().unwrap(),
        };
        let car = DeviceAhead {
            name: "Car".to_owned(),
            blocks: vec![block],
            levels: vec![
                LevelAt { at: now, kwh: level },
                LevelAt { at: end, kwh: level.checked_add(kwh("3.6")).unwrap() },
                LevelAt { at: span.to(), kwh: level.checked_add(kwh("3.6")).unwrap() },
            ],
            value_minor_per_kwh: Some("12.5".parse().unwrap()),
            unreached: Vec::new(),
        };
        let plan = HomePlan {
            span,
            currency: Currency::GBP,
            rates_known_to: span.to(),
            cost_minor: kwhen::Money::ZERO,
            gap_minor: kwhen::Money::ZERO,
            decision: Decision::Change,
            keeping_costs_minor: None,
            devices: vec![car],
            slots: (0..48).map(slot).collect(),
            notices: Vec::new(),
        };
        Ok(Home {
            now,
            rates: None,
            today: None,
            month: None,
            paid_back: None,
            yesterday: self.yesterday.clone(),
            dispatches: None,
            plan: Some(plan),
            problems: Vec::new(),
        })
    }

    fn publish(&mut self, message: &Message) {
        self.published.insert(message.topic.clone(), message.payload.clone());
    }

    fn log(&mut self, _: &Line) {}

    fn save(&mut self, state: &State) -> Result<(), String> {
        keep::write(&self.path, state)
    }
}

fn settings() -> Settings {
    Settings {
        schedule: Schedule {
            calendar: Calendar::great_britain(),
            publication: Publication::agile(),
            seed: 3,
        },
        fetches: false,
        dispatched: false,
        paid_back: false,
        topics: Topics { base: "kwhen".to_owned(), discovery: None },
        devices: vec![Device {
            id: "car".to_owned(),
            name: "Car".to_owned(),
            capacity: Some(kwh("60")),
            most: "7.4".parse().unwrap(),
        }],
        ready: Vec::new(),
        durations: vec![60],
        currency: Currency::GBP,
        records: false,
        stale_after: 600,
        refuse_after: 3_600,
    }
}

/// Goes through a local day and into the next; gives what is said of it then, where the readings of the day are 0.6 kWh a half-hour at 10 p but
/// for one that is missing.
fn day(date: &str, to: &str) -> (Value, State) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let mut world =
        Steady { path: path.clone(), published: BTreeMap::new(), yesterday: Vec::new(), looks: 0 };
    let calendar = Calendar::great_britain();
    let day = calendar.day(date.parse().unwrap()).unwrap();
    // From the evening before on, at odd seconds.
    let mut now = day.from() - TimeDelta::hours(3) + TimeDelta::seconds(4);
    let mut agent = Agent::new(settings(), State::default());
    carry_out(&mut agent, now, Event::Connected, &mut world);
    let level = |text: &str| Event::Message {
        topic: "kwhen/device/car/level/set".to_owned(),
        payload: text.as_bytes().to_vec(),
        retained: false,
    };
    let noon = day.from() + TimeDelta::hours(12);
    let (mut told, mut killed) = (Vec::new(), false);
    while now < at(to) {
        now = agent.wake(now).max(now + TimeDelta::seconds(7));
        if now >= noon && !killed {
            // Killed: all that is known is on the disk.
            agent = Agent::new(settings(), keep::read(&path).unwrap());
            carry_out(&mut agent, now, Event::Connected, &mut world);
            killed = true;
        }
        if now >= day.to() && world.yesterday.is_empty() {
            let slots = (0..day.seconds() / 1_800).filter(|place| *place != 5).map(|place| {
                let from = day.from() + TimeDelta::minutes(30 * place);
                SlotUsed {
                    span: Span::new(from, from + TimeDelta::minutes(30)).unwrap(),
                    kwh: kwh("0.6"),
                    cost_minor: "6".parse().unwrap(),
                }
            });
            world.yesterday = slots.collect();
        }
        carry_out(&mut agent, now, Event::Tick, &mut world);
        // Twice it is told how much the car has: the second time a kWh less than 1.8 kW have made of it since.
        if now >= noon + TimeDelta::hours(2) && told.len() < 2 {
            let since = told.first().map_or(0, |first: &DateTime<Utc>| (now - *first).num_seconds());
            let more = Energy::from_units(since * 50_000).unwrap();
            let less = if told.is_empty() { Energy::ZERO } else { kwh("1") };
            let text = kwh("20").checked_add(more).unwrap().checked_sub(less).unwrap().to_string();
            carry_out(&mut agent, now, level(&text), &mut world);
            told.push(now);
        }
    }
    (serde_json::from_str(&world.published["kwhen/yesterday"]).unwrap(), agent.state().clone())
}

#[test]
fn a_day_of_25_hours_and_one_of_23_are_compared_half_hour_by_half_hour() {
    for (date, to, slots, planned, used, difference) in [
        // All half-hours but one that was not read, of 0.54 kWh as planned and of 0.6 kWh as read.
        ("2026-10-25", "2026-10-26T03:00:00Z", 50, "26.46", "29.4", "0.294"),
        ("2026-03-29", "2026-03-30T03:00:00Z", 46, "24.3", "27", "0.27"),
        ("2026-06-10", "2026-06-11T03:00:00Z", 48, "25.38", "28.2", "0.282"),
    ] {
        let (said, state) = day(date, to);
        assert_eq!(said["slots"].as_array().unwrap().len(), slots, "{date}");
        assert_eq!(said["minutes"], i64::try_from(slots).unwrap() * 30, "{date}");
        assert_eq!(said["compared_minutes"], (i64::try_from(slots).unwrap() - 1) * 30, "{date}");
        for (field, value) in [("planned_kwh", planned), ("kwh", used), ("difference", difference)] {
            assert_eq!(said[field], value, "{date}: {field}: {said}");
        }
        assert!(said["slots"][5]["kwh"].is_null() && said["slots"][5]["planned_kwh"] == "0.54", "{date}");
        assert_eq!(said["slots"][6]["devices"]["car"]["planned_kw"], "1.8", "{date}");
        // What is kept is of yesterday and today alone.
        let kept = state.past.slots.len();
        assert!(kept >= slots && kept <= slots + 8, "{date}: {kept}");
    }
}

#[test]
fn what_is_told_of_a_device_is_beside_what_its_plan_had() {
    let (said, _) = day("2026-06-10", "2026-06-11T03:00:00Z");
    let car = &said["devices"][0];
    assert_eq!((&car["id"], &car["planned_taken_kwh"]), (&"car".into(), &"43.2".into()), "{car}");
    assert_eq!(car["planned_cost"], "4.32");
    let deviation: f64 = car["deviation_kwh"].as_str().unwrap().parse().unwrap();
    assert!((deviation + 1.0).abs() < 1e-6, "{car}");
    let worth: f64 = car["deviation_worth"].as_str().unwrap().parse().unwrap();
    assert!((worth - deviation * 0.125).abs() < 1e-9, "{car}");
}

#[test]
fn without_a_plan_or_a_reading_nothing_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let mut world = Steady { path, published: BTreeMap::new(), yesterday: Vec::new(), looks: 0 };
    let mut agent = Agent::new(settings(), State::default());
    carry_out(&mut agent, at("2026-06-10T12:00:00Z"), Event::Connected, &mut world);
    let said: Value = serde_json::from_str(&world.published["kwhen/yesterday"]).unwrap();
    assert_eq!((&said["compared_minutes"], &said["minutes"]), (&0.into(), &1_440.into()));
    for field in ["planned_kwh", "planned_cost", "kwh", "cost", "difference"] {
        assert!(said[field].is_null(), "{field}: {said}");
    }
    assert_eq!(said["from"], "2026-06-08T23:00:00Z");
    for field in ["planned_taken_kwh", "planned_given_kwh", "planned_cost", "deviation_kwh"] {
        assert!(said["devices"][0][field].is_null(), "{field}: {said}");
    }
}
