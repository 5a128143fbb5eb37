//! Tariffs: codes, regions, unit rates of every kind, taxes on them, and agreements over time.

mod clock;
mod code;
mod identifier;
mod region;
mod schedule;
mod vat;

pub use clock::Clock;
pub use code::{ProductCode, RegisterKind, TariffCode};
pub use identifier::{AccountNumber, Mpan, Mprn};
pub use region::Region;
pub use schedule::{MonthsOfYear, Schedule, ScheduleBand, SchedulePiece, Weekdays};
pub use vat::{Customer, Direction, Fuel, VatRate, VatTable};
