//! Parquet that is in memory, whatever its columns: read whole, with what it claims looked at first.

use crate::claims;
use crate::error::{Error, Result};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use std::sync::Arc;

/// A reader of the rows of a Parquet file, none of whose columns may claim more than so many bytes when unpacked.
///
/// What it reads may still make the library panic: read it to its end within [`guarded`](crate::guarded).
///
/// # Errors
/// The bytes are no Parquet, are cut short, or claim sizes that they cannot have.
pub fn parquet_of_bytes(bytes: Bytes, most_column_bytes: i64) -> Result<ParquetRecordBatchReader> {
    let of_parquet = |error: ParquetError| Error::broken(error.to_string());
    claims::footer(claims::of_tail(&bytes))?;
    let metadata = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new()).map_err(of_parquet)?;
    let groups = metadata.metadata().row_groups();
    claims::row_groups(groups, bytes.len() as u64, most_column_bytes)?;
    let file = Arc::new(bytes);
    let part = |start: u64, most: u64| {
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(file.len());
        let end = start.saturating_add(usize::try_from(most).unwrap_or(usize::MAX)).min(file.len());
        Ok(file.slice(start..end))
    };
    for column in groups.iter().flat_map(|group| group.columns()) {
        claims::pages(&file, column, part)?;
    }
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file.as_ref().clone(), metadata);
    reader.build().map_err(of_parquet)
}
