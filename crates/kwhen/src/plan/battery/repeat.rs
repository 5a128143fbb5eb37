//! The value of the level at the end if one day came again and again.

use super::kernel::{Blocked, Model, Piece, Slope, Stepper, at};

/// Repetitions after which a day that has not settled is refused.
pub(crate) const MOST_REPETITIONS: usize = 400;

/// Why there is no repeating value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsettled {
    /// The day has no plan.
    Blocked(Blocked),
    /// The value functions of successive days still differ by more than a constant.
    TooSlow,
}

/// The cost-to-go at the start of the day that the day reproduces, up to a constant.
///
/// Starting from no end value, the day is put before itself until its function differs from the one before by a
/// constant at every level. Then every further day adds that constant: the function is exact, not a limit.
pub(crate) fn repeating<S: Slope>(day: &Model<S>) -> Result<Vec<Piece<S>>, Unsettled> {
    let lo = day.lo.iter().copied().max().unwrap_or(0);
    let mut current = day.terminal.clone();
    let mut stepper = Stepper::new();
    let mut out = Vec::new();
    super::kernel::cut(&mut current, lo, day.capacity);
    for _ in 0..MOST_REPETITIONS {
        let before = current.clone();
        for index in (0..day.slots.len()).rev() {
            stepper.step(day, index, &current, &mut out);
            if out.is_empty() {
                return Err(Unsettled::Blocked(Blocked { boundary: index }));
            }
            std::mem::swap(&mut current, &mut out);
        }
        let settled = differ_by_constant(&before, &current);
        // The constant is dropped, so that costs stay small.
        let base = current.first().map_or(0, |piece| piece.at(piece.lo));
        for piece in &mut current {
            *piece = piece.raised(-base);
        }
        if settled {
            return Ok(current);
        }
    }
    Err(Unsettled::TooSlow)
}

/// Whether two functions have one domain and differ by the same amount everywhere on it.
fn differ_by_constant<S: Slope>(a: &[Piece<S>], b: &[Piece<S>]) -> bool {
    let ends = |function: &[Piece<S>]| function.first().map(|p| p.lo).zip(function.last().map(|p| p.hi));
    if ends(a) != ends(b) {
        return false;
    }
    // Lines are equal on a stretch if they are at both of its ends, so the ends of all pieces of both are enough.
    let mut knots = a.iter().chain(b).flat_map(|piece| [piece.lo, piece.hi]);
    let mut constant = None;
    knots.all(|x| match (at(a, x), at(b, x)) {
        (None, None) => true,
        (Some(first), Some(second)) => *constant.get_or_insert(second - first) == second - first,
        _ => false,
    })
}
