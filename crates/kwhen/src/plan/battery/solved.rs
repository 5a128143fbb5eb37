//! A solved problem: the model, its cost-to-go functions and the questions that they answer.

use super::kernel::{
    self, Blocked, Cursor, Flow, Mode, ModeValues, Model, Piece, Slope, SlotCosts, Trail, before_loss,
    best_action, counts, flow_of, is_counted, left_after, solve, solve_modes,
};

/// The cost-to-go functions, with or without states for counted changes.
#[derive(Clone, Debug)]
pub(crate) enum Functions<S> {
    Plain(Trail<S>),
    Counted(ModeValues<S>),
}

#[derive(Clone, Debug)]
pub(crate) struct Solved<S> {
    pub(crate) model: Model<S>,
    pub(crate) functions: Functions<S>,
}

/// Where a plan stands at a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) level: i64,
    pub(crate) before: Mode,
    pub(crate) left: usize,
}

/// What is done in a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) flow: Flow,
    pub(crate) fee: i128,
    pub(crate) after: State,
}

impl<S: Slope> Solved<S> {
    pub(crate) fn new(model: Model<S>) -> Result<Self, Blocked> {
        let functions = match &model.modes {
            None => Functions::Plain(solve(&model)?),
            Some(limits) => Functions::Counted(solve_modes(&model, limits)?),
        };
        Ok(Self { model, functions })
    }

    pub(crate) fn start(&self) -> State {
        let (before, left) =
            self.model.modes.as_ref().map_or((Mode::Idle, 0), |limits| {
                (limits.before, counts(limits, self.model.slots.len()) - 1)
            });
        State { level: self.model.start, before, left }
    }

    /// The cost-to-go at a boundary, for a state's mode and count.
    pub(crate) fn function(&self, boundary: usize, state: State) -> Vec<Piece<S>> {
        let mut function = Vec::new();
        self.read(boundary, state, &mut Cursor::default(), &mut function);
        function
    }

    /// Unpacks the cost-to-go at a boundary into `out`.
    fn read(&self, boundary: usize, state: State, cursor: &mut Cursor<S>, out: &mut Vec<Piece<S>>) {
        match &self.functions {
            Functions::Plain(trail) => {
                trail.read_within(&self.model, boundary, (i64::MIN, i64::MAX), None, cursor, out);
            }
            Functions::Counted(values) => values.read(boundary, state.before, state.left, out),
        }
    }

    pub(crate) fn pieces(&self) -> usize {
        match &self.functions {
            Functions::Plain(trail) => trail.pieces(),
            Functions::Counted(values) => values.pieces(),
        }
    }

    /// The least cost from the start.
    pub(crate) fn optimum(&self) -> i128 {
        let start = self.start();
        kernel::at(&self.function(0, start), start.level).unwrap_or(0)
    }

    /// The best step from a state in a slot; `None` where the state leads nowhere. Leaves in `buffers.next` the
    /// cost-to-go at the end of the slot around the level reached, for the mode and count that the step leads to.
    pub(crate) fn step(&self, index: usize, state: State, buffers: &mut Buffers<S>) -> Option<Step> {
        let slot = self.model.slots.get(index)?;
        let device = self.model.devices.at(index);
        let Buffers { costs, change, next, acted, cursor } = buffers;
        let Some(limits) = &self.model.modes else {
            costs.build(device, slot, change);
            let step = |drawn: i64| {
                let mode = match drawn.signum() {
                    0 => Mode::Idle,
                    1 => Mode::Discharge,
                    _ => Mode::Charge,
                };
                let level = self.model.level_after(index, state.level - drawn);
                let after = State { level, before: mode, left: 0 };
                Step { flow: flow_of(device, slot, mode, drawn), fee: 0, after }
            };
            if let Functions::Plain(trail) = &self.functions
                && device.loss == 0
                && slot.draw == 0
                && let Some(drawn) = trail.best_draw(&self.model, (index, state.level), change, cursor, next)
            {
                return Some(step(drawn));
            }
            let acted: &[Piece<S>] = match &self.functions {
                Functions::Plain(trail) if device.loss == 0 && slot.draw == 0 => {
                    // Nothing else can be reached from here, or asked about a level that is.
                    let (first, last) = (change.first()?, change.last()?);
                    let low = state.level.saturating_sub(last.hi).saturating_sub(1);
                    let high = state.level.saturating_sub(first.lo).saturating_add(1);
                    trail.read_within(&self.model, index + 1, (low, high), Some(change), cursor, next);
                    next
                }
                _ => self.acted_function(index, state, cursor, next, acted),
            };
            let (drawn, _) = best_action(acted, change, state.level)?;
            return Some(step(drawn));
        };
        let mut best: Option<(i128, Step)> = None;
        // Of equal steps: the mode that goes on, else idle, else charging, else discharging.
        let others = Mode::ALL.into_iter().filter(|mode| *mode != state.before);
        for mode in std::iter::once(state.before).chain(others) {
            let Some(left) = left_after(limits, state.before, mode, state.left) else { continue };
            costs.build_mode(device, slot, mode, change);
            let following = State { level: state.level, before: mode, left };
            let acted = self.acted_function(index, following, cursor, next, acted);
            let Some((drawn, cost)) = best_action(acted, change, state.level) else { continue };
            let fee = if is_counted(limits, state.before, mode) { limits.price } else { 0 };
            if best.as_ref().is_none_or(|(least, _)| cost + fee < *least) {
                let after =
                    State { level: self.model.level_after(index, state.level - drawn), before: mode, left };
                best = Some((cost + fee, Step { flow: flow_of(device, slot, mode, drawn), fee, after }));
            }
        }
        let (_, step) = best?;
        self.read(index + 1, step.after, cursor, next);
        Some(step)
    }

    /// The best draw in a slot under costs of change that may differ from the plan's own.
    pub(crate) fn drawn_under(
        &self,
        index: usize,
        level: i64,
        change: &[Piece<S>],
        buffers: &mut Buffers<S>,
    ) -> Option<i64> {
        let Buffers { next, acted, cursor, .. } = buffers;
        let acted = self.acted_function(index, self.start(), cursor, next, acted);
        best_action(acted, change, level).map(|(drawn, _)| drawn)
    }

    /// The cost-to-go after a slot as a function of the level that the battery's own action leaves. `next` takes the
    /// function at the end of the slot.
    pub(crate) fn acted_function<'a>(
        &self,
        index: usize,
        state: State,
        cursor: &mut Cursor<S>,
        next: &'a mut Vec<Piece<S>>,
        acted: &'a mut Vec<Piece<S>>,
    ) -> &'a [Piece<S>] {
        self.read(index + 1, state, cursor, next);
        let draw = self.model.slots.get(index).map_or(0, |slot| slot.draw);
        let loss = self.model.devices.at(index).loss;
        if loss == 0 && draw == 0 {
            return next;
        }
        before_loss(next, loss, draw, self.model.capacity, acted);
        acted
    }
}

/// Buffers that are reused from slot to slot.
#[derive(Debug)]
pub(crate) struct Buffers<S> {
    pub(crate) costs: SlotCosts<S>,
    pub(crate) change: Vec<Piece<S>>,
    /// The cost-to-go at the end of a slot, and as a function of the level that the battery's own action leaves.
    pub(crate) next: Vec<Piece<S>>,
    pub(crate) acted: Vec<Piece<S>>,
    pub(crate) cursor: Cursor<S>,
}

impl<S> Default for Buffers<S> {
    fn default() -> Self {
        Self {
            costs: SlotCosts::default(),
            change: Vec::new(),
            next: Vec::new(),
            acted: Vec::new(),
            cursor: Cursor::default(),
        }
    }
}
