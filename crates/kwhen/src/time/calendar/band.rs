//! Bands of local time of day, and the stretches in which a clock keeps one distance from UTC.

use super::{Calendar, DAY_SECONDS};
use crate::error::{Error, Result};
use crate::time::Span;
use chrono::{NaiveTime, Timelike};
use std::fmt;

/// A band of local time of day, such as 18:00 to 07:00. It may cross midnight; equal ends mean the whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalBand {
    /// When it opens.
    pub from: NaiveTime,
    /// When it closes.
    pub to: NaiveTime,
}

/// A stretch of time `[from, to)`, in seconds, in which a clock is `offset` seconds ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) offset: i64,
}

impl Calendar {
    /// The stretches of a span in which the clock keeps one distance from UTC: a few a year.
    pub(crate) fn stretches(&self, span: Span) -> Vec<Stretch> {
        let (mut from, end) = (span.start_seconds(), span.to_seconds());
        let mut offset = self.offset_at(from);
        let mut stretches = Vec::new();
        for change in self.zone.changes_between(from, end) {
            if change.offset == offset {
                continue;
            }
            stretches.push(Stretch { from, to: change.at, offset });
            (from, offset) = (change.at, change.offset);
        }
        stretches.push(Stretch { from, to: end, offset });
        stretches
    }

    /// The times within a span at which the clock stands in a band, in order, each from an opening of the band to its close. A day of 24
    /// hours opens every day.
    ///
    /// A band holds while the clock *shows* its times, as a tariff's does: twice in the hour that the clock shows twice, not at all in
    /// the one that it skips. So 22:00 to 08:00 is 9 hours on the spring night and 11 on the autumn night, and 01:30 to 05:00 is open
    /// twice on the autumn night: from the first 01:30 until the clock goes back, and again from the second.
    #[must_use]
    pub fn band_spans(&self, band: LocalBand, span: Span) -> Vec<Span> {
        let [opens, closes] = [band.from, band.to].map(|time| i64::from(time.num_seconds_from_midnight()));
        let parts =
            if opens < closes { [(opens, closes), (0, 0)] } else { [(0, closes), (opens, DAY_SECONDS)] };
        let opening = opens;
        let mut spans: Vec<Span> = Vec::new();
        for stretch in self.stretches(span) {
            let mut midnight =
                (stretch.from + stretch.offset).div_euclid(DAY_SECONDS) * DAY_SECONDS - stretch.offset;
            while midnight < stretch.to {
                for (opens, closes) in parts {
                    let (from, to) =
                        ((midnight + opens).max(stretch.from), (midnight + closes).min(stretch.to));
                    if from >= to {
                        continue;
                    }
                    match spans.last_mut() {
                        Some(last) if last.to_seconds() == from && from != midnight + opening => {
                            *last = Span::from_seconds(last.start_seconds(), to);
                        }
                        _ => spans.push(Span::from_seconds(from, to)),
                    }
                }
                midnight += DAY_SECONDS;
            }
        }
        spans
    }
}

impl fmt::Display for LocalBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from.format("%H:%M"), self.to.format("%H:%M"))
    }
}

impl std::str::FromStr for LocalBand {
    type Err = Error;

    /// Reads `18:00..07:00` or `6pm..7am`; 24:00 is taken as midnight.
    fn from_str(text: &str) -> Result<Self> {
        let malformed =
            || Error::syntax("not a band of local time such as 18:00..07:00 or 6pm..7am").with_value(text);
        let time = |text: &str| match text.trim() {
            "24:00" => Ok(NaiveTime::MIN),
            text => super::spoken::time_of_day(text).ok_or_else(malformed),
        };
        let (from, to) = text.split_once("..").ok_or_else(malformed)?;
        Ok(Self { from: time(from)?, to: time(to)? })
    }
}
