//! Plans that came out wrong, each with its right value worked out by hand.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen};
use serde_json::{Value, json};

/// A command on the files of a case: arguments that end in `.csv` are in its folder.
fn run(case: &str, command: &str) -> Outcome {
    let arguments = command.split_whitespace().map(|argument| match argument.ends_with(".csv") {
        true => format!("tests/cases/{case}/{argument}"),
        false => argument.to_owned(),
    });
    kwhen(arguments.collect::<Vec<_>>())
}

fn json_of(case: &str, command: &str) -> Value {
    run(case, &format!("{command} --format json")).json()
}

fn units(value: &Value) -> i128 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value}"));
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{fraction:0<8}").parse::<i128>().unwrap()
}

/// `from to kw kwh` of each block.
fn blocks(plan: &Value) -> Vec<String> {
    let text = |block: &Value| {
        let field = |name: &str| block[name].as_str().unwrap().to_owned();
        format!("{} {} {} {}", &field("from")[11..19], &field("to")[11..19], field("kw"), field("kwh"))
    };
    plan["blocks"].as_array().unwrap().iter().map(text).collect()
}

const FLAT: &str = "charge --kwh 10 --kw 10 --from 2026-01-30T00:00Z --by 2026-01-30T08:00Z";
const GO: &str = "charge --rates go.csv --kw 7 --from 2026-01-29T18:00Z --by 2026-01-30T07:00Z";

#[test]
fn a_flat_day_is_charged_as_its_half_hours_are() {
    let plan = json_of("long-records-charge", &format!("{FLAT} --rates flat.csv"));
    assert_eq!(blocks(&plan), ["00:00:00 01:00:00 10 10"]);
    assert_eq!(plan["cost_minor"], json!("200"));
    let latest = json_of("long-records-charge", &format!("{FLAT} --rates flat.csv --latest"));
    assert_eq!(blocks(&latest), ["07:00:00 08:00:00 10 10"]);
    for more in [
        "",
        "--latest",
        "--max-starts 1",
        "--min-kw 1.4",
        "--min-kw 1.4 --max-starts 1",
        "--min-run 1h",
        "--frontier",
    ] {
        let [long, short] = ["flat.csv", "flat-hh.csv"]
            .map(|file| json_of("long-records-charge", &format!("{FLAT} --rates {file} {more}")));
        assert_eq!(long, short, "{more}");
        assert_eq!((&long["feasible"], &long["kwh"]), (&json!(true), &json!("10")), "{more}");
    }
    // Rows have the number of starts in a column of their own.
    for file in ["flat.csv", "flat-hh.csv"] {
        let rows = run("long-records-charge", &format!("{FLAT} --rates {file} --frontier --format csv"));
        assert_eq!(
            rows.stdout_of_success(),
            "from,to,kw,kwh,cost_minor,starts\n2026-01-30T00:00:00Z,2026-01-30T01:00:00Z,10,10,200,1\n"
        );
    }
}

#[test]
fn go_is_charged_in_its_night() {
    for more in ["", "--latest", "--max-starts 1", "--min-kw 4.2", "--min-kw 1.4 --max-starts 1"] {
        let plan = json_of("long-records-charge", &format!("{GO} --kwh 20 {more}"));
        assert_eq!((&plan["feasible"], &plan["cost_minor"]), (&json!(true), &json!("160")), "{more}");
        assert_eq!(plan["starts"], json!(1), "{more}");
    }
    let early = json_of("long-records-charge", &format!("{GO} --kwh 20"));
    assert_eq!(blocks(&early), ["00:30:00 03:00:00 7 17.5", "03:00:00 03:30:00 5 2.5"]);
    for more in ["--min-kw 1.4", "--min-kw 1.4 --max-starts 1", "--min-kw 7"] {
        let plan = json_of("long-records-charge", &format!("{GO} --kwh 5 {more}"));
        assert_eq!((&plan["feasible"], &plan["cost_minor"]), (&json!(true), &json!("40")), "{more}");
    }
    // 5 kWh at 7 kW last 42 min 51.4 s.
    let on_or_off = json_of("long-records-charge", &format!("{GO} --kwh 5 --min-kw 7"));
    assert_eq!(blocks(&on_or_off), ["00:30:00 01:12:52 7 5"]);
    let latest = json_of("long-records-charge", &format!("{GO} --kwh 5 --min-kw 7 --latest"));
    assert_eq!(blocks(&latest), ["04:47:08 05:30:00 7 5"]);
}

#[test]
fn a_battery_cycles_by_half_hours_on_daily_prices() {
    let battery = |more: &str| {
        json_of(
            "battery-on-long-records",
            &format!("battery --capacity-kwh 8 --kw 4 --charge-efficiency 1 --discharge-efficiency 1 {more}"),
        )["cost_minor"]
            .clone()
    };
    assert_eq!(battery("--rates tracker.csv --load load.csv"), json!("360"));
    assert_eq!(battery("--rates tracker.csv"), json!("0"));
    assert_eq!(battery("--rates tracker.csv --export-rates flat.csv"), json!("-520"));
}

#[test]
fn a_heater_that_is_on_or_off_stops_within_a_slot() {
    let heater =
        "charge --rates rates.csv --kwh 2 --kw 3 --min-kw 3 --from 2026-11-02T00:00Z --by 2026-11-02T08:00Z";
    for more in ["", "--max-starts 1"] {
        let plan = json_of("fixed-power-load", &format!("{heater} {more}"));
        assert_eq!((&plan["feasible"], &plan["cost_minor"]), (&json!(true), &json!("21")), "{more}");
        assert_eq!(blocks(&plan), ["01:30:00 02:10:00 3 2"], "{more}");
    }
    let profile =
        json_of("fixed-power-load", "cheapest --rates rates.csv --profile 3,3,3,3 --profile-step 10m");
    assert_eq!(profile["windows"][0]["average_minor_per_kwh"], json!("10.5"));
}

#[test]
fn preconditioning_for_longer_than_the_charge_lasts_is_the_end_of_the_time() {
    let car = "charge --rates rates.csv --kwh 5.5 --kw 7.7 --by 2025-11-01T06:00Z --from 2025-10-31T11:18Z";
    for long in ["1h", "2h", "19h"] {
        let plan = json_of("precondition-longer-than-the-charge", &format!("{car} --precondition {long}"));
        assert_eq!((&plan["feasible"], &plan["cost_minor"]), (&json!(true), &json!("165")), "{long}");
        assert_eq!(plan["blocks"][0]["from"], json!("2025-11-01T05:17:00Z"), "{long}");
        let remark = plan["remarks"][0].as_str().unwrap();
        assert!(remark.contains("the whole charge lasts 43"), "{remark}");
    }
    let half = json_of("precondition-longer-than-the-charge", &format!("{car} --precondition 30m"));
    // 3.85 kWh in the last half-hour at 30 p, 1.65 kWh at 10 p.
    assert_eq!(half["cost_minor"], json!("132"));
    let page = run("precondition-longer-than-the-charge", &format!("{car} --precondition 2h"));
    let page = page.stdout_of_success();
    assert!(page.contains("At once: 110.00 p, 55.00 p less."), "{page}");
}

#[test]
fn a_battery_that_starts_below_its_reserve_is_told_from_when_on_it_can_be_kept() {
    let home = "battery --rates i.csv --export-rates e.csv --load l.csv --solar s.csv --capacity-kwh 10 --kw 5 --wear 1 --start-kwh 0.5";
    let plan = json_of("battery-start-below-reserve", &format!("{home} --reserve-kwh 2"));
    assert!(plan["cost_minor"].as_str().unwrap().starts_with("-235.6396"), "{}", plan["cost_minor"]);
    let message = run("battery-start-below-reserve", &format!("{home} --reserve-kwh 5")).refusal();
    assert!(message.contains("starts with 0.5 kWh, below the reserve of 5 kWh"), "{message}");
    assert!(message.contains("can be kept from "), "{message}");
    let message =
        run("battery-start-below-reserve", "battery --rates i.csv --capacity-kwh 10 --kw 5 --start-kwh 12")
            .refusal();
    assert!(message.contains("12 kWh"), "{message}");
}

#[test]
fn bands_that_change_inside_half_hours_are_planned_to_the_minute() {
    let day = "--rates rates.csv --from 2026-11-02T12:00Z";
    let shorter =
        json_of("minute-band-edges", &format!("cheapest {day} --to 2026-11-02T16:00Z --duration 54m"));
    let window = &shorter["windows"][0];
    assert_eq!(window["blocks"], json!([{"from": "2026-11-02T13:16:00Z", "to": "2026-11-02T14:10:00Z"}]));
    assert_eq!(window["average_minor_per_kwh"], json!("10"));
    let hour = json_of("minute-band-edges", &format!("cheapest {day} --to 2026-11-02T16:00Z --duration 1h"));
    assert_eq!(hour["windows"][0]["blocks"][0]["from"], json!("2026-11-02T13:10:00Z"));
    assert_eq!(hour["windows"][0]["average_minor_per_kwh"], json!("12"));
    let plan = json_of("minute-band-edges", &format!("charge {day} --by 2026-11-02T16:00Z --kwh 9 --kw 10"));
    assert_eq!(blocks(&plan), ["13:16:00 14:10:00 10 9"]);
    assert_eq!(plan["cost_minor"], json!("90"));
}

#[test]
fn a_profile_runs_as_long_as_fits() {
    let wash = "cheapest --rates rates.csv --profile 2,1,1 --profile-step 1h --amount at-most";
    let whole = json_of("profile-and-at-most", wash);
    // 2 x 3 + 2 + 4 over 4, from 01:00; 2 x 2 + 4 + 4.9 from 02:00 is dearer.
    assert_eq!(whole["windows"][0]["blocks"][0]["from"], json!("2026-04-09T01:00:00Z"));
    assert_eq!(whole["windows"][0]["average_minor_per_kwh"], json!("3"));
    let cut =
        json_of("profile-and-at-most", &format!("{wash} --from 2026-04-09T01:00Z --to 2026-04-09T03:00Z"));
    assert_eq!(cut["windows"][0]["duration_minutes"], json!(120));
    // Its first two steps: (2 x 3 + 2) / 3.
    assert_eq!(cut["windows"][0]["average_minor_per_kwh"], json!("2.66666667"));
    let refused = run("profile-and-at-most", "cheapest --rates rates.csv --profile 2,1,1 --amount at-least");
    assert!(refused.refusal().contains("at least is for constant power"));
}

#[test]
fn what_is_not_done_is_no_success_in_rows() {
    let short = run("long-records-charge", &format!("{FLAT} --rates flat.csv --price-cap 10 --format csv"));
    assert_eq!((short.code, short.stdout.as_str()), (1, ""));
    assert!(short.stderr.contains("not all of it: the price cap leaves too little time"), "{}", short.stderr);
    let part = run(
        "long-records-charge",
        "charge --rates flat.csv --kwh 100 --kw 10 --from 2026-01-30T00:00Z --by 2026-01-30T08:00Z --format csv",
    );
    assert_eq!((part.code, part.stdout.lines().count()), (1, 2), "{}", part.stdout);
    assert!(part.stderr.contains("80 of 100 kWh can be drawn"), "{}", part.stderr);
    let full = run(
        "long-records-charge",
        "charge --rates flat.csv --capacity-kwh 60 --state-of-charge 80% --target 80% --kw 7 --by 2026-01-30T08:00Z --format csv",
    );
    assert_eq!((full.code, full.stdout.as_str()), (1, ""));
    assert!(full.stderr.contains("nothing is charged"), "{}", full.stderr);
}

#[test]
fn a_deadline_that_cannot_simply_be_planned_to_is_said() {
    let late = "charge --rates flat.csv --kwh 10 --kw 10 --from 2026-01-30T12:00Z";
    let passed = run("long-records-charge", &format!("{late} --by 2026-01-30T08:00Z"));
    assert_eq!(passed.code, 2);
    assert!(
        passed.stderr.contains("has passed") && passed.stderr.contains("--late at-once"),
        "{}",
        passed.stderr
    );
    for how in ["at-once", "priced"] {
        let plan = json_of("long-records-charge", &format!("{late} --by 2026-01-30T08:00Z --late {how}"));
        assert_eq!(blocks(&plan), ["12:00:00 13:00:00 10 10"], "{how}");
        assert!(plan["notices"][0].as_str().unwrap().contains("has passed"), "{how}");
    }
    let beyond = json_of("long-records-charge", &format!("{late} --by 2026-02-01T08:00Z"));
    assert!(
        beyond["notices"][0]
            .as_str()
            .unwrap()
            .contains("lies beyond the last rate, which ends 2026-01-31T00:00:00Z")
    );
    let at_once =
        "charge --rates go.csv --kwh 5 --kw 7 --from 2026-01-29T18:00Z --by 2026-02-01T07:00Z --late at-once";
    let plan = json_of("long-records-charge", at_once);
    assert_eq!(
        (&plan["blocks"][0]["from"], &plan["cost_minor"]),
        (&json!("2026-01-29T18:00:00Z"), &json!("150"))
    );
}

#[test]
fn a_plan_of_the_past_says_so_first() {
    let page =
        run("long-records-charge", "charge --rates flat.csv --kwh 10 --kw 10 --by 07:00").stdout_of_success();
    assert!(page.starts_with("This plan is of the past: it ends 2026-01-30T07:00:00Z."), "{page}");
    let plan = json_of("long-records-charge", "charge --rates flat.csv --kwh 10 --kw 10 --by 07:00");
    assert!(plan["notices"][0].as_str().unwrap().starts_with("This plan is of the past"));
    let rows = run("long-records-charge", "charge --rates flat.csv --kwh 10 --kw 10 --by 07:00 --format csv");
    assert!(rows.stderr.starts_with("note: This plan is of the past"), "{}", rows.stderr);
    // Once, wherever it is said.
    assert_eq!(rows.stderr.matches("of the past").count(), 1, "{}", rows.stderr);
    assert_eq!(page.matches("of the past").count(), 1, "{page}");
    let page = run("battery-on-long-records", "battery --rates tracker.csv --capacity-kwh 8 --kw 4")
        .stdout_of_success();
    assert!(page.starts_with("This plan is of the past"), "{page}");
    // Whoever says from when knows.
    let dated = run("long-records-charge", &format!("{FLAT} --rates flat.csv")).stdout_of_success();
    assert!(!dated.contains("of the past"), "{dated}");
}

#[test]
fn a_power_in_watts_and_an_energy_below_nothing_are_named() {
    let watts = json_of("long-records-charge", &format!("{GO} --kwh 20 --kw 7400").replace("--kw 7 ", ""));
    assert!(watts["notices"][0].as_str().unwrap().starts_with("--kw: 7400 kW is more than"));
    let battery = json_of(
        "battery-on-long-records",
        "battery --rates tracker.csv --capacity-kwh 8 --kw 4000 --from 2026-11-02",
    );
    assert!(battery["notices"][0].as_str().unwrap().starts_with("--kw: 4000 kW"), "{}", battery["notices"]);
    for (command, message) in [
        (
            "charge --rates flat.csv --kwh -5 --kw 7",
            "'-5' for '--kwh <KWH>': an energy must be more than nothing",
        ),
        (
            "charge --rates flat.csv --kwh 5 --kw -7",
            "'-7' for '--kw <KW>': a power must be more than nothing",
        ),
        (
            "battery --rates flat.csv --capacity-kwh -5 --kw 7",
            "'-5' for '--capacity-kwh <KWH>': an energy must be more than nothing",
        ),
        (
            "battery --rates flat.csv --capacity-kwh 5 --kw 7 --start-kwh -1",
            "an energy may not be below zero",
        ),
        ("cheapest --rates flat.csv --duration 90", "not a duration such as 3h"),
        ("charge --rates flat.csv --kwh 5 --kw 7 --slot 15", "not a duration such as 3h"),
    ] {
        let refused = run("long-records-charge", command);
        assert_eq!(refused.code, 2, "{command}");
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
    }
}

#[test]
fn plans_begin_within_a_slot() {
    let from = "--from 2026-11-02T18:07";
    let plan = json_of(
        "battery-on-long-records",
        &format!("battery --rates tracker.csv --load load.csv --capacity-kwh 8 --kw 4 {from}"),
    );
    let first = &plan["slots"][0];
    assert_eq!(
        (&first["from"], &first["to"]),
        (&json!("2026-11-02T18:07:00Z"), &json!("2026-11-02T18:30:00Z"))
    );
    // 23 of 30 minutes of 0.25 kWh, and at most 23 minutes of 4 kW.
    let flow = units(&first["import_kwh"]) - units(&first["charge_kwh"]) + units(&first["discharge_kwh"]);
    assert!((flow - 19_166_667).abs() <= 1, "{first}");
    assert!(units(&first["charge_kwh"]) <= 153_333_334, "{first}");
    assert_eq!(plan["from"], json!("2026-11-02T18:07:00Z"));
}
