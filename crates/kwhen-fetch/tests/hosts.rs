//! One installation at two addresses: which is asked, which answers, and where nothing is ever sent.
#![cfg(feature = "blocking")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, Utc};
use kwhen_fake_api::{ACCOUNT, AGILE, Answer, Fault, KEY, METER, MPAN, Seen, Server};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::graphql::{self, Call};
use kwhen_fetch::protocol::{Settings, TokenBucket};
use kwhen_fetch::rest::{self, ConsumptionRequest, Fuel, Range, Rates};
use kwhen_fetch::{Credentials, Instance, Secret};
use std::time::Duration;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// An address at which nobody listens.
fn nobody() -> String {
    format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

/// A client of one installation at these addresses, which waits for nothing.
fn client(addresses: &[String]) -> Client {
    let settings = Settings::new(Instance::named(addresses, true).unwrap());
    let mut settings = settings.with_credentials(Credentials::ApiKey(Secret::new(KEY)));
    settings.rate = TokenBucket::new(1000, Duration::ZERO);
    (settings.retry.base, settings.retry.attempts) = (Duration::ZERO, 2);
    Client::new(settings).unwrap()
}

fn two() -> (Server, Server, Client) {
    let (first, second) = (Server::start().unwrap(), Server::start().unwrap());
    let client = client(&[first.url(), second.url()]);
    (first, second, client)
}

fn day() -> rest::List<kwhen_fetch::wire::Rate> {
    let range = Range::from(at("2026-03-01T00:00:00Z")).to(at("2026-03-02T00:00:00Z")).unwrap();
    Rates::unit_rates(AGILE).unwrap().within(range)
}

fn readings() -> rest::List<kwhen_fetch::wire::Reading> {
    let range = Range::from(at("2026-02-01T00:00:00Z")).to(at("2026-02-02T00:00:00Z")).unwrap();
    rest::consumption(&ConsumptionRequest {
        fuel: Fuel::Electricity,
        meter_point: MPAN,
        serial_number: METER,
        range: Some(range),
        group_by: None,
        order_by: rest::OrderBy::Period,
    })
}

fn boost() -> Call {
    Call::mutation("mutation { triggerBoostCharge { possibleErrors { code } } }", "triggerBoostCharge")
}

/// How many requests came for a field of GraphQL.
fn asked_for(seen: &[Seen], field: &str) -> usize {
    seen.iter().filter(|seen| seen.body.contains(field)).count()
}

#[test]
fn the_first_that_answers_is_asked_and_remembered() {
    let second = Server::start().unwrap();
    let client = client(&[nobody(), second.url()]);
    let (rows, statistics) = client.run_with(day(), |_, _| {});
    assert_eq!((rows.unwrap().len(), statistics.answered_by), (48, Some(1)));
    assert_eq!((statistics.requests, statistics.retries, statistics.waited), (2, 0, Duration::ZERO));
    // Nobody is knocked at again, for REST as for GraphQL.
    let (rows, statistics) = client.run_with(readings(), |_, _| {});
    assert_eq!((rows.unwrap().len(), statistics.requests), (48, 1));
    let (limit, statistics) = client.run_with(graphql::rate_limit(), |_, _| {});
    assert_eq!((limit.unwrap().used_points.as_str(), statistics.requests), ("10", 2));

    let (first, second, client) = two();
    assert_eq!(client.run_with(day(), |_, _| {}).1.answered_by, Some(0));
    assert_eq!((first.seen().len(), second.seen().len()), (1, 0), "in the stated order");
}

#[test]
fn pages_lead_from_one_address_to_the_other_and_nowhere_else() {
    for reversed in [false, true] {
        let (first, second, client) = two();
        let (asked, other) = if reversed { (&second, &first) } else { (&first, &second) };
        if reversed {
            // The first is there no more from here on.
            first.fail_with([Fault::answer(&Answer::html(410, "<html>gone</html>"))]);
        }
        asked.change(|world| world.links_to = Some(other.url()));
        let (rows, statistics) = client.run_with(readings().page_size(20), |_, _| {});
        assert_eq!(rows.unwrap().len(), 48, "{statistics:?}");
        assert!(!asked.seen().is_empty() && !other.seen().is_empty());
        let key = "Basic c2tfdGVzdF9mYWtlOg==";
        for seen in first.seen().iter().chain(&second.seen()) {
            assert_eq!(seen.authorization.as_deref(), Some(key), "one key for both");
        }
        first.forget();
        second.forget();
        // A public list takes no key to either.
        assert_eq!(client.run(day().page_size(20)).unwrap().len(), 48);
        assert!(first.seen().iter().chain(&second.seen()).all(|seen| seen.authorization.is_none()));
    }
    let (first, second, client) = two();
    let third = Server::start().unwrap();
    first.change(|world| world.links_to = Some(third.url()));
    let refused = client.run(readings().page_size(20)).unwrap_err();
    assert!(refused.is_unsafe() && refused.to_string().contains(&second.url()), "{refused}");
    let https = first.url().replace("http:", "https:");
    first.change(|world| world.links_to = Some(https));
    assert!(client.run(readings().page_size(20)).unwrap_err().is_unsafe(), "another scheme");
    assert!(third.seen().is_empty() && second.seen().is_empty());
}

#[test]
fn redirects_between_the_two_are_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (first, second, client) = two();
        let path = "/v1/electricity-meter-points/2000024512368/meters/Z16N389556/consumption/?order_by=period\
                    &period_from=2026-02-01T00:00:00Z&period_to=2026-02-02T00:00:00Z";
        first.fail_with([Fault::redirect(status, &format!("{}{path}", second.url()))]);
        let (rows, statistics) = client.run_with(readings(), |_, _| {});
        assert_eq!((rows.unwrap().len(), statistics.answered_by), (48, Some(1)), "{status}");
        // What has moved for good is asked there from then on.
        first.forget();
        client.run(day()).unwrap();
        assert_eq!(first.seen().is_empty(), matches!(status, 301 | 308), "{status}");
    }
    let (first, _second, client) = two();
    let third = Server::start().unwrap();
    first.fail_with([Fault::redirect(308, &format!("{}/v1/", third.url()))]);
    assert!(client.run(readings()).unwrap_err().is_unsafe());
    assert!(third.seen().is_empty());
}

#[test]
fn graphql_is_sent_on_where_that_does_no_harm() {
    for status in [301, 302, 307, 308] {
        let (first, second, client) = two();
        let graphql = format!("{}/v1/graphql/", second.url());
        // The token and the query are both sent on.
        first.fail_with([Fault::redirect(status, &graphql), Fault::redirect(status, &graphql)]);
        let limit = client.run(graphql::rate_limit()).unwrap();
        assert_eq!(limit.used_points.as_str(), "10", "{status}");
        assert_eq!(
            (asked_for(&second.seen(), "obtainKrakenToken"), asked_for(&second.seen(), "rateLimit")),
            (1, 1)
        );
    }
    for (status, is_sent_on) in [(301, false), (302, false), (303, false), (307, true), (308, true)] {
        let (first, second, client) = two();
        client.run(graphql::rate_limit()).unwrap();
        second.change(|world| world.tokens = 1);
        first.fail_with([Fault::redirect(status, &format!("{}/v1/graphql/", second.url()))]);
        assert_eq!(client.run(boost()).is_ok(), is_sent_on, "{status}");
        assert_eq!(asked_for(&second.seen(), "triggerBoostCharge"), usize::from(is_sent_on), "{status}");
    }
}

#[test]
fn what_has_gone_is_passed_over_and_what_fails_is_not() {
    let page = "<html><body>We have moved.</body></html>";
    let gone = [
        Answer::detail(410, "Gone."),
        Answer::html(404, page),
        Answer::html(403, page),
        Answer::html(200, page),
        Answer::html(530, page),
        Answer::detail(503, "no upstream"),
    ];
    for answer in gone {
        let (first, second, client) = two();
        first.fail_with([Fault::answer(&answer)]);
        let (rows, statistics) = client.run_with(day(), |_, _| {});
        assert_eq!((rows.unwrap().len(), statistics.answered_by), (48, Some(1)), "{answer:?}");
        assert_eq!((first.seen().len(), second.seen().len()), (1, 1), "{answer:?}");
    }
    for (fault, attempts) in [
        (Fault::retry_after(429, "0"), 2),
        (Fault::retry_after(503, "0"), 2),
        (Fault::status(500), 2),
        (Fault::status(400), 1),
        (Fault::status(404), 1),
    ] {
        let (first, second, client) = two();
        first.fail_with([fault.clone()]);
        let _ = client.run(day());
        assert_eq!((first.seen().len(), second.seen().len()), (attempts, 0), "{fault:?}");
    }
    // A web page that both give is an answer: there is no such account.
    let (first, second, client) = two();
    let refused = client.run(rest::account("A-FFFFFFFF")).unwrap_err();
    assert!(refused.is_not_found(), "{refused}");
    assert_eq!((first.seen().len(), second.seen().len()), (1, 1));
    assert_eq!(client.run(rest::account(ACCOUNT)).unwrap().number, ACCOUNT);
}

#[test]
fn what_must_not_be_sent_twice_goes_elsewhere_only_if_nothing_was_sent() {
    let (first, second, client) = two();
    client.run(graphql::rate_limit()).unwrap();
    for fault in
        [Fault::Reset, Fault::stall(0), Fault::status(502), Fault::answer(&Answer::html(500, "<html>"))]
    {
        first.fail_with([fault.clone()]);
        assert!(client.run(boost()).is_err(), "{fault:?}");
        assert!(second.seen().is_empty(), "{fault:?}");
    }
    // Nobody there: it was not sent, so it goes to the other, once.
    let (outcome, statistics) = self::client(&[nobody(), second.url()]).run_with(boost().public(), |_, _| {});
    assert!(outcome.unwrap_err().is_unauthorised());
    assert_eq!((asked_for(&second.seen(), "triggerBoostCharge"), statistics.requests), (1, 2));
}

#[test]
fn where_nobody_answers_all_are_named() {
    let one = nobody();
    let other = std::iter::repeat_with(nobody).find(|other| *other != one).unwrap();
    let client = client(&[one, other]);
    let (outcome, statistics) = client.run_with(day(), |_, _| {});
    let error = outcome.unwrap_err();
    assert!(error.is_offline(), "{error}");
    for said in ["cannot reach 127.0.0.1", "before that, 127.0.0.1", "gave up after 2 attempts"] {
        assert!(error.to_string().contains(said), "{error}");
    }
    // Each attempt tries both, in their order.
    assert_eq!((statistics.requests, statistics.answered_by), (4, None));
}
