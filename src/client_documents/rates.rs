//! How often documents are fetched.

use std::num::NonZeroU32;

use authorization_server::{client_documents::FetchedFor, ground::Network};
use oauth_protocol::https_url::HttpsUrl;
use sha2::{Digest as _, Sha256};

/// Requests to one host a minute: for all strangers, or for the clients that were used of one host.
const HOST_REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// Requests for the callers of one network a minute: one of them leaves most of the requests for all to the others.
const NETWORK_REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Requests to one host for the callers of one network a minute: one of them leaves most of those to the host.
const NETWORK_AND_HOST_REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Requests to one URL a minute for a client that was used. What was fetched is kept for five minutes, so only a host that
/// fails is asked so often.
const USED_URL_REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(6).unwrap();
/// Requests of a lane to all hosts a minute.
const ALL_REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// The rate in which a request counts. URLs and hosts are hashed by SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum RateKey {
    Strangers,
    Network(Network),
    NetworkAndHost(Network, [u8; 32]),
    Host([u8; 32]),
    Users,
    UsersNetwork(Network),
    /// Of the host that publishes a client, and the host that is asked for it.
    UsedHost([u8; 32]),
    /// Of a client, and the URL that is fetched for it.
    UsedUrl([u8; 32]),
}

impl RateKey {
    /// Without a gateway all callers would have one share, so there is none.
    fn is_of_all_callers(&self) -> bool {
        let (Self::Network(from) | Self::NetworkAndHost(from, _) | Self::UsersNetwork(from)) = *self else {
            return false;
        };
        from == Network::UNKNOWN
    }
}

/// The rates in which a request counts.
pub(super) fn rates(url: &HttpsUrl, fetched_for: &FetchedFor) -> Vec<(RateKey, NonZeroU32)> {
    let mut rates = match *fetched_for {
        FetchedFor::Caller(from) => {
            let host = hash([url.host()]);
            vec![
                (RateKey::NetworkAndHost(from, host), NETWORK_AND_HOST_REQUESTS_PER_MINUTE),
                (RateKey::Network(from), NETWORK_REQUESTS_PER_MINUTE),
                (RateKey::Host(host), HOST_REQUESTS_PER_MINUTE),
                (RateKey::Strangers, ALL_REQUESTS_PER_MINUTE),
            ]
        }
        // Whose client it is counts: anybody's may name the URL of another as that of its keys.
        FetchedFor::Users { ref client, from } => vec![
            (RateKey::UsersNetwork(from), NETWORK_REQUESTS_PER_MINUTE),
            (RateKey::UsedUrl(hash([client.as_str(), url.as_str()])), USED_URL_REQUESTS_PER_MINUTE),
            (RateKey::UsedHost(hash([client.host(), url.host()])), HOST_REQUESTS_PER_MINUTE),
            (RateKey::Users, ALL_REQUESTS_PER_MINUTE),
        ],
    };
    rates.retain(|(key, _)| !key.is_of_all_callers());
    rates
}

/// Of texts without a space.
fn hash<const TEXTS: usize>(texts: [&str; TEXTS]) -> [u8; 32] {
    Sha256::digest(texts.join(" ")).into()
}
