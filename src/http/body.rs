//! The body of a request, as it arrives.

use std::pin::pin;

use bytes::{Buf, Bytes};
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream::BoxStream};
use tokio::time::{Duration, Instant, timeout_at};

use crate::{
    budget::{Exhausted, Permit},
    kept::Kept,
};

/// How many bytes of a body are read. The rest of a body that is too large, or not wanted, is discarded, so that its sender
/// reads the answer and its connection can be used again.
const MAX_READ: usize = 8 * 1024 * 1024;

/// How long a body may take that is wanted.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body may take that is discarded.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// A body that has not been read.
pub(super) struct UnreadBody(BoxStream<'static, Result<Bytes, warp::Error>>);

/// What a body may take that is kept.
pub(super) struct BodyPermits {
    pub(super) bytes: Permit,
    /// For the place that it takes while it has not arrived.
    pub(super) place: Permit,
}

/// Why a request was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    TooLarge,
    TimedOut,
    BrokenOff,
    /// Others send so much that no more can be kept.
    Exhausted,
    /// It has not arrived, and too many others are waited for.
    NoPlace,
}

impl UnreadBody {
    pub(super) fn new(chunks: impl Stream<Item = Result<impl Buf, warp::Error>> + Send + 'static) -> Self {
        Self(chunks.map(|chunk| chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))).boxed())
    }

    /// Keeps at most `limit` bytes of it, as far as the permits can grow.
    ///
    /// It is read to its end before anything is answered. hyper closes a connection whose body was not read; a proxy that has
    /// sent its next POST on that connection would have to answer that one with an error. Only where memory is exhausted does
    /// the answer come first, and the rest is then discarded in this place.
    pub(super) async fn keep(
        mut self,
        limit: usize,
        permits: BodyPermits,
        discard: impl FnOnce() -> Permit,
    ) -> Result<Kept, ReadError> {
        let BodyPermits { bytes, mut place } = permits;
        let (deadline, mut kept) = (Instant::now() + BODY_TIMEOUT, Kept::new(bytes));
        while let Some(chunk) = self.chunk(deadline, &mut place).await? {
            if kept.len() + chunk.len() > limit {
                drop((kept, chunk));
                self.discard_until(deadline).await;
                return Err(ReadError::TooLarge);
            }
            if kept.extend(&chunk).is_err() {
                drop((kept, chunk));
                self.discard_later(discard());
                return Err(ReadError::Exhausted);
            }
        }
        Ok(kept)
    }

    /// Reads it and keeps nothing of it. Takes this place while it waits for what has not arrived. If there is none, it does not
    /// wait, and hyper closes the connection after the answer.
    pub(super) async fn discard(mut self, place: impl FnOnce() -> Permit) {
        let mut rest = pin!(self.discard_until(Instant::now() + DISCARD_TIMEOUT));
        if rest.as_mut().now_or_never().is_none() {
            let mut place = place();
            if place.grow(1).is_ok() {
                rest.await;
            }
        }
    }

    /// The same after the answer. Without a place it is dropped at once.
    pub(super) fn discard_later(mut self, mut place: Permit) {
        if place.grow(1).is_ok() {
            tokio::spawn(async move {
                self.discard_until(Instant::now() + DISCARD_TIMEOUT).await;
                drop(place);
            });
        }
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

    /// The next part. Takes the place, unless that part is there.
    async fn chunk(&mut self, deadline: Instant, place: &mut Permit) -> Result<Option<Bytes>, ReadError> {
        let mut chunk = pin!(timeout_at(deadline, self.0.next()));
        let chunk = if let Some(there) = chunk.as_mut().now_or_never() {
            there
        } else {
            place.resize(1).map_err(|Exhausted| ReadError::NoPlace)?;
            chunk.await
        };
        chunk.map_err(|_| ReadError::TimedOut)?.transpose().map_err(|_| ReadError::BrokenOff)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures_util::stream::{iter, pending};

    use super::*;
    use crate::budget::Budget;

    fn parts(parts: &'static [&'static str]) -> impl Stream<Item = Result<Bytes, warp::Error>> + Send + 'static {
        iter(parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))))
    }

    fn places(places: usize) -> Permit {
        Budget::new(places).permit()
    }

    async fn read(body: UnreadBody, limit: usize, budget: &Budget) -> Result<Vec<u8>, ReadError> {
        let permits = BodyPermits { bytes: budget.permit(), place: places(1) };
        body.keep(limit, permits, || places(1)).await.map(|kept| kept.to_vec())
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
    async fn without_a_place_a_body_is_kept_only_if_all_of_it_is_there() {
        let began = Instant::now();
        let keep = async |body| {
            let permits = BodyPermits { bytes: Budget::new(100).permit(), place: places(0) };
            UnreadBody::keep(body, 100, permits, || places(1)).await.map(|kept| kept.to_vec())
        };
        assert_eq!(keep(UnreadBody::new(parts(&["12", "34"]))).await, Ok(b"1234".to_vec()));
        let half = parts(&["12"]).chain(pending::<Result<Bytes, _>>());
        assert_eq!((keep(UnreadBody::new(half)).await, began.elapsed()), (Err(ReadError::NoPlace), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_not_wanted_is_discarded_for_a_limited_time_and_length() {
        let chunk = Bytes::from(vec![0; 65_536]);
        let endless = futures_util::stream::repeat_with(move || Ok(chunk.clone()));
        UnreadBody::new(endless).discard(|| places(1)).await;
        let began = Instant::now();
        UnreadBody::new(pending::<Result<Bytes, _>>()).discard(|| places(1)).await;
        assert_eq!(began.elapsed(), DISCARD_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_place_a_body_that_is_not_wanted_is_read_as_far_as_it_has_arrived() {
        let (read, began) = (Arc::<AtomicUsize>::default(), Instant::now());
        let counting = Arc::clone(&read);
        let arrived = parts(&["12", "34"]).inspect(move |_| {
            counting.fetch_add(1, Ordering::Relaxed);
        });
        UnreadBody::new(arrived.chain(pending::<Result<Bytes, _>>())).discard(|| places(0)).await;
        assert_eq!((read.load(Ordering::Relaxed), began.elapsed()), (2, Duration::ZERO));
    }
}
