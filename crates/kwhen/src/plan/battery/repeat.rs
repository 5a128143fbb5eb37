//! The value of the level at the end if one day came again and again.

use super::kernel::{Blocked, Model, Piece, Slope, Stepper, at, lower_envelope};
use std::collections::VecDeque;

/// Repetitions after which a day that has not settled is refused.
pub(crate) const MOST_REPETITIONS: usize = 400;

/// The longest cycle of days that is looked for.
const LONGEST_CYCLE: usize = 64;

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
/// Starting from no end value, the day is put before itself until its function differs from an earlier one by a constant at
/// every level. Where that is the one before, every further day adds that constant: the function is exact, not a limit.
/// Where it is the one of some days before, the best plan takes so many days to come round (it may charge in full every other
/// day). The least of the functions of those days, each less what the days until then cost on average, is reproduced by the day:
/// putting a day before the least of functions gives the least of the results, and each becomes the next.
///
/// With an efficiency that rises with the power the best plan may take thousands of days to come round exactly, by ever smaller
/// steps. After the most repetitions a function is taken to which a further day adds the same at every level to within
/// `tolerance` cost units.
pub(crate) fn repeating<S: Slope>(day: &Model<S>, tolerance: i128) -> Result<Vec<Piece<S>>, Unsettled> {
    let lo = day.lo.iter().copied().max().unwrap_or(0);
    let mut current = day.terminal.clone();
    let mut stepper = Stepper::new();
    let mut out = Vec::new();
    super::kernel::cut(&mut current, lo, day.capacity);
    let mut total = drop_constant(&mut current);
    // Each function of the last days, with the constant that was taken off it.
    let mut past: VecDeque<(Vec<Piece<S>>, i128)> = VecDeque::new();
    for _ in 0..MOST_REPETITIONS {
        past.push_front((current.clone(), total));
        past.truncate(LONGEST_CYCLE);
        for index in (0..day.slots.len()).rev() {
            stepper.step(day, index, &current, &mut out);
            if out.is_empty() {
                return Err(Unsettled::Blocked(Blocked::at(index)));
            }
            std::mem::swap(&mut current, &mut out);
        }
        // The constant is dropped, so that costs stay small.
        total += drop_constant(&mut current);
        if let Some(cycle) = past.iter().position(|(function, _)| spread(function, &current) == Some(0)) {
            let phases: Vec<_> = past.into_iter().take(cycle + 1).collect();
            return Ok(least_of_cycle(&phases, total));
        }
    }
    let last = past.front().and_then(|(before, _)| spread(before, &current));
    if last.is_some_and(|spread| spread <= tolerance) { Ok(current) } else { Err(Unsettled::TooSlow) }
}

/// Takes off a function what it is at its lowest level.
fn drop_constant<S: Slope>(function: &mut [Piece<S>]) -> i128 {
    let base = function.first().map_or(0, |piece| piece.at(piece.lo));
    for piece in function {
        *piece = piece.raised(-base);
    }
    base
}

/// The least of the functions of a cycle of days (the latest first), each less what the days since the first cost on average, to
/// a cost unit. `total` is the constant of the function that ends the cycle.
fn least_of_cycle<S: Slope>(phases: &[(Vec<Piece<S>>, i128)], total: i128) -> Vec<Piece<S>> {
    let days = phases.len() as i128;
    let Some((first, start)) = phases.last() else { return Vec::new() };
    let mut least = first.clone();
    let mut out = Vec::new();
    for (day, (function, constant)) in (1..days).zip(phases.iter().rev().skip(1)) {
        let average = (total - start) * day / days;
        let level: Vec<_> = function.iter().map(|piece| piece.raised(constant - start - average)).collect();
        out.clear();
        lower_envelope(&least, &level, &mut out);
        std::mem::swap(&mut least, &mut out);
    }
    drop_constant(&mut least);
    least
}

/// By how much the difference of two functions varies over their levels; `None` where they do not have one domain.
fn spread<S: Slope>(a: &[Piece<S>], b: &[Piece<S>]) -> Option<i128> {
    let ends = |function: &[Piece<S>]| function.first().map(|p| p.lo).zip(function.last().map(|p| p.hi));
    if ends(a) != ends(b) {
        return None;
    }
    // Between the ends of all pieces of both, the difference is a straight line.
    let mut range: Option<(i128, i128)> = None;
    for x in a.iter().chain(b).flat_map(|piece| [piece.lo, piece.hi]) {
        match (at(a, x), at(b, x)) {
            (None, None) => {}
            (Some(first), Some(second)) => {
                let difference = second - first;
                let (low, high) = range.unwrap_or((difference, difference));
                range = Some((low.min(difference), high.max(difference)));
            }
            _ => return None,
        }
    }
    range.map(|(low, high)| high - low)
}
