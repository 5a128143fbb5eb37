//! Data import as it is shown: what was found, what would be sent, what became of it.

use super::documented::indented;
use crate::end::{End, Result};
use crate::face::{Format, Shared};
use kwhen_fetch::import::{
    AccountStatus, Found, ImportProcess, MeterPointStatus, Parcel, Planned, RegistrationFlows, SentReport,
};
use kwhen_page::csv::Csv;
use kwhen_page::style::Palette;
use kwhen_page::table::{Align, Table};
use kwhen_page::{fit, json};
use serde_json::json;

/// How many faults.
pub(crate) fn faults(found: &[Found]) -> usize {
    found.iter().filter(|found| found.is_fault()).count()
}

/// In words.
pub(crate) fn counted(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}

/// Rows as a table, CSV or JSON.
fn rows(heads: &[&str], rows: &[Vec<String>], format: Format, palette: Palette) -> Result<String> {
    match format {
        Format::Json => {
            let named = |row: &Vec<String>| {
                heads.iter().zip(row).map(|(head, cell)| ((*head).to_owned(), cell.clone().into())).collect()
            };
            let rows: Vec<serde_json::Map<String, serde_json::Value>> = rows.iter().map(named).collect();
            Ok(json(&rows)?)
        }
        Format::Csv => {
            let mut csv = Csv::new(heads);
            rows.iter().for_each(|row| csv.row(row));
            Ok(csv.into_text())
        }
        Format::Text => {
            let heads: Vec<(String, Align)> =
                heads.iter().map(|head| (head.replace('_', " "), Align::Left)).collect();
            let heads: Vec<(&str, Align)> =
                heads.iter().map(|(head, align)| (head.as_str(), *align)).collect();
            let mut table = Table::new(&heads);
            for row in rows {
                table.row(row.iter().map(|cell| cell.clone().into()));
            }
            Ok(fit(&table.render(palette), palette))
        }
    }
}

/// What a check says.
pub(crate) fn checked(read: &[Parcel], found: &[Found], shared: &Shared) -> Result<String> {
    let palette = shared.palette();
    if shared.format == Format::Json {
        let files = read.iter().map(|parcel| json!({"file": parcel.file, "kind": parcel.payload.kind()}));
        return Ok(json(&json!({"payloads": files.collect::<Vec<_>>(), "findings": found}))?);
    }
    let cells = found.iter().map(|found| {
        [found.level.name(), found.by, &found.attr, &found.code, &found.detail].map(str::to_owned)
    });
    let cells = found
        .iter()
        .zip(cells)
        .map(|(found, cells)| std::iter::once(found.file.clone()).chain(cells).collect::<Vec<_>>());
    let table = || {
        let heads = ["file", "level", "by", "attr", "code", "detail"];
        rows(&heads, &cells.collect::<Vec<_>>(), shared.format, palette)
    };
    if shared.format == Format::Csv {
        return table();
    }
    let payloads = if read.len() == 1 { "1 payload".to_owned() } else { format!("{} payloads", read.len()) };
    let mut page = format!("{payloads}, {}\n", counted(faults(found)));
    if !found.is_empty() {
        page.push('\n');
        page.push_str(&table()?);
    }
    Ok(page)
}

/// In a line.
pub(crate) fn line(found: &Found) -> String {
    format!("{}: {} {}: {}", found.file, found.level.name(), found.attr, found.detail)
}

/// What would be sent.
pub(crate) fn would_send(planned: &[Planned], shared: &Shared) -> Result<String> {
    let list: Vec<Vec<String>> = planned
        .iter()
        .map(|Planned { file, kind, method, path }| {
            vec![file.clone(), (*kind).to_owned(), (*method).to_owned(), path.clone()]
        })
        .collect();
    let table = rows(&["file", "kind", "method", "path"], &list, shared.format, shared.palette())?;
    Ok(match shared.format {
        Format::Text => format!("{table}\nNothing was sent: say --yes to send it.\n"),
        Format::Json | Format::Csv => table,
    })
}

/// What became of what was sent.
pub(crate) fn sent(sent: &[SentReport], shared: &Shared) -> Result<String> {
    if shared.format == Format::Json {
        return Ok(json(&sent)?);
    }
    let list = sent.iter().map(|one| {
        let answer = one.answer.as_ref().map(|answer| one_line(answer.get()));
        let detail = if one.detail.is_empty() { answer.unwrap_or_default() } else { one.detail.clone() };
        let detail = if detail.chars().count() > 200 { String::new() } else { detail };
        vec![one.file.clone(), one.kind.to_owned(), one.outcome.to_owned(), detail]
    });
    let heads = ["file", "kind", "outcome", "detail"];
    rows(&heads, &list.collect::<Vec<_>>(), shared.format, shared.palette())
}

fn one_line(text: &str) -> String {
    indented(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What became of meter points that were to be registered.
pub(crate) fn registered(flows: &[RegistrationFlows], shared: &Shared) -> Result<String> {
    let points = flows.iter().flat_map(|flow| flow.meter_points.iter());
    let list: Vec<Vec<String>> = points
        .clone()
        .map(|point| {
            vec![point.mpxn.clone(), point.status.clone(), point.error_detail.clone().unwrap_or_default()]
        })
        .collect();
    let page = rows(&["mpxn", "status", "error_detail"], &list, shared.format, shared.palette())?;
    let bad = points.filter(|point| point.status != "REGISTRATION_FLOW_SUCCESS").count();
    if bad > 0 {
        let message = format!("{bad} of {} meter points were not marked for registration", list.len());
        return Err(End::Partly { done: page, message });
    }
    Ok(page)
}

/// All imports of a supplier.
pub(crate) fn imports(list: &[ImportProcess], shared: &Shared) -> Result<String> {
    let list: Vec<Vec<String>> = list
        .iter()
        .map(|one| {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            vec![
                one.external_account_number.clone(),
                text(&one.kraken_account_number),
                text(&one.account_created_at),
            ]
        })
        .collect();
    let heads = ["external_account_number", "kraken_account_number", "account_created_at"];
    rows(&heads, &list, shared.format, shared.palette())
}

/// One account's import and its meter points.
pub(crate) fn status(
    number: &str,
    status: &AccountStatus,
    points: &[MeterPointStatus],
    shared: &Shared,
) -> Result<String> {
    let own = vec![number.to_owned(), status.status.clone(), status.kraken_account_number.clone()];
    let rest = points.iter().map(|point| vec![point.mpxn.clone(), point.status.clone(), String::new()]);
    let list: Vec<Vec<String>> = std::iter::once(own).chain(rest).collect();
    rows(&["number", "status", "kraken_account_number"], &list, shared.format, shared.palette())
}
