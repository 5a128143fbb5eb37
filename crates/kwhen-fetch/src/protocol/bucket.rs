//! At most so many requests in so long a time.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// A token bucket: `capacity` requests at once, then one each `interval`. It is told the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    capacity: u32,
    interval: TimeDelta,
    /// When the bucket will be full again: the one number that says how full it is.
    full_at: Option<DateTime<Utc>>,
}

impl TokenBucket {
    /// So many at once, then one each interval (at most an hour).
    #[must_use]
    pub fn new(capacity: u32, interval: Duration) -> Self {
        let interval = interval.min(Duration::from_secs(3600));
        let interval = TimeDelta::from_std(interval).unwrap_or(TimeDelta::zero());
        Self { capacity: capacity.max(1), interval, full_at: None }
    }

    /// Takes a token, or says how long to wait before asking again.
    pub fn take(&mut self, now: DateTime<Utc>) -> Result<(), Duration> {
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        // A clock that was set back must not make callers wait for longer than the bucket takes to fill.
        let most = now + self.interval * i32::try_from(self.capacity).unwrap_or(i32::MAX);
        let next = full_at.min(most) + self.interval;
        if next > most {
            return Err((next - most).to_std().unwrap_or(Duration::ZERO));
        }
        self.full_at = Some(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_steady_rate() {
        let start = DateTime::UNIX_EPOCH;
        let mut bucket = TokenBucket::new(3, Duration::from_secs(2));
        for _ in 0..3 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        assert_eq!(bucket.take(start), Err(Duration::from_secs(2)));
        assert_eq!(bucket.take(start + TimeDelta::seconds(1)), Err(Duration::from_secs(1)));
        assert_eq!(bucket.take(start + TimeDelta::seconds(2)), Ok(()));
        assert_eq!(bucket.take(start + TimeDelta::seconds(2)), Err(Duration::from_secs(2)));
    }

    #[test]
    fn a_clock_set_back_costs_no_more_than_a_refill() {
        let start = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let mut bucket = TokenBucket::new(2, Duration::from_secs(1));
        assert_eq!(bucket.take(start), Ok(()));
        assert_eq!(bucket.take(start - TimeDelta::hours(1)), Err(Duration::from_secs(1)));
    }
}
