//! `kwhen serve`: questions, plans and a page over HTTP.

use super::here::{Door, Here, Log, house, seed};
use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::interrupt::Interrupt;
use chrono::{DateTime, Utc};
use clap::Args;
use kwhen::time::Publication;
use kwhen_agent::board::Board;
use kwhen_agent::device::named;
use kwhen_agent::drive::{self, Company};
use kwhen_agent::message::Topics;
use kwhen_agent::schedule::Schedule;
use kwhen_agent::state::State;
use kwhen_agent::turn::{Agent, Settings};
use kwhen_app::ask::HomeArguments;
use kwhen_app::context::Context;
use kwhen_app::words::parse_time;
use kwhen_app::words::selling::currency_of;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// Answer over HTTP: a page of the home, its rates and plans as JSON, and every question of this command
///
/// It goes by what the files and the store hold and plans from what the definitions say; it fetches nothing and hears no commands. `kwhen
/// run --listen` does both and answers the same (docs/serve.md).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen serve --store kwhen.db --rates E-1R-AGILE-24-10-01-C --battery home.toml
  kwhen serve --rates rates.csv --listen 0.0.0.0:8480 --token-file token --host home.lan
  kwhen serve --rates rates.csv --at 2026-10-24T16:30 --get /v1/windows")]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    home: HomeArguments,
    /// Where it answers; others than this machine are let in with a token alone
    #[arg(
        long,
        help_heading = "HTTP",
        default_value = "127.0.0.1:8480",
        conflicts_with = "get",
        value_name = "ADDRESS"
    )]
    listen: SocketAddr,
    #[command(flatten)]
    door: Door,
    /// Print what would be answered to a path, such as / or /v1/plan, and end
    #[arg(long, value_name = "PATH")]
    get: Option<String>,
    /// The moment that is looked from; now if not said
    #[arg(long, requires = "get", value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// How the log is written, on standard error
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    log: Log,
}

/// The ages of levels, where nobody says any: as those of `kwhen run`.
const STALE_AFTER: i64 = 10 * 60;
const REFUSED_AFTER: i64 = 60 * 60;

impl ServeArguments {
    /// Goes on until it is told to end; `clock` says what time it is.
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared, clock: fn() -> DateTime<Utc>) -> Result<String> {
        if shared.format != Format::Text {
            return Err(End::usage("--format is of no use: each path has a form of its own"));
        }
        // Beside a --listen that is given, the argument parser asks for no --get.
        if self.at.is_some() && self.get.is_none() {
            return Err(End::usage("--at is of no use where it is answered at any time: it goes with --get"));
        }
        let ctx = match &self.at {
            Some(text) => &ctx.at(parse_time(ctx, text, "--at")?),
            None => ctx,
        };
        self.door.expect(ctx, self.get.is_none())?;
        let calendar = ctx.calendar()?;
        let settings = Settings {
            schedule: Schedule {
                calendar,
                publication: Publication::day_ahead(&calendar),
                seed: seed(clock()),
            },
            fetches: false,
            dispatched: self.home.dispatched().is_some(),
            paid_back: self.home.is_paid_back(),
            topics: Topics { base: "kwhen".to_owned(), discovery: None },
            devices: named(self.home.devices(ctx)?).map_err(End::work)?,
            ready: Vec::new(),
            durations: self.home.durations().to_vec(),
            currency: currency_of(&calendar),
            records: false,
            stale_after: STALE_AFTER,
            refuse_after: REFUSED_AFTER,
        };
        // A flag that nothing has a use for is refused before anything is done.
        let seen = self.home.answer(ctx, &BTreeMap::new())?;
        if seen.problems.is_empty() {
            ctx.refuse_unused()?;
        }
        let topics = settings.topics.clone();
        let agent = Agent::new(settings, State::default());
        let mut here = Here {
            home: &self.home,
            access: None,
            ctx,
            clock,
            state: None,
            interrupt: Interrupt::or_termination(),
            ends: self.get.is_some(),
            log: self.log,
        };
        let board = Arc::new(Board::default());
        let house = house(&self.home, &board, ctx, clock)?;
        if let Some(path) = &self.get {
            let (agent, now) = drive::once(agent, &mut here);
            if let Some(said) = agent.said(now) {
                board.show(said);
            }
            let done = kwhen_serve::get(path, house).map_err(End::work)?;
            return match agent.failures().into_iter().next() {
                Some(message) => Err(End::Partly { done, message }),
                None => Ok(done),
            };
        }
        let _listening = self.door.open(self.listen, house, &mut here)?;
        let company = Company { broker: None, board: Some((&board, false)), recorder: None };
        drive::drive(agent, &mut here, company, &topics).map_err(End::work)?;
        Ok(String::new())
    }
}
