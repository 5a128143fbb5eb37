//! Everything that can go wrong on the way, once over each driver, with a clock that is made up: the outcome, the requests and the
//! waits are what the rules say, and both drivers do exactly the same.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_fake_api::{AGILE, Answer, ECONOMY_7, Fault, KEY, Piece, Server};
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
struct MadeUpClock(Arc<Mutex<DateTime<Utc>>>);

impl MadeUpClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(at("2026-03-02T17:00:00Z"))))
    }

    fn pass(&self, duration: Duration) {
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

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Job {
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
enum Expect {
    Rows(usize),
    Error(&'static str, fn(&Error) -> bool),
}

struct Case {
    name: &'static str,
    job: Job,
    faults: Vec<Fault>,
    expect: Expect,
    /// Requests that reach the server.
    requests: u32,
    /// The least and the most time waited, in milliseconds.
    waited: (u64, u64),
    key: &'static str,
    settings: fn(&mut Settings),
}

macro_rules! fails {
    ($predicate:ident) => {
        Expect::Error(stringify!($predicate), Error::$predicate)
    };
}

fn case(name: &'static str, job: Job, faults: impl Into<Vec<Fault>>, expect: Expect, requests: u32) -> Case {
    Case { name, job, faults: faults.into(), expect, requests, waited: (0, 0), key: KEY, settings: |_| {} }
}

impl Case {
    fn waiting(mut self, least: u64, most: u64) -> Self {
        self.waited = (least, most);
        self
    }

    fn with(mut self, settings: fn(&mut Settings)) -> Self {
        self.settings = settings;
        self
    }

    fn key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }
}

const FIVE: (u64, u64) = (1, 7500); // four waits, of at most 0.5 + 1 + 2 + 4 s

fn matrix(elsewhere: &str) -> Vec<Case> {
    use Job::*;
    let page = |next: &str| Fault::Replace("\"next\":null".into(), format!("\"next\":{next}"));
    let ok = |body: &str| Fault::answer(&Answer::json(200, body));
    let graphql_error = |code: &str| {
        ok(&format!(r#"{{"errors":[{{"message":"no","extensions":{{"errorCode":"{code}"}}}}],"data":null}}"#))
    };
    let token_error = graphql_error("KT-CT-1139");
    let none = Vec::<Fault>::new;
    let looping = page("\"?period_from=2026-03-01T00:00:00Z&period_to=2026-03-02T00:00:00Z&page=1\"");
    vec![
        case("nothing wrong", Day, none(), Expect::Rows(48), 1),
        case("two pages", TwoPages, none(), Expect::Rows(2160), 2),
        case("reset before the answer", Day, [Fault::Reset], Expect::Rows(48), 2).waiting(0, 500),
        case("reset every time", Day, vec![Fault::Reset; 9], fails!(is_interrupted), 5)
            .waiting(FIVE.0, FIVE.1),
        case("reset inside the body", Day, [Fault::Truncate(500)], Expect::Rows(48), 2).waiting(0, 500),
        case("truncated at the last byte", Day, [Fault::Truncate(999)], Expect::Rows(48), 2).waiting(0, 500),
        case("reset between pages", TwoPages, [Fault::None, Fault::Reset], Expect::Rows(2160), 3)
            .waiting(0, 500),
        case("reset of what must not be sent twice", Quote, [Fault::Reset], fails!(is_interrupted), 1),
        case("not HTTP", Day, vec![Fault::not_http(); 9], fails!(is_interrupted), 5).waiting(FIVE.0, FIVE.1),
        case("bad chunking", Day, [Fault::bad_chunking()], Expect::Rows(48), 2).waiting(0, 500),
        case("stall", Day, [Fault::stall(700)], Expect::Rows(48), 2).waiting(0, 500).with(impatient),
        case("stall of what must not be sent twice", Quote, [Fault::stall(700)], fails!(is_timed_out), 1)
            .with(impatient),
        case(
            "stall inside the body",
            Day,
            [Fault::Pieces(vec![
                Piece::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec()),
                Piece::Pause(700),
            ])],
            Expect::Rows(48),
            2,
        )
        .waiting(0, 500)
        .with(impatient),
        case("slow drip", Day, [Fault::Drip(100, 20)], Expect::Rows(48), 2).waiting(0, 500).with(impatient),
        case("small pieces", Day, [Fault::Drip(2000, 1)], Expect::Rows(48), 1),
        case("compressed", Day, [Fault::Gzip], Expect::Rows(48), 1),
        case("gzip bomb", Day, [Fault::gzip_bomb(8)], fails!(is_too_large), 1).with(small),
        case("oversized", Day, [Fault::oversized(3)], fails!(is_too_large), 1).with(small),
        case(
            "gzip of nonsense",
            Day,
            vec![Fault::answer(&Answer::json(200, "{}").with("Content-Encoding", "gzip")); 9],
            fails!(is_interrupted),
            5,
        )
        .waiting(FIVE.0, FIVE.1),
        case("empty body", Day, [ok("")], fails!(is_malformed), 1),
        case(
            "HTML instead of JSON",
            Day,
            [Fault::answer(&Answer::html(200, "<html>Sorry</html>"))],
            fails!(is_malformed),
            1,
        ),
        case(
            "JSON under a wrong content type",
            Day,
            [Fault::answer(&Answer::html(200, r#"{"count":0,"next":null,"results":[]}"#))],
            Expect::Rows(0),
            1,
        ),
        case(
            "invalid UTF-8",
            Day,
            [Fault::answer(&Answer::json(200, b"{\"results\":[\"\xff\"]}".to_vec()))],
            fails!(is_malformed),
            1,
        ),
        case("broken JSON", Day, [ok(r#"{"count":1,"results":[{]}"#)], fails!(is_malformed), 1),
        case("results gone", Day, [ok(r#"{"count":1,"items":[]}"#)], fails!(is_malformed), 1),
        case(
            "a field of another type",
            Day,
            [Fault::Replace("\"valid_from\":\"".into(), "\"valid_from\":7,\"x\":\"".into())],
            fails!(is_malformed),
            1,
        ),
        case(
            "a number that is none",
            Day,
            [ok(r#"{"count":1,"next":null,"results":[{"value_exc_vat":"cheap"}]}"#)],
            fails!(is_malformed),
            1,
        ),
        case(
            "new fields",
            Day,
            [Fault::Replace(
                "\"payment_method\"".into(),
                "\"carbon\":{\"g\":1.50},\"payment_method\"".into(),
            )],
            Expect::Rows(48),
            1,
        ),
        case(
            "null price",
            Day,
            [ok(
                r#"{"count":1,"next":null,"results":[{"value_exc_vat":null,"value_inc_vat":null,"valid_from":null}]}"#,
            )],
            Expect::Rows(1),
            1,
        ),
        case(
            "fewer rows than announced",
            Day,
            [Fault::Replace("\"count\":48".into(), "\"count\":49".into())],
            fails!(is_incomplete),
            1,
        ),
        case(
            "the same row twice",
            Day,
            [ok(
                r#"{"count":1,"next":null,"results":[{"value_inc_vat":1,"valid_from":"2026-03-01T00:00:00Z"},{"value_inc_vat":1,"valid_from":"2026-03-01T00:00:00Z"}]}"#,
            )],
            Expect::Rows(1),
            1,
        ),
        case(
            "a page that overlaps the one before",
            TwoPages,
            [Fault::Replace("page=2\"".into(), "page=1\"".into())],
            Expect::Rows(2160),
            3,
        ),
        case("page loop", Day, [looping.clone(), looping], fails!(is_page_loop), 2),
        case(
            "pages without end",
            Day,
            (2..9).map(|n| page(&format!("\"?page=1&n={n}\""))).collect::<Vec<_>>(),
            fails!(is_too_large),
            4,
        )
        .with(|settings| settings.limits.pages = 4),
        case(
            "next leads to another host",
            Day,
            [page("\"https://elsewhere.example/v1/?page=2\"")],
            fails!(is_unsafe),
            1,
        ),
        case(
            "next leads to another port",
            Day,
            [page(&format!("\"{elsewhere}/v1/products/\""))],
            fails!(is_unsafe),
            1,
        ),
        case(
            "redirect",
            Day,
            [Fault::redirect(302, "?period_from=2026-03-01T00:00:00Z&period_to=2026-03-01T12:00:00Z")],
            Expect::Rows(24),
            2,
        ),
        case(
            "redirect to another host",
            Day,
            [Fault::redirect(301, "https://elsewhere.example/")],
            fails!(is_unsafe),
            1,
        ),
        case(
            "redirect with the key to another port",
            Readings,
            [Fault::redirect(307, elsewhere)],
            fails!(is_unsafe),
            1,
        ),
        case("redirect loop", Day, vec![Fault::redirect(302, "?again"); 9], fails!(is_page_loop), 4),
        case(
            "redirect without a place",
            Day,
            [Fault::answer(&Answer::html(302, ""))],
            fails!(is_malformed),
            1,
        ),
        case(
            "redirect of what must not be sent twice",
            Quote,
            [Fault::redirect(307, "/v1/quotes/")],
            fails!(is_unexpected_status),
            1,
        ),
        case(
            "304 to a question without conditions",
            Day,
            [Fault::status(304)],
            fails!(is_unexpected_status),
            1,
        ),
        case("400", EconomySeven, none(), fails!(is_rejected), 1),
        case("401", Readings, none(), fails!(is_unauthorised), 1).key("sk_test_wrong"),
        case("403 as JSON", Readings, [Fault::status(403)], fails!(is_forbidden), 1),
        case(
            "403 as a web page",
            Day,
            [Fault::answer(&Answer::html(403, "<html>Attention Required</html>"))],
            fails!(is_blocked),
            1,
        ),
        case("404", Day, [Fault::status(404)], fails!(is_not_found), 1),
        case("408", Day, [Fault::status(408)], Expect::Rows(48), 2).waiting(0, 500),
        case("418", Day, [Fault::status(418)], fails!(is_unexpected_status), 1),
        case("429 without a word", Day, [Fault::status(429)], Expect::Rows(48), 2).waiting(0, 500),
        case("429 with seconds", Day, [Fault::retry_after(429, "7")], Expect::Rows(48), 2)
            .waiting(7000, 7000),
        case(
            "429 with a date",
            Day,
            [Fault::retry_after(429, "Mon, 02 Mar 2026 17:00:42 GMT")],
            Expect::Rows(48),
            2,
        )
        .waiting(42_000, 42_000),
        case(
            "429 with a date that is past",
            Day,
            [Fault::retry_after(429, "Mon, 02 Mar 2026 16:00:00 GMT")],
            Expect::Rows(48),
            2,
        )
        .waiting(0, 500),
        case("429 with nonsense", Day, [Fault::retry_after(429, "later")], Expect::Rows(48), 2)
            .waiting(0, 500),
        case("429 for too long", Day, [Fault::retry_after(429, "86400")], fails!(is_rate_limited), 1),
        case("429 every time", Day, vec![Fault::retry_after(429, "3"); 9], fails!(is_rate_limited), 5)
            .waiting(12_000, 16_000),
        case(
            "429 of what must not be sent twice",
            Quote,
            [Fault::retry_after(429, "1")],
            fails!(is_rate_limited),
            1,
        ),
        case("500", Day, [Fault::status(500)], Expect::Rows(48), 2).waiting(0, 500),
        case(
            "502 as a web page, twice",
            Day,
            vec![Fault::answer(&Answer::html(502, "<html>Bad Gateway</html>")); 2],
            Expect::Rows(48),
            3,
        )
        .waiting(0, 1500),
        case("503 with Retry-After", Day, [Fault::retry_after(503, "5")], Expect::Rows(48), 2)
            .waiting(5000, 5000),
        case("504 every time", Day, vec![Fault::status(504); 9], fails!(is_server), 5)
            .waiting(FIVE.0, FIVE.1),
        case("501", Day, [Fault::status(501)], fails!(is_server), 1),
        case("500 of what must not be sent twice", Quote, [Fault::status(500)], fails!(is_server), 1),
        case("500 on the second page", TwoPages, [Fault::None, Fault::status(500)], Expect::Rows(2160), 3)
            .waiting(0, 500),
        case("deadline", Day, vec![Fault::retry_after(503, "60"); 9], fails!(is_deadline), 2)
            .waiting(60_000, 60_000)
            .with(|settings| settings.retry.deadline = Duration::from_secs(100)),
        case("rate of our own", TwoPages, none(), Expect::Rows(2160), 2).waiting(9000, 9000).with(
            |settings| settings.rate = kwhen_fetch::protocol::TokenBucket::new(1, Duration::from_secs(9)),
        ),
        case("no key for private data", Readings, none(), fails!(is_unauthorised), 0)
            .with(|settings| settings.credentials = None),
        case("GraphQL", Dispatches, none(), Expect::Rows(1), 2),
        case("GraphQL pages", Applicable, none(), Expect::Rows(2), 3),
        case(
            "GraphQL error unauthorised",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1111")],
            fails!(is_unauthorised),
            2,
        ),
        case(
            "GraphQL error disabled field",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1113")],
            fails!(is_disabled_field),
            2,
        ),
        case(
            "GraphQL error invalid",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1188")],
            fails!(is_invalid),
            2,
        ),
        case(
            "GraphQL error unknown",
            Dispatches,
            [Fault::None, graphql_error("KT-XX-9")],
            fails!(is_graphql),
            2,
        ),
        case(
            "GraphQL error rate",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1199")],
            Expect::Rows(1),
            3,
        )
        .waiting(0, 500),
        case(
            "GraphQL errors under 400",
            Dispatches,
            [
                Fault::None,
                Fault::answer(&Answer::json(
                    400,
                    r#"{"errors":[{"message":"Syntax","extensions":{"errorCode":"KT-CT-1201"}}]}"#,
                )),
            ],
            fails!(is_invalid),
            2,
        ),
        case(
            "token expires on the way",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1124")],
            Expect::Rows(1),
            4,
        ),
        case(
            "token expires between pages",
            Applicable,
            [Fault::None, Fault::None, graphql_error("KT-CT-1124")],
            Expect::Rows(2),
            5,
        ),
        case(
            "token expires again and again",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1124"), Fault::None, graphql_error("KT-CT-1124")],
            fails!(is_token_expired),
            4,
        ),
        case("401 renews the token once", Dispatches, [Fault::None, Fault::status(401)], Expect::Rows(1), 4),
        case(
            "refresh token refused",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1124"), token_error.clone()],
            Expect::Rows(1),
            5,
        ),
        case("token endpoint down for a while", Dispatches, vec![Fault::status(503); 2], Expect::Rows(1), 4)
            .waiting(0, 1500),
        case("token endpoint down", Dispatches, vec![Fault::status(503); 9], fails!(is_server), 5)
            .waiting(FIVE.0, FIVE.1),
        case("key refused for a token", Dispatches, none(), fails!(is_unauthorised), 1).key("sk_test_wrong"),
        case("data null", Dispatches, [Fault::None, ok(r#"{"data":null}"#)], fails!(is_malformed), 2),
        case("errors inside a payload", Mutation, none(), fails!(is_graphql), 2),
        case("reset of a mutation", Mutation, [Fault::None, Fault::Reset], fails!(is_interrupted), 2),
        case("503 of a mutation", Mutation, [Fault::None, Fault::status(503)], fails!(is_server), 2),
    ]
}

fn impatient(settings: &mut Settings) {
    settings.limits.exchange = Duration::from_millis(350);
}

fn small(settings: &mut Settings) {
    settings.limits.body = 1 << 20;
}

/// A driver: carries an operation out and gives its result.
trait Driver {
    fn carry<O: Operation>(
        &self,
        settings: Settings,
        operation: O,
    ) -> (kwhen_fetch::Result<O::Output>, Statistics);
}

struct Blocking(blocking::HttpTransport);
struct Asynchronous(tokio::runtime::Runtime, asynchronous::HttpTransport);

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

fn settings(url: &str, key: &str) -> Settings {
    let mut settings = Settings::new(Instance::allowing_plain_http(url).unwrap())
        .with_credentials(Credentials::ApiKey(Secret::new(key)));
    settings.seed = 42;
    settings.rate = kwhen_fetch::protocol::TokenBucket::new(100, Duration::ZERO);
    settings
}

fn carry(case: &Case, driver: &impl Driver, url: &str) -> (kwhen_fetch::Result<usize>, Statistics) {
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

fn check(case: &Case, driver: &impl Driver, driver_name: &str, elsewhere: &Server) -> Statistics {
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
            tokio::time::sleep(Duration::from_millis(50)).await;
            let sent = server.seen().len();
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(server.seen().len(), sent, "dropped after {milliseconds} ms");
        });
    }
}
