use super::*;
use crate::bill::BillingRules;
use crate::bill::reconcile::{reconcile, statement_lines};
use crate::tariff::{AgreementRow, CalorificValues, GasUnit, TariffDefinition};
use crate::time::{Grid, SlotLength};

fn tariff(json: &str) -> Tariff {
    TariffDefinition::from_json(json.as_bytes(), Calendar::great_britain()).unwrap()
}

fn span(from: &str, to: &str) -> Span {
    let calendar = Calendar::great_britain();
    Span::new(calendar.parse(from).unwrap(), calendar.parse(to).unwrap()).unwrap()
}

fn agreements(rows: &[(&str, &str, Option<&str>)]) -> Agreements {
    let at = |text: &str| Calendar::great_britain().parse(text).unwrap();
    let rows: Vec<AgreementRow> = rows
        .iter()
        .enumerate()
        .map(|(place, (tariff, from, to))| AgreementRow {
            row: place as u64 + 1,
            tariff: (*tariff).to_owned(),
            valid_from: at(from),
            valid_to: to.map(at),
        })
        .collect();
    Agreements::from_rows(&rows).unwrap()
}

/// By hand: March 2026 has 31 days and 1486 half-hours; the change is at local midnight of the 16th, after 720 of them.
#[test]
fn a_statement_splits_at_each_change_and_takes_credits_off() {
    let march = span("2026-03-01", "2026-04-01");
    let grid = Grid::covering(march, SlotLength::HALF_HOUR).unwrap();
    let import = Consumption::constant(grid, "0.5".parse().unwrap());
    let export = Consumption::constant(grid, "0.25".parse().unwrap());
    let gas = Consumption::constant(grid, "0.1".parse().unwrap());
    let conversion = GasConversion {
        unit: GasUnit::CubicMetres,
        calorific_values: CalorificValues::Fixed("39.5".parse().unwrap()),
        kwh_rounding: Some((3, Rounding::HalfEven)),
    };
    let tariffs = [
        tariff(r#"{"code": "E-1R-VAR-22-11-01-C", "unit_rate": "24", "standing_charge": "50"}"#),
        tariff(r#"{"code": "E-1R-FIX-25-01-01-C", "unit_rate": "20", "standing_charge": "60"}"#),
        tariff(r#"{"code": "E-1R-OUTGOING-FIX-12M-19-05-13-C", "unit_rate": "15"}"#),
        tariff(r#"{"code": "G-1R-VAR-22-11-01-C", "unit_rate": "6", "standing_charge": "30"}"#),
    ];
    let imported = agreements(&[
        ("E-1R-VAR-22-11-01-C", "2024-01-01", None),
        ("E-1R-FIX-25-01-01-C", "2026-03-16", None),
    ]);
    let exported = agreements(&[("E-1R-OUTGOING-FIX-12M-19-05-13-C", "2026-03-02", None)]);
    let gases = agreements(&[("G-1R-VAR-22-11-01-C", "2024-01-01", None)]);
    let supply = |name: &str, consumption, agreements, gas| Supply {
        name: name.into(),
        metered: Metered::Slots(consumption),
        agreements,
        gas,
        events: Events::default(),
    };
    let supplies = [
        supply("import", &import, &imported, None),
        supply("export", &export, &exported, None),
        supply("gas", &gas, &gases, Some(&conversion)),
    ];
    let statement = Statement::new(march, &supplies, &tariffs, &BillOptions::default()).unwrap();
    let net =
        |supply: usize, bill: usize| statement.supplies[supply].agreements[bill].bill.net_minor.to_string();
    // 720 × 0.5 × 24 + 15 × 50, 766 × 0.5 × 20 + 16 × 60
    assert_eq!((net(0, 0), net(0, 1)), ("9390".to_owned(), "8620".to_owned()));
    // 1438 × 0.25 × 15, no VAT
    assert_eq!(statement.credits_minor.to_string(), "5392.5");
    assert_eq!(statement.supplies[1].without_agreement, [span("2026-03-01", "2026-03-02")]);
    // 0.1 m³ is 1.122 kWh: 1486 × 1.122 × 6 + 31 × 30 = 10933.752
    assert_eq!(net(2, 0), "10933.752");
    // (9390 + 8620 + 10933.752) × 1.05 − 5392.5
    assert_eq!(statement.total_minor.to_string(), "24998.4396");
    let unknown = Statement::new(march, &supplies, &tariffs[1..], &BillOptions::default()).unwrap_err();
    assert!(unknown.is_missing() && unknown.to_string().contains("E-1R-VAR-22-11-01-C"), "{unknown}");
}

#[test]
fn a_projection_says_what_it_rests_on() {
    let calendar = Calendar::great_britain();
    let june = span("2026-06-01", "2026-07-01");
    let so_far = span("2026-06-01", "2026-06-11");
    let consumption =
        Consumption::constant(Grid::covering(so_far, SlotLength::HALF_HOUR).unwrap(), "1".parse().unwrap());
    let flat = tariff(r#"{"code": "FLAT", "unit_rate": "20", "standing_charge": "50"}"#);
    let bill = flat.bill(&consumption, so_far, &[], &BillOptions::default()).unwrap();
    let projection = bill.project(june, &calendar).unwrap();
    // 1440 × 20 + 30 × 50
    assert_eq!(
        (projection.net_minor.to_string().as_str(), projection.vat_minor.to_string().as_str()),
        ("30300", "1515")
    );
    assert_eq!((projection.billed_slots, projection.slots), (480, 1440));
    assert!(bill.project(span("2026-05-01", "2026-07-01"), &calendar).unwrap_err().is_misaligned());
}

/// A real statement prints "Energy Exported 478.5 kWh @ 15.00p/kWh £71.77", and 478.5 × 15 is 7177.5 p: neither halves up nor half to even
/// gives £71.77. Readings from 478.45 up to 478.5 kWh, which print as 478.5, all do, so the line is one more that computes with more
/// digits than it shows; see docs/billing-rules.md. No rule here truncates money to fit it.
#[test]
fn the_export_line_of_a_real_statement_needs_no_truncation() {
    let calendar = Calendar::great_britain();
    let outgoing = tariff(r#"{"code": "E-1R-OUTGOING-FIX-12M-19-05-13-C", "unit_rate": "15"}"#);
    let month = span("2026-06-01", "2026-07-01");
    let grid = Grid::new(month.from(), SlotLength::HALF_HOUR, 1).unwrap();
    let printed = statement_lines(
        b"kind,kwh,rate,amount\nenergy,478.5,15.00,\xc2\xa371.77\nvat,,,\xc2\xa30.00\ntotal,,,\xc2\xa371.77\n",
        &calendar,
    )
    .unwrap();
    let found = |kwh: &str, rules| {
        let exported = Consumption::constant(grid, kwh.parse().unwrap());
        let options = BillOptions { rules, ..BillOptions::default() };
        reconcile(&printed, &outgoing, &exported, Events::default(), grid.span().unwrap(), &options).unwrap()
    };
    for rules in BillingRules::presets() {
        for kwh in ["478.45", "478.487", "478.494"] {
            let lines = found(kwh, rules.clone());
            assert_eq!((lines.agreeing, lines.differing), (3, 0), "{kwh}: {lines:#?}");
            assert!(lines.lines[0].remarks.iter().any(|remark| remark.contains("more digits")));
        }
        let lines = found("478.5", rules);
        assert_eq!(lines.lines[0].difference_minor.unwrap().to_string(), "-1", "{lines:#?}");
    }
}

/// A gas line as statements print it. By hand: 100 m³ × 1.02264 × 39.5 / 3.6 = 1122.06333… kWh, printed "1122.1 kWh"; at 5.97 p (shown) from
/// 5.9714 p that is 6700.289 p, printed £67.00; 1122.1 × 5.97 would be £66.99. The factor is 11.22063 to five decimals, as another program (tomludlow2/octopus)
/// had it in September 2024.
#[test]
fn the_gas_line_as_a_statement_prints_it() {
    let gas = |places| GasConversion {
        unit: GasUnit::CubicMetres,
        calorific_values: CalorificValues::Fixed("39.5".parse().unwrap()),
        kwh_rounding: Some((places, Rounding::HalfEven)),
    };
    let value = "39.5".parse().unwrap();
    assert_eq!(gas(5).energy("1".parse().unwrap(), value).unwrap().to_string(), "11.22063");
    let month = span("2026-06-01", "2026-07-01");
    let grid = Grid::new(month.from(), SlotLength::HALF_HOUR, 1).unwrap();
    let calendar = Calendar::great_britain();
    let used =
        gas(3).consumption(&Consumption::constant(grid, "100".parse().unwrap()), month, &calendar).unwrap();
    let tariff = tariff(r#"{"code": "G-1R-VAR-22-11-01-C", "unit_rate": "5.9714"}"#);
    let printed =
        statement_lines(b"kind,kwh,rate,amount\nenergy,1122.1,5.97,67.00\nvat,,,3.35\n", &calendar).unwrap();
    for rules in [BillingRules::octopus(), BillingRules::octopus_statement()] {
        let options = BillOptions { rules, ..BillOptions::default() };
        let found =
            reconcile(&printed, &tariff, &used, Events::default(), grid.span().unwrap(), &options).unwrap();
        assert_eq!((found.agreeing, found.differing), (2, 0), "{found:#?}");
        assert!(found.lines[0].remarks.iter().any(|remark| remark.contains("6699")), "{found:#?}");
    }
}
