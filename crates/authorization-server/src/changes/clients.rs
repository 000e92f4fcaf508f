//! Clients: found by `client_id`, and kept alive by their use.

use oauth_protocol::client_metadata::ClientMetadata;

use super::{Change, change};
use crate::{
    ground::{Advanced, EventName, Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::client::{Client, ClientId, Document},
};

impl AuthorizationServer {
    /// The client with this `client_id`, as it is stored, unless it has expired or its document's host is not allowed.
    pub(crate) async fn find_client(&self, client_id: &str) -> Result<Option<Stored<Client>>, Unavailable> {
        let Some(client_id) = ClientId::parse(client_id).filter(|client_id| self.may_be_client(client_id)) else {
            return Ok(None);
        };
        Ok(self.client(client_id.key()).await?.filter(|client| client.value.is_named(&client_id)))
    }

    /// The client whose record has this key, which this server has written itself, unless it has expired.
    pub(crate) async fn client(&self, key: Id) -> Result<Option<Stored<Client>>, Unavailable> {
        let now = self.now();
        Ok(self.ports.clients.get(&key).await?.filter(|client| now < client.value.expires_at))
    }

    fn may_be_client(&self, client_id: &ClientId) -> bool {
        match client_id {
            ClientId::Registered(_) => true,
            ClientId::Document(url) => self.takes_documents_of(url.host()),
        }
    }

    /// Keeps the client of a document that was fetched now. A record that is blocked stays as it is, and is the answer: another
    /// process may have blocked it since this one last read the blocks.
    pub(crate) async fn keep_published(
        &self,
        document: Document,
        metadata: ClientMetadata,
    ) -> Result<Client, Unavailable> {
        let (now, client_id) = (self.now(), ClientId::Document(document.url.clone()));
        let blocks = self.read_blocks().await?;
        let decide = |before: Option<Client>| {
            let before = before.filter(|before| before.is_named(&client_id));
            if let Some(blocked) = before.as_ref().filter(|client| blocks.block_client(client, now)) {
                return Ok(Change::Keep((blocked.clone(), false)));
            }
            let is_new = before.as_ref().is_none_or(|before| before.expires_at <= now);
            let client = Client::published(document.clone(), metadata.clone(), before.as_ref(), now);
            Ok::<_, Unavailable>(Change::Write(client.clone(), (client, is_new)))
        };
        let (client, is_new) = change(self.ports.clients.as_ref(), &client_id.key(), decide).await?.answer;
        if is_new {
            self.report(EventName::ClientRegistered.event().client(client.id).because("metadata document"));
        }
        Ok(client)
    }

    /// Ends a registration that was never used. Returns whether this ended it.
    pub(crate) async fn end_unused_registration(&self, id: Id) -> Result<bool, Unavailable> {
        let Some(Stored { value, version }) = self.ports.clients.get(&id).await? else { return Ok(false) };
        let ended = value.ended_unused(self.now());
        drop(value);
        let Some(ended) = ended else { return Ok(false) };
        Ok(matches!(self.ports.clients.advance(&version, ended).await?, Advanced::Done(_)))
    }

    /// Notes that the client was used, which extends its registration. If the write is lost, the next use is noted.
    pub(crate) async fn note_use(&self, id: Id, is_noted: bool) {
        self.waiting_registrations.forget(id);
        if is_noted {
            return;
        }
        if let Err(error) = self.write_use(id).await {
            tracing::warn!(counted = true, %error, client = %id, "could not note the use of a client");
        }
    }

    async fn write_use(&self, id: Id) -> Result<(), Unavailable> {
        let Some(Stored { value, version }) = self.client(id).await? else { return Ok(()) };
        let used = value.used(self.now());
        drop(value);
        let Some(used) = used else { return Ok(()) };
        self.ports.clients.advance(&version, used).await.map(drop)
    }
}
