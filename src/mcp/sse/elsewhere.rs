//! A POST for a stream that another instance holds.

use authorization_server::ground::Id;

use super::{
    message::Message,
    posted::Posted,
    session_id::SessionId,
    sessions::{PostError, Sessions, down},
};

impl Sessions {
    /// Appends the message to the other instance's log. After an error it may have been appended all the same: the store's
    /// answer may be what was lost.
    pub(super) async fn post_elsewhere(&self, to: &SessionId, message: Message) -> Result<(), PostError> {
        let log = self.ports.events.as_ref().ok_or(PostError::UnknownSession)?;
        if !log.is_alive(to.instance).await.map_err(down)? {
            return Err(PostError::UnknownSession);
        }
        let posted = Posted { session: to.session, principal: message.principal, body: message.text };
        let event =
            posted.seal(self.ports.sealer.as_ref(), to.instance, Id::random(self.ports.entropy.as_ref())).await?;
        log.append(to.instance, &event).await.map_err(down)?;
        Ok(())
    }
}
