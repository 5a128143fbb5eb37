//! The values of a column chunk: numbers, and text as runs of the same.

use super::hybrid::Part;
use super::page::{Pages, Values, broken};
use crate::column::Meters;
use crate::error::Result;
use bytes::{Buf, Bytes};
use std::ops::Range;

/// A number as Parquet lays it down, least byte first.
pub(super) trait Number: Copy + Default + PartialEq {
    fn take(bytes: &mut Bytes, count: usize, out: &mut Vec<Self>) -> Option<()>;
}

macro_rules! number {
    ($($kind:ty)*) => {$(
        impl Number for $kind {
            fn take(bytes: &mut Bytes, count: usize, out: &mut Vec<Self>) -> Option<()> {
                let length = count.checked_mul(size_of::<Self>())?;
                let (values, _) = bytes.get(..length)?.as_chunks();
                out.extend(values.iter().map(|value| Self::from_le_bytes(*value)));
                bytes.advance(length);
                Some(())
            }
        }
    )*};
}
number!(i32 i64 f64);

/// A column of numbers.
pub(super) struct Numbers<T> {
    pages: Pages,
    dictionary: Dictionary<T>,
    values: Vec<T>,
}

impl<T: Number> Numbers<T> {
    pub(super) fn open(mut pages: Pages) -> Result<Self> {
        let mut dictionary = Dictionary { words: Vec::new(), count: 0 };
        if let Some((mut bytes, count)) = pages.dictionary()? {
            let taken = T::take(&mut bytes, count, &mut dictionary.words);
            taken.ok_or_else(|| broken("of a dictionary ends too soon"))?;
            dictionary.count = count;
        }
        dictionary.words.resize(dictionary.count.next_power_of_two(), T::default());
        Ok(Self { pages, dictionary, values: Vec::new() })
    }

    /// An error where the chunk holds more than was read.
    pub(super) fn end(&mut self) -> Result<()> {
        self.pages.end()
    }

    /// The next so many values. Those that lie so in the dictionary are not copied: starts of slots, of the second meter on.
    pub(super) fn next(&mut self, count: usize) -> Result<&[T]> {
        let Self { pages, dictionary, values: out } = self;
        out.clear();
        // Where in the dictionary all values so far lie, as long as they do.
        let mut piece = Some(0..0);
        let mut beyond = false;
        let mut left = count;
        while left > 0 {
            let (values, taken) = pages.next(left)?;
            left -= taken;
            match values {
                Values::Plain(bytes) => {
                    dictionary.lay_out(piece.take(), out);
                    T::take(bytes, taken, out).ok_or_else(|| broken("ends in its values"))?;
                }
                Values::Keys(keys) => keys
                    .each(taken, |part| match part {
                        Part::Repeated { value, count } => {
                            dictionary.lay_out(piece.take(), out);
                            beyond |= dictionary.lacks(&[value]);
                            out.extend(std::iter::repeat_n(dictionary.word(value), count));
                        }
                        Part::Unlike(keys) => {
                            beyond |= dictionary.lacks(keys);
                            match piece.take().map(|piece| longer(piece, keys)) {
                                Some(Ok(longer)) => piece = Some(longer),
                                Some(Err(piece)) => {
                                    dictionary.lay_out(Some(piece), out);
                                    dictionary.look_up(keys, out);
                                }
                                None => dictionary.look_up(keys, out),
                            }
                        }
                    })
                    .ok_or_else(|| broken("ends in its keys"))?,
            }
        }
        if beyond {
            return Err(broken("has a key that is not in its dictionary"));
        }
        Ok(piece.and_then(|piece| dictionary.words.get(piece)).unwrap_or(out))
    }
}

/// The words of a dictionary, filled up to a power of two.
struct Dictionary<T> {
    words: Vec<T>,
    count: usize,
}

impl<T: Copy + Default> Dictionary<T> {
    /// Whether any key is of no word.
    fn lacks(&self, keys: &[u32]) -> bool {
        lacks(self.count, keys)
    }

    fn word(&self, key: u32) -> T {
        self.words.get(key as usize).copied().unwrap_or_default()
    }

    fn lay_out(&self, piece: Option<Range<usize>>, out: &mut Vec<T>) {
        out.extend_from_slice(piece.and_then(|piece| self.words.get(piece)).unwrap_or(&[]));
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a number and a mask is at most the mask, which is the last place"
    )]
    fn look_up(&self, keys: &[u32], out: &mut Vec<T>) {
        let words = self.words.as_slice();
        if words.is_empty() {
            return;
        }
        let last = words.len() - 1;
        out.extend(keys.iter().map(|key| words[*key as usize & last]));
    }
}

/// Whether any key is none of so many words.
fn lacks(words: usize, keys: &[u32]) -> bool {
    let Ok(words) = u32::try_from(words) else { return false };
    // No comparison that ends early: many at once.
    keys.iter().fold(false, |beyond, key| beyond | (*key >= words))
}

/// A piece of the dictionary and the keys after it, where they go on one after another from its end; an empty piece begins anywhere.
/// Else the piece as it was.
fn longer(piece: Range<usize>, keys: &[u32]) -> Result<Range<usize>, Range<usize>> {
    const STRIDE: usize = 56;
    let Some(first) = keys.first() else { return Ok(piece) };
    let start = *first as usize;
    if piece.start < piece.end && start != piece.end {
        return Err(piece);
    }
    let (blocks, rest) = keys.as_chunks::<STRIDE>();
    let mut wanted = *first;
    for block in blocks {
        let mut unlike = 0;
        for (place, key) in block.iter().enumerate() {
            unlike |= key ^ wanted.wrapping_add(place as u32);
        }
        if unlike != 0 {
            return Err(piece);
        }
        wanted = wanted.wrapping_add(STRIDE as u32);
    }
    if rest.iter().zip(0..).any(|(key, place)| *key != wanted.wrapping_add(place)) {
        return Err(piece);
    }
    let from = if piece.start < piece.end { piece.start } else { start };
    Ok(from..start + keys.len())
}

/// A column of text, as runs of the same.
pub(super) struct Texts {
    pages: Pages,
    /// The dictionary, then texts that were met outside it.
    words: Vec<Box<str>>,
    keys: Vec<u32>,
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn open(mut pages: Pages) -> Result<Self> {
        let mut words = Vec::new();
        if let Some((mut bytes, count)) = pages.dictionary()? {
            for _ in 0..count {
                words.push(text(take_text(&mut bytes)?.as_ref())?);
            }
        }
        Ok(Self { pages, words, keys: Vec::new(), ends: Vec::new() })
    }

    /// An error where the chunk holds more than was read.
    pub(super) fn end(&mut self) -> Result<()> {
        self.pages.end()
    }

    /// The next so many values: keys of the words of each run, and where it ends.
    pub(super) fn next(&mut self, count: usize) -> Result<Meters<'_>> {
        self.keys.clear();
        self.ends.clear();
        let mut end = 0;
        while end < count {
            let (values, taken) = self.pages.next(count - end)?;
            let (keys, ends) = (&mut self.keys, &mut self.ends);
            let mut add = |key: u32, count: usize| {
                end += count;
                match ends.last_mut().filter(|_| keys.last() == Some(&key)) {
                    Some(last) => *last = end,
                    None => {
                        keys.push(key);
                        ends.push(end);
                    }
                }
            };
            match values {
                Values::Plain(bytes) => {
                    let mut known: Option<u32> = None;
                    for _ in 0..taken {
                        let value = take_text(bytes)?;
                        let same = known.filter(|key| {
                            self.words
                                .get(*key as usize)
                                .is_some_and(|word| word.as_bytes() == value.as_ref())
                        });
                        let key = match same {
                            Some(key) => key,
                            None => {
                                self.words.push(text(&value)?);
                                u32::try_from(self.words.len() - 1)
                                    .map_err(|_| broken("has too many texts"))?
                            }
                        };
                        known = Some(key);
                        add(key, 1);
                    }
                }
                Values::Keys(numbers) => {
                    numbers
                        .each(taken, |part| match part {
                            Part::Repeated { value, count } => add(value, count),
                            Part::Unlike(numbers) => numbers.iter().for_each(|key| add(*key, 1)),
                        })
                        .ok_or_else(|| broken("ends in its keys"))?;
                }
            }
        }
        if lacks(self.words.len(), &self.keys) {
            return Err(broken("has a key that is not in its dictionary"));
        }
        Ok(Meters::Runs { keys: &self.keys, ends: &self.ends, words: &self.words })
    }
}

fn take_text(bytes: &mut Bytes) -> Result<Bytes> {
    let length = bytes.first_chunk().map(|length| u32::from_le_bytes(*length) as usize);
    let whole = length.filter(|length| length.checked_add(4).is_some_and(|length| length <= bytes.len()));
    let length = whole.ok_or_else(|| broken("ends in a text"))?;
    bytes.advance(4);
    Ok(bytes.split_to(length))
}

fn text(bytes: &[u8]) -> Result<Box<str>> {
    let text = std::str::from_utf8(bytes).map_err(|_| broken("has text that is no UTF-8"))?;
    Ok(text.into())
}
