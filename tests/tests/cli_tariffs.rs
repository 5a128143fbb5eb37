//! `kwhen compare`, `reconcile`, `tariff` and the bill's other arguments, run as a user runs them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::kwhen;
use kwhen_tests::folder::Folder;
use serde_json::Value;
use std::fs;

const GO: &str = r#"
# by the clock that people live by
code = "E-1R-GO-VAR-22-10-14-C"
standing_charge = "41.2068"
dispatch_rate = "8.0953"

[[bands]]
name = "night"
from = "00:30"
to = "05:30"
rate = "8.0953"

[[bands]]
name = "day"
from = "05:30"
to = "00:30"
rate = "25.6"
"#;

const FLAT: &str = r#"{"code": "E-1R-FLAT-24-01-01-C", "unit_rate": "22.5", "standing_charge": "45"}"#;
const MARCH: [&str; 4] = ["--from", "2026-03-01", "--to", "2026-04-01"];
const READINGS: &str = "data/consumption.csv";

fn json(arguments: &[&str]) -> Value {
    kwhen(arguments.iter().copied().chain(["--format", "json"])).json()
}

#[test]
fn a_bill_from_a_definition_is_shown_under_every_rule() {
    let folder = Folder::new();
    let go = folder.file("go.toml", GO);
    let bill =
        json(&[&["bill", "--tariff", &go, "--consumption", READINGS, "--rules", "all"], &MARCH[..]].concat());
    assert_eq!(bill["rules"], "exact");
    let rules: Vec<&str> = bill["under_rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rules| rules["rules"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["exact", "octopus", "octopus-statement", "ladder"]);
    assert_eq!(bill["under_rules"][0]["difference_minor"], "0");
    assert_eq!(bill["under_rules"][0]["total_minor"], bill["total_minor"]);
    let mine = folder.file("mine.toml", "name = \"mine\"\nvat = { places = 0, rounding = \"floor\" }\n");
    let bill =
        json(&[&["bill", "--tariff", &go, "--consumption", READINGS, "--rules", &mine], &MARCH[..]].concat());
    assert_eq!(bill["rules"], "mine");
    assert!(!bill["vat_minor"].as_str().unwrap().contains('.'));
}

#[test]
fn what_is_missing_goes_by_the_policy() {
    let folder = Folder::new();
    let flat = folder.file("flat.json", FLAT);
    let february = ["--from", "2026-02-01", "--to", "2026-03-01"];
    let bill = |policy: &str| {
        kwhen(
            [
                &[
                    "bill",
                    "--tariff",
                    &flat,
                    "--consumption",
                    READINGS,
                    "--missing",
                    policy,
                    "--format",
                    "json",
                ],
                &february[..],
            ]
            .concat(),
        )
    };
    let excluded = bill("exclude").json();
    let missing = excluded["coverage"]["slots"].as_u64().unwrap()
        - excluded["coverage"]["billed_slots"].as_u64().unwrap();
    assert!(missing > 0, "the sample has a gap in February");
    let estimated = bill("previous-week").json();
    assert_eq!(estimated["estimates"]["slots"].as_u64().unwrap(), missing);
    assert_eq!(estimated["lines"][0]["estimated_slots"].as_u64().unwrap(), missing);
    assert!(estimated["lines"][0]["description"].as_str().unwrap().contains("estimated"));
    assert!(bill("refuse").refusal().contains("no reading"));
}

#[test]
fn tariffs_are_compared_cheapest_first() {
    let folder = Folder::new();
    let (go, flat) = (folder.file("go.toml", GO), folder.file("flat.json", FLAT));
    let arguments = [
        "compare",
        "--consumption",
        READINGS,
        "--tariff",
        "data/rates.csv,data/standing-charges.csv",
        "--tariff",
        &go,
        "--tariff",
        &flat,
    ];
    let comparison = json(&arguments);
    let tariffs = comparison["tariffs"].as_array().unwrap();
    assert_eq!(tariffs.len(), 3);
    let totals: Vec<f64> =
        tariffs.iter().map(|tariff| tariff["total_minor"].as_str().unwrap().parse().unwrap()).collect();
    assert!(totals.windows(2).all(|pair| pair[0] <= pair[1]), "{totals:?}");
    for tariff in tariffs {
        assert!(
            tariff["code"].is_string()
                && tariff["net_minor"].is_string()
                && tariff["coverage"]["slots"].is_u64()
        );
        let file = match tariff["code"].as_str().unwrap() {
            "rates" => vec!["--rates", "data/rates.csv", "--standing-charges", "data/standing-charges.csv"],
            "E-1R-FLAT-24-01-01-C" => vec!["--tariff", &flat],
            _ => vec!["--tariff", &go],
        };
        let bill = json(&[&["bill", "--consumption", READINGS], &file[..]].concat());
        for field in ["net_minor", "total_minor", "coverage"] {
            assert_eq!(bill[field], tariff[field], "{field} of {}", tariff["code"]);
        }
    }
    assert_eq!(comparison["months"].as_array().unwrap().len(), 12);
    let export = folder.file("out.toml", "code = \"E-1R-OUTGOING-FIX-12M-19-05-13-C\"\nunit_rate = \"15\"\n");
    let export = ["--export-consumption", "data/solar.csv", "--export-tariff", &export];
    let combined = json(&[&arguments[..], &export[..]].concat());
    assert!(combined["tariffs"][0]["export_minor"].is_string());
}

#[test]
fn a_statement_is_reconciled_line_by_line() {
    let folder = Folder::new();
    let flat = folder.file("flat.json", FLAT);
    let bill = json(
        &[&["bill", "--tariff", &flat, "--consumption", READINGS, "--rules", "octopus"], &MARCH[..]].concat(),
    );
    let statement = format!(
        "kind,kwh,rate,days,amount_minor\nenergy,{},22.50,,{}\nstanding_charge,,45.00,30,1350\ntotal,,,,{}\n",
        bill["kwh"].as_str().unwrap(),
        bill["lines"][0]["net_minor"].as_str().unwrap(),
        bill["total_minor"].as_str().unwrap(),
    );
    let statement = folder.file("statement.csv", &statement);
    let arguments = [
        "reconcile",
        "--statement",
        &statement,
        "--tariff",
        &flat,
        "--consumption",
        READINGS,
        "--rules",
        "octopus",
    ];
    let found = json(&[&arguments[..], &MARCH[..]].concat());
    assert_eq!((found["agreeing"].as_u64(), found["differing"].as_u64()), (Some(2), Some(1)));
    assert_eq!(found["lines"][1]["difference_minor"], "-45");
    assert!(found["lines"][1]["remarks"][0].as_str().unwrap().contains("30 days"));
    assert!(found["lines"][0]["explained_by"].as_array().unwrap().contains(&"octopus".into()));
}

#[test]
fn an_account_becomes_one_statement() {
    let folder = Folder::new();
    let (go, flat) = (folder.file("go.toml", GO), folder.file("flat.json", FLAT));
    let gas = folder
        .file("gas.toml", "code = \"G-1R-VAR-22-11-01-C\"\nunit_rate = \"6\"\nstanding_charge = \"30\"\n");
    fs::copy(kwhen_tests::repository().join(READINGS), folder.path().join("use.csv")).expect("a copy");
    let account = folder.file(
        "account.toml",
        r#"
[[supplies]]
name = "electricity"
consumption = "use.csv"
agreements = [
  { tariff = "E-1R-FLAT-24-01-01-C", valid_from = "2025-01-01", valid_to = "2026-03-16" },
  { tariff = "E-1R-GO-VAR-22-10-14-C", valid_from = "2026-03-16" },
]
[[supplies]]
name = "gas"
consumption = "use.csv"
agreements = [{ tariff = "G-1R-VAR-22-11-01-C", valid_from = "2025-01-01" }]
gas = { unit = "cubic-metres", calorific_value = "39.5", kwh_places = 3 }
"#,
    );
    let tariffs = ["--tariff", &go, "--tariff", &flat, "--tariff", &gas];
    let statement = json(&[&["bill", "--account", &account], &tariffs[..], &MARCH[..]].concat());
    let bills = statement["supplies"][0]["agreements"].as_array().unwrap();
    let part = |tariff: &str, from, to| {
        json(&["bill", "--tariff", tariff, "--consumption", READINGS, "--from", from, "--to", to])
    };
    assert_eq!(bills[0]["total_minor"], part(&flat, "2026-03-01", "2026-03-16")["total_minor"]);
    assert_eq!(bills[1]["total_minor"], part(&go, "2026-03-16", "2026-04-01")["total_minor"]);
    assert_eq!(statement["supplies"][1]["fuel"], "gas");
    let without = kwhen([&["bill", "--account", &account, "--tariff", &go], &MARCH[..]].concat());
    assert!(without.refusal().contains("E-1R-FLAT-24-01-01-C"));
}

#[test]
fn tariffs_are_shown_and_explained() {
    let folder = Folder::new();
    let go = folder.file("go.toml", GO);
    let shown = json(&["tariff", "show", &go, "--date", "2026-03-29"]);
    assert_eq!(shown[0]["rates"][1]["to"], "2026-03-29T04:30:00Z");
    let explained = json(&[
        "tariff",
        "explain",
        "E-1R-AGILE-24-10-01-C",
        "--wholesale",
        "8.531",
        "--at",
        "2026-03-10T17:30",
    ]);
    assert_eq!(explained["region_name"], "London");
    assert_eq!(
        (&explained["agile"]["unit_rate_exc_vat"], &explained["agile"]["peak"]),
        (&"29.06".into(), &true.into())
    );
    assert!(kwhen(["tariff", "explain", "E-1R-AGILE-24-10-01-I"]).refusal().contains("region letter"));
}

#[test]
fn a_bill_goes_to_other_programs() {
    let folder = Folder::new();
    let go = folder.file("go.toml", GO);
    let export = |program: &str| {
        kwhen(
            [&["bill", "--tariff", &go, "--consumption", READINGS, "--export", program], &MARCH[..]].concat(),
        )
        .stdout_of_success()
    };
    let charge: Value = serde_json::from_str(&export("kraken")).unwrap();
    assert_eq!(
        (&charge["type"], charge["line_items"].as_array().unwrap().len()),
        (&"SUPPLY_CHARGE".into(), 3)
    );
    assert!(export("beancount").contains("\n2026-03-31 * "));
    assert!(export("hledger").contains("Liabilities:Supplier  £-"));
}

#[test]
fn bad_definitions_are_refused_with_the_place() {
    let folder = Folder::new();
    for (name, text, reason) in [
        ("gap.json", r#"{"code": "X", "bands": [{"from": "00:30", "to": "05:30", "rate": "1"}]}"#, "gap"),
        ("unknown.toml", "code = \"X\"\nunit_rat = \"1\"\n", "unit_rat"),
        ("broken.toml", "code = \"X\nunit_rate = \"1\"\n", "line 1"),
        ("float.toml", "code = \"X\"\nunit_rate = 1.5\n", "as text"),
        ("none.json", r#"{"code": "X"}"#, "no unit rates"),
        ("empty.csv", "", "empty"),
    ] {
        let file = folder.file(name, text);
        let refusal = kwhen(["bill", "--tariff", &file, "--consumption", READINGS]).refusal();
        assert!(refusal.contains(reason) && refusal.contains(name), "{name}: {refusal}");
    }
    let usage = kwhen(["bill", "--tariff", "x", "--consumption", READINGS, "--rules", "ocotpus"]);
    assert_eq!(usage.code, 2);
}

#[test]
fn what_a_tariff_needs_is_shown() {
    let folder = Folder::new();
    folder.file("car.toml", "code = \"CAR\"\nneeds = [\"car\", \"solar\"]\nunit_rate = \"20\"\n");
    let file = folder.at("car.toml");
    assert_eq!(json(&["tariff", "show", &file])[0]["needs"], serde_json::json!(["car", "solar"]));
    let text = kwhen(["tariff", "show", &file]).stdout_of_success();
    assert!(text.contains("Needs: a car and solar panels\n"), "{text}");
}
