//! Home Assistant's database: its hourly statistics of energy, as CSV.

use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::io::Write as _;

/// `statistic_id,unit,start,sum`, the start in seconds since 1970.
pub(super) fn home_assistant(bytes: &[u8]) -> Result<String, String> {
    let broken = |error: &dyn std::fmt::Display| {
        format!("cannot be read as an SQLite database of Home Assistant: {error}")
    };
    // A copy, so that a database in use is neither locked nor written.
    let mut copy = tempfile::NamedTempFile::new().map_err(|error| broken(&error))?;
    copy.write_all(bytes).map_err(|error| broken(&error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(copy.path(), flags).map_err(|error| broken(&error))?;
    let query = "SELECT m.statistic_id, m.unit_of_measurement, CAST(s.start_ts AS INTEGER), s.sum
        FROM statistics s JOIN statistics_meta m ON m.id = s.metadata_id
        WHERE s.sum IS NOT NULL AND s.start_ts IS NOT NULL AND m.unit_of_measurement IN ('kWh', 'Wh', 'MWh')
        ORDER BY m.statistic_id, s.start_ts";
    let mut statement = database.prepare(query).map_err(|error| broken(&error))?;
    let mut rows = statement.query([]).map_err(|error| broken(&error))?;
    let mut text = "statistic_id,unit,start,sum\n".to_owned();
    while let Some(row) = rows.next().map_err(|error| broken(&error))? {
        let read = || -> rusqlite::Result<(String, String, i64, f64)> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        let (id, unit, start, sum) = read().map_err(|error| broken(&error))?;
        // The database holds binary numbers; sums are taken to the Wh, or they would carry digits that no meter gave.
        let power = match unit.as_str() {
            "Wh" => 0.001,
            "MWh" => 1000.0,
            _ => 1.0,
        };
        writeln!(text, "\"{}\",kWh,{start},{:.6}", id.replace('"', "\"\""), sum * power)
            .map_err(|error| broken(&error))?;
        if text.len() as u64 > super::limit::MOST {
            return Err(format!("expands to more than {} MiB", super::limit::MOST >> 20));
        }
    }
    Ok(text)
}
