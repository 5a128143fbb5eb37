//! `kwhen run`: what it would publish once, and the whole process beside a real broker (Mosquitto), which is killed and comes back.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail, and a process runs by the time of day"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_fake_api::{KEY, Server};
use kwhen_tests::command::{Outcome, kwhen};
use kwhen_tests::folder::Folder;
use kwhen_tests::process::{Process, free_port, wait_for};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

const CAR: &str = "name = \"Car\"\ncapacity_kwh = 60\nkw = \"7.4\"\ncharge = { efficiency = \"0.9\" }\ndischarge = { kw = 0 }\nstart_kwh = 30\n";
const DISHWASHER: &str =
    "name = \"Dishwasher\"\n[program]\nstep_minutes = 30\nkw = [\"2\", \"0.1\", \"1.8\"]\n";

/// Rates of half-hours, in pence: as many as their number of the day in UTC.
fn rates(from: DateTime<Utc>, days: i64) -> String {
    let mut text = "start,rate\n".to_owned();
    for number in 0..days * 48 {
        let start = from + TimeDelta::minutes(30 * number);
        text.push_str(&format!("{},{}\n", start.format("%Y-%m-%dT%H:%M:%SZ"), number % 48));
    }
    text
}

fn folder(from: DateTime<Utc>, days: i64) -> Folder {
    Folder::of([
        ("rates.csv", rates(from, days).into_bytes()),
        ("car.toml", CAR.into()),
        ("dishwasher.toml", DISHWASHER.into()),
    ])
}

fn october() -> Folder {
    folder("2026-10-20T00:00:00Z".parse().unwrap(), 8)
}

const HOME: &str =
    "run --rates @/rates.csv --battery @/car.toml --appliance @/dishwasher.toml --state @/state.json";

/// What is published, by topic.
fn rows(outcome: &Outcome) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        (row["topic"].as_str().unwrap().to_owned(), row["payload"].as_str().unwrap().to_owned())
    };
    outcome.stdout.lines().map(row).collect()
}

fn json(rows: &BTreeMap<String, String>, topic: &str) -> Value {
    serde_json::from_str(rows.get(topic).unwrap_or_else(|| panic!("{topic}: {rows:?}"))).unwrap()
}

#[test]
fn once_says_what_would_be_published_in_pounds_and_keeps_nothing() {
    let folder = october();
    // 16:30 by the wall is 15:30 UTC, the 31st half-hour: 31 pence.
    let line = format!("{HOME} --once --at 2026-10-24T16:30 --ready Car=80%@07:00");
    let outcome = folder.run(&line);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let rows = rows(&outcome);
    let rates = json(&rows, "kwhen/rates");
    for (field, value) in [
        ("rate", "0.31"),
        ("next_rate", "0.32"),
        ("next_from", "2026-10-24T16:00:00Z"),
        ("currency", "GBP"),
        ("rates_known_to", "2026-10-26T00:00:00Z"),
        ("at", "2026-10-24T15:30:00Z"),
    ] {
        assert_eq!(rates[field], value, "{field}");
    }
    // The cheapest hour ahead is the first of the UTC day: half a penny.
    assert_eq!(json(&rows, "kwhen/windows")["m60"]["from"], "2026-10-25T00:00:00Z");
    assert_eq!(json(&rows, "kwhen/windows")["m60"]["rate"], "0.005");
    // The car is planned from what its definition says, but told nothing.
    let car = json(&rows, "kwhen/device/car");
    assert_eq!((&car["status"], &car["power_kw"]), (&"level_unknown".into(), &Value::Null));
    // 30 kWh to 48 kWh at 0.9 are 20 kWh; at 7.4 kW 2.703 h: five cheapest half-hours whole, and what is left in the sixth.
    let blocks = car["blocks"].as_array().unwrap();
    let kwh: f64 = blocks.iter().map(|block| block["kwh"].as_str().unwrap().parse::<f64>().unwrap()).sum();
    assert!((kwh - 20.0).abs() < 1e-6, "{blocks:?}");
    assert_eq!(blocks[0]["from"], "2026-10-25T00:00:00Z");
    assert_eq!(blocks.last().unwrap()["to"], "2026-10-25T03:00:00Z");
    assert_eq!(json(&rows, "kwhen/device/dishwasher")["status"], "waiting");
    assert_eq!(rows["kwhen/availability"], "online");
    let found = json(&rows, "homeassistant/device/kwhen_home/config");
    assert_eq!(found["cmps"]["rate"]["unit_of_meas"], "GBP/kWh");
    assert!(!folder.path().join("state.json").exists());
}

#[test]
fn the_night_on_which_the_clock_goes_back_is_told_apart() {
    let folder = october();
    // 07:00 by the wall is 07:00 UTC by then; both 01:00s have their own rate.
    for (at, rate, from) in [
        ("2026-10-25T00:30:00+01:00", "0.47", "2026-10-24T23:30:00Z"),
        ("2026-10-25T01:30:00+01:00", "0.01", "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:30:00+00:00", "0.03", "2026-10-25T01:30:00Z"),
    ] {
        let rows = rows(&folder.run(&format!("{HOME} --once --at {at} --ready Car=100%@07:00")));
        let rates = json(&rows, "kwhen/rates");
        assert_eq!((&rates["rate"], &rates["from"]), (&rate.into(), &from.into()), "{at}");
        // 50 half-hours of Sunday, and the next day's 48.
        assert_eq!(rates["rates"].as_array().unwrap().len(), 98, "{at}");
    }
}

#[test]
fn what_cannot_be_is_said_before_anything_is_done() {
    let folder = october();
    for (line, code, said) in [
        (HOME.to_owned(), 2, "--mqtt"),
        (format!("{HOME} --mqtt wss://broker"), 2, "mqtt:// and mqtts:// are"),
        (format!("{HOME} --once --mqtt mqtt://broker"), 2, "cannot be used with"),
        (format!("{HOME} --once --ready Cat=1@07:00"), 2, "there is no device Cat; did you mean Car?"),
        (format!("{HOME} --once --ready Car=61@07:00"), 2, "61 kWh is more than the 60 kWh"),
        (format!("{HOME} --once --stale-after 2m --refuse-after 1m"), 2, "must not be less"),
        (format!("{HOME} --once --from 2026-10-24"), 2, "planned from now on"),
        (format!("{HOME} --once --topic a/#"), 2, "not what topics can begin with"),
        (format!("{HOME} --battery @/none.toml --once"), 1, "none.toml"),
        (format!("{HOME} --battery @/car.toml --once"), 1, "two devices are called Car"),
    ] {
        let outcome = folder.run(&line);
        assert_eq!(outcome.code, code, "{line}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{line}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked") && outcome.stdout.is_empty(), "{line}");
    }
    folder.file("state.json", "{\"version\": 9}");
    let newer = folder.run(&format!("{HOME} --once"));
    assert!(
        newer.code == 1 && newer.stderr.contains("kept by a newer kwhen (version 9)"),
        "{}",
        newer.stderr
    );
    // Rates that are over: nothing can be planned, which is said, and the rest is published.
    std::fs::remove_file(folder.at("state.json")).unwrap();
    let over = folder.run(&format!("{HOME} --once --at 2026-12-24T12:00"));
    assert!(over.code == 1 && over.stderr.contains("no rate is known"), "{}", over.stderr);
    let over = rows(&over);
    assert!(json(&over, "kwhen/rates")["rate"].is_null());
    assert_eq!(json(&over, "kwhen/data")["problem"], "ON");
    assert_eq!(json(&over, "kwhen/device/car")["status"], "unplanned");
}

/// A broker and an agent.
struct Pair {
    folder: Folder,
    port: u16,
}

impl Pair {
    fn broker(&self) -> Process {
        let config = format!("listener {} 127.0.0.1\nallow_anonymous true\npersistence false\n", self.port);
        let path = self.folder.file("mosquitto.conf", config);
        let log = File::create(self.folder.at("mosquitto.log")).unwrap();
        let broker = Command::new("mosquitto").args(["-c", &path]).stderr(log).spawn().unwrap();
        wait_for("the broker", || TcpStream::connect(("127.0.0.1", self.port)).is_ok().then_some(()));
        Process(broker)
    }

    fn agent(&self, log: &str) -> Process {
        let line = format!("{HOME} --mqtt mqtt://127.0.0.1:{} --log json", self.port);
        Process::begin(&self.folder, &line, log)
    }

    fn client(&self, program: &str, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new(program).args(["-p", &port]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn say(&self, topic: &str, payload: &str) {
        self.client("mosquitto_pub", &["-t", topic, "-m", payload]);
    }

    fn retained(&self) -> BTreeMap<String, String> {
        let text = self.client("mosquitto_sub", &["-t", "#", "-F", "%t %p", "--retained-only", "-W", "1"]);
        let row =
            |line: &str| line.split_once(' ').map(|(topic, payload)| (topic.to_owned(), payload.to_owned()));
        text.lines().filter_map(row).collect()
    }

    fn device(&self, id: &str) -> Option<Value> {
        serde_json::from_str(self.retained().get(&format!("kwhen/device/{id}"))?).ok()
    }

    fn is(&self, availability: &str) -> Option<()> {
        (self.retained().get("kwhen/availability")? == availability).then_some(())
    }
}

#[test]
fn a_real_broker_keeps_what_is_published_and_hears_when_the_agent_is_gone() {
    if Command::new("mosquitto").arg("-h").output().is_err()
        || Command::new("mosquitto_sub").output().is_err()
    {
        eprintln!(
            "skipped: Mosquitto and its clients are not here (apt-get install mosquitto mosquitto-clients)"
        );
        return;
    }
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    let midnight = now.date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let port = free_port();
    let pair = Pair { folder: folder(midnight - TimeDelta::days(2), 6), port };
    let mut broker = pair.broker();
    let mut agent = pair.agent("first.log");
    wait_for("the agent", || pair.is("online"));
    let rates: Value = serde_json::from_str(&pair.retained()["kwhen/rates"]).unwrap();
    let from: DateTime<Utc> = rates["from"].as_str().unwrap().parse().unwrap();
    let number = (from - midnight).num_minutes().rem_euclid(1_440) / 30;
    let pounds = kwhen::UnitRate::from_units(number * 1_000_000).unwrap();
    assert_eq!(rates["rate"], pounds.to_string());
    assert!(pair.retained().contains_key("homeassistant/device/kwhen_car/config"));
    // A level, and it is told what to do; a target, and it is answered.
    assert_eq!(pair.device("car").unwrap()["status"], "level_unknown");
    pair.say("kwhen/device/car/level/set", "30");
    let known = |pair: &Pair| {
        pair.device("car").filter(|car| car["level_kwh"] == "30" && car["status"] != "level_unknown")
    };
    wait_for("the level", || known(&pair));
    let answered = |topic: &str, payload: &str| -> Value {
        std::thread::scope(|scope| {
            let heard =
                scope.spawn(|| pair.client("mosquitto_sub", &["-t", "kwhen/answer", "-C", "1", "-W", "20"]));
            // Said again until somebody listens: it is the same command each time.
            while !heard.is_finished() {
                pair.say(topic, payload);
                std::thread::sleep(Duration::from_millis(200));
            }
            serde_json::from_str(heard.join().unwrap().trim()).unwrap()
        })
    };
    let refused = answered("kwhen/device/cat/level/set", "1");
    assert_eq!(
        (&refused["accepted"], &refused["message"]),
        (&false.into(), &"there is no device cat; did you mean car?".into())
    );
    assert_eq!(answered("kwhen/device/car/hold/set", "ON")["accepted"], true);
    wait_for("the hold", || {
        pair.device("car").filter(|car| car["hold"] == "ON" && car["status"] == "waiting")
    });
    // Killed, it says nothing more itself: the broker says that it is gone, and what it knew is on the disk.
    agent.kill();
    wait_for("the last will", || pair.is("offline"));
    let mut agent = pair.agent("second.log");
    wait_for("the agent again", || pair.is("online"));
    let car = pair.device("car").unwrap();
    assert_eq!((&car["hold"], &car["level_kwh"]), (&"ON".into(), &"30".into()), "{car}");
    // A broker that was away comes back knowing nothing, and is told all.
    broker.kill();
    drop(broker);
    let said = |log: &str, word: &str| {
        let text = std::fs::read_to_string(pair.folder.at(log)).unwrap_or_default();
        text.contains(word).then_some(())
    };
    wait_for("the loss to be noticed", || said("second.log", "not there"));
    let _broker = pair.broker();
    wait_for("all to be told anew", || pair.is("online").and_then(|()| known(&pair)));
    // Asked to end, it says farewell.
    let ended = Command::new("kill").args(["-TERM", &agent.0.id().to_string()]).status().unwrap();
    assert!(ended.success());
    assert_eq!(agent.0.wait().unwrap().code(), Some(0));
    assert_eq!(pair.is("offline"), Some(()));
    for line in std::fs::read_to_string(pair.folder.at("second.log")).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["at"].is_string() && line["event"].is_string(), "{line}");
    }
}

#[test]
fn planned_dispatches_are_fetched_taken_into_the_plan_and_published() {
    let server = Server::start().unwrap();
    let state = r#"{"version": 1, "devices": {"car": {"level": ["30", 1772473800]}}}"#;
    let folder = Folder::of([
        ("car.toml", CAR.as_bytes().to_vec()),
        ("key", KEY.as_bytes().to_vec()),
        ("state.json", state.as_bytes().to_vec()),
    ]);
    let access = format!("--store @/kwhen.db --instance {} --allow-http --key-file @/key", server.url());
    let account = folder.run(&format!("fetch account A-12AB34CD {access}"));
    assert_eq!(account.code, 0, "{}", account.stderr);
    let home = format!(
        "run --rates E-1R-AGILE-24-10-01-C --battery @/car.toml --state @/state.json --once --at 2026-03-02T18:00Z {access}"
    );
    let outcome = folder.run(&format!("{home} --dispatched Car"));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let rows = rows(&outcome);
    let told = json(&rows, "kwhen/dispatches");
    assert_eq!((&told["device"], &told["on"]), (&"Car".into(), &"OFF".into()), "{told}");
    assert_eq!(told["next_from"], "2026-03-02T23:30:00Z", "{told}");
    assert_eq!(told["told_at"], "2026-03-02T18:00:00Z");
    assert_eq!(told["planned"][0]["to"], "2026-03-03T01:00:00Z");
    // Nothing else is asked of the car: it takes its 7.4 kW for an hour and a half, as the supplier has it.
    let car = json(&rows, "kwhen/device/car");
    let block = &car["blocks"][0];
    assert_eq!(
        (&block["from"], &block["to"]),
        (&told["planned"][0]["from"], &told["planned"][0]["to"]),
        "{car}"
    );
    assert_eq!((&block["kw"], &block["kwh"]), (&"7.4".into(), &"11.1".into()), "{car}");
    // Those that were carried out are in the store, for bills.
    let kept = folder.run("fetch status --store @/kwhen.db");
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    let asked: Vec<_> = server.seen().into_iter().filter(|seen| seen.body.contains("Dispatches")).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    // Who names no car has none planned and asks for none.
    server.forget();
    let plain = folder.run(&home);
    assert!(plain.code == 0 && !plain.stdout.contains("kwhen/dispatches"), "{}", plain.stderr);
    assert!(server.seen().iter().all(|seen| !seen.body.contains("Dispatches")));
    // Two hours later without news they are not gone by, which is said.
    let late = home.replace("18:00Z", "20:01Z");
    let late = folder.run(&format!("{late} --dispatched Car --no-fetch"));
    assert!(late.stdout.contains("too long ago to go by"), "{}", late.stdout);
    // A store of rates alone has nobody to ask.
    let lone = access.replace("kwhen.db", "lone.db");
    let span = "--from 2026-03-01 --to 2026-03-04";
    let fetched = folder.run(&format!("fetch rates --tariff E-1R-AGILE-24-10-01-C {span} {lone}"));
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
    let lone = home.replace("kwhen.db", "lone.db");
    let lone = folder.run(&format!("{lone} --dispatched Car --no-fetch"));
    assert!(lone.stdout.contains("the store holds no account"), "{} {}", lone.stdout, lone.stderr);
    for (line, why) in [
        (format!("{home} --dispatched Cat"), "there is no battery or car Cat; did you mean Car?"),
        (
            "run --rates @/none.csv --battery @/car.toml --once --dispatched Car".to_owned(),
            "--dispatched goes with --store",
        ),
    ] {
        let refused = folder.run(&line);
        assert!(refused.code == 2 && refused.stderr.contains(why), "{line}: {}", refused.stderr);
    }
}

#[test]
fn what_somebody_else_pays_back_is_a_line_of_its_own() {
    let folder = october();
    // A car charges 4 kWh an hour from midnight UTC to three on each day; the last three half-hours of today have no reading yet.
    let mut charger = "start,kwh\n".to_owned();
    for day in 1..=24 {
        for number in 0..48 {
            let kwh = if number < 6 { "2" } else { "0" };
            if day < 24 || number < 28 {
                let time = format!("{:02}:{:02}", number / 2, number % 2 * 30);
                charger.push_str(&format!("2026-10-{day:02}T{time}:00Z,{kwh}\n"));
            }
        }
    }
    folder.file("charger.csv", charger);
    let line = format!("{HOME} --once --at 2026-10-24T15:30Z");
    let plain = json(&rows(&folder.run(&line)), "kwhen/cost");
    assert!(plain["month_paid_back"].is_null() && plain["paid_back_missing_minutes"].is_null());
    let paid = format!("{line} --paid-back @/charger.csv --paid-back-rate 8 --paid-back-rate 9.5@2026-10-21");
    let outcome = folder.run(&paid);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let rows = rows(&outcome);
    let cost = json(&rows, "kwhen/cost");
    // 240 kWh of the 1st to the 20th at 8 p are £19.20, 48 kWh of the four days after them at 9.5 p £4.56.
    assert_eq!(
        (&cost["month_paid_back_kwh"], &cost["month_paid_back"]),
        (&"288".into(), &"23.76".into()),
        "{cost}"
    );
    assert_eq!(
        (&cost["today_paid_back_kwh"], &cost["today_paid_back"]),
        (&"12".into(), &"1.14".into()),
        "{cost}"
    );
    // The month begins at 23:00 UTC on the last of September: two half-hours before the first reading, and three after the last.
    assert_eq!(cost["paid_back_missing_minutes"], 150, "{cost}");
    // What energy costs is as it was.
    for field in ["today", "month", "today_kwh", "month_kwh"] {
        assert_eq!(cost[field], plain[field], "{field}");
    }
    let found = json(&rows, "homeassistant/device/kwhen_home/config");
    assert_eq!(found["cmps"]["month_paid_back"]["unit_of_meas"], "GBP");
    for (line, why) in [
        (format!("{line} --paid-back @/charger.csv"), "--paid-back-rate"),
        (format!("{line} --paid-back @/charger.csv --paid-back-rate 8@soon"), "not a date such as"),
        (format!("{line} --paid-back @/charger.csv --paid-back-rate=-8"), "not below zero"),
    ] {
        let refused = folder.run(&line);
        assert!(refused.code == 2 && refused.stderr.contains(why), "{line}: {}", refused.stderr);
    }
}

#[test]
fn help_names_what_it_publishes_to() {
    let help = kwhen(["run", "--help"]).stdout_of_success();
    assert!(help.contains("--mqtt") && help.contains("Home Assistant"), "{help}");
}
