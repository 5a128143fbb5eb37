//! Files as people have them, read through the command; the right values were worked out by hand beside the files.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen};
use kwhen_tests::folder::Folder;
use serde_json::Value;
use std::fs;
use std::io::Write as _;

const CASES: &str = "tests/cases/layouts/";

/// Runs a line in which `@/` is the folder of the files.
#[track_caller]
fn run(line: &str) -> Outcome {
    kwhen(line.split_whitespace().map(|word| word.replace("@/", CASES)))
}

#[track_caller]
fn json(line: &str) -> Value {
    serde_json::from_str(&done(run(&format!("{line} --format json")))).unwrap()
}

/// Standard output of a run that succeeded, whatever it noted beside.
#[track_caller]
fn done(outcome: Outcome) -> String {
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome.stdout
}

/// The message of wrong usage.
#[track_caller]
fn misuse(outcome: Outcome) -> String {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
    outcome.stderr
}

/// From, to, rows and kWh.
#[track_caller]
fn inspected(line: &str) -> (String, String, u64, String) {
    let found = json(&format!("inspect {line}"));
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("from"), text("to"), found["rows"].as_u64().unwrap(), text("kwh"))
}

fn found(from: &str, to: &str, rows: u64, kwh: &str) -> (String, String, u64, String) {
    (from.to_owned(), to.to_owned(), rows, kwh.to_owned())
}

#[test]
fn the_autumn_day_has_fifty_half_hours_however_it_is_written() {
    for file in [
        "autumn-end-labelled-newest-first.csv",
        "autumn-local-no-zone.csv",
        "autumn-semicolon.csv",
        "glow.json",
    ] {
        let autumn = found("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", 50, "7");
        assert_eq!(inspected(&format!("@/{file}")), autumn, "{file}");
        // A rate of 1 p by half-hour shows which hour is which: 0.5 kWh in each of the first, 0.7 in each of the second.
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.csv");
        done(run(&format!("convert @/{file} {}", out.display())));
        let rows = fs::read_to_string(&out).unwrap();
        for (row, value) in [
            ("2026-10-25T00:00:00Z", "0.5"),
            ("2026-10-25T00:30:00Z", "0.5"),
            ("2026-10-25T01:00:00Z", "0.7"),
            ("2026-10-25T01:30:00Z", "0.7"),
        ] {
            assert!(rows.contains(&format!("\n{value},{row},")), "{file}: {row}\n{rows}");
        }
    }
}

#[test]
fn wide_days_powers_and_nem12() {
    let day = found("2026-10-23T23:00:00Z", "2026-10-24T23:00:00Z", 48, "4.8");
    assert_eq!(inspected("@/autumn-wide.csv"), day);
    let hdf = "@/hdf-kw-end-labelled.csv --time-zone Europe/Dublin";
    assert_eq!(inspected(hdf), found("2026-08-07T23:00:00Z", "2026-08-08T23:00:00Z", 48, "4.8"));
    assert_eq!(inspected(&format!("{hdf} --channel export")).3, "0.96");
    let nem12 = "@/nem12-revised.csv --time-zone Australia/Brisbane";
    assert_eq!(inspected(nem12), found("2026-10-03T14:00:00Z", "2026-10-04T14:00:00Z", 48, "96"));
    assert_eq!(inspected(&format!("{nem12} --channel B1")).3, "24");
}

#[test]
fn prices_of_half_hours_without_a_zone_and_of_two_auctions() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    let converted = |line: &str| {
        done(run(&format!("convert {line} {}", out.display())));
        fs::read_to_string(&out).unwrap().lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let rates = converted("@/timestamp-price.csv");
    assert_eq!((rates.len(), rates[0].as_str()), (50, ",10,2026-10-24T23:00:00Z,2026-10-24T23:30:00Z"));
    assert!(rates[7].starts_with(",10,2026-10-25T02:30:00Z"), "{}", rates[7]);
    let import = converted("@/period-from-to-local.csv");
    assert_eq!((import.len(), import[3].as_str()), (50, ",14.5,2026-10-25T00:30:00Z,2026-10-25T01:00:00Z"));
    assert_eq!(import[4], ",16,2026-10-25T01:00:00Z,2026-10-25T01:30:00Z");
    let export = kwhen([
        "convert".to_owned(),
        format!("{CASES}period-from-to-local.csv"),
        out.display().to_string(),
        "--column".to_owned(),
        "rate=Agile Export price (p/kWh)".to_owned(),
    ]);
    assert!(done(export).contains("50 unit rates"));
    let auction = converted("@/entsoe-two-auctions.xml");
    assert_eq!(auction.len(), 100);
    // EUR/MWh, a tenth of it in cents a kWh: the mean of the day is 37.3.
    let mean: f64 =
        auction.iter().map(|row| row.split(',').next().unwrap().parse::<f64>().unwrap()).sum::<f64>() / 10.0;
    assert!((mean - 37.3).abs() < 1e-9, "{mean}");
    assert_ne!(converted("@/entsoe-two-auctions.xml --channel 2"), auction);
}

#[test]
fn import_and_export_beside_each_other_are_told_apart_by_what_they_are_given_for() {
    let plan = json(
        "battery --rates @/period-from-to-local.csv --export-rates @/period-from-to-local.csv --capacity-kwh 5 --kw 3 --from 2026-10-25 --to 2026-10-26",
    );
    assert_eq!(plan["slots"].as_array().unwrap().len(), 50);
    let bill = json(
        "bill --rates @/timestamp-price.csv --consumption @/autumn-semicolon.csv --from 2026-10-25 --to 2026-10-26",
    );
    assert_eq!((bill["kwh"].as_str(), bill["coverage"]["billed_slots"].as_u64()), (Some("7"), Some(50)));
}

#[test]
fn what_was_guessed_is_one_line_beside_the_answer() {
    let line = "bill --rates @/timestamp-price.csv --consumption @/autumn-local-no-zone.csv";
    let outcome = run(line);
    let notes: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].contains("timestamp-price.csv: taken for") && notes[0].contains("--rate-vat"),
        "{notes:?}"
    );
    let refused = misuse(run("bill --rates data/rates.csv --consumption data/consumption.csv --label end"));
    assert!(refused.contains("--label is of no use"), "{refused}");
}

#[test]
fn packed_files_read_as_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let plain = fs::read(kwhen_tests::repository().join("tests/cases/layouts/autumn-semicolon.csv")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(String::from_utf8(plain).unwrap().encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (name, bytes) in [("a.csv.gz", gzip.finish().unwrap()), ("b.csv", utf16)] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert_eq!(inspected(&path.display().to_string()).3, "7", "{name}");
    }
    let parquet = folder.path().join("a.parquet");
    done(run(&format!("convert @/autumn-semicolon.csv {}", parquet.display())));
    assert_eq!(inspected(&parquet.display().to_string()), inspected("@/autumn-semicolon.csv"));
    let page = folder.path().join("page.csv");
    fs::write(&page, "<!DOCTYPE html><html><body>Sign in</body></html>").unwrap();
    let refused = run(&format!("inspect {}", page.display())).refusal();
    assert!(refused.contains("web page"), "{refused}");
}

#[test]
fn a_layout_that_was_settled_on_is_written_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let layout = folder.path().join("mine.toml");
    let settled = json("inspect @/autumn-local-no-zone.csv")["settled"].as_str().unwrap().to_owned();
    fs::write(&layout, settled).unwrap();
    let line = format!("@/autumn-local-no-zone.csv --layout {}", layout.display());
    assert_eq!(inspected(&line), inspected("@/autumn-local-no-zone.csv"));
    let refused = misuse(run("inspect @/autumn-local-no-zone.csv --layout esb-hd"));
    assert!(refused.contains("esb-hdf"), "{refused}");
}

/// What is read is not written over, whatever way leads to it.
#[test]
fn converting_a_file_into_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.csv");
    fs::copy(format!("{}/{CASES}autumn-local-no-zone.csv", kwhen_tests::repository().display()), &path)
        .unwrap();
    let before = fs::read(&path).unwrap();
    for other in [path.clone(), folder.path().join(".").join("day.csv")] {
        let refused = misuse(run(&format!("convert {} {}", path.display(), other.display())));
        assert!(refused.contains("is the file that is read"), "{refused}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    done(run(&format!("convert {} {}", path.display(), folder.path().join("other.csv").display())));
}

/// Which meter is wanted is said of the readings; prices of no meter are for all.
#[test]
fn one_meter_of_several_is_billed_at_prices_that_name_none() {
    let folder = Folder::new();
    let mut readings = "meter,interval_start,consumption\n".to_owned();
    let mut rates = "start,rate\n".to_owned();
    for slot in 0..48 {
        let at = format!("2026-03-02T{:02}:{:02}:00Z", slot / 2, slot % 2 * 30);
        readings.push_str(&format!("A,{at},0.5\nB,{at},2\n"));
        rates.push_str(&format!("{at},{}\n", 10 + slot % 3));
    }
    folder.file("readings.csv", readings);
    folder.file("rates.csv", rates);
    let bill = "bill --rates @/rates.csv --consumption @/readings.csv";
    for (meter, kwh) in [("A", "24"), ("B", "96")] {
        assert_eq!(folder.json(&format!("{bill} --meter {meter}"))["kwh"], kwh);
    }
    assert!(folder.refused(&format!("{bill} --meter C")).contains("no row is of this meter"));
    assert!(folder.refused(bill).contains("--meter"));
}
