//! The exact dispatch of one battery behind a meter.

mod assemble;
mod device;
mod dispatch;
mod explain;
mod kernel;
mod lattice;
mod policy;
mod pricing;
mod repeat;
mod request;
mod site;
mod solved;
mod units;

#[cfg(test)]
mod tests;

pub use device::{Battery, Converter, HybridInverter};
pub use dispatch::{Costs, Dispatch, DispatchSlot};
pub use explain::{Doing, Reason};
pub use policy::{Action, PolicyRow, ValuePiece};
pub use request::{Count, EndValue, Hold, Request};
pub use site::Site;
pub use units::Efficiency;
