mod world;

use super::*;
use crate::bill::{BillingRules, Events, Metered};
use crate::series::Consumption;
use crate::tariff::{CalorificValue, CalorificValues, GasConversion, GasUnit};
use crate::time::{Grid, SlotLength};
use chrono::TimeDelta;
use proptest::prelude::*;
use world::*;

#[test]
fn five_faults_of_three_years_are_found_and_named_and_nothing_else_is() {
    let dispatches = vec![
        span("2025-02-10T12:00", "2025-02-10T14:30"),
        span("2025-02-20T15:30", "2025-02-20T17:00"),
        span("2026-01-07T18:00", "2026-01-07T19:30"),
    ];
    let world = world(span("2023-06-01", "2026-07-05"), at("2024-09-17"), dispatches, 7);
    let months = months();
    let right: Vec<StatedStatement> = months
        .iter()
        .map(|month| world.prints(&calendar().date(month.from()).to_string(), *month, *month))
        .collect();
    let (_, replaced) = with_old(&world, months[29], 400);
    let other = [other_prices(&world)];
    let found = world.audit(&right, &other, std::slice::from_ref(&replaced));
    assert_eq!(
        (found.agreeing, found.differing),
        (36, 0),
        "{:#?}",
        found.statements.iter().find(|one| !one.agrees)
    );
    assert!(found.statements.iter().all(|one| one.causes.is_empty() && one.unexplained_rows.is_empty()));

    // A change of tariff a day off, a dispatch, an old reading, an earlier deal's standing charge, 20 % VAT.
    let planted = [(14, 3, 1), (19, 2, 0), (29, 1, 400), (33, 10, 0), (25, 8, 0)];
    let mut statements = right;
    for (month, fault, pick) in planted {
        let name = statements[month].name.clone();
        statements[month] = StatedStatement { name, ..faulted(&world, months[month], fault, pick).0 };
    }
    let found = world.audit(&statements, &other, &[replaced]);
    assert_eq!((found.agreeing, found.differing), (31, 5));
    for (month, fault, pick) in planted {
        let (_, kind) = faulted(&world, months[month], fault, pick);
        let one = &found.statements[month];
        assert_eq!(one.causes.first().map(|cause| cause.kind), Some(kind), "{one:#?}");
        assert!(one.causes[0].explains_all && one.unexplained_rows.is_empty(), "{one:#?}");
        assert_eq!(Some(one.causes[0].difference_minor), one.difference_minor);
    }
    let dispatch = &found.statements[19].causes[0].evidence;
    assert!(
        dispatch.contains("the dispatch from 2025-02-10T12:00:00Z to 2025-02-10T14:30:00Z"),
        "{dispatch}"
    );
    let day = &found.statements[14].causes[0].evidence;
    assert!(
        day.contains("at 2024-09-16T00:00:00+01:00; the agreements say 2024-09-17T00:00:00+01:00"),
        "{day}"
    );
}

/// By hand: 30 days of June at 0.5 kWh a half-hour are 720 kWh; at 20 p £144.00, 30 days at 50 p £15.00, VAT at 5 % £7.95, in all £166.95.
/// The statement has 31 days: £15.50, VAT £7.98 (7.975), £167.48.
#[test]
fn a_day_too_many_is_told_from_a_typed_statement() {
    let june = span("2025-06-01", "2025-07-01");
    let grid = Grid::covering(june, SlotLength::HALF_HOUR).unwrap();
    let import = Consumption::constant(grid, "0.5".parse().unwrap());
    let tariffs = [tariff(r#"{"code": "FLAT", "unit_rate": "20", "standing_charge": "50"}"#)];
    let agreements = agreed(&[("FLAT", at("2020-01-01"))]);
    let supplies = [Supply {
        name: IMPORT.into(),
        metered: Metered::Slots(&import),
        agreements: &agreements,
        gas: None,
        events: Events::default(),
    }];
    let known = Known { supplies: &supplies, tariffs: &tariffs, other_prices: &[], replaced: &[] };
    let options = BillOptions { rules: BillingRules::octopus(), ..BillOptions::default() };
    let typed = "# June\nstatement 2025-06-01 2025-07-01 issued 2025-07-03 No. 7\n energy 720 kWh 20.00 p £144.00\n\
                 standing 31 days 50.00 p £15.50\n vat £7.98\n total £167.48 # to pay\n";
    let statements = stated_statements(typed.as_bytes(), &calendar()).unwrap();
    assert_eq!((statements[0].name.as_str(), statements[0].issued), ("No. 7", Some(at("2025-07-03"))));
    let found = audit(&statements, &known, &options).unwrap();
    let one = &found.statements[0];
    assert_eq!(one.causes[0].kind, CauseKind::StandingDays, "{one:#?}");
    assert!(
        one.causes[0].evidence.contains("31 days of standing charge of FLAT; the calendar has 30"),
        "{one:#?}"
    );
    assert_eq!(one.difference_minor.unwrap().to_string(), "53");
    assert_eq!(found.difference_minor.to_string(), "53");
    // The same as JSON and as CSV.
    let json = br#"{"statements": [{"statement": "No. 7", "from": "2025-06-01", "to": "2025-07-01", "issued": "2025-07-03", "lines": [
        {"kind": "energy", "kwh": 720, "rate": "20.00", "amount": "144.00"},
        {"kind": "standing", "days": 31, "rate": "50.00", "amount": "15.50"},
        {"kind": "vat", "amount": 7.98}, {"kind": "total", "amount": 167.48}]}]}"#;
    let csv = "statement,statement_from,statement_to,issued,kind,kwh,rate,days,amount\n\
               No. 7,2025-06-01,2025-07-01,2025-07-03,energy,720,20.00,,144.00\n\
               No. 7,2025-06-01,2025-07-01,2025-07-03,standing,,50.00,31,15.50\n\
               No. 7,2025-06-01,2025-07-01,2025-07-03,vat,,,,7.98\n\
               No. 7,2025-06-01,2025-07-01,2025-07-03,total,,,,167.48\n";
    let plain = |mut statements: Vec<StatedStatement>| {
        statements.iter_mut().flat_map(|one| &mut one.lines).zip(1..).for_each(|(line, row)| line.row = row);
        statements
    };
    let typed = plain(statements);
    assert_eq!(plain(stated_statements(json, &calendar()).unwrap()), typed);
    assert_eq!(plain(stated_statements(csv.as_bytes(), &calendar()).unwrap()), typed);
}

/// By hand: 1,440 half-hours of June at 0.1 m³ of 39.4 MJ/m³ are 1,440 x 1.11922267 = 1,611.68 kWh, which cost £96.70 at 6 p.
#[test]
fn gas_that_was_said_otherwise_is_not_blamed_on_the_statement() {
    let june = span("2025-06-01", "2025-07-01");
    let volumes =
        Consumption::constant(Grid::covering(june, SlotLength::HALF_HOUR).unwrap(), "0.1".parse().unwrap());
    let tariffs = [tariff(r#"{"code": "GAS", "fuel": "gas", "unit_rate": "6"}"#)];
    let agreements = agreed(&[("GAS", at("2020-01-01"))]);
    let statements = stated_statements(
        b"statement 2025-06-01 2025-07-01\n energy 1611.68 kWh 6.00 p \xc2\xa396.70\n",
        &calendar(),
    )
    .unwrap();
    let audited = |unit: GasUnit, value: &str| {
        let fixed = CalorificValues::Fixed(CalorificValue::from_decimal(value.parse().unwrap()).unwrap());
        let gas = GasConversion { unit, calorific_values: fixed, kwh_rounding: None };
        let supply = Supply {
            name: GAS.into(),
            metered: Metered::Slots(&volumes),
            agreements: &agreements,
            gas: Some(&gas),
            events: Events::default(),
        };
        let known = Known { supplies: &[supply], tariffs: &tariffs, other_prices: &[], replaced: &[] };
        let options = BillOptions::default();
        audit(&statements, &known, &options).unwrap().statements.remove(0)
    };
    assert!(audited(GasUnit::CubicMetres, "39.4").agrees);
    for (unit, value) in [(GasUnit::CubicMetres, "38.9"), (GasUnit::KilowattHours, "40")] {
        let one = audited(unit, value);
        assert_eq!(one.causes[0].kind, CauseKind::CalorificValue, "{one:#?}");
        assert!(
            one.causes[0].explains_all && one.causes[0].evidence.contains("cubic metres of 39.4 MJ/m³"),
            "{one:#?}"
        );
    }
}

/// 10 of June's 30 days are not read: 480 of 1,440 half-hours of 0.5 kWh. What the statement bills beyond the readings, 700 kWh and not 480, is
/// no policy's estimate; where all is read it is another reading.
#[test]
fn what_is_not_read_here_is_not_called_an_estimate() {
    let june = span("2025-06-01", "2025-07-01");
    let grid = Grid::covering(june, SlotLength::HALF_HOUR).unwrap();
    let tariffs = [tariff(r#"{"code": "FLAT", "unit_rate": "20"}"#)];
    let agreements = agreed(&[("FLAT", at("2020-01-01"))]);
    let first_cause = |unread: usize, statement: &str| {
        let reading = |slot: usize| (slot >= unread).then(|| "0.5".parse().unwrap());
        let readings: Vec<_> = (0..grid.len()).map(reading).collect();
        let import = Consumption::on_slots(grid, &readings).unwrap();
        let supply = Supply {
            name: IMPORT.into(),
            metered: Metered::Slots(&import),
            agreements: &agreements,
            gas: None,
            events: Events::default(),
        };
        let known = Known { supplies: &[supply], tariffs: &tariffs, other_prices: &[], replaced: &[] };
        let options = BillOptions {
            rules: BillingRules::octopus(),
            missing: MissingReadings::Exclude,
            ..BillOptions::default()
        };
        let statements = stated_statements(statement.as_bytes(), &calendar()).unwrap();
        audit(&statements, &known, &options).unwrap().statements.remove(0).causes.remove(0)
    };
    let more = "statement 2025-06-01 2025-07-01\n energy 700 kWh 20.00 p £140.00\n";
    let cause = first_cause(480, more);
    assert_eq!(cause.kind, CauseKind::MissingReadings, "{cause:#?}");
    assert!(
        cause.evidence.contains("480 slots have no reading here, the first from 2025-05-31T23:00:00Z"),
        "{cause:#?}"
    );
    assert_eq!(first_cause(0, more).kind, CauseKind::EstimatedReading);
    // Less than the readings count is not what is missing.
    let less = "statement 2025-06-01 2025-07-01\n energy 400 kWh 20.00 p £80.00\n";
    assert_eq!(first_cause(480, less).kind, CauseKind::EstimatedReading);
}

/// 48 half-hours of 0.5 kWh at 10 p by night and 30 p by day: 24 kWh, £5.60 (8 kWh by night, 16 by day).
#[test]
fn other_kwh_than_were_read_are_named_where_prices_change() {
    let day = span("2025-01-10", "2025-01-11");
    let tariffs = [tariff(
        r#"{"code": "TWO", "bands": [{"name": "night", "from": "00:00", "to": "08:00", "rate": "10"},
            {"name": "day", "from": "08:00", "to": "00:00", "rate": "30"}]}"#,
    )];
    let agreements = agreed(&[("TWO", at("2020-01-01"))]);
    let import =
        Consumption::constant(Grid::covering(day, SlotLength::HALF_HOUR).unwrap(), "0.5".parse().unwrap());
    let audited = |line: &str| {
        let supply = Supply {
            name: IMPORT.into(),
            metered: Metered::Slots(&import),
            agreements: &agreements,
            gas: None,
            events: Events::default(),
        };
        let known = Known { supplies: &[supply], tariffs: &tariffs, other_prices: &[], replaced: &[] };
        let options = BillOptions { rules: BillingRules::octopus(), ..BillOptions::default() };
        let text = format!("statement 2025-01-10 2025-01-11\n energy {line}\n");
        let statements = stated_statements(text.as_bytes(), &calendar()).unwrap();
        audit(&statements, &known, &options).unwrap().statements.remove(0)
    };
    let right = audited("24 kWh £5.60");
    assert!(right.agrees && right.remarks.is_empty(), "{right:#?}");
    // Six kWh more for £1.40 cost 23.3 p each: within 10 to 30 p.
    let estimated = audited("30 kWh £7.00");
    let cause = &estimated.causes[0];
    assert_eq!((cause.kind, cause.explains_all), (CauseKind::EstimatedReading, true), "{estimated:#?}");
    for part in ["line 2 bills 30 kWh, 6 kWh more", "the 140 p more", "10 to 30 p", "cannot be told"] {
        assert!(cause.evidence.contains(part), "{part}: {}", cause.evidence);
    }
    let less = audited("20 kWh £4.90");
    assert!(less.causes[0].evidence.contains("4 kWh less"), "{less:#?}");
    // Six kWh do not cost £4: that is no reading.
    let dear = audited("30 kWh £9.60");
    assert!(dear.causes.iter().all(|cause| cause.kind != CauseKind::EstimatedReading), "{dear:#?}");
    // The right amount beside other kWh.
    let stated = audited("30 kWh £5.60");
    assert!(stated.agrees, "{stated:#?}");
    let said = "line 2: its amount is the computed one, and the 30 kWh that it states are 6 kWh more than the readings count";
    assert_eq!(stated.remarks, [said]);
}

#[test]
fn what_is_no_statement_is_refused_with_its_place() {
    for (text, reason) in [
        ("", "no statement is in it"),
        ("energy 1 kWh 20", "has none of the columns"),
        ("statement 2025-06-01", "write: statement FROM TO"),
        ("statement 2025-06-01 2025-05-01", "row 1, field to"),
        (
            "statement 2025-06-01 2025-07-01\nenergy 720 kW £1",
            "row 2, value \"720\": is no figure with its unit",
        ),
        (
            "statement 2025-06-01 2025-07-01\nenergi £1",
            "row 2: field kind, value \"energi\": is none of energy",
        ),
        ("statement 2025-06-01 2025-07-01\nvat", "has no amount"),
        ("statement 2025-06-01 2025-07-01\n", "has no line"),
        ("statement 2025-06-01 2025-07-01\nvat £1 £2", "is given twice"),
        ("kind,amount\nvat,1\n", "no columns statement_from and statement_to"),
        ("{\"from\": \"2025-06-01\", \"lines\": []}", "missing field `to`"),
        ("[{\"from\": \"2025-06-01\", \"to\": \"2025-07-01\", \"line\": []}]", "did you mean"),
        ("statement 2025-06-01 2029-06-01\nvat £1", "1000 lines and 1100 days are the most"),
        (
            &format!("statement 2025-06-01 2025-07-01\n{}", "vat £1\n".repeat(1_001)),
            "has 1001 lines over 30 days",
        ),
        ("[1]", "is no statement"),
        ("[", "is not JSON of statements"),
    ] {
        let error = stated_statements(text.as_bytes(), &calendar()).unwrap_err();
        assert!(error.to_string().contains(reason), "{text}: {error}");
    }
    assert!(stated_statements(&[b's', 0xff], &calendar()).unwrap_err().is_syntax());
}

#[test]
fn what_cannot_be_billed_or_explained_is_said_and_leaves_the_rest() {
    let world = world(span("2025-01-01", "2025-06-01"), at("2025-03-10"), Vec::new(), 3);
    let month = |from: &str, to: &str| world.prints(from, span(from, to), span(from, to));
    let mut odd = month("2025-02-01", "2025-03-01");
    for kind in [StatementLineKind::Energy, StatementLineKind::Subtotal, StatementLineKind::Total] {
        change(&mut odd, kind, 123);
    }
    let mut early = month("2025-04-01", "2025-05-01");
    early.period = span("2001-01-01", "2001-02-01");
    let statements = [month("2025-03-01", "2025-04-01"), odd, early];
    let found = world.audit(&statements, &[], &[]);
    assert_eq!((found.agreeing, found.differing), (1, 2), "{found:#?}");
    let odd = &found.statements[1];
    assert!(odd.causes.is_empty() && odd.unexplained_rows == [1, 6, 8], "{odd:#?}");
    assert!(odd.remarks[0].contains("follows from none of the causes"), "{odd:#?}");
    let early = &found.statements[0];
    assert!(!early.agrees && early.causes.is_empty(), "{early:#?}");
    assert!(early.remarks[0].contains("it cannot be billed: "), "{early:#?}");
    let supplies = world.supplies();
    let known = Known { supplies: &supplies, tariffs: &world.tariffs, other_prices: &[], replaced: &[] };
    assert!(audit(&[], &known, &world.options).unwrap_err().is_missing());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A random fault of sixteen kinds in a random month of a random account is among the first three causes; without it there is none.
    #[test]
    fn a_random_fault_is_named_among_the_first_three_causes(
        seed in 0_u64..1_000_000, fault in 0_usize..16, pick in 0_usize..10_000, month in 0_usize..35, day in 5_i64..22,
    ) {
        // A change that is moved by two days comes before the first dispatch all the same: the earlier tariff has no price for one.
        let month = months()[month];
        let change = month.from() + TimeDelta::days(day);
        // A local midnight, whatever the clock does in between.
        let change = calendar().day(calendar().date(change)).unwrap().from();
        let noon = |days: i64| month.from() + TimeDelta::days(days) + TimeDelta::hours(12);
        let dispatches = [(27, 3), (24, 5), (26, 2)].map(|(day, slots)| {
            Span::new(noon(day), noon(day) + TimeDelta::minutes(30 * slots)).unwrap()
        });
        let whole = Span::new(month.from() - TimeDelta::days(35), month.to() + TimeDelta::days(2)).unwrap();
        let mut world = world(whole, change, dispatches.to_vec(), seed);
        if fault == 5 {
            world = with_gap(world, noon(3), 1 + pick % 60);
        }
        let replaced = [with_old(&world, month, pick).1];
        let other = [other_prices(&world)];
        let right = world.prints("right", month, month);
        let (wrong, kind) = faulted(&world, month, fault, pick);
        let amounts = |statement: &StatedStatement| -> Vec<Money> {
            statement.lines.iter().map(|line| line.amount.value).collect()
        };
        let found = world.audit(std::slice::from_ref(&right), &other, &replaced);
        prop_assert_eq!(found.differing, 0);
        // A fault that changes no printed figure is none that a statement could show.
        prop_assume!(amounts(&right) != amounts(&wrong));
        let found = world.audit(&[wrong], &other, &replaced);
        let kinds: Vec<CauseKind> = found.statements[0].causes.iter().map(|cause| cause.kind).take(3).collect();
        prop_assert!(kinds.contains(&kind), "{:?} is not among {:?}: {:#?}", kind, kinds, found.statements[0]);
    }
}
