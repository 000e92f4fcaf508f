//! A message as one instance seals it for another: one line of JSON that says for which session and as whom, then the body.

use authorization_server::{
    ground::{GrantKey, Id, Sealer, Unavailable},
    resource::authenticate::Principal,
};
use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::sessions::unwritten;
use crate::ports::event_log::Event;

/// A message that was posted elsewhere.
pub(super) struct Posted {
    /// Where it goes.
    pub session: Id,
    /// Who posted it: authenticated by the instance that took it.
    pub principal: Principal,
    /// The JSON-RPC message.
    pub body: Vec<u8>,
}

/// The line before the body. It repeats the event's id, so an event cannot be stored again under another one.
#[derive(Serialize, Deserialize)]
struct Envelope {
    event: Id,
    session: Id,
    grant: GrantKey,
    client: Id,
    scope: Scope,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

impl Posted {
    /// Seals it for the instance that holds the stream.
    pub(super) async fn seal(&self, sealer: &dyn Sealer, instance: Id, event: Id) -> Result<Event, Unavailable> {
        let Principal { grant, client, ref scope, expires_at } = self.principal;
        let envelope = Envelope { event, session: self.session, grant, client, scope: scope.clone(), expires_at };
        let mut plaintext = serde_json::to_vec(&envelope).map_err(|error| unwritten(&error))?;
        plaintext.push(b'\n');
        plaintext.extend_from_slice(&self.body);
        Ok(Event { id: event, sealed: sealer.seal(&purpose(instance), &plaintext).await? })
    }

    /// Opens what was sealed for this instance under this id; anything else is `None`.
    pub(super) async fn open(sealer: &dyn Sealer, instance: Id, event: &Event) -> Result<Option<Self>, Unavailable> {
        let opened = sealer.open(&purpose(instance), &event.sealed).await?;
        Ok(opened
            .and_then(|plaintext| Self::decode(&plaintext))
            .filter(|(id, _)| *id == event.id)
            .map(|(_, posted)| posted))
    }

    fn decode(plaintext: &[u8]) -> Option<(Id, Self)> {
        let end = plaintext.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = plaintext.split_at(end);
        let Envelope { event, session, grant, client, scope, expires_at } = serde_json::from_slice(line).ok()?;
        let body = rest.strip_prefix(b"\n")?.to_vec();
        Some((event, Self { session, principal: Principal { grant, client, scope, expires_at }, body }))
    }
}

fn purpose(instance: Id) -> String {
    format!("event:{instance}")
}
