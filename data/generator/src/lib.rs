//! Makes kwhen's sample data from a seed, in whole numbers throughout, so that every machine makes the same bytes.
#![forbid(unsafe_code)]

pub mod clock;
pub mod household;
pub mod market;
pub mod random;
pub mod summary;
pub mod table;
pub mod trigonometry;
pub mod weather;
