//! Looking a whole store through for damage.

use super::Series;
use super::database::Store;
use super::row::Row;
use super::seal::{self, Broken};
use super::value::fault_of;
use crate::Result;
use std::path::Path;

/// Something in a store that is not as it was written, or cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where: the file, a series, a document.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
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
            Ok(rows) => faults.extend(rows.iter().filter_map(|row| fault_of(series, row))),
            Err(error) => faults.push(error.to_string()),
        }
        faults
    }
}
