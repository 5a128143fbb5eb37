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
    after: Option<String>,
    cursors: BTreeSet<String>,
    nodes: Vec<Raw>,
    authorisation: Authorisation,
    kind: PhantomData<fn() -> T>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "pageInfo")]
    info: Info,
    edges: Vec<Option<Edge>>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(rename = "hasNextPage")]
    more: bool,
    #[serde(rename = "endCursor")]
    end: Option<String>,
}

#[derive(Deserialize)]
struct Edge {
    node: Raw,
}

impl<T> Connection<T> {
    /// A list by a document that takes `$first` and `$after`; `path` leads from the data to the list.
    #[must_use]
    pub fn new(document: impl Into<String>, variables: Value, path: &[&str], first: u32) -> Self {
        let path = path.iter().map(|step| (*step).to_owned()).collect();
        let (after, cursors, nodes, kind) = (None, BTreeSet::new(), Vec::new(), PhantomData);
        let authorisation = Authorisation::Token;
        Self { document: document.into(), variables, path, first, after, cursors, nodes, authorisation, kind }
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
            fields.insert("after".into(), self.after.clone().into());
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
        let page: Page = raw.read()?;
        for edge in page.edges {
            let Some(Edge { node }) = edge else {
                let place = self.nodes.len() + 1;
                return Err(Error::malformed(format!("row {place} of {} is null", self.path.join("."))));
            };
            self.nodes.push(node);
        }
        if page.info.more {
            let cursor =
                page.info.end.ok_or_else(|| Error::malformed("more pages, but no cursor to them"))?;
            if !self.cursors.insert(cursor.clone()) {
                return Err(Error::page_loop("the pages lead back to one that was read already"));
            }
            if self.cursors.len() >= session.settings().limits.pages as usize {
                return Err(Error::too_large(format!("more than {} pages", session.settings().limits.pages)));
            }
            self.after = Some(cursor);
            return Ok(Next::Request);
        }
        std::mem::take(&mut self.nodes).iter().map(Raw::read).collect::<Result<_>>().map(Next::Done)
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        envelope::refused(response)
    }
}
