//! A message as one instance seals it for another: a line of JSON that says for which session and as whom, then the text.

use authorization_server::{
    ground::{GrantKey, Id, Sealer, Unavailable},
    resource::authenticate::Principal,
};
use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{failure::unencodable, message::Message, transport_ports::TransportPorts};
use crate::{
    budget::{Permit, SharedBudget},
    ports::event_log::Event,
};

/// A message on its way to the instance that holds the stream. The instance that accepted it has authenticated its sender
/// and checked its text.
pub struct Posted {
    pub(super) session: Id,
    pub(super) message: Message,
}

/// The line before the text. It repeats the event's id, so an event cannot be stored again under another id.
#[derive(Serialize, Deserialize)]
struct Envelope {
    event: Id,
    session: Id,
    grant: GrantKey,
    client: Id,
    scope: Scope,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
    is_request: bool,
}

impl Posted {
    /// A message for a session. Its text was checked, and the permit is for its memory.
    #[must_use]
    pub fn new(session: Id, principal: Principal, text: Vec<u8>, is_request: bool, permit: Permit) -> Self {
        Self { session, message: Message::new(text, principal, is_request, permit) }
    }

    /// Seals it for the instance that holds the stream.
    pub async fn seal(&self, sealer: &dyn Sealer, instance: Id, event: Id) -> Result<Event, Unavailable> {
        let Self { session, message } = self;
        let Principal { grant, client, ref scope, expires_at } = message.principal;
        let (session, scope, is_request) = (*session, scope.clone(), message.is_request);
        let envelope = Envelope { event, session, grant, client, scope, expires_at, is_request };
        let mut plaintext = serde_json::to_vec(&envelope).map_err(|error| unencodable(&error))?;
        plaintext.push(b'\n');
        plaintext.extend_from_slice(&message.text);
        Ok(Event { id: event, sealed: sealer.seal(&purpose(instance), &plaintext).await? })
    }

    /// Opens an event. `None` if it was not sealed for this instance under this id. No memory is reserved for it yet.
    pub(super) async fn open(ports: &TransportPorts, instance: Id, event: &Event) -> Result<Option<Self>, Unavailable> {
        let opened = ports.sealer.open(&purpose(instance), &event.sealed).await?;
        Ok(opened.and_then(|plaintext| Self::decode(&plaintext, event.id, &ports.memory)))
    }

    fn decode(plaintext: &[u8], id: Id, memory: &SharedBudget<Id>) -> Option<Self> {
        let end = plaintext.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = plaintext.split_at(end);
        let envelope: Envelope =
            serde_json::from_slice(line).ok().filter(|envelope: &Envelope| envelope.event == id)?;
        let Envelope { session, grant, client, scope, expires_at, is_request, .. } = envelope;
        let text = rest.strip_prefix(b"\n")?.to_vec();
        let (principal, permit) = (Principal { grant, client, scope, expires_at }, memory.permit(grant.owner));
        Some(Self::new(session, principal, text, is_request, permit))
    }
}

fn purpose(instance: Id) -> String {
    format!("event:{instance}")
}
