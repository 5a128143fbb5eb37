//! Stores that were billed wrongly once: export, errors, damage, flags.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen};
use kwhen_tests::repository;
use serde_json::Value;
use std::path::Path;

const DAYS: [&str; 4] = ["--from", "2025-06-05", "--to", "2025-06-08"];

/// A copy, since a store of an earlier version is brought up to date when it is opened.
fn copied(case: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("kwhen.db");
    std::fs::copy(repository().join("tests/cases").join(case), &store).unwrap();
    let name = store.display().to_string();
    (folder, name)
}

fn bill(store: &str, more: &[&str]) -> Outcome {
    kwhen([&["bill", "--store", store], &DAYS[..], more].concat())
}

/// Import 11.57, export 74.019 kWh at 15 p without VAT: 0.47 in all.
#[test]
fn export_is_credited_whatever_its_code_is_called() {
    let (_folder, store) = copied("export-flux-charged/store.db");
    let made = bill(&store, &["--format", "json"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let statement: Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!(statement["credits_minor"], "1110.285");
    let export = &statement["supplies"][1];
    assert_eq!(
        (&export["direction"], &export["agreements"][0]["vat_minor"]),
        (&"export".into(), &"0".into())
    );
    let page = bill(&store, &[]).stdout;
    assert!(page.contains("Total") && page.contains("£0.47") && page.contains("VAT at 0 %"), "{page}");
    assert!(page.contains("Stored: export 1013004420117, readings to 2025-06-0"), "{page}");
    // The meter point alone, and a tariff's file whose code says export.
    let alone = bill(&store, &["--consumption", "1013004420117", "--format", "json"]);
    let alone: Value = serde_json::from_str(&alone.stdout).unwrap();
    assert_eq!(alone["total_minor"], "-1110.285");
    let file = "tests/cases/export-flux-charged/fx.toml";
    let one = bill(&store, &["--tariff", file, "--consumption", "1013004420117", "--format", "json"]).json();
    assert_eq!((&one["vat_minor"], &one["total_minor"]), (&"0".into(), &"1110.285".into()));
    // Where they disagree both are named.
    let refused = bill(&store, &["--tariff", file, "--consumption", "2000024512368"]).refusal();
    assert!(
        refused.contains("the meter point 2000024512368 says import")
            && refused.contains("E-1R-FLUX-EXPORT-23-02-14-C says export"),
        "{refused}"
    );
}

#[test]
fn an_error_ends_the_bill_with_series_start_and_value() {
    let (_folder, whole) = copied("store-error-drops-meter/whole.db");
    let made = bill(&whole, &[]);
    assert!(made.code == 0 && made.stdout.contains("£0.47"), "{}", made.stdout);
    let (_folder, store) = copied("store-error-drops-meter/store.db");
    let refused = bill(&store, &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    for part in ["electricity 2000024512368 Z16N389556", "1e400", "2025-06-05T07:00:00Z"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    // Another time is not touched by it.
    let later = kwhen(["bill", "--store", &store, "--from", "2025-06-06", "--to", "2025-06-08"]);
    assert_eq!(later.code, 0, "{}", later.stderr);
    let checked = kwhen(["store", "check", "--store", &store]);
    assert_eq!(checked.code, 1);
    assert!(checked.stdout.contains("1e400"), "{}", checked.stdout);
    let sound = kwhen(["store", "check", "--store", &whole]).stdout_of_success();
    assert!(sound.contains("no damage found"), "{sound}");
}

/// Flags that have nothing to do with the stored account's statement are refused, not ignored.
#[test]
fn flags_beside_the_stored_account_are_used_or_refused() {
    let (_folder, store) = copied("store-error-drops-meter/whole.db");
    for more in [
        &["--consumption", "data/consumption.csv"][..],
        &["--consumption", "nosuch.csv"],
        &["--consumption", "1200000000000"],
        &["--standing-charges", "nosuch.csv"],
        &["--registers", "nosuch.csv"],
        &["--dispatches", "nosuch.csv"],
        &["--account", "nosuch.toml"],
        &["--tariff", "nosuch.toml"],
        &["--rates", "nosuch.csv"],
        &["--calorific-value", "39.2"],
        &["--project-to", "2025-07-01"],
        &["--export", "beancount"],
        &["--rules", "all"],
    ] {
        let made = bill(&store, more);
        assert!(made.code != 0 && made.stdout.is_empty(), "{more:?}: {}", made.stdout);
    }
    let one = bill(&store, &["--consumption", "2000024512368"]).stdout;
    assert!(one.contains("import 2000024512368") && !one.contains("1013004420117"), "{one}");
    let by_day = bill(&store, &["--by", "day"]).stdout;
    assert!(by_day.contains("2025-06-06"), "{by_day}");
    let rows = bill(&store, &["--by", "day", "--format", "csv"]).stdout;
    assert_eq!(rows.lines().count(), 1 + 2 * 3, "{rows}");
}

/// A bit turned, a run of noise or of zeros anywhere in the file: the same statement, or none.
#[test]
fn no_damaged_page_ends_in_another_bill() {
    let (folder, store) = copied("store-error-drops-meter/whole.db");
    let whole = bill(&store, &[]);
    assert_eq!(whole.code, 0);
    let sound = std::fs::read(&store).unwrap();
    let page = 4096;
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let (mut refused, mut same) = (0, 0);
    for start in (0..sound.len()).step_by(page) {
        for fault in 0..12 {
            let mut bytes = sound.clone();
            let at = start + random() % page;
            match fault {
                0..=7 => bytes[at] ^= 1 << (random() % 8),
                8 | 9 => {
                    let end = (at + 600).min(start + page);
                    bytes[at..end].iter_mut().for_each(|byte| *byte = random() as u8);
                }
                10 => bytes[start..start + page].fill(0),
                _ => bytes.truncate(at.max(1)),
            }
            let damaged = folder.path().join("damaged.db");
            for left in ["damaged.db-wal", "damaged.db-shm"] {
                let _ = std::fs::remove_file(folder.path().join(left));
            }
            std::fs::write(&damaged, &bytes).unwrap();
            let made = bill(&damaged.display().to_string(), &[]);
            if made.code == 0 {
                assert_eq!(made.stdout, whole.stdout, "fault {fault} at {at} of page {}", start / page);
                same += 1;
            } else {
                assert!(!made.stderr.contains("panicked"), "{}", made.stderr);
                refused += 1;
            }
        }
    }
    assert!(refused > same / 4, "{refused} refused, {same} the same");
    assert!(Path::new(&store).exists());
}

const IMPORT: &str = "2000024512368";

/// A store that was opened once, so sealed, with a change made to it by hand.
fn damaged(change: &str) -> (tempfile::TempDir, String) {
    let (folder, store) = copied("store-error-drops-meter/whole.db");
    assert_eq!(bill(&store, &[]).code, 0);
    let file = rusqlite::Connection::open(&store).unwrap();
    file.pragma_update(None, "foreign_keys", false).unwrap();
    let rows = file.execute(change, ()).unwrap_or_else(|error| panic!("{change}: {error}"));
    assert!(rows > 0, "{change}");
    (folder, store)
}

/// A fault in a row of each table: the bill ends with an error that names it, or the statement is the same word for word.
#[test]
fn no_damaged_row_ends_in_another_bill() {
    let (_folder, store) = copied("store-error-drops-meter/whole.db");
    let whole = bill(&store, &[]).stdout;
    let reading = "series = (SELECT id FROM series WHERE key LIKE 'readings/electricity/2000024512368/Z%') AND start = 1749106800";
    let rate = "series = (SELECT id FROM series WHERE key LIKE 'charges/%/standard-unit-rates' LIMIT 1)";
    let standing = "series = (SELECT id FROM series WHERE key LIKE 'charges/%/standing-charges' LIMIT 1)";
    for (change, parts) in [
        (
            format!("UPDATE row SET exc = 'abc' WHERE {reading}"),
            &[IMPORT, "2025-06-05T07:00:00Z", "\"abc\""][..],
        ),
        (format!("UPDATE row SET exc = '1e400' WHERE {reading}"), &[IMPORT, "2025-06-05T07:00:00Z", "1e400"]),
        (format!("UPDATE row SET exc = '0.00' WHERE {reading}"), &[IMPORT, "damaged between "]),
        (format!("UPDATE row SET exc = NULL WHERE {reading}"), &[IMPORT, "damaged between "]),
        (format!("UPDATE row SET start = start + 31536000 WHERE {reading}"), &[IMPORT, "damaged between "]),
        (format!("DELETE FROM row WHERE {reading}"), &[IMPORT, "damaged between "]),
        (
            format!("UPDATE row SET exc = '' , inc = '' WHERE {rate}"),
            &["standard-unit-rates", "cannot be read"],
        ),
        (format!("DELETE FROM row WHERE {rate}"), &["standard-unit-rates", "damaged between"]),
        (
            format!("UPDATE row SET exc = '0', inc = '0' WHERE {standing}"),
            &["standing-charges", "damaged between"],
        ),
        (format!("DELETE FROM row WHERE {standing}"), &["standing-charges", "damaged between"]),
        ("UPDATE seal SET rows = rows - 1, digest = 7".to_owned(), &["damaged between"]),
        ("DELETE FROM seal".to_owned(), &["damaged between"]),
        ("UPDATE series SET key = key || 'X' WHERE id = 1".to_owned(), &["list of series and documents"]),
        ("DELETE FROM series WHERE id = 1".to_owned(), &["list of series and documents"]),
        (
            "UPDATE document SET json = replace(json, 'true', 'false')".to_owned(),
            &["list of series and documents"],
        ),
        ("UPDATE document SET json = substr(json, 1, 200)".to_owned(), &["list of series and documents"]),
        ("DELETE FROM document".to_owned(), &["list of series and documents"]),
        ("UPDATE contents SET digest = 0".to_owned(), &["list of series and documents"]),
    ] {
        let (_folder, store) = damaged(&change);
        let made = bill(&store, &[]);
        assert_eq!((made.code, made.stdout.as_str()), (1, ""), "{change}: {}", made.stderr);
        for part in parts.iter().chain(&["kwhen store check"]) {
            assert!(made.stderr.contains(part), "{change}: {part}: {}", made.stderr);
        }
    }
    // No bill rests on these.
    for change in ["UPDATE coverage SET stop = stop + 5", "DELETE FROM coverage"] {
        let (_folder, store) = damaged(change);
        assert_eq!(bill(&store, &[]).stdout, whole, "{change}");
    }
}

/// Old damage is no matter of another time, whatever names the tariff and the readings.
#[test]
fn what_is_stored_is_read_over_the_span_asked_for() {
    let agile = "E-1R-AGILE-24-10-01-C";
    // Rows of the evening before, which lie in another block of four weeks.
    let (_folder, store) = damaged(
        "UPDATE row SET exc = '1.5' WHERE start = 1749067200 AND series IN (SELECT id FROM series
         WHERE key LIKE 'charges/E-1R-AGILE%/standard-unit-rates' OR key LIKE 'readings/electricity/2000024512368/Z%')",
    );
    let (_sound_folder, sound) = copied("store-error-drops-meter/whole.db");
    let days = ["--from", "2025-06-06", "--to", "2025-06-08"];
    let hours = ["--from", "2025-06-06T00:00Z", "--by", "2025-06-06T12:00Z"];
    for (command, span) in [
        (&["bill", "--tariff", agile, "--consumption", IMPORT][..], &days[..]),
        (&["bill", "--rates", agile, "--standing-charges", agile, "--consumption", IMPORT], &days),
        (&["compare", "--tariff", agile, "--consumption", IMPORT], &days),
        (&["cheapest", "--rates", agile, "--duration", "2h"], &days),
        (&["charge", "--rates", agile, "--kwh", "5", "--kw", "7"], &hours),
        (&["battery", "--rates", agile, "--load", IMPORT, "--capacity-kwh", "5", "--kw", "3"], &days),
    ] {
        let made = |store: &str, span: &[&str]| kwhen([command, &["--store", store], span].concat());
        let (whole, here) = (made(&sound, span), made(&store, span));
        assert_eq!(here.code, 0, "{command:?}: {}", here.stderr);
        assert_eq!(here.stdout, whole.stdout, "{command:?}");
        // Without a span it is all of it.
        let refused = made(&store, &[]);
        assert_eq!(refused.code, 1, "{command:?}: {}", refused.stdout);
        assert!(
            refused.stderr.contains("damaged between 2025-05-08T00:00:00Z and 2025-06-05"),
            "{}",
            refused.stderr
        );
    }
}

/// The list of a damaged store names the damage, and the check sees what was asked for without rows and rows that nobody asked for.
#[test]
fn the_list_of_a_damaged_store_says_so_and_the_check_knows_what_was_asked_for() {
    let (_folder, store) = copied("store-error-drops-meter/whole.db");
    let status = |store: &str| kwhen(["fetch", "status", "--store", store]).stdout_of_success();
    assert!(!status(&store).contains("damaged"), "{}", status(&store));
    let check = |store: &str| kwhen(["store", "check", "--store", store]);
    assert_eq!(check(&store).code, 0);
    let readings = "(SELECT id FROM series WHERE key LIKE 'readings/electricity/2000024512368/Z%')";
    let rates = "(SELECT id FROM series WHERE key LIKE 'charges/%/standard-unit-rates' LIMIT 1)";
    for change in [
        format!("DELETE FROM seal WHERE series = {readings}"),
        format!("DELETE FROM row WHERE series = {readings}"),
        format!("DELETE FROM row WHERE series = {rates}"),
        format!("DELETE FROM row WHERE series = {readings} AND start = 1749106800"),
    ] {
        let (_folder, store) = damaged(&change);
        let said = status(&store);
        assert!(said.contains("rows were written and "), "{change}: {said}");
        assert!(said.contains("kwhen store check names all damage"), "{change}: {said}");
        let found = check(&store);
        assert_eq!(found.code, 1, "{change}: {}", found.stdout);
        assert!(!found.stdout.contains("ever"), "{change}: {}", found.stdout);
        assert!(found.stderr.contains("in 1 place"), "{change}: {}", found.stderr);
    }
    for (change, part) in [
        (
            format!("DELETE FROM coverage WHERE series = {readings}"),
            "readings are of no time that was asked for",
        ),
        (
            format!("UPDATE coverage SET stop = stop + 86400 WHERE series = {readings}"),
            "48 half-hours that were asked for have neither a reading nor a note",
        ),
        (
            format!("INSERT INTO coverage SELECT {rates}, 1000000000, 1000086400"),
            "was asked for from 2001-09-09T01:46:40Z to 2001-09-10T01:46:40Z, and no row holds then",
        ),
    ] {
        let (_folder, store) = damaged(&change);
        let found = check(&store);
        assert_eq!(found.code, 1, "{change}: {}", found.stdout);
        assert!(found.stdout.contains(part), "{change}: {}", found.stdout);
    }
}
