use super::*;
use crate::bill::reconcile::{Printed, StatementLine};
use crate::bill::{BillingRules, LineKind, Metered, Statement};
use crate::quantity::Energy;
use crate::quantity::{Rounding, UnitRate};
use crate::series::{Consumption, Prices, StandingCharges};
use crate::tariff::Tariff;
use crate::tariff::{
    AgreementRow, Agreements, CalorificValues, Direction, GasConversion, GasUnit, TariffDefinition, Taxes,
    VatRate,
};
use crate::time::{Calendar, Grid, SlotLength};
use chrono::TimeDelta;
use chrono::{DateTime, Utc};
use proptest::prelude::*;

const IMPORT: &str = "2000024512368";
const EXPORT: &str = "1013004420117";
const GAS: &str = "9113681703";

fn calendar() -> Calendar {
    Calendar::great_britain()
}

fn at(text: &str) -> DateTime<Utc> {
    calendar().parse(text).unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::new(at(from), at(to)).unwrap()
}

fn tariff(json: &str) -> Tariff {
    TariffDefinition::from_json(json.as_bytes(), calendar()).unwrap()
}

fn agreed(rows: &[(&str, DateTime<Utc>)]) -> Agreements {
    let rows: Vec<AgreementRow> = (1_u64..)
        .zip(rows)
        .map(|(row, (tariff, from))| AgreementRow {
            row,
            tariff: (*tariff).to_owned(),
            valid_from: *from,
            valid_to: None,
        })
        .collect();
    Agreements::from_rows(&rows).unwrap()
}

/// A made-up account: import that changes its tariff, export, and gas in cubic metres.
#[derive(Clone)]
struct World {
    import: Consumption,
    export: Consumption,
    gas: Consumption,
    imported: Agreements,
    exported: Agreements,
    gases: Agreements,
    conversion: GasConversion,
    dispatches: Vec<Span>,
    tariffs: Vec<Tariff>,
    options: BillOptions,
}

/// Readings that look like a home's, from a seed.
fn readings(grid: Grid, seed: u64, most: i64) -> Consumption {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 40).unwrap() % most
    };
    let energy = |thousandths: i64| Energy::from_units(thousandths * 10_i64.pow(Energy::SCALE - 3)).unwrap();
    let values: Vec<_> = (0..grid.len()).map(|_| Some(energy(1 + next()))).collect();
    Consumption::on_slots(grid, &values).unwrap()
}

const VAR: &str = "E-1R-VAR-22-11-01-C";
const GO: &str = "E-1R-GO-VAR-22-10-14-C";

fn world(whole: Span, change: DateTime<Utc>, dispatches: Vec<Span>, seed: u64) -> World {
    let grid = Grid::covering(whole, SlotLength::HALF_HOUR).unwrap();
    World {
        import: readings(grid, seed, 900),
        export: readings(grid, seed + 1, 300),
        gas: readings(grid, seed + 2, 150),
        imported: agreed(&[(VAR, at("2020-01-01")), (GO, change)]),
        exported: agreed(&[("E-1R-OUTGOING-FIX-12M-19-05-13-C", at("2020-01-01"))]),
        gases: agreed(&[("G-1R-VAR-22-11-01-C", at("2020-01-01"))]),
        conversion: GasConversion {
            unit: GasUnit::CubicMetres,
            calorific_values: CalorificValues::Fixed("39.5".parse().unwrap()),
            kwh_rounding: Some((2, Rounding::HalfEven)),
        },
        dispatches,
        tariffs: vec![
            tariff(r#"{"code": "E-1R-VAR-22-11-01-C", "unit_rate": "24.5", "standing_charge": "48.39"}"#),
            tariff(
                r#"{"code": "E-1R-GO-VAR-22-10-14-C", "clock": "local", "standing_charge": "54.96", "dispatch_rate": "8.1", "bands": [
                {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.1"},
                {"name": "day", "from": "05:30", "to": "00:30", "rate": "27.35"}]}"#,
            ),
            tariff(r#"{"code": "E-1R-OUTGOING-FIX-12M-19-05-13-C", "unit_rate": "15"}"#),
            tariff(r#"{"code": "G-1R-VAR-22-11-01-C", "unit_rate": "6.12", "standing_charge": "29.11"}"#),
        ],
        options: BillOptions { rules: BillingRules::octopus_statement(), ..BillOptions::default() },
    }
}

impl World {
    fn supplies(&self) -> Vec<Supply<'_>> {
        let supply = |name: &str, consumption, agreements, gas, dispatches| Supply {
            name: name.into(),
            metered: Metered::Slots(consumption),
            agreements,
            gas,
            dispatches,
        };
        vec![
            supply(IMPORT, &self.import, &self.imported, None, &self.dispatches[..]),
            supply(EXPORT, &self.export, &self.exported, None, &[]),
            supply(GAS, &self.gas, &self.gases, Some(&self.conversion), &[]),
        ]
    }

    /// The statement that this world's supplier prints, in whole pence.
    fn prints(&self, name: &str, period: Span, billed: Span) -> StatedStatement {
        let own = Statement::new(billed, &self.supplies(), &self.tariffs, &self.options).unwrap();
        let pence = |money: Money| Printed { value: money.round(0, Rounding::HalfUp), places: 0 };
        let mut lines: Vec<StatementLine> = Vec::new();
        let line = |kind, amount| StatementLine {
            row: 0,
            kind,
            span: None,
            supply: None,
            kwh: None,
            rate: None,
            days: None,
            amount: pence(amount),
        };
        let mut sums = [Money::ZERO; 2];
        for supply in &own.supplies {
            let bills = || supply.agreements.iter().map(|part| &part.bill);
            let of =
                |kind: LineKind| bills().flat_map(|bill| &bill.lines).filter(move |line| line.kind == kind);
            let amount = |kind| Money::sum(of(kind).map(|line| line.net_minor)).unwrap();
            let kwh = Energy::sum(bills().map(|bill| bill.kwh)).unwrap().round(2, Rounding::HalfUp);
            let supplied = Some(supply.name.clone());
            lines.push(StatementLine {
                supply: supplied.clone(),
                kwh: Some(Printed { value: kwh, places: 2 }),
                ..line(StatementLineKind::Energy, amount(LineKind::Energy))
            });
            if supply.direction == Direction::Import {
                lines.push(StatementLine {
                    supply: supplied,
                    days: Some(of(LineKind::StandingCharge).filter_map(|line| line.days).sum()),
                    ..line(StatementLineKind::StandingCharge, amount(LineKind::StandingCharge))
                });
            }
            for (sum, part) in sums.iter_mut().zip([
                Money::sum(bills().map(|bill| bill.net_minor)).unwrap(),
                Money::sum(bills().map(|bill| bill.vat_minor)).unwrap(),
            ]) {
                let part = if supply.direction == Direction::Export { -part } else { part };
                *sum = Money::sum([*sum, part]).unwrap();
            }
        }
        lines.push(line(StatementLineKind::Subtotal, sums[0]));
        lines.push(line(StatementLineKind::Vat, sums[1]));
        lines.push(line(StatementLineKind::Total, Money::sum(sums).unwrap()));
        numbered(StatedStatement { name: name.into(), period, issued: None, lines })
    }

    fn audit(
        &self,
        statements: &[StatedStatement],
        other: &[OtherPrices],
        replaced: &[ReplacedReading],
    ) -> Audit {
        let supplies = self.supplies();
        let known = Known { supplies: &supplies, tariffs: &self.tariffs, other_prices: other, replaced };
        audit(statements, &known, &self.options).unwrap()
    }
}

fn numbered(mut statement: StatedStatement) -> StatedStatement {
    for (row, line) in (1..).zip(&mut statement.lines) {
        line.row = row;
    }
    statement
}

fn other_prices(world: &World) -> OtherPrices {
    let go = &world.tariffs[1];
    let json = r#"{"code": "E-1R-GO-VAR-22-10-14-C", "clock": "local", "standing_charge": "59.12", "dispatch_rate": "8.9", "bands": [
        {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.9"},
        {"name": "day", "from": "05:30", "to": "00:30", "rate": "29.04"}]}"#;
    OtherPrices {
        label: "without direct debit".into(),
        tariff: Tariff { code: go.code.clone(), ..tariff(json) },
    }
}

fn change(statement: &mut StatedStatement, kind: StatementLineKind, by: i64) {
    let line = statement.lines.iter_mut().find(|line| line.kind == kind).unwrap();
    line.amount.value = Money::sum([line.amount.value, pence(by)]).unwrap();
}

fn pence(count: i64) -> Money {
    count.to_string().parse().unwrap()
}

/// The faults that a supplier's system may have, by number: what the statement then says, and what it is called.
fn faulted(world: &World, period: Span, fault: usize, pick: usize) -> (StatedStatement, CauseKind) {
    let mut other = world.clone();
    let prints = |world: &World| world.prints("faulted", period, period);
    let kind = match fault {
        0 => {
            other.options.rules = BillingRules::ladder();
            CauseKind::RoundingRule
        }
        1 => {
            other.import = with_old(world, period, pick).0;
            CauseKind::ReplacedReading
        }
        2 => {
            let inside: Vec<usize> = (0..world.dispatches.len())
                .filter(|place| world.dispatches[*place].intersection(period).is_some())
                .collect();
            if !inside.is_empty() {
                other.dispatches.remove(inside[pick % inside.len()]);
            }
            CauseKind::Dispatch
        }
        3 => {
            let change = world.imported.list()[1].span.from();
            let days = [-2, -1, 1, 2][pick % 4];
            other.imported = agreed(&[(VAR, at("2020-01-01")), (GO, change + TimeDelta::days(days))]);
            CauseKind::TariffChange
        }
        4 => {
            other.tariffs[1] = other_prices(world).tariff;
            CauseKind::PaymentMethod
        }
        5 => {
            other.options.missing = MissingReadings::PreviousWeek;
            CauseKind::MissingReadings
        }
        6 => {
            let offset = |at: DateTime<Utc>| TimeDelta::seconds(calendar().offset_at(at.timestamp()));
            let moved = |at: DateTime<Utc>| at + offset(at);
            let billed = Span::new(moved(period.from()), moved(period.to())).unwrap();
            return (world.prints("faulted", period, billed), CauseKind::Clock);
        }
        7 => {
            other.conversion.unit = GasUnit::HundredsOfCubicFeet;
            CauseKind::GasUnit
        }
        8 => {
            for tariff in other.tariffs.iter_mut().filter(|tariff| tariff.direction == Direction::Import) {
                tariff.taxes = Taxes::flat(VatRate::TWENTY_PERCENT, None);
            }
            CauseKind::VatRate
        }
        9 => {
            let mut statement = prints(world);
            let exact = Statement::new(period, &world.supplies(), &world.tariffs, &world.options).unwrap();
            let credits = exact.credits_minor.round(0, Rounding::HalfUp);
            for line in statement
                .lines
                .iter_mut()
                .filter(|line| matches!(line.kind, StatementLineKind::Total | StatementLineKind::Subtotal))
            {
                line.amount.value = Money::sum([line.amount.value, credits]).unwrap();
            }
            return (statement, CauseKind::ExportCredit);
        }
        10 => {
            let charge = format!("4{}.{}", pick % 10, 11 + pick % 80).parse().unwrap();
            other.tariffs[1].standing_charges = Some(StandingCharges::flat(Prices::Exclusive(charge)));
            CauseKind::StandingCharge
        }
        11 => {
            let own = Statement::new(period, &world.supplies(), &world.tariffs, &world.options).unwrap();
            let days: i64 =
                own.supplies[2].agreements[0].bill.lines.iter().filter_map(|line| line.days).sum();
            let more = [-2, -1, 1, 2][pick % 4];
            let charge = Money::from_units(crate::quantity::divide(
                "29.11".parse::<Money>().unwrap().units() * i128::from(days + more),
                days.into(),
                Rounding::HalfEven,
            ));
            other.tariffs[3].standing_charges =
                Some(StandingCharges::flat(Prices::Exclusive(charge.unwrap())));
            let mut statement = prints(&other);
            for line in statement.lines.iter_mut().filter(|line| line.supply.as_deref() == Some(GAS)) {
                line.days = line.days.map(|days| days + more);
            }
            return (statement, CauseKind::StandingDays);
        }
        12 => {
            let mut statement = prints(world);
            let price: UnitRate = "6.12".parse().unwrap();
            let more = i64::try_from(20 + pick % 100).unwrap();
            let extra: Energy = more.to_string().parse().unwrap();
            let gas = statement
                .lines
                .iter_mut()
                .find(|line| line.supply.as_deref() == Some(GAS) && line.kind == StatementLineKind::Energy);
            let line = gas.unwrap();
            let kwh = line.kwh.as_mut().unwrap();
            kwh.value = Energy::sum([kwh.value, extra]).unwrap();
            let net = (kwh.value * price).round(0, Rounding::HalfUp);
            let added = Money::sum([net, -line.amount.value]).unwrap();
            line.amount.value = net;
            let vat = VatRate::FIVE_PERCENT.on(added).unwrap().round(0, Rounding::HalfUp);
            for (kind, by) in [
                (StatementLineKind::Subtotal, added),
                (StatementLineKind::Vat, vat),
                (StatementLineKind::Total, Money::sum([added, vat]).unwrap()),
            ] {
                let sum = statement.lines.iter_mut().find(|line| line.kind == kind).unwrap();
                sum.amount.value = Money::sum([sum.amount.value, by]).unwrap();
            }
            return (statement, CauseKind::EstimatedReading);
        }
        15 => {
            let mut statement = prints(world);
            let raised = |money: Money| {
                let vat = VatRate::FIVE_PERCENT.on(money).unwrap();
                Money::sum([money, vat]).unwrap().round(0, Rounding::HalfUp)
            };
            let own = Statement::new(period, &world.supplies(), &world.tariffs, &world.options).unwrap();
            let mut net = Money::ZERO;
            for line in statement.lines.iter_mut().filter(|line| line.supply.is_some()) {
                if line.supply.as_deref() == Some(EXPORT) {
                    continue;
                }
                let bills = own.supplies.iter().filter(|supply| Some(&supply.name) == line.supply.as_ref());
                let of = bills.flat_map(|supply| &supply.agreements).flat_map(|part| &part.bill.lines);
                let is_energy = line.kind == StatementLineKind::Energy;
                let exact =
                    of.filter(|own| (own.kind == LineKind::Energy) == is_energy).map(|own| own.net_minor);
                line.amount.value = raised(Money::sum(exact).unwrap());
                net = Money::sum([net, line.amount.value]).unwrap();
            }
            let vat = VatRate::FIVE_PERCENT.on(net).unwrap().round(0, Rounding::HalfUp);
            let subtotal = Money::sum([net, -own.credits_minor.round(0, Rounding::HalfUp)]).unwrap();
            for line in &mut statement.lines {
                match line.kind {
                    StatementLineKind::Subtotal => line.amount.value = subtotal,
                    StatementLineKind::Vat => line.amount.value = vat,
                    StatementLineKind::Total => line.amount.value = Money::sum([subtotal, vat]).unwrap(),
                    _ => {}
                }
            }
            return (statement, CauseKind::VatTwice);
        }
        13 => {
            let mut statement = prints(world);
            change(&mut statement, StatementLineKind::Total, 10 + i64::try_from(pick % 5_000).unwrap());
            return (statement, CauseKind::Sums);
        }
        _ => {
            let mut statement = prints(world);
            let place =
                statement.lines.iter().position(|line| line.kind == StatementLineKind::StandingCharge);
            let line = statement.lines[place.unwrap()].clone();
            let by: i64 = line.amount.value.to_string().parse().unwrap();
            let vat = (by + 10) / 20;
            statement.lines.insert(place.unwrap(), line);
            change(&mut statement, StatementLineKind::Subtotal, by);
            change(&mut statement, StatementLineKind::Vat, vat);
            change(&mut statement, StatementLineKind::Total, by + vat);
            return (numbered(statement), CauseKind::CountedTwice);
        }
    };
    (prints(&other), kind)
}

/// The import as it was before one of its readings was replaced, and that reading.
fn with_old(world: &World, period: Span, pick: usize) -> (Consumption, ReplacedReading) {
    let grid = *world.import.grid();
    let inside = grid.slots_starting_in(period);
    let slot = inside.start + pick % inside.len();
    let was: Energy = "3.217".parse().unwrap();
    let mut readings: Vec<_> = world.import.iter().collect();
    readings[slot] = Some(was);
    let start = grid.slot(slot).unwrap().span.from();
    (Consumption::on_slots(grid, &readings).unwrap(), ReplacedReading { supply: IMPORT.into(), start, was })
}

/// The same with some half-hours of the import without a reading.
fn with_gap(mut world: World, from: DateTime<Utc>, slots: usize) -> World {
    let grid = *world.import.grid();
    let first = grid.index_of(from).unwrap();
    let mut readings: Vec<_> = world.import.iter().collect();
    readings[first..first + slots].fill(None);
    world.import = Consumption::on_slots(grid, &readings).unwrap();
    world
}

fn months() -> Vec<Span> {
    let first = chrono::NaiveDate::from_ymd_opt(2023, 7, 1).unwrap();
    let midnight = |month: u32| {
        let date = first.checked_add_months(chrono::Months::new(month)).unwrap();
        calendar().day(date).unwrap().from()
    };
    (0..36).map(|month| Span::new(midnight(month), midnight(month + 1)).unwrap()).collect()
}

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
        dispatches: &[],
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
        seed in 0_u64..1_000_000, fault in 0_usize..16, pick in 0_usize..10_000, month in 0_usize..35, day in 5_i64..24,
    ) {
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
