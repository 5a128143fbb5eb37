//! Every kind of tariff against figures worked by `tests/golden/tariffs/work.py`, which shares nothing with the engine.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::bill::compare::Workload;
use kwhen::bill::{BillOptions, BillingRules, Grouping, MissingReadings};
use kwhen::series::{Consumption, RateSeries, VatBasis};
use kwhen::tariff::{CalorificValues, GasConversion, GasUnit, Tariff, TariffDefinition, UnitRates};
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span};
use kwhen::{Energy, Rounding, UnitRate};
use kwhen_tests::repository;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// The formula of the readings: (7919 i + 13) mod 977 Wh in the half-hour at place i.
fn readings(grid: Grid) -> Consumption {
    let reading = |place: usize| Energy::from_units(((7_919 * place as i64 + 13) % 977) * 100_000).unwrap();
    let values: Vec<_> = (0..grid.len()).map(|place| Some(reading(place))).collect();
    Consumption::on_slots(grid, &values).unwrap()
}

/// The half-hourly rates of the Agile case: ((104729 i) mod 6007 - 500) / 100 p.
fn half_hourly(grid: &Grid) -> RateSeries {
    let rate =
        |place: usize| UnitRate::from_units(((place as i64 * 104_729) % 6_007 - 500) * 1_000_000).unwrap();
    let values: Vec<_> = (0..grid.len()).map(|place| Some(rate(place))).collect();
    RateSeries::on_slots(grid, VatBasis::Exclusive, &values).unwrap()
}

fn tariff(name: &str, case: &Value, grid: &Grid) -> Tariff {
    let tariff =
        TariffDefinition::from_json(case["tariff"].to_string().as_bytes(), Calendar::great_britain())
            .expect(name);
    match name {
        "agile" => Tariff { unit_rates: UnitRates::Series(half_hourly(grid)), ..tariff },
        _ => tariff,
    }
}

fn conversion(unit: GasUnit) -> GasConversion {
    GasConversion {
        unit,
        calorific_values: CalorificValues::Fixed("39.5".parse().unwrap()),
        kwh_rounding: Some((3, Rounding::HalfEven)),
    }
}

#[test]
fn every_kind_of_tariff_to_the_last_digit() {
    let gb = Calendar::great_britain();
    let mut cases = 0;
    for entry in fs::read_dir(repository().join("tests/golden/tariffs")).expect("the golden tariffs") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case: Value = serde_json::from_slice(&fs::read(&path).expect("a case")).expect("JSON");
        let at = |field: &str| gb.parse(case[field].as_str().unwrap()).unwrap();
        let period = Span::new(at("first_day"), at("day_after_last")).unwrap();
        let grid = Grid::covering(period, SlotLength::HALF_HOUR).unwrap();
        let tariff = tariff(name, &case, &grid);
        let mut consumption = readings(grid);
        if !case["gas_unit"].is_null() {
            let conversion = conversion(serde_json::from_value(case["gas_unit"].clone()).unwrap());
            consumption = conversion.consumption(&consumption, period, &gb).unwrap();
        }
        let dispatches = match &case["dispatches"] {
            Value::Null => Vec::new(),
            list => kwhen::input::dispatches(list.to_string().as_bytes(), &gb).unwrap().spans,
        };
        for rules in BillingRules::presets() {
            let place = format!("{name} under {}", rules.name);
            let expected = &case["rules"][&rules.name];
            let options = BillOptions {
                rules: rules.clone(),
                grouping: Some(Grouping::Periods(PeriodKind::Month)),
                ..BillOptions::default()
            };
            let bill = tariff.bill(&consumption, period, &dispatches, &options).expect(&place);
            let json = serde_json::to_value(&bill).unwrap();
            for field in ["kwh", "net_minor", "vat_minor", "total_minor"] {
                assert_eq!(json[field], expected[field], "{field} of {place}");
            }
            assert!(bill.coverage.is_complete(), "{place}");
            if rules.is_exact() {
                let months: BTreeMap<_, _> = bill
                    .periods
                    .iter()
                    .flatten()
                    .map(|month| (month.period.label.clone(), month.net_minor.to_string()))
                    .collect();
                assert_eq!(serde_json::to_value(&months).unwrap(), expected["net_minor_by_month"], "{place}");
                if dispatches.is_empty() {
                    let workload =
                        Workload::new(&consumption, period, gb, &tariff.vat(), MissingReadings::Refuse)
                            .unwrap();
                    let priced = workload.price(&tariff).expect(&place);
                    assert_eq!(
                        priced.total_minor.to_string(),
                        expected["total_minor"].as_str().unwrap(),
                        "{place}"
                    );
                }
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 16 * 4, "sixteen tariffs under four rules");
}

#[test]
fn every_kind_of_register_to_the_last_digit() {
    let gb = Calendar::great_britain();
    let mut cases = 0;
    for entry in fs::read_dir(repository().join("tests/golden/registers")).expect("the golden registers") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case: Value = serde_json::from_slice(&fs::read(&path).expect("a case")).expect("JSON");
        let at = |field: &str| gb.parse(case[field].as_str().unwrap()).unwrap();
        let period = Span::new(at("first_day"), at("day_after_last")).unwrap();
        let tariff =
            TariffDefinition::from_json(case["tariff"].to_string().as_bytes(), Calendar::great_britain())
                .expect(name);
        let readings = kwhen::input::register_readings(case["readings"].to_string().as_bytes(), &gb).unwrap();
        let digits = u32::try_from(case["digits"].as_u64().unwrap()).unwrap();
        let mut advances = kwhen::tariff::advances(&readings, Some(digits)).unwrap();
        if name == "gas" {
            advances = conversion(GasUnit::CubicMetres).advances(&advances, &gb).unwrap();
        }
        for rules in BillingRules::presets() {
            let place = format!("registers of {name} under {}", rules.name);
            let expected = &case["rules"][&rules.name];
            let options = BillOptions { rules, ..BillOptions::default() };
            let bill = tariff.bill_registers(&advances, period, &options).expect(&place);
            let json = serde_json::to_value(&bill).unwrap();
            for field in ["kwh", "net_minor", "vat_minor", "total_minor"] {
                assert_eq!(json[field], expected[field], "{field} of {place}");
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 4 * 4, "four meters under four rules");
}
