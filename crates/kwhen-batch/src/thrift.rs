//! Thrift's compact protocol, as far as it is needed to look at what the footer and the page headers of a Parquet file claim before a
//! reader believes it: fields, each a byte of its number (counted from the field before) and type, then its value.

/// Structs, lists and maps in each other: deeper than any footer is.
const DEEPEST: u32 = 64;

/// What a field or the elements of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In a field: its type is its value.
    Flag,
    Byte,
    Integer,
    Double,
    Binary,
    List,
    Map,
    Struct,
    Uuid,
}

impl Kind {
    const fn of(code: u8) -> Option<Self> {
        Some(match code & 0xf {
            1 | 2 => Self::Flag,
            3 => Self::Byte,
            4..=6 => Self::Integer,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return None,
        })
    }
}

/// A place in bytes of the protocol. `None` of anything: they end, or are none.
#[derive(Debug)]
pub(crate) struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Compact<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were passed.
    pub(crate) const fn place(&self) -> usize {
        self.at
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Passes over so many bytes.
    pub(crate) fn pass(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|end| *end <= self.bytes.len())?;
        Some(())
    }

    /// A number without a sign.
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A whole number.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The number and type of the next field of a struct, after the field of a number; `Some(None)` where the struct ends.
    pub(crate) fn field(&mut self, before: i64) -> Option<Option<(i64, Kind)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let number = match head >> 4 {
            0 => self.integer()?,
            step => before.checked_add(i64::from(step))?,
        };
        Some(Some((number, Kind::of(head)?)))
    }

    /// How many elements a list has, and of what: no more than there are bytes left, for each takes one at least.
    pub(crate) fn list(&mut self) -> Option<(usize, Kind)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).ok()?,
            count => usize::from(count),
        };
        // Of no elements the type says nothing: fastparquet writes none.
        let kind = if count == 0 { Kind::Flag } else { Kind::of(head)? };
        (count <= self.bytes.len().checked_sub(self.at)?).then_some((count, kind))
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self, kind: Kind) -> Option<()> {
        self.skip_within(kind, DEEPEST)
    }

    fn skip_within(&mut self, kind: Kind, depth: u32) -> Option<()> {
        let below = depth.checked_sub(1)?;
        // In a list a flag is a byte.
        let element = |fields: &mut Self, kind| match kind {
            Kind::Flag => fields.pass(1),
            kind => fields.skip_within(kind, below),
        };
        match kind {
            Kind::Flag => {}
            Kind::Byte => self.pass(1)?,
            Kind::Integer => drop(self.varint()?),
            Kind::Double => self.pass(8)?,
            Kind::Uuid => self.pass(16)?,
            Kind::Binary => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.pass(length)?;
            }
            Kind::Struct => {
                while let Some((_, kind)) = self.field(0)? {
                    self.skip_within(kind, below)?;
                }
            }
            Kind::List => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    element(self, kind)?;
                }
            }
            Kind::Map => {
                let count = self.varint()?;
                if count > 0 {
                    let kinds = self.byte()?;
                    let (key, value) = (Kind::of(kinds >> 4)?, Kind::of(kinds)?);
                    for _ in 0..count {
                        element(self, key)?;
                        element(self, value)?;
                    }
                }
            }
        }
        Some(())
    }

    /// The whole numbers of a struct by their fields, to its end; what else is in it is passed over.
    pub(crate) fn integers<const N: usize>(&mut self, wanted: [i64; N]) -> Option<[Option<i64>; N]> {
        let mut found = [None; N];
        let mut before = 0;
        while let Some((number, kind)) = self.field(before)? {
            let place = wanted.iter().position(|wanted| *wanted == number);
            match place.and_then(|place| found.get_mut(place)) {
                Some(found) if kind == Kind::Integer => *found = Some(self.integer()?),
                _ => self.skip(kind)?,
            }
            before = number;
        }
        Some(found)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn the_whole_numbers_of_a_struct_are_found_among_all_kinds() {
        // 1: -2; 2: a flag; 3: text; 4: a list of three flags; 5: a struct; 6: a map; 9: 300; the end.
        let bytes = [
            0x15, 3, 0x11, 0x18, 2, b'a', b'b', 0x19, 0x31, 1, 2, 1, 0x1c, 0x15, 8, 0, 0x1b, 1, 0x58, 2, 1,
            b'x', 0x35, 0xd8, 0x04, 0,
        ];
        let mut fields = Compact::new(&bytes);
        assert_eq!(fields.integers([9, 1, 5]).unwrap(), [Some(300), Some(-2), None]);
        assert_eq!(fields.place(), bytes.len());
        // Cut anywhere it is no struct.
        for end in 0..bytes.len() {
            assert_eq!(Compact::new(bytes.get(..end).unwrap()).integers([1]), None, "{end}");
        }
    }

    #[test]
    fn a_list_that_claims_more_than_the_bytes_hold_is_none() {
        assert_eq!(Compact::new(&[0xf5, 3, 0, 0, 0]).list(), Some((3, Kind::Integer)));
        assert_eq!(Compact::new(&[0xf5, 4, 0, 0, 0]).list(), None);
        assert_eq!(Compact::new(&[0x00]).list(), Some((0, Kind::Flag)));
        assert_eq!(Compact::new(&[0x10, 0]).list(), None);
        let nested = [0x1c; 100];
        assert_eq!(Compact::new(&nested).skip(Kind::Struct), None);
    }
}
