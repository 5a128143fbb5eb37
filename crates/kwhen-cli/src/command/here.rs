//! This machine, as the agent sees it, and the door through which others ask it over HTTP.

use super::fetch::{Access, Renewed, renew};
use crate::end::{End, Result};
use crate::interrupt::Interrupt;
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use kwhen::tariff::TariffCode;
use kwhen_agent::board::Board;
use kwhen_agent::drive::{House, Teller};
use kwhen_agent::keep;
use kwhen_agent::line::Line;
use kwhen_agent::schedule::What;
use kwhen_agent::state::State;
use kwhen_app::answer::home::Home;
use kwhen_app::answer::hours::Hours;
use kwhen_app::ask::{HomeArguments, Said};
use kwhen_app::context::Context;
use kwhen_app::desk::Desk;
use kwhen_serve::{Asked, Guard, Listening, Token};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Log {
    /// For people
    #[default]
    Text,
    /// An object of JSON a line
    Json,
}

/// The longest file of a password or a token.
const LONGEST_SECRET: u64 = 4096;

/// The one line that a file holds, without its end: a password, or a token.
pub(super) fn line_of(path: &Path, what: &str) -> Result<String> {
    let name = path.display();
    let failed = |error: std::io::Error| End::work(format!("{name}: cannot be read: {error}"));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(LONGEST_SECRET + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST_SECRET {
        return Err(End::work(format!("{name}: is longer than {what}, {LONGEST_SECRET} bytes")));
    }
    let line = text.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() || line.contains(['\r', '\n', '\0']) {
        return Err(End::work(format!("{name}: does not hold {what} on one line")));
    }
    Ok(line.to_owned())
}

/// Who may ask over HTTP.
#[derive(Args, Debug)]
#[command(next_help_heading = "HTTP")]
pub(super) struct Door {
    /// A file that holds a token: who asks over HTTP has to show it. Needed where others than this machine can ask
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A name of this machine under which it is asked, beside localhost and its addresses; may be repeated
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
}

impl Door {
    /// Refuses what is of no use where nobody is answered, unless the file of defaults says it.
    pub(super) fn expect(&self, ctx: &Context, is_open: bool) -> Result<()> {
        let given = [("token_file", self.token_file.is_some()), ("host", !self.host.is_empty())];
        match given.into_iter().find(|(name, given)| *given && !is_open && !ctx.is_default(name)) {
            Some((name, _)) => Err(End::usage(format!(
                "--{} is of no use: nobody is answered over HTTP here",
                name.replace('_', "-")
            ))),
            None => Ok(()),
        }
    }

    /// Answers on an address from now on.
    pub(super) fn open(
        &self,
        address: SocketAddr,
        house: kwhen_serve::House,
        here: &mut Here<'_>,
    ) -> Result<Listening> {
        let token = match &self.token_file {
            Some(path) => {
                let text = line_of(path, "a token")?;
                Some(Token::parse(&text).map_err(|why| End::work(format!("{}: {why}", path.display())))?)
            }
            None => None,
        };
        let guard = Guard::new(address, token, self.host.clone()).map_err(End::usage)?;
        let listening = Listening::begin(address, house, guard).map_err(End::work)?;
        let at = listening.address();
        here.log(&Line::new(here.now(), "listen", format!("http://{at}/")).with("address", at.to_string()));
        Ok(listening)
    }
}

/// What is answered from over HTTP.
pub(super) fn house(
    home: &HomeArguments,
    board: &Arc<Board>,
    ctx: &Context,
    clock: fn() -> DateTime<Utc>,
) -> Result<kwhen_serve::House> {
    let desk = Desk::new(ctx);
    let name = |path: &Path| desk.name_of(&path.display().to_string());
    let (consumption, standing_charges) = home.metered();
    let compares = |config: &kwhen_app::config::Config| {
        config.entries().iter().any(|entry| entry.command == ["compare"] && entry.key == "tariff")
    };
    let asked = Asked {
        rates: name(home.rates()),
        consumption: consumption.map(name),
        standing_charges: standing_charges.map(name),
        compares: ctx.config().is_some_and(compares),
    };
    Ok(kwhen_serve::House { board: Arc::clone(board), desk, asked, calendar: ctx.calendar()?, clock })
}

/// How far back rates and readings are fetched: the past days that a plan looks at, and the month.
const PAST: TimeDelta = TimeDelta::days(62);

/// Not the same in two homes, nor in one twice.
pub(super) fn seed(now: DateTime<Utc>) -> u64 {
    now.timestamp_nanos_opt().unwrap_or(0).unsigned_abs() ^ u64::from(std::process::id()).rotate_left(32)
}

/// This machine.
pub(super) struct Here<'a> {
    pub(super) home: &'a HomeArguments,
    /// How the service is asked; `None` where nothing is fetched.
    pub(super) access: Option<&'a Access>,
    pub(super) ctx: &'a Context,
    pub(super) clock: fn() -> DateTime<Utc>,
    /// Where what is known is kept, if it is.
    pub(super) state: Option<PathBuf>,
    pub(super) interrupt: Interrupt,
    /// Whether it ends by itself, and keeps nothing.
    pub(super) ends: bool,
    pub(super) log: Log,
}

impl House for Here<'_> {
    fn fetch(&mut self, what: What, teller: Teller) {
        let Some(access) = self.access.cloned() else {
            return teller.tell(what, Err("nothing is fetched here".to_owned()));
        };
        let ctx = self.ctx.at(self.now());
        let tariff = self.home.rates().to_str().and_then(|code| code.parse::<TariffCode>().ok());
        let tariff = tariff.filter(|_| !Path::new(self.home.rates()).exists());
        let fetch = move || {
            let renewed = match what {
                What::Rates => Renewed::Rates,
                What::Readings => Renewed::Readings,
                What::PlannedDispatches => Renewed::PlannedDispatches,
                What::Dispatches => Renewed::Dispatches,
            };
            let came = renew(&access, &ctx, renewed, tariff.as_ref(), ctx.now() - PAST);
            teller.tell(what, came.map_err(|end| end.to_string()));
        };
        // The exchange may take minutes; commands are heard meanwhile.
        std::thread::spawn(fetch);
    }

    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String> {
        let ctx = self.ctx.at(now);
        let mut home = self.home.answer(&ctx, said).map_err(|failure| failure.to_string())?;
        if let Some(plan) = &mut home.plan {
            plan.notices.extend(ctx.take_notes());
        }
        Ok(home)
    }

    fn hours(&mut self, now: DateTime<Utc>) -> Result<Option<Hours>, String> {
        self.home.hours(&self.ctx.at(now)).map_err(|failure| failure.to_string())
    }

    fn log(&mut self, line: &Line) {
        let text = if self.log == Log::Json { line.json() } else { line.text() };
        // A log that nobody takes stops nothing.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    fn save(&mut self, state: &State) -> Result<(), String> {
        match &self.state {
            Some(path) if !self.ends => keep::write(path, state),
            _ => Ok(()),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        let now = if self.ends { self.ctx.now() } else { (self.clock)() };
        DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
    }

    fn is_over(&mut self) -> bool {
        self.interrupt.is_pressed()
    }
}
