//! Instants and dates as they are written.

use crate::time::instant_text;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serializer;

pub(super) fn as_instant<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}

#[expect(clippy::ref_option, reason = "as serde asks for it")]
pub(super) fn as_instant_if_any<S: Serializer>(
    instant: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&instant.map(instant_text).unwrap_or_default())
}

#[expect(clippy::ref_option, reason = "as serde asks for it")]
pub(super) fn as_date_if_any<S: Serializer>(
    date: &Option<NaiveDate>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&date.map(|date| date.to_string()).unwrap_or_default())
}
