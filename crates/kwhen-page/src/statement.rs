//! A whole account's statement as a page of text and as rows.

use super::Page;
use super::bill::shown_kwh;
use super::csv::Csv;
use super::number::Unit;
use super::style::{FAINT, Palette, TITLE, WARNING, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::bill::Statement;
use kwhen::quantity::Currency;
use kwhen::tariff::Direction;
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money};
use kwhen_app::answer::bill::{AccountLine, AccountStatement, Age};

impl Page for AccountStatement {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let mut page = of_supplies(&self.statement, Clock(calendar), palette);
        if !self.account_lines.is_empty() {
            page.push_str(&beside_energy(&self.account_lines, self.statement.currency, palette));
        }
        for Age { name, readings_to, fetched_at } in &self.stored {
            let fetched = fetched_at.as_ref().map(|at| format!(", fetched {at}")).unwrap_or_default();
            let line = format!("Stored: {name}, readings to {readings_to}{fetched}");
            page.push_str(&palette.paint(FAINT, &line));
            page.push('\n');
        }
        page
    }

    fn csv(&self) -> String {
        rows(&self.statement)
    }

    fn notes(&self) -> Vec<String> {
        statement_notes(&self.statement)
    }
}

/// What the account was credited or charged in the time beside energy.
fn beside_energy(lines: &[AccountLine], currency: Currency, palette: Palette) -> String {
    let unit = Unit::Major(currency);
    let mut table = Table::new(&[
        ("On the account beside energy, in no sum above", Align::Left),
        ("", Align::Left),
        ("", Align::Left),
        (unit.name(), Align::Right),
    ]);
    for line in lines {
        let back = if line.taken_back { ", taken back" } else { "" };
        table.row([
            Cell::styled(line.title.as_str(), FAINT),
            Cell::styled(format!("{}{back}", line.kind), FAINT),
            Cell::styled(line.date.as_deref().unwrap_or_default(), FAINT),
            Cell::styled(line.amount_minor.map(|amount| unit.show(amount)).unwrap_or_default(), FAINT),
        ]);
    }
    format!("\n{}", table.render(palette))
}

/// What was noticed of each supply, in sentences; one that several of its bills rest on is said once.
fn statement_notes(statement: &Statement) -> Vec<String> {
    let mut said = Vec::new();
    for supply in &statement.supplies {
        for notice in supply.agreements.iter().flat_map(|part| &part.bill.notices) {
            let sentence = format!("{}: {notice}", supply.name);
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
    }
    said
}

fn of_supplies(statement: &Statement, clock: Clock, palette: Palette) -> String {
    let title = format!("Statement, {}", clock.period(statement.period));
    let under = format!("{} · rules: {}", statement.time_zone, statement.rules);
    let mut page = format!("{}\n{}\n\n", palette.paint(TITLE, &title), palette.paint(FAINT, &under));
    // All bills of a statement are made by the same rules.
    let shown =
        statement.supplies.iter().flat_map(|supply| &supply.agreements).find_map(|part| part.bill.shown);
    let unit =
        shown.map_or(Unit::Major(statement.currency), |shown| Unit::MinorTo(statement.currency, shown.pence));
    let mut table = Table::new(&[
        ("", Align::Left),
        ("kWh", Align::Right),
        (&format!("{} exc VAT", unit.name()), Align::Right),
        (unit.name(), Align::Right),
    ]);
    for supply in &statement.supplies {
        let sign = if supply.direction == Direction::Export { " (credit)" } else { "" };
        table.row([Cell::styled(format!("{}{sign}", supply.name), TITLE)]);
        for part in &supply.agreements {
            let bill = &part.bill;
            table.row([
                format!("  {}, {}", part.tariff, clock.period(bill.period)).into(),
                shown_kwh(bill.kwh, bill.shown).into(),
                unit.show(bill.net_minor).into(),
                unit.show(bill.total_minor).into(),
            ]);
            for line in &bill.lines {
                table.row([
                    Cell::styled(format!("    {}", line.description), FAINT),
                    Cell::styled(
                        line.kwh.map(|energy| shown_kwh(energy, bill.shown)).unwrap_or_default(),
                        FAINT,
                    ),
                    Cell::styled(unit.show(line.net_minor), FAINT),
                    "".into(),
                ]);
            }
            table.row([
                Cell::styled(format!("    {}", super::bill::vat_name(bill)), FAINT),
                "".into(),
                "".into(),
                Cell::styled(unit.show(bill.vat_minor), FAINT),
            ]);
            for piece in bill.periods.iter().flatten() {
                table.row([
                    format!("    {}", piece.period.label).into(),
                    shown_kwh(piece.kwh, bill.shown).into(),
                    unit.show(piece.net_minor).into(),
                    unit.show(piece.total_minor).into(),
                ]);
            }
            if let Some(other) = part.bill.tariff_clock.filter(|clock| *clock != statement.time_zone) {
                table.row([Cell::styled(format!("    times of day by the clock of {other}"), FAINT)]);
            }
            for line in super::bill::dispatched(bill) {
                table.row([Cell::styled(format!("    {line}"), FAINT)]);
            }
            for used in &bill.registers {
                table.row([Cell::styled(format!("    {}", super::bill::register(used, clock)), FAINT)]);
            }
            let left_out = bill.coverage.slots - bill.coverage.billed_slots;
            if left_out > 0 {
                table.row([Cell::styled(
                    format!("    {left_out} of {} slots left out", bill.coverage.slots),
                    WARNING,
                )]);
            }
        }
        for gap in &supply.without_agreement {
            table.row([Cell::styled(format!("  no agreement: {}", clock.period(*gap)), WARNING)]);
        }
    }
    table.rule();
    for (name, amount) in [
        ("Charges", statement.charges_minor),
        ("Credits", -statement.credits_minor),
        ("Total", statement.total_minor),
    ] {
        table.row([name.into(), "".into(), "".into(), unit.show(amount).into()]);
    }
    page.push_str(&table.render(palette));
    for supply in &statement.supplies {
        for part in &supply.agreements {
            for (what, spans) in [
                ("no reading", &part.bill.coverage.missing_consumption),
                ("no unit rate", &part.bill.coverage.missing_rates),
                ("no standing charge", &part.bill.missing_standing_charges),
            ] {
                page.push_str(&super::bill::gaps(&format!("{}, {what}", supply.name), spans, clock));
            }
        }
    }
    page.push_str(&noted(statement_notes(statement), palette));
    for supply in &statement.supplies {
        for part in supply.agreements.iter().filter(|part| part.bill.working.is_some()) {
            let title = format!("{}, {}, {}", supply.name, part.tariff, clock.period(part.bill.period));
            page.push_str(&format!("\n{}\n", palette.paint(TITLE, &title)));
            page.push_str(&super::working::working(&part.bill, palette));
        }
    }
    page
}

fn rows(statement: &Statement) -> String {
    let mut csv =
        Csv::new(&["supply", "tariff", "from", "to", "kwh", "net_minor", "vat_minor", "total_minor"]);
    for supply in &statement.supplies {
        for part in &supply.agreements {
            let bill = &part.bill;
            let mut row = |span: Span, kwh: Energy, [net, vat, total]: [Money; 3]| {
                csv.row(&[
                    supply.name.clone(),
                    part.tariff.clone(),
                    instant_text(span.from()),
                    instant_text(span.to()),
                    kwh.to_string(),
                    net.to_string(),
                    vat.to_string(),
                    total.to_string(),
                ]);
            };
            match &bill.periods {
                None => row(bill.period, bill.kwh, [bill.net_minor, bill.vat_minor, bill.total_minor]),
                Some(pieces) => {
                    for piece in pieces {
                        let money = [piece.net_minor, piece.vat_minor, piece.total_minor];
                        row(piece.period.span, piece.kwh, money);
                    }
                }
            }
        }
    }
    csv.into_text()
}
