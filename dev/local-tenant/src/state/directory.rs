//! The part of the state that an administrator changes: accounts, sessions and consents.

use std::io;

use stand_in::lock;

use super::{REFRESH_TOKEN_SECONDS, State};
use crate::registration::CLIENT_ID;

impl State {
    /// Graph's `accountEnabled`.
    pub(crate) fn is_enabled(&self, oid: &str) -> bool {
        !lock(&self.stored).disabled.contains(oid)
    }

    /// Enables or disables an account.
    pub(crate) fn enable(&self, oid: &str, enabled: bool) -> io::Result<()> {
        let mut stored = lock(&self.stored);
        if enabled {
            stored.disabled.remove(oid);
        } else {
            stored.disabled.insert(oid.to_owned());
        }
        self.save(&stored)
    }

    /// When this user's sessions were revoked last, in seconds since 1970. What was issued until then is not valid.
    pub(crate) fn revoked_at(&self, oid: &str) -> Option<i64> {
        lock(&self.stored).sessions_revoked.get(oid).copied()
    }

    /// Graph's `revokeSignInSessions`, at this time.
    pub(crate) fn revoke_sessions(&self, oid: &str, now: i64) -> io::Result<()> {
        let mut stored = lock(&self.stored);
        stored.sessions_revoked.insert(oid.to_owned(), now);
        self.save(&stored)
    }

    /// Whether anything is consented to under this name.
    pub(crate) fn has_consents(&self, of: &str) -> bool {
        lock(&self.stored).consents.contains_key(of)
    }

    /// Removes everything that is consented to under this name.
    pub(crate) fn withdraw_consents(&self, of: &str) -> io::Result<()> {
        let mut stored = lock(&self.stored);
        stored.consents.remove(of);
        self.save(&stored)
    }

    /// When the newest refresh token was issued that our app may still hold for this user.
    pub(crate) fn signed_in_since(&self, oid: &str, now: i64) -> Option<i64> {
        let stored = lock(&self.stored);
        let revoked_at = stored.sessions_revoked.get(oid).copied().unwrap_or_default();
        let after = revoked_at.max(now - REFRESH_TOKEN_SECONDS);
        let own = stored.refresh_tokens.values().filter(|token| token.oid == oid && token.client_id == CLIENT_ID);
        own.map(|token| token.issued_at).filter(|issued_at| *issued_at > after).max()
    }
}
