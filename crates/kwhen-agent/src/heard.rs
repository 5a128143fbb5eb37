//! What the agent makes of what is said to it.

use crate::command::{self, Command};
use crate::device::Device;
use crate::line::Line;
use crate::message::Message;
use crate::payload;
use crate::turn::{Action, Agent, Settings};
use crate::wish;
use chrono::{DateTime, Utc};
use kwhen::Energy;
use kwhen::time::instant_text;
use kwhen_app::answer::published::{At, Reply};

impl Agent {
    /// Takes a message, or says why not. What is said all the time is answered to the one who waits alone.
    pub(crate) fn heard(
        &mut self,
        now: DateTime<Utc>,
        topic: &str,
        payload: &[u8],
        retained: bool,
        is_awaited: bool,
        out: &mut Vec<Action>,
    ) -> Reply {
        if retained {
            let text = format!(
                "{topic}: the broker had kept this message, and nobody knows how old it is: send it without retain"
            );
            return self.reply(now, None, false, &text, out);
        }
        let Settings { devices, topics, schedule, .. } = &self.settings;
        let read = command::read(devices, &topics.base, topic, payload, now, &schedule.calendar);
        let (device, commands) = match read {
            Ok((device, commands)) => (device.clone(), commands),
            Err(why) => return self.reply(now, None, false, &why, out),
        };
        let mut said = Vec::new();
        for command in commands {
            said.push(self.take(now, &device, command));
        }
        let text = said.join("; ");
        // A level that nobody is answered, and by which the home is looked at next, is kept with what comes of it.
        if is_awaited || !text.is_empty() || !self.look {
            out.push(Action::Save);
        }
        if text.is_empty() {
            let message = "taken".to_owned();
            return Reply { at: At(now), device: Some(device.id), accepted: true, message };
        }
        self.reply(now, Some(&device.id), true, &text, out)
    }

    /// Takes what was said of a device; gives what is answered, nothing for what is said all the time.
    fn take(&mut self, now: DateTime<Utc>, device: &Device, command: Command) -> String {
        let seconds = now.timestamp();
        let ages = self.ages();
        let plan = self.state.plan.as_ref().filter(|plan| plan.until > seconds);
        let kept = plan.and_then(|plan| plan.device(&device.id)).cloned();
        let has_daily = self.settings.ready.iter().any(|ready| ready.name == device.name);
        let told = self.state.devices.entry(device.id.clone()).or_default();
        let on = |is_on: bool| if is_on { "on" } else { "off" };
        match command {
            Command::Level(level) => {
                let capacity = device.capacity.unwrap_or_default();
                let is_new = told.level.is_none_or(|(_, said)| seconds - said > ages.refused);
                let expected = wish::reckoned(told, kept.as_ref(), capacity, now, ages);
                // A device that was told nothing followed no plan.
                let deviation = expected.filter(|_| !is_new).and_then(|expected| level.checked_sub(expected));
                let value = kept.as_ref().and_then(|kept| kept.value);
                self.state.past.told(&device.id, seconds, level, deviation, value);
                told.level = Some((level, seconds));
                told.reckoned = None;
                let full = told.target.unwrap_or(capacity);
                let is_full = told.charge_now && level >= full;
                if is_full {
                    told.charge_now = false;
                }
                self.look |=
                    is_new || is_full || expected.is_none_or(|expected| differ(level, expected, capacity));
                return if is_full {
                    "full: charges no longer at any price".to_owned()
                } else {
                    String::new()
                };
            }
            Command::Target(target) => told.target = Some(target),
            Command::By(by) => told.by = Some(by.timestamp()),
            Command::ChargeNow(is_on) => told.charge_now = is_on,
            Command::Hold(is_on) => told.hold = is_on,
            Command::Run(by) => told.run_by = Some(by.timestamp()),
            Command::RunNot => told.run_by = None,
        }
        self.look = true;
        match command {
            Command::Level(_) => String::new(),
            Command::Target(target) if told.by.is_none() && !has_daily => {
                format!("target {target} kWh; by when is not said yet")
            }
            Command::Target(target) => format!("target {target} kWh"),
            Command::By(by) if told.target.is_none() && !has_daily => {
                format!("by {}; which level is not said yet", instant_text(by))
            }
            Command::By(by) => format!("by {}", instant_text(by)),
            Command::ChargeNow(is_on) => format!("charge now {}", on(is_on)),
            Command::Hold(is_on) => format!("hold {}", on(is_on)),
            Command::Run(by) => format!("runs by {}", instant_text(by)),
            Command::RunNot => {
                // What has begun is let run on: nobody opens a machine that is full of water.
                if let Some(plan) = &mut self.state.plan
                    && let Some(kept) = plan.devices.get_mut(&device.id)
                {
                    kept.blocks.retain(|block| block.is_at(seconds));
                }
                "need not run".to_owned()
            }
        }
    }

    /// Says on its topic and in the log what came of something that was said.
    pub(crate) fn reply(
        &self,
        now: DateTime<Utc>,
        device: Option<&str>,
        accepted: bool,
        text: &str,
        out: &mut Vec<Action>,
    ) -> Reply {
        let line =
            if accepted { Line::new(now, "command", text) } else { Line::warning(now, "command", text) };
        let named = match device {
            Some(device) => Line { text: format!("{device}: {text}"), ..line }.with("device", device),
            None => line,
        };
        out.push(Action::Log(named));
        let reply =
            Reply { at: At(now), device: device.map(str::to_owned), accepted, message: text.to_owned() };
        if self.connected {
            let topic = self.settings.topics.own("answer");
            out.push(Action::Publish(Message::passing(topic, payload::json(&reply))));
        }
        out.push(Action::Reply(reply.clone()));
        reply
    }
}

/// Whether a level is not the one that was expected: by a fiftieth of the whole.
fn differ(one: Energy, other: Energy, capacity: Energy) -> bool {
    let apart = one.units().abs_diff(other.units());
    apart > capacity.units().unsigned_abs() / 50
}
