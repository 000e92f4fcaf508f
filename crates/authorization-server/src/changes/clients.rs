//! Registrations: found by `client_id`, and kept alive by their use.

use crate::{
    ground::{Id, Stored, Unavailable},
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

    /// Notes that the client was used, which extends its registration. If the write is lost, the next use is noted.
    pub(crate) async fn note_use(&self, client: &Stored<Client>) {
        let Some(used) = client.value.used(self.now()) else { return };
        if let Err(error) = self.ports.clients.advance(&client.version, used).await {
            tracing::warn!(%error, client = %client.value.id, "could not note the use of a client");
        }
    }
}
