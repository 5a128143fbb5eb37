//! Rows of consumption as they come: of the long layout or of the dense one, from record batches or from Parquet's pages.

use crate::biller::{KWH, METER, START, WH};
use crate::column::{Energies, Instants, Meters};
use crate::dense::DenseRows;
use crate::error::Result;
use arrow::array::RecordBatch;

/// Some rows of consumption.
pub(crate) enum Rows<'a> {
    Long(LongRows<'a>),
    Dense(DenseRows<'a>),
}

/// Rows of the long layout: a reading each.
pub(crate) struct LongRows<'a> {
    pub(crate) meters: Meters<'a>,
    pub(crate) instants: Instants<'a>,
    pub(crate) energies: Energies<'a>,
    pub(crate) len: usize,
}

impl<'a> Rows<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self> {
        if DenseRows::is_dense(batch) {
            return Ok(Self::Dense(DenseRows::of(batch)?));
        }
        Ok(Self::Long(LongRows {
            meters: Meters::of(batch, METER)?,
            instants: Instants::of(batch, START)?,
            energies: Energies::of(batch, WH, KWH)?,
            len: batch.num_rows(),
        }))
    }
}
