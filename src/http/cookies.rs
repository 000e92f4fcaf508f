//! Cookies on the wire: read from the request, written into the response.

use authorization_server::state::cookies::{CookieChange, CookieChanges, Cookies, DISPLACED};
use http::{HeaderMap, HeaderValue, header};
use secrecy::ExposeSecret as _;

use super::reply::Response;

/// Reads all Cookie headers.
pub(super) fn sent(headers: &HeaderMap) -> Cookies {
    Cookies::parse(headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes))
}

/// Writes the changes. `HttpOnly` keeps a cookie from scripts, and `SameSite=Lax` from the forms of other sites.
pub(super) fn change(response: &mut Response, changes: &CookieChanges) {
    for change in changes.iter() {
        let cookie = match change {
            CookieChange::Set { name, value } => {
                set(&name.to_string(), value.expose_secret(), name.lifetime().whole_seconds())
            }
            CookieChange::Displace { name, lifetime } => set(name, DISPLACED, lifetime.whole_seconds()),
            CookieChange::Delete(name) => set(name, "", 0),
        };
        if let Ok(mut value) = HeaderValue::from_str(&cookie) {
            value.set_sensitive(true);
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

fn set(name: &str, value: &str, max_age: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={max_age}; Secure; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use authorization_server::{ground::Id, state::cookies::CookieName};

    use super::*;

    fn written(changes: &CookieChanges) -> Vec<String> {
        let mut response = Response::new(String::new().into());
        change(&mut response, changes);
        let cookies = response.headers().get_all(header::SET_COOKIE).iter();
        cookies.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn cookies_are_kept_to_this_origin_and_away_from_scripts() {
        let mut changes = CookieChanges::default();
        changes.set(&Cookies::default(), CookieName::EntraState(Id::from_bytes([1; 16])), "value".into());
        let cookie = written(&changes).pop().unwrap();
        assert!(cookie.starts_with("__Host-MCP_ENTRA_STATE-AQEBAQEB=value;"), "{cookie}");
        for attribute in ["Path=/", "Max-Age=900", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
        }
    }

    #[test]
    fn a_deleted_cookie_expires_at_once() {
        let mut changes = CookieChanges::default();
        changes.delete(CookieName::Owner);
        assert!(written(&changes)[0].starts_with("__Host-MCP_OWNER=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn a_displaced_cookie_stays_as_long_as_its_transaction() {
        let mut changes = CookieChanges::default();
        let sent: Vec<String> =
            (1..=5).map(|byte| format!("{}=value", CookieName::EntraState(Id::from_bytes([byte; 16])))).collect();
        changes.set(&Cookies::parse(sent), CookieName::EntraState(Id::from_bytes([6; 16])), "value".into());
        let cookies = written(&changes);
        let displaced =
            "__Host-MCP_ENTRA_STATE-AQEBAQEB=displaced; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax";
        assert_eq!((cookies.len(), cookies[0].as_str()), (2, displaced));
    }

    #[test]
    fn every_cookie_header_is_read() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; __Host-MCP_OWNER=me"));
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-MCP_DENIED_CLIENTS=none"));
        let cookies = sent(&headers);
        assert_eq!(cookies.all(CookieName::Owner).collect::<Vec<_>>(), ["me"]);
        assert_eq!(cookies.all(CookieName::DeniedClients).collect::<Vec<_>>(), ["none"]);
    }
}
