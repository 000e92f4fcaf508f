//! App roles of Entra ID: the table of those that our app registration declares for users, and those that one user holds.

use time::OffsetDateTime;

use crate::ground::lifetimes::ROLES_LIFETIME;

/// A role that an administrator gives to users and groups. Other crates can name the rows below, but cannot make one.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppRole {
    /// Its name in the `roles` claim.
    pub value: &'static str,
    /// A description of what it allows, for administrators.
    pub description: &'static str,
}

/// For people who may only sign in.
pub static USER: AppRole = AppRole { value: "User", description: "May sign in, where assignment is required." };

/// For operators of the server.
pub static ADMIN: AppRole =
    AppRole { value: "Admin", description: "May sign in, and may see and block applications on the operator's page." };

/// Every role of users. A further role is one more row.
pub static APP_ROLES: &[&AppRole] = &[&USER, &ADMIN];

/// The role of this value.
#[must_use]
pub fn role(value: &str) -> Option<&'static AppRole> {
    APP_ROLES.iter().copied().find(|role| role.value == value)
}

/// The roles that a verified access token gives its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    held: Vec<&'static AppRole>,
    end: OffsetDateTime,
}

impl Roles {
    /// The roles of the table that a token names in these values. The token was issued at `issued_at`. A role of applications is not in the table.
    pub fn named<'a>(values: impl IntoIterator<Item = &'a str>, issued_at: OffsetDateTime) -> Self {
        Self::until(values, issued_at + ROLES_LIFETIME)
    }

    /// The roles that a token names which this server cannot renew: they hold until the token ends.
    pub fn until<'a>(values: impl IntoIterator<Item = &'a str>, end: OffsetDateTime) -> Self {
        Self { held: values.into_iter().filter_map(role).collect(), end }
    }

    /// Their values.
    pub fn values(&self) -> impl Iterator<Item = &'static str> {
        self.held.iter().map(|role| role.value)
    }

    /// Whether the user holds this role.
    #[must_use]
    pub fn has(&self, role: &AppRole) -> bool {
        self.held.contains(&role)
    }

    /// When they have to be read again: an administrator may have taken one away.
    #[must_use]
    pub fn end(&self) -> OffsetDateTime {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    #[test]
    fn only_roles_of_users_are_held_and_letter_case_counts() {
        let roles = Roles::named(["Gateway", "admin", "", "User"], NOW);
        assert_eq!((roles.has(&USER), roles.has(&ADMIN)), (true, false));
        assert_eq!(roles.values().collect::<Vec<_>>(), ["User"]);
        assert_eq!(roles, Roles::named(["User"], NOW));
    }

    #[test]
    fn roles_end_an_hour_after_their_token_was_issued() {
        assert_eq!(Roles::named([], NOW).end(), NOW + Duration::HOUR);
    }

    #[test]
    fn every_row_can_be_told_from_every_other_and_says_what_it_allows() {
        for row in APP_ROLES {
            assert_eq!(role(row.value), Some(*row));
            assert!(row.description.ends_with('.'), "{row:?}");
        }
    }
}
