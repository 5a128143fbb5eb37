//! Parquet files as row groups: which there are, which meters each may hold, and their batches.

use crate::claims;
use crate::column::listed;
use crate::error::{Error, Result};
use crate::guard;
use crate::meter::MeterName;
use crate::names::{DECIMALS, DENSE_START, KWH, METER, MISSING, READINGS, START, WH, WIDTH};
use crate::pages::LongPages;
use crate::rows::Rows;
use crate::seal::check_footer;
use crate::several;
use crate::usual::{check_once, dictionary, whole_number, with_usual_types};
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use kwhen::time::Span;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that are decoded at once; of the dense layout as many as have about this many slots.
const BATCH_ROWS: usize = 65_536;

/// No column of a row group may claim more bytes than this when unpacked.
const MOST_COLUMN_BYTES: i64 = 8 << 30;

/// A file of consumption, open for reading by row groups.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) path: PathBuf,
    metadata: ArrowReaderMetadata,
    projection: ProjectionMask,
    dense: bool,
    assume_utc: bool,
}

/// A row group, and which meters may be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// No meter comes before; `None` where the file does not say.
    pub(crate) first: Option<MeterName>,
    /// No meter comes after.
    pub(crate) last: Option<MeterName>,
    pub(crate) file: usize,
    pub(crate) row_group: usize,
    pub(crate) rows: u64,
}

/// The Parquet files of a path: itself, those in the folder and the folders in it, in the order of their names, or of each of several
/// paths joined by commas or named by a pattern (`2026-*.parquet`). In folders, names that begin with a dot or an underscore are passed
/// over.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let named = several::files(path)?;
    if named.is_empty() {
        return files_in(path);
    }
    let mut found = Vec::new();
    for path in named {
        found.extend(files_in(&path)?);
    }
    // A file that is named and lies in a folder that is named too is read once.
    let mut seen = BTreeSet::new();
    found.retain(|file| seen.insert(file.clone()));
    Ok(found)
}

fn files_in(path: &Path) -> Result<Vec<PathBuf>> {
    let of_io = |error: &std::io::Error| Error::of_io(error, path);
    if !std::fs::metadata(path).map_err(|error| of_io(&error))?.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| Error::of_io(&error, &folder))? {
            let entry = entry.map_err(|error| Error::of_io(&error, &folder))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(['.', '_']) {
                continue;
            }
            let kind =
                std::fs::metadata(entry.path()).map_err(|error| Error::of_io(&error, &entry.path()))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if name.ends_with(".parquet") {
                found.push(entry.path());
            }
        }
    }
    if found.is_empty() {
        return Err(Error::data("the folder holds no file named *.parquet").in_file(path));
    }
    found.sort();
    Ok(found)
}

/// Whether two paths lead to one file, by whatever way.
#[must_use]
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| match std::fs::canonicalize(path) {
        Ok(place) => Some(place),
        // One that is not there yet lies where its folder does.
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Some(std::fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?.join(path.file_name()?))
        }
    };
    place(one).is_some_and(|held| place(other) == Some(held))
}

/// Refuses to write over a file that is read, and into a folder that is read whole: the next run would read what this one wrote. `read` as
/// for [`files`].
///
/// # Errors
/// The path is such a one ([`Error::is_data`]), or what is read cannot be found.
pub fn refuse_over<'a>(path: &Path, read: impl IntoIterator<Item = &'a Path>) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    let is_table = path.extension().is_some_and(|end| end == "parquet");
    for input in read {
        let named = several::files(input)?;
        for input in if named.is_empty() { vec![input.to_path_buf()] } else { named } {
            if files_in(&input)?.iter().any(|file| is_same_file(file, path)) {
                let message = "is a file that is read: write to another, so that nothing of it is lost";
                return Err(Error::data(message).in_file(path));
            }
            let lies_in =
                || place(folder).zip(place(&input)).is_some_and(|(folder, read)| folder.starts_with(read));
            if is_table && input.is_dir() && lies_in() {
                let message = format!(
                    "lies in {}, all of which is read: write elsewhere, or the next run takes it for input",
                    input.display()
                );
                return Err(Error::data(message).in_file(path));
            }
        }
    }
    Ok(())
}

/// Refuses a place for a table that is there and no file of its own: a device or a pipe would be replaced by one, and so would a link.
///
/// # Errors
/// The path is such a one ([`Error::is_data`]).
pub(crate) fn refuse_unless_file(path: &Path) -> Result<()> {
    let Ok(held) = path.symlink_metadata() else { return Ok(()) };
    let message = match (held.is_file(), held.is_symlink()) {
        (true, _) => return Ok(()),
        (_, true) => "is a link: name the file that it leads to",
        _ => "is there and is no file: a table is written to a file, which is there whole or not at all",
    };
    Err(Error::data(message).in_file(path))
}

fn metadata_of(path: &Path) -> Result<(File, ArrowReaderMetadata)> {
    let mut file = File::open(path).map_err(|error| Error::of_io(&error, path))?;
    let footer = check_footer(&mut file, path)?;
    claims::footer(&footer).map_err(|error| error.in_file(path))?;
    let length = file.metadata().map_err(|error| Error::of_io(&error, path))?.len();
    // The reader is fed what a stranger wrote; should it panic, the file is at fault, and the run ends with its name.
    let metadata = guarded(path, || {
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map_err(|error| Error::of_parquet(&error, path))
    })?;
    claims::row_groups(metadata.metadata().row_groups(), length, MOST_COLUMN_BYTES)
        .map_err(|error| error.in_file(path))?;
    Ok((file, metadata))
}

fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    guard::guarded(work).unwrap_or_else(|| {
        Err(Error::broken("cannot be read as Parquet: its pages contradict its header").in_file(path))
    })
}

/// An error where a file has a column twice that is looked at, or lacks one. Of each list that is wanted it must have a column.
fn check_columns(schema: &Schema, wanted: &[&[&str]]) -> Result<()> {
    check_once(schema)?;
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let Some(missing) = wanted.iter().find(|any| !any.iter().any(|name| names.contains(name))) else {
        return Ok(());
    };
    let capitals = names.iter().any(|name| missing.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
    let hint = if capitals { "; small letters and capitals are told apart" } else { "" };
    Err(Error::schema(format!("has no column {}; it has {}{hint}", missing.join(" or "), listed(&names))))
}

/// An error where the pages of a row group claim what cannot be, or hold other numbers of values than the footer says, which no checksum
/// sees: that of a page is not of its header.
fn check_pages(file: &File, group: &RowGroupMetaData, projection: &ProjectionMask) -> Result<()> {
    let of_io = |error: std::io::Error| Error::io(error.to_string());
    let file = Arc::new(file.try_clone().map_err(of_io)?);
    let part = |start, most| {
        let mut bytes = Vec::new();
        let mut file: &File = &file;
        file.seek(SeekFrom::Start(start)).map_err(of_io)?;
        file.take(most).read_to_end(&mut bytes).map_err(of_io)?;
        Ok(bytes.into())
    };
    let columns = group.columns().iter().enumerate();
    for (_, column) in columns.filter(|(place, _)| projection.leaf_included(*place)) {
        claims::pages(&file, column, part)?;
    }
    Ok(())
}

/// All rows of a small table, only its columns of these names; of each list that is wanted it must have one.
pub(crate) fn read_whole(path: &Path, columns: &[&str], wanted: &[&[&str]]) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    for path in files(path)? {
        let (file, metadata) = metadata_of(&path)?;
        check_columns(metadata.schema(), wanted).map_err(|error| error.in_file(&path))?;
        let schema = metadata.parquet_schema();
        let projection = ProjectionMask::columns(schema, columns.iter().copied());
        let groups = Arc::clone(metadata.metadata());
        guarded(&path, || {
            for (place, group) in groups.row_groups().iter().enumerate() {
                check_pages(&file, group, &projection)
                    .map_err(|error| error.within(&format!("row group {place}")).in_file(&path))?;
            }
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                .with_projection(projection)
                .build()
                .map_err(|error| Error::of_parquet(&error, &path))?;
            for batch in reader {
                batches.push(batch.map_err(|error| Error::of_pages(&error.to_string()).in_file(&path))?);
            }
            Ok(())
        })?;
    }
    Ok(batches)
}

impl Table {
    /// An error where its columns are not those of consumption. Times without a time zone are UTC or an error.
    pub(crate) fn open(path: &Path, assume_utc: bool) -> Result<Self> {
        let (_, metadata) = metadata_of(path)?;
        let dense = metadata.schema().column_with_name(READINGS).is_some();
        let has = |name| metadata.schema().column_with_name(name).is_some();
        let wanted: &[&str] = match dense {
            true => &[METER, DENSE_START, DECIMALS, WIDTH, READINGS, MISSING],
            false if has(WH) => &[METER, START, WH],
            false => &[METER, START, KWH],
        };
        let required: &[&[&str]] = match dense {
            true => &[&[METER], &[DENSE_START], &[DECIMALS], &[WIDTH]],
            false => &[&[METER], &[START], &[KWH, WH]],
        };
        check_columns(metadata.schema(), required).map_err(|error| error.in_file(path))?;
        let projection = ProjectionMask::columns(metadata.parquet_schema(), wanted.iter().copied());
        let options = ArrowReaderOptions::new().with_schema(narrowed(&metadata));
        let metadata =
            ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata);
        let table = Self { path: path.to_path_buf(), metadata, projection, dense, assume_utc };
        let checked =
            with_usual_types(&table.empty()).and_then(|empty| Rows::of(&empty, assume_utc).map(|_| ()));
        checked.map_err(|error| error.in_file(path))?;
        Ok(table)
    }

    /// A batch without rows, for a look at the columns.
    pub(crate) fn empty(&self) -> RecordBatch {
        let kept = |field: &&Arc<Field>| {
            let names: [&str; 9] = [METER, START, WH, KWH, DENSE_START, DECIMALS, WIDTH, READINGS, MISSING];
            names.contains(&field.name().as_str())
        };
        let fields: Vec<Arc<Field>> = self.metadata.schema().fields().iter().filter(kept).cloned().collect();
        RecordBatch::new_empty(Arc::new(Schema::new(fields)))
    }

    /// Its row groups, but for those whose instants all lie outside a span.
    pub(crate) fn units(&self, file: usize, span: Span) -> Vec<Unit> {
        let kind = self.metadata.schema().field_with_name(METER).map_or(&DataType::Null, Field::data_type);
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        groups
            .filter(|(_, group)| group.num_rows() > 0 && (self.dense || may_touch(group, span)))
            .map(|(row_group, group)| {
                let (first, last) = column(group, METER).map_or((None, None), |column| bounds(column, kind));
                Unit {
                    first,
                    last,
                    file,
                    row_group,
                    rows: u64::try_from(group.num_rows()).unwrap_or_default(),
                }
            })
            .collect()
    }

    /// All its row groups, in the order that they lie in.
    pub(crate) fn all_units(&self) -> Vec<Unit> {
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        let unit = |(row_group, group): (usize, &RowGroupMetaData)| Unit {
            first: None,
            last: None,
            file: 0,
            row_group,
            rows: u64::try_from(group.num_rows()).unwrap_or_default(),
        };
        groups.map(unit).collect()
    }

    /// Hands over the rows of a row group. An error where it does not hold what its header says.
    pub(crate) fn read(&self, unit: &Unit, mut each: impl FnMut(Rows<'_>) -> Result<()>) -> Result<()> {
        let path = &self.path;
        let named = |error: Error| error.within(&format!("row group {}", unit.row_group)).in_file(path);
        guarded(path, || {
            let file = File::open(path).map_err(|error| Error::of_io(&error, path))?;
            let group = self.metadata.metadata().row_groups().get(unit.row_group);
            let pages = match group.filter(|_| !self.dense) {
                Some(group) => LongPages::open(&file, group, self.metadata.schema()).map_err(named)?,
                None => None,
            };
            match pages {
                Some(pages) => {
                    pages.read(named, |rows| each(Rows::Long(rows)).map_err(|error| error.in_file(path)))
                }
                None => self.read_batches(file, unit, each),
            }
        })
    }

    /// The same by the Arrow reader, which reads everything.
    fn read_batches(
        &self,
        file: File,
        unit: &Unit,
        mut each: impl FnMut(Rows<'_>) -> Result<()>,
    ) -> Result<()> {
        let path = &self.path;
        let named = |error: Error| error.within(&format!("row group {}", unit.row_group)).in_file(path);
        let group = self.metadata.metadata().row_groups().get(unit.row_group);
        if let Some(group) = group {
            check_pages(&file, group, &self.projection).map_err(named)?;
        }
        let bytes: i64 =
            group.map_or(0, |group| group.columns().iter().map(ColumnChunkMetaData::uncompressed_size).sum());
        let batch_rows = match self.dense {
            true => {
                let per_row = u64::try_from(bytes).unwrap_or(0) / unit.rows.max(1) + 1;
                usize::try_from((BATCH_ROWS as u64 * 32) / per_row).unwrap_or(1).clamp(1, BATCH_ROWS)
            }
            false => BATCH_ROWS,
        };
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_projection(self.projection.clone())
            .with_row_groups(vec![unit.row_group])
            .with_batch_size(batch_rows)
            .build()
            .map_err(|error| Error::of_parquet(&error, path))?;
        let mut rows = 0;
        for batch in reader {
            let batch = batch.map_err(|error| named(Error::of_pages(&error.to_string())))?;
            rows += batch.num_rows() as u64;
            let batch = with_usual_types(&batch).map_err(|error| error.in_file(path))?;
            Rows::of(&batch, self.assume_utc).and_then(&mut each).map_err(|error| error.in_file(path))?;
        }
        if rows != unit.rows {
            return Err(Error::broken(format!(
                "row group {} claims {} rows and holds {rows}; the file is damaged",
                unit.row_group, unit.rows
            ))
            .in_file(path));
        }
        Ok(())
    }
}

/// The schema with text as a dictionary, decimals no wider than they are stored, and lists of bytes where they lie: less to decode.
pub(crate) fn narrowed(metadata: &ArrowReaderMetadata) -> SchemaRef {
    let physical = |name: &str| {
        let columns = metadata.parquet_schema().columns();
        columns.iter().find(|column| column.path().string() == name).map(|column| column.physical_type())
    };
    let narrow = |field: &Arc<Field>| {
        let kind = match (field.data_type(), physical(field.name())) {
            (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, _) if field.name() == METER => {
                dictionary()
            }
            (DataType::Dictionary(_, words), _)
                if field.name() == METER
                    && matches!(**words, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) =>
            {
                dictionary()
            }
            (DataType::Decimal128(precision, scale), Some(Physical::INT32)) if *precision <= 9 => {
                DataType::Decimal32(*precision, *scale)
            }
            (DataType::Decimal128(precision, scale), Some(Physical::INT64)) if *precision <= 18 => {
                DataType::Decimal64(*precision, *scale)
            }
            (DataType::Binary | DataType::LargeBinary, _) => DataType::BinaryView,
            _ => return Arc::clone(field),
        };
        Arc::new(field.as_ref().clone().with_data_type(kind))
    };
    let schema = metadata.schema();
    let fields: Vec<Arc<Field>> = schema.fields().iter().map(narrow).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn column<'a>(group: &'a RowGroupMetaData, name: &str) -> Option<&'a ColumnChunkMetaData> {
    group.columns().iter().find(|column| column.column_path().string() == name)
}

/// The least and the greatest name in a column of meters of a type, or bounds of them, where what its statistics say can be relied on.
fn bounds(column: &ColumnChunkMetaData, kind: &DataType) -> (Option<MeterName>, Option<MeterName>) {
    let text = |bytes: Option<&[u8]>| {
        let text = std::str::from_utf8(bytes?).ok()?;
        Some(MeterName::Text(text.into()))
    };
    let unsigned = matches!(kind, DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64);
    match column.statistics() {
        // Bounds of the older form go by the order of signed numbers, whatever the column holds.
        Some(statistics) if unsigned && statistics.is_min_max_deprecated() => (None, None),
        Some(Statistics::Int32(values)) => {
            let number = |value: &i32| {
                MeterName::Number(if unsigned { (*value as u32).into() } else { (*value).into() })
            };
            (values.min_opt().map(number), values.max_opt().map(number))
        }
        Some(Statistics::Int64(values)) => {
            let number = |value: &i64| (!unsigned || *value >= 0).then_some(MeterName::Number(*value));
            (values.min_opt().and_then(number), values.max_opt().and_then(number))
        }
        Some(Statistics::Double(values)) => {
            let number = |value: &f64| whole_number(*value).map(MeterName::Number);
            (values.min_opt().and_then(number), values.max_opt().and_then(number))
        }
        Some(statistics @ Statistics::ByteArray(_)) if !statistics.is_min_max_deprecated() => {
            (text(statistics.min_bytes_opt()), text(statistics.max_bytes_opt()))
        }
        _ => (None, None),
    }
}

/// Whether any instant of a row group may lie in a span, as far as the file says.
fn may_touch(group: &RowGroupMetaData, span: Span) -> bool {
    let Some(column) = column(group, START) else { return true };
    let Some(LogicalType::Timestamp(timestamp)) = column.column_descr().logical_type_ref() else {
        return true;
    };
    let per_second = match timestamp.unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    let Some(Statistics::Int64(values)) = column.statistics() else { return true };
    let (Some(first), Some(last)) = (values.min_opt(), values.max_opt()) else { return true };
    // Rows without an instant are a fault of their meter, which must be seen.
    let nulls = values.null_count_opt().unwrap_or(1) > 0;
    nulls
        || (first.div_euclid(per_second) < span.to().timestamp()
            && last.div_euclid(per_second) >= span.from().timestamp())
}
