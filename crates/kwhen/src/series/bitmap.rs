//! Which places of a dense column hold a value.

/// A run of bits with a cached count of those that are set.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    len: usize,
    set: usize,
}

impl Bitmap {
    pub(crate) fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len, set: 0 }
    }

    pub(crate) fn full(len: usize) -> Self {
        let mut bitmap = Self { words: vec![u64::MAX; len.div_ceil(64)], len, set: len };
        if let Some(last) = bitmap.words.last_mut()
            && !len.is_multiple_of(64)
        {
            *last = (1 << (len % 64)) - 1;
        }
        bitmap
    }

    /// One bit for each flag.
    pub(crate) fn from_flags(flags: impl ExactSizeIterator<Item = bool>) -> Self {
        let mut bitmap = Self::new(flags.len());
        for (index, _) in flags.enumerate().filter(|(_, flag)| *flag) {
            bitmap.set(index);
        }
        bitmap
    }

    /// How many are set in all.
    pub(crate) const fn count(&self) -> usize {
        self.set
    }

    pub(crate) fn get(&self, index: usize) -> bool {
        index < self.len && self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Sets one; whether it was unset before. Nothing happens beyond the end.
    pub(crate) fn set(&mut self, index: usize) -> bool {
        if index >= self.len || self.get(index) {
            return false;
        }
        if let Some(word) = self.words.get_mut(index / 64) {
            *word |= 1 << (index % 64);
            self.set += 1;
        }
        true
    }

    /// How many are set in a range.
    pub(crate) fn count_in(&self, range: std::ops::Range<usize>) -> usize {
        let (start, end) = (range.start.min(self.len), range.end.min(self.len));
        if start >= end {
            return 0;
        }
        if self.set == self.len {
            return end - start;
        }
        let (first, last) = (start / 64, (end - 1) / 64);
        let mut count = 0;
        for (at, word) in self.words.get(first..=last).unwrap_or(&[]).iter().enumerate() {
            count += (word & mask_of(first + at, start, end)).count_ones() as usize;
        }
        count
    }

    /// Sets a range, a word at a time, cut to what there is. How many of it were set before, and the first of those.
    pub(crate) fn set_range(&mut self, range: std::ops::Range<usize>) -> (usize, Option<usize>) {
        let (start, end) = (range.start.min(self.len), range.end.min(self.len));
        if start >= end {
            return (0, None);
        }
        let (first, last) = (start / 64, (end - 1) / 64);
        let (mut repeated, mut first_repeated) = (0, None);
        for (at, word) in self.words.get_mut(first..=last).unwrap_or(&mut []).iter_mut().enumerate() {
            let mask = mask_of(first + at, start, end);
            let already = *word & mask;
            if already != 0 {
                repeated += already.count_ones() as usize;
                first_repeated.get_or_insert((first + at) * 64 + already.trailing_zeros() as usize);
            }
            *word |= mask;
        }
        self.set += end - start - repeated;
        (repeated, first_repeated)
    }

    /// Sets what another of the same length has set. How many were set in both, and the first of those.
    pub(crate) fn join(&mut self, other: &Self) -> (usize, Option<usize>) {
        let (mut repeated, mut first_repeated) = (0, None);
        for (at, (word, theirs)) in self.words.iter_mut().zip(&other.words).enumerate() {
            let already = *word & theirs;
            if already != 0 {
                repeated += already.count_ones() as usize;
                first_repeated.get_or_insert(at * 64 + already.trailing_zeros() as usize);
            }
            *word |= theirs;
        }
        self.set += other.set - repeated;
        (repeated, first_repeated)
    }

    /// Makes it one of so many bits, none of them set, in the memory that it has.
    pub(crate) fn reset(&mut self, len: usize) {
        self.words.clear();
        self.words.resize(len.div_ceil(64), 0);
        (self.len, self.set) = (len, 0);
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// From as many words as the length needs; `None` where a bit beyond it is set.
    pub(crate) fn from_words(len: usize, words: Vec<u64>) -> Option<Self> {
        let beyond = words.last().is_some_and(|last| !len.is_multiple_of(64) && last >> (len % 64) != 0);
        if words.len() != len.div_ceil(64) || beyond {
            return None;
        }
        let set = words.iter().map(|word| word.count_ones() as usize).sum();
        Some(Self { words, len, set })
    }

    /// The stretches of a range in which none is set, in order.
    pub(crate) fn gaps_in(&self, range: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
        let mut gaps: Vec<std::ops::Range<usize>> = Vec::new();
        if self.count_in(range.clone()) == range.len() {
            return gaps;
        }
        for index in range.filter(|index| !self.get(*index)) {
            match gaps.last_mut() {
                Some(gap) if gap.end == index => gap.end += 1,
                _ => gaps.push(index..index + 1),
            }
        }
        gaps
    }
}

/// The bits of the word at a place that lie in a range.
const fn mask_of(word: usize, start: usize, end: usize) -> u64 {
    let mut mask = u64::MAX;
    if word == start / 64 {
        mask &= u64::MAX << (start % 64);
    }
    if word == (end - 1) / 64 {
        mask &= u64::MAX >> (63 - (end - 1) % 64);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_list_of_booleans(bits in prop::collection::vec(any::<bool>(), 0..300), a in 0_usize..320, b in 0_usize..320) {
            let mut bitmap = Bitmap::from_flags(bits.iter().copied());
            for (index, bit) in bits.iter().enumerate() {
                prop_assert_eq!(bitmap.get(index), *bit);
                prop_assert!(!bit || !bitmap.set(index), "setting a bit again changes nothing");
            }
            prop_assert_eq!(bitmap.count(), bits.iter().filter(|bit| **bit).count());
            let range = a.min(b).min(bits.len())..a.max(b).min(bits.len());
            prop_assert_eq!(bitmap.count_in(range.clone()), bits[range.clone()].iter().filter(|bit| **bit).count());
            let gaps = bitmap.gaps_in(range.clone());
            let mut with_range = bitmap.clone();
            let already: Vec<usize> = range.clone().filter(|index| bits[*index]).collect();
            prop_assert_eq!(with_range.set_range(range.clone()), (already.len(), already.first().copied()));
            let mut by_range = Bitmap::new(bits.len());
            by_range.set_range(range.clone());
            let mut joined = bitmap.clone();
            prop_assert_eq!(joined.join(&by_range), (already.len(), already.first().copied()));
            prop_assert!(joined == with_range);
            prop_assert_eq!(joined.count(), (0..bits.len()).filter(|index| joined.get(*index)).count());
            prop_assert!(Bitmap::from_words(bits.len(), joined.words().to_vec()).is_some_and(|same| same == joined));
            let in_gaps: Vec<usize> = gaps.iter().cloned().flatten().collect();
            prop_assert_eq!(in_gaps, range.filter(|index| !bits[*index]).collect::<Vec<_>>());
            prop_assert!(gaps.windows(2).all(|pair| pair[0].end < pair[1].start));
        }

        #[test]
        fn full_is_full(len in 0_usize..300) {
            let bitmap = Bitmap::full(len);
            prop_assert_eq!(bitmap.count_in(0..len), len);
            prop_assert!(!bitmap.get(len));
            let mut one_by_one = Bitmap::new(len);
            (0..len).for_each(|index| { one_by_one.set(index); });
            prop_assert!(bitmap == one_by_one);
        }
    }
}
