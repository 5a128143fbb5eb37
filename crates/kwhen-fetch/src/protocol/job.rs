//! One job as a state machine.

use super::message::{Authorisation, Failure, FailureKind, Method, Request, Response};
use super::retry::{later, retry_after};
use super::session::{Authorised, Session};
use crate::graphql::token::TokenRequest;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What a job carries out: one request after another until there is a result.
pub trait Operation {
    /// The result.
    type Output;

    /// The request to send now. Asked again for every attempt.
    fn request(&self, session: &Session) -> Result<Request>;

    /// Whether an answer of this status is for [`Operation::accept`]; by default any 2xx.
    fn accepts(&self, status: u16) -> bool {
        (200..300).contains(&status)
    }

    /// Takes the answer to the last request.
    fn accept(&mut self, session: &Session, response: &Response) -> Result<Next<Self::Output>>;

    /// What an answer that is not 2xx means, where the operation knows better than its status says.
    fn refused(&self, _response: &Response) -> Option<Error> {
        None
    }
}

/// What follows an answer.
#[derive(Debug)]
pub enum Next<T> {
    /// A further request.
    Request,
    /// The result.
    Done(T),
}

/// What the driver must do now.
#[derive(Debug)]
pub enum Action<T> {
    /// Send this and tell the job the outcome with [`Job::answered`].
    Send(Request),
    /// Ask again after this long.
    Wait(Duration),
    /// It is over.
    Done(Result<T>),
}

/// What a job has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests sent, of every kind.
    pub requests: u32,
    /// Of these, the ones sent again after a failure.
    pub retries: u32,
    /// Of these, the ones that asked for a token.
    pub token_requests: u32,
    /// Waits asked for, added up.
    pub waited: Duration,
    /// Which of the instance's addresses gave the last good answer, by its place in [`Instance::addresses`](crate::Instance::addresses).
    pub answered_by: Option<usize>,
}

/// One operation being carried out.
#[derive(Debug)]
pub struct Job<O: Operation> {
    operation: O,
    session: Arc<Session>,
    deadline: DateTime<Utc>,
    sent: Option<Sent>,
    wait_until: Option<DateTime<Utc>>,
    redirect: Option<Url>,
    token_redirect: Option<Url>,
    redirects: u32,
    /// What the addresses said that were passed over for the request that is being sent.
    passed_over: Vec<String>,
    failed: u32,
    token_renewed: bool,
    refresh_failed: bool,
    last_error: Option<Error>,
    result: Option<Result<O::Output>>,
    statistics: Statistics,
}

#[derive(Debug)]
struct Sent {
    request: Request,
    for_token: Option<TokenRequest>,
}

impl<O: Operation> Job<O> {
    /// A job that begins now.
    #[must_use]
    pub fn new(operation: O, session: Arc<Session>, now: DateTime<Utc>) -> Self {
        let deadline = session.deadline(now);
        Self {
            operation,
            session,
            deadline,
            sent: None,
            wait_until: None,
            redirect: None,
            token_redirect: None,
            redirects: 0,
            passed_over: Vec::new(),
            failed: 0,
            token_renewed: false,
            refresh_failed: false,
            last_error: None,
            result: None,
            statistics: Statistics::default(),
        }
    }

    /// The operation, to see how far it is.
    #[must_use]
    pub fn operation(&self) -> &O {
        &self.operation
    }

    /// What was done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// What to do now.
    pub fn next(&mut self, now: DateTime<Utc>) -> Action<O::Output> {
        if let Some(result) = self.result.take() {
            return Action::Done(result);
        }
        match self.step(now) {
            Ok(action) => action,
            Err(error) => Action::Done(Err(error)),
        }
    }

    fn step(&mut self, now: DateTime<Utc>) -> Result<Action<O::Output>> {
        let remaining = (self.deadline - now).to_std().unwrap_or(Duration::ZERO);
        if remaining.is_zero() {
            return Err(self.too_late());
        }
        let due =
            self.wait_until.and_then(|until| (until - now).to_std().ok()).filter(|wait| !wait.is_zero());
        if let Some(wait) = due {
            return self.wait(wait, remaining);
        }
        self.wait_until = None;
        let mut request = self.operation.request(&self.session)?;
        request.url = match &self.redirect {
            Some(url) => url.clone(),
            None => self.session.placed(request.url),
        };
        let described = request.describe();
        let mut for_token = None;
        match self.session.authorise(&request, now).map_err(|error| error.in_request(described))? {
            Authorised::With(authorization) => request.authorization = authorization,
            Authorised::After(token) => {
                request = token.request();
                request.url = match &self.token_redirect {
                    Some(url) => url.clone(),
                    None => self.session.placed(request.url),
                };
                for_token = Some(token);
            }
        }
        if let Err(wait) = self.session.take_turn(now) {
            return self.wait(wait, remaining);
        }
        let limits = &self.session.settings().limits;
        request.timeout = limits.exchange.min(remaining);
        request.body_limit = limits.body;
        self.statistics.requests += 1;
        self.statistics.retries += u32::from(self.failed > 0);
        self.statistics.token_requests += u32::from(for_token.is_some());
        self.sent = Some(Sent { request: request.clone(), for_token });
        Ok(Action::Send(request))
    }

    fn wait(&mut self, wait: Duration, remaining: Duration) -> Result<Action<O::Output>> {
        if wait >= remaining {
            return Err(self.too_late());
        }
        self.statistics.waited += wait;
        Ok(Action::Wait(wait))
    }

    fn too_late(&mut self) -> Error {
        let settings = self.session.settings();
        let error = Error::deadline(match settings.within {
            Some(within) if within < settings.retry.deadline || self.statistics.requests == 0 => {
                format!("not done within {within:?}, the time for all of it")
            }
            _ => format!("not done within {:?}", settings.retry.deadline),
        });
        match self.last_error.take() {
            Some(last) => error.because(&format!("; the last attempt: {last}")),
            None => error,
        }
    }

    /// Tells the outcome of the request that was to be sent.
    pub fn answered(&mut self, now: DateTime<Utc>, outcome: std::result::Result<Response, Failure>) {
        let Some(sent) = self.sent.take() else { return };
        if let Some(error) = absence(&sent.request, &outcome)
            && self.session.pass_over(&sent.request.url)
            && self.passed_over.len() + 1 < self.session.instance().addresses().count()
        {
            // The next address at once: nothing is known of it yet.
            let host = sent.request.url.host_str().unwrap_or_default();
            self.passed_over.push(format!("{host}: {}", self.session.without_secrets(error)));
            (self.redirect, self.token_redirect) = (None, None);
            return;
        }
        let verdict = match outcome {
            Ok(response) if self.is_accepted(&sent, response.status) => self.accept(now, &sent, &response),
            Ok(response) => self.refuse(now, &sent, &response),
            Err(failure) => Self::fail(&sent, &failure),
        };
        match verdict {
            Verdict::Go => {
                self.failed = 0;
                self.last_error = None;
                self.passed_over.clear();
            }
            Verdict::Again => {}
            Verdict::Done(output) => self.result = Some(Ok(output)),
            Verdict::Fatal(error) => {
                let error = self.session.without_secrets(error);
                self.result = Some(Err(self.with_passed_over(error.in_request(sent.request.describe()))));
            }
            Verdict::Retry(error, asked) => {
                let error = self.session.without_secrets(error);
                let error = self.with_passed_over(error.in_request(sent.request.describe()));
                self.retry(now, error, asked);
            }
        }
    }

    /// An error of the last address, with what the ones before it said.
    fn with_passed_over(&mut self, error: Error) -> Error {
        let before = std::mem::take(&mut self.passed_over);
        before.iter().fold(error, |error, before| error.because(&format!("; before that, {before}")))
    }

    fn is_accepted(&self, sent: &Sent, status: u16) -> bool {
        let success = (200..300).contains(&status);
        if sent.for_token.is_some() { success } else { self.operation.accepts(status) }
    }

    fn accept(&mut self, now: DateTime<Utc>, sent: &Sent, response: &Response) -> Verdict<O::Output> {
        if let Some(token) = &sent.for_token {
            return match token.accept(response, now) {
                Ok(token) => {
                    self.session.keep_token(token);
                    self.token_redirect = None;
                    self.redirects = 0;
                    Verdict::Go
                }
                Err(error) => self.token_refused(token, error),
            };
        }
        let accepted = self.operation.accept(&self.session, response);
        if accepted.is_ok() {
            self.statistics.answered_by = self.session.instance().place_of(&sent.request.url);
        }
        match accepted {
            Ok(Next::Request) => {
                self.redirect = None;
                self.redirects = 0;
                Verdict::Go
            }
            Ok(Next::Done(output)) => Verdict::Done(output),
            Err(error) => self.judge(sent, error),
        }
    }

    /// An error that the operation found in an answer.
    fn judge(&mut self, sent: &Sent, error: Error) -> Verdict<O::Output> {
        if error.is_token_expired() && !self.token_renewed {
            self.token_renewed = true;
            self.session.drop_token(false);
            return Verdict::Again;
        }
        if error.is_rate_limited() && sent.request.idempotent {
            return Verdict::Retry(error, None);
        }
        Verdict::Fatal(error)
    }

    /// A refresh token that is refused is dropped once, and the credentials are sent instead.
    fn token_refused(&mut self, token: &TokenRequest, error: Error) -> Verdict<O::Output> {
        if token.is_refresh() && !self.refresh_failed {
            self.refresh_failed = true;
            self.session.drop_token(true);
            return Verdict::Again;
        }
        if error.is_rate_limited() { Verdict::Retry(error, None) } else { Verdict::Fatal(error) }
    }

    fn refuse(&mut self, now: DateTime<Utc>, sent: &Sent, response: &Response) -> Verdict<O::Output> {
        let status = response.status;
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            return self.redirected(sent, response).map_or_else(Verdict::Fatal, |()| Verdict::Again);
        }
        let known = match &sent.for_token {
            Some(token) => token.refused(response),
            None => self.operation.refused(response),
        };
        let said = known.unwrap_or_else(|| by_status(response)).with_status(status);
        let by_token =
            matches!(sent.request.authorisation, Authorisation::Token | Authorisation::ImportToken);
        if status == 401 && by_token && !self.token_renewed {
            self.token_renewed = true;
            self.session.drop_token(false);
            return Verdict::Again;
        }
        if let Some(token) = &sent.for_token
            && matches!(status, 400 | 401)
        {
            return self.token_refused(token, said);
        }
        if said.is_token_expired() {
            return self.judge(sent, said);
        }
        let passing = matches!(status, 408 | 429 | 500 | 502 | 503 | 504);
        let again = sent.request.idempotent || status == 429 && sent.request.repeat_when_refused;
        if !passing || !again {
            return Verdict::Fatal(said);
        }
        let asked = response.header("retry-after").and_then(|value| retry_after(value, now));
        let longest = self.session.settings().retry.longest_retry_after;
        match asked {
            Some(asked) if asked > longest => {
                let seconds = asked.as_secs();
                Verdict::Fatal(said.because(&format!("; it asks to wait for {seconds} s, which is too long")))
            }
            asked => Verdict::Retry(said, asked),
        }
    }

    fn redirected(&mut self, sent: &Sent, response: &Response) -> Result<()> {
        let status = response.status;
        let location = response
            .header("location")
            .ok_or_else(|| Error::malformed("a redirect that does not say where to").with_status(status));
        let from = &sent.request.url;
        let instance = self.session.instance();
        if sent.request.method != Method::Get {
            // Another address of the same service takes the request as it is; what changes something only where the answer says that
            // nothing was done yet.
            let kept = matches!(status, 307 | 308) || sent.request.idempotent && status != 303;
            let elsewhere =
                location.as_deref().ok().and_then(|location| instance.follow(from, location).ok());
            if !kept || elsewhere.is_none_or(|to| instance.place_of(&to) == instance.place_of(from)) {
                return Err(Error::unexpected_status(
                    "a request that is no plain reading was redirected; it was not sent on",
                )
                .with_status(status));
            }
        }
        self.redirects += 1;
        let limit = self.session.settings().limits.redirects;
        if self.redirects > limit {
            return Err(Error::page_loop(format!("more than {limit} redirects")).with_status(status));
        }
        let to = instance.follow(from, location?)?;
        if matches!(status, 301 | 308) && instance.place_of(&to) != instance.place_of(from) {
            // Moved for good: further requests go there at once.
            self.session.pass_over(from);
        }
        match sent.for_token {
            Some(_) => self.token_redirect = Some(to),
            None => self.redirect = Some(to),
        }
        Ok(())
    }

    fn fail(sent: &Sent, failure: &Failure) -> Verdict<O::Output> {
        let detail = crate::error::excerpt(&failure.detail);
        let error = match failure.kind {
            FailureKind::Connect => {
                let host = sent.request.url.host_str().unwrap_or("the service");
                Error::offline(format!("cannot reach {host}: {detail}"))
            }
            FailureKind::Broken => Error::interrupted(format!("the answer broke off: {detail}")),
            FailureKind::TimedOut => {
                Error::timed_out(format!("no whole answer within {:?}", sent.request.timeout))
            }
            FailureKind::TooLarge => {
                Error::too_large(format!("the answer is larger than {} bytes", sent.request.body_limit))
            }
            FailureKind::Unsendable => Error::invalid(format!("cannot be sent: {detail}")),
            FailureKind::Cancelled => Error::cancelled("cancelled"),
        };
        // Without a connection nothing was sent, so even what must not be sent twice may be tried again.
        let again = match failure.kind {
            FailureKind::Connect => true,
            FailureKind::Broken | FailureKind::TimedOut => sent.request.idempotent,
            FailureKind::TooLarge | FailureKind::Unsendable | FailureKind::Cancelled => false,
        };
        if again { Verdict::Retry(error, None) } else { Verdict::Fatal(error) }
    }

    fn retry(&mut self, now: DateTime<Utc>, error: Error, asked: Option<Duration>) {
        self.failed += 1;
        let attempts = self.session.settings().retry.attempts;
        if self.failed >= attempts {
            self.result = Some(Err(error.because(&format!("; gave up after {attempts} attempts"))));
            return;
        }
        let backoff = self.session.backoff(self.failed);
        self.wait_until = Some(later(now, asked.map_or(backoff, |asked| asked.max(backoff))));
        self.last_error = Some(error);
    }
}

enum Verdict<T> {
    /// On to the next request.
    Go,
    /// The same request at once, changed by what was learned.
    Again,
    /// The same request after a wait, at least the one asked for.
    Retry(Error, Option<Duration>),
    Done(T),
    Fatal(Error),
}

/// Why the address that a request went to may be gone, if it may: it cannot be reached, it says so, or something other than the service
/// answers there. What must not be sent twice goes to another address only where nothing was done at this one.
fn absence(request: &Request, outcome: &std::result::Result<Response, Failure>) -> Option<Error> {
    let absent = match outcome {
        Err(failure) => match failure.kind {
            FailureKind::Connect => true,
            FailureKind::Broken | FailureKind::TimedOut => request.idempotent,
            FailureKind::TooLarge | FailureKind::Unsendable | FailureKind::Cancelled => false,
        },
        Ok(response) => match response.status {
            300..=399 | 429 => false,
            410 | 421 => true,
            502..=504 => request.idempotent && response.header("retry-after").is_none(),
            _ => request.idempotent && response.is_html(),
        },
    };
    absent.then(|| match outcome {
        Err(failure) => Error::offline(crate::error::excerpt(&failure.detail)),
        Ok(response) if (200..300).contains(&response.status) => {
            Error::malformed(format!("a web page came instead of JSON: {}", response.excerpt()))
        }
        Ok(response) => by_status(response).with_status(response.status),
    })
}

/// What a status means by itself.
fn by_status(response: &Response) -> Error {
    let said = if response.body.is_empty() { String::new() } else { format!(": {}", response.excerpt()) };
    match response.status {
        304 => Error::unexpected_status("nothing new, though nobody asked for news alone"),
        400 => Error::rejected(format!("the request was refused{said}")),
        401 => Error::unauthorised(format!("the key was refused{said}")),
        403 if response.is_html() => Error::blocked(
            "a web page came instead of an answer: the service's doorkeeper blocks this address or client; the key was not looked at",
        ),
        403 => Error::forbidden(format!("the key does not allow this{said}")),
        404 => Error::not_found("there is no such thing"),
        410 => Error::not_found("it is gone for good"),
        408 => Error::timed_out("the service waited for the request for too long"),
        429 => Error::rate_limited("too many requests"),
        500..=599 => Error::server(format!("the service failed{said}")),
        _ => Error::unexpected_status(format!("an answer that the documents do not name{said}")),
    }
}
