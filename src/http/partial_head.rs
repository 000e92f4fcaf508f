//! What has arrived on a connection and belongs to no request yet: the part of its next head that is there.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use crate::budget::{Budget, Permit};

/// The most that is read at once. hyper has a buffer of this size for each connection.
pub(super) const READ_BYTES: usize = 8 * 1024;
/// What a request may have that nothing explains: white space in its head, and the end of a chunked body.
const SLACK_BYTES: usize = 256;
/// What a chunked body may have besides its chunks: extensions, and trailers, which hyper keeps until it has all of them.
const BESIDE_CHUNKS_BYTES: usize = 1024;

/// The part of a connection's next head that has arrived.
#[derive(Clone)]
pub(super) struct PartialHead(Arc<Mutex<NextHead>>);

struct NextHead {
    heads: Budget,
    /// The number of things that keep the request under way: its body, and the work on its answer.
    in_request: usize,
    /// Whether the body of this request was dropped before its end, so that no other request can follow on the connection.
    is_cut_off: bool,
    is_chunked: bool,
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
        let (in_request, is_cut_off, is_chunked, began, bytes) = (0, false, false, None, 0);
        Self(Arc::new(Mutex::new(NextHead { heads, in_request, is_cut_off, is_chunked, began, bytes, permit })))
    }

    /// A head of at least this length is complete. Returns the permit for the part of it that exceeds the buffer. Whatever else
    /// has arrived is of its body or of the next head.
    pub(super) fn complete(&self, length: usize, is_chunked: bool) -> Option<Permit> {
        let mut next = self.lock();
        let is_large = next.bytes > READ_BYTES;
        next.bytes = next.bytes.saturating_sub(length);
        (next.began, next.is_cut_off, next.is_chunked) = (None, false, is_chunked);
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

    /// Fails if a chunked body has too much besides its chunks. hyper reads on only once it has taken apart what it has read, and
    /// the chunks of it have been taken.
    pub(super) fn check_chunked(&self) -> io::Result<()> {
        let next = self.lock();
        if next.in_request > 0 && next.is_chunked && next.bytes > BESIDE_CHUNKS_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too much besides the chunks of a body"));
        }
        Ok(())
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
    }

    /// So much of the body was taken.
    pub(super) fn take(&self, length: usize) {
        let mut next = self.0.lock();
        // The length of a chunk in hexadecimal, and two line ends.
        let framing = if next.is_chunked { length.checked_ilog2().unwrap_or_default() / 4 + 5 } else { 0 };
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
        if next.bytes <= SLACK_BYTES {
            next.bytes = 0;
        } else {
            next.began.get_or_insert_with(Instant::now);
        }
    }
}
