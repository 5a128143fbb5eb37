//! `kwhen forecast`: days whose errors can be worked by hand, and the figures of a back-test on the sample.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_tests::command::kwhen;
use kwhen_tests::folder::Folder;
use serde_json::Value;

/// Half-hours of so many days from a midnight in winter, each with a value by its day.
fn rows(name: &str, days: i64, value: impl Fn(i64) -> String) -> Vec<u8> {
    let first: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().unwrap();
    let mut text = format!("start,{name}\n");
    for number in 0..days * 48 {
        let start = first + TimeDelta::minutes(30 * number);
        text.push_str(&format!("{},{}\n", start.format("%Y-%m-%dT%H:%M:%SZ"), value(number / 48)));
    }
    text.into_bytes()
}

fn folder(days: i64, load: impl Fn(i64) -> String) -> Folder {
    Folder::of([
        ("rates.csv", rows("rate", days, |day| (10 + day).to_string())),
        ("load.csv", rows("kwh", days, load)),
    ])
}

const FORECAST: &str = "forecast --rates @/rates.csv --load @/load.csv";

fn of<'a>(answer: &'a Value, quantity: &str, name: &str) -> &'a Value {
    let rows = answer["forecasts"].as_array().unwrap();
    let found = rows.iter().find(|row| row["quantity"] == quantity && row["name"] == name);
    found.unwrap_or_else(|| panic!("{quantity} {name}: {answer}"))
}

/// Each day takes a kWh more a half-hour than the one before, and its rates are a penny higher: who says "as yesterday" is off by one always.
#[test]
fn errors_of_days_that_rise_by_one_are_one() {
    let folder = folder(10, |day| (1 + day).to_string());
    let answer = folder.run(&format!("{FORECAST} --format json")).json();
    for quantity in ["load", "rates"] {
        let row = of(&answer, quantity, "yesterday");
        // Off by 1 above: a tenth, a half and nine tenths of 1, which are a half on average.
        assert_eq!(
            (&row["mean_absolute_error"], &row["pinball_loss"]),
            (&"1".into(), &"0.5".into()),
            "{row}"
        );
        assert!(row["coverage"].is_null(), "{row}");
        for (hour, of_hour) in row["by_hour"].as_array().unwrap().iter().enumerate() {
            assert_eq!(of_hour["mean_absolute_error"], "1", "{quantity} at {hour}");
        }
    }
    // At 16:00 of each day from the second on, but for the last's end: eight times 24 hours, and 8 hours of the tenth day.
    assert_eq!(of(&answer, "load", "yesterday")["slots"], 8 * 48 + 16, "{answer}");
    // All past days lie below: nothing that came is between their 10th and 90th.
    assert_eq!(of(&answer, "load", "past days")["coverage"], "0.00000");
    assert!(answer["forecasts"].as_array().unwrap().iter().all(|row| row["quantity"] != "solar"));
    let page = folder.run(FORECAST);
    assert_eq!(page.code, 0, "{}", page.stderr);
    for words in ["mean error, kWh", "mean error, p/kWh", "1.000", "0.0 %", "fewer than the 28 past days"] {
        assert!(page.stdout.contains(words), "{words}: {}", page.stdout);
    }
    let csv = folder.run(&format!("{FORECAST} --format csv")).stdout;
    assert!(csv.contains("\nload,yesterday,,400,1,0.5,\n"), "{csv}");
    assert!(csv.contains("\nload,yesterday,16,"), "{csv}");
}

/// Days that are all alike are foreseen, and lie within what past days say.
#[test]
fn days_that_are_alike_are_foreseen() {
    let folder = folder(10, |_| "0.5".to_owned());
    let answer = folder.run(&format!("{FORECAST} --format json")).json();
    for name in ["yesterday", "mean of days", "past days"] {
        assert_eq!(of(&answer, "load", name)["mean_absolute_error"], "0", "{name}");
    }
    assert_eq!(of(&answer, "load", "past days")["coverage"], "1.00000");
    // With rates that are known from the start there are none to foresee.
    let known = folder.run(&format!("{FORECAST} --all-rates-known --format json")).json();
    assert!(known["forecasts"].as_array().unwrap().iter().all(|row| row["quantity"] != "rates"), "{known}");
}

/// What is known later changes no forecast before it.
#[test]
fn a_forecast_sees_nothing_that_was_not_known() {
    let changed = |last: &str| {
        let folder = folder(9, |day| if day == 8 { last.to_owned() } else { format!("0.{}", 1 + day % 3) });
        folder.run(&format!("{FORECAST} --to 2026-01-13 --format json")).stdout_of_success()
    };
    assert_eq!(changed("0.2"), changed("9"));
}

#[test]
fn the_sample_is_measured_as_in_its_back_test() {
    let files = "--rates data/rates.csv --load data/consumption.csv --solar data/solar.csv --fill-gaps --from 2026-03-01 --to 2026-04-01 --format json";
    let forecast = format!("forecast {files} --past-days 14");
    let backtest = format!("backtest {files} --past-days 14 --capacity-kwh 10 --kw 5");
    let of = |line: &str| kwhen(line.split_whitespace()).json()["forecasts"].clone();
    let forecasts = of(&forecast);
    assert_eq!(forecasts.as_array().unwrap().len(), 12);
    assert_eq!(forecasts, of(&backtest));
}

#[test]
fn a_day_alone_has_nothing_to_go_by() {
    let folder = folder(1, |_| "1".to_owned());
    let outcome = folder.run(FORECAST);
    assert!(outcome.code == 1 && outcome.stderr.contains("too short for a forecast"), "{}", outcome.stderr);
    let outcome = folder.run(&format!("{FORECAST} --past-days 0"));
    assert!(outcome.code != 0 && outcome.stdout.is_empty(), "{}", outcome.stdout);
}
