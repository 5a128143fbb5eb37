//! The rule at the end of a zone's table, for the years after its last listed change: `GMT0BST,M3.5.0/1,M10.5.0`.

use chrono::{Datelike, NaiveDate};

const DAY_SECONDS: i64 = 24 * 3600;

/// From an instant on a clock is so far ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Seconds of UTC; the first of a zone is `i64::MIN`.
    pub(crate) at: i64,
    /// Seconds ahead of UTC.
    pub(crate) offset: i64,
    /// `GMT`, `BST`, `+03`.
    pub(crate) abbreviation: &'static str,
}

/// A POSIX time zone string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    standard: (&'static str, i64),
    summer: Option<Summer>,
}

#[derive(Debug, PartialEq, Eq)]
struct Summer {
    name: &'static str,
    offset: i64,
    begins: Moment,
    ends: Moment,
}

/// A day of every year and the seconds after its midnight, which may be more than a day or less than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    day: Day,
    time: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// The day of the year from 1, never counting 29 February.
    Julian(i64),
    /// The day of the year from 0.
    Ordinal(i64),
    /// Month, week (5 is the last), weekday (0 is Sunday).
    Weekday(u32, i64, u32),
}

impl Rule {
    /// `None` for what is no such rule.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let mut rest = text;
        let name = take_name(&mut rest)?;
        let standard = (name, -take_time(&mut rest)?);
        if rest.is_empty() {
            return Some(Self { standard, summer: None });
        }
        let name = take_name(&mut rest)?;
        let offset = if rest.starts_with(',') { standard.1 + 3600 } else { -take_time(&mut rest)? };
        rest = rest.strip_prefix(',')?;
        let (begins, ends) = rest.split_once(',')?;
        let summer = Summer { name, offset, begins: Moment::parse(begins)?, ends: Moment::parse(ends)? };
        Some(Self { standard, summer: Some(summer) })
    }

    /// Its changes after an instant, to the end of a year.
    pub(super) fn changes_after(&self, after: i64, last_year: i64) -> Vec<Change> {
        let Some(summer) = &self.summer else { return Vec::new() };
        let (standard_name, standard) = self.standard;
        let first_year = if after == i64::MIN { 1969 } else { 1970 + after / (366 * DAY_SECONDS) - 1 };
        let mut changes = Vec::new();
        for year in first_year..=last_year {
            let begins = summer.begins.seconds(year).map(|at| Change {
                at: at - standard,
                offset: summer.offset,
                abbreviation: summer.name,
            });
            let ends = summer.ends.seconds(year).map(|at| Change {
                at: at - summer.offset,
                offset: standard,
                abbreviation: standard_name,
            });
            changes.extend(begins.into_iter().chain(ends).filter(|change| change.at > after));
        }
        changes.sort_by_key(|change| change.at);
        changes
    }
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let (day, time) = match text.split_once('/') {
            Some((day, mut time)) => {
                let seconds = take_time(&mut time)?;
                (day, time.is_empty().then_some(seconds)?)
            }
            None => (text, 2 * 3600),
        };
        let day = if let Some(day) = day.strip_prefix('J') {
            Day::Julian(day.parse().ok()?)
        } else if let Some(day) = day.strip_prefix('M') {
            let mut parts = day.split('.');
            let day = Day::Weekday(
                parts.next()?.parse().ok()?,
                parts.next()?.parse().ok()?,
                parts.next()?.parse().ok()?,
            );
            parts.next().is_none().then_some(day)?
        } else {
            Day::Ordinal(day.parse().ok()?)
        };
        Some(Self { day, time })
    }

    /// Seconds from 1970 on the clock.
    fn seconds(self, year: i64) -> Option<i64> {
        let year = i32::try_from(year).ok()?;
        let date = |month, day| NaiveDate::from_ymd_opt(year, month, day);
        let number = |date: NaiveDate| i64::from(date.to_epoch_days());
        let day = match self.day {
            Day::Ordinal(day) => number(date(1, 1)?) + day,
            Day::Julian(day) => {
                let counts_leap_day = date(1, 1)?.leap_year() && day >= 60;
                number(date(1, 1)?) + day - 1 + i64::from(counts_leap_day)
            }
            Day::Weekday(month, week, weekday) => {
                let first = date(month, 1)?;
                let to_first = (7 + weekday - first.weekday().num_days_from_sunday()) % 7;
                let mut day = i64::from(1 + to_first) + 7 * (week - 1);
                let days = i64::from(first.num_days_in_month());
                while day > days {
                    day -= 7;
                }
                number(first) + day - 1
            }
        };
        Some(day * DAY_SECONDS + self.time)
    }
}

/// A name of letters, or of anything between `<` and `>`.
fn take_name(rest: &mut &'static str) -> Option<&'static str> {
    let text: &'static str = rest;
    if let Some(quoted) = text.strip_prefix('<') {
        let (name, after) = quoted.split_once('>')?;
        *rest = after;
        return Some(name);
    }
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, after) = text.split_at_checked(length)?;
    *rest = after;
    (length >= 3).then_some(name)
}

/// `[+-]h[h[h]][:mm[:ss]]` in seconds.
fn take_time(rest: &mut &str) -> Option<i64> {
    let length =
        rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b':')).count();
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0;
    for (part, unit) in text.split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok().filter(|part| (0..=168).contains(part))? * unit;
    }
    Some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{from_seconds, instant_text};

    fn changes(rule: &'static str, after: &str, last_year: i64) -> Vec<(String, i64, &'static str)> {
        let after = crate::time::parse_instant(after).unwrap().timestamp();
        let changes = Rule::parse(rule).unwrap().changes_after(after, last_year);
        changes
            .into_iter()
            .map(|change| (instant_text(from_seconds(change.at)), change.offset, change.abbreviation))
            .collect()
    }

    /// By the calendars of 2026 and 2028 (a leap year): 29 March and 25 October are the last Sundays.
    #[test]
    fn rules_of_every_form() {
        let text = |at: &str, offset, name| (at.to_owned(), offset, name);
        assert_eq!(
            changes("GMT0BST,M3.5.0/1,M10.5.0", "2026-01-01T00:00:00Z", 2026),
            [text("2026-03-29T01:00:00Z", 3600, "BST"), text("2026-10-25T01:00:00Z", 0, "GMT")]
        );
        // Summer from October on, named by numbers, at minus one o'clock: 24 October 2026, 23:00.
        assert_eq!(
            changes("<-03>3<-02>,M10.5.0/-1,M3.5.0/0:30", "2026-06-01T00:00:00Z", 2026),
            [text("2026-10-25T02:00:00Z", -7200, "-02")]
        );
        // Day 60 of the year without its leap day is 1 March; counted from 0 with it, 29 February.
        assert_eq!(
            changes("EST5EDT4,J60/3,59/3:15:30", "2028-01-01T00:00:00Z", 2028),
            [text("2028-02-29T07:15:30Z", -18_000, "EST"), text("2028-03-01T08:00:00Z", -14_400, "EDT")]
        );
        assert_eq!(changes("<+0530>-5:30", "2026-01-01T00:00:00Z", 2030), []);
    }

    #[test]
    fn what_is_no_rule_is_none() {
        for text in [
            "",
            "GMT",
            "GM0",
            "GMT0BST",
            "GMT0BST,M3.5.0",
            "<GMT0",
            "GMT0BST,M3.5,M10.5.0",
            "GMT0BST,M3.5.0/x,J1",
        ] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }
}
