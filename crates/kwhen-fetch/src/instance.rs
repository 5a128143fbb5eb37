//! Where the service is.

use crate::{Error, Result};
use url::Url;

/// One installation of Kraken: its addresses, and which transport it may be spoken to over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    rest: Url,
    graphql: Url,
    insecure: bool,
    naive_zone: &'static str,
}

impl Instance {
    /// Octopus Energy in Great Britain.
    #[must_use]
    pub fn great_britain() -> Self {
        Self::known("https://api.octopus.energy/", "https://api.octopus.energy/v1/graphql/", "Europe/London")
    }

    /// Octopus Energy in Japan. Its documents name two hosts, one for REST and one for GraphQL, and say that a datetime without a
    /// zone is taken as `America/Chicago`; every datetime sent from here has its zone.
    #[must_use]
    pub fn japan() -> Self {
        Self::known(
            "https://api.oejp-kraken.energy/",
            "https://api.oejp.energy/v1/graphql",
            "America/Chicago",
        )
    }

    fn known(rest: &'static str, graphql: &'static str, naive_zone: &'static str) -> Self {
        let parse = |text: &str| Url::parse(text).unwrap_or_else(|_| unreachable_url());
        Self { rest: parse(rest), graphql: parse(graphql), insecure: false, naive_zone }
    }

    /// Any other installation, by its base address (`https://api.example-kraken.energy`); GraphQL is at `/v1/graphql/` there.
    ///
    /// Only https is taken; [`Instance::allowing_plain_http`] is for a server on this machine.
    pub fn at(base: &str) -> Result<Self> {
        Self::parse(base, false)
    }

    /// As [`Instance::at`], and plain http is allowed: for tests and for a server on this machine. A key sent so can be read on the way.
    pub fn allowing_plain_http(base: &str) -> Result<Self> {
        Self::parse(base, true)
    }

    /// With GraphQL at another address, which is held to the same rules.
    pub fn with_graphql_at(mut self, address: &str) -> Result<Self> {
        self.graphql = checked(address, self.insecure)?;
        Ok(self)
    }

    fn parse(base: &str, insecure: bool) -> Result<Self> {
        let mut rest = checked(base, insecure)?;
        if !rest.path().ends_with('/') {
            rest.set_path(&format!("{}/", rest.path()));
        }
        let graphql = rest.join("v1/graphql/").map_err(|error| Error::invalid(format!("{base}: {error}")))?;
        Ok(Self { rest, graphql, insecure, naive_zone: "Europe/London" })
    }

    /// The zone in which the service reads a datetime without one. Nothing is sent so from here.
    #[must_use]
    pub fn zone_of_naive_datetimes(&self) -> &'static str {
        self.naive_zone
    }

    /// The address of GraphQL.
    #[must_use]
    pub fn graphql(&self) -> &Url {
        &self.graphql
    }

    /// The base address of REST.
    #[must_use]
    pub fn rest(&self) -> &Url {
        &self.rest
    }

    /// A REST address from segments of a path, each escaped, and query parameters.
    pub(crate) fn rest_url(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Url> {
        if let Some(bad) =
            segments.iter().find(|segment| segment.is_empty() || matches!(**segment, "." | ".."))
        {
            return Err(Error::invalid(format!("'{bad}' cannot be part of an address")));
        }
        let mut url = self.rest.clone();
        url.path_segments_mut()
            .map_err(|()| Error::invalid("the base address cannot have a path"))?
            .pop_if_empty()
            .extend(segments)
            .push("");
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// An address that an answer led to, if it may be followed from `base`: same scheme, host and port, and no credentials in it.
    pub(crate) fn follow(&self, base: &Url, link: &str) -> Result<Url> {
        let url = base
            .join(link)
            .map_err(|error| Error::malformed(format!("a link that is not an address: {error}")))?;
        if url.origin() != base.origin() {
            let name = |url: &Url| url.origin().ascii_serialization();
            let message = format!(
                "the answer leads from {} to {}; only the same host is followed",
                name(base),
                name(&url)
            );
            return Err(Error::unsafe_link(message));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::unsafe_link("the answer leads to an address with credentials in it"));
        }
        Ok(url)
    }
}

fn checked(address: &str, insecure: bool) -> Result<Url> {
    let url = Url::parse(address)
        .map_err(|error| Error::invalid(format!("'{address}' is not an address: {error}")))?;
    let allowed = url.scheme() == "https" || insecure && url.scheme() == "http";
    if !allowed {
        return Err(Error::unsafe_link(format!("{}:// is not https", url.scheme())));
    }
    if !url.has_host() || !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(Error::invalid("a base address has a host, no credentials and no query"));
    }
    Ok(url)
}

/// The constants above are addresses; a test reads them all.
#[expect(clippy::unreachable, reason = "the literals are checked by a test")]
fn unreachable_url() -> Url {
    unreachable!("a constant address does not parse")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_addresses() {
        assert_eq!(Instance::great_britain().graphql().as_str(), "https://api.octopus.energy/v1/graphql/");
        assert_eq!(Instance::japan().rest().as_str(), "https://api.oejp-kraken.energy/");
        assert_eq!(Instance::japan().zone_of_naive_datetimes(), "America/Chicago");
    }

    #[test]
    fn only_https_and_the_same_host() {
        assert!(Instance::at("http://api.example.energy").unwrap_err().is_unsafe());
        assert!(Instance::at("ftp://api.example.energy").unwrap_err().is_unsafe());
        assert!(Instance::at("https://key@api.example.energy").unwrap_err().is_invalid());
        let instance = Instance::at("https://api.example.energy/uk").unwrap();
        let base =
            instance.rest_url(&["v1", "a b/c"], &[("period_from", "2020-01-01T00:00:00Z".into())]).unwrap();
        assert_eq!(
            base.as_str(),
            "https://api.example.energy/uk/v1/a%20b%2Fc/?period_from=2020-01-01T00%3A00%3A00Z"
        );
        for bad in [
            "https://other.energy/",
            "http://api.example.energy/",
            "//evil/",
            "https://api.example.energy:8443/",
        ] {
            assert!(instance.follow(&base, bad).unwrap_err().is_unsafe(), "{bad}");
        }
        assert!(instance.follow(&base, "https://u:p@api.example.energy/").unwrap_err().is_unsafe());
        assert!(instance.follow(&base, "https://api.example.energy/uk/v1/?page=2").is_ok());
        assert!(instance.rest_url(&["v1", ".."], &[]).unwrap_err().is_invalid());
    }
}
