//! `kwhen run`: all day, fetching, planning and publishing.

use super::fetch::Access;
use super::here::{Door, Here, Log, house, line_of, seed};
use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::interrupt::Interrupt;
use chrono::{DateTime, Utc};
use clap::Args;
use kwhen::time::Publication;
use kwhen_agent::board::Board;
use kwhen_agent::device::{Device, Ready, named};
use kwhen_agent::drive::{self, Address, Company, Secret};
use kwhen_agent::keep;
use kwhen_agent::message::{Topics, prefix};
use kwhen_agent::recorder::{Place, Recorder};
use kwhen_agent::schedule::Schedule;
use kwhen_agent::tls::Trust;
use kwhen_agent::turn::{Agent, Settings};
use kwhen_app::ask::HomeArguments;
use kwhen_app::config::NONE;
use kwhen_app::context::{Context, Flag};
use kwhen_app::words::selling::currency_of;
use kwhen_app::words::{parse_budget, parse_time};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Fetch, plan and publish all day: over MQTT, for Home Assistant and others
///
/// Rates are fetched when they are published, readings once a day; all devices are planned together whenever something changes, and the
/// plans are published with what they go by. What is known is kept in a file beside the store (docs/agent.md).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen run --store kwhen.db --rates E-1R-AGILE-24-10-01-C --battery home.toml --mqtt mqtt://localhost
  kwhen run --rates rates.csv --battery home.toml --appliance dishwasher.toml --once --at 2026-10-24T16:30
  kwhen run --mqtt mqtt://localhost --ready 'Car=80%@07:00' --log json
  kwhen run --store kwhen.db --battery car.toml --dispatched Car --mqtt mqtt://localhost")]
pub(crate) struct RunArguments {
    #[command(flatten)]
    home: HomeArguments,
    /// The broker, such as mqtt://localhost:1883; with TLS mqtts://broker.example.org
    #[arg(long, help_heading = "MQTT", value_parser = Address::parse, required_unless_present_any = ["listen", "once"], conflicts_with = "once", value_name = "ADDRESS")]
    mqtt: Option<Address>,
    /// Who asks the broker
    #[arg(
        long,
        help_heading = "MQTT",
        requires = "mqtt",
        requires = "mqtt_password_file",
        value_name = "NAME"
    )]
    mqtt_user: Option<String>,
    /// A file that holds the password
    #[arg(long, help_heading = "MQTT", requires = "mqtt_user", value_name = "FILE")]
    mqtt_password_file: Option<PathBuf>,
    /// What all topics begin with
    #[arg(long, help_heading = "MQTT", default_value = "kwhen", value_parser = prefix, value_name = "PREFIX")]
    topic: String,
    /// What Home Assistant's discovery topics begin with; none for no discovery
    #[arg(long, help_heading = "MQTT", default_value = "homeassistant", value_parser = prefix, value_name = "PREFIX")]
    discovery: String,
    /// The Home Assistant whose energy dashboard is told what every hour used and cost, such as http://homeassistant.local:8123 or https://ha.example.org
    #[arg(long, help_heading = "Home Assistant", value_parser = Place::parse, requires_all = ["home_assistant_token_file", "consumption"], conflicts_with = "once", value_name = "ADDRESS")]
    home_assistant: Option<Place>,
    /// A file that holds a long-lived access token of one of its administrators
    #[arg(long, help_heading = "Home Assistant", requires = "home_assistant", value_name = "FILE")]
    home_assistant_token_file: Option<PathBuf>,
    /// Certificates of an authority of your own, which is trusted beside the public ones by --mqtt and --home-assistant: a file of PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Answer over HTTP, such as 127.0.0.1:8480, and hear commands there (docs/serve.md)
    #[arg(long, help_heading = "HTTP", conflicts_with = "once", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    door: Door,
    /// A level that a battery or a car has every day by a time of day, if the power allows; may be repeated
    #[arg(long, value_parser = Ready::parse, value_name = "NAME=LEVEL@TIME")]
    ready: Vec<Ready>,
    /// From which age on the age of a device's level is said
    #[arg(long, default_value = "10m", value_parser = parse_budget, value_name = "TIME")]
    stale_after: Duration,
    /// From which age on of its level a device is told nothing
    #[arg(long, default_value = "60m", value_parser = parse_budget, value_name = "TIME")]
    refuse_after: Duration,
    /// What is known and must not be forgotten; kwhen-run.json beside the store, or here, if not said
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Fetch nothing: go by what the files and the store hold
    #[arg(long)]
    no_fetch: bool,
    /// Fetch what is due, print what would be published as rows of JSON, and end; nothing is kept but what was fetched
    #[arg(long)]
    once: bool,
    /// The moment that is looked from; now if not said
    #[arg(long, requires = "once", value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// How the log is written, on standard error
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    log: Log,
    #[command(flatten)]
    access: Access,
}

/// The longest file of certificates: those of all public authorities are a fifth of it.
const LONGEST_AUTHORITIES: u64 = 1 << 20;
/// The file of what is known, where none is named.
const STATE: &str = "kwhen-run.json";

impl RunArguments {
    /// Goes on until it is told to end; `clock` says what time it is.
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared, clock: fn() -> DateTime<Utc>) -> Result<String> {
        if shared.format == Format::Csv {
            return Err(End::usage("--format csv is of no use: what is published is JSON"));
        }
        // Beside a --listen that is given, the argument parser asks for no --once.
        if self.at.is_some() && !self.once {
            return Err(End::usage("--at is of no use all day: it goes with --once"));
        }
        let ctx = match &self.at {
            Some(text) => &ctx.at(parse_time(ctx, text, "--at")?),
            None => ctx,
        };
        let fetches = ctx.store().is_some() && !self.no_fetch;
        if fetches {
            ctx.used(&[Flag::Store, Flag::Instance, Flag::AllowHttp, Flag::KeyFile, Flag::TimeLimit]);
        }
        let calendar = ctx.calendar()?;
        let devices = named(self.home.devices(ctx)?).map_err(End::work)?;
        self.expect_devices(&devices)?;
        self.door.expect(ctx, self.listen.is_some())?;
        // The parser does not ask for what --once excludes.
        if self.once && (self.mqtt_user.is_some() || self.mqtt_password_file.is_some()) {
            return Err(End::usage("--mqtt-user and --mqtt-password-file are of no use without --mqtt"));
        }
        let token = self.home_assistant_token_file.is_some() && !ctx.is_default("home_assistant_token_file");
        if self.once && token {
            return Err(End::usage("--home-assistant-token-file is of no use without --home-assistant"));
        }
        let sealed = self.mqtt.as_ref().is_some_and(|address| address.sealed)
            || self.home_assistant.as_ref().is_some_and(Place::is_sealed);
        let authority = self.ca_file.is_some() && !ctx.is_default("ca_file");
        if authority && (self.once || !sealed) {
            return Err(End::usage(
                "--ca-file is of no use without TLS: --mqtt mqtts://… or --home-assistant https://…",
            ));
        }
        if self.refuse_after < self.stale_after {
            return Err(End::usage("--refuse-after must not be less than --stale-after"));
        }
        let settings = Settings {
            schedule: Schedule {
                calendar,
                publication: Publication::day_ahead(&calendar),
                seed: seed(clock()),
            },
            fetches,
            dispatched: self.home.dispatched().is_some(),
            paid_back: self.home.is_paid_back(),
            topics: self.topics(),
            devices,
            ready: self.ready.clone(),
            durations: self.home.durations().to_vec(),
            currency: currency_of(&calendar),
            records: self.home_assistant.is_some(),
            stale_after: seconds(self.stale_after),
            refuse_after: seconds(self.refuse_after),
        };
        let path = self.state_path(ctx);
        let _claim = if self.once { None } else { keep::claim(&path).map_err(End::work)? };
        let state = keep::read(&path).map_err(End::work)?;
        // A flag that nothing has a use for is refused before anything is done.
        let seen = self.home.answer(ctx, &BTreeMap::new())?;
        if seen.problems.is_empty() {
            ctx.refuse_unused()?;
        }
        let agent = Agent::new(settings, state);
        let mut here = Here {
            home: &self.home,
            access: Some(&self.access),
            ctx,
            clock,
            state: Some(path),
            interrupt: Interrupt::or_termination(),
            ends: self.once,
            log: self.log,
        };
        if self.once {
            return published(agent, &mut here);
        }
        let login = self.login()?;
        let broker = self.mqtt.clone().map(|address| Address { login, ..address });
        let trust = self.trust()?;
        let recorder = self.recorder(&trust)?;
        let board = Arc::new(Board::default());
        let _listening = match self.listen {
            Some(address) => {
                Some(self.door.open(address, house(&self.home, &board, ctx, clock)?, &mut here)?)
            }
            None => None,
        };
        let board = self.listen.is_some().then_some((&*board, true));
        let company = Company {
            broker: broker.as_ref().map(|address| (address, &trust)),
            board,
            recorder: recorder.as_ref(),
        };
        drive::drive(agent, &mut here, company, &self.topics()).map_err(End::work)?;
        Ok(String::new())
    }

    fn topics(&self) -> Topics {
        let discovery = Some(self.discovery.clone()).filter(|prefix| prefix != NONE);
        Topics { base: self.topic.clone(), discovery }
    }

    fn expect_devices(&self, devices: &[Device]) -> Result<()> {
        for ready in &self.ready {
            let device = devices.iter().find(|device| device.name == ready.name);
            let Some(device) = device else {
                let names = devices.iter().map(|device| device.name.as_str());
                let near = kwhen::names::nearest(&ready.name, names);
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                return Err(End::usage(format!("--ready: there is no device {}{near}", ready.name)));
            };
            let Some(capacity) = device.capacity else {
                return Err(End::usage(format!("--ready: {} stores nothing", device.name)));
            };
            ready.level.of(capacity).map_err(|why| End::usage(format!("--ready: {}: {why}", device.name)))?;
        }
        Ok(())
    }

    fn state_path(&self, ctx: &Context) -> PathBuf {
        let beside = || ctx.store().map_or_else(|| PathBuf::from(STATE), |store| store.with_file_name(STATE));
        self.state.clone().unwrap_or_else(beside)
    }

    /// Who is told what each hour has cost; the token is in a file, as passwords are.
    fn recorder(&self, trust: &Trust) -> Result<Option<Recorder>> {
        let (Some(place), Some(path)) = (&self.home_assistant, &self.home_assistant_token_file) else {
            return Ok(None);
        };
        let token = Secret(line_of(path, "a token")?);
        Ok(Some(Recorder { place: place.clone(), token, trust: trust.clone() }))
    }

    /// Whom sealed lines trust.
    fn trust(&self) -> Result<Trust> {
        let Some(path) = &self.ca_file else { return Trust::new(None).map_err(End::work) };
        let failed = |why: &dyn std::fmt::Display| End::work(format!("{}: {why}", path.display()));
        let held = std::fs::metadata(path).map_err(|error| failed(&error))?;
        if held.len() > LONGEST_AUTHORITIES {
            return Err(failed(&"too long to be certificates of authorities"));
        }
        let text = std::fs::read(path).map_err(|error| failed(&error))?;
        Trust::new(Some(&text)).map_err(|why| failed(&why))
    }

    /// Who asks the broker; the password is in a file, not on the line, where others can see it.
    fn login(&self) -> Result<Option<(String, Secret)>> {
        let (Some(user), Some(path)) = (&self.mqtt_user, &self.mqtt_password_file) else { return Ok(None) };
        Ok(Some((user.clone(), Secret(line_of(path, "a password")?))))
    }
}

/// What would be published, a row each.
fn published(agent: Agent, here: &mut Here<'_>) -> Result<String> {
    let (agent, now) = drive::once(agent, here);
    let failures = agent.failures();
    let mut text = String::new();
    for message in agent.published(now) {
        let row = serde_json::to_string(&message).map_err(|error| End::work(error.to_string()))?;
        text.push_str(&row);
        text.push('\n');
    }
    match failures.as_slice() {
        [] => Ok(text),
        [message] => Err(End::Partly { done: text, message: message.clone() }),
        [first, rest @ ..] => Err(End::Partly {
            done: text,
            message: format!("{first}; and {} more, listed above", rest.len()),
        }),
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
