//! The backward pass where the changes of mode are counted: one function for each mode before and count left.

use super::function::{Piece, Slope, Workspace, add_shortfall, at, convolve, emit, lower_envelope};
use super::model::{Mode, ModeLimits, Model};
use super::slot_cost::SlotCosts;
use super::solve::{Blocked, LOOKED_AT_EVERY, MOST_BYTES, before_loss};
use super::values::Values;

/// The cost-to-go at every boundary, for every mode of the slot before it and every count of changes left.
#[derive(Clone, Debug)]
pub(crate) struct ModeValues<S> {
    by_state: Vec<Values<S>>,
    counts: usize,
}

impl<S: Slope> ModeValues<S> {
    /// Unpacks a function into `out`; nothing for a boundary or state that is not there.
    pub(crate) fn read(&self, boundary: usize, before: Mode, left: usize, out: &mut Vec<Piece<S>>) {
        match self.by_state.get(before.index() * self.counts + left) {
            Some(values) => values.read(boundary, out),
            None => out.clear(),
        }
    }

    pub(crate) fn pieces(&self) -> usize {
        self.by_state.iter().map(Values::pieces).sum()
    }
}

/// What is left of the count after a change, or `None` where there is none left for it.
pub(crate) fn left_after(limits: &ModeLimits, before: Mode, mode: Mode, left: usize) -> Option<usize> {
    if !is_counted(limits, before, mode) || limits.at_most.is_none() {
        return Some(left);
    }
    left.checked_sub(1)
}

pub(crate) fn is_counted(limits: &ModeLimits, before: Mode, mode: Mode) -> bool {
    limits.counted.get(before.index()).and_then(|row| row.get(mode.index())).copied().unwrap_or(false)
}

/// How many counts of changes left there are to tell apart. More changes than slots cannot bind.
pub(crate) fn counts(limits: &ModeLimits, slots: usize) -> usize {
    limits.at_most.map_or(1, |most| most.min(slots) + 1)
}

/// The cost-to-go at every boundary and state. `Blocked` as for the plain pass.
pub(crate) fn solve_modes<S: Slope>(model: &Model<S>, limits: &ModeLimits) -> Result<ModeValues<S>, Blocked> {
    let end = model.slots.len();
    let counts = counts(limits, end);
    let states = Mode::ALL.len() * counts;
    if states.saturating_mul(Values::<S>::least_bytes(end + 1)) > MOST_BYTES {
        return Err(Blocked::too_large());
    }
    let mut by_state: Vec<Values<S>> = (0..states).map(|_| Values::growing()).collect();
    let mut last = super::solve::final_function(model);
    let mut soft = model.soft.iter().rev().peekable();
    while let Some(floor) = soft.next_if(|floor| floor.boundary >= end) {
        add_shortfall(&mut last, floor.level, floor.price);
    }
    if last.is_empty() {
        return Err(Blocked::at(end));
    }
    let mut current: Vec<Vec<Piece<S>>> = vec![last; states];
    for (values, function) in by_state.iter_mut().zip(&current) {
        values.push(function);
    }
    let mut costs = SlotCosts::default();
    let mut workspace = Workspace::default();
    let (mut change, mut shifted, mut lower) = (Vec::new(), Vec::new(), Vec::new());
    let mut acted: Vec<Vec<Piece<S>>> = vec![Vec::new(); states];
    for index in (0..end).rev() {
        let (Some(slot), Some(&lo), Some(&hi)) =
            (model.slots.get(index), model.lo.get(index), model.hi.get(index))
        else {
            break;
        };
        let device = model.devices.at(index);
        for mode in Mode::ALL {
            costs.build_mode(device, slot, mode, &mut change);
            for left in 0..counts {
                let state = mode.index() * counts + left;
                let (Some(next), Some(out)) = (current.get(state), acted.get_mut(state)) else { continue };
                before_loss(next, device.loss, slot.draw, model.capacity, &mut shifted);
                convolve(&shifted, &change, lo, hi, &mut workspace, out);
            }
        }
        for before in Mode::ALL {
            for left in 0..counts {
                let Some(out) = current.get_mut(before.index() * counts + left) else { continue };
                out.clear();
                for mode in Mode::ALL {
                    let Some(left) = left_after(limits, before, mode, left) else { continue };
                    let Some(function) = acted.get(mode.index() * counts + left) else { continue };
                    let fee = if is_counted(limits, before, mode) { limits.price } else { 0 };
                    change.clear();
                    for piece in function {
                        emit(&mut change, piece.raised(fee));
                    }
                    lower.clear();
                    lower_envelope(out, &change, &mut lower);
                    std::mem::swap(out, &mut lower);
                }
            }
        }
        while let Some(floor) = soft.next_if(|floor| floor.boundary >= index) {
            for function in &mut current {
                add_shortfall(function, floor.level, floor.price);
            }
        }
        if current.iter().all(Vec::is_empty) {
            return Err(Blocked::at(index));
        }
        for (values, function) in by_state.iter_mut().zip(&current) {
            values.push(function);
        }
        let held = || by_state.iter().map(Values::bytes).sum::<usize>();
        if index.is_multiple_of(LOOKED_AT_EVERY) && held() > MOST_BYTES {
            return Err(Blocked::too_large());
        }
    }
    let first = current.get(limits.before.index() * counts + counts - 1);
    if first.and_then(|first| at(first, model.start)).is_none() {
        return Err(Blocked::at(0));
    }
    Ok(ModeValues { by_state, counts })
}
