//! Instants: their range, their text.

use crate::error::{Error, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

/// Seconds of 1970-01-01T00:00:00Z.
pub(crate) const FIRST: i64 = 0;
/// Seconds of 2100-01-01T00:00:00Z: the zone tables end there. It may end a span; nothing may start on it.
pub(crate) const LAST: i64 = 4_102_444_800;

/// Minutes as people say them: `45 min`, `3 h`, `1 h 30 min`.
#[must_use]
pub fn duration_text(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// From seconds that are known to be in range.
pub(crate) fn from_seconds(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

/// Whether seconds are in 1970-2099, or are 2100-01-01T00:00Z itself.
pub(super) fn in_range(seconds: i64) -> bool {
    (FIRST..=LAST).contains(&seconds)
}

/// Checks that an instant is in 1970-2099 (2100-01-01T00:00Z itself may end something) and on a whole second; gives its seconds.
pub(crate) fn seconds(instant: DateTime<Utc>) -> Result<i64> {
    let seconds = instant.timestamp();
    if !in_range(seconds) {
        return Err(Error::out_of_range(
            "an instant must be in the years 1970 to 2099, where the time zone tables hold",
        )
        .with_value(text(instant)));
    }
    if instant.timestamp_subsec_nanos() != 0 {
        return Err(Error::misaligned("an instant must be a whole second").with_value(instant.to_rfc3339()));
    }
    Ok(seconds)
}

/// RFC 3339 text in UTC: `2026-03-29T01:00:00Z`.
#[must_use]
pub fn text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// What time text says: an instant, or a local time that needs a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeText {
    /// Text with a zone: `2026-03-29T01:00:00Z`, `…+01:00`, `…+0100`.
    Instant(DateTime<Utc>),
    /// Text without a zone: `2026-03-29T01:00`, `2026-03-29 01:00:00`.
    Local(NaiveDateTime),
    /// A date alone: `2026-03-29`.
    Date(NaiveDate),
}

impl TimeText {
    /// Reads ISO 8601 text: a date, or a date and time with `T`, `t` or a space between; seconds optional; zone `Z`, `z`, `±hh:mm`, `±hhmm`, `±hh` or none.
    ///
    /// An error for anything else, for a fraction of a second that is not zero, and for instants outside 1970-2099.
    pub fn parse(text: &str) -> Result<Self> {
        let malformed = || {
            Error::syntax("not a date such as 2026-03-29, nor a date and time such as 2026-03-29T01:00:00Z or 2026-03-29T02:00:00+01:00")
                .with_value(text)
        };
        let bytes = text.as_bytes();
        let mut scan = Scan { bytes };
        let date = scan.date().ok_or_else(malformed)?;
        if scan.bytes.is_empty() {
            return Ok(Self::Date(date));
        }
        if !scan.take_any(b"Tt ") {
            return Err(malformed());
        }
        let time = scan.time().ok_or_else(malformed)?;
        let local = date.and_time(time);
        if scan.bytes.is_empty() {
            return Ok(Self::Local(local));
        }
        let offset = scan.offset().filter(|_| scan.bytes.is_empty()).ok_or_else(malformed)?;
        let instant = from_seconds(local.and_utc().timestamp() - offset);
        seconds(instant)?;
        Ok(Self::Instant(instant))
    }
}

/// Reads an instant that names its zone. A local time or a bare date is refused: it could mean two instants, or none.
///
/// ```
/// let winter = kwhen::time::parse_instant("2020-12-24T23:00:00Z")?;
/// assert_eq!(winter, kwhen::time::parse_instant("2020-12-25T00:00:00+0100")?);
/// # Ok::<(), kwhen::Error>(())
/// ```
pub fn parse_instant(text: &str) -> Result<DateTime<Utc>> {
    match TimeText::parse(text)? {
        TimeText::Instant(instant) => Ok(instant),
        TimeText::Local(_) | TimeText::Date(_) => {
            Err(Error::syntax("has no time zone; write it with Z or an offset such as +01:00")
                .with_value(text))
        }
    }
}

/// Eats fixed-width pieces from the front.
struct Scan<'a> {
    bytes: &'a [u8],
}

impl Scan<'_> {
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (head, rest) = self.bytes.split_at_checked(count)?;
        let number =
            head.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))?;
        self.bytes = rest;
        Some(number)
    }

    fn take_any(&mut self, wanted: &[u8]) -> bool {
        match self.bytes.split_first() {
            Some((first, rest)) if wanted.contains(first) => {
                self.bytes = rest;
                true
            }
            _ => false,
        }
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.digits(4)?;
        self.take_any(b"-").then_some(())?;
        let month = self.digits(2)?;
        self.take_any(b"-").then_some(())?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, self.digits(2)?)
    }

    fn time(&mut self) -> Option<NaiveTime> {
        let hour = self.digits(2)?;
        self.take_any(b":").then_some(())?;
        let minute = self.digits(2)?;
        let second = if self.take_any(b":") { self.digits(2)? } else { 0 };
        if self.take_any(b".") {
            let zeros = self.bytes.iter().take_while(|b| **b == b'0').count();
            self.bytes = self.bytes.get(zeros..).filter(|_| zeros > 0)?;
        }
        NaiveTime::from_hms_opt(hour, minute, second)
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        if self.take_any(b"Zz") {
            return Some(0);
        }
        let east = self.take_any(b"+");
        if !east && !self.take_any(b"-") {
            return None;
        }
        let hours = self.digits(2)?;
        self.take_any(b":");
        let minutes = if self.bytes.is_empty() { 0 } else { self.digits(2)? };
        (hours < 24 && minutes < 60).then_some(())?;
        let magnitude = i64::from(hours * 3600 + minutes * 60);
        Some(if east { magnitude } else { -magnitude })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken() {
        assert_eq!([45, 180, 90].map(duration_text), ["45 min", "3 h", "1 h 30 min"]);
    }

    #[test]
    fn the_same_instant_in_every_spelling() {
        for text in [
            "2020-12-24T23:00:00Z",
            "2020-12-24t23:00:00z",
            "2020-12-24 23:00:00Z",
            "2020-12-24T23:00Z",
            "2020-12-24T23:00:00.000Z",
            "2020-12-24T23:00:00+00:00",
            "2020-12-25T00:00:00+01:00",
            "2020-12-25T00:00:00+0100",
            "2020-12-25T00:00:00+01",
            "2020-12-24T17:30:00-05:30",
        ] {
            assert_eq!(parse_instant(text).unwrap().timestamp(), 1_608_850_800, "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2020",
            "2020-13-01T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2020-12-24T24:00:00Z",
            "2020-12-24T23:60:00Z",
            "2020-12-24T23:00:00.5Z",
            "2020-12-24T23:00:00 01:00",
            "2020-12-24T23:00:00+25:00",
            "2020-12-24T23:00:00Zx",
            "24/12/2020 23:00",
            "2020-12-24T23:00:00.Z",
            "2020-12-24T23:00:00+1",
            "２020-12-24T23:00:00Z",
        ] {
            assert!(parse_instant(text).unwrap_err().is_syntax(), "{text}");
        }
        let naive = parse_instant("2020-12-24T23:00:00").unwrap_err();
        assert!(naive.to_string().contains("no time zone"), "{naive}");
        assert!(parse_instant("2100-01-01T00:00:01Z").unwrap_err().is_out_of_range());
        assert!(parse_instant("1969-12-31T23:59:59Z").unwrap_err().is_out_of_range());
        assert!(parse_instant("2100-01-01T00:00:00Z").is_ok(), "may end the last span there is");
    }

    #[test]
    fn local_times_and_dates_are_told_apart() {
        assert!(matches!(TimeText::parse("2026-03-29").unwrap(), TimeText::Date(_)));
        assert!(matches!(TimeText::parse("2026-03-29T01:30").unwrap(), TimeText::Local(_)));
    }
}
