//! Sums from the beginning of a column, kept at every so many places: the sum of a stretch is then a difference, and an amount is looked
//! for without adding up what lies before it.

use super::lanes::{self, MARK};
use std::ops::Range;

/// Sums of the values before each [`MARK`]th place, in values of the lane. None where one does not fit 64 bits: the values are then
/// added up each time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(Vec<i64>);

impl Marks {
    /// Of values of 16 bits. No column is so long that their sum overflows.
    pub(crate) fn of_narrow(values: &[i16]) -> Self {
        let mut sums = vec![0; values.len() / MARK + 1];
        lanes::block_sums(values, sums.get_mut(1..).unwrap_or_default());
        let mut sum = 0_i64;
        for mark in &mut sums {
            sum = sum.wrapping_add(*mark);
            *mark = sum;
        }
        Self(sums)
    }

    /// Of wider values.
    pub(crate) fn of<V: Copy + Into<i64>>(values: &[V]) -> Self {
        let mut sums = Vec::with_capacity(values.len() / MARK + 1);
        let mut sum = 0_i64;
        sums.push(sum);
        for block in values.chunks_exact(MARK) {
            for value in block {
                let Some(more) = sum.checked_add((*value).into()) else { return Self::default() };
                sum = more;
            }
            sums.push(sum);
        }
        Self(sums)
    }

    /// What the whole blocks within a range sum to, and the places that these blocks cover. `None` where there are none, or no marks.
    pub(crate) fn blocks_in(&self, range: &Range<usize>) -> Option<(i64, Range<usize>)> {
        let (first, last) = (range.start.div_ceil(MARK), range.end / MARK);
        if first >= last {
            return None;
        }
        let sum = self.0.get(last)?.checked_sub(*self.0.get(first)?)?;
        Some((sum, first * MARK..last * MARK))
    }

    /// The last mark within a range of places up to which, from the range's first mark on, the values sum to less than an amount above 0:
    /// its place, and that sum. Of values of which none is below zero. `None` where there is no mark in the range, or none is kept.
    pub(crate) fn last_below(&self, range: &Range<usize>, amount: i64) -> Option<(usize, i64)> {
        let (first, last) = (range.start.div_ceil(MARK), range.end / MARK);
        let marks = self.0.get(first..last + 1)?;
        let base = *marks.first()?;
        let wanted = base.saturating_add(amount);
        let place = marks.partition_point(|mark| *mark < wanted).checked_sub(1)?;
        Some(((first + place) * MARK, *marks.get(place)? - base))
    }
}
