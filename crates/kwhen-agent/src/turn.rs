//! The machine: told what happened and when, it says what to do. It has no clock, no network and no disk of its own.

use crate::device::{Device, Ready};
use crate::line::Line;
use crate::message::{Message, Topics};
use crate::payload::{self, Ages};
use crate::records::Records;
use crate::schedule::{Schedule, What};
use crate::state::{KeptWindow, Plan, State, instant};
use crate::wish;
use crate::written;
use crate::yesterday;
use chrono::{DateTime, Utc};
use kwhen::quantity::Currency;
use kwhen::time::{SlotLength, instant_text};
use kwhen_app::answer::home::{Decision, Home};
use kwhen_app::answer::published::Reply;
use kwhen_app::ask::Said;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

/// How the agent is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When something is fetched.
    pub schedule: Schedule,
    /// Whether anything is.
    pub fetches: bool,
    /// Whether the supplier has a car charge: its dispatches are fetched too.
    pub dispatched: bool,
    /// Whether somebody else pays energy back.
    pub paid_back: bool,
    /// Where it speaks.
    pub topics: Topics,
    /// What is planned.
    pub devices: Vec<Device>,
    /// Levels to have every day.
    pub ready: Vec<Ready>,
    /// For how long something runs whose cheapest time is wanted, in minutes.
    pub durations: Vec<u32>,
    /// What prices are in where no rate says it.
    pub currency: Currency,
    /// Whether a recorder is told what each hour has cost.
    pub records: bool,
    /// From which age on a level's age is said, in seconds.
    pub stale_after: i64,
    /// From which age on a device whose level it is is told nothing, in seconds.
    pub refuse_after: i64,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// Something was fetched, or could not be: how much of it was new, or why not.
    Fetched(What, Result<u64, String>),
    /// What each hour has cost was recorded, so many hours, or could not be.
    Recorded(Result<usize, String>),
    /// The home as it stands, or why that cannot be said.
    Answered(Box<Result<Home, String>>),
    /// Somebody said something.
    Message {
        /// Where.
        topic: String,
        /// What.
        payload: Vec<u8>,
        /// Whether the broker had kept it: nobody knows how old it is.
        retained: bool,
    },
    /// Somebody said something elsewhere than at the broker, and waits for what comes of it.
    Spoken {
        /// The word of the device.
        device: String,
        /// What of it, as the topic says it.
        what: String,
        /// What is said.
        payload: String,
        /// Who waits.
        asker: Asker,
    },
    /// The broker is there.
    Connected,
    /// It is not.
    Disconnected(String),
}

/// Who waits for what comes of something that was said.
pub struct Asker(Box<dyn FnOnce(Reply) + Send>);

impl Asker {
    /// Who does this with the reply.
    pub fn new(hears: impl FnOnce(Reply) + Send + 'static) -> Self {
        Self(Box::new(hears))
    }

    fn tell(self, reply: Reply) {
        (self.0)(reply);
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}

/// Something to do.
#[derive(Debug)]
pub enum Action {
    /// Fetch, and tell what came of it.
    Fetch(What),
    /// Ask how the home stands, with what is said of its devices, and tell the answer.
    Ask(BTreeMap<String, Said>),
    /// Record what each hour has cost, and tell what came of it.
    Record,
    /// Publish.
    Publish(Message),
    /// Say what came of something that was said, to all who listen elsewhere than at the broker.
    Reply(Reply),
    /// Say it to the one who waits.
    Answer(Asker, Reply),
    /// Write a line into the log.
    Log(Line),
    /// Keep the state: it has to be on disk before anything after it is done.
    Save,
}

/// Who does it.
pub trait World {
    /// Fetches; what came of it is an event, now or later.
    fn fetch(&mut self, what: What);
    /// How the home stands at a moment.
    ///
    /// # Errors
    /// What was asked makes no sense.
    fn ask(&mut self, now: DateTime<Utc>, said: &BTreeMap<String, Said>) -> Result<Home, String>;
    /// Records what each hour has cost; what came of it is an event, now or later. Nobody does, if not said otherwise.
    fn record(&mut self, now: DateTime<Utc>) {
        let _ = now;
    }
    /// Hands a message to the broker.
    fn publish(&mut self, message: &Message);
    /// Says what came of something that was said, to who listens elsewhere than at the broker: nobody, if not said otherwise.
    fn reply(&mut self, reply: &Reply) {
        let _ = reply;
    }
    /// Writes a line.
    fn log(&mut self, line: &Line);
    /// Keeps a state.
    ///
    /// # Errors
    /// It cannot be kept.
    fn save(&mut self, state: &State) -> Result<(), String>;
    /// Whether there still is somebody to do it.
    fn goes_on(&self) -> bool {
        true
    }
}

/// The agent.
#[derive(Debug)]
pub struct Agent {
    pub(crate) settings: Settings,
    pub(crate) state: State,
    pub(crate) home: Option<Arc<Home>>,
    looked: Option<DateTime<Utc>>,
    /// Why it is to be looked anew.
    pub(crate) look: bool,
    asking: bool,
    fetching: Option<What>,
    records: Records,
    pub(crate) connected: bool,
    /// Whether it was said that the broker is not there.
    complained: bool,
    /// What was published last, by topic.
    sent: BTreeMap<String, String>,
    /// The currency in which it made itself known since the broker is there.
    introduced: Option<Currency>,
    pub(crate) problems: Vec<String>,
    /// Why its state could not be kept when that was tried last.
    pub(crate) unkept: Option<String>,
}

/// Tells the agent of an event and does what it says, until it says no more.
pub fn carry_out(agent: &mut Agent, now: DateTime<Utc>, event: Event, world: &mut dyn World) {
    let mut events = VecDeque::from([event]);
    while let Some(event) = events.pop_front() {
        for action in agent.turn(now, event) {
            if !world.goes_on() {
                return;
            }
            match action {
                Action::Fetch(what) => world.fetch(what),
                Action::Ask(said) => events.push_back(Event::Answered(Box::new(world.ask(now, &said)))),
                Action::Record => world.record(now),
                Action::Publish(message) => world.publish(&message),
                Action::Reply(reply) => world.reply(&agent.as_kept(reply)),
                Action::Answer(asker, reply) => asker.tell(agent.as_kept(reply)),
                Action::Log(line) => world.log(&line),
                Action::Save => {
                    agent.unkept = world.save(agent.state()).err();
                    if let Some(why) = &agent.unkept {
                        world.log(&Line::warning(now, "state", why.clone()));
                    }
                }
            }
        }
    }
}

impl Agent {
    /// With what it knew before.
    #[must_use]
    pub fn new(settings: Settings, state: State) -> Self {
        Self {
            records: Records::new(settings.records),
            settings,
            state,
            home: None,
            looked: None,
            look: true,
            asking: false,
            fetching: None,
            connected: false,
            complained: false,
            sent: BTreeMap::new(),
            introduced: None,
            problems: Vec::new(),
            unkept: None,
        }
    }

    /// A reply that says where what was taken could not be kept.
    fn as_kept(&self, reply: Reply) -> Reply {
        match &self.unkept {
            Some(why) if reply.accepted => {
                let message = format!("{}; it is forgotten when this process ends: {why}", reply.message);
                Reply { message, ..reply }
            }
            _ => reply,
        }
    }

    /// What it knows and must not forget.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What an event asks for.
    pub fn turn(&mut self, now: DateTime<Utc>, event: Event) -> Vec<Action> {
        let mut out = Vec::new();
        match event {
            Event::Tick => {}
            Event::Fetched(what, came) => self.fetched(now, what, came, &mut out),
            Event::Recorded(came) => out.extend(self.records.ended(now, came).map(Action::Log)),
            Event::Answered(answer) => self.answered(now, *answer, &mut out),
            Event::Message { topic, payload, retained } => {
                self.heard(now, &topic, &payload, retained, false, &mut out);
            }
            Event::Spoken { device, what, payload, asker } => {
                let topic = self.settings.topics.command(&device, &what);
                let reply = self.heard(now, &topic, payload.as_bytes(), false, true, &mut out);
                out.push(Action::Answer(asker, reply));
            }
            Event::Connected => {
                (self.connected, self.complained) = (true, false);
                self.sent.clear();
                self.introduced = None;
                out.push(Action::Log(Line::new(now, "broker", "connected")));
            }
            Event::Disconnected(why) => {
                self.connected = false;
                if !std::mem::replace(&mut self.complained, true) {
                    let text = format!(
                        "not there: {why}; it is planned all the same, and published when it is there"
                    );
                    out.push(Action::Log(Line::warning(now, "broker", text)));
                }
            }
        }
        self.pass(now, &mut out);
        if self.is_look_due(now) {
            self.asking = true;
            let Settings { devices, ready, schedule, .. } = &self.settings;
            let said = wish::said(devices, ready, &self.state, now, self.ages(), &schedule.calendar);
            out.push(Action::Ask(said));
            return out;
        }
        if !self.asking {
            self.fetch(now, &mut out);
            if self.home.is_some() && self.records.begin(now) {
                out.push(Action::Record);
            }
            self.publish(now, &mut out);
        }
        out
    }

    /// When something is due next, if nothing happens before.
    #[must_use]
    pub fn wake(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let seconds = now.timestamp();
        let half_hour = SlotLength::HALF_HOUR.seconds();
        let mut next = seconds - seconds.rem_euclid(half_hour) + half_hour;
        let mut consider = |at: i64| {
            if at > seconds {
                next = next.min(at);
            }
        };
        if self.settings.fetches && self.fetching.is_none() {
            for what in self.fetched_here() {
                consider(self.due(now, what).timestamp().max(seconds + 1));
            }
        }
        for block in
            self.state.plan.iter().flat_map(|plan| plan.devices.values()).flat_map(|kept| &kept.blocks)
        {
            consider(block.from);
            consider(block.to);
        }
        for told in self.state.devices.values() {
            if let Some((_, said)) = told.level {
                consider(said + self.settings.stale_after + 1);
                consider(said + self.settings.refuse_after + 1);
            }
            told.by.into_iter().chain(told.run_by).for_each(&mut consider);
        }
        for window in self.state.windows.values() {
            consider(window.from);
            consider(window.to);
        }
        for span in self.home.iter().flat_map(|home| &home.dispatches).flat_map(|told| &told.planned) {
            consider(span.from().timestamp());
            consider(span.to().timestamp());
        }
        instant(next)
    }

    /// All that is published now, whether or not a broker is there.
    #[must_use]
    pub fn published(&self, now: DateTime<Utc>) -> Vec<Message> {
        let told = self.messages(now);
        if told.is_empty() { told } else { self.introduction().into_iter().chain(told).collect() }
    }

    /// Whether something is being fetched.
    #[must_use]
    pub const fn is_fetching(&self) -> bool {
        self.fetching.is_some()
    }

    /// Whether it was looked at a later time than this: the clock was set back.
    #[must_use]
    pub fn is_ahead_of(&self, now: DateTime<Utc>) -> bool {
        self.looked.is_some_and(|looked| looked > now)
    }

    /// The last message of an agent that stops.
    #[must_use]
    pub fn farewell(&self) -> Message {
        Message::kept(self.settings.topics.availability(), crate::message::OFFLINE)
    }

    pub(crate) const fn ages(&self) -> Ages {
        Ages { stale: self.settings.stale_after, refused: self.settings.refuse_after }
    }

    fn is_look_due(&self, now: DateTime<Utc>) -> bool {
        let slot = |at: DateTime<Utc>| at.timestamp().div_euclid(SlotLength::HALF_HOUR.seconds());
        !self.asking && (self.look || self.looked.is_none_or(|looked| slot(looked) != slot(now)))
    }

    /// What is fetched.
    fn fetched_here(&self) -> impl Iterator<Item = What> {
        let dispatched = self.settings.dispatched;
        let is_fetched = move |what: &What| dispatched || matches!(what, What::Rates | What::Readings);
        What::ALL.into_iter().filter(is_fetched)
    }

    fn due(&self, now: DateTime<Utc>, what: What) -> DateTime<Utc> {
        let schedule = &self.settings.schedule;
        match what {
            What::Rates => {
                let known_to = self.home.as_ref().and_then(|home| home.rates.as_ref());
                schedule.rates(now, known_to.map(|rates| rates.outlook.known_to), &self.state.rates)
            }
            What::Readings => schedule.readings(now, &self.state.readings),
            What::PlannedDispatches | What::Dispatches => {
                schedule.dispatches(now, what, self.state.fetching(what))
            }
        }
    }

    fn fetch(&mut self, now: DateTime<Utc>, out: &mut Vec<Action>) {
        if !self.settings.fetches || self.fetching.is_some() {
            return;
        }
        let due = self.fetched_here().find(|what| self.due(now, *what) <= now);
        if let Some(what) = due {
            self.fetching = Some(what);
            self.state.fetching_mut(what).tried = Some(now.timestamp());
            out.push(Action::Fetch(what));
        }
    }

    fn fetched(&mut self, now: DateTime<Utc>, what: What, came: Result<u64, String>, out: &mut Vec<Action>) {
        self.fetching = None;
        let held = self.state.fetching_mut(what);
        held.tried = Some(now.timestamp());
        match came {
            Ok(new) => {
                held.came = Some(now.timestamp());
                held.problem = None;
                // Whether rates reach as far as they are to be published is seen when it is looked.
                held.in_vain = if what == What::Rates { held.in_vain.saturating_add(1) } else { 0 };
                // Which dispatches were carried out changes no plan.
                self.look |= what != What::Dispatches && (what != What::PlannedDispatches || new > 0);
                if new > 0 && matches!(what, What::Rates | What::Readings) {
                    self.records.changed();
                }
                let text = format!("{}: {new} new", what.name());
                out.push(Action::Log(
                    Line::new(now, "fetch", text).with("what", what.name()).with("new", new),
                ));
            }
            Err(why) => {
                held.in_vain = held.in_vain.saturating_add(1);
                held.problem = Some(why.clone());
                let text = format!("{}: {why}", what.name());
                out.push(Action::Log(Line::warning(now, "fetch", text).with("what", what.name())));
            }
        }
        // Where the home is looked at next, that is kept with what comes of it: before anything is published.
        if !self.look {
            out.push(Action::Save);
        }
    }

    fn answered(&mut self, now: DateTime<Utc>, answer: Result<Home, String>, out: &mut Vec<Action>) {
        self.asking = false;
        self.look = false;
        self.looked = Some(now);
        let home = match answer {
            Ok(home) => home,
            Err(why) => {
                out.push(Action::Log(Line::warning(now, "plan", why.clone())));
                self.problems = vec![why];
                out.push(Action::Save);
                return;
            }
        };
        self.state.currency = payload::currency(&home).or(self.state.currency);
        self.write_down(now);
        self.latch_windows(now, &home);
        if let Some(rates) = &home.rates
            && let Ok(reach) = self.settings.schedule.publication.known_until(now)
            && rates.outlook.known_to >= reach
        {
            self.state.rates.in_vain = 0;
        }
        self.take_plan(now, &home, out);
        // Readings may have come by another hand than this one's.
        let read =
            |home: &Home| home.month.as_ref().map(|month| (month.span.from(), month.kwh, month.total_minor));
        if self.home.as_ref().is_some_and(|before| read(before) != read(&home)) {
            self.records.changed();
        }
        if home.problems != self.problems {
            for problem in home.problems.iter().filter(|problem| !self.problems.contains(problem)) {
                out.push(Action::Log(Line::warning(now, "problem", problem.clone())));
            }
            self.problems.clone_from(&home.problems);
        }
        self.home = Some(Arc::new(home));
        out.push(Action::Save);
    }

    /// Puts a plan in force. Where none could be made, the one in force goes on as far as it reaches.
    fn take_plan(&mut self, now: DateTime<Utc>, home: &Home, out: &mut Vec<Action>) {
        let Some(plan) = &home.plan else {
            if home.problems.is_empty() {
                self.state.plan = None;
            }
            return;
        };
        let devices = &self.settings.devices;
        let word =
            |name: &str| devices.iter().find(|device| device.name == name).map(|device| device.id.clone());
        let before = self.state.plan.take();
        let made = match (&before, plan.decision) {
            (Some(before), Decision::Keep) => before.made,
            _ => now.timestamp(),
        };
        let plan_now = Plan::of(plan, made, word);
        for device in devices.iter().filter(|device| device.capacity.is_some()) {
            let kept = before.as_ref().filter(|plan| plan.until > now.timestamp());
            let kept = kept.and_then(|plan| plan.device(&device.id));
            let Some(told) = self.state.devices.get_mut(&device.id) else { continue };
            let ages = Ages { stale: self.settings.stale_after, refused: self.settings.refuse_after };
            let capacity = device.capacity.unwrap_or_default();
            let level = wish::reckoned(told, kept, capacity, now, ages);
            told.reckoned = level.map(|level| (level, now.timestamp()));
        }
        if plan.decision != Decision::Keep {
            let how = match plan.decision {
                Decision::First => "made",
                Decision::Change => "changed: the best saves more than stated",
                Decision::Replace => "replaced: the one in force no longer does what is asked for",
                Decision::Keep => "kept",
            };
            let cost = plan.currency.shown(plan.cost_minor);
            let text = format!("{how}; {cost} up to {}", instant_text(plan.span.to()));
            out.push(Action::Log(Line::new(now, "plan", text).with("decision", json!(plan.decision))));
        }
        for device in devices {
            let of =
                |plan: &Plan| plan.device(&device.id).map(|kept| kept.unreached.clone()).unwrap_or_default();
            let known = before.as_ref().map(of).unwrap_or_default();
            for missed in of(&plan_now).into_iter().filter(|missed| !known.contains(missed)) {
                self.reply(now, Some(&device.id), true, &missed, out);
            }
        }
        self.state.plan = Some(plan_now);
    }

    /// Writes down what the plan said that was in force up to now, and forgets what was before yesterday.
    fn write_down(&mut self, now: DateTime<Utc>) {
        written::go_on(&mut self.state.past, self.state.plan.as_ref(), now.timestamp());
        if let Some(day) = yesterday::day(&self.settings.schedule.calendar, now) {
            self.state.past.forget(day.from().timestamp());
        }
    }

    /// A window that has begun stays until it is over, whatever is cheapest by then.
    fn latch_windows(&mut self, now: DateTime<Utc>, home: &Home) {
        let seconds = now.timestamp();
        let windows = &mut self.state.windows;
        let durations = &self.settings.durations;
        windows.retain(|minutes, window| durations.contains(minutes) && window.to > seconds);
        for window in home.rates.iter().flat_map(|rates| &rates.windows) {
            let Ok(minutes) = u32::try_from(window.duration_minutes) else { continue };
            let (Some(first), Some(last)) = (window.blocks.first(), window.blocks.last()) else { continue };
            if windows.get(&minutes).is_some_and(|kept| kept.from <= seconds) {
                continue;
            }
            let (from, to) = (first.from().timestamp(), last.to().timestamp());
            windows.insert(minutes, KeptWindow { from, to, rate: window.average_minor_per_kwh });
        }
    }

    /// Drops what time has made void.
    fn pass(&mut self, now: DateTime<Utc>, out: &mut Vec<Action>) {
        let seconds = now.timestamp();
        let mut changed = false;
        let mut lines = Vec::new();
        for device in &self.settings.devices {
            let kept = self.state.plan.as_ref().and_then(|plan| plan.device(&device.id));
            let Some(told) = self.state.devices.get_mut(&device.id) else { continue };
            if told.by.is_some_and(|by| by <= seconds) {
                (told.target, told.by) = (None, None);
                (changed, self.look) = (true, true);
            }
            let Some(by) = told.run_by else { continue };
            let over = kept.and_then(|kept| kept.blocks.last()).is_some_and(|block| block.to <= seconds);
            if over {
                told.run_by = None;
                lines.push(Line::new(now, "appliance", format!("{}: its programme is over", device.id)));
            } else if by <= seconds
                && !kept.is_some_and(|kept| kept.blocks.iter().any(|block| block.is_at(seconds)))
            {
                told.run_by = None;
                lines.push(Line::warning(
                    now,
                    "appliance",
                    format!("{}: it could not run in time", device.id),
                ));
            } else {
                continue;
            }
            (changed, self.look) = (true, true);
        }
        out.extend(lines.into_iter().map(Action::Log));
        if changed {
            out.push(Action::Save);
        }
    }

    /// Publishes what is not as it was published last; the word that the agent is there comes last.
    fn publish(&mut self, now: DateTime<Utc>, out: &mut Vec<Action>) {
        if !self.connected {
            return;
        }
        let told = self.messages(now);
        if told.is_empty() {
            return;
        }
        let currency = Some(self.currency());
        let introduction = if self.introduced == currency { Vec::new() } else { self.introduction() };
        self.introduced = currency;
        for message in introduction.into_iter().chain(told) {
            if self.sent.get(&message.topic) != Some(&message.payload) {
                self.sent.insert(message.topic.clone(), message.payload.clone());
                out.push(Action::Publish(message));
            }
        }
    }
}
