//! Times and periods as people say them.

use super::{Calendar, PeriodKind, TimeText, from_seconds};
use crate::error::{Error, Result};
use crate::time::Span;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

const TAKEN: &str = "not a time: a date such as 2026-03-29, a date and time such as 2026-03-29T01:00 or 2026-03-29T01:00:00Z, a time of \
                     today such as 07:00 or 7am, now, today, tomorrow, yesterday, tonight, -7d, +3h, or a period, for its beginning: 2026-03, \
                     2026, last-month";
const PERIODS: &str = "not a period such as 2026-03-29, 2026-03, 2026, today, yesterday, tomorrow, tonight, this-week, last-week, this-month, \
                       last-month, this-year or last-year";

/// A time of day without a date: `07:30`, `7am`, `7:30pm`.
///
/// ```
/// use kwhen::time::time_of_day;
/// assert_eq!(time_of_day("7:30 pm"), "19:30:00".parse().ok());
/// assert_eq!(time_of_day("12am"), "00:00:00".parse().ok());
/// assert_eq!(time_of_day("25:00"), None);
/// ```
#[must_use]
pub fn time_of_day(text: &str) -> Option<NaiveTime> {
    let text = text.trim().to_ascii_lowercase();
    let number = |text: &str| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| digits)
    };
    let (clock, noon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (_, Some(clock)) => (clock.trim_end(), Some(12)),
        _ => (text.as_str(), None),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) => (number(hour)?, number(minute).filter(|_| minute.len() == 2)?),
        // A number alone is no time.
        None => (number(clock).filter(|_| noon.is_some())?, 0),
    };
    let hour = match noon {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

impl Calendar {
    /// The instant that text means to a person in this zone at a moment. Beside what [`Calendar::parse`] takes: `now` (the minute that
    /// has begun); a time of today (`07:00`, `7am`); so many days or weeks from today (`-7d`, `+1w`: the day's first instant) or hours and minutes
    /// from now (`-12h`, `+90m`: real time); and any period that [`Calendar::period_at`] takes, for its first instant.
    ///
    /// ```
    /// use kwhen::time::{Calendar, parse_instant};
    /// let gb = Calendar::great_britain();
    /// let now = parse_instant("2026-03-29T11:30:00Z")?; // half past twelve, on the day on which clocks went forward
    /// assert_eq!(gb.parse_at("today", now)?, parse_instant("2026-03-29T00:00:00Z")?);
    /// assert_eq!(gb.parse_at("tomorrow", now)?, parse_instant("2026-03-29T23:00:00Z")?);
    /// assert_eq!(gb.parse_at("7am", now)?, parse_instant("2026-03-29T06:00:00Z")?);
    /// assert_eq!(gb.parse_at("-12h", now)?, parse_instant("2026-03-28T23:30:00Z")?);
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    ///
    /// # Errors
    /// It is no time at all, a local time that the clock shows twice or skips, or one outside 1970-2099.
    pub fn parse_at(&self, text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let refused = match self.parse(text) {
            Err(error) if error.is_syntax() => Error::syntax(TAKEN).with_value(text),
            other => return other,
        };
        let word = word(text);
        let minute = from_seconds(now.timestamp().div_euclid(60) * 60);
        if word == "now" {
            return Ok(minute);
        }
        if let Some(time) = time_of_day(text) {
            return self.parse(&format!("{}T{}", self.date(now), time.format("%H:%M")));
        }
        if let Some((forward, number, unit)) = distance(&word) {
            return match unit {
                'd' | 'w' => {
                    let days = Days::new(u64::from(number) * if unit == 'w' { 7 } else { 1 });
                    let today = self.date(now);
                    let day =
                        if forward { today.checked_add_days(days) } else { today.checked_sub_days(days) };
                    self.day_start(day.ok_or(refused)?)
                }
                _ => {
                    let minutes = TimeDelta::minutes(i64::from(number) * if unit == 'h' { 60 } else { 1 });
                    let instant = minute.checked_add_signed(if forward { minutes } else { -minutes });
                    instant.ok_or(refused)
                }
            };
        }
        match self.period_at(text, now) {
            Err(error) if error.is_syntax() => Err(refused),
            other => other.map(|period| period.from()),
        }
    }

    /// The instant that text means to a person as the end of what begins at `after`: a time of day such as `02:30` or `7am` is the next one
    /// after it, and `+3h` or `+1d` so much later than it; all else is as [`Calendar::parse_at`] reads it at `now`.
    ///
    /// ```
    /// use kwhen::time::{Calendar, parse_instant};
    /// let gb = Calendar::great_britain();
    /// let (evening, now) = (parse_instant("2026-03-28T18:00:00Z")?, parse_instant("2026-06-01T12:00:00Z")?);
    /// assert_eq!(gb.parse_end("7am", evening, now)?, parse_instant("2026-03-29T06:00:00Z")?);
    /// assert_eq!(gb.parse_end("+13h", evening, now)?, parse_instant("2026-03-29T07:00:00Z")?);
    /// assert_eq!(gb.parse_end("today", evening, now)?, parse_instant("2026-05-31T23:00:00Z")?);
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Calendar::parse_at`].
    pub fn parse_end(&self, text: &str, after: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        if text.trim_start().starts_with('+') {
            return self.parse_at(text, after);
        }
        match time_of_day(text) {
            Some(time) => self.next(time, after),
            None => self.parse_at(text, now),
        }
    }

    /// The local days that text means to a person in this zone at a moment: a date, a month `2026-03`, a year `2026`, `today`,
    /// `yesterday`, `tomorrow`, and `this-` or `last-` with `week` (from Monday), `month` or `year`. Beside them `tonight`: from 18:00 to
    /// 07:00, and from the minute that has begun where the night has.
    ///
    /// ```
    /// use kwhen::time::{Calendar, parse_instant};
    /// let gb = Calendar::great_britain();
    /// let now = parse_instant("2026-04-01T11:30:00Z")?;
    /// assert_eq!(gb.period_at("last-month", now)?, gb.period_at("2026-03", now)?);
    /// assert_eq!(gb.period_at("2026-03", now)?.to_string(), "2026-03-01T00:00:00Z to 2026-03-31T23:00:00Z");
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    ///
    /// # Errors
    /// It is no period, or lies outside 1970-2099.
    pub fn period_at(&self, text: &str, now: DateTime<Utc>) -> Result<Span> {
        let refused = || Error::syntax(PERIODS).with_value(text);
        let today = self.date(now);
        let word = word(text);
        if word == "tonight" {
            return self.tonight(now);
        }
        let (date, kind) = match word.as_str() {
            "today" => (Some(today), PeriodKind::Day),
            "yesterday" => (today.pred_opt(), PeriodKind::Day),
            "tomorrow" => (today.succ_opt(), PeriodKind::Day),
            other => match other.split_once('-') {
                Some(("this", kind)) => (Some(today), named(kind).ok_or_else(refused)?),
                Some(("last", kind)) => {
                    let kind = named(kind).ok_or_else(refused)?;
                    (kind.first(today).pred_opt(), kind)
                }
                _ => dated(other).ok_or_else(refused)?,
            },
        };
        let first = kind.first(date.ok_or_else(refused)?);
        Span::new(self.day_start(first)?, self.day_start(kind.next(first))?)
    }

    /// The night that comes, or what is left of the one that has begun.
    fn tonight(&self, now: DateTime<Utc>) -> Result<Span> {
        let minute = from_seconds(now.timestamp().div_euclid(60) * 60);
        let evening = NaiveTime::from_hms_opt(18, 0, 0).unwrap_or_default();
        let morning = self.next(NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default(), minute)?;
        let begins = self.next(evening, minute - TimeDelta::seconds(1))?;
        // Where the morning comes before the evening, the night has begun.
        if morning < begins {
            return Span::new(minute, morning);
        }
        Span::new(begins, self.next(NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default(), begins)?)
    }
}

/// As it is compared: `Last month` is `last-month`.
fn word(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '_'], "-")
}

fn named(kind: &str) -> Option<PeriodKind> {
    Some(match kind {
        "week" => PeriodKind::Week,
        "month" => PeriodKind::Month,
        "year" => PeriodKind::Year,
        _ => return None,
    })
}

/// `+3h`, `-7d`: whether ahead, how many, of what.
fn distance(word: &str) -> Option<(bool, u32, char)> {
    let (forward, rest) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return None,
    };
    let unit = rest.chars().next_back().filter(|unit| ['w', 'd', 'h', 'm'].contains(unit))?;
    let number = rest.strip_suffix(unit)?;
    let digits = (1..=6).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((forward, number.parse().ok().filter(|_| digits)?, unit))
}

/// A date, a month or a year: a day of it, and what it is.
fn dated(word: &str) -> Option<(Option<NaiveDate>, PeriodKind)> {
    let (day, kind) = match word.len() {
        4 => (format!("{word}-01-01"), PeriodKind::Year),
        7 => (format!("{word}-01"), PeriodKind::Month),
        _ => (word.to_owned(), PeriodKind::Day),
    };
    match TimeText::parse(&day) {
        Ok(TimeText::Date(date)) => Some((Some(date), kind)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;

    /// Sunday 25 October 2026, on which the clock of London goes back at 01:00 UTC: 10:31:27 there.
    fn now() -> DateTime<Utc> {
        parse_instant("2026-10-25T10:31:27Z").unwrap()
    }

    #[test]
    fn times_are_those_of_the_clock_on_the_wall() {
        let gb = Calendar::great_britain();
        for (text, instant) in [
            ("now", "2026-10-25T10:31:00Z"),
            ("today", "2026-10-24T23:00:00Z"),
            ("Yesterday", "2026-10-23T23:00:00Z"),
            ("tomorrow", "2026-10-26T00:00:00Z"),
            ("07:00", "2026-10-25T07:00:00Z"),
            ("7am", "2026-10-25T07:00:00Z"),
            ("12am", "2026-10-24T23:00:00Z"),
            ("12:05 pm", "2026-10-25T12:05:00Z"),
            ("-7d", "2026-10-17T23:00:00Z"),
            ("-1w", "2026-10-17T23:00:00Z"),
            ("+1d", "2026-10-26T00:00:00Z"),
            ("-12h", "2026-10-24T22:31:00Z"),
            ("+90m", "2026-10-25T12:01:00Z"),
            ("2026-03", "2026-03-01T00:00:00Z"),
            ("2026", "2026-01-01T00:00:00Z"),
            ("last month", "2026-08-31T23:00:00Z"),
            ("this-week", "2026-10-18T23:00:00Z"),
            ("2026-03-29T05:00Z", "2026-03-29T05:00:00Z"),
            ("2026-07-01", "2026-06-30T23:00:00Z"),
        ] {
            assert_eq!(gb.parse_at(text, now()).unwrap(), parse_instant(instant).unwrap(), "{text}");
        }
        // A clock tells more than seconds.
        let precise = now() + TimeDelta::nanoseconds(814_523_439);
        assert_eq!(gb.parse_at("now", precise).unwrap(), gb.parse_at("now", now()).unwrap());
        assert_eq!(gb.parse_at("-12h", precise).unwrap(), gb.parse_at("-12h", now()).unwrap());
        // Shown twice that night, and skipped in spring: as with a date.
        assert!(gb.parse_at("01:30", now()).unwrap_err().to_string().contains("is shown twice"));
        let spring = parse_instant("2026-03-29T10:00:00Z").unwrap();
        assert!(gb.parse_at("01:30", spring).unwrap_err().to_string().contains("is skipped"));
    }

    #[test]
    fn periods_are_whole_local_days() {
        let gb = Calendar::great_britain();
        for (text, span) in [
            ("today", "2026-10-24T23:00:00Z to 2026-10-26T00:00:00Z"),
            ("yesterday", "2026-10-23T23:00:00Z to 2026-10-24T23:00:00Z"),
            ("tomorrow", "2026-10-26T00:00:00Z to 2026-10-27T00:00:00Z"),
            ("2026-10-25", "2026-10-24T23:00:00Z to 2026-10-26T00:00:00Z"),
            ("2026-10", "2026-09-30T23:00:00Z to 2026-11-01T00:00:00Z"),
            ("2026", "2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z"),
            ("this-week", "2026-10-18T23:00:00Z to 2026-10-26T00:00:00Z"),
            ("last-week", "2026-10-11T23:00:00Z to 2026-10-18T23:00:00Z"),
            ("this-month", "2026-09-30T23:00:00Z to 2026-11-01T00:00:00Z"),
            ("last_month", "2026-08-31T23:00:00Z to 2026-09-30T23:00:00Z"),
            ("this-year", "2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z"),
            ("last-year", "2025-01-01T00:00:00Z to 2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(gb.period_at(text, now()).unwrap().to_string(), span, "{text}");
        }
    }

    /// By the clock on the wall: in October the night of the 24th has an hour more.
    #[test]
    fn tonight_is_the_night_that_comes_or_what_is_left_of_it() {
        let gb = Calendar::great_britain();
        for (now, span) in [
            ("2026-10-24T10:31:27Z", "2026-10-24T17:00:00Z to 2026-10-25T07:00:00Z"),
            ("2026-10-24T17:00:00Z", "2026-10-24T17:00:00Z to 2026-10-25T07:00:00Z"),
            ("2026-10-24T20:15:40Z", "2026-10-24T20:15:00Z to 2026-10-25T07:00:00Z"),
            ("2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z to 2026-10-25T07:00:00Z"),
            ("2026-10-25T06:59:59Z", "2026-10-25T06:59:00Z to 2026-10-25T07:00:00Z"),
            ("2026-10-25T07:00:00Z", "2026-10-25T18:00:00Z to 2026-10-26T07:00:00Z"),
            ("2026-03-28T12:00:00Z", "2026-03-28T18:00:00Z to 2026-03-29T06:00:00Z"),
        ] {
            let now = parse_instant(now).unwrap();
            assert_eq!(gb.period_at("Tonight", now).unwrap().to_string(), span, "{now}");
            assert_eq!(gb.parse_at("tonight", now).unwrap(), gb.period_at("tonight", now).unwrap().from());
        }
    }

    #[test]
    fn what_is_no_time_names_what_is_taken() {
        let gb = Calendar::great_britain();
        for text in [
            "",
            "25:00",
            "7",
            "13pm",
            "0am",
            "7:5",
            "01/02/2026",
            "-d",
            "-7x",
            "+",
            "2026-13",
            "2026-02-30",
            "26-03",
            "last-day",
            "next-month",
            "-9999999d",
            "7é",
            "２０２６",
        ] {
            let error = gb.parse_at(text, now()).unwrap_err();
            assert!(error.is_syntax(), "{text}: {error}");
            for part in ["a date such as 2026-03-29", "7am", "yesterday", "-7d", "last-month"] {
                assert!(error.to_string().contains(part), "{text}: {error}");
            }
        }
        for text in ["", "now", "07:00", "-7d", "last-day", "2026-3", "2026-00"] {
            assert!(gb.period_at(text, now()).unwrap_err().to_string().contains("this-week"), "{text}");
        }
        // Beyond the calendar it is a time, but none that there is a table for.
        assert!(!gb.parse_at("-999999d", now()).unwrap_err().is_syntax());
    }
}
