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
    assert_eq!(statement["credits_pence"], "1110.285");
    let export = &statement["supplies"][1];
    assert_eq!(
        (&export["direction"], &export["agreements"][0]["vat_pence"]),
        (&"export".into(), &"0".into())
    );
    let page = bill(&store, &[]).stdout;
    assert!(page.contains("Total") && page.contains("£0.47") && page.contains("VAT at 0 %"), "{page}");
    assert!(page.contains("Stored: export 1013004420117, readings to 2025-06-0"), "{page}");
    // The meter point alone, and a tariff's file whose code says export.
    let alone = bill(&store, &["--consumption", "1013004420117", "--format", "json"]);
    let alone: Value = serde_json::from_str(&alone.stdout).unwrap();
    assert_eq!(alone["total_pence"], "-1110.285");
    let file = "tests/cases/export-flux-charged/fx.toml";
    let one = bill(&store, &["--tariff", file, "--consumption", "1013004420117", "--format", "json"]).json();
    assert_eq!((&one["vat_pence"], &one["total_pence"]), (&"0".into(), &"1110.285".into()));
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
        &["--standing", "nosuch.csv"],
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
