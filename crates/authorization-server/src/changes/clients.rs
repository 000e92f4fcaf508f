//! Registrations: found by `client_id`, and kept alive by their use.

use crate::{
    ground::{Advanced, Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::client::Client,
};

impl AuthorizationServer {
    /// The registration with this `client_id`, unless it has expired.
    pub(crate) async fn find_client(&self, client_id: &str) -> Result<Option<Stored<Client>>, Unavailable> {
        let Some(id) = Id::parse(client_id) else { return Ok(None) };
        let now = self.now();
        Ok(self.ports.clients.get(&id).await?.filter(|client| now < client.value.expires_at))
    }

    /// Ends a registration that was never used. Returns whether this ended it.
    pub(crate) async fn end_unused_registration(&self, id: Id) -> Result<bool, Unavailable> {
        let Some(client) = self.ports.clients.get(&id).await? else { return Ok(false) };
        let Some(ended) = client.value.ended_unused(self.now()) else { return Ok(false) };
        Ok(matches!(self.ports.clients.advance(&client.version, ended).await?, Advanced::Done(_)))
    }

    /// Notes that the client was used, which extends its registration. If the write is lost, the next use is noted.
    pub(crate) async fn note_use(&self, client: &Stored<Client>) {
        self.waiting_registrations.forget(client.value.id);
        let Some(used) = client.value.used(self.now()) else { return };
        if let Err(error) = self.ports.clients.advance(&client.version, used).await {
            tracing::warn!(%error, client = %client.value.id, "could not note the use of a client");
        }
    }
}
