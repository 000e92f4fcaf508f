//! The client of an authorization request. Only here a metadata document is fetched: the token and revocation endpoints use what
//! is stored, so that a host that is down signs nobody out.

use oauth_protocol::{
    client_id_url::ClientIdUrl, client_metadata::ClientMetadata, client_metadata_document::PublishedMetadata,
    private_key_jwt::PrivateKeyJwt,
};

use super::{authorize::AuthorizeError, register::RegisterError, request_refusal::AtServer};
use crate::{
    client_documents::{FetchError, FetchedDocument, FetchedFor},
    ground::Network,
    server::AuthorizationServer,
    state::{
        client::{Client, ClientId, Document},
        client_keys::ClientKeys,
    },
};

impl AuthorizationServer {
    /// The client that a request names: a registered one, or one whose document is fresh. Of a client that is blocked nothing is
    /// fetched: what it publishes by now lifts no block.
    pub(crate) async fn requesting_client(&self, client_id: &str, from: Network) -> Result<Client, AuthorizeError> {
        // Read first, so that the client is not kept meanwhile.
        let blocks = self.blocks().await?;
        let stored = self.find_client(client_id).await?.map(|client| client.value);
        if stored.as_ref().is_some_and(|client| blocks.block_client(client, self.now())) {
            return Err(AtServer::Blocked.into());
        }
        let client = match stored {
            Some(client) if client.is_fresh(self.now()) => return Ok(client),
            stale if client_id.starts_with("https://") => {
                let fetched_for = FetchedFor::of(stale.as_ref(), from);
                let (document, metadata) = self.published_client(client_id, fetched_for).await?;
                if stale.is_none() {
                    self.keep_waiting(document, metadata, from).await?
                } else {
                    self.keep_published(document, metadata).await?
                }
            }
            _ => return Err(AtServer::UnknownClient.into()),
        };
        let is_blocked = self.blocks().await?.block_client(&client, self.now());
        if is_blocked { Err(AtServer::Blocked.into()) } else { Ok(client) }
    }

    /// A client that is stored for the first time waits for its use among the registrations. If it is not stored, its place is free.
    async fn keep_waiting(
        &self,
        document: Document,
        metadata: ClientMetadata,
        from: Network,
    ) -> Result<Client, AuthorizeError> {
        let id = ClientId::Document(document.url.clone()).key();
        self.take_place(id, from).await.map_err(|error| match error {
            RegisterError::TooManyWait(too_many) => AuthorizeError::TooManyWait(too_many),
            RegisterError::Unavailable(unavailable) => unavailable.into(),
        })?;
        let kept = self.keep_published(document, metadata).await;
        Ok(kept.inspect_err(|_| self.waiting_registrations.forget(id))?)
    }

    async fn published_client(
        &self,
        client_id: &str,
        fetched_for: FetchedFor,
    ) -> Result<(Document, ClientMetadata), AuthorizeError> {
        let url = ClientIdUrl::parse(client_id).map_err(|error| AtServer::ClientIdUrl(error.0))?;
        if !self.takes_documents_of(url.host()) {
            return Err(AtServer::DocumentHost.into());
        }
        if !self.blocks().await?.allow_document(&url) {
            return Err(AtServer::Blocked.into());
        }
        let fetched = self.ports.client_documents.fetch(url.url(), fetched_for.clone()).await;
        let FetchedDocument { body, fresh_for } = match fetched {
            Ok(document) => document,
            Err(FetchError::TooMany(too_many)) => return Err(AuthorizeError::TooManyDocuments(too_many)),
            Err(error @ (FetchError::Failed(_) | FetchError::Invalid(_))) => {
                tracing::debug!(counted = true, %error, "client metadata document not fetched");
                return Err(AtServer::DocumentNotFetched.into());
            }
        };
        let PublishedMetadata { metadata, private_key_jwt } =
            PublishedMetadata::from_document(&body, &url, self.schemes(), self.base())
                .map_err(|error| AtServer::Document(error.0))?;
        let keys = match private_key_jwt {
            Some(declared) => Some(self.published_keys(declared, fetched_for).await),
            None => None,
        };
        Ok((Document { url, fresh_until: self.now() + fresh_for, keys, former_hosts: Vec::new() }, metadata))
    }

    /// Fetches the keys with the document, so that a key that its client withdrew ends. If that fails, those that were fetched
    /// before stay; the token endpoint fetches them if there are none.
    async fn published_keys(&self, declared: PrivateKeyJwt, fetched_for: FetchedFor) -> ClientKeys {
        let mut keys = ClientKeys { declared, fetched: None };
        if let Some(url) = keys.url() {
            let fetched = self.fetch_keys(url, fetched_for).await;
            keys.fetched = fetched
                .inspect_err(|error| tracing::debug!(counted = true, %error, "keys of a client not fetched"))
                .ok();
        }
        keys
    }
}
