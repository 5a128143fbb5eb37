//! What was fetched, kept on disk: one SQLite file.
//!
//! - Every page is written in one transaction together with the range that it covers, so a process can be killed at any moment: what
//!   was written stays, and the next run goes on from there. Two processes may work on one file at once.
//! - Numbers are kept as the digits that came; instants as Unix seconds. A row is known by its start, so nothing is there twice.
//! - Readings and rates that come again with another value replace the old one and are reported ([`Revision`]).
//! - Half-hours that were asked for and did not come are listed with since when ([`Missing`]).

mod database;
mod read;
mod series;
mod sync;
mod write;

pub use database::Store;
pub use read::{Missing, StoredSeries};
pub use series::{ChargeKind, Meter, Series};
pub use sync::{Sync, SyncOptions, SyncReport};
pub use write::Revision;
