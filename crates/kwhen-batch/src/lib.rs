//! Exact bills of many meters: Arrow and Parquet in and out, streamed, parallel.
//!
//! Three tables come in: consumption, rates and agreements; a table of bills goes out, with a report of the meters that could not be
//! billed. `docs/batch.md` has their columns. The digits are those of [`kwhen::bill::Bill`].
//!
//! Inside, rows flow one way: `source` finds row groups, `pages` or the Arrow reader makes `rows` of them, `biller` adds them to a state
//! for each meter by the plans of `book`, `result` makes bills of states, `sink` writes them; `job` drives that for files.
#![forbid(unsafe_code)]

mod biller;
mod book;
mod checkpoint;
mod column;
mod convert;
mod dense;
mod error;
mod generate;
mod grouped;
mod job;
mod meter;
mod outcomes;
mod packed;
mod pages;
mod report;
mod result;
mod rows;
mod sink;
mod source;

pub use biller::{Biller, Outcome, bill};
pub use book::{Book, Terms};
pub use convert::{to_dense, to_long};
pub use dense::dense_schema;
pub use error::{Error, Result};
pub use generate::{Layout, Sample, generate};
pub use grouped::{Billing, EnergyUnit, Groups, MeterColumn};
pub use job::{Job, Progress, Summary, run};
pub use meter::MeterName;
pub use outcomes::{BillFile, outcome_type};
pub use report::{Reason, Unbilled};
pub use result::bill_schema;
pub use sink::write_whole;
pub use source::files as parquet_files;

/// Does work on so many threads, all that are used below it.
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|error| Error::io(error.to_string()))?.install(work))
}
