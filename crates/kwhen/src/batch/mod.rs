//! The same bills for many meters, in parallel.
//!
//! A [`BillPlan`] is what meters on one tariff over one span share: its months (or other periods), VAT parts, days of standing charge
//! and the stretches in which a rate is known are cut once. Billing a meter is then sums and products over slices, with no look-up of a
//! time zone and, under rules that do not round readings, no allocation but for the rows.
//!
//! Each period is a bill of its own: the digits are those of [`Bill`](crate::bill::Bill) over that period.
//!
//! ```
//! use kwhen::batch::{BillPlan, PlanRequest};
//! use kwhen::series::{Consumption, Prices, RateSeries};
//! use kwhen::time::{Grid, SlotLength, Span, parse_instant};
//!
//! let year = Span::new(parse_instant("2025-01-01T00:00:00Z")?, parse_instant("2026-01-01T00:00:00Z")?)?;
//! let rates = RateSeries::flat(Prices::Exclusive("20".parse()?));
//! let plan = BillPlan::new(&PlanRequest::new(&rates, year))?;
//! let meter = Consumption::constant(Grid::covering(year, SlotLength::HALF_HOUR)?, "0.5".parse()?);
//! let mut rows = Vec::new();
//! plan.bill(&meter, &mut rows)?;
//! assert_eq!(rows.len(), 12);
//! assert_eq!(rows[0].total_pence.to_string(), "15624"); // 31 x 48 x 0.5 kWh x 20 p, and 5 % VAT
//! # Ok::<(), kwhen::Error>(())
//! ```

mod plan;

use crate::error::Result;
use crate::quantity::{Energy, Money};
use crate::series::Consumption;
pub use plan::{BillPlan, PlanRequest};
use std::ops::Range;

/// One meter's bill of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// The period's place in [`BillPlan::periods`].
    pub period: usize,
    /// Slots that start in the period.
    pub slots: usize,
    /// Those that have a reading and a rate. The others are left out of the amounts.
    pub billed_slots: usize,
    /// Days whose standing charge is in it.
    pub days: i64,
    /// The energy that was billed, in kWh.
    pub kwh: Energy,
    /// Pence without VAT.
    pub net_pence: Money,
    /// Pence of VAT.
    pub vat_pence: Money,
    /// Pence to pay.
    pub total_pence: Money,
}

/// A meter and the plans that bill it, one for each of its agreements.
#[derive(Clone, Copy, Debug)]
pub struct Meter<'a> {
    /// Its readings.
    pub consumption: &'a Consumption,
    /// Its agreements' plans, in order.
    pub plans: &'a [&'a BillPlan<'a>],
}

/// The bills of many meters.
#[derive(Clone, Debug, Default)]
pub struct Bills {
    /// All rows, meter by meter, plan by plan, in order of time.
    pub rows: Vec<BatchRow>,
    /// For each meter where its rows are, or why it has none.
    pub meters: Vec<Result<Range<usize>>>,
}

impl Meter<'_> {
    fn bill(&self, rows: &mut Vec<BatchRow>) -> Result<Range<usize>> {
        let before = rows.len();
        for plan in self.plans {
            if let Err(error) = plan.bill(self.consumption, rows) {
                rows.truncate(before);
                return Err(error);
            }
        }
        Ok(before..rows.len())
    }
}

/// Bills every meter. One that cannot be billed has its reason in [`Bills::meters`] and stops nobody else.
///
/// With the feature `rayon` on all threads of the current pool; any number of them gives the same result.
#[must_use]
pub fn bill_all(meters: &[Meter<'_>]) -> Bills {
    chunks(meters).into_iter().fold(Bills::default(), |mut all, part| {
        if all.rows.is_empty() && all.meters.is_empty() {
            return part;
        }
        let shift = all.rows.len();
        all.rows.extend(part.rows);
        all.meters.extend(
            part.meters.into_iter().map(|rows| rows.map(|rows| rows.start + shift..rows.end + shift)),
        );
        all
    })
}

/// Meters that one task bills: enough to make the hand-over cheap.
const CHUNK: usize = 256;

#[cfg(feature = "rayon")]
fn chunks(meters: &[Meter<'_>]) -> Vec<Bills> {
    use rayon::prelude::*;
    meters.par_chunks(CHUNK).map(bill_chunk).collect()
}

#[cfg(not(feature = "rayon"))]
fn chunks(meters: &[Meter<'_>]) -> Vec<Bills> {
    meters.chunks(CHUNK).map(bill_chunk).collect()
}

fn bill_chunk(meters: &[Meter<'_>]) -> Bills {
    let periods = |meter: &Meter<'_>| meter.plans.iter().map(|plan| plan.periods().len()).sum::<usize>();
    let mut rows = Vec::with_capacity(meters.iter().map(periods).sum());
    let meters = meters.iter().map(|meter| meter.bill(&mut rows)).collect();
    Bills { rows, meters }
}

#[cfg(test)]
mod tests;
