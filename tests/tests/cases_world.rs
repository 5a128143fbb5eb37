//! Places beyond Great Britain: clocks that changed their law, prices of quarter-hours for meters that count hours.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen};
use serde_json::Value;

fn run(line: &str) -> Outcome {
    kwhen(line.split_whitespace())
}

fn json(line: &str) -> Value {
    run(&format!("{line} --format json")).json()
}

/// Since November 2026 the clock of Edmonton stays six hours behind UTC: 06:30Z on 1 December is 00:30 there.
#[test]
fn edmonton_bills_its_first_half_hours_of_december_in_december() {
    let place = "tests/cases/edmonton-stays-in-summer-time";
    let bill = json(&format!(
        "bill --rates {place}/edmonton-rates.csv --consumption {place}/edmonton.csv --time-zone America/Edmonton --by day"
    ));
    assert_eq!(bill["tzdb"], "2026f");
    let days = bill["periods"].as_array().unwrap();
    assert_eq!(days.len(), 1, "{days:?}");
    assert_eq!((&days[0]["label"], &days[0]["kwh"]), (&"2026-12-01".into(), &"2".into()));
}

/// 25 hours of 0.4 kWh under quarter-hourly prices: 204.0 for 10.0 kWh, each hour at the mean of its four.
#[test]
fn an_hourly_meter_under_quarter_hourly_prices_pays_the_mean_where_that_is_asked_for() {
    let place = "tests/cases/hourly-meter";
    let line = format!(
        "bill --rates {place}/quarter-hour-prices.csv --consumption {place}/hourly-meter.csv --time-zone Europe/Berlin --rate-vat exc"
    );
    let refused = run(&line);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("--rate-in-slot mean"), "{}", refused.stderr);
    let bill = json(&format!("{line} --rate-in-slot mean"));
    assert_eq!((&bill["kwh"], &bill["net_minor"]), (&"10".into(), &"204".into()));
    assert_eq!(bill["mean_rate_slots"], 25);
    let page = run(&format!("{line} --rate-in-slot mean")).stdout_of_success();
    assert!(page.contains("In 25 slots the rate changes; they are priced at the mean"), "{page}");
}

/// On the night on which the clock skips 01:30 a deadline at 01:30 is no time, however it is written.
#[test]
fn a_deadline_that_the_clock_skips_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let rates = folder.path().join("rates.csv");
    let mut text = "start,rate\n".to_owned();
    for slot in 0..24 {
        let start = kwhen::time::parse_instant("2026-03-28T20:00:00Z").unwrap()
            + chrono::TimeDelta::minutes(30 * slot);
        text.push_str(&format!("{},{}\n", start.format("%Y-%m-%dT%H:%M:%SZ"), 10 + slot % 5));
    }
    std::fs::write(&rates, text).unwrap();
    let plan = |by: &str| {
        run(&format!("charge --rates {} --kwh 2 --kw 2 --from 2026-03-28T20:00 --by {by}", rates.display()))
    };
    for by in ["01:30", "2026-03-29T01:30"] {
        let refused = plan(by);
        assert_eq!(refused.code, 1, "{by}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("is skipped by the clock of Europe/London on that day"),
            "{}",
            refused.stderr
        );
    }
    for by in ["02:00", "00:30"] {
        assert_eq!(plan(by).code, 0, "{by}");
    }
}
