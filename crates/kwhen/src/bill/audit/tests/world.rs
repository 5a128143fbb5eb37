//! A made-up account, what its supplier prints, and faults to plant in it.

use super::super::*;
use crate::bill::reconcile::{Printed, StatementLine};
use crate::bill::{BillingRules, Events, LineKind, Metered, Statement};
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
pub(super) const IMPORT: &str = "2000024512368";
pub(super) const EXPORT: &str = "1013004420117";
pub(super) const GAS: &str = "9113681703";

pub(super) fn calendar() -> Calendar {
    Calendar::great_britain()
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    calendar().parse(text).unwrap()
}

pub(super) fn span(from: &str, to: &str) -> Span {
    Span::new(at(from), at(to)).unwrap()
}

pub(super) fn tariff(json: &str) -> Tariff {
    TariffDefinition::from_json(json.as_bytes(), calendar()).unwrap()
}

pub(super) fn agreed(rows: &[(&str, DateTime<Utc>)]) -> Agreements {
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
pub(super) struct World {
    pub(super) import: Consumption,
    pub(super) export: Consumption,
    pub(super) gas: Consumption,
    pub(super) imported: Agreements,
    pub(super) exported: Agreements,
    pub(super) gases: Agreements,
    pub(super) conversion: GasConversion,
    pub(super) dispatches: Vec<Span>,
    pub(super) tariffs: Vec<Tariff>,
    pub(super) options: BillOptions,
}

/// Readings that look like a home's, from a seed.
pub(super) fn readings(grid: Grid, seed: u64, most: i64) -> Consumption {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 40).unwrap() % most
    };
    let energy = |thousandths: i64| Energy::from_units(thousandths * 10_i64.pow(Energy::SCALE - 3)).unwrap();
    let values: Vec<_> = (0..grid.len()).map(|_| Some(energy(1 + next()))).collect();
    Consumption::on_slots(grid, &values).unwrap()
}

pub(super) const VAR: &str = "E-1R-VAR-22-11-01-C";
pub(super) const GO: &str = "E-1R-GO-VAR-22-10-14-C";

pub(super) fn world(whole: Span, change: DateTime<Utc>, dispatches: Vec<Span>, seed: u64) -> World {
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
    pub(super) fn supplies(&self) -> Vec<Supply<'_>> {
        let supply = |name: &str, consumption, agreements, gas, dispatches| Supply {
            name: name.into(),
            metered: Metered::Slots(consumption),
            agreements,
            gas,
            events: Events::dispatched(dispatches),
        };
        vec![
            supply(IMPORT, &self.import, &self.imported, None, &self.dispatches[..]),
            supply(EXPORT, &self.export, &self.exported, None, &[]),
            supply(GAS, &self.gas, &self.gases, Some(&self.conversion), &[]),
        ]
    }

    /// The statement that this world's supplier prints, in whole pence.
    pub(super) fn prints(&self, name: &str, period: Span, billed: Span) -> StatedStatement {
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

    pub(super) fn audit(
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

pub(super) fn numbered(mut statement: StatedStatement) -> StatedStatement {
    for (row, line) in (1..).zip(&mut statement.lines) {
        line.row = row;
    }
    statement
}

pub(super) fn other_prices(world: &World) -> OtherPrices {
    let go = &world.tariffs[1];
    let json = r#"{"code": "E-1R-GO-VAR-22-10-14-C", "clock": "local", "standing_charge": "59.12", "dispatch_rate": "8.9", "bands": [
        {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.9"},
        {"name": "day", "from": "05:30", "to": "00:30", "rate": "29.04"}]}"#;
    OtherPrices {
        label: "without direct debit".into(),
        tariff: Tariff { code: go.code.clone(), ..tariff(json) },
    }
}

pub(super) fn change(statement: &mut StatedStatement, kind: StatementLineKind, by: i64) {
    let line = statement.lines.iter_mut().find(|line| line.kind == kind).unwrap();
    line.amount.value = Money::sum([line.amount.value, pence(by)]).unwrap();
}

pub(super) fn pence(count: i64) -> Money {
    count.to_string().parse().unwrap()
}

/// The faults that a supplier's system may have, by number: what the statement then says, and what it is called.
pub(super) fn faulted(
    world: &World,
    period: Span,
    fault: usize,
    pick: usize,
) -> (StatedStatement, CauseKind) {
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
pub(super) fn with_old(world: &World, period: Span, pick: usize) -> (Consumption, ReplacedReading) {
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
pub(super) fn with_gap(mut world: World, from: DateTime<Utc>, slots: usize) -> World {
    let grid = *world.import.grid();
    let first = grid.index_of(from).unwrap();
    let mut readings: Vec<_> = world.import.iter().collect();
    readings[first..first + slots].fill(None);
    world.import = Consumption::on_slots(grid, &readings).unwrap();
    world
}

pub(super) fn months() -> Vec<Span> {
    let first = chrono::NaiveDate::from_ymd_opt(2023, 7, 1).unwrap();
    let midnight = |month: u32| {
        let date = first.checked_add_months(chrono::Months::new(month)).unwrap();
        calendar().day(date).unwrap().from()
    };
    (0..36).map(|month| Span::new(midnight(month), midnight(month + 1)).unwrap()).collect()
}
