//! An access token that Entra issued to a client itself.

use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use super::{preauthorized::ApplicationId, roles::Roles};
use crate::ground::Id;

/// An access token of Entra for this server, which was verified. It is kept in memory only, and sealed in messages to other
/// instances.
#[derive(Clone, Debug)]
pub struct EntraToken {
    /// The token. It is the assertion of the on-behalf-of exchange.
    pub text: SecretString,
    /// `azp`: the application that it was issued to.
    pub application: ApplicationId,
    /// `iat`.
    pub issued_at: OffsetDateTime,
    /// Whether the application can answer claims challenges: it declares `cp1` in `xms_cc`.
    pub takes_claims_challenges: bool,
    /// The roles of the user. They hold until the token ends.
    pub roles: Roles,
}

impl EntraToken {
    /// The first 128 bits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> Id {
        Id::sha256_of(self.text.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> EntraToken {
        EntraToken {
            text: text.into(),
            application: ApplicationId::parse("5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5").unwrap(),
            issued_at: OffsetDateTime::UNIX_EPOCH,
            takes_claims_challenges: true,
            roles: Roles::until([], OffsetDateTime::UNIX_EPOCH),
        }
    }

    #[test]
    fn a_token_is_known_by_a_hash_of_its_text() {
        assert_eq!(token("one").id(), token("one").id());
        assert_ne!(token("one").id(), token("another").id());
    }

    #[test]
    fn the_debug_form_does_not_hold_the_text() {
        assert!(!format!("{:?}", token("the text")).contains("the text"));
    }
}
