//! Local days: the spans between the first instants of their dates, and how many of them start in a span.

use super::band::Stretch;
use super::{Calendar, DAY_SECONDS, in_range, next_day};
use crate::error::Result;
use crate::time::{Span, from_seconds};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

impl Calendar {
    /// One local day, from the first instant of its date to that of the next: 23, 24 or 25 hours in Great Britain. Where the clock skips
    /// midnight (Atlantic/Azores on 2026-03-29 goes from 24:00 to 01:00) the day starts when the clock goes on; where it shows midnight
    /// twice, at the first. An error for a day that the zone skips (Pacific/Apia has no 2011-12-30) and outside 1970-2099.
    pub fn day(&self, date: NaiveDate) -> Result<Span> {
        Span::new(self.day_start(date)?, self.day_start(next_day(date)?)?)
    }

    pub(super) fn day_start(&self, date: NaiveDate) -> Result<DateTime<Utc>> {
        self.instant_of(date.and_time(NaiveTime::MIN))
    }

    /// The date of the local [day](Self::day) that an instant lies in. It is the date that the clock shows, except where a clock that has
    /// passed midnight goes back behind it (America/St_Johns until 2011): that hour stays in the day that has begun.
    #[must_use]
    pub fn date(&self, instant: DateTime<Utc>) -> NaiveDate {
        let shown = self.local(instant).date();
        let seconds = instant.timestamp();
        if self.offset_at(seconds - DAY_SECONDS) <= self.offset_at(seconds) {
            return shown;
        }
        let next = next_day(shown).ok();
        next.filter(|next| self.day_start(*next).is_ok_and(|start| start <= instant)).unwrap_or(shown)
    }

    /// The next instant after another at which the clock shows a time of day; of two on one day the first that is still to come. An error where the clock skips
    /// it on the day on which it would come next, and outside 1970-2099.
    ///
    /// ```
    /// use kwhen::time::{Calendar, parse_instant};
    /// let gb = Calendar::great_britain();
    /// let evening = parse_instant("2026-03-28T20:00:00Z")?;
    /// let at = |text| chrono::NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    /// assert_eq!(gb.next(at("02:00"), evening)?, parse_instant("2026-03-29T01:00:00Z")?);
    /// // In autumn the clock shows 01:30 twice: after the first the second comes next.
    /// let between = parse_instant("2026-10-25T00:45:00Z")?;
    /// assert_eq!(gb.next(at("01:30"), between)?, parse_instant("2026-10-25T01:30:00Z")?);
    /// assert!(gb.next(at("01:30"), evening).unwrap_err().to_string().contains("is skipped by the clock"));
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    pub fn next(&self, time: NaiveTime, after: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let today = self.local(after).date();
        for date in [today, next_day(today)?] {
            let local = date.and_time(time);
            let first = self.instant_of(local)?;
            if first > after && self.skips(local) {
                return Err(self.skipped(local.format("%Y-%m-%dT%H:%M").to_string()));
            }
            let coming = [Some(first), self.second_of(local)].into_iter().flatten().find(|at| *at > after);
            if let Some(instant) = coming {
                return Ok(instant);
            }
        }
        self.instant_of(next_day(next_day(today)?)?.and_time(time))
    }

    /// Whether a local day starts at an instant.
    #[must_use]
    pub fn starts_day(&self, instant: DateTime<Utc>) -> bool {
        self.day_start(self.date(instant)).is_ok_and(|start| start == instant)
    }

    /// How many local days start in a span: what standing charges are counted by, so that a period split anywhere counts no day
    /// twice and none never. A day that the zone skips is not counted.
    pub fn days_starting_in(&self, span: Span) -> Result<i64> {
        DayCount::new(*self).starting_in(span)
    }
}

/// Counts days in one span after another; where one begins as the last ended the clock is asked once.
#[derive(Debug)]
pub(crate) struct DayCount {
    calendar: Calendar,
    /// The last instant that was asked for, in seconds, and what it was.
    known: Option<(i64, FirstDay)>,
}

/// The first local day that starts at or after an instant.
#[derive(Clone, Copy, Debug)]
struct FirstDay {
    /// Its date, in days from 1970-01-01.
    day: i64,
    /// When it starts, in seconds.
    start: i64,
}

impl DayCount {
    pub(crate) const fn new(calendar: Calendar) -> Self {
        Self { calendar, known: None }
    }

    /// How many local days start in a span.
    pub(crate) fn starting_in(&mut self, span: Span) -> Result<i64> {
        let first = self.first_day_from(span.start_seconds())?;
        let end = self.first_day_from(span.to_seconds())?;
        let dates = end.day - first.day;
        // Offsets differ by hours, a skipped day is about 24 of them: the missing time, to the nearest day, is the days skipped.
        let elapsed = end.start - first.start;
        let skipped = (dates * DAY_SECONDS - elapsed + DAY_SECONDS / 2).div_euclid(DAY_SECONDS);
        Ok(dates - skipped)
    }

    fn first_day_from(&mut self, seconds: i64) -> Result<FirstDay> {
        if let Some((known, day)) = self.known
            && known == seconds
        {
            return Ok(day);
        }
        let offset = self.calendar.offset_at(seconds);
        let local = seconds + offset;
        let shown = local.div_euclid(DAY_SECONDS);
        let starts = |day: i64| -> Result<FirstDay> {
            let date = from_seconds(day * DAY_SECONDS).date_naive();
            Ok(FirstDay { day, start: self.calendar.day_start(date)?.timestamp() })
        };
        let first = if self.calendar.offset_at(seconds - DAY_SECONDS) == offset {
            // Since the last midnight the clock has not changed: midnight is when it shows it.
            if local % DAY_SECONDS == 0 {
                FirstDay { day: shown, start: seconds }
            } else {
                starts(shown + 1)?
            }
        } else {
            // Midnight may have been skipped, or shown before.
            let mut day = starts(shown)?;
            while day.start < seconds {
                day = starts(day.day + 1)?;
            }
            day
        };
        self.known = Some((seconds, first));
        Ok(first)
    }
}

/// Finds when dates begin, one later than the other. Far from a change of the clock that is a sum: the zone is asked once for a span.
#[derive(Debug)]
pub(crate) struct DayStarts {
    calendar: Calendar,
    stretches: Vec<Stretch>,
    /// The first stretch that has not ended before the last date.
    first: usize,
}

impl DayStarts {
    /// Of dates in a span, most of them.
    pub(crate) fn new(calendar: Calendar, span: Span) -> Self {
        Self { calendar, stretches: calendar.stretches(span), first: 0 }
    }

    /// When a date begins, in seconds, as [`Calendar::day`] has it; an error outside 1970-2099.
    pub(crate) fn of(&mut self, date: NaiveDate) -> Result<i64> {
        // No clock is more than 26 hours from UTC, so it shows nothing twice that is further apart than twice that.
        const SETTLED: i64 = 3 * DAY_SECONDS;
        let local = i64::from(date.to_epoch_days()) * DAY_SECONDS;
        while let Some(stretch) = self.stretches.get(self.first) {
            let start = local - stretch.offset;
            if start >= stretch.to {
                self.first += 1;
            } else if start >= stretch.from + SETTLED && in_range(start) {
                return Ok(start);
            } else {
                break;
            }
        }
        Ok(self.calendar.day_start(date)?.timestamp())
    }
}
