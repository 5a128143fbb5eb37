//! Audited statements, as a page of text that can be sent to a supplier, and as rows.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::number::{count, plural};
use super::style::{CHOSEN, FAINT, Palette, TITLE, WARNING, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::Money;
use kwhen::bill::audit::{AuditedStatement, CauseKind};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::audit::Audited;

impl Page for Audited {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let (found, clock) = (&self.audit, Clock(calendar));
        let title = format!("{} audited", plural(found.statements.len(), "statement"));
        let mut page = format!(
            "{}\n{}\n\n",
            palette.paint(TITLE, &title),
            palette.paint(FAINT, &format!("rules: {}", found.rules))
        );
        page.push_str(&cards(
            [
                Card::new("Agree", count(found.agreeing), "").styled(CHOSEN),
                Card::new("Differ", count(found.differing), "").styled(if found.differing > 0 {
                    WARNING
                } else {
                    anstyle::Style::new()
                }),
                Card::new("In all", in_all(self), ""),
            ],
            palette,
        ));
        page.push_str(&table(self, clock).render(palette));
        page.push_str(&format!(
            "\n{} of {} {} to the last printed digit; in all {}.\n",
            found.agreeing,
            plural(found.statements.len(), "statement"),
            if found.agreeing == 1 { "agrees" } else { "agree" },
            in_all(self)
        ));
        let untold = untold(self);
        if untold > 0 {
            page.push_str(&format!(
                "Of {} it cannot be told: readings are missing here. That is not counted in all.\n",
                plural(untold, "statement")
            ));
        }
        for statement in found.statements.iter().filter(|statement| !statement.agrees) {
            page.push_str(&summary(self, statement, clock, palette));
        }
        if found.differing > 0 {
            page.push_str("\nA cause is one under which the statement's own figures come out; that it is the cause is likely, not proved.\n");
        }
        if !self.beside_energy.is_empty() {
            page.push_str(&format!("\n{}\n", palette.paint(TITLE, "Beside energy, as the bills have it")));
            page.push_str(&beside_energy(self).render(palette));
        }
        page.push_str(&noted(&self.notes, palette));
        page
    }

    fn csv(&self) -> String {
        let mut csv = Csv::new(&[
            "statement",
            "from",
            "to",
            "agrees",
            "stated_minor",
            "computed_minor",
            "difference_minor",
            "cause",
            "explains_all",
            "evidence",
        ]);
        let or_empty = |money: Option<Money>| money.map(|money| money.to_string()).unwrap_or_default();
        for statement in &self.audit.statements {
            let row = |cause: Option<&kwhen::bill::audit::Cause>| {
                [
                    statement.statement.clone(),
                    instant_text(statement.period.from()),
                    instant_text(statement.period.to()),
                    statement.agrees.to_string(),
                    or_empty(statement.stated_minor),
                    or_empty(statement.computed_minor),
                    or_empty(statement.difference_minor),
                    cause.map(|cause| cause.kind.to_string()).unwrap_or_default(),
                    cause.map(|cause| cause.explains_all.to_string()).unwrap_or_default(),
                    cause.map(|cause| cause.evidence.clone()).unwrap_or_default(),
                ]
            };
            if statement.causes.is_empty() {
                csv.row(&row(None));
            }
            for cause in &statement.causes {
                csv.row(&row(Some(cause)));
            }
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        let remarks = self.audit.statements.iter().flat_map(|statement| {
            statement.remarks.iter().map(|remark| format!("statement {}: {remark}", statement.statement))
        });
        self.notes.iter().cloned().chain(remarks).collect()
    }
}

/// `£1.23 too much`.
fn too(difference: Money, currency: Currency) -> String {
    if difference.is_zero() {
        "nothing too much or too little".to_owned()
    } else if difference.is_negative() {
        format!("{} too little", currency.shown(-difference))
    } else {
        format!("{} too much", currency.shown(difference))
    }
}

/// Whether what differs comes from readings that are missing here: then nothing is told of the statement.
fn lacks_readings(statement: &AuditedStatement) -> bool {
    let first = statement.causes.first();
    !statement.agrees && first.is_some_and(|cause| cause.kind == CauseKind::MissingReadings)
}

/// How many statements nothing is told of.
fn untold(answer: &Audited) -> usize {
    answer.audit.statements.iter().filter(|one| lacks_readings(one)).count()
}

/// What is too much or too little in all, of the statements of which it can be told.
fn in_all(answer: &Audited) -> String {
    let statements = answer.audit.statements.iter().filter(|statement| !lacks_readings(statement));
    let sum =
        Money::sum(statements.filter_map(|statement| statement.difference_minor)).unwrap_or(Money::ZERO);
    if untold(answer) == answer.audit.statements.len() {
        return "it cannot be told".to_owned();
    }
    too(sum, answer.currency)
}

/// What matters first: on a phone the rest is scrolled to.
fn table(answer: &Audited, clock: Clock) -> Table {
    let mut table = Table::new(&[
        ("statement", Align::Left),
        ("differs by", Align::Right),
        ("likeliest cause", Align::Left),
        ("stated", Align::Right),
        ("computed", Align::Right),
        ("period", Align::Left),
    ]);
    let shown = |money: Option<Money>| money.map(|money| answer.currency.shown(money)).unwrap_or_default();
    for statement in &answer.audit.statements {
        let style = if statement.agrees { CHOSEN } else { WARNING };
        let cause = match (statement.agrees, statement.causes.first()) {
            (true, _) => "agrees".to_owned(),
            (false, Some(cause)) => cause.kind.to_string(),
            (false, None) => "none is found".to_owned(),
        };
        let difference = if statement.agrees { None } else { statement.difference_minor };
        table.row([
            statement.statement.clone().into(),
            Cell::styled(shown(difference), style),
            Cell::styled(cause, style),
            shown(statement.stated_minor).into(),
            shown(statement.computed_minor).into(),
            clock.period(statement.period).into(),
        ]);
    }
    table
}

/// What is on the statements beside energy.
fn beside_energy(answer: &Audited) -> Table {
    let mut table = Table::new(&[
        ("statement", Align::Left),
        ("date", Align::Left),
        ("what", Align::Left),
        ("amount", Align::Right),
    ]);
    for one in &answer.beside_energy {
        let title = if one.title.is_empty() { String::new() } else { format!(": {}", one.title) };
        let back = if one.taken_back { ", taken back" } else { "" };
        table.row([
            one.statement.clone().into(),
            one.date.clone().unwrap_or_default().into(),
            format!("{}{title}{back}", one.kind).into(),
            one.amount_minor.map(|money| answer.currency.shown(money)).unwrap_or_default().into(),
        ]);
    }
    table
}

/// What could be written to the supplier about one statement.
fn summary(answer: &Audited, statement: &AuditedStatement, clock: Clock, palette: Palette) -> String {
    let title = format!("Statement {}, {}", statement.statement, clock.period(statement.period));
    let mut text = format!("\n{}\n", palette.paint(TITLE, &title));
    let mut add = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    if let (Some(stated), Some(computed), Some(difference)) =
        (statement.stated_minor, statement.computed_minor, statement.difference_minor)
    {
        add(format!(
            "It asks for {}; the readings and the agreed prices come to {}: {}.",
            answer.currency.shown(stated),
            answer.currency.shown(computed),
            match lacks_readings(statement) {
                true => "readings are missing here, so that nothing is told of it".to_owned(),
                false => too(difference, answer.currency),
            }
        ));
    }
    let minor = answer.currency.minor();
    for line in statement.lines.iter().filter(|line| !line.agrees) {
        let kind = serde_json::to_value(line.kind).ok();
        let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().replace('_', " ");
        let computed = line.computed_minor.map(|money| format!("{money:.2} {minor}"));
        let of = line.supply.as_ref().map(|supply| format!(" of {supply}")).unwrap_or_default();
        add(format!(
            "  Line {} ({kind}{of}): stated {} {minor}, computed {}",
            line.row,
            line.stated_minor,
            computed.unwrap_or_else(|| "nothing like it".to_owned())
        ));
    }
    for (place, cause) in statement.causes.iter().enumerate() {
        let likely = if place == 0 { "Likeliest cause" } else { "Or" };
        let part = if cause.explains_all || cause.rows.is_empty() {
            String::new()
        } else {
            let rows: Vec<String> = cause.rows.iter().map(ToString::to_string).collect();
            format!(" (explains the lines {} alone)", rows.join(", "))
        };
        add(format!("{likely}: {}{part}: {}.", cause.kind, cause.evidence));
    }
    if !statement.unexplained_rows.is_empty() {
        let rows: Vec<String> = statement.unexplained_rows.iter().map(ToString::to_string).collect();
        add(format!("Unexplained: {}.", rows.join(", ")));
    }
    for remark in &statement.remarks {
        add(palette.paint(FAINT, &format!("{remark}.")));
    }
    text
}
