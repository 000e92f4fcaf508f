//! The progress of a tool, for clients that asked for it (MCP, "Progress").

use rmcp::{
    Peer, RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};

/// Reports progress, if the request has a progress token.
pub(in crate::mcp) struct Progress(Option<(ProgressToken, Peer<RoleServer>)>);

impl Progress {
    /// Of this request.
    pub(in crate::mcp) fn of(context: &RequestContext<RoleServer>) -> Self {
        Self(context.meta.get_progress_token().map(|token| (token, context.peer.clone())))
    }

    /// Tells the client that `done` of `total` steps are done. If the notification is not delivered, the client still gets the result.
    pub(super) async fn report(&self, done: u32, total: u32, message: String) {
        let Some((token, peer)) = &self.0 else { return };
        let progress = ProgressNotificationParam::new(token.clone(), done.into());
        let _ = peer.notify_progress(progress.with_total(total.into()).with_message(message)).await;
    }
}
