//! The port to the metadata documents that clients publish.

use async_trait::async_trait;
use oauth_protocol::https_url::HttpsUrl;
use time::Duration;

use crate::ground::TooMany;

/// A document, as its host sent it a moment ago. Nothing in it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedDocument {
    /// The body.
    pub body: Vec<u8>,
    /// How long it is fresh, by the headers of its host (RFC 9111 §4.2), within the limits of this server.
    pub fresh_for: Duration,
}

/// Why a document was not fetched.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FetchError {
    /// Too many documents were fetched in the last minute, of this host or of all.
    #[error("too many documents were fetched")]
    TooMany(TooMany),
    /// The host does not exist, may not be asked, or did not give a document. The reason is for the log: a caller who heard it
    /// could explore networks with it.
    #[error("the document was not fetched: {0}")]
    Failed(String),
}

/// Fetches what clients publish on the internet.
#[async_trait]
pub trait ClientDocuments: Send + Sync {
    /// Fetches a document now. Callers that ask for the same URL at the same time share one request, and no error is
    /// remembered.
    async fn fetch(&self, url: &HttpsUrl) -> Result<FetchedDocument, FetchError>;
}
