//! kwhen's exact bills as DataFusion functions, and a Ballista cluster that runs them.
//!
//! | function | gives |
//! |---|---|
//! | [`kwhen_bill(plan, [meter,] interval_start, energy)`](bill()) | the bills of a group of readings, by period: an aggregate |
//! | [`kwhen_unit_rate(tariff, instant [, basis])`](unit_rate()) | p/kWh at an instant |
//! | [`kwhen_cheapest_window(tariff, from, to, minutes)`](cheapest_window()) | when a run of so many minutes is cheapest |
//! | [`kwhen_local_day(instant [, zone])`](local_day()) | the local date |
//! | [`kwhen_market_day(instant [, zone])`](market_day()) | the day from 23:00 to 23:00 |
//!
//! They are thin: the digits are made by `kwhen::batch`, whose state of a meter merges exactly, so that any partitioning, on one machine
//! or on many, gives the same bill. Functions travel between processes by name and carry nothing; what to bill by is a constant
//! argument, JSON that each process reads once ([`Plan`]).
//!
//! ```
//! use datafusion::prelude::*;
//!
//! # #[tokio::main] async fn main() -> datafusion::error::Result<()> {
//! let context = SessionContext::new();
//! kwhen_cluster::register_all(&context);
//!
//! // 0.5 kWh in every half-hour of the day on which clocks go back, which has 50 of them.
//! let bills = context.sql(r#"
//!     SELECT bill['period'] AS day, bill['slots'] AS slots, bill['kwh'] AS kwh, bill['total_minor'] AS pence FROM (
//!         SELECT unnest(kwhen_bill(
//!             '{"from": "2025-10-26", "to": "2025-10-27", "periods": "day",
//!               "tariff": {"code": "FLAT", "unit_rate": "20", "standing_charge": "40"}}',
//!             start, CAST(0.5 AS DECIMAL(9, 3)))['bills']) AS bill
//!         FROM (SELECT unnest(generate_series(
//!             TIMESTAMP '2025-10-25T23:00:00', TIMESTAMP '2025-10-26T23:30:00', INTERVAL '30' MINUTE)) AS start))
//!     "#).await?.collect().await?;
//!
//! let table = datafusion::arrow::util::pretty::pretty_format_batches(&bills)?.to_string();
//! // 25 kWh at 20 p, 40 p of standing charge, 5 % VAT.
//! assert!(table.contains("| 2025-10-26 | 50    | 25.00000000 | 567.00000000000000"), "{table}");
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod accumulate;
mod bill;
pub mod cluster;
mod days;
mod digest;
mod error;
pub mod job;
mod location;
mod plan;
mod rates;
pub mod store;
mod tables;

pub use bill::{BILL, bill};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::SessionContext;
pub use days::{local_day, market_day};
pub use digest::digest_of;
pub use location::Location;
pub use plan::{Periods, Plan, Rules};
pub use rates::{cheapest_window, unit_rate};
use std::sync::Arc;

/// The aggregate functions.
#[must_use]
pub fn aggregates() -> Vec<Arc<AggregateUDF>> {
    vec![Arc::new(bill())]
}

/// The scalar functions.
#[must_use]
pub fn scalars() -> Vec<Arc<ScalarUDF>> {
    [unit_rate(), cheapest_window(), local_day(), market_day()].map(Arc::new).into()
}

/// Makes all functions known to a context.
pub fn register_all(context: &SessionContext) {
    for function in aggregates() {
        context.register_udaf(AggregateUDF::clone(&function));
    }
    for function in scalars() {
        context.register_udf(ScalarUDF::clone(&function));
    }
}

/// Makes all functions known to any registry: a session's state, a scheduler's, an executor's.
pub fn register_in(registry: &mut dyn FunctionRegistry) -> datafusion::error::Result<()> {
    for function in aggregates() {
        registry.register_udaf(function)?;
    }
    for function in scalars() {
        registry.register_udf(function)?;
    }
    Ok(())
}
