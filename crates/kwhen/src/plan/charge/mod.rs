//! Charging plans.

mod function;
mod model;
mod solve;

#[cfg(test)]
mod tests;
