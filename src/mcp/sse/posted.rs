//! A message as one instance seals it for another: a line of JSON that says for which session and as whom, then the text.

use std::borrow::Cow;

use authorization_server::{
    ground::{Id, Sealable, Sealed, Sealer, Unavailable},
    resource::authenticate::{Principal, ReadRoles},
};
use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{sealed_credential::SealedCredential, transport_ports::TransportPorts};
use crate::{
    budget::{Permit, SharedBudget},
    mcp::{envelope::Envelope, message::UnparsedMessage},
    ports::event_log::LoggedEvent,
};

/// A message on its way to the instance that holds the stream. The instance that accepted it has authenticated its sender
/// and checked its text.
pub struct Posted {
    pub(super) session: Id,
    pub(super) message: UnparsedMessage,
}

/// The line before the text. It repeats the event's id, so an event cannot be stored again under another id.
#[derive(Serialize, Deserialize)]
struct EventHeader {
    event: Id,
    session: Id,
    #[serde(flatten)]
    credential: SealedCredential,
    client: Id,
    scope: Scope,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
    is_request: bool,
}

/// The plaintext of an event, bound to the instance that reads it.
struct Enclosed<'a> {
    header: EventHeader,
    text: Cow<'a, [u8]>,
}

impl Sealable for Enclosed<'_> {
    const PURPOSE: &'static str = "event";
    type BoundTo = Id;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let line = serde_json::to_vec(&self.header)?;
        Ok(Zeroizing::new([line.as_slice(), b"\n", &self.text].concat()))
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let end = plaintext.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = plaintext.split_at(end);
        let (header, text) = (serde_json::from_slice(line).ok()?, rest.strip_prefix(b"\n")?.to_vec());
        Some(Self { header, text: text.into() })
    }
}

impl Posted {
    /// A message for a session. Its text was checked, and the permit is for its memory.
    #[must_use]
    pub fn new(session: Id, principal: Principal, text: Vec<u8>, is_request: bool, permit: Permit) -> Self {
        let envelope = Envelope::of(&text);
        Self { session, message: UnparsedMessage::new(text, envelope, principal, is_request, permit) }
    }

    /// Seals it for the instance that holds the stream.
    pub async fn seal(&self, sealer: &dyn Sealer, instance: Id, event: Id) -> Result<LoggedEvent, Unavailable> {
        let Self { session, message } = self;
        let Principal { owner, client, ref scope, expires_at, ref credential, .. } = message.principal;
        let (credential, scope) = (SealedCredential::of(owner, credential), scope.clone());
        let (session, is_request) = (*session, message.is_request);
        let header = EventHeader { event, session, credential, client, scope, expires_at, is_request };
        let enclosed = Enclosed { header, text: (&message.text).into() };
        let sealed = Sealed::seal(sealer, &enclosed, instance).await?;
        Ok(LoggedEvent { id: event, sealed: sealed.into_text() })
    }

    /// Opens an event. `None` if it was not sealed for this instance under this id. No memory is reserved for it yet.
    pub async fn open(ports: &TransportPorts, instance: Id, event: &LoggedEvent) -> Result<Option<Self>, Unavailable> {
        let opened = Sealed::<Enclosed<'_>>::from_text(&*event.sealed).open(ports.sealer.as_ref(), instance).await?;
        let named = opened.filter(|enclosed| enclosed.header.event == event.id);
        Ok(named.map(|enclosed| Self::of(enclosed, &ports.memory)))
    }

    fn of(enclosed: Enclosed<'_>, memory: &SharedBudget<Id>) -> Self {
        let EventHeader { session, credential, client, scope, expires_at, is_request, .. } = enclosed.header;
        let (owner, credential) = credential.into_parts();
        let principal = Principal { owner, client, scope, expires_at, credential, roles: ReadRoles::default() };
        Self::new(session, principal, enclosed.text.into_owned(), is_request, memory.permit(owner))
    }
}
