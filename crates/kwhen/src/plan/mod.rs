//! When to use, charge and discharge.

pub mod battery;
