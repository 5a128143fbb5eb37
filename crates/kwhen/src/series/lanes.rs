//! Sums over narrow lanes: one text, compiled for every processor of the target and once more for AVX2, which is taken where the
//! processor has it. Whole numbers only, so both give the same digits.

/// Values of a lane whose magnitudes a column knows the largest sum of.
pub(crate) const BLOCK: usize = 32;

/// Values that are summed in 32 bits before they go on in 64, where the bounds allow.
pub(crate) const LONG_BLOCK: usize = 4 * BLOCK;

/// Values from one kept sum of a column to the next.
pub(crate) const MARK: usize = 16;

/// The low bits that a 32-bit value is split at, so that both halves fit 16 bits.
pub(crate) const LOW_BITS: u32 = 15;

/// A function that goes by the processor: the AVX2 build of its body where there is AVX2, else the plain one.
macro_rules! by_processor {
    ($(#[$doc:meta])* $name:ident, $avx2:ident, $body:path, ($($argument:ident: $kind:ty),*) -> $result:ty) => {
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name($($argument: $kind),*) -> $result {
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the one condition of the call is that the processor has AVX2, which was asked just now. The body is safe code.
                #[expect(unsafe_code, reason = "docs/decisions/2026-11-21-avx2-at-run-time.md")]
                return unsafe { $avx2($($argument),*) };
            }
            $body($($argument),*)
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn $avx2($($argument: $kind),*) -> $result {
            $body($($argument),*)
        }
    };
}

by_processor! {
    /// The sum of values of 16 bits.
    sum, sum_avx2, body::sum, (values: &[i16]) -> i64
}
by_processor! {
    /// The sum of products. The caller's bounds prove that no [`BLOCK`] products in a row, from any place, sum to more than 32 bits.
    dot, dot_avx2, body::dot::<BLOCK>, (a: &[i16], b: &[i16]) -> i64
}
by_processor! {
    /// Like [`dot`] where that is proved of [`LONG_BLOCK`] products, with the sum of the first factors: the sum, and the sum of products.
    sum_and_dot, sum_and_dot_avx2, body::sum_and_dot, (a: &[i16], b: &[i16]) -> (i64, i64)
}
by_processor! {
    /// Like [`dot`] where that is proved of [`LONG_BLOCK`] products.
    long_dot, long_dot_avx2, body::dot::<LONG_BLOCK>, (a: &[i16], b: &[i16]) -> i64
}
by_processor! {
    /// The sum of products with values of less than 2³⁰, which are split. The caller's bounds prove that no [`BLOCK`] of the first
    /// factors in a row, times 2¹⁵, sum to more than 32 bits.
    dot_split, dot_split_avx2, body::dot_split, (a: &[i16], b: &[i32]) -> i64
}
by_processor! {
    /// The greatest of values of 16 bits; the least number there is if there are none.
    max, max_avx2, body::max, (values: &[i16]) -> i16
}
by_processor! {
    /// The sum of each [`MARK`] values, into as many places.
    block_sums, block_sums_avx2, body::block_sums, (values: &[i16], sums: &mut [i64]) -> ()
}
by_processor! {
    /// Adds one day after another to sums, one for each slot of a day. The caller sees to it that there are fewer than 2¹⁶ days, and that
    /// the values of a slot on so many `together` sum to 16 bits.
    add_days, add_days_avx2, body::add_days, (values: &[i16], sums: &mut [i32], together: usize) -> ()
}
by_processor! {
    /// Copies values into 16 bits. Gives what is lost of them, 0 if nothing is, and the largest magnitude if so.
    narrow, narrow_avx2, body::narrow, (values: &[i32], narrowed: &mut [i16]) -> (i32, u16)
}
by_processor! {
    /// How many of the first values follow each other at equal steps; at least 1, if there is one.
    steady_length, steady_length_avx2, body::steady_length, (values: &[i64], step: i64) -> usize
}

mod body {
    use super::{BLOCK, LONG_BLOCK, LOW_BITS, MARK};

    /// At most [`LONG_BLOCK`] values of 16 bits: the sum fits 32 bits.
    #[inline(always)]
    fn sum_of_block(values: &[i16]) -> i64 {
        values.iter().map(|value| i32::from(*value)).fold(0, i32::wrapping_add).into()
    }

    /// The caller's bounds prove that the sum fits 32 bits; partial sums wrap back.
    #[inline(always)]
    fn dot_of_block(a: &[i16], b: &[i16]) -> i64 {
        a.iter()
            .zip(b)
            .fold(0, |sum, (a, b)| i32::wrapping_add(sum, i32::from(*a).wrapping_mul(i32::from(*b))))
            .into()
    }

    #[inline(always)]
    fn dot_split_of_block(a: &[i16], b: &[i32]) -> i64 {
        let products = |half: fn(i32) -> i16| {
            a.iter().zip(b).map(move |(a, b)| i32::from(*a).wrapping_mul(i32::from(half(*b))))
        };
        let high = i64::from(products(|value| (value >> LOW_BITS) as i16).fold(0, i32::wrapping_add));
        let low = products(|value| (value & ((1 << LOW_BITS) - 1)) as i16).fold(0, i32::wrapping_add);
        (high << LOW_BITS) + i64::from(low)
    }

    // No slice is so long that sums of 16-bit values or of their products overflow 64 bits.

    #[inline(always)]
    pub(super) fn sum(values: &[i16]) -> i64 {
        let (blocks, rest) = values.as_chunks::<LONG_BLOCK>();
        let sum = blocks.iter().fold(0, |sum: i64, block| sum.wrapping_add(sum_of_block(block)));
        sum.wrapping_add(sum_of_block(rest))
    }

    #[inline(always)]
    pub(super) fn dot<const N: usize>(a: &[i16], b: &[i16]) -> i64 {
        let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<N>(), b.as_chunks::<N>());
        let blocks = a_blocks.iter().zip(b_blocks);
        let sum = blocks.fold(0, |sum: i64, (a, b)| sum.wrapping_add(dot_of_block(a, b)));
        sum.wrapping_add(dot_of_block(a_rest, b_rest))
    }

    #[inline(always)]
    pub(super) fn sum_and_dot(a: &[i16], b: &[i16]) -> (i64, i64) {
        let (a_blocks, a_rest) = a.as_chunks::<LONG_BLOCK>();
        let (b_blocks, b_rest) = b.as_chunks::<LONG_BLOCK>();
        let blocks = a_blocks.iter().zip(b_blocks);
        let (sum, dot) = blocks.fold((0, 0), |(sum, dot): (i64, i64), (a, b)| {
            (sum.wrapping_add(sum_of_block(a)), dot.wrapping_add(dot_of_block(a, b)))
        });
        // In the order of memory, or the processor does not see it coming.
        (sum.wrapping_add(sum_of_block(a_rest)), dot.wrapping_add(dot_of_block(a_rest, b_rest)))
    }

    #[inline(always)]
    pub(super) fn dot_split(a: &[i16], b: &[i32]) -> i64 {
        let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<BLOCK>(), b.as_chunks::<BLOCK>());
        let blocks = a_blocks.iter().zip(b_blocks);
        blocks.fold(dot_split_of_block(a_rest, b_rest), |sum, (a, b)| {
            sum.wrapping_add(dot_split_of_block(a, b))
        })
    }

    #[inline(always)]
    pub(super) fn max(values: &[i16]) -> i16 {
        values.iter().fold(i16::MIN, |most, value| most.max(*value))
    }

    #[inline(always)]
    pub(super) fn block_sums(values: &[i16], sums: &mut [i64]) {
        for (sum, block) in sums.iter_mut().zip(values.as_chunks::<MARK>().0) {
            *sum = sum_of_block(block);
        }
    }

    #[inline(always)]
    fn add_to<const N: usize>(sums: &mut [i16; N], values: &[i16; N]) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = sum.wrapping_add(*value);
        }
    }

    /// Adds `N` slots of each of some days, of which they are the first ones given.
    #[inline(always)]
    fn add_slots<const N: usize>(days: &[i16], slots: usize, sums: &mut [i32; N]) {
        let mut known = [0_i16; N];
        let mut left = days;
        while let Some(values) = left.first_chunk::<N>() {
            add_to(&mut known, values);
            left = left.get(slots..).unwrap_or(&[]);
        }
        for (sum, value) in sums.iter_mut().zip(known) {
            *sum = sum.wrapping_add(i32::from(value));
        }
    }

    #[inline(always)]
    pub(super) fn add_days(values: &[i16], sums: &mut [i32], together: usize) {
        // So few slots that their sums stay in registers, of some days; then the next few.
        const MANY: usize = 32;
        const FEW: usize = 16;
        let slots = sums.len().max(1);
        let whole = values.get(..values.len() / slots * slots).unwrap_or(&[]);
        for days in whole.chunks(slots * together.max(1)) {
            let mut left = days;
            let (many, rest) = sums.as_chunks_mut::<MANY>();
            for sums in many {
                add_slots(left, slots, sums);
                left = left.get(MANY..).unwrap_or(&[]);
            }
            let (few, rest) = rest.as_chunks_mut::<FEW>();
            for sums in few {
                add_slots(left, slots, sums);
                left = left.get(FEW..).unwrap_or(&[]);
            }
            for sum in rest {
                for value in left.iter().step_by(slots) {
                    *sum = sum.wrapping_add(i32::from(*value));
                }
                left = left.get(1..).unwrap_or(&[]);
            }
        }
    }

    #[inline(always)]
    pub(super) fn narrow(values: &[i32], narrowed: &mut [i16]) -> (i32, u16) {
        let mut lost = 0;
        let mut bound = 0;
        for (narrowed, value) in narrowed.iter_mut().zip(values) {
            *narrowed = *value as i16;
            // What the upper half of a value lacks to be the sign of the lower.
            lost |= *value ^ i32::from(*narrowed);
            bound = narrowed.unsigned_abs().max(bound);
        }
        (lost, bound)
    }

    #[inline(always)]
    pub(super) fn steady_length(values: &[i64], step: i64) -> usize {
        let nexts = values.get(1..).unwrap_or(&[]);
        let (blocks, _) = nexts.as_chunks::<BLOCK>();
        let (before, _) = values.as_chunks::<BLOCK>();
        let steady = |(values, nexts): &(&[i64; BLOCK], &[i64; BLOCK])| {
            let pairs = values.iter().zip(nexts.iter());
            pairs.fold(0, |broken, (value, next)| broken | (next.wrapping_sub(*value) ^ step)) == 0
        };
        let whole = before.iter().zip(blocks).take_while(steady).count() * BLOCK;
        let rest = values.get(whole..).unwrap_or(&[]).iter().zip(nexts.get(whole..).unwrap_or(&[]));
        let rest = rest.take_while(|(value, next)| next.wrapping_sub(**value) == step).count();
        (whole + rest + 1).min(values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// On a processor without AVX2 both sides are the plain lane.
        #[test]
        fn every_lane_of_a_processor_gives_the_same_digits(
            pairs in prop::collection::vec((-2_000_i16..2_000, -4_000_i16..4_000, -(1_i32 << 30) + 1..1 << 30), 0..700),
            wide in prop::collection::vec(prop_oneof![9 => -40_000_i32..40_000, 1 => any::<i32>()], 0..700),
            step in 1_i64..1_000_000,
            broken in 0_usize..700,
        ) {
            let (a, (b, c)): (Vec<i16>, (Vec<i16>, Vec<i32>)) = pairs.into_iter().map(|(a, b, c)| (a, (b, c))).unzip();
            let products = |b: &mut dyn Iterator<Item = i64>| a.iter().zip(b).map(|(a, b)| i64::from(*a) * b).sum::<i64>();
            let (total, product) = (products(&mut std::iter::repeat(1)), products(&mut b.iter().map(|b| i64::from(*b))));
            prop_assert_eq!((sum(&a), body::sum(&a)), (total, total));
            prop_assert_eq!((dot(&a, &b), body::dot::<BLOCK>(&a, &b)), (product, product));
            prop_assert_eq!((long_dot(&a, &b), body::dot::<LONG_BLOCK>(&a, &b)), (product, product));
            prop_assert_eq!(sum_and_dot(&a, &b), (total, product));
            prop_assert_eq!(body::sum_and_dot(&a, &b), (total, product));
            let greatest = a.iter().copied().max().unwrap_or(i16::MIN);
            prop_assert_eq!((max(&a), body::max(&a)), (greatest, greatest));
            for slots in [1, 24, 48, 96] {
                let (mut one, mut other) = (vec![0; slots], vec![0; slots]);
                // No value is beyond 2,000.
                add_days(&a, &mut one, 16);
                body::add_days(&a, &mut other, 1);
                let by_hand = |slot| a.chunks_exact(slots).map(|day: &[i16]| i32::from(day[slot])).sum::<i32>();
                prop_assert_eq!(&one, &(0..slots).map(by_hand).collect::<Vec<_>>());
                prop_assert_eq!(&one, &other);
            }
            let (mut one, mut other) = (vec![0; a.len() / MARK], vec![0; a.len() / MARK]);
            block_sums(&a, &mut one);
            body::block_sums(&a, &mut other);
            let by_hand = a.chunks_exact(MARK).map(|block| block.iter().map(|value| i64::from(*value)).sum::<i64>());
            prop_assert_eq!(&one, &by_hand.collect::<Vec<_>>());
            prop_assert_eq!(&one, &other);
            let split = products(&mut c.iter().map(|c| i64::from(*c)));
            prop_assert_eq!((dot_split(&a, &c), body::dot_split(&a, &c)), (split, split));

            let (mut one, mut other) = (vec![0; wide.len()], vec![0; wide.len()]);
            let result = narrow(&wide, &mut one);
            prop_assert_eq!(result, body::narrow(&wide, &mut other));
            prop_assert_eq!(&one, &other);
            let fits = wide.iter().all(|value| i16::try_from(*value).is_ok());
            prop_assert_eq!(result.0 == 0, fits);
            if fits {
                prop_assert_eq!(u32::from(result.1), wide.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0));
            }

            let mut steps: Vec<i64> = (0..a.len() as i64).map(|place| place * step).collect();
            if let Some(value) = steps.get_mut(broken) {
                *value += 1;
            }
            let expected = if broken == 0 && a.len() > 1 { 1 } else { broken.min(a.len()).max(a.len().min(1)) };
            prop_assert_eq!(steady_length(&steps, step), expected);
            prop_assert_eq!(body::steady_length(&steps, step), expected);
        }
    }
}
