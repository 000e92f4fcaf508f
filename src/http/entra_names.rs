//! The names by which clients that get their tokens from Entra ask for them.

use authorization_server::{resource::entra_token::ACCESS_AS_USER, state::scopes};
use oauth_protocol::scope::Scope;

use crate::config::Settings;

/// Our app registration.
#[derive(Clone, Debug, Default)]
pub struct EntraNames {
    /// Origin of the authority.
    pub authority: String,
    /// The tenant of Entra ID.
    pub tenant_id: String,
    /// The application (client) id.
    pub client_id: String,
}

impl EntraNames {
    /// The names that the settings give.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let Settings { authority, tenant_id, client_id, .. } = settings;
        Self { authority: authority.clone(), tenant_id: tenant_id.clone(), client_id: client_id.clone() }
    }

    /// Where a client signs its user in.
    pub(super) fn authorization_uri(&self) -> String {
        format!("{}/{}/oauth2/v2.0/authorize", self.authority, self.tenant_id)
    }

    /// The permissions behind this scope, in full names: the first one of the scope table comes with `access_as_user`.
    pub(super) fn full_names(&self, scope: &Scope) -> String {
        let first = scopes::first();
        let others = scope.tokens().filter(|token| !first.contains(token));
        let names = std::iter::once(ACCESS_AS_USER).chain(others);
        names.map(|name| format!("{}/{name}", self.client_id)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_its_full_name_and_the_first_is_access_as_user() {
        let client_id = "id".to_owned();
        let names = EntraNames { authority: "https://login.example".into(), tenant_id: "t".into(), client_id };
        for (scope, expected) in [
            ("user.read", "id/access_as_user"),
            ("user.read mail.read", "id/access_as_user id/mail.read"),
            ("mail.read", "id/access_as_user id/mail.read"),
        ] {
            assert_eq!(names.full_names(&Scope::parse(scope).unwrap()), expected);
        }
        assert_eq!(names.authorization_uri(), "https://login.example/t/oauth2/v2.0/authorize");
    }
}
