//! Piecewise-linear functions on whole numbers: the least cost from a state of charge to the end.
//!
//! States are whole units of energy, so a function is a list of pieces, each linear between two whole numbers and both ends
//! included. Where two pieces cross between whole numbers the lower one simply ends before the crossing and the other begins
//! after it: at every whole number the value is exact, and no fraction ever arises.

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Sub};

/// What values are held in: 64 bits where they cannot overflow, else 128.
pub(super) trait Number:
    Copy + Ord + Debug + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    const ZERO: Self;
    /// The bound within which every value must lie.
    const LIMIT: i128;
    fn of(value: i128) -> Self;
    fn index(self) -> i64;
}

macro_rules! number {
    ($type:ty) => {
        impl Number for $type {
            const ZERO: Self = 0;
            const LIMIT: i128 = <$type>::MAX as i128 / 16;

            fn of(value: i128) -> Self {
                <$type>::try_from(value).unwrap_or(0)
            }

            fn index(self) -> i64 {
                i64::try_from(self).unwrap_or(i64::MAX)
            }
        }
    };
}

number!(i64);
number!(i128);

/// Linear from one whole number to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece<V> {
    from: i64,
    to: i64,
    /// At `from`.
    value: V,
    slope: V,
}

impl<V: Number> Piece<V> {
    fn at(&self, place: i64) -> V {
        self.value + self.slope * V::of(i128::from(place - self.from))
    }

    fn cut(&self, from: i64, to: i64) -> Self {
        Self { from, to, value: self.at(from), slope: self.slope }
    }
}

/// A function on some of the whole numbers; elsewhere there is no value, because there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function<V> {
    pieces: Vec<Piece<V>>,
}

impl<V: Clone> From<Function<V>> for Cow<'_, Function<V>> {
    fn from(function: Function<V>) -> Self {
        Cow::Owned(function)
    }
}

impl<'f, V: Clone> From<&'f Function<V>> for Cow<'f, Function<V>> {
    fn from(function: &'f Function<V>) -> Self {
        Cow::Borrowed(function)
    }
}

impl<V: Number> Function<V> {
    /// Nowhere a value.
    pub(super) const fn nowhere() -> Self {
        Self { pieces: Vec::new() }
    }

    /// A line through a value at `from`, up to and including `to`; nowhere if that is before `from`.
    pub(super) fn line(from: i64, to: i64, value: V, slope: V) -> Self {
        if from > to {
            Self::nowhere()
        } else {
            Self { pieces: Vec::from([Piece { from, to, value, slope }]) }
        }
    }

    /// What its pieces take in memory.
    pub(super) const fn bytes(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece<V>>()
    }

    /// The value at a whole number, if there is one.
    pub(super) fn at(&self, place: i64) -> Option<V> {
        let after = self.pieces.partition_point(|piece| piece.to < place);
        self.pieces.get(after).filter(|piece| piece.from <= place).map(|piece| piece.at(place))
    }

    fn push(&mut self, piece: Piece<V>) {
        if piece.from > piece.to {
            return;
        }
        if let Some(last) = self.pieces.last_mut()
            && last.to + 1 == piece.from
        {
            // A single point takes the slope of its neighbour where it lies on the neighbour's line.
            if last.from == last.to && last.value + piece.slope == piece.value {
                *last = Piece { to: piece.to, slope: piece.slope, ..*last };
                return;
            }
            if last.at(piece.from) == piece.value && (last.slope == piece.slope || piece.from == piece.to) {
                last.to = piece.to;
                return;
            }
        }
        self.pieces.push(piece);
    }

    /// The lower of two.
    pub(super) fn min<'f>(self, other: impl Into<Cow<'f, Self>>) -> Self
    where
        Self: 'f,
    {
        Self::lower(self, other).into_owned()
    }

    /// The lower of two: one as it is where the other has no value.
    pub(super) fn lower<'f>(one: impl Into<Cow<'f, Self>>, other: impl Into<Cow<'f, Self>>) -> Cow<'f, Self> {
        let (one, other) = (one.into(), other.into());
        if other.pieces.is_empty() {
            return one;
        }
        if one.pieces.is_empty() {
            return other;
        }
        let room = one.pieces.len() + other.pieces.len();
        Cow::Owned(Self::lower_of(one.pieces.iter().copied(), other.pieces.iter().copied(), room))
    }

    /// The lower of two lists of pieces, with room for so many.
    fn lower_of(
        mut left: impl Iterator<Item = Piece<V>>,
        mut right: impl Iterator<Item = Piece<V>>,
        room: usize,
    ) -> Self {
        let mut lower = Self { pieces: Vec::with_capacity(room) };
        let (mut one, mut two) = (left.next(), right.next());
        loop {
            match (one, two) {
                (None, None) => break,
                (Some(piece), None) => {
                    lower.push(piece);
                    one = left.next();
                }
                (None, Some(piece)) => {
                    lower.push(piece);
                    two = right.next();
                }
                (Some(a), Some(b)) if a.from < b.from => {
                    let to = a.to.min(b.from - 1);
                    lower.push(a.cut(a.from, to));
                    one = if to < a.to { Some(a.cut(to + 1, a.to)) } else { left.next() };
                }
                (Some(a), Some(b)) if b.from < a.from => {
                    let to = b.to.min(a.from - 1);
                    lower.push(b.cut(b.from, to));
                    two = if to < b.to { Some(b.cut(to + 1, b.to)) } else { right.next() };
                }
                (Some(a), Some(b)) => {
                    let to = a.to.min(b.to);
                    lower.push_lower(&a.cut(a.from, to), &b.cut(b.from, to));
                    one = if to < a.to { Some(a.cut(to + 1, a.to)) } else { left.next() };
                    two = if to < b.to { Some(b.cut(to + 1, b.to)) } else { right.next() };
                }
            }
        }
        lower
    }

    /// The lower of two pieces over the same places.
    fn push_lower(&mut self, one: &Piece<V>, two: &Piece<V>) {
        let (first, last) = (one.value - two.value, one.at(one.to) - two.at(two.to));
        if first <= V::ZERO && last <= V::ZERO {
            self.push(*one);
        } else if first >= V::ZERO && last >= V::ZERO {
            self.push(*two);
        } else {
            // They cross: the lower at first ends at the last place where it is not above the other.
            let (low, high, below, steepness) = if first < V::ZERO {
                (one, two, V::ZERO - first, one.slope - two.slope)
            } else {
                (two, one, first, two.slope - one.slope)
            };
            let to = low.from + (below / steepness).index();
            self.push(low.cut(low.from, to));
            self.push(high.cut(to + 1, high.to));
        }
    }

    /// With a constant added.
    pub(super) fn plus(mut self, added: V) -> Self {
        for piece in &mut self.pieces {
            piece.value = piece.value + added;
        }
        self
    }

    /// With `slope` times the place added.
    pub(super) fn tilted(mut self, slope: V) -> Self {
        for piece in &mut self.pieces {
            piece.value = piece.value + slope * V::of(i128::from(piece.from));
            piece.slope = piece.slope + slope;
        }
        self
    }

    /// With `slope` added for each unit that a place is below a level.
    pub(super) fn with_shortfall(self, level: i64, slope: V) -> Self {
        let mut short = Self { pieces: Vec::with_capacity(self.pieces.len() + 1) };
        for piece in &self.pieces {
            let below = piece.to.min(level);
            if piece.from <= below {
                let part = piece.cut(piece.from, below);
                let added = slope * V::of(i128::from(level - part.from));
                short.push(Piece { value: part.value + added, slope: part.slope - slope, ..part });
            }
            if below < piece.to {
                let from = piece.from.max(below + 1);
                short.push(piece.cut(from, piece.to));
            }
        }
        short
    }

    /// Only at places up to and including one.
    pub(super) fn up_to(&self, last: i64) -> Self {
        self.within(i64::MIN, last)
    }

    /// Only at places from one to another, both included.
    pub(super) fn within(&self, first: i64, last: i64) -> Self {
        let from = self.pieces.partition_point(|piece| piece.to < first);
        let kept = self.pieces.get(from..).unwrap_or_default();
        let kept = kept.get(..kept.partition_point(|piece| piece.from <= last)).unwrap_or_default();
        Self {
            pieces: kept.iter().map(|piece| piece.cut(piece.from.max(first), piece.to.min(last))).collect(),
        }
    }

    /// Only at places from one to another, both included, in the memory that it has.
    pub(super) fn kept_within(mut self, first: i64, last: i64) -> Self {
        self.pieces.truncate(self.pieces.partition_point(|piece| piece.from <= last));
        let before = self.pieces.partition_point(|piece| piece.to < first);
        if before > 0 {
            self.pieces.drain(..before);
        }
        if let Some(piece) = self.pieces.first_mut() {
            *piece = piece.cut(piece.from.max(first), piece.to);
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.to = piece.to.min(last);
        }
        self
    }

    /// In memory of its own size.
    pub(super) fn packed(mut self) -> Self {
        self.pieces.shrink_to_fit();
        self
    }

    /// The value at `place + distance`, as a function of the place.
    pub(super) fn shifted(&self, distance: i64) -> Self {
        Self { pieces: self.pieces_shifted(distance).collect() }
    }

    fn pieces_shifted(&self, distance: i64) -> impl Iterator<Item = Piece<V>> {
        self.pieces.iter().map(move |piece| Piece {
            from: piece.from - distance,
            to: piece.to - distance,
            ..*piece
        })
    }

    /// The least value from `place + near` to `place + far`, as a function of the place.
    ///
    /// The least is at either end of that range, or at a low end of a piece within it.
    pub(super) fn least_ahead(&self, near: i64, far: i64) -> Self {
        if near > far {
            return Self::nowhere();
        }
        if near == far {
            return self.shifted(near);
        }
        let (near_end, far_end) = (self.pieces_shifted(near), self.pieces_shifted(far));
        Self::lower_of(near_end, far_end, 2 * self.pieces.len()).min(self.least_ends_ahead(near, far))
    }

    /// The least of the low ends of pieces from `place + near` to `place + far`: constants, found with a queue whose values rise.
    fn least_ends_ahead(&self, near: i64, far: i64) -> Self {
        let mut least = Self::nowhere();
        let mut queue: std::collections::VecDeque<(i64, V)> = std::collections::VecDeque::new();
        let mut reached = i64::MIN;
        let mut emit = |queue: &mut std::collections::VecDeque<(i64, V)>, reached: &mut i64, end: i64| {
            while let Some((place, value)) = queue.front().copied() {
                if *reached > end {
                    return;
                }
                let to = end.min(place - near);
                if to >= *reached {
                    least.push(Piece { from: *reached, to, value, slope: V::ZERO });
                    *reached = to + 1;
                }
                if place - near < *reached {
                    queue.pop_front();
                }
            }
        };
        let low_ends = self.pieces.iter().flat_map(|piece| {
            let first = (piece.slope >= V::ZERO).then_some((piece.from, piece.value));
            let last = (piece.slope < V::ZERO || piece.slope == V::ZERO && piece.to > piece.from)
                .then(|| (piece.to, piece.at(piece.to)));
            first.into_iter().chain(last)
        });
        for (place, value) in low_ends {
            emit(&mut queue, &mut reached, place - far - 1);
            reached = reached.max(place - far);
            while queue.back().is_some_and(|last| last.1 >= value) {
                queue.pop_back();
            }
            queue.push_back((place, value));
        }
        emit(&mut queue, &mut reached, i64::MAX);
        least
    }

    /// The least value from one place to another, both included, with `slope` times the place added, and where: the first such place,
    /// or the last.
    pub(super) fn least_within(
        &self,
        (first, last): (i64, i64),
        slope: V,
        prefer_last: bool,
    ) -> Option<(V, i64)> {
        let mut least: Option<(V, i64)> = None;
        let from = self.pieces.partition_point(|piece| piece.to < first);
        for piece in self.pieces.iter().skip(from).take_while(|piece| piece.from <= last) {
            for place in [piece.from.max(first), piece.to.min(last)] {
                let value = piece.at(place) + slope * V::of(i128::from(place));
                let better = least.is_none_or(|(lowest, _)| value < lowest || prefer_last && value == lowest);
                if better {
                    least = Some((value, place));
                }
            }
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_function() -> impl Strategy<Value = Function<i64>> {
        prop::collection::vec((0_i64..3, 0_i64..6, -20_i64..20, -4_i64..5), 1..6).prop_map(|parts| {
            let mut function = Function::nowhere();
            let mut from = 0;
            for (gap, length, value, slope) in parts {
                function.push(Piece { from: from + gap, to: from + gap + length, value, slope });
                from += gap + length + 1;
            }
            function
        })
    }

    const PLACES: std::ops::Range<i64> = -40..60;

    proptest! {
        #[test]
        fn every_operation_is_right_at_every_place(f in any_function(), g in any_function(), near in 0_i64..6, more in 0_i64..9, level in -3_i64..30, slope in -5_i64..6) {
            let far = near + more;
            let both = |a: Option<i64>, b: Option<i64>| a.into_iter().chain(b).min();
            let (lower, ahead) = (f.clone().min(&g), f.least_ahead(near, far));
            prop_assert_eq!(f.clone().kept_within(level, level + more), f.within(level, level + more));
            let (tilted, short) = (f.clone().tilted(slope), f.clone().with_shortfall(level, slope));
            for place in PLACES {
                prop_assert_eq!(lower.at(place), both(f.at(place), g.at(place)));
                prop_assert_eq!(ahead.at(place), (place + near..=place + far).filter_map(|place| f.at(place)).min());
                prop_assert_eq!(tilted.at(place), f.at(place).map(|value| value + slope * place));
                prop_assert_eq!(short.at(place), f.at(place).map(|value| value + slope * (level - place).max(0)));
                prop_assert_eq!(f.up_to(level).at(place), f.at(place).filter(|_| place <= level));
                let least = (place..=place + more).filter_map(|place| f.at(place).map(|value| (value, place))).min();
                prop_assert_eq!(f.least_within((place, place + more), 0, false), least);
                let leaning = (place..=place + more).filter_map(|place| tilted.at(place).map(|value| (value, place))).min();
                prop_assert_eq!(f.least_within((place, place + more), slope, false), leaning);
            }
        }
    }
}
