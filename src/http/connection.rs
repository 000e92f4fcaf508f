//! A connection: its limit of memory for a head that is not complete, and its limits in time.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Duration, Instant, Sleep, sleep_until},
};

use super::partial_head::{PartialHead, READ_BYTES};

/// The longest time for a head that has begun.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time in which the other end reads nothing of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_mins(1);

/// The stream of a connection.
pub(super) struct LimitedConnection<S> {
    stream: S,
    head: PartialHead,
    reading: Deadline,
    writing: Deadline,
    /// Since when nothing could be written.
    stalled: Option<Instant>,
}

/// A head that has begun did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("the head did not arrive in time")]
pub(super) struct LateHead;

#[derive(Default)]
struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Pending until then.
    fn poll(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() != until {
            sleep.as_mut().reset(until);
        }
        sleep.as_mut().poll(context)
    }
}

impl<S> LimitedConnection<S> {
    pub(super) fn new(stream: S, head: PartialHead) -> Self {
        Self { stream, head, reading: Deadline::default(), writing: Deadline::default(), stalled: None }
    }

    /// Writes, or waits until nothing could be written for too long.
    fn limited<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>>
    where
        S: Unpin,
    {
        let written = write(Pin::new(&mut self.stream), context);
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let since = *self.stalled.get_or_insert_with(Instant::now);
        self.writing.poll(since + WRITE_TIMEOUT, context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> LimitedConnection<S> {
    /// Reads at most [`READ_BYTES`]. A buffer of that size is not written to while nothing arrives, so that an idle connection
    /// takes no memory for it.
    fn poll_part(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        if buffer.remaining() <= READ_BYTES {
            let before = buffer.filled().len();
            ready!(stream.poll_read(context, buffer))?;
            return Poll::Ready(Ok(buffer.filled().len() - before));
        }
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(READ_BYTES));
        ready!(stream.poll_read(context, &mut part))?;
        let length = part.filled().len();
        buffer.advance(length);
        Poll::Ready(Ok(length))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LimitedConnection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.head.poll_chunks(context))?;
        if let Poll::Ready(read) = this.poll_part(context, buffer) {
            return Poll::Ready(read.and_then(|length| this.head.read(length)));
        }
        match this.head.began() {
            Some(began) => {
                let late = || io::Error::new(io::ErrorKind::TimedOut, LateHead);
                this.reading.poll(began + HEAD_TIMEOUT, context).map(|()| Err(late()))
            }
            None => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LimitedConnection<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.limited(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.limited(context, S::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.limited(context, S::poll_shutdown)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.limited(context, |stream, context| stream.poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::{advance, timeout},
    };

    use super::*;
    use crate::budget::Budget;

    const HEADS: usize = 20 * 1024;

    /// A connection, its other end, and what is counted.
    fn connection() -> (LimitedConnection<DuplexStream>, DuplexStream, Budget) {
        let (budget, (ours, theirs)) = (Budget::new(HEADS), duplex(64 * 1024));
        (LimitedConnection::new(ours, PartialHead::new(&budget)), theirs, budget)
    }

    /// Reads what has arrived.
    async fn read(connection: &mut LimitedConnection<DuplexStream>) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read) = timeout(Duration::ZERO, connection.read(&mut buffer)).await {
            read?;
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn all_that_is_large_of_a_head_counts_until_the_request_has_taken_it() {
        let (mut connection, mut theirs, budget) = connection();
        theirs.write_all(&[b'x'; READ_BYTES]).await.unwrap();
        read(&mut connection).await.unwrap();
        assert_eq!(budget.available(), HEADS);
        theirs.write_all(&[b'x'; 1_000]).await.unwrap();
        read(&mut connection).await.unwrap();
        assert_eq!(budget.available(), HEADS - 1_000);
        let (permit, in_request) = (connection.head.complete(READ_BYTES + 1_000, false), connection.head.in_request());
        assert_eq!(budget.available(), HEADS - 1_000);
        drop(permit);
        theirs.write_all(&[b'x'; 2 * READ_BYTES]).await.unwrap();
        read(&mut connection).await.unwrap();
        assert_eq!(budget.available(), HEADS, "a body counts elsewhere");
        in_request.take(2 * READ_BYTES);
        drop(in_request);
        theirs.write_all(&[b'x'; READ_BYTES + 1]).await.unwrap();
        read(&mut connection).await.unwrap();
        assert_eq!(budget.available(), HEADS - 1);
        drop(connection);
        assert_eq!(budget.available(), HEADS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_head_has_no_permit() {
        let (mut connection, mut theirs, _) = connection();
        theirs.write_all(&[b'x'; READ_BYTES]).await.unwrap();
        read(&mut connection).await.unwrap();
        assert!(connection.head.complete(READ_BYTES, false).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn where_too_many_heads_are_not_complete_a_large_one_ends_its_connection() {
        let (mut connection, mut theirs, budget) = connection();
        theirs.write_all(&vec![b'x'; READ_BYTES + HEADS + 1]).await.unwrap();
        assert_eq!(read(&mut connection).await.unwrap_err().kind(), io::ErrorKind::OutOfMemory);
        drop(connection);
        assert_eq!(budget.available(), HEADS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_has_begun_has_ten_seconds_and_an_idle_connection_more() {
        let (mut connection, mut theirs, _) = connection();
        advance(Duration::from_mins(1)).await;
        read(&mut connection).await.unwrap();
        for _ in 0..9 {
            theirs.write_all(b"x").await.unwrap();
            read(&mut connection).await.unwrap();
            advance(Duration::from_secs(1)).await;
        }
        connection.head.complete(9, false);
        let in_request = connection.head.in_request();
        advance(Duration::from_mins(1)).await;
        read(&mut connection).await.unwrap();
        drop(in_request);
        theirs.write_all(b"x").await.unwrap();
        read(&mut connection).await.unwrap();
        let began = Instant::now();
        let ended = timeout(Duration::from_mins(1), connection.read_u8()).await.expect("a head has a limit in time");
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), HEAD_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn what_arrived_with_a_request_and_is_not_of_it_counts_as_a_head_and_has_ten_seconds() {
        let (mut connection, mut theirs, budget) = connection();
        theirs.write_all(&[b'x'; READ_BYTES]).await.unwrap();
        read(&mut connection).await.unwrap();
        assert!(connection.head.complete(1_000, false).is_none());
        let in_request = connection.head.in_request();
        in_request.take(1_000);
        advance(Duration::from_mins(1)).await;
        drop(in_request);
        let began = Instant::now();
        let ended = timeout(Duration::from_mins(1), connection.read_u8()).await.expect("a head has a limit in time");
        assert_eq!((ended.unwrap_err().kind(), began.elapsed()), (io::ErrorKind::TimedOut, HEAD_TIMEOUT));
        theirs.write_all(&[b'x'; 4_000]).await.unwrap();
        connection.read_exact(&mut [0; 4_000]).await.unwrap();
        assert_eq!(budget.available(), HEADS - (6_192 + 4_000 - READ_BYTES));
        assert!(connection.head.complete(6_192 + 4_000, false).is_some(), "it is large");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_of_which_nothing_is_read_for_a_minute_ends_its_connection() {
        let (ours, mut theirs) = duplex(16);
        let mut connection = LimitedConnection::new(ours, PartialHead::new(&Budget::new(0)));
        let began = Instant::now();
        let writing = tokio::spawn(async move { connection.write_all(&[b'x'; 48]).await });
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(50)).await;
            theirs.read_exact(&mut [0; 8]).await.unwrap();
        }
        let ended = timeout(Duration::from_hours(1), writing).await.expect("an answer has a limit in time").unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= Duration::from_secs(160), "{:?}", began.elapsed());
    }
}
