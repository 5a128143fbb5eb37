//! Times as files spell them, read without knowing the spelling beforehand.

use super::definition::DateOrder;

/// A date: one that can be read in one way, or numbers of which either may be the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Date {
    /// Days since 1970.
    Days(i32),
    /// `first/second/year`, each a number.
    Either { first: u8, second: u8, year: u16 },
}

/// What a text says of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelled {
    /// Seconds since 1970.
    Epoch(i64),
    /// A date, seconds into its day where a time stands there, and seconds east of UTC where a zone does.
    Dated { date: Date, seconds: Option<u32>, offset: Option<i32> },
    /// Seconds into a day that stands elsewhere.
    OfDay(u32),
}

/// A moment: known, or as a clock shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Seconds since 1970.
    Instant(i64),
    /// What the clock shows, as seconds since 1970 on that clock.
    Local(i64),
}

pub(super) const DAY: i64 = 86_400;

/// The number of a slot in its day, from 1 to 300.
pub(super) fn ordinal(text: &str) -> Option<u16> {
    let number = text.parse::<u16>().ok()?;
    ((1..=300).contains(&number) && text.len() <= 3).then_some(number)
}

impl Date {
    /// Days since 1970, or `None` where there is no such date in that order.
    pub(super) fn days(self, order: DateOrder) -> Option<i64> {
        match self {
            Self::Days(days) => Some(i64::from(days)),
            Self::Either { first, second, year } => {
                let (day, month) = match order {
                    DateOrder::DayFirst => (first, second),
                    DateOrder::MonthFirst => (second, first),
                };
                days(i64::from(year), i64::from(month), i64::from(day))
            }
        }
    }
}

impl Spelled {
    /// The moment that it says; `None` where there is no such date.
    pub(super) fn moment(self, order: DateOrder) -> Option<Moment> {
        match self {
            Self::Epoch(seconds) => Some(Moment::Instant(seconds)),
            Self::Dated { date, seconds, offset } => {
                let local = date.days(order)? * DAY + i64::from(seconds.unwrap_or(0));
                Some(match offset {
                    Some(offset) => Moment::Instant(local - i64::from(offset)),
                    None => Moment::Local(local),
                })
            }
            Self::OfDay(_) => None,
        }
    }

    /// A date and the time of day of another field.
    pub(super) fn at(self, time: Self) -> Option<Self> {
        match (self, time) {
            (Self::Dated { date, seconds: None | Some(0), offset }, Self::OfDay(seconds)) => {
                Some(Self::Dated { date, seconds: Some(seconds), offset })
            }
            _ => None,
        }
    }

    pub(super) const fn is_date_alone(self) -> bool {
        matches!(self, Self::Dated { seconds: None, .. })
    }
}

/// Days since 1970 of a date of the years 1900 to 2199.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || !(1900..2200).contains(&year) {
        return None;
    }
    // Years from March, so that the leap day is the last of its year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719_468)
}

/// What a text says of time; `None` where it is no time.
pub(super) fn spelled(text: &str) -> Option<Spelled> {
    let mut scan = Scan { rest: text.trim().as_bytes() };
    let digits = scan.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (digits, scan.rest.get(digits)) {
        (1..=2, Some(b':')) => {
            let seconds = scan.time()?;
            return scan.rest.is_empty().then_some(Spelled::OfDay(seconds));
        }
        (4, Some(b'-' | b'/' | b'.')) => {
            let year = scan.number(4)?;
            let date = scan.year_first(year)?;
            return scan.dated(Date::Days(date));
        }
        (1..=2, Some(b'-' | b'/' | b'.' | b' ')) => {
            let date = scan.day_and_month(digits)?;
            return scan.dated(date);
        }
        (8, None) => {
            return Some(Spelled::Dated { date: Date::Days(scan.compact()?), seconds: None, offset: None });
        }
        (8, Some(b'T' | b't' | b' ')) => {
            let date = scan.compact()?;
            return scan.dated(Date::Days(date));
        }
        (12 | 14, None) => {
            let date = scan.compact()?;
            let (hour, minute) = (scan.number(2)?, scan.number(2)?);
            let second = if scan.rest.is_empty() { 0 } else { scan.number(2)? };
            let seconds = of_day(hour, minute, second)?;
            return Some(Spelled::Dated { date: Date::Days(date), seconds: Some(seconds), offset: None });
        }
        _ => {}
    }
    scan.epoch(digits)
}

fn of_day(hour: i64, minute: i64, second: i64) -> Option<u32> {
    let is_there = hour < 24 && minute < 60 && second < 60 || (hour, minute, second) == (24, 0, 0);
    is_there.then(|| u32::try_from(hour * 3600 + minute * 60 + second).ok())?
}

/// Eats pieces from the front.
struct Scan<'a> {
    rest: &'a [u8],
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const FULL_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Scan<'_> {
    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or(&[]);
    }

    fn take(&mut self, wanted: &[u8]) -> bool {
        let found = self.rest.first().is_some_and(|first| wanted.contains(first));
        if found {
            self.skip(1);
        }
        found
    }

    /// Exactly so many digits.
    fn number(&mut self, count: usize) -> Option<i64> {
        let digits = self.rest.get(..count).filter(|_| count > 0)?;
        let value = digits.iter().try_fold(0_i64, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })?;
        self.skip(count);
        Some(value)
    }

    /// One or two digits.
    fn short_number(&mut self) -> Option<i64> {
        let two = self.rest.get(1).is_some_and(u8::is_ascii_digit);
        self.number(if two { 2 } else { 1 })
    }

    /// The rest of `2026-03-29` behind the year.
    fn year_first(&mut self, year: i64) -> Option<i32> {
        let mark = *self.rest.first()?;
        self.skip(1);
        let month = self.short_number()?;
        self.take(&[mark]).then_some(())?;
        let day = self.short_number()?;
        i32::try_from(days(year, month, day)?).ok()
    }

    fn compact(&mut self) -> Option<i32> {
        let (year, month, day) = (self.number(4)?, self.number(2)?, self.number(2)?);
        (1970..2100).contains(&year).then_some(())?;
        i32::try_from(days(year, month, day)?).ok()
    }

    /// `29/03/2026`, `29.3.26`, `29-Mar-2026`, `29 March 2026`.
    fn day_and_month(&mut self, digits: usize) -> Option<Date> {
        let first = self.number(digits)?;
        let mark = *self.rest.first()?;
        self.skip(1);
        if self.rest.first()?.is_ascii_alphabetic() {
            let length = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let name = std::str::from_utf8(self.rest.get(..length)?).ok()?;
            let is_named = |known: &&str| known.eq_ignore_ascii_case(name);
            let month = MONTHS.iter().position(&is_named);
            let month = month.or_else(|| FULL_MONTHS.iter().position(is_named))?;
            self.skip(length);
            self.take(&[mark]).then_some(())?;
            let year = self.year()?;
            let found = days(year, i64::try_from(month).ok()? + 1, first)?;
            return Some(Date::Days(i32::try_from(found).ok()?));
        }
        let second = self.short_number()?;
        self.take(&[mark]).then_some(())?;
        let year = self.year()?;
        let small = |number: i64| u8::try_from(number).ok();
        Some(Date::Either { first: small(first)?, second: small(second)?, year: u16::try_from(year).ok()? })
    }

    /// Four digits, or two of this century.
    fn year(&mut self) -> Option<i64> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match digits {
            4 => self.number(4),
            2 => Some(self.number(2)? + 2000),
            _ => None,
        }
    }

    /// What stands behind a date.
    fn dated(mut self, date: Date) -> Option<Spelled> {
        self.take(b",");
        let between = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'T' | b't')).count();
        if self.rest.is_empty() {
            return Some(Spelled::Dated { date, seconds: None, offset: None });
        }
        (between > 0).then_some(())?;
        self.skip(between);
        let seconds = Some(self.time()?);
        let offset = self.offset()?;
        Some(Spelled::Dated { date, seconds, offset })
    }

    fn time(&mut self) -> Option<u32> {
        let mut hour = self.short_number()?;
        if self.rest.len() >= 4 && self.rest.iter().take(4).all(u8::is_ascii_digit) {
            let (minute, second) = (self.number(2)?, self.number(2)?);
            return of_day(hour, minute, second);
        }
        self.take(b":").then_some(())?;
        let minute = self.number(2)?;
        let second = if self.take(b":") { self.number(2)? } else { 0 };
        if self.take(b".,") {
            let zeros = self.rest.iter().take_while(|byte| **byte == b'0').count();
            (zeros > 0).then_some(())?;
            self.skip(zeros);
        }
        let text = self.rest.trim_ascii_start();
        let half = text.get(..2).map(<[u8]>::to_ascii_lowercase);
        if let Some(half @ (b"am" | b"pm")) = half.as_deref() {
            (1..=12).contains(&hour).then_some(())?;
            hour = hour % 12 + if half == b"pm" { 12 } else { 0 };
            self.rest = text.get(2..).unwrap_or(&[]);
        }
        of_day(hour, minute, second)
    }

    /// Seconds east of UTC behind a time, where a zone is said: `Z`, `+01:00`, `+0100`, ` UTC`, ` BST`; a name in brackets behind it
    /// (`[Europe/London]`) says nothing more. `None` where something else stands there.
    fn offset(mut self) -> Option<Option<i32>> {
        self.rest = self.rest.trim_ascii_start();
        let found = match self.rest.first() {
            None => return Some(None),
            Some(b'+' | b'-') => {
                let east = self.take(b"+");
                if !east {
                    self.skip(1);
                }
                let hours = self.number(2)?;
                self.take(b":");
                let minutes =
                    if self.rest.first().is_some_and(u8::is_ascii_digit) { self.number(2)? } else { 0 };
                (hours < 24 && minutes < 60).then_some(())?;
                let size = i32::try_from(hours * 3600 + minutes * 60).ok()?;
                if east { size } else { -size }
            }
            Some(_) => {
                let length = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let name = self.rest.get(..length)?.to_ascii_uppercase();
                self.skip(length);
                match name.as_slice() {
                    b"Z" | b"UTC" | b"GMT" | b"WET" => 0,
                    b"BST" | b"IST" | b"CET" | b"WEST" => 3600,
                    b"CEST" | b"EET" => 7200,
                    b"EEST" => 10_800,
                    b"AEST" => 36_000,
                    b"AEDT" => 39_600,
                    _ => return None,
                }
            }
        };
        let is_end = match self.rest {
            [] => true,
            [b'[', name @ .., b']'] => !name.is_empty(),
            _ => false,
        };
        is_end.then_some(Some(found))
    }

    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, from 2001 on.
    fn epoch(&mut self, digits: usize) -> Option<Spelled> {
        let divisor = match digits {
            10 => 1,
            13 => 1_000,
            16 => 1_000_000,
            19 => 1_000_000_000,
            _ => return None,
        };
        let value =
            self.rest.get(..digits).and_then(|text| std::str::from_utf8(text).ok()?.parse::<i64>().ok())?;
        self.skip(digits);
        let is_whole = match self.rest {
            [] => true,
            [b'.', zeros @ ..] => !zeros.is_empty() && zeros.iter().all(|byte| *byte == b'0'),
            _ => false,
        };
        let seconds = value / divisor;
        // Whole minutes alone: a meter point's number is seldom one.
        (is_whole && value % (divisor * 60) == 0 && (1_000_000_000..=crate::time::LAST).contains(&seconds))
            .then_some(Spelled::Epoch(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> i64 {
        match spelled(text).and_then(|found| found.moment(DateOrder::DayFirst)) {
            Some(Moment::Instant(seconds)) => seconds,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn local(text: &str) -> i64 {
        match spelled(text).and_then(|found| found.moment(DateOrder::DayFirst)) {
            Some(Moment::Local(seconds)) => seconds,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn one_instant_in_every_spelling() {
        for text in [
            "2026-10-25T00:30:00Z",
            "2026-10-25 00:30:00+00:00",
            "2026-10-25T01:30+0100",
            "2026-10-25T01:30:00+01:00[Europe/London]",
            "2026-10-25 01:30 BST",
            "2026-10-25 12:30 AM UTC",
            "2026-10-25T00:30:00.0000000Z",
            "25/10/2026 00:30 UTC",
            "25 October 2026 00:30Z",
            "20261025T003000Z",
            "1792888200",
            "1792888200.0",
            "1792888200000",
            "1792888200000000000",
        ] {
            assert_eq!(instant(text), 1_792_888_200, "{text}");
        }
    }

    #[test]
    fn local_times_in_every_spelling() {
        for text in [
            "2026-10-25 00:30",
            "2026/10/25 0:30",
            "25/10/2026 00:30",
            "25.10.2026 00:30:00",
            "25-10-2026 12:30 am",
            "25-Oct-26 00:30",
            "25 oct 2026, 00:30",
            "202610250030",
            "20261025003000",
            "2012-10-12 00:30:00.0000000",
        ] {
            let wanted = if text.starts_with("2012") { 1_350_001_800 } else { 1_792_888_200 };
            assert_eq!(local(text), wanted, "{text}");
        }
        assert_eq!(local("24/10/2026 24:00"), local("25/10/2026 00:00"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "0.5",
            "12",
            "2026",
            "2026-13-01",
            "31/02",
            "25:00",
            "2026-10-25T00:30:00.5Z",
            "10300000000",
            "é",
            "2026-10-25 00:30 XYZ",
            "12:60",
            "1-",
            "20261325",
            "2026-10-25T00:30:00+25:00",
            "99/99/2026x",
        ] {
            assert_eq!(spelled(text).and_then(|found| found.moment(DateOrder::DayFirst)), None, "{text}");
        }
        assert_eq!(spelled("31/02/2026").unwrap().moment(DateOrder::DayFirst), None);
    }

    #[test]
    fn days_agree_with_chrono_on_every_date() {
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let mut date = chrono::NaiveDate::from_ymd_opt(1968, 1, 1).unwrap();
        while date < chrono::NaiveDate::from_ymd_opt(2101, 1, 1).unwrap() {
            use chrono::Datelike as _;
            let found = days(date.year().into(), date.month().into(), date.day().into());
            assert_eq!(found, Some((date - epoch).num_days()), "{date}");
            date = date.succ_opt().unwrap();
        }
    }
}
