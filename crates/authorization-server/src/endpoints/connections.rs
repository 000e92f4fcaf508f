//! `/connections`: the owner who is signed in sees what they allowed, and withdraws it.

use std::{cmp::Reverse, collections::BTreeMap};

use time::OffsetDateTime;

use super::{
    answer::{Answer, Next, Redirect},
    connections_sign_in::CONNECTIONS_PATH,
    pages::{Connection, ConnectionsPage, Page},
    visitor::Visitor,
};
use crate::{
    ground::{Ended, EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        cookies::{CookieName, Cookies},
        grant::Grant,
        owner_session::OwnerSession,
    },
};

/// A button of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerAction {
    /// Sign in.
    SignIn,
    /// Withdraw the consent to one client.
    Withdraw(Id),
    /// Withdraw the consent to all clients.
    WithdrawAll,
    /// Forget the denials that this browser remembers.
    ForgetDenials,
    /// Sign out.
    SignOut,
}

/// The form of the page.
pub struct OwnerSubmission<'a> {
    /// The button; `None` if the page has no such button.
    pub action: Option<OwnerAction>,
    /// The double-submit token of the session.
    pub csrf: &'a str,
}

/// Why a click does not count.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
pub enum ConnectionsError {
    /// The form was not sent from our own page, was not made for this session, or has no such button.
    Forged,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ConnectionsError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Forged => Some("the form does not belong to this session"),
            Self::Unavailable(_) => None,
        }
    }
}

impl AuthorizationServer {
    /// The page: of the owner who is signed in, or for signing in.
    pub async fn connections_page(&self, sent: &Cookies) -> Result<Answer, Unavailable> {
        let Some(session) = self.owner_session(sent).await? else { return Ok(ask_to_sign_in()) };
        let connections = self.connections(session.owner).await?;
        let denials = self.recall(sent).await?.denials(self.now());
        let page = ConnectionsPage { session, connections, denials };
        Ok(Answer::new(Next::Page(Page::Connections(page))))
    }

    /// A click on the page.
    pub async fn act_on_connections(
        &self,
        submission: &OwnerSubmission<'_>,
        visitor: &Visitor<'_>,
    ) -> Result<Answer, ConnectionsError> {
        if !visitor.initiator.is_own_form() {
            return Err(ConnectionsError::Forged);
        }
        if submission.action == Some(OwnerAction::SignIn) {
            return Ok(self.sign_in_to_connections(visitor.cookies).await?);
        }
        let Some(session) = self.owner_session(visitor.cookies).await? else { return Ok(ask_to_sign_in()) };
        let action = submission.action.filter(|_| session.made_form(submission.csrf));
        self.act(action.ok_or(ConnectionsError::Forged)?, &session, visitor.cookies).await
    }

    async fn act(
        &self,
        action: OwnerAction,
        session: &OwnerSession,
        sent: &Cookies,
    ) -> Result<Answer, ConnectionsError> {
        let answer = Answer::new(Next::Redirect(Redirect::Own(self.base().join(CONNECTIONS_PATH))));
        let answer = match action {
            OwnerAction::Withdraw(client) => {
                self.withdraw(session.owner, Some(client)).await?;
                answer
            }
            OwnerAction::WithdrawAll => {
                self.withdraw(session.owner, None).await?;
                answer
            }
            OwnerAction::ForgetDenials => {
                let memory = self.recall(sent).await?.without_denials();
                let cookies = self.denied_cookie(&memory, sent).await?;
                self.report(EventName::DenialUndone.event().owner(session.owner));
                answer.with(cookies)
            }
            OwnerAction::SignOut => {
                self.report(EventName::SignedOut.event().owner(session.owner));
                answer.deleting(CookieName::Owner)
            }
            OwnerAction::SignIn => self.sign_in_to_connections(sent).await?,
        };
        Ok(answer)
    }

    /// What the owner has allowed, by client, the one used last first.
    pub async fn connections(&self, owner: Id) -> Result<Vec<Connection>, Unavailable> {
        let now = self.now();
        let mut found: BTreeMap<String, Connection> = BTreeMap::new();
        for approval in self.owner(owner).await?.map(|owner| owner.approvals).unwrap_or_default() {
            let connection = entry(&mut found, approval.client, approval.given_at);
            connection.since = connection.since.min(approval.given_at);
            connection.remembered |= approval.stands(now);
        }
        for grant in self.ports.owner_grants.of_owner(owner).await? {
            if grant.is_held(now) {
                entry(&mut found, grant.client, grant.redeemed_at).count(&grant);
            }
        }
        let mut connections: Vec<Connection> = found.into_values().collect();
        for connection in &mut connections {
            let client = self.find_client(&connection.client.to_string()).await?;
            connection.name = client.and_then(|client| client.value.name);
        }
        connections.sort_by_key(|connection| Reverse(connection.last_used.unwrap_or(connection.since)));
        Ok(connections)
    }

    /// Withdraws the consent to a client, or to every client: the approvals first, with a mark that stops an authorization
    /// that is under way, then each grant.
    pub async fn withdraw(&self, owner: Id, client: Option<Id>) -> Result<(), Unavailable> {
        self.remove_approvals(owner, client).await?;
        self.report(EventName::ConsentWithdrawn.event().owner(owner).client(client));
        for grant in self.ports.owner_grants.of_owner(owner).await? {
            if client.is_none_or(|client| grant.client == client) {
                self.revoke(grant.key, Ended::Withdrawn).await?;
            }
        }
        Ok(())
    }
}

fn ask_to_sign_in() -> Answer {
    Answer::new(Next::Page(Page::ConnectionsSignIn))
}

impl Connection {
    fn count(&mut self, grant: &Grant) {
        self.devices += 1;
        self.since = self.since.min(grant.redeemed_at);
        self.last_used = self.last_used.max(Some(grant.family.answered_at));
    }
}

fn entry(found: &mut BTreeMap<String, Connection>, client: Id, since: OffsetDateTime) -> &mut Connection {
    found.entry(client.to_string()).or_insert(Connection {
        client,
        name: None,
        since,
        last_used: None,
        devices: 0,
        remembered: false,
    })
}
