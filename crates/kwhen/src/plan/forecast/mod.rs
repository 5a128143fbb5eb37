//! What is not known yet: forecasts of load, sun and rates, and how they may turn out.
//!
//! Nothing here sees what was not known at the moment of planning: [`Known`] hands out the past and the published rates alone.

mod bands;
mod days;
mod history;
mod known;

pub use bands::{Forecasts, Foreseen};
pub(crate) use days::{FINE, mean};
pub use days::{MeanOfDays, Outcome, PastDays};
pub use history::History;
pub(crate) use history::{MIXED, STATES};
pub use known::{Forecast, Known, PerfectLoadAndSolar, Persistence, SameWeekday, SlotForecast};
