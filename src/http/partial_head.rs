//! What has arrived on a connection and belongs to no request yet: the part of its next head that is there.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use tokio::time::Instant;

use crate::budget::{Budget, Permit};

/// The most that is read at once. hyper has a buffer of this size for each connection.
pub(super) const READ_BYTES: usize = 8 * 1024;
/// What a request with a length may have that nothing explains: white space in its head.
const SLACK_BYTES: usize = 256;
/// What a chunked body may have besides its chunks: extensions, and trailers, which hyper keeps until it has all of them.
const BESIDE_CHUNKS_BYTES: usize = 1024;

/// The part of a connection's next head that has arrived.
#[derive(Clone)]
pub(super) struct PartialHead(Arc<Mutex<NextHead>>);

/// The chunks of a request's body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chunks {
    /// It has a length.
    None,
    Arriving,
    Ended,
}

struct NextHead {
    heads: Budget,
    /// The number of things that keep the request under way: its body, and the work on its answer.
    in_request: usize,
    /// Whether the body of this request was dropped before its end, so that no other request can follow on the connection.
    is_cut_off: bool,
    chunks: Chunks,
    /// Whether there was too much besides the chunks when more was to be read.
    exceeds: bool,
    began: Option<Instant>,
    /// What was read, without what is known to be of a request.
    bytes: usize,
    /// For all but the first [`READ_BYTES`].
    permit: Permit,
}

/// A request is under way, until the last of these is dropped.
pub(super) struct InRequest(PartialHead);

impl PartialHead {
    /// The state of a new connection. Heads that are not complete count in this budget.
    pub(super) fn new(heads: &Budget) -> Self {
        let (heads, permit) = (heads.clone(), heads.permit());
        let (in_request, is_cut_off, chunks, exceeds, began, bytes) = (0, false, Chunks::None, false, None, 0);
        Self(Arc::new(Mutex::new(NextHead { heads, in_request, is_cut_off, chunks, exceeds, began, bytes, permit })))
    }

    /// A head of at least this length is complete. Returns the permit for the part of it that exceeds the buffer. Whatever else
    /// has arrived is of its body or of the next head.
    pub(super) fn complete(&self, length: usize, is_chunked: bool) -> Option<Permit> {
        let mut next = self.lock();
        let is_large = next.bytes > READ_BYTES;
        next.bytes = next.bytes.saturating_sub(length);
        let chunks = if is_chunked { Chunks::Arriving } else { Chunks::None };
        (next.began, next.is_cut_off, next.chunks, next.exceeds) = (None, false, chunks, false);
        let none = is_large.then(|| next.heads.permit())?;
        Some(std::mem::replace(&mut next.permit, none))
    }

    /// A request is under way until this is dropped.
    pub(super) fn in_request(&self) -> InRequest {
        self.lock().in_request += 1;
        InRequest(self.clone())
    }

    /// Whether the body of this request was dropped before its end.
    pub(super) fn is_cut_off(&self) -> bool {
        self.lock().is_cut_off
    }

    /// So many bytes were read.
    pub(super) fn read(&self, bytes: usize) -> io::Result<()> {
        let mut next = self.lock();
        next.bytes += bytes;
        if next.in_request > 0 || bytes == 0 {
            return Ok(());
        }
        next.began.get_or_insert_with(Instant::now);
        let large = next.bytes.saturating_sub(READ_BYTES);
        next.permit.resize(large).map_err(|exhausted| io::Error::new(io::ErrorKind::OutOfMemory, exhausted))
    }

    /// Fails if a chunked body that has not ended has too much besides its chunks. hyper reads on only once it has taken apart what
    /// it has read, and the chunks of it have been taken. But it also looks whether the connection has ended just when it has found
    /// the end of the body, which its service learns next. So it is asked twice.
    pub(super) fn poll_chunks(&self, context: &Context<'_>) -> Poll<io::Result<()>> {
        let mut next = self.lock();
        let exceeds = next.chunks == Chunks::Arriving && next.bytes > BESIDE_CHUNKS_BYTES;
        let exceeded = std::mem::replace(&mut next.exceeds, exceeds);
        if exceeds && exceeded {
            let error = io::Error::new(io::ErrorKind::InvalidData, "too much besides the chunks of a body");
            return Poll::Ready(Err(error));
        }
        if exceeds {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn began(&self) -> Option<Instant> {
        self.lock().began
    }

    fn lock(&self) -> MutexGuard<'_, NextHead> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InRequest {
    /// The body of the request was dropped before its end.
    pub(super) fn cut_off(&self) {
        self.0.lock().is_cut_off = true;
        self.ended();
    }

    /// No more of the body is taken.
    pub(super) fn ended(&self) {
        let mut next = self.0.lock();
        if next.chunks == Chunks::Arriving {
            next.chunks = Chunks::Ended;
        }
    }

    /// Trailers of at least this length were taken.
    pub(super) fn take_trailers(&self, trailers: usize) {
        let mut next = self.0.lock();
        next.bytes = next.bytes.saturating_sub(trailers);
    }

    /// So much of the body was taken.
    pub(super) fn take(&self, length: usize) {
        let mut next = self.0.lock();
        // The length of a chunk in hexadecimal, and two line ends.
        let framing =
            if next.chunks == Chunks::Arriving { length.checked_ilog2().unwrap_or_default() / 4 + 5 } else { 0 };
        next.bytes = next.bytes.saturating_sub(length + framing as usize);
    }
}

impl Drop for InRequest {
    fn drop(&mut self) {
        let mut next = self.0.lock();
        next.in_request -= 1;
        if next.in_request > 0 {
            return;
        }
        let unexplained = if next.chunks == Chunks::None { SLACK_BYTES } else { BESIDE_CHUNKS_BYTES };
        if next.bytes <= unexplained {
            next.bytes = 0;
        } else {
            next.began.get_or_insert_with(Instant::now);
        }
    }
}
