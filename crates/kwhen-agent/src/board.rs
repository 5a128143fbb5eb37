//! Where others see what the agent says, from any thread, and speak to it.

use crate::payload;
use crate::turn::{Asker, Event};
use kwhen_app::answer::published::{Reply, Said};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something new: the topic behind what all topics begin with, and what is said under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Such as `plan` or `device/car`.
    pub topic: String,
    /// As JSON.
    pub payload: String,
}

type Listener = Box<dyn Fn(&Change) + Send>;

/// What the agent says, for all who want to see it.
#[derive(Default)]
pub struct Board {
    said: Mutex<Option<Arc<Said>>>,
    shown: Mutex<BTreeMap<String, String>>,
    listeners: Mutex<Vec<Listener>>,
    agent: Mutex<Option<Sender<Event>>>,
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Board")
    }
}

/// What is behind a lock is whole whoever panicked while holding it: it is put there in one step.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    /// What was said last; nothing before the home was looked at.
    pub fn said(&self) -> Option<Arc<Said>> {
        held(&self.said).clone()
    }

    /// Tells somebody of everything that is new from now on. Who is told must not wait.
    pub fn listen(&self, listener: impl Fn(&Change) + Send + 'static) {
        held(&self.listeners).push(Box::new(listener));
    }

    /// Whether somebody hears what is said here.
    pub fn hears(&self) -> bool {
        held(&self.agent).is_some()
    }

    /// Says something of a device. Without anybody who hears it, the asker is let go without a reply.
    pub fn say(&self, device: &str, what: &str, payload: &str, asker: Asker) {
        let (device, what, payload) = (device.to_owned(), what.to_owned(), payload.to_owned());
        if let Some(agent) = held(&self.agent).as_ref() {
            let _ = agent.send(Event::Spoken { device, what, payload, asker });
        }
    }

    /// From now on an agent hears what is said here.
    pub(crate) fn hear(&self, agent: Sender<Event>) {
        *held(&self.agent) = Some(agent);
    }

    /// Shows what is said now, and tells of what is new.
    pub fn show(&self, said: Said) {
        let topics = payload::topics(&said);
        *held(&self.said) = Some(Arc::new(said));
        for (topic, payload) in topics {
            let before = held(&self.shown).insert(topic.clone(), payload.clone());
            if before.as_ref() != Some(&payload) {
                self.tell(&Change { topic, payload });
            }
        }
    }

    /// Tells of what came of something that was said.
    pub(crate) fn reply(&self, reply: &Reply) {
        self.tell(&Change { topic: "answer".to_owned(), payload: payload::json(reply) });
    }

    fn tell(&self, change: &Change) {
        held(&self.listeners).iter().for_each(|listener| listener(change));
    }
}
