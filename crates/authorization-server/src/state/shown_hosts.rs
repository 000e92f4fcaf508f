//! The hosts of a client on a page.

use std::collections::BTreeSet;

use oauth_protocol::{host_name::has_dns_length, redirect_uri::RedirectUri};

use super::client::Client;

/// The most that an owner is shown. Anybody can register a client with 32 of them.
const MAX_SHOWN: usize = 3;

/// Hosts of redirect URIs, without their ports. A private-use scheme stands for a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownHosts {
    /// Those that are shown.
    pub names: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// How many of those that are shown are receivers of the owner's codes.
    receivers: usize,
}

impl ShownHosts {
    /// All hosts of a client. One that was registered before their length was limited is counted only.
    #[must_use]
    pub fn all(client: &Client) -> Self {
        Self::at_most(usize::MAX, client)
    }

    /// The first few by alphabet.
    pub(crate) fn few(client: &Client) -> Self {
        Self::at_most(MAX_SHOWN, client)
    }

    fn at_most(most: usize, client: &Client) -> Self {
        let hosts = hosts(client);
        let shown = hosts.iter().filter(|host| has_dns_length(host)).take(most);
        let names: Vec<String> = shown.map(|host| (*host).to_owned()).collect();
        Self { more: hosts.len() - names.len(), names, receivers: 0 }
    }

    /// Shows the receivers of the owner's codes first, all that are the client's. Other hosts make room for them, and are counted.
    pub(crate) fn put_first(&mut self, client: &Client, receivers: &BTreeSet<String>) {
        let (hosts, all) = (hosts(client), self.names.len() + self.more);
        for receiver in receivers.iter().filter(|host| hosts.contains(host.as_str()) && has_dns_length(host)) {
            if self.names.iter().take(self.receivers).all(|name| name != receiver) {
                self.names.retain(|name| name != receiver);
                self.names.insert(self.receivers, receiver.clone());
                self.receivers += 1;
            }
        }
        self.names.truncate(MAX_SHOWN.max(self.receivers));
        self.more = all - self.names.len();
    }
}

fn hosts(client: &Client) -> BTreeSet<&str> {
    client.redirect_uris.iter().map(RedirectUri::host).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::client::example::registered;

    /// As a page shows them.
    fn shown(hosts: &ShownHosts) -> (Vec<&str>, usize) {
        (hosts.names.iter().map(String::as_str).collect(), hosts.more)
    }

    #[test]
    fn three_hosts_are_shown_and_the_others_counted_and_an_operator_sees_all() {
        let uris = [
            "https://b.example/1",
            "https://b.example:8443/2",
            "http://127.0.0.1:1/",
            "cursor://a",
            "https://c.example",
        ];
        let few = |uris| ShownHosts::few(&registered(uris));
        assert_eq!(shown(&few(&uris[..4])), (vec!["127.0.0.1", "b.example", "cursor"], 0));
        assert_eq!(shown(&few(&uris)), (vec!["127.0.0.1", "b.example", "c.example"], 1));
        let all = ShownHosts::all(&registered(&uris));
        assert_eq!(shown(&all), (vec!["127.0.0.1", "b.example", "c.example", "cursor"], 0));
    }

    #[test]
    fn the_receivers_of_the_owners_codes_are_shown_whatever_else_the_client_registered() {
        let client = registered(&["https://a.example", "https://b.example", "https://c.example", "https://x.example"]);
        let receivers = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut hosts = ShownHosts::few(&client);
        hosts.put_first(&client, &receivers(&["former.example", "x.example"]));
        assert_eq!(shown(&hosts), (vec!["x.example", "a.example", "b.example"], 1));
        hosts.put_first(&client, &receivers(&["b.example", "x.example"]));
        assert_eq!(shown(&hosts), (vec!["x.example", "b.example", "a.example"], 1));
        hosts.put_first(&client, &receivers(&["a.example", "c.example"]));
        assert_eq!(shown(&hosts), (vec!["x.example", "b.example", "a.example", "c.example"], 0));
    }
}
