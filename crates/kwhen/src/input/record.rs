//! Rows of named fields, whatever text they came from: what every reader of JSON and CSV goes through, so that none gives an empty
//! result for an input that held nothing it could take.

use super::wanted::Wanted;
use super::{csv, json};
use crate::error::{Error, Result};
use crate::series::{Notice, NoticeKind};
use std::borrow::Cow;

/// All rows of a source; there is at least one.
pub(crate) enum Records<'a> {
    Json(json::Rows<'a>),
    Csv(csv::Rows),
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) enum Record<'a> {
    Json(&'a json::Row<'a>),
    Csv(csv::Row<'a>),
}

/// Texts that stand for no value at all.
const EMPTY: [&str; 4] = ["", "null", "na", "n/a"];

impl<'a> Records<'a> {
    /// Tells the kind from the content and reads it. An error for a source without a row, or of other columns.
    pub(crate) fn read(bytes: &'a [u8], wanted: &Wanted) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let records = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => {
                return Err(Error::missing(format!("is empty: no {} are in it{}", wanted.rows, wanted.none)));
            }
            Some(b'{' | b'[') => Self::Json(json::Rows::read(bytes, wanted)?),
            Some(b'P') if bytes.starts_with(b"PAR1") => {
                return Err(Error::unsupported(
                    "is a Parquet file, which is not read here; give JSON or CSV",
                ));
            }
            Some(_) => Self::Csv(csv::Rows::read(bytes, wanted)?),
        };
        let is_value = |names: &[&str]| records.has_column(names);
        let (first, mistaken) = (wanted.columns.first().copied().unwrap_or_default(), wanted.mistaken);
        if !is_value(first)
            && let Some((_, what)) = mistaken.iter().find(|(columns, _)| is_value(columns))
        {
            return Err(Error::syntax(format!("holds {what}, not {}", wanted.rows)));
        }
        Ok(records)
    }

    /// Likewise, and refuses a source that says that it does not hold all rows.
    pub(crate) fn whole(bytes: &'a [u8], wanted: &Wanted) -> Result<Self> {
        let records = Self::read(bytes, wanted)?;
        match records.rows_elsewhere() {
            Some(notice) => Err(Error::missing(format!("{notice}; all {} are needed", wanted.rows))),
            None => Ok(records),
        }
    }

    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = Record<'_>> + '_> {
        match self {
            Self::Json(rows) => Box::new(rows.iter().map(Record::Json)),
            Self::Csv(rows) => Box::new(rows.iter().map(Record::Csv)),
        }
    }

    /// Whether any row has a field of any of these names.
    pub(super) fn has_column(&self, names: &[&str]) -> bool {
        match self {
            Self::Json(rows) => rows.iter().any(|row| names.iter().any(|name| row.has(name))),
            Self::Csv(rows) => names.iter().any(|name| rows.column(name).is_some()),
        }
    }

    /// Whether it is the export without a header.
    pub(super) const fn is_headerless(&self) -> bool {
        matches!(self, Self::Csv(rows) if rows.is_headerless)
    }

    /// Whether the addresses of its pages' neighbours have this in them.
    pub(super) fn addresses_hold(&self, part: &str) -> bool {
        matches!(self, Self::Json(rows) if rows.addresses_hold(part))
    }

    /// That further rows exist which the source does not hold.
    pub(super) fn rows_elsewhere(&self) -> Option<Notice> {
        let Self::Json(rows) = self else { return None };
        let (held, missing) = rows.held_and_missing()?;
        Some(Notice { kind: NoticeKind::OnFurtherPages, count: missing, first_row: held as u64 + 1 })
    }
}

impl<'a> Record<'a> {
    /// Its number, counted from 1.
    pub(crate) const fn row(&self) -> u64 {
        match self {
            Self::Json(row) => row.number,
            Self::Csv(row) => row.number,
        }
    }

    /// The value of the first of these fields that is there and not empty, with its name.
    fn text(&self, names: &[&'static str]) -> Result<Option<(&'static str, Cow<'a, str>)>> {
        for name in names {
            let text = match self {
                Self::Json(row) => row.text(name)?,
                Self::Csv(row) => row.text(name),
            };
            if let Some(text) = text.filter(|text| !is_empty(text)) {
                return Ok(Some((name, text)));
            }
        }
        Ok(None)
    }

    /// The text of a field of an object in this row; a row of CSV holds no objects.
    pub(super) fn text_within(&self, object: &str, name: &str) -> Result<Option<String>> {
        match self {
            Self::Json(row) => Ok(row.text_within(object, name)?.filter(|text| !is_empty(text))),
            Self::Csv(_) => Ok(None),
        }
    }

    /// The first of these fields that is there, read; an error names the row, the field and the value.
    pub(crate) fn parsed<T>(
        &self,
        names: &[&'static str],
        parse: impl Fn(&str) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some((name, text)) = self.text(names).map_err(|error| error.in_row(self.row()))? else {
            return Ok(None);
        };
        let located = |error: Error| error.with_value(&*text).in_field(name).in_row(self.row());
        parse(text.trim()).map(Some).map_err(located)
    }

    /// The same; an error where none of them is there.
    pub(crate) fn needed<T>(&self, names: &[&'static str], parse: impl Fn(&str) -> Result<T>) -> Result<T> {
        self.parsed(names, parse)?.ok_or_else(|| {
            Error::missing("is not there")
                .in_field(names.first().copied().unwrap_or_default())
                .in_row(self.row())
        })
    }
}

fn is_empty(text: &str) -> bool {
    EMPTY.iter().any(|empty| text.trim().eq_ignore_ascii_case(empty))
}
