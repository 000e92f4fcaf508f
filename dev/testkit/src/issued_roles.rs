//! The app roles in the access tokens of the scripted upstream.

use std::collections::HashMap;

use authorization_server::{ground::Id, state::roles::Roles};
use time::OffsetDateTime;

use crate::{ScriptedUpstream, lock};

/// The roles in further tokens, and in those that were issued.
#[derive(Default)]
pub(crate) struct IssuedRoles {
    further: Vec<&'static str>,
    issued: HashMap<String, (Id, Roles)>,
}

impl IssuedRoles {
    /// Puts the roles into a token of this owner.
    pub(crate) fn put_into(&mut self, access_token: &str, owner: Id, now: OffsetDateTime) {
        let roles = Roles::named(self.further.iter().copied(), now);
        self.issued.insert(access_token.to_owned(), (owner, roles));
    }

    /// The roles in a token, if it is of this owner.
    pub(crate) fn of(&self, access_token: &str, owner: Id) -> Option<Roles> {
        self.issued.get(access_token).filter(|(of, _)| *of == owner).map(|(_, roles)| roles.clone())
    }
}

impl ScriptedUpstream {
    /// Sets the roles in further access tokens.
    pub fn set_roles(&self, roles: &[&'static str]) {
        lock(&self.state).roles.further = roles.to_vec();
    }
}
