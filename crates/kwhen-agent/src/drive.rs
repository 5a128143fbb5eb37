//! The loop of every day: the time of day, a broker, and somebody who fetches, asks, keeps and writes.

use crate::board::Board;
use crate::broker::Broker;
pub use crate::broker::{Address, Secret};
use crate::line::Line;
use crate::message::Message;
use crate::recorder::Recorder;
use crate::schedule::What;
use crate::state::State;
use crate::tls::Trust;
use crate::turn::{Agent, Event, World, carry_out};
use chrono::{DateTime, Utc};
use kwhen_app::answer::home::Home;
use kwhen_app::answer::hours::Hours;
use kwhen_app::answer::published::Reply;
use kwhen_app::ask::Said;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// What came of a fetch: how much of it was new, or why nothing came.
pub type Came = Result<u64, String>;

/// Where what came of a fetch is told, from any thread.
#[derive(Clone, Debug)]
pub struct Teller(Sender<Event>);

impl Teller {
    /// Tells it. Where nobody listens any more, that is all.
    pub fn tell(&self, what: What, came: Came) {
        let _ = self.0.send(Event::Fetched(what, came));
    }
}

/// What a face gives to the loop.
pub trait House {
    /// Begins to fetch, without waiting for the end, which is told.
    fn fetch(&mut self, what: What, teller: Teller);
    /// How the home stands at a moment.
    ///
    /// # Errors
    /// What was asked makes no sense.
    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String>;
    /// What each hour has used and cost; `None` where no readings are named.
    ///
    /// # Errors
    /// It cannot be read or billed.
    fn hours(&mut self, now: DateTime<Utc>) -> Result<Option<Hours>, String>;
    /// Writes a line.
    fn log(&mut self, line: &Line);
    /// Keeps a state.
    ///
    /// # Errors
    /// It cannot be kept.
    fn save(&mut self, state: &State) -> Result<(), String>;
    /// What time it is.
    fn now(&self) -> DateTime<Utc>;
    /// Whether somebody wants it to end.
    fn is_over(&mut self) -> bool;
}

/// How long the end may go unnoticed, and a clock that was set or a machine that slept.
const LOOK: Duration = Duration::from_secs(1);

struct Outside<'a> {
    house: &'a mut dyn House,
    broker: Option<Broker>,
    board: Option<&'a Board>,
    recorder: Option<&'a Recorder>,
    events: Sender<Event>,
}

impl World for Outside<'_> {
    fn fetch(&mut self, what: What) {
        self.house.fetch(what, Teller(self.events.clone()));
    }

    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String> {
        self.house.ask(now, said)
    }

    fn record(&mut self, now: DateTime<Utc>) {
        let hours = self.house.hours(now);
        let (Some(recorder), events) = (self.recorder.cloned(), self.events.clone()) else { return };
        // The exchange may take its time; commands are heard meanwhile.
        std::thread::spawn(move || {
            let came = match hours {
                Ok(Some(hours)) => recorder.import(&hours),
                Ok(None) => Ok(0),
                Err(why) => Err(why),
            };
            let _ = events.send(Event::Recorded(came));
        });
    }

    fn publish(&mut self, message: &Message) {
        if self.broker.as_ref().is_some_and(|broker| !broker.publish(message)) {
            let text =
                format!("{}: too many messages wait; it is published with the next change", message.topic);
            self.house.log(&Line::warning(self.house.now(), "broker", text));
        }
    }

    fn reply(&mut self, reply: &Reply) {
        if let Some(board) = self.board {
            board.reply(reply);
        }
    }

    fn log(&mut self, line: &Line) {
        self.house.log(line);
    }

    fn save(&mut self, state: &State) -> Result<(), String> {
        self.house.save(state)
    }
}

impl Outside<'_> {
    /// Tells the agent of an event, does what it says, and shows what it says then.
    fn carry_out(&mut self, agent: &mut Agent, now: DateTime<Utc>, event: Event) {
        carry_out(agent, now, event, self);
        if let (Some(board), Some(said)) = (self.board, agent.said(now)) {
            board.show(said);
        }
    }
}

/// Who hears of what the agent says, and speaks to it.
#[derive(Clone, Copy, Debug)]
pub struct Company<'a> {
    /// A broker of MQTT, and whom a sealed line to it trusts.
    pub broker: Option<(&'a Address, &'a Trust)>,
    /// A board, and whether what is said there is heard.
    pub board: Option<(&'a Board, bool)>,
    /// Who is told what each hour has cost.
    pub recorder: Option<&'a Recorder>,
}

/// Goes on until somebody wants it to end.
///
/// # Errors
/// There can be no sealed line to the broker from here.
pub fn drive(
    mut agent: Agent,
    house: &mut dyn House,
    company: Company<'_>,
    topics: &crate::message::Topics,
) -> Result<(), String> {
    let (events, heard) = channel();
    let broker = company.broker.map(|(address, trust)| Broker::begin(address, trust, topics, events.clone()));
    let broker = broker.transpose()?;
    if let Some((board, true)) = company.board {
        board.hear(events.clone());
    }
    let board = company.board.map(|(board, _)| board);
    let mut outside = Outside { house, broker, board, recorder: company.recorder, events };
    let now = outside.house.now();
    outside.carry_out(&mut agent, now, Event::Tick);
    while !outside.house.is_over() {
        let now = outside.house.now();
        let wake = agent.wake(now);
        let left = (wake - now).to_std().unwrap_or_default();
        // A machine that slept, or a clock that was set, is noticed within a second: no wait is longer.
        match heard.recv_timeout(left.min(LOOK)) {
            Ok(event) => {
                let now = outside.house.now();
                outside.carry_out(&mut agent, now, event);
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = outside.house.now();
                // Of a clock that was set back nothing is due for a while; it is looked all the same.
                if now >= wake || agent.is_ahead_of(now) {
                    outside.carry_out(&mut agent, now, Event::Tick);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let now = outside.house.now();
    if let Err(why) = outside.house.save(agent.state()) {
        outside.house.log(&Line::warning(now, "state", why));
    }
    if let Some(broker) = outside.broker.take() {
        broker.end(&agent.farewell());
    }
    outside.house.log(&Line::new(now, "end", "ended"));
    Ok(())
}

/// Fetches what is due and looks at the home once, without a broker and without keeping anything; gives the agent, and when it looked.
pub fn once(mut agent: Agent, house: &mut dyn House) -> (Agent, DateTime<Utc>) {
    let (events, heard): (Sender<Event>, Receiver<Event>) = channel();
    let mut outside = Outside { house, broker: None, board: None, recorder: None, events };
    let now = outside.house.now();
    outside.carry_out(&mut agent, now, Event::Tick);
    // What is fetched is waited for: one after another, as they become due.
    while agent.is_fetching() {
        let Ok(event) = heard.recv() else { break };
        outside.carry_out(&mut agent, now, event);
    }
    (agent, now)
}
