//! *kWh, and when*: the engine for half-hourly electricity tariffs.
//!
//! It joins unit rates to consumption, makes exact bills, and finds when to use, charge and discharge. Pure: no I/O, no clock, no
//! global state; `now` is an argument. Money and energy are whole numbers of a stated small unit, never floats.
//!
//! | room | holds |
//! |---|---|
//! | [`quantity`] | [`Energy`], [`UnitRate`], [`Money`]: exact, with named [`Rounding`] |
//! | [`time`] | the slot grid on the UTC line; calendars that cut it into local days, months and market days; what is published when |
//! | [`series`] | [`RateSeries`], [`Consumption`], standing charges; [`series::merge`] joins them by instant and says what did not meet |
//! | [`input`] | the API's JSON and CSV, from bytes to series |
//! | [`layout`] | files of any layout that people have: tables, JSON, NEM12, ENTSO-E, Green Button; refused where two readings differ |
//! | [`names`] | the known name that is nearest to one that is not known |
//! | [`tariff`] | what a rate does not say by itself: codes, regions, schedules, registers, gas, agreements, taxes, the Agile formula |
//! | [`bill`] | [`bill::Bill`]: lines, VAT by date, standing charges by local day, coverage; rules as data; compare, reconcile, export |
//! | [`plan`] | when to run, charge and discharge: windows, charging plans, batteries, fleets, back-tests; exactly |
//! | [`choice`] | which tariff, with the home's devices at their best on each: with foresight and on what was known then; resampled years, advice put to the test |
//! | [`batch`] | the same bills for many meters in one pass; in parallel with the feature `rayon` |
//!
//! # From two files to a bill
//!
//! ```
//! use kwhen::bill::{Bill, BillRequest, BillingRules};
//! use kwhen::input::{PriceOptions, ReadingOptions, consumption, unit_rates};
//! use kwhen::time::{Calendar, Span};
//!
//! // The night on which clocks go back: 01:00 comes twice, an hour apart.
//! let readings = b"consumption,interval_start,interval_end
//! 0.182,2025-10-26T01:00:00+01:00,2025-10-26T01:30:00+01:00
//! 0.205,2025-10-26T01:30:00+01:00,2025-10-26T01:00:00Z
//! 0.161,2025-10-26T01:00:00Z,2025-10-26T01:30:00Z";
//! let rates = b"valid_from,valid_to,value_exc_vat,value_inc_vat
//! 2025-10-26T00:00:00Z,2025-10-26T00:30:00Z,8.83,9.2715
//! 2025-10-26T00:30:00Z,2025-10-26T01:00:00Z,9.31,9.7755
//! 2025-10-26T01:00:00Z,2025-10-26T01:30:00Z,-1.50,-1.575";
//!
//! let readings = consumption(readings, &ReadingOptions::default())?;
//! let rates = unit_rates(rates, &PriceOptions::default())?;
//! let gb = Calendar::great_britain();
//! let day = gb.day("2025-10-26".parse().unwrap())?;
//! let bill = Bill::new(&BillRequest::new(&readings, &rates, day))?;
//!
//! assert_eq!(bill.net_minor.to_string(), "3.27411"); // 0.182 x 8.83 + 0.205 x 9.31 - 0.161 x 1.50
//! assert_eq!(bill.vat_minor.to_string(), "0.1637055");
//! assert_eq!((bill.coverage.billed_slots, bill.coverage.slots), (3, 50)); // the day has 50 half-hours; 47 are named as missing
//! # Ok::<(), kwhen::Error>(())
//! ```
#![deny(unsafe_code)]

pub mod batch;
pub mod bill;
pub mod choice;
mod draws;
mod error;
pub mod input;
pub mod layout;
pub mod names;
pub mod plan;
pub mod quantity;
#[cfg(feature = "schema")]
mod schema;
pub mod series;
pub mod tariff;
pub mod text;
pub mod time;

pub use error::{Error, Result};
pub use quantity::{Energy, Money, Rounding, UnitRate};
pub use series::{Consumption, RateSeries};
