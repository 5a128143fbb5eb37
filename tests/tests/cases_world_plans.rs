//! Plans beyond Great Britain: every page in the currency of the place, and plans equal to figures worked by `tests/golden/abroad/plans.py`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{json, run};
use kwhen_tests::repository;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

fn page(line: &str) -> String {
    run(line).stdout_of_success()
}

/// So many units of the last of some decimals.
fn decimal(units: i64, places: usize) -> String {
    let digits = format!("{:0>width$}", units.abs(), width = places + 1);
    let (whole, decimals) = digits.split_at(digits.len() - places);
    format!("{}{whole}.{decimals}", if units < 0 { "-" } else { "" })
}

/// Rows of a start and a value, slot by slot.
fn rows(path: &Path, heading: &str, start: i64, minutes: i64, count: i64, value: impl Fn(i64) -> String) {
    let mut text = format!("{heading}\n");
    for place in 0..count {
        let at = chrono::DateTime::from_timestamp(start + place * minutes * 60, 0).unwrap();
        let end = at + chrono::TimeDelta::minutes(minutes);
        let shown = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ");
        writeln!(text, "{},{},{}", shown(at), shown(end), value(place)).unwrap();
    }
    std::fs::write(path, text).unwrap();
}

/// Two days of prices from 20 to 42 and a load of 0.4 kWh a half-hour, from midnight of a place.
fn site(zone: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let calendar = kwhen::time::Calendar::named(zone).unwrap();
    let start = calendar.parse("2026-06-02").unwrap().timestamp();
    rows(&folder.path().join("rates.csv"), "valid_from,valid_to,rate", start, 30, 96, |place| {
        (20 + place * 7 % 23).to_string()
    });
    rows(&folder.path().join("load.csv"), "interval_start,interval_end,consumption", start, 30, 96, |_| {
        "0.4".to_owned()
    });
    let files = format!("--rates {0}/rates.csv --time-zone {zone}", folder.path().display());
    (folder, files)
}

const PLACES: [(&str, &str, &str, u64); 3] =
    [("Europe/Berlin", "EUR", "ct", 2), ("Europe/Stockholm", "SEK", "öre", 2), ("Asia/Tokyo", "JPY", "¥", 0)];

/// What a plan of yen must never show: a part of one, or another currency.
fn in_own_currency(page: &str, currency: &str, line: &str) {
    for other in ["p/kWh", "pence", "£", " p ", " p,", " p:"] {
        assert!(!page.contains(other), "{line}: {other:?} in\n{page}");
    }
    if currency == "JPY" {
        let amounts = page.split('¥').skip(1);
        for amount in amounts.filter(|amount| amount.starts_with(|first: char| first.is_ascii_digit())) {
            let number: String =
                amount.chars().take_while(|c| c.is_ascii_digit() || *c == ',' || *c == '.').collect();
            assert!(!number.trim_end_matches(['.', ',']).contains('.'), "{line}: ¥{number} in\n{page}");
        }
    }
}

#[test]
fn every_plan_is_in_the_currency_of_the_place() {
    for (zone, currency, minor, digits) in PLACES {
        let (folder, files) = site(zone);
        let load = format!("--load {}/load.csv", folder.path().display());
        let battery = |name: &str| {
            let path = folder.path().join(format!("{name}.toml"));
            std::fs::write(&path, format!("name = \"{name}\"\ncapacity_kwh = 5\nkw = 3\n")).unwrap();
            format!("--battery {}", path.display())
        };
        let two = format!("{} {}", battery("home"), battery("car"));
        for (line, wanted) in [
            (
                format!("charge {files} --kwh 6 --kw 4 --max-starts 3 --frontier --why-not 2026-06-02T01:00"),
                true,
            ),
            (format!("charge {files} --kwh 60 --kw 4 --price-cap 30"), true),
            (format!("cheapest {files} --duration 2h --statistics --why-not 2026-06-02T01:00"), true),
            (format!("cheapest {files} --duration 2h --split --max-starts 2 --frontier"), true),
            (format!("battery {files} {load} --capacity-kwh 5 --kw 3 --wear 1 --explain"), true),
            (format!("battery {files} {load} --capacity-kwh 5 --kw 3 --show policy"), false),
            (format!("battery {files} {load} --capacity-kwh 5 --kw 3 --show value"), true),
            (format!("battery {files} {load} {two} --budget 200ms --explain"), true),
            (format!("backtest {files} {load} --capacity-kwh 5 --kw 3 --capital 4000 --by day"), false),
            (format!("backtest {files} {load} --capacity-kwh 5 --kw 3 --sweep-capacity-kwh 5,6"), false),
        ] {
            let shown = page(&line);
            assert!(
                !wanted || shown.contains(&format!("{minor}/kWh")) || shown.contains(&format!(" {minor}")),
                "{line}: {shown}"
            );
            in_own_currency(&shown, currency, &line);
            let answer = json(&line);
            assert_eq!(
                (&answer["currency"], &answer["minor_digits"]),
                (&currency.into(), &digits.into()),
                "{line}"
            );
        }
    }
}

/// By hand: of the prices 20, 27, 34, 41, 25, ... the three cheapest whole half-hours of the first two hours are 20, 25 and 27: 2 kWh in each is
/// 144 yen; at once 20, 27 and 34: 162.
#[test]
fn a_charge_in_yen_is_of_whole_yen() {
    let (_kept, files) = site("Asia/Tokyo");
    let shown = page(&format!("charge {files} --kwh 6 --kw 4 --by 2026-06-02T02:30"));
    assert!(shown.contains("At once: ¥162, ¥18 more.") && shown.contains("¥144"), "{shown}");
    assert!(shown.contains("¥/kWh avg"), "{shown}");
    // The years to pay back: two days save so much, and the price is in yen, not in hundredths.
    let saved = page(&format!("cheapest {files} --duration 1h"));
    assert!(saved.contains("¥/kWh on average"), "{saved}");
}

#[test]
fn a_journal_and_a_transaction_are_in_the_bills_currency() {
    let (folder, files) = site("Asia/Tokyo");
    let line = format!("bill {files} --consumption {}/load.csv --rate-vat exc", folder.path().display());
    // By hand: 0.4 times the sum of the 96 rates.
    let sum: i64 = (0..96).map(|place| 20 + place * 7 % 23).sum();
    let (net, vat) = (sum * 4, sum * 4 / 10);
    let hledger = page(&format!("{line} --export hledger"));
    assert!(hledger.contains("commodity 1,000. JPY\n"), "{hledger}");
    assert!(hledger.contains(&format!("Expenses:Electricity:VAT  {} JPY", vat / 10)), "{hledger}");
    assert!(hledger.contains(&format!("Liabilities:Supplier  -{} JPY", (net * 11 / 10) / 10)), "{hledger}");
    let beancount = page(&format!("{line} --export beancount"));
    assert!(beancount.contains("open Expenses:Electricity:Energy JPY"), "{beancount}");
    let transaction: Value = serde_json::from_str(&page(&format!("{line} --export kraken"))).unwrap();
    assert_eq!(transaction["amount"].to_string(), ((net * 11 / 10) / 10).to_string());
    let (folder, files) = site("Europe/Berlin");
    let line = format!("bill {files} --consumption {}/load.csv --rate-vat exc", folder.path().display());
    let beancount = page(&format!("{line} --export beancount"));
    let cents = (net * 119 / 100 + 5) / 10;
    assert!(
        beancount.contains(&format!("Liabilities:Supplier  -{}.{:02} EUR", cents / 100, cents % 100)),
        "{beancount}"
    );
}

fn case(name: &str) -> Value {
    let path = repository().join(format!("tests/golden/abroad/plans/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

/// The files of a case, and the words that all commands on them share.
fn files(case: &Value, folder: &Path) -> String {
    let slots = &case["slots"];
    let (start, minutes, count) =
        (number(&slots["start"]), number(&slots["minutes"]), number(&slots["count"]));
    rows(&folder.join("market.csv"), "valid_from,valid_to,rate", start, minutes, count, |place| {
        decimal((place * 37 % 101 - 10) * 25, 2)
    });
    if let Some(load) = case["load"].as_array() {
        let (times, modulus) = (number(&load[0]), number(&load[1]));
        rows(
            &folder.join("load.csv"),
            "interval_start,interval_end,consumption",
            start,
            minutes,
            count,
            |place| format!("0.{}", place * times % modulus),
        );
    }
    if let Some(half) = case["rates"]["half_yen_over_18"].as_array() {
        let (times, modulus) = (number(&half[0]), number(&half[1]));
        rows(&folder.join("rates.csv"), "valid_from,valid_to,rate", start, minutes, count, |place| {
            decimal(180 + place * times % modulus * 5, 1)
        });
    }
    let text = |field: &str| case[field].as_str().unwrap().to_owned();
    format!("--time-zone {} --from {} --to {}", text("zone"), text("from"), text("to"))
}

fn planned(name: &str, currency: &str) {
    let case = case(name);
    let folder = tempfile::tempdir().unwrap();
    let common = files(&case, folder.path());
    let path = folder.path().display();
    let definition = folder.path().join("tariff.json");
    let prices = if case["rates"]["tariff"].is_object() {
        std::fs::write(&definition, case["rates"]["tariff"].to_string()).unwrap();
        std::fs::write(
            folder.path().join("export.toml"),
            format!("code = \"SOLD\"\ndirection = \"export\"\ncurrency = \"EUR\"\ntax = \"none\"\nunit_rate = \"{}\"\n", case["export"].as_str().unwrap()),
        )
        .unwrap();
        format!(
            "--rates {path}/tariff.json --export-rates {path}/export.toml --spot {path}/market.csv --rate-vat exc"
        )
    } else {
        format!("--rates {path}/rates.csv")
    };
    let of = |field: &str| case["battery"][field].as_str().unwrap().to_owned();
    let battery = format!(
        "--capacity-kwh {} --kw {} --start-kwh {} --wear {} --charge-efficiency {} --discharge-efficiency {}",
        of("capacity_kwh"),
        of("power_kw"),
        of("start_kwh"),
        of("wear"),
        of("charge_efficiency"),
        of("discharge_efficiency")
    );
    let plan = json(&format!("battery {common} {prices} --load {path}/load.csv {battery}"));
    for (field, worked) in [
        ("cost_minor", "objective_minor"),
        ("baseline_minor", "baseline_minor"),
        ("saving_minor", "saving_minor"),
    ] {
        assert_eq!(plan[field], case["expected"][worked], "{name}: {field}");
    }
    assert_eq!(plan["currency"], currency);
    assert_eq!(plan["slots"].as_array().unwrap().len() as i64, number(&case["slots"]["count"]));
}

#[test]
fn berlins_battery_costs_what_another_program_finds_over_both_nights_of_the_clock() {
    planned("berlin-spring", "EUR");
    planned("berlin-autumn", "EUR");
}

#[test]
fn tokyos_battery_costs_what_another_program_finds() {
    planned("tokyo", "JPY");
}

#[test]
fn berlins_tariffs_compare_as_another_program_finds() {
    let case = case("berlin-comparison");
    let folder = tempfile::tempdir().unwrap();
    let common = files(&case, folder.path());
    let slots = &case["slots"];
    let modulus = number(&case["modulus"]);
    rows(
        &folder.path().join("use.csv"),
        "interval_start,interval_end,consumption",
        number(&slots["start"]),
        number(&slots["minutes"]),
        number(&slots["count"]),
        |place| decimal((7_919 * place + 13) % modulus, 3),
    );
    let path = folder.path().display();
    let mut line =
        format!("compare {common} --consumption {path}/use.csv --spot {path}/market.csv --rate-vat exc");
    for tariff in case["tariffs"].as_array().unwrap() {
        let name = tariff["code"].as_str().unwrap();
        std::fs::write(folder.path().join(format!("{name}.json")), tariff.to_string()).unwrap();
        write!(line, " --tariff {path}/{name}.json").unwrap();
    }
    let compared = json(&line);
    assert_eq!(compared["currency"], "EUR");
    for tariff in compared["tariffs"].as_array().unwrap() {
        let code = tariff["code"].as_str().or(tariff["tariff"].as_str()).unwrap();
        assert_eq!(tariff["total_minor"], case["expected"][code], "{code}");
    }
    assert_eq!(compared["tariffs"].as_array().unwrap().len(), 3);
}

/// What goes by a month's peak or energy is said wherever it is not in the prices; energy that goes by tiers has no price a slot.
#[test]
fn plans_say_what_of_a_tariff_they_do_not_price() {
    let (folder, files) = site("Europe/Berlin");
    let path = folder.path().display();
    let tariff = "code = \"B\"\nunit_rate = \"25\"\n[[components]]\nname = \"Leistung\"\ncapacity = { slot_minutes = 30, price_per_kw = \"500\", every = \"month\" }\n\
                  [[components]]\nname = \"Netz\"\nunit_rate = \"5\"\nhours = [{ from = \"06:00\", to = \"22:00\" }]\n";
    std::fs::write(folder.path().join("b.toml"), tariff).unwrap();
    let tiers = "code = \"T\"\ntax = \"none\"\ntiers = { every = \"month\", steps = [{ up_to_kwh = \"9\", rate = \"1\" }, { rate = \"2\" }] }\n";
    std::fs::write(folder.path().join("t.toml"), tiers).unwrap();
    let own = files.replace("rates.csv", "b.toml");
    let day = "--from 2026-06-02 --to 2026-06-03";
    for line in [
        format!("charge {own} --kwh 2 --kw 2 --from 2026-06-02 --by 2026-06-03"),
        format!("cheapest {own} --duration 2h {day}"),
        format!("battery {own} --load {path}/load.csv --capacity-kwh 5 --kw 3 {day}"),
        format!("battery {own} --load {path}/load.csv --capacity-kwh 5 --kw 3 {day} --peak-price 40"),
        format!("battery {own} --load {path}/load.csv --capacity-kwh 5 --kw 3 {day} --show policy"),
        format!("backtest {own} --load {path}/load.csv --capacity-kwh 5 --kw 3 {day} --all-rates-known"),
        format!("backtest {own} --load {path}/load.csv --capacity-kwh 5 --kw 3 {day} --sweep-capacity-kwh 5"),
    ] {
        let answer = json(&line);
        let said = answer["notices"].as_array().unwrap_or_else(|| panic!("{line}: {answer}"));
        assert!(
            said.iter().any(|text| text.as_str().unwrap().contains("Leistung is not in the plan's prices")),
            "{line}: {said:?}"
        );
    }
    // By hand: two kWh at night for 25 with 19 % on it are 59.5; by day they would be 71.4.
    let plan = json(&format!("charge {own} --kwh 2 --kw 2 --from 2026-06-02 --by 2026-06-03"));
    assert_eq!(plan["cost_minor"], "59.5");
    let refused = run(&format!("cheapest {} --duration 2h {day}", files.replace("rates.csv", "t.toml")));
    assert!(refused.code == 1 && refused.stderr.contains("tiers"), "{}", refused.stderr);
    let unused = run(&format!("cheapest {own} --duration 2h {day} --spot {path}/rates.csv"));
    assert!(unused.code == 2 && unused.stderr.contains("--spot is of no use"), "{}", unused.stderr);
}

/// In Oslo prices of 150 øre a kWh are usual: nobody took them for prices of a MWh, nor of a tenth of a crown for pounds.
#[test]
fn prices_in_other_currencies_are_not_doubted_as_pence() {
    let folder = tempfile::tempdir().unwrap();
    let start = kwhen::time::parse_instant("2026-01-05T23:00:00Z").unwrap().timestamp();
    rows(&folder.path().join("rates.csv"), "valid_from,valid_to,rate", start, 60, 24, |place| {
        (120 + place * 7).to_string()
    });
    let line = |zone: &str| {
        format!("cheapest --rates {}/rates.csv --duration 2h --time-zone {zone}", folder.path().display())
    };
    let doubted = |zone: &str| page(&line(zone)).contains("dearer on average than any tariff");
    assert!(doubted("Europe/London") && doubted("Europe/Berlin") && !doubted("Europe/Oslo"));
}
