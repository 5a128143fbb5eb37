//! A driver of futures, on a Tokio runtime. Dropping a future cancels its job: nothing goes on behind it.

use super::{SystemClock, http};
use crate::protocol::{Action, Failure, Job, Operation, Request, Response, Session, Settings, Statistics};
use crate::{Error, Instance, Result};
use chrono::{DateTime, Utc};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Sends a request and gives the answer in a future. It follows no redirects and retries nothing: the job does.
pub trait AsyncTransport {
    /// Sends it within its `timeout` and reads at most its `body_limit`.
    fn send(&self, request: &Request) -> impl Future<Output = std::result::Result<Response, Failure>> + Send;
}

/// The time, and waiting for it to pass in a future.
pub trait AsyncClock {
    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// Waits.
    fn wait(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

impl AsyncClock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        super::Clock::now(self)
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// `reqwest` in futures.
#[derive(Clone, Debug)]
pub struct HttpTransport(reqwest::Client);

impl HttpTransport {
    /// A transport with a connection pool of its own.
    pub fn new() -> Result<Self> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(http::tls()?)
            .connect_timeout(http::CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(http::AGENT)
            .retry(reqwest::retry::never())
            .build();
        client.map(Self).map_err(|error| Error::invalid(format!("HTTP cannot be set up: {error}")))
    }
}

impl AsyncTransport for HttpTransport {
    async fn send(&self, request: &Request) -> std::result::Result<Response, Failure> {
        let mut builder = self
            .0
            .request(http::method(request.method), request.url.clone())
            .headers(http::request_headers(request)?)
            .timeout(request.timeout);
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let mut response = builder.send().await.map_err(http::failure)?;
        let (status, headers) = (response.status().as_u16(), http::headers(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http::failure)? {
            if (body.len() + chunk.len()) as u64 > request.body_limit {
                return Err(http::too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

/// A client: a session, a transport and a clock. Cloning it shares all three; several tasks may run jobs at once, under one rate and
/// one limit of requests in flight. A future of it that is dropped, at whatever await, takes nothing with it: its place in flight is
/// free again, what it had written is whole, and the client is as usable as before.
#[derive(Clone, Debug)]
pub struct Client<T = HttpTransport, C = SystemClock> {
    session: Arc<Session>,
    transport: T,
    clock: C,
    in_flight: Arc<Semaphore>,
}

impl Client {
    /// A client over HTTP. The jitter's seed is taken from the machine.
    pub fn new(mut settings: Settings) -> Result<Self> {
        if settings.seed == 0 {
            settings.seed = http::seed();
        }
        Ok(Self::with(settings, HttpTransport::new()?, SystemClock))
    }
}

impl<T: AsyncTransport + Sync, C: AsyncClock + Sync> Client<T, C> {
    /// A client over a transport and a clock of the caller's.
    pub fn with(settings: Settings, transport: T, clock: C) -> Self {
        let in_flight = Arc::new(Semaphore::new(http::in_flight(&settings)));
        Self { session: Arc::new(Session::new(settings)), transport, clock, in_flight }
    }

    /// Where the service is.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        self.session.instance()
    }

    /// Carries an operation out.
    pub async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        self.run_with(operation, |_, _| {}).await.0
    }

    /// Carries an operation out, and shows how far it is after every answer.
    pub async fn run_with<O: Operation>(
        &self,
        operation: O,
        mut progress: impl FnMut(&O, Statistics),
    ) -> (Result<O::Output>, Statistics) {
        let mut job = Job::new(operation, Arc::clone(&self.session), self.clock.now());
        loop {
            // The place is taken before the job is asked, so that what it says of the time still holds when the request goes out; it
            // is given back before any wait. Nobody closes the semaphore, so there is always a place in the end.
            let place = self.in_flight.acquire().await.ok();
            match job.next(self.clock.now()) {
                Action::Done(result) => return (result, job.statistics()),
                Action::Wait(wait) => {
                    drop(place);
                    self.clock.wait(wait).await;
                }
                Action::Send(request) => {
                    let outcome = self.transport.send(&request).await;
                    drop(place);
                    job.answered(self.clock.now(), outcome);
                    progress(job.operation(), job.statistics());
                }
            }
        }
    }

    /// Carries operations out, as many at the same time as may be in flight, each with its own deadline from when it begins. The
    /// results are in the operations' order; one that fails takes no other with it.
    pub async fn run_all<O: Operation>(
        &self,
        operations: impl IntoIterator<Item = O>,
    ) -> Vec<Result<O::Output>> {
        let at_once = http::in_flight(self.session.settings());
        let mut waiting = operations.into_iter().enumerate();
        let mut running = Vec::with_capacity(at_once.min(64));
        let mut results = Vec::new();
        poll_fn(|context| {
            loop {
                while running.len() < at_once
                    && let Some((index, operation)) = waiting.next()
                {
                    running.push((index, Box::pin(self.run(operation))));
                }
                let before = running.len();
                running.retain_mut(|(index, job)| match job.as_mut().poll(context) {
                    Poll::Ready(result) => {
                        results.push((*index, result));
                        false
                    }
                    Poll::Pending => true,
                });
                if before == 0 {
                    return Poll::Ready(());
                }
                if running.len() == before {
                    return Poll::Pending;
                }
            }
        })
        .await;
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}
