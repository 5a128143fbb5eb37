//! What both drivers do alike.

use crate::protocol::{Failure, FailureKind};
use crate::{Error, Result};
use std::sync::Arc;

pub(super) const AGENT: &str = concat!("kwhen/", env!("CARGO_PKG_VERSION"));

/// How long a connection may take to come about; another address of the service is tried then.
pub(super) const CONNECT: std::time::Duration = std::time::Duration::from_secs(10);

/// TLS by rustls with ring, and the roots that Mozilla trusts, whatever the machine has installed.
pub(super) fn tls() -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::invalid(format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// An error of reqwest as a failure. Its address is cut off: a query may hold a postcode.
pub(super) fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    // One that was not there in time to connect to is not reached, so this is asked first.
    let kind = if error.is_connect() {
        FailureKind::Connect
    } else if error.is_timeout() {
        FailureKind::TimedOut
    } else if error.is_builder() {
        FailureKind::Unsendable
    } else {
        FailureKind::Broken
    };
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !detail.contains(&cause_text) {
            detail.push_str(": ");
            detail.push_str(&cause_text);
        }
        source = cause.source();
    }
    Failure::new(kind, detail)
}

/// How many requests may be on their way at the same time.
pub(super) fn in_flight(settings: &crate::protocol::Settings) -> usize {
    usize::try_from(settings.limits.in_flight.max(1)).unwrap_or(1)
}

pub(super) fn too_large() -> Failure {
    Failure::new(FailureKind::TooLarge, "the body goes on")
}

pub(super) fn headers(map: &reqwest::header::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// The headers of a request; the authorisation is marked so that nothing below logs it.
pub(super) fn request_headers(
    request: &crate::protocol::Request,
) -> std::result::Result<reqwest::header::HeaderMap, Failure> {
    use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
    let mut map = HeaderMap::new();
    map.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if request.body.is_some() {
        map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Some(secret) = &request.authorization {
        let mut value = HeaderValue::from_str(secret.reveal()).map_err(|_| {
            Failure::new(FailureKind::Unsendable, "the key holds characters that no header can")
        })?;
        value.set_sensitive(true);
        map.insert(AUTHORIZATION, value);
    }
    Ok(map)
}

pub(super) fn method(method: crate::protocol::Method) -> reqwest::Method {
    match method {
        crate::protocol::Method::Get => reqwest::Method::GET,
        crate::protocol::Method::Post => reqwest::Method::POST,
        crate::protocol::Method::Put => reqwest::Method::PUT,
    }
}

/// A seed for the waits' jitter: two clients that start together must not wait alike.
#[expect(clippy::disallowed_methods, reason = "a driver is where the machine's clock is the point")]
pub(super) fn seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) << 32 | u64::from(std::process::id())
}
