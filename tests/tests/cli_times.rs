//! Times as people say them, through the command.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{json, run};
use kwhen_tests::folder::Folder;

const BILL: &str = "bill --rates data/rates.csv --consumption data/consumption.csv";

#[test]
fn a_period_in_a_word_is_its_two_ends() {
    let march = json(&format!("{BILL} --from 2026-03-01 --to 2026-04-01"));
    assert_eq!(json(&format!("{BILL} --during 2026-03")), march);
    let day = json(&format!("{BILL} --from 2026-03-29 --to 2026-03-30"));
    assert_eq!(json(&format!("{BILL} --during 2026-03-29")), day);
    assert_eq!(day["coverage"]["slots"], 46);
    let outcome = run(&format!("{BILL} --during 2026-03 --from 2026-03-02"));
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("--during"), "{}", outcome.stderr);
}

#[test]
fn what_depends_on_the_clock_is_said_beside_the_answer() {
    let folder = Folder::new();
    folder.file("flat.csv", "valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,,20\n");
    let outcome = folder.run("charge --rates @/flat.csv --kwh 3 --kw 3 --from now --by 7am");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--from now is 20"), "{}", outcome.stderr);
    let outcome = folder.run("cheapest --rates @/flat.csv --duration 1h --during tomorrow --format json");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--during tomorrow is 20"), "{}", outcome.stderr);
}

#[test]
fn what_is_no_time_is_answered_with_what_is_taken() {
    for text in ["25:00", "01/02/2026", "gestern", "-7x"] {
        let outcome = run(&format!("{BILL} --from {text}"));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{text}");
        for part in [text, "--from", "a date such as 2026-03-29", "7am", "yesterday", "last-month"] {
            assert!(outcome.stderr.contains(part), "{text}: {}", outcome.stderr);
        }
    }
    let outcome = run(&format!("{BILL} --during this-month"));
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("after the data, which is 2025-11-01"), "{}", outcome.stderr);
}

#[test]
fn an_end_is_counted_from_its_beginning() {
    let day = |end: &str| {
        json(&format!("cheapest --rates data/rates.csv --duration 1h --from 2026-03-28T18:00 {end}"))
    };
    assert_eq!(day("--to 7am"), day("--to 2026-03-29T07:00"));
    assert_eq!(day("--to +13h"), day("--to 2026-03-29T08:00"));
    let charge = |by: &str| {
        json(&format!("charge --rates data/rates.csv --kwh 3 --kw 3 --from 2026-03-28T18:00 --by {by}"))
    };
    assert_eq!(charge("+13h"), charge("2026-03-29T08:00"));
    // On the autumn night the clock shows 01:30 twice: after the first the second comes next.
    let night = "charge --rates data/rates.csv --kwh 1 --kw 3 --from 2026-10-25T00:45:00Z --by";
    assert_eq!(json(&format!("{night} 01:30")), json(&format!("{night} 2026-10-25T01:30:00Z")));
    // A value that begins with a dash is a value.
    assert!(run("charge --rates data/rates.csv --kwh 3 --kw 3 --by -7d").stderr.contains("--by -7d is 20"));
}
