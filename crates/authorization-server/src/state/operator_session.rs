//! The session of an operator. It is sealed in a cookie of its own, so a session of an owner never opens it, nor the other way
//! round.

use oauth_protocol::secret::Secret;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::derived::derived;
use crate::ground::{Id, SealedAsJson, Subject, lifetimes::OPERATOR_SESSION_LIFETIME};

/// The operator who is signed in. Whether this person is an operator was read at the sign-in, so the session is short.
#[derive(Serialize, Deserialize)]
pub struct OperatorSession {
    /// The operator.
    pub operator: Subject,
    /// The operator's name.
    pub name: String,
    until: i64,
    csrf: String,
}

impl SealedAsJson for OperatorSession {
    const PURPOSE: &'static str = "cookie:__Host-MCP_OPERATOR";
    type BoundTo = ();
}

impl OperatorSession {
    /// A session that begins now. It ends with the role at the latest.
    pub(crate) fn new(
        operator: Subject,
        name: String,
        csrf: String,
        now: OffsetDateTime,
        role_ends: OffsetDateTime,
    ) -> Self {
        let until = role_ends.min(now + OPERATOR_SESSION_LIFETIME).unix_timestamp();
        Self { operator, name, until, csrf }
    }

    /// Whether it has not ended.
    pub(crate) fn is_current(&self, now: OffsetDateTime) -> bool {
        now.unix_timestamp() < self.until
    }

    /// The double-submit token of a form. Each form has an id, which its first submission spends.
    #[must_use]
    pub fn form_token(&self, form: Id) -> Option<Secret> {
        Secret::parse(&self.csrf).map(|secret| derived(&secret, form.as_bytes()))
    }

    /// Whether this form was made for this session.
    #[must_use]
    pub fn made_form(&self, form: Id, csrf: &str) -> bool {
        let expected = self.form_token(form).map(|secret| secret.sha256());
        expected.zip(Secret::parse(csrf)).is_some_and(|(expected, presented)| expected.verifies(&presented))
    }
}

/// A place in a list of the page, as the address of the next page names it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListPlace {
    /// In the list of applications.
    Applications(String),
    /// In the list of what operators did.
    Records(String),
}

impl SealedAsJson for ListPlace {
    const PURPOSE: &'static str = "operator-list";
    type BoundTo = ();
}
