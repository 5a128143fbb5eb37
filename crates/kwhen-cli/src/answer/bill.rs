//! What stands beside a bill.

use kwhen::series::StandingCharges;
use kwhen::time::Span;
use kwhen::{Consumption, RateSeries};
use serde::Serialize;

/// What was read.
#[derive(Debug, Serialize)]
pub(crate) struct Input {
    pub(crate) rates: usize,
    pub(crate) rates_span: Span,
    pub(crate) rate_gaps: Vec<Span>,
    pub(crate) readings: usize,
    pub(crate) readings_span: Option<Span>,
    pub(crate) reading_gaps: Vec<Span>,
    pub(crate) slot_minutes: u32,
    pub(crate) standing_charges: usize,
}

impl Input {
    pub(crate) fn new(
        rates: &RateSeries,
        consumption: &Consumption,
        standing: Option<&StandingCharges>,
    ) -> Self {
        Self {
            rates: rates.len(),
            rates_span: rates.span(),
            rate_gaps: rates.gaps(),
            readings: consumption.reading_count(),
            readings_span: consumption.grid().span(),
            reading_gaps: consumption.gaps(),
            slot_minutes: consumption.grid().slot_length().minutes(),
            standing_charges: standing.map_or(0, |standing| standing.intervals().len()),
        }
    }
}
