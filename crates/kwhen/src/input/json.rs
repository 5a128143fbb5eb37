//! JSON as the API gives it.

use crate::error::{Error, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The rows of one or more pages, or of a bare array, each still as text.
pub(super) struct Rows<'a> {
    rows: Vec<&'a RawValue>,
    /// How many rows the source says there are, where its last page says that more follow.
    announced: Option<usize>,
}

/// One row: fields by name, each still as text, so that numbers keep their digits.
pub(super) struct Row<'a> {
    pub(super) number: u64,
    fields: BTreeMap<&'a str, &'a RawValue>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    next: Option<&'a RawValue>,
    count: Option<usize>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
}

impl<'a> Rows<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut rows = Self { rows: Vec::new(), announced: None };
        for document in serde_json::Deserializer::from_slice(bytes).into_iter::<&RawValue>() {
            rows.add(document.map_err(|error| broken(&error))?)?;
        }
        if rows.rows.is_empty() {
            return Err(Error::missing("holds no rows: its results are empty"));
        }
        Ok(rows)
    }

    /// Adds a page, an array of rows or an array of pages.
    fn add(&mut self, document: &'a RawValue) -> Result<()> {
        if document.get().starts_with('[') {
            let items: Vec<&RawValue> =
                serde_json::from_str(document.get()).map_err(|error| broken(&error))?;
            let pages = items.iter().all(|item| is_page(item));
            for item in items {
                if pages { self.add_page(item)? } else { self.rows.push(item) }
            }
            return Ok(());
        }
        self.add_page(document)
    }

    fn add_page(&mut self, document: &'a RawValue) -> Result<()> {
        let not_a_page = "is not a page of results nor an array of rows";
        let page: Page<'_> = serde_json::from_str(document.get())
            .map_err(|error| Error::syntax(format!("{not_a_page}: {error}")).with_value(document.get()))?;
        if let (None, Some(detail)) = (&page.results, page.detail) {
            return Err(Error::syntax(format!("{not_a_page}; the service answered {}", detail.get())));
        }
        self.rows.extend(page.results.ok_or_else(|| Error::syntax(not_a_page).with_value(document.get()))?);
        self.announced = page.next.and(page.count);
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Result<Row<'a>>> + '_ {
        self.rows.iter().zip(1..).map(|(row, number)| {
            let fields = serde_json::from_str(row.get()).map_err(|_| {
                Error::syntax("is not an object with fields").with_value(row.get()).in_row(number)
            })?;
            Ok(Row { number, fields })
        })
    }

    /// How many rows are held and how many more the source says it has, if it says so.
    pub(super) fn held_and_missing(&self) -> Option<(usize, usize)> {
        let held = self.rows.len();
        Some((held, self.announced?.checked_sub(held).filter(|missing| *missing > 0)?))
    }
}

fn is_page(item: &RawValue) -> bool {
    serde_json::from_str::<Page<'_>>(item.get()).is_ok_and(|page| page.results.is_some())
}

fn broken(error: &serde_json::Error) -> Error {
    Error::syntax(format!("is not whole JSON: {error}"))
}

impl Row<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A field's text: a string's content, a number's digits; `None` for null. Other kinds are errors.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<Cow<'_, str>>> {
        let Some(value) = self.fields.get(name) else { return Ok(None) };
        match value.get().as_bytes().first() {
            Some(b'n') => Ok(None),
            Some(b'"') => {
                let text =
                    serde_json::from_str(value.get()).map_err(|error| broken(&error).in_field(name))?;
                Ok(Some(Cow::Owned(text)))
            }
            Some(b'-' | b'0'..=b'9') => Ok(Some(Cow::Borrowed(value.get()))),
            _ => Err(Error::syntax("is neither a number nor text").with_value(value.get()).in_field(name)),
        }
    }
}
