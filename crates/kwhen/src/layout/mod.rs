//! Files as people have them: bytes of any layout into series. Nothing is opened here, and nothing is unpacked.
//!
//! The API's own JSON and CSV are read by [`crate::input`]. What is not of that kind comes here:
//!
//! - tables in text (comma, semicolon, tab; decimal comma), with a header somewhere near the top, or without one;
//! - tables in JSON, wherever they lie in it, as rows or as columns;
//! - a day a row; NEM12; ENTSO-E's A44; Green Button's ESPI.
//!
//! A table is taken for the [`Layout`] whose columns it has; where it has those of none, names and contents say what the columns are.
//! All of that is deterministic, and it **refuses** where two readings of the file would give different series: the day or the month
//! first, rows labelled at their start or end, the repeated hour in an order that fits neither. The message shows both readings and
//! names the flag that decides.
//!
//! Times without a zone are of the clock that is said, else of the calendar's; the hour that is shown twice goes by the order of the
//! rows. A clock that stands still is told by the nights on which the calendar's changes.

mod alike;
mod builtin;
mod cells;
mod channel;
mod clock;
mod collect;
mod definition;
mod entsoe;
mod espi;
mod guess;
mod held;
mod kind;
mod meters;
mod moment;
mod native;
mod nem12;
mod node;
mod number;
mod pick;
mod place;
mod raw;
mod read;
mod said;
mod table;
mod text;
mod titles;
mod told;
mod wide;
mod xml;

pub use builtin::{all as layouts, named as layout_named};
pub use definition::{
    Condition, DateOrder, DecimalMark, Label, Layout, LayoutClock, RegisterAt, SeriesColumn, Unit,
};
pub use held::{Held, held, joined};
pub use read::{consumption, standing_charges, unit_rates};
pub use said::{CostKind, PrintedCosts, Said, SeriesFound, Taken, TakenFor};

#[cfg(test)]
mod tests;
