//! What a run over many meters came to.

use serde::Serialize;
use std::collections::BTreeMap;

/// How many meters were billed, and which could not be.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BatchSummary {
    /// The file of the bills.
    pub out: String,
    /// Meters billed.
    pub billed: u64,
    /// Rows read: readings of the long layout, lists of the dense one.
    pub rows: u64,
    /// Whether it went on with a run that was killed.
    pub resumed: bool,
    /// Whether times without a time zone were taken as UTC.
    pub assume_utc: bool,
    /// How many meters could not be billed, by why.
    pub reasons: BTreeMap<&'static str, usize>,
    /// The meters without a bill, in order.
    pub unbilled: Vec<UnbilledMeter>,
    /// What was noticed of tariffs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The most bytes that the states of open meters took at once.
    pub peak_state_bytes: usize,
    /// The most memory that the process had at once, where the system tells it.
    pub peak_resident_bytes: Option<u64>,
    /// The meters without a bill as CSV: `meter,reason,message`.
    #[serde(skip)]
    pub report: String,
}

/// A meter that could not be billed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnbilledMeter {
    /// Which; null for readings that name none.
    pub meter: Option<NameInFile>,
    /// Why, in a word.
    pub reason: &'static str,
    /// Why, in words: what was seen, the first instance, what to do.
    pub message: String,
}

/// The name of a meter, as its column has it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum NameInFile {
    /// From a column of integers.
    Number(i64),
    /// From a column of text.
    Text(String),
}
