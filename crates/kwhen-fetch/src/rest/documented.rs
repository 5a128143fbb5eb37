//! Every documented path of REST with its parameters, and calls of any of them by name.

use super::endpoint::{MOST_RATES, MOST_READINGS};
use super::list::{List, One, Place};
use super::partner::Submit;
use crate::protocol::Authorisation::{Basic, Public};
use crate::protocol::{Next, Operation, Request, Response, Session};
use crate::wire::Raw;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number from 1 on.
    Count,
    /// An instant with its zone, `2026-03-01T00:00:00Z`.
    Instant,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl ParameterKind {
    /// Its type in words.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Count => "a number".to_owned(),
            Self::Instant => "an instant".to_owned(),
            Self::OneOf(words) => words.join(", "),
        }
    }

    fn fault(self, value: &str) -> Option<String> {
        let is_good = match self {
            Self::Text => !value.trim().is_empty(),
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Count => value.parse::<u32>().is_ok_and(|number| number > 0),
            Self::Instant => value.parse::<DateTime<Utc>>().is_ok(),
            Self::OneOf(words) => words.contains(&value),
        };
        (!is_good).then(|| match self {
            Self::Text => "is empty".to_owned(),
            Self::Instant => {
                "is no instant with its zone, such as 2026-03-01T00:00:00Z: the service reads one without a zone in its own"
                    .to_owned()
            }
            kind => format!("is not {}", kind.in_words()),
        })
    }
}

/// A parameter of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ParameterKind,
    /// Whether the documentation has it; one that it has not was seen in use.
    pub is_documented: bool,
}

/// A path of REST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name here; the documentation has none.
    pub name: &'static str,
    /// The path, with what is to be filled in in braces.
    pub path: &'static str,
    /// What may be asked of it.
    pub parameters: &'static [Parameter],
    /// Whether it needs a key.
    pub needs_key: bool,
    /// What comes of it.
    pub answers: Answers,
    /// In a few words.
    pub about: &'static str,
}

/// What comes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// A list in pages, which are followed to the end.
    List,
    /// One thing.
    One,
    /// Something is made of a body that is sent.
    Made,
}

const fn has(name: &'static str, kind: ParameterKind) -> Parameter {
    Parameter { name, kind, is_documented: true }
}

const fn seen(name: &'static str, kind: ParameterKind) -> Parameter {
    Parameter { name, kind, is_documented: false }
}

const PRODUCTS: &[Parameter] = &[
    has("is_variable", ParameterKind::Boolean),
    has("is_green", ParameterKind::Boolean),
    has("is_tracker", ParameterKind::Boolean),
    has("is_prepay", ParameterKind::Boolean),
    has("is_business", ParameterKind::Boolean),
    has("available_at", ParameterKind::Instant),
    seen("brand", ParameterKind::Text),
];
const CHARGES: &[Parameter] = &[
    has("period_from", ParameterKind::Instant),
    has("period_to", ParameterKind::Instant),
    has("page_size", ParameterKind::Count),
];
const CONSUMPTION: &[Parameter] = &[
    has("period_from", ParameterKind::Instant),
    has("period_to", ParameterKind::Instant),
    has("page_size", ParameterKind::Count),
    has("order_by", ParameterKind::OneOf(&["period", "-period"])),
    has("group_by", ParameterKind::OneOf(&["hour", "day", "week", "month", "quarter"])),
];

const fn read(
    name: &'static str,
    path: &'static str,
    parameters: &'static [Parameter],
    answers: Answers,
    about: &'static str,
) -> Endpoint {
    Endpoint { name, path, parameters, needs_key: false, answers, about }
}

const fn with_key(endpoint: Endpoint) -> Endpoint {
    Endpoint { needs_key: true, ..endpoint }
}

const fn make(name: &'static str, path: &'static str, about: &'static str) -> Endpoint {
    with_key(read(name, path, &[], Answers::Made, about))
}

/// Every documented path.
pub const ENDPOINTS: &[Endpoint] = &[
    read("products", "/v1/products/", PRODUCTS, Answers::List, "products on sale"),
    read(
        "product",
        "/v1/products/{product_code}/",
        &[has("tariffs_active_at", ParameterKind::Instant)],
        Answers::One,
        "a product with what its tariffs charge",
    ),
    read(
        "electricity-standing-charges",
        "/v1/products/{product_code}/electricity-tariffs/{tariff_code}/standing-charges/",
        CHARGES,
        Answers::List,
        "standing charges",
    ),
    read(
        "electricity-standard-unit-rates",
        "/v1/products/{product_code}/electricity-tariffs/{tariff_code}/standard-unit-rates/",
        CHARGES,
        Answers::List,
        "unit rates",
    ),
    read(
        "electricity-day-unit-rates",
        "/v1/products/{product_code}/electricity-tariffs/{tariff_code}/day-unit-rates/",
        CHARGES,
        Answers::List,
        "unit rates of the day register",
    ),
    read(
        "electricity-night-unit-rates",
        "/v1/products/{product_code}/electricity-tariffs/{tariff_code}/night-unit-rates/",
        CHARGES,
        Answers::List,
        "unit rates of the night register",
    ),
    read(
        "gas-standing-charges",
        "/v1/products/{product_code}/gas-tariffs/{tariff_code}/standing-charges/",
        CHARGES,
        Answers::List,
        "standing charges",
    ),
    read(
        "gas-standard-unit-rates",
        "/v1/products/{product_code}/gas-tariffs/{tariff_code}/standard-unit-rates/",
        CHARGES,
        Answers::List,
        "unit rates",
    ),
    read(
        "electricity-meter-point",
        "/v1/electricity-meter-points/{mpan}/",
        &[],
        Answers::One,
        "the region (GSP) and profile class of a meter point",
    ),
    with_key(read(
        "electricity-consumption",
        "/v1/electricity-meter-points/{mpan}/meters/{serial_number}/consumption/",
        CONSUMPTION,
        Answers::List,
        "readings in kWh, by half-hour or added up",
    )),
    with_key(read(
        "gas-consumption",
        "/v1/gas-meter-points/{mprn}/meters/{serial_number}/consumption/",
        CONSUMPTION,
        Answers::List,
        "readings in kWh or m³, by half-hour or added up",
    )),
    read(
        "grid-supply-points",
        "/v1/industry/grid-supply-points/",
        &[has("postcode", ParameterKind::Text)],
        Answers::List,
        "regions, or those of a postcode",
    ),
    with_key(read(
        "account",
        "/v1/accounts/{account_number}/",
        &[],
        Answers::One,
        "an account with its meter points and agreements; not documented, but seen in use",
    )),
    make("create-quote", "/v1/quotes/", "a quote"),
    make("share-quote", "/v1/quotes/{quote_code}/products/{product_id}/", "an e-mail of a quoted product"),
    make("create-account", "/v1/accounts/", "an account"),
    make(
        "renew-tariff",
        "/v1/accounts/{account_number}/tariff-renewal/",
        "the renewal of a business's tariffs",
    ),
];

impl Endpoint {
    /// The path of a name.
    ///
    /// # Errors
    /// There is none of that name; the nearest is said.
    pub fn named(name: &str) -> Result<&'static Self> {
        ENDPOINTS.iter().find(|endpoint| endpoint.name == name).ok_or_else(|| {
            let names: Vec<&str> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
            let near = match kwhen::names::nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", names.join(", ")),
            };
            Error::invalid(format!("'{}' is no path of REST; {near}", crate::error::excerpt(name)))
        })
    }

    /// What is to be filled in in the path.
    pub fn places(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(place)
    }

    /// A call of it: `arguments` fill in the path and are what is asked; `body` is what is sent to make something.
    ///
    /// # Errors
    /// An argument is missing, unknown or not of its kind; a body is missing, or there is one where none goes.
    pub fn call(&'static self, arguments: &BTreeMap<String, String>, body: Option<&str>) -> Result<RestCall> {
        let known: Vec<&str> = self.places().chain(self.parameters.iter().map(|one| one.name)).collect();
        if let Some(unknown) = arguments.keys().find(|name| !known.contains(&name.as_str())) {
            let taken = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            return Err(Error::invalid(format!(
                "{} takes no '{}'; it takes {taken}",
                self.name,
                crate::error::excerpt(unknown)
            )));
        }
        let mut segments = Vec::new();
        for part in self.path.split('/').filter(|part| !part.is_empty()) {
            let Some(name) = place(part) else {
                segments.push(part);
                continue;
            };
            match arguments.get(name) {
                Some(value) if !value.trim().is_empty() => segments.push(value),
                _ => return Err(Error::invalid(format!("{} needs {name}", self.name))),
            }
        }
        let mut asked = Place::new(if self.needs_key { Basic } else { Public }, &segments);
        for parameter in self.parameters {
            let Some(value) = arguments.get(parameter.name) else {
                // As few pages as the service allows.
                if parameter.name == "page_size" {
                    let most = if self.path.ends_with("/consumption/") { MOST_READINGS } else { MOST_RATES };
                    asked.query.push((parameter.name, most.to_string()));
                }
                continue;
            };
            if let Some(fault) = parameter.kind.fault(value) {
                let value = crate::error::excerpt(value);
                return Err(Error::invalid(format!("{}: '{value}' {fault}", parameter.name)));
            }
            asked.query.push((parameter.name, value.clone()));
        }
        if arguments.contains_key("period_to") && !arguments.contains_key("period_from") {
            return Err(Error::invalid(
                "period_to needs period_from: without it the service leaves it out of account",
            ));
        }
        let kind = match (self.answers, body) {
            (Answers::List, None) => Kind::List(List::new(asked)),
            (Answers::One, None) => Kind::One(One::new(asked)),
            (Answers::Made, Some(body)) => {
                let body = serde_json::from_str(body)
                    .map_err(|error| Error::invalid(format!("the body is not JSON: {error}")))?;
                Kind::Made(Submit::new(&segments, body))
            }
            (Answers::Made, None) => {
                return Err(Error::invalid(format!("{} needs a body, as JSON", self.name)));
            }
            (_, Some(_)) => return Err(Error::invalid(format!("{} takes no body", self.name))),
        };
        Ok(RestCall(kind))
    }

    /// Whether a call of it changes something.
    #[must_use]
    pub fn makes(&self) -> bool {
        self.answers == Answers::Made
    }
}

/// The name in braces of a part of a path.
fn place(part: &'static str) -> Option<&'static str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// A call of a documented path. What it answers comes as it was written; a list comes whole.
#[derive(Clone, Debug)]
pub struct RestCall(Kind);

#[derive(Clone, Debug)]
enum Kind {
    List(List<Raw>),
    One(One<Raw>),
    Made(Submit<Raw>),
}

impl Operation for RestCall {
    type Output = Raw;

    fn request(&self, session: &Session) -> Result<Request> {
        match &self.0 {
            Kind::List(list) => list.request(session),
            Kind::One(one) => one.request(session),
            Kind::Made(made) => made.request(session),
        }
    }

    fn accept(&mut self, session: &Session, response: &Response) -> Result<Next<Raw>> {
        match &mut self.0 {
            Kind::List(list) => Ok(match list.accept(session, response)? {
                Next::Request => Next::Request,
                Next::Done(rows) => Next::Done(Raw::of(&rows)?),
            }),
            Kind::One(one) => one.accept(session, response),
            Kind::Made(made) => made.accept(session, response),
        }
    }
}
