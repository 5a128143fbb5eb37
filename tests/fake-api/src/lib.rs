//! A stand-in for the Octopus (Kraken) APIs on loopback.
//!
//! It is deterministic (the same question has the same answer on every machine), faithful where clients go wrong (pages and silent
//! caps, overlaps, `Z` beside `+01:00`, prices twice for two payment methods, readings that come late), and it fails on request.
//! HTTP is written by hand over plain sockets, so that an answer can be broken at any byte.

#![forbid(unsafe_code)]

mod answer;
mod data;
mod fault;
mod graphql;
mod import;
mod rest;
mod server;

pub use answer::Answer;
pub use fault::{Fault, Piece};
pub use server::{Seen, Server, World};

/// The one API key that is taken.
pub const KEY: &str = "sk_test_fake";
/// The account that it opens.
pub const ACCOUNT: &str = "A-12AB34CD";
/// The account's import meter point.
pub const MPAN: &str = "2000024512368";
/// The meter there that has data.
pub const METER: &str = "Z16N389556";
/// The account's second meter point that imports electricity, where the world has one.
pub const SECOND_MPAN: &str = "2000076543211";
/// The meter there.
pub const SECOND_METER: &str = "Z20N000002";
/// The account's export meter point, counted by the same meter.
pub const EXPORT_MPAN: &str = "1013004420117";
/// The account's gas meter point.
pub const MPRN: &str = "9113681703";
/// The meter there.
pub const GAS_METER: &str = "GA1244364577";
/// The half-hourly tariff.
pub const AGILE: &str = "E-1R-AGILE-24-10-01-C";
/// A tariff with one price for each payment method.
pub const FLEXIBLE: &str = "E-1R-VAR-22-11-01-C";
/// What is paid for exported energy, one price.
pub const OUTGOING: &str = "E-1R-OUTGOING-FIX-12M-19-05-13-C";
const OUTGOING_PRODUCT: &str = "OUTGOING-FIX-12M-19-05-13";
/// A tariff that is cheap by night, and where the supplier charges the car.
pub const INTELLIGENT: &str = "E-1R-INTELLI-VAR-24-10-29-C";
const INTELLIGENT_PRODUCT: &str = "INTELLI-VAR-24-10-29";
/// A tariff with prices of the car's own, of which six hours a day are cheap.
pub const FOUR_RATES: &str = "E-1R-IOG-SMB-TOU-25-12-12-C";
const FOUR_RATE_PRODUCT: &str = "IOG-SMB-TOU-25-12-12";
/// The gas tariff.
pub const GAS: &str = "G-1R-VAR-22-11-01-C";
/// A tariff with day and night registers.
pub const ECONOMY_7: &str = "E-2R-VAR-22-11-01-C";
