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

/// A year at home, what is missing filled in.
const HOME: &str = "--rates data/rates.csv --export-rates data/export-rates.csv --load data/consumption.csv --solar data/solar.csv \
                    --fill-gaps";

#[test]
fn a_charge_of_a_year_is_planned_with_any_number_of_starts() {
    for most in [50, 300] {
        let line = format!("charge {YEAR} --kwh 2200 --max-starts {most} --format json");
        let plan = within(500, &line).json();
        assert_eq!(plan["feasible"], true, "{plan}");
        assert_eq!(plan["kwh"], "2200", "{plan}");
        let starts = plan["starts"].as_u64().unwrap();
        assert!(starts > 40 && starts <= most, "{starts} of {most}");
    }
}

#[test]
fn a_charge_that_no_memory_holds_is_refused_in_words() {
    let refusal = within(1_000, &format!("charge {YEAR} --kwh 2200 --max-starts 50 --frontier")).refusal();
    assert!(refusal.contains("too large to search exactly"), "{refusal}");
    assert!(refusal.contains("starts") && refusal.contains("a shorter time"), "{refusal}");
}

#[test]
fn a_hundred_nights_are_planned() {
    let line = "charge --rates data/rates.csv --kw 7.4 --kwh 1000 --max-starts 100 --from 2025-11-01T00:00Z --by 2026-02-09T00:00Z \
                --within 23:00..07:00 --format json";
    let plan = within(200, line).json();
    assert_eq!(plan["feasible"], true, "{plan}");
    assert!(plan["starts"].as_u64().unwrap() <= 100, "{plan}");
}

#[test]
fn a_battery_is_planned_for_a_year() {
    let plan = within(200, &format!("battery {HOME} --capacity-kwh 10 --kw 5 --format json")).json();
    assert!(plan["slots"].as_array().unwrap().len() > 17_000, "{}", plan["slots"].as_array().unwrap().len());
}

#[test]
fn a_battery_with_too_many_starts_is_refused_in_words() {
    let line = format!(
        "battery {HOME} --capacity-kwh 10 --kw 5 --max-starts 2000 --from 2026-03-01 --to 2026-06-01"
    );
    let refusal = within(300, &line).refusal();
    assert!(
        refusal.contains("too large to search exactly") && refusal.contains("allow fewer starts"),
        "{refusal}"
    );
}

#[test]
fn two_batteries_are_planned_for_more_slots_than_walks_are_mixed_for() {
    let line = format!(
        "second=$(mktemp); sed 's/Home battery/Second/' data/batteries/ten.toml > $second; \
         (ulimit -v {}; kwhen battery {HOME} --battery data/batteries/ten.toml --battery $second --from 2026-03-01 --to 2026-06-01 \
         --budget 1s --format json); rm $second",
        600 * 1024
    );
    let plan = shell(&line).json();
    assert!(plan["cost_minor"].is_string(), "{plan}");
}

#[test]
fn a_back_test_and_a_comparison_of_a_year_take_little() {
    let line =
        format!("backtest {HOME} --capacity-kwh 10 --kw 5 --from 2026-03-01 --to 2026-06-01 --format json");
    let test = within(300, &line).json();
    assert!(test["strategies"].as_array().unwrap().len() > 2, "{test}");
    let line = "compare --consumption data/consumption.csv --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml \
                --battery data/batteries/ten.toml --format json";
    let compared = within(300, line).json();
    assert_eq!(compared["tariffs"].as_array().unwrap().len(), 2, "{compared}");
}

#[test]
fn more_threads_than_any_machine_has_are_refused_in_words() {
    let line = "batch --consumption c --rates r --agreements a --out o --from 2025-01-01 --to 2025-02-01 --threads 1000000000";
    let refused = within(300, line);
    assert!(refused.code == 2 && refused.stderr.contains("a whole number from 1 to"), "{}", refused.stderr);
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
