//! The session id: `{instance}.{sealed}`. The instance is not secret. The session and its owner are sealed, so every instance
//! can tell whether a POST comes from the stream's owner.

use authorization_server::{
    ground::{Id, Sealed, SealedAsJson, Sealer, Unavailable},
    resource::authenticate::Principal,
};
use serde::{Deserialize, Serialize};

use super::stream_owner::StreamOwner;

/// A session id that an instance of this deployment made.
#[derive(Debug)]
pub struct SessionId {
    /// The instance that holds the stream.
    pub instance: Id,
    /// The session's id on that instance.
    pub session: Id,
    opened_by: StreamOwner,
}

/// The sealed part, bound to the instance.
#[derive(Serialize, Deserialize)]
struct OwnedSession {
    session: Id,
    #[serde(flatten)]
    opened_by: StreamOwner,
}

impl SealedAsJson for OwnedSession {
    const PURPOSE: &'static str = "session";
    type BoundTo = Id;
}

impl SessionId {
    /// The id of a stream that a principal opens.
    #[must_use]
    pub fn new(instance: Id, session: Id, opened_by: &Principal) -> Self {
        Self { instance, session, opened_by: StreamOwner::of(opened_by) }
    }

    /// The text for the client. All its characters may stand in a query.
    pub async fn seal(&self, sealer: &dyn Sealer) -> Result<String, Unavailable> {
        let Self { instance, session, opened_by } = *self;
        let sealed = Sealed::seal(sealer, &OwnedSession { session, opened_by }, instance).await?;
        Ok(format!("{instance}.{}", sealed.as_str()))
    }

    /// Opens the text that a client sent. `None` if no instance of this deployment made it.
    pub async fn open(sealer: &dyn Sealer, text: &str) -> Result<Option<Self>, Unavailable> {
        let Some((instance, sealed)) = text.split_once('.') else { return Ok(None) };
        let Some(instance) = Id::parse(instance) else { return Ok(None) };
        let opened = Sealed::from_text(sealed).open(sealer, instance).await?;
        Ok(opened.map(|OwnedSession { session, opened_by }| Self { instance, session, opened_by }))
    }

    /// Whether the principal may post to this session.
    pub(super) fn may_be_used_by(&self, principal: &Principal) -> bool {
        self.opened_by.may_be_used_by(principal)
    }
}
