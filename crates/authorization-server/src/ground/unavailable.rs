//! The failure of a dependency.

/// A dependency did not answer, or gave an answer that cannot be used. Nothing was decided: the caller may ask again later.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the {dependency} is unavailable: {reason}")]
pub struct Unavailable {
    /// The dependency that failed.
    pub dependency: Dependency,
    /// The reason, for the log.
    pub reason: String,
}

/// The dependencies of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// Cosmos DB, or the local file.
    Store,
    /// The data keys, and what wraps them.
    Keyring,
    /// Entra ID.
    Upstream,
    /// The endpoint from which the managed identity gets its tokens.
    IdentityEndpoint,
    /// The source of randomness.
    Entropy,
    /// The host at which a client publishes its keys.
    ClientKeys,
}

impl Unavailable {
    /// The store failed.
    pub fn store(reason: impl Into<String>) -> Self {
        Self { dependency: Dependency::Store, reason: reason.into() }
    }

    /// The keyring failed.
    pub fn keyring(reason: impl Into<String>) -> Self {
        Self { dependency: Dependency::Keyring, reason: reason.into() }
    }

    /// The upstream failed.
    pub fn upstream(reason: impl Into<String>) -> Self {
        Self { dependency: Dependency::Upstream, reason: reason.into() }
    }

    /// The identity endpoint failed.
    pub fn identity_endpoint(reason: impl Into<String>) -> Self {
        Self { dependency: Dependency::IdentityEndpoint, reason: reason.into() }
    }

    /// The keys of a client cannot be fetched.
    pub fn client_keys(reason: impl Into<String>) -> Self {
        Self { dependency: Dependency::ClientKeys, reason: reason.into() }
    }

    /// The source of randomness failed.
    pub fn entropy(reason: impl Into<String>) -> Self {
        Self { dependency: Dependency::Entropy, reason: reason.into() }
    }
}

impl std::fmt::Display for Dependency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Store => "store",
            Self::Keyring => "keyring",
            Self::Upstream => "upstream",
            Self::IdentityEndpoint => "identity endpoint",
            Self::Entropy => "source of randomness",
            Self::ClientKeys => "host of the client's keys",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_names_the_service_that_is_down() {
        for (unavailable, text) in [
            (Unavailable::store("x"), "the store is unavailable: x"),
            (Unavailable::keyring("x"), "the keyring is unavailable: x"),
            (Unavailable::upstream("x"), "the upstream is unavailable: x"),
            (Unavailable::identity_endpoint("x"), "the identity endpoint is unavailable: x"),
            (Unavailable::entropy("x"), "the source of randomness is unavailable: x"),
            (Unavailable::client_keys("x"), "the host of the client's keys is unavailable: x"),
        ] {
            assert_eq!(unavailable.to_string(), text);
        }
    }
}
