//! kWh, and when.
#![forbid(unsafe_code)]

mod error;
pub mod plan;
pub mod quantity;
pub mod series;
pub mod time;

pub use error::{Error, Result};
pub use quantity::{Energy, Money, Rounding, UnitRate};
pub use series::{Consumption, RateSeries};
