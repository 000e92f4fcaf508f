//! The target of a block.

use oauth_protocol::client_id_url::ClientIdUrl;
use time::OffsetDateTime;

use super::{
    client::{Client, ClientId},
    former_hosts::{https_hosts, without_root},
    preauthorized::ApplicationId,
};
use crate::ground::Id;

/// The applications that an entry concerns. A name is no target: anybody can choose any name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockTarget {
    /// One registration.
    Registration(Id),
    /// The client of one metadata document.
    Document(ClientIdUrl),
    /// Every client whose metadata document is on this host.
    DocumentHost(String),
    /// Every client that has an https redirect URI on this host, and the grants that other clients got while they had one.
    RedirectHost(String),
    /// A client of Entra's own.
    EntraApplication(ApplicationId),
}

impl BlockTarget {
    /// The target that names exactly this client.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        client.document().map_or(Self::Registration(client.id), |document| Self::Document(document.url.clone()))
    }

    /// Reads a kind and a value, as the operator's page writes them; `None` if they name nothing that can be blocked.
    #[must_use]
    pub fn parse(kind: &str, value: &str) -> Option<Self> {
        let value = value.trim();
        let lower = || without_root(value).to_ascii_lowercase();
        match kind {
            "registration" => Id::parse(value).map(Self::Registration),
            "document" => ClientIdUrl::parse(value).ok().map(Self::Document),
            "document-host" => Some(lower()).filter(|host| is_host(host)).map(Self::DocumentHost),
            "redirect-host" => Some(lower()).filter(|host| is_host(host)).map(Self::RedirectHost),
            "entra-application" => ApplicationId::parse(value).map(Self::EntraApplication),
            _ => None,
        }
    }

    /// Its kind, as [`BlockTarget::parse`] reads it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Registration(_) => "registration",
            Self::Document(_) => "document",
            Self::DocumentHost(_) => "document-host",
            Self::RedirectHost(_) => "redirect-host",
            Self::EntraApplication(_) => "entra-application",
        }
    }

    /// Its value in the store and in forms.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Registration(id) => id.to_string(),
            Self::Document(url) => url.as_str().to_owned(),
            Self::DocumentHost(text) | Self::RedirectHost(text) => text.clone(),
            Self::EntraApplication(application) => application.as_str().to_owned(),
        }
    }

    /// Whether the client's own record is needed to tell whether it is meant.
    pub(super) fn needs_client(&self) -> bool {
        matches!(self, Self::DocumentHost(_) | Self::RedirectHost(_))
    }

    /// Whether it means, by a host, a grant of this client that was made at this time. A document never leaves its URL, but it can
    /// name other redirect URIs.
    pub(super) fn names_host_of(&self, client: &Client, made_at: OffsetDateTime) -> bool {
        match self {
            Self::DocumentHost(host) => client.document().is_some_and(|document| document.url.host() == host),
            Self::RedirectHost(host) => {
                https_hosts(&client.redirect_uris).any(|name| name.eq_ignore_ascii_case(host))
                    || client.former_hosts().iter().any(|former| former.may_have_got(host, made_at))
            }
            Self::Registration(_) | Self::Document(_) | Self::EntraApplication(_) => false,
        }
    }

    /// The key of the client, if it is one client.
    #[must_use]
    pub fn client(&self) -> Option<Id> {
        match self {
            Self::Registration(id) => Some(*id),
            Self::Document(url) => Some(ClientId::Document(url.clone()).key()),
            Self::DocumentHost(_) | Self::RedirectHost(_) | Self::EntraApplication(_) => None,
        }
    }
}

/// A host in lower case, without a port.
fn is_host(text: &str) -> bool {
    let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(known);
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}
