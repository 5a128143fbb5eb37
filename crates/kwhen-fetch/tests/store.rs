//! The store, filled from the stand-in: as few requests as there are pages, late and corrected data, what is missing, no network.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_fake_api::{AGILE, Answer, FLEXIBLE, Fault, KEY, METER, MPAN, Server};
use kwhen_fetch::driver::SystemClock;
use kwhen_fetch::driver::blocking::{Client, HttpTransport};
use kwhen_fetch::protocol::{Settings, TokenBucket};
use kwhen_fetch::store::{ChargeKind, Series, Store, StoredMeter, Sync, SyncOptions, SyncReport};
use kwhen_fetch::{Credentials, Instance, Result, Secret};
use std::time::Duration;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn client(server: &Server) -> Client<HttpTransport, SystemClock> {
    let instance = Instance::allowing_plain_http(&server.url()).unwrap();
    let mut settings = Settings::new(instance).with_credentials(Credentials::ApiKey(Secret::new(KEY)));
    settings.rate = TokenBucket::new(100, Duration::ZERO);
    settings.retry.base = Duration::from_millis(1);
    Client::new(settings).unwrap()
}

fn meter() -> StoredMeter {
    StoredMeter { is_gas: false, meter_point: MPAN.into(), serial_number: METER.into() }
}

const NOW: &str = "2026-03-02T17:00:00Z";

fn run(server: &Server, sync: Sync<'_>) -> Result<SyncReport> {
    if sync.is_done() { sync.report() } else { client(server).run(sync) }
}

fn rates(server: &Server, store: &Store, from: &str, to: &str, now: &str) -> Result<SyncReport> {
    let options = SyncOptions::new(at(from), at(to), at(now));
    run(server, Sync::charges(store, AGILE, ChargeKind::UnitRates, options)?)
}

fn readings(server: &Server, store: &Store, from: &str, to: &str, now: &str) -> Result<SyncReport> {
    run(server, Sync::readings(store, &meter(), SyncOptions::new(at(from), at(to), at(now)))?)
}

#[test]
fn two_years_and_then_a_day_with_no_more_requests_than_needed() {
    let (server, store) = (Server::start().unwrap(), Store::in_memory().unwrap());
    // Two years of readings are 34,800-odd rows: two pages of 25,000.
    let first = readings(&server, &store, "2024-03-01T00:00:00Z", "2026-03-02T17:00:00Z", NOW).unwrap();
    assert_eq!(server.seen().len(), 2);
    assert_eq!(first.added, 731 * 48 - 2);
    server.forget();
    // The rates began on 2024-09-15T23:00Z: 25,632 rows until 23:00 tomorrow, so 18 pages of 1,500, of which a row each is asked for twice.
    let first = rates(&server, &store, "2024-03-01T00:00:00Z", "2026-03-04T00:00:00Z", NOW).unwrap();
    assert_eq!(first.added, 25_632);
    assert_eq!(server.seen().len(), 25_632_usize.div_ceil(1499));
    server.forget();

    // Nothing new: the readings are asked once more, for those that come late; rates only for what was not published.
    server.change(|world| world.now = at("2026-03-03T17:00:00Z"));
    server.change(|world| world.readings_until = at("2026-03-03T00:00:00Z"));
    let next = rates(&server, &store, "2024-03-01T00:00:00Z", "2026-03-05T00:00:00Z", "2026-03-03T17:00:00Z")
        .unwrap();
    assert_eq!((next.added, next.revisions.len(), server.seen().len()), (48, 0, 1));
    server.forget();
    let next =
        readings(&server, &store, "2024-03-01T00:00:00Z", "2026-03-03T17:00:00Z", "2026-03-03T17:00:00Z")
            .unwrap();
    assert_eq!((next.added, next.unchanged, server.seen().len()), (48, 7 * 48, 1));

    // What is held is what the server holds, to the last digit.
    let span = (at("2025-06-01T00:00:00Z"), at("2025-06-02T00:00:00Z"));
    let held = store.rates(AGILE, ChargeKind::UnitRates, span, None).unwrap();
    let direct = client(&server)
        .run(
            kwhen_fetch::rest::Rates::unit_rates(AGILE)
                .unwrap()
                .within(kwhen_fetch::rest::Range::from(span.0).to(span.1).unwrap()),
        )
        .unwrap();
    let direct =
        kwhen::RateSeries::from_rows(kwhen_fetch::wire::rates_to_rows(&direct).unwrap(), None).unwrap();
    assert!(held.intervals().eq(direct.intervals()));
    assert_eq!(held.len(), 48);
}

#[test]
fn late_and_corrected_readings_replace_and_are_reported() {
    let (server, store) = (Server::start().unwrap(), Store::in_memory().unwrap());
    let hole = [at("2026-02-27T10:00:00Z"), at("2026-02-27T10:30:00Z"), at("2026-02-28T04:00:00Z")];
    server.change(|world| world.holes = hole.to_vec());
    let first = readings(&server, &store, "2026-02-01T00:00:00Z", NOW, NOW).unwrap();
    let runs: Vec<_> = first.missing.iter().map(|run| (run.from, run.to, run.since)).collect();
    assert_eq!(
        runs,
        [(hole[0], at("2026-02-27T11:00:00Z"), at(NOW)), (hole[2], at("2026-02-28T04:30:00Z"), at(NOW))]
    );

    let later = "2026-03-03T09:00:00Z";
    server.change(|world| {
        world.holes = vec![hole[2]];
        world.revised.insert(at("2026-02-26T12:00:00Z"), 1234);
    });
    let next = readings(&server, &store, "2026-02-01T00:00:00Z", later, later).unwrap();
    assert_eq!((next.added, next.arrived_late), (2, 2));
    let [revision] = next.revisions.as_slice() else { panic!("{next:?}") };
    assert_eq!((revision.start, revision.new.as_str()), (at("2026-02-26T12:00:00Z").timestamp(), "1.234"));
    assert_eq!(store.revisions(&Series::Readings(meter())).unwrap(), next.revisions);
    // What is still missing keeps the time since when.
    let [missing] = next.missing.as_slice() else { panic!("{next:?}") };
    assert_eq!((missing.from, missing.since), (hole[2], at(NOW)));
    let consumption =
        store.consumption(&meter(), at("2026-02-26T12:00:00Z"), at("2026-02-26T12:30:00Z")).unwrap();
    assert_eq!(consumption.get(0).unwrap().to_string(), "1.234");
}

#[test]
fn prices_of_two_payment_methods_are_both_kept() {
    let (server, store) = (Server::start().unwrap(), Store::in_memory().unwrap());
    let options =
        SyncOptions { page_size: Some(1), ..SyncOptions::new(at("2024-02-01T00:00:00Z"), at(NOW), at(NOW)) };
    // A page of one row can never hold both twins: that must be said, not lost.
    let sync = Sync::charges(&store, FLEXIBLE, ChargeKind::StandingCharges, options.clone()).unwrap();
    assert!(run(&server, sync).unwrap_err().is_incomplete());
    let options = SyncOptions { page_size: Some(3), ..options };
    let sync = Sync::charges(&store, FLEXIBLE, ChargeKind::StandingCharges, options).unwrap();
    let report = run(&server, sync).unwrap();
    assert_eq!(report.revisions, []);
    let span = (at("2024-02-01T00:00:00Z"), at(NOW));
    assert!(store.standing_charges(FLEXIBLE, span, None).is_err(), "which of the two is a choice");
    for method in [kwhen::series::PaymentMethod::DirectDebit, kwhen::series::PaymentMethod::NonDirectDebit] {
        assert_eq!(store.standing_charges(FLEXIBLE, span, Some(&method)).unwrap().intervals().len(), 2);
    }
}

#[test]
fn without_a_network_what_is_stored_stays_usable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kwhen.db");
    {
        let (server, store) = (Server::start().unwrap(), Store::open(&path).unwrap());
        rates(&server, &store, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", NOW).unwrap();
        server.fail_with(vec![Fault::Reset; 20]);
        let failed = rates(&server, &store, "2026-02-01T00:00:00Z", "2026-03-02T00:00:00Z", NOW).unwrap_err();
        assert!(failed.is_interrupted());
    }
    let store = Store::open(&path).unwrap();
    let span = (at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z"));
    assert_eq!(store.rates(AGILE, ChargeKind::UnitRates, span, None).unwrap().len(), 28 * 48);
    let series = Series::Charges(AGILE.into(), ChargeKind::UnitRates);
    let left = store.not_covered(&series, span.0, span.1 + TimeDelta::days(1)).unwrap();
    assert_eq!(left, [(span.1, span.1 + TimeDelta::days(1))]);
    let error = store.rates("E-1R-AGILE-24-10-01-A", ChargeKind::UnitRates, span, None).unwrap_err();
    assert!(error.is_not_stored());
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn another_programs_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "These are notes, not a store; they are long enough to be looked at as a header. ".repeat(9),
    )
    .unwrap();
    assert!(Store::open(&path).unwrap_err().is_store());
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("These are notes"));
}

/// A price whose `valid_from` is null has always held: its row has no start, and the series is listed all the same.
#[test]
fn a_price_that_has_always_held_is_listed_checked_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (server, store) = (Server::start().unwrap(), Store::open(&path).unwrap());
    let price = r#"{"value_exc_vat":20.0,"value_inc_vat":21.0,"valid_from":null,"valid_to":null,"payment_method":null}"#;
    let page = format!(r#"{{"count":1,"next":null,"previous":null,"results":[{price}]}}"#);
    server.fail_with([Fault::answer(&Answer::json(200, page))]);
    let span = (at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"));
    assert_eq!(rates(&server, &store, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", NOW).unwrap().added, 1);
    let held = store.list().unwrap();
    assert_eq!((held.len(), held[0].rows, held[0].first, held[0].last), (1, 1, None, None));
    assert!(Store::check(&path).unwrap().is_empty());
    let read = store.rates(AGILE, ChargeKind::UnitRates, span, None).unwrap();
    assert_eq!(read.at(span.0).unwrap().paid().to_string(), "21");
}

/// A process that is stopped while it makes a store leaves a file of no tables: there is nothing in it that could be damaged.
#[test]
fn a_store_whose_making_was_stopped_is_no_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let begun = rusqlite::Connection::open(&path).unwrap();
    begun.pragma_update(None, "journal_mode", "wal").unwrap();
    assert_eq!(Store::check(&path).unwrap(), []);
    drop(Store::open(&path).unwrap());
    assert_eq!(Store::check(&path).unwrap(), []);

    let path = folder.path().join("notes.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let found = Store::check(&path).unwrap();
    assert!(found.iter().any(|damage| damage.what.contains("another program's")), "{found:?}");
}
