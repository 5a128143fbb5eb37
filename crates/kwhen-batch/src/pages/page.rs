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
    Error::of_pages(&error.to_string())
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

    /// An error where values are left when all that the file's header claims were read.
    pub(super) fn end(&mut self) -> Result<()> {
        let mut more = self.left > 0;
        while !more && let Some(page) = self.pages.get_next_page().map_err(|error| of_parquet(&error))? {
            more = page.num_values() > 0;
        }
        if more { Err(broken("holds more values than the header claims")) } else { Ok(()) }
    }

    /// The values of the page that is read or, when it is used up, of the next, and how many are left of it, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Result<(&mut Values, usize)> {
        while self.left == 0 {
            let page = self.pages.get_next_page().map_err(|error| of_parquet(&error))?;
            if page.as_ref().is_some_and(|page| page.num_values() == 0) {
                continue;
            }
            let exactly = matches!(page, Some(Page::DataPageV2 { .. }));
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
                    if from > 0 || (!self.levels && def_levels_byte_len > 0) {
                        return Err(broken("has levels, of which the header says that there are none"));
                    }
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
                all_present(buffer.slice(levels_from..levels_to), self.left, exactly)?;
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

/// An error where a level says that a value is absent, or where there are bytes after levels that are to be these bytes exactly: how many
/// they are may be said where no checksum sees it.
fn all_present(levels: Bytes, count: usize, exactly: bool) -> Result<()> {
    let mut present = true;
    let read = Hybrid::new(levels, 1).and_then(|mut levels| {
        levels.each(count, |part| match part {
            Part::Repeated { value, .. } => present &= value == 1,
            Part::Unlike(levels) => present &= levels.iter().all(|level| *level == 1),
        })?;
        (!exactly || levels.is_used_up()).then_some(())
    });
    match read {
        Some(()) if present => Ok(()),
        Some(()) => Err(broken("has nulls, of which the header says that there are none")),
        None => Err(broken("has levels of another length than it says")),
    }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::super::column::{Numbers, Texts};
    use super::*;
    use std::collections::VecDeque;

    struct Made(VecDeque<Page>);

    impl Iterator for Made {
        type Item = Result<Page, ParquetError>;

        fn next(&mut self) -> Option<Self::Item> {
            self.get_next_page().transpose()
        }
    }

    impl PageReader for Made {
        fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
            Ok(self.0.pop_front())
        }

        fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
            let is_dict = matches!(self.0.front(), Some(Page::DictionaryPage { .. }));
            Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict }))
        }

        fn skip_next_page(&mut self) -> Result<(), ParquetError> {
            Ok(())
        }
    }

    fn made(pages: Vec<Page>, levels: bool) -> Pages {
        Pages { pages: Box::new(Made(pages.into())), levels, left: 0, values: Values::Plain(Bytes::new()) }
    }

    fn words(words: &[i32]) -> Page {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let num_values = u32::try_from(words.len()).unwrap();
        Page::DictionaryPage { buf: bytes.into(), num_values, encoding: Encoding::PLAIN, is_sorted: false }
    }

    fn page(bytes: &[u8], num_values: u32, encoding: Encoding) -> Page {
        let levels = Encoding::RLE;
        Page::DataPage {
            buf: Bytes::copy_from_slice(bytes),
            num_values,
            encoding,
            def_level_encoding: levels,
            rep_level_encoding: levels,
            statistics: None,
        }
    }

    fn numbers(pages: Vec<Page>, levels: bool, count: usize) -> Result<Vec<i32>> {
        Ok(Numbers::<i32>::open(made(pages, levels))?.next(count)?.to_vec())
    }

    #[test]
    fn pages_that_are_not_what_they_say_are_refused() {
        let keys = Encoding::RLE_DICTIONARY;
        let said = |pages, levels, count| numbers(pages, levels, count).unwrap_err().to_string();
        // Two bits; four times one key.
        let repeated = |key| page(&[2, 4 << 1, key], 4, keys);
        assert_eq!(numbers(vec![words(&[7, 8, 9]), repeated(2)], false, 4).unwrap(), [9; 4]);
        assert!(said(vec![words(&[7, 8, 9]), repeated(3)], false, 4).contains("not in its dictionary"));
        // The keys 0, 1, 2, 3, packed: without the last bits that a group has.
        let packed = || page(&[2, 0b11, 0b1110_0100], 4, keys);
        assert_eq!(numbers(vec![words(&[5, 6, 7, 8]), packed()], false, 4).unwrap(), [5, 6, 7, 8]);
        assert!(said(vec![words(&[5, 6, 7]), packed()], false, 4).contains("not in its dictionary"));
        assert!(said(vec![page(&[1, 0, 0], 1, Encoding::PLAIN)], false, 1).contains("ends in its values"));
        assert!(said(vec![repeated(0)], false, 4).contains("not in its dictionary"));
        assert!(said(vec![words(&[7]), page(&[40, 8, 0], 4, keys)], false, 4).contains("no width"));
        assert!(said(vec![page(&[1, 0, 0, 0], 1, Encoding::PLAIN)], false, 2).contains("fewer values"));
        assert!(said(vec![page(&[0; 8], 1, Encoding::BYTE_STREAM_SPLIT)], false, 1).contains("header"));
    }

    #[test]
    fn levels_may_only_say_that_a_value_is_there() {
        let plain = |levels: &[u8]| {
            let mut bytes = u32::try_from(levels.len()).unwrap().to_le_bytes().to_vec();
            bytes.extend(levels);
            bytes.extend([1, 0, 0, 0, 2, 0, 0, 0]);
            numbers(vec![page(&bytes, 2, Encoding::PLAIN)], true, 2)
        };
        assert_eq!(plain(&[2 << 1, 1]).unwrap(), [1, 2]);
        assert_eq!(plain(&[0b11, 0b11]).unwrap(), [1, 2]);
        for absent in [[2 << 1, 0], [0b11, 0b01]] {
            assert!(plain(&absent).unwrap_err().to_string().contains("has nulls"));
        }
        assert!(plain(&[1 << 1, 1]).unwrap_err().to_string().contains("levels"));
        let beyond = page(&[200, 0, 0, 0, 4, 1], 2, Encoding::PLAIN);
        assert!(numbers(vec![beyond], true, 2).unwrap_err().to_string().contains("levels"));
    }

    #[test]
    fn pages_without_values_are_passed_over() {
        let empty = || page(&[], 0, Encoding::RLE_DICTIONARY);
        let one = |value| page(&[value, 0, 0, 0], 1, Encoding::PLAIN);
        assert_eq!(numbers(vec![empty(), one(3), empty(), one(4)], false, 2).unwrap(), [3, 4]);
    }

    #[test]
    fn text_that_is_none_is_refused() {
        for (bytes, what) in [(&[9, 0, 0, 0, b'x'][..], "ends in a text"), (&[1, 0, 0, 0, 0xff], "UTF-8")] {
            let mut texts = Texts::open(made(vec![page(bytes, 1, Encoding::PLAIN)], false)).unwrap();
            let Err(error) = texts.next(1).map(|_| ()) else { panic!("{what}") };
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}
