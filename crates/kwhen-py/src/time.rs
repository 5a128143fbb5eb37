//! Calendars: what a person means by a day, a month, an evening.

use crate::arguments::{Seconds, calendar, instant, period_kind, seconds, span};
use crate::arrow::text_instants;
use crate::errors::OrRaise;
use crate::series::OPEN;
use kwhen::time::{LocalBand, PeriodKind, Publication};
use pyo3::prelude::*;

/// The instant of a local date, a local time or an instant in text.
#[pyfunction]
pub(crate) fn instant_of(zone: &str, text: &str) -> PyResult<i64> {
    Ok(calendar(zone)?.parse(text).or_raise()?.timestamp())
}

/// A local day (`2026-03-29`), month (`2026-03`) or year (`2026`).
#[pyfunction]
pub(crate) fn period(zone: &str, text: &str) -> PyResult<Seconds> {
    let calendar = calendar(zone)?;
    let (kind, first) = match text.len() {
        4 => (PeriodKind::Year, format!("{text}-01-01")),
        7 => (PeriodKind::Month, format!("{text}-01")),
        _ => (PeriodKind::Day, text.to_owned()),
    };
    let from = calendar.parse(&first).or_raise()?;
    let longest = kwhen::time::Span::new(from, from + chrono::TimeDelta::days(367)).or_raise()?;
    let whole = calendar.cut(kind, longest).or_raise()?;
    Ok(whole.first().map_or_else(|| seconds(longest), |first| seconds(first.span)))
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
