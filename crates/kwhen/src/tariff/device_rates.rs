//! What a device that the supplier dispatches costs by itself.

use super::{UnitRates, overlay_dispatches};
use crate::error::Result;
use crate::series::RateSeries;
use crate::time::{SlotLength, Span};

/// What the energy of a car (or another device that the supplier charges) costs, where it is not that of the home: p/kWh over time.
#[derive(Clone, Debug)]
pub struct DeviceRates {
    /// In half-hours that were dispatched within the allowance.
    pub off_peak: UnitRates,
    /// In half-hours that were dispatched beyond it, or in which the customer asked for the charge.
    pub peak: UnitRates,
}

impl DeviceRates {
    /// The rates over a span, in which these half-hours are at the off-peak price.
    pub(crate) fn series(&self, span: Span, off_peak: &[Span]) -> Result<RateSeries> {
        let mut laid = self.peak.series(span)?;
        for interval in self.off_peak.series(span)?.intervals() {
            let within: Vec<Span> =
                off_peak.iter().filter_map(|slot| slot.intersection(interval.span)).collect();
            if !within.is_empty() {
                laid = overlay_dispatches(&laid, &within, interval.prices, SlotLength::HALF_HOUR)?;
            }
        }
        Ok(laid)
    }
}
