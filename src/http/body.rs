//! The body of a request, as it arrives.

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use tokio::time::{Duration, Instant, timeout_at};

use crate::budget::{Kept, Permit};

/// How many bytes of a body are read. The rest of a body that is too large, or not wanted, is discarded, so that its sender
/// reads the answer and its connection can be used again.
const MAX_READ: usize = 8 * 1024 * 1024;

/// How long a body may take that is wanted.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body may take that is discarded.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// A body that has not been read.
pub(super) struct UnreadBody(BoxStream<'static, Result<Bytes, warp::Error>>);

/// Why a request was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    TooLarge,
    TimedOut,
    BrokenOff,
    /// Others send so much that no more can be kept.
    Exhausted,
}

impl UnreadBody {
    pub(super) fn new(chunks: impl Stream<Item = Result<impl Buf, warp::Error>> + Send + 'static) -> Self {
        Self(chunks.map(|chunk| chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))).boxed())
    }

    /// Keeps at most `limit` bytes of it, as far as the permit can grow.
    ///
    /// It is read to its end before anything is answered. hyper closes a connection whose body was not read; a proxy that has
    /// sent its next POST on that connection would have to answer that one with an error. Only where memory is exhausted does
    /// the answer come first.
    pub(super) async fn keep(mut self, limit: usize, permit: Permit) -> Result<Kept, ReadError> {
        let (deadline, mut kept) = (Instant::now() + BODY_TIMEOUT, Kept::new(permit));
        while let Some(chunk) = self.chunk(deadline).await? {
            if kept.len() + chunk.len() > limit {
                drop((kept, chunk));
                self.discard_until(deadline).await;
                return Err(ReadError::TooLarge);
            }
            if kept.extend(&chunk).is_err() {
                drop((kept, chunk));
                tokio::spawn(self.discard());
                return Err(ReadError::Exhausted);
            }
        }
        Ok(kept)
    }

    /// Reads it and keeps nothing of it.
    pub(super) async fn discard(mut self) {
        self.discard_until(Instant::now() + DISCARD_TIMEOUT).await;
    }

    async fn discard_until(&mut self, deadline: Instant) {
        let read = async {
            let mut length = 0;
            while let Some(Ok(chunk)) = self.0.next().await {
                length += chunk.len();
                if length > MAX_READ {
                    break;
                }
            }
        };
        let _ = timeout_at(deadline, read).await;
    }

    /// The next part.
    async fn chunk(&mut self, deadline: Instant) -> Result<Option<Bytes>, ReadError> {
        let chunk = timeout_at(deadline, self.0.next()).await.map_err(|_| ReadError::TimedOut)?;
        chunk.transpose().map_err(|_| ReadError::BrokenOff)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{iter, pending};

    use super::*;
    use crate::budget::Budget;

    fn parts(parts: &'static [&'static str]) -> impl Stream<Item = Result<Bytes, warp::Error>> + Send + 'static {
        iter(parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))))
    }

    async fn read(body: UnreadBody, limit: usize, budget: &Budget) -> Result<Vec<u8>, ReadError> {
        body.keep(limit, budget.permit()).await.map(|kept| kept.to_vec())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_times_out() {
        let (half, began) = (parts(&["half"]).chain(pending::<Result<Bytes, _>>()), Instant::now());
        assert_eq!(read(UnreadBody::new(half), 100, &Budget::new(100)).await, Err(ReadError::TimedOut));
        assert_eq!(began.elapsed(), BODY_TIMEOUT);
    }

    #[tokio::test]
    async fn a_body_at_the_limit_is_kept_and_one_byte_more_is_too_large() {
        let (body, budget) = (|| UnreadBody::new(parts(&["12", "34"])), Budget::new(100));
        assert_eq!(read(body(), 4, &budget).await, Ok(b"1234".to_vec()));
        assert_eq!(read(body(), 3, &budget).await, Err(ReadError::TooLarge));
        assert_eq!(budget.available(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn where_memory_is_exhausted_the_rest_of_a_body_is_not_waited_for() {
        let (budget, began) = (Budget::new(3), Instant::now());
        let stalled = parts(&["12", "34"]).chain(pending::<Result<Bytes, _>>());
        assert_eq!(read(UnreadBody::new(stalled), 100, &budget).await, Err(ReadError::Exhausted));
        assert_eq!((began.elapsed(), budget.available()), (Duration::ZERO, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_not_wanted_is_discarded_for_a_limited_time_and_length() {
        let chunk = Bytes::from(vec![0; 65_536]);
        let endless = futures_util::stream::repeat_with(move || Ok(chunk.clone()));
        UnreadBody::new(endless).discard().await;
        let began = Instant::now();
        UnreadBody::new(pending::<Result<Bytes, _>>()).discard().await;
        assert_eq!(began.elapsed(), DISCARD_TIMEOUT);
    }
}
