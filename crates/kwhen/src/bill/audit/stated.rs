//! What a supplier's statements say, and what is known beside them.

use crate::bill::Supply;
use crate::bill::reconcile::StatementLine;
use crate::quantity::Energy;
use crate::tariff::Tariff;
use crate::time::Span;
use chrono::{DateTime, Utc};

/// A statement as the supplier gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedStatement {
    /// Its number, or the dates of its period.
    pub name: String,
    /// When.
    pub period: Span,
    /// When it was made; `None`: not known.
    pub issued: Option<DateTime<Utc>>,
    /// Its lines; a line without a span is of the whole period.
    pub lines: Vec<StatementLine>,
}

/// The same tariff at other prices, such as another payment method's.
#[derive(Clone, Debug)]
pub struct OtherPrices {
    /// What they are the prices of, in words: `without direct debit`.
    pub label: String,
    /// The tariff, under its own code.
    pub tariff: Tariff,
}

/// A reading that came with another value at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplacedReading {
    /// Whose, by the supply's name.
    pub supply: String,
    /// When its slot starts.
    pub start: DateTime<Utc>,
    /// What it was, in the unit of the supply's readings.
    pub was: Energy,
}

/// All that is known beside the statements.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The account's supplies.
    pub supplies: &'a [Supply<'a>],
    /// Their tariffs.
    pub tariffs: &'a [Tariff],
    /// Other prices of the same tariffs.
    pub other_prices: &'a [OtherPrices],
    /// Readings that were replaced.
    pub replaced: &'a [ReplacedReading],
}
