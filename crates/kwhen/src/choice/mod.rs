//! Which tariff, with the home at its best on each.
//!
//! Nobody lives on one tariff as on another: the battery is charged when *its* energy is cheap. So every tariff (with every export
//! tariff) is priced as the home was used, with the devices planned knowing all of the time ([`Offer::foresight`]), and
//! with them planned from day to day on what was known then ([`Offer::rolling`]). Each figure is the bill of the plan's own energies by
//! the same code that makes bills; the plan's prices decide what is done, and nothing of what is charged.
//!
//! All are set beside each other over the same half-hours: those of the common span for which there is a reading and every tariff has a
//! price. In the others the devices stand still and nothing is billed.

mod buy;
mod cells;
mod days;
mod ground;
#[cfg(test)]
mod heat_tests;
mod home;
#[cfg(test)]
mod home_tests;
mod member;
mod offer;
mod plan;
mod published;
mod request;
mod risk;
mod scenario;
mod terms;
#[cfg(test)]
mod tests;
mod written;

pub use buy::{BuyOption, Purchase, Weighed, weigh};
pub use cells::{Beside, Cell, Choice, Offer, Way};
pub use days::{DaySlot, MonthCost, ShownDay};
pub use ground::earlier_too;
pub use offer::choose;
pub use request::{ChoiceRequest, HomeDevice};
pub use risk::{Advice, AdviceEvery, Range};
pub use scenario::{MovedDays, moved, with_rates};
pub use terms::{Move, Stay, Terms};
