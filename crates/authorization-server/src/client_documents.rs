//! The port to the metadata documents that clients publish.

use async_trait::async_trait;
use oauth_protocol::{
    client_assertion::Signed, client_id_url::ClientIdUrl, https_url::HttpsUrl, json_web_key::PublicKey,
};
use time::Duration;

use crate::{
    ground::{Network, TooMany},
    state::client::Client,
};

/// For whom a document is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchedFor {
    /// A caller from this network, who names a client that nobody has used.
    Caller(Network),
    /// The users of a client that was used before. Callers who name clients that nobody has used take nothing from them.
    Users {
        /// The client.
        client: ClientIdUrl,
        /// The network of the caller who names it.
        from: Network,
    },
}

impl FetchedFor {
    /// For this client, which a caller from this network names.
    pub(crate) fn of(client: Option<&Client>, from: Network) -> Self {
        let used = client.filter(|client| client.used_at.is_some()).and_then(Client::document);
        used.map_or(Self::Caller(from), |document| Self::Users { client: document.url.clone(), from })
    }
}

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
    /// Too many documents were fetched in the last minute, or are being fetched: for this caller, of this host or of all.
    #[error("too many documents were fetched")]
    TooMany(TooMany),
    /// The host does not exist, may not be asked, or did not give a document. The reason is for the log: a caller who heard it
    /// could explore networks with it.
    #[error("the document was not fetched: {0}")]
    Failed(String),
    /// The answer was fetched, and cannot be used.
    #[error("{0}")]
    Invalid(&'static str),
}

/// Fetches what clients publish on the internet.
#[async_trait]
pub trait ClientDocuments: Send + Sync {
    /// Fetches a document now. Callers that ask for the same URL at the same time share one request, but for each client that was
    /// used there is one. No error is remembered.
    async fn fetch(&self, url: &HttpsUrl, fetched_for: FetchedFor) -> Result<FetchedDocument, FetchError>;
}

/// Verifies signatures by the keys that clients publish.
pub trait ClientSignatures: Send + Sync {
    /// Whether this key has made this signature.
    fn verifies(&self, key: &PublicKey, signed: &Signed<'_>) -> bool;
}
