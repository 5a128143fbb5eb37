//! The crate's one error.

use std::fmt;

/// What a fallible operation of this crate gives.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be fetched or kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub(crate) kind: Kind,
    message: String,
    /// What was asked for: a method and a path, never a key.
    request: Option<String>,
    status: Option<u16>,
    codes: Vec<String>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident, $predicate:ident, $constructor:ident;)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind),+ }

        impl Error {
            $(
                $(#[$doc])+
                #[must_use]
                pub fn $predicate(&self) -> bool {
                    self.kind == Kind::$kind
                }

                #[allow(dead_code, reason = "every kind has one; some belong to optional features")]
                pub(crate) fn $constructor(message: impl Into<String>) -> Self {
                    Self::new(Kind::$kind, message)
                }
            )+
        }
    };
}

kinds! {
    /// The service could not be reached at all: no network, no such host, or the connection was refused.
    Offline, is_offline, offline;
    /// The connection broke before the whole answer had come.
    Interrupted, is_interrupted, interrupted;
    /// One answer took longer than it may.
    TimedOut, is_timed_out, timed_out;
    /// The whole job took, or would have taken, longer than it may.
    Deadline, is_deadline, deadline;
    /// The caller cancelled the job.
    Cancelled, is_cancelled, cancelled;
    /// An answer, or the number of pages, was beyond the limits.
    TooLarge, is_too_large, too_large;
    /// The pages lead back to one that was read already.
    PageLoop, is_page_loop, page_loop;
    /// A link or a redirect leads to another host, or away from https.
    Unsafe, is_unsafe, unsafe_link;
    /// The service understood the request and found fault with it (400).
    Rejected, is_rejected, rejected;
    /// The credentials were missing or refused.
    Unauthorised, is_unauthorised, unauthorised;
    /// The token has expired.
    TokenExpired, is_token_expired, token_expired;
    /// The credentials do not allow this (403).
    Forbidden, is_forbidden, forbidden;
    /// The service's doorkeeper answered with a web page (403): the address or the client is blocked, the key was never looked at.
    Blocked, is_blocked, blocked;
    /// There is no such thing (404).
    NotFound, is_not_found, not_found;
    /// Too many requests.
    RateLimited, is_rate_limited, rate_limited;
    /// The service failed (5xx).
    Server, is_server, server;
    /// A status that the documents do not name, or one that nobody asked for.
    UnexpectedStatus, is_unexpected_status, unexpected_status;
    /// The answer is not JSON, or not of the documented shape.
    Malformed, is_malformed, malformed;
    /// Fewer rows came than the service said there are.
    Incomplete, is_incomplete, incomplete;
    /// A GraphQL error without a kind of its own; see [`Error::codes`].
    GraphQl, is_graphql, graphql;
    /// The field is disabled for this account or instance (KT-CT-1113).
    DisabledField, is_disabled_field, disabled_field;
    /// The input does not hold up: found here before anything was sent, or by the service.
    Invalid, is_invalid, invalid;
    /// The local store could not be read or written.
    Store, is_store, store;
    /// Another process holds the local store.
    StoreBusy, is_store_busy, store_busy;
    /// What was asked for is not in the local store.
    NotStored, is_not_stored, not_stored;
}

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), request: None, status: None, codes: Vec::new() }
    }

    /// The HTTP status, if an answer came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The service's own error codes, such as `KT-CT-1111`.
    #[must_use]
    pub fn codes(&self) -> &[String] {
        &self.codes
    }

    /// What was asked for: the method and the path.
    #[must_use]
    pub fn request(&self) -> Option<&str> {
        self.request.as_deref()
    }

    pub(crate) fn in_request(mut self, request: impl Into<String>) -> Self {
        self.request.get_or_insert_with(|| request.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn with_codes(mut self, codes: Vec<String>) -> Self {
        self.codes = codes;
        self
    }

    /// Names the series that it is about, once.
    #[cfg_attr(not(feature = "store"), allow(dead_code, reason = "only the store has series"))]
    pub(crate) fn in_series(mut self, series: &dyn fmt::Display) -> Self {
        let series = format!("{series}: ");
        if !self.message.starts_with(&series) {
            self.message.insert_str(0, &series);
        }
        self
    }

    /// The same in other words: what the service said, without what must not be seen.
    pub(crate) fn in_words(mut self, words: impl Fn(&str) -> String) -> Self {
        self.message = words(&self.message);
        self.codes = self.codes.iter().map(|code| words(code)).collect();
        self
    }

    pub(crate) fn because(mut self, more: &str) -> Self {
        self.message.push_str(more);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(request) = &self.request {
            write!(f, "{request}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        if !self.codes.is_empty() {
            write!(f, " [{}]", self.codes.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<kwhen::Error> for Error {
    fn from(error: kwhen::Error) -> Self {
        Self::malformed(error.to_string())
    }
}

/// Cuts a text from outside to a length that fits an error, on one line, with control characters by their numbers.
pub(crate) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = kwhen::text::visible(&line).into_owned();
    if let Some((cut, _)) = line.char_indices().nth(200) {
        line.truncate(cut);
        line.push('…');
    }
    line
}
