//! Deadlines that cannot simply be planned to: those that have passed, and those beyond the last rate.

use super::request::ChargeRequest;
use crate::error::{Error, Result};
use crate::time::{Span, instant_text};
use chrono::{DateTime, Utc};

/// What to do about a deadline that has passed, or that lies beyond the last rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Late {
    /// Charge at once, as fast as the power allows and at any price.
    AtOnce,
    /// ChargePlan in all the time that is priced, at the least cost.
    Priced,
}

/// A deadline beside the rates: for when the plan is, how, and what a person should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// From when to when the plan is.
    pub during: Span,
    /// Whether it is to charge at once ([`ChargeRequest::at_once`]).
    pub at_once: bool,
    /// What is otherwise than asked for, as a sentence without its full stop; `None` where nothing is.
    pub remark: Option<String>,
}

impl Deadline {
    /// From a beginning to a deadline, with rates for a span.
    ///
    /// A deadline beyond the last rate is planned to as far as there are rates, unless charging at once is chosen; one that has passed
    /// is an error unless a choice is made. Either is said in the remark.
    pub fn settle(from: DateTime<Utc>, by: DateTime<Utc>, priced: Span, late: Option<Late>) -> Result<Self> {
        let end = priced.to();
        let passed = by <= from;
        let text = instant_text(by);
        let what = match (passed, by > end) {
            (false, false) => {
                return Ok(Self { during: Span::new(from, by)?, at_once: false, remark: None });
            }
            (true, _) => format!("the deadline {text} has passed"),
            (false, true) => {
                format!("the deadline {text} lies beyond the last rate, which ends {}", instant_text(end))
            }
        };
        let how = match late {
            Some(Late::AtOnce) => "the plan charges at once, at any price",
            Some(Late::Priced) | None => "the plan uses the rates that there are",
        };
        let during = match (passed, late) {
            (true, None) => {
                return Err(Error::order(format!("{what}: it is not after {}", instant_text(from))));
            }
            (true, Some(_)) if end <= from => {
                return Err(Error::missing(format!("{what}, and the last rate ends {}", instant_text(end))));
            }
            (true, Some(_)) => Span::new(from, end)?,
            (false, _) => Span::new(from, by)?,
        };
        Ok(Self { during, at_once: late == Some(Late::AtOnce), remark: Some(format!("{what}: {how}")) })
    }
}

impl ChargeRequest {
    /// All of it as soon as the power allows, at any price.
    #[must_use]
    pub fn at_once(self) -> Self {
        let target = self.target;
        self.always(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;

    fn at(time: &str) -> DateTime<Utc> {
        parse_instant(&format!("2026-01-01T{time}:00Z")).unwrap()
    }

    #[test]
    fn a_deadline_is_kept_moved_or_refused_and_said() {
        let priced = Span::new(at("00:00"), at("08:00")).unwrap();
        let settle = |from: &str, by: &str, late| Deadline::settle(at(from), at(by), priced, late);
        let plain = settle("01:00", "08:00", Some(Late::AtOnce)).unwrap();
        assert_eq!((plain.during.to(), plain.at_once, plain.remark), (at("08:00"), false, None));
        let beyond = settle("01:00", "09:00", None).unwrap();
        assert_eq!((beyond.during.to(), beyond.at_once), (at("09:00"), false));
        assert!(
            beyond.remark.unwrap().contains("lies beyond the last rate, which ends 2026-01-01T08:00:00Z")
        );
        assert!(settle("01:00", "09:00", Some(Late::AtOnce)).unwrap().at_once);
        assert!(settle("02:00", "01:00", None).unwrap_err().to_string().contains("has passed"));
        let passed = settle("02:00", "01:00", Some(Late::Priced)).unwrap();
        assert_eq!((passed.during.to(), passed.at_once), (at("08:00"), false));
        assert!(settle("02:00", "02:00", Some(Late::AtOnce)).unwrap().at_once);
        assert!(settle("08:00", "07:00", Some(Late::AtOnce)).unwrap_err().is_missing());
    }
}
