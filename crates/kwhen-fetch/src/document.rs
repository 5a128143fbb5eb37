//! One public document at an address of anybody's: a file of tariffs that a network or a regulator publishes.

use crate::protocol::{
    Authorisation, Limits, Next, Operation, Request, Response, RetryPolicy, Session, Settings,
};
use crate::{Error, Instance, Result};
use std::time::Duration;
use url::Url;

/// Reads a document, whole or not at all. No key goes with the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    url: Url,
}

impl Document {
    /// The most bytes of one, after decompression.
    pub const MOST_BYTES: u64 = 32 << 20;
    /// How long it may take, further attempts included.
    pub const LONGEST: Duration = Duration::from_secs(60);

    /// By its address, https unless plain http is allowed; a redirect away from its host is refused, as is an address with a password in it.
    pub fn at(address: &str, allow_plain_http: bool) -> Result<Self> {
        let url = Url::parse(address)
            .map_err(|error| Error::invalid(format!("'{address}' is not an address: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::invalid("the address of a public document has no name and no password in it"));
        }
        let document = Self { url };
        document.instance(allow_plain_http).map(|_| document)
    }

    fn instance(&self, allow_plain_http: bool) -> Result<Instance> {
        let host = self.url.origin().ascii_serialization();
        let allowed = self.url.scheme() == "https" || allow_plain_http && self.url.scheme() == "http";
        if !allowed {
            let scheme = self.url.scheme();
            return Err(Error::unsafe_link(format!(
                "{scheme}:// is not https: give the document's https address"
            )));
        }
        if allow_plain_http { Instance::allowing_plain_http(&host) } else { Instance::at(&host) }
    }

    /// How its host is asked: three attempts within a minute, and no more than [`MOST_BYTES`](Self::MOST_BYTES).
    pub fn settings(&self, allow_plain_http: bool) -> Result<Settings> {
        let mut settings = Settings::new(self.instance(allow_plain_http)?);
        settings.retry = RetryPolicy {
            attempts: 3,
            cap: Duration::from_secs(5),
            longest_retry_after: Duration::from_secs(20),
            deadline: Self::LONGEST,
            ..RetryPolicy::default()
        };
        settings.limits = Limits { body: Self::MOST_BYTES, ..Limits::default() };
        Ok(settings)
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.as_str()
    }

    /// The name of the file that it ends in, without what follows its point; `None` where it ends in none.
    #[must_use]
    pub fn stem(&self) -> Option<&str> {
        let name = self.url.path_segments()?.next_back()?;
        Some(name.split_once('.').map_or(name, |(stem, _)| stem)).filter(|stem| !stem.is_empty())
    }

    /// Reads it now, on this thread.
    #[cfg(feature = "blocking")]
    pub fn read(&self, allow_plain_http: bool) -> Result<Vec<u8>> {
        let settings = self.settings(allow_plain_http)?;
        crate::driver::blocking::Client::new(settings)?.run(self.clone())
    }
}

impl Operation for Document {
    type Output = Vec<u8>;

    fn request(&self, _session: &Session) -> Result<Request> {
        Ok(Request::get(self.url.clone(), Authorisation::Public))
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<Vec<u8>>> {
        if response.is_html() {
            return Err(Error::malformed(format!(
                "a web page came instead of a file: give the address of the file itself; the page begins {}",
                response.excerpt()
            )));
        }
        if response.body.is_empty() {
            return Err(Error::malformed("an empty document came"));
        }
        Ok(Next::Done(response.body.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_and_names_its_file() {
        let at = |address: &str| Document::at(address, false);
        let stem = |address: &str| at(address).unwrap().stem().map(str::to_owned);
        assert_eq!(stem("https://example.org/tariffer/bkk.yml"), Some("bkk".into()));
        assert_eq!(
            stem("https://example.org/dataset/DatahubPricelist?limit=0"),
            Some("DatahubPricelist".into())
        );
        assert_eq!(stem("https://example.org/"), None);
        assert!(at("http://example.org/a.yml").unwrap_err().is_unsafe());
        assert!(at("ftp://example.org/a.yml").unwrap_err().is_unsafe());
        assert!(at("https://me:secret@example.org/a.yml").unwrap_err().is_invalid());
        assert!(at("bkk.yml").unwrap_err().is_invalid());
        assert!(Document::at("http://127.0.0.1:8000/a.yml", true).is_ok());
    }
}
