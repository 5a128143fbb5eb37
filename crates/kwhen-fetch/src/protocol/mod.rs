//! The conversation with the service, without any I/O.
//!
//! A [`Job`] is told the time and the answers, and says what to do next: send a [`Request`], wait, or stop. Retries, pages, redirects,
//! tokens, rate limits and deadlines are its business; a driver has only to obey. All of it can therefore be tested with a made-up clock.

mod bucket;
mod job;
mod message;
mod retry;
mod session;

pub use bucket::TokenBucket;
pub use job::{Action, Job, Next, Operation, Statistics};
pub use message::{Authorisation, Failure, FailureKind, Method, Request, Response};
pub use retry::{Jitter, Limits, RetryPolicy, retry_after};
pub use session::{Session, Settings};
