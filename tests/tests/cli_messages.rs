//! What goes wrong for a new user: the message says what is taken, where it stands, and what the next step is.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, KEY, Server};
use kwhen_tests::command::{kwhen_with, run};
use kwhen_tests::folder::Folder;

/// Every place where a time is taken.
const TIME: &str = "{time}";
const TIMES: [&str; 17] = [
    "bill --rates data/rates.csv --consumption data/consumption.csv --from {time}",
    "bill --rates data/rates.csv --consumption data/consumption.csv --to {time}",
    "bill --rates data/rates.csv --consumption data/consumption.csv --during 2026-03 --project-to {time}",
    "compare --consumption data/consumption.csv --tariff data/rates.csv --tariff data/tariffs/go.toml --from {time}",
    "cheapest --rates data/rates.csv --duration 1h --from {time}",
    "cheapest --rates data/rates.csv --duration 1h --during 2026-03-29 --blocked {time}..2026-03-29T12:00",
    "cheapest --rates data/rates.csv --duration 1h --during 2026-03-29 --why-not {time}",
    "charge --rates data/rates.csv --kwh 3 --kw 3 --from {time}",
    "charge --rates data/rates.csv --kwh 3 --kw 3 --from 2026-03-29 --by {time}",
    "charge --rates data/rates.csv --kwh 3 --kw 3 --from 2026-03-29 --by 7am --levels 1@{time}",
    "charge --rates data/rates.csv --kwh 3 --kw 3 --from 2026-03-29 --by 7am --dispatches {time}..2026-03-29T12:00",
    "battery --rates data/rates.csv --capacity-kwh 10 --kw 5 --from {time}",
    "backtest --rates data/rates.csv --capacity-kwh 10 --kw 5 --from {time}",
    "now --rates data/rates.csv --at {time}",
    "today --rates data/rates.csv --at {time}",
    "tariff show data/rates.csv --date {time}",
    "fetch products --available-at {time}",
];

#[test]
fn wherever_a_time_is_taken_what_is_none_is_answered_with_what_is_taken() {
    for line in TIMES {
        for text in ["25:00", "01/02/2026", "gestern", "2026-13"] {
            let outcome = run(&line.replace(TIME, text));
            assert_eq!(
                (outcome.code, outcome.stdout.as_str()),
                (2, ""),
                "{line}: {text}: {}",
                outcome.stderr
            );
            let message = outcome.stderr.lines().last().unwrap();
            for part in [text, "a date such as 2026-03-29", "7am", "last-month", "-7d"] {
                assert!(message.contains(part), "{line}: {text}: {message}");
            }
        }
    }
}

#[test]
fn whatever_means_a_time_is_taken_wherever_one_is() {
    for line in TIMES.iter().filter(|line| !line.starts_with("fetch")) {
        for text in ["2026-02", "7am", "-7d", "last-month"] {
            let outcome = run(&line.replace(TIME, text));
            assert!(!outcome.stderr.contains("not a time"), "{line}: {text}: {}", outcome.stderr);
        }
    }
    // Bands of a day too.
    let band = |text: &str| {
        run(&format!("cheapest --rates data/rates.csv --duration 1h --during 2026-03-29 --within {text}"))
    };
    assert_eq!(band("6pm..7am").stdout, band("18:00..07:00").stdout);
    assert!(band("25:00..7").stderr.contains("such as 18:00..07:00 or 6pm..7am"));
}

#[test]
fn a_row_is_named_with_its_line_in_the_file() {
    let folder = Folder::new();
    let rates = "valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,2026-01-01T00:30:00Z,20\n\n2026-01-01T00:30:00Z,2026-01-01T01:00:00Z,2o\n";
    folder.file("rates.csv", rates);
    let message = folder.refused("cheapest --rates @/rates.csv --duration 30m");
    assert!(message.contains("row 2 (line 4), field value_inc_vat, value \"2o\""), "{message}");
    let twice = "start,kwh\n2026-01-01T00:00:00Z,1\n2026-01-01T00:30:00Z,1\n2026-01-01T00:30:00Z,2\n";
    folder.file("twice.csv", twice);
    let message = folder.refused("bill --tariff data/tariffs/go.toml --consumption @/twice.csv");
    assert!(message.contains("row 3 (line 4)") && message.contains("clock, label"), "{message}");
    // Of JSON there are no rows on lines.
    folder.file(
        "rates.json",
        "[{\"valid_from\": \"2026-01-01T00:00:00Z\", \"valid_to\": null, \"value_inc_vat\": \"x\"}]",
    );
    let message = folder.refused("cheapest --rates @/rates.json --duration 30m");
    assert!(message.contains("row 1") && !message.contains("(line"), "{message}");
}

#[test]
fn a_service_that_refuses_is_answered_with_the_next_step() {
    let server = Server::start().unwrap();
    let folder = Folder::new();
    let fetch = |what: &str, key: &str| {
        let line = format!(
            "fetch {what} --instance {} --allow-http --store {}",
            server.url(),
            folder.at("kwhen.db")
        );
        let outcome = kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", key)]);
        assert_eq!(outcome.code, 1, "{what}: {}", outcome.stderr);
        outcome.stderr
    };
    for key in ["", "sk_wrong"] {
        let message = fetch(&format!("account {ACCOUNT}"), key);
        for part in ["API access", "KWHEN_API_KEY", "--key-file"] {
            assert!(message.contains(part), "{key}: {message}");
        }
        assert!(!message.contains("sk_wrong"), "{message}");
    }
    let message = fetch("account A-00000000", KEY);
    assert!(message.contains("mistake in the account's number"), "{message}");
    let message = run("fetch products --instance http://api.example.energy").stderr;
    assert!(message.contains("https://") && message.contains("--allow-http"), "{message}");
    // A tariff's code is looked for in a store.
    let message = run("cheapest --rates E-1R-AGILE-24-10-01-C --duration 1h").refusal();
    assert!(message.contains("--store") && message.contains("kwhen init"), "{message}");
}

#[test]
fn the_nearest_name_is_said() {
    for (line, near) in [
        ("bill --rate data/rates.csv", "--rates"),
        ("bil", "bill"),
        ("bill --rates data/rates.csv --consumption data/consumption.csv --by mont", "month"),
        ("now --rates data/rates.csv --colour always", "--color"),
        ("cheapest --rates data/rates.csv --duration 1h --column rate=value_inc_vta", "value_inc_vat"),
    ] {
        let outcome = run(line);
        assert_ne!(outcome.code, 0, "{line}");
        assert!(outcome.stderr.contains(near), "{line}: {}", outcome.stderr);
    }
}
