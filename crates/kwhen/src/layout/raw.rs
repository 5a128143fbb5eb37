//! A row as it is spelled, and what is known beside a layout.

use super::definition::DateOrder;
use super::moment::{Moment, Spelled};
use super::said::Said;
use crate::Rounding;
use crate::time::Calendar;

/// What is known beside a layout when a table is read by it.
pub(super) struct Terms<'a> {
    pub(super) said: &'a Said,
    pub(super) calendar: &'a Calendar,
    pub(super) rounding: Option<Rounding>,
    /// Whether readings above what a connection carries are to be left out.
    pub(super) is_limited: bool,
    /// Whether a label that nothing tells is taken for a start: prices.
    pub(super) start_if_untold: bool,
    pub(super) guesses: Vec<String>,
}

/// A row of one series, its times as they are spelled.
pub(super) struct Raw {
    pub(super) row: u64,
    pub(super) start: Option<Spelled>,
    pub(super) end: Option<Spelled>,
    /// The number of its slot in the day, from 1; 0: it says a time.
    pub(super) ordinal: u16,
    pub(super) value: Option<i128>,
}

impl Raw {
    /// From its start to its end as a clock on paper has them.
    pub(super) fn local_length(&self, order: DateOrder) -> Option<i64> {
        match (self.start?.moment(order)?, self.end?.moment(order)?) {
            (Moment::Local(start), Moment::Local(end)) | (Moment::Instant(start), Moment::Instant(end)) => {
                Some(end - start)
            }
            _ => None,
        }
    }
}
