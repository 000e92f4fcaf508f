//! The session id: `{instance}.{sealed}`. The instance is a locator and no secret; whose stream it is lies under the seal, so
//! an instance that does not hold the stream can tell, too.

use authorization_server::{
    ground::{Id, Sealer, Unavailable},
    resource::authenticate::Principal,
};
use serde::{Deserialize, Serialize};

use super::sessions::unwritten;

/// A session id that was made here or by another instance of this deployment: nothing else opens.
#[derive(Debug)]
pub(super) struct SessionId {
    /// Holds the stream.
    pub instance: Id,
    /// Names it there.
    pub session: Id,
    owner: Id,
    client: Id,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    session: Id,
    owner: Id,
    client: Id,
}

impl SessionId {
    /// For a stream that a principal opens.
    pub(super) fn new(instance: Id, session: Id, opened_by: &Principal) -> Self {
        Self { instance, session, owner: opened_by.grant.owner, client: opened_by.client }
    }

    /// As the client gets it; every character may stand in a query.
    pub(super) async fn seal(&self, sealer: &dyn Sealer) -> Result<String, Unavailable> {
        let Self { instance, session, owner, client } = *self;
        let sealed = serde_json::to_vec(&Sealed { session, owner, client }).map_err(|error| unwritten(&error))?;
        Ok(format!("{instance}.{}", sealer.seal(&purpose(instance), &sealed).await?))
    }

    /// As the client sends it.
    pub(super) async fn open(sealer: &dyn Sealer, text: &str) -> Result<Option<Self>, Unavailable> {
        let Some((instance, sealed)) = text.split_once('.') else { return Ok(None) };
        let Some(instance) = Id::parse(instance) else { return Ok(None) };
        let opened = sealer.open(&purpose(instance), sealed).await?;
        let sealed = opened.and_then(|bytes| serde_json::from_slice::<Sealed>(&bytes).ok());
        Ok(sealed.map(|Sealed { session, owner, client }| Self { instance, session, owner, client }))
    }

    /// Whether the stream was opened for the same owner by the same client; the access token may be another.
    pub(super) fn belongs_to(&self, principal: &Principal) -> bool {
        self.owner == principal.grant.owner && self.client == principal.client
    }
}

fn purpose(instance: Id) -> String {
    format!("session:{instance}")
}
