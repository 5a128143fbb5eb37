use super::*;
use crate::tariff::TariffDefinition;
use crate::time::{Grid, SlotLength};

/// Five rows of a real statement of December 2024: rate, kWh and pence as printed, and the kWh that they must come from.
const ROWS: [(&str, &str, &str, &str); 5] = [
    ("6.67", "3.59", "23.928", "3.589"),
    ("6.67", "2.88", "19.168", "2.875"),
    ("6.67", "0.48", "3.213", "0.482"),
    ("6.67", "7.36", "49.042", "7.356"),
    ("23.84", "0.00", "0.000", "0"),
];

#[test]
fn rows_of_a_real_statement_are_explained_by_unrounded_readings() {
    let calendar = Calendar::great_britain();
    let start = calendar.parse("2024-12-10T00:00").unwrap();
    // The fifth row is at the day rate, so its half-hour is the first after the night.
    let grid = Grid::new(start, SlotLength::HALF_HOUR, ROWS.len()).unwrap();
    let readings: Vec<_> = ROWS.iter().map(|(.., kwh)| Some(kwh.parse().unwrap())).collect();
    let consumption = Consumption::on_slots(grid, &readings).unwrap();
    let tariff = TariffDefinition::from_json(
        br#"{"code": "IOG", "bands": [
            {"name": "night", "from": "23:30", "to": "02:00", "rate": "6.667"},
            {"name": "day", "from": "02:00", "to": "23:30", "rate": "23.84"}]}"#,
        Calendar::great_britain(),
    )
    .unwrap();
    let mut csv = "kind,from,to,kwh,rate,amount_minor\n".to_owned();
    for (slot, (rate, kwh, pence, _)) in grid.slots().zip(ROWS) {
        let span = slot.span;
        csv.push_str(&format!(
            "energy,{}Z,{}Z,{kwh},{rate},{pence}\n",
            span.from().naive_utc(),
            span.to().naive_utc()
        ));
    }
    let lines = statement_lines(csv.as_bytes(), &calendar).unwrap();
    let options = BillOptions { rules: BillingRules::octopus_statement(), ..BillOptions::default() };
    let found =
        reconcile(&lines, &tariff, &consumption, Events::default(), grid.span().unwrap(), &options).unwrap();
    assert_eq!((found.agreeing, found.differing), (5, 0), "{found:#?}");
    assert_eq!(found.explained_by, ["octopus-statement", "exact"]);
    for line in &found.lines {
        assert!(line.difference_kwh.is_none_or(Energy::is_zero), "{line:?}");
        // Nothing at any rate is nothing: only the fifth row multiplies to what it shows.
        let digits = line.remarks.iter().any(|remark| remark.contains("more digits"));
        assert_eq!(digits, !line.stated_minor.is_zero(), "{line:?}");
    }
    let documented = BillOptions { rules: BillingRules::octopus(), ..BillOptions::default() };
    let found =
        reconcile(&lines, &tariff, &consumption, Events::default(), grid.span().unwrap(), &documented)
            .unwrap();
    assert_eq!(found.differing, 4, "the documented rounding gives 23.935, 19.201, 3.2 and 49.069");
    assert_eq!(found.lines[0].difference_minor.unwrap().to_string(), "-0.007");
}

#[test]
fn sums_days_and_wrong_lines_are_told_apart() {
    let calendar = Calendar::great_britain();
    let day = |text| calendar.parse(text).unwrap();
    let period = Span::new(day("2026-03-01"), day("2026-04-01")).unwrap();
    let consumption =
        Consumption::constant(Grid::covering(period, SlotLength::HALF_HOUR).unwrap(), "0.5".parse().unwrap());
    let tariff = TariffDefinition::from_json(
        br#"{"code": "FLAT", "unit_rate": "20", "standing_charge": "50"}"#,
        Calendar::great_britain(),
    )
    .unwrap();
    // 743 kWh at 20 p is £148.60, 31 days at 50 p £15.50, VAT £8.205, which is £8.21 or, to the even penny, £8.20.
    let json = r#"[
        {"kind": "energy", "kwh": "743.0", "rate": "20.00", "amount": "£148.60"},
        {"kind": "standing charge", "days": 30, "rate": "50.00", "amount": "15.00"},
        {"kind": "subtotal", "amount_minor": "16410"},
        {"kind": "vat", "amount": "8.21"},
        {"kind": "total", "amount": "172.31"},
        {"kind": "levy", "amount": "1.00"}]"#;
    let lines = statement_lines(json.as_bytes(), &calendar).unwrap();
    let options = BillOptions { rules: BillingRules::octopus(), ..BillOptions::default() };
    let found = reconcile(&lines, &tariff, &consumption, Events::default(), period, &options).unwrap();
    let verdicts: Vec<bool> = found.lines.iter().map(|line| line.agrees).collect();
    assert_eq!(verdicts, [true, false, true, true, true, false], "{found:#?}");
    assert_eq!(found.lines[1].difference_minor.unwrap().to_string(), "-50");
    assert!(found.lines[1].remarks[0].contains("30 days, the calendar 31"));
    assert!(found.lines[5].remarks[0].contains("no such line"));
    for (text, reason) in [
        ("kind,amount\nenergi,1\n", "none of energy"),
        ("kind,amount\nenergy,\n", "has no amount"),
        ("kind,from,amount\nenergy,2026-01-01,1\n", "both from and to"),
        ("kind,amount\nenergy,1x\n", "not a decimal"),
    ] {
        let error = statement_lines(text.as_bytes(), &calendar).unwrap_err();
        assert!(error.to_string().contains(reason) && error.row() == Some(1), "{error}");
    }
}
