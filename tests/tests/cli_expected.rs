//! `kwhen battery --past-days`: a plan for what is not known yet, and the forecasts that it may go by.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen};
use serde_json::Value;

/// From 16:00, when the next day's rates are known to 23:00, to the evening after.
const DECISION: [&str; 25] = [
    "battery",
    "--rates",
    "data/rates.csv",
    "--export-rates",
    "data/export-rates.csv",
    "--load",
    "data/consumption.csv",
    "--solar",
    "data/solar.csv",
    "--capacity-kwh",
    "10",
    "--kw",
    "5",
    "--wear",
    "1.5",
    "--start-kwh",
    "4",
    "--fill-gaps",
    "--from",
    "2026-07-14T16:00",
    "--rates-until",
    "2026-07-15T23:00",
    "--to",
    "2026-07-16T16:00",
    "--past-days=28",
];

fn decided(more: &[&str]) -> Outcome {
    kwhen(DECISION.iter().chain(more))
}

fn json(more: &[&str]) -> Value {
    serde_json::from_str(&decided(&[more, &["--format", "json"]].concat()).stdout_of_success()).unwrap()
}

fn pence(value: &Value) -> f64 {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).parse().unwrap()
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn a_plan_says_what_it_may_cost_and_what_knowing_is_worth() {
    let plan = json(&["--explain"]);
    assert_eq!(plan["rates_known_to"], "2026-07-15T22:00:00Z");
    assert_eq!(
        (plan["from"].as_str(), plan["to"].as_str()),
        (Some("2026-07-14T15:00:00Z"), Some("2026-07-16T15:00:00Z"))
    );
    let scenarios = plan["scenarios"].as_array().unwrap();
    assert_eq!((scenarios.len(), plan["slots"].as_array().unwrap().len()), (28, 96));
    assert!(scenarios.iter().all(|one| pence(&one["known_minor"]) <= pence(&one["cost_minor"])), "{plan}");
    let of = |field: &str| pence(&plan[field]);
    assert!(of("p10_minor") <= of("p50_minor") && of("p50_minor") <= of("p90_minor"), "{plan}");
    let worth = of("mean_minor") - of("known_minor");
    assert!((of("perfect_forecast_minor") - worth).abs() < 1e-6 && worth > 0.0, "{plan}");
    assert!(of("mean_minor") <= of("mean_plan_minor"), "{plan}");
    assert!(of("bound_minor") < 1.0, "{plan}");
    let page = decided(&["--explain"]).stdout_of_success();
    for part in [
        "On past days, on average",
        "Expected by the formula",
        "At most in 90 of 100",
        "Worth of a perfect forecast",
        "28 past days",
        "80 in 100 between",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let insured = plan["insurance"].as_array().map_or(0, Vec::len);
    assert_eq!(page.matches("Hold back up to").count() + page.matches("more room").count(), insured);
    let rows = decided(&["--format", "csv"]).stdout_of_success();
    assert_eq!(rows.lines().count(), 97);
}

/// What would read as "worth 0.0 p, more than the 0.0 p" is not told: on this day some is.
#[test]
fn what_is_told_of_insurance_is_worth_telling() {
    let line = "battery --rates data/rates.csv --load data/consumption.csv --solar data/solar.csv --capacity-kwh 10 --kw 5 --past-days 28 \
        --fill-gaps --from 2026-03-24T16:00 --rates-until 2026-03-24T23:00 --to 2026-03-26 --explain --format json";
    let plan: Value = serde_json::from_str(&kwhen(line.split_whitespace()).stdout_of_success()).unwrap();
    let told = plan["insurance"].as_array().unwrap();
    assert!(!told.is_empty());
    for one in told {
        let apart = pence(&one["value_minor_per_kwh"]) - pence(&one["mean_value_minor_per_kwh"]);
        assert!(apart.abs() >= 0.1, "{one}");
    }
}

/// The load, the sun and the rates that are not known may be anything: the plan is the same to the digit.
#[test]
fn the_future_in_the_files_is_not_looked_at() {
    let cut = |name: &str, end: &str| {
        let text = std::fs::read_to_string(kwhen_tests::repository().join(name)).unwrap();
        let begin = |line: &str| line.split(',').find(|field| field.contains('T')).unwrap_or("").to_owned();
        let kept: Vec<&str> = text.lines().filter(|line| begin(line).as_str() < end).collect();
        file(name.rsplit('/').next().unwrap(), &format!("{}\n", kept.join("\n")))
    };
    let whole = json(&[]);
    let (_a, rates) = cut("data/rates.csv", "2026-07-15T22:00:00Z");
    let (_b, export) = cut("data/export-rates.csv", "2026-07-15T22:00:00Z");
    let (_c, load) = cut("data/consumption.csv", "2026-07-14T16:00");
    let (_d, solar) = cut("data/solar.csv", "2026-07-14T15:00:00Z");
    let mut words: Vec<&str> = DECISION.to_vec();
    for (at, path) in [(2, &rates), (4, &export), (6, &load), (8, &solar)] {
        words[at] = path;
    }
    let known: Value =
        serde_json::from_str(&kwhen(words.iter().chain(&["--format", "json"])).stdout_of_success()).unwrap();
    for field in ["cost_minor", "p90_minor", "scenarios", "slots"] {
        assert_eq!(whole[field], known[field], "{field}");
    }
}

#[test]
fn tables_are_by_the_sky() {
    let policy = json(&["--show", "policy"]);
    let rows = policy["policy"].as_array().unwrap();
    for sky in ["dull", "mixed", "bright"] {
        assert!(rows.iter().any(|row| row["sky"] == sky), "{sky}");
    }
    let values = decided(&["--show", "value", "--format", "csv"]).stdout_of_success();
    assert!(values.lines().next().unwrap().ends_with(",sky") && values.contains(",bright"), "{values}");
    assert!(decided(&["--show", "policy"]).stdout_of_success().contains("bright"));
}

/// Rows of a start and three values for each half-hour of the decision.
fn quantiles(value: impl Fn(usize) -> [&'static str; 3]) -> String {
    let start: chrono::DateTime<chrono::Utc> = "2026-07-14T15:00:00Z".parse().unwrap();
    let row = |slot: usize| {
        let at = start + chrono::TimeDelta::minutes(30 * slot as i64);
        format!("{},{}\n", at.format("%Y-%m-%dT%H:%M:%SZ"), value(slot).join(","))
    };
    format!("start,p10,p50,p90\n{}", (0..96).map(row).collect::<String>())
}

#[test]
fn forecasts_of_files_move_the_plan() {
    let before = json(&[]);
    let (_a, load) = file("load.csv", &quantiles(|_| ["1", "1.5", "2"]));
    let (_b, solar) = file("solar.csv", &quantiles(|_| ["0", "0", "0"]));
    let after = json(&["--load-forecast", &load, "--solar-forecast", &solar]);
    assert!(pence(&after["cost_minor"]) > pence(&before["cost_minor"]) + 1_000.0, "{after}");
    let slots = after["slots"].as_array().unwrap();
    assert!(slots.iter().all(|slot| slot["solar_kwh"] == "0"), "{after}");
    let mean = slots.iter().map(|slot| pence(&slot["load_kwh"])).sum::<f64>() / 96.0;
    assert!((1.4..1.6).contains(&mean), "{mean}");
    // Rates that are not known are those foreseen: 16 hours from 23:00 on at 2 p make later charging cheap.
    let prices: Vec<String> = (62..96)
        .map(|slot| {
            let start: chrono::DateTime<chrono::Utc> = "2026-07-14T15:00:00Z".parse().unwrap();
            let at = start + chrono::TimeDelta::minutes(30 * slot);
            format!(
                "{{\"date_time\": \"{}\", \"agile_pred\": 2.0, \"agile_low\": 1.25, \"agile_high\": 4e0}}",
                at.to_rfc3339()
            )
        })
        .collect();
    let text = format!(
        "[{{\"name\": \"one\", \"created_at\": \"2026-07-14T14:00:00Z\", \"prices\": [{}]}}]",
        prices.join(",")
    );
    let (_c, rates) = file("agile.json", &text);
    let cheap = json(&["--rates-forecast", &rates]);
    let last = cheap["slots"].as_array().unwrap().last().unwrap();
    assert!((1.0..4.5).contains(&pence(&last["import_minor_per_kwh"])), "{last}");
    // Solcast counts kW.
    let text = "{\"forecasts\": [{\"pv_estimate\": 2, \"pv_estimate10\": 1, \"pv_estimate90\": 3, \"period_end\": \"2026-07-14T15:30:00Z\", \"period\": \"PT30M\"}]}";
    let (_d, sun) = file("solcast.json", text);
    let plan = decided(&["--solar-forecast", &sun, "--format", "json"]);
    assert!(
        plan.stdout.contains("ends 2026-07-14T15:30:00Z")
            || plan.stderr.contains("ends 2026-07-14T15:30:00Z"),
        "{}",
        plan.stderr
    );
    let plan: Value = serde_json::from_str(&plan.stdout_of_success()).unwrap();
    let sun = pence(&plan["slots"][0]["solar_kwh"]);
    assert!((0.8..1.2).contains(&sun), "{sun}");
}

#[track_caller]
fn refused(more: &[&str], expected: &str) {
    let outcome = decided(more);
    assert!(outcome.code == 1 || outcome.code == 2, "{}", outcome.stdout);
    assert!(
        outcome.stdout.is_empty() && outcome.stderr.contains(expected),
        "{expected:?}: {}",
        outcome.stderr
    );
}

#[test]
fn what_is_no_forecast_is_refused() {
    let with = |text: &str, flag: &str, expected: &str| {
        let (_folder, path) = file("forecast.csv", text);
        refused(&[flag, &path], expected);
    };
    let load = "--load-forecast";
    with("start,p10,p50\n", load, "has no column p90");
    with("p10,p50,p90\n", load, "has no column start");
    with(
        "start,p10,p50,p90\n2026-07-14T15:00:00Z,1,NaN,2\n",
        load,
        "row 2, field p50: not a number: \"NaN\"",
    );
    with(
        "start,p10,p50,p90\n2026-07-14T15:00:00Z,2,1,3\n",
        load,
        "2, 1, 3: a lower hundredth is above a higher one",
    );
    with(
        "start,p10,p50,p90\n2026-07-14T16:00:00Z,1,2,3\n",
        load,
        "begins at 2026-07-14T16:00:00Z, after 2026-07-14T15:00:00Z",
    );
    with("start,p10,p50,p90\n2026-07-13T16:00:00Z,1,2,3\n", load, "has no value from");
    let twice = "start,p10,p50,p90\n2026-07-14T15:00:00Z,1,2,3\n2026-07-14T15:30:00Z,1,2,3\n2026-07-14T15:00:00Z,1,2,3\n";
    with(twice, load, "2026-07-14T15:00:00Z is there twice");
    with("start,p10,p50,p90\n2026-07-14T15:00:00Z,-1,2,3\n", load, "below zero");
    with(
        "{\"prices\": [{\"date_time\": \"2026-07-14T15:00:00Z\", \"agile_pred\": 3}]}",
        load,
        "is a forecast of rates",
    );
    refused(&["--max-starts", "2"], "cannot be used with");
    let short = kwhen(DECISION.iter().take(24).chain(&["--past-days", "0"]));
    assert!(short.code == 1 && short.stderr.contains("from 1 to 3660 past days"), "{}", short.stderr);
    let early = kwhen(DECISION.map(|word| if word == "2026-07-14T16:00" { "2020-01-01" } else { word }));
    assert!(early.code == 1 && early.stderr.contains("has no rate for 2020-01-01"), "{}", early.stderr);
}

#[test]
fn a_request_in_json_is_the_same() {
    let ask = serde_json::json!({
        "rates": "data/rates.csv", "export_rates": "data/export-rates.csv", "load": "data/consumption.csv",
        "solar": "data/solar.csv", "capacity_kwh": "10", "kw": "5", "wear": "1.5", "start_kwh": "4", "fill_gaps": true,
        "from": "2026-07-14T16:00", "rates_until": "2026-07-15T23:00", "to": "2026-07-16T16:00", "past_days": 28,
    });
    let (_folder, path) = file("ask.json", &ask.to_string());
    let asked: Value =
        serde_json::from_str(&kwhen(["battery", "--ask", &path, "--format", "json"]).stdout_of_success())
            .unwrap();
    assert_eq!(asked["cost_minor"], json(&[])["cost_minor"]);
}

/// A plan on the dearest ways alone is another, keeps the range of all past days, and is one more row of a back-test.
#[test]
fn a_plan_may_go_by_the_dearest_ways() {
    let (all, dearest) = (json(&[]), json(&["--dearest-percent", "20"]));
    assert_ne!(all["slots"], dearest["slots"]);
    assert_eq!(dearest["scenarios"].as_array().unwrap().len(), 28);
    // Perfect knowledge and the plan on the mean day are of all ways.
    assert_eq!(all["known_minor"], dearest["known_minor"]);
    assert_eq!(all["mean_plan_minor"], dearest["mean_plan_minor"]);
    assert!(dearest["notices"].to_string().contains("dearest 20 %"), "{dearest}");
    assert!(pence(&dearest["known_minor"]) <= pence(&dearest["mean_minor"]), "{dearest}");
    let line = "backtest --rates data/rates.csv --load data/consumption.csv --capacity-kwh 10 --kw 5 --fill-gaps --from 2026-03-01 \
        --to 2026-03-15 --format json";
    let names = |more: &[&str]| -> Vec<String> {
        let result = kwhen(line.split_whitespace().chain(more.iter().copied())).stdout_of_success();
        let result: Value = serde_json::from_str(&result).unwrap();
        let rows = result["strategies"].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let (plain, more) = (names(&[]), names(&["--dearest-percent", "20"]));
    assert!(!plain.contains(&"dearest share".to_owned()));
    let without: Vec<_> = more.iter().filter(|name| *name != "dearest share").cloned().collect();
    assert_eq!((without, more.len()), (plain, 10));
    let refused = kwhen([
        "battery",
        "--rates",
        "data/rates.csv",
        "--capacity-kwh",
        "10",
        "--kw",
        "5",
        "--dearest-percent",
        "20",
    ]);
    assert!(refused.code == 2 && refused.stderr.contains("--past-days asks for"), "{}", refused.stderr);
}
