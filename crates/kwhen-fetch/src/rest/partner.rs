//! The endpoints that create something, for partner organisations. None of them is sent twice.

use super::list::Place;
use crate::protocol::Authorisation::Basic;
use crate::protocol::{Next, Operation, Request, Response, Session};
use crate::wire::{AccountCreated, AccountRequest, Quote, QuoteRequest, Raw, Renewal};
use crate::{Error, Result};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// Sends something once.
#[derive(Clone, Debug)]
pub struct Submit<T> {
    place: Place,
    body: Raw,
    kind: PhantomData<fn() -> T>,
}

impl<T> Submit<T> {
    pub(super) fn new(segments: &[&str], body: Raw) -> Self {
        Self { place: Place::new(Basic, segments), body, kind: PhantomData }
    }
}

impl<T: DeserializeOwned> Operation for Submit<T> {
    type Output = T;

    fn request(&self, session: &Session) -> Result<Request> {
        let segments: Vec<&str> = self.place.segments.iter().map(String::as_str).collect();
        let url = session.instance().rest_url(&segments, &[])?;
        Ok(Request::post(url, self.place.authorisation, self.body.get().as_bytes().to_vec(), false))
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<T>> {
        if response.body.is_empty() {
            let nothing = serde_json::from_str("null");
            return nothing.map(Next::Done).map_err(|_| Error::malformed("an empty answer"));
        }
        response.json().map(Next::Done)
    }
}

/// Creates a quote.
pub fn create_quote(request: &QuoteRequest) -> Result<Submit<Quote>> {
    let points = request.electricity_meter_points.iter().chain(&request.gas_meter_points).flatten();
    if points.clone().count() == 0 {
        return Err(Error::invalid("a quote needs an electricity or a gas meter point"));
    }
    if let Some(point) = points.clone().find(|point| point.gsp.is_none() && point.postcode.is_none()) {
        return Err(Error::invalid(format!("a meter point of a quote needs gsp or postcode: {point:?}")));
    }
    if request.product_codes.is_empty() {
        return Err(Error::invalid("a quote needs product codes"));
    }
    Ok(Submit::new(&["v1", "quotes"], Raw::of(request)?))
}

/// Shares a quoted product by e-mail.
pub fn share_quote(quote_code: &str, product_id: i64, emails: &[&str]) -> Result<Submit<()>> {
    if emails.is_empty() {
        return Err(Error::invalid("sharing a quote needs an e-mail address"));
    }
    let body = Raw::of(&serde_json::json!({ "emails": emails }))?;
    Ok(Submit::new(&["v1", "quotes", quote_code, "products", &product_id.to_string()], body))
}

/// Creates an account. The service answers 202 with a `detail` where a person has to look at it.
pub fn create_account(request: &AccountRequest) -> Result<Submit<AccountCreated>> {
    if request.electricity_meter_points.is_empty() && request.gas_meter_points.is_empty() {
        return Err(Error::invalid("an account needs an electricity or a gas meter point"));
    }
    if request.quote_code.is_some() && request.quote_request_code.is_some() {
        return Err(Error::invalid("only one of quote_code and quote_request_code can be given"));
    }
    if request.reference.chars().count() > 64 {
        return Err(Error::invalid("a reference has at most 64 characters"));
    }
    Ok(Submit::new(&["v1", "accounts"], Raw::of(request)?))
}

/// Renews a business's tariffs.
pub fn renew_tariff(account_number: &str, renewal: &Renewal) -> Result<Submit<Renewal>> {
    Ok(Submit::new(&["v1", "accounts", account_number, "tariff-renewal"], Raw::of(renewal)?))
}
