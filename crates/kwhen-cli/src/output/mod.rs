//! Everything that the command writes: numbers and times for people, tables, charts, CSV, files.

pub(crate) mod backtest;
pub(crate) mod battery;
pub(crate) mod bill;
pub(crate) mod charge;
pub(crate) mod chart;
pub(crate) mod csv;
pub(crate) mod demo;
pub(crate) mod fetched;
pub(crate) mod file;
pub(crate) mod listed;
pub(crate) mod number;
pub(crate) mod report;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod timeline;
pub(crate) mod when;
pub(crate) mod windows;

/// JSON for machines, with a line end.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> crate::failure::Result<String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| {
        crate::failure::Failure::work(format!("the result cannot be written as JSON: {error}"))
    })
}
