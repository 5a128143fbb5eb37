//! Questions to the value functions: what energy is worth, and what to do at a level that the plan did not foresee.

use super::dispatch::{Dispatch, Lane, marginal, on_lane};
use super::kernel::{Piece, Slope, at, best_action};
use super::lattice::Lattice;
use super::solved::{Buffers, Solved, State};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, UnitRate};

/// What to do in a slot, as a change of the store before its standing loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Store so much (draw, where negative), whatever the level.
    Move(Energy),
    /// Bring the store to this level.
    GoTo(Energy),
}

/// One row of a policy table: from one level to another, both included, the best action is of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// The lowest level of the row.
    pub from: Energy,
    /// The highest level of the row.
    pub to: Energy,
    /// What to do there.
    pub action: Action,
}

/// One straight stretch of a value function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValuePiece {
    /// The lowest level of the stretch.
    pub from: Energy,
    /// The highest level of the stretch.
    pub to: Energy,
    /// The least cost from here to the end of the horizon, at the lowest level of the stretch.
    pub cost_to_go: Money,
    /// What one more stored kWh is worth on this stretch, in p/kWh.
    pub value: UnitRate,
}

impl Dispatch {
    /// The least cost from a boundary (0 is the start of the first slot) to the end, for a level; `None` where no plan
    /// leads on from there. Levels are read to the unit of the problem's lattice, which is a watt-hour or finer.
    ///
    /// The end value counts as a negative cost. Where changes are counted, the battery's state is that of the plan.
    pub fn cost_to_go(&self, boundary: usize, level: Energy) -> Result<Option<Money>> {
        let state = self.state_at(boundary, level)?;
        let cost = on_lane!(&self.lane, solved => at(&solved.function(boundary, state), state.level));
        cost.map(|cost| self.lattice.money(cost)).transpose()
    }

    /// What one more stored kWh is worth at a boundary and level, in p/kWh; `None` where no plan leads on from there.
    pub fn value(&self, boundary: usize, level: Energy) -> Result<Option<UnitRate>> {
        let state = self.state_at(boundary, level)?;
        Ok(
            on_lane!(&self.lane, solved => marginal(&self.lattice, &solved.function(boundary, state), state.level)),
        )
    }

    /// The whole value function of a boundary.
    pub fn value_function(&self, boundary: usize) -> Result<Vec<ValuePiece>> {
        let state = self.state_at(boundary, Energy::ZERO)?;
        on_lane!(&self.lane, solved => {
            solved.function(boundary, state).iter().map(|piece| value_piece(&self.lattice, piece)).collect()
        })
    }

    /// What to do in a slot at any level: a table for a controller that has drifted off the plan.
    pub fn policy(&self, slot: usize) -> Result<Vec<PolicyRow>> {
        if slot >= self.grid().len() {
            return Err(Error::out_of_range("there is no such slot").with_value(slot.to_string()));
        }
        if matches!(&self.lane, Lane::Narrow(solved) if solved.model.modes.is_some())
            || matches!(&self.lane, Lane::Wide(solved) if solved.model.modes.is_some())
        {
            return Err(Error::unsupported(
                "a policy table where changes are counted would need the count as well: plan again from the new level",
            ));
        }
        Ok(on_lane!(&self.lane, solved => policy(&self.lattice, solved, slot)))
    }

    /// The best change of the store in a slot at any level, in kWh stored (drawn, where negative) before standing loss;
    /// `None` where no plan leads on from there.
    pub fn best_action(&self, slot: usize, level: Energy) -> Result<Option<Energy>> {
        let state = self.state_at(slot, level)?;
        if slot >= self.grid().len() {
            return Err(Error::out_of_range("there is no such slot").with_value(slot.to_string()));
        }
        let drawn = on_lane!(&self.lane, solved => {
            solved.step(slot, state, &mut Buffers::default()).map(|step| step.flow.drawn)
        });
        drawn.map(|drawn| Ok(Energy::from_units(self.lattice.stored_energy(-drawn))?)).transpose()
    }

    fn state_at(&self, boundary: usize, level: Energy) -> Result<State> {
        let state = self.states.get(boundary).copied().ok_or_else(|| {
            Error::out_of_range("there is no such slot boundary").with_value(boundary.to_string())
        })?;
        if level.is_negative() {
            return Err(Error::out_of_range("a level may not be below zero").with_value(level.to_string()));
        }
        Ok(State { level: self.lattice.store_units(level.units()), ..state })
    }
}

pub(crate) fn value_piece<S: Slope>(lattice: &Lattice, piece: &Piece<S>) -> Result<ValuePiece> {
    let beyond = || Error::out_of_range("a value is beyond the range of p/kWh");
    let scaled = piece.slope.wide().checked_mul(-lattice.price_unit).ok_or_else(beyond)?;
    let value = crate::quantity::divide(scaled, lattice.stored_price_factor(), crate::Rounding::HalfEven);
    let value = i64::try_from(value).map_err(|_| beyond())?;
    Ok(ValuePiece {
        from: Energy::from_units(lattice.stored_energy(piece.lo))?,
        to: Energy::from_units(lattice.stored_energy(piece.hi))?,
        cost_to_go: lattice.money(piece.at(piece.lo))?,
        value: UnitRate::from_units(value)?,
    })
}

/// The rows of a slot's policy.
fn policy<S: Slope>(lattice: &Lattice, solved: &Solved<S>, index: usize) -> Vec<PolicyRow> {
    let Some(slot) = solved.model.slots.get(index) else { return Vec::new() };
    let mut buffers = Buffers::default();
    buffers.costs.build(solved.model.devices.at(index), slot, &mut buffers.change);
    let state = solved.start();
    let next =
        solved.acted_function(index, state, &mut buffers.cursor, &mut buffers.next, &mut buffers.acted);
    policy_rows(lattice, &solved.function(index, state), &buffers.change, next)
}

/// The rows of a policy from the cost-to-go before a slot, the cost of changing the store in it, and the cost-to-go of the level that is left.
pub(crate) fn policy_rows<S: Slope>(
    lattice: &Lattice,
    function: &[Piece<S>],
    change: &[Piece<S>],
    next: &[Piece<S>],
) -> Vec<PolicyRow> {
    let energy = |units: i64| Energy::from_units(lattice.stored_energy(units)).unwrap_or_default();
    let mut rows = Vec::new();
    for piece in function {
        let mut level = piece.lo;
        while level <= piece.hi {
            let Some((drawn, _)) = best_action(next, change, level) else { break };
            let move_end = held_until(piece, level, next, drawn, |x| {
                at(change, drawn).zip(at(next, x - drawn)).map(|(change, next)| change + next)
            });
            let target = level - drawn;
            let go_end = held_until(piece, level, change, target, |x| {
                at(change, x - target).zip(at(next, target)).map(|(change, next)| change + next)
            });
            let end = move_end.max(go_end);
            let action =
                if move_end >= go_end { Action::Move(energy(-drawn)) } else { Action::GoTo(energy(target)) };
            rows.push((level, end, action));
            level = end + 1;
        }
    }
    let mut joined: Vec<(i64, i64, Action)> = Vec::with_capacity(rows.len());
    for (from, to, action) in rows {
        match joined.last_mut() {
            Some(last) if last.2 == action && last.1 + 1 == from => last.1 = to,
            _ => joined.push((from, to, action)),
        }
    }
    joined
        .into_iter()
        .map(|(from, to, action)| PolicyRow { from: energy(from), to: energy(to), action })
        .collect()
}

/// Up to which level one action stays best: its cost follows the piece as long as both ends of each straight stretch
/// of it do. `bends` are the pieces whose ends, moved right by `offset`, bend the action's cost.
fn held_until<S: Slope>(
    piece: &Piece<S>,
    level: i64,
    bends: &[Piece<S>],
    offset: i64,
    cost: impl Fn(i64) -> Option<i128>,
) -> i64 {
    let best = |x: i64| cost(x) == Some(piece.at(x));
    let mut held = level;
    let mut stretches = bends.iter().filter(|bend| bend.hi.saturating_add(offset) >= level);
    while held < piece.hi {
        let Some(bend) = stretches.next() else { break };
        let end = bend.hi.saturating_add(offset).min(piece.hi);
        if end <= held {
            continue;
        }
        if !(best(held + 1) && best(end)) {
            break;
        }
        held = end;
    }
    held
}
