//! Requests and answers as plain values.

use crate::{Error, Result, Secret};
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;
use url::Url;

/// The methods that the service uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Create, or ask GraphQL.
    Post,
    /// Replace.
    Put,
}

impl Method {
    /// As it is written on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// What a request must carry to prove who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorisation {
    /// Nothing: the endpoint is public, so it is called without the key.
    Public,
    /// The API key by HTTP Basic.
    Basic,
    /// A token, as GraphQL takes it (`JWT …`).
    Token,
    /// A token, as data import takes it (`Token …`).
    ImportToken,
}

/// One HTTP request. Its `Debug` shows no credentials and no body.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// What it must carry; the job fills in [`Request::authorization`] from it.
    pub authorisation: Authorisation,
    /// The value of the `Authorization` header, once known.
    pub authorization: Option<Secret>,
    /// JSON.
    pub body: Option<Vec<u8>>,
    /// Whether sending it twice does no more than sending it once.
    pub idempotent: bool,
    /// Whether it may be sent again after the service refused it as one too many (429), though it is not idempotent: only where the
    /// documents say that such a request was not begun.
    pub repeat_when_refused: bool,
    /// How long the whole exchange may take; set by the job.
    pub timeout: Duration,
    /// The most bytes of body to read, after decompression; set by the job.
    pub body_limit: u64,
}

impl Request {
    /// A read.
    #[must_use]
    pub fn get(url: Url, authorisation: Authorisation) -> Self {
        Self::new(Method::Get, url, authorisation, None, true)
    }

    /// A JSON body sent; say whether sending it twice does no harm.
    #[must_use]
    pub fn post(url: Url, authorisation: Authorisation, body: Vec<u8>, idempotent: bool) -> Self {
        Self::new(Method::Post, url, authorisation, Some(body), idempotent)
    }

    fn new(
        method: Method,
        url: Url,
        authorisation: Authorisation,
        body: Option<Vec<u8>>,
        idempotent: bool,
    ) -> Self {
        let (timeout, body_limit) = (Duration::from_secs(30), 64 << 20);
        Self {
            method,
            url,
            authorisation,
            authorization: None,
            body,
            idempotent,
            repeat_when_refused: false,
            timeout,
            body_limit,
        }
    }

    /// The method and the path: what may be shown.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{} {}", self.method.name(), self.url.path())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("authorisation", &self.authorisation)
            .field("authorization", &self.authorization)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

/// One HTTP answer, its body whole.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in any case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body read as JSON; an error says what came instead.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let text = std::str::from_utf8(&self.body).map_err(|error| {
            Error::malformed(format!("the answer is not UTF-8 from byte {}", error.valid_up_to()))
        })?;
        if self.is_html() {
            return Err(Error::malformed(format!("a web page came instead of JSON: {}", self.excerpt())));
        }
        serde_json::from_str(text)
            .map_err(|error| Error::malformed(format!("the answer is not as documented: {error}")))
    }

    /// Whether a web page came.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let start = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        let html = self.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
        start == Some(&b'<') || html && !matches!(start, Some(b'{' | b'['))
    }

    /// The start of the body, for an error.
    #[must_use]
    pub fn excerpt(&self) -> String {
        crate::error::excerpt(&String::from_utf8_lossy(self.body.get(..2000).unwrap_or(&self.body)))
    }
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which kind.
    pub kind: FailureKind,
    /// The transport's own words, without credentials.
    pub detail: String,
}

/// The ways in which an exchange can fail below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection came about: nothing was sent.
    Connect,
    /// The connection broke, or what came over it is not HTTP.
    Broken,
    /// It took longer than it may.
    TimedOut,
    /// The body is larger than it may be.
    TooLarge,
    /// The request cannot be sent at all.
    Unsendable,
    /// The caller cancelled it.
    Cancelled,
}

impl Failure {
    /// A failure of this kind.
    #[must_use]
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}
