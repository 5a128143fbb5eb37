//! What is known when: day-ahead rates are published once a day.

use super::{Calendar, from_seconds};
use crate::error::Result;
use chrono::{DateTime, Days, NaiveTime, Utc};

/// When day-ahead unit rates are published, and up to when they then reach.
///
/// Agile rates of the next market day come at about 16:00 local and reach to 23:00 local of that day, because the market's
/// day is the CET day (API document, "Agile Octopus": before 4pm a query for today gives 46 rows rather than 48).
///
/// ```
/// use kwhen::time::{Publication, parse_instant};
/// let agile = Publication::agile();
/// let before = parse_instant("2026-07-01T12:00:00Z")?; // 13:00 BST
/// assert_eq!(agile.known_until(before)?, parse_instant("2026-07-01T22:00:00Z")?);
/// let after = parse_instant("2026-07-01T15:00:00Z")?; // 16:00 BST
/// assert_eq!(agile.known_until(after)?, parse_instant("2026-07-02T22:00:00Z")?);
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    calendar: Calendar,
    published_at: NaiveTime,
    day_ends_at: NaiveTime,
}

impl Publication {
    /// Rates of the next day come at `published_at` and reach to `day_ends_at` of that day, both in the calendar's local time.
    #[must_use]
    pub const fn new(calendar: Calendar, published_at: NaiveTime, day_ends_at: NaiveTime) -> Self {
        Self { calendar, published_at, day_ends_at }
    }

    /// Agile Octopus: 16:00 and 23:00 in Great Britain.
    #[must_use]
    pub fn agile() -> Self {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
        Self::new(Calendar::great_britain(), hour(16), hour(23))
    }

    /// Up to when rates are known at an instant. An error where the zone tables end.
    pub fn known_until(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let today = self.calendar.local(now).date();
        let published = now >= self.calendar.instant_of(today.and_time(self.published_at))?;
        let last_day = today.checked_add_days(Days::new(u64::from(published))).unwrap_or(today);
        self.calendar.instant_of(last_day.and_time(self.day_ends_at))
    }

    /// When the rate in force at an instant was published. An error where the zone tables end.
    pub fn published(&self, instant: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let date = self.calendar.local(instant).date();
        let of_today = instant < self.calendar.instant_of(date.and_time(self.day_ends_at))?;
        let day_before = date.checked_sub_days(Days::new(u64::from(of_today))).unwrap_or(date);
        self.calendar
            .instant_of(day_before.and_time(self.published_at))
            .map(|at| from_seconds(at.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{PeriodKind, Span, parse_instant};

    fn at(text: &str) -> DateTime<Utc> {
        parse_instant(text).unwrap()
    }

    #[test]
    fn todays_rates_before_four_are_46_rows() {
        let agile = Publication::agile();
        for (midnight, next_midnight, rows) in [
            ("2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z", 46),
            ("2026-07-09T23:00:00Z", "2026-07-10T23:00:00Z", 46),
            ("2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z", 44), // the spring day has 46 in all
            ("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", 48), // the autumn day has 50
        ] {
            let noon = at(midnight) + chrono::TimeDelta::hours(12);
            let known = agile.known_until(noon).unwrap();
            assert_eq!((known - at(midnight)).num_minutes() / 30, rows, "{midnight}");
            assert!(known < at(next_midnight));
        }
    }

    #[test]
    fn what_is_known_when_agrees_with_when_it_was_published() {
        let agile = Publication::agile();
        let mut now = at("2026-03-27T00:00:00Z");
        while now < at("2026-04-02T00:00:00Z") {
            let until = agile.known_until(now).unwrap();
            let last = until - chrono::TimeDelta::minutes(30);
            assert!(agile.published(last).unwrap() <= now, "{now}: {last} is known");
            assert!(agile.published(until).unwrap() > now, "{now}: {until} is not known");
            now += chrono::TimeDelta::minutes(30);
        }
    }

    #[test]
    fn market_days_end_where_publication_does() {
        let span = Span::new(at("2026-03-27T23:00:00Z"), at("2026-03-31T22:00:00Z")).unwrap();
        let days = Calendar::great_britain().cut(PeriodKind::MarketDay, span).unwrap();
        assert_eq!(days.len(), 4);
        for day in days {
            let just_before_end = day.span.to() - chrono::TimeDelta::seconds(1);
            assert_eq!(
                Publication::agile().known_until(day.span.from()).unwrap(),
                day.span.to(),
                "{}",
                day.label
            );
            assert!(Publication::agile().known_until(just_before_end).unwrap() > day.span.to());
        }
    }
}
