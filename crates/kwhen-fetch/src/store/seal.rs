//! Seals: digests by which what is read is known to be what was written.
//!
//! SQLite notices a page that makes no sense, but not a row that changed, went or came. So rows are sealed in blocks of four weeks: how
//! many there are, and the sum of their digests. The list of series and the documents have one digest together. A digest guards
//! against accidents, not against somebody who means to deceive.

use super::Series;
use super::row::Row;
use super::series::instant;
use crate::Error;
use rusqlite::{OptionalExtension, Transaction};
use std::collections::BTreeMap;

pub(super) const SCHEMA: &str = "
    CREATE TABLE seal (
        series INTEGER NOT NULL, block INTEGER NOT NULL, rows INTEGER NOT NULL, digest INTEGER NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY (series, block)) STRICT, WITHOUT ROWID;
    CREATE TABLE contents (id INTEGER PRIMARY KEY CHECK (id = 1), digest INTEGER NOT NULL) STRICT;
    INSERT INTO contents VALUES (1, 0);
";

/// Seconds of a block.
const BLOCK: i64 = 28 * 86_400;

/// A hash of a row's fields: FNV-1a over them, mixed once more so that sums of digests do not cancel.
struct Digest(u64);

impl Digest {
    const fn of(kind: u8) -> Self {
        Self(0xcbf2_9ce4_8422_2325).byte(kind)
    }

    const PRIME: u64 = 0x0000_0100_0000_01b3;

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(Self::PRIME))
    }

    /// Its eight bytes, the lowest first: those of zero that end it at once, since they only multiply.
    fn number(self, number: i64) -> Self {
        let zeros = number.leading_zeros() / 8;
        let held = number.to_le_bytes().into_iter().take(8 - zeros as usize).fold(self, Self::byte);
        Self(held.0.wrapping_mul(Self::PRIME.wrapping_pow(zeros)))
    }

    fn text(self, text: &str) -> Self {
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        text.bytes().fold(self.number(length), Self::byte)
    }

    fn perhaps<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => add(self.byte(1), value),
            None => self.byte(0),
        }
    }

    const fn sum(self) -> i64 {
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::from_ne_bytes((mixed ^ (mixed >> 31)).to_ne_bytes())
    }
}

fn of_row(series: i64, row: &Row) -> i64 {
    Digest::of(b'r')
        .number(series)
        .text(&row.method)
        .number(row.start)
        .perhaps(row.stop, Digest::number)
        .perhaps(row.exc.as_deref(), Digest::text)
        .perhaps(row.inc.as_deref(), Digest::text)
        .number(row.fetched_at)
        .sum()
}

pub(super) fn of_series(id: i64, key: &str) -> i64 {
    Digest::of(b's').number(id).text(key).sum()
}

pub(super) fn of_document(kind: &str, name: &str, json: &str, fetched_at: i64) -> i64 {
    Digest::of(b'd').text(kind).text(name).text(json).number(fetched_at).sum()
}

const fn block_of(start: i64) -> i64 {
    start.div_euclid(BLOCK)
}

/// When a block begins and ends.
const fn bounds(block: i64) -> (i64, i64) {
    (block.saturating_mul(BLOCK), block.saturating_add(1).saturating_mul(BLOCK))
}

/// Until when a row can matter.
const fn until(row: &Row) -> i64 {
    match row.stop {
        // One that ends before it starts is shown to every reader, who refuses it.
        Some(stop) if stop > row.start => stop,
        _ => i64::MAX,
    }
}

/// What a write does to the seals of a series.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<i64, Seal>);

#[derive(Clone, Copy, Debug)]
struct Seal {
    rows: i64,
    digest: i64,
    until: i64,
}

impl Changes {
    fn change(&mut self, row: &Row, rows: i64, digest: i64) {
        let seal = self.0.entry(block_of(row.start)).or_insert(Seal { rows: 0, digest: 0, until: i64::MIN });
        seal.rows += rows;
        seal.digest = seal.digest.wrapping_add(digest);
        seal.until = seal.until.max(until(row));
    }

    pub(super) fn add(&mut self, series: i64, row: &Row) {
        self.change(row, 1, of_row(series, row));
    }

    pub(super) fn replace(&mut self, series: i64, old: &Row, new: &Row) {
        self.change(new, 0, of_row(series, new).wrapping_sub(of_row(series, old)));
    }

    pub(super) fn write(self, transaction: &Transaction<'_>, series: i64) -> rusqlite::Result<()> {
        let mut find = transaction
            .prepare_cached("SELECT rows, digest, until FROM seal WHERE series = ?1 AND block = ?2")?;
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO seal VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (block, change) in self.0 {
            let held = find
                .query_row((series, block), |row| {
                    Ok(Seal { rows: row.get(0)?, digest: row.get(1)?, until: row.get(2)? })
                })
                .optional()?
                .unwrap_or(Seal { rows: 0, digest: 0, until: i64::MIN });
            let digest = held.digest.wrapping_add(change.digest);
            let (rows, until) = (held.rows + change.rows, held.until.max(change.until));
            put.execute((series, block, rows, digest, until))?;
        }
        Ok(())
    }
}

/// Adds to the digest of the series and documents, and takes from it.
pub(super) fn change_contents(
    transaction: &Transaction<'_>,
    added: i64,
    removed: Option<i64>,
) -> rusqlite::Result<()> {
    let held: i64 = transaction.query_row("SELECT digest FROM contents", (), |row| row.get(0))?;
    let digest = held.wrapping_add(added).wrapping_sub(removed.unwrap_or(0));
    transaction.execute("UPDATE contents SET digest = ?1", (digest,)).map(|_| ())
}

/// Whether the series and the documents are those that were written.
pub(super) fn contents_hold(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    let sealed: Option<i64> =
        transaction.query_row("SELECT digest FROM contents", (), |row| row.get(0)).optional()?;
    Ok(sealed == Some(digest_of_contents(transaction)?))
}

fn digest_of_contents(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    let mut sum = 0_i64;
    let mut statement = transaction.prepare("SELECT id, key FROM series")?;
    let series = statement.query_map((), |row| Ok(of_series(row.get(0)?, &row.get::<_, String>(1)?)))?;
    for digest in series {
        sum = sum.wrapping_add(digest?);
    }
    let mut statement = transaction.prepare("SELECT kind, name, json, fetched_at FROM document")?;
    let documents = statement.query_map((), |row| {
        let text = |place| row.get::<_, String>(place);
        Ok(of_document(&text(0)?, &text(1)?, &text(2)?, row.get(3)?))
    })?;
    for digest in documents {
        sum = sum.wrapping_add(digest?);
    }
    Ok(sum)
}

/// Seals a store that was made before there were seals.
pub(super) fn seal_all(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(SCHEMA)?;
    let digest = digest_of_contents(transaction)?;
    transaction.execute("UPDATE contents SET digest = ?1", (digest,))?;
    let mut changes: BTreeMap<i64, Changes> = BTreeMap::new();
    let mut statement =
        transaction.prepare("SELECT method, start, stop, exc, inc, fetched_at, series FROM row")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let series = row.get(6)?;
        changes.entry(series).or_default().add(series, &Row::read(row)?);
    }
    for (series, changes) in changes {
        changes.write(transaction, series)?;
    }
    Ok(())
}

/// A stretch of a series whose rows are not those that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) from: i64,
    pub(super) to: i64,
}

/// The rows of a series that hold somewhere in `[from, to)`, in order, and the blocks of it that do not hold.
///
/// Only the blocks that reach into the span are looked at: what is damaged elsewhere does not matter here.
pub(super) fn rows(
    transaction: &Transaction<'_>,
    series: i64,
    (from, to): (i64, i64),
) -> rusqlite::Result<(Vec<Row>, Vec<Broken>)> {
    let mut seals = transaction.prepare_cached(
        "SELECT block, rows, digest FROM seal WHERE series = ?1 AND block <= ?2 AND until > ?3 ORDER BY block",
    )?;
    let sealed = seals.query_map((series, block_of(to.saturating_sub(1)), from), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let mut in_block = transaction.prepare_cached(
        "SELECT method, start, stop, exc, inc, fetched_at FROM row
         WHERE series = ?1 AND start >= ?2 AND start < ?3 ORDER BY start, method",
    )?;
    // Rows between the blocks that are looked at: none may hold in the span.
    let mut unsealed = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM row WHERE series = ?1 AND start >= ?2 AND start < ?3 AND (stop IS NULL OR stop > ?4 OR stop <= start))",
    )?;
    let mut strays = |begins: i64, ends: i64| -> rusqlite::Result<bool> {
        let ends = ends.min(to);
        Ok(begins < ends && unsealed.query_row((series, begins, ends, from), |row| row.get::<_, bool>(0))?)
    };
    let (mut seen_to, mut is_odd) = (i64::MIN, false);
    let (mut kept, mut broken) = (Vec::new(), Vec::new());
    for seal in sealed {
        let (block, count, digest): (i64, i64, i64) = seal?;
        let (begins, ends) = bounds(block);
        is_odd |= strays(seen_to, begins)?;
        seen_to = ends;
        let mut found = 0;
        let mut sum = 0_i64;
        for row in in_block.query_map((series, begins, ends), Row::read)? {
            let row = row?;
            found += 1;
            sum = sum.wrapping_add(of_row(series, &row));
            if row.start < to && until(&row) > from {
                kept.push(row);
            }
        }
        if (found, sum) != (count, digest) {
            broken.push(Broken { from: begins, to: ends });
        }
    }
    is_odd |= strays(seen_to, i64::MAX)?;
    if broken.is_empty() && is_odd {
        // Rows of which no seal tells.
        broken.push(Broken { from, to });
    }
    Ok((kept, broken))
}

/// The first or last block of a series, where it holds other rows than were written: `edges` are the starts of the first row there is
/// and of the last.
pub(super) fn broken_edge(
    transaction: &Transaction<'_>,
    series: i64,
    edges: Option<(i64, i64)>,
) -> rusqlite::Result<Option<Broken>> {
    let sql = "SELECT min(block), max(block) FROM seal WHERE series = ?1 AND rows > 0";
    let sealed: (Option<i64>, Option<i64>) =
        transaction.query_row(sql, (series,), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let held = edges.map(|(first, last)| (block_of(first), block_of(last)));
    let (Some((first, last)), other) = (sealed.0.zip(sealed.1).or(held), held) else { return Ok(None) };
    let block = match other {
        Some(held) if held.0 != first => held.0.min(first),
        Some(held) if held.1 != last => held.1.max(last),
        Some(_) if sealed.0.is_some() => return Ok(None),
        _ => first,
    };
    let (from, to) = bounds(block);
    Ok(Some(Broken { from, to }))
}

impl Broken {
    /// As an error that ends what was asked for.
    pub(super) fn error(self, series: &Series) -> Error {
        Error::store(format!("{series}: {}", self.said()))
    }

    pub(super) fn said(self) -> String {
        let edge = |seconds| instant(seconds).map(kwhen::time::instant_text);
        let place = match (edge(self.from), edge(self.to)) {
            (Some(from), Some(to)) => format!("damaged between {from} and {to}"),
            (Some(from), None) => format!("damaged from {from} on"),
            (None, Some(to)) => format!("damaged before {to}"),
            (None, None) => "damaged at a time that cannot be told".to_owned(),
        };
        format!("{place}: the rows there are not those that were written")
    }
}

/// What to do about damage.
pub(super) const REMEDY: &str =
    "; kwhen store check names all damage, and a new store can be filled from the service";

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a over all eight bytes, one by one.
    #[test]
    fn a_number_is_digested_as_its_eight_bytes_are() {
        for number in [0, 1, 255, 256, 1_767_225_600, -1, i64::MIN, i64::MAX, 1 << 56, 1 << 55, 0x0100_0000] {
            for kind in [b'r', b's', 0] {
                let plain = number.to_le_bytes().into_iter().fold(Digest::of(kind), Digest::byte);
                assert_eq!(Digest::of(kind).number(number).0, plain.0, "{number}");
            }
        }
    }
}
