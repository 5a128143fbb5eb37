//! The same bills for many meters, in parallel.
//!
//! A [`BillPlan`] is what meters on one tariff over one span share: its months (or other periods), VAT parts, days of standing charge,
//! rate bands and the stretches in which a rate is known are cut once. An agreement that holds for part of the span has a plan cut from
//! it that shares the rates ([`BillPlan::within`]). Billing a meter is then sums and products over slices, with no look-up of a time
//! zone and no allocation but for the rows, whose memory is used again.
//!
//! There are two ways in, with the same digits: whole series ([`BillPlan::bill`], [`bill_all`]), and readings as they come
//! ([`BillState`]: `update`, `merge`, `finish`), borrowed where they lie ([`Readings`]).
//!
//! Each period is a bill of its own: the digits are those of [`Bill`](crate::bill::Bill) over that period.
//!
//! ```
//! use kwhen::batch::{BillPlan, BillRows, PlanRequest};
//! use kwhen::series::{Consumption, Prices, RateSeries};
//! use kwhen::time::{Grid, SlotLength, Span, parse_instant};
//!
//! let year = Span::new(parse_instant("2025-01-01T00:00:00Z")?, parse_instant("2026-01-01T00:00:00Z")?)?;
//! let rates = RateSeries::flat(Prices::Exclusive("20".parse()?));
//! let plan = BillPlan::new(&PlanRequest::new(&rates, year))?;
//! let meter = Consumption::constant(Grid::covering(year, SlotLength::HALF_HOUR)?, "0.5".parse()?);
//! let mut out = BillRows::default();
//! plan.bill(&meter, &mut out)?;
//! assert_eq!(out.rows.len(), 12);
//! assert_eq!(out.rows[0].total_minor.to_string(), "15624"); // 31 x 48 x 0.5 kWh x 20 p, and 5 % VAT
//! assert_eq!(out.bands_of(&out.rows[0])[0].kwh.to_string(), "744");
//! # Ok::<(), kwhen::Error>(())
//! ```

mod bands;
mod plan;
mod readings;
mod request;
mod rows;
mod state;

use crate::error::{Error, Result};
use crate::series::Consumption;
pub use plan::BillPlan;
pub use readings::Readings;
pub use request::{MOST_BANDS, PlanRequest, RateBands};
pub use rows::{BandAmount, BatchRow, BillRows};
pub use state::{BillState, TimeUnit};
use std::ops::Range;

/// A meter and the plans that bill it, one for each of its agreements.
#[derive(Clone, Copy, Debug)]
pub struct Meter<'a> {
    /// Its readings.
    pub consumption: &'a Consumption,
    /// Its agreements' plans, in order.
    pub plans: &'a [&'a BillPlan],
}

/// The bills of many meters, in the order in which they were given. They stay where they were written, part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bills {
    parts: Vec<Part>,
}

/// Meters that one task billed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    out: BillRows,
    /// For each meter where its rows are, or why it has none.
    meters: Vec<Result<Range<usize>>>,
}

/// The rows of one meter: plan by plan, in order of time.
#[derive(Clone, Copy, Debug)]
pub struct MeterRows<'a> {
    out: &'a BillRows,
    rows: &'a [BatchRow],
}

impl<'a> MeterRows<'a> {
    /// A row for each plan and period.
    #[must_use]
    pub const fn rows(&self) -> &'a [BatchRow] {
        self.rows
    }

    /// The amounts of one of its rows by band, in the order of its plan's [`bands`](BillPlan::bands).
    #[must_use]
    pub fn bands_of(&self, row: &BatchRow) -> &'a [BandAmount] {
        self.out.bands_of(row)
    }
}

impl Bills {
    /// Each meter's rows, or why it has none.
    pub fn meters(&self) -> impl Iterator<Item = Result<MeterRows<'_>, &Error>> {
        self.parts.iter().flat_map(|part| part.meters.iter().map(|rows| part.meter(rows)))
    }

    /// The rows of the meter at a place, or why it has none; `None` beyond the last.
    #[must_use]
    pub fn meter(&self, place: usize) -> Option<Result<MeterRows<'_>, &Error>> {
        let part = self.parts.get(place / CHUNK)?;
        part.meters.get(place % CHUNK).map(|rows| part.meter(rows))
    }

    /// The rows of all meters.
    pub fn rows(&self) -> impl Iterator<Item = &BatchRow> {
        self.parts.iter().flat_map(|part| &part.out.rows)
    }
}

impl Part {
    fn meter<'a>(&'a self, rows: &'a Result<Range<usize>>) -> Result<MeterRows<'a>, &'a Error> {
        let rows = rows.as_ref()?;
        Ok(MeterRows { out: &self.out, rows: self.out.rows.get(rows.clone()).unwrap_or(&[]) })
    }
}

impl Meter<'_> {
    /// Adds the rows of all its plans, and says where they are. An error, and no row, where a plan cannot be applied and where nothing
    /// at all can be billed.
    pub fn bill(&self, out: &mut BillRows) -> Result<Range<usize>> {
        let before = out.lengths();
        let result = self.add_rows(out).and_then(|()| out.billed_since(before));
        match result {
            Ok(()) => Ok(before.0..out.rows.len()),
            Err(error) => {
                out.truncate(before);
                Err(error)
            }
        }
    }

    fn add_rows(&self, out: &mut BillRows) -> Result<()> {
        for (place, plan) in self.plans.iter().enumerate() {
            let first = out.rows.len();
            plan.add_rows(self.consumption, out)?;
            for row in out.rows.get_mut(first..).unwrap_or(&mut []) {
                row.plan = place;
            }
        }
        Ok(())
    }
}

/// Bills every meter. One that cannot be billed has its reason in [`Bills::meters`] and stops nobody else.
///
/// With the feature `rayon` on all threads of the current pool; any number of them gives the same result.
#[must_use]
pub fn bill_all(meters: &[Meter<'_>]) -> Bills {
    #[cfg(feature = "rayon")]
    let parts = {
        use rayon::prelude::*;
        meters.par_chunks(CHUNK).map(bill_part).collect()
    };
    #[cfg(not(feature = "rayon"))]
    let parts = meters.chunks(CHUNK).map(bill_part).collect();
    Bills { parts }
}

/// Meters that one task bills: enough to make the hand-over cheap.
const CHUNK: usize = 256;

fn bill_part(meters: &[Meter<'_>]) -> Part {
    let periods = |plan: &&BillPlan| plan.periods().len();
    let rows = meters.iter().flat_map(|meter| meter.plans.iter().map(periods)).sum();
    let bands = |plan: &&BillPlan| plan.periods().len() * plan.bands().len();
    let bands = meters.iter().flat_map(|meter| meter.plans.iter().map(bands)).sum();
    let mut out = BillRows { rows: Vec::with_capacity(rows), bands: Vec::with_capacity(bands) };
    let meters = meters.iter().map(|meter| meter.bill(&mut out)).collect();
    Part { out, meters }
}

#[cfg(test)]
mod tests;
