//! A client about which an owner is asked.

use super::client::Client;
use crate::ground::Id;

/// What is kept of such a client. Its record may have 64 KiB, and is kept over no further read.
pub struct AskingClient {
    /// Its key.
    pub id: Id,
    /// Of the metadata of its document, as [`Client::metadata_hash`].
    pub(crate) metadata: Option<Id>,
    /// The name that the client chose. It is not trusted, and is cleaned before it is shown.
    pub name: Option<String>,
    /// The host of its metadata document; `None` for one that registers.
    pub published_at: Option<String>,
}

impl From<Client> for AskingClient {
    fn from(client: Client) -> Self {
        Self {
            id: client.id,
            metadata: client.metadata_hash(),
            published_at: client.document().map(|document| document.url.host().to_owned()),
            name: client.name,
        }
    }
}
