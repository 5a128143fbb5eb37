//! Bills around the clock changes of many zones against figures worked by `tests/golden/zones/work.py`, which shares nothing with the
//! engine: it asks Python's zoneinfo for every minute.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::Energy;
use kwhen::bill::compare::Workload;
use kwhen::bill::{BillOptions, Grouping, MissingReadings};
use kwhen::series::Consumption;
use kwhen::tariff::TariffDefinition;
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span, instant_text};
use kwhen_tests::repository;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// The formula of the readings: (7919 i + 13) mod 977 Wh in the slot at place i.
fn readings(grid: Grid) -> Consumption {
    let reading = |place: usize| Energy::from_units(((7_919 * place as i64 + 13) % 977) * 100_000).unwrap();
    let values: Vec<_> = (0..grid.len()).map(|place| Some(reading(place))).collect();
    Consumption::on_slots(grid, &values).unwrap()
}

#[test]
fn days_bands_and_dated_prices_at_the_clock_changes_of_many_zones() {
    let mut zones = BTreeSet::new();
    for entry in fs::read_dir(repository().join("tests/golden/zones")).expect("the worked zones") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case: Value = serde_json::from_slice(&fs::read(&path).expect("a case")).expect("JSON");
        let text = |field: &str| case[field].as_str().unwrap();
        let calendar = Calendar::named(text("zone")).unwrap();
        let at = |field: &str| calendar.parse(text(field)).unwrap();
        let period = Span::new(at("first_day"), at("day_after_last")).unwrap();
        assert_eq!(
            (instant_text(period.from()), instant_text(period.to())),
            (text("from").into(), text("to").into()),
            "{name}"
        );
        let minutes = u32::try_from(case["slot_minutes"].as_u64().unwrap()).unwrap();
        let grid = Grid::covering(period, SlotLength::from_minutes(minutes).unwrap()).unwrap();
        let consumption = readings(grid);
        // A tariff that names its zone is read by another clock, and goes by its own.
        let read_by = if case["tariff"]["time_zone"].is_null() {
            calendar
        } else {
            Calendar::named("Asia/Kathmandu").unwrap()
        };
        let tariff = TariffDefinition::from_json(case["tariff"].to_string().as_bytes(), read_by).expect(name);
        let options = BillOptions {
            calendar,
            grouping: Some(Grouping::Periods(PeriodKind::Day)),
            ..BillOptions::default()
        };
        let bill = tariff.bill(&consumption, period, &[], &options).expect(name);
        assert!(bill.coverage.is_complete(), "{name}");
        assert_eq!(
            (bill.kwh.to_string(), bill.net_minor.to_string()),
            (text("kwh").into(), text("net_minor").into()),
            "{name}"
        );
        let days: Vec<Value> = bill
            .periods
            .iter()
            .flatten()
            .map(|day| {
                assert_eq!(day.days, 1, "{name} {}", day.period.label);
                serde_json::json!({
                    "label": day.period.label, "from": instant_text(day.period.span.from()), "slots": day.slots,
                    "kwh": day.kwh.to_string(), "net_minor": day.net_minor.to_string(),
                })
            })
            .collect();
        assert_eq!(Value::from(days), case["days"], "{name}");
        let standing: i64 = bill.lines.iter().filter_map(|line| line.days).sum();
        assert_eq!(Some(standing), case["standing_days"].as_i64(), "{name}");
        let workload =
            Workload::new(&consumption, period, calendar, &tariff.vat(), MissingReadings::Refuse).unwrap();
        assert_eq!(workload.price(&tariff).expect(name).net_minor, bill.net_minor, "{name}");
        zones.insert(text("zone").to_owned());
    }
    assert!(zones.len() >= 12, "{zones:?}");
}
