//! The hosts of a client on a page.

use std::collections::BTreeSet;

use oauth_protocol::{host_name::has_dns_length, redirect_uri::RedirectUri};

use super::client::Client;

/// The most that are shown. Anybody can register a client with 32 of them.
const MAX_SHOWN: usize = 3;

/// Hosts of redirect URIs, without their ports. A private-use scheme stands for a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownHosts {
    /// Those that are shown.
    pub names: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl ShownHosts {
    /// The hosts of a client. One that was registered before their length was limited is counted only.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let hosts: BTreeSet<&str> = client.redirect_uris.iter().map(RedirectUri::host).collect();
        let shown = hosts.iter().filter(|host| has_dns_length(host)).take(MAX_SHOWN);
        let names: Vec<String> = shown.map(|host| (*host).to_owned()).collect();
        Self { more: hosts.len() - names.len(), names }
    }
}

#[cfg(test)]
mod tests {
    use oauth_protocol::{issuer::BaseUrl, redirect_uri::PrivateUseSchemes};
    use time::OffsetDateTime;

    use super::*;
    use crate::{ground::Id, state::client::Origin};

    fn shown(uris: &[&str]) -> (Vec<String>, usize) {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        let uri = |uri: &&str| RedirectUri::parse(uri, &PrivateUseSchemes::default(), &base).unwrap();
        let ShownHosts { names, more } = ShownHosts::of(&Client {
            id: Id::from_bytes([1; 16]),
            origin: Origin::Registration,
            name: None,
            redirect_uris: uris.iter().map(uri).collect(),
            registered_at: OffsetDateTime::UNIX_EPOCH,
            used_at: None,
            days_used: 0,
            expires_at: OffsetDateTime::UNIX_EPOCH,
        });
        (names, more)
    }

    fn names(names: [&str; 3]) -> Vec<String> {
        names.map(str::to_owned).into()
    }

    #[test]
    fn three_hosts_are_shown_and_the_others_counted() {
        let uris = [
            "https://b.example/1",
            "https://b.example:8443/2",
            "http://127.0.0.1:1/",
            "cursor://a",
            "https://c.example",
        ];
        assert_eq!(shown(&uris[..4]), (names(["127.0.0.1", "b.example", "cursor"]), 0));
        assert_eq!(shown(&uris), (names(["127.0.0.1", "b.example", "c.example"]), 1));
    }
}
