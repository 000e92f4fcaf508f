//! The cookies that this server sets. `__Host-` keeps them to this origin; the transaction in a name keeps two tabs apart.

use std::fmt;

use time::Duration;

use crate::ground::{
    Id,
    lifetimes::{
        APPROVAL_LIFETIME, AUTHORIZATION_LIFETIME, CONSENT_LIFETIME, DENIAL_LIFETIME, OPERATOR_SESSION_LIFETIME,
        OWNER_SESSION_LIFETIME,
    },
};

/// A cookie that this server sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieName {
    /// Binds the consent page of a transaction to this browser.
    ConsentState(Id),
    /// The double-submit token of that page.
    CsrfToken(Id),
    /// Binds Entra's callback, and the confirmation after it, to this browser.
    EntraState(Id),
    /// The approvals that this browser remembers, sealed.
    ApprovedClients,
    /// The denials that this browser remembers, sealed.
    DeniedClients,
    /// The owner who is signed in on the page of connections, sealed.
    Owner,
    /// The operator who is signed in on the operator's page, sealed.
    Operator,
}

impl CookieName {
    /// How long a browser keeps the cookie.
    #[must_use]
    pub fn lifetime(self) -> Duration {
        match self {
            Self::ConsentState(_) | Self::CsrfToken(_) => CONSENT_LIFETIME,
            Self::EntraState(_) => AUTHORIZATION_LIFETIME,
            Self::ApprovedClients => APPROVAL_LIFETIME,
            Self::DeniedClients => DENIAL_LIFETIME,
            Self::Owner => OWNER_SESSION_LIFETIME,
            Self::Operator => OPERATOR_SESSION_LIFETIME,
        }
    }

    /// The name without its transaction.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::ConsentState(_) => "__Host-MCP_CONSENT_STATE-",
            Self::CsrfToken(_) => "__Host-MCP_CSRF_TOKEN-",
            Self::EntraState(_) => "__Host-MCP_ENTRA_STATE-",
            Self::ApprovedClients => "__Host-MCP_APPROVED_CLIENTS",
            Self::DeniedClients => "__Host-MCP_DENIED_CLIENTS",
            Self::Owner => "__Host-MCP_OWNER",
            Self::Operator => "__Host-MCP_OPERATOR",
        }
    }

    fn transaction(self) -> Option<Id> {
        match self {
            Self::ConsentState(id) | Self::CsrfToken(id) | Self::EntraState(id) => Some(id),
            Self::ApprovedClients | Self::DeniedClients | Self::Owner | Self::Operator => None,
        }
    }
}

/// Eight characters of the transaction's id tell it from the others of this browser.
impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        let id = self.transaction().map(|id| id.to_string()).unwrap_or_default();
        id.chars().take(8).try_for_each(|character| fmt::Write::write_char(f, character))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> Id {
        Id::from_bytes([byte; 16])
    }

    #[test]
    fn a_cookie_lives_as_long_as_what_it_is_for() {
        for (name, lifetime) in [
            (CookieName::ConsentState(id(1)), Duration::minutes(10)),
            (CookieName::CsrfToken(id(1)), Duration::minutes(10)),
            (CookieName::EntraState(id(1)), Duration::minutes(15)),
            (CookieName::ApprovedClients, Duration::days(90)),
            (CookieName::DeniedClients, Duration::days(1)),
            (CookieName::Owner, Duration::minutes(10)),
            (CookieName::Operator, Duration::minutes(10)),
        ] {
            assert_eq!(name.lifetime(), lifetime, "{name}");
        }
    }

    #[test]
    fn the_name_has_eight_characters_of_the_transaction() {
        assert_eq!(CookieName::EntraState(id(1)).to_string(), "__Host-MCP_ENTRA_STATE-AQEBAQEB");
        assert_eq!(CookieName::DeniedClients.to_string(), "__Host-MCP_DENIED_CLIENTS");
    }
}
