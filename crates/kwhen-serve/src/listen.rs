//! The thread that listens.

use crate::guard::Guard;
use crate::patient::Patient;
use crate::routes::{House, Shared, router, whole};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};

/// Lines that are open at a time.
const LINES: usize = 64;
/// How long the head of a request may take to come.
const HEAD: Duration = Duration::from_secs(10);
/// How long somebody may take nothing of what is sent.
const READER: Duration = Duration::from_secs(20);
/// How often those who listen to events are told that somebody is there.
const ALIVE: Duration = Duration::from_secs(15);
/// How long is waited where the system gives no line.
const NO_LINE: Duration = Duration::from_millis(100);
/// Threads that answer questions and make pages.
const HANDS: usize = 4;
/// What the head of a request may hold.
const LONGEST_HEAD: usize = 16 << 10;

/// A thread that answers on an address, until it is let go.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    _end: oneshot::Sender<()>,
}

impl Listening {
    /// Answers on an address from now on.
    ///
    /// # Errors
    /// The address is another's, or none of this machine.
    pub fn begin(address: SocketAddr, house: House, guard: Guard) -> Result<Self, String> {
        let failed = |error: std::io::Error| {
            let what = match error.kind() {
                std::io::ErrorKind::AddrInUse => "somebody else listens there: name another port".to_owned(),
                std::io::ErrorKind::AddrNotAvailable => "it is no address of this machine".to_owned(),
                std::io::ErrorKind::PermissionDenied => "a port from 1024 on is needed".to_owned(),
                _ => error.to_string(),
            };
            format!("--listen {address}: {what}")
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime =
            Builder::new_current_thread().enable_all().max_blocking_threads(HANDS).build().map_err(failed)?;
        let (end, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || {
                runtime.block_on(answer(listener, Shared::new(house, guard, true), ended));
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Self { address, _end: end })
    }

    /// Where it answers.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn answer(listener: TcpListener, shared: Shared, ended: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let events = shared.events().clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(ALIVE).await;
            events.keep_alive();
        }
    });
    let router = router(shared);
    let lines = Arc::new(Semaphore::new(LINES));
    tokio::spawn(async move {
        loop {
            let Ok(permit) = Arc::clone(&lines).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(NO_LINE).await;
                continue;
            };
            let router = router.clone();
            tokio::spawn(async move {
                let _permit = permit;
                let _ = stream.set_nodelay(true);
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LONGEST_HEAD);
                // Who goes away in between has gone away.
                let _ = http
                    .serve_connection(
                        TokioIo::new(Patient::new(stream, READER)),
                        TowerToHyperService::new(router),
                    )
                    .await;
            });
        }
    });
    let _ = ended.await;
}

/// What would be answered to a path, without a network.
///
/// # Errors
/// There is no answer; the message says why.
pub fn get(path: &str, house: House) -> Result<String, String> {
    let guard = Guard::new(SocketAddr::from(([127, 0, 0, 1], 0)), None, Vec::new())?;
    let runtime = Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    let router: Router = router(Shared::new(house, guard, false));
    let request = Request::builder().uri(path).body(Body::empty());
    let request = request.ok().filter(|_| path.starts_with('/'));
    let request = request.ok_or_else(|| format!("{path:?}: not a path such as /v1/plan"))?;
    if request.uri().path() == "/events" {
        return Err("/events has no end: listen to it with kwhen serve".to_owned());
    }
    runtime.block_on(async {
        let Ok(response) = TowerToHyperService::new(router).call(request).await;
        whole(response).await
    })
}
