//! The exact kernel: dynamic programming over piecewise-linear cost-to-go functions on an integer lattice.
//!
//! Everything here is an integer. A level is a count of lattice units of stored energy, a cost a count of cost
//! units, a slope cost units a level unit; [`super::lattice`] chooses the units so that every quantity of the
//! problem is a whole number of them, and proves that nothing below can overflow. `docs/optimiser.md` holds the
//! argument why an optimum of the continuous problem lies on the lattice.

mod convex;
mod expected;
mod forward;
mod function;
mod model;
mod modes;
mod slot_cost;
mod solve;
mod thin;
mod trail;
mod values;

pub(crate) use expected::{Chance, Expected, Outlook};
pub(crate) use forward::{Flow, best_action, divide_exactly, flow_of, meter_flow, store_of_bus};
pub(crate) use function::{Piece, Slope, at, cut, lower_envelope};
pub(crate) use model::{Device, Devices, Mode, ModeLimits, Model, Slot, SoftFloor, StoreSegment};
pub(crate) use modes::{ModeValues, counts, is_counted, left_after, solve_modes};
pub(crate) use slot_cost::SlotCosts;
pub(crate) use solve::{Blocked, MOST_BYTES, Stepper, before_loss, cut_to, optimum, solve};
pub(crate) use trail::{Cursor, Trail};
