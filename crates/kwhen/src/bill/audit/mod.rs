//! The statements of an account beside the engine's own: what agrees to the penny, what differs, and which causes would explain it.
//!
//! A cause is tried by billing anew with one thing changed: a rule, a price, a reading, a day. It is named where what was changed gives
//! the statement's own figures to the last printed digit and leaves none that agreed before. What no cause explains is said to be so.

mod analysis;
mod cause;
mod found;
mod prices;
mod read;
mod stated;
mod trials;

pub use cause::{Cause, CauseKind};
pub use found::{Audit, AuditedStatement};
pub use read::stated_statements;
pub use stated::{Known, OtherPrices, ReplacedReading, StatedStatement};

use super::reconcile::{ReconciledLine, Reconciliation, StatementLine, StatementLineKind, beside};
use super::{BillOptions, MissingReadings, Statement, Supply};
use crate::error::{Error, Result};
use crate::quantity::Money;
use crate::tariff::Component;
use crate::time::Span;
use trials::Trials;

/// The most causes that are named.
const MOST: usize = 5;

/// Compares statements with bills of the same spans, and looks for causes of what differs.
///
/// `options.rules` are the rules that lines are judged by. A statement that cannot be billed at all is remarked upon and leaves the others
/// standing.
///
/// # Errors
/// No statement, or a line of one that names a supply that there is not.
pub fn audit(statements: &[StatedStatement], known: &Known<'_>, options: &BillOptions) -> Result<Audit> {
    if statements.is_empty() {
        return Err(Error::missing("holds no statement"));
    }
    let mut ordered: Vec<&StatedStatement> = statements.iter().collect();
    ordered.sort_by_key(|statement| (statement.period, statement.name.as_str()));
    let mut audited = Vec::with_capacity(ordered.len());
    for statement in &ordered {
        audited.push(
            one(statement, known, options)
                .map_err(|error| error.in_source(format!("statement {}", statement.name)))?,
        );
    }
    analysis::mark_taken_back(&mut audited);
    let agreeing = audited.iter().filter(|statement| statement.agrees).count();
    Ok(Audit {
        rules: options.rules.name.clone(),
        agreeing,
        differing: audited.len() - agreeing,
        difference_minor: Money::sum(audited.iter().filter_map(|statement| statement.difference_minor))?,
        statements: audited,
    })
}

/// The time that a statement and its lines are about.
fn reach(statement: &StatedStatement) -> Span {
    let spans = statement.lines.iter().filter_map(|line| line.span);
    spans.fold(statement.period, |whole, span| {
        Span::from_seconds(
            whole.start_seconds().min(span.start_seconds()),
            whole.to_seconds().max(span.to_seconds()),
        )
    })
}

fn one(statement: &StatedStatement, known: &Known<'_>, options: &BillOptions) -> Result<AuditedStatement> {
    // Estimates are taken from other weeks; without them no other time is looked at, which is faster.
    let clipped = trials::clipped(known.supplies, reach(statement))?;
    let supplies: Vec<Supply<'_>> = match options.missing {
        MissingReadings::PreviousWeek | MissingReadings::Profile => known.supplies.to_vec(),
        // What was used before the statement moves its tiers, and other months its peaks.
        _ if known.tariffs.iter().flat_map(|tariff| &tariff.components).any(Component::goes_by_days) => {
            known.supplies.to_vec()
        }
        _ => trials::lent(known.supplies, &clipped),
    };
    let mut remarks = Vec::new();
    let base: Reconciliation =
        match beside(&statement.lines, &supplies, known.tariffs, statement.period, options) {
            Ok(base) => base,
            Err(error) if error.is_conflict() => return Err(error),
            Err(error) => {
                remarks.push(format!("it cannot be billed: {error}"));
                return Ok(unbilled(statement, remarks));
            }
        };
    if base.lines.iter().all(|line| line.computed_minor.is_none()) {
        let why = Statement::new(statement.period, &supplies, known.tariffs, options).err();
        let why = why.map_or_else(|| "the bill has none of its lines".to_owned(), |error| error.to_string());
        return Ok(unbilled(statement, vec![format!("it cannot be billed: {why}")]));
    }
    let differing: Vec<usize> = (0..base.lines.len())
        .filter(|place| base.lines.get(*place).is_some_and(|line| !line.agrees))
        .collect();
    remarks.extend(base.lines.iter().zip(&statement.lines).filter_map(of_other_energy));
    let missing: Vec<String> = gaps(&supplies, statement.period);
    remarks.extend(missing);
    let causes = if differing.is_empty() {
        // Sums may not add up though each agrees under some reading of it: that would be told by a line that differs.
        Vec::new()
    } else {
        let mut trials = Trials::new(statement, known, &supplies, &base, options);
        for find in [analysis::of_its_own_lines, analysis::of_taxes_and_credits, analysis::of_energy] {
            let found = find(&trials);
            trials.add(found);
        }
        trials.by_readings();
        trials.by_prices();
        trials.into_causes(MOST)
    };
    let row = |place: &usize| base.lines.get(*place).map(|line| line.row);
    let explained = |row: &u64| causes.iter().any(|cause| cause.rows.contains(row));
    let unexplained_rows: Vec<u64> = differing.iter().filter_map(row).filter(|row| !explained(row)).collect();
    if !unexplained_rows.is_empty() {
        remarks.push(
            "what differs in the lines named as unexplained follows from none of the causes that are tried"
                .to_owned(),
        );
    }
    let total = base.lines.iter().find(|line| line.kind == StatementLineKind::Total);
    let computed_minor = match total.and_then(|line| Some((line.stated_minor, line.difference_minor?))) {
        Some((stated, difference)) => Some(Money::sum([stated, -difference])?),
        None => None,
    };
    Ok(AuditedStatement {
        statement: statement.name.clone(),
        period: statement.period,
        agrees: differing.is_empty(),
        stated_minor: total.map(|line| line.stated_minor),
        computed_minor,
        difference_minor: total.and_then(|line| line.difference_minor),
        causes,
        unexplained_rows,
        remarks,
        lines: base.lines,
    })
}

/// That a line has the amount that its readings come to, and states other kWh than they count.
fn of_other_energy((compared, line): (&ReconciledLine, &StatementLine)) -> Option<String> {
    let difference = compared.difference_kwh.filter(|difference| compared.agrees && !difference.is_zero())?;
    let (than, difference) =
        if difference.is_negative() { ("less", -difference) } else { ("more", difference) };
    Some(format!(
        "line {}: its amount is the computed one, and the {} kWh that it states are {difference} kWh {than} than the readings count",
        line.row, line.kwh?.value
    ))
}

fn unbilled(statement: &StatedStatement, remarks: Vec<String>) -> AuditedStatement {
    let total = statement.lines.iter().find(|line| line.kind == StatementLineKind::Total);
    AuditedStatement {
        statement: statement.name.clone(),
        period: statement.period,
        agrees: false,
        stated_minor: total.map(|line| line.amount.value),
        computed_minor: None,
        difference_minor: None,
        causes: Vec::new(),
        unexplained_rows: statement.lines.iter().map(|line| line.row).collect(),
        remarks,
        lines: Vec::new(),
    }
}

/// What there is no reading for, in words.
fn gaps(supplies: &[Supply<'_>], period: Span) -> Vec<String> {
    let said = |supply: &Supply<'_>| {
        let (slots, first) = trials::missing(supply, period)?;
        Some(format!(
            "{}: {slots} slots have no reading, the first from {}",
            supply.name,
            crate::time::instant_text(first)
        ))
    };
    supplies.iter().filter_map(said).collect()
}

#[cfg(test)]
mod tests;
