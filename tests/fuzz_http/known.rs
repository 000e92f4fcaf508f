//! Values that a worker has got from the server so far, to send them again.

use std::collections::BTreeMap;

use driver::{
    browser::{VERIFIER, unescaped},
    sse::events_in,
};
use tokio::net::TcpStream;

use crate::{answer::Answer, secrets::Secrets};

/// Older ones are forgotten.
const MAX_KEPT: usize = 12;
/// Fewer than an owner and client may have open.
const STREAMS: usize = 4;

/// A form of a page.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) buttons: Vec<(String, String)>,
}

#[derive(Default)]
pub(crate) struct Known {
    pub(crate) clients: Vec<String>,
    pub(crate) forms: Vec<Form>,
    /// Addresses at Entra.
    pub(crate) sign_ins: Vec<String>,
    /// Query of a callback.
    pub(crate) callbacks: Vec<String>,
    /// Client and code.
    pub(crate) codes: Vec<(String, String)>,
    /// Client and token.
    pub(crate) refresh_tokens: Vec<(String, String)>,
    pub(crate) access_tokens: Vec<String>,
    /// Path with session id.
    pub(crate) endpoints: Vec<String>,
    pub(crate) streams: Vec<TcpStream>,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) secrets: Secrets,
}

fn keep<T>(list: &mut Vec<T>, value: T, most: usize) {
    list.push(value);
    if list.len() > most {
        list.remove(0);
    }
}

impl Known {
    pub(crate) fn new() -> Self {
        let mut known = Self::default();
        known.secrets.add(VERIFIER);
        known
    }

    pub(crate) fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Learns from an answer to a request of this client.
    pub(crate) fn learn(&mut self, client: &str, answer: Answer) {
        self.learn_cookies(&answer);
        self.learn_tokens(client, &answer);
        if let Some(code) = answer.header("location").and_then(|location| parameter(location, "code")) {
            self.secrets.add(&code);
            keep(&mut self.codes, (client.to_owned(), code), MAX_KEPT);
        }
        self.learn_page(&answer.body);
        // The first event stands after the size of its chunk.
        let event = answer.body.split_once("\r\n").filter(|_| answer.stream.is_some());
        if let Some((_, endpoint)) = event.and_then(|(_, event)| events_in(event).into_iter().next()) {
            self.secrets.add(endpoint.rsplit('=').next().unwrap_or_default());
            keep(&mut self.endpoints, endpoint, STREAMS);
        }
        if let Some(stream) = answer.stream {
            keep(&mut self.streams, stream, STREAMS);
        }
    }

    fn learn_cookies(&mut self, answer: &Answer) {
        for cookie in answer.all("set-cookie") {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            self.secrets.add(value);
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn learn_tokens(&mut self, client: &str, answer: &Answer) {
        let mut members = answer.members();
        if let Some(id) = members.remove("client_id") {
            keep(&mut self.clients, id, MAX_KEPT);
        }
        if let Some(token) = members.remove("access_token") {
            self.secrets.add(&token);
            keep(&mut self.access_tokens, token, MAX_KEPT);
        }
        if let Some(token) = members.remove("refresh_token") {
            self.secrets.add(&token);
            keep(&mut self.refresh_tokens, (client.to_owned(), token), MAX_KEPT);
        }
    }

    fn learn_page(&mut self, page: &str) {
        for form in page.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap_or_default()) {
            let Some(action) = attribute(form, "action") else { continue };
            let inputs = |tag: &str| form.split(tag).skip(1).filter_map(named).collect::<Vec<_>>();
            let (fields, buttons) = (inputs("<input "), inputs("<button "));
            let secret = fields.iter().filter(|(name, _)| ["request", "csrf"].contains(&name.as_str()));
            secret.for_each(|(_, value)| self.secrets.add(value));
            keep(&mut self.forms, Form { action, fields, buttons }, MAX_KEPT);
        }
        let refresh = page.split("content=\"0; url=").nth(1).and_then(|rest| rest.split('"').next()).map(unescaped);
        if let Some(url) = refresh.filter(|url| url.contains("/oauth2/")) {
            self.learn_sign_in(&url);
        }
    }

    pub(crate) fn learn_sign_in(&mut self, url: &str) {
        self.secrets.add(&parameter(url, "state").unwrap_or_default());
        keep(&mut self.sign_ins, url.to_owned(), MAX_KEPT);
    }

    /// Entra has sent the browser back to this address.
    pub(crate) fn learn_callback(&mut self, url: &str) {
        self.secrets.add(&parameter(url, "code").unwrap_or_default());
        if let Some((_, query)) = url.split_once('?') {
            keep(&mut self.callbacks, query.to_owned(), MAX_KEPT);
        }
    }
}

/// Name and value of a tag.
fn named(tag: &str) -> Option<(String, String)> {
    let tag = tag.split('>').next()?;
    Some((attribute(tag, "name")?, attribute(tag, "value")?))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    Some(unescaped(tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?))
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
