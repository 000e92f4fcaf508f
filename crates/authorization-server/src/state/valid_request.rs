//! An authorization request in which everything was checked.

use oauth_protocol::{
    pkce::CodeChallenge,
    redirect_uri::{RedirectKind, RedirectTarget, RedirectUri},
    resource::ResourceAddress,
    scope::Scope,
};
use serde::{Deserialize, Serialize};

use crate::ground::Id;

/// An authorization request (RFC 6749 §4.1.1) of a client that exists, to a redirect URI that it registered, with an S256
/// challenge, and with the scope that will be granted.
///
/// Its fields are private and only this crate makes one, so that an answer cannot be sent to an address that was not checked.
/// Read back from what this server sealed or stored, the redirect URI counts as registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "RequestShape")]
pub struct ValidRequest {
    client: Id,
    redirect: RedirectTarget,
    challenge: CodeChallenge,
    state: Option<String>,
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<ResourceAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Id>,
}

impl ValidRequest {
    /// A request that was checked.
    pub(crate) fn new(client: Id, redirect: RedirectTarget, challenge: CodeChallenge, scope: Scope) -> Self {
        Self { client, redirect, challenge, state: None, scope, address: None, metadata: None }
    }

    /// The same request, with the client's `state`.
    #[must_use]
    pub(crate) fn with_state(self, state: Option<String>) -> Self {
        Self { state, ..self }
    }

    /// The same request, for the address of this server that its `resource` names.
    #[must_use]
    pub(crate) fn with_address(self, address: Option<ResourceAddress>) -> Self {
        Self { address, ..self }
    }

    /// The same request, of a client with this [`metadata_hash`](super::client::Client::metadata_hash).
    #[must_use]
    pub(crate) fn with_metadata(self, metadata: Option<Id>) -> Self {
        Self { metadata, ..self }
    }

    /// The hash of the client's metadata, as the owner is shown it.
    #[must_use]
    pub fn metadata(&self) -> Option<Id> {
        self.metadata
    }

    /// The address of this server that the client named.
    #[must_use]
    pub fn address(&self) -> Option<ResourceAddress> {
        self.address
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> Id {
        self.client
    }

    /// The redirect target of the answer. Private to this crate: a request can be read from JSON, a target must not.
    #[must_use]
    pub(crate) fn redirect(&self) -> &RedirectTarget {
        &self.redirect
    }

    /// The redirect URI, to be shown.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        self.redirect.as_str()
    }

    /// The host of the redirect URI, as [`RedirectTarget::host`] gives it.
    #[must_use]
    pub fn redirect_host(&self) -> &str {
        self.redirect.host()
    }

    /// How far the redirect URI proves who receives the answer.
    #[must_use]
    pub fn redirect_kind(&self) -> RedirectKind {
        self.redirect.kind()
    }

    /// `code_challenge` (RFC 7636 §4.2).
    #[must_use]
    pub fn challenge(&self) -> &CodeChallenge {
        &self.challenge
    }

    /// The client's `state`, which is returned exactly as it came.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The scope that will be granted.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// The members, as they are sealed and stored.
#[derive(Deserialize)]
struct RequestShape {
    client: Id,
    redirect: String,
    challenge: CodeChallenge,
    state: Option<String>,
    scope: Scope,
    #[serde(default)]
    address: Option<ResourceAddress>,
    #[serde(default)]
    metadata: Option<Id>,
}

impl TryFrom<RequestShape> for ValidRequest {
    type Error = &'static str;

    fn try_from(shape: RequestShape) -> Result<Self, Self::Error> {
        let RequestShape { client, redirect, challenge, state, scope, address, metadata } = shape;
        let redirect = RedirectUri::stored(redirect);
        let redirect = redirect.matches(redirect.as_str()).ok_or("the redirect URI does not match itself")?;
        Ok(Self { client, redirect, challenge, state, scope, address, metadata })
    }
}
