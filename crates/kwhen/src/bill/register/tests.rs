use super::*;
use crate::bill::{BillingRules, Events, Grouping, Metered, Statement, Supply};
use crate::tariff::{AgreementRow, Agreements, RegisterReading, TariffDefinition, advances};
use crate::time::{Calendar, PeriodKind};

const ECONOMY: &str = r#"{"code": "E-2R-VAR-22-11-01-A", "clock": "utc", "standing_charge": "50", "bands": [
    {"name": "night", "from": "00:30", "to": "07:30", "rate": "12.5"},
    {"name": "day", "from": "07:30", "to": "00:30", "rate": "30.1"}]}"#;

fn tariff(json: &str) -> Tariff {
    TariffDefinition::from_json(json.as_bytes(), Calendar::great_britain()).unwrap()
}

fn span(from: &str, to: &str) -> Span {
    let calendar = Calendar::great_britain();
    Span::new(calendar.parse(from).unwrap(), calendar.parse(to).unwrap()).unwrap()
}

fn read(rows: &[(&str, &str, &str)]) -> Vec<Advance> {
    let reading = |(row, (register, at, kwh)): (u64, &(&str, &str, &str))| RegisterReading {
        row,
        meter: String::new(),
        register: (*register).into(),
        at: Calendar::great_britain().parse(at).unwrap(),
        reading: kwh.parse().unwrap(),
    };
    advances(&(1..).zip(rows).map(reading).collect::<Vec<_>>(), None).unwrap()
}

fn march() -> Vec<Advance> {
    read(&[
        ("day", "2026-03-01", "1000"),
        ("day", "2026-04-01", "1200"),
        ("night", "2026-03-01", "500"),
        ("night", "2026-04-01", "650.5"),
    ])
}

/// By hand: 200 × 30.1 + 150.5 × 12.5 + 31 × 50 = 6020 + 1881.25 + 1550 = 9451.25; 5 % of it is 472.5625.
#[test]
fn two_registers_make_a_bill() {
    let whole = span("2026-03-01", "2026-04-01");
    let bill = tariff(ECONOMY).bill_registers(&march(), whole, &BillOptions::default()).unwrap();
    let amounts: Vec<String> = bill.lines.iter().map(|line| line.net_minor.to_string()).collect();
    assert_eq!(amounts, ["6020", "1881.25", "1550"]);
    assert_eq!(
        (
            bill.net_minor.to_string().as_str(),
            bill.vat_minor.to_string().as_str(),
            bill.kwh.to_string().as_str()
        ),
        ("9451.25", "472.5625", "350.5")
    );
    assert_eq!(bill.lines[0].description, "Energy, day, at 30.1 p/kWh");
    let used = &bill.registers[1];
    assert_eq!(
        (used.opening_reading.to_string(), used.closing_reading.to_string()),
        ("500".into(), "650.5".into())
    );
    assert!(!used.apportioned);
    let octopus = BillOptions { rules: BillingRules::octopus(), ..BillOptions::default() };
    let bill = tariff(ECONOMY).bill_registers(&march(), whole, &octopus).unwrap();
    assert_eq!(bill.vat_minor.to_string(), "473");
}

#[test]
fn what_a_counter_cannot_say_is_refused() {
    let economy = tariff(ECONOMY);
    let options = BillOptions::default();
    let whole = span("2026-03-01", "2026-04-01");
    let refused = |tariff: &Tariff, advances: &[Advance], period, options: &BillOptions| {
        tariff.bill_registers(advances, period, options).unwrap_err()
    };
    let shorter = refused(&economy, &march(), span("2026-03-01", "2026-03-16"), &options);
    assert!(shorter.is_misaligned() && shorter.to_string().contains("2026-03-16"), "{shorter}");
    let longer = refused(&economy, &march(), span("2026-03-01", "2026-04-02"), &options);
    assert!(longer.is_missing() && longer.to_string().contains("reach only"), "{longer}");
    let no_night = refused(&economy, &march()[..1], whole, &options);
    assert!(no_night.to_string().contains("night"), "{no_night}");
    let odd = read(&[
        ("day", "2026-03-01", "1"),
        ("day", "2026-04-01", "2"),
        ("night", "2026-03-01", "1"),
        ("night", "2026-04-01", "2"),
        ("peak", "2026-03-01", "1"),
        ("peak", "2026-04-01", "2"),
    ]);
    let peak = refused(&economy, &odd, whole, &options);
    assert!(peak.to_string().contains("it has day, night"), "{peak}");
    let pieces = BillOptions { grouping: Some(Grouping::Periods(PeriodKind::Day)), ..options.clone() };
    assert!(refused(&economy, &march(), whole, &pieces).is_unsupported());
    let changing = tariff(
        r#"{"code": "X", "periods": [{"to": "2026-03-16", "unit_rate": "1"}, {"from": "2026-03-16", "unit_rate": "2"}]}"#,
    );
    let change = refused(&changing, &march(), whole, &options);
    assert!(change.is_misaligned() && change.to_string().contains("2026-03-16T00:00:00Z"), "{change}");
    let vat = read(&[("all", "2026-09-15", "0"), ("all", "2026-10-15", "30")]);
    let flat = tariff(r#"{"code": "X", "unit_rate": "10"}"#);
    let error = refused(&flat, &vat, span("2026-09-15", "2026-10-15"), &options);
    assert!(error.to_string().contains("2026-09-30T23:00:00Z"), "{error}");
}

/// By hand: September 15 to October 15 is 30 days, 16 of them before VAT goes to 0 %: 16 kWh at 5 %, 14 at none.
#[test]
fn an_advance_is_shared_out_by_time_only_when_asked() {
    let advances = read(&[("all", "2026-09-15", "0"), ("all", "2026-10-15", "30")]);
    let flat = tariff(r#"{"code": "X", "unit_rate": "10"}"#);
    let options = BillOptions { between_readings: BetweenReadings::ByTime, ..BillOptions::default() };
    let bill = flat.bill_registers(&advances, span("2026-09-15", "2026-10-15"), &options).unwrap();
    assert_eq!((bill.net_minor.to_string(), bill.vat_minor.to_string()), ("300".into(), "8".into()));
    assert!(bill.registers[0].apportioned && bill.lines[0].description.ends_with("shared out by time"));
    let parts = [span("2026-09-15", "2026-09-23"), span("2026-09-23", "2026-10-15")]
        .map(|part| flat.bill_registers(&advances, part, &options).unwrap().total_minor);
    assert_eq!(Money::sum(parts).unwrap(), bill.total_minor);
}

/// By hand: 120 kWh at 24 p and 80 at 20 p, 15 days at 50 p and 16 at 60 p: 2880 + 750 + 1600 + 960 = 6190, with VAT 6499.5.
#[test]
fn a_statement_from_registers_splits_where_a_reading_is() {
    let at = |text: &str| Calendar::great_britain().parse(text).unwrap();
    let rows = [("OLD", "2025-01-01", Some("2026-03-16")), ("NEW", "2026-03-16", None)];
    let rows: Vec<AgreementRow> = (1..)
        .zip(rows)
        .map(|(row, (tariff, from, to))| AgreementRow {
            row,
            tariff: tariff.into(),
            valid_from: at(from),
            valid_to: to.map(at),
        })
        .collect();
    let agreements = Agreements::from_rows(&rows).unwrap();
    let tariffs = [
        tariff(r#"{"code": "OLD", "unit_rate": "24", "standing_charge": "50"}"#),
        tariff(r#"{"code": "NEW", "unit_rate": "20", "standing_charge": "60"}"#),
    ];
    let statement = |advances: &[Advance], between_readings| {
        let supply = Supply {
            name: "import".into(),
            metered: Metered::Registers(advances),
            agreements: &agreements,
            gas: None,
            events: Events::default(),
        };
        let options = BillOptions { between_readings, ..BillOptions::default() };
        Statement::new(span("2026-03-01", "2026-04-01"), &[supply], &tariffs, &options)
    };
    let read_at_the_change =
        read(&[("all", "2026-03-01", "1000"), ("all", "2026-03-16", "1120"), ("all", "2026-04-01", "1200")]);
    let made = statement(&read_at_the_change, BetweenReadings::Refuse).unwrap();
    assert_eq!(made.total_minor.to_string(), "6499.5");
    let not_read = read(&[("all", "2026-03-01", "1000"), ("all", "2026-04-01", "1200")]);
    let error = statement(&not_read, BetweenReadings::Refuse).unwrap_err();
    assert!(error.to_string().contains("2026-03-16T00:00:00Z"), "{error}");
    assert!(statement(&not_read, BetweenReadings::ByTime).is_ok());
}
