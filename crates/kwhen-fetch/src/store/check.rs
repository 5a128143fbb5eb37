//! Looking a whole store through for damage.

use super::Series;
use super::database::Store;
use super::row::Row;
use super::seal::{self, Broken};
use super::series::instant;
use super::value::fault_of;
use crate::Result;
use rusqlite::Transaction;
use std::collections::BTreeSet;
use std::path::Path;

/// Something in a store that is not as it was written, or cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where: the file, a series, a document.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

impl Damage {
    /// How much there is of it, in words.
    #[must_use]
    pub fn counted(found: &[Self]) -> String {
        let places: BTreeSet<&str> = found.iter().map(|damage| damage.place.as_str()).collect();
        let of =
            |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
        let places = of(places.len(), "place");
        format!("{} in {places} (series, documents or the file itself)", of(found.len(), "fault"))
    }
}

impl Store {
    /// Looks a store through from end to end: the file, every block of rows beside its seal, every value. Nothing is changed.
    ///
    /// An error only where the file cannot be opened at all; everything else is in the list, which is empty where all is well.
    pub fn check(path: impl AsRef<Path>) -> Result<Vec<Damage>> {
        let store = Self::to_check(path.as_ref())?;
        let mut found = Vec::new();
        let mut note = |place: &str, what: String| found.push(Damage { place: place.to_owned(), what });
        const FILE: &str = "the file";
        match store.faults() {
            Ok(faults) => faults.into_iter().for_each(|fault| note(FILE, fault)),
            Err(error) => note(FILE, error.to_string()),
        }
        let version = store.reading(|file| Ok(Self::version(file)));
        let is_sealed = match version.and_then(|version| version) {
            // Its first writer was stopped before it had made a table: there is nothing in it that could be damaged.
            Ok(0) => return Ok(found),
            Ok(1) => false,
            Ok(_) => true,
            Err(error) => {
                note(FILE, error.to_string());
                return Ok(found);
            }
        };
        if is_sealed {
            match store.reading(seal::contents_hold) {
                Ok(true) => {}
                Ok(false) => {
                    note(FILE, "the list of series and documents is not the one that was written".to_owned());
                }
                Err(error) => note(FILE, error.to_string()),
            }
        }
        let listed: Result<Vec<(i64, String)>> = store.reading(|file| {
            let mut statement = file.prepare("SELECT id, key FROM series ORDER BY key")?;
            statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        });
        let listed = listed.unwrap_or_else(|error| {
            note("the list of series", error.to_string());
            Vec::new()
        });
        for (id, key) in &listed {
            let Some(series) = Series::from_key(key) else {
                note(key, "is no series that this program knows".to_owned());
                continue;
            };
            let place = series.to_string();
            for what in store.faults_of(*id, &series, is_sealed) {
                note(&place, what);
            }
        }
        let strays = "SELECT count(*) FROM row WHERE series NOT IN (SELECT id FROM series)";
        match store.reading(|file| file.query_row(strays, (), |row| row.get::<_, i64>(0))) {
            Ok(0) => {}
            Ok(strays) => note(FILE, format!("{strays} rows belong to no series")),
            Err(error) => note(FILE, error.to_string()),
        }
        let documents: Result<Vec<(String, String, String)>> = store.reading(|file| {
            let mut statement = file.prepare("SELECT kind, name, json FROM document ORDER BY kind, name")?;
            statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        });
        match documents {
            Err(error) => note("the documents", error.to_string()),
            Ok(documents) => {
                for (kind, name, json) in documents {
                    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&json) {
                        note(&format!("{kind} {name}"), format!("is no JSON: {error}"));
                    }
                }
            }
        }
        Ok(found)
    }

    /// What is wrong with the rows of one series.
    fn faults_of(&self, id: i64, series: &Series, is_sealed: bool) -> Vec<String> {
        let mut faults = Vec::new();
        if is_sealed {
            match self.reading(|file| seal::rows(file, id, (i64::MIN, i64::MAX))) {
                Ok((_, broken)) => faults.extend(broken.into_iter().map(Broken::said)),
                Err(error) => faults.push(error.to_string()),
            }
        }
        let sql =
            "SELECT method, start, stop, exc, inc, fetched_at FROM row WHERE series = ?1 ORDER BY start";
        let rows: Result<Vec<Row>> =
            self.reading(|file| file.prepare(sql)?.query_map((id,), Row::read)?.collect());
        match rows {
            Ok(rows) => {
                faults.extend(rows.iter().filter_map(|row| fault_of(series, row)));
                match self.reading(|file| uncounted(file, id, series, &rows)) {
                    Ok(found) => faults.extend(found),
                    Err(error) => faults.push(error.to_string()),
                }
            }
            Err(error) => faults.push(error.to_string()),
        }
        faults
    }

    /// What is wrong with a series at a glance: more or fewer rows than its seals count. `None` where nothing is; [`check`](Self::check) looks
    /// at every row.
    pub fn miscounted(&self, series: &Series) -> Result<Option<String>> {
        let key = series.key()?;
        let counts = "SELECT (SELECT count(*) FROM row WHERE row.series = series.id),
            (SELECT coalesce(sum(rows), 0) FROM seal WHERE seal.series = series.id) FROM series WHERE key = ?1";
        let (there, written): (i64, i64) =
            self.reading(|file| file.query_row(counts, (&key,), |row| Ok((row.get(0)?, row.get(1)?))))?;
        let said = format!("damaged: {written} rows were written and {there} are there{}", seal::REMEDY);
        Ok((there != written).then_some(said))
    }
}

/// How long a reading lasts.
const SLOT: i64 = 1800;

/// What of a series does not fit what is kept of what was asked for: every half-hour of readings that was asked for has a reading or is noted as
/// missing, and a reading is of what was asked for; of charges something holds in whatever was asked for.
fn uncounted(
    file: &Transaction<'_>,
    id: i64,
    series: &Series,
    rows: &[Row],
) -> rusqlite::Result<Vec<String>> {
    let pairs = |sql: &str| -> rusqlite::Result<Vec<(i64, i64)>> {
        file.prepare(sql)?.query_map((id,), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let covered = pairs("SELECT start, stop FROM coverage WHERE series = ?1 ORDER BY start")?;
    let at = |seconds| instant(seconds).map_or_else(|| seconds.to_string(), kwhen::time::instant_text);
    let mut found = Vec::new();
    if matches!(series, Series::Charges(..)) {
        let holds = |(from, to): &(i64, i64)| {
            rows.iter().any(|row| row.start < *to && row.stop.is_none_or(|stop| stop > *from))
        };
        found.extend(covered.iter().filter(|span| !holds(span)).map(|(from, to)| {
            format!("was asked for from {} to {}, and no row holds then", at(*from), at(*to))
        }));
        return Ok(found);
    }
    let noted = pairs("SELECT start, since FROM missing WHERE series = ?1 ORDER BY start")?;
    let slot = |seconds: i64| seconds.div_euclid(SLOT);
    let known: BTreeSet<i64> =
        rows.iter().map(|row| row.start).chain(noted.iter().map(|(start, _)| *start)).map(slot).collect();
    let first = rows.iter().map(|row| slot(row.start)).min();
    let mut lost = covered.iter().flat_map(|(from, to)| {
        let from = first.map_or(slot(*from), |first| first.max(slot(*from)));
        (from..slot(*to)).filter(|slot| !known.contains(slot))
    });
    if let Some(first) = lost.next() {
        let all = 1 + lost.count();
        found.push(format!(
            "{all} half-hours that were asked for have neither a reading nor a note that none came, the first from {}",
            at(first * SLOT)
        ));
    }
    let is_covered =
        |row: &&Row| covered.iter().any(|(from, to)| slot(*from) <= slot(row.start) && row.start < *to);
    let mut strays = rows.iter().filter(|row| !is_covered(row));
    if let Some(first) = strays.next() {
        let all = 1 + strays.count();
        found.push(format!(
            "{all} readings are of no time that was asked for, the first from {}",
            at(first.start)
        ));
    }
    Ok(found)
}
