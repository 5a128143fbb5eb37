//! When it is recorded what each hour has cost.

use crate::line::Line;
use chrono::{DateTime, Utc};

/// How soon what could not be recorded is tried again, in seconds: with the next half-hour's look.
const AGAIN: i64 = 25 * 60;

/// How recording goes.
#[derive(Debug, Default)]
pub(crate) struct Records {
    wanted: bool,
    due: bool,
    under_way: bool,
    not_before: i64,
    /// Why not, where it was said.
    problem: Option<String>,
}

impl Records {
    /// Due at once, where it is wanted at all.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { wanted, due: wanted, ..Self::default() }
    }

    /// Readings or rates are not what they were.
    pub(crate) const fn changed(&mut self) {
        self.due |= self.wanted;
    }

    /// Whether it begins now: it is due, and nobody is at it.
    pub(crate) const fn begin(&mut self, now: DateTime<Utc>) -> bool {
        let begins = self.due && !self.under_way && self.not_before <= now.timestamp();
        if begins {
            (self.due, self.under_way) = (false, true);
        }
        begins
    }

    /// What came of it, to be said: a failure once, as long as it is the same.
    pub(crate) fn ended(&mut self, now: DateTime<Utc>, came: Result<usize, String>) -> Option<Line> {
        self.under_way = false;
        match came {
            Ok(hours) => {
                self.problem = None;
                Some(Line::new(now, "record", format!("{hours} hours")).with("hours", hours))
            }
            Err(why) => {
                (self.due, self.not_before) = (true, now.timestamp() + AGAIN);
                if self.problem.as_ref() == Some(&why) {
                    return None;
                }
                let text = format!("{why}; it is tried again every half-hour");
                self.problem = Some(why);
                Some(Line::warning(now, "record", text))
            }
        }
    }
}
