//! The machine for months on a made-up clock, with everything that goes wrong: rates that are late, fetches that fail, a broker that
//! comes and goes, a process that is killed between any two things it does. A seed replays it (`KWHEN_SOAK_SEED`), and more days are
//! had for the asking (`KWHEN_SOAK_DAYS`).
//!
//! The world here answers at once and from what was fetched; how plans are made is tested where they are.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen::plan::SlotPrices;
use kwhen::plan::outlook::Outlook;
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Grid, Publication, SlotLength, Span, instant_text, parse_instant};
use kwhen::{Energy, RateSeries, UnitRate};
use kwhen_agent::device::Device;
use kwhen_agent::keep;
use kwhen_agent::line::Line;
use kwhen_agent::message::{Message, Topics};
use kwhen_agent::schedule::{Schedule, What};
use kwhen_agent::state::State;
use kwhen_agent::turn::{Agent, Event, Settings, World, carry_out};
use kwhen_app::answer::frame::{Frame, Remarks};
use kwhen_app::answer::home::{Block, Decision, DeviceAhead, Home, HomePlan, LevelAt, Runs};
use kwhen_app::answer::now::{Looked, Now};
use kwhen_app::ask::Said;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// SplitMix64: whole numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % sides
    }
}

/// A world in which things go wrong.
struct Rough {
    dice: Dice,
    now: DateTime<Utc>,
    /// To when rates were fetched, and when.
    known_to: DateTime<Utc>,
    fetched_at: DateTime<Utc>,
    /// Until when there is no network.
    offline_until: DateTime<Utc>,
    broker: bool,
    /// What the broker keeps.
    held: BTreeMap<String, String>,
    path: PathBuf,
    /// What was written to the disk last.
    saved: State,
    /// After so many more things to do the process is killed.
    lives: Cell<Option<u64>>,
    waiting: Vec<Event>,
    fetches: u64,
    looks: u64,
    published: u64,
    /// What was answered as accepted: whether the car is held.
    accepted_hold: Option<bool>,
    longest: usize,
}

fn publication() -> Publication {
    Publication::agile()
}

/// When rates are out that reach to an instant: up to two hours late on one day in five.
fn out_at(reach: DateTime<Utc>) -> DateTime<Utc> {
    let published = publication().published(reach - TimeDelta::minutes(1)).unwrap();
    let mut dice = Dice(reach.timestamp().unsigned_abs());
    let late = if dice.roll(5) == 0 { i64::try_from(dice.roll(7_200)).unwrap() } else { 0 };
    published + TimeDelta::seconds(late)
}

/// To when rates are out.
fn out_to(now: DateTime<Utc>) -> DateTime<Utc> {
    let reach = publication().known_until(now).unwrap();
    if out_at(reach) <= now { reach } else { publication().known_until(now - TimeDelta::days(1)).unwrap() }
}

impl World for Rough {
    fn fetch(&mut self, what: What) {
        self.fetches += 1;
        let fails = self.now < self.offline_until || self.dice.roll(6) == 0;
        if fails {
            let why = ["no network", "429 too many requests", "503", "not JSON"][self.dice.roll(4) as usize];
            self.waiting.push(Event::Fetched(what, Err(why.to_owned())));
            return;
        }
        let reach = out_to(self.now);
        let new = if what == What::Rates && reach > self.known_to { 48 } else { 0 };
        if what == What::Rates {
            (self.known_to, self.fetched_at) = (reach.max(self.known_to), self.now);
        }
        self.waiting.push(Event::Fetched(what, Ok(new)));
    }

    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String> {
        self.looks += 1;
        let from = DateTime::from_timestamp(now.timestamp() - now.timestamp().rem_euclid(1_800), 0).unwrap();
        let count = usize::try_from((self.known_to - from).num_minutes() / 30).unwrap_or(0);
        let rates = (count > 0).then(|| {
            let grid = Grid::new(from, SlotLength::HALF_HOUR, count).unwrap();
            let rates: Vec<Option<UnitRate>> =
                (0..count).map(|place| (place % 30).to_string().parse().ok()).collect();
            let series = RateSeries::on_slots(&grid, kwhen::series::VatBasis::Inclusive, &rates).unwrap();
            let outlook = Outlook::at(&series, now, self.known_to).unwrap();
            let ahead = Span::new(now, outlook.known_to).unwrap();
            Box::new(Now {
                frame: Frame::new(ahead, &Calendar::great_britain(), Currency::GBP),
                looked: Looked { now, tariff: "made up".to_owned(), fetched_at: Some(self.fetched_at) },
                outlook,
                windows: Vec::new(),
                plan: None,
                notices: Remarks::default(),
                prices: SlotPrices::over(&series, ahead, SlotLength::HALF_HOUR).unwrap(),
            })
        });
        let decision = match said.values().next().and_then(|said| said.in_force.as_ref()) {
            Some(_) => [Decision::Keep, Decision::Change][self.dice.roll(2) as usize],
            None => Decision::First,
        };
        let plan = rates.is_some().then(|| {
            let span = Span::new(now, from + TimeDelta::hours(48)).unwrap();
            let device = |(name, said): (&String, &Said)| {
                let start = from + TimeDelta::minutes(30 * i64::try_from(self.looks % 20).unwrap());
                let block = Block {
                    span: Span::new(start, start + TimeDelta::hours(1)).unwrap(),
                    doing: if name == "Car" { Runs::Charging } else { Runs::Running },
                    kwh: "5".parse().unwrap(),
                    kw: "5".parse().unwrap(),
                };
                let level = said.level.unwrap_or_default();
                DeviceAhead {
                    name: name.clone(),
                    blocks: vec![block],
                    levels: vec![LevelAt { at: now, kwh: level }, LevelAt { at: span.to(), kwh: level }],
                    value_minor_per_kwh: None,
                    unreached: Vec::new(),
                }
            };
            HomePlan {
                span,
                currency: Currency::GBP,
                rates_known_to: self.known_to,
                cost_minor: kwhen::Money::ZERO,
                gap_minor: kwhen::Money::ZERO,
                decision,
                keeping_costs_minor: None,
                devices: said.iter().map(device).collect(),
                slots: Vec::new(),
                notices: Vec::new(),
            }
        });
        let problems = if rates.is_none() { vec!["no rate is known".to_owned()] } else { Vec::new() };
        Ok(Home {
            now,
            rates,
            today: None,
            month: None,
            paid_back: None,
            yesterday: Vec::new(),
            dispatches: None,
            plan,
            problems,
        })
    }

    fn publish(&mut self, message: &Message) {
        self.published += 1;
        self.longest = self.longest.max(message.payload.len());
        if !self.broker {
            return;
        }
        if message.topic == "kwhen/answer" {
            let said: serde_json::Value = serde_json::from_str(&message.payload).unwrap();
            assert_eq!(said["accepted"], true, "{said}");
            // What is answered is on the disk by then.
            let on = said["message"] == "hold on";
            assert_eq!(self.saved.devices["car"].hold, on, "{said}");
            self.accepted_hold = Some(on);
            return;
        }
        if message.topic.starts_with("kwhen/") && message.payload != "online" {
            let said: serde_json::Value = serde_json::from_str(&message.payload).unwrap();
            // Each says what was known: neither more than was fetched nor older than half an hour.
            let at = parse_instant(said["at"].as_str().unwrap()).unwrap();
            assert!(at <= self.now && self.now - at <= TimeDelta::minutes(30), "{}: {said}", self.now);
            if let Some(known) = said["rates_known_to"].as_str() {
                assert!(parse_instant(known).unwrap() <= self.known_to, "{said}");
            }
        }
        self.held.insert(message.topic.clone(), message.payload.clone());
    }

    fn log(&mut self, _line: &Line) {}

    fn save(&mut self, state: &State) -> Result<(), String> {
        // The disk itself is slow and is tested in `keep`; here it is written now and then.
        if self.dice.roll(50) == 0 {
            keep::write(&self.path, state)?;
            assert_eq!(&keep::read(&self.path)?, state);
        }
        self.saved = state.clone();
        Ok(())
    }

    fn goes_on(&self) -> bool {
        match self.lives.get() {
            Some(0) => false,
            Some(left) => {
                self.lives.set(Some(left - 1));
                true
            }
            None => true,
        }
    }
}

fn settings(seed: u64) -> Settings {
    let device = |id: &str, name: &str, capacity: Option<&str>| Device {
        id: id.to_owned(),
        name: name.to_owned(),
        capacity: capacity.map(|kwh| kwh.parse::<Energy>().unwrap()),
        most: "7.4".parse().unwrap(),
    };
    Settings {
        schedule: Schedule { calendar: Calendar::great_britain(), publication: publication(), seed },
        fetches: true,
        dispatched: true,
        paid_back: false,
        topics: Topics { base: "kwhen".to_owned(), discovery: Some("homeassistant".to_owned()) },
        devices: vec![device("car", "Car", Some("60")), device("dishwasher", "Dishwasher", None)],
        ready: Vec::new(),
        durations: vec![60],
        currency: Currency::GBP,
        records: false,
        stale_after: 600,
        refuse_after: 3_600,
    }
}

fn tell(agent: &mut Agent, world: &mut Rough, event: Event) {
    if world.lives.get() != Some(0) {
        carry_out(agent, world.now, event, world);
    }
}

fn soak(seed: u64, days: i64) -> (u64, u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let begin = parse_instant("2026-02-01T12:00:00Z").unwrap();
    let mut world = Rough {
        dice: Dice(seed),
        now: begin,
        known_to: begin,
        fetched_at: begin,
        offline_until: begin,
        broker: true,
        held: BTreeMap::new(),
        path: folder.path().join("state.json"),
        saved: State::default(),
        lives: Cell::new(None),
        waiting: Vec::new(),
        fetches: 0,
        looks: 0,
        published: 0,
        accepted_hold: None,
        longest: 0,
    };
    let mut agent = Agent::new(settings(seed), State::default());
    tell(&mut agent, &mut world, Event::Tick);
    tell(&mut agent, &mut world, Event::Connected);
    let (mut said, mut broken, mut killed) = (begin, begin, begin);
    let mut missing_since: Option<DateTime<Utc>> = None;
    while world.now < begin + TimeDelta::days(days) {
        let place = format!("seed {seed} at {}", instant_text(world.now));
        // The process is killed every fifty hours or so, after a few more things that it does.
        if world.now - killed > TimeDelta::hours(40) && world.dice.roll(20) == 0 {
            killed = world.now;
            world.lives.set(Some(world.dice.roll(12)));
        }
        if world.lives.get() == Some(0) {
            world.lives.set(None);
            world.waiting.clear();
            world.now += TimeDelta::seconds(i64::try_from(world.dice.roll(1_800)).unwrap());
            if let (Some(hold), Some(car)) = (world.accepted_hold, world.saved.devices.get("car")) {
                assert_eq!(car.hold, hold, "{place}: what was accepted is lost");
            }
            agent = Agent::new(settings(seed), world.saved.clone());
            tell(&mut agent, &mut world, Event::Tick);
            if world.broker {
                tell(&mut agent, &mut world, Event::Connected);
            }
        }
        let events = std::mem::take(&mut world.waiting);
        if events.is_empty() {
            world.now = agent.wake(world.now).max(world.now + TimeDelta::seconds(1));
            // Now and then the machine sleeps for hours.
            if world.dice.roll(800) == 0 {
                world.now += TimeDelta::hours(5);
            }
            tell(&mut agent, &mut world, Event::Tick);
        }
        for event in events {
            tell(&mut agent, &mut world, event);
        }
        if world.now - said > TimeDelta::minutes(25) {
            said = world.now;
            let level = world.dice.roll(60).to_string();
            let message = |what: &str, payload: &str| Event::Message {
                topic: format!("kwhen/device/car/{what}/set"),
                payload: payload.as_bytes().to_vec(),
                retained: false,
            };
            tell(&mut agent, &mut world, message("level", &level));
            if world.dice.roll(9) == 0 {
                let hold = if world.dice.roll(2) == 0 { "ON" } else { "OFF" };
                // Killed before it answers, it may have taken it or not.
                world.accepted_hold = None;
                tell(&mut agent, &mut world, message("hold", hold));
            }
        }
        match world.dice.roll(400) {
            0 => {
                world.offline_until =
                    world.now + TimeDelta::hours(i64::try_from(world.dice.roll(90)).unwrap())
            }
            1 if world.broker => {
                world.broker = false;
                broken = world.now;
                tell(&mut agent, &mut world, Event::Disconnected("gone".to_owned()));
            }
            _ if !world.broker && world.now - broken > TimeDelta::hours(2) => {
                world.broker = true;
                // It comes back knowing nothing.
                world.held.clear();
                tell(&mut agent, &mut world, Event::Connected);
            }
            _ => {}
        }
        if world.lives.get() == Some(0) || !world.waiting.is_empty() {
            continue;
        }
        // No plan is missed for which there are rates, and it is with the broker.
        if world.known_to > world.now {
            let plan = agent.state().plan.as_ref().unwrap_or_else(|| panic!("{place}: no plan"));
            assert!(plan.until > world.now.timestamp(), "{place}: the plan is over");
            assert_eq!(plan.rates_known_to, world.known_to.timestamp(), "{place}: planned on older rates");
            if world.broker {
                let topics = ["rates", "plan", "device/car", "device/dishwasher", "data", "availability"];
                for topic in topics {
                    assert!(
                        world.held.contains_key(&format!("kwhen/{topic}")),
                        "{place}: nothing on {topic}"
                    );
                }
            }
        }
        // Rates that are out come within an hour and a half of network: waits between attempts are half an hour at most.
        let is_missing = out_to(world.now) > world.known_to && world.now >= world.offline_until;
        missing_since = if is_missing { Some(missing_since.unwrap_or(world.now)) } else { None };
        if let Some(since) = missing_since {
            assert!(world.now - since < TimeDelta::hours(12), "{place}: no rates since {since}");
        }
        assert!(serde_json::to_vec(agent.state()).unwrap().len() < 20_000, "{place}: the state grows");
    }
    assert!(world.held.len() < 30 && world.longest < 100_000, "{} topics", world.held.len());
    (world.looks, world.fetches, world.published)
}

#[test]
fn two_months_of_everything_that_goes_wrong_or_as_many_days_as_are_said() {
    let said = |name: &str| std::env::var_os(name).and_then(|value| value.to_str()?.parse::<u32>().ok());
    let days = said("KWHEN_SOAK_DAYS").unwrap_or(60);
    let (looks, fetches, published) = soak(said("KWHEN_SOAK_SEED").unwrap_or(1).into(), days.into());
    // Every half-hour is looked at; of rates nobody is asked more than every half-hour, of dispatches every twenty minutes.
    let days = u64::from(days);
    assert!(
        looks >= days * 40 && fetches < days * (48 + 72 + 6),
        "{looks} looks, {fetches} fetches, {published} messages"
    );
    eprintln!("{looks} looks, {fetches} fetches, {published} messages");
}

#[test]
fn a_seed_replays_its_days() {
    assert_eq!(soak(7, 12), soak(7, 12));
    for seed in 100..110 {
        soak(seed, 12);
    }
}
