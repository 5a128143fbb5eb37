//! Bills on their way to a file that is there whole or not at all.

use crate::error::{Error, Result};
use crate::result::bill_schema;
use crate::seal::{seal_chunk, seal_footer};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowLeafColumn, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, SortOrder};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a row group of bills.
const ROWS: usize = 65_536;

/// How a table of bills is written. A dictionary would only cost time where hardly a value comes twice.
fn properties() -> WriterProperties {
    let unlike = [
        "kwh",
        "net_minor",
        "vat_minor",
        "total_minor",
        "bands.list.item.kwh",
        "bands.list.item.amount_minor",
    ];
    let properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROWS))
        // Indices of pages are not copied when files are joined, and a file must not tell whether it was.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by(concat!("kwhen ", env!("CARGO_PKG_VERSION")).to_owned());
    let plain = |properties: WriterPropertiesBuilder, column: &str| {
        let path = column.split('.').map(str::to_owned).collect::<Vec<_>>();
        properties.set_column_dictionary_enabled(ColumnPath::new(path), false)
    };
    unlike.into_iter().fold(properties, plain).build()
}

/// A Parquet file in the making, under another name until it is whole. Its row groups have the same number of rows each, in whatever
/// batches they come, and their columns are encoded in parallel: the bytes go by the rows alone.
pub(crate) struct Sink {
    writer: SerializedFileWriter<File>,
    columns: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    group_rows: usize,
    groups: usize,
    /// Less than a row group.
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    temporary: PathBuf,
    path: PathBuf,
}

/// The name under which a file is written until it is whole.
pub(crate) fn temporary_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".unfinished");
    path.with_file_name(name)
}

/// An empty file that can be written and read.
fn created(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)
}

impl Sink {
    /// Begins a file; its properties say how many rows a row group has.
    pub(crate) fn create(path: &Path, schema: SchemaRef, mut properties: WriterProperties) -> Result<Self> {
        let temporary = temporary_of(path);
        let failed = |error: &ParquetError| Error::of_writing(error, &temporary);
        let file = created(&temporary).map_err(|error| Error::of_io(&error, &temporary))?;
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let group_rows = properties.max_row_group_row_count().unwrap_or(usize::MAX).max(1);
        let parquet = ArrowSchemaConverter::new().convert(&schema).map_err(|error| failed(&error))?;
        let writer = SerializedFileWriter::new(file, parquet.root_schema_ptr(), Arc::new(properties))
            .map_err(|error| failed(&error))?;
        let columns = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema));
        let path = path.to_path_buf();
        Ok(Self {
            writer,
            columns,
            schema,
            group_rows,
            groups: 0,
            waiting: Vec::new(),
            waiting_rows: 0,
            temporary,
            path,
        })
    }

    pub(crate) fn bills(path: &Path, numbers: bool) -> Result<Self> {
        Self::create(path, bill_schema(numbers), properties())
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut rest = batch.clone();
        while self.waiting_rows + rest.num_rows() >= self.group_rows {
            let room = self.group_rows - self.waiting_rows;
            self.wait(rest.slice(0, room));
            rest = rest.slice(room, rest.num_rows() - room);
            self.end_row_group()?;
        }
        self.wait(rest);
        Ok(())
    }

    fn wait(&mut self, batch: RecordBatch) {
        self.waiting_rows += batch.num_rows();
        if batch.num_rows() > 0 {
            self.waiting.push(batch);
        }
    }

    /// The rows that are in no row group yet, which it then has no more.
    pub(crate) fn take_waiting(&mut self) -> Result<RecordBatch> {
        self.waiting_rows = 0;
        Ok(concat_batches(&self.schema, &std::mem::take(&mut self.waiting))?)
    }

    /// Makes a row group of the rows that wait.
    pub(crate) fn end_row_group(&mut self) -> Result<()> {
        let rows = self.take_waiting()?;
        if rows.num_rows() == 0 {
            return Ok(());
        }
        self.encode(&rows).map_err(|error| Error::of_writing(&error, &self.path))
    }

    fn encode(&mut self, rows: &RecordBatch) -> Result<(), ParquetError> {
        let mut leaves = Vec::new();
        for (field, column) in self.schema.fields().iter().zip(rows.columns()) {
            leaves.extend(compute_leaves(field, column)?);
        }
        let writers = self.columns.create_column_writers(self.groups)?;
        let encode = |(mut writer, leaf): (ArrowColumnWriter, ArrowLeafColumn)| {
            writer.write(&leaf)?;
            writer.close()
        };
        let columns: Vec<_> = writers.into_iter().zip(leaves).collect();
        let chunks: Vec<Result<ArrowColumnChunk, ParquetError>> =
            columns.into_par_iter().map(encode).collect();
        // Laid out in memory first, where the pages get their checksums.
        let (schema, properties) = (self.writer.schema_descr().root_schema_ptr(), self.writer.properties());
        let mut draft = SerializedFileWriter::new(Vec::new(), schema, Arc::clone(properties))?;
        let mut group = draft.next_row_group()?;
        let mut closes = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let chunk = chunk?;
            closes.push(chunk.close().clone());
            chunk.append_to_row_group(&mut group)?;
        }
        let metadata = group.close()?;
        draft.flush()?;
        let bytes = draft.inner().as_slice();
        let mut group = self.writer.next_row_group()?;
        for (column, close) in metadata.columns().iter().zip(closes) {
            let (start, length) = column.byte_range();
            let range = (usize::try_from(start)?, usize::try_from(length)?);
            let chunk = bytes.get(range.0..).and_then(|bytes| bytes.get(..range.1)).unwrap_or(&[]);
            let (sealed, close) = seal_chunk(chunk, column, close)?;
            group.append_column(&sealed, close)?;
        }
        group.close()?;
        self.groups += 1;
        Ok(())
    }

    /// Ends the file, makes sure that it is on the disk and gives it its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.end_row_group()?;
        self.writer.finish().map_err(|error| Error::of_writing(&error, &self.path))?;
        let file = self.writer.inner_mut();
        seal_footer(file)
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&self.temporary, &self.path))
            .map_err(|error| Error::of_io(&error, &self.path))
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

/// Puts files of bills together, in order, without decoding them; the first files have whole row groups. The files are gone then.
pub(crate) fn join(parts: &[PathBuf], path: &Path) -> Result<()> {
    if let [part] = parts {
        return std::fs::rename(part, path).map_err(|error| Error::of_io(&error, path));
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
    let failed = |error: &ParquetError| Error::of_writing(error, path);
    let mut writer: Option<SerializedFileWriter<File>> = None;
    for part in parts {
        let input = File::open(part).map_err(|error| Error::of_io(&error, part))?;
        let metadata =
            ArrowReaderMetadata::load(&input, ArrowReaderOptions::new().with_encoding_stats_as_mask(false))
                .map_err(|error| Error::of_parquet(&error, part))?;
        let metadata = metadata.metadata();
        let out = match &mut writer {
            Some(writer) => writer,
            None => {
                let file = created(path).map_err(|error| Error::of_io(&error, path))?;
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
                    metadata: as_written(column).map_err(|error| failed(&error))?,
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
        let file = writer.inner_mut();
        seal_footer(file).and_then(|()| file.sync_all()).map_err(|error| Error::of_io(&error, path))?;
    }
    Ok(())
}

/// What is known of a column as its writer said it: a reader drops the older form of the bounds of signed numbers.
fn as_written(column: &ColumnChunkMetaData) -> Result<ColumnChunkMetaData, ParquetError> {
    let Some(statistics) =
        column.statistics().filter(|_| column.column_descr().sort_order() == SortOrder::SIGNED)
    else {
        return Ok(column.clone());
    };
    let statistics = match statistics.clone() {
        Statistics::Int32(bounds) => Statistics::Int32(bounds.with_backwards_compatible_min_max(true)),
        Statistics::Int64(bounds) => Statistics::Int64(bounds.with_backwards_compatible_min_max(true)),
        Statistics::FixedLenByteArray(bounds) => {
            Statistics::FixedLenByteArray(bounds.with_backwards_compatible_min_max(true))
        }
        other => other,
    };
    column.clone().into_builder().set_statistics(statistics).build()
}
