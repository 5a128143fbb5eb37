//! Dispatches as they are listed.

use crate::end::Result;
use crate::face::Format;
use chrono::{DateTime, Utc};
use kwhen::time::instant_text;
use kwhen_fetch::graphql::Dispatch;
use kwhen_fetch::store::{KnownDispatches, StoredDispatch};
use kwhen_page::csv::Csv;
use kwhen_page::json;
use kwhen_page::style::Palette;
use kwhen_page::table::{Align, Table};
use serde::Serialize;

/// A dispatch, or a time whose dispatches are not known.
#[derive(Serialize)]
pub(crate) struct Row {
    account: String,
    from: String,
    to: String,
    /// kWh that were charged.
    kwh: Option<String>,
    /// Who asked for it.
    source: Option<String>,
    is_known: bool,
}

fn row(account: &str, one: &StoredDispatch) -> Row {
    let told = one.told.delta.as_ref().or(one.told.delta_kwh.as_ref());
    // Charging is told as energy below zero.
    let kwh = told.map(|delta| match delta.as_str().strip_prefix('-') {
        Some(charged) => charged.to_owned(),
        None => format!("-{delta}"),
    });
    Row {
        account: account.to_owned(),
        from: instant_text(one.from),
        to: instant_text(one.to),
        kwh,
        source: one.source(),
        is_known: true,
    }
}

/// Those that were carried out, and since they were first asked for the times of which they can be known no more.
pub(crate) fn completed(account: &str, known: &KnownDispatches, now: DateTime<Utc>) -> Vec<Row> {
    let dispatches = known.list.iter().map(|one| row(account, one));
    let lost = known.lost(now).into_iter().map(|(from, to)| Row {
        account: account.to_owned(),
        from: instant_text(from),
        to: instant_text(to),
        kwh: None,
        source: None,
        is_known: false,
    });
    dispatches.chain(lost).collect()
}

/// Those that are planned.
pub(crate) fn planned(account: &str, planned: &[Dispatch]) -> Result<Vec<Row>> {
    let planned = planned.iter().map(|one| Ok(row(account, &StoredDispatch::of(one.clone())?)));
    planned.collect()
}

/// As a table, or rows that `--dispatches` reads: those that are not known stand in the table and in JSON alone.
pub(crate) fn show(rows: &[Row], format: Format, palette: Palette) -> Result<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let known = rows.iter().filter(|row| row.is_known);
    match format {
        Format::Json => Ok(json(&rows)?),
        Format::Csv => {
            let mut csv = Csv::new(&["account", "from", "to", "kwh", "source"]);
            for row in known {
                csv.row(&[
                    row.account.clone(),
                    row.from.clone(),
                    row.to.clone(),
                    text(&row.kwh),
                    text(&row.source),
                ]);
            }
            Ok(csv.into_text())
        }
        Format::Text => {
            let heads = ["account", "from", "to", "kWh", "source"];
            let mut table = Table::new(&heads.map(|head| (head, Align::Left)));
            for row in known {
                table.row([
                    row.account.clone().into(),
                    row.from.clone().into(),
                    row.to.clone().into(),
                    text(&row.kwh).into(),
                    text(&row.source).into(),
                ]);
            }
            let mut page = table.render(palette);
            for row in rows.iter().filter(|row| !row.is_known) {
                page.push_str(&format!(
                    "not known: dispatches {} from {} to {}: they are told for twelve hours alone, and nobody asked in time\n",
                    row.account, row.from, row.to
                ));
            }
            Ok(page)
        }
    }
}
