//! Writing a page: rows, what they cover, what is missing.

use super::Series;
use super::row::Row;
use super::seal::{self, Changes};
use rusqlite::{OptionalExtension, Transaction};

/// The start of what always held.
pub(super) const ALWAYS: i64 = i64::MIN;

/// A value that came again as another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Of what.
    pub series: Series,
    /// When it starts, in Unix seconds.
    pub start: i64,
    /// What was stored: without VAT, with VAT, and the end where that changed; of readings the value.
    pub old: String,
    /// What replaced it.
    pub new: String,
}

/// What a page changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) added: usize,
    pub(super) unchanged: usize,
    pub(super) revisions: Vec<Revision>,
    pub(super) arrived_late: usize,
}

pub(super) fn series_id(transaction: &Transaction<'_>, key: &str) -> rusqlite::Result<i64> {
    if let Some(id) = known_series(transaction, key)? {
        return Ok(id);
    }
    transaction.execute("INSERT INTO series (key) VALUES (?1)", (key,))?;
    let id = transaction.last_insert_rowid();
    seal::change_contents(transaction, seal::of_series(id, key), None)?;
    Ok(id)
}

pub(super) fn known_series(transaction: &Transaction<'_>, key: &str) -> rusqlite::Result<Option<i64>> {
    transaction.query_row("SELECT id FROM series WHERE key = ?1", (key,), |row| row.get(0)).optional()
}

pub(super) fn write_rows(
    transaction: &Transaction<'_>,
    series: &Series,
    id: i64,
    rows: &[Row],
) -> rusqlite::Result<Written> {
    let mut find = transaction.prepare_cached(
        "SELECT method, start, stop, exc, inc, fetched_at FROM row WHERE series = ?1 AND start = ?2 AND method = ?3",
    )?;
    let mut put = transaction.prepare_cached(
        "INSERT INTO row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET stop = ?4, exc = ?5, inc = ?6, fetched_at = ?7",
    )?;
    let mut found = transaction.prepare_cached("DELETE FROM missing WHERE series = ?1 AND start = ?2")?;
    let mut log = transaction.prepare_cached(
        "INSERT INTO revision (series, method, start, old, new, noticed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (mut written, mut seals) = (Written::default(), Changes::default());
    for row in rows {
        let held = find.query_row((id, row.start, &row.method), Row::read).optional()?;
        if held.as_ref().is_some_and(|held| held.says(row)) {
            written.unchanged += 1;
            continue;
        }
        put.execute((id, &row.method, row.start, row.stop, &row.exc, &row.inc, row.fetched_at))?;
        match &held {
            Some(held) => seals.replace(id, held, row),
            None => seals.add(id, row),
        }
        written.arrived_late += found.execute((id, row.start))?;
        match held {
            None => written.added += 1,
            // An open end that was closed is the ordinary way of things, not a correction.
            Some(held) if held.stop.is_none() && (&held.exc, &held.inc) == (&row.exc, &row.inc) => {
                written.unchanged += 1
            }
            Some(held) => {
                let (old, new) = (describe(&held), describe(row));
                log.execute((id, &row.method, row.start, &old, &new, row.fetched_at))?;
                written.revisions.push(Revision { series: series.clone(), start: row.start, old, new });
            }
        }
    }
    seals.write(transaction, id)?;
    Ok(written)
}

fn describe(row: &Row) -> String {
    let exc = row.exc.as_deref().unwrap_or("null");
    match &row.inc {
        Some(inc) => format!("{exc} ({inc} with VAT)"),
        None => exc.to_owned(),
    }
}

/// Adds a range to what is covered, and joins it with its neighbours.
pub(super) fn cover(transaction: &Transaction<'_>, id: i64, start: i64, stop: i64) -> rusqlite::Result<()> {
    if start >= stop {
        return Ok(());
    }
    let touching = "FROM coverage WHERE series = ?1 AND start <= ?3 AND stop >= ?2";
    let joined = transaction.query_row(
        &format!("SELECT coalesce(min(start), ?2), coalesce(max(stop), ?3) {touching}"),
        (id, start, stop),
        |row| Ok((row.get::<_, i64>(0)?.min(start), row.get::<_, i64>(1)?.max(stop))),
    )?;
    transaction.execute(&format!("DELETE {touching}"), (id, start, stop))?;
    transaction.execute("INSERT INTO coverage VALUES (?1, ?2, ?3)", (id, joined.0, joined.1))?;
    Ok(())
}

/// Whether all rows that hold at an instant or later have begun by then and have no end, and there are some.
pub(super) fn goes_on(transaction: &Transaction<'_>, id: i64, at: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*), count(CASE WHEN stop IS NULL AND start <= ?2 THEN 1 END) FROM row
        WHERE series = ?1 AND (stop IS NULL OR stop > ?2)";
    let mut statement = transaction.prepare_cached(sql)?;
    statement.query_row((id, at), |row| {
        let (all, lasting): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(all > 0 && lasting == all)
    })
}

/// The parts of `[start, stop)` that are not covered, in order.
pub(super) fn uncovered(
    transaction: &Transaction<'_>,
    id: i64,
    start: i64,
    stop: i64,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut statement = transaction.prepare_cached(
        "SELECT start, stop FROM coverage WHERE series = ?1 AND stop > ?2 AND start < ?3 ORDER BY start",
    )?;
    let covered = statement.query_map((id, start, stop), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (mut parts, mut from) = (Vec::new(), start);
    for part in covered {
        let (begins, ends): (i64, i64) = part?;
        if begins > from {
            parts.push((from, begins));
        }
        from = from.max(ends);
    }
    if from < stop {
        parts.push((from, stop));
    }
    Ok(parts)
}

/// Notes the slots of `[start, stop)` that have no row, with since when; those noted already keep their time.
pub(super) fn note_missing(
    transaction: &Transaction<'_>,
    id: i64,
    (start, stop): (i64, i64),
    slot: i64,
    now: i64,
) -> rusqlite::Result<()> {
    // Before the first reading there ever was, none is missing.
    let first: Option<i64> =
        transaction.query_row("SELECT min(start) FROM row WHERE series = ?1", (id,), |row| row.get(0))?;
    let start = first.map_or(stop, |first| first.max(start));
    let mut statement = transaction
        .prepare_cached("SELECT start FROM row WHERE series = ?1 AND start >= ?2 AND start < ?3")?;
    let slots =
        statement.query_map((id, start, stop), |row| Ok(row.get::<_, i64>(0)?.div_euclid(slot) * slot))?;
    let held = slots.collect::<rusqlite::Result<std::collections::BTreeSet<i64>>>()?;
    let mut note =
        transaction.prepare_cached("INSERT INTO missing VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?;
    let mut at = start.div_euclid(slot) * slot;
    if at < start {
        at += slot;
    }
    while at < stop {
        if !held.contains(&at) {
            note.execute((id, at, now))?;
        }
        at += slot;
    }
    Ok(())
}
