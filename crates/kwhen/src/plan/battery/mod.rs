//! The exact dispatch of one battery behind a meter.

mod assemble;
mod check;
mod definition;
mod device;
mod dispatch;
mod explain;
mod kernel;
mod lattice;
mod meter_cost;
mod policy;
mod pricing;
mod repeat;
mod request;
mod site;
mod solved;
mod tight;
mod trips;
mod units;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use assemble::Prepared;
pub(crate) use dispatch::Lane;
pub(crate) use lattice::{Lattice, RAW, raw_power};
pub(crate) use tight::tight;
pub(crate) use units::gcd;

/// What other planners build on: the model in lattice units and its solver.
pub(crate) mod engine {
    pub(crate) use super::dispatch::{closed_model, dispatched, infeasible, marginal};
    pub(crate) use super::kernel::{
        Blocked, Chance, Device, Expected, Mode, Model, Outlook, Piece, Slope, Slot, SlotCosts, SoftFloor,
        Stepper, at, cut_to, divide_exactly, flow_of, meter_flow, store_of_bus,
    };
    pub(crate) use super::policy::{policy_rows, value_piece};
    pub(crate) use super::solved::{Buffers, Solved};
}

pub use definition::BatteryDefinition;
pub use device::{Battery, Converter, HybridInverter};
pub use dispatch::{Costs, Dispatch, DispatchSlot};
pub use explain::{Doing, Reason};
pub use policy::{Action, PolicyRow, ValuePiece};
pub use request::{BatteryRequest, Count, EndValue, Hold, PowerBand};
pub use site::{Site, SiteSlot};
pub use units::Efficiency;
