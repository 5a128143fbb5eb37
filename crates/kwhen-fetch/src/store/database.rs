//! The file.

use super::seal;
use crate::{Error, Result};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Says that a file is ours: "kwhn".
const APPLICATION: i64 = 0x6b77_686e;
const VERSION: i64 = 2;

/// `row`s: one table for charges and readings. `method` is the payment method, `` where there is none. `start` is the least integer
/// for charges that always held.
const SCHEMA: &str = "
    CREATE TABLE series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE row (
        series INTEGER NOT NULL REFERENCES series, method TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER,
        exc TEXT, inc TEXT, fetched_at INTEGER NOT NULL,
        PRIMARY KEY (series, start, method)) STRICT, WITHOUT ROWID;
    CREATE TABLE coverage (
        series INTEGER NOT NULL REFERENCES series, start INTEGER NOT NULL, stop INTEGER NOT NULL,
        PRIMARY KEY (series, start)) STRICT, WITHOUT ROWID;
    CREATE TABLE missing (
        series INTEGER NOT NULL REFERENCES series, start INTEGER NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (series, start)) STRICT, WITHOUT ROWID;
    CREATE TABLE revision (
        id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series, method TEXT NOT NULL, start INTEGER NOT NULL,
        old TEXT NOT NULL, new TEXT NOT NULL, noticed_at INTEGER NOT NULL) STRICT;
    CREATE TABLE document (
        kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, fetched_at INTEGER NOT NULL,
        PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
";

/// The store.
#[derive(Debug)]
pub struct Store(Mutex<Connection>);

impl Store {
    /// Opens a store, and makes it if there is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let named = |error: rusqlite::Error| {
            let error = failed(&error);
            error.because(&format!(" ({})", path.display()))
        };
        make_private(path);
        let connection = Connection::open(path).map_err(named)?;
        // The first look at it makes files beside it, where there is room for them.
        let looked: rusqlite::Result<i64> =
            connection.pragma_query_value(None, "schema_version", |row| row.get(0));
        let opened = match looked {
            Err(error) if is_unwritable(&error) && path.is_file() => Self::read_only(path),
            _ => Self::prepare(connection),
        };
        opened.map_err(|error| error.because(&format!(" ({})", path.display())))
    }

    /// Opens a store in a place that may not be written, to be read as it lies there. Nobody is to write it meanwhile.
    fn read_only(path: &Path) -> Result<Self> {
        let connection = Self::as_it_lies(path)?;
        if Self::version(&connection)? != VERSION {
            return Err(Error::store(
                "the store is of an older version and may not be written: open it once where it may",
            ));
        }
        Self::sealed(connection)
    }

    /// The file as it lies in a place that may not be written.
    fn as_it_lies(path: &Path) -> Result<Connection> {
        let mut beside = path.as_os_str().to_owned();
        beside.push("-wal");
        if std::fs::metadata(&beside).is_ok_and(|file| file.len() > 0) {
            return Err(Error::store(
                "what was written last is in a file beside the store, which cannot be read where nothing may be written: \
                 copy all of its files to another folder, and name the store there",
            ));
        }
        let address = std::path::absolute(path).ok().and_then(|path| url::Url::from_file_path(path).ok());
        let Some(mut address) = address else {
            return Err(Error::store("the store may not be written, and has no address to be read by"));
        };
        address.set_query(Some("immutable=1"));
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(address.as_str(), flags).map_err(|error| failed(&error))
    }

    /// The version of a store of ours, 0 of a new one; an error for what is none.
    pub(super) fn version(connection: &Connection) -> Result<i64> {
        let number = |name: &str| -> Result<i64> {
            connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| failed(&error))
        };
        let (application, version) = (number("application_id")?, number("user_version")?);
        let empty = application == 0 && version == 0 && number("schema_version")? == 0;
        if !empty && application != APPLICATION {
            return Err(Error::store("the file is another program's, not a store of ours"));
        }
        if version > VERSION {
            return Err(Error::store(format!(
                "the store has version {version}; this program knows {VERSION}"
            )));
        }
        Ok(version)
    }

    /// What is in it is what was written.
    fn sealed(connection: Connection) -> Result<Self> {
        let store = Self(Mutex::new(connection));
        if !store.reading(seal::contents_hold)? {
            let what =
                "the store is damaged: its list of series and documents is not the one that was written";
            return Err(Error::store(what).because(seal::REMEDY));
        }
        Ok(store)
    }

    /// A store in memory, gone when dropped.
    pub fn in_memory() -> Result<Self> {
        Self::prepare(Connection::open_in_memory().map_err(|error| failed(&error))?)
    }

    fn prepare(mut connection: Connection) -> Result<Self> {
        let sql = |error: rusqlite::Error| failed(&error);
        connection.busy_timeout(Duration::from_secs(20)).map_err(sql)?;
        let version = Self::version(&connection)?;
        // Readers do not wait for the writer, and a killed writer leaves the last whole transaction.
        connection.pragma_update(None, "journal_mode", "wal").map_err(sql)?;
        connection.pragma_update(None, "synchronous", "full").map_err(sql)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(sql)?;
        // In KiB where it is negative: what a question reads twice comes from the file once.
        connection.pragma_update(None, "cache_size", -16_384).map_err(sql)?;
        if version != VERSION {
            make(&mut connection)?;
        }
        Self::sealed(connection)
    }

    /// Opens it to be looked through, however damaged it is.
    pub(super) fn to_check(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(&error))?;
        connection.busy_timeout(Duration::from_secs(20)).map_err(|error| failed(&error))?;
        // The first look at it makes files beside it, where there is room for them.
        let looked: rusqlite::Result<i64> =
            connection.pragma_query_value(None, "schema_version", |row| row.get(0));
        let connection = match looked {
            Err(error) if is_unwritable(&error) => Self::as_it_lies(path)?,
            _ => connection,
        };
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads; `read` sees one state of the store throughout.
    pub(super) fn reading<T>(&self, read: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(|error| failed(&error))?;
        read(&transaction).map_err(|error| failed(&error))
    }

    /// Writes all or nothing.
    pub(super) fn writing<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failed(&error))?;
        let written = write(&transaction).map_err(|error| failed(&error))?;
        transaction.commit().map_err(|error| failed(&error))?;
        Ok(written)
    }

    /// Keeps a payload that is not a series: an account, a product.
    pub fn keep_document(&self, kind: &str, name: &str, json: &str, fetched_at: i64) -> Result<()> {
        let held = "SELECT json, fetched_at FROM document WHERE kind = ?1 AND name = ?2";
        let put = "INSERT INTO document VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET json = ?3, fetched_at = ?4";
        self.writing(|transaction| {
            let old = transaction.query_row(held, (kind, name), |row| {
                Ok(seal::of_document(kind, name, &row.get::<_, String>(0)?, row.get(1)?))
            });
            let new = seal::of_document(kind, name, json, fetched_at);
            seal::change_contents(transaction, new, old.optional()?)?;
            transaction.execute(put, (kind, name, json, fetched_at)).map(|_| ())
        })
    }

    /// Such a payload, and when it came (Unix seconds).
    pub fn document(&self, kind: &str, name: &str) -> Result<Option<(String, i64)>> {
        let sql = "SELECT json, fetched_at FROM document WHERE kind = ?1 AND name = ?2";
        self.reading(|transaction| {
            transaction.query_row(sql, (kind, name), |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
    }

    /// The names of all payloads of a kind.
    pub fn documents(&self, kind: &str) -> Result<Vec<String>> {
        self.reading(|transaction| {
            let mut statement =
                transaction.prepare("SELECT name FROM document WHERE kind = ?1 ORDER BY name")?;
            let names = statement.query_map((kind,), |row| row.get(0))?;
            names.collect()
        })
    }

    /// What SQLite itself finds wrong with the file: nothing, if all is well.
    pub fn faults(&self) -> Result<Vec<String>> {
        self.reading(faults)
    }
}

/// Whether SQLite says that it may not write, there or beside.
fn is_unwritable(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly))
}

/// A store that is not there yet is made for its owner alone: it says when somebody is at home. SQLite gives its other files the same
/// rights. What cannot be made so is left to SQLite, which says why.
fn make_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let is_file = path.to_str().is_none_or(|path| path != ":memory:" && !path.starts_with("file:"));
        if is_file {
            let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Makes the tables, or seals a store of before there were seals.
fn make(connection: &mut Connection) -> Result<()> {
    let sql = |error: rusqlite::Error| failed(&error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    // Another process may have made it between the look and the lock.
    let made: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql)?;
    match made {
        0 => {
            transaction.execute_batch(SCHEMA).map_err(sql)?;
            transaction.execute_batch(seal::SCHEMA).map_err(sql)?;
            transaction.pragma_update(None, "application_id", APPLICATION).map_err(sql)?;
        }
        1 => {
            if let Some(fault) = faults(&transaction).map_err(sql)?.first() {
                return Err(Error::store(format!("the store is damaged: {fault}")).because(seal::REMEDY));
            }
            seal::seal_all(&transaction).map_err(sql)?;
        }
        _ => return Ok(()),
    }
    transaction.pragma_update(None, "user_version", VERSION).map_err(sql)?;
    transaction.commit().map_err(sql)
}

fn faults(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction.prepare("PRAGMA integrity_check")?;
    let found: Vec<String> = statement.query_map((), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

pub(super) fn failed(error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
    match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => Error::store_busy("another process holds the store"),
        Some(DatabaseCorrupt | NotADatabase) => {
            Error::store(format!("the store is damaged: {error}")).because(seal::REMEDY)
        }
        _ => Error::store(format!("the store failed: {error}")),
    }
}
