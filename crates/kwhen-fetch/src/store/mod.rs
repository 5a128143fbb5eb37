//! What was fetched, kept on disk: one SQLite file.
//!
//! - Every page is written in one transaction together with the range that it covers, so a process can be killed at any moment: what
//!   was written stays, and the next run goes on from there. Two processes may work on one file at once.
//! - Numbers are kept as the digits that came; instants as Unix seconds. A row is known by its start, so nothing is there twice.
//! - Readings and rates that come again with another value replace the old one and are reported ([`Revision`]).
//! - What is read is checked against seals that were written with it: what is damaged is an error ([`Store::check`] names it all).
//! - Where a meter was exchanged the readings of all meters of its meter point are joined ([`Store::point_readings`]).
//! - Bills, transactions and payments are kept as they were told last ([`Store::ledger`]).
//! - Completed dispatches are told for twelve hours alone: [`Store::dispatches`] says which hours are not known.
//! - Sessions that an account has joined stay when they are told no more ([`Store::sessions`]).
//! - Half-hours that were asked for and did not come are listed with since when ([`Missing`]).

mod agreed;
mod check;
mod database;
mod dispatches;
mod exchange;
mod ledger;
mod read;
mod registers;
mod row;
mod seal;
mod series;
mod sessions;
mod sync;
mod value;
mod write;

pub use agreed::{StoredPoint, TariffOptions};
pub use check::Damage;
pub use database::Store;
pub use dispatches::{KnownDispatches, StoredDispatch};
pub use exchange::PointReadings;
pub use ledger::LedgerNews;
pub use read::{Missing, StoredSeries};
pub use registers::MeterRegisters;
pub use series::{ChargeKind, Series, StoredMeter};
pub use sessions::StoredSessions;
pub use sync::{Sync, SyncOptions, SyncReport};
pub use write::Revision;
