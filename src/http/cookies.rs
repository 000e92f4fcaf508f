//! The cookies of one transaction. `__Host-` keeps them to this origin; the transaction in the name keeps two tabs apart.

use authorization_server::{
    AuthorizationServer,
    endpoints::consent_page::ConsentForm,
    endpoints::remembered::MemoryCookies,
    ground::lifetimes::{APPROVAL_LIFETIME, DENIAL_LIFETIME},
    ground::{Id, Unavailable},
    state::memory::{APPROVED, DENIED, Memory},
};
use http::{HeaderMap, HeaderValue, header};
use oauth_protocol::secret::Secret;
use secrecy::ExposeSecret as _;
use time::Duration;

use super::reply::Response;

const MAX_AGE: u32 = 600;
/// A browser that opens page after page keeps cookies of this many transactions.
const TRANSACTIONS: usize = 5;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Binds the consent page to this browser.
    ConsentState,
    /// Double submit.
    CsrfToken,
    /// Binds Entra's callback to this browser.
    EntraState,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::ConsentState => "__Host-MCP_CONSENT_STATE-",
            Self::CsrfToken => "__Host-MCP_CSRF_TOKEN-",
            Self::EntraState => "__Host-MCP_ENTRA_STATE-",
        }
    }

    fn name(self, transaction: Id) -> String {
        let id: String = transaction.to_string().chars().take(8).collect();
        format!("{}{id}", self.prefix())
    }
}

/// The cookies that a browser sent.
pub(super) struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Reads all Cookie headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of a transaction's cookie.
    pub(super) fn get(&self, purpose: Purpose, transaction: Id) -> Option<&str> {
        let name = purpose.name(transaction);
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    /// A cookie of no transaction.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The cookies of remembered decisions.
    pub(super) fn memory(&self) -> MemoryCookies<'_> {
        MemoryCookies { approved: self.named(APPROVED), denied: self.named(DENIED) }
    }

    /// Names of this purpose that must go to make room for one more. Browsers send the oldest first.
    fn surplus(&self, purpose: Purpose) -> impl Iterator<Item = &str> {
        let names: Vec<&str> =
            self.0.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with(purpose.prefix())).collect();
        let surplus = (names.len() + 1).saturating_sub(TRANSACTIONS);
        names.into_iter().take(surplus)
    }
}

/// Sets a transaction's cookie, and expires the oldest of its kind beyond five.
pub(super) fn set(response: &mut Response, cookies: &Cookies, (purpose, transaction): (Purpose, Id), value: &Secret) {
    for name in cookies.surplus(purpose) {
        append(response, &expired(name));
    }
    let (name, value) = (purpose.name(transaction), value.encode());
    let value = value.expose_secret();
    append(response, &format!("{name}={value}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; SameSite=Lax"));
}

/// Sets both cookies of a consent form.
pub(super) fn set_form(response: &mut Response, cookies: &Cookies, form: &ConsentForm) {
    set(response, cookies, (Purpose::ConsentState, form.pending.id), &form.secrets.binding);
    set(response, cookies, (Purpose::CsrfToken, form.pending.id), &form.secrets.csrf);
}

/// Sets the cookie of denials.
pub(super) async fn set_denied(
    response: &mut Response,
    server: &AuthorizationServer,
    memory: &Memory,
) -> Result<(), Unavailable> {
    set_named(response, DENIED, &server.seal_denied(memory).await?, DENIAL_LIFETIME);
    Ok(())
}

/// Sets the cookies of remembered decisions, if they changed and there are any.
pub(super) async fn set_memory(
    response: &mut Response,
    cookies: &Cookies,
    server: &AuthorizationServer,
    memory: Option<&Memory>,
) -> Result<(), Unavailable> {
    let Some(memory) = memory else { return Ok(()) };
    if memory.approvals() > 0 {
        set_named(response, APPROVED, &server.seal_approved(memory).await?, APPROVAL_LIFETIME);
    }
    if memory.denials(server.now()) > 0 {
        set_denied(response, server, memory).await?;
    } else if cookies.named(DENIED).is_some() {
        clear_named(response, DENIED);
    }
    Ok(())
}

/// Sets a cookie of no transaction.
pub(super) fn set_named(response: &mut Response, name: &str, value: &str, lifetime: Duration) {
    let seconds = lifetime.whole_seconds();
    append(response, &format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"));
}

/// Deletes a cookie of no transaction.
pub(super) fn clear_named(response: &mut Response, name: &str) {
    append(response, &expired(name));
}

/// Deletes a transaction's cookie.
pub(super) fn clear(response: &mut Response, purpose: Purpose, transaction: Id) {
    append(response, &expired(&purpose.name(transaction)));
}

fn expired(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}

fn append(response: &mut Response, cookie: &str) {
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> Id {
        Id::from_bytes([byte; 16])
    }

    fn sent(line: &str) -> Cookies {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(line).unwrap());
        Cookies::of(&headers)
    }

    fn set_cookies(response: &Response) -> Vec<String> {
        response.headers().get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_cookie_is_found_by_its_purpose_and_transaction() {
        let name = Purpose::ConsentState.name(id(1));
        let cookies = sent(&format!("other=1; {name}=value; {name}x=2"));
        assert_eq!(cookies.get(Purpose::ConsentState, id(1)), Some("value"));
        assert_eq!(cookies.get(Purpose::ConsentState, id(2)), None);
        assert_eq!(cookies.get(Purpose::CsrfToken, id(1)), None);
    }

    #[test]
    fn cookies_are_kept_to_this_origin_and_away_from_scripts() {
        let mut response = Response::new(String::new().into());
        set(&mut response, &sent(""), (Purpose::EntraState, id(1)), &Secret::from_bytes([7; 32]));
        let cookie = set_cookies(&response).pop().unwrap();
        assert!(cookie.starts_with("__Host-MCP_ENTRA_STATE-AQEBAQEB="), "{cookie}");
        for attribute in ["Path=/", "Max-Age=600", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
        }
    }

    #[test]
    fn the_oldest_of_a_kind_goes_when_a_sixth_comes() {
        let names: Vec<String> = (1..=5).map(|byte| Purpose::CsrfToken.name(id(byte))).collect();
        let line = names.iter().map(|name| format!("{name}=v")).collect::<Vec<_>>().join("; ");
        let mut response = Response::new(String::new().into());
        set(&mut response, &sent(&line), (Purpose::CsrfToken, id(9)), &Secret::from_bytes([7; 32]));
        let cookies = set_cookies(&response);
        assert_eq!(cookies.len(), 2);
        assert!(cookies[0].starts_with(&format!("{}=;", names[0])) && cookies[0].contains("Max-Age=0"));
    }
}
