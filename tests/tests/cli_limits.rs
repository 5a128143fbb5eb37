//! Sizes that are too large are refused in words, within a stated memory; those below them are planned within it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, shell};

/// A command that may take so many MB of address space.
fn within(megabytes: u32, line: &str) -> Outcome {
    shell(&format!("ulimit -v {}; kwhen {line}", megabytes * 1024))
}

const YEAR: &str = "--rates data/rates.csv --kw 7.4 --from 2025-11-01T00:00Z --by 2026-10-31T00:00Z";

#[test]
fn a_charge_of_a_year_with_many_starts_is_refused_in_words() {
    for more in [
        "--kwh 22000 --max-starts 300",
        "--kwh 2200 --max-starts 50",
        "--kwh 2200 --max-starts 50 --frontier",
    ] {
        let refusal = within(1_000, &format!("charge {YEAR} {more}")).refusal();
        assert!(refusal.contains("too large to search exactly"), "{more}: {refusal}");
        assert!(refusal.contains("starts") && refusal.contains("a shorter time"), "{more}: {refusal}");
    }
    // So many starts that their states alone are too many.
    let refusal =
        within(1_000, &format!("charge {YEAR} --kwh 2200 --min-kw 1.4 --max-starts 2000")).refusal();
    assert!(refusal.contains("too large to search exactly"), "{refusal}");
}

#[test]
fn a_hundred_nights_are_planned() {
    let line = "charge --rates data/rates.csv --kw 7.4 --kwh 1000 --max-starts 100 --from 2025-11-01T00:00Z --by 2026-02-09T00:00Z \
                --within 23:00..07:00 --format json";
    let plan = within(400, line).json();
    assert_eq!(plan["feasible"], true, "{plan}");
    assert!(plan["starts"].as_u64().unwrap() <= 100, "{plan}");
}

#[test]
fn ten_thousand_plans_of_a_week_are_held_apart() {
    let line = "cheapest --rates data/rates.csv --duration 10h --split --overlapping --top 10000 --from 2025-11-01 --to 2025-11-08 \
                --format json";
    let found = within(200, line).json();
    let windows = found["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 10_000);
    let average =
        |index: usize| windows[index]["average_minor_per_kwh"].as_str().unwrap().parse::<f64>().unwrap();
    assert!((1..10_000).all(|index| average(index - 1) <= average(index)));
    let mut plans: Vec<String> = windows.iter().map(|window| window["blocks"].to_string()).collect();
    plans.sort();
    plans.dedup();
    assert_eq!(plans.len(), 10_000);
}
