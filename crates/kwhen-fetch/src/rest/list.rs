//! Reading one thing, or all pages of a list.

use crate::protocol::{Authorisation, Next, Operation, Request, Response, Session};
use crate::wire::{Page, Raw};
use crate::{Error, Result};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::marker::PhantomData;
use url::Url;

/// Where an operation reads: the path's segments and the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) authorisation: Authorisation,
}

impl Place {
    pub(super) fn new(authorisation: Authorisation, segments: &[&str]) -> Self {
        let segments = segments.iter().map(|segment| (*segment).to_owned()).collect();
        Self { segments, query: Vec::new(), authorisation }
    }

    fn url(&self, session: &Session) -> Result<Url> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        session.instance().rest_url(&segments, &self.query)
    }
}

/// Reads one thing.
#[derive(Clone, Debug)]
pub struct One<T> {
    place: Place,
    kind: PhantomData<fn() -> T>,
}

impl<T> One<T> {
    pub(super) fn new(place: Place) -> Self {
        Self { place, kind: PhantomData }
    }
}

impl<T: DeserializeOwned> Operation for One<T> {
    type Output = T;

    fn request(&self, session: &Session) -> Result<Request> {
        Ok(Request::get(self.place.url(session)?, self.place.authorisation))
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<T>> {
        response.json().map(Next::Done)
    }
}

/// Reads all pages of a list, and checks that every row came that the service said there is.
///
/// Rows that come twice, because the list grew between two pages, are kept once.
#[derive(Clone, Debug)]
pub struct List<T> {
    place: Place,
    next: Option<Url>,
    visited: HashSet<String>,
    seen: HashSet<String>,
    rows: Vec<Raw>,
    /// The most rows that any page said there are.
    count: u64,
    kind: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    pub(super) fn new(place: Place) -> Self {
        let (visited, seen) = (HashSet::new(), HashSet::new());
        Self { place, next: None, visited, seen, rows: Vec::new(), count: 0, kind: PhantomData }
    }

    /// Adds a query parameter.
    pub(super) fn query(mut self, name: &'static str, value: String) -> Self {
        self.place.query.push((name, value));
        self
    }

    /// Only the first page of it, as it comes.
    #[must_use]
    pub fn first_page(self) -> One<Page> {
        One::new(self.place)
    }

    /// With another page size than the largest.
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> Self {
        self.place.query.retain(|(name, _)| *name != "page_size");
        self.query("page_size", rows.to_string())
    }

    /// How many rows have come so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }
}

impl<T: DeserializeOwned> Operation for List<T> {
    type Output = Vec<T>;

    fn request(&self, session: &Session) -> Result<Request> {
        let url = self.next.clone().map_or_else(|| self.place.url(session), Ok)?;
        Ok(Request::get(url, self.place.authorisation))
    }

    fn accept(&mut self, session: &Session, response: &Response) -> Result<Next<Vec<T>>> {
        let page: Page = response.json()?;
        let current = self.next.take().map_or_else(|| self.place.url(session), Ok)?;
        self.visited.insert(current.to_string());
        self.count = self.count.max(page.count.unwrap_or(0));
        for row in page.results {
            if self.seen.insert(row.get().to_owned()) {
                self.rows.push(row);
            }
        }
        if let Some(next) = page.next {
            let next = session.instance().follow(&current, &next)?;
            if self.visited.contains(next.as_str()) {
                return Err(Error::page_loop("the pages lead back to one that was read already"));
            }
            let limit = session.settings().limits.pages;
            if self.visited.len() >= limit as usize {
                return Err(Error::too_large(format!("more than {limit} pages")));
            }
            self.next = Some(next);
            return Ok(Next::Request);
        }
        let (held, count) = (self.rows.len() as u64, self.count);
        if count > held {
            return Err(Error::incomplete(format!(
                "the service says {count} rows and gave {held} on {} pages; {} are missing",
                self.visited.len(),
                count - held
            )));
        }
        let rows = std::mem::take(&mut self.rows);
        let read = (1_u64..).zip(rows).map(|(number, row)| {
            row.read()
                .map_err(|error| Error::malformed(format!("row {number}: {error}: {}", row_excerpt(&row))))
        });
        read.collect::<Result<_>>().map(Next::Done)
    }
}

fn row_excerpt(row: &Raw) -> String {
    crate::error::excerpt(row.get())
}
