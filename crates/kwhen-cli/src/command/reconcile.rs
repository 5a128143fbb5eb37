//! `kwhen reconcile`

use super::billed::{Billed, BilledArguments, OneTariff};
use crate::arguments::{Format, Shared};
use crate::definition;
use crate::failure::Result;
use crate::input::Source;
use crate::metered::Readings;
use crate::output::style::{CHOSEN, FAINT, Palette, TITLE, WARNING};
use crate::output::table::{Align, Cell, Table};
use crate::output::{csv::Csv, file, json, when::Clock};
use clap::Args;
use kwhen::bill::reconcile::{
    ReconciledLine, Reconciliation, reconcile, reconcile_account, reconcile_registers, statement_lines,
};
use kwhen::time::Calendar;
use std::path::PathBuf;

/// Lay a statement's lines beside the engine's
///
/// Says line by line what agrees, what differs and by how much, and which billing rules would explain it. Fields of a line: kind
/// (energy, standing_charge, levy, subtotal, vat, total), from, to, kwh, rate, days, and amount_minor or amount (pounds); with an account
/// also supply, the name of the one that the line is about. Readings and tariffs are given as to kwhen bill.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen reconcile --statement statement.csv --tariff go.toml --consumption consumption.csv --from 2026-03-01 --to 2026-04-01
  kwhen reconcile --statement statement.csv --tariff economy-7.toml --registers readings.csv
  kwhen reconcile --statement statement.csv --account account.toml --tariff go.toml --tariff gas.toml")]
pub(crate) struct ReconcileArguments {
    /// The statement's lines: CSV with a header, or a JSON array
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    #[command(flatten)]
    billed: BilledArguments,
    /// The rules that lines are judged by: exact, octopus, octopus-statement, ladder, or a file
    #[arg(long, default_value = "octopus-statement", value_name = "RULES")]
    rules: String,
}

impl ReconcileArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let calendar = shared.calendar()?;
        let options = self.billed.options(calendar, definition::rules(&self.rules)?);
        let billed = self.billed.read(shared, &[&self.statement])?;
        let statement = Source::file(&self.statement)?;
        let named = |error: kwhen::Error| error.in_source(statement.name());
        let lines = statement_lines(statement.bytes(), &calendar).map_err(named)?;
        let found = match &billed {
            Billed::Account(account) => {
                reconcile_account(&lines, &account.supplies(), &account.tariffs, account.period, &options)
            }
            Billed::One(billed) => {
                let OneTariff { tariff, metered, dispatches, period } = billed.as_ref();
                match metered {
                    Readings::Slots(consumption) => {
                        reconcile(&lines, tariff, consumption, &dispatches.spans, *period, &options)
                    }
                    Readings::Registers(advances) => {
                        reconcile_registers(&lines, tariff, advances, *period, &options)
                    }
                }
            }
        }
        .map_err(named)?;
        file::note(billed.notices(), shared.color);
        match shared.format {
            Format::Text => Ok(text(&found, calendar, Palette::for_stdout(shared.color))),
            Format::Json => json(&found),
            Format::Csv => Ok(csv(&found)),
        }
    }
}

fn kind(line: &ReconciledLine) -> String {
    serde_json::to_value(line.kind)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn text(found: &Reconciliation, calendar: Calendar, palette: Palette) -> String {
    let title = format!("Statement reconciled, {}", Clock(calendar).period(found.period));
    let mut page = format!(
        "{}\n{}\n\n",
        palette.paint(TITLE, &title),
        palette.paint(FAINT, &format!("rules: {}", found.rules))
    );
    let mut table = Table::new(&[
        ("line", Align::Right),
        ("", Align::Left),
        ("stated p", Align::Right),
        ("computed p", Align::Right),
        ("differs by p", Align::Right),
        ("agrees under", Align::Left),
    ]);
    for line in &found.lines {
        let style = if line.agrees { CHOSEN } else { WARNING };
        let verdict = if line.agrees {
            String::new()
        } else {
            line.difference_minor.map(|pence| pence.to_string()).unwrap_or_default()
        };
        let under = if line.explained_by.is_empty() {
            "no known rules".to_owned()
        } else {
            line.explained_by.join(", ")
        };
        table.row([
            line.row.to_string().into(),
            kind(line).into(),
            line.stated_minor.to_string().into(),
            line.computed_minor.map(|pence| format!("{:.3}", pence)).unwrap_or_default().into(),
            Cell::styled(verdict, style),
            Cell::styled(under, style),
        ]);
    }
    page.push_str(&table.render(palette));
    for line in &found.lines {
        for remark in &line.remarks {
            page.push_str(&palette.paint(FAINT, &format!("Line {}: {remark}.", line.row)));
            page.push('\n');
        }
    }
    page.push_str(&format!("\n{} of {} lines agree.\n", found.agreeing, found.lines.len()));
    if !found.explained_by.is_empty() {
        page.push_str(&format!("Every line agrees under: {}.\n", found.explained_by.join(", ")));
    }
    page
}

fn csv(found: &Reconciliation) -> String {
    let mut csv = Csv::new(&[
        "row",
        "kind",
        "stated_minor",
        "computed_minor",
        "difference_minor",
        "agrees",
        "explained_by",
        "remarks",
    ]);
    let or_empty = |money: Option<kwhen::Money>| money.map(|money| money.to_string()).unwrap_or_default();
    for line in &found.lines {
        csv.row(&[
            line.row.to_string(),
            kind(line),
            line.stated_minor.to_string(),
            or_empty(line.computed_minor),
            or_empty(line.difference_minor),
            line.agrees.to_string(),
            line.explained_by.join(" "),
            line.remarks.join("; "),
        ]);
    }
    csv.into_text()
}
