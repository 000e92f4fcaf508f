//! What a block names.

use oauth_protocol::client_id_url::ClientIdUrl;

use super::client::{Client, ClientId};
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
    /// Every client that has an https redirect URI on this host.
    RedirectHost(String),
    /// A client of Entra's own, by its application id in lower case.
    EntraApplication(String),
}

impl BlockTarget {
    /// The target that names exactly this client.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        client.document().map_or(Self::Registration(client.id), |document| Self::Document(document.url.clone()))
    }

    /// Whether the client's own record is needed to tell whether it is meant.
    pub(super) fn needs_client(&self) -> bool {
        matches!(self, Self::DocumentHost(_) | Self::RedirectHost(_))
    }

    /// Whether it means this client by a host.
    pub(super) fn names_host_of(&self, client: &Client) -> bool {
        match self {
            Self::DocumentHost(host) => client.document().is_some_and(|document| document.url.host() == host),
            Self::RedirectHost(host) => {
                let https = |uri: &str| uri.starts_with("https://");
                client.redirect_uris.iter().any(|uri| https(uri.as_str()) && uri.host().eq_ignore_ascii_case(host))
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
