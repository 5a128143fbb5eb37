//! The Octopus (Kraken) REST and GraphQL APIs: fetch, keep, never lie.
//!
//! - [`wire`] holds the payloads, with exact decimals and whatever fields this version does not know.
//! - [`protocol`] is the conversation without any I/O: a [`Job`](protocol::Job) is told the time and the answers, and asks to send or to wait.
//! - [`rest`], [`graphql`] and [`import`] are the operations that a job can carry out.
//! - [`driver`] carries jobs out over a [`Transport`](driver::Transport) of your own or (features `blocking`, `async`) over `reqwest`.
//! - [`catalogue`] has every documented GraphQL operation by its name, [`api`] calls any of them.
//! - [`document`] reads one public file at an address of anybody's.
//! - `store` (feature `store`) keeps what was fetched in a SQLite file.
//!
//! A key never reaches a log, an error or `Debug`; public endpoints are called without it; nothing but https to the instance's own
//! host is spoken unless the caller says so.

#![forbid(unsafe_code)]

pub mod api;
pub mod catalogue;
pub mod document;
pub mod driver;
mod error;
pub mod graphql;
pub mod import;
mod instance;
pub mod protocol;
pub mod rest;
mod secret;
#[cfg(feature = "store")]
pub mod store;
pub mod wire;

pub use error::{Error, Result};
pub use instance::Instance;
pub use secret::{Credentials, Secret, is_open_to_others};
