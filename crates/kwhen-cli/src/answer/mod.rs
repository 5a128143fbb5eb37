//! What the commands answer, as plain data: commands make it, `output` shows it.

pub(crate) mod backtest;
pub(crate) mod battery;
pub(crate) mod bill;
pub(crate) mod charge;
pub(crate) mod demo;
pub(crate) mod windows;
