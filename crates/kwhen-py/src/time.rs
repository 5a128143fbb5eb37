//! Calendars: what a person means by a day, a month, an evening.

use crate::arguments::{Seconds, calendar, instant, period_kind, seconds, span};
use crate::arrow::text_instants;
use crate::errors::OrRaise;
use crate::series::OPEN;
use kwhen::time::{LocalBand, Publication};
use pyo3::prelude::*;

/// The instant of text, as the command reads it at a moment; with the beginning of what it ends, as it reads an end.
#[pyfunction]
#[pyo3(signature = (zone, text, now, after=None))]
pub(crate) fn instant_of(zone: &str, text: &str, now: i64, after: Option<i64>) -> PyResult<i64> {
    let (calendar, now) = (calendar(zone)?, instant(now)?);
    let read = match after {
        Some(after) => calendar.parse_end(text, instant(after)?, now),
        None => calendar.parse_at(text, now),
    };
    Ok(read.or_raise()?.timestamp())
}

/// The period that text means at a moment, as the command reads it.
#[pyfunction]
pub(crate) fn period(zone: &str, text: &str, now: i64) -> PyResult<Seconds> {
    Ok(seconds(calendar(zone)?.period_at(text, instant(now)?).or_raise()?))
}

/// The spans of a local band, such as `18:00..07:00`.
#[pyfunction]
pub(crate) fn band_spans(zone: &str, band: &str, during: Seconds) -> PyResult<Vec<Seconds>> {
    let band: LocalBand = band.parse().or_raise()?;
    let spans = calendar(zone)?.band_spans(band, span(during)?);
    Ok(spans.into_iter().map(seconds).collect())
}

/// The spans of a local band that open in a span, each whole: a night belongs to the date on which it begins.
#[pyfunction]
pub(crate) fn bands_opening(zone: &str, band: &str, during: Seconds) -> PyResult<Vec<Seconds>> {
    const DAYS: i64 = 2 * 86_400;
    let (from, to) = seconds(span(during)?);
    let around = ((from - DAYS).max(0), (to + DAYS).min(OPEN.1));
    Ok(band_spans(zone, band, around)?.into_iter().filter(|(opens, _)| (from..to).contains(opens)).collect())
}

/// Seconds since 1970 of text with a zone; `None` for none.
#[pyfunction]
pub(crate) fn instants(texts: Vec<Option<String>>, field: &str) -> PyResult<Vec<Option<i64>>> {
    text_instants(&texts, field)
}

/// A span cut into local periods, each with its name.
#[pyfunction]
pub(crate) fn cut(zone: &str, kind: &str, during: Seconds) -> PyResult<Vec<(Seconds, String)>> {
    let periods = calendar(zone)?.cut(period_kind(kind)?, span(during)?).or_raise()?;
    Ok(periods.into_iter().map(|period| (seconds(period.span), period.label)).collect())
}

/// Up to when the day-ahead prices of those who go by a clock are known at an instant.
#[pyfunction]
pub(crate) fn known_until(zone: &str, now: i64) -> PyResult<i64> {
    Ok(Publication::day_ahead(&calendar(zone)?).known_until(instant(now)?).or_raise()?.timestamp())
}
