//! What is known when: day-ahead rates are published once a day.

use super::{Calendar, from_seconds, market};
use crate::error::Result;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Timelike, Utc};

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

    /// When the prices of the market are known that those who go by a clock buy in: Great Britain's at 16:00, Europe's coupled auction at 13:00
    /// of Brussels up to the end of the CET day, Japan's at 10:15.
    ///
    /// ```
    /// use kwhen::time::{Calendar, Publication, parse_instant};
    /// let helsinki = Calendar::named("Europe/Helsinki")?;
    /// // 14:00 in Helsinki is 13:00 in Brussels; the CET day ends at 01:00 in Helsinki.
    /// let known = Publication::day_ahead(&helsinki).known_until(parse_instant("2026-01-15T12:00:00Z")?)?;
    /// assert_eq!(helsinki.local_text(known), "2026-01-17T01:00:00+02:00");
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    #[must_use]
    pub fn day_ahead(calendar: &Calendar) -> Self {
        let market = market::of_clock(calendar.name());
        let time =
            |minutes: u32| NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).unwrap_or(NaiveTime::MIN);
        let clock = Calendar::named(market.clock).unwrap_or(*calendar);
        Self::new(clock, time(market.published), time(market.day_starts))
    }

    /// Whether the market's day begins in the small hours of its date (or with it), rather than late on the date before.
    fn begins_early(&self) -> bool {
        self.day_ends_at.hour() < 12
    }

    /// When the market's day of a date ends: on that date, or early on the next.
    fn end_of(&self, date: NaiveDate) -> Result<DateTime<Utc>> {
        let date = date.checked_add_days(Days::new(u64::from(self.begins_early()))).unwrap_or(date);
        self.calendar.instant_of(date.and_time(self.day_ends_at))
    }

    /// Up to when rates are known at an instant. An error where the zone tables end.
    pub fn known_until(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let today = self.calendar.local(now).date();
        let published = now >= self.calendar.instant_of(today.and_time(self.published_at))?;
        let last_day = today.checked_add_days(Days::new(u64::from(published))).unwrap_or(today);
        self.end_of(last_day)
    }

    /// When the rate in force at an instant was published. An error where the zone tables end.
    pub fn published(&self, instant: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let date = self.calendar.local(instant).date();
        // The market's day in which the instant lies is that of its date, or of a neighbour.
        let before_its_date =
            self.begins_early() && instant < self.end_of(date.pred_opt().unwrap_or(date))?;
        let beyond_its_date = !self.begins_early() && instant >= self.end_of(date)?;
        let back = match (before_its_date, beyond_its_date) {
            (true, _) => 2,
            (_, true) => 0,
            _ => 1,
        };
        let day_before = date.checked_sub_days(Days::new(back)).unwrap_or(date);
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
    fn other_auctions_are_known_to_the_end_of_their_day() {
        assert_eq!(Publication::day_ahead(&Calendar::great_britain()), Publication::agile());
        let berlin = Publication::day_ahead(&Calendar::named("Europe/Berlin").unwrap());
        assert_eq!(berlin.known_until(at("2026-07-01T10:59:00Z")).unwrap(), at("2026-07-01T22:00:00Z"));
        assert_eq!(berlin.known_until(at("2026-07-01T11:00:00Z")).unwrap(), at("2026-07-02T22:00:00Z"));
        assert_eq!(berlin.published(at("2026-07-02T21:45:00Z")).unwrap(), at("2026-07-01T11:00:00Z"));
        assert_eq!(berlin.published(at("2026-07-02T22:00:00Z")).unwrap(), at("2026-07-02T11:00:00Z"));
    }

    #[test]
    fn japans_and_australias_prices_come_by_their_own_clocks() {
        // Bids close at 10:00 in Tokyo; a quarter of an hour later the next day is known, to its midnight (15:00 UTC).
        let tokyo = Publication::day_ahead(&Calendar::named("Asia/Tokyo").unwrap());
        assert_eq!(tokyo.known_until(at("2026-06-01T01:14:00Z")).unwrap(), at("2026-06-01T15:00:00Z"));
        assert_eq!(tokyo.known_until(at("2026-06-01T01:15:00Z")).unwrap(), at("2026-06-02T15:00:00Z"));
        // All of the market keeps the clock of Brisbane, without summer time: 12:30 there is 13:30 in Sydney in January, and a trading day
        // ends at 04:00 (18:00 UTC).
        for zone in ["Australia/Sydney", "Australia/Adelaide", "Australia/Brisbane"] {
            let market = Publication::day_ahead(&Calendar::named(zone).unwrap());
            assert_eq!(
                market.known_until(at("2026-01-15T02:29:00Z")).unwrap(),
                at("2026-01-15T18:00:00Z"),
                "{zone}"
            );
            assert_eq!(
                market.known_until(at("2026-01-15T02:30:00Z")).unwrap(),
                at("2026-01-16T18:00:00Z"),
                "{zone}"
            );
            // Three in the morning of the 17th is still the trading day of the 16th, whose prices came on the 15th.
            assert_eq!(
                market.published(at("2026-01-16T17:00:00Z")).unwrap(),
                at("2026-01-15T02:30:00Z"),
                "{zone}"
            );
            assert_eq!(
                market.published(at("2026-01-16T18:00:00Z")).unwrap(),
                at("2026-01-16T02:30:00Z"),
                "{zone}"
            );
            // Before four in the morning the day that began yesterday is still the market's.
            assert_eq!(
                market.known_until(at("2026-01-14T17:00:00Z")).unwrap(),
                at("2026-01-15T18:00:00Z"),
                "{zone}"
            );
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
