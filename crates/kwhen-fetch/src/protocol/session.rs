//! What several jobs share: where the service is, who asks, the token, the rate.

use super::bucket::TokenBucket;
use super::message::{Authorisation, Request};
use super::retry::{Jitter, Limits, RetryPolicy, later};
use crate::graphql::token::{Token, TokenRequest};
use crate::secret::hidden;
use crate::{Credentials, Error, Instance, Result, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;

/// How to talk to the service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub instance: Instance,
    /// Who asks; nobody, for public endpoints alone.
    pub credentials: Option<Credentials>,
    /// How often and how long to try.
    pub retry: RetryPolicy,
    /// What is too much.
    pub limits: Limits,
    /// The rate of all jobs together.
    pub rate: TokenBucket,
    /// The seed of the waits' jitter.
    pub seed: u64,
    /// How long all jobs together may take, from the first on; each has the limit of its own beside (`retry`). `None`: as long as they take.
    pub within: Option<Duration>,
}

impl Settings {
    /// For this instance, without credentials, with the defaults: at most 10 requests at once, then 5 a second, and never more than
    /// 4 on their way at the same time.
    #[must_use]
    pub fn new(instance: Instance) -> Self {
        let rate = TokenBucket::new(10, Duration::from_millis(200));
        let (retry, limits) = (RetryPolicy::default(), Limits::default());
        Self { instance, credentials: None, retry, limits, rate, seed: 0, within: None }
    }

    /// With credentials.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }
}

/// The shared part of all jobs of one client. Its `Debug` shows no secrets.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    rate: Mutex<TokenBucket>,
    jitter: Mutex<Jitter>,
    token: Mutex<Option<Token>>,
    /// Which of the instance's addresses were passed over, by their place.
    passed_over: Mutex<BTreeSet<usize>>,
    /// When all jobs must be done, once the first has begun.
    end: Mutex<Option<DateTime<Utc>>>,
}

impl Session {
    /// A session that has sent nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let (rate, jitter) = (settings.rate.clone(), Jitter::from_seed(settings.seed));
        let (rate, jitter, token) = (Mutex::new(rate), Mutex::new(jitter), Mutex::new(None));
        Self {
            settings,
            rate,
            jitter,
            token,
            passed_over: Mutex::new(BTreeSet::new()),
            end: Mutex::new(None),
        }
    }

    /// How it talks.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the service is.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.settings.instance
    }

    /// When a job that begins now must be done: within its own time, and within that of all jobs together.
    pub(super) fn deadline(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let own = later(now, self.settings.retry.deadline);
        let Some(within) = self.settings.within else { return own };
        own.min(*lock(&self.end).get_or_insert_with(|| later(now, within)))
    }

    /// Where a request goes: to the address that it names, or to the first that was not passed over.
    pub(super) fn placed(&self, url: Url) -> Url {
        let passed_over = lock(&self.passed_over);
        let instance = self.instance();
        if instance.place_of(&url).is_none_or(|place| !passed_over.contains(&place)) {
            return url;
        }
        let mut places = 0..instance.addresses().count();
        let place = places.find(|place| !passed_over.contains(place));
        place.and_then(|place| instance.moved(&url, place)).unwrap_or(url)
    }

    /// Passes over the address that a request went to, for all jobs, and says whether another is left. When all were passed over,
    /// none is any more: the first is tried again.
    pub(super) fn pass_over(&self, url: &Url) -> bool {
        let mut passed_over = lock(&self.passed_over);
        passed_over.extend(self.instance().place_of(url));
        let left = passed_over.len() < self.instance().addresses().count();
        if !left {
            passed_over.clear();
        }
        left
    }

    pub(super) fn take_turn(&self, now: DateTime<Utc>) -> std::result::Result<(), Duration> {
        lock(&self.rate).take(now)
    }

    pub(super) fn backoff(&self, failed: u32) -> Duration {
        self.settings.retry.backoff(failed, &mut lock(&self.jitter))
    }

    /// The header's value for a request, or what must be sent first to get one.
    pub(super) fn authorise(&self, request: &Request, now: DateTime<Utc>) -> Result<Authorised> {
        let scheme = match request.authorisation {
            Authorisation::Public => return Ok(Authorised::With(None)),
            Authorisation::Basic => return self.basic().map(|secret| Authorised::With(Some(secret))),
            Authorisation::Token => "JWT",
            Authorisation::ImportToken => "Token",
        };
        let token = lock(&self.token);
        match token.as_ref().filter(|token| token.is_good_at(now)) {
            Some(token) => Ok(Authorised::With(Some(Secret::new(format!("{scheme} {}", token.reveal()))))),
            None => {
                let credentials = self.settings.credentials.as_ref().ok_or_else(no_credentials)?;
                let refresh = token.as_ref().and_then(|token| token.refresh_at(now));
                Ok(Authorised::After(TokenRequest::new(self.instance(), credentials, refresh)?))
            }
        }
    }

    fn basic(&self) -> Result<Secret> {
        match &self.settings.credentials {
            Some(Credentials::ApiKey(key)) => {
                Ok(Secret::new(format!("Basic {}", STANDARD.encode(format!("{}:", key.reveal())))))
            }
            Some(_) => Err(Error::unauthorised("REST endpoints with private data need an API key")),
            None => Err(no_credentials()),
        }
    }

    /// An error without the credentials and tokens that are sent: an answer may repeat the request that it is to.
    pub(super) fn without_secrets(&self, error: Error) -> Error {
        let mut secrets: Vec<String> = match &self.settings.credentials {
            None => Vec::new(),
            Some(Credentials::EmailAndPassword { password, .. }) => vec![password.reveal().to_owned()],
            Some(
                Credentials::ApiKey(key) | Credentials::PreSignedKey(key) | Credentials::OrganisationKey(key),
            ) => vec![key.reveal().to_owned(), STANDARD.encode(format!("{}:", key.reveal()))],
        };
        secrets.extend(lock(&self.token).as_ref().into_iter().flat_map(Token::secrets));
        // As a document of JSON repeats it.
        let quoted = |secret: &String| serde_json::to_string(secret).ok();
        let quoted: Vec<String> = secrets.iter().filter_map(quoted).collect();
        secrets.extend(quoted.iter().map(|quoted| quoted.trim_matches('"').to_owned()));
        error.in_words(|text| secrets.iter().fold(text.to_owned(), |text, secret| hidden(&text, secret)))
    }

    pub(super) fn keep_token(&self, token: Token) {
        *lock(&self.token) = Some(token);
    }

    /// The service said that the token no longer holds: it is not used again, and a refresh token that failed neither.
    pub(super) fn drop_token(&self, with_refresh: bool) {
        let mut token = lock(&self.token);
        *token = token.take().filter(|_| !with_refresh).map(Token::spent);
    }
}

pub(super) enum Authorised {
    With(Option<Secret>),
    After(TokenRequest),
}

fn no_credentials() -> Error {
    Error::unauthorised("this needs an API key, and none was given")
}

/// What the locks hold is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
