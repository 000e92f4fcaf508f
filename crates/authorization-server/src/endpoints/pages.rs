//! The data of the pages.

use std::collections::BTreeSet;

use oauth_protocol::{resource::ResourceAddress, scope::Scope, secret::Secret};
use time::OffsetDateTime;

use super::blocked_sign_in::BlockedPage;
pub use super::operator_page::{ListedApplication, ListedEntraApplication, OperatorPage};
use crate::{
    ground::{Id, Sealed},
    state::{
        asking_client::AskingClient, entra_client::EntraClient, owner_session::OwnerSession,
        pending_consent::PendingConsent, scopes::Permission, shown_hosts::ShownHosts, valid_request::ValidRequest,
    },
};

/// A page of this server.
pub enum Page {
    /// Asks the owner for consent.
    Consent(ConsentPage),
    /// Asks whether to ask: an application of this name was denied today.
    Review(ReviewPage),
    /// Tells that the request was denied.
    Denied(DeniedPage),
    /// Asks the owner who signed in.
    Confirmation(ConfirmationPage),
    /// Tells that the organisation blocks the sign-in.
    Blocked(BlockedPage),
    /// Shows an owner their connections.
    Connections(ConnectionsPage),
    /// Asks the owner to sign in, to see their connections.
    ConnectionsSignIn,
    /// Shows an operator the applications.
    Operator(Box<OperatorPage>),
    /// Asks an operator to sign in.
    OperatorSignIn,
}

/// The page that asks for consent.
pub struct ConsentPage {
    /// The client that asks.
    pub client: AskingClient,
    /// The form.
    pub form: ConsentForm,
    /// When the same was allowed before: the page then asks briefly.
    pub allowed_at: Option<OffsetDateTime>,
    /// The scope that the owner allowed to the same client and receiver before, in this browser. The page then says
    /// what is added.
    pub allowed_before: Scope,
}

impl ConsentPage {
    /// The page that asks briefly, because the same was allowed at this time.
    pub(crate) fn brief(client: AskingClient, form: ConsentForm, allowed_at: OffsetDateTime) -> Self {
        Self { client, form, allowed_at: Some(allowed_at), allowed_before: Scope::default() }
    }
}

/// The page for an application that looks like one that was denied.
pub struct ReviewPage {
    /// The client that asks.
    pub client: AskingClient,
    /// The form.
    pub form: ConsentForm,
}

/// A pending consent, sealed for its page.
pub struct ConsentForm {
    /// The request that the owner decides on.
    pub pending: PendingConsent,
    /// The same, sealed.
    pub sealed: Sealed<PendingConsent>,
    /// The secrets of the form.
    pub secrets: ConsentSecrets,
}

/// The secrets that the browser keeps while the page is open.
pub struct ConsentSecrets {
    /// The value of `__Host-MCP_CONSENT_STATE`.
    pub binding: Secret,
    /// The value of `__Host-MCP_CSRF_TOKEN`, and a field of the form.
    pub csrf: Secret,
}

/// The page after a denial.
pub struct DeniedPage {
    /// The host of the client's redirect URI.
    pub host: String,
    /// The client's redirect URI with `access_denied`.
    pub return_to: String,
    /// Whether the page goes there by itself after a while.
    pub returns_by_itself: bool,
    /// Undoes the denial.
    pub form: ConsentForm,
}

/// The page that asks the owner who signed in.
pub struct ConfirmationPage {
    /// Transaction id.
    pub id: Id,
    /// The client that asks.
    pub client: AskingClient,
    /// The request that the owner decides on.
    pub request: ValidRequest,
    /// The owner's name.
    pub name: String,
    /// The double-submit token. Only the browser that has the transaction's cookie is shown it.
    pub csrf: Secret,
}

/// The page of an owner's connections.
pub struct ConnectionsPage {
    /// The owner.
    pub session: OwnerSession,
    /// The applications, the one used last first.
    pub applications: Vec<Application>,
    /// Applications that call with tokens of Entra, the one that called last first.
    pub entra_clients: Vec<EntraClient>,
    /// How many clients this browser remembers as denied.
    pub denials: usize,
}

/// Clients that nobody can tell apart: one that registers anew at each sign-in is one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The hosts of its redirect URIs.
    pub hosts: ShownHosts,
    /// The host of its metadata document; `None` for one that registers.
    pub published_at: Option<String>,
    /// Its registrations, the one used last first.
    pub connections: Vec<Connection>,
}

/// One client, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The client.
    pub client: Id,
    /// The client's name; `None` if its registration has expired.
    pub name: Option<String>,
    /// When it was first allowed.
    pub since: OffsetDateTime,
    /// When it last renewed its tokens. A client in use does that hourly.
    pub last_used: Option<OffsetDateTime>,
    /// Its grants: one for each device or installation.
    pub devices: usize,
    /// Whether the owner will not be asked again.
    pub remembered: bool,
    /// The addresses of this server that it named.
    pub addresses: Vec<ResourceAddress>,
    /// Its permissions.
    pub permissions: Vec<&'static Permission>,
    /// The hosts of the receivers that it was allowed for.
    pub receivers: BTreeSet<String>,
}
