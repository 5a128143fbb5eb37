//! Standing charges over time.

use super::interval::resolve;
use super::notice::{Notice, Notices};
use super::row::{BEGINNING, OPEN_END, StandingChargeRow};
use super::{PaymentMethod, Prices, doubts};
use crate::error::{Error, Result};
use crate::quantity::Money;
use crate::time::Span;

/// Standing charges in pence a local day, over time: sorted, disjoint intervals; the last may be open.
#[derive(Clone, Debug)]
pub struct StandingCharges {
    intervals: Vec<StandingChargeInterval>,
    notices: Vec<Notice>,
}

/// A standing charge and when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingChargeInterval {
    /// When it holds. An open side reaches to the bounds of the time tables (1970, 2100).
    pub span: Span,
    /// Pence a day.
    pub prices: Prices<Money>,
}

impl StandingCharges {
    /// Builds the series from rows in any order, by the same rules as [`RateSeries::from_rows`](super::RateSeries::from_rows).
    pub fn from_rows(rows: Vec<StandingChargeRow>, payment_method: Option<&PaymentMethod>) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::missing("holds no standing charges"));
        }
        let mut notices = Notices::default();
        let doubts = doubts::standing_charges(&rows);
        let intervals = resolve(rows, payment_method, &mut notices)?;
        let intervals = intervals
            .into_iter()
            .map(|interval| StandingChargeInterval {
                span: Span::from_seconds(interval.from, interval.to),
                prices: interval.prices,
            })
            .collect();
        let series = Self { intervals, notices: notices.into_list() };
        Ok(series.with_notices(doubts))
    }

    /// One charge for all time.
    #[must_use]
    pub fn flat(prices: Prices<Money>) -> Self {
        let span = Span::from_seconds(BEGINNING, OPEN_END);
        Self { intervals: vec![StandingChargeInterval { span, prices }], notices: Vec::new() }
    }

    /// Every interval in order of time.
    #[must_use]
    pub fn intervals(&self) -> &[StandingChargeInterval] {
        &self.intervals
    }

    /// What was repaired or left out when it was built.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The same with more notices.
    pub(crate) fn with_notices(mut self, notices: impl IntoIterator<Item = Notice>) -> Self {
        self.notices.extend(notices);
        self
    }
}
