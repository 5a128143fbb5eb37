//! What the agent says of a home: one value for all who listen.

use crate::device::Device;
use crate::discovery;
use crate::message::{Message, ONLINE};
use crate::payload;
use crate::schedule::What;
use crate::state::{Told, instant};
use crate::turn::{Agent, Settings};
use crate::yesterday;
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::quantity::Currency;
use kwhen::time::instant_text;
use kwhen_app::answer::published::{self, NamedDevice};
use std::sync::Arc;

impl Agent {
    /// All that is said of the home now; nothing before it was looked at.
    #[must_use]
    pub fn said(&self, now: DateTime<Utc>) -> Option<published::Said> {
        let Settings { devices, durations, schedule, .. } = &self.settings;
        let home = self.home.as_ref()?;
        let currency = self.currency();
        let device = |device: &Device| NamedDevice {
            id: device.id.clone(),
            name: device.name.clone(),
            device: payload::device(device, home, &self.state, now, self.ages(), currency),
        };
        Some(published::Said {
            home: Arc::clone(home),
            rates: payload::rates(home),
            windows: payload::windows(home, &self.state.windows, durations, now, currency),
            cost: payload::cost(home, currency),
            yesterday: yesterday::of(home, &self.state.past, devices, &schedule.calendar, currency),
            dispatches: payload::dispatches(home, &self.state, now),
            plan: payload::plan(home, &self.state, currency),
            data: payload::data(home, &self.state, self.all_problems(now)),
            devices: devices.iter().map(device).collect(),
        })
    }

    /// What is kept is priced as it was when it was kept, whether or not rates can be read now.
    pub(crate) fn currency(&self) -> Currency {
        self.state.currency.unwrap_or(self.settings.currency)
    }

    /// The messages by which Home Assistant learns of it: for as long as amounts are in one currency they are the same.
    pub(crate) fn introduction(&self) -> Vec<Message> {
        discovery::messages(&self.settings, self.currency())
    }

    /// All else that is published and kept by the broker; nothing before the home was looked at.
    pub(crate) fn messages(&self, now: DateTime<Utc>) -> Vec<Message> {
        let topics = &self.settings.topics;
        let Some(said) = self.said(now) else { return Vec::new() };
        let own = payload::topics(&said).into_iter();
        let mut messages = Vec::new();
        messages.extend(own.map(|(topic, payload)| Message::kept(topics.own(&topic), payload)));
        messages.push(Message::kept(topics.availability(), ONLINE));
        messages
    }

    /// What stood in the way of an answer or of a fetch, in sentences.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        problems.extend(self.unkept.iter().map(|why| format!("what is said to it is not kept: {why}")));
        for what in What::ALL {
            if let Some(problem) = &self.state.fetching(what).problem {
                problems.push(format!("{}: {problem}", what.name()));
            }
        }
        problems
    }

    /// What stands in the way, in sentences.
    fn all_problems(&self, now: DateTime<Utc>) -> Vec<String> {
        let mut problems = self.failures();
        let nothing = Told::default();
        for device in self.settings.devices.iter().filter(|device| device.capacity.is_some()) {
            let told = self.state.devices.get(&device.id).unwrap_or(&nothing);
            let Some((_, said)) = told.level else {
                problems.push(format!("{}: nobody has said its level; it is told nothing", device.name));
                continue;
            };
            let age = TimeDelta::seconds(now.timestamp() - said);
            if age.num_seconds() > self.settings.refuse_after {
                problems.push(format!(
                    "{}: its level was said at {}; it is told nothing until there is a newer one",
                    device.name,
                    instant_text(instant(said))
                ));
            } else if age.num_seconds() > self.settings.stale_after {
                problems.push(format!(
                    "{}: its level was said at {}, and is reckoned on by its plan",
                    device.name,
                    instant_text(instant(said))
                ));
            }
        }
        problems
    }
}
