//! CSV with a header, and the headerless export of unit rates.

use crate::error::{Error, Result};
use crate::time::parse_instant;
use csv::StringRecord;
use std::borrow::Cow;

/// All rows of a file and the names of its columns.
pub(super) struct Rows {
    names: Vec<String>,
    records: Vec<StringRecord>,
}

/// One row.
pub(super) struct Row<'a> {
    pub(super) number: u64,
    rows: &'a Rows,
    record: &'a StringRecord,
}

/// What the columns of the headerless export are.
const HEADERLESS: [&str; 5] = ["start", "local_time", "region", "region_name", "rate"];

/// Columns of which at least one must be there for the file to be of any use.
const KNOWN: [&str; 6] = ["value_exc_vat", "value_inc_vat", "rate", "standing_charge", "consumption", "kwh"];

impl Rows {
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let mut records = reader.records();
        let first = records.next().transpose().map_err(|error| unreadable(&error, 0))?.unwrap_or_default();
        let mut rows = Self { names: Vec::new(), records: Vec::new() };
        if first.get(0).is_some_and(|text| parse_instant(text).is_ok()) {
            if first.len() != HEADERLESS.len() {
                return Err(Error::syntax(format!(
                    "has no header and {} columns; without a header the columns are: UTC start, local time, region letter, region name, rate",
                    first.len()
                )));
            }
            rows.names = HEADERLESS.map(String::from).to_vec();
            rows.records.push(first);
        } else {
            rows.names = first.iter().map(str::to_ascii_lowercase).collect();
            rows.check_names()?;
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
            return Err(Error::missing("holds a header and no rows"));
        }
        Ok(rows)
    }

    fn check_names(&self) -> Result<()> {
        if self.names.iter().any(|name| KNOWN.iter().any(|known| name.starts_with(known))) {
            return Ok(());
        }
        Err(Error::syntax(format!(
            "has none of the columns {}; JSON pages and CSV with the API's field names, start,rate or start,kwh are read",
            KNOWN.join(", ")
        ))
        .in_field("header")
        .with_value(self.names.join(",")))
    }

    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().zip(1..).map(|(record, number)| Row { number, rows: self, record })
    }
}

impl Row<'_> {
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
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
