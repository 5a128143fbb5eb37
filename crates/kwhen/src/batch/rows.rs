//! Rows that a batch writes.

use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};

/// One meter's bill of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// The place of its plan among the meter's.
    pub plan: usize,
    /// The period's place in [`BillPlan::periods`](super::BillPlan::periods).
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
    pub net_minor: Money,
    /// Pence of VAT.
    pub vat_minor: Money,
    /// Pence to pay.
    pub total_minor: Money,
    pub(super) first_band: usize,
    pub(super) bands: usize,
}

/// Energy at the rates of one band and what it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BandAmount {
    /// Energy in kWh.
    pub kwh: Energy,
    /// Its cost in pence, unrounded: VAT out, unless the plan's rates are known only with VAT in
    /// ([`BillPlan::basis`](super::BillPlan::basis)).
    pub amount_minor: Money,
}

/// Rows of many periods, plans and meters, and the amounts of their bands. Cleared and filled again it keeps its memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillRows {
    /// A row a period.
    pub rows: Vec<BatchRow>,
    /// The bands of all rows; see [`bands_of`](Self::bands_of).
    pub bands: Vec<BandAmount>,
}

impl BatchRow {
    pub(super) const EMPTY: Self = Self {
        plan: 0,
        period: 0,
        slots: 0,
        billed_slots: 0,
        days: 0,
        kwh: Energy::ZERO,
        net_minor: Money::ZERO,
        vat_minor: Money::ZERO,
        total_minor: Money::ZERO,
        first_band: 0,
        bands: 0,
    };
}

impl BillRows {
    /// The amounts of a row by band, in the order of its plan's [`bands`](super::BillPlan::bands).
    #[must_use]
    pub fn bands_of(&self, row: &BatchRow) -> &[BandAmount] {
        self.bands.get(row.first_band..row.first_band + row.bands).unwrap_or(&[])
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.bands.clear();
    }

    /// Leaves only so many rows, with their bands.
    pub fn truncate_rows(&mut self, rows: usize) {
        if let Some(first) = self.rows.get(rows) {
            self.bands.truncate(first.first_band);
        }
        self.rows.truncate(rows);
    }

    pub(super) const fn lengths(&self) -> (usize, usize) {
        (self.rows.len(), self.bands.len())
    }

    pub(super) fn truncate(&mut self, (rows, bands): (usize, usize)) {
        self.rows.truncate(rows);
        self.bands.truncate(bands);
    }

    /// An error where no slot of the rows from a place on is billed.
    pub(super) fn billed_since(&self, (rows, _): (usize, usize)) -> Result<()> {
        if self.rows.get(rows..).unwrap_or(&[]).iter().any(|row| row.billed_slots > 0) {
            return Ok(());
        }
        Err(Error::missing("no slot of the span has both a reading and a rate"))
    }
}
