//! `/connections`: the signed-in owner sees what was allowed, and takes it back.
//!
//! Signing in here has a `state` of its own kind, sealed instead of stored: a callback of one kind never serves the other.

use std::collections::BTreeMap;

use oauth_protocol::{
    form::Form,
    secret::{Secret, SecretHash},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    endpoints::sign_in::SignIn,
    ground::{
        Id, Sealed, SealedAsJson, Unavailable,
        lifetimes::{CONSENT_LIFETIME, OWNER_SESSION_LIFETIME},
    },
    server::AuthorizationServer,
    state::{
        derived::{derived, upstream_nonce, upstream_verifier},
        grant::Grant,
        pending_consent::SignInPrompt,
    },
    upstream::{SignedInUser, UpstreamRefusal},
};

/// Purpose, and with its prefix the name, of the cookie that says who is signed in.
pub const OWNER: &str = "__Host-MCP_OWNER";

impl SealedAsJson for State {
    const PURPOSE: &'static str = "connections-state";
    type BoundTo = ();
}

impl SealedAsJson for OwnerSession {
    const PURPOSE: &'static str = "cookie:__Host-MCP_OWNER";
    type BoundTo = ();
}

/// The sealed `state` of a sign-in for this page.
#[derive(Serialize, Deserialize)]
struct State {
    id: Id,
    browser: SecretHash,
    issued_at: i64,
}

/// Who is signed in on this page.
#[derive(Serialize, Deserialize)]
pub struct OwnerSession {
    /// The owner's partition.
    pub owner: Id,
    /// As the owner calls themselves.
    pub name: String,
    until: i64,
    csrf: String,
}

/// One client, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The client.
    pub client: Id,
    /// What it calls itself; `None` if its registration has lapsed.
    pub name: Option<String>,
    /// Since when.
    pub since: OffsetDateTime,
    /// When it last renewed its tokens, which a client in use does hourly: to the day, its last use.
    pub last_used: Option<OffsetDateTime>,
    /// Its grants: one for each device or installation.
    pub devices: usize,
    /// Whether the owner will not be asked again.
    pub remembered: bool,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionsError {
    /// Not a `state` of this page, too old, or of another browser.
    #[error("the sign-in is unknown, has expired, or began in another browser")]
    UnknownState,
    /// Entra signed nobody in.
    #[error("nobody was signed in: {0}")]
    NotSignedIn(String),
    /// The form was not made for this session.
    #[error("the form does not belong to this session")]
    Forged,
    /// The store, the keyring or the upstream is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl OwnerSession {
    /// The double-submit token of its forms.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl AuthorizationServer {
    /// Sends the browser to Entra. Nothing is stored.
    pub async fn sign_in_to_connections(&self) -> Result<SignIn, Unavailable> {
        let (id, browser) = (self.random_id(), self.random_secret());
        let state = State { id, browser: browser.sha256(), issued_at: self.now().unix_timestamp() };
        let state = self.seal(&state, ()).await?;
        let url = self.ports.upstream.sign_in_url(&crate::upstream::SignInRequest {
            state: state.as_str(),
            code_challenge: upstream_verifier(&browser).challenge().as_str(),
            nonce: &upstream_nonce(&browser),
            downstream_scopes: &[],
            prompt: SignInPrompt::SelectAccount,
        });
        Ok(SignIn { id, url, browser })
    }

    /// The transaction of a callback, if it is one of this page; its id names the cookie.
    pub async fn connections_transaction(&self, query: &Form) -> Result<Option<Id>, Unavailable> {
        let Some(state) = query.single("state").ok().flatten() else { return Ok(None) };
        Ok(self.open(&Sealed::<State>::from_text(state), ()).await?.map(|state| state.id))
    }

    /// Completes the sign-in: the value of [`OWNER`].
    pub async fn signed_in_to_connections(
        &self,
        query: &Form,
        cookie: Option<&str>,
    ) -> Result<String, ConnectionsError> {
        let state = query.single("state").ok().flatten().ok_or(ConnectionsError::UnknownState)?;
        let state = self.open(&Sealed::<State>::from_text(state), ()).await?.ok_or(ConnectionsError::UnknownState)?;
        let young = self.now().unix_timestamp() - state.issued_at < CONSENT_LIFETIME.whole_seconds();
        let browser = cookie.and_then(Secret::parse).filter(|secret| young && state.browser.verifies(secret));
        let browser = browser.ok_or(ConnectionsError::UnknownState)?;
        let user = self.redeem_for_connections(query, &browser).await?;
        let session = OwnerSession {
            owner: user.subject.owner_key(),
            name: user.name,
            until: (self.now() + OWNER_SESSION_LIFETIME).unix_timestamp(),
            csrf: derived(&browser, b"connections").encode().expose_secret().to_owned(),
        };
        Ok(self.seal(&session, ()).await?.as_str().to_owned())
    }

    async fn redeem_for_connections(&self, query: &Form, browser: &Secret) -> Result<SignedInUser, ConnectionsError> {
        let refused = |reason: &str| ConnectionsError::NotSignedIn(reason.chars().take(64).collect());
        if let Some(error) = query.first("error") {
            return Err(refused(error));
        }
        let code = query.single("code").ok().flatten().ok_or_else(|| refused("no code"))?;
        let verifier = SecretString::from(upstream_verifier(browser).expose());
        let redeemed = self.ports.upstream.redeem(&SecretString::from(code), &verifier, &upstream_nonce(browser)).await;
        redeemed.map_err(|refusal| match refusal {
            UpstreamRefusal::Unavailable(unavailable) => unavailable.into(),
            other => ConnectionsError::NotSignedIn(other.to_string()),
        })
    }

    /// Who is signed in, by the cookie.
    pub async fn owner_session(&self, cookie: Option<&str>) -> Result<Option<OwnerSession>, Unavailable> {
        let Some(cookie) = cookie else { return Ok(None) };
        let session = self.open(&Sealed::<OwnerSession>::from_text(cookie), ()).await?;
        Ok(session.filter(|session| self.now().unix_timestamp() < session.until))
    }

    /// Whether a form was made for this session.
    pub fn check_owner_form(&self, session: &OwnerSession, csrf: &str) -> Result<(), ConnectionsError> {
        let expected = Secret::parse(&session.csrf).map(|secret| secret.sha256());
        let honest = expected.zip(Secret::parse(csrf)).is_some_and(|(expected, secret)| expected.verifies(&secret));
        if honest { Ok(()) } else { Err(ConnectionsError::Forged) }
    }

    /// What the owner has allowed, by client, the latest first.
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
        connections.sort_by_key(|connection| std::cmp::Reverse(connection.last_used.unwrap_or(connection.since)));
        Ok(connections)
    }

    /// Withdraws what a client, or every client, was allowed: the approvals first, with a mark that stops an authorization
    /// that is under way, then each grant.
    pub async fn withdraw(&self, key: Id, client: Option<Id>) -> Result<(), Unavailable> {
        self.remove_approvals(key, client).await?;
        for grant in self.ports.owner_grants.of_owner(key).await? {
            if client.is_none_or(|client| grant.client == client) {
                self.revoke(grant.key).await?;
            }
        }
        Ok(())
    }
}

impl Connection {
    fn count(&mut self, grant: &Grant) {
        self.devices += 1;
        self.since = self.since.min(grant.redeemed_at);
        self.last_used = self.last_used.max(Some(grant.family.rotated_at));
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
