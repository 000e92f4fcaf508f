//! The content of a POST for a session: a message, or a batch of them. A batch stays one text until its session receives it, so that
//! it waits, or is refused, as a whole.

use authorization_server::resource::authenticate::Principal;
use rmcp::model::RequestId;

use super::post_error::PostError;
use crate::budget::Permit;
use crate::mcp::{
    admission::{AdmittedMessage, UncheckedMessage, admit, admit_batch},
    batch::{self, BatchError},
    envelope::Envelope,
    message::UnparsedMessage,
    outline::{self, Kind},
    service::Server,
};

/// A message or batch that rmcp will accept. It is not parsed yet.
pub(super) enum AdmittedPost {
    Message(AdmittedMessage),
    Batch { text: Vec<u8>, envelopes: Vec<Envelope>, permit: Permit },
}

impl AdmittedPost {
    /// Lets the body of a POST in, whose revision may have batches. A batch in which one text is no message is refused.
    pub(super) fn admit(server: &Server, message: UncheckedMessage, has_batches: bool) -> Result<Self, PostError> {
        if !message.is_batch() {
            return Ok(Self::Message(admit(server, message)?));
        }
        if !has_batches {
            return Err(BatchError::OTHER_REVISION.into());
        }
        let (text, permit) = admit_batch(message.into_body())?;
        let envelopes = batch::messages(&text)?.into_iter().map(|message| envelope(message.get().as_bytes()));
        let envelopes = envelopes.collect::<Result<_, BatchError>>()?;
        Ok(Self::Batch { text, envelopes, permit })
    }

    /// The id that an error about one of its requests has. A batch is refused as a whole, so its error has none.
    pub(super) fn error_id(&self, of_request: Option<RequestId>) -> Option<RequestId> {
        of_request.filter(|_| matches!(self, Self::Message(_)))
    }

    /// The envelope of each message.
    pub(super) fn envelopes(&self) -> &[Envelope] {
        match self {
            Self::Message(message) => std::slice::from_ref(&message.envelope),
            Self::Batch { envelopes, .. } => envelopes,
        }
    }

    /// It, as it waits for its session.
    pub(super) fn into_message(self, principal: Principal) -> UnparsedMessage {
        match self {
            Self::Message(AdmittedMessage { text, kind, envelope, permit }) => {
                UnparsedMessage::new(text, envelope, principal, kind == Kind::Request, permit)
            }
            Self::Batch { text, permit, .. } => {
                UnparsedMessage::new(text, Envelope::default(), principal, false, permit)
            }
        }
    }
}

fn envelope(text: &[u8]) -> Result<Envelope, BatchError> {
    let (kind, envelope) = (outline::kind(text)?, Envelope::of(text));
    if kind == Kind::Request && envelope.method.as_deref() == Some("initialize") {
        return Err(BatchError::INITIALIZE);
    }
    Ok(envelope)
}
