//! The exact dispatch of one battery behind a meter.

mod assemble;
mod device;
mod kernel;
mod lattice;
mod request;
mod site;
mod units;

#[cfg(test)]
mod tests;

pub use device::{Battery, Converter, HybridInverter};
pub use request::{Count, EndValue, Hold, Request};
pub use site::Site;
pub use units::{Efficiency, Power};
