//! What `kwhen fetch` says: what came, what was corrected, what is missing since when, and how far it is.

use super::json;
use super::style::Palette;
use super::table::{Align, Table};
use crate::arguments::Format;
use crate::failure::Result;
use chrono::{DateTime, Utc};
use kwhen::time::instant_text;
use kwhen_fetch::store::{Series, Store, SyncReport};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// What came of each series, as the command prints it.
pub(crate) fn said(
    done: &[(Series, SyncReport)],
    failed: &[(Series, String)],
    now: DateTime<Utc>,
    format: Format,
    palette: Palette,
) -> Result<String> {
    if format == Format::Json {
        let filled = done.iter().map(|(series, report)| Filled::new(series, report, now));
        let failed = failed.iter().map(|(series, reason)| Filled {
            error: Some(reason.clone()),
            ..Filled::new(series, &SyncReport::default(), now)
        });
        return json(&filled.chain(failed).collect::<Vec<_>>());
    }
    let mut table = Table::new(&[
        ("series", Align::Left),
        ("pages", Align::Right),
        ("new", Align::Right),
        ("late", Align::Right),
        ("as before", Align::Right),
        ("corrected", Align::Right),
        ("missing", Align::Right),
    ]);
    for (series, report) in done {
        table.row([
            series.to_string().into(),
            report.pages.to_string().into(),
            report.added.to_string().into(),
            report.arrived_late.to_string().into(),
            report.unchanged.to_string().into(),
            report.revisions.len().to_string().into(),
            missing_slots(report).to_string().into(),
        ]);
    }
    let mut text = if done.is_empty() { String::new() } else { table.render(palette) };
    for revision in done.iter().flat_map(|(_, report)| &report.revisions) {
        let at = DateTime::from_timestamp(revision.start, 0).map(instant_text).unwrap_or_default();
        text.push_str(&format!(
            "corrected: {} {at}: {} is now {}\n",
            revision.series, revision.old, revision.new
        ));
    }
    for (series, report) in done {
        for gap in gaps(&report.missing, now) {
            text.push_str(&gap.line(&series.to_string()));
        }
    }
    for (series, reason) in failed {
        text.push_str(&format!("failed: {series}: {reason}\n"));
    }
    Ok(text)
}

fn missing_slots(report: &SyncReport) -> i64 {
    report.missing.iter().map(|run| (run.to - run.from).num_minutes() / 30).sum()
}

#[derive(Serialize)]
struct Gap {
    from: String,
    to: String,
    since: String,
    /// Whether it is older than the week in which readings that come late are looked for.
    overdue: bool,
}

impl Gap {
    fn line(&self, series: &str) -> String {
        let overdue = if self.overdue { ", over 7 days old: --recheck DAYS asks for it again" } else { "" };
        format!("missing: {series} from {} to {} since {}{overdue}\n", self.from, self.to, self.since)
    }
}

#[derive(Serialize)]
struct Filled {
    series: String,
    pages: u32,
    added: usize,
    unchanged: usize,
    arrived_late: usize,
    revisions: Vec<Revised>,
    missing: Vec<Gap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Revised {
    start: String,
    old: String,
    new: String,
}

fn gaps(missing: &[kwhen_fetch::store::Missing], now: DateTime<Utc>) -> Vec<Gap> {
    let week_ago = now - chrono::TimeDelta::days(7);
    let gap = |run: &kwhen_fetch::store::Missing| Gap {
        overdue: run.to < week_ago,
        from: instant_text(run.from),
        to: instant_text(run.to),
        since: instant_text(run.since),
    };
    missing.iter().map(gap).collect()
}

impl Filled {
    fn new(series: &Series, report: &SyncReport, now: DateTime<Utc>) -> Self {
        let revised = |revision: &kwhen_fetch::store::Revision| Revised {
            start: DateTime::from_timestamp(revision.start, 0).map(instant_text).unwrap_or_default(),
            old: revision.old.clone(),
            new: revision.new.clone(),
        };
        Self {
            series: series.to_string(),
            pages: report.pages,
            added: report.added,
            unchanged: report.unchanged,
            arrived_late: report.arrived_late,
            revisions: report.revisions.iter().map(revised).collect(),
            missing: gaps(&report.missing, now),
            error: None,
        }
    }
}

#[derive(Serialize)]
struct Held {
    series: String,
    rows: u64,
    first: Option<String>,
    last: Option<String>,
    missing: Vec<Gap>,
}

/// What the store holds and what is missing.
pub(crate) fn status(store: &Store, now: DateTime<Utc>, format: Format, palette: Palette) -> Result<String> {
    let mut all = Vec::new();
    for held in store.list()? {
        let text = |instant: Option<DateTime<Utc>>| instant.map(instant_text);
        all.push(Held {
            missing: gaps(&store.missing(&held.series)?, now),
            series: held.series.to_string(),
            rows: held.rows,
            first: text(held.first),
            last: text(held.last),
        });
    }
    if format == Format::Json {
        return json(&all);
    }
    let mut table = Table::new(&[
        ("series", Align::Left),
        ("rows", Align::Right),
        ("first", Align::Left),
        ("last", Align::Left),
    ]);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    for held in &all {
        table.row([
            held.series.clone().into(),
            held.rows.to_string().into(),
            text(&held.first).into(),
            text(&held.last).into(),
        ]);
    }
    let mut page = table.render(palette);
    for held in &all {
        for gap in &held.missing {
            page.push_str(&gap.line(&held.series));
        }
    }
    Ok(page)
}

/// A bar on a terminal's standard error; nothing elsewhere.
pub(crate) struct Bar {
    name: String,
    shown: bool,
}

impl Bar {
    pub(crate) fn new(name: String) -> Self {
        Self { name, shown: std::io::stderr().is_terminal() }
    }

    pub(crate) fn show(&self, per_mille: u32) {
        if self.shown {
            let full = usize::try_from(per_mille / 50).unwrap_or(0).min(20);
            let bar = "#".repeat(full) + &"-".repeat(20 - full);
            let _ = write!(std::io::stderr(), "\r[{bar}] {:3} % {}", per_mille / 10, self.name);
        }
    }

    pub(crate) fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(29 + self.name.chars().count()));
        }
    }
}
