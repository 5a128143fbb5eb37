//! What `kwhen inspect` answers.

use kwhen::time::Span;
use kwhen::{Energy, UnitRate};
use serde::Serialize;

/// What a file is taken for.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inspected {
    /// Its name.
    pub file: String,
    /// The layout that it has: `api`, one that is known, or `columns`.
    pub layout: String,
    /// What writes such files.
    pub title: String,
    /// `readings`, `unit rates` or `standing charges`.
    pub holds: &'static str,
    /// What was taken for granted, each with the flag that says otherwise.
    pub guesses: Vec<String>,
    /// Whether times are the `start` or the `end` of rows.
    pub label: &'static str,
    /// The clock of its times.
    pub clock: String,
    /// Whether rows run forwards or backwards; null where they do neither, and where their order was of no matter.
    pub runs_forward: Option<bool>,
    /// Whether it says that it is of gas.
    pub is_gas: bool,
    /// All that is in it.
    pub series: Vec<SeriesInFile>,
    /// From the first row that was read to the last.
    #[serde(flatten)]
    pub span: Option<Span>,
    /// How long each slot is.
    pub slot_minutes: Option<u32>,
    /// Slots from first to last.
    pub slots: usize,
    /// Rows with a value.
    pub rows: usize,
    /// The sum of readings.
    pub kwh: Option<Energy>,
    /// What unit rates it holds.
    pub rates: Option<RatesInFile>,
    /// Where readings, or unit rates, are missing.
    pub gaps: Vec<Span>,
    /// Whole days in it on which the clock changes.
    pub clock_changes: Vec<ChangeDay>,
    /// Readings by local month.
    pub months: Vec<Month>,
    /// Readings by local day, for the chart.
    #[serde(skip)]
    pub days: Vec<(String, Option<Energy>)>,
    /// What was repaired or left out.
    pub notices: Vec<String>,
    /// The layout as it was settled, in TOML, to change and to give with --layout.
    pub settled: Option<String>,
}

/// One series of a file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeriesInFile {
    /// Its name, for --channel.
    pub name: String,
    /// What it counts.
    pub unit: &'static str,
    /// `import` or `export`, where the file says it.
    pub role: Option<&'static str>,
    /// `inclusive` or `exclusive`, where the file says it.
    pub vat: Option<&'static str>,
    /// Rows with a value.
    pub rows: usize,
    /// From first to last.
    #[serde(flatten)]
    pub span: Option<Span>,
}

/// The unit rates of a file, with VAT where it has both.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RatesInFile {
    /// The lowest.
    pub lowest: UnitRate,
    /// The highest.
    pub highest: UnitRate,
    /// How many are below zero.
    pub negative: usize,
}

/// A day on which the clock changes.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeDay {
    /// The local date.
    pub date: String,
    /// How many slots it has.
    pub slots: usize,
}

/// A local month.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Month {
    /// Such as 2026-10.
    pub label: String,
    /// How many slots of it are between the first row and the last.
    pub slots: usize,
    /// How many of them have a reading.
    pub readings: usize,
    /// Their sum.
    pub kwh: Option<Energy>,
}
