//! What the command writes that is no answer to a question: files, what was fetched, lists of what a service has.

pub(crate) mod dispatched;
pub(crate) mod documented;
pub(crate) mod fetched;
pub(crate) mod file;
pub(crate) mod imported;
pub(crate) mod listed;
pub(crate) mod progress;
pub(crate) mod told;
