//! Rows of named fields, whatever text they came from.

use super::{csv, json};
use crate::error::{Error, Result};
use crate::series::{Notice, NoticeKind};
use std::borrow::Cow;

/// All rows of a source.
pub(super) enum Records<'a> {
    Json(json::Rows<'a>),
    Csv(csv::Rows),
}

/// One row.
pub(super) enum Record<'a> {
    Json(json::Row<'a>),
    Csv(csv::Row<'a>),
}

/// Texts that stand for no value at all.
const EMPTY: [&str; 4] = ["", "null", "na", "n/a"];

impl<'a> Records<'a> {
    /// Tells the kind from the content and reads it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => Err(Error::missing("is empty")),
            Some(b'{' | b'[') => Ok(Self::Json(json::Rows::read(bytes)?)),
            Some(b'P') if bytes.starts_with(b"PAR1") => {
                Err(Error::unsupported("is a Parquet file, which is not read here; give JSON or CSV"))
            }
            Some(_) => Ok(Self::Csv(csv::Rows::read(bytes)?)),
        }
    }

    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = Result<Record<'_>>> + '_> {
        match self {
            Self::Json(rows) => Box::new(rows.iter().map(|row| row.map(Record::Json))),
            Self::Csv(rows) => Box::new(rows.iter().map(|row| Ok(Record::Csv(row)))),
        }
    }

    /// Whether there is a field of any of these names; told from the first row of JSON.
    pub(super) fn has_column(&self, names: &[&str]) -> bool {
        match self {
            Self::Json(rows) => rows
                .iter()
                .next()
                .is_some_and(|row| row.is_ok_and(|row| names.iter().any(|name| row.has(name)))),
            Self::Csv(rows) => names.iter().any(|name| rows.column(name).is_some()),
        }
    }

    /// That further pages exist which the source does not hold.
    pub(super) fn rows_elsewhere(&self) -> Option<Notice> {
        let Self::Json(rows) = self else { return None };
        let (held, missing) = rows.held_and_missing()?;
        Some(Notice { kind: NoticeKind::OnFurtherPages, count: missing, first_row: held as u64 + 1 })
    }
}

impl Record<'_> {
    /// Its number, counted from 1.
    pub(super) const fn row(&self) -> u64 {
        match self {
            Self::Json(row) => row.number,
            Self::Csv(row) => row.number,
        }
    }

    /// The value of the first of these fields that is there and not empty, with its name.
    fn text(&self, names: &[&'static str]) -> Result<Option<(&'static str, Cow<'_, str>)>> {
        for name in names {
            let text = match self {
                Self::Json(row) => row.text(name)?,
                Self::Csv(row) => row.text(name),
            };
            if let Some(text) =
                text.filter(|text| !EMPTY.iter().any(|empty| text.trim().eq_ignore_ascii_case(empty)))
            {
                return Ok(Some((name, text)));
            }
        }
        Ok(None)
    }

    /// The first of these fields that is there, read; an error names the field and the value.
    pub(super) fn parsed<T>(
        &self,
        names: &[&'static str],
        parse: impl Fn(&str) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some((name, text)) = self.text(names)? else { return Ok(None) };
        parse(text.trim()).map(Some).map_err(|error| error.with_value(&*text).in_field(name))
    }

    /// Says which fields would have done.
    pub(super) fn describe_missing(&self, error: Error, names: &[&[&str]]) -> Error {
        let wanted: Vec<&str> = names.iter().filter_map(|names| names.first().copied()).collect();
        error.in_field(wanted.join(" or "))
    }
}
