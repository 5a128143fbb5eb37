//! When something is to be fetched: rates when they are published, readings once a day, and again after a while where nothing came.

use crate::state::{Fetching, instant};
pub use crate::what::What;
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::time::{Calendar, Publication};

/// Rates are asked for within so many seconds after they are published: not all homes at once.
const SPREAD_OF_RATES: u64 = 10 * 60;
/// The hour from which on readings of yesterday are asked for, and within how many seconds.
const READINGS_FROM: u32 = 8;
const SPREAD_OF_READINGS: u64 = 2 * 3600;
/// How often it is asked which dispatches are planned, and how often which were carried out, and within how many seconds after that: of the latter
/// the service tells for twelve hours alone.
const PLANNED_EVERY: TimeDelta = TimeDelta::minutes(20);
const SPREAD_OF_PLANNED: u64 = 10 * 60;
const DISPATCHES_EVERY: TimeDelta = TimeDelta::hours(5);
const SPREAD_OF_DISPATCHES: u64 = 3600;
/// The first wait where nothing came, and the longest.
const FIRST_WAIT: i64 = 5 * 60;
const LONGEST_WAIT: i64 = 30 * 60;

/// When what is fetched.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The clock of days.
    pub calendar: Calendar,
    /// When rates are published.
    pub publication: Publication,
    /// Which moments of those that are as good as each other are taken.
    pub seed: u64,
}

impl Schedule {
    /// When rates are to be asked for, that are known to an instant or not at all.
    #[must_use]
    pub fn rates(
        &self,
        now: DateTime<Utc>,
        known_to: Option<DateTime<Utc>>,
        held: &Fetching,
    ) -> DateTime<Utc> {
        let wanted = match known_to {
            None => now,
            Some(known_to) => self.published_beyond(now, known_to),
        };
        self.after_waiting(wanted, held, What::Rates)
    }

    /// When readings are to be asked for.
    #[must_use]
    pub fn readings(&self, now: DateTime<Utc>, held: &Fetching) -> DateTime<Utc> {
        let wanted = match held.came.map(instant) {
            None => now,
            Some(came) => {
                let today = self.reading_time(now);
                if came < today { today } else { self.reading_time(now + TimeDelta::days(1)) }
            }
        };
        self.after_waiting(wanted, held, What::Readings)
    }

    /// When it is to be asked which dispatches are planned, or which were carried out.
    #[must_use]
    pub fn dispatches(&self, now: DateTime<Utc>, what: What, held: &Fetching) -> DateTime<Utc> {
        let (every, spread) = match what {
            What::PlannedDispatches => (PLANNED_EVERY, SPREAD_OF_PLANNED),
            _ => (DISPATCHES_EVERY, SPREAD_OF_DISPATCHES),
        };
        let wanted = held.came.map_or(now, |came| {
            instant(came) + every + TimeDelta::seconds(jitter(self.seed, (what, came.to_string()), spread))
        });
        self.after_waiting(wanted, held, what)
    }

    /// The first moment at which rates beyond those that are known may be there.
    fn published_beyond(&self, now: DateTime<Utc>, known_to: DateTime<Utc>) -> DateTime<Utc> {
        // The next publication is within a day, or it was before; the table of zones does not end sooner.
        let Ok(reach) = self.publication.known_until(now) else { return now + TimeDelta::days(1) };
        let after = |reach: DateTime<Utc>| self.publication.published(reach - TimeDelta::minutes(1));
        let wanted =
            if known_to < reach { after(reach) } else { self.publication.known_until(reach).and_then(after) };
        let Ok(wanted) = wanted else { return now + TimeDelta::days(1) };
        let day = self.calendar.date(wanted).to_string();
        wanted + TimeDelta::seconds(jitter(self.seed, (What::Rates, day), SPREAD_OF_RATES))
    }

    /// When readings are asked for on the day of a moment.
    fn reading_time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let date = self.calendar.date(now);
        let from = date.and_hms_opt(READINGS_FROM, 0, 0).unwrap_or_default();
        let from = self.calendar.instant_of(from).unwrap_or(now);
        from + TimeDelta::seconds(jitter(self.seed, (What::Readings, date.to_string()), SPREAD_OF_READINGS))
    }

    /// Not before a wait that grows with every time that it was asked in vain.
    fn after_waiting(&self, wanted: DateTime<Utc>, held: &Fetching, what: What) -> DateTime<Utc> {
        let (Some(tried), 1..) = (held.tried, held.in_vain) else { return wanted };
        let wait = FIRST_WAIT.saturating_mul(1 << held.in_vain.saturating_sub(1).min(8)).min(LONGEST_WAIT);
        let spread = u64::try_from(wait / 5).unwrap_or(0);
        let wait = wait + jitter(self.seed, (what, tried.to_string()), spread);
        wanted.max(instant(tried + wait))
    }
}

/// So many seconds, fewer than `spread`, that follow from a seed and a name alone.
fn jitter(seed: u64, (what, name): (What, String), spread: u64) -> i64 {
    let kind = match what {
        What::Rates => 1,
        What::Readings => 0,
        What::PlannedDispatches => 2,
        What::Dispatches => 3,
    };
    let mut word = seed ^ u64::wrapping_mul(kind, 0x9E37_79B9_7F4A_7C15);
    for byte in name.bytes() {
        word = mix(word ^ u64::from(byte));
    }
    i64::try_from(mix(word) % spread.max(1)).unwrap_or(0)
}

/// SplitMix64's last step.
const fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::parse_instant;

    fn at(text: &str) -> DateTime<Utc> {
        parse_instant(text).unwrap()
    }

    fn schedule(seed: u64) -> Schedule {
        Schedule { calendar: Calendar::great_britain(), publication: Publication::agile(), seed }
    }

    fn minutes_after(due: DateTime<Utc>, base: &str) -> i64 {
        (due - at(base)).num_seconds().div_euclid(60)
    }

    #[test]
    fn rates_are_asked_for_within_ten_minutes_of_their_publication() {
        let held = Fetching::default();
        for seed in 0..200 {
            let due = |now: &str, known: &str| schedule(seed).rates(at(now), Some(at(known)), &held);
            // On a summer's morning today's are known: the next are out at 16:00 on the wall, 15:00 UTC.
            let morning = due("2026-07-01T08:00:00Z", "2026-07-01T22:00:00Z");
            assert!((0..10).contains(&minutes_after(morning, "2026-07-01T15:00:00Z")), "{morning}");
            // They are out and not here: now is the time, if the moment of this seed is over.
            let late = due("2026-07-01T15:30:00Z", "2026-07-01T22:00:00Z");
            assert!((0..10).contains(&minutes_after(late, "2026-07-01T15:00:00Z")), "{late}");
            // They are here: tomorrow, and over both changes of the clock.
            for (now, known, next) in [
                ("2026-07-01T15:30:00Z", "2026-07-02T22:00:00Z", "2026-07-02T15:00:00Z"),
                ("2026-10-24T15:30:00Z", "2026-10-25T23:00:00Z", "2026-10-25T16:00:00Z"),
                ("2026-03-28T16:30:00Z", "2026-03-29T22:00:00Z", "2026-03-29T15:00:00Z"),
            ] {
                let next_due = due(now, known);
                assert!((0..10).contains(&minutes_after(next_due, next)), "{now}: {next_due}");
            }
        }
        // Where nothing is known it is asked at once; and not all homes ask at the same moment.
        assert_eq!(schedule(1).rates(at("2026-07-01T08:00:00Z"), None, &held), at("2026-07-01T08:00:00Z"));
        let moment =
            |seed| schedule(seed).rates(at("2026-07-01T08:00:00Z"), Some(at("2026-07-01T22:00:00Z")), &held);
        let moments: std::collections::BTreeSet<_> = (0..100).map(moment).collect();
        assert!(moments.len() > 80, "{}", moments.len());
    }

    #[test]
    fn what_does_not_come_is_asked_for_less_and_less_often() {
        let tried = at("2026-07-01T15:05:00Z");
        let wait = |in_vain| {
            let held = Fetching { tried: Some(tried.timestamp()), in_vain, ..Fetching::default() };
            let due = schedule(7).rates(tried, Some(at("2026-07-01T22:00:00Z")), &held);
            (due - tried).num_seconds()
        };
        for (in_vain, least) in [(1, 300), (2, 600), (3, 1_200), (4, 1_800), (40, 1_800), (u32::MAX, 1_800)] {
            let wait = wait(in_vain);
            assert!((least..least + least / 5).contains(&wait), "{in_vain}: {wait}");
        }
    }

    #[test]
    fn dispatches_are_asked_for_before_the_service_forgets_them() {
        let mut gaps = std::collections::BTreeSet::new();
        for seed in 0..200 {
            for (what, least, most) in [(What::PlannedDispatches, 20, 30), (What::Dispatches, 5 * 60, 6 * 60)]
            {
                let now = at("2026-10-24T22:00:00Z");
                assert_eq!(schedule(seed).dispatches(now, what, &Fetching::default()), now);
                let held = Fetching { came: Some(now.timestamp()), ..Fetching::default() };
                let due = schedule(seed).dispatches(now, what, &held);
                let minutes = (due - now).num_minutes();
                assert!((least..most).contains(&minutes), "{what:?}: {minutes}");
                gaps.insert(minutes);
            }
        }
        // Four times a day at least, and not all homes at once.
        assert!(gaps.len() > 50, "{}", gaps.len());
    }

    #[test]
    fn readings_are_asked_for_once_a_day() {
        let came = |text: &str| Fetching { came: Some(at(text).timestamp()), ..Fetching::default() };
        let due = |now: &str, held: &Fetching| schedule(3).readings(at(now), held);
        assert_eq!(due("2026-07-01T03:00:00Z", &Fetching::default()), at("2026-07-01T03:00:00Z"));
        // 08:00 on the wall is 07:00 UTC.
        let today = due("2026-07-01T03:00:00Z", &came("2026-06-30T09:30:00Z"));
        assert!((0..120).contains(&minutes_after(today, "2026-07-01T07:00:00Z")), "{today}");
        let tomorrow = due("2026-07-01T10:00:00Z", &came("2026-07-01T09:30:00Z"));
        assert!((0..120).contains(&minutes_after(tomorrow, "2026-07-02T07:00:00Z")), "{tomorrow}");
    }
}
