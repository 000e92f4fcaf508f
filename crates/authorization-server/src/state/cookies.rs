//! The cookies that a browser sent, and how an answer changes them.

use secrecy::SecretString;
use time::Duration;

pub use super::cookie_name::CookieName;

/// A browser keeps the cookies of this many transactions; newer ones displace the oldest.
const MAX_TRANSACTIONS: usize = 5;

/// A browser remembers this many displaced cookies of a kind. With those of five transactions in three kinds, and four others,
/// they are 49; browsers keep at least 50 (RFC 6265 §6.1).
const MAX_DISPLACED: usize = 10;

/// The value of a displaced cookie. It needs no seal: an attacker who could write it into another browser could write the
/// cookie of their own sign-in there, which is worth more.
pub const DISPLACED: &str = "displaced";

/// How the names of our cookies begin.
const COOKIE_PREFIX: &str = "__Host-MCP_";

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
        self.values(name).filter(|value| *value != DISPLACED)
    }

    fn values(&self, name: CookieName) -> impl Iterator<Item = &str> {
        let name = name.to_string();
        self.0.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    /// Whether the cookie is there.
    #[must_use]
    pub fn has(&self, name: CookieName) -> bool {
        self.all(name).next().is_some()
    }

    /// Whether this browser had the cookie, and newer ones displaced it.
    #[must_use]
    pub fn has_displaced(&self, name: CookieName) -> bool {
        !self.has(name) && self.values(name).next().is_some()
    }

    /// How `name`, once set, changes the others of its kind: it displaces the oldest, and the browser forgets those that were
    /// displaced long ago. Browsers send the oldest first.
    fn displaced_by(&self, name: CookieName) -> Vec<CookieChange> {
        let (own, lifetime) = (name.to_string(), name.lifetime());
        let others = self.0.iter().filter(|(other, _)| other.starts_with(name.kind()) && *other != own);
        let (mut displaced, kept): (Vec<_>, Vec<_>) = others.partition(|(_, value)| value == DISPLACED);
        let (before, surplus) = (displaced.len(), (kept.len() + 1).saturating_sub(MAX_TRANSACTIONS));
        displaced.extend(kept.into_iter().take(surplus));
        let forgotten = displaced.len().saturating_sub(MAX_DISPLACED);
        let change = |(place, (name, _)): (usize, &(String, String))| match place {
            _ if place < forgotten => Some(CookieChange::Delete(name.clone())),
            _ if place < before => None,
            _ => Some(CookieChange::Displace { name: name.clone(), lifetime }),
        };
        displaced.into_iter().enumerate().filter_map(change).collect()
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
    /// The browser must remember that newer cookies displaced the one with this name.
    Displace {
        /// The name.
        name: String,
        /// As long as its transaction may live.
        lifetime: Duration,
    },
    /// The browser must drop the cookie with this name.
    Delete(String),
}

/// The changes of cookies by an answer, in order.
#[derive(Default)]
pub struct CookieChanges(Vec<CookieChange>);

impl CookieChanges {
    /// Sets a cookie, which displaces the oldest of its kind beyond five transactions.
    pub fn set(&mut self, sent: &Cookies, name: CookieName, value: SecretString) {
        self.0.extend(sent.displaced_by(name));
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
    use crate::ground::Id;

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
    fn a_cookie_is_displaced_only_if_the_browser_remembers_it_so() {
        let name = |byte| CookieName::CsrfToken(id(byte));
        let line = format!("{}=v; {}=displaced; {2}=displaced; {2}=v", name(1), name(2), name(3));
        let cookies = Cookies::parse([line]);
        let displaced = [1, 2, 3, 4].map(|byte| cookies.has_displaced(name(byte)));
        assert_eq!(displaced, [false, true, false, false]);
        assert_eq!([1, 2, 3, 4].map(|byte| cookies.has(name(byte))), [true, false, true, false]);
        assert!(!cookies.has_displaced(CookieName::ConsentState(id(2))));
    }

    /// How a new cookie changes so many displaced ones and so many that follow them: `-` deletes one, `!` displaces one.
    fn changes(displaced: u8, kept: u8) -> Vec<String> {
        let values = (0..displaced).map(|_| DISPLACED).chain((0..kept).map(|_| "v"));
        let line = (0..).zip(values).map(|(byte, value)| format!("{}={value}", CookieName::CsrfToken(id(byte))));
        let mut changes = CookieChanges::default();
        changes.set(&Cookies::parse(line), CookieName::CsrfToken(id(99)), "v".into());
        let place = |name: &String| (0..99).find(|byte| CookieName::CsrfToken(id(*byte)).to_string() == *name).unwrap();
        let of = |change: &CookieChange| match change {
            CookieChange::Set { name, .. } => format!("{name}"),
            CookieChange::Displace { name, lifetime } => format!("!{} for {lifetime}", place(name)),
            CookieChange::Delete(name) => format!("-{}", place(name)),
        };
        let mut told: Vec<String> = changes.iter().map(of).collect();
        assert_eq!(told.pop(), Some(CookieName::CsrfToken(id(99)).to_string()));
        told
    }

    #[test]
    fn a_sixth_cookie_displaces_the_oldest_and_the_eleventh_displaced_one_is_forgotten() {
        assert_eq!(changes(0, 4), [""; 0]);
        assert_eq!(changes(0, 5), ["!0 for 10m"]);
        assert_eq!(changes(9, 5), ["!9 for 10m"]);
        assert_eq!(changes(10, 5), ["-0", "!10 for 10m"]);
        assert_eq!(changes(10, 4), [""; 0]);
        assert_eq!(changes(0, 16)[..3], ["-0", "-1", "!2 for 10m"]);
        assert_eq!(changes(12, 0), ["-0", "-1"]);
    }

    #[test]
    fn a_cookie_of_no_transaction_deletes_no_other() {
        let mut changes = CookieChanges::default();
        changes.set(&Cookies::parse(["__Host-MCP_OWNER=1"; 9]), CookieName::Owner, "v".into());
        assert_eq!(changes.iter().count(), 1);
    }
}
