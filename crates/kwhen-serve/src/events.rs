//! What is new, to those who listen (server-sent events).

use crate::problem::Problem;
use axum::response::sse::{Event, Sse};
use futures_core::Stream;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// So many listen at most.
const LISTENERS: usize = 16;
/// So much waits for one that is slow; then it is let go, and asks again.
const WAITING: usize = 64;

/// Those who listen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<Sender<Event>>>>);

impl Events {
    /// One more who listens.
    pub(crate) fn listen(&self) -> Result<Sse<Changes>, Problem> {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| !listener.is_closed());
        if listeners.len() >= LISTENERS {
            return Err(Problem::busy(format!("{LISTENERS} listen to events already")));
        }
        let (sender, receiver) = channel(WAITING);
        // The head of the answer goes out with the first event: at once.
        let _ = sender.try_send(Event::default().comment("listening"));
        listeners.push(sender);
        Ok(Sse::new(Changes(receiver)))
    }

    /// Tells all who listen.
    pub(crate) fn tell(&self, event: &Event) {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.try_send(event.clone()).is_ok());
    }

    /// Something new, by its topic.
    pub(crate) fn change(&self, topic: &str, payload: &str) {
        self.tell(&Event::default().event(topic.replace(['\n', '\r'], " ")).data(payload));
    }

    /// So that what stands between keeps the line open, and who is gone is noticed.
    pub(crate) fn keep_alive(&self) {
        self.tell(&Event::default().comment("still here"));
    }
}

/// What is new, as it comes.
#[derive(Debug)]
pub(crate) struct Changes(Receiver<Event>);

impl Stream for Changes {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}
