//! kWh, and when.
#![forbid(unsafe_code)]

pub mod bill;
mod error;
pub mod input;
pub mod plan;
pub mod quantity;
pub mod series;
pub mod tariff;
pub mod time;

pub use error::{Error, Result};
pub use quantity::{Energy, Money, Rounding, UnitRate};
pub use series::{Consumption, RateSeries};
