//! A row as it is stored.

/// A row as it is stored. For readings `exc` is the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) method: String,
    pub(super) start: i64,
    pub(super) stop: Option<i64>,
    pub(super) exc: Option<String>,
    pub(super) inc: Option<String>,
    /// When it came, in Unix seconds.
    pub(super) fetched_at: i64,
}

impl Row {
    /// From `method, start, stop, exc, inc, fetched_at`.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            method: row.get(0)?,
            start: row.get(1)?,
            stop: row.get(2)?,
            exc: row.get(3)?,
            inc: row.get(4)?,
            fetched_at: row.get(5)?,
        })
    }

    /// Whether it says the same, whenever it came.
    pub(super) fn says(&self, other: &Self) -> bool {
        (self.stop, &self.exc, &self.inc) == (other.stop, &other.exc, &other.inc)
    }
}
