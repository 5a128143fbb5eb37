//! Which column says of which meter a row is, where a file is known by its columns alone.

use super::node::Node;
use super::table::Table;
use super::text;
use crate::error::Error;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Names of meter points, which hold nothing else.
const POINTS: [&str; 9] = ["mpan", "mprn", "mpxn", "nmi", "cups", "esiid", "meter_id", "meter id", "meterid"];
/// What holds a meter's name in one file and what the meter stands at in another.
const METER: &str = "meter";
/// Bytes in which the names of columns are looked for.
const HEAD: usize = 2_000;

/// The column of meters of a table, of which a few rows are given.
pub(super) fn column(table: &Table<'_>, sample: &[Vec<Cow<'_, str>>]) -> Option<usize> {
    let point = POINTS.iter().find_map(|name| table.column(name));
    point.or_else(|| table.column(METER).filter(|column| is_name(sample, *column)))
}

/// Whether values come again, as names do and what a meter stands at does not.
fn is_name(sample: &[Vec<Cow<'_, str>>], column: usize) -> bool {
    let values: BTreeSet<&str> = sample.iter().filter_map(|row| row.get(column)).map(AsRef::as_ref).collect();
    values.len() * 2 <= sample.len()
}

/// Whether a file has rows of several meters, told apart by a column that the API's own layout does not know.
pub(super) fn are_several(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes.get(..HEAD.min(bytes.len())).unwrap_or(&[])).to_lowercase();
    let is_json = head.trim_start().starts_with(['{', '[']);
    let named = |name: &str| {
        if is_json {
            head.contains(&format!("\"{name}\""))
        } else {
            head.lines().next().is_some_and(|line| line.contains(name))
        }
    };
    if !POINTS.into_iter().chain([METER]).any(named) {
        return false;
    }
    let Ok(text) = text::utf8(bytes) else { return false };
    let start = text.trim_start();
    if is_json {
        Node::read(start).is_ok_and(|tree| Table::all_from_json(&tree).iter().any(has_several))
    } else {
        Table::from_text(text, None).is_ok_and(|table| has_several(&table))
    }
}

fn has_several(table: &Table<'_>) -> bool {
    let Some(column) = column(table, &table.sample()) else { return false };
    let mut first: Option<String> = None;
    let looked = table.each(|_, fields| {
        let Some(name) = fields.get(column) else { return Ok(()) };
        match &first {
            Some(first) if *first != *name => Err(Error::conflict("is of another meter")),
            Some(_) => Ok(()),
            None => {
                first = Some(name.to_string());
                Ok(())
            }
        }
    });
    looked.is_err_and(|error| error.is_conflict())
}
