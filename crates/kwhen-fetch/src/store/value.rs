//! Stored rows as values: what is written in them, or why it cannot be read.

use super::row::Row;
use super::series::instant;
use super::write::ALWAYS;
use super::{ChargeKind, Series};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use kwhen::series::ReadingRow;
use kwhen::time::instant_text;
use kwhen::{Money, UnitRate};
use std::str::FromStr;

/// A stored row as a reading; an error names the series, the start and the value.
pub(super) fn reading(series: &Series, number: u64, row: &Row) -> Result<ReadingRow> {
    let place = |error: Error| error.in_series(series).because(&starting(row.start));
    Ok(ReadingRow {
        row: number,
        start: exact(row.start).map_err(place)?,
        end: row.stop.map(exact).transpose().map_err(place)?,
        energy: row.exc.as_deref().map(value).transpose().map_err(place)?,
    })
}

/// A stored number.
pub(super) fn value<T: FromStr<Err = kwhen::Error>>(text: &str) -> Result<T> {
    text.parse().map_err(|error: kwhen::Error| {
        let error = error.to_string();
        let named = if error.contains(text) { String::new() } else { format!(" ({text:?})") };
        Error::store(format!("the stored value cannot be read: {error}{named}"))
    })
}

pub(super) fn starting(start: i64) -> String {
    match instant(start) {
        Some(at) => format!(", in the row that starts at {}", instant_text(at)),
        None => String::new(),
    }
}

pub(super) fn exact(seconds: i64) -> Result<DateTime<Utc>> {
    instant(seconds).ok_or_else(|| Error::store(format!("the store holds an impossible instant, {seconds}")))
}

/// Why a row cannot be read.
pub(super) fn fault_of(series: &Series, row: &Row) -> Option<String> {
    let prices = || -> Result<()> {
        for price in [&row.exc, &row.inc].into_iter().flatten() {
            match series {
                Series::Charges(_, ChargeKind::StandingCharges) => value::<Money>(price).map(|_| ())?,
                _ => value::<UnitRate>(price).map(|_| ())?,
            }
        }
        if row.start != ALWAYS {
            exact(row.start)?;
        }
        row.stop.map(exact).transpose()?;
        if row.exc.is_none() && row.inc.is_none() {
            return Err(Error::store("the row has no price"));
        }
        Ok(())
    };
    let at = || instant(row.start).map_or_else(|| row.start.to_string(), instant_text);
    match series {
        Series::Readings(_) => reading(series, 1, row).err().map(|error| error.to_string()),
        Series::Charges(..) => {
            prices().err().map(|error| format!("{error}, in the row that starts at {}", at()))
        }
    }
}
