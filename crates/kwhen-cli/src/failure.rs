//! Why a command ends without having done its work.

use std::fmt;
use std::process::ExitCode;

/// What went wrong, and with it the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The work could not be done: exit 1.
    Work(String),
    /// The command line makes no sense: exit 2.
    Usage(String),
    /// Some of the work was done, which is printed, and some was not: exit 1.
    Partly {
        /// What is printed all the same.
        done: String,
        /// What went wrong.
        message: String,
    },
}

impl Failure {
    pub(crate) fn work(message: impl Into<String>) -> Self {
        Self::Work(message.into())
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Says what it was about: `gas: no such file`.
    pub(crate) fn within(self, what: &str) -> Self {
        match self {
            Self::Work(message) => Self::Work(format!("{what}: {message}")),
            Self::Usage(message) => Self::Usage(format!("{what}: {message}")),
            Self::Partly { done, message } => Self::Partly { done, message: format!("{what}: {message}") },
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Work(_) | Self::Partly { .. } => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(message) | Self::Usage(message) | Self::Partly { message, .. } => f.write_str(message),
        }
    }
}

impl From<kwhen::Error> for Failure {
    fn from(error: kwhen::Error) -> Self {
        Self::Work(error.to_string())
    }
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// That prices of a source are not for a method of this name.
pub(crate) fn unknown_method(name: &str, source: &str) -> Failure {
    Failure::usage(format!(
        "--payment-method {name}: no price of {source} is for a method of this name; direct-debit and non-direct-debit are known"
    ))
}
