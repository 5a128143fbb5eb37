//! Inputs that were once billed wrongly, with the figures that were worked out by hand before: volumes of gas, clocks of other
//! countries, days whose midnight does not exist.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type};
use kwhen_tests::command::{json, run};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// The rows of CSV, each a list of fields, without the header.
fn rows(line: &str) -> Vec<Vec<String>> {
    let text = run(&format!("{line} --format csv")).stdout_of_success();
    text.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

const GAS: &str = "tests/cases/compare-gas-volumes";
const NOVEMBER: &str = "--from 2026-11-01 --to 2026-11-03";
const CUBIC_METRES: &str = "--gas-unit cubic-metres --calorific-value 39.1";

/// By hand: 96 half-hours of 0.5 m³ are 48 m³ × 1.02264 × 39.1 / 3.6 = 533.13632 kWh, or, each to the 8 decimals that are held, 96 ×
/// 5.55350333 = 533.13631968; at 5, 6 and 4.2 p and two days at 30, 33 and 60 p they come to 2725.68160, 3264.81792 and 2359.17254 p, and
/// VAT on gas stays at 5 %.
#[test]
fn gas_volumes_are_never_compared_as_kwh() {
    let compare = |tariffs: &str, flags: &str| {
        let tariffs: Vec<String> =
            tariffs.split(' ').map(|name| format!("--tariff {GAS}/{name}.toml")).collect();
        format!("compare {} --consumption {GAS}/g.csv {flags} {NOVEMBER}", tariffs.join(" "))
    };
    let found: Vec<_> = rows(&compare("a b", CUBIC_METRES))
        .into_iter()
        .map(|row| (row[1].clone(), row[3].clone(), row[4].clone()))
        .collect();
    let expect = |code: &str, net: &str| (code.to_owned(), "533.13631968".to_owned(), net.to_owned());
    assert_eq!(
        found,
        [expect("G-1R-SILVER-25-09-02-A", "2725.6815984"), expect("G-1R-VAR-22-11-01-A", "3264.81791808")]
    );
    // The winner turns round: at 48 kWh the standing charge decides, at 533 the unit rate.
    let won = |flags| rows(&compare("a c", flags))[0][1].clone();
    assert_eq!(won(CUBIC_METRES), "G-1R-FIX-25-01-01-A");
    assert_eq!(won("--gas-unit kwh"), "G-1R-SILVER-25-09-02-A");
    let mixed = run(&format!(
        "compare --tariff {GAS}/a.toml --tariff tests/cases/sydney-dst-zone/no-zone.toml --consumption {GAS}/g.csv {CUBIC_METRES}"
    ));
    assert_ne!(mixed.code, 0);
    assert!(mixed.stderr.contains("another fuel"), "{}", mixed.stderr);
}

#[test]
fn gas_without_the_unit_of_its_readings_is_an_error_wherever_money_comes_out() {
    let (tariff, readings) = (format!("--tariff {GAS}/a.toml"), format!("--consumption {GAS}/g.csv"));
    for line in [
        format!("compare {tariff} --tariff {GAS}/b.toml {readings} {NOVEMBER}"),
        format!("compare {tariff} --tariff {GAS}/b.toml {readings} {NOVEMBER} --rules octopus --format json"),
        format!("bill {tariff} {readings} {NOVEMBER}"),
        format!("bill {tariff} {readings} {NOVEMBER} --by month --format csv"),
        format!("bill {tariff} {readings} {NOVEMBER} --export hledger"),
        format!("reconcile --statement data/consumption.csv {tariff} {readings} {NOVEMBER}"),
    ] {
        let refused = run(&line);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{line}");
        assert!(refused.stderr.contains("--gas-unit is needed"), "{line}: {}", refused.stderr);
        assert!(refused.stderr.contains("G-1R-SILVER-25-09-02-A"), "{line}: {}", refused.stderr);
    }
    let bill = |flags: &str| json(&format!("bill {tariff} {readings} {NOVEMBER} {flags}"));
    assert_eq!(bill(CUBIC_METRES)["net_minor"], "2725.6815984");
    assert_eq!(bill("--gas-unit kwh")["net_minor"], "300");
    // No calorific value is assumed, here or anywhere.
    let bare = run(&format!("bill {tariff} {readings} {NOVEMBER} --gas-unit m3")).refusal();
    assert!(bare.contains("need a calorific value"), "{bare}");
    let both =
        run(&format!("bill {tariff} {readings} {NOVEMBER} --gas-unit kwh --calorific-value 39.1")).refusal();
    assert!(both.contains("take no calorific value"), "{both}");
}

/// A file of unit rates does not say what they are for; the flags of its readings do, and VAT on gas is then gas's.
#[test]
fn unit_rates_are_those_of_gas_where_the_readings_are() {
    let bill =
        json(&format!("bill --rates {GAS}/rg.csv --consumption {GAS}/g.csv {CUBIC_METRES} {NOVEMBER}"));
    assert_eq!((&bill["kwh"], &bill["net_minor"]), (&"533.13631968".into(), &"2665.6815984".into()));
    assert_eq!(bill["vat_minor"], "133.28407992", "5 %, where electricity has none in November 2026");
    let electricity = run(&format!(
        "bill --tariff tests/cases/sydney-dst-zone/no-zone.toml --consumption {GAS}/g.csv {CUBIC_METRES} {NOVEMBER}"
    ));
    assert_eq!(electricity.code, 2, "{}", electricity.stderr);
    assert!(
        electricity.stderr.contains("AU-TOU") && electricity.stderr.contains("electricity"),
        "{}",
        electricity.stderr
    );
}

const SYDNEY: &str = "tests/cases/sydney-dst-zone";

/// By hand: 4 kWh between 18:00 and 20:00 of a day of 25 hours, at 15 p, and one day at 100 p.
#[test]
fn the_clock_given_is_that_of_a_tariff_which_names_none() {
    let bill = |tariff: &str, more: &str| {
        json(&format!(
            "bill --tariff {SYDNEY}/{tariff}.toml --consumption {SYDNEY}/use.csv --tax 10% --from 2026-04-05 --to 2026-04-06 {more}"
        ))
    };
    for tariff in ["with-zone", "no-zone"] {
        let bill = bill(tariff, "--time-zone Australia/Sydney");
        assert_eq!(bill["net_minor"], "160", "{tariff}");
        assert_eq!(
            (&bill["coverage"]["slots"], &bill["tariff_clock"]),
            (&50.into(), &"Australia/Sydney".into())
        );
        assert_eq!(bill["lines"][0]["net_minor"], "60", "{tariff}");
    }
    // A file that names its own keeps it; the page says which.
    assert_eq!(bill("with-zone", "")["tariff_clock"], "Australia/Sydney");
    let page = |tariff: &str, zone: &str| {
        run(&format!(
            "bill --tariff {SYDNEY}/{tariff}.toml --consumption {SYDNEY}/use.csv --tax 10% --time-zone {zone}"
        ))
        .stdout_of_success()
    };
    assert!(
        page("with-zone", "Europe/London")
            .contains("Europe/London, the tariff's times of day Australia/Sydney")
    );
    let same = page("no-zone", "Australia/Sydney");
    assert!(same.contains("Australia/Sydney · rules: exact"), "{same}");
    let compared = json(&format!(
        "compare --tariff {SYDNEY}/no-zone.toml --tariff {SYDNEY}/with-zone.toml --consumption {SYDNEY}/use.csv --tax 10% --from 2026-04-05 --to 2026-04-06 --time-zone Australia/Sydney"
    ));
    for tariff in compared["tariffs"].as_array().unwrap() {
        assert_eq!(
            (&tariff["net_minor"], &tariff["tariff_clock"]),
            (&"160".into(), &"Australia/Sydney".into())
        );
    }
    let shown =
        run(&format!("tariff show {SYDNEY}/no-zone.toml --date 2026-04-05 --time-zone Australia/Sydney"));
    assert!(shown.stdout_of_success().contains("by the clock of Australia/Sydney"));
}

const AZORES: &str = "tests/cases/midnight-dst-azores-2026-03-29";
const NEIGHBOURS: &str = "tests/cases/midnight-dst-neighbours";

fn spring(tariff: &str, from: &str, to: &str) -> Value {
    json(&format!(
        "bill --tariff {NEIGHBOURS}/{tariff}.toml --consumption {NEIGHBOURS}/use.csv --from {from} --to {to} --time-zone Atlantic/Azores --tax none"
    ))
}

fn days(bill: &Value) -> i64 {
    bill["lines"].as_array().unwrap().iter().filter_map(|line| line["days"].as_i64()).sum()
}

/// By hand: the day of 46 half-hours begins at 01:00Z, when the clock goes from 24:00 of the day before to 01:00.
#[test]
fn a_day_without_a_midnight_has_its_standing_charge() {
    for (from, to, counted, net) in [
        ("2026-03-28", "2026-03-29", 1, "530"),
        ("2026-03-29", "2026-03-30", 1, "510"),
        ("2026-03-28", "2026-03-30", 2, "1040"),
        ("2026-03-29", "2026-04-01", 3, "1570"),
    ] {
        let bill = spring("t", from, to);
        assert_eq!((days(&bill), &bill["net_minor"]), (counted, &net.into()), "{from} to {to}");
    }
    let alone = json(&format!(
        "bill --tariff {AZORES}/t.toml --consumption {AZORES}/use.csv --from 2026-03-29 --to 2026-03-30 --time-zone Atlantic/Azores --tax none"
    ));
    assert_eq!((&alone["from"], &alone["net_minor"]), (&"2026-03-29T01:00:00Z".into(), &"510".into()));
    // Pieces count each day where it starts, and none in the hours around.
    let pieces = rows(&format!(
        "bill --tariff {AZORES}/t.toml --consumption {AZORES}/use.csv --from 2026-03-28T23:00:00Z --to 2026-03-30T02:00:00Z --by day --time-zone Atlantic/Azores --tax none"
    ));
    let pieces: Vec<_> =
        pieces.iter().map(|row| (row[2].as_str(), row[3].as_str(), row[5].as_str())).collect();
    assert_eq!(pieces, [("2026-03-28", "4", "0"), ("2026-03-29", "46", "1"), ("2026-03-30", "4", "1")]);
    // A charge of 50 p to the 28th and 60 p from the 29th.
    let dated = spring("t2", "2026-03-28", "2026-03-31");
    let standing: Vec<_> = dated["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] == "standing_charge")
        .map(|line| (line["days"].as_i64().unwrap(), line["net_minor"].as_str().unwrap()))
        .collect();
    assert_eq!(standing, [(1, "50"), (2, "120")]);
    // Sums made ready for many tariffs count as bills do.
    let compared = json(&format!(
        "compare --tariff {NEIGHBOURS}/t.toml --tariff {NEIGHBOURS}/t2.toml --consumption {NEIGHBOURS}/use.csv --from 2026-03-29 --to 2026-03-30 --time-zone Atlantic/Azores --tax none"
    ));
    assert_eq!(compared["tariffs"][0]["net_minor"], "510");
    assert_eq!(compared["tariffs"][1]["net_minor"], "520");
}

/// By hand: Asuncion went to 01:00 at the midnight that would have begun October, a day of 46 half-hours.
#[test]
fn a_month_without_a_first_midnight_has_its_standing_charge() {
    let months = rows(&format!(
        "bill --tariff {NEIGHBOURS}/t3.toml --consumption {NEIGHBOURS}/use3.csv --from 2023-09-30 --to 2023-10-02 --by month --time-zone America/Asuncion --tax none"
    ));
    let months: Vec<_> = months
        .iter()
        .map(|row| (row[2].as_str(), row[3].as_str(), row[5].as_str(), row[7].as_str()))
        .collect();
    assert_eq!(months, [("2023-09", "48", "1", "530"), ("2023-10", "46", "1", "510")]);
}

#[test]
fn many_meters_count_days_without_a_midnight_too() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bills.parquet");
    let line = format!(
        "batch --consumption {NEIGHBOURS}/use.parquet --rates {NEIGHBOURS}/rates.parquet --agreements {NEIGHBOURS}/agreements.parquet \
         --from 2026-03-28 --to 2026-03-30 --by day --time-zone Atlantic/Azores --tax none --out {} --format json",
        out.display()
    );
    let made = run(&line);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let file = std::fs::File::open(&out).unwrap();
    let mut found = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let labels = batch.column_by_name("period").unwrap().as_string::<i32>();
        let days = batch.column_by_name("days").unwrap().as_primitive::<Int32Type>();
        let net = batch.column_by_name("net_minor").unwrap().as_primitive::<Decimal128Type>();
        for row in 0..batch.num_rows() {
            let net = kwhen::Money::from_units(net.value(row)).unwrap().to_string();
            found.push((labels.value(row).to_owned(), days.value(row), net));
        }
    }
    // The same use and prices as above.
    let expect = |label: &str, net: &str| (label.to_owned(), 1, net.to_owned());
    assert_eq!(found, [expect("2026-03-28", "530"), expect("2026-03-29", "510")]);
}

const BANDS: &str = r#"code = "MINUTES"
standing_charge = "10"
[[bands]]
name = "cheap"
from = "13:16"
to = "14:10"
rate = "10"
[[bands]]
name = "rest"
from = "14:10"
to = "13:16"
rate = "30"
"#;

/// By hand: of a day at 1 kWh each half-hour the cheap band has 14 of 30 minutes, a whole half-hour and 10 of 30 minutes: 0.46666667 + 1 +
/// 0.33333333 = 1.8 kWh at 10 p; the other 46.2 kWh at 30 p; 18 + 1386 + 10 = 1414 p.
#[test]
fn bands_with_edges_inside_half_hours_are_shared_out_when_asked_and_refused_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tariff = file("minutes.toml", BANDS);
    let start = kwhen::time::parse_instant("2026-11-02T00:00:00Z").unwrap();
    let slots =
        (0..48).map(|slot| kwhen::time::instant_text(start + chrono::TimeDelta::minutes(30 * slot)) + ",1\n");
    let readings = file("use.csv", &("start,kwh\n".to_owned() + &slots.collect::<String>()));
    let line = format!("--tariff {tariff} --consumption {readings} --from 2026-11-02 --to 2026-11-03");
    let refused = run(&format!("bill {line}")).refusal();
    assert!(refused.contains("changes inside the slot of 30 minutes from 2026-11-02T13:00:00Z"), "{refused}");
    assert!(refused.contains("shared out by time"), "{refused}");
    let bill = json(&format!("bill {line} --between-readings by-time --by half-hour"));
    assert_eq!(
        (&bill["kwh"], &bill["net_minor"], &bill["shared_slots"]),
        (&"48".into(), &"1414".into(), &2.into())
    );
    let lines: Vec<_> =
        bill["lines"].as_array().unwrap().iter().map(|line| (&line["kwh"], &line["net_minor"])).collect();
    assert_eq!(lines[..2], [(&Value::from("1.8"), &Value::from("18")), (&"46.2".into(), &"1386".into())]);
    let piece = &bill["periods"][26];
    assert_eq!((&piece["label"], &piece["kwh"]), (&"2026-11-02T13:00:00+00:00".into(), &"1".into()));
    // 14 minutes at 10 p and 16 at 30 p.
    assert_eq!(piece["net_minor"], "20.6666666");
    let page = run(&format!("bill {line} --between-readings by-time")).stdout_of_success();
    assert!(page.contains("In 2 slots the rate changes; their energy is shared out by time."), "{page}");
    let compared = json(&format!("compare {line} --between-readings by-time"));
    assert_eq!(compared["tariffs"][0]["net_minor"], "1414");
    let monthly = json(&format!("compare {line} --between-readings by-time --rules octopus"));
    assert_eq!(monthly["tariffs"][0]["net_minor"], "1414");
    let apart = run(&format!("compare {line}"));
    assert!(apart.code == 1 && apart.stderr.contains("changes inside the slot"), "{}", apart.stderr);
}

/// By hand: the clock shows 01:00 to 02:00 twice that night, and 01:00 GMT is not between 01:30 and 19:00.
#[test]
fn a_band_of_a_plan_holds_while_the_clock_shows_it_as_a_tariffs_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rates.csv");
    // 00:00Z is 01:00 BST; the cheapest half-hour of all is 01:00 GMT, the next 01:30 GMT, then 01:30 BST.
    let rows = "start,rate\n2026-10-25T00:00:00Z,30\n2026-10-25T00:30:00Z,9\n2026-10-25T01:00:00Z,1\n2026-10-25T01:30:00Z,8\n2026-10-25T02:00:00Z,20\n2026-10-25T02:30:00Z,20\n";
    std::fs::write(&path, rows).unwrap();
    let path = path.display();
    let found = json(&format!(
        "cheapest --rates {path} --duration 30m --within 01:30..19:00 --from 2026-10-25 --to 2026-10-25T03:00"
    ));
    assert_eq!(found["windows"][0]["blocks"][0]["from"], "2026-10-25T01:30:00Z");
    // An hour cannot run over 01:00 GMT: from the second 01:30 on it costs 14 p a kWh.
    let hour = json(&format!(
        "cheapest --rates {path} --duration 1h --within 01:30..19:00 --from 2026-10-25 --to 2026-10-25T03:00"
    ));
    assert_eq!(hour["windows"][0]["blocks"][0]["from"], "2026-10-25T01:30:00Z");
    assert_eq!(hour["windows"][0]["average_minor_per_kwh"], "14");
    let night = json(&format!(
        "cheapest --rates {path} --duration 1h --within 22:00..08:00 --from 2026-10-25 --to 2026-10-25T03:00"
    ));
    assert_eq!(
        night["windows"][0]["average_minor_per_kwh"], "4.5",
        "a band that the change lies inside goes on through it"
    );
}

/// By hand: 48 half-hours of 0.5 kWh in each of two days, before noon at 21 p and after at 10.5 p with 5 % in them: 24 kWh at 20 p are 480 p
/// and 24 at 10 p 240 p, and 5 % on 720 p are 36 p. What one kWh costs has no VAT in it where the amount beside it has none, and the prices
/// take turns: that of the morning holds until the second day's noon, but not throughout.
#[test]
fn a_line_of_prices_with_vat_multiplies_and_claims_no_time_of_other_prices() {
    let folder = tempfile::tempdir().unwrap();
    let (mut rates, mut used) = ("start,end,rate\n".to_owned(), "start,kwh\n".to_owned());
    for slot in 0..96 {
        let at = |slot: i64| {
            let start = kwhen::time::parse_instant("2026-02-03T00:00:00Z").unwrap();
            kwhen::time::instant_text(start + chrono::TimeDelta::minutes(30 * slot))
        };
        let price = if slot % 48 < 24 { "21" } else { "10.5" };
        rates.push_str(&format!("{},{},{price}\n", at(slot), at(slot + 1)));
        used.push_str(&format!("{},0.5\n", at(slot)));
    }
    std::fs::write(folder.path().join("rates.csv"), rates).unwrap();
    std::fs::write(folder.path().join("used.csv"), used).unwrap();
    let place = folder.path().display();
    let line = format!("bill --rates {place}/rates.csv --consumption {place}/used.csv");
    let page = run(&line).stdout_of_success();
    let words: Vec<Vec<&str>> = page.lines().map(|line| line.split_whitespace().collect()).collect();
    let ends =
        |start: &str| words.iter().find(|line| line.join(" ").starts_with(start)).unwrap()[7..].join(" ");
    assert_eq!(ends("Energy at 21 p/kWh with VAT in"), "24.000 20 480.00", "{page}");
    assert_eq!(ends("Energy at 10.5 p/kWh with VAT in"), "24.000 10 240.00", "{page}");
    assert!(page.contains("756.00") && !page.contains("  Tue 3 Feb 2026"), "{page}");
    let bill = json(&line);
    assert_eq!((&bill["net_minor"], &bill["total_minor"]), (&"720".into(), &"756".into()));
}
