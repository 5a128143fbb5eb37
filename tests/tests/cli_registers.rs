//! Bills from register readings, calorific values from files, rules of one's own and dispatches on a statement, run as a user runs them.

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

const ECONOMY: &str = r#"
code = "E-2R-VAR-22-11-01-A"
clock = "utc"
standing_charge = "50"

[[bands]]
name = "night"
from = "00:30"
to = "07:30"
rate = "12.5"

[[bands]]
name = "day"
from = "07:30"
to = "00:30"
rate = "30.1"
"#;
const READINGS: &str = "register,at,reading\nday,2026-03-01,1000\nday,2026-04-01,1200\nnight,2026-03-01,99900\nnight,2026-04-01,50.5\n";
const OPTIONS: [&str; 2] = ["--register-digits", "5"];

fn json(arguments: &[&str]) -> Value {
    kwhen(arguments.iter().copied().chain(["--format", "json"])).json()
}

/// By hand: 200 × 30.1 + 150.5 × 12.5 + 31 × 50 = 9451.25, and 5 % of it.
#[test]
fn registers_are_billed_and_shown() {
    let folder = Folder::new();
    let (economy, readings) = (folder.file("e7.toml", ECONOMY), folder.file("readings.csv", READINGS));
    let arguments = ["bill", "--tariff", &economy, "--registers", &readings];
    let bill = json(&[&arguments[..], &OPTIONS[..]].concat());
    assert_eq!((&bill["net_minor"], &bill["vat_minor"]), (&"9451.25".into(), &"472.5625".into()));
    assert_eq!(bill["registers"][1]["opening_reading"], "99900");
    assert_eq!(bill["registers"][1]["closing_reading"], "50.5");
    assert!(bill.get("input").is_none());
    let page = kwhen([&arguments[..], &OPTIONS[..]].concat()).stdout_of_success();
    assert!(
        page.contains("Register night: 99900 to 50.5, 150.5 kWh") && !page.contains("half-hour"),
        "{page}"
    );
    let all = json(&[&arguments[..], &OPTIONS[..], &["--rules", "all"]].concat());
    assert_eq!(all["under_rules"][1]["vat_minor"], "473");
    let csv = kwhen([&arguments[..], &OPTIONS[..], &["--format", "csv"]].concat()).stdout_of_success();
    assert_eq!(csv.lines().count(), 4, "{csv}");
    let kraken = kwhen([&arguments[..], &OPTIONS[..], &["--export", "kraken"]].concat()).stdout_of_success();
    assert!(kraken.contains("SUPPLY_CHARGE"), "{kraken}");
}

#[test]
fn what_a_register_cannot_say_is_refused() {
    let folder = Folder::new();
    let (economy, readings) = (folder.file("e7.toml", ECONOMY), folder.file("readings.csv", READINGS));
    let bill = |readings: &str, more: &[&str]| {
        kwhen([&["bill", "--tariff", &economy, "--registers", readings], more].concat())
    };
    let backwards = bill(&readings, &[]).refusal();
    assert!(backwards.contains("row 4") && backwards.contains("runs backwards from 99900"), "{backwards}");
    let inside = [&OPTIONS[..], &["--to", "2026-03-16"]].concat();
    assert!(bill(&readings, &inside).refusal().contains("was not read at 2026-03-16T00:00:00Z"));
    let shared = [&inside[..], &["--between-readings", "by-time"]].concat();
    assert!(bill(&readings, &shared).stdout_of_success().contains("shared out by time"));
    let beyond = [&OPTIONS[..], &["--to", "2026-04-02"]].concat();
    assert!(bill(&readings, &beyond).refusal().contains("reach only"));
    let day_only = folder.file("day.csv", "register,at,reading\nday,2026-03-01,1\nday,2026-04-01,2\n");
    assert!(bill(&day_only, &[]).refusal().contains("night"));
    let word = folder.file("word.csv", "register,at,reading\nday,2026-03-01,many\n");
    let refusal = bill(&word, &[]).refusal();
    assert!(
        refusal.contains("row 1") && refusal.contains("many") && refusal.contains("word.csv"),
        "{refusal}"
    );
    assert_eq!(bill(&readings, &["--by", "day"]).code, 2);
}

const FLAT: &str = "code = \"E-1R-FLAT-24-01-01-C\"\nunit_rate = \"20\"\nstanding_charge = \"50\"\n";
const GAS: &str = "code = \"G-1R-VAR-22-11-01-C\"\nunit_rate = \"6\"\n";

fn account(folder: &Folder, electricity: &str, gas: &str) -> String {
    folder.file(
        "account.toml",
        format!(
            r#"
[[supplies]]
name = "electricity"
registers = "{electricity}"
agreements = [
  {{ tariff = "E-1R-FLAT-24-01-01-C", valid_from = "2025-01-01", valid_to = "2026-03-16" }},
  {{ tariff = "E-2R-VAR-22-11-01-A", valid_from = "2026-03-16" }},
]
[[supplies]]
name = "gas"
registers = "gas.csv"
agreements = [{{ tariff = "G-1R-VAR-22-11-01-C", valid_from = "2025-01-01" }}]
gas = {{ unit = "cubic-metres", kwh_places = 3, {gas} }}
"#
        ),
    )
}

/// By hand: 150 kWh at 20 p and 15 days at 50 p are 3750; then 100 × 30.1 + 50 × 12.5 and 16 days are 4435; 8185 with 5 % is 8594.25.
/// Gas: 100 m³ × 1.02264 × 39.2 / 3.6 = 1113.541 kWh at 6 p with 5 % is 7015.3083.
#[test]
fn an_account_of_registers_and_a_gas_counter() {
    let folder = Folder::new();
    let files =
        [folder.file("e7.toml", ECONOMY), folder.file("flat.toml", FLAT), folder.file("gas.toml", GAS)];
    let head = "register,at,reading\n";
    folder.file("read.csv", format!("{head}day,2026-03-01,0\nday,2026-03-16,100\nday,2026-04-01,200\nnight,2026-03-01,0\nnight,2026-03-16,50\nnight,2026-04-01,100\n"));
    folder.file(
        "unread.csv",
        format!("{head}day,2026-03-01,0\nday,2026-04-01,200\nnight,2026-03-01,0\nnight,2026-04-01,100\n"),
    );
    folder.file("gas.csv", format!("{head}gas,2026-03-01,0\ngas,2026-04-01,100\n"));
    folder.file("period.csv", "from,to,calorific_value\n2026-03-01,2026-04-01,39.2\n");
    folder.file("short.csv", "date,calorific_value\n2026-03-01,39.2\n");
    folder.file("nothing.csv", "date,calorific_value\n2026-03-01,0\n");
    let tariffs = ["--tariff", &files[0], "--tariff", &files[1], "--tariff", &files[2]];
    let run = |electricity: &str, gas: &str, more: &[&str]| {
        let account = account(&folder, electricity, gas);
        kwhen([&["bill", "--account", &account, "--format", "json"], &tariffs[..], more].concat())
    };
    let made = run("read.csv", "calorific_value = \"39.2\"", &[]).json();
    assert_eq!(made["supplies"][0]["total_minor"], "8594.25");
    assert_eq!(made["supplies"][1]["total_minor"], "7015.3083");
    let by_period = run("read.csv", "calorific_values = \"period.csv\"", &[]).json();
    assert_eq!(by_period["supplies"], made["supplies"]);
    let unread = run("unread.csv", "calorific_value = \"39.2\"", &[]).refusal();
    assert!(unread.contains("electricity") && unread.contains("2026-03-16T00:00:00Z"), "{unread}");
    assert!(run("unread.csv", "calorific_value = \"39.2\"", &["--between-readings", "by-time"]).json()["total_minor"].is_string());
    for (gas, reasons) in [
        ("calorific_value = \"0\"", ["gas: ", "above 0"]),
        ("calorific_values = \"nothing.csv\"", ["row 1", "above 0"]),
        ("calorific_values = \"short.csv\"", ["2026-03-02", "no calorific value is known"]),
        ("calorific_values = \"none.csv\"", ["none.csv", "cannot be read"]),
        ("calorific_value_places = 1", ["gas: ", "needs either"]),
    ] {
        let refusal = run("read.csv", gas, &[]).refusal();
        assert!(reasons.iter().all(|reason| refusal.contains(reason)), "{gas}: {refusal}");
    }
}

#[test]
fn figures_are_shown_as_the_rules_say() {
    let folder = Folder::new();
    let flat =
        folder.file("flat.json", r#"{"code": "FLAT", "unit_rate": "6.667", "standing_charge": "45.36"}"#);
    let used = folder.file("use.csv", "start,kwh\n2026-01-01T00:00:00Z,3.589\n");
    let page = |rules: &str| {
        kwhen(["bill", "--tariff", &flat, "--consumption", &used, "--rules", rules]).stdout_of_success()
    };
    let row = |page: &str, name: &str| {
        let line = page.lines().find(|line| line.starts_with(name)).expect(name).to_owned();
        line.split_whitespace().rev().take(3).map(str::to_owned).collect::<Vec<_>>()
    };
    // 3.589 × 6.667 = 23.927863
    assert_eq!(row(&page("octopus-statement"), "Energy"), ["23.928", "6.67", "3.59"]);
    assert_eq!(row(&page("exact"), "Energy"), ["23.93", "6.667", "3.589"]);
    let toml = folder.file("mine.toml", "name = \"mine\"\nshown = { kwh = 1, rate = 0, pence = 4 }\n");
    assert_eq!(row(&page(&toml), "Energy"), ["23.9279", "7", "3.6"]);
    let rules = r#"{"name": "mine", "line": {"places": 1, "rounding": "floor"}, "shown": {"kwh": 0, "rate": 1, "pence": 1}}"#;
    assert_eq!(row(&page(&folder.file("mine.json", rules)), "Energy"), ["23.9", "6.7", "4"]);
    let broken = folder.file("broken.toml", "name = \"mine\"\nshown = { kwh = 1 }\n");
    let refusal = kwhen(["bill", "--tariff", &flat, "--consumption", &used, "--rules", &broken]).refusal();
    assert!(refusal.contains("broken.toml") && refusal.contains("rate"), "{refusal}");
}

/// By hand: 2 kWh at 25 p, or at 7 p while a dispatch runs.
#[test]
fn a_statement_is_reconciled_with_dispatches() {
    let folder = Folder::new();
    let tariff = folder.file("iog.json", r#"{"code": "IOG", "unit_rate": "25", "dispatch_rate": "7"}"#);
    let used = folder.file("use.csv", "start,kwh\n2026-01-01T14:00:00Z,2\n2026-01-01T14:30:00Z,2\n");
    let statement = folder
        .file("statement.csv", "kind,kwh,rate,amount_minor\nenergy,2.00,25.00,50\nenergy,2.00,7.00,14\n");
    let dispatches = folder.file("dispatches.csv", "start,end\n2026-01-01T14:10:00Z,2026-01-01T14:20:00Z\n");
    let arguments = ["reconcile", "--statement", &statement, "--tariff", &tariff, "--consumption", &used];
    assert_eq!(json(&arguments)["agreeing"], 0);
    assert_eq!(json(&[&arguments[..], &["--dispatches", &dispatches]].concat())["agreeing"], 2);
}

#[test]
fn prices_without_a_start_and_empty_periods_are_said_plainly() {
    let folder = Folder::new();
    let rates = folder.file("rates.csv", "value_exc_vat\n20\n");
    let used = folder.file("use.csv", "start,kwh\n2026-01-01T00:00:00Z,1\n");
    let refusal = kwhen(["bill", "--rates", &rates, "--consumption", &used]).refusal();
    assert!(
        refusal.contains("rates.csv") && refusal.contains("none of the columns valid_from, start"),
        "{refusal}"
    );
    let flat = folder.file("flat.json", r#"{"code": "FLAT", "unit_rate": "6.667"}"#);
    let period = ["--from", "2025-01-01", "--to", "2025-02-01"];
    let refusal =
        kwhen([&["bill", "--tariff", &flat, "--consumption", &used], &period[..]].concat()).refusal();
    assert!(refusal.starts_with("error: nothing from 2025-01-01T00:00:00Z"), "{refusal}");
}

/// A statement is laid beside whatever `kwhen bill` takes: registers, and an account with its agreements. By hand as above: 8185 p
/// without VAT, of it 150 kWh at 20 p and 15 days at 50 p under the first tariff; 7015.3083 p of gas.
#[test]
fn registers_and_an_account_are_reconciled() {
    let folder = Folder::new();
    let economy = folder.file("e7.toml", ECONOMY);
    let read = folder.file("readings.csv", READINGS);
    let lines = "kind,rate,kwh,amount_minor\nenergy,30.10,200.0,6020.00\nenergy,12.50,150.5,1881.25\nstanding charge,50,,1550\nvat,,,472.56\ntotal,,,9923.81\n";
    let statement = folder.file("statement.csv", lines);
    let one = [
        "reconcile",
        "--statement",
        &statement,
        "--rules",
        "exact",
        "--tariff",
        &economy,
        "--registers",
        &read,
    ];
    let found = json(&[&one[..], &OPTIONS].concat());
    assert_eq!((&found["agreeing"], &found["differing"]), (&5.into(), &0.into()), "{found}");
    let unturned = kwhen(one).refusal();
    assert!(unturned.contains("runs backwards"), "{unturned}");

    let files = [economy.clone(), folder.file("flat.toml", FLAT), folder.file("gas.toml", GAS)];
    let head = "register,at,reading\n";
    folder.file("read.csv", format!("{head}day,2026-03-01,0\nday,2026-03-16,100\nday,2026-04-01,200\nnight,2026-03-01,0\nnight,2026-03-16,50\nnight,2026-04-01,100\n"));
    folder.file("gas.csv", format!("{head}gas,2026-03-01,0\ngas,2026-04-01,100\n"));
    let account = account(&folder, "read.csv", "calorific_value = \"39.2\"");
    let tariffs = ["--tariff", &files[0], "--tariff", &files[1], "--tariff", &files[2]];
    let judged = |lines: &str| {
        let statement = folder.file("account.csv", lines);
        kwhen(
            [
                &[
                    "reconcile",
                    "--rules",
                    "exact",
                    "--statement",
                    &statement,
                    "--account",
                    &account,
                    "--format",
                    "json",
                ],
                &tariffs[..],
            ]
            .concat(),
        )
    };
    let found = judged(
        "kind,supply,from,to,rate,kwh,days,amount_minor\n\
         energy,electricity,2026-03-01,2026-03-16,20.00,150.0,,3000.00\n\
         standing charge,electricity,2026-03-01,2026-03-16,50,,15,750\n\
         subtotal,electricity,,,,,,8185.00\n\
         total,electricity,,,,,,8594.25\n\
         energy,gas,,,6.00,1113.541,,6681.246\n\
         total,gas,,,,,,7015.31\n\
         total,,,,,,,15609.56\n\
         total,,,,,,,15609.57\n",
    )
    .json();
    let verdicts: Vec<bool> =
        found["lines"].as_array().unwrap().iter().map(|line| line["agrees"] == true).collect();
    assert_eq!(verdicts, [true, true, true, true, true, true, true, false], "{found}");
    let unknown = judged("kind,supply,amount_minor\ntotal,water,1\n").refusal();
    assert!(
        unknown.contains("row 1") && unknown.contains("water") && unknown.contains("electricity, gas"),
        "{unknown}"
    );
    let needless = folder.file("needless.csv", "kind,supply,amount_minor\ntotal,gas,1\n");
    let refusal = kwhen([&["reconcile", "--statement", &needless], &one[3..], &OPTIONS].concat()).refusal();
    assert!(refusal.contains("give an account"), "{refusal}");
}

/// By hand: the old meter counts 60 and 40, the new one 140 and 110.5: 200 and 150.5, as in one meter's readings.
#[test]
fn a_meter_exchanged_in_mid_period_is_billed_through() {
    let folder = Folder::new();
    let tariff = folder.file("e7.toml", ECONOMY);
    let readings = |first: &str| {
        let text = format!(
            "meter,register,at,reading\n\
             OLD,day,2026-03-01,1000\nOLD,day,2026-03-12T10:00,1060\nOLD,night,2026-03-01,700\nOLD,night,2026-03-12T10:00,740\n\
             NEW,day,{first},0\nNEW,day,2026-04-01,140\nNEW,night,{first},2\nNEW,night,2026-04-01,112.5\n"
        );
        folder.file("exchanged.csv", &text)
    };
    let file = readings("2026-03-12T10:00");
    let bill = json(&["bill", "--tariff", &tariff, "--registers", &file]);
    assert_eq!((&bill["net_minor"], &bill["kwh"]), (&"9451.25".into(), &"350.5".into()));
    assert_eq!(bill["registers"].as_array().unwrap().len(), 4);
    assert_eq!(
        (&bill["registers"][0]["meter"], &bill["registers"][1]["meter"]),
        (&"OLD".into(), &"NEW".into())
    );
    let page = kwhen(["bill", "--tariff", &tariff, "--registers", &file]).stdout_of_success();
    assert!(page.contains("Register day, meter OLD: 1000 to 1060"), "{page}");
    for apart in ["2026-03-12T11:00", "2026-03-11"] {
        let refusal = kwhen(["bill", "--tariff", &tariff, "--registers", &readings(apart)]).refusal();
        assert!(refusal.contains("exchanged.csv") && refusal.contains("both read at one time"), "{refusal}");
    }
}

/// By hand: 3.589 kWh at 6.667 p are 23.927863 p, with 5 % 25.124256 p: 7.0003 p a kWh.
#[test]
fn the_account_page_and_the_pieces_show_figures_as_the_rules_say() {
    let folder = Folder::new();
    let flat = folder.file("flat.json", r#"{"code": "FLAT", "unit_rate": "6.667"}"#);
    let used = folder.file("use.csv", "start,kwh\n2026-01-01T00:00:00Z,3.589\n");
    let account = folder.file(
        "account.toml",
        "[[supplies]]\nname = \"import\"\nconsumption = \"use.csv\"\nagreements = [{ tariff = \"FLAT\", valid_from = \"2025-01-01\" }]\n",
    );
    let mine = folder.file("mine.toml", "name = \"mine\"\nshown = { kwh = 1, rate = 3, pence = 4 }\n");
    let row = |page: String, name: &str| {
        let line = page.lines().find(|line| line.trim_start().starts_with(name)).expect(&page).to_owned();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let page = |rules: &str| {
        kwhen(["bill", "--account", &account, "--tariff", &flat, "--rules", rules]).stdout_of_success()
    };
    assert!(
        row(page(&mine), "FLAT").ends_with(&["3.6", "23.9279", "25.1243"].map(str::to_owned)),
        "{}",
        page(&mine)
    );
    assert!(row(page("exact"), "FLAT").ends_with(&["3.589", "£0.24", "£0.25"].map(str::to_owned)));
    assert_eq!(row(page(&mine), "Total").last().unwrap(), "25.1243");
    let pieces = |rules: &str| {
        kwhen(["bill", "--tariff", &flat, "--consumption", &used, "--by", "day", "--rules", rules])
            .stdout_of_success()
    };
    let day = |rules: &str| row(pieces(rules).split("slots").last().unwrap().to_owned(), "Thu 1 Jan");
    assert_eq!(day(&mine)[5..8], ["3.6", "7.000", "25.1243"], "{}", pieces(&mine));
    assert_eq!(day("exact")[5..8], ["3.589", "7.00", "25.12"], "{}", pieces("exact"));
}
