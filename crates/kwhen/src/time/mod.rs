//! Time: spans and grids on the UTC line, calendars that cut them into local days, months and market days.
//!
//! Inside, everything is UTC. A zone is looked up when a [`Calendar`] is cut, never in a loop over slots.

mod calendar;
mod grid;
mod instant;
mod market;
mod posix;
mod publication;
mod zone;

use crate::error::{Error, Result};
pub use calendar::{Calendar, LocalBand, Period, PeriodKind, time_of_day};
pub(crate) use calendar::{DAY_SECONDS, DayCount, DayStarts, Stretch};
use chrono::{DateTime, Utc};
pub use grid::{Grid, Slot, SlotLength};
pub(crate) use instant::{FIRST, LAST, from_seconds, seconds};
pub use instant::{TimeText, duration_text, parse_instant, text as instant_text};
pub use publication::Publication;
use serde::Serialize;
use std::fmt;
pub use zone::{TZDB_ISSUED, TZDB_VERSION};

/// A stretch of time `[from, to)`: `from` is in it, `to` is not. Never empty, within 1970-2099.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    from: i64,
    to: i64,
}

impl Span {
    /// From one instant up to another; an error unless `from` is before `to` and both are whole seconds in 1970-2099.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Self> {
        let (from_seconds, to_seconds) = (seconds(from)?, seconds(to)?);
        if from_seconds >= to_seconds {
            return Err(Error::order(format!("must end after it starts, at {}", instant_text(from)))
                .with_value(instant_text(to)));
        }
        Ok(Self { from: from_seconds, to: to_seconds })
    }

    /// From one instant up to another, both in range; `None` unless the first is before the second.
    pub(crate) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        let (from, to) = (from.timestamp(), to.timestamp());
        (from < to).then_some(Self { from, to })
    }

    /// From seconds that are known to be in range and in order.
    pub(crate) const fn from_seconds(from: i64, to: i64) -> Self {
        Self { from, to }
    }

    /// All the time that there is: 1970-01-01 to 2100-01-01, UTC. What has no beginning or no end has it there.
    #[must_use]
    pub const fn always() -> Self {
        Self { from: FIRST, to: LAST }
    }

    /// Whether it has no end.
    #[must_use]
    pub const fn is_open_ended(self) -> bool {
        self.to >= LAST
    }

    /// When it starts.
    #[must_use]
    pub fn from(self) -> DateTime<Utc> {
        from_seconds(self.from)
    }

    /// When it has ended.
    #[must_use]
    pub fn to(self) -> DateTime<Utc> {
        from_seconds(self.to)
    }

    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.to - self.from
    }

    /// Whether an instant is in it.
    #[must_use]
    pub fn contains(self, instant: DateTime<Utc>) -> bool {
        (self.from..self.to).contains(&instant.timestamp())
    }

    /// What two spans share, if anything.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }

    pub(crate) const fn start_seconds(self) -> i64 {
        self.from
    }

    pub(crate) const fn to_seconds(self) -> i64 {
        self.to
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", instant_text((*self).from()), instant_text((*self).to()))
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Span({self})")
    }
}

impl Serialize for Span {
    /// As `{"from": …, "to": …}` in RFC 3339 UTC.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut span = serializer.serialize_struct("Span", 2)?;
        span.serialize_field("from", &instant_text((*self).from()))?;
        span.serialize_field("to", &instant_text((*self).to()))?;
        span.end()
    }
}
