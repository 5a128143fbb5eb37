//! How much of what the supplier dispatches is cheap, where it is so many hours a day alone.

use crate::error::{Error, Result};
use crate::time::{Calendar, Span, from_seconds};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const HALF_HOUR: i64 = 1_800;

/// So many hours of dispatches are cheap from one local midday to the next; what is dispatched beyond them is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many hours.
    pub hours: u8,
}

/// What of a dispatch counts towards an allowance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DispatchCount {
    /// Each half-hour that it touches, whole.
    #[default]
    HalfHours,
    /// Its own minutes; those that two dispatches have in common once.
    Minutes,
}

impl DispatchCount {
    /// `half-hours` or `minutes`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HalfHours => "half-hours",
            Self::Minutes => "minutes",
        }
    }

    /// The other way to count.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::HalfHours => Self::Minutes,
            Self::Minutes => Self::HalfHours,
        }
    }
}

/// What an allowance makes of dispatches: half-hours, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Those that are cheap.
    pub cheap: Vec<Span>,
    /// Those that were dispatched beyond the hours, and are not.
    pub beyond: Vec<Span>,
}

impl Allowance {
    /// The half-hours of dispatches that are cheap: from the first after local midday on, until the hours are used up. A half-hour in the
    /// midst of which they are used up is still cheap.
    ///
    /// Dispatches may come in any order and overlap. Those of the midday before a bill count in it, so they are to be given too.
    ///
    /// # Errors
    /// A dispatch lies outside the years that the zone tables know, or is longer than a month.
    pub fn of(self, dispatches: &[Span], count: DispatchCount, calendar: &Calendar) -> Result<Allowed> {
        check_lengths(dispatches)?;
        // The parts of each half-hour, in order: what overlaps is counted once.
        let mut parts: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
        for span in dispatches {
            let (from, to) = (span.start_seconds(), span.to_seconds());
            for slot in from.div_euclid(HALF_HOUR)..=(to - 1).div_euclid(HALF_HOUR) {
                let (start, end) = (slot * HALF_HOUR, (slot + 1) * HALF_HOUR);
                parts.entry(slot).or_default().push((from.max(start), to.min(end)));
            }
        }
        let limit = i64::from(self.hours) * 3_600;
        let mut used: BTreeMap<NaiveDate, i64> = BTreeMap::new();
        let mut allowed = Allowed::default();
        for (slot, mut parts) in parts {
            let start = slot * HALF_HOUR;
            let used = used.entry(midday_before(from_seconds(start), calendar)?).or_insert(0);
            let slot = Span::from_seconds(start, start + HALF_HOUR);
            if *used < limit {
                allowed.cheap.push(slot)
            } else {
                allowed.beyond.push(slot)
            }
            *used += match count {
                DispatchCount::HalfHours => HALF_HOUR,
                DispatchCount::Minutes => covered(&mut parts),
            };
        }
        Ok(allowed)
    }
}

/// A car is charged for hours: what is longer than a month is an error in its dates, and is not looked at half-hour by half-hour.
pub(crate) fn check_lengths(dispatches: &[Span]) -> Result<()> {
    const LONGEST: i64 = 31 * 24 * 3_600;
    match dispatches.iter().find(|span| span.seconds() > LONGEST) {
        Some(long) => {
            Err(Error::out_of_range("is longer than a month, which no dispatch is; check its dates")
                .with_value(long.to_string())
                .in_field("dispatches"))
        }
        None => Ok(()),
    }
}

/// The date of the midday that an instant comes after.
fn midday_before(at: DateTime<Utc>, calendar: &Calendar) -> Result<NaiveDate> {
    let date = calendar.date(at);
    let midday = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or(NaiveTime::MIN);
    let is_after = at >= calendar.instant_of(date.and_time(midday))?;
    Ok(if is_after { date } else { date.checked_sub_days(Days::new(1)).unwrap_or(date) })
}

/// How many seconds parts cover.
fn covered(parts: &mut [(i64, i64)]) -> i64 {
    parts.sort_unstable();
    let (mut sum, mut end) = (0, i64::MIN);
    for (from, to) in parts.iter() {
        sum += (to - from.max(&end)).max(0);
        end = end.max(*to);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(from: &str, to: &str) -> Span {
        Span::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    fn allowed(hours: u8, count: DispatchCount, dispatches: &[Span]) -> (Vec<String>, Vec<String>) {
        let found = Allowance { hours }.of(dispatches, count, &Calendar::great_britain()).unwrap();
        let names = |spans: &[Span]| {
            spans.iter().map(|span| span.from().format("%dT%H:%M").to_string()).collect::<Vec<_>>()
        };
        (names(&found.cheap), names(&found.beyond))
    }

    #[test]
    fn hours_are_counted_from_local_midday_to_midday() {
        // Summer: local midday is 11:00 UTC. Ten minutes before it belong to the day before.
        let day = [
            span("2026-06-01T10:50:00Z", "2026-06-01T11:20:00Z"),
            span("2026-06-01T13:10:00Z", "2026-06-01T14:05:00Z"),
        ];
        let (cheap, beyond) = allowed(1, DispatchCount::HalfHours, &day);
        assert_eq!(
            (cheap, beyond.len()),
            (["01T10:30", "01T11:00", "01T13:00"].map(String::from).to_vec(), 2)
        );
        // 20 + 20 minutes, then 30 more of 13:30: the hour is used up within that half-hour, which is cheap as a whole.
        let (cheap, beyond) = allowed(1, DispatchCount::Minutes, &day);
        assert_eq!(cheap.last().map(String::as_str), Some("01T13:30"));
        assert_eq!(beyond, ["01T14:00"]);
        assert_eq!(allowed(6, DispatchCount::HalfHours, &day).1, Vec::<String>::new());
        // In winter local midday is 12:00 UTC: all of it is of one day.
        let winter = [span("2026-01-10T11:30:00Z", "2026-01-10T12:30:00Z")];
        assert_eq!(allowed(1, DispatchCount::HalfHours, &winter).1, Vec::<String>::new());
    }

    #[test]
    fn what_two_dispatches_have_in_common_counts_once() {
        let twice = [
            span("2026-06-01T12:10:00Z", "2026-06-01T13:00:00Z"),
            span("2026-06-01T12:00:00Z", "2026-06-01T12:50:00Z"),
            span("2026-06-01T13:00:00Z", "2026-06-01T13:01:00Z"),
        ];
        let (cheap, beyond) = allowed(1, DispatchCount::Minutes, &twice);
        assert_eq!(
            (cheap.as_slice(), beyond.as_slice()),
            (&["01T12:00", "01T12:30"].map(String::from)[..], &["01T13:00".to_owned()][..])
        );
        assert_eq!(allowed(1, DispatchCount::HalfHours, &[]), (Vec::new(), Vec::new()));
    }

    proptest! {
        /// Every half-hour that is touched is in one of the two lists, once; minutes leave at least as many cheap as half-hours do, which
        /// leave exactly the hours' worth of each day, or all of it.
        #[test]
        fn both_ways_to_count_keep_their_laws(dispatches in prop::collection::vec((0_i64..5_000, 1_i64..300), 0..14), hours in 1_u8..9) {
            let start = 1_780_000_000_i64.div_euclid(HALF_HOUR) * HALF_HOUR;
            let spans: Vec<Span> = dispatches.iter().map(|(from, minutes)| Span::from_seconds(start + from * 60, start + (from + minutes) * 60)).collect();
            let calendar = Calendar::great_britain();
            let of = |count| Allowance { hours }.of(&spans, count, &calendar).unwrap();
            let (whole, minutes) = (of(DispatchCount::HalfHours), of(DispatchCount::Minutes));
            let all = |allowed: &Allowed| { let mut all = allowed.cheap.clone(); all.extend(&allowed.beyond); all.sort(); all };
            prop_assert_eq!(all(&whole), all(&minutes));
            for slot in all(&whole) {
                prop_assert!(spans.iter().any(|span| span.intersection(slot).is_some()));
                prop_assert!(!whole.cheap.contains(&slot) || minutes.cheap.contains(&slot));
            }
            let mut by_day: BTreeMap<NaiveDate, (usize, usize)> = BTreeMap::new();
            for slot in &whole.cheap { by_day.entry(midday_before(slot.from(), &calendar).unwrap()).or_default().0 += 1; }
            for slot in &whole.beyond { by_day.entry(midday_before(slot.from(), &calendar).unwrap()).or_default().1 += 1; }
            for (cheap, beyond) in by_day.values() {
                prop_assert!(*cheap <= 2 * usize::from(hours));
                prop_assert!(*beyond == 0 || *cheap == 2 * usize::from(hours));
            }
        }
    }
}
