//! Times a few seconds off the minute, as some programs write them (00:00:01, 23:59:59).

use crate::error::{Error, Result};
use crate::series::{NoticeKind, Notices, PriceRow, ReadingRow};
use crate::time::instant_text;
use chrono::{DateTime, TimeDelta, Utc};

/// Times that are no further off than this are meant to be the minute, even of rows that last for days.
const PLAINLY_MEANT: i64 = 5;
/// Rows shorter than this are of slots, which begin and end on minutes.
const A_DAY: i64 = 86_400;

/// Seconds from the nearest minute: below zero before it.
fn off(instant: DateTime<Utc>) -> i64 {
    (instant.timestamp() + 30).rem_euclid(60) - 30
}

/// Moves a time to the minute that it is no further off than the tolerance; says whether it did.
fn snap(instant: &mut DateTime<Utc>, tolerance: u32) -> bool {
    let off = off(*instant);
    let near = off != 0 && off.unsigned_abs() <= u64::from(tolerance);
    if near {
        *instant -= TimeDelta::seconds(off);
    }
    near
}

fn refused(instant: DateTime<Utc>, field: &str, row: u64) -> Error {
    let off = off(instant);
    let side = if off < 0 { "before" } else { "after" };
    let minute = instant_text(instant - TimeDelta::seconds(off));
    Error::off_minute(format!(
        "is {} s {side} {minute}; give whole minutes, or allow times to be so far off",
        off.unsigned_abs()
    ))
    .with_value(instant_text(instant))
    .in_field(field)
    .in_row(row)
}

/// Snaps the times of prices; those that stay off the minute and are plainly meant to be on it are errors.
pub(crate) fn prices<T>(rows: &mut [PriceRow<T>], tolerance: u32, notices: &mut Notices) -> Result<()> {
    for row in rows {
        let mut moved = false;
        for instant in [&mut row.valid_from, &mut row.valid_to].into_iter().flatten() {
            moved |= snap(instant, tolerance);
        }
        if moved {
            notices.note(NoticeKind::Snapped, row.row);
        }
        let is_short = match (row.valid_from, row.valid_to) {
            (Some(from), Some(to)) => (to - from).num_seconds() < A_DAY,
            _ => false,
        };
        for (instant, field) in [(row.valid_from, "valid_from"), (row.valid_to, "valid_to")] {
            let is_meant = |instant: &DateTime<Utc>| {
                let off = off(*instant).abs();
                off != 0 && (off <= PLAINLY_MEANT || is_short)
            };
            if let Some(instant) = instant.filter(is_meant) {
                return Err(refused(instant, field, row.row));
            }
        }
    }
    Ok(())
}

/// Snaps the times of readings; those that stay off the minute are errors.
pub(crate) fn readings(rows: &mut [ReadingRow], tolerance: u32, notices: &mut Notices) -> Result<()> {
    for row in rows {
        let mut moved = snap(&mut row.start, tolerance);
        if let Some(end) = &mut row.end {
            moved |= snap(end, tolerance);
        }
        if moved {
            notices.note(NoticeKind::Snapped, row.row);
        }
        for (instant, field) in [(Some(row.start), "interval_start"), (row.end, "interval_end")] {
            if let Some(instant) = instant.filter(|instant| off(*instant) != 0) {
                return Err(refused(instant, field, row.row));
            }
        }
    }
    Ok(())
}
