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
    /// Its id among Graph's delegated permissions, the same in every tenant and cloud
    /// (<https://learn.microsoft.com/graph/permissions-reference>).
    pub id: &'static str,
    /// The sentence for people that says what it allows.
    pub sentence: &'static str,
}

/// Sign-in and the user's own profile.
pub static USER_READ: Permission = Permission {
    name: "user.read",
    downstream: "User.Read",
    id: "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    sentence: "Sign you in and read your profile: name, e-mail address, job title, phone numbers and office.",
};

/// The user's calendar.
pub static CALENDARS_READ: Permission = Permission {
    name: "calendars.read",
    downstream: "Calendars.Read",
    id: "465a38f9-76ea-45b9-9f34-9e8b0d4b0b42",
    sentence: "Read your calendar: what, when, where, with whom, and the links of online meetings.",
};

/// The user's mail.
pub static MAIL_READ: Permission = Permission {
    name: "mail.read",
    downstream: "Mail.Read",
    id: "570282fd-fa5c-430d-a7fd-fc8dc98a9dca",
    sentence: "Search and read your e-mail.",
};

/// Every scope. A further Graph permission is one more row.
pub static PERMISSIONS: &[&Permission] = &[&USER_READ, &CALENDARS_READ, &MAIL_READ];

/// The scope that is granted at the authorization endpoint and at registration: the scopes of the table that were asked for,
/// and the first of the table if there is none of them. Unknown scopes are ignored, `offline_access` among them, and the
/// answer says what was granted (RFC 6749 §3.3).
#[must_use]
pub fn granted(asked: Option<&Scope>) -> Scope {
    let known = asked.map(known).filter(|known| !known.is_empty());
    known.unwrap_or_else(|| Scope::parse(USER_READ.name).unwrap_or_default())
}

/// The scope of a refresh (RFC 6749 §6): the known scopes that were asked for, and all that was granted if there is none of
/// them; `None` if a known scope was not granted.
#[must_use]
pub fn refreshed(asked: Option<&Scope>, granted: &Scope) -> Option<Scope> {
    match asked.map(known).filter(|known| !known.is_empty()) {
        None => Some(granted.clone()),
        Some(known) => known.is_subset(granted).then_some(known),
    }
}

fn known(asked: &Scope) -> Scope {
    asked.filtered(|token| PERMISSIONS.iter().any(|permission| permission.name == token))
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

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn an_absent_scope_is_the_first_of_the_table() {
        let first = PERMISSIONS.first().unwrap().name;
        assert_eq!((granted(None), granted(Some(&scope(" ")))), (scope(first), scope(first)));
        assert_eq!(first, "user.read");
    }

    #[test]
    fn unknown_scopes_are_ignored() {
        for asked in ["offline_access user.read mail.send", "openid email offline_access", "mail.send", "User.Read"] {
            assert_eq!(granted(Some(&scope(asked))), scope("user.read"), "{asked}");
        }
    }

    #[test]
    fn a_refresh_without_a_known_scope_is_one_for_all_that_was_granted() {
        let all = scope("user.read more");
        for asked in [None, Some(" "), Some("offline_access mail.send")] {
            assert_eq!(refreshed(asked.map(scope).as_ref(), &all), Some(all.clone()), "{asked:?}");
        }
        assert_eq!(refreshed(Some(&scope("user.read mail.send")), &all), Some(scope("user.read")));
    }

    #[test]
    fn a_known_scope_that_was_not_granted_is_refused_at_a_refresh() {
        assert_eq!(refreshed(Some(&scope("user.read mail.send")), &scope("other")), None);
    }

    #[test]
    fn every_row_differs_from_every_other_in_all_that_names_it() {
        let columns: [fn(&Permission) -> &'static str; 4] =
            [|row| row.name, |row| row.downstream, |row| row.id, |row| row.sentence];
        for column in columns {
            let values: std::collections::HashSet<_> = PERMISSIONS.iter().map(|row| column(row)).collect();
            assert_eq!(values.len(), PERMISSIONS.len());
        }
        assert!(PERMISSIONS.iter().all(|row| row.name == row.downstream.to_lowercase() && row.sentence.ends_with('.')));
    }

    #[test]
    fn the_scopes_that_were_asked_for_are_granted_and_no_others() {
        assert_eq!(granted(Some(&scope("mail.read user.read openid"))), scope("mail.read user.read"));
        assert_eq!(granted(Some(&scope("calendars.read"))), scope("calendars.read"));
    }
}
