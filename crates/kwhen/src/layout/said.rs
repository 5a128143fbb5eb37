//! What is said of a file beforehand, and what it was taken for.

use super::definition::{DateOrder, DecimalMark, Label, Layout, LayoutClock, RegisterAt, Unit};
use crate::error::Error;
use crate::input::PriceRole;
use crate::quantity::Money;
use crate::series::VatBasis;
use crate::time::{Calendar, SlotLength, Span};
use serde::Serialize;

/// What is said of a file beforehand: all of it may be left to the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Layouts that are tried before those that are known.
    pub layouts: Vec<Layout>,
    /// The column of the values that are wanted.
    pub column: Option<String>,
    /// The column of times.
    pub time_column: Option<String>,
    /// Whether rows are labelled at their start or end.
    pub label: Option<Label>,
    /// The clock of times without a zone.
    pub clock: Option<LayoutClock>,
    /// What the values count.
    pub unit: Option<Unit>,
    /// Whether the day or the month comes first.
    pub date_order: Option<DateOrder>,
    /// The decimal mark.
    pub decimal: Option<DecimalMark>,
    /// What parts the fields.
    pub delimiter: Option<char>,
    /// Which of several series, or several joined by `+` to be summed.
    pub channel: Option<String>,
    /// Which of several meters.
    pub meter: Option<String>,
    /// Whether the values are the readings of a register, and when in its row it was read.
    pub register: Option<RegisterAt>,
    /// The length of slots that shorter readings are summed into.
    pub slot: Option<SlotLength>,
    /// Whether longer readings may be spread evenly over shorter slots: an estimate.
    pub split_evenly: bool,
    /// Whether rows that are left out between others are of no energy; the layout says it if this does not.
    pub left_out_is_zero: Option<bool>,
}

impl Said {
    /// Whether something is said of the values, so that the API's own layouts, which say all of theirs, are not meant.
    pub(super) const fn is_of_values(&self) -> bool {
        self.column.is_some()
            || self.time_column.is_some()
            || self.unit.is_some()
            || self.channel.is_some()
            || self.meter.is_some()
            || self.register.is_some()
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What a file was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenFor {
    /// The name of its layout; `columns` where it is known by its columns alone.
    pub layout: String,
    /// What writes such files, where that is known.
    pub title: String,
    /// What was taken for granted because neither the file nor a flag says it: sentences, each with the flag that says otherwise.
    pub guesses: Vec<String>,
    /// The series that are in it.
    pub series: Vec<SeriesFound>,
    /// Whether rows are labelled at their start or end.
    pub label: Label,
    /// The clock of its times, `UTC` where they say their zone.
    pub clock: String,
    /// Whether its rows run forwards in time (`Some(true)`), backwards, or in no order.
    pub runs_forward: Option<bool>,
    /// Whether it says that it is of gas.
    pub is_gas: bool,
    /// What the file says that its rows cost.
    pub printed: Vec<PrintedCosts>,
    /// The layout as it was settled, with what was told from the file in it; `None` of what is no table.
    pub settled: Option<Layout>,
}

/// A column of a file of readings that says what each row costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedCosts {
    /// The column.
    pub name: String,
    /// What it is of.
    pub kind: CostKind,
    /// When each row is, and what it costs in minor units, VAT in.
    pub rows: Vec<(Span, Money)>,
}

/// What a file's own costs are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CostKind {
    /// Energy.
    Energy,
    /// The row's share of the day's standing charge.
    StandingCharge,
}

/// One series of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesFound {
    /// Its name, by which it is asked for.
    pub name: String,
    /// What its values count.
    pub unit: Unit,
    /// Which way the energy goes, where the file says it.
    pub role: Option<PriceRole>,
    /// Whether VAT is in it, where the file says it.
    pub vat: Option<VatBasis>,
    /// How many rows it has.
    pub rows: usize,
    /// From its first row to its last.
    pub span: Option<Span>,
}

impl TakenFor {
    /// One line for people: what the file was taken for, and what was guessed; `None` where all is the file's own word.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        if self.guesses.is_empty() && self.layout == NATIVE {
            return None;
        }
        let name = if self.title.is_empty() { &self.layout } else { &self.title };
        let said = format!("taken for {name}");
        Some(if self.guesses.is_empty() { said } else { format!("{said}: {}", self.guesses.join("; ")) })
    }
}

/// The name of the API's own layouts.
pub(super) const NATIVE: &str = "api";
/// The name of a layout that is known by names and contents alone.
pub(super) const FREE: &str = "columns";

/// Why a file was not read.
pub(super) enum Refused {
    /// It is of no layout that is known.
    Unknown(Error),
    /// It was taken for one and is not as that has it.
    Recognised(Error),
}

impl Refused {
    /// The error to show, where the reader of the API's own layouts has refused the file before.
    pub(super) fn over(self, own: Option<Error>) -> Error {
        match self {
            Self::Recognised(error) => error,
            Self::Unknown(error) => own.unwrap_or(error),
        }
    }
}

/// A series and what its file was taken for.
#[derive(Clone, Debug)]
pub struct Taken<T> {
    /// What was read.
    pub series: T,
    /// What the file was taken for.
    pub file: TakenFor,
}

/// What a layout is read against: the clock of times without a zone where nothing else says it.
pub(super) fn default_clock(calendar: &Calendar) -> LayoutClock {
    LayoutClock::Zone(*calendar)
}
