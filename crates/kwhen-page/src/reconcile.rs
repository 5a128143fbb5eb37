//! A statement beside the engine's lines, as a page of text and as rows.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::number::{count, plural};
use super::style::{CHOSEN, FAINT, Palette, TITLE, WARNING, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::bill::reconcile::{ReconciledLine, Reconciliation};
use kwhen::time::Calendar;
use kwhen_app::answer::reconcile::Reconciled;

impl Page for Reconciled {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let mut page = table(&self.reconciliation, self.currency.minor(), Clock(calendar), palette);
        page.push_str(&noted(&self.notes, palette));
        page
    }

    fn csv(&self) -> String {
        rows(&self.reconciliation)
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

fn kind(line: &ReconciledLine) -> String {
    serde_json::to_value(line.kind)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn table(found: &Reconciliation, minor: &str, clock: Clock, palette: Palette) -> String {
    let title = format!("Statement reconciled, {}", clock.period(found.period));
    let mut page = format!(
        "{}\n{}\n\n",
        palette.paint(TITLE, &title),
        palette.paint(FAINT, &format!("rules: {}", found.rules))
    );
    let differing = found.lines.len() - found.agreeing;
    page.push_str(&cards(
        [
            Card::new("Agree", count(found.agreeing), format!("of {}", plural(found.lines.len(), "line")))
                .styled(CHOSEN),
            Card::new("Differ", count(differing), "").styled(if differing > 0 {
                WARNING
            } else {
                anstyle::Style::new()
            }),
        ],
        palette,
    ));
    let mut table = Table::new(&[
        ("line", Align::Right),
        ("", Align::Left),
        (&format!("stated {minor}"), Align::Right),
        (&format!("computed {minor}"), Align::Right),
        (&format!("differs by {minor}"), Align::Right),
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

fn rows(found: &Reconciliation) -> String {
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
