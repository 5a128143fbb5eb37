//! What a Parquet file claims of itself, held against the file before the library reads it: the library makes room for what it is told,
//! and a claim without bounds ends the process, which nothing can catch.

use crate::error::{Error, Result};
use crate::thrift::{Compact, Kind};
use bytes::Bytes;
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageReader as _};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::ChunkReader;
use parquet::file::serialized_reader::SerializedPageReader;
use std::sync::Arc;

/// The most that columns may be nested.
const DEEPEST: usize = 64;

/// The longest that a value of a fixed length may be: a decimal has 32 bytes at most.
const MOST_VALUE_BYTES: i64 = 1 << 16;

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::broken(format!("{what}; the file is damaged"))
}

/// The footer that a file's last bytes hold, without its length and the last word; empty where there is none.
pub(crate) fn of_tail(bytes: &[u8]) -> &[u8] {
    let footer = || {
        let (rest, tail) = bytes.strip_suffix(b"PAR1")?.split_last_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*tail)).ok()?;
        rest.get(rest.len().checked_sub(length)?..)
    };
    footer().unwrap_or(&[])
}

/// Whether the lists of a footer can be as long as they say, and its columns be nested as they say.
pub(crate) fn footer(bytes: &[u8]) -> Result<()> {
    // Another kind of file, or one that is cut short: the reader says so.
    if bytes.is_empty() {
        return Ok(());
    }
    let broken = || damaged("its footer claims more than it holds");
    let mut fields = Compact::new(bytes);
    let mut before = 0;
    while let Some((number, kind)) = fields.field(before).ok_or_else(broken)? {
        before = number;
        if (number, kind) == (2, Kind::List) {
            schema(&mut fields).ok_or_else(broken)?;
        } else {
            fields.skip(kind).ok_or_else(broken)?;
        }
    }
    Ok(())
}

/// The columns: a list of which each that has children is followed by them.
fn schema(fields: &mut Compact<'_>) -> Option<()> {
    let (count, kind) = fields.list()?;
    // Of each that is open: children that are to come.
    let mut open: Vec<i64> = Vec::new();
    for _ in 0..count {
        if kind != Kind::Struct {
            return None;
        }
        let [length, children] = fields.integers([2, 5])?;
        let children = children.unwrap_or(0);
        let most = i64::try_from(count).ok()?;
        if !(0..most).contains(&children) || length.is_some_and(|length| length > MOST_VALUE_BYTES) {
            return None;
        }
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        open.push(children);
        while open.last() == Some(&0) {
            open.pop();
        }
        if open.len() > DEEPEST {
            return None;
        }
    }
    Some(())
}

/// Whether the sizes that the row groups claim can be true at all, in a file of so many bytes.
pub(crate) fn row_groups(groups: &[RowGroupMetaData], length: u64, most_column_bytes: i64) -> Result<()> {
    for (place, group) in groups.iter().enumerate() {
        row_group(group, length, most_column_bytes)
            .map_err(|what| damaged(format_args!("row group {place} {what}")))?;
    }
    Ok(())
}

fn row_group(group: &RowGroupMetaData, length: u64, most_column_bytes: i64) -> Result<(), String> {
    let rows = group.num_rows();
    if rows < 0 {
        return Err(format!("claims {rows} rows"));
    }
    for column in group.columns() {
        let name = column.column_path().string();
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let start = start.min(column.data_page_offset());
        let size = column.compressed_size();
        let inside = u64::try_from(start)
            .ok()
            .zip(u64::try_from(size).ok())
            .and_then(|(start, size)| start.checked_add(size).filter(|end| *end <= length));
        if inside.is_none() {
            return Err(format!("claims {size} bytes at {start} for column {name}, in a file of {length}"));
        }
        if !(0..=most_column_bytes).contains(&column.uncompressed_size()) {
            return Err(format!(
                "claims {} bytes for column {name} when unpacked",
                column.uncompressed_size()
            ));
        }
        // A list has more values than rows; every other column as many.
        if column.num_values() < rows
            || (column.column_descr().max_rep_level() == 0 && column.num_values() != rows)
        {
            return Err(format!("claims {} values for column {name} and {rows} rows", column.num_values()));
        }
    }
    Ok(())
}

/// How many bytes of a page header are looked at before more are: it is as long as this only where it has bounds of long texts.
const HEAD: u64 = 4 << 10;

/// Whether the pages of a column can be as long as they say and hold as many values as the footer says. `part` gives at most so many
/// bytes of the file from a place on.
pub(crate) fn pages<R: ChunkReader + 'static>(
    file: &Arc<R>,
    column: &ColumnChunkMetaData,
    part: impl Fn(u64, u64) -> Result<Bytes>,
) -> Result<()> {
    let (start, length) = column.byte_range();
    let end = start.checked_add(length).ok_or_else(|| damaged("a column goes on beyond the file"))?;
    let is_text = column.column_type() == Physical::BYTE_ARRAY;
    let (mut at, mut values, mut by_lengths) = (start, 0, false);
    while at < end {
        let mut most = HEAD;
        let page = loop {
            let left = end - at;
            match PageClaims::read(&part(at, most.min(left))?, left) {
                Some(page) => break page,
                None if most < left => most *= 16,
                None => return Err(damaged("a page claims more than its column holds")),
            }
        };
        if page.unpacked > column.uncompressed_size() {
            return Err(damaged(format_args!("a page claims {} bytes when unpacked", page.unpacked)));
        }
        // A text of a dictionary has the four bytes of its length at least, any other value one.
        let least = page.values.saturating_mul(if is_text { 4 } else { 1 });
        if page.is_dictionary && least > page.unpacked {
            return Err(damaged(format_args!(
                "a dictionary claims {} values in {} bytes",
                page.values, page.unpacked
            )));
        }
        values += if page.is_dictionary { 0 } else { page.values };
        by_lengths |= page.by_lengths;
        at = at.saturating_add(page.length);
    }
    if values != column.num_values() {
        let name = column.column_path().string();
        let claimed = column.num_values();
        return Err(damaged(format_args!(
            "the pages of column {name} hold {values} values and the footer claims {claimed}"
        )));
    }
    if by_lengths && is_text { texts(file, column) } else { Ok(()) }
}

/// What the header of a page says.
#[derive(Debug)]
struct PageClaims {
    /// Of the header and what follows it.
    length: u64,
    unpacked: i64,
    values: i64,
    is_dictionary: bool,
    /// Whether it holds texts by the differences of their lengths.
    by_lengths: bool,
}

impl PageClaims {
    /// `None` where the bytes hold no whole header, or it claims more than the bytes that are left of its column.
    fn read(bytes: &[u8], left: u64) -> Option<Self> {
        let mut fields = Compact::new(bytes);
        let (mut before, mut stored, mut unpacked) = (0, None, None);
        let (mut values, mut is_dictionary, mut by_lengths) = (0, false, false);
        while let Some((number, kind)) = fields.field(before)? {
            before = number;
            match (number, kind) {
                (2, Kind::Integer) => unpacked = Some(fields.integer()?),
                (3, Kind::Integer) => stored = Some(fields.integer()?),
                // A page of values, of a dictionary, of values in the second form: how many there are, and how they are written.
                (5 | 7 | 8, Kind::Struct) => {
                    let [count, encoding] = fields.integers([1, if number == 8 { 4 } else { 2 }])?;
                    values = count?;
                    is_dictionary = number == 7;
                    by_lengths = encoding.is_some_and(|code| BY_LENGTHS.iter().any(|by| *by as i64 == code));
                }
                _ => fields.skip(kind)?,
            }
        }
        let unpacked = unpacked.filter(|size| *size >= 0)?;
        let length = u64::try_from(stored?).ok()?.checked_add(fields.place() as u64)?;
        (length <= left && values >= 0).then_some(Self {
            length,
            unpacked,
            values,
            is_dictionary,
            by_lengths,
        })
    }
}

/// How texts are written of which the lengths come first: the reader makes room for as many as the page says.
const BY_LENGTHS: [Encoding; 2] = [Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY];

/// Whether pages that hold texts by the differences of their lengths hold no more lengths than values.
fn texts<R: ChunkReader + 'static>(file: &Arc<R>, column: &ColumnChunkMetaData) -> Result<()> {
    let rows = usize::try_from(column.num_values()).unwrap_or(0);
    let of_parquet = |error: ParquetError| Error::of_pages(&error.to_string());
    let mut pages = SerializedPageReader::new(Arc::clone(file), column, rows, None).map_err(of_parquet)?;
    let column = column.column_descr();
    while let Some(page) = pages.get_next_page().map_err(of_parquet)? {
        if !BY_LENGTHS.contains(&page.encoding()) {
            continue;
        }
        let (levels, buffer) = match &page {
            Page::DataPage { buf, .. } => {
                let kinds = [column.max_rep_level(), column.max_def_level()];
                let levels = kinds.iter().filter(|most| **most > 0).try_fold(0_usize, |at, _| {
                    let length: [u8; 4] = *buf.get(at..)?.first_chunk()?;
                    at.checked_add(4)?.checked_add(usize::try_from(u32::from_le_bytes(length)).ok()?)
                });
                (levels, buf)
            }
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                (usize::try_from(u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len)).ok(), buf)
            }
            Page::DictionaryPage { .. } => continue,
        };
        let fits = || {
            let bytes = buffer.get(levels?..)?;
            let end = lengths_end(bytes, page.num_values())?;
            if page.encoding() == Encoding::DELTA_BYTE_ARRAY {
                // The lengths of what each shares with the one before it, then those of the rest.
                lengths_end(bytes.get(end..)?, page.num_values())?;
            }
            Some(())
        };
        fits().ok_or_else(|| damaged("a page claims more texts than it has values"))?;
    }
    Ok(())
}

/// Where a list of lengths ends that are written as packed differences: so many at most.
fn lengths_end(bytes: &[u8], most: u32) -> Option<usize> {
    let mut numbers = Compact::new(bytes);
    let [block, blocks, count] = [numbers.varint()?, numbers.varint()?, numbers.varint()?];
    numbers.integer()?;
    let a_block = block.checked_div(blocks)?;
    let mut left = if count <= u64::from(most) { count.saturating_sub(1) } else { return None };
    while left > 0 {
        numbers.integer()?;
        let mut packed = 0_u64;
        for _ in 0..blocks {
            let width = u64::from(numbers.byte()?);
            // What follows the last one may have any width, and no bytes.
            packed += if left > 0 { width.checked_mul(a_block)? / 8 } else { 0 };
            left = left.saturating_sub(a_block.max(1));
        }
        numbers.pass(usize::try_from(packed).ok()?)?;
    }
    Some(numbers.place())
}
