//! The backward pass: the cost-to-go at every boundary.

use super::convex::{Convex, Stretch};
use super::function::{Piece, Slope, Workspace, add_shortfall, at, convolve, cut, emit, is_convex};
use super::model::Model;
use super::slot_cost::SlotCosts;
use super::trail::Trail;

/// Why there are no functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    /// The latest boundary from which no plan reaches the end within the levels asked for.
    pub(crate) boundary: usize,
    /// Whether they are only too large to be held.
    pub(crate) is_too_large: bool,
}

impl Blocked {
    pub(crate) const fn at(boundary: usize) -> Self {
        Self { boundary, is_too_large: false }
    }

    pub(super) const fn too_large() -> Self {
        Self { boundary: 0, is_too_large: true }
    }
}

/// A plan's functions may take so many bytes.
pub(crate) const MOST_BYTES: usize = 1 << 29;

/// Every so many boundaries it is looked at what they take.
pub(super) const LOOKED_AT_EVERY: usize = 64;

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
        let Some(slot) = model.slots.get(index) else {
            out.clear();
            return;
        };
        self.costs.build(model.devices.at(index), slot, &mut self.change);
        self.step_by(model, index, next, out);
    }

    /// The same, by the slot's cost of change as it has been built.
    fn step_by(&mut self, model: &Model<S>, index: usize, next: &[Piece<S>], out: &mut Vec<Piece<S>>) {
        let (Some(slot), Some(&lo), Some(&hi)) =
            (model.slots.get(index), model.lo.get(index), model.hi.get(index))
        else {
            out.clear();
            return;
        };
        let device = model.devices.at(index);
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

/// The function at a boundary: convex, as it is changed in place, or any.
enum Held {
    Convex,
    Any,
}

/// What is told of each boundary's function.
trait Keeper<S> {
    fn any(&mut self, function: &[Piece<S>]);
    /// A convex one, with what was cut off it, and how much of that at the lower end.
    fn convex(&mut self, convex: &Convex<S>, off: (&[Stretch<S>], usize), is_first: bool);
    /// The last one cannot be had by undoing the step before it.
    fn whole(&mut self, convex: &Convex<S>);
    /// What is kept takes so many bytes.
    fn bytes(&self) -> usize;
}

/// Goes backwards over all slots, handing each boundary's function to `keep`. Returns the value at the start.
fn backwards<S: Slope>(model: &Model<S>, keep: &mut impl Keeper<S>) -> Result<i128, Blocked> {
    let end = model.slots.len();
    let mut current = final_function(model);
    let mut before = Vec::new();
    let mut stepper = Stepper::new();
    let mut soft = model.soft.iter().rev().peekable();
    let mut convex = Convex::default();
    let mut off = Vec::new();
    let mut held = Held::Any;
    let mut boundary = end;
    let mut lower = 0;
    loop {
        if soft.peek().is_some_and(|floor| floor.boundary >= boundary) {
            if matches!(held, Held::Convex) {
                convex.read(convex.ended(&off, lower), (i64::MIN, i64::MAX), &mut current);
                held = Held::Any;
            }
            while let Some(floor) = soft.next_if(|floor| floor.boundary >= boundary) {
                add_shortfall(&mut current, floor.level, floor.price);
            }
        }
        match held {
            Held::Any if current.is_empty() => return Err(Blocked::at(boundary)),
            Held::Any => keep.any(&current),
            Held::Convex => keep.convex(&convex, (&off, lower), boundary == 0),
        }
        if boundary.is_multiple_of(LOOKED_AT_EVERY) && keep.bytes() > MOST_BYTES {
            return Err(Blocked::too_large());
        }
        if boundary == 0 {
            let value = match held {
                Held::Any => at(&current, model.start),
                Held::Convex => convex.at(model.start),
            };
            return value.ok_or(Blocked::at(0));
        }
        boundary -= 1;
        let (Some(slot), Some(&lo), Some(&hi)) =
            (model.slots.get(boundary), model.lo.get(boundary), model.hi.get(boundary))
        else {
            return Err(Blocked::at(boundary));
        };
        let device = model.devices.at(boundary);
        stepper.costs.build(device, slot, &mut stepper.change);
        // A soft level makes it any function again: then it is not worth while.
        let stays =
            device.loss == 0 && slot.draw == 0 && soft.peek().is_none_or(|floor| floor.boundary < boundary);
        if stays && is_convex(&stepper.change) && (matches!(held, Held::Convex) || convex.load(&current)) {
            convex.join(&stepper.change);
            off.clear();
            match convex.cut(lo, hi, &mut off) {
                Some(below) => lower = below,
                None => return Err(Blocked::at(boundary)),
            }
            held = Held::Convex;
            continue;
        }
        if matches!(held, Held::Convex) {
            keep.whole(&convex);
            convex.read(convex.ended(&off, lower), (i64::MIN, i64::MAX), &mut current);
            held = Held::Any;
        }
        stepper.step_by(model, boundary, &current, &mut before);
        std::mem::swap(&mut current, &mut before);
    }
}

impl<S: Slope> Keeper<S> for Trail<S> {
    fn any(&mut self, function: &[Piece<S>]) {
        self.push(function);
    }

    fn convex(&mut self, convex: &Convex<S>, off: (&[Stretch<S>], usize), is_first: bool) {
        self.push_cut(convex, off, is_first);
    }

    fn whole(&mut self, convex: &Convex<S>) {
        self.keep_convex(convex);
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }
}

/// Keeps none.
struct Nothing;

impl<S: Slope> Keeper<S> for Nothing {
    fn any(&mut self, _: &[Piece<S>]) {}
    fn convex(&mut self, _: &Convex<S>, _: (&[Stretch<S>], usize), _: bool) {}
    fn whole(&mut self, _: &Convex<S>) {}

    fn bytes(&self) -> usize {
        0
    }
}

/// The cost-to-go at every boundary.
pub(crate) fn solve<S: Slope>(model: &Model<S>) -> Result<Trail<S>, Blocked> {
    let mut trail = Trail::with_boundaries(model.slots.len() + 1);
    backwards(model, &mut trail)?;
    Ok(trail)
}

/// The least cost alone, in constant memory.
pub(crate) fn optimum<S: Slope>(model: &Model<S>) -> Result<i128, Blocked> {
    backwards(model, &mut Nothing)
}
