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
        for (at, word) in self.words.iter().enumerate().take(last + 1).skip(first) {
            let mut word = *word;
            if at == first {
                word &= u64::MAX << (start % 64);
            }
            if at == last {
                word &= u64::MAX >> (63 - (end - 1) % 64);
            }
            count += word.count_ones() as usize;
        }
        count
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
