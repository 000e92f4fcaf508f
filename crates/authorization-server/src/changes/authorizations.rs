//! Moves authorizations to their next stage.

use crate::{
    ground::{Advanced, Stored, Unavailable},
    server::AuthorizationServer,
    state::authorization::{Authorization, Stage},
};

impl AuthorizationServer {
    /// Moves the authorization to another stage; `None` if another write came first.
    pub(crate) async fn step(
        &self,
        from: &Stored<Authorization>,
        stage: Stage,
    ) -> Result<Option<Stored<Authorization>>, Unavailable> {
        match self.ports.authorizations.advance(&from.version, from.value.at(stage)).await? {
            Advanced::Done(stored) => Ok(Some(stored)),
            Advanced::Lost(_) => Ok(None),
        }
    }
}
