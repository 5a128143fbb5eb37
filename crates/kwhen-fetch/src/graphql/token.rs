//! Obtaining and renewing the Kraken token.

use super::envelope;
use crate::protocol::{Authorisation, Request, Response};
use crate::wire::{Number, Raw, wire};
use crate::{Credentials, Error, Instance, Result, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

const DOCUMENT: &str = "mutation ObtainKrakenToken($input: ObtainJSONWebTokenInput!) { \
    obtainKrakenToken(input: $input) { token payload refreshToken refreshExpiresIn } }";

/// A token lasts an hour; it is renewed this much earlier, so that none expires on its way.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
const LIFETIME: TimeDelta = TimeDelta::minutes(60);

/// A token and how to renew it. Its `Debug` shows neither.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    token: Option<Secret>,
    good_until: DateTime<Utc>,
    refresh: Option<(Secret, DateTime<Utc>)>,
}

impl Token {
    pub(crate) fn is_good_at(&self, now: DateTime<Utc>) -> bool {
        self.token.is_some() && now < self.good_until
    }

    pub(crate) fn reveal(&self) -> &str {
        self.token.as_ref().map_or("", Secret::reveal)
    }

    /// What must not be seen of it.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        let refresh = self.refresh.as_ref().map(|(secret, _)| secret);
        self.token.iter().chain(refresh).map(|secret| secret.reveal().to_owned())
    }

    pub(crate) fn refresh_at(&self, now: DateTime<Utc>) -> Option<&Secret> {
        self.refresh.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret)
    }

    /// The same without the token itself: what is left when the service refused it.
    pub(crate) fn spent(mut self) -> Self {
        self.token = None;
        self
    }
}

/// A request for a token, from a refresh token where there is one.
#[derive(Clone, Debug)]
pub(crate) struct TokenRequest {
    url: Url,
    input: Secret,
    is_refresh: bool,
}

wire! {
    #[allow(unreachable_pub, reason = "the macro makes public types")]
    Obtained {
        /// The token.
        token: Option<String>,
        /// Its claims; `exp` is when it expires.
        payload: Option<Raw>,
        /// What renews it.
        refresh_token as "refreshToken": Option<String>,
        /// When that expires, in Unix seconds.
        refresh_expires_in as "refreshExpiresIn": Option<Number>,
    }
}

impl TokenRequest {
    pub(crate) fn new(
        instance: &Instance,
        credentials: &Credentials,
        refresh: Option<&Secret>,
    ) -> Result<Self> {
        let input = match (refresh, credentials) {
            (Some(refresh), _) => serde_json::json!({ "refreshToken": refresh.reveal() }),
            (None, Credentials::ApiKey(key)) => serde_json::json!({ "APIKey": key.reveal() }),
            (None, Credentials::EmailAndPassword { email, password }) => {
                serde_json::json!({ "email": email, "password": password.reveal() })
            }
            (None, Credentials::PreSignedKey(key)) => serde_json::json!({ "preSignedKey": key.reveal() }),
            (None, Credentials::OrganisationKey(key)) => {
                serde_json::json!({ "organizationSecretKey": key.reveal() })
            }
        };
        let url = instance.graphql().clone();
        Ok(Self { url, input: Secret::new(input.to_string()), is_refresh: refresh.is_some() })
    }

    pub(crate) const fn is_refresh(&self) -> bool {
        self.is_refresh
    }

    /// Asking twice gives two good tokens, so it may be sent again.
    pub(crate) fn request(&self) -> Request {
        let document = serde_json::Value::from(DOCUMENT);
        let body = format!(r#"{{"query":{document},"variables":{{"input":{}}}}}"#, self.input.reveal());
        Request::post(self.url.clone(), Authorisation::Public, body.into_bytes(), true)
    }

    pub(crate) fn accept(&self, response: &Response, now: DateTime<Utc>) -> Result<Token> {
        let raw = envelope::field(response, "obtainKrakenToken")?;
        let obtained: Obtained = raw.read()?;
        let token =
            obtained.token.ok_or_else(|| Error::unauthorised("no token came for these credentials"))?;
        let claimed = obtained.payload.as_ref().and_then(expiry);
        let refresh = obtained.refresh_token.map(|refresh| {
            let until = obtained.refresh_expires_in.as_ref().and_then(|number| number.as_str().parse().ok());
            (
                Secret::new(refresh),
                until.and_then(|until| DateTime::from_timestamp(until, 0)).unwrap_or(now) - MARGIN,
            )
        });
        // A clock of ours that is wrong must not make every token look expired: then its lifetime counts.
        let claimed = claimed.filter(|until| *until > now + MARGIN && *until <= now + TimeDelta::days(30));
        let good_until = claimed.unwrap_or(now + LIFETIME) - MARGIN;
        Ok(Token { token: Some(Secret::new(token)), good_until, refresh })
    }

    #[expect(clippy::unused_self, reason = "beside accept")]
    pub(crate) fn refused(&self, response: &Response) -> Option<Error> {
        envelope::refused(response)
    }
}

fn expiry(payload: &Raw) -> Option<DateTime<Utc>> {
    // The claims come as an object or as text that holds one.
    let text = payload.read::<String>().unwrap_or_else(|_| payload.get().to_owned());
    let claims: serde_json::Value = serde_json::from_str(&text).ok()?;
    DateTime::from_timestamp(claims.get("exp")?.as_i64()?, 0)
}
