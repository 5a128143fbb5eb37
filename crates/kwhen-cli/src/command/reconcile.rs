//! `kwhen reconcile`

use crate::arguments::{Format, PeriodArguments, Pricing, Shared};
use crate::definition::{self, Missing};
use crate::failure::{Failure, Result};
use crate::input::{Source, at_most_one_standard_input};
use crate::output::style::{CHOSEN, FAINT, Palette, TITLE, WARNING};
use crate::output::table::{Align, Cell, Table};
use crate::output::{csv::Csv, json, when::Clock};
use clap::Args;
use kwhen::bill::BillOptions;
use kwhen::bill::reconcile::{ReconciledLine, Reconciliation, reconcile, statement_lines};
use kwhen::time::Calendar;
use std::path::PathBuf;

/// Lay a statement's lines beside the engine's
///
/// Says line by line what agrees, what differs and by how much, and which billing rules would explain it. Fields of a line: kind
/// (energy, standing_charge, levy, subtotal, vat, total), from, to, kwh, rate, days, and amount_pence or amount (pounds).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen reconcile --statement statement.csv --tariff go.toml --consumption consumption.csv --from 2026-03-01 --to 2026-04-01")]
pub(crate) struct ReconcileArguments {
    /// The statement's lines: CSV with a header, or a JSON array
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    /// The tariff: a definition (TOML, JSON), or unit rates, with standing charges after a comma
    #[arg(long, value_name = "FILE[,STANDING]")]
    tariff: String,
    /// Meter readings: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    consumption: PathBuf,
    #[command(flatten)]
    period: PeriodArguments,
    /// The rules that lines are judged by: exact, octopus, octopus-statement, ladder, or a file
    #[arg(long, default_value = "octopus-statement", value_name = "RULES")]
    rules: String,
    /// What is done where there is no reading
    #[arg(long, value_enum, default_value_t)]
    missing: Missing,
    /// Spans in which the supplier charged the car: from and to
    #[arg(long, value_name = "FILE")]
    dispatches: Option<PathBuf>,
    #[command(flatten)]
    pricing: Pricing,
}

impl ReconcileArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        at_most_one_standard_input([self.statement.as_path(), self.consumption.as_path()])?;
        let calendar = shared.calendar()?;
        let statement = Source::read(&self.statement)?;
        let lines = statement_lines(statement.bytes(), &calendar)
            .map_err(|error| error.in_source(statement.name()))?;
        let mut tariffs = definition::tariffs(&self.tariff, &self.pricing)?.into_iter();
        let (Some(tariff), None) = (tariffs.next(), tariffs.next()) else {
            return Err(Failure::usage(
                "--tariff: a statement is reconciled with one tariff; the file has several",
            ));
        };
        let consumption = Source::read(&self.consumption)?.consumption()?;
        let readings =
            consumption.grid().span().ok_or_else(|| Failure::work("the consumption holds no readings"))?;
        let options = BillOptions {
            calendar,
            rules: definition::rules(&self.rules)?,
            missing: self.missing.policy(),
            ..BillOptions::default()
        };
        let dispatches = self
            .dispatches
            .as_deref()
            .map(|path| super::account::dispatches(path, &calendar))
            .transpose()?
            .unwrap_or_default();
        let period = self.period.within(&calendar, readings)?;
        let found = reconcile(&lines, &tariff, &consumption, &dispatches, period, &options)?;
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
            line.difference_pence.map(|pence| pence.to_string()).unwrap_or_default()
        };
        let under = if line.explained_by.is_empty() {
            "no known rules".to_owned()
        } else {
            line.explained_by.join(", ")
        };
        table.row([
            line.row.to_string().into(),
            kind(line).into(),
            line.stated_pence.to_string().into(),
            line.computed_pence.map(|pence| format!("{:.3}", pence)).unwrap_or_default().into(),
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
        "stated_pence",
        "computed_pence",
        "difference_pence",
        "agrees",
        "explained_by",
        "remarks",
    ]);
    let or_empty = |money: Option<kwhen::Money>| money.map(|money| money.to_string()).unwrap_or_default();
    for line in &found.lines {
        csv.row(&[
            line.row.to_string(),
            kind(line),
            line.stated_pence.to_string(),
            or_empty(line.computed_pence),
            or_empty(line.difference_pence),
            line.agrees.to_string(),
            line.explained_by.join(" "),
            line.remarks.join("; "),
        ]);
    }
    csv.into_text()
}
