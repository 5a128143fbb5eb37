//! Pages that contradict themselves: fewer rows than they say there are is an error, never a short list.
#![cfg(all(feature = "blocking", feature = "store"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, Utc};
use kwhen_fake_api::{AGILE, Answer, Fault, KEY, METER, MPAN, Server};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::protocol::{Settings, TokenBucket};
use kwhen_fetch::rest::{Range, Rates};
use kwhen_fetch::store::{ChargeKind, Series, Store, StoredMeter, Sync, SyncOptions};
use kwhen_fetch::{Credentials, Instance, Secret};
use serde_json::{Value, json};
use std::time::Duration;

const RATE: &str = r#"{"value_exc_vat":10,"value_inc_vat":10.5,"valid_from":"2026-03-01T00:00:00Z","valid_to":"2026-03-01T00:30:00Z"}"#;
const READING: &str =
    r#"{"consumption":0.5,"interval_start":"2026-02-01T00:00:00Z","interval_end":"2026-02-01T00:30:00Z"}"#;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn client(server: &Server) -> Client {
    let settings = Settings::new(Instance::allowing_plain_http(&server.url()).unwrap());
    let mut settings = settings.with_credentials(Credentials::ApiKey(Secret::new(KEY)));
    settings.rate = TokenBucket::new(1000, Duration::ZERO);
    Client::new(settings).unwrap()
}

/// A page of these rows that says how many there are, and whether there is another page.
fn page(server: &Server, count: u64, is_followed: bool, rows: &[&str]) -> Fault {
    let next = is_followed.then(|| format!("{}/v1/next/?page=2", server.url()));
    let rows: Vec<Value> = rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let body = json!({"count": count, "next": next, "previous": null, "results": rows});
    Fault::answer(&Answer::json(200, body.to_string()))
}

#[test]
fn a_list_of_five_with_one_row_is_incomplete() {
    let server = Server::start().unwrap();
    let client = client(&server);
    let range = Range::from(at("2026-03-01T00:00:00Z")).to(at("2026-03-02T00:00:00Z")).unwrap();
    let day = || Rates::unit_rates(AGILE).unwrap().within(range);
    for pages in [
        vec![page(&server, 5, false, &[RATE])],
        vec![page(&server, 5, true, &[RATE]), page(&server, 5, false, &[])],
        // The same row again is one row.
        vec![page(&server, 5, true, &[RATE]), page(&server, 5, false, &[RATE])],
        // A last page that says less than the first did.
        vec![page(&server, 5, true, &[RATE]), page(&server, 1, false, &[])],
    ] {
        server.fail_with(pages);
        let error = client.run(day()).unwrap_err();
        assert!(error.is_incomplete(), "{error}");
        assert!(
            error.to_string().contains("says 5 rows and gave 1")
                && error.to_string().contains("4 are missing")
        );
    }
    // The page that it names is not there at all.
    server.fail_with([page(&server, 5, true, &[RATE])]);
    assert!(client.run(day()).unwrap_err().is_not_found());
    server.fail_with([page(&server, 1, false, &[RATE])]);
    assert_eq!(client.run(day()).unwrap().len(), 1);
}

#[test]
fn the_store_takes_no_such_page() {
    let server = Server::start().unwrap();
    let client = client(&server);
    let store = Store::in_memory().unwrap();
    let (from, to) = (at("2026-02-01T00:00:00Z"), at("2026-02-02T00:00:00Z"));
    let options = SyncOptions::new(from, to, at("2026-03-02T17:00:00Z"));
    let meter = StoredMeter { is_gas: false, meter_point: MPAN.into(), serial_number: METER.into() };
    let readings = Series::Readings(meter.clone());
    let charges = Series::Charges(AGILE.into(), ChargeKind::UnitRates);
    server.fail_with([page(&server, 5, false, &[READING])]);
    let error = client.run(Sync::readings(&store, &meter, options.clone()).unwrap()).unwrap_err();
    assert!(error.is_incomplete() && error.to_string().contains("says 5 rows"), "{error}");
    for is_followed in [false, true] {
        server.fail_with([page(&server, 5, is_followed, &[RATE])]);
        let sync = Sync::charges(&store, AGILE, ChargeKind::UnitRates, options.clone()).unwrap();
        assert!(client.run(sync).unwrap_err().is_incomplete());
    }
    // Nothing of it counts as asked for, so the next run asks for all of it.
    for series in [&readings, &charges] {
        assert_eq!(store.not_covered(series, from, to).unwrap(), [(from, to)], "{series}");
    }
    // One row of five with more to come: the rest is asked for, and all of it comes.
    server.fail_with([page(&server, 48, true, &[READING])]);
    let report = client.run(Sync::readings(&store, &meter, options).unwrap()).unwrap();
    assert_eq!((report.added, report.pages), (48, 2));
    assert!(store.not_covered(&readings, from, to).unwrap().is_empty());
}
