//! Renders a page as an answer.

use std::sync::LazyLock;

use askama::Template;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::texts::Texts;
use crate::http::reply::{Response, answer, empty};

const HTML: &str = "text/html; charset=utf-8";

pub(super) const STYLE: &str = include_str!("style.css");

/// No script, no frame, no foreign form target; the one inline stylesheet by its hash.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).ok()
});

/// A page uses no feature for which a browser asks the person.
const PERMISSIONS_POLICY: &str = "camera=(), display-capture=(), geolocation=(), identity-credentials-get=(), microphone=(), \
                                  midi=(), otp-credentials=(), payment=(), publickey-credentials-get=(), usb=()";

/// 302 to this URL. It has a text, which holds the memory of the head until that was written.
pub(in crate::http) fn redirect(location: &str) -> Response {
    let mut response = answer(StatusCode::FOUND, "text/plain", "The address is in the header Location.\n");
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    protect(&mut response);
    response
}

/// A page, with the headers that every page carries.
pub(super) fn render(status: StatusCode, texts: &Texts, page: &impl Template) -> Response {
    let mut response = match page.render() {
        Ok(html) => answer(status, HTML, html),
        Err(error) => {
            tracing::error!(counted = true, %error, "page not rendered");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    protect(&mut response);
    name_language(&mut response, texts);
    response
}

/// The head of a page, for a HEAD that must not do what the GET would.
pub(in crate::http) fn head(texts: &Texts) -> Response {
    let mut response = answer(StatusCode::OK, HTML, "");
    protect(&mut response);
    name_language(&mut response, texts);
    response
}

/// RFC 9110 §8.5 and §12.5.5.
fn name_language(response: &mut Response, texts: &Texts) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(texts.language().tag()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
}

fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    if let Some(policy) = POLICY.as_ref() {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS_POLICY));
    // With no-referrer browsers would send `Origin: null` with the consent form.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}

#[cfg(test)]
mod tests {
    use super::{super::language::Language, *};

    struct Broken;

    impl std::fmt::Display for Broken {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }

    #[derive(Template)]
    #[template(source = "{{ broken }}", ext = "html")]
    struct Page {
        broken: Broken,
    }

    #[test]
    fn a_page_that_cannot_be_rendered_is_500_with_the_headers_of_a_page() {
        let response = render(StatusCode::OK, Texts::of(Language::Arabic), &Page { broken: Broken });
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "DENY");
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }

    #[test]
    fn a_redirect_to_what_is_no_header_leads_nowhere() {
        let response = redirect("https://client.example/cb?a=b\r\nset-cookie: c=d");
        assert_eq!((response.status(), response.headers().get(header::LOCATION)), (StatusCode::FOUND, None));
        assert_eq!(response.headers().get(header::SET_COOKIE), None);
    }

    #[test]
    fn the_policy_has_the_hash_of_the_stylesheet() {
        let policy = POLICY.as_ref().unwrap().to_str().unwrap();
        assert!(policy.contains(&format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE)))), "{policy}");
        assert!(!policy.contains("unsafe-inline"));
    }
}
