//! `kwhen bill --show-working` and `kwhen self-test`, run as a user runs them. `tests/working/check.py` works the same bills again with a
//! program that shares nothing with the engine.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{json, kwhen, run};
use kwhen_tests::folder::Folder;
use serde_json::{Value, json as value};

const SAMPLE: &str = "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv";

/// By hand: 0.5 × 20.1 = 10.05 and 0.45 × 20.1 = 9.045 are rounded to 10.05 and 9.05 (half away from zero), 2 days at 50 make 100; the
/// sum 119.1 has 5 % of VAT, 5.955, which is rounded to 5.96.
#[test]
fn every_term_is_there_with_what_the_rules_make_of_it() {
    let folder = Folder::new();
    let readings = "interval_start,interval_end,consumption\n2026-03-02T10:00:00Z,2026-03-02T10:30:00Z,0.504\n2026-03-02T10:30:00Z,2026-03-02T11:00:00Z,0.445\n";
    let rules = r#"{"name": "mine", "reading": {"places": 2, "rounding": "half-up"}, "slot_cost": {"places": 2, "rounding": "half-up"}, "vat": {"places": 2, "rounding": "half-up"}}"#;
    let line = [
        "bill",
        "--tariff",
        &folder.file(
            "flat.toml",
            "code = \"E-1R-VAR-22-11-01-C\"\nunit_rate = \"20.1\"\nstanding_charge = \"50\"\n",
        ),
        "--consumption",
        &folder.file("use.csv", readings),
        "--rules",
        &folder.file("rules.json", rules),
        "--from",
        "2026-03-02",
        "--to",
        "2026-03-04",
        "--by",
        "half-hour",
    ];
    let shown = |more: &[&str]| kwhen(line.iter().chain(more));
    let working = &shown(&["--show-working", "--format", "json"]).json()["working"];
    let energy = &working["lines"][0];
    let term = |place: usize| {
        let term = &energy["terms"][place];
        ["read_kwh", "kwh", "rate_minor_per_kwh", "exact_minor", "amount_minor"]
            .map(|field| term[field].as_str().unwrap().to_owned())
    };
    assert_eq!(term(0), ["0.504", "0.5", "20.1", "10.05", "10.05"]);
    assert_eq!(term(1), ["0.445", "0.45", "20.1", "9.045", "9.05"]);
    assert_eq!((&energy["sum_minor"], &energy["amount_minor"]), (&value!("19.1"), &value!("19.1")));
    let standing = &working["lines"][1]["terms"][0];
    assert_eq!((&standing["days"], &standing["charge_minor_per_day"]), (&value!(2), &value!("50")));
    let tax = &working["taxes"][0];
    let sums =
        ["vat_percent", "sum_minor", "subtotal_minor", "exact_vat_minor", "vat_minor", "inclusive_minor"];
    assert_eq!(
        sums.map(|field| &tax[field]),
        ["5", "119.1", "119.1", "5.955", "5.96", "0"].map(Value::from).each_ref()
    );
    assert_eq!(working["rules"]["slot_cost"], value!({"places": 2, "rounding": "half-up"}));

    let page = shown(&["--show-working"]).stdout_of_success();
    for part in [
        "Rules mine: rounded is each reading to 2 decimals of a kWh (half away from zero); the cost of each slot to 2 decimals of a p",
        "2026-03-02T10:30:00+00:00      1        0.445  0.45      20.1        9.045   9.05",
        "Lines 1 + 2: 119.1 p; VAT at 5 %: 5.955 p, rounded 5.96 p",
        "Without VAT: 119.1 p. VAT: 5.96 p. Total: 125.06 p.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Only where it is asked for, and not where there is no place for it.
    assert!(shown(&["--format", "json"]).json().get("working").is_none());
    let rows = shown(&["--show-working", "--format", "csv"]);
    assert_eq!(rows.code, 2, "{}", rows.stdout);
    assert!(rows.stderr.contains("--show-working goes with --format text or json"), "{}", rows.stderr);
}

/// 10 m³ × 1.02264 × 39.5 / 3.6 = 112.2063…, by hand.
#[test]
fn volumes_of_gas_are_worked_and_so_are_registers() {
    let folder = Folder::new();
    let tariff = folder.file("gas.toml", "code = \"G-1R-VAR-22-11-01-C\"\nunit_rate = \"6\"\n");
    let registers = folder.file("r.csv", "register,at,reading\ngas,2026-03-01,100\ngas,2026-04-01,110\n");
    let line = format!(
        "bill --tariff {tariff} --registers {registers} --gas-unit cubic-metres --calorific-value 39.5 --gas-kwh-places 4 --show-working"
    );
    let working = &json(&line)["working"];
    let step = &working["gas"][0];
    let fields =
        ["volume", "correction", "calorific_value", "kwh"].map(|field| step[field].as_str().unwrap());
    assert_eq!(fields, ["10", "1.02264", "39.5", "112.2063"]);
    let term = &working["lines"][0]["terms"][0];
    assert_eq!((&term["kwh"], &term["said"]), (&value!("112.2063"), &value!("100 to 110")));
    let page = run(&line).stdout_of_success();
    assert!(page.contains("Each reading × 1.02264 × calorific value / 3.6, rounded to 4 decimals"), "{page}");
}

#[test]
fn days_of_half_hourly_rates_are_the_sums_of_their_half_hours() {
    let line = format!("{SAMPLE} --from 2026-03-28 --to 2026-03-31 --show-working");
    let days = json(&line);
    let slots = json(&format!("{line} --by half-hour"));
    let [days, slots] = [&days, &slots].map(|bill| bill["working"]["lines"][0]["terms"].as_array().unwrap());
    assert_eq!((days.len(), slots.len()), (3, 142));
    for day in days {
        let within = |term: &&Value| {
            let at = term["from"].as_str().unwrap();
            day["from"].as_str().unwrap() <= at && at < day["to"].as_str().unwrap()
        };
        let sum = |field: &str| {
            let parts =
                slots.iter().filter(within).map(|term| term[field].as_str().unwrap().parse().unwrap());
            kwhen::Money::sum(parts).unwrap().to_string()
        };
        assert_eq!(
            (sum("kwh"), sum("amount_minor")),
            (day["kwh"].as_str().unwrap().into(), day["amount_minor"].as_str().unwrap().into())
        );
    }
    // What has no price of its own says where its prices are.
    let page = run(&line).stdout_of_success();
    assert!(page.contains("--by half-hour shows every one of them"), "{page}");
}

#[test]
fn the_command_tests_itself() {
    let told = json("self-test");
    assert_eq!((&told["cases"], &told["failed"], &told["failures"]), (&value!(92), &value!(0), &value!([])));
    let page = run("self-test").stdout_of_success();
    assert!(page.contains("All 92 cases came out as other programs worked them."), "{page}");
    let csv = run("self-test --format csv").stdout_of_success();
    assert_eq!(csv.lines().count(), 7, "{csv}");
    // It reads nothing: an empty folder and a broken file of defaults do not matter to it.
    let folder = Folder::new();
    let broken = folder.file("kwhen.toml", "not = [a");
    let outcome = kwhen_tests::command::kwhen_with(["self-test"], b"", &[("KWHEN_CONFIG", &broken)]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}
