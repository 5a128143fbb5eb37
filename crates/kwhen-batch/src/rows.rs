//! Rows of consumption as they come: of the long layout or of the dense one, from record batches or from Parquet's pages.

use crate::column::{Instants, Meters, check_instants, find};
use crate::dense::DenseRows;
use crate::energy::Energies;
use crate::error::Result;
use crate::names::{DENSE_START, KWH, METER, START, WH};
use arrow_array::RecordBatch;

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
    /// Of a batch in the usual types; its times without a time zone are UTC or an error.
    pub(crate) fn of(batch: &'a RecordBatch, assume_utc: bool) -> Result<Self> {
        let dense = DenseRows::is_dense(batch);
        let start = if dense { DENSE_START } else { START };
        check_instants(start, find(batch, start)?.data_type(), assume_utc)?;
        if dense {
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
