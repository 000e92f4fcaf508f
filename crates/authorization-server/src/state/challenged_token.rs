//! A token that Entra issued to a client, and the claims that it was found to lack while tools ran. It stands in the store, where
//! every process finds it: the one that answers the client's next request need not be the one that ran the tool.

use oauth_protocol::scope::Scope;
use time::OffsetDateTime;

use super::claims::Claims;
use crate::ground::{Id, Record};

/// The key of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenKey {
    /// The partition of its owner.
    pub owner: Id,
    /// The id of the token, a hash.
    pub token: Id,
}

/// Claims without which there is no token for these scopes of one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LackedClaims {
    /// The scopes.
    pub scope: Scope,
    /// The claims.
    pub claims: Claims,
}

/// A token that lacks claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengedToken {
    /// The token.
    pub key: TokenKey,
    /// The claims that it lacks, once for each set of scopes.
    pub lacks: Vec<LackedClaims>,
    /// When the token ends.
    pub expires_at: OffsetDateTime,
}

impl ChallengedToken {
    /// A token that lacks nothing yet.
    pub(crate) fn new(key: TokenKey, expires_at: OffsetDateTime) -> Self {
        Self { key, lacks: Vec::new(), expires_at }
    }

    /// The same token, which lacks this. The newest claims for a set of scopes take the place of older ones.
    pub(crate) fn lacking(mut self, lacked: LackedClaims) -> Self {
        self.lacks.retain(|other| other.scope != lacked.scope);
        self.lacks.push(lacked);
        self
    }
}

impl Record for ChallengedToken {
    type Key = TokenKey;
    fn key(&self) -> TokenKey {
        self.key
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacked(scope: &str, acrs: &str) -> LackedClaims {
        let claims = Claims::parse(&format!(r#"{{"access_token":{{"acrs":{{"value":"{acrs}"}}}}}}"#)).unwrap();
        LackedClaims { scope: Scope::parse(scope).unwrap(), claims }
    }

    #[test]
    fn the_newest_claims_for_a_set_of_scopes_are_those_that_are_lacked() {
        let [owner, token] = [1, 2].map(|byte| Id::from_bytes([byte; 16]));
        let token = ChallengedToken::new(TokenKey { owner, token }, OffsetDateTime::UNIX_EPOCH);
        let token = token.lacking(lacked("user.read", "c1")).lacking(lacked("user.read mail.read", "c2"));
        let token = token.lacking(lacked("user.read", "c3"));
        assert_eq!(token.lacks, [lacked("mail.read user.read", "c2"), lacked("user.read", "c3")]);
    }
}
