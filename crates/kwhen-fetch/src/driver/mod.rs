//! Carrying jobs out.
//!
//! A [`Transport`] sends one request and gives one answer; a [`Clock`] tells the time and waits. [`run`] does the rest on the calling
//! thread, whatever the transport. The features `blocking` and `async` bring transports over `reqwest`.

#[cfg(feature = "async")]
pub mod asynchronous;
#[cfg(feature = "blocking")]
pub mod blocking;
mod cancel;
mod gate;
#[cfg(all(feature = "blocking", feature = "store"))]
pub mod home;
#[cfg(feature = "http")]
mod http;

pub use cancel::Cancel;

use crate::Result;
use crate::protocol::{Action, Failure, FailureKind, Job, Operation, Request, Response, Session, Statistics};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// Sends a request and waits for the answer. It follows no redirects and retries nothing: the job does.
pub trait Transport {
    /// Sends it within its `timeout` and reads at most its `body_limit`.
    fn send(&self, request: &Request) -> std::result::Result<Response, Failure>;
}

/// The time, and waiting for it to pass.
pub trait Clock {
    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// Waits.
    fn wait(&self, duration: Duration);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "a driver is where the machine's clock is the point")]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        std::time::SystemTime::now().into()
    }

    fn wait(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// How long a wait goes on before the flag is looked at again.
const SLICE: Duration = Duration::from_millis(100);

/// Carries a job out on this thread. `progress` sees the operation after every answer. Threads that call this with one session share
/// its rate; how many do so at the same time is theirs to limit (`blocking::Client` does).
pub fn run<O: Operation>(
    operation: O,
    session: &Arc<Session>,
    transport: &impl Transport,
    clock: &impl Clock,
    cancel: &Cancel,
    progress: impl FnMut(&O, Statistics),
) -> (Result<O::Output>, Statistics) {
    run_through(None, operation, session, transport, clock, cancel, progress)
}

fn run_through<O: Operation>(
    gate: Option<&gate::Gate>,
    operation: O,
    session: &Arc<Session>,
    transport: &impl Transport,
    clock: &impl Clock,
    cancel: &Cancel,
    mut progress: impl FnMut(&O, Statistics),
) -> (Result<O::Output>, Statistics) {
    let mut job = Job::new(operation, Arc::clone(session), clock.now());
    loop {
        let place = gate.map(|gate| gate.enter(SLICE, cancel));
        if cancel.is_cancelled() {
            return (Err(crate::Error::cancelled("cancelled")), job.statistics());
        }
        match job.next(clock.now()) {
            Action::Done(result) => return (result, job.statistics()),
            Action::Wait(wait) => {
                drop(place);
                pause(wait, clock, cancel);
            }
            Action::Send(request) => {
                let outcome = transport.send(&request);
                drop(place);
                let cancelled = Failure::new(FailureKind::Cancelled, "cancelled");
                job.answered(clock.now(), if cancel.is_cancelled() { Err(cancelled) } else { outcome });
                progress(job.operation(), job.statistics());
            }
        }
    }
}

fn pause(wait: Duration, clock: &impl Clock, cancel: &Cancel) {
    let mut left = wait;
    while !left.is_zero() && !cancel.is_cancelled() {
        let slice = left.min(SLICE);
        clock.wait(slice);
        left -= slice;
    }
}
