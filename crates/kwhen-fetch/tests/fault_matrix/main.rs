//! Everything that can go wrong on the way, once over each driver, with a clock that is made up: the outcome, the requests and the
//! waits are what the rules say, and both drivers do exactly the same.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod answers;
mod graphql;
mod harness;
mod statuses;

use chrono::{DateTime, TimeDelta, Utc};
use harness::{Asynchronous, Blocking, Case, Job, MadeUpClock, at, carry, case, check, fails, settings};
use kwhen_fake_api::{AGILE, Fault, KEY, Server};
use kwhen_fetch::driver::{Clock, asynchronous, blocking};
use kwhen_fetch::rest::Rates;
use std::sync::Arc;
use std::time::Duration;

fn matrix(elsewhere: &str) -> Vec<Case> {
    [answers::cases(elsewhere), statuses::cases(), graphql::cases()].into_iter().flatten().collect()
}

#[test]
fn every_fault_over_both_drivers() {
    let elsewhere = Server::start().unwrap();
    let cases = matrix(&elsewhere.url());
    assert!(cases.len() >= 40);
    let threads: Vec<_> = (0..8)
        .map(|part| {
            let url = elsewhere.url();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let asynchronous = Asynchronous(runtime, asynchronous::HttpTransport::new().unwrap());
                let blocking = Blocking(blocking::HttpTransport::new().unwrap());
                let other = Server::start().unwrap();
                let _ = url;
                for case in matrix(&other.url()).iter().skip(part).step_by(8) {
                    let first = check(case, &blocking, "blocking", &other);
                    let second = check(case, &asynchronous, "async", &other);
                    assert_eq!(first, second, "{}: the drivers differ", case.name);
                }
            })
        })
        .collect();
    let failed: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().err()).collect();
    assert!(failed.is_empty(), "{} of 8 parts failed", failed.len());
    println!("{} cases x 2 drivers", cases.len());
}

#[test]
fn nothing_listens() {
    let url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for job in [Job::Day, Job::Quote] {
        let case = case("refused", job, [], fails!(is_offline), 5);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let asynchronous = Asynchronous(runtime, asynchronous::HttpTransport::new().unwrap());
        let first = carry(&case, &Blocking(blocking::HttpTransport::new().unwrap()), &url);
        let second = carry(&case, &asynchronous, &url);
        for (result, statistics) in [first, second] {
            let error = result.unwrap_err();
            assert!(error.is_offline(), "{error:?}");
            assert!(error.to_string().contains("cannot reach 127.0.0.1"), "{error}");
            // Without a connection nothing was sent: even a quote may be tried again.
            assert_eq!(statistics.requests, 5);
        }
    }
}

#[test]
fn cancelled_while_it_waits() {
    struct Cancelling(MadeUpClock, kwhen_fetch::driver::Cancel);
    impl Clock for Cancelling {
        fn now(&self) -> DateTime<Utc> {
            Clock::now(&self.0)
        }
        fn wait(&self, duration: Duration) {
            self.0.pass(duration);
            self.1.cancel();
        }
    }
    let server = Server::start().unwrap();
    server.fail_with([Fault::retry_after(503, "60")]);
    let cancel = kwhen_fetch::driver::Cancel::new();
    let session = Arc::new(kwhen_fetch::protocol::Session::new(settings(&server.url(), KEY)));
    let clock = Cancelling(MadeUpClock::new(), cancel.clone());
    let transport = blocking::HttpTransport::new().unwrap();
    let operation = Rates::unit_rates(AGILE).unwrap();
    let (result, statistics) =
        kwhen_fetch::driver::run(operation, &session, &transport, &clock, &cancel, |_, _| {});
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!((statistics.requests, server.seen().len()), (1, 1));
    assert!(Clock::now(&clock) - at("2026-03-02T17:00:00Z") < TimeDelta::seconds(1));
}

#[test]
fn dropped_at_every_await() {
    // A future that is dropped after n polls leaves nothing behind that would go on sending.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for milliseconds in [0, 1, 3, 8, 20] {
        let server = Server::start().unwrap();
        server.fail_with([Fault::Drip(400, 5)]);
        runtime.block_on(async {
            let transport = asynchronous::HttpTransport::new().unwrap();
            let client =
                asynchronous::Client::with(settings(&server.url(), KEY), transport, MadeUpClock::new());
            let job = client.run(Rates::unit_rates(AGILE).unwrap());
            let ended = tokio::time::timeout(Duration::from_millis(milliseconds), job).await;
            assert!(ended.is_err(), "the whole history comes on many pages and cannot be done yet");
            // The one request that was on its way may still be seen, however slow the machine; none is sent after it.
            let sent = server.seen().len();
            tokio::time::sleep(Duration::from_millis(400)).await;
            assert!(server.seen().len() <= sent + 1, "dropped after {milliseconds} ms");
        });
    }
}
