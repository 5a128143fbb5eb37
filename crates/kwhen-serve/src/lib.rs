//! kwhen over HTTP: the questions of the command as JSON, what the agent says of a home and hears of its devices, and one page of it all.
//!
//! [`Listening::begin`] answers on an address in a thread of its own; [`get`] answers once, without a network.
#![forbid(unsafe_code)]

mod aside;
mod calendar;
mod events;
mod guard;
mod listen;
mod metrics;
mod ocpp;
mod openapi;
mod patient;
mod problem;
mod routes;
mod wire;

pub use aside::Asked;
pub use guard::{Guard, Token};
pub use listen::{Listening, get};
pub use openapi::document;
pub use routes::House;
