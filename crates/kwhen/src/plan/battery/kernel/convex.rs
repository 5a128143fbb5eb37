//! A convex function that is changed in place, and changed back: joining another puts its slopes among those that there are, and only what
//! is cut off at the ends has to be kept to undo it.
#![expect(
    clippy::indexing_slicing,
    reason = "the innermost loops; every index is bounded by the loop that makes it, whatever the input"
)]

use super::function::{Intercept, Piece, Slope, is_convex, product};

/// A slope over so many whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch<S> {
    pub(super) slope: S,
    pub(super) length: i64,
}

/// Room before the first stretch where a function is taken in, and where there is none left.
const ROOM: usize = 32;

/// A convex function without a gap: from where to where, its value at the lower end, and its slopes, which rise.
#[derive(Clone, Debug)]
pub(super) struct Convex<S> {
    lo: i64,
    hi: i64,
    value: i128,
    /// Those before the head are not part of it.
    stretches: Vec<Stretch<S>>,
    head: usize,
}

impl<S> Default for Convex<S> {
    fn default() -> Self {
        Self { lo: 0, hi: 0, value: 0, stretches: Vec::new(), head: 0 }
    }
}

impl<S: Slope> Convex<S> {
    /// How many pieces [`Self::read`] gives, with what it is told.
    pub(super) fn pieces(&self, ended: Option<S>) -> usize {
        let stretches = self.stretches.len() - self.head;
        stretches + usize::from(stretches == 0 || ended.is_some())
    }

    /// Takes a function in; false, and nothing taken, where it is not convex or has a gap.
    pub(super) fn load(&mut self, function: &[Piece<S>]) -> bool {
        let (Some(first), Some(last)) = (function.first(), function.last()) else { return false };
        if !is_convex(function) {
            return false;
        }
        (self.lo, self.hi, self.value) = (first.lo, last.hi, first.at(first.lo));
        self.stretches.clear();
        self.stretches.resize(ROOM, Stretch { slope: S::default(), length: 0 });
        self.head = ROOM;
        let mut from = first.lo;
        for piece in function {
            self.put_last(Stretch { slope: piece.slope, length: piece.hi.wrapping_sub(from) });
            from = piece.hi;
        }
        true
    }

    /// Joins a convex function, as the inf-convolution does.
    #[inline]
    pub(super) fn join(&mut self, change: &[Piece<S>]) {
        let (Some(first), Some(last)) = (change.first(), change.last()) else { return };
        self.lo = self.lo.wrapping_add(first.lo);
        self.hi = self.hi.wrapping_add(last.hi);
        self.value = self.value.wrapping_add(first.at(first.lo));
        let mut from = first.lo;
        let mut place = self.head;
        for piece in change {
            let length = piece.hi.wrapping_sub(from);
            from = piece.hi;
            if length == 0 {
                continue;
            }
            while place < self.stretches.len() && self.stretches[place].slope < piece.slope {
                place += 1;
            }
            match self.stretches.get_mut(place) {
                Some(there) if there.slope == piece.slope => there.length = there.length.wrapping_add(length),
                _ => self.insert(&mut place, Stretch { slope: piece.slope, length }),
            }
        }
    }

    /// Undoes [`Self::join`], of the function as it was before it was cut.
    #[inline]
    pub(super) fn part(&mut self, change: &[Piece<S>]) {
        let (Some(first), Some(last)) = (change.first(), change.last()) else { return };
        self.lo = self.lo.wrapping_sub(first.lo);
        self.hi = self.hi.wrapping_sub(last.hi);
        self.value = self.value.wrapping_sub(first.at(first.lo));
        let mut from = first.lo;
        let mut place = self.head;
        for piece in change {
            let length = piece.hi.wrapping_sub(from);
            from = piece.hi;
            if length == 0 {
                continue;
            }
            while place < self.stretches.len() && self.stretches[place].slope < piece.slope {
                place += 1;
            }
            let Some(there) = self.stretches.get_mut(place) else { return };
            there.length = there.length.wrapping_sub(length);
            if there.length == 0 {
                self.remove(place);
            }
        }
    }

    /// Cuts it to some levels and writes what is cut off: from the lower end inwards, then from the upper end. How many of the former, or
    /// `None` where nothing is left.
    #[inline]
    pub(super) fn cut(&mut self, lo: i64, hi: i64, off: &mut Vec<Stretch<S>>) -> Option<usize> {
        if self.lo > hi || self.hi < lo || lo > hi {
            return None;
        }
        let before = off.len();
        while self.lo < lo {
            let first = self.stretches.get_mut(self.head)?;
            let length = first.length.min(lo - self.lo);
            off.push(Stretch { slope: first.slope, length });
            self.value = self.value.wrapping_add(product(first.slope, length));
            self.lo += length;
            first.length -= length;
            self.head += usize::from(first.length == 0);
        }
        let lower = off.len() - before;
        while self.hi > hi {
            let last = self.stretches.last_mut()?;
            let length = last.length.min(self.hi - hi);
            off.push(Stretch { slope: last.slope, length });
            self.hi -= length;
            last.length -= length;
            if last.length == 0 {
                self.stretches.pop();
            }
        }
        Some(lower)
    }

    /// Undoes [`Self::cut`].
    #[inline]
    pub(super) fn mend(&mut self, off: &[Stretch<S>], lower: usize) {
        for &stretch in off[lower..].iter().rev() {
            self.hi += stretch.length;
            self.put_last(stretch);
        }
        for &stretch in off[..lower].iter().rev() {
            self.lo -= stretch.length;
            self.value = self.value.wrapping_sub(product(stretch.slope, stretch.length));
            let head = self.head;
            match self.stretches.get_mut(head) {
                Some(first) if first.slope == stretch.slope => first.length += stretch.length,
                _ => self.insert(&mut { head }, stretch),
            }
        }
    }

    /// Its pieces, of those that have a part from one level to another, both included. Where a cut ended with a whole stretch, its slope
    /// holds at the lowest level.
    #[inline]
    pub(super) fn read(&self, ended: Option<S>, (low, high): (i64, i64), out: &mut Vec<Piece<S>>) {
        out.clear();
        let (mut lo, mut x, mut value) = (self.lo, self.lo, self.value);
        let line = |slope: S, lo: i64, hi: i64, value: i128, x: i64| Piece {
            lo,
            hi,
            slope,
            intercept: Intercept::new(value.wrapping_sub(product(slope, x))),
        };
        let single = if self.head == self.stretches.len() { ended.or(Some(S::default())) } else { ended };
        if let Some(slope) = single {
            if (low..=high).contains(&lo) {
                out.push(line(slope, lo, lo, value, lo));
            }
            lo += 1;
        }
        for stretch in &self.stretches[self.head..] {
            if lo > high {
                return;
            }
            let end = x + stretch.length;
            if end >= low {
                out.push(line(stretch.slope, lo, end, value, x));
            }
            value = value.wrapping_add(product(stretch.slope, stretch.length));
            (x, lo) = (end, end + 1);
        }
    }

    /// The slope that [`Self::read`] is told of, from what [`Self::cut`] wrote.
    pub(super) fn ended(&self, off: &[Stretch<S>], lower: usize) -> Option<S> {
        let below = off.get(..lower).and_then(<[_]>::last);
        let Some(last) = below else {
            let point = self.head == self.stretches.len();
            return off.last().filter(|_| point).map(|last| last.slope);
        };
        let goes_on = self.stretches.get(self.head).is_some_and(|first| first.slope == last.slope);
        (!goes_on).then_some(last.slope)
    }

    /// The draw `e` that makes `change(e)` and this at `level - e` together least, as the general search finds it: of equal ones the smallest
    /// movement. `None` where no draw leads here.
    ///
    /// The sum is convex: it falls up to where its least values begin, and rises from where they end.
    #[inline]
    pub(super) fn best_draw(&self, change: &[Piece<S>], level: i64) -> Option<i64> {
        let (first, last) = (change.first()?, change.last()?);
        let least = first.lo.max(level.wrapping_sub(self.hi));
        let end = last.hi.min(level.wrapping_sub(self.lo));
        if least > end {
            return None;
        }
        // The stretch below the level that is left, and the level at which it begins.
        let mut draw = least;
        let mut left = level.wrapping_sub(draw);
        let mut place = self.stretches.len();
        let mut begins = self.hi;
        while place > self.head && begins >= left {
            place -= 1;
            begins = begins.wrapping_sub(self.stretches[place].length);
        }
        let mut pieces = change.iter().skip_while(|piece| piece.hi <= least);
        let mut piece = pieces.next();
        let (mut from, mut to) = (draw, draw);
        while let Some(own) = piece.filter(|_| draw < end) {
            let other = self.stretches[place].slope;
            if own.slope > other {
                break;
            }
            let step = own.hi.min(end).wrapping_sub(draw).min(left.wrapping_sub(begins));
            draw = draw.wrapping_add(step);
            left = left.wrapping_sub(step);
            to = draw;
            if own.slope < other {
                from = draw;
            }
            if left == begins && place > self.head {
                place -= 1;
                begins = begins.wrapping_sub(self.stretches[place].length);
            }
            if draw == own.hi {
                piece = pieces.next();
            }
        }
        Some(0.clamp(from, to))
    }

    /// The value at a level; `None` outside.
    pub(super) fn at(&self, level: i64) -> Option<i128> {
        if !(self.lo..=self.hi).contains(&level) {
            return None;
        }
        let (mut x, mut value) = (self.lo, self.value);
        for stretch in &self.stretches[self.head..] {
            let length = stretch.length.min(level - x);
            value = value.wrapping_add(product(stretch.slope, length));
            x += length;
        }
        Some(value)
    }

    fn put_last(&mut self, stretch: Stretch<S>) {
        let count = self.stretches.len();
        if stretch.length == 0 {
            return;
        }
        match self.stretches.last_mut() {
            Some(last) if count > self.head && last.slope == stretch.slope => last.length += stretch.length,
            _ => self.stretches.push(stretch),
        }
    }

    /// Puts a stretch at a place, and moves the place where what is before it moves.
    #[inline]
    fn insert(&mut self, place: &mut usize, stretch: Stretch<S>) {
        let before = *place - self.head;
        if before > self.stretches.len() - *place {
            self.stretches.insert(*place, stretch);
            return;
        }
        if self.head == 0 {
            let old = self.stretches.len();
            self.stretches.resize(old + ROOM, stretch);
            self.stretches.copy_within(..old, ROOM);
            self.head = ROOM;
            *place += ROOM;
        }
        self.stretches.copy_within(self.head..*place, self.head - 1);
        self.head -= 1;
        *place -= 1;
        self.stretches[*place] = stretch;
    }

    #[inline]
    fn remove(&mut self, place: usize) {
        if place - self.head < self.stretches.len() - place {
            self.stretches.copy_within(self.head..place, self.head + 1);
            self.head += 1;
        } else {
            self.stretches.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::forward::best_action;
    use super::super::function::{Workspace, convolve};
    use super::*;
    use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

    /// A convex function from lengths and slopes.
    fn convex(from: i64, parts: &[(i64, i64)]) -> Vec<Piece<i64>> {
        let mut parts = parts.to_vec();
        parts.sort_by_key(|part| part.1);
        let mut function: Vec<Piece<i64>> = Vec::new();
        let (mut x, mut y) = (from, 7);
        for (index, (length, slope)) in parts.into_iter().enumerate() {
            let lo = if index == 0 { x } else { x + 1 };
            let piece = Piece::through(lo, x + length, slope, x, y);
            (x, y) = (x + length, piece.at(x + length));
            match function.last_mut() {
                Some(last) if last.slope == slope => last.hi = piece.hi,
                _ => function.push(piece),
            }
        }
        function
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Joined, cut, and undone it is what the general join gives, piece by piece, and what it was.
        #[test]
        fn joining_is_undone(
            first in prop::collection::vec((1_i64..9, -9_i64..9), 1..40),
            changes in prop::collection::vec((-9_i64..3, prop::collection::vec((1_i64..9, -9_i64..9), 1..7)), 1..6),
            bounds in (-5_i64..9, 1_i64..120),
        ) {
            let function = convex(0, &first);
            let (lo, hi) = (bounds.0, bounds.0 + bounds.1);
            let mut held = Convex::default();
            prop_assert!(held.load(&function));
            let (mut off, mut marks, mut known) = (Vec::new(), Vec::new(), vec![function]);
            let (mut workspace, mut read) = (Workspace::default(), Vec::new());
            let all = (i64::MIN, i64::MAX);
            for (from, parts) in &changes {
                let change = convex(*from, parts);
                let mut out = Vec::new();
                convolve(&known[known.len() - 1], &change, lo, hi, &mut workspace, &mut out);
                held.join(&change);
                let Some(lower) = held.cut(lo, hi, &mut off) else {
                    prop_assert!(out.is_empty());
                    return Ok(());
                };
                let begun = marks.last().map_or(0, |mark: &(usize, usize, Vec<Piece<i64>>)| mark.0);
                held.read(held.ended(&off[begun..], lower), all, &mut read);
                prop_assert_eq!(&read, &out);
                prop_assert_eq!(held.pieces(held.ended(&off[begun..], lower)), out.len());
                for level in lo - 12..hi + 12 {
                    let found = best_action(&out, &change, level).map(|best| best.0);
                    prop_assert_eq!(held.best_draw(&change, level), found, "level {}", level);
                }
                prop_assert_eq!(held.at(lo + 3), super::super::function::at(&out, lo + 3));
                held.read(held.ended(&off[begun..], lower), (lo + 2, lo + 6), &mut read);
                let within = out.iter().filter(|piece| piece.lo <= lo + 6 && piece.hi >= lo + 2);
                prop_assert!(read.iter().eq(within));
                marks.push((off.len(), lower, change));
                known.push(out);
            }
            while let Some((end, lower, change)) = marks.pop() {
                let begun = marks.last().map_or(0, |mark| mark.0);
                held.mend(&off[begun..end], lower);
                held.part(&change);
                known.pop();
                let ended = marks.last().map(|mark| {
                    let begun = marks.len().checked_sub(2).map_or(0, |before| marks[before].0);
                    held.ended(&off[begun..mark.0], mark.1)
                });
                held.read(ended.flatten(), all, &mut read);
                prop_assert_eq!(&read, &known[known.len() - 1]);
            }
        }
    }
}
