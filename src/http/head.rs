//! The head of a request: all of it but the body. Nothing in it is trusted yet.

use std::sync::{Arc, Mutex, PoisonError};

use authorization_server::ground::Network;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, request::Parts};
use oauth_protocol::form::{Form, FormError};

use crate::budget::{Exhausted, Permit};

/// An entry of a map of headers, with its part of the index.
const ENTRY_COST: usize = 110;
/// A further value of a name, in a list that doubles. The first takes room for four.
const FURTHER_VALUE_COST: usize = 144;
const FIRST_FURTHER_VALUE_COST: usize = 288;
/// The headers by which browsers tell why they ask.
static PURPOSES: [HeaderName; 4] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-purpose"),
    HeaderName::from_static("x-moz"),
];

/// A request without its body.
pub(super) struct Head {
    pub(super) method: Method,
    /// The path as it was sent, percent-encoded; empty if the target was none.
    pub(super) path: String,
    pub(super) query: String,
    /// Where it comes from, as far as the gateway says.
    pub(super) from: Network,
    pub(super) headers: HeaderMap,
    /// The part of it that its connection has counted.
    pub(super) read: Option<Arc<Permit>>,
}

/// Carries a head past warp, which would keep a head of its own until the request is answered.
#[derive(Clone)]
pub(super) struct CarriedHead(Arc<Mutex<Option<Box<Head>>>>);

impl CarriedHead {
    /// A request with this target, if that is a path.
    pub(super) fn new(target: Option<&Uri>, mut parts: Parts) -> Self {
        let read = parts.extensions.remove();
        let path = target.map_or_else(String::new, |target| target.path().to_owned());
        let query = target.and_then(Uri::query).unwrap_or_default().to_owned();
        let head = Head { method: parts.method, path, query, from: Network::UNKNOWN, headers: parts.headers, read };
        Self(Arc::new(Mutex::new(Some(Box::new(head)))))
    }

    /// The head. It can be taken once.
    pub(super) fn take(&self) -> Box<Head> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| Box::new(Head::nothing()))
    }
}

impl Head {
    pub(super) fn nothing() -> Self {
        let (path, query) = (String::new(), String::new());
        Self { method: Method::GET, path, query, from: Network::UNKNOWN, headers: HeaderMap::new(), read: None }
    }

    /// What a page's refusal needs of a form that is none of our own pages: not where it comes from, but the language to say it in.
    pub(super) fn of_foreign_form(&self, language: &'static str) -> Self {
        let language = (header::ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        let headers = HeaderMap::from_iter([language]);
        Self { method: self.method.clone(), from: self.from, headers, ..Self::nothing() }
    }

    /// Counts the head in this permit from now on, and no longer in that of its connection.
    pub(super) fn count(&mut self, permit: &mut Permit) -> Result<(), Exhausted> {
        permit.grow(self.cost())?;
        self.read = None;
        Ok(())
    }

    /// How many bytes it takes.
    fn cost(&self) -> usize {
        // The headers keep the text of the whole head, of which path and query are a copy.
        self.method.as_str().len() + 2 * (self.path.len() + self.query.len()) + headers_cost(&self.headers)
    }

    /// The query as a form.
    pub(super) fn query(&self) -> Result<Form, FormError> {
        Form::parse(self.query.as_bytes())
    }

    /// A header that occurs once and is text.
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    }

    /// Whether a browser asks before anybody has opened the page: `Sec-Purpose` (Fetch §3.1), and what older browsers send.
    pub(super) fn is_prefetch(&self) -> bool {
        // Browsers send nothing else in advance.
        if !matches!(self.method, Method::GET | Method::HEAD) {
            return false;
        }
        let values =
            PURPOSES.iter().flat_map(|name| self.headers.get_all(name)).filter_map(|value| value.to_str().ok());
        let mut values = values.map(str::to_ascii_lowercase);
        values.any(|value| ["prefetch", "preview"].iter().any(|word| value.contains(word)))
    }
}

/// How many bytes headers take: their map, which may have room for twice as many; their text, as it was sent; and their names,
/// of which the map may have copies.
pub(super) fn headers_cost(headers: &HeaderMap) -> usize {
    let texts = headers.iter().map(|(name, value)| 2 * name.as_str().len() + value.len() + ": \r\n".len());
    let further = match headers.len() - headers.keys_len() {
        0 => 0,
        further => FIRST_FURTHER_VALUE_COST + further * FURTHER_VALUE_COST,
    };
    headers.capacity() * ENTRY_COST + further + texts.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(name: &'static str, value: &'static str) -> Head {
        let header = (header::HeaderName::from_static(name), header::HeaderValue::from_static(value));
        Head { headers: HeaderMap::from_iter([header]), ..Head::nothing() }
    }

    #[test]
    fn all_that_a_caller_sends_in_a_head_costs() {
        let cost = head("abc", "1234").cost();
        assert_eq!(head("abc", "12345").cost(), cost + 1);
        assert_eq!(head("abcd", "1234").cost(), cost + 2);
        let longer = Head { path: "/12".into(), query: "a=b".into(), ..head("abc", "1234") };
        assert_eq!(longer.cost(), cost + 12);
    }

    #[test]
    fn a_prefetch_is_recognised_whatever_else_it_says() {
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "Prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("x-moz", "prefetch"),
            ("x-purpose", "preview"),
        ] {
            assert!(head(name, value).is_prefetch(), "{name}: {value}");
        }
        for (name, value) in [("sec-purpose", ""), ("purpose", "navigate"), ("accept", "prefetch")] {
            assert!(!head(name, value).is_prefetch(), "{name}: {value}");
        }
    }
}
