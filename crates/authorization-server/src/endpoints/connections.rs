//! `/connections`: the owner who is signed in sees what they allowed, and withdraws it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use oauth_protocol::{resource::ResourceAddress, scope::Scope};
use time::OffsetDateTime;

pub use super::owner_action::{OwnerAction, OwnerSubmission};
use super::{
    answer::{Answer, Next, Redirect},
    pages::{Application, Connection, ConnectionsPage, Page},
    visitor::{ForeignForm, FormSender},
};
use crate::{
    ground::{EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        client::Client,
        cookies::{CookieName, Cookies},
        grant::Grant,
        owner_session::{OwnPage, OwnerSession},
        scopes,
        shown_hosts::ShownHosts,
    },
};

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

impl From<ForeignForm> for ConnectionsError {
    fn from(ForeignForm: ForeignForm) -> Self {
        Self::Forged
    }
}

impl AuthorizationServer {
    /// The page: of the owner who is signed in, or for signing in.
    pub async fn connections_page(&self, sent: &Cookies) -> Result<Answer, Unavailable> {
        let Some(session) = self.owner_session(sent).await? else { return Ok(ask_to_sign_in()) };
        let applications = self.applications(session.owner).await?;
        let denials = self.recall(sent).await?.denials(self.now());
        let entra_clients = self.entra_clients_of(session.owner).await?;
        let page = ConnectionsPage { session, applications, entra_clients, denials };
        Ok(Answer::new(Next::Page(Page::Connections(page))))
    }

    /// A click on the page.
    pub async fn act_on_connections(
        &self,
        submission: &OwnerSubmission<'_>,
        sender: FormSender<'_>,
    ) -> Result<Answer, ConnectionsError> {
        let sent = sender.cookies();
        if submission.action == Some(OwnerAction::SignIn) {
            return Ok(self.sign_in_to(OwnPage::Connections, sent).await?);
        }
        let Some(session) = self.owner_session(sent).await? else { return Ok(ask_to_sign_in()) };
        let action = submission.action.clone().filter(|_| session.made_form(submission.csrf));
        self.act(action.ok_or(ConnectionsError::Forged)?, &session, sent).await
    }

    async fn act(
        &self,
        action: OwnerAction,
        session: &OwnerSession,
        sent: &Cookies,
    ) -> Result<Answer, ConnectionsError> {
        let owner = session.owner;
        let answer = Answer::new(Next::Redirect(Redirect::Own(self.base().join(OwnPage::Connections.path()))));
        match action {
            OwnerAction::Withdraw(client) => self.withdraw(owner, &[Some(client)]).await?,
            OwnerAction::WithdrawApplication(client) => self.withdraw_application(owner, client).await?,
            OwnerAction::WithdrawAll => self.withdraw(owner, &[None]).await?,
            OwnerAction::RefuseEntraClient(application) => self.refuse_entra_client(owner, &application).await?,
            OwnerAction::AllowEntraClient(application) => self.allow_entra_client(owner, &application).await?,
            OwnerAction::ForgetDenials => {
                let memory = self.recall(sent).await?.without_denials();
                let cookies = self.denied_cookie(&memory, sent).await?;
                self.report(EventName::DenialUndone.event().owner(owner));
                return Ok(answer.with(cookies));
            }
            OwnerAction::SignOut => {
                self.report(EventName::SignedOut.event().owner(owner));
                return Ok(answer.deleting(CookieName::Owner));
            }
            OwnerAction::SignIn => return Ok(self.sign_in_to(OwnPage::Connections, sent).await?),
        }
        Ok(answer)
    }

    /// The consents of the owner, by application, the one used last first.
    pub async fn applications(&self, owner: Id) -> Result<Vec<Application>, Unavailable> {
        let (mut found, mut places) = (Vec::<Application>::new(), HashMap::new());
        for mut connection in self.connections(owner).await? {
            let client = self.client(connection.client).await?.map(|client| client.value);
            connection.name = client.as_ref().and_then(|client| client.name.clone());
            let key = client.as_ref().and_then(Client::application_key);
            let place = key.map_or(found.len(), |key| *places.entry(key).or_insert(found.len()));
            if place == found.len() {
                found.push(application(client.as_ref()));
            }
            if let Some(application) = found.get_mut(place) {
                application.add(client.as_ref(), connection);
            }
        }
        Ok(found)
    }

    /// By client, the one used last first. Their names are not known yet.
    async fn connections(&self, owner: Id) -> Result<Vec<Connection>, Unavailable> {
        let now = self.now();
        let mut found: BTreeMap<String, Connection> = BTreeMap::new();
        for approval in self.owner(owner).await?.map(|owner| owner.approvals).unwrap_or_default() {
            let connection = entry(&mut found, approval.client, approval.given_at);
            connection.since = connection.since.min(approval.given_at);
            connection.remembered |= approval.stands(now);
            connection.add_permissions(&approval.scope);
            connection.connects_to(approval.address);
            connection.receivers.insert(approval.receiver.host().to_owned());
        }
        for grant in self.listed_grants(owner).await? {
            entry(&mut found, grant.client, grant.redeemed_at).count(&grant);
        }
        let mut connections: Vec<Connection> = found.into_values().collect();
        connections.sort_by_key(|connection| Reverse(connection.last_used.unwrap_or(connection.since)));
        Ok(connections)
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
        self.add_permissions(&grant.scope);
        self.connects_to(grant.address);
    }

    fn connects_to(&mut self, address: Option<ResourceAddress>) {
        let new = address.filter(|address| !self.addresses.contains(address));
        self.addresses.extend(new);
    }

    fn add_permissions(&mut self, scope: &Scope) {
        let new: Vec<_> = scopes::permissions(scope).filter(|row| !self.permissions.contains(row)).collect();
        self.permissions.extend(new);
    }
}

impl Application {
    /// Adds a registration. Where the owner's codes went is shown first: anybody can register with well-known hosts, too.
    fn add(&mut self, client: Option<&Client>, connection: Connection) {
        if let Some(client) = client {
            self.hosts.put_first(client, &connection.receivers);
        }
        self.connections.push(connection);
    }
}

/// What a page shows of an application whose first registration is this one.
fn application(client: Option<&Client>) -> Application {
    let document = client.and_then(Client::document);
    Application {
        hosts: client.map(ShownHosts::few).unwrap_or_default(),
        published_at: document.map(|document| document.url.host().to_owned()),
        connections: Vec::new(),
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
        addresses: Vec::new(),
        permissions: Vec::new(),
        receivers: BTreeSet::new(),
    })
}
