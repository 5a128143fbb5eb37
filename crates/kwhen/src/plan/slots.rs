//! The slots that a plan is made in: of a length of their own, whatever the length of the price records.

use crate::error::Result;
use crate::quantity::gcd;
use crate::series::{Consumption, RateSeries};
use crate::time::{Grid, SlotLength, Span};

/// The slots of a plan over a span, which may begin and end at any instant: those on the UTC clock that it touches.
///
/// They are of the length wanted (half-hours are usual), however long the price records are. Where a rate changes inside such a slot,
/// or readings begin or change there, all slots are as long as the longest length that divides the wanted one and has every change on
/// a boundary: quarter-hours for quarter-hourly prices, two minutes for a band from 13:16 to 14:10.
///
/// An error where a rate changes off a whole minute, or where the slots leave the years 1970-2099.
///
/// ```
/// use kwhen::plan::slots_over;
/// use kwhen::series::{Prices, RateSeries};
/// use kwhen::time::{SlotLength, Span, parse_instant};
/// let flat = RateSeries::flat(Prices::Inclusive("25".parse()?));
/// let span = Span::new(parse_instant("2026-01-01T16:47:23Z")?, parse_instant("2026-01-01T18:00:00Z")?)?;
/// let slots = slots_over(span, SlotLength::HALF_HOUR, [&flat], [])?;
/// assert_eq!((slots.len(), slots.start()), (3, parse_instant("2026-01-01T16:30:00Z")?));
/// # Ok::<(), kwhen::Error>(())
/// ```
pub fn slots_over<'a>(
    span: Span,
    wanted: SlotLength,
    rates: impl IntoIterator<Item = &'a RateSeries>,
    readings: impl IntoIterator<Item = &'a Consumption>,
) -> Result<Grid> {
    let around = outward(span, wanted)?;
    let mut seconds = wanted.seconds();
    for readings in readings {
        let grid = readings.grid();
        seconds = gcd(gcd(seconds, grid.slot_length().seconds()), grid.start_seconds());
    }
    for series in rates {
        seconds = series.common_slot(around, seconds)?;
    }
    // A divisor of a slot length is one.
    let length = SlotLength::from_minutes(u32::try_from(seconds / 60).unwrap_or(0))?;
    let within = outward(span, length)?;
    Grid::covering(within, length)
}

/// A span with its ends moved out to boundaries of slots on the UTC clock.
fn outward(span: Span, length: SlotLength) -> Result<Span> {
    let step = length.seconds();
    let from = span.start_seconds().div_euclid(step) * step;
    let to = -(-span.to_seconds()).div_euclid(step) * step;
    Span::new(crate::time::from_seconds(from), crate::time::from_seconds(to))
}
