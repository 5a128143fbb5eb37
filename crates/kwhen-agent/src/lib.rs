//! kwhen all day: what is to be fetched, planned and published when, and the loop that does it.
//!
//! [`Agent`](turn::Agent) is a machine without a clock, a network or a disk: it is told what happened and when, and says what to do. A
//! [`World`](turn::World) does it: [`drive`](drive::drive) with a real broker and the time of day, a test with made-up ones.
#![forbid(unsafe_code)]

pub mod board;
mod broker;
pub mod command;
pub mod device;
mod discovery;
pub mod drive;
mod heard;
pub mod keep;
pub mod line;
pub mod message;
pub mod past;
mod payload;
pub mod recorder;
mod records;
mod said;
pub mod schedule;
pub mod state;
pub mod tls;
#[cfg(unix)]
mod tunnel;
pub mod turn;
mod what;
mod wish;
mod written;
mod yesterday;
