//! The cookies of a browser. `__Host-` keeps them to this origin; the transaction in a name keeps two tabs apart.

use std::fmt;

use secrecy::SecretString;
use time::Duration;

use crate::ground::{
    Id,
    lifetimes::{
        APPROVAL_LIFETIME, AUTHORIZATION_LIFETIME, CONSENT_LIFETIME, DENIAL_LIFETIME, OPERATOR_SESSION_LIFETIME,
        OWNER_SESSION_LIFETIME,
    },
};

/// A browser keeps the cookies of this many transactions; the oldest are deleted.
const MAX_TRANSACTIONS: usize = 5;

/// How the names of our cookies begin.
const COOKIE_PREFIX: &str = "__Host-MCP_";

/// The cookies that this server sets.
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
    fn kind(self) -> &'static str {
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

/// Our cookies among those that a browser sent. Their values are secrets, and not shown.
#[derive(Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Reads the values of all `Cookie` headers (RFC 6265 §4.2.1). Whatever bytes a foreign cookie has, ours are read.
    pub fn parse(headers: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let read = |pair: &[u8]| {
            let (name, value) = std::str::from_utf8(pair).ok()?.trim().split_once('=')?;
            name.starts_with(COOKIE_PREFIX).then(|| (name.to_owned(), value.to_owned()))
        };
        let pairs = |line: &[u8]| line.split(|byte| *byte == b';').filter_map(read).collect::<Vec<_>>();
        Self(headers.into_iter().flat_map(|line| pairs(line.as_ref())).collect())
    }

    /// The values of a cookie. A name that occurs twice has a stranger's value beside ours, in either order.
    pub fn all(&self, name: CookieName) -> impl Iterator<Item = &str> {
        let name = name.to_string();
        self.0.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    /// Whether the cookie is there.
    #[must_use]
    pub fn has(&self, name: CookieName) -> bool {
        self.all(name).next().is_some()
    }

    /// Whether this cookie is absent because newer ones took its place: the browser keeps the most of its kind.
    #[must_use]
    pub fn has_displaced(&self, name: CookieName) -> bool {
        !self.has(name) && self.same_kind(name).len() >= MAX_TRANSACTIONS
    }

    fn same_kind(&self, name: CookieName) -> Vec<&String> {
        self.0.iter().map(|(other, _)| other).filter(|other| other.starts_with(name.kind())).collect()
    }

    /// The cookies of this kind that are too many once `name` is set. Browsers send the oldest first.
    fn surplus(&self, name: CookieName) -> Vec<String> {
        let own = name.to_string();
        let same_kind: Vec<&String> = self.same_kind(name).into_iter().filter(|other| **other != own).collect();
        let surplus = (same_kind.len() + 1).saturating_sub(MAX_TRANSACTIONS);
        same_kind.into_iter().take(surplus).cloned().collect()
    }
}

/// A change of one cookie by an answer.
pub enum CookieChange {
    /// The browser must keep this value.
    Set {
        /// The cookie.
        name: CookieName,
        /// Its value.
        value: SecretString,
    },
    /// The browser must drop the cookie with this name.
    Delete(String),
}

/// The changes of cookies by an answer, in order.
#[derive(Default)]
pub struct CookieChanges(Vec<CookieChange>);

impl CookieChanges {
    /// Sets a cookie, and deletes the oldest of its kind beyond five transactions.
    pub fn set(&mut self, sent: &Cookies, name: CookieName, value: SecretString) {
        self.0.extend(sent.surplus(name).into_iter().map(CookieChange::Delete));
        self.0.push(CookieChange::Set { name, value });
    }

    /// Deletes a cookie.
    pub fn delete(&mut self, name: CookieName) {
        self.0.push(CookieChange::Delete(name.to_string()));
    }

    /// Adds further changes.
    pub(crate) fn append(&mut self, mut further: Self) {
        self.0.append(&mut further.0);
    }

    /// The changes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &CookieChange> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> Id {
        Id::from_bytes([byte; 16])
    }

    #[test]
    fn a_cookie_is_found_by_its_kind_and_transaction() {
        let name = CookieName::ConsentState(id(1));
        let cookies = Cookies::parse([format!("other=1; {name}=value; {name}x=2").as_str(), "__Host-MCP_OWNER=me"]);
        let all = |name| cookies.all(name).collect::<Vec<_>>();
        assert_eq!(all(name), ["value"]);
        assert!(!cookies.has(CookieName::ConsentState(id(2))) && !cookies.has(CookieName::CsrfToken(id(1))));
        assert_eq!(all(CookieName::Owner), ["me"]);
    }

    #[test]
    fn foreign_cookies_with_odd_bytes_of_any_size_or_with_our_name_do_not_hide_ours() {
        let ours = CookieName::Owner;
        let huge = [b"a=", vec![0xff; 100_000].as_slice(), b"; "].concat();
        for before in [&b"a=\xff\xfe; "[..], b"\xe9=1;", b"=;;=; ", b"__Host-MCP_OWNER=\xff; ", b"a=\"x; y\"; ", &huge]
        {
            let cookies = Cookies::parse([[before, format!("{ours}=me").as_bytes(), b"; z=\x80"].concat()]);
            assert_eq!(cookies.all(ours).collect::<Vec<_>>(), ["me"], "{:?}", before.get(..20));
        }
        let twice = Cookies::parse(["__Host-MCP_OWNER=stranger; __Host-MCP_OWNER=me"]);
        assert_eq!(twice.all(ours).collect::<Vec<_>>(), ["stranger", "me"]);
    }

    #[test]
    fn a_cookie_is_displaced_only_by_five_others_of_its_kind() {
        let line =
            |count: u8| (1..=count).map(|byte| format!("{}=v", CookieName::CsrfToken(id(byte)))).collect::<Vec<_>>();
        let displaced =
            |count, byte| Cookies::parse([line(count).join("; ")]).has_displaced(CookieName::CsrfToken(id(byte)));
        assert_eq!([displaced(4, 9), displaced(5, 9), displaced(5, 5)], [false, true, false]);
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

    #[test]
    fn the_oldest_of_a_kind_is_deleted_when_a_sixth_is_set() {
        let names: Vec<String> = (1..=5).map(|byte| CookieName::CsrfToken(id(byte)).to_string()).collect();
        let line = names.iter().map(|name| format!("{name}=v")).collect::<Vec<_>>().join("; ");
        let mut changes = CookieChanges::default();
        changes.set(&Cookies::parse([line.as_str()]), CookieName::CsrfToken(id(9)), "v".into());
        let mut changes = changes.iter();
        assert!(matches!(changes.next(), Some(CookieChange::Delete(name)) if *name == names[0]));
        assert!(matches!(changes.next(), Some(CookieChange::Set { .. })) && changes.next().is_none());
    }

    #[test]
    fn a_cookie_of_no_transaction_deletes_no_other() {
        let mut changes = CookieChanges::default();
        changes.set(&Cookies::parse(["__Host-MCP_OWNER=1"; 9]), CookieName::Owner, "v".into());
        assert_eq!(changes.iter().count(), 1);
    }
}
