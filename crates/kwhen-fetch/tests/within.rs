//! The time of all jobs of a session together, on a made-up clock.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_fetch::Instance;
use kwhen_fetch::graphql;
use kwhen_fetch::protocol::{Action, Job, Session, Settings};
use std::sync::Arc;
use std::time::Duration;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn session(within: Option<Duration>) -> Arc<Session> {
    Arc::new(Session::new(Settings { within, ..Settings::new(Instance::great_britain()) }))
}

#[test]
fn all_jobs_of_a_session_share_one_time() {
    let session = session(Some(Duration::from_secs(60)));
    let job = |begun: i64| Job::new(graphql::consumption_estimates(), session.clone(), at(begun));
    let mut first = job(0);
    let Action::Send(request) = first.next(at(0)) else { panic!("nothing is sent") };
    assert_eq!(request.timeout, Duration::from_secs(30));
    // Of the second's own ten minutes five seconds are left, and its exchange has no more.
    let mut second = job(55);
    let Action::Send(request) = second.next(at(55)) else { panic!("nothing is sent") };
    assert_eq!(request.timeout, Duration::from_secs(5));
    // The third sends nothing.
    let Action::Done(Err(error)) = job(60).next(at(60)) else { panic!("something is sent") };
    assert!(error.to_string().contains("not done within 60s, the time for all of it"), "{error}");
}

#[test]
fn without_a_limit_each_job_has_its_own() {
    let session = session(None);
    let mut late = Job::new(graphql::consumption_estimates(), session.clone(), at(0));
    assert!(matches!(late.next(at(599)), Action::Send(_)));
    let mut next = Job::new(graphql::consumption_estimates(), session, at(100_000));
    assert!(matches!(next.next(at(100_000)), Action::Send(_)));
    let Action::Done(Err(error)) = next.next(at(100_600)) else { panic!("not over") };
    assert!(error.to_string().contains("not done within 600s"), "{error}");
}
