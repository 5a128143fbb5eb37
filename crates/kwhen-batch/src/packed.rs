//! Words of states with few readings in little room: what engines send between processes.

/// Words that one mask tells about.
const BLOCK: usize = 64;

/// The words without those that are zero: their number, and for each 64 a mask of those that are there, which follow it. The state of a
/// meter for a year after one reading is a tenth of its words; a full one is longer by a sixty-fourth.
pub(crate) fn pack(words: &[i64], out: &mut Vec<i64>) {
    out.push(words.len() as i64);
    for block in words.chunks(BLOCK) {
        let bit = |(place, word): (usize, &i64)| u64::from(*word != 0) << place;
        let mask: u64 = block.iter().enumerate().map(bit).sum();
        out.push(mask as i64);
        out.extend(block.iter().filter(|word| **word != 0));
    }
}

/// From [`pack`]; `None` where it cannot be that.
pub(crate) fn unpack(packed: &[i64]) -> Option<Vec<i64>> {
    let (length, mut rest) = packed.split_first()?;
    let length = usize::try_from(*length).ok()?;
    // A mask for each block must be there, so nothing absurd is reserved.
    if length.div_ceil(BLOCK) > rest.len() {
        return None;
    }
    let mut words = Vec::with_capacity(length);
    while words.len() < length {
        let (mask, after) = rest.split_first()?;
        let mask = *mask as u64;
        let present = usize::try_from(mask.count_ones()).ok()?;
        let (block, after) = after.split_at_checked(present)?;
        let mut block = block.iter();
        for place in 0..BLOCK.min(length - words.len()) {
            words.push(if mask >> place & 1 == 1 { *block.next()? } else { 0 });
        }
        if block.next().is_some() {
            return None;
        }
        rest = after;
    }
    rest.is_empty().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for length in [0, 1, 63, 64, 65, 300] {
            for every in [1, 2, 7, 500] {
                let words: Vec<i64> =
                    (0..length).map(|n| if n % every == 0 { n - length } else { 0 }).collect();
                let mut packed = Vec::new();
                pack(&words, &mut packed);
                assert_eq!(unpack(&packed).unwrap(), words);
                assert!(packed.len() <= words.len() + words.len().div_ceil(64) + 1);
            }
        }
    }

    #[test]
    fn what_is_not_packed_words_is_refused() {
        for broken in [&[][..], &[-1], &[i64::MAX], &[1], &[2, 3, 5], &[1, 1, 5, 5], &[1, 2, 5], &[64, -1, 1]]
        {
            assert_eq!(unpack(broken), None, "{broken:?}");
        }
    }
}
