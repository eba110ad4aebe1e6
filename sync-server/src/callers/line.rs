//! A connection that is listened to: whoever says nothing at its beginning is hung up on, and so is whoever does not take
//! the answer that was asked for. What is in memory for them is theirs for seconds, not for ever.

use super::{Caller, Courtesy};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// The shortest head of a request is longer; so is what tells HTTP/1 and HTTP/2 apart, which is read without any limit.
const FIRST_BYTES: u64 = 24;

/// The connection.
pub struct Line<S> {
    stream: S,
    courtesy: Courtesy,
    /// Its place, for as long as the line stands.
    _caller: Arc<Caller>,
    read: u64,
    written: u64,
    /// How long the other side has kept us waiting with what we have to say, all in all.
    kept_waiting: Duration,
    waiting_since: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Line<S> {
    /// From now on.
    pub fn new(stream: S, courtesy: Courtesy, caller: Arc<Caller>) -> Self {
        Self {
            stream,
            courtesy,
            _caller: caller,
            read: 0,
            written: 0,
            kept_waiting: Duration::ZERO,
            waiting_since: None,
            alarm: Box::pin(sleep_until(Instant::now() + courtesy.head)),
        }
    }

    fn rings(&mut self, context: &mut Context<'_>) -> bool {
        self.alarm.as_mut().poll(context).is_ready()
    }

    /// What was written, or whether it has been waited for long enough: a moment at the beginning, and then as long as
    /// the slowest caller that we put up with needs for so many bytes.
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        poll: Poll<io::Result<T>>,
        count: impl Fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(done) = poll {
            if let Some(since) = self.waiting_since.take() {
                self.kept_waiting += since.elapsed();
            }
            if let Ok(done) = &done {
                self.written += count(done) as u64;
            }
            return Poll::Ready(done);
        }
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            let slowest = Duration::from_secs(self.written / self.courtesy.rate);
            let left = (self.courtesy.idle + slowest).saturating_sub(self.kept_waiting);
            // However much it took before, an answer of which nothing moves is given up after the same time.
            self.alarm
                .as_mut()
                .reset(now + left.min(self.courtesy.idle));
        }
        match self.rings(context) {
            true => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            false => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(context, buffer);
        if poll.is_pending()
            && self.read < FIRST_BYTES
            && self.waiting_since.is_none()
            && self.rings(context)
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        ready!(poll)?;
        self.read += (buffer.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, poll, |written| *written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(context, poll, |written| *written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(context);
        self.flushed(context, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_shutdown(context);
        self.flushed(context, poll)
    }
}

impl<S> Line<S> {
    /// Plain TCP is always flushed, also while a write waits: that is no progress.
    fn flushed(
        &mut self,
        context: &mut Context<'_>,
        poll: Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        match poll {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => self.written(context, Poll::Pending, |()| 0),
        }
    }
}
