//! Where the service is.

use crate::{Error, Result};
use url::Url;

/// One installation of Kraken: the addresses under which it answers, in the order in which they are tried, and which transport it may
/// be spoken to over.
///
/// All its addresses are one installation with one set of keys: a page may lead from one to another, and the key goes to any of them and
/// nowhere else. The first that answers is asked; one that cannot be reached, or that has gone, is passed over for the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    first: Host,
    further: Vec<Host>,
    insecure: bool,
    naive_zone: &'static str,
    zone: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    rest: Url,
    graphql: Url,
}

impl Host {
    fn parse(base: &str, insecure: bool) -> Result<Self> {
        let mut rest = checked(base, insecure)?;
        if !rest.path().ends_with('/') {
            rest.set_path(&format!("{}/", rest.path()));
        }
        let graphql = rest.join("v1/graphql/").map_err(|error| Error::invalid(format!("{base}: {error}")))?;
        Ok(Self { rest, graphql })
    }

    fn known(rest: &'static str, graphql: &'static str) -> Self {
        let parse = |text: &str| Url::parse(text).unwrap_or_else(|_| unreachable_url());
        Self { rest: parse(rest), graphql: parse(graphql) }
    }

    fn holds(&self, url: &Url) -> bool {
        url.origin() == self.rest.origin() || url.origin() == self.graphql.origin()
    }
}

impl Instance {
    /// Octopus Energy in Great Britain, which moves from `api.octopus.energy` to `api.oegb-kraken.energy`. The new address is tried
    /// first, the old one after it for as long as it answers.
    #[must_use]
    pub fn great_britain() -> Self {
        Self {
            first: Host::known(
                "https://api.oegb-kraken.energy/",
                "https://api.oegb-kraken.energy/v1/graphql/",
            ),
            further: vec![Host::known(
                "https://api.octopus.energy/",
                "https://api.octopus.energy/v1/graphql/",
            )],
            insecure: false,
            naive_zone: "Europe/London",
            zone: "Europe/London",
        }
    }

    /// Octopus Energy in Japan. Its documents name two hosts, one for REST and one for GraphQL, and say that a datetime without a
    /// zone is taken as `America/Chicago`; every datetime sent from here has its zone.
    #[must_use]
    pub fn japan() -> Self {
        Self {
            first: Host::known("https://api.oejp-kraken.energy/", "https://api.oejp.energy/v1/graphql"),
            further: Vec::new(),
            insecure: false,
            naive_zone: "America/Chicago",
            zone: "Asia/Tokyo",
        }
    }

    /// By its name, `gb` or `japan`, or by its addresses in the order in which they are to be tried. An address is https, unless plain
    /// http is allowed.
    pub fn named<T: AsRef<str>>(names: &[T], allow_plain_http: bool) -> Result<Self> {
        let parse = |base: &str| match base {
            "gb" | "japan" => Err(Error::invalid(format!(
                "'{base}' names all addresses of an installation; it stands alone"
            ))),
            base => Self::parse(base, allow_plain_http),
        };
        match names {
            [] => Err(Error::invalid("an installation has an address")),
            [name] if name.as_ref() == "gb" => Ok(Self::great_britain()),
            [name] if name.as_ref() == "japan" => Ok(Self::japan()),
            [first, further @ ..] => {
                let first = parse(first.as_ref())?;
                further.iter().try_fold(first, |instance, base| {
                    parse(base.as_ref())?;
                    instance.or_at(base.as_ref())
                })
            }
        }
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

    fn parse(base: &str, insecure: bool) -> Result<Self> {
        let first = Host::parse(base, insecure)?;
        Ok(Self { first, further: Vec::new(), insecure, naive_zone: "Europe/London", zone: "Europe/London" })
    }

    /// The same installation under a further address, which is tried after the ones before it and held to the same rules.
    pub fn or_at(mut self, base: &str) -> Result<Self> {
        let host = Host::parse(base, self.insecure)?;
        if self.hosts().any(|known| known.holds(&host.rest)) {
            return Err(Error::invalid(format!("{base} is given twice")));
        }
        self.further.push(host);
        Ok(self)
    }

    /// With GraphQL at another address, which is held to the same rules; of the address that was given last.
    pub fn with_graphql_at(mut self, address: &str) -> Result<Self> {
        let graphql = checked(address, self.insecure)?;
        self.further.last_mut().unwrap_or(&mut self.first).graphql = graphql;
        Ok(self)
    }

    /// The zone that the installation's customers live by, in which dates without a time are read; an installation that is known by its
    /// address alone is taken to be Great Britain's.
    #[must_use]
    pub fn time_zone(&self) -> &'static str {
        self.zone
    }

    /// The zone in which the service reads a datetime without one. Nothing is sent so from here.
    #[must_use]
    pub fn zone_of_naive_datetimes(&self) -> &'static str {
        self.naive_zone
    }

    /// The address of GraphQL, at the address that is tried first.
    #[must_use]
    pub fn graphql(&self) -> &Url {
        &self.first.graphql
    }

    /// The base address of REST that is tried first.
    #[must_use]
    pub fn rest(&self) -> &Url {
        &self.first.rest
    }

    /// All base addresses of REST, in the order in which they are tried; never none.
    pub fn addresses(&self) -> impl Iterator<Item = &Url> {
        self.hosts().map(|host| &host.rest)
    }

    fn hosts(&self) -> impl Iterator<Item = &Host> {
        std::iter::once(&self.first).chain(&self.further)
    }

    /// Which of the addresses a request goes to, by its place in [`Instance::addresses`].
    pub(crate) fn place_of(&self, url: &Url) -> Option<usize> {
        self.hosts().position(|host| host.holds(url))
    }

    /// The same request at another address of the installation.
    pub(crate) fn moved(&self, url: &Url, place: usize) -> Option<Url> {
        let (from, to) = (self.hosts().find(|host| host.holds(url))?, self.hosts().nth(place)?);
        if *url == from.graphql {
            return Some(to.graphql.clone());
        }
        let path = url.path().strip_prefix(from.rest.path())?;
        let mut moved = to.rest.clone();
        moved.set_path(&format!("{}{path}", to.rest.path()));
        moved.set_query(url.query());
        Some(moved)
    }

    /// A REST address from segments of a path, each escaped, and query parameters.
    pub(crate) fn rest_url(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Url> {
        if let Some(bad) =
            segments.iter().find(|segment| segment.is_empty() || matches!(**segment, "." | ".."))
        {
            return Err(Error::invalid(format!("'{bad}' cannot be part of an address")));
        }
        let mut url = self.first.rest.clone();
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

    /// An address that an answer led to, if it may be followed from `base`: scheme, host and port of one of the installation's own
    /// addresses, and no credentials in it.
    pub(crate) fn follow(&self, base: &Url, link: &str) -> Result<Url> {
        let url = base
            .join(link)
            .map_err(|error| Error::malformed(format!("a link that is not an address: {error}")))?;
        if self.place_of(&url).is_none() {
            let name = |url: &Url| url.origin().ascii_serialization();
            let own: Vec<String> = self.addresses().map(name).collect();
            let message = format!(
                "the answer leads from {} to {}; only {} is followed",
                name(base),
                name(&url),
                own.join(" or ")
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
        let britain = Instance::great_britain();
        assert_eq!(britain.graphql().as_str(), "https://api.oegb-kraken.energy/v1/graphql/");
        let addresses: Vec<&str> = britain.addresses().map(Url::as_str).collect();
        assert_eq!(addresses, ["https://api.oegb-kraken.energy/", "https://api.octopus.energy/"]);
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

    #[test]
    fn all_addresses_are_one_installation() {
        let instance = Instance::at("https://new.energy/uk").unwrap().or_at("https://old.energy").unwrap();
        let query = [("page", "2".to_owned())];
        let first = instance.rest_url(&["v1", "products"], &query).unwrap();
        let old = instance.moved(&first, 1).unwrap();
        assert_eq!(old.as_str(), "https://old.energy/v1/products/?page=2");
        assert_eq!(instance.moved(&old, 0).unwrap(), first);
        assert_eq!(instance.moved(instance.graphql(), 1).unwrap().as_str(), "https://old.energy/v1/graphql/");
        for link in
            ["https://old.energy/v1/products/?page=3", "https://new.energy/uk/v1/products/?page=3", "?page=3"]
        {
            assert!(instance.follow(&first, link).is_ok() && instance.follow(&old, link).is_ok(), "{link}");
        }
        for link in [
            "http://old.energy/",
            "https://old.energy:444/",
            "https://older.energy/",
            "https://k@old.energy/",
        ] {
            assert!(instance.follow(&first, link).unwrap_err().is_unsafe(), "{link}");
        }
        assert!(instance.clone().or_at("http://third.energy").unwrap_err().is_unsafe());
        assert!(instance.or_at("https://old.energy/elsewhere").unwrap_err().is_invalid());
        // Japan's GraphQL answers at a host of its own.
        let japan = Instance::japan();
        assert_eq!(japan.place_of(japan.graphql()), Some(0));
    }

    #[test]
    fn installations_by_name_or_address() {
        assert_eq!(Instance::named(&["gb"], false).unwrap(), Instance::great_britain());
        assert_eq!(Instance::named(&["japan"], true).unwrap(), Instance::japan());
        let two = Instance::named(&["http://127.0.0.1:1", "http://127.0.0.1:2"], true).unwrap();
        assert_eq!(two.addresses().count(), 2);
        assert!(Instance::named(&["http://127.0.0.1:1"], false).unwrap_err().is_unsafe());
        assert!(Instance::named(&["https://a.energy", "gb"], false).unwrap_err().is_invalid());
        assert!(Instance::named(&["https://a.energy", "http://b.energy"], false).unwrap_err().is_unsafe());
        assert!(Instance::named::<&str>(&[], false).unwrap_err().is_invalid());
    }
}
