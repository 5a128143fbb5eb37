//! Several jobs of one client at the same time: never more in flight than stated, one token bucket for all, results in order; and
//! futures dropped at every await leave nothing half-done.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_fake_api::{AGILE, Fault, KEY, METER, MPAN, Server};
use kwhen_fetch::driver::asynchronous::{self, AsyncClock, AsyncTransport};
use kwhen_fetch::driver::{SystemClock, Transport, blocking};
use kwhen_fetch::protocol::{Failure, Operation, Request, Response, Settings, TokenBucket};
use kwhen_fetch::rest::{Range, Rates};
use kwhen_fetch::store::{Store, StoredMeter, Sync, SyncOptions};
use kwhen_fetch::wire::Rate;
use kwhen_fetch::{Credentials, Instance, Secret};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Time that passes only when nothing else can happen.
#[derive(Clone, Default)]
struct Time(Arc<Mutex<(u64, Vec<u64>)>>);

impl Time {
    fn milliseconds(&self) -> u64 {
        self.0.lock().unwrap().0
    }

    /// Done when so many milliseconds have passed since the beginning.
    async fn until(&self, due: u64) {
        poll_fn(|_| {
            let mut time = self.0.lock().unwrap();
            if time.0 >= due {
                return Poll::Ready(());
            }
            time.1.push(due);
            Poll::Pending
        })
        .await;
    }

    /// Polls until nothing more happens without time passing.
    fn settle<F: Future>(&self, mut future: Pin<&mut F>) -> Poll<F::Output> {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&flag));
        while flag.0.swap(false, Ordering::SeqCst) {
            self.0.lock().unwrap().1.clear();
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
        }
        Poll::Pending
    }

    /// Lets time pass until the next thing is due.
    fn pass(&self) {
        let mut time = self.0.lock().unwrap();
        time.0 = *time.1.iter().min().expect("something is due, or else all would wait for ever");
    }

    fn finish<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(done) = self.settle(future.as_mut()) {
                return done;
            }
            self.pass();
        }
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl AsyncClock for Time {
    fn now(&self) -> DateTime<Utc> {
        at("2026-03-02T17:00:00Z") + TimeDelta::milliseconds(i64::try_from(self.milliseconds()).unwrap())
    }

    async fn wait(&self, duration: Duration) {
        let due = self.milliseconds() + u64::try_from(duration.as_millis()).unwrap();
        self.until(due).await;
    }
}

/// Answers after so long, with a rate whose price is the day of the month that was asked for, and remembers when it was asked.
#[derive(Clone)]
struct Slow {
    time: Time,
    takes: u64,
    sent_at: Arc<Mutex<Vec<u64>>>,
    traffic: Traffic,
}

impl Slow {
    fn new(time: &Time, takes: u64) -> Self {
        Self { time: time.clone(), takes, sent_at: Arc::default(), traffic: Traffic::default() }
    }
}

impl AsyncTransport for Slow {
    async fn send(&self, request: &Request) -> Result<Response, Failure> {
        let _counted = self.traffic.one_more();
        self.sent_at.lock().unwrap().push(self.time.milliseconds());
        let from = request.url.query_pairs().find(|(name, _)| name == "period_from").unwrap().1.into_owned();
        self.time.until(self.time.milliseconds() + self.takes).await;
        let body = format!(
            r#"{{"count": 1, "next": null, "previous": null, "results": [{{"value_exc_vat": {0}, "value_inc_vat": {0},
            "valid_from": "{from}", "valid_to": null}}]}}"#,
            at(&from).format("%-d")
        );
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Ok(Response { status: 200, headers, body: body.into_bytes() })
    }
}

/// How many are on their way, and how many were at most.
#[derive(Clone, Default)]
struct Traffic(Arc<(AtomicU32, AtomicU32)>);

struct Counted(Traffic);

impl Traffic {
    fn one_more(&self) -> Counted {
        let now = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.1.fetch_max(now, Ordering::SeqCst);
        Counted(self.clone())
    }

    fn now(&self) -> u32 {
        self.0.0.load(Ordering::SeqCst)
    }

    fn most(&self) -> u32 {
        self.0.1.load(Ordering::SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn settings(url: &str, in_flight: u32, rate: TokenBucket) -> Settings {
    let instance = Instance::allowing_plain_http(url).unwrap();
    let mut settings = Settings::new(instance).with_credentials(Credentials::ApiKey(Secret::new(KEY)));
    (settings.seed, settings.rate, settings.limits.in_flight) = (42, rate, in_flight);
    settings
}

fn generous() -> TokenBucket {
    TokenBucket::new(1000, Duration::ZERO)
}

fn day(day: u32) -> impl Operation<Output = Vec<Rate>> {
    let from = at("2026-02-01T00:00:00Z") + TimeDelta::days(i64::from(day) - 1);
    Rates::unit_rates(AGILE).unwrap().within(Range::from(from).to(from + TimeDelta::days(1)).unwrap())
}

fn prices(results: Vec<kwhen_fetch::Result<Vec<Rate>>>) -> Vec<String> {
    let price = |rates: Vec<Rate>| rates[0].value_inc_vat.as_ref().unwrap().to_string();
    results.into_iter().map(|rates| price(rates.unwrap())).collect()
}

#[test]
fn never_more_in_flight_than_stated() {
    let expected: Vec<String> = (1..=12).map(|day| day.to_string()).collect();
    // Twelve answers of a second each: three rounds of four, twelve of one, one of twelve.
    for (in_flight, most, seconds) in [(4, 4, 3), (1, 1, 12), (0, 1, 12), (20, 12, 1)] {
        let time = Time::default();
        let transport = Slow::new(&time, 1000);
        let settings = settings("http://127.0.0.1:9", in_flight, generous());
        let client = asynchronous::Client::with(settings, transport.clone(), time.clone());
        let results = time.finish(client.run_all((1..=12).map(day)));
        assert_eq!(prices(results), expected);
        assert_eq!((transport.traffic.most(), transport.traffic.now()), (most, 0));
        assert_eq!(time.milliseconds(), seconds * 1000);
    }
}

#[test]
fn the_limit_holds_for_clones_too() {
    let time = Time::default();
    let transport = Slow::new(&time, 1000);
    let settings = settings("http://127.0.0.1:9", 2, generous());
    let client = asynchronous::Client::with(settings, transport.clone(), time.clone());
    let other = client.clone();
    let (first, second) = (client.run_all((1..=4).map(day)), other.run_all((11..=14).map(day)));
    let both = async {
        let (mut first, mut second) = (pin!(first), pin!(second));
        let (mut left, mut right) = (None, None);
        poll_fn(|context| {
            if left.is_none()
                && let Poll::Ready(done) = first.as_mut().poll(context)
            {
                left = Some(done);
            }
            if right.is_none()
                && let Poll::Ready(done) = second.as_mut().poll(context)
            {
                right = Some(done);
            }
            if left.is_some() && right.is_some() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        (left.unwrap(), right.unwrap())
    };
    let (left, right) = time.finish(both);
    assert_eq!(prices(left), ["1", "2", "3", "4"]);
    assert_eq!(prices(right), ["11", "12", "13", "14"]);
    assert_eq!((transport.traffic.most(), time.milliseconds()), (2, 4000));
}

#[test]
fn one_token_bucket_for_all() {
    // Three at once, then one every 200 ms; answers take 10 s; eight may be in flight. So eight leave by 1.0 s. The first three come
    // back at 10.0 s, to a full bucket; the fourth at 10.2 s, when the bucket has one again.
    let time = Time::default();
    let transport = Slow::new(&time, 10_000);
    let settings = settings("http://127.0.0.1:9", 8, TokenBucket::new(3, Duration::from_millis(200)));
    let client = asynchronous::Client::with(settings, transport.clone(), time.clone());
    let results = time.finish(client.run_all((1..=12).map(day)));
    assert_eq!(prices(results), (1..=12).map(|day| day.to_string()).collect::<Vec<_>>());
    let sent = transport.sent_at.lock().unwrap().clone();
    assert_eq!(sent, [0, 0, 0, 200, 400, 600, 800, 1000, 10_000, 10_000, 10_000, 10_200]);
    assert_eq!(transport.traffic.most(), 8);
}

#[test]
fn one_that_fails_takes_no_other_with_it() {
    let server = Server::start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let transport = asynchronous::HttpTransport::new().unwrap();
    let client = asynchronous::Client::with(settings(&server.url(), 3, generous()), transport, SystemClock);
    let tariffs = [AGILE, "E-1R-NO-SUCH-24-10-01-C", AGILE];
    let range = || Range::from(at("2026-02-01T00:00:00Z")).to(at("2026-02-02T00:00:00Z")).unwrap();
    let operations = tariffs.map(|tariff| Rates::unit_rates(tariff).unwrap().within(range()));
    let results = runtime.block_on(client.run_all(operations));
    assert_eq!(results[0].as_ref().unwrap().len(), 48);
    assert!(results[1].as_ref().unwrap_err().is_not_found());
    assert_eq!(results[2].as_ref().unwrap().len(), 48);
}

/// Holds the first requests back until so many have met.
struct Meeting<T, B> {
    inner: T,
    barrier: B,
    guests: AtomicU32,
    traffic: Traffic,
}

impl<T, B> Meeting<T, B> {
    fn new(inner: T, barrier: B, guests: u32) -> Self {
        Self { inner, barrier, guests: AtomicU32::new(guests), traffic: Traffic::default() }
    }

    fn is_guest(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.guests.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}

impl AsyncTransport for &Meeting<asynchronous::HttpTransport, tokio::sync::Barrier> {
    async fn send(&self, request: &Request) -> Result<Response, Failure> {
        let _counted = self.traffic.one_more();
        if self.is_guest() {
            self.barrier.wait().await;
        }
        self.inner.send(request).await
    }
}

impl Transport for &Meeting<blocking::HttpTransport, std::sync::Barrier> {
    fn send(&self, request: &Request) -> Result<Response, Failure> {
        let _counted = self.traffic.one_more();
        if self.is_guest() {
            self.barrier.wait();
        }
        self.inner.send(request)
    }
}

/// Six weeks each, so two pages each.
fn two_pages(number: i64) -> impl Operation<Output = Vec<Rate>> {
    let from = at("2025-02-01T00:00:00Z") + TimeDelta::days(45 * number);
    Rates::unit_rates(AGILE).unwrap().within(Range::from(from).to(from + TimeDelta::days(45)).unwrap())
}

#[test]
fn over_http_as_many_as_stated_and_what_comes_is_the_same() {
    let server = Server::start().unwrap();
    let alone = blocking::Client::new(settings(&server.url(), 1, generous())).unwrap();
    let expected: Vec<_> = (0..6).map(|number| alone.run(two_pages(number)).unwrap()).collect();
    assert!(expected.iter().all(|rates| rates.len() == 2160));
    let requests = server.seen().len();
    server.forget();

    // The first three must meet before any is sent: were they sent one after the other, this would never end.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let http = asynchronous::HttpTransport::new().unwrap();
    let meeting = Meeting::new(http, tokio::sync::Barrier::new(3), 3);
    let client = asynchronous::Client::with(settings(&server.url(), 3, generous()), &meeting, SystemClock);
    let together = runtime.block_on(client.run_all((0..6).map(two_pages)));
    let together: Vec<_> = together.into_iter().map(Result::unwrap).collect();
    assert_eq!(together, expected);
    assert_eq!((meeting.traffic.most(), server.seen().len()), (3, requests));
    server.forget();

    // The same for six threads with one client.
    let meeting = Meeting::new(blocking::HttpTransport::new().unwrap(), std::sync::Barrier::new(3), 3);
    let client = blocking::Client::with(settings(&server.url(), 3, generous()), &meeting, SystemClock);
    let together: Vec<_> = std::thread::scope(|scope| {
        let start = |number| {
            let client = &client;
            scope.spawn(move || client.run(two_pages(number)).unwrap())
        };
        let threads: Vec<_> = (0..6).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(together, expected);
    assert_eq!((meeting.traffic.most(), server.seen().len()), (3, requests));
}

#[test]
fn dropped_at_every_await_the_client_serves_on() {
    // One place in flight and one request a second: a place or a turn that were lost would show in the next job.
    for polls in 0..9 {
        let time = Time::default();
        let transport = Slow::new(&time, 700);
        let settings = settings("http://127.0.0.1:9", 1, TokenBucket::new(1, Duration::from_secs(1)));
        let client = asynchronous::Client::with(settings, transport.clone(), time.clone());
        let mut done = false;
        {
            let mut future = pin!(client.run_all((1..=3).map(day)));
            for _ in 0..polls {
                done = time.settle(future.as_mut()).is_ready();
                if done {
                    break;
                }
                time.pass();
            }
        }
        // Sent at 0, 1 and 2 s, each answered 0.7 s later: five things to wait for.
        assert_eq!(done, polls >= 6, "{polls}");
        assert_eq!(transport.traffic.now(), 0, "{polls}");
        let begun = time.milliseconds();
        let sent_before = transport.sent_at.lock().unwrap().clone();
        assert_eq!(prices(vec![time.finish(client.run(day(20)))]), ["20"]);
        let sent = transport.sent_at.lock().unwrap().clone();
        assert_eq!(sent[..sent_before.len()], sent_before, "nothing goes on behind a dropped future");
        assert_eq!(sent.len(), sent_before.len() + 1);
        // It leaves at once, or a second after the last one did.
        let due = sent_before.last().map_or(begun, |last| begun.max(last + 1000));
        assert_eq!(*sent.last().unwrap(), due, "{polls}");
    }
}

#[test]
fn dropped_inside_a_body_the_store_is_whole() {
    let meter = StoredMeter { is_gas: false, meter_point: MPAN.into(), serial_number: METER.into() };
    let mut options =
        SyncOptions::new(at("2026-02-20T00:00:00Z"), at("2026-03-02T00:00:00Z"), at("2026-03-02T17:00:00Z"));
    options.page_size = Some(100);
    let server = Server::start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = |store: &Store| store.reading_rows(&meter, options.from, options.to).unwrap();
    let whole = Store::in_memory().unwrap();
    let transport = asynchronous::HttpTransport::new().unwrap();
    let client = asynchronous::Client::with(settings(&server.url(), 1, generous()), transport, SystemClock);
    let report =
        runtime.block_on(client.run(Sync::readings(&whole, &meter, options.clone()).unwrap())).unwrap();
    assert_eq!((report.pages, report.added), (5, 480));
    // Each page in turn stalls in the middle of its body, and the future is dropped there.
    for page in 0..5 {
        let store = Store::in_memory().unwrap();
        let mut faults = vec![Fault::None; page];
        faults.push(Fault::Drip(1, 500));
        server.fail_with(faults);
        server.forget();
        runtime.block_on(async {
            let mut sync = pin!(client.run(Sync::readings(&store, &meter, options.clone()).unwrap()));
            while server.seen().len() <= page {
                let step = tokio::time::timeout(Duration::from_millis(5), sync.as_mut()).await;
                assert!(step.is_err(), "it cannot be done before page {page}");
            }
        });
        // Before the first page there is nothing, which is an error that says so.
        let kept = if page == 0 { Vec::new() } else { held(&store) };
        assert_eq!(kept.len() % 100, 0, "whole pages");
        assert!(kept.len() / 100 <= page, "no part of the page that broke off");
        server.fail_with([]);
        server.forget();
        let rest =
            runtime.block_on(client.run(Sync::readings(&store, &meter, options.clone()).unwrap())).unwrap();
        assert_eq!((rest.added + kept.len(), rest.revisions.len()), (480, 0));
        assert_eq!(held(&store), held(&whole), "page {page}");
    }
}
