//! Weighted sums of cost-to-go functions, brought back to whole slopes with few pieces, and how far that may be off.
#![expect(
    clippy::indexing_slicing,
    reason = "the innermost loops; every index is bounded by the loop that makes it, whatever the input"
)]

use super::function::{Intercept, Piece, Slope, emit, product};

/// Adds `weight` times a function to a sum. Where either is infinite the sum is.
pub(super) fn add_weighted<S: Slope>(
    sum: &[Piece<S>],
    function: &[Piece<S>],
    weight: S,
    out: &mut Vec<Piece<S>>,
) {
    out.clear();
    let (mut i, mut j) = (0, 0);
    while i < sum.len() && j < function.len() {
        let (p, q) = (&sum[i], &function[j]);
        let (lo, hi) = (p.lo.max(q.lo), p.hi.min(q.hi));
        if lo <= hi {
            let times = q.intercept.get().wrapping_mul(weight.wide());
            out.push(Piece {
                lo,
                hi,
                slope: p.slope.plus(q.slope.times(weight)),
                intercept: Intercept::new(p.intercept.get().wrapping_add(times)),
            });
        }
        i += usize::from(p.hi == hi);
        j += usize::from(q.hi == hi);
    }
}

/// `weight` times a function.
pub(super) fn weighted<S: Slope>(function: &[Piece<S>], weight: S, out: &mut Vec<Piece<S>>) {
    out.clear();
    out.extend(function.iter().map(|piece| Piece {
        slope: piece.slope.times(weight),
        intercept: Intercept::new(piece.intercept.get().wrapping_mul(weight.wide())),
        ..*piece
    }));
}

/// A sum of functions divided by its weights, on the same domain, with whole slopes and intercepts. Returns the most by which it is off
/// anywhere, in cost units rounded up: 0 where every line divides without rest. Beyond that, pieces are joined as long as a chord stays
/// within `tolerance` of all that it joins.
///
/// Floats choose how far a chord goes and no more: the error is that of the lines as they are, in whole numbers.
pub(super) fn divide<S: Slope>(
    sum: &[Piece<S>],
    total: i64,
    tolerance: i128,
    out: &mut Vec<Piece<S>>,
) -> i128 {
    out.clear();
    let wide = i128::from(total.max(1));
    if sum.iter().all(|piece| piece.slope.wide() % wide == 0 && piece.intercept.get() % wide == 0)
        && (tolerance == 0 || sum.len() <= FEW)
    {
        for piece in sum {
            let slope = S::narrow(piece.slope.wide() / wide).unwrap_or_default();
            emit(out, Piece { slope, intercept: Intercept::new(piece.intercept.get() / wide), ..*piece });
        }
        return 0;
    }
    let mut worst = 0;
    let mut start = 0;
    let mut knots = Vec::with_capacity(2 * sum.len());
    while start < sum.len() {
        // A crossing between two whole numbers is a step from one to the next: no more than a short steep piece.
        knots.clear();
        knots.push((sum[start].lo, sum[start].at(sum[start].lo)));
        let mut end = start;
        while end < sum.len() && (end == start || sum[end].lo == sum[end - 1].hi.wrapping_add(1)) {
            let piece = &sum[end];
            if end > start && !goes_on(&sum[end - 1], piece) {
                knots.push((piece.lo, piece.at(piece.lo)));
            }
            if knots[knots.len() - 1].0 < piece.hi {
                knots.push((piece.hi, piece.at(piece.hi)));
            }
            end += 1;
        }
        worst = worst.max(chords(&knots, wide, tolerance, out));
        start = end;
    }
    worst.unsigned_abs().div_ceil(wide.unsigned_abs()).try_into().unwrap_or(i128::MAX)
}

/// Functions of so few pieces are not thinned where they divide without rest.
const FEW: usize = 8;

/// Whether a piece goes on from the one before without a step.
fn goes_on<S: Slope>(before: &Piece<S>, piece: &Piece<S>) -> bool {
    piece.lo == before.hi.wrapping_add(1) && piece.at(before.hi) == before.at(before.hi)
}

/// The nearest whole number to a quotient.
fn nearest(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    match (i64::try_from(numerator.wrapping_add(half)), i64::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) if denominator > 0 => i128::from(numerator.div_euclid(denominator)),
        _ => numerator.wrapping_add(half).div_euclid(denominator.max(1)),
    }
}

/// Chords from knot to knot over a stretch of numbers without a gap. Returns the largest error times the weights.
fn chords<S: Slope>(knots: &[(i64, i128)], total: i128, tolerance: i128, out: &mut Vec<Piece<S>>) -> i128 {
    let (mut x, value) = knots[0];
    let mut lo = x;
    let mut y = nearest(value, total);
    let off = |y: i128, value: i128| y.wrapping_mul(total).wrapping_sub(value).abs();
    let mut worst = off(y, value);
    if knots.len() == 1 {
        emit(out, Piece::flat(x, x, y));
        return worst;
    }
    let mut first = 1;
    let mut before: Option<(f64, i128)> = None;
    while first < knots.len() {
        // The chord reaches on while its slope keeps within the tolerance of every knot that it passes.
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        let (mut last, mut steep) = (first, 0.0);
        let base = y.wrapping_mul(total);
        for (index, &(end, value)) in knots.iter().enumerate().skip(first) {
            let length = (end - x) as f64 * total as f64;
            let slope = value.wrapping_sub(base) as f64 / length;
            if index > first && (slope < low || slope > high || tolerance == 0) {
                break;
            }
            (last, steep) = (index, slope);
            let room = tolerance as f64 * total as f64 / length;
            (low, high) = (low.max(slope - room), high.min(slope + room));
        }
        let (end, value) = knots[last];
        let mut slope = nearest(value.wrapping_sub(base), total.wrapping_mul(i128::from(end - x)));
        // Rounding may not bend a convex stretch downwards: that would split it.
        if let Some((_, flatter)) = before.filter(|&(own, flatter)| steep >= own && slope < flatter) {
            slope = flatter;
        }
        before = Some((steep, slope));
        let narrow = S::narrow(slope).unwrap_or_default();
        let chord = Piece::through(lo, end, narrow, x, y);
        for &(x, value) in &knots[first..=last] {
            worst = worst.max(off(chord.at(x), value));
        }
        y = y.wrapping_add(product(narrow, end - x));
        (x, lo) = (end, end.wrapping_add(1));
        emit(out, chord);
        first = last + 1;
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::super::function::at;
    use super::*;
    use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};

    /// A function from lengths, slopes and steps.
    fn function(parts: &[(i64, i64, i64)]) -> Vec<Piece<i64>> {
        let mut function: Vec<Piece<i64>> = Vec::new();
        let (mut x, mut y) = (0, 0_i128);
        for (index, &(length, slope, step)) in parts.iter().enumerate() {
            let y_from = y + i128::from(if step > 8 { step * 1_000 } else { 0 });
            let lo = if index == 0 { 0 } else { x + 1 };
            let piece = Piece::through(lo, x + length, slope, x, y_from);
            (x, y) = (x + length, piece.at(x + length));
            emit(&mut function, piece);
        }
        function
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// A thinned sum is never further off than it says, nor than asked for and rounding together, at any whole level.
        #[test]
        fn the_error_that_is_told_holds(
            first in prop::collection::vec((1_i64..9, -500_i64..500, 0_i64..10), 1..12),
            second in prop::collection::vec((1_i64..9, -500_i64..500, 0_i64..10), 1..12),
            weights in (1_i64..9, 1_i64..9),
            tolerance in 0_i128..300,
        ) {
            let (first, second) = (function(&first), function(&second));
            let (mut sum, mut both, mut thin) = (Vec::new(), Vec::new(), Vec::new());
            weighted(&first, weights.0, &mut sum);
            add_weighted(&sum, &second, weights.1, &mut both);
            let total = weights.0 + weights.1;
            let error = divide(&both, total, tolerance, &mut thin);
            let mut seen = 0;
            for x in -2..130 {
                let exact = at(&first, x).zip(at(&second, x));
                prop_assert!(exact.is_some() == at(&thin, x).is_some(), "domain at {x}");
                let Some((a, b)) = exact else { continue };
                let exact = a * i128::from(weights.0) + b * i128::from(weights.1);
                let off = (at(&thin, x).unwrap() * i128::from(total) - exact).abs();
                seen = seen.max((off + i128::from(total) - 1) / i128::from(total));
            }
            prop_assert!(seen <= error, "off by {seen}, told {error}");
            // Rounded slopes add half a unit for every unit of length.
            prop_assert!(error <= tolerance + 130, "{error} beyond {tolerance}");
        }

        /// What divides without rest is kept to the digit.
        #[test]
        fn equal_functions_are_kept(parts in prop::collection::vec((1_i64..9, -500_i64..500, 0_i64..10), 1..12), weight in 1_i64..20) {
            let function = function(&parts);
            let (mut sum, mut both, mut out) = (Vec::new(), Vec::new(), Vec::new());
            weighted(&function, weight, &mut sum);
            add_weighted(&sum, &function, 3, &mut both);
            let error = divide(&both, weight + 3, 0, &mut out);
            prop_assert!(error == 0 && out == function);
        }
    }
}
