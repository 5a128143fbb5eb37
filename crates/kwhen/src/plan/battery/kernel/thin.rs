//! Weighted sums of cost-to-go functions, brought back to whole slopes with few pieces, and how far that may be off.
#![expect(
    clippy::indexing_slicing,
    reason = "the innermost loops; every index is bounded by the loop that makes it, whatever the input"
)]

use super::function::{Intercept, Piece, Slope, emit, product};

/// Where the line of a summand changes: what is added to the slope and intercept of the sum from a number on.
#[derive(Clone, Copy, Debug)]
struct Turn<S> {
    at: i64,
    slope: S,
    intercept: Intercept,
    /// The group of the summand.
    group: u32,
    /// 1 where the summand begins to be finite, -1 where it ceases, 0 where it goes on.
    opens: i32,
}

/// A weighted sum of functions in groups, kept as the turns of all of them: sorted once, it is summed in one sweep for any weights of the
/// groups.
#[derive(Debug)]
pub(super) struct Sum<S> {
    turns: Vec<Turn<S>>,
    /// The turns by place, those of one place as they came; none until they are sorted.
    sorted: Vec<Turn<S>>,
    order: Vec<u64>,
    summands: i32,
    weights: Vec<i64>,
    pieces: Vec<Piece<S>>,
    knots: Vec<(i64, i128)>,
}

impl<S> Default for Sum<S> {
    fn default() -> Self {
        Self {
            turns: Vec::new(),
            sorted: Vec::new(),
            order: Vec::new(),
            summands: 0,
            weights: Vec::new(),
            pieces: Vec::new(),
            knots: Vec::new(),
        }
    }
}

impl<S: Slope> Sum<S> {
    /// Empties it, for so many groups.
    pub(super) fn clear(&mut self, groups: usize) {
        self.turns.clear();
        self.sorted.clear();
        self.weights.clear();
        self.weights.resize(groups, 0);
        self.summands = 0;
    }

    /// Adds `weight` times a function to a group. Where a summand is infinite the sum is.
    pub(super) fn add(&mut self, function: &[Piece<S>], weight: u32, group: usize) {
        let Some(narrow) = S::narrow(i128::from(weight)) else { return };
        let wide = i128::from(weight);
        let number = group as u32;
        let mut turn = |at: i64, slope: S, intercept: i128, opens: i32| {
            self.turns.push(Turn {
                at,
                slope: slope.times(narrow),
                intercept: Intercept::new(intercept.wrapping_mul(wide)),
                group: number,
                opens,
            });
        };
        let mut before: Option<&Piece<S>> = None;
        for piece in function {
            match before {
                Some(before) if before.hi.wrapping_add(1) == piece.lo => turn(
                    piece.lo,
                    piece.slope.plus(before.slope.negated()),
                    piece.intercept.get().wrapping_sub(before.intercept.get()),
                    0,
                ),
                _ => {
                    if let Some(before) = before {
                        let intercept = before.intercept.get().wrapping_neg();
                        turn(before.hi.wrapping_add(1), before.slope.negated(), intercept, -1);
                    }
                    turn(piece.lo, piece.slope, piece.intercept.get(), 1);
                }
            }
            before = Some(piece);
        }
        if let Some(last) = before {
            let intercept = last.intercept.get().wrapping_neg();
            turn(last.hi.wrapping_add(1), last.slope.negated(), intercept, -1);
        }
        if let Some(sum) = self.weights.get_mut(group) {
            *sum += i64::from(weight);
        }
        self.summands += 1;
    }

    /// The mean in which one group counts so many times as much as the others, thinned as [`divide`] does. Returns the most by which it is
    /// off, in cost units.
    pub(super) fn mean(&mut self, own: usize, times: i64, tolerance: i128, out: &mut Vec<Piece<S>>) -> i128 {
        if self.sorted.len() != self.turns.len() {
            self.sort();
        }
        let total = self.weights.iter().enumerate().map(
            |(group, weight)| {
                if group == own { weight * times } else { *weight }
            },
        );
        let total = total.sum();
        self.sweep(own as u32, times);
        divide(&self.pieces, total, tolerance, &mut self.knots, out)
    }

    /// Brings the turns into the order of their places.
    fn sort(&mut self) {
        self.sorted.clear();
        let least = self.turns.iter().map(|turn| turn.at).min().unwrap_or(0);
        let most = self.turns.iter().map(|turn| turn.at).max().unwrap_or(0);
        let is_narrow = most.checked_sub(least).is_some_and(|reach| reach < 1 << PLACE_BITS);
        if !is_narrow || self.turns.len() >= 1 << NUMBER_BITS {
            self.sorted.extend_from_slice(&self.turns);
            self.sorted.sort_by_key(|turn| turn.at);
            return;
        }
        // A place and a number in one word, which is what sorts fastest.
        self.order.clear();
        let words =
            (0..).zip(&self.turns).map(|(number, turn)| turn.at.abs_diff(least) << NUMBER_BITS | number);
        self.order.extend(words);
        self.order.sort_unstable();
        let turns = &self.turns;
        let number = |word: &u64| (word & ((1 << NUMBER_BITS) - 1)) as usize;
        self.sorted.extend(self.order.iter().map(|word| turns[number(word)]));
    }

    /// Sums all turns into the pieces.
    fn sweep(&mut self, own: u32, times: i64) {
        self.pieces.clear();
        let (narrow, wide) = (S::narrow(i128::from(times)).unwrap_or_default(), i128::from(times));
        let (mut slope, mut intercept, mut open) = (S::default(), 0_i128, 0);
        let mut lo = i64::MIN;
        let one = S::narrow(1).unwrap_or_default();
        for turn in &self.sorted {
            if turn.at > lo {
                if open == self.summands && open > 0 {
                    let hi = turn.at.wrapping_sub(1);
                    self.pieces.push(Piece { lo, hi, slope, intercept: Intercept::new(intercept) });
                }
                lo = turn.at;
            }
            // Chosen and not branched on: which group comes next cannot be guessed.
            let (times, wide) = if turn.group == own { (narrow, wide) } else { (one, 1) };
            slope = slope.plus(turn.slope.times(times));
            intercept = intercept.wrapping_add(turn.intercept.get().wrapping_mul(wide));
            open += turn.opens;
        }
    }
}

/// A sum of functions divided by its weights, on the same domain, with whole slopes and intercepts. Returns the most by which it is off
/// anywhere, in cost units rounded up: 0 where every line divides without rest. Beyond that, pieces are joined as long as a chord stays
/// within `tolerance` of all that it joins.
///
/// Floats choose how far a chord goes and no more: the error is that of the lines as they are, in whole numbers.
fn divide<S: Slope>(
    sum: &[Piece<S>],
    total: i64,
    tolerance: i128,
    knots: &mut Vec<(i64, i128)>,
    out: &mut Vec<Piece<S>>,
) -> i128 {
    out.clear();
    let wide = i128::from(total.max(1));
    if (tolerance == 0 || sum.len() <= FEW)
        && sum.iter().all(|piece| piece.slope.wide() % wide == 0 && piece.intercept.get() % wide == 0)
    {
        for piece in sum {
            let slope = S::narrow(piece.slope.wide() / wide).unwrap_or_default();
            emit(out, Piece { slope, intercept: Intercept::new(piece.intercept.get() / wide), ..*piece });
        }
        return 0;
    }
    let mut worst = 0;
    let mut start = 0;
    while start < sum.len() {
        // A crossing between two whole numbers is a step from one to the next: no more than a short steep piece.
        knots.clear();
        let mut last = (sum[start].lo, sum[start].at(sum[start].lo));
        knots.push(last);
        let mut end = start;
        while end < sum.len() && (end == start || sum[end].lo == last.0.wrapping_add(1)) {
            let piece = &sum[end];
            // Where it does not go on from the one before without a step.
            if piece.at(last.0) != last.1 {
                last = (piece.lo, piece.at(piece.lo));
                knots.push(last);
            }
            if last.0 < piece.hi {
                last = (piece.hi, last.1.wrapping_add(product(piece.slope, piece.hi - last.0)));
                knots.push(last);
            }
            end += 1;
        }
        worst = worst.max(chords(knots, wide, tolerance, out));
        start = end;
    }
    worst.unsigned_abs().div_ceil(wide.unsigned_abs()).try_into().unwrap_or(i128::MAX)
}

/// Functions of so few pieces are not thinned where they divide without rest.
const FEW: usize = 8;

/// Bits of a word that hold a place, and those that hold a number.
const PLACE_BITS: u32 = 44;
const NUMBER_BITS: u32 = 20;

/// The nearest whole number to a quotient.
fn nearest(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    match (i64::try_from(numerator.wrapping_add(half)), i64::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) if denominator > 0 => i128::from(numerator.div_euclid(denominator)),
        _ => numerator.wrapping_add(half).div_euclid(denominator.max(1)),
    }
}

/// A whole number as a float, in two halves where it is wide: there the lower one is less than one of the upper.
#[inline]
fn float(value: i128) -> f64 {
    const HALF: u32 = 62;
    match i64::try_from(value) {
        Ok(value) => value as f64,
        Err(_) => {
            let low = (value as i64) & ((1 << HALF) - 1);
            ((value >> HALF) as i64 as f64) * (1_i64 << HALF) as f64 + low as f64
        }
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
    let room = tolerance as f64 * total as f64;
    while first < knots.len() {
        // The chord reaches on while its slope keeps within the tolerance of every knot that it passes: between two slopes, each a rise
        // over a length, so that nothing is divided on the way.
        let (mut low, mut high) = ((f64::NEG_INFINITY, 1.0), (f64::INFINITY, 1.0));
        let (mut last, mut steep) = (first, (0.0, 1.0));
        let base = y.wrapping_mul(total);
        for (index, &(end, value)) in knots.iter().enumerate().skip(first) {
            let (rise, length) = (float(value.wrapping_sub(base)), (end - x) as f64);
            let within = rise * low.1 >= low.0 * length && rise * high.1 <= high.0 * length;
            if index > first && (!within || tolerance == 0) {
                break;
            }
            (last, steep) = (index, (rise, length));
            if (rise - room) * low.1 > low.0 * length {
                low = (rise - room, length);
            }
            if (rise + room) * high.1 < high.0 * length {
                high = (rise + room, length);
            }
        }
        let steep = steep.0 / steep.1;
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
            weights in (1_u32..9, 1_u32..9),
            times in 1_i64..4,
            tolerance in 0_i128..300,
        ) {
            let (first, second) = (function(&first), function(&second));
            let (mut sum, mut thin) = (Sum::default(), Vec::new());
            sum.clear(2);
            sum.add(&first, weights.0, 0);
            sum.add(&second, weights.1, 1);
            let error = sum.mean(1, times, tolerance, &mut thin);
            let weights = (i64::from(weights.0), i64::from(weights.1) * times);
            let total = weights.0 + weights.1;
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
        fn equal_functions_are_kept(parts in prop::collection::vec((1_i64..9, -500_i64..500, 0_i64..10), 1..12), weight in 1_u32..20) {
            let function = function(&parts);
            let (mut sum, mut out) = (Sum::default(), Vec::new());
            sum.clear(1);
            sum.add(&function, weight, 0);
            sum.add(&function, 3, 0);
            let error = sum.mean(0, 1, 0, &mut out);
            prop_assert!(error == 0 && out == function);
        }
    }
}
