//! The client of an authorization request. Only here a metadata document is fetched: the token and revocation endpoints use what
//! is stored, so that a host that is down signs nobody out.

use oauth_protocol::{client_id_url::ClientIdUrl, client_metadata::ClientMetadata};

use super::{authorize::AuthorizeError, request_refusal::AtServer};
use crate::{
    client_documents::{FetchError, FetchedDocument},
    server::AuthorizationServer,
    state::client::{Client, Document},
};

impl AuthorizationServer {
    /// The client that a request names: a registered one, or one whose document is fresh.
    pub(crate) async fn requesting_client(&self, client_id: &str) -> Result<Client, AuthorizeError> {
        let client = self.find_client(client_id).await?.map(|client| client.value);
        let client = match client.filter(|client| client.is_fresh(self.now())) {
            Some(client) => client,
            None if client_id.starts_with("https://") => self.published_client(client_id).await?,
            None => return Err(AtServer::UnknownClient.into()),
        };
        if self.is_blocked(&client).await? { Err(AtServer::Blocked.into()) } else { Ok(client) }
    }

    async fn published_client(&self, client_id: &str) -> Result<Client, AuthorizeError> {
        let url = ClientIdUrl::parse(client_id).map_err(|error| AtServer::ClientIdUrl(error.0))?;
        if !self.document_hosts().allow(url.host()) {
            return Err(AtServer::DocumentHost.into());
        }
        if !self.blocks().await?.allow_document(&url) {
            return Err(AtServer::Blocked.into());
        }
        let FetchedDocument { body, fresh_for } = match self.ports.client_documents.fetch(url.url()).await {
            Ok(document) => document,
            Err(FetchError::TooMany(too_many)) => return Err(AuthorizeError::TooManyDocuments(too_many)),
            Err(error @ FetchError::Failed(_)) => {
                tracing::debug!(%error, "client metadata document not fetched");
                return Err(AtServer::DocumentNotFetched.into());
            }
        };
        let metadata = ClientMetadata::from_document(&body, &url, self.schemes(), self.base())
            .map_err(|error| AtServer::Document(error.0))?;
        let document = Document { url, fresh_until: self.now() + fresh_for };
        Ok(self.keep_published(document, metadata).await?)
    }
}
