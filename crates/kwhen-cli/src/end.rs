//! How a command ends that has not done its work.

use kwhen_app::failure::Failure;
use std::fmt;
use std::process::ExitCode;

/// What went wrong, and with it the exit code.
#[derive(Debug)]
pub(crate) enum End {
    /// Nothing was done: exit 1, or 2 where the command line makes no sense.
    Failed(Failure),
    /// Some of the work was done, which is printed, and some was not: exit 1.
    Partly {
        /// What is printed all the same.
        done: String,
        /// What went wrong.
        message: String,
    },
}

impl End {
    pub(crate) fn work(message: impl Into<String>) -> Self {
        Self::Failed(Failure::work(message))
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Failed(Failure::usage(message))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed(Failure::Work(_)) | Self::Partly { .. } => ExitCode::from(1),
            Self::Failed(Failure::Usage(_)) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::Partly { message, .. } => f.write_str(message),
        }
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<kwhen::Error> for End {
    fn from(error: kwhen::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<kwhen_fetch::Error> for End {
    fn from(error: kwhen_fetch::Error) -> Self {
        Self::Failed(error.into())
    }
}

pub(crate) type Result<T, E = End> = std::result::Result<T, E>;
