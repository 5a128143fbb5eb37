//! `kwhen charge`, `kwhen battery` and `kwhen demo`: the promised fields, and sums made again from the files.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::DateTime;
use kwhen_tests::command::{json, kwhen, run};
use kwhen_tests::folder::Folder;
use kwhen_tests::repository;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Decimal text in units of 10^-8.
fn units(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= 8, "{text}");
    sign * format!("{whole}{fraction:0<8}").parse::<i128>().unwrap()
}

fn field(value: &Value, name: &str) -> i128 {
    units(value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}")))
}

/// A column of a sample file by its start, for files whose starts are UTC.
fn column(file: &str, start: usize, value: usize) -> BTreeMap<String, i128> {
    let text = std::fs::read_to_string(repository().join("data").join(file)).unwrap();
    let rows = text.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    rows.map(|fields| (fields[start].to_owned(), units(fields[value]))).collect()
}

const CAR: [&str; 11] = [
    "charge",
    "--rates",
    "data/rates.csv",
    "--kwh",
    "24",
    "--kw",
    "7.4",
    "--from",
    "2026-10-24T16:30",
    "--format",
    "json",
];

fn car(more: &[&str]) -> Value {
    kwhen(CAR.iter().chain(more)).json()
}

/// `02:30` is the next half past two, as the README has it; the first moment of the plan is one that can be asked about too.
#[test]
fn why_not_takes_a_time_of_day() {
    let asked = |time: &str| car(&["--by", "07:00", "--why-not", time])["why_not"].clone();
    assert!(!asked("02:30").is_null());
    assert_eq!(asked("02:30"), asked("2026-10-25T02:30"));
    assert_eq!(asked("16:30"), asked("2026-10-24T16:30"));
    let window = |time: &str| {
        let line = "cheapest --rates data/rates.csv --duration 3h --from 2026-10-24T16:30 --to 2026-10-25T12:00 --format json --why-not";
        kwhen(line.split(' ').chain([time])).json()["why_not"].clone()
    };
    assert!(!window("02:30").is_null());
    assert_eq!(window("02:30"), window("2026-10-25T02:30"));
}

#[test]
fn a_charge_costs_what_filling_the_cheapest_half_hours_costs() {
    let plan = car(&["--by", "07:00"]);
    assert_eq!((&plan["feasible"], &plan["reason"]), (&json!(true), &Value::Null));
    assert_eq!(
        (&plan["from"], &plan["to"]),
        (&json!("2026-10-24T15:30:00Z"), &json!("2026-10-25T07:00:00Z"))
    );
    assert_eq!(field(&plan, "kwh"), units("24"));

    let rates = column("rates.csv", 2, 1);
    let night = rates.range("2026-10-24T15:30:00Z".to_owned().."2026-10-25T07:00:00Z".to_owned());
    let mut cheapest: Vec<i128> = night.map(|(_, rate)| *rate).collect();
    cheapest.sort_unstable();
    // 3.7 kWh in each half-hour; 24 kWh are six of them and 1.8 kWh. The sum is in 10^-9 p, the plan's in 10^-8 p.
    let cost: i128 = cheapest[..6].iter().map(|rate| rate * 37).sum::<i128>() + cheapest[6] * 18;
    assert_eq!(field(&plan, "cost_minor") * 10, cost);

    let blocks = plan["blocks"].as_array().unwrap();
    assert_eq!(blocks.iter().map(|block| field(block, "kwh")).sum::<i128>(), units("24"));
    assert_eq!(
        blocks.iter().map(|block| field(block, "cost_minor")).sum::<i128>(),
        field(&plan, "cost_minor")
    );
    assert!(blocks.iter().all(|block| field(block, "kw") <= units("7.4")));
}

#[test]
fn fewer_starts_never_cost_less() {
    let costs: Vec<i128> = ["1", "2", "3"]
        .map(|starts| {
            let plan = car(&["--by", "2026-10-25T22:30", "--max-starts", starts, "--min-run", "1h"]);
            assert!(plan["starts"].as_u64().unwrap() <= starts.parse().unwrap());
            field(&plan, "cost_minor")
        })
        .into();
    assert!(costs.is_sorted_by(|fewer, more| fewer >= more), "{costs:?}");
}

#[test]
fn a_charge_that_does_not_fit_gives_the_nearest_plan_and_the_reason() {
    let plan = car(&["--by", "18:00"]);
    assert_eq!(plan["feasible"], false);
    assert!(plan["reason"].as_str().unwrap().contains("24"));
    assert_eq!(field(&plan, "kwh"), units("11.1"));
    let capped = car(&["--by", "07:00", "--price-cap", "-0.5"]);
    assert_eq!(capped["feasible"], false);
    assert!(field(&capped, "kwh") > 0 && field(&capped, "average_minor_per_kwh") <= units("-0.5"));
}

const HOME: [&str; 15] = [
    "battery",
    "--rates",
    "data/rates.csv",
    "--export-rates",
    "data/export-rates.csv",
    "--solar",
    "data/solar.csv",
    "--capacity-kwh",
    "10",
    "--kw",
    "5",
    "--from",
    "2026-07-01",
    "--to",
    "2026-08-01",
];

#[test]
fn a_battery_plan_is_repriced_from_the_files_to_the_same_pence() {
    let plan = kwhen(HOME.iter().chain(&[
        "--wear",
        "1.5",
        "--start-kwh",
        "2",
        "--end-kwh",
        "2",
        "--format",
        "json",
    ]))
    .json();
    let (import, export) = (column("rates.csv", 2, 1), column("export-rates.csv", 0, 1));
    let solar = column("solar.csv", 0, 1);
    let slots = plan["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 31 * 48);
    let (mut grid, mut wear, mut stored, mut baseline) = (0, 0, units("2"), 0);
    for slot in slots {
        let from = slot["from"].as_str().unwrap();
        let [charge, discharge, imported, exported, curtailed, level] =
            ["charge_kwh", "discharge_kwh", "import_kwh", "export_kwh", "curtailed_kwh", "stored_kwh"]
                .map(|name| field(slot, name));
        assert!(charge == 0 || discharge == 0, "{from}: charges and discharges");
        assert!(imported == 0 || exported == 0, "{from}: imports and exports");
        assert!(charge <= units("2.5") && discharge <= units("2.5"), "{from}: more than 5 kW");
        assert!((0..=units("10")).contains(&level), "{from}: beyond the capacity");
        assert!(
            (imported + solar[from] + discharge - charge - exported - curtailed).abs() <= 2,
            "{from}: energy is lost"
        );
        stored += charge * 95 / 100 - discharge * 100 / 95;
        assert!((stored - level).abs() <= 4, "{from}: {stored} {level}");
        stored = level;
        grid += imported * import[from] - exported * export[from];
        wear += discharge * units("1.5");
        // Without the battery the sun's energy goes out, or is curtailed where that costs less.
        baseline -= solar[from] * export[from].max(0);
    }
    assert_eq!(stored, units("2"));
    // Sums are in 10^-16 p; printed energies are rounded at 10^-8 kWh, so a month differs by less than 10^-4 p.
    let close = |sum: i128, name: &str| {
        let printed = plan[name].as_str().unwrap();
        let (sign, digits) = printed.strip_prefix('-').map_or((1, printed), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let printed = sign * format!("{whole}{:0<16.16}", fraction).parse::<i128>().unwrap();
        assert!((printed - sum).abs() < 1_000_000_000_000, "{name}: {printed} {sum}");
    };
    close(grid, "grid_minor");
    close(wear, "wear_minor");
    close(grid + wear, "cost_minor");
    close(baseline, "baseline_minor");
    close(baseline - grid - wear, "saving_minor");
    assert!(baseline > grid + wear);
}

#[test]
fn a_battery_plan_over_a_gap_is_refused_and_names_it() {
    let load = ["--load", "data/consumption.csv", "--from", "2026-02-10", "--to", "2026-02-18"];
    let home = ["battery", "--rates", "data/rates.csv", "--capacity-kwh", "10", "--kw", "5"];
    let message = kwhen(home.iter().chain(&load)).refusal();
    assert!(message.contains("2026-02-11T04:30:00Z"), "{message}");
    let load = ["--load", "data/consumption.csv", "--from", "2026-02-12", "--to", "2026-02-19"];
    let message = kwhen(home.iter().chain(&load)).refusal();
    assert!(
        message.contains("data/consumption.csv") && message.contains("2026-02-17T00:00:00Z"),
        "{message}"
    );
}

#[test]
fn impossible_batteries_are_refused() {
    let home = ["battery", "--rates", "data/rates.csv", "--from", "2026-07-01", "--to", "2026-07-02"];
    for (more, part) in [
        (&["--capacity-kwh", "10", "--kw", "5", "--start-kwh", "12"][..], "12"),
        (&["--capacity-kwh", "10", "--kw", "0.1", "--end-kwh", "10"], "level"),
        (&["--capacity-kwh", "-1", "--kw", "5"], "-1"),
    ] {
        let outcome = kwhen(home.iter().chain(more));
        assert_ne!(outcome.code, 0, "{more:?}");
        assert!(outcome.stdout.is_empty() && outcome.stderr.contains(part), "{more:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    }
    let outcome =
        kwhen(home.iter().chain(&["--capacity-kwh", "10", "--kw", "5", "--charge-efficiency", "1.2"]));
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
}

#[test]
fn the_demo_tells_the_whole_story() {
    let page = kwhen(["demo"]).stdout_of_success();
    for part in ["Last month's bill", "When to run things", "The car", "A battery", "£", "p/kWh", "▲", "█"]
    {
        assert!(page.contains(part), "{part}");
    }
    let demo = kwhen(["demo", "--format", "json"]).json();
    assert_eq!(demo["bill"]["coverage"]["slots"], 1440);
    assert_eq!(demo["charge"]["feasible"], true);
    assert_eq!(demo["battery"]["slots"].as_array().unwrap().len(), 63);
    assert_eq!(demo["jobs"].as_array().unwrap().len(), 4);
}

#[test]
fn the_report_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    std::fs::write(&path, "an older report").unwrap();
    let page = kwhen(["demo", "--html", path.to_str().unwrap()]).stdout_of_success();
    assert!(page.contains("report.html"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left");
    let report = std::fs::read_to_string(&path).unwrap();
    assert!(report.starts_with("<!DOCTYPE html>") && report.trim_end().ends_with("</html>"));
    for outside in ["http:", "https:", "<link", "<img", "url(", "@import", "src="] {
        assert!(!report.contains(outside), "{outside}");
    }
    // It is made of the parts that every page has.
    for part in [
        "<dl class=\"cards\">",
        "<figure class=\"chart\">",
        "<b>now</b>",
        "A column is a day, midnight at the top",
    ] {
        assert!(report.contains(part), "{part}");
    }
    well_formed(report.split("<script>").next().unwrap().rsplit_once("</main>").unwrap().0);
}

/// Every element that is opened is closed, in order.
fn well_formed(report: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in report.split('<').skip(1).map(|piece| piece.split('>').next().unwrap()) {
        let name = tag.split([' ', '\n']).next().unwrap();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "in {open:?}");
        } else if !tag.ends_with('/') && !["!DOCTYPE", "meta", "br", "input"].contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, ["html", "body", "main"]);
}

/// What cannot be planned is said with what there is, and how to go on.
#[test]
fn spans_that_do_not_fit_are_named() {
    let folder = Folder::new();
    let mut rates = "start,rate\n".to_owned();
    // A rate a day for twelve years: more than a plan is made over, and no list without an end.
    for day in 0..12 * 366 {
        let at = DateTime::from_timestamp(1_400_000_000 / 86_400 * 86_400 + day * 86_400, 0).unwrap();
        rates.push_str(&format!("{},{}\n", at.format("%Y-%m-%dT%H:%M:%SZ"), 20 + day % 3));
    }
    folder.file("long.csv", rates);
    let message = folder.refused("charge --rates @/long.csv --kwh 5 --kw 7");
    assert!(message.contains("the rates are for 2014-05-13T00:00:00Z to 2026-"), "{message}");
    assert!(message.contains("more than ten years: give --by"), "{message}");
    folder.file("open.csv", "valid_from,valid_to,value_inc_vat\n2026-03-01T00:00:00Z,,20\n");
    let message = folder.refused("charge --rates @/open.csv --kwh 5 --kw 7");
    assert!(message.contains("the rates have no end: give --by"), "{message}");
    folder.file(
        "load.csv",
        "interval_start,interval_end,consumption\n2014-03-01T00:00:00Z,2014-03-01T00:30:00Z,1\n",
    );
    let message = folder.refused("battery --rates @/open.csv --load @/load.csv --capacity-kwh 5 --kw 3");
    for part in [
        "load.csv is for 2014-03-01T00:00:00Z to 2014-03-01T00:30:00Z",
        "those before it for 2026-03-01T00:00:00Z to",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn what_is_hardly_meant_is_said() {
    let battery = "battery --rates data/rates.csv --capacity-kwh 10 --kw 5 --from 2026-01-14 --to 2026-01-15";
    let notices = |more: &str| json(&format!("{battery} {more}"))["notices"].to_string();
    assert!(notices("").contains("nothing uses what the battery would give: give the load (--load)"));
    assert!(!notices("--load data/consumption.csv").contains("nothing uses"));
    // A share may be written either way.
    let cost = |efficiency: &str| {
        json(&format!("{battery} --load data/consumption.csv --charge-efficiency {efficiency}"))["cost_minor"]
            .clone()
    };
    assert_eq!(cost("90%"), cost("0.9"));
    assert_ne!(cost("90%"), cost("0.8"));
    let message = run("cheapest --rates data/rates.csv --duration 1h --from 28/03/2026").stderr;
    assert!(message.contains("28/03/2026") && message.contains("a date such as 2026-03-29"), "{message}");
}

/// Greenness decides between windows that cost the same, and no cost. On a flat price the greenest hour is taken, else the cheapest whatever it is.
#[test]
fn greenness_breaks_ties_and_moves_no_cost() {
    let folder = Folder::new();
    folder.file(
        "flat.csv",
        "valid_from,valid_to,value_inc_vat\n2026-01-10T00:00:00Z,2026-01-11T00:00:00Z,20\n",
    );
    folder.file(
        "cheap.csv",
        "valid_from,valid_to,value_inc_vat\n2026-01-10T00:00:00Z,2026-01-10T03:00:00Z,19\n2026-01-10T03:00:00Z,2026-01-11T00:00:00Z,20\n",
    );
    let period = |from: &str, to: &str, score: u8| {
        format!(
            r#"{{"validFrom": "2026-01-10T{from}:00.000Z", "validTo": "2026-01-10T{to}:00.000Z", "greennessScore": {score}, "greennessIndex": "LOW"}}"#
        )
    };
    let green = [period("13:00", "15:00", 80), period("00:00", "13:00", 20)].join(", ");
    folder.file("green.json", format!(r#"{{"data": {{"greennessForecast": [{green}]}}}}"#));
    let window = |rates: &str, more: &str| {
        let found =
            folder.json(&format!("cheapest --rates @/{rates} --duration 1h --during 2026-01-10 {more}"));
        let first = &found["windows"][0];
        (first["blocks"][0]["from"].clone(), first["average_minor_per_kwh"].clone(), found["notices"].clone())
    };
    let (from, price, notices) = window("flat.csv", "--greenness @/green.json");
    assert_eq!((from, price), ("2026-01-10T13:00:00Z".into(), "20".into()));
    assert!(notices[0].as_str().unwrap().contains("tells nothing of 18 of 48 slots"), "{notices}");
    assert_eq!(window("flat.csv", "").0, "2026-01-10T00:00:00Z");
    assert_eq!(window("flat.csv", "--greenness @/green.json --latest").0, "2026-01-10T14:00:00Z");
    assert_eq!(window("cheap.csv", "--greenness @/green.json").0, "2026-01-10T00:00:00Z");
    // Of one period alone it is known that it is green.
    folder.file(
        "lone.json",
        format!(r#"{{"data": {{"greennessForecast": [{}]}}}}"#, period("03:00", "04:00", 80)),
    );
    assert_eq!(window("flat.csv", "--greenness @/lone.json").0, "2026-01-10T03:00:00Z");
    folder.file("other.json", "[]");
    assert!(
        folder
            .refused("cheapest --rates @/flat.csv --duration 1h --greenness @/other.json")
            .contains("holds no period")
    );
    let line =
        "cheapest --rates @/flat.csv --duration 1h --greenness @/green.json --amount at-least --worth 1";
    assert_eq!(folder.run(line).code, 2);
}
