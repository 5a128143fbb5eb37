//! Times for people, on a local clock.

use chrono::{DateTime, Timelike as _, Utc};
use kwhen::time::{Calendar, Span};

/// Formats instants on one clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub Calendar);

impl Clock {
    /// `Wed 14 Oct 2026`
    pub fn date(self, instant: DateTime<Utc>) -> String {
        self.0.local(instant).format("%a %-d %b %Y").to_string()
    }

    /// `02:30`
    pub fn time(self, instant: DateTime<Utc>) -> String {
        self.0.local(instant).format("%H:%M").to_string()
    }

    /// `14 Oct`
    pub fn day_and_month(self, instant: DateTime<Utc>) -> String {
        self.0.local(instant).format("%-d %b").to_string()
    }

    /// `Oct 2026`
    pub fn month(self, instant: DateTime<Utc>) -> String {
        self.0.local(instant).format("%b %Y").to_string()
    }

    /// `Wed 14 Oct 02:30`, the year left out
    pub fn short(self, instant: DateTime<Utc>) -> String {
        self.0.local(instant).format("%a %-d %b %H:%M").to_string()
    }

    /// `Sun 25 Oct 02:30`, and in the hour that the clock shows twice `Sun 25 Oct 01:30 GMT`.
    pub fn told_apart(self, instant: DateTime<Utc>) -> String {
        if self.is_shown_twice(self.0.local(instant)) {
            return format!("{} {}", self.short(instant), self.0.abbreviation(instant));
        }
        self.short(instant)
    }

    fn is_shown_twice(self, local: chrono::NaiveDateTime) -> bool {
        self.0.parse(&local.format("%Y-%m-%dT%H:%M:%S").to_string()).is_err()
    }

    /// `Wed 14 Oct 02:30 to 05:30 BST`: the day again only where it is another, the zone's name twice only where it changes.
    pub fn range(self, span: Span) -> String {
        self.range_by(span, |instant| self.short(instant))
    }

    /// `Wed 02:30 to 05:30`: where the month is plain. The zone of the end only where it is another, or where the clock shows one of the two
    /// times twice.
    pub fn brief(self, span: Span) -> String {
        let (from, to) = (self.0.local(span.from()), self.0.local(span.to()));
        let zones = (self.0.abbreviation(span.from()), self.0.abbreviation(span.to()));
        let is_plain = zones.0 == zones.1 && !self.is_shown_twice(from) && !self.is_shown_twice(to);
        let end = if is_plain { String::new() } else { format!(" {}", zones.1) };
        let end_day = if from.date() == to.date() { "%H:%M" } else { "%a %H:%M" };
        format!("{} to {}{end}", from.format("%a %H:%M"), to.format(end_day))
    }

    /// `Wed 14 Oct 2026 02:30 to 05:30 BST`
    pub fn dated_range(self, span: Span) -> String {
        self.range_by(span, |instant| format!("{} {}", self.date(instant), self.time(instant)))
    }

    fn range_by(self, span: Span, full: impl Fn(DateTime<Utc>) -> String) -> String {
        let (from, to) = (span.from(), span.to());
        let (from_zone, to_zone) = (self.0.abbreviation(from), self.0.abbreviation(to));
        let start_zone = if from_zone == to_zone { String::new() } else { format!(" {from_zone}") };
        let same_day = self.0.local(from).date() == self.0.local(to).date();
        let end = if same_day { self.time(to) } else { full(to) };
        format!("{}{start_zone} to {end} {to_zone}", full(from))
    }

    /// A span made as long as the local days that it lies in.
    pub fn whole_days(self, span: Span) -> Option<Span> {
        let last = span.to() - chrono::TimeDelta::seconds(1);
        let day = |instant| self.0.day(self.0.date(instant)).ok();
        Span::new(day(span.from())?.from(), day(last)?.to()).ok()
    }

    /// Where a part lies in a whole, by dates: `to 31 Mar 2026`, `from 1 Oct 2026`, `1 Apr 2026 to 30 Sep 2026`; by times where one of its own
    /// ends is no midnight.
    pub fn part(self, part: Span, whole: Span) -> String {
        let is_within_day = |instant: DateTime<Utc>, end: DateTime<Utc>| {
            instant != end && self.0.local(instant).num_seconds_from_midnight() != 0
        };
        if is_within_day(part.from(), whole.from()) || is_within_day(part.to(), whole.to()) {
            return self.dated_range(part);
        }
        let date = |instant| self.0.local(instant).format("%-d %b %Y").to_string();
        let last = date(part.to() - chrono::TimeDelta::seconds(1));
        match (part.from() == whole.from(), part.to() == whole.to()) {
            (true, true) => String::new(),
            (true, false) => format!("to {last}"),
            (false, true) => format!("from {}", date(part.from())),
            (false, false) => format!("{} to {last}", date(part.from())),
        }
    }

    /// A period: by dates where it starts and ends at midnight, the last one named being in it; else by times.
    pub fn period(self, span: Span) -> String {
        let midnight = |instant| self.0.local(instant).num_seconds_from_midnight() == 0;
        let last = span.to() - chrono::TimeDelta::seconds(1);
        if midnight(span.from()) && midnight(span.to()) {
            let (first, last) = (self.date(span.from()), self.date(last));
            if first == last { first } else { format!("{first} to {last}") }
        } else {
            let text = |instant| format!("{} {}", self.date(instant), self.time(instant));
            format!("{} to {}", text(span.from()), text(span.to()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::parse_instant;

    fn span(from: &str, to: &str) -> Span {
        Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap()
    }

    #[test]
    fn ranges_say_no_more_than_needed() {
        let clock = Clock(Calendar::great_britain());
        let range = |from, to| clock.range(span(from, to));
        assert_eq!(range("2026-10-14T01:30:00Z", "2026-10-14T04:30:00Z"), "Wed 14 Oct 02:30 to 05:30 BST");
        assert_eq!(
            range("2026-10-24T22:30:00Z", "2026-10-25T02:00:00Z"),
            "Sat 24 Oct 23:30 BST to Sun 25 Oct 02:00 GMT"
        );
    }

    #[test]
    fn a_brief_range_names_its_zone_where_the_clock_goes_back() {
        let clock = Clock(Calendar::great_britain());
        let brief = |from, to| clock.brief(span(from, to));
        assert_eq!(brief("2026-10-14T01:30:00Z", "2026-10-14T04:30:00Z"), "Wed 02:30 to 05:30");
        assert_eq!(brief("2026-10-24T21:30:00Z", "2026-10-25T00:30:00Z"), "Sat 22:30 to Sun 01:30 BST");
        assert_eq!(brief("2026-10-25T01:30:00Z", "2026-10-25T04:30:00Z"), "Sun 01:30 to 04:30 GMT");
        assert_eq!(brief("2026-10-24T21:30:00Z", "2026-10-25T03:30:00Z"), "Sat 22:30 to Sun 03:30 GMT");
    }

    #[test]
    fn a_time_that_comes_twice_names_its_zone() {
        let clock = Clock(Calendar::great_britain());
        let told = |text| clock.told_apart(parse_instant(text).unwrap());
        assert_eq!(told("2026-10-25T00:30:00Z"), "Sun 25 Oct 01:30 BST");
        assert_eq!(told("2026-10-25T01:30:00Z"), "Sun 25 Oct 01:30 GMT");
        assert_eq!(told("2026-10-25T02:00:00Z"), "Sun 25 Oct 02:00");
    }

    #[test]
    fn a_part_of_a_day_is_named_by_its_times() {
        let clock = Clock(Calendar::great_britain());
        let whole = span("2020-12-22T21:30:00Z", "2020-12-24T23:30:00Z");
        let part = |from, to| clock.part(span(from, to), whole);
        let half_hour = part("2020-12-24T21:00:00Z", "2020-12-24T21:30:00Z");
        assert_eq!(half_hour, "Thu 24 Dec 2020 21:00 to 21:30 GMT");
        assert_eq!(part("2020-12-24T00:00:00Z", "2020-12-24T23:30:00Z"), "from 24 Dec 2020");
        assert_eq!(part("2020-12-22T21:30:00Z", "2020-12-23T00:00:00Z"), "to 22 Dec 2020");
    }

    #[test]
    fn whole_days_are_named_by_the_days_in_them() {
        let clock = Clock(Calendar::great_britain());
        let period = |from, to| clock.period(span(from, to));
        assert_eq!(
            period("2026-09-30T23:00:00Z", "2026-11-01T00:00:00Z"),
            "Thu 1 Oct 2026 to Sat 31 Oct 2026"
        );
        assert_eq!(period("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"), "Sun 25 Oct 2026");
        assert_eq!(
            period("2026-01-01T00:00:00Z", "2026-01-01T23:00:00Z"),
            "Thu 1 Jan 2026 00:00 to Thu 1 Jan 2026 23:00"
        );
    }
}
