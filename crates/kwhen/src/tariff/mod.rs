//! What a unit rate does not say by itself: taxes on it, and who pays them.

mod vat;

pub use vat::{Customer, Direction, Fuel, VatRate, VatTable};
