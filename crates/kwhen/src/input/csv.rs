//! CSV with a header, and the headerless export of unit rates.

use super::wanted::Wanted;
use crate::error::{Error, Result};
use crate::names::repeated;
use crate::time::parse_instant;
use csv::StringRecord;
use std::borrow::Cow;

/// All rows of a file and the names of its columns.
pub(crate) struct Rows {
    names: Vec<String>,
    records: Vec<StringRecord>,
    pub(super) is_headerless: bool,
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(super) number: u64,
    rows: &'a Rows,
    record: &'a StringRecord,
}

/// What the columns of the headerless export are.
const HEADERLESS: [&str; 5] = ["start", "local_time", "region", "region_name", "rate"];

impl Rows {
    pub(super) fn read(bytes: &[u8], wanted: &Wanted) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let mut records = reader.records();
        let first = records.next().transpose().map_err(|error| unreadable(&error, 0))?.unwrap_or_default();
        let mut rows = Self { names: Vec::new(), records: Vec::new(), is_headerless: false };
        if first.get(0).is_some_and(|text| parse_instant(text).is_ok()) {
            if !wanted.headerless {
                return Err(Error::syntax(
                    "has no header: its first line is a row; put the names of the columns above it",
                )
                .with_value(first.iter().collect::<Vec<_>>().join(",")));
            }
            if first.len() != HEADERLESS.len() {
                return Err(Error::syntax(format!(
                    "has no header and {} columns; without a header the columns are: UTC start, local time, region letter, region name, rate",
                    first.len()
                )));
            }
            rows.names = HEADERLESS.map(String::from).to_vec();
            rows.is_headerless = true;
            rows.records.push(first);
        } else {
            rows.names = first.iter().map(str::to_ascii_lowercase).collect();
            rows.check_names(wanted)?;
        }
        for record in records {
            let number = rows.records.len() as u64 + 1;
            let record = record.map_err(|error| unreadable(&error, number))?;
            if record.len() != rows.names.len() {
                return Err(Error::syntax(format!(
                    "has {} fields where the header has {}",
                    record.len(),
                    rows.names.len()
                ))
                .with_value(record.iter().collect::<Vec<_>>().join(","))
                .in_row(number));
            }
            rows.records.push(record);
        }
        if rows.records.is_empty() {
            return Err(Error::missing(format!(
                "holds a header and no rows: no {} are in it{}",
                wanted.rows, wanted.none
            )));
        }
        Ok(rows)
    }

    fn check_names(&self, wanted: &Wanted) -> Result<()> {
        if let Some(name) = repeated(&self.names) {
            return Err(Error::conflict("the header has this column twice; keep one of the two")
                .with_value(self.names.join(","))
                .in_field(name));
        }
        let lacking =
            wanted.columns.iter().find(|group| group.iter().all(|name| self.column(name).is_none()));
        let Some(group) = lacking else { return Ok(()) };
        let has = |names: &[&str]| names.iter().any(|name| self.column(name).is_some());
        let message = match wanted.mistaken.iter().find(|(columns, _)| has(columns)) {
            Some((_, what)) => format!("holds {what}, not {}", wanted.rows),
            None => format!(
                "has none of the columns {}, so it holds no {}; it is read as CSV with a header, or as JSON where it begins with a bracket",
                group.join(", "),
                wanted.rows
            ),
        };
        Err(Error::syntax(message).in_field("header").with_value(self.names.join(",")))
    }

    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().zip(1..).map(|(record, number)| Row { number, rows: self, record })
    }
}

impl<'a> Row<'a> {
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.record.get(self.rows.column(name)?).map(Cow::Borrowed)
    }
}

fn unreadable(error: &csv::Error, row: u64) -> Error {
    let message = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8 text".to_owned(),
        _ => format!("cannot be read as CSV: {error}"),
    };
    let error = Error::syntax(message);
    if row == 0 { error } else { error.in_row(row) }
}
