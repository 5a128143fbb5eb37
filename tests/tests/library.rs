//! The same questions asked of the library and of the command: the same digits, and the same defaults. The wheel's tests ask them of the
//! wheel and of the command.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::bill::compare::{CompareRequest, compare};
use kwhen::bill::reconcile::{reconcile, statement_lines};
use kwhen::bill::{Bill, BillOptions, BillRequest, BillingRules, Events, Grouping};
use kwhen::input::{PriceOptions, ReadingOptions, consumption, standing_charges, unit_rates};
use kwhen::plan::backtest::{Backtest, Persistence, Strategy};
use kwhen::plan::battery::{Battery, BatteryRequest, Efficiency, Site};
use kwhen::plan::charge::ChargeRequest;
use kwhen::plan::fleet::{Fleet, FleetDevice};
use kwhen::plan::window::{Alternatives, WindowRequest};
use kwhen::plan::{SlotPrices, slots_over};
use kwhen::series::StandingCharges;
use kwhen::tariff::TariffDefinition;
use kwhen::time::{Calendar, Grid, PeriodKind, Publication, SlotLength, Span};
use kwhen::{Consumption, RateSeries, UnitRate};
use kwhen_tests::command::json;
use kwhen_tests::folder::Folder;
use kwhen_tests::repository;
use serde_json::{Value, to_value};

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(repository().join("data").join(name)).unwrap()
}

fn readings(name: &str) -> Consumption {
    consumption(&sample(name), &ReadingOptions::default()).unwrap()
}

fn rates(name: &str) -> RateSeries {
    unit_rates(&sample(name), &PriceOptions::default()).unwrap()
}

fn standing() -> StandingCharges {
    standing_charges(&sample("standing-charges.csv"), &PriceOptions::default()).unwrap()
}

fn gb() -> Calendar {
    Calendar::great_britain()
}

fn span(from: &str, to: &str) -> Span {
    Span::new(gb().parse(from).unwrap(), gb().parse(to).unwrap()).unwrap()
}

/// Fields of an answer of the library that the command says too.
#[track_caller]
fn agree(library: &Value, command: &Value, fields: &[&str]) {
    for field in fields {
        assert!(!library[field].is_null(), "{field}");
        assert_eq!(library[field], command[field], "{field}");
    }
}

#[test]
fn a_bill() {
    let command = json(
        "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv \
         --from 2026-03-01 --to 2026-04-01 --by day",
    );
    let (used, prices, daily) = (readings("consumption.csv"), rates("rates.csv"), standing());
    let request = BillRequest::new(&used, &prices, span("2026-03-01", "2026-04-01"))
        .standing_charges(&daily)
        .grouping(Grouping::Periods(PeriodKind::Day));
    let library = to_value(Bill::new(&request).unwrap()).unwrap();
    agree(
        &library,
        &command,
        &["kwh", "net_minor", "vat_minor", "total_minor", "rules", "lines", "coverage", "periods"],
    );
}

#[test]
fn a_comparison() {
    let command = json(
        "compare --consumption data/consumption.csv --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml \
         --from 2025-11-01 --to 2026-10-01",
    );
    let used = readings("consumption.csv");
    let tariffs = [
        r#"{"code": "E-1R-GO-VAR-22-10-14-C", "clock": "local", "standing_charge": "47.85", "bands": [
            {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.0953"},
            {"name": "day", "from": "05:30", "to": "00:30", "rate": "26.4"}]}"#,
        r#"{"code": "E-1R-VAR-22-11-01-C", "unit_rate": "24.19", "standing_charge": "44.6"}"#,
    ]
    .map(|definition| TariffDefinition::from_json(definition.as_bytes(), gb()).unwrap());
    let request = CompareRequest::new(&used, &tariffs, span("2025-11-01", "2026-10-01"));
    let library = to_value(compare(&request).unwrap()).unwrap();
    agree(&library, &command, &["rules", "tariffs", "months", "currency"]);
}

#[test]
fn a_reconciliation() {
    let lines = "kind,from,to,kwh,rate,amount_minor\nenergy,2026-03-01,2026-04-01,,24.19,4000\nstanding charge,,,,44.6,1382.6\ntotal,,,,,9999\n";
    let folder = Folder::new();
    let statement = folder.file("statement.csv", lines);
    let command = json(&format!(
        "reconcile --statement {statement} --tariff data/tariffs/flat.toml --consumption data/consumption.csv --from 2026-03-01 \
         --to 2026-04-01"
    ));
    let used = readings("consumption.csv");
    let definition = br#"{"code": "E-1R-VAR-22-11-01-C", "unit_rate": "24.19", "standing_charge": "44.6"}"#;
    let tariff = TariffDefinition::from_json(definition, gb()).unwrap();
    let options = BillOptions { rules: BillingRules::octopus_statement(), ..BillOptions::default() };
    let read = statement_lines(lines.as_bytes(), &gb()).unwrap();
    let found =
        reconcile(&read, &tariff, &used, Events::default(), span("2026-03-01", "2026-04-01"), &options)
            .unwrap();
    let library = to_value(found).unwrap();
    agree(&library, &command, &["rules", "agreeing", "differing", "explained_by", "lines"]);
}

#[test]
fn windows() {
    let command = json(
        "cheapest --rates data/rates.csv --duration 3h --split --max-starts 2 --min-run 1h --top 3 \
         --from 2026-03-28 --to 2026-03-30",
    );
    let days = span("2026-03-28", "2026-03-30");
    let prices = SlotPrices::over(&rates("rates.csv"), days, SlotLength::HALF_HOUR).unwrap();
    let request =
        WindowRequest::split(180).unwrap().during(days).max_starts(2).min_run(60).top(3, Alternatives::Apart);
    let library = to_value(request.find(&prices).unwrap()).unwrap();
    agree(&library, &command, &["windows"]);
}

#[test]
fn a_charging_plan() {
    let command = json(
        "charge --rates data/rates.csv --kwh 22 --kw 7.4 --max-starts 2 --from 2026-03-28T18:00 --by 2026-03-29T07:00",
    );
    let night = span("2026-03-28T18:00", "2026-03-29T07:00");
    let prices = SlotPrices::over(&rates("rates.csv"), night, SlotLength::HALF_HOUR).unwrap();
    let request =
        ChargeRequest::energy("22".parse().unwrap(), "7.4".parse().unwrap(), night).unwrap().max_starts(2);
    let library = to_value(request.plan(&prices).unwrap()).unwrap();
    agree(&library, &command, &["cost_minor", "kwh", "starts", "blocks"]);
}

/// The site and the battery of `SITE`.
fn home() -> (Site, Battery) {
    home_over(span("2026-07-01", "2026-07-15"))
}

fn home_over(days: Span) -> (Site, Battery) {
    let (import, export) = (rates("rates.csv"), rates("export-rates.csv"));
    let (load, solar) = (readings("consumption.csv"), readings("solar.csv"));
    let grid: Grid = slots_over(days, SlotLength::HALF_HOUR, [&import, &export], [&load, &solar]).unwrap();
    let paid = |series: &RateSeries| series.on_grid(&grid, series.paid_basis()).unwrap();
    let site = Site::from_rates(&paid(&import))
        .and_then(|site| site.export_rates(&paid(&export)))
        .and_then(|site| site.load_readings(&load))
        .and_then(|site| site.solar_readings(&solar))
        .unwrap();
    let efficiency: Efficiency = "0.95".parse().unwrap();
    let wear: UnitRate = "1.5".parse().unwrap();
    let battery = Battery::new("10".parse().unwrap(), "5".parse().unwrap())
        .unwrap()
        .with_efficiency(efficiency, efficiency)
        .with_wear(wear)
        .unwrap();
    (site, battery)
}

const SITE: &str = "--rates data/rates.csv --export-rates data/export-rates.csv --load data/consumption.csv \
                    --solar data/solar.csv --capacity-kwh 10 --kw 5 --wear 1.5 --from 2026-07-01 --to 2026-07-15";

#[test]
fn a_battery_plan() {
    let command = json(&format!("battery {SITE} --start-kwh 4"));
    let (site, battery) = home();
    let plan = battery.plan(&site, &BatteryRequest::starting_at("4".parse().unwrap())).unwrap();
    assert_eq!(to_value(plan.cost()).unwrap(), command["cost_minor"]);
    assert_eq!(to_value(plan.saving().unwrap()).unwrap(), command["saving_minor"]);
    let stored: Vec<Value> = plan.slots().iter().map(|slot| to_value(slot.stored).unwrap()).collect();
    let told = command["slots"].as_array().unwrap();
    assert_eq!(stored, told.iter().map(|slot| slot["stored_kwh"].clone()).collect::<Vec<_>>());
}

/// Two of the battery, one of them without wear: the same proven cost. Which of equal plans is shown may hang on when the search ends.
#[test]
fn a_fleet() {
    let folder = Folder::new();
    let definition = |name: &str, wear: &str| {
        let text = format!(
            "name = \"{name}\"\ncapacity_kwh = 10\nkw = 5\ncharge = {{ efficiency = \"0.95\" }}\ndischarge = {{ efficiency = \"0.95\" }}\n{wear}"
        );
        folder.file(&format!("{name}.toml"), text)
    };
    let (first, second) = (definition("first", "wear = \"1.5\"\n"), definition("second", ""));
    let days = "--from 2026-07-01 --to 2026-07-02";
    let sources = "--rates data/rates.csv --export-rates data/export-rates.csv --load data/consumption.csv --solar data/solar.csv";
    let command = json(&format!("battery {sources} --battery {first} --battery {second} {days}"));
    let (site, worn) = home_over(span("2026-07-01", "2026-07-02"));
    let unworn = worn.clone().with_wear(UnitRate::ZERO).unwrap();
    let device = |name: &str, battery| FleetDevice {
        name: name.to_owned(),
        battery,
        request: BatteryRequest::default(),
    };
    let fleet = Fleet::new(vec![device("first", worn), device("second", unworn)]).unwrap();
    let plan = fleet.plan(&site).unwrap();
    assert!(plan.is_proven());
    assert_eq!(to_value(plan.cost()).unwrap(), command["cost_minor"]);
    let names: Vec<&Value> =
        command["devices"].as_array().unwrap().iter().map(|device| &device["name"]).collect();
    assert_eq!(names, ["first", "second"]);
}

#[test]
fn a_backtest() {
    let command = json(&format!("backtest {SITE}"));
    let (site, battery) = home();
    let request = BatteryRequest::default();
    let test = Backtest::new(&battery, &site, &request)
        .in_calendar(gb())
        .published(Some(Publication::day_ahead(&gb())));
    let told = command["strategies"].as_array().unwrap();
    for strategy in
        [Strategy::Perfect, Strategy::Rolling(&Persistence), Strategy::SelfUse, Strategy::NoBattery]
    {
        let outcome = test.run(&strategy).unwrap();
        let row = told.iter().find(|row| row["name"] == outcome.name.as_str());
        let row = row.unwrap_or_else(|| panic!("no {} among {told:?}", outcome.name));
        assert_eq!(to_value(outcome.cost).unwrap(), row["cost_minor"], "{}", outcome.name);
    }
}
