//! Piecewise-linear functions on the integers: evaluation, inf-convolution, lower envelope.
#![expect(
    clippy::indexing_slicing,
    reason = "the innermost loops; every index is bounded by the loop that makes it, whatever the input"
)]

/// An integer wide enough for the slopes of a problem: `i64` where the bounds allow, else `i128`.
pub(crate) trait Slope: Copy + Ord + std::fmt::Debug + Default + Send + Sync + 'static {
    /// The same number, wide.
    fn wide(self) -> i128;
    /// The number narrowed, or `None` where it does not fit.
    fn narrow(value: i128) -> Option<Self>;
    /// The product, which the bounds of the lattice keep in range.
    fn times(self, factor: Self) -> Self;
    /// The sum, which the bounds of the lattice keep in range.
    fn plus(self, other: Self) -> Self;
    /// The number with its sign turned.
    fn negated(self) -> Self;
}

macro_rules! slope {
    ($integer:ty) => {
        impl Slope for $integer {
            #[inline]
            fn wide(self) -> i128 {
                i128::from(self)
            }
            #[inline]
            fn narrow(value: i128) -> Option<Self> {
                Self::try_from(value).ok()
            }
            #[inline]
            fn times(self, factor: Self) -> Self {
                self.wrapping_mul(factor)
            }
            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn negated(self) -> Self {
                self.wrapping_neg()
            }
        }
    };
}
slope!(i64);
slope!(i128);

/// One line over the whole numbers `lo..=hi`: its value at `x` is `intercept + slope * x`.
///
/// A function is a slice of pieces in ascending order that do not overlap. Where no piece covers a number the
/// function is infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<S> {
    pub(crate) lo: i64,
    pub(crate) hi: i64,
    pub(crate) slope: S,
    pub(crate) intercept: Intercept,
}

/// A 128-bit number in two words, so that a piece needs no padding: five words where an aligned one would take six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Intercept {
    high: i64,
    low: u64,
}

impl Intercept {
    #[inline]
    pub(crate) const fn new(value: i128) -> Self {
        Self { high: (value >> 64) as i64, low: value as u64 }
    }

    #[inline]
    pub(crate) const fn get(self) -> i128 {
        (self.high as i128) << 64 | self.low as i128
    }
}

impl<S: Slope> Piece<S> {
    #[inline]
    pub(crate) fn at(&self, x: i64) -> i128 {
        self.intercept.get().wrapping_add(product(self.slope, x))
    }

    /// The piece through (`x`, `y`) with this slope.
    #[inline]
    pub(crate) fn through(lo: i64, hi: i64, slope: S, x: i64, y: i128) -> Self {
        Self { lo, hi, slope, intercept: Intercept::new(y.wrapping_sub(product(slope, x))) }
    }

    /// The number line from `lo` to `hi` at one value.
    pub(crate) fn flat(lo: i64, hi: i64, value: i128) -> Self {
        Self { lo, hi, slope: S::default(), intercept: Intercept::new(value) }
    }

    /// The same line, higher by `by`.
    pub(crate) fn raised(&self, by: i128) -> Self {
        Self { intercept: Intercept::new(self.intercept.get().wrapping_add(by)), ..*self }
    }

    /// The function moved right by `by`.
    pub(crate) fn shifted(&self, by: i64) -> Self {
        Self {
            lo: self.lo + by,
            hi: self.hi + by,
            slope: self.slope,
            intercept: Intercept::new(self.intercept.get().wrapping_sub(product(self.slope, by))),
        }
    }
}

/// `slope * x`, in range by the bounds of the lattice.
#[inline]
pub(crate) fn product<S: Slope>(slope: S, x: i64) -> i128 {
    slope.wide().wrapping_mul(i128::from(x))
}

/// The value at `x`, or `None` outside the domain.
pub(crate) fn at<S: Slope>(function: &[Piece<S>], x: i64) -> Option<i128> {
    let index = function.partition_point(|piece| piece.hi < x);
    function.get(index).filter(|piece| piece.lo <= x).map(|piece| piece.at(x))
}

/// Whether `next` carries `previous` on without a step and without bending downwards.
#[inline]
fn continues_convexly<S: Slope>(previous: &Piece<S>, next: &Piece<S>) -> bool {
    next.slope >= previous.slope
        && next.lo == previous.hi.wrapping_add(1)
        && next.intercept.get().wrapping_sub(previous.intercept.get())
            == product(previous.slope.plus(next.slope.negated()), previous.hi)
}

/// The end of the convex run that begins at `start`.
#[inline]
fn convex_run<S: Slope>(function: &[Piece<S>], start: usize) -> usize {
    let mut end = start + 1;
    while end < function.len() && continues_convexly(&function[end - 1], &function[end]) {
        end += 1;
    }
    end
}

/// Whether a function is convex and has no gap.
#[inline]
pub(super) fn is_convex<S: Slope>(function: &[Piece<S>]) -> bool {
    !function.is_empty() && convex_run(function, 0) == function.len()
}

/// Buffers that are reused from slot to slot.
#[derive(Debug)]
pub(crate) struct Workspace<S> {
    candidate: Vec<Piece<S>>,
    merged: Vec<Piece<S>>,
}

impl<S> Default for Workspace<S> {
    fn default() -> Self {
        Self { candidate: Vec::new(), merged: Vec::new() }
    }
}

/// `out(s) = min over e of change(e) + next(s - e)` for `s` in `lo..=hi`.
///
/// Both functions are cut into convex runs. Two convex runs are joined by merging their slopes in ascending order;
/// the results are joined by their lower envelope.
pub(crate) fn convolve<S: Slope>(
    next: &[Piece<S>],
    change: &[Piece<S>],
    lo: i64,
    hi: i64,
    workspace: &mut Workspace<S>,
    out: &mut Vec<Piece<S>>,
) {
    out.clear();
    let mut first = true;
    let mut start = 0;
    while start < next.len() {
        let end = convex_run(next, start);
        let mut change_start = 0;
        while change_start < change.len() {
            let change_end = convex_run(change, change_start);
            let (a, b) = (&next[start..end], &change[change_start..change_end]);
            if first {
                join_convex(a, b, lo, hi, out);
                first = out.is_empty();
            } else {
                workspace.candidate.clear();
                join_convex(a, b, lo, hi, &mut workspace.candidate);
                lower_into(out, workspace);
            }
            change_start = change_end;
        }
        start = end;
    }
}

/// The inf-convolution of two convex runs on `lo..=hi`, into an empty `out`: the pieces of both by ascending slope, each moved by where
/// the other run stands.
#[inline]
fn join_convex<S: Slope>(a: &[Piece<S>], b: &[Piece<S>], lo: i64, hi: i64, out: &mut Vec<Piece<S>>) {
    // Where each run stands, and its value there.
    let mut a_at = (a[0].lo, a[0].at(a[0].lo));
    let mut b_at = (b[0].lo, b[0].at(b[0].lo));
    let start = a_at.0 + b_at.0;
    // A single number at the start of a run has no length.
    let a = &a[usize::from(a[0].lo == a[0].hi)..];
    let b = &b[usize::from(b[0].lo == b[0].hi)..];
    if a.is_empty() && b.is_empty() && (lo..=hi).contains(&start) {
        let intercept = Intercept::new(a_at.1.wrapping_add(b_at.1));
        out.push(Piece { lo: start, hi: start, slope: S::default(), intercept });
        return;
    }
    let mut joined = Joined { uncovered: start.max(lo), hi, out };
    let mut taken = 0;
    for piece in b {
        let before = taken;
        while taken < a.len() && a[taken].slope <= piece.slope {
            joined.take(&a[taken], b_at);
            taken += 1;
        }
        if taken > before {
            let last = &a[taken - 1];
            a_at = (last.hi, last.at(last.hi));
        }
        joined.take(piece, a_at);
        if joined.uncovered > hi {
            return;
        }
        b_at = (piece.hi, piece.at(piece.hi));
    }
    for piece in &a[taken..] {
        joined.take(piece, b_at);
    }
}

/// What [`join_convex`] has written: all numbers below `uncovered`, of those up to `hi`.
struct Joined<'a, S> {
    uncovered: i64,
    hi: i64,
    out: &'a mut Vec<Piece<S>>,
}

impl<S: Slope> Joined<'_, S> {
    /// Writes what is uncovered of a piece moved right by `by` and up by `value`.
    #[inline(always)]
    fn take(&mut self, piece: &Piece<S>, (by, value): (i64, i128)) {
        let end = (piece.hi + by).min(self.hi);
        if end < self.uncovered {
            return;
        }
        let moved = piece.intercept.get().wrapping_add(value).wrapping_sub(product(piece.slope, by));
        let piece =
            Piece { lo: self.uncovered, hi: end, slope: piece.slope, intercept: Intercept::new(moved) };
        self.uncovered = end + 1;
        match self.out.last_mut() {
            Some(last) if last.slope == piece.slope && last.intercept == piece.intercept => last.hi = end,
            _ => self.out.push(piece),
        }
    }
}

/// Lowers `function` by the candidate in the workspace.
fn lower_into<S: Slope>(function: &mut Vec<Piece<S>>, workspace: &mut Workspace<S>) {
    let Some(first) = workspace.candidate.first() else { return };
    // Pieces that end before the candidate begins are not touched.
    let mut kept = function.len();
    while kept > 0 && function[kept - 1].hi >= first.lo {
        kept -= 1;
    }
    workspace.merged.clear();
    lower_envelope(&function[kept..], &workspace.candidate, &mut workspace.merged);
    function.truncate(kept);
    for &piece in &workspace.merged {
        emit(function, piece);
    }
}

/// The lower of two functions at every number; `a` where they are equal. Appends to `out`.
pub(crate) fn lower_envelope<S: Slope>(a: &[Piece<S>], b: &[Piece<S>], out: &mut Vec<Piece<S>>) {
    let (mut i, mut j) = (0, 0);
    let mut x = i64::MIN;
    while i < a.len() && j < b.len() {
        let (p, q) = (a[i], b[j]);
        let (p_lo, q_lo) = (p.lo.max(x), q.lo.max(x));
        if p_lo < q_lo {
            let hi = p.hi.min(q_lo - 1);
            emit(out, Piece { lo: p_lo, hi, ..p });
            x = hi + 1;
        } else if q_lo < p_lo {
            let hi = q.hi.min(p_lo - 1);
            emit(out, Piece { lo: q_lo, hi, ..q });
            x = hi + 1;
        } else {
            let hi = p.hi.min(q.hi);
            lower_line(&p, &q, p_lo, hi, out);
            x = hi + 1;
        }
        i += usize::from(p.hi < x);
        j += usize::from(q.hi < x);
    }
    for &p in &a[i..] {
        emit(out, Piece { lo: p.lo.max(x), ..p });
    }
    for &q in &b[j..] {
        emit(out, Piece { lo: q.lo.max(x), ..q });
    }
}

/// The lower of two lines on `lo..=hi`, both of which cover it.
#[inline]
fn lower_line<S: Slope>(p: &Piece<S>, q: &Piece<S>, lo: i64, hi: i64, out: &mut Vec<Piece<S>>) {
    let p_first = p.at(lo) <= q.at(lo);
    let p_last = p.at(hi) <= q.at(hi);
    match (p_first, p_last) {
        (true, true) => emit(out, Piece { lo, hi, ..*p }),
        (false, false) => emit(out, Piece { lo, hi, ..*q }),
        (true, false) => {
            // p <= q up to and including the last number at or below the crossing.
            let last = floor_ratio(
                q.intercept.get().wrapping_sub(p.intercept.get()),
                p.slope.wide().wrapping_sub(q.slope.wide()),
            )
            .clamp(lo, hi - 1);
            emit(out, Piece { lo, hi: last, ..*p });
            emit(out, Piece { lo: last + 1, hi, ..*q });
        }
        (false, true) => {
            // q < p up to and including the last number strictly below the crossing.
            let last = floor_ratio(
                p.intercept.get().wrapping_sub(q.intercept.get()).wrapping_sub(1),
                q.slope.wide().wrapping_sub(p.slope.wide()),
            )
            .clamp(lo, hi - 1);
            emit(out, Piece { lo, hi: last, ..*q });
            emit(out, Piece { lo: last + 1, hi, ..*p });
        }
    }
}

/// The largest whole number at or below `numerator / denominator`, for a positive denominator.
///
/// The crossing lies within a piece, so the quotient is a level and fits.
#[inline]
fn floor_ratio(numerator: i128, denominator: i128) -> i64 {
    if denominator <= 0 {
        return i64::MAX;
    }
    match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(n), Ok(d)) => n.div_euclid(d),
        _ => i64::try_from(numerator.div_euclid(denominator)).unwrap_or(i64::MAX),
    }
}

/// Appends a piece, joined to the last one where both lie on one line.
#[inline]
pub(crate) fn emit<S: Slope>(out: &mut Vec<Piece<S>>, piece: Piece<S>) {
    if let Some(last) = out.last_mut()
        && last.hi.wrapping_add(1) == piece.lo
    {
        if last.slope == piece.slope && last.intercept == piece.intercept {
            last.hi = piece.hi;
            return;
        }
        // A single number belongs to whichever neighbour's line passes through it.
        if piece.lo == piece.hi && last.at(piece.lo) == piece.at(piece.lo) {
            last.hi = piece.hi;
            return;
        }
        if last.lo == last.hi && last.at(last.lo) == piece.at(last.lo) {
            *last = Piece { lo: last.lo, ..piece };
            return;
        }
    }
    out.push(piece);
}

/// Cuts a function to `lo..=hi` in place.
pub(crate) fn cut<S: Slope>(function: &mut Vec<Piece<S>>, lo: i64, hi: i64) {
    if function.first().is_none_or(|p| p.lo >= lo) && function.last().is_none_or(|p| p.hi <= hi) {
        return;
    }
    function.retain(|piece| piece.hi >= lo && piece.lo <= hi);
    if let Some(piece) = function.first_mut() {
        piece.lo = piece.lo.max(lo);
    }
    if let Some(piece) = function.last_mut() {
        piece.hi = piece.hi.min(hi);
    }
}

/// Adds `price` for every unit by which a level falls short of `floor`.
pub(crate) fn add_shortfall<S: Slope>(function: &mut Vec<Piece<S>>, floor: i64, price: S) {
    let mut index = 0;
    while index < function.len() && function[index].lo < floor {
        let piece = function[index];
        if piece.hi > floor {
            function.insert(index + 1, Piece { lo: floor + 1, ..piece });
        }
        function[index] = Piece {
            lo: piece.lo,
            hi: piece.hi.min(floor),
            slope: piece.slope.plus(price.negated()),
            intercept: Intercept::new(piece.intercept.get().wrapping_add(product(price, floor))),
        };
        index += 1;
    }
}
