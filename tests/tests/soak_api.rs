//! The house for days on a made-up clock: the agent with the real planner, the real store and the real client, which asks the stand-in API over
//! HTTP: rates are late, answers are 429, 503, no JSON, cut or none, there is no network for days, the broker goes and comes, and the process
//! is killed (SIGKILL) every fifty hours between any two things that it does. `KWHEN_SOAK_DAYS` says for how many days (4 if not said),
//! `KWHEN_SOAK_SEED` replays them.
//!
//! This process is the world: the service, the clock and the broker. It starts itself once more for the agent, which says each thing before it
//! does it and waits to be let; so it is killed at a moment that follows from the seed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may fail, and its two processes speak by their output"
)]

use chrono::{DateTime, TimeDelta, Utc};
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use kwhen::quantity::Currency;
use kwhen::tariff::TariffCode;
use kwhen::time::{Calendar, Publication, instant_text, parse_instant};
use kwhen_agent::device::named;
use kwhen_agent::keep;
use kwhen_agent::line::Line;
use kwhen_agent::message::{Message, Topics};
use kwhen_agent::schedule::{Schedule, What};
use kwhen_agent::state::State;
use kwhen_agent::turn::{Agent, Event, Settings, World, carry_out};
use kwhen_app::answer::home::Home;
use kwhen_app::ask::{HomeArguments, Said};
use kwhen_app::context::{Context, Setting};
use kwhen_fake_api::{AGILE, Answer, Fault, KEY, METER, MPAN, Server};
use kwhen_fetch::driver::Clock;
use kwhen_fetch::driver::blocking::{Client, HttpTransport};
use kwhen_fetch::protocol::Settings as Access;
use kwhen_fetch::store::{ChargeKind, Store, StoredMeter, Sync, SyncOptions};
use kwhen_fetch::{Credentials, Instance, Secret};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const CAR: &str = "name = \"Car\"\ncapacity_kwh = 60\nkw = \"7.4\"\ncharge = { efficiency = \"0.9\" }\ndischarge = { kw = 0 }\n";
const HOME_BATTERY: &str = "name = \"Home\"\ncapacity_kwh = 10\nkw = \"3.6\"\ncharge = { efficiency = \"0.95\" }\ndischarge = { efficiency = \"0.95\" }\n";
const FOLDER: &str = "KWHEN_SOAK_FOLDER";
const SERVER: &str = "KWHEN_SOAK_SERVER";
const SEED: &str = "KWHEN_SOAK_SEED";

// ---- the agent's process

#[derive(Parser)]
struct Asked {
    #[command(flatten)]
    setting: Setting,
    #[command(flatten)]
    home: HomeArguments,
}

/// A clock on which waiting takes no time.
#[derive(Clone)]
struct MadeUp(Arc<AtomicI64>);

impl Clock for MadeUp {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn wait(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

struct Agents {
    folder: PathBuf,
    server: String,
    home: HomeArguments,
    ctx: Context,
    now: DateTime<Utc>,
    waiting: Vec<Event>,
}

/// Says what is done next, and waits to be let.
fn step(what: &str) {
    println!("@ {what}");
    std::io::stdout().flush().unwrap();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).unwrap();
    // Nobody is there any more.
    if answer.trim() != "go" {
        std::process::exit(0);
    }
}

impl Agents {
    /// What `kwhen run` fetches of a tariff and a meter that are named.
    fn renewed(&self, what: What) -> Result<u64, String> {
        let failed = |error: kwhen_fetch::Error| error.to_string();
        let store = Store::open(self.folder.join("kwhen.db")).map_err(failed)?;
        let (from, to) = (self.now - TimeDelta::days(40), self.now + TimeDelta::days(2));
        let options = SyncOptions::new(from, to, self.now);
        let mut access = Access::new(Instance::allowing_plain_http(&self.server).map_err(failed)?)
            .with_credentials(Credentials::ApiKey(Secret::new(KEY)));
        access.seed = 5;
        let clock = MadeUp(Arc::new(AtomicI64::new(self.now.timestamp_millis())));
        let client = Client::with(access, HttpTransport::new().map_err(failed)?, clock);
        let code: TariffCode = AGILE.parse().unwrap();
        let syncs: Vec<Sync<'_>> = match what {
            What::Rates => ChargeKind::of(&code)
                .map(|kind| Sync::charges(&store, AGILE, kind, options.clone()).map_err(failed))
                .collect::<Result<_, _>>()?,
            What::Readings => {
                let meter = StoredMeter {
                    is_gas: false,
                    meter_point: MPAN.to_owned(),
                    serial_number: METER.to_owned(),
                };
                vec![Sync::readings(&store, &meter, options).map_err(failed)?]
            }
            What::PlannedDispatches | What::Dispatches => Vec::new(),
        };
        let mut new = 0;
        for sync in syncs {
            let report = if sync.is_done() { sync.report() } else { client.run(sync) };
            let report = report.map_err(failed)?;
            new += report.added + report.revisions.len();
        }
        Ok(new as u64)
    }
}

impl World for Agents {
    fn fetch(&mut self, what: What) {
        step(&format!("fetch {}", what.name()));
        let came = self.renewed(what);
        self.waiting.push(Event::Fetched(what, came));
    }

    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String> {
        step("look");
        self.home.answer(&self.ctx.at(now), said).map_err(|failure| failure.to_string())
    }

    fn publish(&mut self, message: &Message) {
        step(&format!("publish {} {}", message.topic, message.payload));
    }

    fn log(&mut self, line: &Line) {
        step(&format!("log {}", line.text()));
    }

    fn save(&mut self, state: &State) -> Result<(), String> {
        step("save");
        keep::write(&self.folder.join("state.json"), state)
    }
}

fn settings(home: &HomeArguments, ctx: &Context, seed: u64) -> Settings {
    Settings {
        schedule: Schedule { calendar: Calendar::great_britain(), publication: Publication::agile(), seed },
        fetches: true,
        dispatched: false,
        paid_back: false,
        topics: Topics { base: "kwhen".to_owned(), discovery: None },
        devices: named(home.devices(ctx).unwrap()).unwrap(),
        ready: Vec::new(),
        durations: vec![60],
        currency: Currency::GBP,
        records: false,
        stale_after: 600,
        refuse_after: 3_600,
    }
}

#[test]
fn agent() {
    let held = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    // Nothing to do where nobody wants an agent.
    let (Some(folder), Some(server)) = (held(FOLDER), held(SERVER)) else { return };
    let seed = held(SEED).unwrap().parse().unwrap();
    let line = format!(
        "home --store {folder}/kwhen.db --rates {AGILE} --load {MPAN} --consumption {MPAN} --standing-charges {AGILE} --battery {folder}/car.toml --battery {folder}/home.toml --past-days 3 --duration 1h"
    );
    let matches = Asked::command().try_get_matches_from(line.split_whitespace()).unwrap();
    let asked = Asked::from_arg_matches(&matches).unwrap();
    let folder = PathBuf::from(folder);
    // What a process finds that begins anew.
    drop(Store::open(folder.join("kwhen.db")).unwrap());
    let now = DateTime::UNIX_EPOCH;
    let ctx = Context::new(asked.setting, &matches, now).unwrap();
    let state = keep::read(&folder.join("state.json")).unwrap();
    let mut agent = Agent::new(settings(&asked.home, &ctx, seed), state);
    let mut world = Agents { folder, server, home: asked.home, ctx, now, waiting: Vec::new() };
    println!();
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line).unwrap() > 0 {
        let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
        world.now = DateTime::from_timestamp(words[0].parse().unwrap(), 0).unwrap();
        let event = match words[1] {
            "tick" => Event::Tick,
            "connected" => Event::Connected,
            "gone" => Event::Disconnected("gone".to_owned()),
            _ => Event::Message {
                topic: words[2].to_owned(),
                payload: words[3].as_bytes().to_vec(),
                retained: false,
            },
        };
        let now = world.now;
        carry_out(&mut agent, now, event, &mut world);
        while let Some(event) = world.waiting.pop() {
            carry_out(&mut agent, now, event, &mut world);
        }
        println!("@ done {}", agent.wake(now).timestamp());
        std::io::stdout().flush().unwrap();
        line.clear();
    }
}

// ---- the world

/// SplitMix64: whole numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % sides
    }

    fn seconds(&mut self, sides: u64) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.roll(sides)).unwrap())
    }
}

fn publication() -> Publication {
    Publication::agile()
}

/// When rates are out that reach to an instant: up to two hours late on one day in five.
fn out_at(reach: DateTime<Utc>) -> DateTime<Utc> {
    let published = publication().published(reach - TimeDelta::minutes(1)).unwrap();
    let mut dice = Dice(reach.timestamp().unsigned_abs());
    published + if dice.roll(5) == 0 { dice.seconds(7_200) } else { TimeDelta::zero() }
}

/// To when rates are out.
fn out_to(now: DateTime<Utc>) -> DateTime<Utc> {
    let reach = publication().known_until(now).unwrap();
    if out_at(reach) <= now { reach } else { publication().known_until(now - TimeDelta::days(1)).unwrap() }
}

/// A running agent.
struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
    input: ChildStdin,
}

impl Process {
    fn begin(folder: &Path, server: &str, seed: u64) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "agent", "--nocapture", "--test-threads=1"]);
        command.env(FOLDER, folder).env(SERVER, server).env(SEED, seed.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (out, input) = (BufReader::new(child.stdout.take().unwrap()), child.stdin.take().unwrap());
        Self { child, out, input }
    }

    fn say(&mut self, text: &str) {
        writeln!(self.input, "{text}").unwrap();
    }

    /// What it says next.
    fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the agent has ended by itself");
            if let Some(said) = line.strip_prefix("@ ") {
                return said.trim_end().to_owned();
            }
        }
    }

    /// kB in memory.
    fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of days: the same for the same seed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Came {
    looks: u64,
    fetches: u64,
    failed: u64,
    published: u64,
    kills: u64,
    compared: u64,
    /// Of all that was published.
    digest: u64,
}

struct Soak {
    seed: u64,
    dice: Dice,
    folder: tempfile::TempDir,
    server: Server,
    process: Process,
    now: DateTime<Utc>,
    wake: DateTime<Utc>,
    broker: bool,
    held: BTreeMap<String, serde_json::Value>,
    /// After so many more things the process is killed.
    lives: Option<u64>,
    accepted_hold: Option<bool>,
    came: Came,
    resident: Vec<u64>,
}

impl Soak {
    fn place(&self) -> String {
        format!("seed {} at {}", self.seed, instant_text(self.now))
    }

    /// Tells the agent something and lets it do what it wants, unless it is killed meanwhile: then a new one begins some time later.
    fn tell(&mut self, what: &str) {
        if self.told(what) {
            return;
        }
        self.came.kills += 1;
        self.now += self.dice.seconds(1_800);
        self.process = Process::begin(self.folder.path(), &self.server.url(), self.seed);
        self.set_service();
        assert!(self.told("tick"));
        assert!(!self.broker || self.told("connected"));
        let state = keep::read(&self.folder.path().join("state.json")).unwrap();
        if let (Some(hold), Some(car)) = (self.accepted_hold, state.devices.get("car")) {
            assert_eq!(car.hold, hold, "{}: what was accepted is lost", self.place());
        }
    }

    fn told(&mut self, what: &str) -> bool {
        self.process.say(&format!("{} {what}", self.now.timestamp()));
        loop {
            let said = self.process.hear();
            if let Some(wake) = said.strip_prefix("done ") {
                self.wake = DateTime::from_timestamp(wake.parse().unwrap(), 0).unwrap();
                return true;
            }
            if self.lives == Some(0) {
                self.lives = None;
                self.resident.extend(self.process.resident());
                self.process.child.kill().unwrap();
                self.process.child.wait().unwrap();
                return false;
            }
            self.lives = self.lives.map(|lives| lives - 1);
            self.does(&said);
            self.process.say("go");
        }
    }

    fn does(&mut self, said: &str) {
        let (what, rest) = said.split_once(' ').unwrap_or((said, ""));
        match what {
            "look" => self.came.looks += 1,
            "fetch" => self.came.fetches += 1,
            "log" => self.came.failed += u64::from(rest.contains("fetch: warning")),
            "publish" => self.published(rest),
            _ => {}
        }
    }

    fn published(&mut self, message: &str) {
        self.came.published += 1;
        let mut digest = self.came.digest;
        message.bytes().for_each(|byte| digest = (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
        self.came.digest = digest;
        assert!(self.broker, "{}: published without a broker", self.place());
        let (topic, payload) = message.split_once(' ').unwrap();
        assert!(payload.len() < 60_000, "{}: {topic} has {} bytes", self.place(), payload.len());
        let Ok(said) = serde_json::from_str::<serde_json::Value>(payload) else {
            assert_eq!((topic, payload), ("kwhen/availability", "online"));
            self.held.insert(topic.to_owned(), payload.into());
            return;
        };
        if topic == "kwhen/answer" {
            assert_eq!(said["accepted"], true, "{said}");
            if let Some(on) = said["message"].as_str().unwrap().strip_prefix("hold ") {
                // What is answered is on the disk by then.
                let state = keep::read(&self.folder.path().join("state.json")).unwrap();
                assert_eq!(state.devices["car"].hold, on == "on", "{}: {said}", self.place());
                self.accepted_hold = Some(on == "on");
            }
            return;
        }
        // Each says what was known: neither more than was out nor looked at longer than half an hour ago.
        let at = parse_instant(said["at"].as_str().unwrap()).unwrap();
        assert!(at <= self.now && self.now - at <= TimeDelta::minutes(31), "{}: {said}", self.place());
        if let Some(known) = said["rates_known_to"].as_str() {
            assert!(parse_instant(known).unwrap() <= out_to(self.now), "{}: {said}", self.place());
        }
        if topic == "kwhen/yesterday" && said["compared_minutes"].as_i64().unwrap() > 0 {
            self.came.compared += 1;
        }
        self.held.insert(topic.to_owned(), said);
    }

    /// What the service has at the moment.
    fn set_service(&self) {
        let reach = publication().known_until(self.now).unwrap();
        let late = out_at(reach) > self.now;
        let published = publication().published(reach - TimeDelta::minutes(1)).unwrap();
        let now = if late { published - TimeDelta::minutes(1) } else { self.now };
        let calendar = Calendar::great_britain();
        let midnight = calendar.day(calendar.date(self.now)).unwrap().from();
        self.server.change(|world| {
            world.now = now;
            world.readings_until = midnight;
        });
        self.server.forget();
    }

    /// What the service answers next.
    fn set_faults(&mut self, is_offline: bool) {
        let faults: Vec<Fault> = if is_offline {
            vec![Fault::Reset; 64]
        } else if self.dice.roll(4) == 0 {
            (0..=self.dice.roll(7)).map(|_| self.fault()).collect()
        } else {
            Vec::new()
        };
        self.server.fail_with(faults);
    }

    fn fault(&mut self) -> Fault {
        match self.dice.roll(9) {
            0 => Fault::status(429),
            1 => Fault::retry_after(429, "3600"),
            2 => Fault::status(500),
            3 => Fault::retry_after(503, "5"),
            4 => Fault::answer(&Answer::html(200, "<html>down for maintenance</html>")),
            5 => Fault::answer(&Answer::json(200, "{\"count\": 1, \"results\": \"none\"}")),
            6 => Fault::Truncate(400),
            7 => Fault::bad_chunking(),
            _ => Fault::Reset,
        }
    }
}

fn soak(seed: u64, days: i64) -> Came {
    let begin = parse_instant("2026-02-01T12:00:00Z").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("car.toml"), CAR).unwrap();
    std::fs::write(folder.path().join("home.toml"), HOME_BATTERY).unwrap();
    let server = Server::start().unwrap();
    let process = Process::begin(folder.path(), &server.url(), seed);
    let mut soak = Soak {
        seed,
        dice: Dice(seed),
        folder,
        server,
        process,
        now: begin,
        wake: begin,
        broker: true,
        held: BTreeMap::new(),
        lives: None,
        accepted_hold: None,
        came: Came::default(),
        resident: Vec::new(),
    };
    soak.set_service();
    soak.tell("tick");
    soak.tell("connected");
    let (mut said, mut broken, mut killed, mut offline_until) = (begin, begin, begin, begin);
    let mut missing_since: Option<DateTime<Utc>> = None;
    while soak.now < begin + TimeDelta::days(days) {
        // The process is killed every fifty hours or so, after a few more things that it does.
        if soak.now - killed > TimeDelta::hours(46) && soak.dice.roll(8) == 0 {
            killed = soak.now;
            soak.lives = Some(soak.dice.roll(12));
        }
        soak.now = soak.wake.max(soak.now + TimeDelta::seconds(1));
        // Now and then the machine sleeps for hours.
        if soak.dice.roll(500) == 0 {
            soak.now += TimeDelta::hours(5);
        }
        soak.set_service();
        soak.set_faults(soak.now < offline_until);
        soak.tell("tick");
        if soak.now - said > TimeDelta::minutes(25) {
            said = soak.now;
            for (device, kwh) in [("car", 60), ("home", 10)] {
                let level = soak.dice.roll(kwh);
                soak.tell(&format!("said kwhen/device/{device}/level/set {level}"));
            }
            if soak.dice.roll(9) == 0 {
                let hold = if soak.dice.roll(2) == 0 { "ON" } else { "OFF" };
                // Killed before it answers, it may have taken it or not.
                soak.accepted_hold = None;
                soak.tell(&format!("said kwhen/device/car/hold/set {hold}"));
            }
        }
        match soak.dice.roll(300) {
            0 => {
                let hours = i64::try_from(soak.dice.roll(90)).unwrap();
                offline_until = soak.now + TimeDelta::hours(hours);
            }
            1 if soak.broker => {
                soak.broker = false;
                broken = soak.now;
                soak.tell("gone");
            }
            _ if !soak.broker && soak.now - broken > TimeDelta::hours(2) => {
                soak.broker = true;
                // It comes back knowing nothing.
                soak.held.clear();
                soak.tell("connected");
            }
            _ => {}
        }
        let place = soak.place();
        let state = keep::read(&soak.folder.path().join("state.json")).unwrap();
        let plan = state.plan.as_ref();
        // No plan is missed for which there are rates, and it is with the broker.
        if let Some(plan) = plan
            && soak.broker
        {
            assert!(plan.until > soak.now.timestamp(), "{place}: the plan is over");
            for topic in ["rates", "plan", "device/car", "device/home", "data", "yesterday", "availability"] {
                assert!(soak.held.contains_key(&format!("kwhen/{topic}")), "{place}: nothing on {topic}");
            }
            let known = plan.rates_known_to;
            let of_broker = soak.held["kwhen/plan"]["until"].as_str().unwrap();
            assert_eq!(parse_instant(of_broker).unwrap().timestamp(), plan.until, "{place}");
            assert!(known > 0);
        }
        // Rates that are out come, and are planned by, within hours of network, whatever the service answers between.
        let reach = plan.map_or(0, |plan| plan.rates_known_to);
        let is_missing = out_to(soak.now).timestamp() > reach && soak.now >= offline_until;
        missing_since = if is_missing { Some(missing_since.unwrap_or(soak.now)) } else { None };
        if let Some(since) = missing_since {
            assert!(
                soak.now - since < TimeDelta::hours(8),
                "{place}: no plan of rates that are out since {since}"
            );
        }
        let bytes = std::fs::metadata(soak.folder.path().join("state.json")).unwrap().len();
        assert!(bytes < 80_000, "{place}: the state has {bytes} bytes");
    }
    soak.resident.extend(soak.process.resident());
    // Flat: no process of the last half has more in memory than those of the first, but for what the store's pages may.
    let (first, last) = soak.resident.split_at(soak.resident.len().div_ceil(2));
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or(0);
    assert!(last.is_empty() || most(last) < most(first) + 16_384, "{:?} kB", soak.resident);
    let bytes = std::fs::metadata(soak.folder.path().join("kwhen.db")).unwrap().len();
    eprintln!(
        "seed {seed}, {days} days: {:?}; {} kB at most, store {bytes} bytes",
        soak.came,
        most(&soak.resident)
    );
    soak.came
}

#[test]
fn days_of_everything_that_goes_wrong_over_http() {
    let said = |name: &str| std::env::var_os(name).and_then(|value| value.to_str()?.parse::<u32>().ok());
    let days = said("KWHEN_SOAK_DAYS").unwrap_or(4);
    let came = soak(said(SEED).unwrap_or(1).into(), days.into());
    let days = u64::from(days);
    // Every half-hour is looked at, but for those that the machine slept through; nobody is asked more than every half-hour.
    assert!(came.looks >= days * 40 && came.fetches < days * 48, "{came:?}");
    assert!(came.failed > 0 && came.kills >= days / 4 && came.compared > 0, "{came:?}");
}

#[test]
fn a_seed_replays_its_days_over_http() {
    assert_eq!(soak(7, 2), soak(7, 2));
}
