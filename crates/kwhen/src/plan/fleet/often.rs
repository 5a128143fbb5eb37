//! Times of day that are meant again and again: on days of the week, in months of the year.

use crate::error::{Error, Result};
use crate::time::{Calendar, Span, time_of_day};
use chrono::{DateTime, Datelike, Month, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

/// What a definition says of one: a time, or one and the end, with `days` and `months`.
pub(super) struct OftenDefinition<'a> {
    pub(super) from: &'a str,
    pub(super) to: Option<&'a str>,
    pub(super) days: &'a [String],
    pub(super) months: &'a [String],
    pub(super) field: &'static str,
}

/// A time of day on each day of the week and of the months that are named; all if none is.
#[derive(Clone, Debug)]
pub(super) struct Often {
    from: NaiveTime,
    /// Of the next day where that is not later.
    to: NaiveTime,
    days: Vec<Weekday>,
    months: Vec<Month>,
}

impl OftenDefinition<'_> {
    /// The same; `None` where both are instants. An error for one that is half of each, and for days or months beside a date.
    pub(super) fn read(&self) -> Result<Option<Often>> {
        let (from, to) = (time_of_day(self.from), self.to.map(time_of_day));
        let (from, to) = match (from, to) {
            (Some(from), None) => (from, from),
            (Some(from), Some(Some(to))) => (from, to),
            (None, None | Some(None)) if self.days.is_empty() && self.months.is_empty() => return Ok(None),
            (None, None | Some(None)) => {
                return Err(Error::syntax(
                    "has a date, with which no days and months go: give a time of day alone",
                )
                .in_field(self.field)
                .with_value(self.from));
            }
            (Some(_), Some(None)) | (None, Some(Some(_))) => {
                return Err(Error::syntax(format!(
                    "one is a time of day and the other is not: {} and {}",
                    self.from,
                    self.to.unwrap_or_default()
                ))
                .in_field(self.field));
            }
        };
        let day = |day: &String| {
            day.parse::<Weekday>().map_err(|_| {
                Error::syntax("a day is mon, tue, wed, thu, fri, sat or sun")
                    .in_field(format!("{}.days", self.field))
                    .with_value(day)
            })
        };
        let month = |month: &String| {
            month.parse::<Month>().map_err(|_| {
                Error::syntax("a month is jan, feb, mar, apr, may, jun, jul, aug, sep, oct, nov or dec")
                    .in_field(format!("{}.months", self.field))
                    .with_value(month)
            })
        };
        let days = self.days.iter().map(day).collect::<Result<_>>()?;
        let months = self.months.iter().map(month).collect::<Result<_>>()?;
        Ok(Some(Often { from, to, days, months }))
    }
}

impl Often {
    fn is_on(&self, date: NaiveDate) -> bool {
        let month = |month: &Month| month.number_from_month() == date.month();
        (self.days.is_empty() || self.days.contains(&date.weekday()))
            && (self.months.is_empty() || self.months.iter().any(month))
    }

    /// The instants within a span. One that the clock skips is the first after it.
    pub(super) fn times(&self, calendar: &Calendar, span: Span) -> Result<Vec<DateTime<Utc>>> {
        let dates = dates(calendar, span).filter(|date| self.is_on(*date));
        let times = dates.map(|date| calendar.instant_of(date.and_time(self.from)));
        Ok(times.collect::<Result<Vec<_>>>()?.into_iter().filter(|time| span.contains(*time)).collect())
    }

    /// The stretches, as far as they are within a span.
    pub(super) fn spans(&self, calendar: &Calendar, span: Span) -> Result<Vec<Span>> {
        let mut spans = Vec::new();
        for date in dates(calendar, span).filter(|date| self.is_on(*date)) {
            let end = if self.to > self.from { date } else { date + TimeDelta::days(1) };
            let at = |date: NaiveDate, time| calendar.instant_of(date.and_time(time));
            let (from, to) = (at(date, self.from)?, at(end, self.to)?);
            // The clock may skip all of it.
            if to > from {
                spans.extend(Span::new(from, to)?.intersection(span));
            }
        }
        Ok(spans)
    }
}

/// The local days that may have a part in a span: the one before it too, for what goes over midnight.
fn dates(calendar: &Calendar, span: Span) -> impl Iterator<Item = NaiveDate> + use<> {
    let (first, last) = (calendar.local(span.from()).date(), calendar.local(span.to()).date());
    let mut next = first.pred_opt();
    std::iter::from_fn(move || {
        let date = next.filter(|date| *date <= last)?;
        next = date.succ_opt();
        Some(date)
    })
}
