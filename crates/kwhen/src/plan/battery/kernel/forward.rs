//! The forward pass: from a level, the action that the cost-to-go asks for, and the flows that it means.

use super::function::{Piece, Slope};
use super::model::{Device, Mode, Slot, StoreSegment};
use super::slot_cost::{allowed_inverter, meter_cost, meter_turn};
use std::cmp::Ordering;

/// The flows of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Store units drawn (negative: stored).
    pub(crate) drawn: i64,
    /// Bus flow out of the battery, as a ratio: `bus / ratio` bus units.
    pub(crate) bus: i128,
    pub(crate) ratio: i64,
    /// Bus flow out through the inverter, over the same ratio.
    pub(crate) inverter: i128,
}

/// The draw `e` that makes `change(e) + next(level - e)` least, and that least cost.
///
/// A least sum lies where one of the two functions has the end of a piece. Of equal ones the smallest movement is
/// taken, and of two equal movements the draw.
pub(crate) fn best_action<S: Slope>(
    next: &[Piece<S>],
    change: &[Piece<S>],
    level: i64,
) -> Option<(i64, i128)> {
    let mut best: Option<(i64, i128)> = None;
    let mut consider = |e: i64, cost: i128| {
        let better = best.is_none_or(|(best_e, best_cost)| {
            (cost, e.unsigned_abs(), e < 0) < (best_cost, best_e.unsigned_abs(), best_e < 0)
        });
        if better {
            best = Some((e, cost));
        }
    };
    let most = level.saturating_sub(change.first()?.lo);
    // Both lists are walked against each other once: as the draw rises, the level that is left falls.
    let mut right = next.partition_point(|piece| piece.lo <= most);
    for piece in change {
        // Levels left by this piece's draws.
        let (low, high) = (level.saturating_sub(piece.hi), level.saturating_sub(piece.lo));
        while right > 0 && next.get(right - 1).is_some_and(|other| other.lo > high) {
            right -= 1;
        }
        let mut index = right;
        while index > 0 {
            let Some(other) = next.get(index - 1) else { break };
            if other.hi < low {
                break;
            }
            let (from, to) = (other.lo.max(low), other.hi.min(high));
            if from <= to {
                // On the overlap the sum is one line: its lower end, or where it is level the smallest movement.
                let left = match other.slope.cmp(&piece.slope) {
                    Ordering::Greater => from,
                    Ordering::Less => to,
                    Ordering::Equal => level.clamp(from, to),
                };
                consider(level - left, piece.at(level - left).wrapping_add(other.at(left)));
            }
            index -= 1;
        }
    }
    best
}

/// The flows of a draw `e`: which of the inverter flows within reach costs least; of equal ones the one that
/// curtails least.
pub(crate) fn flow_of<S: Slope>(device: &Device<S>, slot: &Slot<S>, mode: Mode, e: i64) -> Flow {
    let (bus, ratio) = bus_of(&device.segments, e);
    let scale = i128::from(ratio);
    // Whole bus units either side are enough: the meter's cost bends on whole units only.
    let window_lo = bus;
    let window_hi = bus + i128::from(slot.solar) * scale;
    let (lo, hi) = allowed_inverter(device, slot, mode);
    let lo = (i128::from(lo) * scale).max(if device.curtailment { window_lo } else { window_hi });
    let hi = (i128::from(hi) * scale).min(window_hi);
    let turn = i128::from(meter_turn(device, slot)) * scale;
    let zero = S::default();
    // Where neither price is below zero, no flow out costs more than a smaller one.
    if lo >= hi || slot.import >= zero && slot.export >= zero {
        return Flow { drawn: e, bus, ratio, inverter: hi };
    }
    let mut chosen = hi;
    let mut least = scaled_meter_cost(device, slot, hi, scale);
    for y in [turn.clamp(lo.min(hi), hi), lo.min(hi)] {
        let cost = scaled_meter_cost(device, slot, y, scale);
        if cost < least {
            (chosen, least) = (y, cost);
        }
    }
    Flow { drawn: e, bus, ratio, inverter: chosen }
}

/// A quotient that the lattice has made whole; narrow numbers divide faster.
pub(crate) fn divide_exactly(numerator: i128, denominator: i128) -> i128 {
    match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) => i128::from(numerator / denominator.max(1)),
        _ => numerator / denominator.max(1),
    }
}

/// The meter's cost of the flow `y / ratio`. The lattice makes a cost unit divide by every ratio, so nothing is rounded.
fn scaled_meter_cost<S: Slope>(device: &Device<S>, slot: &Slot<S>, y: i128, ratio: i128) -> i128 {
    if ratio == 1
        && let Ok(y) = i64::try_from(y)
    {
        return meter_cost(device, slot, y);
    }
    let turn = i128::from(meter_turn(device, slot)) * ratio;
    let (out, inward) = (divide_exactly(device.cost_out, ratio), divide_exactly(device.cost_in, ratio));
    let price = if y >= turn { slot.export.wide() } else { slot.import.wide() };
    price * out * (turn.max(0) - y.max(0)) + price * inward * (turn.min(0) - y.min(0))
}

/// The bus flow of a store change: `numerator / ratio` bus units.
pub(crate) fn bus_of<S: Slope>(segments: &[StoreSegment<S>], e: i64) -> (i128, i64) {
    let end =
        |segment: &StoreSegment<S>| segment.store_lo + (segment.bus_hi - segment.bus_lo) * segment.ratio;
    let index = segments.partition_point(|segment| end(segment) < e);
    let Some(segment) = segments.get(index).or(segments.last()) else { return (0, 1) };
    let within = i128::from(e - segment.store_lo);
    (i128::from(segment.bus_lo) * i128::from(segment.ratio) + within, segment.ratio.max(1))
}

/// What the meter sees, in grid units over a common denominator: import if positive, export if negative.
pub(crate) fn meter_flow<S: Slope>(device: &Device<S>, slot: &Slot<S>, flow: &Flow) -> (i128, i128) {
    let ratio = i128::from(flow.ratio);
    let direction = i128::from(if flow.inverter >= 0 { device.bus_out } else { device.bus_in });
    let denominator = ratio * direction;
    (i128::from(slot.load) * denominator - flow.inverter, denominator)
}

/// The store change of a bus flow out of the battery (negative: into it), cut to what the converters can do.
pub(crate) fn store_of_bus<S: Slope>(device: &Device<S>, bus: i64) -> i64 {
    let index = device.segments.partition_point(|segment| segment.bus_hi < bus);
    let Some(segment) = device.segments.get(index).or(device.segments.last()) else { return 0 };
    segment.store_lo + (bus.clamp(segment.bus_lo, segment.bus_hi) - segment.bus_lo) * segment.ratio
}
