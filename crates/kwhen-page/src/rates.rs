//! Rates over time, with what a plan does.

use super::chart::bars;
use super::figure::Mark;
use super::heat::Days;
use super::number::per_kwh;
use super::style::Palette;
use super::timeline::{columns, is_dense};
use chrono::{DateTime, Utc};
use kwhen::UnitRate;
use kwhen::plan::SlotPrices;
use kwhen::time::{Calendar, Span};

/// Rates over a span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates<'a> {
    /// The rates.
    pub prices: &'a SlotPrices,
    /// Those that are shown.
    pub shown: Span,
    /// The moment to mark.
    pub now: Option<DateTime<Utc>>,
    /// On whose clock.
    pub calendar: Calendar,
}

impl Rates<'_> {
    /// As bars; on a page of HTML days that are many are coloured by half-hours.
    pub(crate) fn chart(self, mark: impl Fn(Span) -> Mark, palette: Palette) -> String {
        let (grid, unit) = (self.prices.grid(), per_kwh(self.prices.currency()));
        let value = |index| self.prices.paid(index).map(UnitRate::units);
        if palette.is_html() && is_dense(grid, self.shown, palette) {
            let days = Days { grid, shown: self.shown, calendar: self.calendar };
            return days.values(value, mark, &unit, "chosen");
        }
        let mut columns = columns(grid, self.shown, value, mark, self.calendar, palette.columns());
        if let Some(now) = self.now
            && let Some(column) =
                columns.iter_mut().find(|column| column.span.is_some_and(|span| now < span.to()))
        {
            // The slot of now, or the first one after it.
            column.now = true;
        }
        bars(&columns, &unit, palette)
    }
}
