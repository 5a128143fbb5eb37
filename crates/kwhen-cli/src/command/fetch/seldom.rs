//! What changes seldom is asked for seldom.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

/// How long what changes seldom is taken to be as it was: unless a month begins, for that is when prices change.
const SELDOM: TimeDelta = TimeDelta::days(7);

/// Whether what changes seldom is to be asked for again, by when that was done last (Unix seconds).
pub(super) fn is_due(asked: Option<i64>, now: DateTime<Utc>) -> bool {
    let Some(asked) = asked.and_then(|at| DateTime::from_timestamp(at, 0)) else { return true };
    now < asked || now - asked >= SELDOM || (now.year(), now.month()) != (asked.year(), asked.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_seldom_is_due_after_a_week_and_when_a_month_begins() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let due = |asked: &str, now: &str| is_due(Some(at(asked).timestamp()), at(now));
        assert!(is_due(None, at("2026-03-10T00:00:00Z")));
        assert!(!due("2026-03-10T06:00:00Z", "2026-03-17T05:59:59Z"));
        assert!(due("2026-03-10T06:00:00Z", "2026-03-17T06:00:00Z"));
        assert!(!due("2026-03-31T06:00:00Z", "2026-03-31T23:59:59Z"));
        assert!(due("2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z"));
        // A clock that was put back.
        assert!(due("2026-03-10T06:00:00Z", "2026-03-10T05:59:59Z"));
    }
}
