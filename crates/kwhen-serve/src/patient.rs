//! A connection that waits for its reader so long and no longer.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose writing fails once nothing of it has been taken for a time: who asks and does not read holds no line for ever.
#[derive(Debug)]
pub(crate) struct Patient<S> {
    stream: S,
    most: Duration,
    /// Until when is waited, where nothing is taken.
    until: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(crate) const fn new(stream: S, most: Duration) -> Self {
        Self { stream, most, until: None }
    }

    /// What came of writing: an error in place of a wait that is over.
    fn waited<T>(&mut self, cx: &mut Context<'_>, done: Poll<Result<T>>) -> Poll<Result<T>> {
        if done.is_ready() {
            self.until = None;
            return done;
        }
        let most = self.most;
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(most)));
        match until.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(Error::from(ErrorKind::TimedOut))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.waited(cx, done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(cx);
        self.waited(cx, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let done = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.waited(cx, done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::runtime::Builder;

    /// Through a pipe that holds 8 bytes.
    fn written(most: Duration, is_read: bool) -> Result<()> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(async {
            let (ours, mut theirs) = tokio::io::duplex(8);
            let mut ours = Patient::new(ours, most);
            let reader = tokio::spawn(async move {
                let mut bytes = [0; 4];
                while is_read && theirs.read_exact(&mut bytes).await.is_ok() {}
                theirs
            });
            let done = ours.write_all(&[0; 64]).await;
            drop(ours);
            let _ = reader.await;
            done
        })
    }

    #[test]
    fn who_does_not_read_is_let_go_and_who_reads_is_not() {
        assert_eq!(written(Duration::ZERO, false).unwrap_err().kind(), ErrorKind::TimedOut);
        written(Duration::from_secs(3600), true).unwrap();
    }
}
