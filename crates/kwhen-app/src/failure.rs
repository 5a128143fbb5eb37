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
        Self::Work(format!("{error}{}", next_step(&error)))
    }
}

/// What to do about it, behind the message; empty where the message says it.
#[cfg(feature = "ask")]
#[must_use]
pub fn next_step(error: &kwhen_fetch::Error) -> &'static str {
    if error.is_unauthorised() {
        "; the supplier's website shows the key under personal details, API access: put it into the variable KWHEN_API_KEY, or into a file for --key-file"
    } else if error.is_forbidden() {
        "; a key opens its own account alone: kwhen init finds its number"
    } else if error.is_not_found() {
        "; look for a mistake in the account's number, the tariff's code (kwhen fetch products lists what is on sale) or the meter's numbers"
    } else if error.is_unsafe() && error.request().is_none() {
        "; take an https:// address, or --allow-http for a server on this machine"
    } else if error.is_offline() {
        "; is this machine on the network? kwhen bill and the plans go on with what is in the store"
    } else {
        ""
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
