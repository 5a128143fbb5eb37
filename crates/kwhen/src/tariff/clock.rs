//! The clock that a tariff's times of day go by, as stretches of constant offset from UTC.

use crate::time::{Calendar, DAY_SECONDS, Span, Stretch, from_seconds};
use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// The clock that times of day are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Civil time: an hour later in summer. Go, Cosy, Flux, Tracker.
    Local(Calendar),
    /// UTC all year: a smart meter's Economy 7, whose night does not move with the clocks.
    Utc,
}

impl Clock {
    /// The civil time of Great Britain.
    #[must_use]
    pub fn great_britain() -> Self {
        Self::Local(Calendar::great_britain())
    }

    /// Seconds that the clock is ahead of UTC at an instant.
    pub(crate) fn offset_at(self, instant: DateTime<Utc>) -> i64 {
        match self {
            Self::Local(calendar) => calendar.offset_at(instant.timestamp()),
            Self::Utc => 0,
        }
    }

    /// The stretches of a span in which the clock keeps one distance from UTC.
    pub(crate) fn stretches(self, span: Span) -> Vec<Stretch> {
        match self {
            Self::Local(calendar) => calendar.stretches(span),
            Self::Utc => vec![Stretch { from: span.start_seconds(), to: span.to_seconds(), offset: 0 }],
        }
    }

    /// Its name: the zone's, or `UTC`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local(calendar) => calendar.name(),
            Self::Utc => "UTC",
        }
    }
}

/// What a schedule needs of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DayOfClock {
    /// Days since 1970-01-01 on the clock.
    pub(crate) number: i64,
    /// 0 to 11.
    pub(crate) month: usize,
    /// 0 (Monday) to 6.
    pub(crate) weekday: usize,
    /// Days of the month that come after it.
    left: u8,
}

impl DayOfClock {
    pub(crate) fn of_seconds(local_seconds: i64) -> Self {
        let number = local_seconds.div_euclid(DAY_SECONDS);
        let date = date_of(number);
        let left =
            date.num_days_in_month() - u8::try_from(date.day()).unwrap_or(31).min(date.num_days_in_month());
        Self { number, month: date.month0() as usize, weekday: number_weekday(number), left }
    }

    /// The day after, without a look at a calendar unless the month may change.
    pub(crate) fn next(self) -> Self {
        match self.left.checked_sub(1) {
            Some(left) => {
                let weekday = if self.weekday == 6 { 0 } else { self.weekday + 1 };
                Self { number: self.number + 1, weekday, left, ..self }
            }
            None => Self::of_seconds((self.number + 1) * DAY_SECONDS),
        }
    }
}

fn date_of(number: i64) -> NaiveDate {
    from_seconds(number * DAY_SECONDS).date_naive()
}

/// 1970-01-01 was a Thursday.
fn number_weekday(number: i64) -> usize {
    usize::try_from((number + 3).rem_euclid(7)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;
    use chrono::TimeDelta;

    #[test]
    fn every_half_hour_of_five_years_has_the_offset_of_its_stretch() {
        let (from, to) =
            (parse_instant("2021-03-28T00:30:00Z").unwrap(), parse_instant("2026-10-25T02:00:00Z").unwrap());
        let calendar = Calendar::great_britain();
        for (clock, count) in [(Clock::Local(calendar), 13), (Clock::Utc, 1)] {
            let stretches = clock.stretches(Span::new(from, to).unwrap());
            assert_eq!(stretches.len(), count);
            assert!(stretches.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].from < pair[0].to));
            let mut at = from;
            while at < to {
                let stretch = stretches.iter().find(|s| (s.from..s.to).contains(&at.timestamp())).unwrap();
                assert_eq!(stretch.offset, clock.offset_at(at), "{at}");
                at += TimeDelta::minutes(30);
            }
        }
    }

    #[test]
    fn weekdays_and_months_are_those_of_the_calendar() {
        let mut day = DayOfClock::of_seconds(0);
        for _ in 0..20_000 {
            let date = date_of(day.number);
            assert_eq!(
                (day.weekday, day.month),
                (date.weekday().num_days_from_monday() as usize, date.month0() as usize)
            );
            day = day.next();
        }
    }
}
