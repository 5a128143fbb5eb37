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
mod claims;
mod column;
mod convert;
mod dense;
mod energy;
mod error;
mod generate;
mod grouped;
mod guard;
mod job;
mod meter;
mod names;
mod outcomes;
mod packed;
mod pages;
mod report;
mod result;
mod rows;
mod seal;
mod several;
mod sink;
mod source;
mod thrift;
mod usual;
mod whole;

pub use biller::{BatchOutcome, Biller, bill};
pub use book::{Book, Terms};
pub use column::check_instants;
pub use convert::{to_dense, to_long};
pub use dense::dense_schema;
pub use error::{Error, Result};
pub use generate::{Layout, Sample, generate};
pub use grouped::{Billing, EnergyUnit, Groups, MeterColumn};
pub use guard::guarded;
pub use job::{Job, Progress, Summary, run};
pub use meter::MeterName;
pub use outcomes::{BillFile, outcome_type};
pub use report::{Reason, Unbilled};
pub use result::bill_schema;
pub use several::files as named_files;
pub use sink::write_whole;
pub use source::{files as parquet_files, is_same_file, refuse_over};
pub use whole::parquet_of_bytes;

/// The most threads that work is done on: more than any machine has cores.
pub const MOST_THREADS: usize = 1_024;

/// Does work on so many threads, all that are used below it; on as many as there are cores if no number is given. An error for 0 and for
/// more than [`MOST_THREADS`].
pub fn on_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> Result<T> {
    if threads.is_some_and(|threads| !(1..=MOST_THREADS).contains(&threads)) {
        return Err(Error::data(format!("threads must be from 1 to {MOST_THREADS}")));
    }
    // To the pool 0 is as many as there are cores.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    Ok(pool.map_err(|error| Error::io(error.to_string()))?.install(work))
}
