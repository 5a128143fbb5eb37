//! A driver that waits on the calling thread. Not for use inside an async runtime: take `asynchronous` there.

use super::gate::Gate;
use super::{Cancel, Clock, SystemClock, Transport, http, run_through};
use crate::protocol::{Failure, Operation, Request, Response, Session, Settings, Statistics};
use crate::{Error, Instance, Result};
use std::io::Read;
use std::sync::Arc;

/// `reqwest` on the calling thread.
#[derive(Clone, Debug)]
pub struct HttpTransport(reqwest::blocking::Client);

impl HttpTransport {
    /// A transport with a connection pool of its own.
    pub fn new() -> Result<Self> {
        let client = reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(http::tls()?)
            .connect_timeout(http::CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(http::AGENT)
            .retry(reqwest::retry::never())
            .build();
        client.map(Self).map_err(|error| Error::invalid(format!("HTTP cannot be set up: {error}")))
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request) -> std::result::Result<Response, Failure> {
        let mut builder = self
            .0
            .request(http::method(request.method), request.url.clone())
            .headers(http::request_headers(request)?)
            .timeout(request.timeout);
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().map_err(http::failure)?;
        let (status, headers) = (response.status().as_u16(), http::headers(response.headers()));
        let mut body = Vec::new();
        let mut limited = response.take(request.body_limit.saturating_add(1));
        limited.read_to_end(&mut body).map_err(|error| {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>()) {
                Some(inner) if inner.is_timeout() => {
                    Failure::new(crate::protocol::FailureKind::TimedOut, inner.to_string())
                }
                _ if error.kind() == std::io::ErrorKind::TimedOut => {
                    Failure::new(crate::protocol::FailureKind::TimedOut, error.to_string())
                }
                _ => Failure::new(crate::protocol::FailureKind::Broken, error.to_string()),
            }
        })?;
        if body.len() as u64 > request.body_limit {
            return Err(http::too_large());
        }
        Ok(Response { status, headers, body })
    }
}

/// A client: a session, a transport and a clock. Cloning it shares all three; several threads may run jobs at once, under one
/// rate and one limit of requests in flight.
#[derive(Clone, Debug)]
pub struct Client<T = HttpTransport, C = SystemClock> {
    session: Arc<Session>,
    transport: T,
    clock: C,
    cancel: Cancel,
    gate: Arc<Gate>,
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

impl<T: Transport, C: Clock> Client<T, C> {
    /// A client over a transport and a clock of the caller's.
    pub fn with(settings: Settings, transport: T, clock: C) -> Self {
        let gate = Arc::new(Gate::new(http::in_flight(&settings)));
        Self { session: Arc::new(Session::new(settings)), transport, clock, cancel: Cancel::new(), gate }
    }

    /// Where the service is.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        self.session.instance()
    }

    /// The flag that ends its jobs.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The clock.
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// Carries an operation out.
    pub fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        self.run_with(operation, |_, _| {}).0
    }

    /// Carries an operation out, and shows how far it is after every answer.
    pub fn run_with<O: Operation>(
        &self,
        operation: O,
        progress: impl FnMut(&O, Statistics),
    ) -> (Result<O::Output>, Statistics) {
        let gate = Some(&*self.gate);
        run_through(gate, operation, &self.session, &self.transport, &self.clock, &self.cancel, progress)
    }
}
