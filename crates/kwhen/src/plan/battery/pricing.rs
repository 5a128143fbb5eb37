//! The exact cost of a plan that somebody else made.

use super::assemble::{Prepared, shown};
use super::device::Battery;
use super::dispatch::infeasible;
use super::kernel::{Mode, Model, Piece, Slope, SlotCosts, at, counts, is_counted};
use super::request::BatteryRequest;
use super::site::Site;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};

/// Levels that were rounded to 10⁻⁸ kWh may miss a limit by this much and are moved onto it.
const ROUNDING: i64 = 4;

impl Battery {
    /// The exact objective of any plan, given as the level at the end of each slot. Within each slot the meter and the
    /// curtailment do what costs least.
    ///
    /// Levels that pass a limit by at most 4 · 10⁻⁸ kWh are taken to be on it. An error (`is_infeasible()`) names the first
    /// slot in which the plan cannot be carried out.
    pub fn cost_of(&self, site: &Site, request: &BatteryRequest, levels: &[Energy]) -> Result<Money> {
        if levels.len() != site.grid().len() {
            return Err(Error::misaligned(format!(
                "{} levels for {} slots",
                levels.len(),
                site.grid().len()
            )));
        }
        let prepared = Prepared::with_levels(self, site, request, levels)?;
        let model = super::dispatch::model_with_end(&prepared)?;
        let levels: Vec<i64> =
            levels.iter().map(|level| prepared.lattice.store_units(level.units())).collect();
        let slack = prepared.lattice.store_units(ROUNDING);
        let cost = cost_of(&model, &levels, slack).map_err(|index| {
            let shown_level = levels.get(index).map_or(0, |level| prepared.lattice.stored_energy(*level));
            match index < levels.len() {
                true => Error::infeasible(format!(
                    "the slot at {} cannot end at {} kWh",
                    site.boundary_text(index),
                    shown(shown_level)
                )),
                false => infeasible(super::kernel::Blocked::at(index), site),
            }
        })?;
        prepared.lattice.money(cost)
    }
}

/// The cost of a run of levels, or the slot that cannot be.
fn cost_of<S: Slope>(model: &Model<S>, levels: &[i64], slack: i64) -> Result<i128, usize> {
    let mut costs = SlotCosts::default();
    let mut change = Vec::new();
    let mut by_mode: [Vec<Piece<S>>; 3] = Default::default();
    let mut level = model.start;
    let mut total = model.shortfall(0, level);
    // The least cost so far for every mode of the slot before and count of changes used.
    let limits = model.modes.as_ref();
    let states = limits.map_or(1, |limits| counts(limits, model.slots.len()));
    let mut so_far: Vec<[Option<i128>; 3]> = vec![[None; 3]; states];
    if let (Some(limits), Some(first)) = (limits, so_far.first_mut())
        && let Some(cell) = first.get_mut(limits.before.index())
    {
        *cell = Some(0);
    }
    for (index, (slot, &wanted)) in model.slots.iter().zip(levels).enumerate() {
        let (lo, hi) = (model.lo.get(index + 1).copied(), model.hi.get(index + 1).copied());
        let after =
            clamp_within(wanted, lo.unwrap_or(0), hi.unwrap_or(model.capacity), slack).ok_or(index)?;
        // A store that the loss has emptied may have held anything up to the loss before it.
        let device = model.devices.at(index);
        let acted_most = after + device.loss + slot.draw;
        let acted_least = if after == 0 { slot.draw } else { acted_most };
        let acted = (level.clamp(acted_least, acted_most)).min(model.capacity);
        let drawn = level - acted;
        match limits {
            None => {
                costs.build(device, slot, &mut change);
                total += near(&change, drawn, slack).ok_or(index)?;
            }
            Some(limits) => {
                let mut following: Vec<[Option<i128>; 3]> = vec![[None; 3]; states];
                for mode in Mode::ALL {
                    let Some(change) = by_mode.get_mut(mode.index()) else { continue };
                    costs.build_mode(device, slot, mode, change);
                    let Some(cost) = near(change, drawn, slack) else { continue };
                    for (used, row) in so_far.iter().enumerate() {
                        for before in Mode::ALL {
                            let Some(sum) = row.get(before.index()).copied().flatten() else { continue };
                            let counted = is_counted(limits, before, mode);
                            let used = used + usize::from(counted && limits.at_most.is_some());
                            let fee = if counted { limits.price } else { 0 };
                            let cell = following.get_mut(used).and_then(|row| row.get_mut(mode.index()));
                            let Some(cell) = cell else { continue };
                            let sum = sum + cost + fee;
                            *cell = Some(cell.map_or(sum, |least| least.min(sum)));
                        }
                    }
                }
                so_far = following;
                if so_far.iter().flatten().all(Option::is_none) {
                    return Err(index);
                }
            }
        }
        level = after;
        total += model.shortfall(index + 1, level);
    }
    let changes = limits.map_or(Some(0), |_| so_far.iter().flatten().copied().flatten().min());
    let end = at(&model.terminal, level);
    changes.zip(end).map(|(changes, end)| total + changes + end).ok_or(levels.len())
}

fn clamp_within(value: i64, lo: i64, hi: i64, slack: i64) -> Option<i64> {
    let clamped = value.clamp(lo, hi);
    (clamped.abs_diff(value) <= slack.unsigned_abs()).then_some(clamped)
}

/// The cost of a change, or of the nearest possible one within the slack.
fn near<S: Slope>(change: &[Piece<S>], drawn: i64, slack: i64) -> Option<i128> {
    at(change, drawn).or_else(|| {
        change
            .iter()
            .flat_map(|piece| [piece.lo, piece.hi])
            .filter(|end| end.abs_diff(drawn) <= slack.unsigned_abs())
            .min_by_key(|end| end.abs_diff(drawn))
            .and_then(|end| at(change, end))
    })
}
