//! Home Assistant's recorder: what each hour has used and cost, for its energy dashboard, whenever readings come.
//!
//! Statistics of the past go in through the WebSocket command `recorder/import_statistics` alone. Every hour is said each time, with its
//! sum from the first one on: so late and corrected readings are right, whatever was said before.

use crate::broker::{Secret, host_and_port};
use crate::tls::{Stream, Trust};
use kwhen::quantity::Currency;
use kwhen::time::instant_text;
use kwhen_app::answer::hours::{Hour, Hours};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;
use tungstenite::{HandshakeError, Message, WebSocket, client};

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// So much that is not the answer is heard before one is given up.
const MOST_FRAMES: usize = 1_000;
/// So many hours go in one message: some 200 kB.
const AT_ONCE: usize = 2_000;
/// What statistics are filed under.
const SOURCE: &str = "kwhen";

/// Where Home Assistant is, and what opens it.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// The address.
    pub place: Place,
    /// A long-lived access token of an administrator.
    pub token: Secret,
    /// Whom a sealed line trusts.
    pub trust: Trust,
}

/// The address of a Home Assistant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    host: String,
    port: u16,
    path: String,
    sealed: bool,
}

impl Place {
    /// Whether the line to it is sealed by TLS.
    pub const fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// From `http://homeassistant.local:8123`, `https://ha.example.org`, or `http://supervisor/core` within an add-on.
    ///
    /// # Errors
    /// It is no such address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refused = || {
            format!("not the address of a Home Assistant such as http://homeassistant.local:8123: {text:?}")
        };
        let inner = text.strip_prefix("https://");
        let sealed = inner.is_some();
        let rest = inner.or_else(|| text.strip_prefix("http://")).ok_or_else(refused)?;
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = host_and_port(place, if sealed { 443 } else { 80 }).ok_or_else(refused)?;
        let is_step = |letter: char| letter.is_ascii_alphanumeric() || "-._/".contains(letter);
        let path = path.trim_end_matches('/');
        if !path.chars().all(is_step) {
            return Err(refused());
        }
        // The supervisor hands on what is said to it under /core.
        let path = if path.is_empty() { "/api/websocket".to_owned() } else { format!("/{path}/websocket") };
        Ok(Self { host, port, path, sealed })
    }
}

/// One number of the dashboard.
struct Series<'a> {
    id: &'a str,
    name: &'a str,
    unit: &'a str,
    /// What newer releases call the kind of the unit; none for money.
    kind: Option<&'a str>,
    of: fn(&Hour, Currency) -> (f64, f64),
}

/// In whole units.
fn cost(hour: &Hour, currency: Currency) -> (f64, f64) {
    let whole = Decimal::new(1, currency.minor_digits().into());
    let major = |money: kwhen::Money| money.to_decimal().ok()?.checked_mul(whole);
    (float(major(hour.cost_minor)), float(major(hour.cost_so_far_minor)))
}

fn energy(hour: &Hour, _: Currency) -> (f64, f64) {
    (float(Some(hour.kwh.to_decimal())), float(Some(hour.kwh_so_far.to_decimal())))
}

/// As the recorder holds it: the float that is nearest to the decimal's text.
fn float(value: Option<Decimal>) -> f64 {
    value.and_then(|value| value.to_string().parse().ok()).unwrap_or(f64::NAN)
}

impl Recorder {
    /// Says all hours; how many they were.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn import(&self, hours: &Hours) -> Result<usize, String> {
        // What it says is logged: the token, if it repeats that, is not.
        self.told(hours).map_err(|why| why.replace(&self.token.0, "(hidden)"))
    }

    fn told(&self, hours: &Hours) -> Result<usize, String> {
        let mut line = Line::open(self)?;
        let currency = hours.currency.code();
        for series in [
            Series {
                id: "import_energy",
                name: "kwhen: import",
                unit: "kWh",
                kind: Some("energy"),
                of: energy,
            },
            Series { id: "import_cost", name: "kwhen: cost of import", unit: currency, kind: None, of: cost },
        ] {
            for part in hours.hours.chunks(AT_ONCE) {
                let stats: Vec<Value> = part
                    .iter()
                    .map(|hour| {
                        let (state, sum) = (series.of)(hour, hours.currency);
                        json!({"start": instant_text(hour.from), "state": state, "sum": sum})
                    })
                    .collect();
                line.import(&series, &stats)?;
            }
        }
        Ok(hours.hours.len())
    }
}

/// What it says.
#[derive(Deserialize)]
struct Heard {
    #[serde(rename = "type")]
    kind: String,
    id: Option<u64>,
    #[serde(default)]
    success: bool,
    error: Option<Fault>,
}

/// Why something is not done, by its code and its words.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    code: String,
    message: String,
}

/// That it took longer than is waited for.
struct Impatience;

impl fmt::Display for Impatience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did not answer within {} s", PATIENCE.as_secs())
    }
}

/// What went wrong on the line.
fn in_words(error: tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(error)
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
        {
            Impatience.to_string()
        }
        error => error.to_string(),
    }
}

/// A connection that was let in.
struct Line {
    socket: WebSocket<Stream>,
    asked: u64,
}

impl Line {
    fn open(recorder: &Recorder) -> Result<Self, String> {
        let Place { host, port, path, sealed } = &recorder.place;
        let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let named = |why: &dyn fmt::Display| format!("Home Assistant at {place}: {why}");
        let addresses = (host.as_str(), *port).to_socket_addrs().map_err(|error| named(&error))?;
        let mut stream = Err("there is no such machine".to_owned());
        for address in addresses {
            stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| error.to_string());
            if stream.is_ok() {
                break;
            }
        }
        let stream = stream.map_err(|error| named(&error))?;
        for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            set(&stream, Some(PATIENCE)).map_err(|error| named(&error))?;
        }
        let (scheme, stream) = match sealed {
            true => ("wss", recorder.trust.over(host, stream).map_err(|why| named(&why))?),
            false => ("ws", Stream::Plain(stream)),
        };
        let (socket, _) =
            client(format!("{scheme}://{place}{path}"), stream).map_err(|error| match error {
                HandshakeError::Interrupted(_) => named(&Impatience),
                HandshakeError::Failure(error) => named(&in_words(error)),
            })?;
        let mut line = Self { socket, asked: 0 };
        let first = line.hear().map_err(|why| named(&why))?;
        if first.kind == "auth_required" {
            line.say(&json!({"type": "auth", "access_token": recorder.token.0}))
                .map_err(|why| named(&why))?;
            let answer = line.hear().map_err(|why| named(&why))?;
            if answer.kind != "auth_ok" {
                return Err(named(
                    &"the token is refused: make a long-lived access token of an administrator",
                ));
            }
        }
        Ok(line)
    }

    fn say(&mut self, message: &Value) -> Result<(), String> {
        self.socket.send(Message::text(message.to_string())).map_err(in_words)
    }

    /// The next message that is text.
    fn hear(&mut self) -> Result<Heard, String> {
        for _ in 0..MOST_FRAMES {
            match self.socket.read().map_err(in_words)? {
                Message::Text(text) => {
                    return serde_json::from_str(&text)
                        .map_err(|_| "does not speak as a Home Assistant does".to_owned());
                }
                Message::Close(_) => return Err("hung up".to_owned()),
                _ => {}
            }
        }
        Err("says nothing but pings".to_owned())
    }

    /// Asks and waits for the answer: an error is what it says, by its code and its words.
    fn ask(&mut self, metadata: &Value, stats: &[Value]) -> Result<(), Fault> {
        self.asked += 1;
        let other = |message: String| Fault { code: String::new(), message };
        let message = json!({
            "id": self.asked, "type": "recorder/import_statistics", "metadata": metadata, "stats": stats,
        });
        self.say(&message).map_err(other)?;
        for _ in 0..MOST_FRAMES {
            let answer = self.hear().map_err(other)?;
            if answer.kind == "result" && answer.id == Some(self.asked) {
                return match answer.success {
                    true => Ok(()),
                    false => Err(answer.error.unwrap_or_default()),
                };
            }
        }
        Err(other("speaks of everything but what it was asked".to_owned()))
    }

    /// Hands hours of a series over. What describes a series has changed: releases of 2026 want `mean_type` and `unit_class`, those of
    /// early 2025 want `has_mean` and nothing that they do not know.
    fn import(&mut self, series: &Series<'_>, stats: &[Value]) -> Result<(), String> {
        let described = |more: Value| {
            let mut metadata = json!({
                "has_sum": true,
                "name": series.name,
                "source": SOURCE,
                "statistic_id": format!("{SOURCE}:{}", series.id),
                "unit_of_measurement": series.unit,
            });
            if let (Some(metadata), Value::Object(more)) = (metadata.as_object_mut(), more) {
                metadata.extend(more);
            }
            metadata
        };
        let newer = self.ask(&described(json!({"mean_type": 0, "unit_class": series.kind})), stats);
        let asked = match newer {
            Err(fault) if fault.code == "invalid_format" => {
                self.ask(&described(json!({"has_mean": false})), stats)
            }
            asked => asked,
        };
        asked.map_err(|Fault { code, message }| {
            let why = if message.is_empty() { code } else { message };
            format!("Home Assistant does not take the hours' statistics: {why}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::sync::mpsc::channel;

    fn hours() -> Hours {
        let at = |text: &str| text.parse().unwrap();
        let hour = |from: &str, kwh: &str, cost: &str, all: &str, costs: &str| Hour {
            from: at(from),
            kwh: kwh.parse().unwrap(),
            cost_minor: cost.parse().unwrap(),
            kwh_so_far: all.parse().unwrap(),
            cost_so_far_minor: costs.parse().unwrap(),
        };
        let hours = vec![
            hour("2026-10-25T00:00:00Z", "0.5", "10.25", "0.5", "10.25"),
            hour("2026-10-25T01:00:00Z", "0.25", "-1.005", "0.75", "9.245"),
        ];
        Hours { currency: Currency::GBP, hours }
    }

    /// A Home Assistant that takes metadata with some keys alone, and gives what it was told.
    fn assistant(wants: &'static [&'static str]) -> (Place, std::thread::JoinHandle<Vec<Value>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = Place::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (ready, waits) = channel();
        let thread = std::thread::spawn(move || {
            ready.send(()).unwrap();
            let (stream, _) = listener.accept().unwrap();
            let mut socket = tungstenite::accept(stream).unwrap();
            let (mut taken, mut token) = (Vec::new(), String::new());
            let say = |value: Value| Message::text(value.to_string());
            socket.send(say(json!({"type": "auth_required"}))).unwrap();
            while let Ok(Message::Text(text)) = socket.read() {
                let heard: Value = serde_json::from_str(&text).unwrap();
                if heard["type"] == "auth" {
                    token = heard["access_token"].as_str().unwrap().to_owned();
                    let right = token == "right";
                    let answer = if right { "auth_ok" } else { "auth_invalid" };
                    socket.send(say(json!({"type": answer}))).unwrap();
                    continue;
                }
                let metadata = heard["metadata"].as_object().unwrap();
                let own = ["has_sum", "name", "source", "statistic_id", "unit_of_measurement"];
                let fits = wants.iter().all(|key| metadata.contains_key(*key))
                    && metadata
                        .keys()
                        .all(|key| own.contains(&key.as_str()) || wants.contains(&key.as_str()));
                let mut answer = json!({"id": heard["id"], "type": "result", "success": fits});
                if fits {
                    taken.push(heard.clone());
                } else {
                    let message = format!("extra keys not allowed to {token}");
                    answer["error"] = json!({"code": "invalid_format", "message": message});
                }
                // What is not the answer is passed over.
                socket.send(say(json!({"id": 99, "type": "event"}))).unwrap();
                socket.send(say(answer)).unwrap();
            }
            taken
        });
        waits.recv().unwrap();
        (place, thread)
    }

    #[test]
    fn hours_go_to_an_older_and_to_a_newer_home_assistant() {
        for wants in [&["has_mean"][..], &["mean_type", "unit_class"]] {
            let (place, thread) = assistant(wants);
            let recorder =
                Recorder { place, token: Secret("right".to_owned()), trust: Trust::new(None).unwrap() };
            assert_eq!(recorder.import(&hours()), Ok(2));
            drop(recorder);
            let taken = thread.join().unwrap();
            let ids: Vec<&Value> = taken.iter().map(|message| &message["metadata"]["statistic_id"]).collect();
            assert_eq!(ids, ["kwhen:import_energy", "kwhen:import_cost"]);
            let [energy, cost] = [0, 1].map(|place| &taken[place]);
            assert_eq!(energy["metadata"]["unit_of_measurement"], "kWh");
            assert_eq!(cost["metadata"]["unit_of_measurement"], "GBP");
            assert_eq!(
                energy["stats"][1],
                json!({"start": "2026-10-25T01:00:00Z", "state": 0.25, "sum": 0.75})
            );
            assert_eq!(cost["stats"][0]["state"], json!(0.1025));
            assert_eq!(
                cost["stats"][1],
                json!({"start": "2026-10-25T01:00:00Z", "state": -0.01005, "sum": 0.09245})
            );
        }
    }

    #[test]
    fn a_wrong_token_and_one_that_is_not_there_are_told() {
        let (place, thread) = assistant(&["has_mean"]);
        let trust = Trust::new(None).unwrap();
        let told = Recorder { place: place.clone(), token: Secret("wrong".to_owned()), trust }
            .import(&hours())
            .unwrap_err();
        assert!(told.contains("the token is refused") && !told.contains("wrong"), "{told}");
        thread.join().unwrap();
        let told = Recorder { place, token: Secret("right".to_owned()), trust: Trust::new(None).unwrap() }
            .import(&hours())
            .unwrap_err();
        assert!(told.starts_with("Home Assistant at 127.0.0.1:"), "{told}");
    }

    #[test]
    fn what_it_says_does_not_show_the_token() {
        let (place, thread) = assistant(&["neither"]);
        let told = Recorder { place, token: Secret("right".to_owned()), trust: Trust::new(None).unwrap() }
            .import(&hours())
            .unwrap_err();
        assert!(told.ends_with("statistics: extra keys not allowed to (hidden)"), "{told}");
        thread.join().unwrap();
    }

    #[test]
    fn addresses_of_home_assistants() {
        let of = |text: &str| Place::parse(text).map(|place| (place.host, place.port, place.path));
        let api = || "/api/websocket".to_owned();
        assert_eq!(
            of("http://homeassistant.local:8123").unwrap(),
            ("homeassistant.local".to_owned(), 8123, api())
        );
        assert_eq!(of("http://[::1]:8123/").unwrap(), ("::1".to_owned(), 8123, api()));
        assert_eq!(
            of("http://supervisor/core").unwrap(),
            ("supervisor".to_owned(), 80, "/core/websocket".to_owned())
        );
        let sealed = Place::parse("https://home.example").unwrap();
        assert!(sealed.is_sealed() && (sealed.host.as_str(), sealed.port) == ("home.example", 443));
        assert!(!Place::parse("http://home.example").unwrap().is_sealed());
        for text in
            ["", "homeassistant.local", "http://", "http://a b", "http://x:0", "http://x:y", "http://x/a?b"]
        {
            assert!(of(text).is_err(), "{text}");
        }
    }
}
