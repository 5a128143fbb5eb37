//! Named rounding modes and the one place that applies them.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// How digits that do not fit are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest; a tie goes to the even digit (0.015 → 0.02, 0.025 → 0.02). The developer guide's rule for billed kWh.
    HalfEven,
    /// To the nearest; a tie goes away from zero (0.025 → 0.03, -0.025 → -0.03).
    HalfUp,
    /// Digits are cut (1.9 → 1, -1.9 → -1).
    TowardZero,
    /// Any remainder goes away from zero (1.1 → 2, -1.1 → -2).
    AwayFromZero,
    /// Down to the lower value (1.9 → 1, -1.1 → -2).
    Floor,
    /// Up to the higher value (1.1 → 2, -1.9 → -1).
    Ceiling,
}

impl Rounding {
    /// Whether a magnitude goes up by one when a remainder was dropped. `half` compares that (non-zero) remainder with one half.
    pub(crate) fn rounds_up_magnitude(self, negative: bool, odd: bool, half: Ordering) -> bool {
        match self {
            Self::HalfEven => half.is_gt() || half.is_eq() && odd,
            Self::HalfUp => half.is_ge(),
            Self::TowardZero => false,
            Self::AwayFromZero => true,
            Self::Floor => negative,
            Self::Ceiling => !negative,
        }
    }
}

/// `numerator / denominator` rounded to a whole number; `denominator` must be positive (0 and less give 0).
pub(crate) fn divide(numerator: i128, denominator: i128, rounding: Rounding) -> i128 {
    if denominator <= 0 {
        return 0;
    }
    let quotient = quotient(numerator, denominator);
    let remainder = (numerator - quotient * denominator).unsigned_abs();
    if remainder == 0 {
        return quotient;
    }
    let negative = numerator < 0;
    let half = remainder.cmp(&(denominator.unsigned_abs() - remainder));
    let up = rounding.rounds_up_magnitude(negative, quotient % 2 != 0, half);
    match (up, negative) {
        (false, _) => quotient,
        (true, false) => quotient + 1,
        (true, true) => quotient - 1,
    }
}

/// `numerator / denominator` without its fraction; `denominator` must be positive.
pub(crate) fn quotient(numerator: i128, denominator: i128) -> i128 {
    // 64-bit division is several times as fast.
    match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) => i128::from(numerator / denominator),
        _ => numerator / denominator,
    }
}

/// The greatest number that divides two; that of 0 and a number is the number.
pub(crate) const fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: each value in tenths, rounded to whole numbers.
    #[test]
    fn every_mode_on_every_kind_of_remainder() {
        use Rounding::*;
        let cases: [(i128, [i128; 6]); 10] = [
            // tenths  half-even half-up toward-zero away floor ceiling
            (0, [0, 0, 0, 0, 0, 0]),
            (4, [0, 0, 0, 1, 0, 1]),
            (5, [0, 1, 0, 1, 0, 1]),
            (6, [1, 1, 0, 1, 0, 1]),
            (15, [2, 2, 1, 2, 1, 2]),
            (25, [2, 3, 2, 3, 2, 3]),
            (-4, [0, 0, 0, -1, -1, 0]),
            (-5, [0, -1, 0, -1, -1, 0]),
            (-15, [-2, -2, -1, -2, -2, -1]),
            (-25, [-2, -3, -2, -3, -3, -2]),
        ];
        for (tenths, expected) in cases {
            for (mode, expected) in
                [HalfEven, HalfUp, TowardZero, AwayFromZero, Floor, Ceiling].into_iter().zip(expected)
            {
                assert_eq!(divide(tenths, 10, mode), expected, "{tenths}/10 {mode:?}");
            }
        }
    }

    #[test]
    fn the_greatest_common_divisor_is_that_of_euclid() {
        for (a, b, common) in
            [(12, 18, 6), (18, 12, 6), (1_800, 900, 900), (-4, 6, 2), (7, 5, 1), (0, 5, 5), (5, 0, 5)]
        {
            assert_eq!(gcd(a, b), common, "{a} and {b}");
        }
    }
}
