//! What lets a written file show that it is damaged: a checksum in the header of each page, where every reader of Parquet looks for it,
//! and one of the footer just before it, where other readers do not look.
//!
//! A page header is written by Thrift's compact protocol: fields, each a byte of its number (counted from the field before) and type, then
//! its value. The checksum is field 4; the writer of the `parquet` crate goes from 3 straight to the field after.

use crate::claims;
use crate::error::{Error, Result};
use crate::thrift::{Compact, Kind};
use bytes::Bytes;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Where a page header is cut, and what follows it.
struct Header {
    /// The first byte after the field of the page's size.
    cut: usize,
    /// The first byte after the header.
    end: usize,
    /// How many bytes the page takes.
    page: usize,
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn header(bytes: &[u8]) -> Option<Header> {
    let mut fields = Compact::new(bytes);
    let mut page = 0;
    // Type of page, bytes when unpacked, bytes as stored.
    for wanted in 1..=3 {
        if fields.field(wanted - 1)? != Some((wanted, Kind::Integer)) {
            return None;
        }
        page = fields.integer()?;
    }
    let cut = fields.place();
    fields.skip(Kind::Struct)?;
    Some(Header { cut, end: fields.place(), page: usize::try_from(page).ok()? })
}

/// The type of a whole number in a field.
const INTEGER: u8 = 5;

/// Adds the page to the sealed ones, with its checksum; says how long it was.
fn seal_page(bytes: &[u8], sealed: &mut Vec<u8>) -> Option<usize> {
    let Header { cut, end, page } = header(bytes)?;
    let stored = bytes.get(end..end.checked_add(page)?)?;
    let next = *bytes.get(cut)?;
    // Field 4 is there already, or the next is none of the same struct.
    let after = (next >> 4).checked_sub(1).filter(|skipped| *skipped > 0)? << 4 | next & 0xf;
    sealed.extend(bytes.get(..cut)?);
    sealed.push(1 << 4 | INTEGER);
    let checksum = crc32fast::hash(stored) as i32;
    put_varint(u64::from((checksum << 1 ^ checksum >> 31) as u32), sealed);
    sealed.push(after);
    sealed.extend(bytes.get(cut + 1..end)?);
    sealed.extend(stored);
    Some(end + page)
}

/// The bytes of a column chunk with checksums, and what is known of it: it begins at the first of these bytes.
pub(crate) fn seal_chunk(
    bytes: &[u8],
    column: &ColumnChunkMetaData,
    mut close: ColumnCloseResult,
) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
    let unlike = || ParquetError::General("a page has a header of another form than is written here".into());
    let mut sealed = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 64);
    let mut rest = bytes;
    let mut ends = Vec::new();
    while !rest.is_empty() {
        let length = seal_page(rest, &mut sealed).ok_or_else(unlike)?;
        rest = rest.get(length..).unwrap_or(&[]);
        ends.push(sealed.len() as i64);
    }
    let dictionary = column.dictionary_page_offset().and_then(|_| ends.first().copied());
    let added = sealed.len() as i64 - bytes.len() as i64;
    close.bytes_written = sealed.len() as u64;
    close.metadata = column
        .clone()
        .into_builder()
        .set_total_compressed_size(sealed.len() as i64)
        .set_total_uncompressed_size(column.uncompressed_size() + added)
        .set_dictionary_page_offset(dictionary.map(|_| 0))
        .set_data_page_offset(dictionary.unwrap_or(0))
        .build()?;
    if let Some(index) = &mut close.offset_index {
        let mut start = dictionary.unwrap_or(0);
        let data = ends.iter().skip(usize::from(dictionary.is_some()));
        for (location, end) in index.page_locations.iter_mut().zip(data) {
            location.offset = start;
            location.compressed_page_size = i32::try_from(end - start).map_err(|_| unlike())?;
            start = *end;
        }
    }
    Ok((sealed.into(), close))
}

/// What comes before the footer of a file of ours, then the checksum of all that follows.
const MARK: &[u8; 8] = b"kwhencrc";

/// Bytes after the footer: its length and the file's last word.
const TAIL: u64 = 8;

/// The mark and the checksum.
const SEAL: u64 = 12;

/// At most so many bytes of a file from a place on.
fn part(file: &mut File, start: u64, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the footer of a whole file begins; `None` where the file cannot have one.
fn footer_start(file: &mut File) -> std::io::Result<Option<u64>> {
    let length = file.seek(SeekFrom::End(0))?;
    let Some(at) = length.checked_sub(TAIL) else { return Ok(None) };
    let tail = part(file, at, TAIL)?;
    let footer = tail.first_chunk().map(|length| u64::from(u32::from_le_bytes(*length)));
    Ok(footer.and_then(|footer| at.checked_sub(footer)))
}

/// Moves the footer of a finished file back and writes its checksum before it. Nothing in the file is told by its distance from the end.
pub(crate) fn seal_footer(file: &mut File) -> std::io::Result<()> {
    let Some(start) = footer_start(file)? else { return Ok(()) };
    let footer = part(file, start, u64::MAX)?;
    file.seek(SeekFrom::Start(start))?;
    file.write_all(MARK)?;
    file.write_all(&crc32fast::hash(&footer).to_le_bytes())?;
    file.write_all(&footer)
}

/// The footer of a file, empty where it has none; an error where the file has a checksum of its footer and another footer.
pub(crate) fn check_footer(file: &mut File, path: &Path) -> Result<Vec<u8>> {
    let of_io = |error: std::io::Error| Error::of_io(&error, path);
    let Some(start) = footer_start(file).map_err(of_io)? else { return Ok(Vec::new()) };
    let footer = part(file, start, u64::MAX).map_err(of_io)?;
    let seal = match start.checked_sub(SEAL) {
        Some(before) => part(file, before, SEAL).map_err(of_io)?,
        None => Vec::new(),
    };
    let is_own = match seal.strip_prefix(MARK) {
        None => true,
        Some(checksum) => checksum
            .first_chunk()
            .is_some_and(|checksum| crc32fast::hash(&footer) == u32::from_le_bytes(*checksum)),
    };
    if !is_own {
        return Err(Error::broken(
            "its footer is not the one that its checksum was made of; the file is damaged",
        )
        .in_file(path));
    }
    Ok(claims::of_tail(&footer).to_vec())
}
