//! Records: the values that a repository stores.

use time::OffsetDateTime;

/// A value that is stored whole, under one key, until it expires.
pub trait Record: Send + Sync + Sized + 'static {
    /// The type of its key.
    type Key: Send + Sync + Clone;
    /// The key under which it is stored.
    fn key(&self) -> Self::Key;
    /// When it expires. The store may delete it from then on; readers check the time themselves.
    fn expires_at(&self) -> OffsetDateTime;
}

/// A record as it was read, with the version that a conditional write names.
#[derive(Debug)]
pub struct Stored<T> {
    /// The record.
    pub value: T,
    /// The store's `ETag`.
    pub version: String,
}
