//! What kwhen can be asked, where what it needs comes from, and what it answers: one rule and one vocabulary for every face.
//!
//! A face parses a question ([`ask::Question`]), asks it in a [`context::Context`], and shows the [`answer::Answer`]; it holds no rule, no
//! default and no reader of its own.
#![forbid(unsafe_code)]

pub mod answer;
#[cfg(feature = "ask")]
pub mod ask;
#[cfg(feature = "ask")]
pub mod config;
#[cfg(feature = "containers")]
pub mod container;
#[cfg(feature = "ask")]
pub mod context;
#[cfg(feature = "ask")]
pub mod desk;
pub mod failure;
#[cfg(feature = "ask")]
pub mod installation;
#[cfg(feature = "ask")]
pub mod request;
#[cfg(feature = "ask")]
pub mod source;
#[cfg(feature = "ask")]
pub mod words;
