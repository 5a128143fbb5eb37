//! The backward pass: the cost-to-go at every boundary.

use super::function::{Piece, Slope, Workspace, add_shortfall, at, convolve, cut, emit};
use super::model::Model;
use super::slot_cost::SlotCosts;
use super::values::Values;

/// The latest boundary from which no plan reaches the end within the levels asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) boundary: usize,
}

/// The function before a slot's loss and draw, of the level that the battery's own action leaves.
///
/// The loss takes what there is, so that an empty store stays empty; a draw must be met in full.
pub(crate) fn before_loss<S: Slope>(
    next: &[Piece<S>],
    loss: i64,
    draw: i64,
    capacity: i64,
    out: &mut Vec<Piece<S>>,
) {
    out.clear();
    if loss > 0
        && let Some(value) = at(next, 0)
    {
        emit(out, Piece::flat(draw, draw + loss - 1, value));
    }
    for piece in next {
        emit(out, piece.shifted(loss + draw));
    }
    cut(out, 0, capacity);
}

/// What is needed to step from one boundary to the one before.
pub(crate) struct Stepper<S> {
    workspace: Workspace<S>,
    costs: SlotCosts<S>,
    change: Vec<Piece<S>>,
    shifted: Vec<Piece<S>>,
}

impl<S: Slope> Stepper<S> {
    pub(crate) fn new() -> Self {
        Self {
            workspace: Workspace::default(),
            costs: SlotCosts::default(),
            change: Vec::new(),
            shifted: Vec::new(),
        }
    }

    /// The cost-to-go at the start of slot `index` from the one at its end.
    pub(crate) fn step(
        &mut self,
        model: &Model<S>,
        index: usize,
        next: &[Piece<S>],
        out: &mut Vec<Piece<S>>,
    ) {
        let (Some(slot), Some(&lo), Some(&hi)) =
            (model.slots.get(index), model.lo.get(index), model.hi.get(index))
        else {
            out.clear();
            return;
        };
        let device = model.devices.at(index);
        self.costs.build(device, slot, &mut self.change);
        let next = if device.loss > 0 || slot.draw > 0 {
            before_loss(next, device.loss, slot.draw, model.capacity, &mut self.shifted);
            &self.shifted
        } else {
            next
        };
        convolve(next, &self.change, lo, hi, &mut self.workspace, out);
    }
}

/// Cuts a function to the levels allowed at a boundary.
pub(crate) fn cut_to<S: Slope>(function: &mut Vec<Piece<S>>, model: &Model<S>, boundary: usize) {
    if let (Some(&lo), Some(&hi)) = (model.lo.get(boundary), model.hi.get(boundary)) {
        cut(function, lo, hi);
    }
}

/// The cost of the level at the end, cut to the levels allowed there, with the soft floors of that boundary.
pub(super) fn final_function<S: Slope>(model: &Model<S>) -> Vec<Piece<S>> {
    let mut function = model.terminal.clone();
    cut_to(&mut function, model, model.slots.len());
    function
}

/// Goes backwards over all slots, handing each boundary's function to `keep`.
fn backwards<S: Slope>(
    model: &Model<S>,
    mut keep: impl FnMut(&[Piece<S>]),
) -> Result<Vec<Piece<S>>, Blocked> {
    let end = model.slots.len();
    let mut current = final_function(model);
    let mut before = Vec::new();
    let mut stepper = Stepper::new();
    let mut soft = model.soft.iter().rev().peekable();
    let mut boundary = end;
    loop {
        while let Some(floor) = soft.next_if(|floor| floor.boundary >= boundary) {
            add_shortfall(&mut current, floor.level, floor.price);
        }
        if current.is_empty() {
            return Err(Blocked { boundary });
        }
        keep(&current);
        if boundary == 0 {
            return Ok(current);
        }
        boundary -= 1;
        stepper.step(model, boundary, &current, &mut before);
        std::mem::swap(&mut current, &mut before);
    }
}

/// The cost-to-go at every boundary.
pub(crate) fn solve<S: Slope>(model: &Model<S>) -> Result<Values<S>, Blocked> {
    let mut values = Values::with_boundaries(model.slots.len() + 1);
    let first = backwards(model, |function| values.push(function))?;
    if at(&first, model.start).is_none() {
        return Err(Blocked { boundary: 0 });
    }
    Ok(values)
}

/// The least cost alone, in constant memory.
pub(crate) fn optimum<S: Slope>(model: &Model<S>) -> Result<i128, Blocked> {
    let first = backwards(model, |_| ())?;
    at(&first, model.start).ok_or(Blocked { boundary: 0 })
}
