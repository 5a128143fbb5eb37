//! What is told of a home on demand: sessions, registers, products; when its deal ends; whose clock and money its installation has.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail; the command goes by the clock"
)]

use kwhen_fake_api::{ACCOUNT, AGILE, ECONOMY_7, EXPORT_MPAN, FLEXIBLE, KEY, MPAN, Server};
use kwhen_fetch::store::Store;
use kwhen_tests::command::{Outcome, kwhen, kwhen_with};
use kwhen_tests::folder::Folder;
use serde_json::{Value, json};

fn fetch(server: &Server, store: &str, words: &[&str]) -> Outcome {
    let url = server.url();
    let place = ["--instance", &url, "--allow-http", "--store", store];
    let outcome = kwhen_with([&["fetch"], words, &place].concat(), b"", &[("KWHEN_API_KEY", KEY)]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome
}

/// An answer in JSON, whatever is noted beside it.
fn read(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// What is said of wrong usage.
fn misused(outcome: &Outcome) -> &str {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
    &outcome.stderr
}

fn with_account() -> (Server, Folder, String) {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = folder.at("kwhen.db");
    fetch(&server, &store, &["account", ACCOUNT]);
    (server, folder, store)
}

#[test]
fn sessions_are_kept_and_those_that_were_joined_go_into_a_bill() {
    let (server, folder, store) = with_account();
    server.change(|world| {
        let text = |text: &str| text.to_owned();
        world.joined_sessions = vec![
            (
                2,
                text("2026-02-28T12:00:00+00:00"),
                text("2026-02-28T13:00:00+00:00"),
                text("WEEKEND_HAPPY_HOUR"),
            ),
            (9, text("2026-02-20T17:00:00+00:00"), text("2026-02-20T18:00:00+00:00"), text("TURN_DOWN")),
        ];
    });
    let rows = read(&fetch(&server, &store, &["sessions", "--format", "json"]));
    let row = |place: usize| {
        (rows[place]["kind"].clone(), rows[place]["joined"].clone(), rows[place]["code"].clone())
    };
    assert_eq!(row(0), (json!("turn-down"), json!(true), Value::Null));
    assert_eq!(row(1), (json!("weekend-happy-hour"), json!(true), json!("EVENT_2")));
    assert_eq!(row(2), (json!("turn-down"), json!(false), json!("EVENT_1")));
    // What is told no longer stays; what is offered alone is not in the rows that a bill reads.
    server.change(|world| world.joined_sessions.truncate(1));
    let csv = fetch(&server, &store, &["sessions", "--format", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 3, "{csv}");
    // Before August 2026 the limit is not known, and must be said.
    let sessions = folder.file("sessions.csv", &csv);
    folder.file("flat.toml", "code = \"FLAT\"\nunit_rate = \"20\"\n");
    folder.file("hour.csv", "start,kwh\n2026-02-28T12:00:00Z,1\n2026-02-28T12:30:00Z,2\n");
    let line = "bill --tariff @/flat.toml --consumption @/hour.csv --sessions @/sessions.csv";
    assert!(folder.refused(line).contains("limit_kwh"));
    let said = csv
        .replacen("kind,", "kind,limit_kwh,", 1)
        .replace("weekend-happy-hour,", "weekend-happy-hour,2,")
        .replace("turn-down,", "turn-down,,");
    std::fs::write(sessions, said).unwrap();
    // 3 kWh at 20 p, 2 of them free.
    assert_eq!(folder.json(line)["net_minor"], "20");
}

/// January: 400.5 kWh by day and 200.25 by night, at the stand-in's prices of Economy 7 by direct debit: 25.31 and 14.12 p, 31 days at 38.6525 p.
#[test]
fn registers_are_kept_and_billed() {
    let (server, _folder, store) = with_account();
    fetch(&server, &store, &["rates", "--tariff", ECONOMY_7, "--from", "2026-01-01", "--to", "2026-03-01"]);
    let rows = read(&fetch(&server, &store, &["registers", "--format", "json"]));
    let first = &rows[0];
    assert_eq!(
        (first["meter_point"].as_str(), first["register"].as_str(), first["reading"].as_str()),
        (Some(MPAN), Some("day"), Some("10000.0"))
    );
    assert_eq!((first["source"].as_str(), rows.as_array().unwrap().len()), (Some("ESTIMATED"), 8));
    let bill = [
        "bill",
        "--store",
        &store,
        "--registers",
        MPAN,
        "--tariff",
        ECONOMY_7,
        "--payment-method",
        "direct-debit",
        "--from",
        "2026-01-01",
        "--to",
        "2026-02-01",
        "--format",
        "json",
    ];
    let bill = read(&kwhen(bill));
    // 400.5 × 25.31 + 200.25 × 14.12 + 31 × 38.6525.
    assert_eq!(bill["net_minor"], "14162.4125");
    let unknown = kwhen(["bill", "--store", &store, "--registers", EXPORT_MPAN, "--tariff", ECONOMY_7]);
    assert!(unknown.refusal().contains("kwhen fetch registers"));
}

#[test]
fn products_that_a_meter_point_may_have_are_listed() {
    let (server, _folder, store) = with_account();
    let list = fetch(&server, &store, &["products", "--meter-point", MPAN, "--format", "csv"]).stdout;
    assert_eq!(
        list.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(),
        ["AGILE-24-10-01", "VAR-22-11-01"]
    );
    let url = server.url();
    let place =
        ["fetch", "products", "--meter-point", "1", "--store", &store, "--instance", &url, "--allow-http"];
    let unknown = kwhen_with(place, b"", &[("KWHEN_API_KEY", KEY)]);
    assert!(misused(&unknown).contains("no stored account has it"));
}

#[test]
fn a_deal_that_ends_and_that_nothing_follows_is_said() {
    let (server, _folder, store) = with_account();
    let end = chrono::Utc::now() + chrono::TimeDelta::days(20);
    let ends =
        |end: &str| vec![(FLEXIBLE.to_owned(), "2024-01-01T00:00:00Z".to_owned(), Some(end.to_owned()))];
    server.change(|world| world.agreements = Some(ends(&end.format("%Y-%m-%dT00:00:00Z").to_string())));
    fetch(&server, &store, &["account", ACCOUNT]);
    let doctor = kwhen_with(["doctor", "--store", &store], b"", &[("KWHEN_CONFIG", "none")]);
    assert!(doctor.stdout.contains(&format!("the agreement on {FLEXIBLE} ends at")), "{}", doctor.stdout);
    fetch(&server, &store, &["rates", "--tariff", FLEXIBLE, "--from", "2026-01-01"]);
    let now = kwhen(["now", "--store", &store, "--payment-method", "direct-debit"]);
    assert_eq!(now.code, 0, "{}", now.stderr);
    assert!(
        (now.stdout + &now.stderr)
            .contains(&format!("the agreement on {FLEXIBLE} ends on {}", end.date_naive()))
    );
    // One that goes on into another is none that ends.
    let end = end.format("%Y-%m-%dT00:00:00Z").to_string();
    server.change(|world| {
        let mut both = ends(&end);
        both.push((AGILE.to_owned(), end.clone(), None));
        world.agreements = Some(both);
    });
    fetch(&server, &store, &["account", ACCOUNT]);
    let doctor = kwhen_with(["doctor", "--store", &store], b"", &[("KWHEN_CONFIG", "none")]);
    assert!(!doctor.stdout.contains("none follows yet"), "{}", doctor.stdout);
}

/// What an installation brings: its customers' clock, currency and tax. The store is marked as one that was filled from Japan's.
#[test]
fn a_store_of_another_installation_has_its_clock_and_its_money() {
    let (server, folder, store) = with_account();
    fetch(&server, &store, &["rates", "--tariff", AGILE, "--from", "2026-01-30", "--to", "2026-02-03"]);
    folder.file("day.csv", "start,kwh\n2026-01-31T15:00:00Z,1\n2026-01-31T15:30:00Z,1\n");
    let day = folder.at("day.csv");
    let bill = |more: &[&str]| {
        let words = ["bill", "--store", &store, "--tariff", AGILE, "--consumption", &day];
        kwhen([&words, more].concat())
    };
    let february = ["--during", "2026-02-01", "--format", "json"];
    assert_eq!(bill(&february).code, 1, "in London that is the day before");
    Store::open(&store)
        .unwrap()
        .keep_document("installation", "zone", "\"Asia/Tokyo\"", 1_770_000_000)
        .unwrap();
    let made = read(&bill(&february));
    assert_eq!(
        (&made["currency"], &made["time_zone"], &made["tax_name"]),
        (&json!("JPY"), &json!("Asia/Tokyo"), &json!("consumption tax"))
    );
    assert_eq!(made["lines"][0]["vat_percent"], "10");
    let page = bill(&["--during", "2026-02-01"]).stdout_of_success();
    assert!(page.contains('¥') && !page.contains(" p/kWh") && !page.contains('£'), "{page}");
    // What is said goes before what is stored.
    let london = ["--time-zone", "Europe/London", "--format", "json"];
    assert_eq!(read(&bill(&london))["time_zone"], "Europe/London");
    let url = server.url();
    let mixed = [
        "fetch",
        "rates",
        "--tariff",
        AGILE,
        "--from",
        "2026-01-30",
        "--store",
        &store,
        "--instance",
        &url,
        "--allow-http",
    ];
    assert!(misused(&kwhen(mixed)).contains("take a store of its own"));
    // What cannot be read is not taken for Great Britain's.
    Store::open(&store).unwrap().keep_document("installation", "zone", "{}", 1_770_000_000).unwrap();
    let damaged = bill(&february);
    assert!(damaged.code == 1 && damaged.stderr.contains("the stored installation"), "{}", damaged.stderr);
}
