//! Requests of data import, and what the service says to them.

use super::faults::{FieldError, Findings, Validate, numbers_without_value};
use crate::protocol::{Authorisation, Next, Operation, Request, Response, Session};
use crate::wire::{Raw, wire};
use crate::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// What the service says to a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome<T> {
    /// It took it.
    Accepted(T),
    /// It found fault with it, by field.
    Refused(Vec<FieldError>),
    /// The account was made before: nothing was done.
    AlreadyImported(ImportedBefore),
    /// A trial: the account would have been made.
    WouldSucceed,
    /// A transaction could not be added.
    TransactionFailed(TransactionFailed),
}

wire! {
    /// An account that was made before.
    ImportedBefore {
        /// What the service says of it.
        detail: Option<String>,
        /// The number in the other system.
        external_account_number: Option<String>,
        /// The account's number here, `A-E8981832`.
        kraken_account_number: String,
    }

    /// The first transaction that could not be added.
    TransactionFailed {
        /// `TRANSACTION_IMPORT_ERROR`.
        status: String,
        /// Why not.
        error_detail: Option<String>,
        /// The transaction.
        transaction_data: Option<Raw>,
    }
}

#[derive(Deserialize)]
struct NotFound {
    error_detail: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Errors {
    detail: Option<String>,
    #[serde(default)]
    errors: Vec<FieldError>,
}

/// The status of a transaction that could not be added.
const TRANSACTION_ERROR: &str = "TRANSACTION_IMPORT_ERROR";

/// A request of data import.
#[derive(Clone, Debug)]
pub struct Import<T> {
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Raw>,
    /// Whether it is sent to change something though it has no body.
    is_post: bool,
    idempotent: bool,
    reading: PhantomData<fn() -> T>,
}

impl<T> Import<T> {
    pub(super) fn get(segments: &[&str]) -> Self {
        Self::new(segments, None, true)
    }

    pub(super) fn post(segments: &[&str], body: &impl Serialize, idempotent: bool) -> Result<Self> {
        Ok(Self::new(segments, Some(Raw::of(body)?), idempotent))
    }

    fn new(segments: &[&str], body: Option<Raw>, idempotent: bool) -> Self {
        let segments =
            ["v1", "data-import"].iter().chain(segments).map(|segment| (*segment).to_owned()).collect();
        Self { segments, query: Vec::new(), body, is_post: false, idempotent, reading: PhantomData }
    }

    /// A request that changes something though it has no body; never sent twice.
    pub(super) fn post_without_body(segments: &[&str]) -> Self {
        Self { is_post: true, ..Self::new(segments, None, false) }
    }

    /// Adds a parameter.
    pub(super) fn ask(&mut self, name: &'static str, value: String) {
        self.query.push((name, value));
    }

    /// The same, its answer read as something else.
    pub(super) fn reading<U>(self) -> Import<U> {
        let Self { segments, query, body, is_post, idempotent, .. } = self;
        Import { segments, query, body, is_post, idempotent, reading: PhantomData }
    }

    /// The path that it is sent to, from the service's root.
    #[must_use]
    pub fn path(&self) -> String {
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/{}/{mark}{}", self.segments.join("/"), query.join("&"))
    }

    fn build(&self, session: &Session) -> Result<Request> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let url = session.instance().rest_url(&segments, &self.query)?;
        let mut request = match &self.body {
            Some(body) => {
                let body = body.get().as_bytes().to_vec();
                Request::post(url, Authorisation::ImportToken, body, self.idempotent)
            }
            None if self.is_post => {
                let request = Request::post(url, Authorisation::ImportToken, Vec::new(), self.idempotent);
                Request { body: None, ..request }
            }
            None => return Ok(Request::get(url, Authorisation::ImportToken)),
        };
        // The documents: requests beyond the limit are rejected and should be sent again later.
        request.repeat_when_refused = true;
        Ok(request)
    }
}

impl<T: DeserializeOwned> Operation for Import<T> {
    type Output = T;

    fn request(&self, session: &Session) -> Result<Request> {
        self.build(session)
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<T>> {
        response.json().map(Next::Done)
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        // What is not there is told in a list of one.
        let told: Vec<NotFound> = if response.status == 404 { response.json().ok()? } else { return None };
        let words = told.into_iter().find_map(|told| told.error_detail.or(told.error))?;
        Some(Error::not_found(crate::error::excerpt(&words)))
    }
}

/// A request whose 400 is an answer: the fields that the service finds fault with, an account that was made before, a transaction that could
/// not be added. What was found here stops it before anything is sent.
#[derive(Clone, Debug)]
pub struct Check<T> {
    import: Import<T>,
    findings: Findings,
}

impl<T> Check<T> {
    pub(super) fn of(import: Import<T>) -> Self {
        Self { import, findings: Findings::default() }
    }

    pub(super) fn after(payload: &(impl Validate + ?Sized), import: Import<T>) -> Result<Self> {
        let mut findings = payload.findings();
        findings.faults.extend(import.body.as_ref().map(numbers_without_value).unwrap_or_default());
        Ok(Self { import, findings })
    }

    /// What was found in the payload here.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Sends it whatever was found here: the service alone decides.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.findings.faults.clear();
        self
    }

    /// The path that it is sent to, from the service's root.
    #[must_use]
    pub fn path(&self) -> String {
        self.import.path()
    }

    pub(super) fn reading<U>(self) -> Check<U> {
        Check { import: self.import.reading(), findings: self.findings }
    }
}

impl<T: DeserializeOwned> Operation for Check<T> {
    type Output = ImportOutcome<T>;

    fn request(&self, session: &Session) -> Result<Request> {
        let faults = &self.findings.faults;
        if let Some(first) = faults.first() {
            let more = match faults.len() - 1 {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            return Err(Error::invalid(format!(
                "nothing was sent: {}: {}{more}",
                first.attr,
                crate::error::excerpt(&first.detail)
            )));
        }
        self.import.build(session)
    }

    fn accepts(&self, status: u16) -> bool {
        (200..300).contains(&status) || status == 400
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<ImportOutcome<T>>> {
        if response.status != 400 {
            return response.json().map(ImportOutcome::Accepted).map(Next::Done);
        }
        if String::from_utf8_lossy(&response.body).contains("Rolled back due to Dry Run") {
            return Ok(Next::Done(ImportOutcome::WouldSucceed));
        }
        if let Ok(before) = response.json::<ImportedBefore>()
            && !before.kraken_account_number.is_empty()
        {
            return Ok(Next::Done(ImportOutcome::AlreadyImported(before)));
        }
        if let Ok(failed) = response.json::<TransactionFailed>()
            && failed.status == TRANSACTION_ERROR
        {
            return Ok(Next::Done(ImportOutcome::TransactionFailed(failed)));
        }
        match response.json::<Errors>() {
            Ok(found) if !found.errors.is_empty() => Ok(Next::Done(ImportOutcome::Refused(found.errors))),
            Ok(found) => {
                Err(Error::rejected(found.detail.unwrap_or_else(|| response.excerpt())).with_status(400))
            }
            Err(_) => Err(Error::rejected(response.excerpt()).with_status(400)),
        }
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        self.import.refused(response)
    }
}
