//! The REST endpoints.
//!
//! ```
//! use kwhen_fetch::rest::{Rates, Range};
//! let range = Range::from("2025-10-01T00:00:00+01:00".parse().unwrap()).to("2025-10-02T00:00:00+01:00".parse().unwrap())?;
//! let rates = Rates::unit_rates("E-1R-AGILE-24-10-01-C")?.within(range);
//! # let _ = rates;
//! # Ok::<(), kwhen_fetch::Error>(())
//! ```

mod documented;
mod endpoint;
mod list;
mod partner;

pub use documented::{Answers, ENDPOINTS, Endpoint, Parameter, ParameterKind, RestCall};
pub(crate) use endpoint::sent;
pub use endpoint::{ConsumptionRequest, MOST_RATES, MOST_READINGS, OrderBy};
pub use endpoint::{
    Direction, Fuel, GroupBy, ProductFilter, Range, Rates, account, consumption, grid_supply_points,
    meter_point, product, products,
};
pub use list::{List, One};
pub use partner::{Submit, create_account, create_quote, renew_tariff, share_quote};
