//! Rows of the long layout straight from Parquet's pages: the way of files as most writers make them, of plain values and dictionaries
//! without nulls. What is otherwise goes by the Arrow reader.
//!
//! A meter whose name comes a thousand times is one run, starts of slots are a piece of their dictionary, and nothing is laid out that is
//! not summed: some three times as quick as decoding to Arrow.

mod column;
mod hybrid;
mod page;

use crate::column::{Instants, Meters};
use crate::energy::{Energies, Lane};
use crate::error::{Error, Result};
use crate::names::{KWH, METER, START, WH};
use crate::rows::LongRows;
use arrow_schema::{DataType, Schema, TimeUnit as ArrowTimeUnit};
use column::{Numbers, Texts};
use kwhen::batch::TimeUnit;
use page::Pages;
use parquet::basic::{Encoding, LogicalType, TimeUnit as ParquetTimeUnit, Type as Physical};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use std::fs::File;

/// Rows that are decoded at once: they stay in the nearest caches.
const BLOCK: usize = 4_096;

/// A row group that can be read page by page.
pub(crate) struct LongPages {
    meters: MeterPages,
    starts: Numbers<i64>,
    unit: TimeUnit,
    energies: EnergyPages,
    energy_name: &'static str,
    decimals: u32,
    rows: usize,
}

enum MeterPages {
    Texts(Texts),
    Numbers32(Numbers<i32>),
    Numbers(Numbers<i64>),
}

enum EnergyPages {
    Compact(Numbers<i32>),
    Wide(Numbers<i64>),
    Floats(Numbers<f64>),
}

/// Whether all values of a column are there, plain or as keys of a dictionary.
#[expect(deprecated, reason = "what is old is still in files")]
fn is_simple(column: &ColumnChunkMetaData) -> bool {
    let descriptor = column.column_descr();
    let no_nulls = column.statistics().and_then(|statistics| statistics.null_count_opt()) == Some(0);
    let known = |encoding| match encoding {
        Encoding::PLAIN | Encoding::RLE | Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => true,
        // Old writers say so of levels that are not there.
        Encoding::BIT_PACKED => descriptor.max_def_level() == 0,
        _ => false,
    };
    descriptor.max_rep_level() == 0
        && (descriptor.max_def_level() == 0 || (descriptor.max_def_level() == 1 && no_nulls))
        && column.encodings().all(known)
}

impl LongPages {
    /// `None` for a row group of which anything is unusual.
    pub(crate) fn open(file: &File, group: &RowGroupMetaData, schema: &Schema) -> Result<Option<Self>> {
        let find = |name: &str| {
            let column = group.columns().iter().find(|column| column.column_path().string() == name)?;
            let field = schema.field_with_name(name).ok()?;
            is_simple(column).then(|| (column, field.data_type(), column.column_type()))
        };
        let energy_name = if schema.field_with_name(WH).is_ok() { WH } else { KWH };
        let (Some(meter), Some(start), Some(energy)) = (find(METER), find(START), find(energy_name)) else {
            return Ok(None);
        };
        let Some(unit) = unit_of(start.0, start.1) else { return Ok(None) };
        let Some(decimals) = Energies::decimals_of(energy.1, energy_name == WH) else { return Ok(None) };
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let pages = |column| Pages::open(file, column, rows);
        let text = |kind: &DataType| {
            matches!(kind, DataType::Utf8)
                || matches!(kind, DataType::Dictionary(_, word) if **word == DataType::Utf8)
        };
        let meters = match (meter.1, meter.2) {
            (kind, Physical::BYTE_ARRAY) if text(kind) => MeterPages::Texts(Texts::open(pages(meter.0)?)?),
            (DataType::Int32, Physical::INT32) => MeterPages::Numbers32(Numbers::open(pages(meter.0)?)?),
            (DataType::Int64, Physical::INT64) => MeterPages::Numbers(Numbers::open(pages(meter.0)?)?),
            _ => return Ok(None),
        };
        let energies = match (energy.1, energy.2) {
            (DataType::Int32 | DataType::Decimal32(..), Physical::INT32) => {
                EnergyPages::Compact(Numbers::open(pages(energy.0)?)?)
            }
            (DataType::Int64 | DataType::Decimal64(..), Physical::INT64) => {
                EnergyPages::Wide(Numbers::open(pages(energy.0)?)?)
            }
            (DataType::Float64, Physical::DOUBLE) => EnergyPages::Floats(Numbers::open(pages(energy.0)?)?),
            _ => return Ok(None),
        };
        Ok(Some(Self {
            meters,
            starts: Numbers::open(pages(start.0)?)?,
            unit,
            energies,
            energy_name,
            decimals,
            rows,
        }))
    }

    /// Hands over all its rows, a few thousand at once. `broken` says of an error in the pages where they are.
    pub(crate) fn read(
        mut self,
        broken: impl Fn(Error) -> Error,
        mut each: impl FnMut(LongRows<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut done = 0;
        while done < self.rows {
            let count = BLOCK.min(self.rows - done);
            each(self.block(count).map_err(&broken)?)?;
            done += count;
        }
        self.end().map_err(broken)
    }

    fn end(&mut self) -> Result<()> {
        let of = |name: &'static str| move |error: Error| error.within(&format!("column {name}"));
        match &mut self.meters {
            MeterPages::Texts(texts) => texts.end(),
            MeterPages::Numbers32(numbers) => numbers.end(),
            MeterPages::Numbers(numbers) => numbers.end(),
        }
        .map_err(of(METER))?;
        self.starts.end().map_err(of(START))?;
        match &mut self.energies {
            EnergyPages::Compact(numbers) => numbers.end(),
            EnergyPages::Wide(numbers) => numbers.end(),
            EnergyPages::Floats(numbers) => numbers.end(),
        }
        .map_err(of(self.energy_name))
    }

    fn block(&mut self, count: usize) -> Result<LongRows<'_>> {
        let of = |name: &'static str| move |error: Error| error.within(&format!("column {name}"));
        let (meter, start, energy) = (of(METER), of(START), of(self.energy_name));
        let meters = match &mut self.meters {
            MeterPages::Texts(texts) => texts.next(count).map_err(meter)?,
            MeterPages::Numbers32(numbers) => Meters::Numbers32(numbers.next(count).map_err(meter)?, None),
            MeterPages::Numbers(numbers) => Meters::Numbers(numbers.next(count).map_err(meter)?, None),
        };
        let instants =
            Instants { values: self.starts.next(count).map_err(start)?, nulls: None, unit: self.unit };
        let energies = match &mut self.energies {
            EnergyPages::Compact(numbers) => {
                Energies::plain(Lane::Compact(numbers.next(count).map_err(energy)?), self.decimals)
            }
            EnergyPages::Wide(numbers) => {
                Energies::plain(Lane::Wide(numbers.next(count).map_err(energy)?), self.decimals)
            }
            EnergyPages::Floats(numbers) => {
                Energies::of_floats(numbers.next(count).map_err(energy)?, None, self.decimals)
            }
        };
        Ok(LongRows { meters, instants, energies, len: count })
    }
}

/// What instants count, where the file and its Arrow schema agree on it.
fn unit_of(column: &ColumnChunkMetaData, kind: &DataType) -> Option<TimeUnit> {
    let (DataType::Timestamp(unit, _), Physical::INT64) = (kind, column.column_type()) else { return None };
    let Some(LogicalType::Timestamp(timestamp)) = column.column_descr().logical_type_ref() else {
        return None;
    };
    match (unit, timestamp.unit) {
        (ArrowTimeUnit::Millisecond, ParquetTimeUnit::MILLIS) => Some(TimeUnit::Millisecond),
        (ArrowTimeUnit::Microsecond, ParquetTimeUnit::MICROS) => Some(TimeUnit::Microsecond),
        (ArrowTimeUnit::Nanosecond, ParquetTimeUnit::NANOS) => Some(TimeUnit::Nanosecond),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::rows::Rows;
    use crate::source::narrowed;
    use arrow_array::{
        ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
        TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    };
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
    use parquet::basic::Compression;
    use parquet::file::properties::{
        EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
    };
    use parquet::schema::types::ColumnPath;
    use std::sync::Arc;

    const ROWS: usize = 30_000;

    /// Meters of uneven runs, some of one row.
    fn meter(row: usize) -> usize {
        if row < 20_000 { row / 1_750 } else { row % 37 }
    }

    fn column_of(kind: &str) -> ArrayRef {
        let rows = 0..ROWS;
        let milliseconds = |row: usize| 1_735_689_600_000 + (row % 1_750) as i64 * 1_800_000;
        let wh = |row: usize| (row as i64 * 7_919) % 1_500 - 20;
        match kind {
            "text" => Arc::new(rows.map(|row| Some(format!("{:013}", meter(row)))).collect::<StringArray>()),
            "int32" => Arc::new(rows.map(|row| meter(row) as i32).collect::<Int32Array>()),
            "int64" => Arc::new(rows.map(|row| meter(row) as i64).collect::<Int64Array>()),
            "ms" => Arc::new(TimestampMillisecondArray::from_iter_values(rows.map(milliseconds))),
            "us" => Arc::new(TimestampMicrosecondArray::from_iter_values(
                rows.map(|row| milliseconds(row) * 1_000),
            )),
            "ns" => Arc::new(TimestampNanosecondArray::from_iter_values(
                rows.map(|row| milliseconds(row) * 1_000_000),
            )),
            "wh" => Arc::new(rows.map(|row| wh(row) as i32).collect::<Int32Array>()),
            "wh64" => Arc::new(rows.map(wh).collect::<Int64Array>()),
            "kwh" => Arc::new(
                rows.map(|row| i128::from(wh(row)))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(9, 3)
                    .unwrap(),
            ),
            "kwh18" => Arc::new(
                rows.map(|row| i128::from(wh(row)))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(18, 3)
                    .unwrap(),
            ),
            "float" => Arc::new(rows.map(|row| wh(row) as f64 / 1e3).collect::<Float64Array>()),
            "holes" => {
                Arc::new(rows.map(|row| (row != 29_000).then(|| wh(row) as i32)).collect::<Int32Array>())
            }
            other => panic!("{other}"),
        }
    }

    fn written(kinds: [&str; 3], nullable: bool, properties: WriterPropertiesBuilder) -> File {
        let energy = if kinds[2].contains("wh") && !kinds[2].contains("kwh") || kinds[2] == "holes" {
            WH
        } else {
            KWH
        };
        let columns = [METER, START, energy].into_iter().zip(kinds);
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.map(|(name, kind)| (name, column_of(kind), nullable)),
        );
        let batch = batch.unwrap();
        let file = tempfile::tempfile().unwrap();
        let properties = properties.set_data_page_row_count_limit(4_999).set_write_batch_size(999).build();
        let mut writer =
            ArrowWriter::try_new(file.try_clone().unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        file
    }

    /// Meter, nanoseconds and value of each row.
    fn lines(rows: &LongRows<'_>) -> Vec<String> {
        let LongRows { meters, instants, energies, len } = rows;
        let mut lines = Vec::new();
        for (run, meter) in meters.runs(*len) {
            lines.extend(run.map(|row| {
                assert_eq!(meters.get(row), meter);
                let value = energies.value(row);
                format!("{meter:?} {:?} {value} {}", instants.nanoseconds(row), energies.decimals())
            }));
        }
        lines
    }

    /// Both ways; `None` where the file is not read by pages.
    fn read(file: &File) -> (Vec<String>, Option<Vec<String>>) {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.try_clone().unwrap()).unwrap();
        let mut arrow = Vec::new();
        for batch in builder.with_batch_size(7_001).build().unwrap() {
            let batch = batch.unwrap();
            let Rows::Long(rows) = Rows::of(&batch, true).unwrap() else { panic!() };
            arrow.extend(lines(&rows));
        }
        let metadata = ArrowReaderMetadata::load(file, Default::default()).unwrap();
        let pages = LongPages::open(file, metadata.metadata().row_group(0), &narrowed(&metadata)).unwrap();
        let pages = pages.map(|pages| {
            let mut found = Vec::new();
            let read = pages.read(
                |error| error,
                |rows| {
                    found.extend(lines(&rows));
                    Ok(())
                },
            );
            read.unwrap();
            found
        });
        (arrow, pages)
    }

    #[test]
    fn pages_give_the_rows_that_the_arrow_reader_gives() {
        let new = WriterProperties::builder;
        let few = || new().set_dictionary_page_size_limit(300);
        for kinds in [
            ["text", "ms", "wh"],
            ["int32", "us", "kwh"],
            ["int64", "ns", "float"],
            ["text", "ms", "kwh18"],
            ["text", "us", "wh64"],
        ] {
            for nullable in [false, true] {
                for properties in [
                    new(),
                    new().set_dictionary_enabled(false),
                    few(),
                    new().set_writer_version(WriterVersion::PARQUET_2_0).set_encoding(Encoding::PLAIN),
                    new().set_compression(Compression::SNAPPY),
                    few().set_compression(Compression::LZ4_RAW),
                ] {
                    let (arrow, pages) = read(&written(kinds, nullable, properties));
                    assert_eq!(arrow.len(), ROWS);
                    assert!(pages.unwrap() == arrow, "{kinds:?} {nullable}");
                }
            }
        }
    }

    #[test]
    fn what_is_unusual_goes_the_other_way() {
        let new = WriterProperties::builder;
        let kinds = ["text", "ms", "wh"];
        let delta = |column: &str, encoding| {
            let path = ColumnPath::from(column);
            new().set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding)
        };
        for (kinds, properties) in [
            (["text", "ms", "holes"], new()),
            (kinds, delta(START, Encoding::DELTA_BINARY_PACKED)),
            (kinds, delta(METER, Encoding::DELTA_BYTE_ARRAY)),
            // Who says nothing of nulls may have some.
            (kinds, new().set_statistics_enabled(EnabledStatistics::None)),
        ] {
            let (arrow, pages) = read(&written(kinds, true, properties));
            assert_eq!((arrow.len(), pages), (ROWS, None));
        }
    }
}
