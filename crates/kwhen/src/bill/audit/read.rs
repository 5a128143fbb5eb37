//! Statements from what people have: JSON, CSV, or typed by hand.

use super::stated::StatedStatement;
use crate::bill::reconcile::{StatementLine, statement_lines};
use crate::error::{Error, Result};
use crate::time::{Calendar, Span};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The most lines of one statement.
const MOST_LINES: usize = 1_000;
/// The longest statement.
const MOST_DAYS: i64 = 1_100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, alias = "id")]
    statement: Option<String>,
    from: String,
    to: String,
    #[serde(default)]
    issued: Option<String>,
    lines: Box<RawValue>,
}

/// Reads statements.
///
/// - JSON: an object, a list of objects, or an object with a list `statements`; each with `from`, `to` (dates or times; `to` is not in it),
///   `lines` as [`statement_lines`] reads them, and `statement` (its number) and `issued` where they are known.
/// - Typed: `statement 2026-03-01 2026-04-01 [issued 2026-04-03] [its number]`, then a line each: `energy 312.4 kWh 24.50 p £76.54`,
///   `standing 31 days 54.96 p £17.04`, `vat £4.68`, `total £98.26`, each with ` of SUPPLY` at its end where it is one supply's. `#` begins a remark.
/// - CSV: as [`statement_lines`] reads it, with the columns `statement_from` and `statement_to` (and `statement`, `issued`) beside.
///
/// # Errors
/// Anything else, with the row or the line and what is wrong with it.
pub fn stated_statements(bytes: &[u8], calendar: &Calendar) -> Result<Vec<StatedStatement>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::syntax(format!("is not UTF-8 from byte {}", error.valid_up_to())))?;
    let statements = match text.trim_start().chars().next() {
        None => return Err(Error::missing("is empty: no statement is in it")),
        Some('{' | '[') => from_json(text, calendar)?,
        Some(_) if is_typed(text) => typed(text, calendar)?,
        Some(_) => from_csv(text, calendar)?,
    };
    if let Some(empty) = statements.iter().find(|statement| statement.lines.is_empty()) {
        return Err(Error::missing(format!("statement {} has no line", empty.name)));
    }
    // Each cause is tried by billing the period anew, span by span.
    let is_long =
        |one: &&StatedStatement| one.lines.len() > MOST_LINES || one.period.seconds() > MOST_DAYS * 86_400;
    if let Some(long) = statements.iter().find(is_long) {
        return Err(Error::out_of_range(format!(
            "statement {} has {} lines over {} days; {MOST_LINES} lines and {MOST_DAYS} days are the most",
            long.name,
            long.lines.len(),
            long.period.seconds() / 86_400
        )));
    }
    Ok(statements)
}

fn statement(
    name: Option<String>,
    (from, to): (&str, &str),
    issued: Option<&str>,
    lines: Vec<StatementLine>,
    calendar: &Calendar,
) -> Result<StatedStatement> {
    let at = |text: &str, field: &str| calendar.parse(text).map_err(|error| error.in_field(field));
    let (start, end) = (at(from, "from")?, at(to, "to")?);
    let period = Span::new(start, end).map_err(|error| error.in_field("to"))?;
    let issued = issued.map(|text| at(text, "issued")).transpose()?;
    let date = |instant| calendar.date(instant).to_string();
    let name = name.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| format!("{} to {}", date(start), date(end)));
    Ok(StatedStatement { name, period, issued, lines })
}

fn from_json(text: &str, calendar: &Calendar) -> Result<Vec<StatedStatement>> {
    let no_json = |error: serde_json::Error| Error::syntax(format!("is not JSON of statements: {error}"));
    // As they are written: the decimals of a figure say what it was rounded to.
    let written: Vec<&RawValue> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(no_json)?
    } else {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(no_json)?;
        match fields.get("statements") {
            Some(list) => serde_json::from_str(list.get()).map_err(no_json)?,
            None => vec![serde_json::from_str(text).map_err(no_json)?],
        }
    };
    let mut statements = Vec::with_capacity(written.len());
    for (place, value) in (1_u64..).zip(written) {
        let written: Written = serde_json::from_str(value.get()).map_err(|error| {
            let message = crate::names::did_you_mean(&error.to_string());
            Error::syntax(format!("is no statement with from, to and lines: {message}")).in_row(place)
        })?;
        let lines = statement_lines(written.lines.get().as_bytes(), calendar)
            .map_err(|error| Error::syntax(format!("statement {place}: {error}")))?;
        let ends = (written.from.as_str(), written.to.as_str());
        let made = statement(written.statement, ends, written.issued.as_deref(), lines, calendar);
        statements.push(made.map_err(|error| error.in_row(place))?);
    }
    Ok(statements)
}

fn from_csv(text: &str, calendar: &Calendar) -> Result<Vec<StatedStatement>> {
    let lines = statement_lines(text.as_bytes(), calendar)?;
    let mut table =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let headers = table.headers().map_err(|error| Error::syntax(error.to_string()))?.clone();
    let column = |name: &str| headers.iter().position(|held| held.eq_ignore_ascii_case(name));
    let (Some(from), Some(to)) = (column("statement_from"), column("statement_to")) else {
        return Err(Error::missing(
            "has no columns statement_from and statement_to, which say whose line it is (or write: statement FROM TO, and its lines below)",
        ));
    };
    let (name, issued) = (column("statement"), column("issued"));
    let mut statements: Vec<StatedStatement> = Vec::new();
    for (line, record) in lines.into_iter().zip(table.records()) {
        let record = record.map_err(|error| Error::syntax(error.to_string()))?;
        let cell =
            |place: Option<usize>| place.and_then(|place| record.get(place)).filter(|cell| !cell.is_empty());
        let row = line.row;
        let (Some(from), Some(to)) = (cell(Some(from)), cell(Some(to))) else {
            return Err(Error::missing("says not from when to when its statement is")
                .in_field("statement_from")
                .in_row(row));
        };
        let made = statement(cell(name).map(str::to_owned), (from, to), cell(issued), Vec::new(), calendar)
            .map_err(|error| error.in_row(row))?;
        let same = |known: &&mut StatedStatement| (&known.name, known.period) == (&made.name, made.period);
        match statements.iter_mut().find(same) {
            Some(known) => known.lines.push(line),
            None => statements.push(StatedStatement { lines: vec![line], ..made }),
        }
    }
    Ok(statements)
}

/// What a line says before a remark.
fn said(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

fn is_typed(text: &str) -> bool {
    let first = text.lines().map(said).find(|line| !line.is_empty()).unwrap_or_default();
    first.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("statement"))
        && !first.contains(',')
}

fn typed(text: &str, calendar: &Calendar) -> Result<Vec<StatedStatement>> {
    let mut statements: Vec<StatedStatement> = Vec::new();
    for (row, line) in (1_u64..).zip(text.lines()) {
        let line = said(line);
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        if first.eq_ignore_ascii_case("statement") {
            let rest: Vec<&str> = words.filter(|word| !matches!(*word, "from" | "to" | "until")).collect();
            let [from, to, rest @ ..] = rest.as_slice() else {
                return Err(Error::missing(
                    "write: statement FROM TO, such as statement 2026-03-01 2026-04-01",
                )
                .in_row(row));
            };
            let (issued, rest) = match rest {
                ["issued", issued, rest @ ..] => (Some(*issued), rest),
                rest => (None, rest),
            };
            let name = (!rest.is_empty()).then(|| rest.join(" "));
            let made = statement(name, (from, to), issued, Vec::new(), calendar);
            statements.push(made.map_err(|error| error.in_row(row))?);
            continue;
        }
        let line = typed_line(row, first, &words.collect::<Vec<_>>(), calendar)
            .map_err(|error| error.in_row(row))?;
        match statements.last_mut() {
            Some(statement) => statement.lines.push(line),
            None => return Err(Error::missing("stands before any statement").in_row(row)),
        }
    }
    Ok(statements)
}

/// `energy 312.4 kWh 24.50 p £76.54 of SUPPLY`: figures with their units, the amount in pounds with its sign or in pence without any unit.
fn typed_line(row: u64, kind: &str, words: &[&str], calendar: &Calendar) -> Result<StatementLine> {
    let (words, supply) = match words.iter().position(|word| *word == "of") {
        Some(place) => {
            let (words, name) = words.split_at(place);
            (words, Some(name.get(1..).unwrap_or_default().join(" ")))
        }
        None => (words, None),
    };
    let mut fields: Vec<(&str, String)> = vec![("kind", kind.to_owned())];
    let mut place = 0;
    while let Some(word) = words.get(place) {
        let unit = words.get(place + 1).map(|unit| unit.to_ascii_lowercase());
        let (field, length) = match unit.as_deref() {
            Some("kwh") => ("kwh", 2),
            Some("p" | "p/kwh" | "p/day") => ("rate", 2),
            Some("day" | "days") => ("days", 2),
            _ if word.contains('£') => ("amount", 1),
            _ if place + 1 == words.len() => ("amount_minor", 1),
            _ => {
                return Err(Error::syntax(
                    "is no figure with its unit: write 312.4 kWh, 24.50 p, 31 days, and the amount as £76.54 or in pence at the end",
                )
                .with_value(*word));
            }
        };
        if fields.iter().any(|(known, _)| *known == field) {
            return Err(Error::conflict("is given twice").in_field(field));
        }
        fields.push((field, (*word).to_owned()));
        place += length;
    }
    fields.extend(supply.map(|name| ("supply", name)));
    let fields: BTreeMap<&str, String> = fields.into_iter().collect();
    let json = serde_json::to_vec(&[fields]).map_err(|error| Error::syntax(error.to_string()))?;
    let lines = statement_lines(&json, calendar).map_err(|error| {
        let message = error.to_string();
        Error::syntax(
            message.strip_prefix("row 1, ").or_else(|| message.strip_prefix("row 1: ")).unwrap_or(&message),
        )
    })?;
    let line = lines.into_iter().next().ok_or_else(|| Error::missing("is no line of a statement"))?;
    Ok(StatementLine { row, ..line })
}
