//! App roles: what the registration declares, and who was assigned one. A user's roles stand in the tokens for our app.
//! <https://learn.microsoft.com/entra/identity-platform/howto-add-app-roles-in-apps>

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Map, Value};
use stand_in::lock;

use crate::aadsts::{NOT_ASSIGNED, Refusal};
use crate::registration::{APP_NAME, CLIENT_ID};
use crate::{users, users::User};

/// Those that may be given to users; the last is of the tool that docs/adding-a-tool.md adds. `Gateway` is for applications.
const OF_USERS: [&str; 3] = ["User", "Admin", "Orders.Clerk"];

/// Why there is no such assignment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// Not in the directory.
    #[error("there is no user {0:?}")]
    UnknownUser(String),
    /// Not declared, or declared for applications.
    #[error("users can be given the roles {OF_USERS:?}, not {0:?}")]
    UnknownRole(String),
}

/// The assignments, by object id.
pub(crate) struct AppRoles {
    assigned: Mutex<BTreeMap<&'static str, Vec<&'static str>>>,
    required: Mutex<bool>,
}

/// From the start Alice is an administrator.
impl Default for AppRoles {
    fn default() -> Self {
        let alice = users::user("alice@contoso.example").map(|alice| (alice.oid, vec!["Admin"]));
        Self { assigned: Mutex::new(alice.into_iter().collect()), required: Mutex::default() }
    }
}

impl AppRoles {
    /// The user has these roles from now on, and no others. Tokens that were issued keep theirs.
    pub(crate) fn assign(&self, user: &str, roles: &[String]) -> Result<(), AssignmentError> {
        let found = users::user(user).ok_or_else(|| AssignmentError::UnknownUser(user.to_owned()))?;
        let declared = |role: &String| {
            let known = OF_USERS.into_iter().find(|known| known == role);
            known.ok_or_else(|| AssignmentError::UnknownRole(role.clone()))
        };
        let roles = roles.iter().map(declared).collect::<Result<_, _>>()?;
        lock(&self.assigned).insert(found.oid, roles);
        Ok(())
    }

    /// Whether only users who were assigned a role get tokens.
    pub(crate) fn require_assignment(&self, required: bool) {
        *lock(&self.required) = required;
    }

    /// As at the first start.
    pub(crate) fn reset(&self) {
        let Self { assigned, required } = Self::default();
        *lock(&self.assigned) = assigned.into_inner().unwrap_or_default();
        *lock(&self.required) = required.into_inner().unwrap_or_default();
    }

    /// Whether a user needs an assignment.
    pub(crate) fn is_assignment_required(&self) -> bool {
        *lock(&self.required)
    }

    /// Refuses a user who needs an assignment and has none.
    pub(crate) fn check(&self, user: &User) -> Result<(), Refusal> {
        if self.is_assignment_required() && self.of(user).is_empty() {
            return Err(NOT_ASSIGNED.with(&[APP_NAME, CLIENT_ID, user.user_principal_name]));
        }
        Ok(())
    }

    /// `roles`. A user without any has no such claim.
    pub(crate) fn claim(&self, user: &User) -> Map<String, Value> {
        let roles = self.of(user);
        (!roles.is_empty()).then(|| ("roles".to_owned(), roles.into())).into_iter().collect()
    }

    /// The roles of a user.
    pub(crate) fn of(&self, user: &User) -> Vec<&'static str> {
        lock(&self.assigned).get(user.oid).cloned().unwrap_or_default()
    }
}
