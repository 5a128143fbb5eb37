//! Lists in pages, by cursor.

use super::envelope;
use crate::protocol::{Authorisation, Next, Operation, Request, Response, Session};
use crate::wire::{Extra, Raw};
use crate::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// All pages of a list: nodes in their order.
#[derive(Clone, Debug)]
pub struct Connection<T> {
    document: String,
    variables: Value,
    path: Vec<String>,
    first: u32,
    progress: Progress,
    nodes: Vec<Raw>,
    authorisation: Authorisation,
    kind: PhantomData<fn() -> T>,
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Page<T> {
    #[serde(rename = "pageInfo")]
    info: Info,
    edges: Vec<Option<Edge<T>>>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(rename = "hasNextPage")]
    more: bool,
    #[serde(rename = "endCursor")]
    end: Option<String>,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Edge<T> {
    node: T,
}

/// How far the pages of a list have come.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// What the next page comes after.
    pub(super) after: Option<String>,
    cursors: BTreeSet<String>,
    rows: usize,
}

impl Progress {
    /// The rows of a page of the list `name`; and what the page after it comes after, if there is one.
    pub(super) fn rows<T>(&mut self, page: Page<T>, name: &str) -> Result<(Vec<T>, Option<String>)> {
        let mut nodes = Vec::with_capacity(page.edges.len());
        for edge in page.edges {
            self.rows += 1;
            let edge =
                edge.ok_or_else(|| Error::malformed(format!("row {} of {name} is null", self.rows)))?;
            nodes.push(edge.node);
        }
        match page.info.end {
            None if page.info.more => {
                Err(Error::malformed(format!("more pages of {name}, but no cursor to them")))
            }
            end => Ok((nodes, end.filter(|_| page.info.more))),
        }
    }

    /// Goes on to the page after a cursor; an error where the pages lead back, or are too many.
    pub(super) fn go_on(&mut self, cursor: String, most: u32, name: &str) -> Result<()> {
        if !self.cursors.insert(cursor.clone()) {
            return Err(Error::page_loop(format!(
                "the pages of {name} lead back to one that was read already"
            )));
        }
        if self.cursors.len() >= most as usize {
            return Err(Error::too_large(format!("more than {most} pages of {name}")));
        }
        self.after = Some(cursor);
        Ok(())
    }
}

impl<T> Connection<T> {
    /// A list by a document that takes `$first` and `$after`; `path` leads from the data to the list.
    #[must_use]
    pub fn new(document: impl Into<String>, variables: Value, path: &[&str], first: u32) -> Self {
        let path = path.iter().map(|step| (*step).to_owned()).collect();
        let (progress, nodes, kind) = (Progress::default(), Vec::new(), PhantomData);
        let authorisation = Authorisation::Token;
        Self { document: document.into(), variables, path, first, progress, nodes, authorisation, kind }
    }

    /// Without a token: for what the service answers to anybody.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.authorisation = Authorisation::Public;
        self
    }

    /// How many rows have come so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.nodes.len()
    }
}

impl<T: DeserializeOwned> Operation for Connection<T> {
    type Output = Vec<T>;

    fn request(&self, session: &Session) -> Result<Request> {
        let mut variables = self.variables.clone();
        if let Value::Object(fields) = &mut variables {
            fields.insert("first".into(), self.first.into());
            fields.insert("after".into(), self.progress.after.clone().into());
        }
        let body = serde_json::json!({ "query": self.document, "variables": variables }).to_string();
        Ok(Request::post(session.instance().graphql().clone(), self.authorisation, body.into_bytes(), true))
    }

    fn accept(&mut self, session: &Session, response: &Response) -> Result<Next<Vec<T>>> {
        let mut steps = self.path.iter();
        let name = steps.next().map_or("", String::as_str);
        let mut raw = envelope::field(response, name)?;
        for step in steps {
            let mut fields: Extra = raw.read()?;
            raw = fields.remove(step).ok_or_else(|| Error::malformed(format!("the answer has no {step}")))?;
        }
        if raw.get() == "null" {
            return Err(Error::not_found(format!("{} is null", self.path.join("."))));
        }
        let name = self.path.join(".");
        let (nodes, next) = self.progress.rows(raw.read::<Page<Raw>>()?, &name)?;
        self.nodes.extend(nodes);
        if let Some(cursor) = next {
            self.progress.go_on(cursor, session.settings().limits.pages, &name)?;
            return Ok(Next::Request);
        }
        std::mem::take(&mut self.nodes).iter().map(Raw::read).collect::<Result<_>>().map(Next::Done)
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        envelope::refused(response)
    }
}
