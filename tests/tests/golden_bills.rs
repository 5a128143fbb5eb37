//! The sample household's bills against figures worked by `tests/golden/bills/work.py`, which shares nothing with the engine.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::bill::{Bill, BillRequest, BillingRules, Grouping, LineKind, LinePrice};
use kwhen::input::{PriceOptions, ReadingOptions, consumption, standing_charges, unit_rates};
use kwhen::time::{Calendar, PeriodKind, Span};
use kwhen_tests::repository;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

fn sample(name: &str) -> Vec<u8> {
    fs::read(repository().join("data").join(name)).expect("the sample data")
}

#[test]
fn every_golden_bill_to_the_last_digit() {
    let readings = consumption(&sample("consumption.csv"), &ReadingOptions::default()).expect("consumption");
    let rates = unit_rates(&sample("rates.csv"), &PriceOptions::default()).expect("rates");
    let standing = standing_charges(&sample("standing-charges.csv"), &PriceOptions::default())
        .expect("standing charges");
    let gb = Calendar::great_britain();
    let mut cases = 0;
    for entry in fs::read_dir(repository().join("tests/golden/bills")).expect("the golden bills") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Value = serde_json::from_slice(&fs::read(&path).expect("a case")).expect("JSON");
        let at = |field: &str| gb.parse(case[field].as_str().unwrap()).unwrap();
        let period = Span::new(at("first_day"), at("day_after_last")).unwrap();
        for rules in [BillingRules::exact(), BillingRules::octopus()] {
            let place = format!("{} under {}", path.display(), rules.name);
            let expected = &case["rules"][&rules.name];
            let request = BillRequest::new(&readings, &rates, period)
                .standing_charges(&standing)
                .rules(rules)
                .grouping(Grouping::Periods(PeriodKind::Day));
            let bill = Bill::new(&request).expect("a bill");
            let json = serde_json::to_value(&bill).expect("JSON");
            for field in ["from", "to", "kwh", "net_minor", "vat_minor", "total_minor", "coverage"] {
                assert_eq!(json[field], expected[field], "{field} of {place}");
            }
            let mut days = BTreeMap::new();
            for line in bill.lines.iter().filter(|line| line.kind == LineKind::StandingCharge) {
                *days.entry(line.price.and_then(LinePrice::per_day).unwrap().to_string()).or_insert(0) +=
                    line.days.unwrap();
            }
            assert_eq!(serde_json::to_value(&days).unwrap(), expected["days_by_standing_charge"], "{place}");
            let by_day: BTreeMap<_, _> = bill
                .periods
                .iter()
                .flatten()
                .map(|day| (day.period.label.clone(), day.net_minor.to_string()))
                .collect();
            assert_eq!(serde_json::to_value(&by_day).unwrap(), expected["net_minor_by_day"], "{place}");
            cases += 1;
        }
    }
    assert_eq!(cases, 12, "six cases under two rules");
}
