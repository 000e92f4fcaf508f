//! The keys of clients that publish themselves: fetched, and kept with the client.

use oauth_protocol::{https_url::HttpsUrl, json_web_key::KeySet};

use super::{Change, change};
use crate::{
    client_documents::{FetchError, FetchedFor},
    ground::{Stored, Unavailable},
    server::AuthorizationServer,
    state::{client::Client, client_keys::FetchedKeys},
};

impl AuthorizationServer {
    /// The key set at this URL.
    pub(crate) async fn fetch_keys(&self, url: &HttpsUrl, fetched_for: FetchedFor) -> Result<FetchedKeys, FetchError> {
        if !self.takes_documents_of(url.host()) {
            return Err(FetchError::Invalid("the host of the client's keys is not allowed here"));
        }
        let blocks = self.blocks().await.map_err(|unavailable| FetchError::Failed(unavailable.to_string()))?;
        if !blocks.allow_keys_at(url.host()) {
            return Err(FetchError::Invalid("the host of the client's keys is blocked"));
        }
        let document = self.ports.client_documents.fetch(url, fetched_for).await?;
        let keys = KeySet::from_json(&document.body).map_err(|error| FetchError::Invalid(error.0))?;
        Ok(FetchedKeys { keys, at: self.now() })
    }

    /// Keeps keys that were fetched for this client now; `None` if it is gone.
    pub(crate) async fn keep_keys(
        &self,
        client: &Client,
        fetched: FetchedKeys,
    ) -> Result<Option<Stored<Client>>, Unavailable> {
        let url = client.keys().and_then(|keys| keys.url());
        let decide = |client: Option<Client>| {
            let client = client.filter(|client| client.keys().and_then(|keys| keys.url()) == url);
            Ok::<_, Unavailable>(match client {
                Some(client) => Change::Write(client.with_keys(fetched.clone()), ()),
                None => Change::Keep(()),
            })
        };
        Ok(change(self.ports.clients.as_ref(), &client.id, decide).await?.record)
    }
}
