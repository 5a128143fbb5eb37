//! Charging plans: energy by a deadline at a power limit, exactly cheapest.
//!
//! The state of charge is a whole number of 10⁻⁸ kWh drawn, the cost to the end a piecewise-linear function of it, and the search
//! dynamic programming over time, starts and running or not. No float is used, so the plan is the cheapest to the last digit.
//!
//! ```
//! use kwhen::plan::{SlotPrices, charge::ChargeRequest};
//! use kwhen::time::{Grid, SlotLength, Span, parse_instant};
//! let grid = Grid::new(parse_instant("2026-01-01T00:00:00Z")?, SlotLength::HALF_HOUR, 4)?;
//! let prices = SlotPrices::new(grid, ["30", "10", "20", "5"].map(|text| text.parse().ok()))?;
//! let night = Span::new(grid.start(), grid.end())?;
//!
//! let plan = ChargeRequest::energy("5".parse()?, "7.4".parse()?, night)?.plan(&prices)?;
//! assert_eq!(plan.cost_minor.to_string(), "31.5"); // 3.7 kWh at 5 p and 1.3 kWh at 10 p
//! assert_eq!(plan.starts, 2);
//!
//! let once = ChargeRequest::energy("5".parse()?, "7.4".parse()?, night)?.max_starts(1).plan(&prices)?;
//! assert_eq!(once.cost_minor.to_string(), "44.5"); // 1.3 kWh at 20 p and 3.7 kWh at 5 p
//! # Ok::<(), kwhen::Error>(())
//! ```

mod block;
mod build;
mod counted;
mod deadline;
mod few;
mod function;
mod model;
mod outcome;
mod plan;
mod request;
mod runs;
mod scale;
mod solve;
mod stability;
mod toll;
mod trace;

pub use block::Block;
pub use deadline::{Deadline, Late};
pub use outcome::{ChargePlan, ChargeWhyNot};
pub use request::{ChargeRequest, Level, Store};
pub use stability::{ChargeComparison, ChargeDecision};

#[cfg(test)]
mod tests;
