//! Parquet's mixture of repeated and bit-packed whole numbers ("RLE/bit-packing hybrid" of the Parquet format): keys of a dictionary,
//! and levels.

use bytes::Bytes;
use std::ops::Range;

/// Numbers of one width on their way out of their bytes.
#[derive(Debug)]
pub(super) struct Hybrid {
    bytes: Bytes,
    width: usize,
    /// The first byte of the next run.
    next: usize,
    run: Run,
    unpacked: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Repeated {
        value: u32,
        left: usize,
    },
    /// From a byte on, of which some numbers were taken.
    Packed {
        from: usize,
        taken: usize,
        left: usize,
    },
}

/// Numbers that lie together.
pub(super) enum Part<'a> {
    Repeated { value: u32, count: usize },
    Unlike(&'a [u32]),
}

/// Numbers that are packed into whole bytes.
const GROUP: usize = 8;

/// Bytes that are looked at to unpack a group, whatever its width.
const WINDOW: usize = 40;

/// Widths go up to this.
const MOST_BITS: usize = 32;

impl Hybrid {
    /// `None` for a width that no key has.
    pub(super) fn new(bytes: Bytes, width: usize) -> Option<Self> {
        let run = Run::Repeated { value: 0, left: 0 };
        (width <= MOST_BITS).then(|| Self { bytes, width, next: 0, run, unpacked: Vec::new() })
    }

    /// Hands over the next so many numbers. `None` where the bytes end before.
    pub(super) fn each(&mut self, mut count: usize, mut each: impl FnMut(Part<'_>)) -> Option<()> {
        while count > 0 {
            match self.run {
                Run::Repeated { left: 0, .. } | Run::Packed { left: 0, .. } => self.begin_run()?,
                Run::Repeated { value, left } => {
                    let taken = left.min(count);
                    each(Part::Repeated { value, count: taken });
                    self.run = Run::Repeated { value, left: left - taken };
                    count -= taken;
                }
                Run::Packed { from, taken, left } => {
                    let now = left.min(count);
                    let numbers = self.unpack(from, taken..taken + now)?;
                    each(Part::Unlike(self.unpacked.get(numbers)?));
                    self.run = Run::Packed { from, taken: taken + now, left: left - now };
                    count -= now;
                }
            }
        }
        Some(())
    }

    /// Whether no byte is left after what was handed over.
    pub(super) const fn is_used_up(&self) -> bool {
        self.next == self.bytes.len()
    }

    fn begin_run(&mut self) -> Option<()> {
        let header = self.varint()?;
        let count = usize::try_from(header >> 1).ok()?;
        if header & 1 == 1 {
            let (from, left) = (self.next, count.checked_mul(GROUP)?);
            // The last group may be cut short after its last number.
            self.next = from.checked_add(count.checked_mul(self.width)?)?.min(self.bytes.len());
            self.run = Run::Packed { from, taken: 0, left };
        } else {
            let length = self.width.div_ceil(8);
            let mut value = [0; 4];
            value.get_mut(..length)?.copy_from_slice(self.bytes.get(self.next..self.next + length)?);
            self.next += length;
            self.run = Run::Repeated { value: u32::from_le_bytes(value), left: count };
        }
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = *self.bytes.get(self.next)?;
            self.next += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// Unpacks numbers of a run that begins at a byte; says where they are among the unpacked.
    fn unpack(&mut self, from: usize, numbers: Range<usize>) -> Option<Range<usize>> {
        let first = numbers.start / GROUP;
        let groups = numbers.end.div_ceil(GROUP) - first;
        let bytes = self.bytes.get(from..self.next)?;
        if bytes.len() * 8 < numbers.end * self.width {
            return None;
        }
        let bytes = bytes.get(first * self.width..)?;
        self.unpacked.resize(groups * GROUP, 0);
        unpack_groups(self.width, bytes, &mut self.unpacked);
        let skipped = numbers.start - first * GROUP;
        Some(skipped..skipped + numbers.len())
    }
}

/// Unpacks whole groups; what lies beyond the bytes is zero.
fn unpack_groups(width: usize, bytes: &[u8], out: &mut [u32]) {
    macro_rules! by_width {
        ($($bits:literal)*) => {
            match width {
                $($bits => unpack_width::<$bits>(bytes, out),)*
                _ => out.fill(0),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

fn unpack_width<const WIDTH: usize>(bytes: &[u8], out: &mut [u32]) {
    let (groups, _) = out.as_chunks_mut::<GROUP>();
    for (place, group) in groups.iter_mut().enumerate() {
        let rest = bytes.get(place * WIDTH..).unwrap_or(&[]);
        match rest.first_chunk::<WINDOW>() {
            Some(window) => unpack_group::<WIDTH>(window, group),
            None => {
                let mut window = [0; WINDOW];
                window.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
                unpack_group::<WIDTH>(&window, group);
            }
        }
    }
}

/// A number is at most 32 bits and begins at most 7 bits into its first byte, so eight bytes hold it.
#[expect(
    clippy::indexing_slicing,
    reason = "the last number begins at 7 * 32 / 8 = 28 bytes, and 28 + 8 < 40"
)]
#[inline(always)]
fn unpack_group<const WIDTH: usize>(window: &[u8; WINDOW], group: &mut [u32; GROUP]) {
    let mask = (1_u64 << WIDTH) - 1;
    for (place, number) in group.iter_mut().enumerate() {
        let (byte, shift) = (place * WIDTH / 8, place * WIDTH % 8);
        let mut word = [0; 8];
        word.copy_from_slice(&window[byte..byte + 8]);
        *number = (u64::from_le_bytes(word) >> shift & mask) as u32;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]
mod tests {
    use super::*;

    fn numbers(hybrid: &mut Hybrid, count: usize) -> Option<Vec<u32>> {
        let mut out = Vec::new();
        hybrid.each(count, |part| match part {
            Part::Repeated { value, count } => out.extend(std::iter::repeat_n(value, count)),
            Part::Unlike(numbers) => out.extend_from_slice(numbers),
        })?;
        Some(out)
    }

    /// Bits one after another, least first, as the format's document draws them.
    fn packed(width: usize, numbers: &[u32]) -> Vec<u8> {
        let groups = numbers.len().div_ceil(GROUP);
        let mut bytes = vec![0_u8; groups * width];
        for (place, number) in numbers.iter().enumerate() {
            for bit in 0..width {
                let at = place * width + bit;
                bytes[at / 8] |= ((number >> bit & 1) as u8) << (at % 8);
            }
        }
        let header = (groups as u64) << 1 | 1;
        let mut out = Vec::new();
        let mut rest = header;
        while rest >= 0x80 {
            out.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
        out.extend(bytes);
        out
    }

    /// The example of the format: 0 to 7 in three bits are 10001000 11000110 11111010.
    #[test]
    fn the_example_of_the_format_is_unpacked() {
        let bytes = [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut hybrid = Hybrid::new(Bytes::copy_from_slice(&bytes), 3).unwrap();
        assert_eq!(numbers(&mut hybrid, 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(numbers(&mut hybrid, 1), None);
    }

    #[test]
    fn every_width_and_split_gives_the_numbers_back() {
        for width in 1..=32 {
            let most = ((1_u64 << width) - 1) as u32;
            let wanted: Vec<u32> = (0..131_u32).map(|n| n.wrapping_mul(2_654_435_761) & most).collect();
            let mut bytes = packed(width, &wanted);
            // Ten times one value after them.
            bytes.push(10 << 1);
            bytes.extend(&most.to_le_bytes()[..width.div_ceil(8)]);
            for step in [1, 7, 8, 20, 131] {
                let mut hybrid = Hybrid::new(Bytes::from(bytes.clone()), width).unwrap();
                let mut found = Vec::new();
                while found.len() < 131 {
                    found.extend(numbers(&mut hybrid, step.min(131 - found.len())).unwrap());
                }
                assert_eq!(found, wanted, "{width} {step}");
                // What fills up the last group.
                assert_eq!(numbers(&mut hybrid, 5).unwrap(), [0; 5]);
                assert_eq!(numbers(&mut hybrid, 10).unwrap(), [most; 10]);
                assert_eq!(numbers(&mut hybrid, 1), None);
            }
        }
    }

    #[test]
    fn bytes_that_end_too_soon_are_refused() {
        for bytes in [&[][..], &[0x80], &[0b11, 1, 2], &[0xff; 12], &[4]] {
            let mut hybrid = Hybrid::new(Bytes::copy_from_slice(bytes), 9).unwrap();
            assert_eq!(numbers(&mut hybrid, 8), None, "{bytes:?}");
        }
        // A last group without the bytes that nothing is in.
        let mut hybrid = Hybrid::new(Bytes::copy_from_slice(&[0b11, 0xff, 0x01]), 9).unwrap();
        assert_eq!(numbers(&mut hybrid, 1).unwrap(), [511]);
        assert!(Hybrid::new(Bytes::new(), 33).is_none());
        // No bits: every number is zero.
        let mut none = Hybrid::new(Bytes::copy_from_slice(&[0b11]), 0).unwrap();
        assert_eq!(numbers(&mut none, 8).unwrap(), [0; 8]);
    }
}
