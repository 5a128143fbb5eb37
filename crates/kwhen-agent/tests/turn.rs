//! The machine by itself: a made-up clock, made-up answers, and what it says to do.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen::plan::SlotPrices;
use kwhen::plan::outlook::Outlook;
use kwhen::plan::window::WindowRequest;
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Grid, Publication, SlotLength, Span, parse_instant};
use kwhen::{Energy, RateSeries, UnitRate};
use kwhen_agent::device::{Device, Ready};
use kwhen_agent::line::Line;
use kwhen_agent::message::{Message, Topics};
use kwhen_agent::schedule::{Schedule, What};
use kwhen_agent::state::State;
use kwhen_agent::turn::{Agent, Asker, Event, Settings, World, carry_out};
use kwhen_app::answer::frame::{Frame, Remarks};
use kwhen_app::answer::home::{Block, Decision, DeviceAhead, Home, HomePlan, LevelAt, Runs};
use kwhen_app::answer::now::{Looked, Now};
use kwhen_app::ask::Said;
use serde_json::Value;
use std::collections::BTreeMap;

fn at(text: &str) -> DateTime<Utc> {
    parse_instant(text).unwrap()
}

fn kwh(text: &str) -> Energy {
    text.parse().unwrap()
}

/// Made-up rates: a half-hour's is its number of the day, so that the cheapest are after midnight UTC; `last_day` ends them at 23:00.
fn rates(from: DateTime<Utc>, to: DateTime<Utc>) -> RateSeries {
    let count = usize::try_from((to - from).num_minutes() / 30).unwrap();
    let grid = Grid::new(from, SlotLength::HALF_HOUR, count).unwrap();
    let known: Vec<Option<UnitRate>> = grid
        .slots()
        .map(|slot| Some((slot.span.from().timestamp() / 1_800 % 48).to_string().parse().unwrap()))
        .collect();
    RateSeries::on_slots(&grid, kwhen::series::VatBasis::Inclusive, &known).unwrap()
}

/// A world of a test.
struct Made {
    /// To when rates are known.
    known_to: DateTime<Utc>,
    fetched_at: DateTime<Utc>,
    /// What comes of a fetch; `None`: nothing, for ever.
    come: Result<u64, String>,
    fetches: Vec<(DateTime<Utc>, What)>,
    /// When hours were recorded, and what comes of it.
    records: Vec<DateTime<Utc>>,
    recorded: Result<usize, String>,
    now: DateTime<Utc>,
    asked: Vec<BTreeMap<String, Said>>,
    /// What each device does, as blocks.
    blocks: BTreeMap<String, Vec<Block>>,
    levels: BTreeMap<String, Vec<LevelAt>>,
    decision: Decision,
    published: Vec<Message>,
    lines: Vec<Line>,
    kept: State,
    /// Why its state cannot be kept.
    unkept: Option<String>,
    waiting: Vec<Event>,
}

impl Made {
    fn new(now: DateTime<Utc>) -> Self {
        Self {
            known_to: Publication::agile().known_until(now).unwrap(),
            fetched_at: now,
            come: Ok(48),
            fetches: Vec::new(),
            records: Vec::new(),
            recorded: Ok(48),
            now,
            asked: Vec::new(),
            blocks: BTreeMap::new(),
            levels: BTreeMap::new(),
            decision: Decision::First,
            published: Vec::new(),
            lines: Vec::new(),
            kept: State::default(),
            unkept: None,
            waiting: Vec::new(),
        }
    }

    fn last(&self, topic: &str) -> Value {
        let found = self.published.iter().rev().find(|message| message.topic == topic);
        serde_json::from_str(&found.unwrap_or_else(|| panic!("nothing on {topic}")).payload).unwrap()
    }

    fn on(&self, topic: &str) -> usize {
        self.published.iter().filter(|message| message.topic == topic).count()
    }
}

impl World for Made {
    fn fetch(&mut self, what: What) {
        self.fetches.push((self.now, what));
        self.waiting.push(Event::Fetched(what, self.come.clone()));
        if self.come.is_ok() && what == What::Rates {
            self.known_to = Publication::agile().known_until(self.now).unwrap();
            self.fetched_at = self.now;
        }
    }

    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String> {
        self.asked.push(said.clone());
        let calendar = Calendar::great_britain();
        let series = rates(at("2026-10-01T00:00:00Z"), self.known_to);
        let known = Outlook::at(&series, now, self.known_to).map(|outlook| {
            let ahead = Span::new(now, outlook.known_to).unwrap();
            let prices = SlotPrices::over(&series, ahead, SlotLength::HALF_HOUR).unwrap();
            let hour = WindowRequest::unbroken(60).unwrap().during(ahead).find(&prices).unwrap();
            Box::new(Now {
                frame: Frame::new(ahead, &calendar, Currency::GBP),
                looked: Looked { now, tariff: "made up".to_owned(), fetched_at: Some(self.fetched_at) },
                outlook,
                windows: hour.windows,
                plan: None,
                notices: Remarks::default(),
                prices,
            })
        });
        let problems = if known.is_none() { vec!["no rate is known".to_owned()] } else { Vec::new() };
        let span = Span::new(now, now + TimeDelta::hours(24)).unwrap();
        let device = |name: &String| DeviceAhead {
            name: name.clone(),
            blocks: self.blocks.get(name).cloned().unwrap_or_default(),
            levels: self.levels.get(name).cloned().unwrap_or_default(),
            value_minor_per_kwh: Some("12.5".parse().unwrap()),
            unreached: Vec::new(),
        };
        let plan = known.is_some().then(|| HomePlan {
            span,
            currency: Currency::GBP,
            rates_known_to: self.known_to,
            cost_minor: "123.456".parse().unwrap(),
            gap_minor: kwhen::Money::ZERO,
            decision: self.decision,
            keeping_costs_minor: None,
            devices: said.keys().map(device).collect(),
            slots: Vec::new(),
            notices: Vec::new(),
        });
        Ok(Home {
            now,
            rates: known,
            today: None,
            month: None,
            paid_back: None,
            yesterday: Vec::new(),
            dispatches: None,
            plan,
            problems,
        })
    }

    fn record(&mut self, now: DateTime<Utc>) {
        self.records.push(now);
        self.waiting.push(Event::Recorded(self.recorded.clone()));
    }

    fn publish(&mut self, message: &Message) {
        self.published.push(message.clone());
    }

    fn log(&mut self, line: &Line) {
        self.lines.push(line.clone());
    }

    fn save(&mut self, state: &State) -> Result<(), String> {
        if let Some(why) = &self.unkept {
            return Err(why.clone());
        }
        self.kept = state.clone();
        Ok(())
    }
}

fn settings(fetches: bool) -> Settings {
    let device = |id: &str, name: &str, capacity: Option<&str>| Device {
        id: id.to_owned(),
        name: name.to_owned(),
        capacity: capacity.map(kwh),
        most: "7.4".parse().unwrap(),
    };
    Settings {
        schedule: Schedule {
            calendar: Calendar::great_britain(),
            publication: Publication::agile(),
            seed: 11,
        },
        fetches,
        dispatched: false,
        paid_back: false,
        topics: Topics { base: "kwhen".to_owned(), discovery: Some("homeassistant".to_owned()) },
        devices: vec![device("car", "Car", Some("60")), device("dishwasher", "Dishwasher", None)],
        ready: vec![Ready::parse("Car=50%@07:00").unwrap()],
        durations: vec![60],
        currency: Currency::GBP,
        records: false,
        stale_after: 600,
        refuse_after: 3_600,
    }
}

/// Goes on to an instant, as the loop does.
fn go_on(agent: &mut Agent, made: &mut Made, to: DateTime<Utc>) {
    while made.now < to {
        let events = std::mem::take(&mut made.waiting);
        if events.is_empty() {
            made.now = agent.wake(made.now).min(to);
            carry_out(agent, made.now, Event::Tick, made);
        }
        for event in events {
            carry_out(agent, made.now, event, made);
        }
    }
}

fn begin(now: &str, fetches: bool) -> (Agent, Made) {
    let mut made = Made::new(at(now));
    let mut agent = Agent::new(settings(fetches), State::default());
    carry_out(&mut agent, made.now, Event::Tick, &mut made);
    carry_out(&mut agent, made.now, Event::Connected, &mut made);
    (agent, made)
}

fn say(agent: &mut Agent, made: &mut Made, topic: &str, payload: &str) {
    let event = Event::Message {
        topic: format!("kwhen/device/{topic}/set"),
        payload: payload.as_bytes().to_vec(),
        retained: false,
    };
    carry_out(agent, made.now, event, made);
}

#[test]
fn each_half_hour_of_the_night_on_which_the_clock_goes_back_is_looked_at_and_published_once() {
    let (mut agent, mut made) = begin("2026-10-24T23:00:00Z", false);
    made.known_to = at("2026-10-26T23:00:00Z");
    let before = made.on("kwhen/rates");
    go_on(&mut agent, &mut made, at("2026-10-26T00:00:00Z"));
    // 25 hours of a day: 50 half-hours, the first of which was looked at when it began, and the one after it.
    assert_eq!(made.on("kwhen/rates") - before, 50);
    let of_night: Vec<(Value, Value)> = made
        .published
        .iter()
        .filter(|message| message.topic == "kwhen/rates")
        .map(|message| serde_json::from_str::<Value>(&message.payload).unwrap())
        .filter(|said| said["from"].as_str().is_some_and(|from| from.starts_with("2026-10-25T0")))
        .map(|said| (said["from"].clone(), said["rate"].clone()))
        .collect();
    // Both 01:00s of the wall have their own: 00:00 and 01:00 UTC, at 0 and 2 pence, in pounds.
    assert!(of_night.contains(&("2026-10-25T00:00:00Z".into(), "0".into())), "{of_night:?}");
    assert!(of_night.contains(&("2026-10-25T01:00:00Z".into(), "0.02".into())), "{of_night:?}");
}

#[test]
fn rates_are_fetched_once_when_they_are_published_and_readings_once_a_day() {
    let (mut agent, mut made) = begin("2026-10-23T06:00:00Z", true);
    go_on(&mut agent, &mut made, at("2026-10-26T06:00:00Z"));
    let times = |wanted: What| -> Vec<String> {
        let of = made.fetches.iter().filter(|(_, what)| *what == wanted);
        of.map(|(when, _)| Calendar::great_britain().local_text(*when)).collect()
    };
    let rates = times(What::Rates);
    assert_eq!(rates.len(), 3, "{rates:?}");
    for (time, day) in rates.iter().zip(["2026-10-23T16:0", "2026-10-24T16:0", "2026-10-25T16:0"]) {
        assert!(time.starts_with(day), "{time}");
    }
    let readings = times(What::Readings);
    // At once, since there were none, and then on each morning but the last.
    assert_eq!(readings.len(), 4, "{readings:?}");
    for (time, day) in readings.iter().skip(1).zip(["2026-10-23T", "2026-10-24T", "2026-10-25T"]) {
        let hour = &time[11..13];
        assert!(time.starts_with(day) && ["08", "09"].contains(&hour), "{time}");
    }
}

#[test]
fn without_a_network_for_days_it_asks_seldom_says_how_old_its_data_is_and_goes_on_with_its_plan() {
    let (mut agent, mut made) = begin("2026-10-23T06:00:00Z", true);
    let told = Block {
        span: Span::new(at("2026-10-23T20:00:00Z"), at("2026-10-24T02:00:00Z")).unwrap(),
        doing: Runs::Charging,
        kwh: kwh("6"),
        kw: "1".parse().unwrap(),
    };
    made.blocks.insert("Car".to_owned(), vec![told]);
    made.come = Err("no network".to_owned());
    say(&mut agent, &mut made, "car/level", "10");
    go_on(&mut agent, &mut made, at("2026-10-23T23:30:00Z"));
    // No rate is known from 23:00 on, so nothing new can be planned; what is in force goes on.
    say(&mut agent, &mut made, "car/level", "11");
    let car = made.last("kwhen/device/car");
    assert_eq!((&car["status"], &car["power_kw"]), (&"charging".into(), &"1".into()), "{car}");
    // What was priced in pence is told in pounds all the same, and by an agent that was begun anew.
    let plan = made.last("kwhen/plan");
    let prices = |made: &Made| {
        (made.last("kwhen/device/car")["value"].clone(), made.last("kwhen/cost")["currency"].clone())
    };
    assert_eq!((&plan["cost"], prices(&made)), (&"1.23456".into(), ("0.125".into(), "GBP".into())), "{car}");
    let mut anew = Made { known_to: made.known_to, ..Made::new(made.now) };
    let mut again = Agent::new(Settings { currency: Currency::NONE, ..settings(true) }, made.kept.clone());
    carry_out(&mut again, made.now, Event::Connected, &mut anew);
    assert_eq!(prices(&anew), ("0.125".into(), "GBP".into()));
    let before = made.fetches.len();
    go_on(&mut agent, &mut made, at("2026-10-25T23:30:00Z"));
    let fetches = made.fetches.len() - before;
    assert!((96..=200).contains(&fetches), "{fetches} in two days");
    let data = made.last("kwhen/data");
    assert_eq!(data["problem"], "ON");
    let problems = data["problems"].to_string();
    assert!(problems.contains("rates: no network") && problems.contains("no rate is known"), "{problems}");
    assert!(made.last("kwhen/rates")["rate"].is_null());
    // The network is back: what is missing comes within half an hour.
    made.come = Ok(48);
    go_on(&mut agent, &mut made, at("2026-10-26T00:10:00Z"));
    assert_eq!(made.last("kwhen/data")["problems"].to_string().matches("network").count(), 0);
    assert!(made.last("kwhen/rates")["rate"].is_string());
    // One line tells of the missing rates, not one every half-hour.
    assert_eq!(made.lines.iter().filter(|line| line.event == "problem").count(), 1);
}

#[test]
fn a_level_is_reckoned_on_and_is_too_old_after_an_hour() {
    let (mut agent, mut made) = begin("2026-10-24T20:00:00Z", false);
    assert_eq!(made.last("kwhen/device/car")["status"], "level_unknown");
    let block = Block {
        span: Span::new(at("2026-10-24T20:00:00Z"), at("2026-10-25T02:00:00Z")).unwrap(),
        doing: Runs::Charging,
        kwh: kwh("44.4"),
        kw: "7.4".parse().unwrap(),
    };
    made.blocks.insert("Car".to_owned(), vec![block]);
    let stored = |minutes: i64, level: &str| LevelAt {
        at: at("2026-10-24T20:00:00Z") + TimeDelta::minutes(minutes),
        kwh: kwh(level),
    };
    made.levels.insert("Car".to_owned(), vec![stored(0, "10"), stored(60, "17"), stored(360, "52")]);
    say(&mut agent, &mut made, "car/level", "10");
    let status = |made: &Made| made.last("kwhen/device/car")["status"].as_str().unwrap().to_owned();
    assert_eq!(status(&made), "charging");
    assert_eq!(made.last("kwhen/device/car")["value"], "0.125");
    made.decision = Decision::Keep;
    let asked = made.asked.len();
    // What was expected changes nothing; what was not is planned for at once.
    made.now = at("2026-10-24T20:06:00Z");
    say(&mut agent, &mut made, "car/level", "10.8");
    assert_eq!(made.asked.len(), asked);
    say(&mut agent, &mut made, "car/level", "5");
    assert_eq!(made.asked.len(), asked + 1);
    assert_eq!(made.asked.last().unwrap()["Car"].level, Some(kwh("5")));
    assert_eq!(made.asked.last().unwrap()["Car"].targets.len(), 2);
    go_on(&mut agent, &mut made, at("2026-10-24T20:17:00Z"));
    assert_eq!(made.last("kwhen/device/car")["level_is_old"], true);
    assert_eq!(status(&made), "charging");
    go_on(&mut agent, &mut made, at("2026-10-24T21:06:00Z"));
    assert_eq!(status(&made), "charging");
    go_on(&mut agent, &mut made, at("2026-10-24T21:06:01Z"));
    assert_eq!(status(&made), "level_unknown");
    assert!(made.last("kwhen/device/car")["running"].is_null());
    assert!(made.last("kwhen/data")["problems"].to_string().contains("it is told nothing until"));
}

#[test]
fn what_is_said_is_answered_kept_before_it_is_answered_and_outlasts_the_process() {
    let (mut agent, mut made) = begin("2026-10-24T18:00:00Z", false);
    say(&mut agent, &mut made, "car/target", "80%@06:00");
    let answer = made.last("kwhen/answer");
    assert_eq!(answer["accepted"], true, "{answer}");
    assert_eq!(made.kept.devices["car"].target, Some(kwh("48")));
    for (topic, payload, why) in [
        ("cat/level", "1", "there is no device cat; did you mean car?"),
        ("car/target", "61", "more than the 60 kWh"),
        ("car/charge_now", "maybe", "not ON or OFF"),
    ] {
        say(&mut agent, &mut made, topic, payload);
        let answer = made.last("kwhen/answer");
        assert_eq!(answer["accepted"], false);
        assert!(answer["message"].as_str().unwrap().contains(why), "{answer}");
        assert!(made.lines.iter().any(|line| line.is_warning && line.text.contains(why)));
    }
    let event =
        Event::Message { topic: "kwhen/device/car/hold/set".into(), payload: b"ON".to_vec(), retained: true };
    carry_out(&mut agent, made.now, event, &mut made);
    assert!(made.last("kwhen/answer")["message"].as_str().unwrap().contains("nobody knows how old"));
    assert!(!made.kept.devices["car"].hold);
    // Another process goes on where this one was.
    let mut agent = Agent::new(settings(false), made.kept.clone());
    carry_out(&mut agent, made.now, Event::Tick, &mut made);
    let said = &made.asked.last().unwrap()["Car"];
    assert_eq!(said.targets[0], (at("2026-10-25T06:00:00Z"), kwh("48")));
    assert!(said.in_force.is_some());
    // When the time has come the target is over, and the daily one is what is left.
    go_on(&mut agent, &mut made, at("2026-10-25T06:30:00Z"));
    assert_eq!(made.asked.last().unwrap()["Car"].targets[0], (at("2026-10-25T07:00:00Z"), kwh("30")));
}

#[test]
fn what_cannot_be_kept_is_said_to_who_asked_and_among_the_problems() {
    let (mut agent, mut made) = begin("2026-10-24T18:00:00Z", false);
    let ask = |agent: &mut Agent, made: &mut Made| {
        let (told, heard) = std::sync::mpsc::channel();
        let asker = Asker::new(move |reply| told.send(reply).unwrap());
        let event = Event::Spoken {
            device: "car".to_owned(),
            what: "target".to_owned(),
            payload: "80%@06:00".to_owned(),
            asker,
        };
        carry_out(agent, made.now, event, made);
        heard.recv().unwrap()
    };
    made.unkept = Some("kwhen-run.json: cannot be written: no space".to_owned());
    let reply = ask(&mut agent, &mut made);
    assert!(reply.accepted && reply.message.contains("forgotten when this process ends"), "{reply:?}");
    assert!(agent.failures().iter().any(|problem| problem.contains("is not kept: kwhen-run.json")));
    made.unkept = None;
    let reply = ask(&mut agent, &mut made);
    assert!(!reply.message.contains("forgotten"), "{reply:?}");
    assert!(!agent.failures().iter().any(|problem| problem.contains("not kept")));
}

#[test]
fn charging_now_ends_when_it_is_full() {
    let (mut agent, mut made) = begin("2026-10-24T18:00:00Z", false);
    say(&mut agent, &mut made, "car/charge_now", "ON");
    assert_eq!(made.asked.last().unwrap()["Car"].charge_to, Some(kwh("60")));
    say(&mut agent, &mut made, "car/level", "60");
    assert_eq!(made.asked.last().unwrap()["Car"].charge_to, None);
    assert_eq!(made.last("kwhen/device/car")["charge_now"], "OFF");
}

#[test]
fn an_appliance_runs_once_and_what_has_begun_is_let_run_on() {
    let (mut agent, mut made) = begin("2026-10-24T18:00:00Z", false);
    let block = Block {
        span: Span::new(at("2026-10-24T22:15:00Z"), at("2026-10-24T23:45:00Z")).unwrap(),
        doing: Runs::Running,
        kwh: kwh("1"),
        kw: "0.7".parse().unwrap(),
    };
    made.blocks.insert("Dishwasher".to_owned(), vec![block]);
    say(&mut agent, &mut made, "dishwasher/run", "06:00");
    let status = |made: &Made| made.last("kwhen/device/dishwasher")["status"].clone();
    assert_eq!(
        (status(&made), made.last("kwhen/device/dishwasher")["next_from"].clone()),
        ("waiting".into(), "2026-10-24T22:15:00Z".into())
    );
    go_on(&mut agent, &mut made, at("2026-10-24T22:15:00Z"));
    assert_eq!(status(&made), "running");
    go_on(&mut agent, &mut made, at("2026-10-24T22:40:00Z"));
    assert_eq!(made.asked.last().unwrap()["Dishwasher"].running_since, Some(at("2026-10-24T22:15:00Z")));
    say(&mut agent, &mut made, "dishwasher/run", "OFF");
    assert_eq!(status(&made), "running");
    made.blocks.clear();
    go_on(&mut agent, &mut made, at("2026-10-24T23:50:00Z"));
    assert_eq!(status(&made), "waiting");
    assert_eq!(made.last("kwhen/device/dishwasher")["run"], "OFF");
}

#[test]
fn a_window_that_has_begun_stays_until_it_is_over() {
    let (mut agent, mut made) = begin("2026-10-24T20:00:00Z", false);
    made.known_to = at("2026-10-26T23:00:00Z");
    go_on(&mut agent, &mut made, at("2026-10-24T23:59:00Z"));
    assert_eq!(made.last("kwhen/windows")["m60"]["from"], "2026-10-25T00:00:00Z");
    go_on(&mut agent, &mut made, at("2026-10-25T00:31:00Z"));
    let window = made.last("kwhen/windows")["m60"].clone();
    // By now the cheapest hour is one of tomorrow.
    assert_eq!((&window["from"], &window["on"]), (&"2026-10-25T00:00:00Z".into(), &"ON".into()));
    go_on(&mut agent, &mut made, at("2026-10-25T01:01:00Z"));
    assert_eq!(made.last("kwhen/windows")["m60"]["from"], "2026-10-26T00:00:00Z");
}

#[test]
fn a_broker_that_comes_back_is_told_all_and_the_word_that_the_agent_is_there_comes_last() {
    let (mut agent, mut made) = begin("2026-10-24T20:00:00Z", false);
    let topics: Vec<String> = made.published.iter().map(|message| message.topic.clone()).collect();
    assert_eq!(topics.last().unwrap(), "kwhen/availability");
    assert!(made.published.iter().all(|message| message.retain));
    assert!(topics.contains(&"homeassistant/device/kwhen_car/config".to_owned()), "{topics:?}");
    carry_out(&mut agent, made.now, Event::Disconnected("gone".to_owned()), &mut made);
    carry_out(&mut agent, made.now, Event::Disconnected("gone".to_owned()), &mut made);
    assert_eq!(made.lines.iter().filter(|line| line.event == "broker" && line.is_warning).count(), 1);
    made.published.clear();
    go_on(&mut agent, &mut made, at("2026-10-24T22:05:00Z"));
    assert_eq!(made.published, []);
    carry_out(&mut agent, made.now, Event::Connected, &mut made);
    let again: Vec<String> = made.published.iter().map(|message| message.topic.clone()).collect();
    assert_eq!(again, topics);
    for message in made
        .published
        .iter()
        .filter(|message| message.topic.starts_with("kwhen/") && message.payload != "online")
    {
        let said: Value = serde_json::from_str(&message.payload).unwrap();
        assert!(said["at"].is_string() && said["rates_known_to"].is_string(), "{}", message.topic);
    }
}

#[test]
fn hours_are_recorded_at_the_start_and_when_readings_come_and_again_where_that_fails() {
    let mut made = Made::new(at("2026-10-23T06:00:00Z"));
    let mut agent = Agent::new(Settings { records: true, ..settings(true) }, State::default());
    carry_out(&mut agent, made.now, Event::Tick, &mut made);
    go_on(&mut agent, &mut made, at("2026-10-26T06:00:00Z"));
    let days: Vec<i64> =
        made.records.iter().map(|when| (*when - at("2026-10-23T00:00:00Z")).num_days()).collect();
    // With the first look and what is fetched then, and after each fetch that brings something, twice a day: never for nothing.
    assert!(made.records.len() <= 2 + made.fetches.len(), "{days:?}");
    for day in 0..=2 {
        assert!(days.contains(&day), "{days:?}");
    }
    // What fails is tried every half-hour, and said once.
    let before = made.records.len();
    made.recorded = Err("not there".to_owned());
    go_on(&mut agent, &mut made, at("2026-10-26T18:00:00Z"));
    let tries = made.records.len() - before;
    assert!((10..=24).contains(&tries), "{tries}");
    let told: Vec<&Line> =
        made.lines.iter().filter(|line| line.event == "record" && line.is_warning).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.contains("not there"), "{told:?}");
    // Once it is taken nothing is left to do.
    made.recorded = Ok(48);
    go_on(&mut agent, &mut made, at("2026-10-26T19:00:00Z"));
    let before = made.records.len();
    go_on(&mut agent, &mut made, at("2026-10-27T06:00:00Z"));
    assert_eq!(made.records.len(), before);
    // Where nobody records, nothing is.
    let (mut agent, mut made) = begin("2026-10-23T06:00:00Z", true);
    go_on(&mut agent, &mut made, at("2026-10-25T06:00:00Z"));
    assert!(made.records.is_empty());
}
