//! What `kwhen doctor` answers.

use serde::Serialize;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Fine,
    /// Not there, and not needed for all that can be asked.
    Absent,
    /// Something should be done.
    Warning,
    /// Something is broken.
    Fault,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// How it stands.
    pub state: State,
    /// What was found, in words.
    pub found: String,
    /// What to do; null where nothing is to be done.
    pub advice: Option<String>,
}

/// All that was looked at.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Doctor {
    /// In the order in which one thing rests on another.
    pub checks: Vec<Check>,
}

impl Doctor {
    /// How many things are broken.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.checks.iter().filter(|check| check.state == State::Fault).count()
    }
}
