//! Dense integer columns, in the narrowest lane that the values allow.

use super::lanes::{self, BLOCK, LONG_BLOCK, LOW_BITS, MARK};
use super::marks::Marks;
use std::ops::Range;

/// Dense values that share a power of ten. Places without a value hold 0.
///
/// Half-hourly Wh and rates of four digits fit 16 bits, rates of up to nine digits 32. The lane is chosen from the values themselves,
/// so it never loses a digit; every lane gives the same sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    lane: Lane,
    /// What a lane value counts, in units of its quantity: a power of ten.
    step: i64,
    /// No lane value is further from zero.
    bound: u64,
    /// No [`BLOCK`] values in a row have magnitudes that sum to more.
    block_bound: u64,
    /// Whether any value is below zero.
    is_signed: bool,
    /// Sums of the lane's values.
    marks: Marks,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lane {
    Narrow(Vec<i16>),
    Compact(Vec<i32>),
    Wide(Vec<i64>),
}

/// The largest power of ten, up to 10^8, that divides all. Each is tried as a constant: dividing by those is multiplying.
fn common_step(units: &[i64]) -> i64 {
    fn divided<const STEP: i64>(units: &[i64]) -> usize {
        units.iter().position(|value| value % STEP != 0).unwrap_or(units.len())
    }
    type Divided = fn(&[i64]) -> usize;
    const STEPS: [(i64, Divided); 8] = [
        (100_000_000, divided::<100_000_000>),
        (10_000_000, divided::<10_000_000>),
        (1_000_000, divided::<1_000_000>),
        (100_000, divided::<100_000>),
        (10_000, divided::<10_000>),
        (1_000, divided::<1_000>),
        (100, divided::<100>),
        (10, divided::<10>),
    ];
    let mut left = units;
    for (step, divided) in STEPS {
        left = left.get(divided(left)..).unwrap_or(&[]);
        if left.is_empty() {
            return step;
        }
    }
    1
}

/// Values as counts of a step that divides them.
fn into_steps(units: &mut [i64], step: i64) {
    fn divide<const STEP: i64>(units: &mut [i64]) {
        units.iter_mut().for_each(|value| *value /= STEP);
    }
    match step {
        100_000_000 => divide::<100_000_000>(units),
        10_000_000 => divide::<10_000_000>(units),
        1_000_000 => divide::<1_000_000>(units),
        100_000 => divide::<100_000>(units),
        10_000 => divide::<10_000>(units),
        1_000 => divide::<1_000>(units),
        100 => divide::<100>(units),
        10 => divide::<10>(units),
        _ => {}
    }
}

impl Column {
    /// From values in units of the quantity.
    pub(crate) fn new(units: Vec<i64>) -> Self {
        let mut units = units;
        let step = common_step(&units);
        into_steps(&mut units, step);
        let is_signed = units.iter().fold(0, |signs, value| signs | value) < 0;
        let magnitudes = || units.iter().map(|value| value.unsigned_abs());
        let bound = magnitudes().max().unwrap_or(0);
        if bound <= i16::MAX.unsigned_abs().into() {
            let block_bound = largest_block(magnitudes());
            let values: Vec<i16> =
                units.iter().map(|value| i16::try_from(*value).unwrap_or_default()).collect();
            let marks = Marks::of_narrow(&values);
            return Self { lane: Lane::Narrow(values), step, bound, block_bound, is_signed, marks };
        }
        let block_bound = bound.saturating_mul(BLOCK as u64);
        if bound <= i32::MAX.unsigned_abs().into() {
            let values: Vec<i32> =
                units.iter().map(|value| i32::try_from(*value).unwrap_or_default()).collect();
            let marks = Marks::of(&values);
            return Self { lane: Lane::Compact(values), step, bound, block_bound, is_signed, marks };
        }
        units.iter_mut().for_each(|value| *value *= step);
        let bound = bound.saturating_mul(step.unsigned_abs());
        let block_bound = bound.saturating_mul(BLOCK as u64);
        let marks = Marks::of(&units);
        Self { lane: Lane::Wide(units), step: 1, bound, block_bound, is_signed, marks }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.lane {
            Lane::Narrow(values) => values.len(),
            Lane::Compact(values) => values.len(),
            Lane::Wide(values) => values.len(),
        }
    }

    /// The value at a place in units of its quantity; 0 beyond the end.
    pub(crate) fn units(&self, index: usize) -> i64 {
        let value = match &self.lane {
            Lane::Narrow(values) => values.get(index).map(|value| i64::from(*value)),
            Lane::Compact(values) => values.get(index).map(|value| i64::from(*value)),
            Lane::Wide(values) => values.get(index).copied(),
        };
        value.unwrap_or(0) * self.step
    }

    /// All values in units of the quantity, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.len()).map(|index| self.units(index))
    }

    /// The sum of a range, in units; of one that leaves the column, 0.
    pub(crate) fn sum(&self, range: Range<usize>) -> i128 {
        if range.end > self.len() {
            return 0;
        }
        let Some((sum, blocks)) = self.marks.blocks_in(&range) else { return self.view(range).sum() };
        let (head, tail) = (range.start..blocks.start, blocks.end..range.end);
        let ends = match &self.lane {
            Lane::Narrow(values) => {
                i128::from(few_narrow(part(values, head)) + few_narrow(part(values, tail)))
            }
            Lane::Compact(values) => {
                i128::from(few_compact(part(values, head)) + few_compact(part(values, tail)))
            }
            Lane::Wide(_) => self.view(head).sum() + self.view(tail).sum(),
        };
        (ends + i128::from(sum)) * i128::from(self.step)
    }

    /// The greatest of a range, in units; `None` if it is empty.
    pub(crate) fn max(&self, range: Range<usize>) -> Option<i64> {
        let greatest = match self.view(range).lane {
            LaneView::Narrow(values) => (!values.is_empty()).then(|| lanes::max(values).into()),
            LaneView::Compact(values) => values.iter().max().map(|value| i64::from(*value)),
            LaneView::Wide(values) => values.iter().max().copied(),
        };
        greatest.map(|value| value * self.step)
    }

    /// Whether any value is below zero.
    pub(crate) const fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// The first place of a range up to which, itself not counted, the values sum to at least so much, and that sum; the range's end
    /// and the sum of all where they do not. Of values of which none is below zero.
    pub(crate) fn reached(&self, range: Range<usize>, amount: i128) -> (usize, i128) {
        // In values of the lane: the least whole number of them that comes to the amount.
        let wanted = match i64::try_from(amount) {
            Ok(amount) => {
                i128::from(amount.div_euclid(self.step)) + i128::from(amount.rem_euclid(self.step) != 0)
            }
            Err(_) => {
                let step = i128::from(self.step);
                amount.div_euclid(step) + i128::from(amount.rem_euclid(step) != 0)
            }
        };
        let (count, sum) = match self.view(range.clone()).lane {
            LaneView::Narrow(values) => reached_in(values, &range, wanted, &self.marks, few_narrow),
            LaneView::Compact(values) => reached_in(values, &range, wanted, &self.marks, few_compact),
            LaneView::Wide(values) => reached_in_128(values, wanted),
        };
        (range.start + count, sum * i128::from(self.step))
    }

    /// The sum of products of two ranges of equal length, in products of units. Exact: a narrower sum only where the bounds prove
    /// that it holds, else 128 bits.
    pub(crate) fn dot(&self, range: Range<usize>, other: &Self, other_start: usize) -> i128 {
        let other_range = other_start..other_start + range.len();
        self.view(range).dot(&other.view(other_range))
    }

    /// The values of a range of places; none where the range leaves the column.
    pub(crate) fn view(&self, range: Range<usize>) -> ColumnView<'_> {
        let lane = match &self.lane {
            Lane::Narrow(values) => LaneView::Narrow(values.get(range).unwrap_or(&[])),
            Lane::Compact(values) => LaneView::Compact(values.get(range).unwrap_or(&[])),
            Lane::Wide(values) => LaneView::Wide(values.get(range).unwrap_or(&[])),
        };
        ColumnView { lane, step: self.step, bound: self.bound, block_bound: self.block_bound }
    }
}

/// Part of a column, or values that lie elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnView<'a> {
    lane: LaneView<'a>,
    step: i64,
    bound: u64,
    block_bound: u64,
}

/// The values themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LaneView<'a> {
    Narrow(&'a [i16]),
    Compact(&'a [i32]),
    Wide(&'a [i64]),
}

impl<'a> ColumnView<'a> {
    /// Values of 16 bits that count `step` units each, none further from zero than `bound`.
    pub(crate) fn narrow(values: &'a [i16], step: i64, bound: u64) -> Self {
        Self { lane: LaneView::Narrow(values), step, bound, block_bound: bound.saturating_mul(BLOCK as u64) }
    }

    /// Values of 32 bits that count `step` units each, none further from zero than `bound`.
    pub(crate) fn compact(values: &'a [i32], step: i64, bound: u64) -> Self {
        Self { lane: LaneView::Compact(values), step, bound, block_bound: bound.saturating_mul(BLOCK as u64) }
    }

    /// Values of 64 bits that count `step` units each.
    pub(crate) const fn wide(values: &'a [i64], step: i64) -> Self {
        Self { lane: LaneView::Wide(values), step, bound: u64::MAX, block_bound: u64::MAX }
    }

    pub(crate) const fn lane(&self) -> LaneView<'a> {
        self.lane
    }

    /// No value of the lane is further from zero.
    pub(crate) const fn bound(&self) -> u64 {
        self.bound
    }

    /// What a value counts, in units of its quantity.
    pub(crate) const fn step(&self) -> i64 {
        self.step
    }

    pub(crate) const fn len(&self) -> usize {
        match self.lane {
            LaneView::Narrow(values) => values.len(),
            LaneView::Compact(values) => values.len(),
            LaneView::Wide(values) => values.len(),
        }
    }

    /// The values of a range of places; none where the range leaves the view.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        let lane = match self.lane {
            LaneView::Narrow(values) => LaneView::Narrow(values.get(range).unwrap_or(&[])),
            LaneView::Compact(values) => LaneView::Compact(values.get(range).unwrap_or(&[])),
            LaneView::Wide(values) => LaneView::Wide(values.get(range).unwrap_or(&[])),
        };
        Self { lane, ..*self }
    }

    /// The sum of all, in units.
    pub(crate) fn sum(&self) -> i128 {
        let sum = match self.lane {
            LaneView::Narrow(values) => lanes::sum(values).into(),
            // No slice is so long that 32-bit values overflow a 64-bit sum.
            LaneView::Compact(values) => {
                values.iter().map(|value| i64::from(*value)).fold(0, i64::wrapping_add).into()
            }
            LaneView::Wide(values) => values.iter().map(|value| i128::from(*value)).sum::<i128>(),
        };
        sum.saturating_mul(self.step.into())
    }

    /// The sum of all and the sum of products, as [`sum`](Self::sum) and [`dot`](Self::dot) give them, in one pass where the bounds
    /// allow.
    pub(crate) fn sum_and_dot(&self, other: &ColumnView<'_>) -> (i128, i128) {
        match (self.lane, other.lane) {
            (LaneView::Narrow(a), LaneView::Narrow(b)) if self.fits_long_block(other.bound) => {
                let (sum, dot) = lanes::sum_and_dot(a, b);
                let steps = i128::from(self.step) * i128::from(other.step);
                (i128::from(sum).saturating_mul(self.step.into()), i128::from(dot).saturating_mul(steps))
            }
            _ => (self.sum(), self.dot(other)),
        }
    }

    const fn fits_long_block(&self, other_bound: u64) -> bool {
        const BLOCKS: u64 = (LONG_BLOCK / BLOCK) as u64;
        self.block_bound.saturating_mul(BLOCKS).saturating_mul(other_bound) <= i32::MAX as u64
    }

    /// The sum of products with values of equal number, in products of units.
    pub(crate) fn dot(&self, other: &ColumnView<'_>) -> i128 {
        let steps = i128::from(self.step) * i128::from(other.step);
        let fits_block = |other_bound: u64| self.block_bound.saturating_mul(other_bound) <= i32::MAX as u64;
        let fits_long_block = self.fits_long_block(other.bound);
        let product = self.bound.saturating_mul(other.bound).max(1);
        let safe = usize::try_from(i64::MAX as u64 / product).unwrap_or(usize::MAX);
        let sum = match (self.lane, other.lane) {
            (LaneView::Narrow(a), LaneView::Narrow(b)) if fits_long_block => lanes::long_dot(a, b).into(),
            (LaneView::Narrow(a), LaneView::Narrow(b)) if fits_block(other.bound) => lanes::dot(a, b).into(),
            (LaneView::Narrow(a), LaneView::Compact(b))
                if fits_block(1 << LOW_BITS) && other.bound < 1 << 30 =>
            {
                lanes::dot_split(a, b).into()
            }
            (LaneView::Narrow(a), LaneView::Narrow(b)) => dot_in_64(a, b, safe),
            (LaneView::Narrow(a), LaneView::Compact(b)) => dot_in_64(a, b, safe),
            (LaneView::Compact(a), LaneView::Narrow(b)) => dot_in_64(a, b, safe),
            (LaneView::Compact(a), LaneView::Compact(b)) => dot_in_64(a, b, safe),
            (LaneView::Narrow(a), LaneView::Wide(b)) => dot_in_128(a, b),
            (LaneView::Compact(a), LaneView::Wide(b)) => dot_in_128(a, b),
            (LaneView::Wide(a), LaneView::Narrow(b)) => dot_in_128(a, b),
            (LaneView::Wide(a), LaneView::Compact(b)) => dot_in_128(a, b),
            (LaneView::Wide(a), LaneView::Wide(b)) => dot_in_128(a, b),
        };
        sum.saturating_mul(steps)
    }
}

/// Products that fit 64 bits; no more than `safe` of them are summed in 64.
#[inline]
fn dot_in_64<A: Copy + Into<i64>, B: Copy + Into<i64>>(a: &[A], b: &[B], safe: usize) -> i128 {
    let blocks = a.chunks(safe.max(1)).zip(b.chunks(safe.max(1)));
    blocks
        .map(|(a, b)| {
            let products = a.iter().zip(b).map(|(a, b)| (*a).into().wrapping_mul((*b).into()));
            i128::from(products.fold(0, i64::wrapping_add))
        })
        .sum()
}

#[inline]
fn dot_in_128<A: Copy + Into<i64>, B: Copy + Into<i64>>(a: &[A], b: &[B]) -> i128 {
    // Only sums beyond any quantity saturate; they are refused where they become one.
    let products = a.iter().zip(b).map(|(a, b)| i128::from((*a).into()) * i128::from((*b).into()));
    products.fold(0, i128::saturating_add)
}

fn part<V>(values: &[V], range: Range<usize>) -> &[V] {
    values.get(range).unwrap_or(&[])
}

/// The sum of fewer than [`MARK`] values.
#[inline]
fn few_narrow(values: &[i16]) -> i64 {
    values.iter().fold(0, |sum: i32, value| sum.wrapping_add((*value).into())).into()
}

#[inline]
fn few_compact(values: &[i32]) -> i64 {
    values.iter().fold(0, |sum: i64, value| sum.wrapping_add((*value).into()))
}

/// How many values of a range of places it takes to come to an amount, and their sum: those before the first mark, the marks up to the
/// last one below the amount, and from there one by one. Of values no wider than 32 bits, whose sums fit 64.
fn reached_in<V: Copy + Into<i64>>(
    values: &[V],
    range: &Range<usize>,
    amount: i128,
    marks: &Marks,
    sum_of: fn(&[V]) -> i64,
) -> (usize, i128) {
    // More than the values come to is as far away as the most there is.
    let amount = i64::try_from(amount).unwrap_or(if amount < 0 { 0 } else { i64::MAX });
    if amount <= 0 {
        return (0, 0);
    }
    let to_mark = (range.start.next_multiple_of(MARK) - range.start).min(values.len());
    let head = sum_of(part(values, 0..to_mark));
    let (mut count, mut sum) = (0, 0);
    if head < amount {
        (count, sum) = (to_mark, head);
        if let Some((place, further)) = marks.last_below(&(range.start + count..range.end), amount - sum) {
            (count, sum) = (place - range.start, sum + further);
        }
    }
    for value in values.get(count..).unwrap_or(&[]) {
        if sum >= amount {
            break;
        }
        sum = sum.wrapping_add((*value).into());
        count += 1;
    }
    (count, sum.into())
}

/// The same one by one, of values of any width.
fn reached_in_128(values: &[i64], amount: i128) -> (usize, i128) {
    let mut sum = 0_i128;
    for (count, value) in values.iter().enumerate() {
        if sum >= amount {
            return (count, sum);
        }
        sum += i128::from(*value);
    }
    (values.len(), sum)
}

/// The most that any [`BLOCK`] values in a row sum to.
fn largest_block(magnitudes: impl Iterator<Item = u64> + Clone) -> u64 {
    let leaving = std::iter::repeat_n(0, BLOCK).chain(magnitudes.clone());
    let mut sum = 0;
    magnitudes
        .zip(leaving)
        .map(|(entering, leaving)| {
            sum = sum + entering - leaving;
            sum
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain_dot(a: &[i64], b: &[i64]) -> i128 {
        a.iter().zip(b).map(|(a, b)| i128::from(*a) * i128::from(*b)).sum()
    }

    #[test]
    fn readings_and_rates_take_the_narrowest_lane() {
        let readings = Column::new(vec![18_200_000, 0, 360_100_000]);
        assert!(matches!(&readings.lane, Lane::Narrow(values) if values == &[182, 0, 3601]));
        assert!(matches!(Column::new(vec![3_499_000_000, -1]).lane, Lane::Wide(_)));
        assert!(matches!(Column::new(vec![3_499_650_000, -2_699_854_500]).lane, Lane::Compact(_)));
        assert!(matches!(Column::new(vec![3_333_000_000, -1_127_000_000]).lane, Lane::Narrow(_)));
        assert!(matches!(Column::new(vec![100_000_000_000_000_001]).lane, Lane::Wide(_)));
    }

    #[test]
    fn sums_at_the_edge_of_every_lane_are_exact() {
        let columns = [
            vec![i64::from(i16::MAX); 1000],
            vec![-i64::from(i16::MAX); 1000],
            vec![i64::from(i32::MAX); 1000],
            vec![-i64::from(i32::MAX); 1000],
            vec![(1 << 30) - 1; 1000],
            vec![-(1 << 30) + 1; 1000],
            vec![100_000_000_000_000_000; 1000],
            vec![-99_999_999_999_999_999; 1000],
            vec![1; 1000],
            (0..1000).map(|n| if n % 40 == 0 { 32_767 } else { n % 7 }).collect(),
        ];
        for a in &columns {
            let left = Column::new(a.clone());
            assert_eq!(left.sum(0..1000), a.iter().map(|value| i128::from(*value)).sum::<i128>());
            for b in &columns {
                assert_eq!(
                    left.dot(0..1000, &Column::new(b.clone()), 0),
                    plain_dot(a, b),
                    "{} {}",
                    a[1],
                    b[1]
                );
                assert_eq!(
                    left.dot(3..990, &Column::new(b.clone()), 7),
                    plain_dot(&a[3..990], &b[7..994]),
                    "{} {}",
                    a[1],
                    b[1]
                );
            }
        }
    }

    #[test]
    fn the_block_bound_is_the_largest_of_all_blocks() {
        for len in [0_usize, 1, 31, 32, 33, 100] {
            let values: Vec<u64> = (0..len as u64).map(|n| n * 37 % 101).collect();
            let expected = (0..len)
                .map(|start| values[start..(start + BLOCK).min(len)].iter().sum::<u64>())
                .max()
                .unwrap_or(0);
            assert_eq!(largest_block(values.iter().copied()), expected, "{len}");
        }
    }

    #[test]
    fn an_amount_is_reached_at_the_first_place_that_has_it() {
        let values: Vec<i64> = (0..1_000).map(|n| if n % 3 == 0 { 0 } else { n * 1_000 }).collect();
        let column = Column::new(values.clone());
        for range in [0..1_000, 17..700, 40..40] {
            // Also what it comes to at a kept sum, behind which it does not rise.
            let kept = |place: usize| values[range.start..place].iter().map(|value| i128::from(*value)).sum();
            let kept = (range.start..range.end).filter(|place| place.is_multiple_of(MARK)).map(kept);
            let amounts = [0, 1, 1_000, 39_000, 123_456_789, 210_000_000, 1_000_000_000_000];
            for amount in amounts.into_iter().chain(kept) {
                let (mut place, mut sum) = (range.start, 0);
                while place < range.end && sum < amount {
                    sum += i128::from(values[place]);
                    place += 1;
                }
                assert_eq!(column.reached(range.clone(), amount), (place, sum), "{range:?} {amount}");
            }
        }
    }

    fn units() -> impl Strategy<Value = Vec<i64>> {
        (
            prop::sample::select(vec![1_i64, 100, 100_000, 100_000_000]),
            prop::sample::select(vec![300_i64, 40_000, 3_000_000, 1_000_000_000]),
            prop::collection::vec(-1.0_f64..1.0, 0..200),
        )
            .prop_map(|(step, scale, values)| {
                values.into_iter().map(|value| (value * scale as f64) as i64 * step).collect()
            })
    }

    proptest! {
        #[test]
        fn every_lane_gives_the_same_digits(a in units(), b in units(), skip in 0_usize..20) {
            let (left, right) = (Column::new(a.clone()), Column::new(b.clone()));
            prop_assert_eq!(left.iter().collect::<Vec<_>>(), a.clone());
            prop_assert_eq!(left.max(0..a.len()), a.iter().copied().max());
            prop_assert_eq!(left.is_signed(), a.iter().any(|value| *value < 0));
            prop_assert_eq!(left.sum(0..a.len()), a.iter().map(|value| i128::from(*value)).sum::<i128>());
            let len = a.len().min(b.len().saturating_sub(skip));
            if skip <= b.len() {
                prop_assert_eq!(left.dot(0..len, &right, skip), plain_dot(&a[..len], &b[skip..skip + len]));
            }
        }
    }
}
