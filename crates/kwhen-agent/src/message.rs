//! What is published: a topic, a payload, and whether the broker keeps it for those who come later.

use serde::Serialize;

/// A message to the broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: String,
    /// Whether the broker keeps it.
    pub retain: bool,
}

impl Message {
    /// One that the broker keeps.
    #[must_use]
    pub fn kept(topic: impl Into<String>, payload: impl Into<String>) -> Self {
        Self { topic: topic.into(), payload: payload.into(), retain: true }
    }

    /// One for those who listen now.
    #[must_use]
    pub fn passing(topic: impl Into<String>, payload: impl Into<String>) -> Self {
        Self { retain: false, ..Self::kept(topic, payload) }
    }
}

/// Where the agent speaks and is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// What all of its own topics begin with.
    pub base: String,
    /// What Home Assistant's discovery topics begin with; `None` for no discovery.
    pub discovery: Option<String>,
}

impl Topics {
    /// A topic of the agent.
    #[must_use]
    pub fn own(&self, rest: &str) -> String {
        format!("{}/{rest}", self.base)
    }

    /// Whether the agent is there.
    #[must_use]
    pub fn availability(&self) -> String {
        self.own("availability")
    }

    /// What a device does.
    #[must_use]
    pub fn device(&self, id: &str) -> String {
        self.own(&format!("device/{id}"))
    }

    /// Where something is said to a device.
    #[must_use]
    pub fn command(&self, id: &str, what: &str) -> String {
        self.own(&format!("device/{id}/{what}/{}", crate::command::SET))
    }

    /// All that is heard.
    #[must_use]
    pub fn heard(&self) -> String {
        self.own(&format!("device/+/+/{}", crate::command::SET))
    }
}

/// The agent is there.
pub const ONLINE: &str = "online";
/// It is not.
pub const OFFLINE: &str = "offline";

/// Whether a text can be what topics begin with.
///
/// # Errors
/// It is empty, or has signs that stand for other topics.
pub fn prefix(text: &str) -> Result<String, String> {
    let refused = text.is_empty()
        || text.len() > 200
        || text.starts_with('$')
        || text.starts_with('/')
        || text.ends_with('/')
        || text.contains(['#', '+', '\0'])
        || text.chars().any(char::is_control);
    if refused { Err(format!("not what topics can begin with: {text:?}")) } else { Ok(text.to_owned()) }
}
