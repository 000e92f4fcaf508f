//! Applications that call with tokens of Entra, in owner documents: noted, refused and allowed again.

use std::cmp::Reverse;

use super::{Change, change};
use crate::{
    ground::{EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        entra_client::{EntraClient, Standing},
        owner::Owner,
        preauthorized::ApplicationId,
    },
};

impl AuthorizationServer {
    /// The applications that call with tokens of Entra, the one that called last first.
    pub(crate) async fn entra_clients_of(&self, owner: Id) -> Result<Vec<EntraClient>, Unavailable> {
        let mut clients = self.owner(owner).await?.map(|owner| owner.entra_clients).unwrap_or_default();
        clients.sort_by_key(|client| Reverse(client.last_called));
        Ok(clients)
    }

    /// Notes that an application called for this owner, unless that was noted today. Returns which of its tokens are
    /// accepted.
    pub(crate) async fn note_entra_client(
        &self,
        owner: Id,
        application: &ApplicationId,
    ) -> Result<Standing, Unavailable> {
        let now = self.now();
        let mut read = None;
        let decide = |document: Option<Owner>| {
            let document = document.unwrap_or_else(|| Owner::new(owner, now));
            let standing = document.standing(application);
            read = Some(standing);
            let is_noted = document.entra_client(application).is_some_and(|known| known.is_noted_on(now));
            Ok::<_, Unavailable>(if is_noted {
                Change::Keep((standing, false))
            } else {
                Change::Write(document.noting(application, now), (standing, true))
            })
        };
        let changed = change(self.ports.owners.as_ref(), &owner, decide).await;
        match (changed, read) {
            (Ok(changed), _) => {
                let (standing, is_noted) = changed.answer;
                if is_noted {
                    self.report(EventName::EntraClientNoted.event().owner(owner).client(application.client()));
                }
                Ok(standing)
            }
            // Its next call is noted.
            (Err(error), Some(standing)) => {
                tracing::warn!(counted = true, %error, "could not note that an application called with a token of Entra");
                Ok(standing)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Refuses the tokens of an application from now on.
    pub(crate) async fn refuse_entra_client(&self, owner: Id, application: &ApplicationId) -> Result<(), Unavailable> {
        let now = self.now();
        let refused = |document: Owner| document.refusing(Some(application), now);
        self.change_standing(owner, application, refused, EventName::EntraClientRefused).await
    }

    /// Accepts the tokens of an application that are issued from now on.
    pub(crate) async fn allow_entra_client(&self, owner: Id, application: &ApplicationId) -> Result<(), Unavailable> {
        let now = self.now();
        let allowed = |document: Owner| document.allowing_again(application, now);
        self.change_standing(owner, application, allowed, EventName::EntraClientAllowed).await
    }

    /// Reports it unless the application stood so before: a click may come twice.
    async fn change_standing(
        &self,
        owner: Id,
        application: &ApplicationId,
        to: impl Fn(Owner) -> Owner,
        event: EventName,
    ) -> Result<(), Unavailable> {
        let decide = |document: Option<Owner>| {
            let Some(document) = document else { return Ok::<_, Unavailable>(Change::Keep(false)) };
            let is_refused = |of: &Owner| of.entra_client(application).is_some_and(EntraClient::is_refused);
            let (was_refused, document) = (is_refused(&document), to(document));
            let is_changed = is_refused(&document) != was_refused;
            Ok(Change::Write(document, is_changed))
        };
        let is_changed = change(self.ports.owners.as_ref(), &owner, decide).await?.answer;
        self.entra_standings.forget(&(owner, application.client()));
        if is_changed {
            self.report(event.event().owner(owner).client(application.client()));
        }
        Ok(())
    }
}
