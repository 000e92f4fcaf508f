//! The one table of scopes: what a client asks for, what Graph calls it, and what the consent page says.

use oauth_protocol::scope::Scope;

/// One scope of this server. Other crates can name the rows below, but cannot make one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Permission {
    /// As clients write it.
    pub name: &'static str,
    /// The delegated Graph permission.
    pub downstream: &'static str,
    /// What it allows, as a person reads it.
    pub sentence: &'static str,
}

/// Sign-in and the user's own profile.
pub static USER_READ: Permission = Permission {
    name: "user.read",
    downstream: "User.Read",
    sentence: "Sign you in and read your profile: name, e-mail address, job title, phone numbers and office.",
};

/// Every scope. A further Graph permission is one more row.
pub static PERMISSIONS: &[&Permission] = &[&USER_READ];

/// Names of all scopes, for metadata.
#[must_use]
pub fn names() -> Vec<&'static str> {
    PERMISSIONS.iter().map(|permission| permission.name).collect()
}

/// The scope that is granted. Without a `scope` it is the first of the table. Unknown scopes, `offline_access` among them,
/// are dropped; `None` if no known scope is left.
#[must_use]
pub fn granted(asked: Option<&Scope>) -> Option<Scope> {
    let asked = match asked {
        Some(scope) if !scope.is_empty() => scope,
        _ => return Scope::parse(PERMISSIONS.first()?.name).ok(),
    };
    let known: Vec<&str> = names().into_iter().filter(|name| asked.contains(name)).collect();
    if known.is_empty() { None } else { Scope::parse(&known.join(" ")).ok() }
}

/// The rows that a granted scope names.
pub fn permissions(scope: &Scope) -> impl Iterator<Item = &'static Permission> + '_ {
    PERMISSIONS.iter().copied().filter(|permission| scope.contains(permission.name))
}

/// The Graph permissions behind a granted scope.
#[must_use]
pub fn downstream(scope: &Scope) -> Vec<&'static str> {
    permissions(scope).map(|permission| permission.downstream).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<String> {
        granted(Some(&Scope::parse(text).unwrap())).map(|scope| scope.to_string())
    }

    #[test]
    fn an_absent_scope_is_user_read() {
        assert_eq!(granted(None).unwrap().to_string(), "user.read");
    }

    #[test]
    fn unknown_extras_are_dropped_and_offline_access_with_them() {
        assert_eq!(asked("offline_access user.read mail.send").as_deref(), Some("user.read"));
    }

    #[test]
    fn nothing_known_is_refused() {
        assert_eq!(asked("mail.send"), None);
    }

    #[test]
    fn offline_access_is_listed_nowhere() {
        assert!(!names().contains(&"offline_access"));
    }
}
