//! A fault put into each cell of each row of each table of a store in turn, and each row taken away: the figure is the same, or there is
//! an error. Never another figure.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, Utc};
use kwhen::bill::{BillOptions, Metered, Statement, Supply};
use kwhen::series::PaymentMethod;
use kwhen::tariff::{Agreements, Fuel, GasConversion, GasTerms, GasUnit};
use kwhen::time::Span;
use kwhen_fake_api::{ACCOUNT, AGILE, Answer, Fault, GAS_METER, KEY, METER, MPAN, MPRN, Server};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::protocol::Settings;
use kwhen_fetch::store::{ChargeKind, Store, StoredMeter, Sync, SyncOptions, TariffOptions};
use kwhen_fetch::{Credentials, Instance, Secret, rest};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;

const GAS: &str = "G-1R-VAR-22-11-01-C";
const TABLES: [&str; 8] =
    ["row", "seal", "series", "contents", "document", "coverage", "missing", "revision"];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn period() -> (DateTime<Utc>, DateTime<Utc>) {
    (at("2026-02-03T16:00:00Z"), at("2026-02-03T18:00:00Z"))
}

/// Two hours of an account of electricity and gas, whose meter of electricity was exchanged at 17:00; a half-hour is missing.
fn fill(path: &Path) {
    let server = Server::start().unwrap();
    server.change(|world| world.holes.push(at("2026-02-03T17:30:00Z")));
    let instance = Instance::allowing_plain_http(&server.url()).unwrap();
    let settings = Settings::new(instance).with_credentials(Credentials::ApiKey(Secret::new(KEY)));
    let client = Client::new(settings).unwrap();
    let store = Store::open(path).unwrap();
    let account = client.run(rest::account(ACCOUNT)).unwrap();
    let json = serde_json::to_string(&account).unwrap();
    store.keep_document(Store::ACCOUNT, ACCOUNT, &json, 1_772_000_000).unwrap();
    let product = client.run(rest::product("AGILE-24-10-01", None)).unwrap();
    let json = serde_json::to_string(&product).unwrap();
    store.keep_document(Store::PRODUCT, "AGILE-24-10-01", &json, 1_772_000_000).unwrap();
    let (from, to) = period();
    let options = |from, to| SyncOptions::new(from, to, at("2026-03-02T17:00:00Z"));
    for (tariff, kind) in [
        (AGILE, ChargeKind::UnitRates),
        (AGILE, ChargeKind::StandingCharges),
        (GAS, ChargeKind::UnitRates),
        (GAS, ChargeKind::StandingCharges),
    ] {
        client.run(Sync::charges(&store, tariff, kind, options(from, to)).unwrap()).unwrap();
    }
    for (is_gas, point, serial, from, to) in [
        (false, MPAN, METER, at("2026-02-03T17:00:00Z"), to),
        (false, MPAN, "OLD0001", from, to),
        (true, MPRN, GAS_METER, from, to),
    ] {
        let meter = StoredMeter { is_gas, meter_point: point.to_owned(), serial_number: serial.to_owned() };
        if serial == "OLD0001" {
            // It counted until the exchange, and gives zeros since.
            let row = |from: &str, to: &str, kwh: &str| {
                format!(
                    r#"{{"consumption":{kwh},"interval_start":"2026-02-03T{from}:00Z","interval_end":"2026-02-03T{to}:00Z"}}"#
                )
            };
            let rows =
                [row("16:00", "16:30", "0.4"), row("16:30", "17:00", "0.3"), row("17:00", "17:30", "0")];
            let page = format!(r#"{{"count":3,"next":null,"previous":null,"results":[{}]}}"#, rows.join(","));
            server.fail_with([Fault::answer(&Answer::json(200, page))]);
        }
        client.run(Sync::readings(&store, &meter, options(from, to)).unwrap()).unwrap();
    }
    // One reading is corrected.
    server.change(|world| {
        world.revised.insert(at("2026-02-03T17:00:00Z"), 1234);
    });
    let meter = StoredMeter { is_gas: false, meter_point: MPAN.to_owned(), serial_number: METER.to_owned() };
    let later =
        SyncOptions::new(at("2026-02-03T17:00:00Z"), at("2026-02-03T18:30:00Z"), at("2026-03-02T18:00:00Z"));
    client.run(Sync::readings(&store, &meter, later).unwrap()).unwrap();
}

/// What a bill of the account says, as the command makes it: each supply with its energy, its gaps and its money.
fn figure(path: &Path) -> Result<String, String> {
    let said = |error: kwhen_fetch::Error| error.to_string();
    let of_core = |error: kwhen::Error| error.to_string();
    let store = Store::open(path).map_err(said)?;
    let gas = GasConversion::new(GasUnit::KilowattHours, GasTerms::default()).unwrap();
    let options =
        TariffOptions { payment_method: Some(PaymentMethod::DirectDebit), ..TariffOptions::default() };
    let (from, to) = period();
    let span = Span::new(from, to).unwrap();
    let mut read = Vec::new();
    let mut tariffs = Vec::new();
    let mut text = String::new();
    for point in store.points().map_err(said)? {
        if store.extent(&point.meter_point).map_err(said)?.is_none() {
            text.push_str(&format!("{} without readings; ", point.meter_point));
            continue;
        }
        let agreements = Agreements::from_rows(&point.agreements).map_err(of_core)?;
        for agreement in agreements.within(span) {
            tariffs.push(store.tariff(&agreement.tariff, (from, to), &options).map_err(said)?);
        }
        let readings = store.point_readings(&point.meter_point, None, (from, to)).map_err(said)?;
        text.push_str(&format!("{:?}; ", readings.notes));
        let of_gas = (point.fuel == Fuel::Gas).then(|| gas.clone());
        read.push((point.meter_point, readings.consumption().map_err(said)?, agreements, of_gas));
    }
    let supplies: Vec<Supply<'_>> = read
        .iter()
        .map(|(name, consumption, agreements, gas)| Supply {
            name: name.clone(),
            metered: Metered::Slots(consumption),
            agreements,
            gas: gas.as_ref(),
            events: kwhen::bill::Events::default(),
        })
        .collect();
    let statement = Statement::new(span, &supplies, &tariffs, &BillOptions::default()).map_err(of_core)?;
    for supply in &statement.supplies {
        for part in &supply.agreements {
            let bill = &part.bill;
            text.push_str(&format!(
                "{} {} {} kWh {} p {:?}; ",
                supply.name, part.tariff, bill.kwh, bill.total_minor, bill.coverage
            ));
        }
    }
    Ok(format!("{text}{} p", statement.total_minor))
}

/// A cell with another value in it, as SQL.
fn faults(kind: &str, column: &str) -> Vec<String> {
    let texts = [
        "'abc'",
        "''",
        "substr(x, 1, length(x) / 2)",
        "'1e400'",
        "'99999999999999999999'",
        "x || '9'",
        "NULL",
    ];
    let numbers = ["x + 1800", "x - 1800", "x + 31536000", "-x", "0", "9223372036854775807", "NULL"];
    let list: &[&str] = if kind == "TEXT" { &texts } else { &numbers };
    list.iter().map(|fault| fault.replace('x', column)).collect()
}

#[test]
fn no_damaged_row_ends_in_another_figure() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, damaged) = (folder.path().join("sound.db"), folder.path().join("damaged.db"));
    fill(&sound);
    let figures = figure(&sound).unwrap();
    assert!(figures.contains(MPAN) && figures.contains(MPRN) && figures.ends_with(" p"), "{figures}");
    let file = Connection::open(&sound).unwrap();
    let _: i64 = file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0)).unwrap();
    let (mut refused, mut same) = (0, 0);
    for table in TABLES {
        let columns: Vec<(String, String, bool)> = file
            .prepare(&format!("PRAGMA table_info({table})"))
            .unwrap()
            .query_map((), |row| Ok((row.get(1)?, row.get(2)?, row.get::<_, i64>(5)? > 0)))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let keys: Vec<&str> =
            columns.iter().filter(|(.., is_key)| *is_key).map(|(name, ..)| name.as_str()).collect();
        let rows: Vec<Vec<Value>> = file
            .prepare(&format!("SELECT {} FROM {table}", keys.join(", ")))
            .unwrap()
            .query_map((), |row| (0..keys.len()).map(|place| row.get(place)).collect())
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        assert!(!rows.is_empty(), "{table} has no rows");
        let place: Vec<String> =
            keys.iter().enumerate().map(|(place, key)| format!("{key} IS ?{}", place + 1)).collect();
        let place = place.join(" AND ");
        let mut changes = vec![(String::new(), format!("DELETE FROM {table} WHERE {place}"))];
        for (column, kind, _) in &columns {
            for fault in faults(kind, column) {
                let change = format!(
                    "UPDATE {table} SET {column} = {fault} WHERE {place} AND {column} IS NOT {fault}"
                );
                changes.push((column.clone(), change));
            }
        }
        for row in &rows {
            for (column, change) in &changes {
                std::fs::copy(&sound, &damaged).unwrap();
                let broken = Connection::open(&damaged).unwrap();
                broken.pragma_update(None, "foreign_keys", false).unwrap();
                broken.pragma_update(None, "synchronous", "off").unwrap();
                // What the table itself does not take is no damage that can be.
                if broken.execute(change, rusqlite::params_from_iter(row)).unwrap_or(0) == 0 {
                    continue;
                }
                drop(broken);
                let name = format!("{change} {row:?}");
                match figure(&damaged) {
                    Ok(other) => {
                        assert_eq!(other, figures, "{name}");
                        same += 1;
                    }
                    Err(error) => {
                        refused += 1;
                        if table == "row" && column != "series" {
                            let named = [MPAN, MPRN, AGILE, GAS].iter().any(|series| error.contains(series));
                            assert!(named, "{name}: {error}");
                            let dated = ["damaged between ", "starts at ", "impossible instant"];
                            let is_dated = dated.iter().any(|words| error.contains(words));
                            assert!(is_dated, "{name}: {error}");
                        }
                    }
                }
                if matches!(table, "coverage" | "missing" | "revision") {
                    assert_eq!(figure(&damaged).as_ref(), Ok(&figures), "{name}: no bill rests on it");
                }
            }
        }
    }
    println!("{refused} refused, {same} the same");
    assert!(refused > 500, "{refused} refused, {same} the same");
}
