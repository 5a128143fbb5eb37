//! The cost-to-go functions of all boundaries, packed: they are what a plan of years keeps in memory.

use super::function::{Intercept, Piece, Slope, product};

/// Bends in a full block of memory.
const BLOCK: usize = 1 << 16;

/// The end of a piece and its slope. Its other end and its intercept follow from the piece before.
#[derive(Clone, Copy, Debug)]
struct Bend<S> {
    hi: i64,
    slope: S,
}

/// Pieces that go on from each other without a step.
#[derive(Clone, Copy, Debug)]
struct Run {
    lo: i64,
    /// The intercept of the first piece.
    intercept: Intercept,
    block: u32,
    /// The place of the first bend in its block, and the one after the last.
    start: u32,
    end: u32,
}

/// The cost-to-go functions of all boundaries, in blocks that are never moved once they are full.
#[derive(Clone, Debug)]
pub(crate) struct Values<S> {
    blocks: Vec<Vec<Bend<S>>>,
    runs: Vec<Run>,
    /// Where each boundary's runs end; boundary `n` comes first.
    ends: Vec<usize>,
    pieces: usize,
}

impl<S: Slope> Values<S> {
    pub(crate) fn with_boundaries(boundaries: usize) -> Self {
        let first = Vec::with_capacity(boundaries.saturating_mul(20).clamp(64, BLOCK));
        Self {
            blocks: vec![first],
            runs: Vec::with_capacity(boundaries),
            ends: Vec::with_capacity(boundaries),
            pieces: 0,
        }
    }

    /// The least that so many functions take.
    pub(super) const fn least_bytes(boundaries: usize) -> usize {
        boundaries.saturating_mul(size_of::<Bend<S>>() + size_of::<Run>() + size_of::<usize>())
    }

    /// As [`Self::with_boundaries`], without room for more than a few bends: where there are many such lists.
    pub(super) fn growing() -> Self {
        Self { blocks: vec![Vec::new()], runs: Vec::new(), ends: Vec::new(), pieces: 0 }
    }

    /// Appends the function of the boundary before the last one appended.
    pub(crate) fn push(&mut self, function: &[Piece<S>]) {
        let fits = self.blocks.last().is_some_and(|block| block.len() + function.len() <= block.capacity());
        if !fits {
            // As much again as there is, up to a block.
            let held: usize = self.blocks.iter().map(Vec::len).sum();
            self.blocks.push(Vec::with_capacity(held.clamp(64, BLOCK).max(function.len())));
        }
        // A block holds 2^16 bends or one function, and a function is a slice in memory: the counts fit 32 bits.
        let number = self.blocks.len().saturating_sub(1) as u32;
        let Some(block) = self.blocks.last_mut() else { return };
        let mut before: Option<&Piece<S>> = None;
        for piece in function {
            let start = block.len() as u32;
            block.push(Bend { hi: piece.hi, slope: piece.slope });
            match self.runs.last_mut().filter(|_| before.is_some_and(|before| goes_on(before, piece))) {
                Some(run) => run.end = start + 1,
                None => self.runs.push(Run {
                    lo: piece.lo,
                    intercept: piece.intercept,
                    block: number,
                    start,
                    end: start + 1,
                }),
            }
            before = Some(piece);
        }
        self.pieces += function.len();
        self.ends.push(self.runs.len());
    }

    /// Unpacks the cost-to-go at a boundary into `out`; nothing for a boundary that is not there.
    pub(crate) fn read(&self, boundary: usize, out: &mut Vec<Piece<S>>) {
        self.read_within(boundary, (i64::MIN, i64::MAX), out);
    }

    /// As [`Self::read`], of the pieces that have a part from one level to another, both included.
    pub(crate) fn read_within(&self, boundary: usize, within: (i64, i64), out: &mut Vec<Piece<S>>) {
        out.clear();
        if let Some(index) = self.ends.len().checked_sub(boundary.saturating_add(1)) {
            self.read_at(index, within, out);
        }
    }

    /// The same of the function that was appended after so many others.
    pub(super) fn read_at(&self, index: usize, (low, high): (i64, i64), out: &mut Vec<Piece<S>>) {
        out.clear();
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let runs = self.ends.get(index).and_then(|&end| self.runs.get(start..end));
        for run in runs.unwrap_or(&[]) {
            let bends = self.blocks.get(run.block as usize);
            let Some(bends) = bends.and_then(|block| block.get(run.start as usize..run.end as usize)) else {
                continue;
            };
            let Some(first) = bends.first() else { continue };
            let mut intercept = run.intercept.get();
            let mut before = Bend { hi: run.lo.wrapping_sub(1), slope: first.slope };
            for &bend in bends {
                let lo = before.hi.wrapping_add(1);
                if lo > high {
                    return;
                }
                intercept = carried_on(intercept, before, bend.slope);
                before = bend;
                if bend.hi >= low {
                    out.push(Piece {
                        lo,
                        hi: bend.hi,
                        slope: bend.slope,
                        intercept: Intercept::new(intercept),
                    });
                }
            }
        }
    }

    /// How many functions there are.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        let bends: usize = self.blocks.iter().map(Vec::capacity).sum();
        bends * size_of::<Bend<S>>()
            + self.runs.capacity() * size_of::<Run>()
            + self.ends.capacity() * size_of::<usize>()
    }

    /// How many pieces all functions have.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces
    }
}

/// The intercept of the line with another slope that meets a line at its last number. The bounds of the lattice keep
/// the difference of two slopes in range.
#[inline]
fn carried_on<S: Slope>(intercept: i128, line: Bend<S>, next: S) -> i128 {
    intercept.wrapping_add(product(line.slope.plus(next.negated()), line.hi))
}

/// Whether a piece begins where the one before ends, at the same value.
#[inline]
fn goes_on<S: Slope>(before: &Piece<S>, piece: &Piece<S>) -> bool {
    let line = Bend { hi: before.hi, slope: before.slope };
    piece.lo == before.hi.wrapping_add(1)
        && piece.intercept.get() == carried_on(before.intercept.get(), line, piece.slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions with steps, gaps and single numbers come back as they went in, over more than one block.
    #[test]
    fn what_is_packed_is_read_again() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut functions: Vec<Vec<Piece<i64>>> = vec![Vec::new()];
        for _ in 0..8_000 {
            let mut function: Vec<Piece<i64>> = Vec::new();
            let mut lo = random(1_000) as i64;
            for _ in 0..random(24) {
                let hi = lo + random(50) as i64;
                let slope = random(1 << 40) as i64 - (1 << 39);
                let level = match function.last() {
                    Some(before) if random(4) > 0 => before.at(before.hi),
                    _ => i128::from(random(1 << 30)) << 60,
                };
                let from = if function.is_empty() { lo } else { lo - 1 };
                function.push(Piece::through(lo, hi, slope, from, level));
                lo = hi + 1 + if random(8) == 0 { 3 } else { 0 };
            }
            functions.push(function);
        }
        let mut values = Values::with_boundaries(functions.len());
        for function in functions.iter().rev() {
            values.push(function);
        }
        assert!(values.blocks.len() > 1 && values.runs.len() < values.pieces() / 2, "{}", values.runs.len());
        let mut read = Vec::new();
        for (boundary, function) in functions.iter().enumerate() {
            values.read(boundary, &mut read);
            assert_eq!(&read, function, "boundary {boundary}");
            let (low, high) = (120, 310);
            values.read_within(boundary, (low, high), &mut read);
            let within = function.iter().filter(|piece| piece.lo <= high && piece.hi >= low);
            assert!(read.iter().eq(within), "boundary {boundary}");
        }
        values.read(functions.len(), &mut read);
        assert!(read.is_empty());
    }
}
