//! One fault: what is asked, how it is made to fail, what must come of it, over either driver with a clock that is made up.

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_fake_api::{AGILE, Answer, ECONOMY_7, Fault, KEY, Server};
use kwhen_fetch::driver::asynchronous::{self, AsyncClock};
use kwhen_fetch::driver::{Clock, blocking};
use kwhen_fetch::graphql;
use kwhen_fetch::protocol::{Operation, Settings, Statistics};
use kwhen_fetch::rest::{self, Range, Rates};
use kwhen_fetch::wire::{QuoteRequest, Raw};
use kwhen_fetch::{Credentials, Error, Instance, Secret};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone)]
pub(crate) struct MadeUpClock(Arc<Mutex<DateTime<Utc>>>);

impl MadeUpClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(at("2026-03-02T17:00:00Z"))))
    }

    pub(crate) fn pass(&self, duration: Duration) {
        *self.0.lock().unwrap() += TimeDelta::from_std(duration).unwrap();
    }
}

impl Clock for MadeUpClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    fn wait(&self, duration: Duration) {
        self.pass(duration);
    }
}

impl AsyncClock for MadeUpClock {
    fn now(&self) -> DateTime<Utc> {
        Clock::now(self)
    }

    async fn wait(&self, duration: Duration) {
        self.pass(duration);
    }
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    /// One page of 48 rates; public.
    Day,
    /// 2,160 rates on two pages.
    TwoPages,
    /// A tariff that refuses standard rates.
    EconomySeven,
    /// Readings of a day, with the key.
    Readings,
    /// A quote: not to be sent twice.
    Quote,
    /// GraphQL, with a token.
    Dispatches,
    /// A GraphQL list on two pages.
    Applicable,
    /// A mutation: not to be sent twice.
    Mutation,
}

/// What must come of it.
#[derive(Clone, Copy)]
pub(crate) enum Expect {
    Rows(usize),
    Error(&'static str, fn(&Error) -> bool),
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) job: Job,
    pub(crate) faults: Vec<Fault>,
    pub(crate) expect: Expect,
    /// Requests that reach the server.
    pub(crate) requests: u32,
    /// The least and the most time waited, in milliseconds.
    pub(crate) waited: (u64, u64),
    pub(crate) key: &'static str,
    pub(crate) settings: fn(&mut Settings),
}

macro_rules! fails {
    ($predicate:ident) => {
        $crate::harness::Expect::Error(stringify!($predicate), kwhen_fetch::Error::$predicate)
    };
}

pub(crate) use fails;

pub(crate) fn case(
    name: &'static str,
    job: Job,
    faults: impl Into<Vec<Fault>>,
    expect: Expect,
    requests: u32,
) -> Case {
    Case { name, job, faults: faults.into(), expect, requests, waited: (0, 0), key: KEY, settings: |_| {} }
}

impl Case {
    pub(crate) fn waiting(mut self, least: u64, most: u64) -> Self {
        self.waited = (least, most);
        self
    }

    pub(crate) fn with(mut self, settings: fn(&mut Settings)) -> Self {
        self.settings = settings;
        self
    }

    pub(crate) fn key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }
}

pub(crate) const FIVE: (u64, u64) = (1, 7500); // four waits, of at most 0.5 + 1 + 2 + 4 s

/// An answer of JSON.
pub(crate) fn ok(body: &str) -> Fault {
    Fault::answer(&Answer::json(200, body))
}

pub(crate) fn impatient(settings: &mut Settings) {
    settings.limits.exchange = Duration::from_millis(350);
}

pub(crate) fn small(settings: &mut Settings) {
    settings.limits.body = 1 << 20;
}

/// A driver: carries an operation out and gives its result.
pub(crate) trait Driver {
    fn carry<O: Operation>(
        &self,
        settings: Settings,
        operation: O,
    ) -> (kwhen_fetch::Result<O::Output>, Statistics);
}

pub(crate) struct Blocking(pub(crate) blocking::HttpTransport);
pub(crate) struct Asynchronous(pub(crate) tokio::runtime::Runtime, pub(crate) asynchronous::HttpTransport);

impl Driver for Blocking {
    fn carry<O: Operation>(
        &self,
        settings: Settings,
        operation: O,
    ) -> (kwhen_fetch::Result<O::Output>, Statistics) {
        blocking::Client::with(settings, self.0.clone(), MadeUpClock::new()).run_with(operation, |_, _| {})
    }
}

impl Driver for Asynchronous {
    fn carry<O: Operation>(
        &self,
        settings: Settings,
        operation: O,
    ) -> (kwhen_fetch::Result<O::Output>, Statistics) {
        let client = asynchronous::Client::with(settings, self.1.clone(), MadeUpClock::new());
        self.0.block_on(client.run_with(operation, |_, _| {}))
    }
}

pub(crate) fn settings(url: &str, key: &str) -> Settings {
    let mut settings = Settings::new(Instance::allowing_plain_http(url).unwrap())
        .with_credentials(Credentials::ApiKey(Secret::new(key)));
    settings.seed = 42;
    settings.rate = kwhen_fetch::protocol::TokenBucket::new(100, Duration::ZERO);
    settings
}

pub(crate) fn carry(
    case: &Case,
    driver: &impl Driver,
    url: &str,
) -> (kwhen_fetch::Result<usize>, Statistics) {
    let mut settings = settings(url, case.key);
    (case.settings)(&mut settings);
    let range = |from: &str, to: &str| Range::from(at(from)).to(at(to)).unwrap();
    fn count<T>(
        (result, statistics): (kwhen_fetch::Result<Vec<T>>, Statistics),
    ) -> (kwhen_fetch::Result<usize>, Statistics) {
        (result.map(|rows| rows.len()), statistics)
    }
    match case.job {
        Job::Day => count(driver.carry(
            settings,
            Rates::unit_rates(AGILE).unwrap().within(range("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")),
        )),
        Job::TwoPages => count(driver.carry(
            settings,
            Rates::unit_rates(AGILE).unwrap().within(range("2026-01-01T00:00:00Z", "2026-02-15T00:00:00Z")),
        )),
        Job::EconomySeven => count(driver.carry(settings, Rates::unit_rates(ECONOMY_7).unwrap())),
        Job::Readings => count(driver.carry(
            settings,
            rest::consumption(&rest::ConsumptionRequest {
                fuel: rest::Fuel::Electricity,
                meter_point: kwhen_fake_api::MPAN,
                serial_number: kwhen_fake_api::METER,
                range: Some(range("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z")),
                group_by: None,
                order_by: rest::OrderBy::Period,
            }),
        )),
        Job::Quote => {
            let request: QuoteRequest = serde_json::from_str(
                r#"{"electricity_meter_points":[{"postcode":"W1F 9DE","consumption_standard":3100}],"product_codes":["VAR-22-11-01"]}"#,
            )
            .unwrap();
            let (result, statistics) = driver.carry(settings, rest::create_quote(&request).unwrap());
            (result.map(|quote| quote.products.len()), statistics)
        }
        Job::Dispatches => count(driver.carry(settings, graphql::planned_dispatches("A-12AB34CD").unwrap())),
        Job::Applicable => count(driver.carry(
            settings,
            graphql::applicable_rates(
                "A-12AB34CD",
                "2000024512368",
                at("2025-10-26T00:00:00Z"),
                at("2025-10-26T01:00:00Z"),
            ),
        )),
        Job::Mutation => {
            let call = graphql::Call::mutation(
                "mutation { setVehicleChargePreferences { possibleErrors { code message } } }",
                "setVehicleChargePreferences",
            );
            let (result, statistics) = driver.carry::<graphql::Call<Raw>>(settings, call);
            (result.map(|_| 1), statistics)
        }
    }
}

pub(crate) fn check(case: &Case, driver: &impl Driver, driver_name: &str, elsewhere: &Server) -> Statistics {
    let server = Server::start().unwrap();
    server.fail_with(case.faults.clone());
    let (result, statistics) = carry(case, driver, &server.url());
    let name = format!("{} ({driver_name})", case.name);
    match (&case.expect, &result) {
        (Expect::Rows(rows), Ok(came)) => assert_eq!(came, rows, "{name}"),
        (Expect::Error(predicate, holds), Err(error)) => {
            assert!(holds(error), "{name}: not {predicate}: {error:?}")
        }
        (_, result) => panic!("{name}: {result:?}"),
    }
    let seen = server.seen();
    assert_eq!(statistics.requests, case.requests, "{name}: requests sent: {seen:?}");
    assert_eq!(seen.len(), case.requests as usize, "{name}: requests that arrived: {seen:?}");
    let waited = u64::try_from(statistics.waited.as_millis()).unwrap();
    assert!((case.waited.0..=case.waited.1).contains(&waited), "{name}: waited {waited} ms");
    assert!(elsewhere.seen().is_empty(), "{name}: another host was spoken to");
    let public = |seen: &&kwhen_fake_api::Seen| seen.path.contains("/products/");
    assert!(
        seen.iter().filter(public).all(|seen| seen.authorization.is_none()),
        "{name}: the key went to a public endpoint"
    );
    if let Err(error) = result {
        assert!(!format!("{error} {error:?}").contains("sk_test"), "{name}: the key is in the error");
    }
    statistics
}
