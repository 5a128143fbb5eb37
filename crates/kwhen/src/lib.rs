//! kWh, and when.
#![forbid(unsafe_code)]
