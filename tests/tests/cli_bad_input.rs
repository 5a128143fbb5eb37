//! Bad input: exit 1, one clear message on standard error that names the place, nothing on standard output.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{kwhen, kwhen_with, run};
use kwhen_tests::folder::Folder;
use std::path::PathBuf;

const RATES: &str = "value_exc_vat,value_inc_vat,valid_from,valid_to\n";
const READINGS: &str = "consumption,interval_start,interval_end\n";

fn rates_refused(text: impl AsRef<[u8]>, named: &[&str]) {
    let folder = Folder::new();
    let rates = folder.file("rates.csv", &text);
    let readings = "data/consumption.csv";
    for message in [
        kwhen(["cheapest", "--rates", &rates, "--duration", "1h"]).refusal(),
        kwhen(["bill", "--rates", &rates, "--consumption", readings]).refusal(),
        kwhen(["bill", "--rates", &rates, "--consumption", readings, "--format", "json"]).refusal(),
    ] {
        names_all(&message, "rates.csv", named);
    }
    // The same from standard input, which has no name of its own.
    let message = kwhen_with(["cheapest", "--rates", "-", "--duration", "1h"], text.as_ref(), &[]).refusal();
    names_all(&message, "standard input", named);
}

fn readings_refused(text: impl AsRef<[u8]>, named: &[&str]) {
    let folder = Folder::new();
    let readings = folder.file("readings.csv", text);
    let message = kwhen(["bill", "--rates", "data/rates.csv", "--consumption", &readings]).refusal();
    names_all(&message, "readings.csv", named);
}

#[track_caller]
fn names_all(message: &str, file: &str, named: &[&str]) {
    for part in [&[file], named].concat() {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    assert!(message.len() < 600, "{} bytes: {message:?}", message.len());
}

#[test]
fn a_file_that_is_not_there() {
    let folder = Folder::new();
    let missing = folder.at("nowhere.csv");
    let message = kwhen(["cheapest", "--rates", &missing, "--duration", "1h"]).refusal();
    names_all(&message, "nowhere.csv", &["cannot be read"]);
}

#[test]
fn an_empty_file() {
    rates_refused("", &["empty"]);
    rates_refused("\n\n", &[]);
    rates_refused(RATES, &["no rows"]);
    rates_refused(r#"{"count": 0, "next": null, "previous": null, "results": []}"#, &["no rows"]);
    rates_refused("[]", &["no "]);
    readings_refused("", &["empty"]);
    readings_refused(READINGS, &["no "]);
}

#[test]
fn truncated_json() {
    let page = r#"{"count": 2, "results": [{"value_exc_vat": 4.86, "value_inc_vat": 5.103,
        "valid_from": "2020-12-26T22:30:00Z", "valid_to": "2020-12-26T23:00:00Z"}]}"#;
    for length in (1..page.len() - 1).step_by(7) {
        rates_refused(&page[..length], &[]);
    }
}

#[test]
fn the_wrong_columns() {
    rates_refused("a,b,c\n1,2,3\n", &[]);
    rates_refused(format!("{READINGS}0.1,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n"), &["consumption"]);
    readings_refused(
        format!("{RATES}1,1.05,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n"),
        &["unit rates, not readings"],
    );
    readings_refused("kwh\n0.1\n", &["start"]);
}

#[test]
fn text_in_a_number() {
    let row = |value: &str| {
        format!(
            "{RATES}1,1.05,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n1,{value},2026-01-01T00:30:00Z,2026-01-01T01:00:00Z\n"
        )
    };
    for value in ["cheap", "1.2.3", "1,5x", "0x10", "--1", "1e", "NaN", "nan", "inf", "-Infinity", "١"] {
        // A comma shifts the columns, and the time that follows is then refused.
        let field = if value.contains(',') { "row 2" } else { "value_inc_vat" };
        rates_refused(row(value), &["row 2", field]);
    }
    rates_refused(row("1.123456789"), &["row 2", "value_inc_vat", "1.123456789"]);
    rates_refused(row("99999999999"), &["row 2", "value_inc_vat", "99999999999"]);
    readings_refused(
        format!("{READINGS}NaN,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n"),
        &["row 1", "consumption", "NaN"],
    );
}

#[test]
fn times_that_are_none() {
    let row = |from: &str| format!("{RATES}1,1.05,{from},2026-01-01T00:30:00Z\n");
    for from in [
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:30:00Z",
        "2026-01-01T00:00:00",
    ] {
        rates_refused(row(from), &["row 1", "valid_from", from]);
    }
}

#[test]
fn ten_megabytes_on_one_line() {
    let long = "7".repeat(10_000_000);
    rates_refused(&long, &[]);
    rates_refused(
        format!("{RATES}{long},1.05,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n"),
        &["row 1", "value_exc_vat"],
    );
    rates_refused("[".repeat(10_000_000), &[]);
    readings_refused(format!("{READINGS}\"{long}"), &[]);
}

#[test]
fn a_rate_that_ends_before_it_starts() {
    rates_refused(
        format!("{RATES}1,1.05,2026-01-01T00:30:00Z,2026-01-01T00:00:00Z\n"),
        &["row 1", "valid_to", "2026-01-01T00:00:00Z"],
    );
}

#[test]
fn overlapping_rates_that_disagree() {
    rates_refused(
        format!(
            "{RATES}1,1.05,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z\n2,2.1,2026-01-01T00:30:00Z,2026-01-01T01:00:00Z\n"
        ),
        &["row 2", "row 1", "2026-01-01T00:30:00Z"],
    );
    readings_refused(
        format!(
            "{READINGS}0.1,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n0.2,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n"
        ),
        &["row 2"],
    );
}

#[test]
fn dates_from_2100_on() {
    rates_refused(
        format!(
            "{RATES}1,1.05,2099-12-31T23:30:00Z,2100-01-01T00:00:00Z\n1,1.05,2100-01-01T00:00:00Z,2100-01-01T00:30:00Z\n"
        ),
        &["row 2", "2100"],
    );
    for period in [["--from", "2100-01-01"], ["--to", "2100-06-01T00:00:00Z"]] {
        let arguments = ["bill", "--rates", "data/rates.csv", "--consumption", "data/consumption.csv"];
        names_all(&kwhen(arguments.into_iter().chain(period)).refusal(), period[0], &["2100"]);
    }
}

#[test]
fn a_period_with_no_data() {
    let message = kwhen([
        "bill",
        "--rates",
        "data/rates.csv",
        "--consumption",
        "data/consumption.csv",
        "--from",
        "2020-01-01",
        "--to",
        "2020-02-01",
    ])
    .refusal();
    names_all(&message, "2020-01-01T00:00:00Z", &["2025-11-01T00:00:00Z"]);
    let message = kwhen([
        "cheapest",
        "--rates",
        "data/rates.csv",
        "--duration",
        "1h",
        "--from",
        "2020-01-01",
        "--to",
        "2020-02-01",
    ])
    .refusal();
    names_all(&message, "rates.csv", &[]);
    let message =
        kwhen(["cheapest", "--rates", "data/rates.csv", "--duration", "1h", "--from", "2027-01-01"])
            .refusal();
    names_all(&message, "--from 2027-01-01", &[]);
}

#[test]
fn binary_rubbish() {
    let rubbish: Vec<u8> = (0..=255).cycle().take(4096).collect();
    rates_refused(&rubbish, &[]);
    rates_refused([0xff, 0xfe, 0x00], &[]);
    readings_refused(&rubbish, &[]);
}

#[test]
fn a_window_longer_than_the_data() {
    let folder = Folder::new();
    let rates =
        folder.file("rates.csv", format!("{RATES}1,1.05,2026-01-01T00:00:00Z,2026-01-01T00:30:00Z\n"));
    let message = kwhen(["cheapest", "--rates", &rates, "--duration", "1h"]).refusal();
    names_all(&message, "rates.csv", &["30 min"]);
}

#[test]
fn wrong_usage_is_exit_two() {
    let cheapest = ["cheapest", "--rates", "data/rates.csv"];
    for arguments in [
        &["frobnicate"][..],
        &[][..],
        &["bill"],
        &["cheapest", "--duration", "1h"],
        &[&cheapest[..], &["--duration", "soon"]].concat(),
        &[&cheapest[..], &["--duration", "0h"]].concat(),
        &[&cheapest[..], &["--duration", "1h", "--top", "0"]].concat(),
        &[&cheapest[..], &["--duration", "1h", "--top", "65536"]].concat(),
        &[&cheapest[..], &["--duration", "1h", "--within", "noon"]].concat(),
        &[&cheapest[..], &["--duration", "1h", "--max-starts", "2"]].concat(),
        &[&cheapest[..], &["--duration", "1h", "--from", "the day before"]].concat(),
        &[&cheapest[..], &["--duration", "1h", "--from", "2026-02-02", "--to", "2026-02-01"]].concat(),
        &[&cheapest[..], &["--duration", "1h", "--time-zone", "Europe/Atlantis"]].concat(),
        &["bill", "--rates", "-", "--consumption", "-"],
    ] {
        let outcome = kwhen(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.is_empty(), "{arguments:?}");
    }
}

/// Standard input is one file, whichever flags name it.
#[test]
fn a_second_standard_input_is_refused_before_the_first_is_read() {
    for (line, flags) in [
        ("bill --rates - --consumption -", ["--rates", "--consumption"]),
        ("bill --rates - --consumption data/consumption.csv,-", ["--rates", "--consumption"]),
        ("battery --rates data/rates.csv --load - --solar - --capacity-kwh 5 --kw 3", ["--load", "--solar"]),
        ("cheapest --rates - --duration 1h --added -", ["--rates", "--added"]),
    ] {
        let outcome = run(line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{line}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("only one file can be `-`"), "{line}: {}", outcome.stderr);
        for flag in flags {
            assert!(outcome.stderr.contains(flag), "{line}: {}", outcome.stderr);
        }
    }
}

#[test]
fn a_report_that_cannot_be_written_leaves_nothing_behind() {
    let folder = Folder::new();
    let report: PathBuf = folder.path().join("no such folder").join("report.html");
    let message = kwhen(["demo", "--html", report.to_str().unwrap()]).refusal();
    names_all(&message, "report.html", &["cannot be written"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
