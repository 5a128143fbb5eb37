//! Bills on their way to a file that is there whole or not at all.

use crate::error::{Error, Result};
use crate::result::bill_schema;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a row group of bills.
const ROWS: usize = 131_072;

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROWS))
        .set_created_by(concat!("kwhen ", env!("CARGO_PKG_VERSION")).to_owned())
        .build()
}

/// A Parquet file in the making, under another name until it is whole.
pub(crate) struct Sink {
    writer: ArrowWriter<File>,
    temporary: PathBuf,
    path: PathBuf,
}

/// The name under which a file is written until it is whole.
pub(crate) fn temporary_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".unfinished");
    path.with_file_name(name)
}

impl Sink {
    pub(crate) fn create(path: &Path, schema: SchemaRef, properties: WriterProperties) -> Result<Self> {
        let temporary = temporary_of(path);
        let file = File::create(&temporary).map_err(|error| Error::of_io(&error, &temporary))?;
        let writer = ArrowWriter::try_new(file, schema, Some(properties))
            .map_err(|error| Error::of_writing(&error, &temporary))?;
        Ok(Self { writer, temporary, path: path.to_path_buf() })
    }

    pub(crate) fn bills(path: &Path, numbers: bool) -> Result<Self> {
        Self::create(path, bill_schema(numbers), properties())
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(|error| self.failed(&error))
    }

    pub(crate) fn end_row_group(&mut self) -> Result<()> {
        self.writer.flush().map_err(|error| self.failed(&error))
    }

    /// Ends the file, makes sure that it is on the disk and gives it its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.writer.finish().map_err(|error| self.failed(&error))?;
        let file = self.writer.inner();
        file.sync_all()
            .and_then(|()| std::fs::rename(&self.temporary, &self.path))
            .map_err(|error| Error::of_io(&error, &self.path))
    }

    fn failed(&self, error: &parquet::errors::ParquetError) -> Error {
        Error::of_writing(error, &self.path)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // After `finish` it is gone already.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// Writes a small file whole or not at all: under another name, which it loses once it is on the disk.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary_of(path);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    });
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        Error::of_io(&error, path)
    })
}

/// Puts files of bills together, in order, without decoding them.
pub(crate) fn join(parts: &[PathBuf], path: &Path, numbers: bool) -> Result<()> {
    if parts.is_empty() {
        return Sink::bills(path, numbers)?.finish();
    }
    let temporary = temporary_of(path);
    let joined = join_into(parts, &temporary)
        .and_then(|()| std::fs::rename(&temporary, path).map_err(|error| Error::of_io(&error, path)));
    if joined.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    joined
}

fn join_into(parts: &[PathBuf], path: &Path) -> Result<()> {
    let failed = |error: &parquet::errors::ParquetError| Error::of_writing(error, path);
    let mut writer: Option<SerializedFileWriter<File>> = None;
    for part in parts {
        let input = File::open(part).map_err(|error| Error::of_io(&error, part))?;
        let metadata = ArrowReaderMetadata::load(&input, ArrowReaderOptions::new())
            .map_err(|error| Error::of_parquet(&error, part))?;
        let metadata = metadata.metadata();
        let out = match &mut writer {
            Some(writer) => writer,
            None => {
                let file = File::create(path).map_err(|error| Error::of_io(&error, path))?;
                let schema = metadata.file_metadata().schema_descr().root_schema_ptr();
                let properties = WriterProperties::builder()
                    .set_created_by(concat!("kwhen ", env!("CARGO_PKG_VERSION")).to_owned())
                    .set_key_value_metadata(metadata.file_metadata().key_value_metadata().cloned())
                    .build();
                let new = SerializedFileWriter::new(file, schema, Arc::new(properties));
                writer.insert(new.map_err(|error| failed(&error))?)
            }
        };
        for group in metadata.row_groups() {
            let mut copy = out.next_row_group().map_err(|error| failed(&error))?;
            for column in group.columns() {
                let result = ColumnCloseResult {
                    bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
                    rows_written: u64::try_from(group.num_rows()).unwrap_or(0),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                copy.append_column(&input, result).map_err(|error| failed(&error))?;
            }
            copy.close().map_err(|error| failed(&error))?;
        }
    }
    if let Some(mut writer) = writer {
        writer.finish().map_err(|error| failed(&error))?;
        writer.inner().sync_all().map_err(|error| Error::of_io(&error, path))?;
    }
    Ok(())
}
