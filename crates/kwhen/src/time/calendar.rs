//! Local time: days, months and market days of a zone, as spans of the UTC line.

use super::instant::in_range;
use super::market;
use super::zone::{self, Shown, Zone};
use super::{Span, TimeText, from_seconds, seconds};
use crate::error::{Error, Result};
use crate::names::hint;
use chrono::{
    DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc,
};
use serde::Serialize;
use std::fmt;
use std::hash::{Hash, Hasher};

mod band;
mod day;
mod spoken;

pub use band::LocalBand;
pub(crate) use band::Stretch;
pub(crate) use day::{DayCount, DayStarts};
pub use spoken::time_of_day;

pub(crate) const DAY_SECONDS: i64 = 24 * 3600;

/// The civil time of one IANA zone.
///
/// ```
/// use kwhen::time::{Calendar, PeriodKind};
/// let gb = Calendar::great_britain();
/// let spring = gb.day("2026-03-29".parse().unwrap())?;
/// let autumn = gb.day("2026-10-25".parse().unwrap())?;
/// assert_eq!((spring.seconds() / 1800, autumn.seconds() / 1800), (46, 50));
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Calendar {
    zone: &'static Zone,
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Calendar {}

impl Hash for Calendar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

/// What a span is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodKind {
    /// Local calendar days, each from its first instant: what bills and standing charges go by.
    Day,
    /// Local calendar weeks, from Monday.
    Week,
    /// Local calendar months.
    Month,
    /// Local calendar years.
    Year,
    /// The day of the day-ahead market of those who go by the clock: in Great Britain 23:00 to 23:00, which is the CET day of all the
    /// coupled auction of Europe; in Japan and Australia their own; elsewhere the local day.
    MarketDay,
}

/// A named piece of time that a calendar has cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Period {
    /// When it is; cut to the span that was asked for.
    #[serde(flatten)]
    pub span: Span,
    /// Its name: `2026-03-29`, `2026-03`, `2026`; a week is named by its Monday.
    pub label: String,
}

impl Calendar {
    /// Europe/London: the clock of every GB tariff and bill.
    #[must_use]
    pub fn great_britain() -> Self {
        Self { zone: zone::london() }
    }

    /// By IANA name, such as `Europe/London`; an error for a name that the tables do not hold.
    pub fn named(name: &str) -> Result<Self> {
        zone::find(name).map(|zone| Self { zone }).ok_or_else(|| {
            let hint = hint(name, zone::names());
            Error::syntax(format!("not an IANA time zone such as Europe/London{hint}")).with_value(name)
        })
    }

    /// The names of all zones that [`named`](Self::named) takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        zone::names()
    }

    /// The zone's IANA name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.zone.name
    }

    fn offset(&self, seconds: i64) -> Option<FixedOffset> {
        i32::try_from(self.zone.at(seconds).offset).ok().and_then(FixedOffset::east_opt)
    }

    /// The civil time at an instant. (Within a day of the end of chrono's calendar, 260,000 years off, it is UTC.)
    #[must_use]
    pub fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        let utc = instant.naive_utc();
        let offset = self.offset(instant.timestamp());
        offset.and_then(|offset| utc.checked_add_offset(offset)).unwrap_or(utc)
    }

    /// The civil time at an instant with its offset, as in `2026-03-29T02:00:00+01:00`.
    #[must_use]
    pub fn local_text(&self, instant: DateTime<Utc>) -> String {
        let offset = self.offset(instant.timestamp()).map_or_else(|| "Z".into(), |offset| offset.to_string());
        format!("{}{offset}", self.local(instant).format("%Y-%m-%dT%H:%M:%S"))
    }

    /// The zone's short name at an instant: `GMT`, `BST`.
    #[must_use]
    pub fn abbreviation(&self, instant: DateTime<Utc>) -> String {
        self.zone.at(instant.timestamp()).abbreviation.to_owned()
    }

    /// The instant of a civil time. A time that the clock shows twice is the first of the two; one that it skips is the end of
    /// the skip. An error outside 1970-2099.
    pub fn instant_of(&self, local: NaiveDateTime) -> Result<DateTime<Utc>> {
        let (Shown::Once(instant) | Shown::Twice(instant, _) | Shown::Skipped(instant)) =
            self.zone.shown(local.and_utc().timestamp());
        seconds(DateTime::from_timestamp(instant, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)).map(from_seconds)
    }

    /// When the clock shows a civil time again that it has shown already.
    fn second_of(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.zone.shown(local.and_utc().timestamp()) {
            Shown::Twice(_, second) => Some(from_seconds(second)),
            Shown::Once(_) | Shown::Skipped(_) => None,
        }
    }

    /// Whether the clock skips a civil time.
    #[must_use]
    pub fn skips(&self, local: NaiveDateTime) -> bool {
        matches!(self.zone.shown(local.and_utc().timestamp()), Shown::Skipped(_))
    }

    /// The instant that text means to a person in this zone: an instant as it is, a date as its local midnight, a local time as it
    /// is shown. A local time that the clock shows twice, or skips, is refused: write its offset.
    pub fn parse(&self, text: &str) -> Result<DateTime<Utc>> {
        let said = TimeText::parse(text).map_err(|error| match error.is_syntax() {
            true => Error::syntax("not a date such as 2026-03-29, nor a date and time such as 2026-03-29T01:00 or 2026-03-29T01:00:00Z")
                .with_value(text),
            false => error,
        })?;
        match said {
            TimeText::Instant(instant) => Ok(instant),
            TimeText::Date(date) => self.instant_of(date.and_time(NaiveTime::MIN)),
            TimeText::Local(local) => match self.zone.shown(local.and_utc().timestamp()) {
                Shown::Once(instant) => {
                    seconds(DateTime::from_timestamp(instant, 0).unwrap_or(DateTime::<Utc>::MAX_UTC))
                        .map(from_seconds)
                }
                Shown::Twice(first, second) => Err(Error::conflict(format!(
                    "is shown twice by the clock of {}; write {} or {}",
                    self.name(),
                    self.local_text(from_seconds(first)),
                    self.local_text(from_seconds(second))
                ))
                .with_value(text)),
                Shown::Skipped(_) => Err(self.skipped(text)),
            },
        }
    }

    /// The error for a civil time that the clock skips.
    pub(crate) fn skipped(&self, text: impl AsRef<str>) -> Error {
        Error::missing(format!("is skipped by the clock of {} on that day", self.name())).with_value(text)
    }

    /// How many seconds the clock is ahead of UTC, at an instant in seconds.
    pub(crate) fn offset_at(&self, seconds: i64) -> i64 {
        self.zone.at(seconds).offset
    }

    /// Cuts a span into local days, weeks, months, years or market days, in order of time; the first and last are cut to the span.
    pub fn cut(&self, kind: PeriodKind, span: Span) -> Result<Vec<Period>> {
        let (clock, shift) = self.period_clock(kind);
        let mut periods = Vec::new();
        let mut date = kind.first(clock.local(span.from()).date());
        let (mut from, end) = (span.start_seconds(), span.to_seconds());
        let mut boundary: Option<i64> = None;
        // One more than the last: the day may have begun in the civil time of the day before.
        while from < end {
            let next = kind.next(date);
            let guess = boundary.map(|boundary| boundary + (next - date).num_seconds());
            boundary = clock.boundary(shift, next, guess).ok();
            let to = boundary.unwrap_or(end).min(end);
            if to > from {
                periods.push(Period { span: Span::from_seconds(from, to), label: kind.label(date) });
                from = to;
            }
            date = next;
        }
        Ok(periods)
    }

    /// The clock that periods of a kind go by, and by how much one begins after the midnight of the date that names it. A market's day that
    /// begins in the afternoon is named by the date on which it ends.
    fn period_clock(&self, kind: PeriodKind) -> (Self, TimeDelta) {
        if kind != PeriodKind::MarketDay {
            return (*self, TimeDelta::zero());
        }
        let market = market::of_clock(self.name());
        let starts = i64::from(market.day_starts);
        let before = if starts > 12 * 60 { 24 * 60 } else { 0 };
        let clock = zone::find(market.clock).map_or(*self, |zone| Self { zone });
        (clock, TimeDelta::minutes(starts - before))
    }

    /// When the period named by a date starts, in seconds, given when it does if days are of 24 hours. Most often they are, and to check
    /// that is three times as fast as to look the local time up.
    fn boundary(&self, shift: TimeDelta, date: NaiveDate, guess: Option<i64>) -> Result<i64> {
        let local = date.and_time(NaiveTime::MIN) + shift;
        let shown = local.and_utc().timestamp();
        match guess.filter(|guess| in_range(*guess) && guess + self.offset_at(*guess) == shown) {
            Some(guess) => Ok(guess),
            None => self.instant_of(local).map(|instant| instant.timestamp()),
        }
    }
}

fn next_day(date: NaiveDate) -> Result<NaiveDate> {
    date.succ_opt()
        .ok_or_else(|| Error::out_of_range("a date beyond the calendar").with_value(date.to_string()))
}

impl PeriodKind {
    /// The date that names the period that a local date is in. A market's day is tried from the day before: it may begin in the morning.
    fn first(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => date,
            Self::MarketDay => date - Days::new(1),
            Self::Week => date - Days::new(u64::from(date.weekday().num_days_from_monday())),
            Self::Month => date.with_day(1).unwrap_or(date),
            Self::Year => date.with_ordinal(1).unwrap_or(date),
        }
    }

    fn next(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Day | Self::MarketDay => date + Days::new(1),
            Self::Week => date + Days::new(7),
            Self::Month => date + Months::new(1),
            Self::Year => date + Months::new(12),
        }
    }

    /// `2025`, `2025-03` or `2025-03-29`, by its own digits: chrono's formatter takes ten times as long. Periods are of the years 1970
    /// to 2099, or begin a day before.
    fn label(self, date: NaiveDate) -> String {
        let mut text = *b"0000-00-00";
        let year = date.year().unsigned_abs();
        for (place, number) in [(0, year / 100), (2, year), (5, date.month()), (8, date.day())] {
            for (digit, number) in text.iter_mut().skip(place).zip([number / 10, number]) {
                *digit = b'0' + (number % 10) as u8;
            }
        }
        let length = match self {
            Self::Year => 4,
            Self::Month => 7,
            Self::Week | Self::Day | Self::MarketDay => 10,
        };
        let text = text.get(..length).unwrap_or(&text);
        String::from_utf8_lossy(text).into_owned()
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({})", self.name())
    }
}

#[cfg(test)]
mod tests;
