//! When to try again, and how much is too much.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How often and how long to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times one request is sent at most.
    pub attempts: u32,
    /// The first wait is a random part of this; each further one of twice the last.
    pub base: Duration,
    /// No wait of our own choosing is longer.
    pub cap: Duration,
    /// A `Retry-After` that asks for more than this ends the job rather than being waited for.
    pub longest_retry_after: Duration,
    /// How long the whole job may take, waits included.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            longest_retry_after: Duration::from_secs(120),
            deadline: Duration::from_secs(600),
        }
    }
}

impl RetryPolicy {
    /// The wait before the attempt that follows `failed` failed ones: full jitter, from nothing to the doubled and capped base.
    #[must_use]
    pub fn backoff(&self, failed: u32, jitter: &mut Jitter) -> Duration {
        let doubled =
            self.base.saturating_mul(1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX));
        let ceiling = u64::try_from(doubled.min(self.cap).as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(jitter.up_to(ceiling))
    }
}

pub(super) fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait)
        .ok()
        .and_then(|wait| now.checked_add_signed(wait))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// What is refused as too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one answer, after decompression.
    pub body: u64,
    /// Pages of one list.
    pub pages: u32,
    /// Redirects of one request.
    pub redirects: u32,
    /// How long one exchange may take.
    pub exchange: Duration,
    /// Requests of one client on their way at the same time, whatever the number of its jobs; further ones wait for their turn.
    /// Nought counts as one.
    pub in_flight: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 64 << 20, pages: 1000, redirects: 3, exchange: Duration::from_secs(30), in_flight: 4 }
    }
}

/// Where randomness comes from: SplitMix64 from a seed that the caller chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jitter(u64);

impl Jitter {
    /// From a seed: the same seed gives the same waits.
    #[must_use]
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to the ceiling, both included.
    pub fn up_to(&mut self, ceiling: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^= word >> 31;
        // Multiply-shift keeps the numbers even without a loop.
        let part = (u128::from(word) * (u128::from(ceiling) + 1)) >> 64;
        u64::try_from(part).unwrap_or(ceiling)
    }
}

/// A `Retry-After` header as a wait: seconds, or an HTTP date. What is neither is no wait at all.
#[must_use]
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?;
    Some((at.with_timezone(&Utc) - now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_within_the_doubling_cap() {
        let policy = RetryPolicy::default();
        let mut jitter = Jitter::from_seed(7);
        for (failed, most) in [(1, 500), (2, 1000), (3, 2000), (7, 30_000), (40, 30_000)] {
            let waits: Vec<_> = (0..200).map(|_| policy.backoff(failed, &mut jitter).as_millis()).collect();
            assert!(waits.iter().all(|wait| *wait <= most));
            assert!(waits.iter().any(|wait| *wait > most / 2) && waits.iter().any(|wait| *wait < most / 2));
        }
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now = DateTime::parse_from_rfc3339("2015-10-21T07:27:30Z").unwrap().to_utc();
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("99999999999999999999999", now), Some(Duration::MAX));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-5", now), None);
    }
}
