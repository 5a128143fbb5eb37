//! Consumption.

use super::rate::instant;
use super::{Number, wire};
use crate::{Error, Result};
use kwhen::series::ReadingRow;

wire! {
    /// What a meter counted over an interval: kWh, or m³ for most gas meters.
    Reading {
        /// How much; null where nothing is known.
        consumption: Option<Number>,
        /// From when, with its zone: `Z`, `+01:00` and `+0100` all occur.
        interval_start: String,
        /// Until when. The documents' own example has an end before its start: do not trust it blindly.
        interval_end: Option<String>,
    }
}

/// Readings as rows for [`kwhen::Consumption::from_rows`], numbered from 1.
pub fn readings_to_rows(readings: &[Reading]) -> Result<Vec<ReadingRow>> {
    let row = |(row, reading): (u64, &Reading)| -> Result<ReadingRow> {
        let inner = || -> Result<ReadingRow> {
            let start = instant(Some(&reading.interval_start))?;
            Ok(ReadingRow {
                row,
                start: start.ok_or_else(|| Error::malformed("has no start"))?,
                end: instant(reading.interval_end.as_deref())?,
                energy: reading.consumption.as_ref().map(Number::energy).transpose()?,
            })
        };
        inner().map_err(|error| Error::malformed(format!("row {row}: {error}")))
    };
    (1..).zip(readings).map(row).collect()
}
