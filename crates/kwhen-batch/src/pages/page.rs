//! The pages of a column chunk.

use super::hybrid::{Hybrid, Part};
use crate::error::{Error, Result};
use bytes::{Buf, Bytes};
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

/// A column chunk of at most so many bytes is read at once, a greater one page by page.
const AT_ONCE: u64 = 16 << 20;

/// A part of a file, in memory.
struct Chunk {
    start: u64,
    bytes: Bytes,
}

impl Chunk {
    fn from(&self, start: u64, length: Option<usize>) -> Result<Bytes, ParquetError> {
        let start = start.checked_sub(self.start).and_then(|start| usize::try_from(start).ok());
        let start = start.filter(|start| *start <= self.bytes.len());
        let part = start.and_then(|start| {
            let end = length.map_or(Some(self.bytes.len()), |length| start.checked_add(length))?;
            (end <= self.bytes.len()).then(|| self.bytes.slice(start..end))
        });
        part.ok_or_else(|| ParquetError::EOF("a page goes on beyond its column".into()))
    }
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Chunk {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(self.from(start, None)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.from(start, Some(length))
    }
}

/// The values of a page, without levels.
pub(super) enum Values {
    Keys(Hybrid),
    Plain(Bytes),
}

/// The pages of a column chunk without nulls.
pub(super) struct Pages {
    pages: Box<dyn PageReader>,
    /// Whether there are levels, which say of each value that it is not null.
    levels: bool,
    /// Of the page that is read: values that are left.
    left: usize,
    values: Values,
}

pub(super) fn broken(what: &str) -> Error {
    Error::broken(format!("a page {what}; the file is damaged"))
}

fn of_parquet(error: &ParquetError) -> Error {
    Error::broken(format!("a page cannot be read: {error}; is the file truncated?"))
}

impl Pages {
    pub(super) fn open(file: &File, column: &ColumnChunkMetaData, rows: usize) -> Result<Self> {
        let (start, length) = column.byte_range();
        let of_io = |error: std::io::Error| Error::io(error.to_string());
        let pages: Box<dyn PageReader> = if length > AT_ONCE {
            let file = Arc::new(file.try_clone().map_err(of_io)?);
            Box::new(SerializedPageReader::new(file, column, rows, None).map_err(|error| of_parquet(&error))?)
        } else {
            let mut file = file;
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
            file.seek(SeekFrom::Start(start)).map_err(of_io)?;
            file.take(length).read_to_end(&mut bytes).map_err(of_io)?;
            let chunk = Arc::new(Chunk { start, bytes: bytes.into() });
            Box::new(
                SerializedPageReader::new(chunk, column, rows, None).map_err(|error| of_parquet(&error))?,
            )
        };
        let levels = column.column_descr().max_def_level() > 0;
        Ok(Self { pages, levels, left: 0, values: Values::Plain(Bytes::new()) })
    }

    /// The page of the dictionary, if the chunk begins with one.
    pub(super) fn dictionary(&mut self) -> Result<Option<(Bytes, usize)>> {
        let next = self.pages.peek_next_page().map_err(|error| of_parquet(&error))?;
        if !matches!(next, Some(PageMetadata { is_dict: true, .. })) {
            return Ok(None);
        }
        match self.pages.get_next_page().map_err(|error| of_parquet(&error))? {
            Some(Page::DictionaryPage { buf, num_values, .. }) => Ok(Some((buf, num_values as usize))),
            _ => Err(broken("of a dictionary is none")),
        }
    }

    /// The values of the page that is read or, when it is used up, of the next, and how many are left of it, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Result<(&mut Values, usize)> {
        while self.left == 0 {
            let page = self.pages.get_next_page().map_err(|error| of_parquet(&error))?;
            if page.as_ref().is_some_and(|page| page.num_values() == 0) {
                continue;
            }
            let (buffer, count, encoding, levels_from, levels_to) = match page {
                Some(Page::DataPage { buf, num_values, encoding, .. }) => {
                    let length = |bytes: &[u8]| Some(u32::from_le_bytes(*bytes.first_chunk()?) as usize);
                    let to = if self.levels {
                        length(&buf).and_then(|length| length.checked_add(4))
                    } else {
                        Some(0)
                    };
                    let to = to.ok_or_else(|| broken("ends in its levels"))?;
                    (buf, num_values, encoding, to.min(4), to)
                }
                Some(Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    ..
                }) => {
                    let from = rep_levels_byte_len as usize;
                    (buf, num_values, encoding, from, from.saturating_add(def_levels_byte_len as usize))
                }
                Some(Page::DictionaryPage { .. }) => return Err(broken("of a second dictionary comes late")),
                None => return Err(broken("is missing: there are fewer values than the header claims")),
            };
            self.left = count as usize;
            if levels_from > levels_to || levels_to > buffer.len() {
                return Err(broken("ends in its levels"));
            }
            if self.levels {
                all_present(buffer.slice(levels_from..levels_to), self.left)?;
            }
            let values = buffer.slice(levels_to..);
            self.values = match encoding {
                Encoding::PLAIN => Values::Plain(values),
                Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                    let width = values.first().map(|width| usize::from(*width));
                    let keys = width.and_then(|width| Hybrid::new(values.slice(1..), width));
                    Values::Keys(keys.ok_or_else(|| broken("has keys of no width"))?)
                }
                other => {
                    return Err(broken(&format!("is encoded as {other}, which the header does not say")));
                }
            };
        }
        let count = self.left.min(most);
        self.left -= count;
        Ok((&mut self.values, count))
    }
}

/// An error where a level says that a value is absent.
fn all_present(levels: Bytes, count: usize) -> Result<()> {
    let mut present = true;
    let read = Hybrid::new(levels, 1).and_then(|mut levels| {
        levels.each(count, |part| match part {
            Part::Repeated { value, .. } => present &= value == 1,
            Part::Unlike(levels) => present &= levels.iter().all(|level| *level == 1),
        })
    });
    match read {
        Some(()) if present => Ok(()),
        Some(()) => Err(broken("has nulls, of which the header says that there are none")),
        None => Err(broken("ends in its levels")),
    }
}
