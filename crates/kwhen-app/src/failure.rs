//! Why a question has no answer.

use std::fmt;

/// What went wrong.
#[derive(Debug)]
pub enum Failure {
    /// The work could not be done.
    Work(String),
    /// The question makes no sense.
    Usage(String),
}

impl Failure {
    /// The work could not be done, and why.
    pub fn work(message: impl Into<String>) -> Self {
        Self::Work(message.into())
    }

    /// The question makes no sense, and why.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Says what it was about: `gas: no such file`.
    #[must_use]
    pub fn within(self, what: &str) -> Self {
        match self {
            Self::Work(message) => Self::Work(format!("{what}: {message}")),
            Self::Usage(message) => Self::Usage(format!("{what}: {message}")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(message) | Self::Usage(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Failure {}

impl From<kwhen::Error> for Failure {
    fn from(error: kwhen::Error) -> Self {
        Self::Work(error.to_string())
    }
}

#[cfg(feature = "ask")]
impl From<kwhen_fetch::Error> for Failure {
    fn from(error: kwhen_fetch::Error) -> Self {
        Self::Work(error.to_string())
    }
}

/// What is asked for, or why it cannot be had.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// That prices of a source are not for a method of this name.
pub fn unknown_method(name: &str, source: &str) -> Failure {
    Failure::usage(format!(
        "--payment-method {name}: no price of {source} is for a method of this name; direct-debit and non-direct-debit are known"
    ))
}
