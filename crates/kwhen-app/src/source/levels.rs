//! The levels of a plan that somebody else made.

use super::Source;
use crate::context::Context;
use crate::failure::{Failure, Result};
use kwhen::Energy;
use kwhen::time::Grid;
use std::path::Path;

/// The levels of another plan for the same slots: a column `stored_kwh`, and where there is a column `from` its instants must be those
/// of the slots.
pub fn levels(ctx: &Context, file: &Path, grid: &Grid) -> Result<Vec<Energy>> {
    let source = Source::file(ctx, file)?;
    let broken =
        |row: usize, what: String| Failure::work(format!("{}: row {}: {what}", source.name(), row + 1));
    let mut reader = ::csv::Reader::from_reader(source.bytes());
    let header = reader.headers().map_err(|error| Failure::work(format!("{}: {error}", source.name())))?;
    let column = |name: &str| header.iter().position(|field| field.trim() == name);
    let twice = |name: &&str| header.iter().filter(|field| field.trim() == *name).count() > 1;
    if let Some(name) = ["from", "stored_kwh"].iter().find(|name| twice(name)) {
        return Err(Failure::work(format!(
            "{}: field {name}: the header has this column twice; keep one of the two",
            source.name()
        )));
    }
    let from = column("from");
    let stored = column("stored_kwh")
        .ok_or_else(|| Failure::work(format!("{}: has no column stored_kwh", source.name())))?;
    let mut levels = Vec::with_capacity(grid.len());
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| broken(row, error.to_string()))?;
        let slot = grid.slot(row).ok_or_else(|| {
            broken(row, format!("the period has {} slots only: give its --from and --to", grid.len()))
        })?;
        if let Some(text) = from.and_then(|column| record.get(column)) {
            let at = kwhen::time::parse_instant(text).map_err(|error| broken(row, error.to_string()))?;
            if at != slot.span.from() {
                return Err(broken(row, format!("{text} where the period's slot is {}", slot.span)));
            }
        }
        let text = record.get(stored).unwrap_or("").trim();
        levels.push(
            text.parse()
                .map_err(|error: kwhen::Error| broken(row, error.in_field("stored_kwh").to_string()))?,
        );
    }
    if levels.len() < grid.len() {
        return Err(Failure::work(format!(
            "{}: {} rows for {} slots: give the --from and --to of that plan",
            source.name(),
            levels.len(),
            grid.len()
        )));
    }
    Ok(levels)
}
