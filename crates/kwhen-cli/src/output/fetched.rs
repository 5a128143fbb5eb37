//! What `kwhen fetch` says: what came, what was corrected, what is missing since when, and how far it is.

use crate::end::{End, Result};
use crate::face::Format;
use chrono::{DateTime, Utc};
use kwhen::time::instant_text;
use kwhen_fetch::store::{Missing, Revision, Series, Store, SyncReport};
use kwhen_page::csv::Csv;
use kwhen_page::json;
use kwhen_page::style::Palette;
use kwhen_page::table::{Align, Table};
use serde::Serialize;
use std::collections::BTreeMap;

/// Something that an account names and that cannot be fetched.
#[derive(Debug)]
pub(crate) struct PassedOver {
    /// Its name.
    pub(crate) what: String,
    pub(crate) reason: String,
    /// Whether something that was asked for is lacking with it.
    pub(crate) is_lacking: bool,
}

/// What came of each series, as the command prints it: the series, what was done, and the address that answered if one was asked.
pub(crate) fn said(
    done: &[(String, SyncReport, Option<String>)],
    failed: &[(String, String)],
    passed_over: &[PassedOver],
    now: DateTime<Utc>,
    format: Format,
    palette: Palette,
) -> Result<String> {
    let mut filled: Vec<Filled> = Vec::new();
    for (series, report, answered_by) in done {
        filled.push(Filled { answered_by: answered_by.clone(), ..Filled::new(series.clone(), report, now) });
    }
    let nothing = SyncReport::default();
    for (series, reason) in failed {
        filled.push(Filled { error: Some(reason.clone()), ..Filled::new(series.clone(), &nothing, now) });
    }
    for PassedOver { what, reason, is_lacking } in passed_over {
        let passed_over = Some(reason.clone());
        let is_lacking = *is_lacking;
        filled.push(Filled { passed_over, is_lacking, ..Filled::new(what.clone(), &nothing, now) });
    }
    match format {
        Format::Json => return Ok(json(&filled)?),
        Format::Csv => return Ok(filled_csv(&filled)),
        Format::Text => {}
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
    let good = filled.iter().filter(|one| one.error.is_none() && one.passed_over.is_none());
    for one in good {
        table.row([
            one.series.clone().into(),
            one.pages.to_string().into(),
            one.added.to_string().into(),
            one.arrived_late.to_string().into(),
            one.unchanged.to_string().into(),
            one.revisions.len().to_string().into(),
            one.missing_slots.to_string().into(),
        ]);
    }
    let mut text = if done.is_empty() { String::new() } else { table.render(palette) };
    for one in filled.iter().filter(|one| one.outside > 0) {
        let rows = if one.outside == 1 { "row lies" } else { "rows lie" };
        text.push_str(&format!(
            "not kept: {}: {} {rows} outside the time that was asked for\n",
            one.series, one.outside
        ));
    }
    for one in &filled {
        for Revised { start, old, new } in &one.revisions {
            text.push_str(&format!("corrected: {} {start}: {old} is now {new}\n", one.series));
        }
    }
    for one in &filled {
        for gap in &one.missing {
            text.push_str(&gap.line(&one.series));
        }
    }
    for one in &filled {
        if let Some(reason) = &one.error {
            text.push_str(&format!("failed: {}: {reason}\n", one.series));
        }
        if let Some(reason) = &one.passed_over {
            let how = if one.is_lacking { "lacking" } else { "passed over" };
            text.push_str(&format!("{how}: {}: {reason}\n", one.series));
        }
    }
    Ok(text)
}

fn filled_csv(filled: &[Filled]) -> String {
    let mut csv = Csv::new(&[
        "series",
        "pages",
        "added",
        "arrived_late",
        "unchanged",
        "corrected",
        "missing_half_hours",
        "missing",
        "answered_by",
        "error",
        "passed_over",
        "is_lacking",
    ]);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    for one in filled {
        csv.row(&[
            one.series.clone(),
            one.pages.to_string(),
            one.added.to_string(),
            one.arrived_late.to_string(),
            one.unchanged.to_string(),
            one.revisions.len().to_string(),
            one.missing_slots.to_string(),
            intervals(&one.missing),
            text(&one.answered_by),
            text(&one.error),
            text(&one.passed_over),
            one.is_lacking.to_string(),
        ]);
    }
    csv.into_text()
}

/// Gaps as intervals of ISO 8601 with spaces between.
fn intervals(gaps: &[Gap]) -> String {
    gaps.iter().map(|gap| format!("{}/{}", gap.from, gap.to)).collect::<Vec<_>>().join(" ")
}

fn missing_slots(missing: &[Missing]) -> i64 {
    missing.iter().map(|run| (run.to - run.from).num_minutes() / 30).sum()
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_none_at_all(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
struct Filled {
    series: String,
    pages: u32,
    added: usize,
    unchanged: usize,
    arrived_late: usize,
    #[serde(skip_serializing_if = "is_none_at_all")]
    outside: usize,
    revisions: Vec<Revised>,
    missing: Vec<Gap>,
    #[serde(skip)]
    missing_slots: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_over: Option<String>,
    /// Whether something that was asked for is lacking with what was passed over.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_lacking: bool,
}

#[derive(Serialize)]
struct Revised {
    start: String,
    old: String,
    new: String,
}

fn gaps(missing: &[Missing], now: DateTime<Utc>) -> Vec<Gap> {
    let week_ago = now - chrono::TimeDelta::days(7);
    let gap = |run: &Missing| Gap {
        overdue: run.to < week_ago,
        from: instant_text(run.from),
        to: instant_text(run.to),
        since: instant_text(run.since),
    };
    missing.iter().map(gap).collect()
}

impl Filled {
    fn new(series: String, report: &SyncReport, now: DateTime<Utc>) -> Self {
        let revised = |revision: &Revision| Revised {
            start: DateTime::from_timestamp(revision.start, 0).map(instant_text).unwrap_or_default(),
            old: revision.old.clone(),
            new: revision.new.clone(),
        };
        Self {
            series,
            pages: report.pages,
            added: report.added,
            unchanged: report.unchanged,
            arrived_late: report.arrived_late,
            outside: report.outside,
            revisions: report.revisions.iter().map(revised).collect(),
            missing: gaps(&report.missing, now),
            missing_slots: missing_slots(&report.missing),
            answered_by: None,
            error: None,
            passed_over: None,
            is_lacking: false,
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
    #[serde(skip)]
    missing_slots: i64,
    /// The address that answered last, and when.
    answered_by: Option<String>,
    answered_at: Option<String>,
    /// Why something is missing that will not come.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// That its rows are not those that were written, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
}

/// The kind of document under which it is kept which address answered for a series or an account.
const ANSWERED_BY: &str = "answered-by";

/// Keeps which address answered for something.
pub(crate) fn keep_answered_by(store: &Store, what: &str, address: &str, now: i64) -> Result<()> {
    Ok(store.keep_document(ANSWERED_BY, what, &json(&address)?, now)?)
}

/// When something was answered last (Unix seconds); `None` where it never was.
pub(crate) fn answered_at(store: &Store, what: &str) -> Result<Option<i64>> {
    Ok(store.document(ANSWERED_BY, what)?.map(|(_, at)| at))
}

/// Which address answered last for something, and when.
fn answered_by(store: &Store, what: &str) -> Result<(Option<String>, Option<String>)> {
    let Some((text, at)) = store.document(ANSWERED_BY, what)? else { return Ok((None, None)) };
    let address: String = serde_json::from_str(&text)
        .map_err(|error| End::work(format!("the store's note of who answered for {what}: {error}")))?;
    Ok((Some(address), DateTime::from_timestamp(at, 0).map(instant_text)))
}

/// What the store holds and what is missing.
pub(crate) fn status(store: &Store, now: DateTime<Utc>, format: Format, palette: Palette) -> Result<String> {
    let mut all = Vec::new();
    let rarely = sent_rarely(store)?;
    for held in store.list()? {
        let text = |instant: Option<DateTime<Utc>>| instant.map(instant_text);
        let (missing, series) = (store.missing(&held.series)?, held.series.to_string());
        let (answered_by, answered_at) = answered_by(store, &series)?;
        all.push(Held {
            missing: gaps(&missing, now),
            missing_slots: missing_slots(&missing),
            answered_by,
            answered_at,
            damage: store.miscounted(&held.series)?,
            reason: match &held.series {
                Series::Readings(meter) => rarely.get(&meter.meter_point).cloned(),
                Series::Charges(..) => None,
            },
            series,
            rows: held.rows,
            first: text(held.first),
            last: text(held.last),
        });
    }
    all.extend(dispatched(store, now)?);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match format {
        Format::Json => return Ok(json(&all)?),
        Format::Csv => {
            let header = [
                "series",
                "rows",
                "first",
                "last",
                "missing_half_hours",
                "missing",
                "answered_by",
                "answered_at",
                "reason",
                "damage",
            ];
            let mut csv = Csv::new(&header);
            for held in &all {
                csv.row(&[
                    held.series.clone(),
                    held.rows.to_string(),
                    text(&held.first),
                    text(&held.last),
                    held.missing_slots.to_string(),
                    intervals(&held.missing),
                    text(&held.answered_by),
                    text(&held.answered_at),
                    text(&held.reason),
                    text(&held.damage),
                ]);
            }
            return Ok(csv.into_text());
        }
        Format::Text => {}
    }
    let mut table = Table::new(&[
        ("series", Align::Left),
        ("rows", Align::Right),
        ("first", Align::Left),
        ("last", Align::Left),
        ("answered by", Align::Left),
    ]);
    for held in &all {
        table.row([
            held.series.clone().into(),
            held.rows.to_string().into(),
            text(&held.first).into(),
            text(&held.last).into(),
            text(&held.answered_by).into(),
        ]);
    }
    let mut page = table.render(palette);
    for held in &all {
        if let Some(damage) = &held.damage {
            page.push_str(&format!("{}: {damage}\n", held.series));
        }
        for gap in &held.missing {
            page.push_str(&match &held.reason {
                Some(reason) => {
                    format!("missing: {} from {} to {}: {reason}\n", held.series, gap.from, gap.to)
                }
                None => gap.line(&held.series),
            });
        }
    }
    Ok(page)
}

/// The meter points whose smart meters are not set to send half-hours, and what is said of them.
fn sent_rarely(store: &Store) -> Result<BTreeMap<String, String>> {
    let mut rarely = BTreeMap::new();
    for (account, _) in store.accounts()? {
        let frequency = store.preferences(&account.number)?.and_then(|said| said.reading_frequency);
        let Some(frequency) = frequency.filter(|said| said != "HALF_HOURLY") else { continue };
        let reason = format!(
            "the account's smart meters are set to send readings {frequency}, so half-hours may never come: change it with the supplier"
        );
        for property in &account.properties {
            let electricity = property.electricity_meter_points.iter().map(|point| &point.mpan);
            for point in electricity.chain(property.gas_meter_points.iter().map(|point| &point.mprn)) {
                rarely.insert(point.clone(), reason.clone());
            }
        }
    }
    Ok(rarely)
}

/// The accounts whose dispatches were asked for: how many are known, and the times of which they can be known no more.
fn dispatched(store: &Store, now: DateTime<Utc>) -> Result<Vec<Held>> {
    let mut all = Vec::new();
    for account in store.dispatched_accounts()? {
        let known = store.dispatches(&account)?;
        let series = format!("dispatches {account}");
        let lost = known.lost(now);
        let gap = |(from, to): &(DateTime<Utc>, DateTime<Utc>)| Gap {
            from: instant_text(*from),
            to: instant_text(*to),
            since: instant_text(*to),
            overdue: false,
        };
        let (answered_by, answered_at) = answered_by(store, &series)?;
        all.push(Held {
            rows: known.list.len() as u64,
            first: known.list.first().map(|one| instant_text(one.from)),
            last: known.list.last().map(|one| instant_text(one.from)),
            missing_slots: lost.iter().map(|(from, to)| (*to - *from).num_minutes() / 30).sum(),
            reason: (!lost.is_empty())
                .then(|| "they are told for twelve hours alone, and nobody asked in time".to_owned()),
            missing: lost.iter().map(gap).collect(),
            answered_by,
            answered_at,
            series,
            damage: None,
        });
    }
    Ok(all)
}
