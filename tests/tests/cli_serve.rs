//! `kwhen serve` and `kwhen run --listen`: what is answered over HTTP is what the command answers, to those alone who may ask.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail, and a process runs by the time of day"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_tests::command::{executable, kwhen, kwhen_with};
use kwhen_tests::folder::Folder;
use kwhen_tests::process::wait_for;
use kwhen_tests::repository;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CAR: &str = "name = \"Car\"\ncapacity_kwh = 60\nkw = \"7.4\"\ncharge = { efficiency = \"0.9\" }\ndischarge = { kw = 0 }\nstart_kwh = 30\n";
const DISHWASHER: &str =
    "name = \"Dishwasher\"\n[program]\nstep_minutes = 30\nkw = [\"2\", \"0.1\", \"1.8\"]\n";
const DEFAULTS: &str = "rates = \"rates.csv\"\nbattery = \"car.toml\"\nappliance = \"dishwasher.toml\"\nconsumption = \"readings.csv\"\n\
    [command.backtest]\nload = \"readings.csv\"\n";

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const BEARER: &str = "Bearer 0123456789abcdef0123456789abcdef";

/// Rows of half-hours, each with its number of the day in UTC.
fn rows(name: &str, from: DateTime<Utc>, days: i64) -> String {
    let mut text = format!("start,{name}\n");
    for number in 0..days * 48 {
        let start = from + TimeDelta::minutes(30 * number);
        text.push_str(&format!("{},{}\n", start.format("%Y-%m-%dT%H:%M:%SZ"), number % 48));
    }
    text
}

/// Rates of so many days from a midnight, and readings of the first half of them.
fn folder(from: DateTime<Utc>, days: i64) -> Folder {
    Folder::of([
        ("rates.csv", rows("rate", from, days).into_bytes()),
        ("readings.csv", rows("kwh", from, days / 2).into_bytes()),
        ("car.toml", CAR.into()),
        ("dishwasher.toml", DISHWASHER.into()),
        ("kwhen.toml", DEFAULTS.into()),
        ("secret.csv", b"start,rate\n2026-10-20T00:00:00Z,1\n".to_vec()),
        ("token", TOKEN.into()),
    ])
}

fn october() -> Folder {
    folder("2026-10-20T00:00:00Z".parse().unwrap(), 8)
}

fn lately() -> Folder {
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    let midnight = now.date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    folder(midnight - TimeDelta::days(3), 7)
}

/// What a path gives, of a home at a moment.
fn got(folder: &Folder, path: &str) -> String {
    let config = folder.at("kwhen.toml");
    let words = ["serve", "--at", "2026-10-24T16:30", "--get", path];
    let outcome = kwhen_with(words, b"", &[("KWHEN_CONFIG", &config)]);
    assert_eq!(outcome.code, 0, "{path}: {}", outcome.stderr);
    outcome.stdout
}

fn got_json(folder: &Folder, path: &str) -> Value {
    serde_json::from_str(&got(folder, path)).unwrap()
}

#[test]
fn each_path_gives_what_the_command_and_the_topics_give() {
    let folder = october();
    let config = folder.at("kwhen.toml");
    let published =
        kwhen_with(["run", "--once", "--at", "2026-10-24T16:30"], b"", &[("KWHEN_CONFIG", &config)]);
    assert_eq!(published.code, 0, "{}", published.stderr);
    for line in published.stdout.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let topic = row["topic"].as_str().unwrap().strip_prefix("kwhen/");
        let Some(topic) = topic.filter(|topic| !topic.starts_with("device/") && *topic != "availability")
        else {
            continue;
        };
        // A path stands for the last part of it, here as on every answer.
        let said = row["payload"].as_str().unwrap().replace(&format!("{}/", folder.path().display()), "");
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(got_json(&folder, &format!("/v1/{topic}")), said, "{topic}");
    }
    let devices = got_json(&folder, "/v1/devices");
    assert_eq!((&devices[0]["id"], &devices[0]["name"]), (&json!("car"), &json!("Car")));
    assert_eq!(got_json(&folder, "/v1/devices/car"), devices[0]);
    let asked = kwhen_with(
        ["now", "--at", "2026-10-24T16:30", "--format", "json"],
        b"",
        &[("KWHEN_CONFIG", &config)],
    );
    let asked = asked.stdout.replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(got(&folder, "/v1/now"), asked);
    // 16:30 by the wall is 15:30 UTC, the 31st half-hour: 31 pence, digit by digit and as a number.
    let rates = got(&folder, "/evcc.json");
    let rates: Vec<Value> = serde_json::from_str(&rates).unwrap();
    let now = rates.iter().find(|rate| rate["start"] == "2026-10-24T15:30:00Z").unwrap();
    assert_eq!(now, &json!({"start": "2026-10-24T15:30:00Z", "end": "2026-10-24T16:00:00Z", "value": 0.31}));
    assert_eq!(rates.len(), 48 + 50);
}

#[test]
fn calendar_and_figures_are_as_their_readers_take_them() {
    let folder = october();
    let calendar = got(&folder, "/calendar.ics");
    assert!(
        calendar.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && calendar.ends_with("END:VCALENDAR\r\n")
    );
    assert!(calendar.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')));
    // The cheapest hour ahead is the first of the UTC day.
    for line in [
        "UID:window-60-20261025T000000Z@kwhen",
        "DTSTART:20261025T000000Z",
        "DTEND:20261025T010000Z",
        "SUMMARY:Cheapest 1 h",
    ] {
        assert!(calendar.contains(&format!("\r\n{line}\r\n")), "{line}: {calendar}");
    }
    let uids: Vec<&str> = calendar.split("\r\n").filter(|line| line.starts_with("UID:")).collect();
    let mut unlike = uids.clone();
    unlike.sort_unstable();
    unlike.dedup();
    assert_eq!(uids.len(), unlike.len());
    let figures = got(&folder, "/metrics");
    for line in [
        "kwhen_rate 0.31",
        "kwhen_next_rate 0.32",
        "kwhen_rates_known_to_seconds 1792972800",
        "kwhen_device_told{device=\"car\"} 0",
    ] {
        assert!(figures.lines().any(|known| known == line), "{line}: {figures}");
    }
}

#[test]
fn the_page_says_what_matters_and_asks_for_nothing_from_elsewhere() {
    let folder = october();
    let page = got(&folder, "/");
    for part in [
        "<h1>At home, Sat 24 Oct 2026 16:30 BST</h1>",
        "31.00 p/kWh",
        "told nothing: its level is not known",
        "Dishwasher",
        "<h2>Rates, ",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // The path of a file is nobody's business, and this process hears no commands.
    assert!(!page.contains(&folder.path().display().to_string()) && !page.contains("<div class=\"say\""));
    let outside = ["http://", "https://", "//"].iter().any(|what| page.contains(&format!("src=\"{what}")));
    assert!(!outside && !page.contains("@import") && !page.contains("url("));
    assert!(page.len() < 150_000, "{}", page.len());
}

#[test]
fn what_is_where_is_written_down() {
    let folder = october();
    let printed = got(&folder, "/openapi.json");
    let path = repository().join("docs/openapi.json");
    if std::env::var_os("KWHEN_WRITE_SCHEMAS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == printed, "docs/openapi.json is not current; KWHEN_WRITE_SCHEMAS=1 writes it anew");
    let document: Value = serde_json::from_str(&printed).unwrap();
    // Every reference leads somewhere.
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(to)) = fields.get("$ref") {
                    assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                }
                open.extend(fields.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    let asked = &document["components"]["schemas"]["bill-ask"]["properties"];
    assert!(asked["during"].is_object() && asked["store"].is_null() && asked["export"].is_null(), "{asked}");
}

/// A process of a test's own, ended with it.
struct Server {
    child: Child,
    address: SocketAddr,
    folder: Folder,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    #[track_caller]
    fn refused(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        let said = self.json();
        assert_eq!(said["status"], status);
        let message = said["message"].as_str().unwrap();
        assert!(message.contains(words), "{words}: {message}");
    }
}

impl Server {
    fn begin(folder: Folder, line: &str) -> Self {
        let words = folder.words(line);
        let log = File::create(folder.at("log")).unwrap();
        let mut command = Command::new(executable());
        command.args(words).args(["--listen", "127.0.0.1:0", "--log", "json"]);
        command.env("KWHEN_CONFIG", folder.at("kwhen.toml")).stdin(Stdio::null()).stderr(log);
        let mut child = command.spawn().unwrap();
        let path = folder.at("log");
        let address = wait_for("the address", || {
            let log = std::fs::read_to_string(&path).unwrap();
            assert!(child.try_wait().unwrap().is_none(), "{log}");
            log.lines().find_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                line["address"].as_str()?.parse().ok()
            })
        });
        let server = Self { child, address, folder };
        // Whoever asks for a token is shown it; nobody else minds.
        let shown = [("Authorization", BEARER)];
        wait_for("the first look", || {
            (server.send("GET", "/v1/data", &shown, b"").status == 200).then_some(())
        });
        server
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {}\r\n", self.address));
        }
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        let mut line = TcpStream::connect(self.address).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        line.write_all(head.as_bytes()).unwrap();
        line.write_all(b"\r\n").unwrap();
        // Whoever is refused by the head may hear it before the body is sent.
        let _ = line.write_all(body);
        let mut text = Vec::new();
        let _ = line.read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.at("log")).unwrap()
    }
}

#[test]
fn a_question_over_http_is_the_question_of_the_command() {
    let server = Server::begin(october(), "serve");
    let config = server.folder.at("kwhen.toml");
    let own = format!("{}/", server.folder.path().display());
    for (name, words, request) in [
        ("bill", "bill", json!({"from": "2026-10-20", "to": "2026-10-22", "by": "day"})),
        (
            "cheapest",
            "cheapest",
            json!({"duration": "3h", "from": "2026-10-24T16:30", "to": "2026-10-25T23:00", "top": 2}),
        ),
        ("today", "today", json!({"at": "2026-10-22T09:00"})),
        ("charge", "charge", json!({"kwh": 10, "kw": "7.4", "from": "2026-10-24T18:00", "by": "07:00"})),
        ("inspect", "inspect", json!({"file_name": "readings.csv"})),
        ("tariff-explain", "tariff explain", json!({"code": "E-1R-AGILE-24-10-01-C"})),
    ] {
        let answer = server.post(&format!("/v1/ask/{name}"), &request);
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let mut placed = request.clone();
        if let Some(file) = placed.get_mut("file_name") {
            *file = server.folder.at("readings.csv").into();
        }
        let path = server.folder.file("ask.json", placed.to_string());
        let line = words.split(' ').chain(["--ask", &path, "--format", "json"]);
        let asked = kwhen_with(line, b"", &[("KWHEN_CONFIG", &config)]);
        assert_eq!(asked.code, 0, "{name}: {}", asked.stderr);
        assert_eq!(answer.body, asked.stdout.replace(&own, ""), "{name}");
    }
}

#[test]
fn a_request_opens_nothing_that_the_owner_has_not_named() {
    let server = Server::begin(october(), "serve");
    let secret = server.folder.at("secret.csv");
    let cheapest = |rates: &str| server.post("/v1/ask/cheapest", &json!({"duration": "1h", "rates": rates}));
    assert_eq!(cheapest("rates.csv").status, 200);
    for rates in [
        secret.as_str(),
        "secret.csv",
        "/etc/passwd",
        "../secret.csv",
        "-",
        "rates.csv,/etc/passwd",
        "*.csv",
        "tests/Cargo.toml",
    ] {
        cheapest(rates).refused(422, "no file that the owner of this machine has named");
    }
    let bill = |field: &str, value: &str| server.post("/v1/ask/bill", &json!({field: value}));
    for (field, value) in [("store", "other.db"), ("export", "beancount"), ("no_open", "true")] {
        bill(field, value)
            .refused(422, if field == "no_open" { "must be true or false" } else { "for the owner" });
    }
    bill("rules", "/etc/passwd").refused(422, "no file that the owner");
    bill("layout", "Cargo.toml").refused(422, "no file that the owner");
    server.post("/v1/ask/inspect", &json!({"file_name": secret})).refused(422, "no file that the owner");
    // What asks others, or writes, is no question here.
    for name in ["tariff-import", "batch", "fetch", "init", "run"] {
        server.post(&format!("/v1/ask/{name}"), &json!({})).refused(404, "there is no question");
    }
    server.post("/v1/ask/bil", &json!({})).refused(404, "did you mean bill?");
    server.post("/v1/ask/bill", &json!({"tarif": "x"})).refused(422, "did you mean tariff?");
    server.post("/v1/ask/bill", &json!([1])).refused(400, "an object of JSON");
    server.post("/v1/ask/bill", &json!({"during": "1999"})).refused(409, "1999");
    for answer in
        [cheapest("secret.csv"), server.get("/v1/now"), server.get("/"), server.get("/openapi.json")]
    {
        let whole = format!("{}{}", answer.head, answer.body);
        assert!(!whole.contains(&server.folder.path().display().to_string()), "{whole}");
    }
}

/// Files of keys, passwords and tokens are given on the same line as those that questions are about.
#[test]
fn what_holds_a_secret_is_nobodys_to_ask_about() {
    let folder = october();
    folder.file("password", "mqtt-hunter2hunter2\n");
    folder.file("key", "sk_live_0123456789\n");
    let secrets = "--token-file @/token --mqtt-password-file @/password --mqtt-user me --key-file @/key";
    let line = format!(
        "run --rates @/rates.csv --consumption @/readings.csv --mqtt 127.0.0.1:1 --state @/kwhen-run.json {secrets}"
    );
    let server = Server::begin(folder, &line);
    let headers = [("Content-Type", "application/json"), ("Authorization", BEARER)];
    let inspect = |name: &str| {
        let body = json!({"file_name": name}).to_string();
        server.send("POST", "/v1/ask/inspect", &headers, body.as_bytes())
    };
    for name in ["token", "password", "key", "kwhen-run.json"] {
        for name in [name.to_owned(), server.folder.at(name)] {
            let answer = inspect(&name);
            answer.refused(422, "no file that the owner of this machine has named");
            assert!(!answer.body.contains("hunter2") && !answer.body.contains("sk_live"), "{}", answer.body);
        }
    }
    assert_eq!(inspect("readings.csv").status, 200);
    let answer = server.send("GET", "/v1/devices/%ff", &headers, b"");
    answer.refused(400, "not UTF-8");
    server.send("POST", "/v1/ask/inspect", &headers, b"{}").refused(422, "were not provided: <");
}

/// What has been used since is not known at a moment that is past, though the file holds it.
#[test]
fn this_month_so_far_ends_at_the_moment_that_was_said() {
    let folder = october();
    let config = folder.at("kwhen.toml");
    let page = |at: &str| {
        let words = ["serve", "--at", at, "--get", "/"];
        kwhen_with(words, b"", &[("KWHEN_CONFIG", &config)]).stdout
    };
    // Squares of 0 to 47 on two days, and of 0 to 30 until 15:30 UTC: 35,720 p twice and 9,455 p.
    let page_of_noon = page("2026-10-22T16:40");
    assert!(page_of_noon.contains("This month so far"), "{page_of_noon}");
    assert!(page_of_noon.contains("£808.95"), "{page_of_noon}");
    // Of a month that has just begun there is nothing to say, and nothing to complain of.
    let first = page("2026-11-01T00:10");
    assert!(!first.contains("This month so far") && !first.contains("what this month costs"), "{first}");
}

/// Files by a pattern, and in a folder whose name HTML writes otherwise.
#[test]
fn the_page_knows_files_as_the_command_does_and_shows_no_folder() {
    let folder = october();
    let ann = folder.path().join("Tom & <Ann>");
    std::fs::create_dir(&ann).unwrap();
    std::fs::copy(folder.at("rates.csv"), ann.join("rates.csv")).unwrap();
    let (rates, readings) = (ann.join("rates.csv").display().to_string(), folder.at("read*.csv"));
    let words = ["--rates", &rates, "--consumption", &readings, "--at", "2026-10-23T16:30", "--get", "/"];
    let page = kwhen(["serve"].iter().chain(&words)).stdout_of_success();
    assert!(!page.contains("not provided") && !page.contains("what this month costs"), "{page}");
    assert!(page.contains("rates.csv") && !page.contains("Tom") && !page.contains("Ann"), "{page}");
}

#[test]
fn only_those_are_answered_who_may_ask() {
    let server = Server::begin(october(), "serve --token-file @/token --host home.lan");
    let bearer = BEARER;
    let get = |headers: &[(&str, &str)]| server.send("GET", "/v1/data", headers, b"");
    assert_eq!(get(&[("Authorization", bearer)]).status, 200);
    let none = get(&[]);
    none.refused(401, "a token is needed");
    assert!(none.head.contains("www-authenticate: basic realm=\"kwhen\""), "{}", none.head);
    get(&[("Authorization", "Bearer 0123456789abcdef0123456789abcdeg")]).refused(401, "a token is needed");
    assert_eq!(get(&[("Authorization", bearer), ("Host", "home.lan")]).status, 200);
    get(&[("Authorization", bearer), ("Host", "example.org")]).refused(421, "Host");
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        let mut all = vec![("Authorization", bearer)];
        all.extend_from_slice(headers);
        server.send("POST", "/v1/ask/now", &all, body)
    };
    let json = ("Content-Type", "application/json");
    assert_eq!(post(&[json], b"{\"at\": \"2026-10-24T16:30\"}").status, 200);
    post(&[json, ("Origin", "http://example.org")], b"{}").refused(403, "another site");
    post(&[json, ("Sec-Fetch-Site", "cross-site")], b"{}").refused(403, "another site");
    post(&[("Content-Type", "text/plain")], b"{}").refused(415, "application/json");
    post(&[json], &vec![b' '; 70_000]).refused(413, "65536");
    server.send("DELETE", "/v1/data", &[("Authorization", bearer), json], b"").refused(405, "method");
    server.send("GET", "/nowhere", &[("Authorization", bearer)], b"").refused(404, "nothing here");
    let page = server.send("GET", "/", &[("Authorization", bearer)], b"");
    assert!(page.head.contains(
        "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-"
    ));
    assert!(
        page.head.contains("x-content-type-options: nosniff")
            && page.head.contains("cache-control: no-store")
    );
    let whole = format!("{}{}{}{}", page.head, page.body, server.log(), none.body);
    assert!(!whole.contains(TOKEN) && !server.log().contains(TOKEN));
    // A line that says nothing, and one that is no HTTP, stand in nobody's way.
    let _silent = TcpStream::connect(server.address).unwrap();
    TcpStream::connect(server.address)
        .unwrap()
        .write_all(b"\x16\x03\x01\x00\xff\xff nonsense\r\n\r\n")
        .unwrap();
    assert_eq!(get(&[("Authorization", bearer)]).status, 200);
    server
        .send("POST", "/v1/devices/car/hold", &[("Authorization", bearer), json], b"{\"value\": \"ON\"}")
        .refused(409, "nobody hears commands here");
}

#[test]
fn what_cannot_be_is_said_before_anything_is_done() {
    let folder = october();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let base = "serve --rates @/rates.csv --battery @/car.toml";
    folder.file("short", "secret");
    for (line, code, said) in [
        (format!("{base} --listen {taken}"), 1, "somebody else listens there: name another port"),
        (format!("{base} --listen 0.0.0.0:0"), 2, "a token is needed: --token-file"),
        (format!("{base} --listen 127.0.0.1:0 --token-file @/none"), 1, "none: cannot be read"),
        (format!("{base} --listen 127.0.0.1:0 --token-file @/short"), 1, "16 characters at least"),
        (format!("{base} --listen home"), 2, "--listen"),
        (format!("{base} --get /v1/plan --listen 127.0.0.1:0"), 2, "cannot be used with"),
        (format!("{base} --get /v1/plan --host home.lan"), 2, "--host is of no use"),
        (format!("{base} --get plan"), 1, "not a path"),
        (format!("{base} --get /events"), 1, "/events has no end"),
        (format!("{base} --get /v1/plans --at 2026-10-24T16:30"), 1, "there is nothing here"),
        (format!("{base} --at 2026-10-24T16:30"), 2, "--get"),
        (format!("{base} --at 2026-10-24T16:30 --listen 127.0.0.1:0"), 2, "--get"),
        ("run --rates @/rates.csv --at 2026-10-24T16:30 --listen 127.0.0.1:0".to_owned(), 2, "--once"),
        (format!("{base} --listen 127.0.0.1:0 --token-file /dev/zero"), 1, "longer than a token"),
        (format!("{base} --format json --get /"), 2, "--format is of no use"),
        (format!("run --rates @/rates.csv --once --listen {taken}"), 2, "cannot be used with"),
        ("run --rates @/rates.csv --once --host home.lan".to_owned(), 2, "--host is of no use"),
        ("serve --battery @/car.toml".to_owned(), 2, "--rates"),
    ] {
        let outcome = folder.run(&line);
        assert_eq!(outcome.code, code, "{line}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{line}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked") && outcome.stdout.is_empty(), "{line}");
        assert!(!outcome.stderr.contains("secret"), "{line}: {}", outcome.stderr);
    }
    let help = kwhen(["serve", "--help"]).stdout_of_success();
    assert!(help.contains("--token-file") && help.contains("127.0.0.1:8480"), "{help}");
}

#[test]
fn what_the_file_of_defaults_says_of_http_is_passed_over_where_nobody_is_answered() {
    let folder = october();
    let more = "listen = \"127.0.0.1:0\"\ntoken_file = \"token\"\nhost = \"home.lan\"\n";
    let config = folder.file("kwhen.toml", format!("{more}{DEFAULTS}"));
    for line in ["run --once --at 2026-10-24T16:30", "serve --at 2026-10-24T16:30 --get /v1/plan"] {
        let outcome = kwhen_with(line.split(' '), b"", &[("KWHEN_CONFIG", &config)]);
        assert_eq!(outcome.code, 0, "{line}: {}", outcome.stderr);
    }
    // Where somebody is, they hold.
    let server = Server::begin(folder, "serve");
    server.get("/v1/data").refused(401, "a token is needed");
    let shown = [("Authorization", BEARER), ("Host", "home.lan")];
    assert_eq!(server.send("GET", "/v1/plan", &shown, b"").status, 200);
}

#[test]
fn yesterday_is_beside_its_plans_in_an_answer_and_on_the_page() {
    let folder = lately();
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    // For each half-hour of the last two days a kWh was planned at 10 p, of which the car was to take a half; once it was told of 2 kWh more.
    let first = (now.timestamp() / 1_800 - 48 * 2) * 1_800;
    let slot = |place: i64| {
        let mut car = json!({"taken": "0.5", "cost": "5"});
        if place == 30 {
            car = json!({"taken": "0.5", "cost": "5", "level": "22", "deviation": "2", "worth": "25"});
        }
        let slot = json!({"seconds": 1_800, "import": "1", "cost": "10", "devices": {"car": car}});
        ((first + place * 1_800).to_string(), slot)
    };
    let slots: serde_json::Map<String, Value> = (0..96).map(slot).collect();
    folder.file("state.json", json!({"version": 1, "past": {"to": null, "slots": slots}}).to_string());
    let server = Server::begin(folder, "run --state @/state.json --budget 500ms");
    let said = server.get("/v1/yesterday").json();
    let number = |field: &str| said[field].as_str().unwrap().parse::<f64>().unwrap();
    let half_hours = said["compared_minutes"].as_f64().unwrap() / 30.0;
    assert!(half_hours > 40.0, "{said}");
    assert!((number("planned_kwh") - half_hours).abs() < 1e-9, "{said}");
    assert!((number("planned_cost") - half_hours / 10.0).abs() < 1e-9, "{said}");
    // A half-hour uses as many kWh as its number of the day, and a kWh costs as many pence: the squares of 0 to 47 are 35,720.
    if said["compared_minutes"] == 1_440 {
        assert_eq!(
            (&said["kwh"], &said["cost"], &said["difference"]),
            (&json!("1128"), &json!("357.2"), &json!("352.4"))
        );
    }
    assert!((number("cost") - number("planned_cost") - number("difference")).abs() < 1e-9, "{said}");
    assert_eq!(said["slots"][3]["devices"]["car"]["planned_kw"], "1", "{said}");
    let page = server.get("/").body;
    for text in [
        "Yesterday beside its plans",
        "more than planned",
        "where it differed most",
        "stored beside plan, kWh",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    server.get("/v1/dispatches").refused(409, "no car is named");
}

#[test]
fn commands_over_http_are_those_of_the_topics_and_events_tell_what_comes_of_them() {
    let server = Server::begin(lately(), "run --state @/state.json --budget 500ms");
    // Who listens hears what is new.
    let mut line = TcpStream::connect(server.address).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    line.write_all(format!("GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).as_bytes()).unwrap();
    let mut events = BufReader::new(line);
    let mut next = |topic: &str| -> Value {
        loop {
            let mut text = String::new();
            assert_ne!(events.read_line(&mut text).unwrap(), 0, "waited for {topic}");
            if text.trim_end() == format!("event: {topic}") {
                text.clear();
                events.read_line(&mut text).unwrap();
                return serde_json::from_str(text.strip_prefix("data: ").unwrap()).unwrap();
            }
        }
    };
    let say = |what: &str, value: &str| server.post(&format!("/v1/devices/{what}"), &json!({"value": value}));
    let level = say("car/level", "50%");
    assert_eq!((level.status, &level.json()["accepted"]), (200, &json!(true)), "{}", level.body);
    wait_for("the level", || {
        let car = server.get("/v1/devices/car").json();
        (car["level_kwh"] == "30" && car["status"] != "level_unknown").then_some(())
    });
    assert_eq!(next("device/car")["level_kwh"], "30");
    let hold = say("car/hold", "ON");
    assert_eq!((hold.status, &hold.json()["message"]), (200, &json!("hold on")), "{}", hold.body);
    assert_eq!(next("answer")["message"], "hold on");
    assert_eq!(say("car/charge-now", "on").status, 200);
    assert_eq!(say("dishwasher/run", "ON").status, 200);
    // What an appliance costs is in the plan from then on.
    assert!(next("plan")["cost"].is_string());
    // A charger may be told what the car is to draw.
    let ocpp = |query: &str| server.get(&format!("/v1/devices/car/ocpp?{query}"));
    let old = ocpp("version=1.6&unit=W").json();
    assert_eq!((&old["action"], &old["payload"]["connectorId"]), (&json!("SetChargingProfile"), &json!(1)));
    assert_eq!(old["payload"]["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"], "W");
    let new = ocpp("version=2.0.1&unit=A&connector=2").json();
    assert_eq!(new["payload"]["evseId"], 2);
    assert!(
        new["payload"]["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]
            .is_number()
    );
    ocpp("unit=kW").refused(422, "must be W or A");
    server.get("/v1/devices/dishwasher/ocpp").refused(409, "stores nothing");
    say("car/level", "61").refused(422, "61 kWh is more than the 60 kWh");
    say("car/target", "80%@nonsense").refused(422, "not a time such as");
    say("cat/level", "1").refused(404, "there is no device cat; did you mean car?");
    say("car/speed", "1").refused(404, "no such word");
    say("car/run", "ON").refused(422, "is no appliance");
    server.post("/v1/devices/car/hold", &json!({"value": 1})).refused(400, "a text `value`");
    server.post("/v1/devices/car/hold", &json!({"value": "ON", "more": 1})).refused(400, "a text `value`");
    let other = [("Content-Type", "application/json"), ("Origin", "http://example.org")];
    server.send("POST", "/v1/devices/car/hold", &other, b"{\"value\": \"OFF\"}").refused(403, "another site");
    assert_eq!(server.get("/v1/devices/car").json()["hold"], "ON");
    // It is on the disk before it is answered.
    let kept = std::fs::read_to_string(server.folder.at("state.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap()["devices"]["car"]["charge_now"], true);
    let page = server.get("/").body;
    assert!(page.contains("data-device=\"car\"") && page.contains("aria-pressed=\"true\">Hold"));
}
