//! GET /authorize: the error rows, and what the consent page carries.

use serde_json::json;

use crate::{
    browser::{Browser, authorize_url, location},
    deployment::{Deployment, REDIRECT_URI, body},
};

#[tokio::test]
async fn a_wrong_client_or_redirect_uri_gets_a_page_and_no_redirect() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let cases: &[&[(&str, &str)]] = &[
        &[("client_id", "AAAAAAAAAAAAAAAAAAAAAA")],
        &[("client_id", "../../etc/passwd")],
        &[("client_id", "")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "http://127.0.0.1:33418/callback/")],
        &[("redirect_uri", "http://127.0.0.1:33418/callback?x=1")],
        &[("redirect_uri", "http://localhost:33418/callback")],
        &[("redirect_uri", "https://evil.example/callback")],
    ];
    for changes in cases {
        let answer = server.http.get(authorize_url(&server, &client_id, changes)).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{changes:?}");
        assert_eq!(answer.headers().get("location"), None);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    }
    let own = format!("{}/callback", server.url);
    let answer = server.http.get(authorize_url(&server, &client_id, &[("redirect_uri", &own)])).send().await.unwrap();
    assert_eq!(answer.status(), 400, "our own port is no client's");
    let twice = format!("{}&redirect_uri={REDIRECT_URI}", authorize_url(&server, &client_id, &[]));
    assert_eq!(server.http.get(twice).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn other_faults_go_back_to_a_loopback_client() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let cases = [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "user.read a\"b", "invalid_scope"),
        ("resource", "https://other.example/mcp", "invalid_target"),
    ];
    for (name, value, error) in cases {
        let answer = server.http.get(authorize_url(&server, &client_id, &[(name, value)])).send().await.unwrap();
        assert_eq!(answer.status(), 302, "{name}={value}");
        let location = location(&answer);
        assert!(location.starts_with(&format!("{REDIRECT_URI}?")), "{location}");
        assert!(location.contains(&format!("error={error}&")), "{location}");
        assert!(location.contains("state=") && location.matches("iss=").count() == 1, "{location}");
    }
}

#[tokio::test]
async fn a_fault_is_not_redirected_to_an_address_that_nobody_knows() {
    let server = Deployment::start().await;
    let metadata = json!({ "redirect_uris": ["https://stranger.example/cb"] });
    let client = body(server.post("/register").json(&metadata).send().await.unwrap()).await;
    let changes = [("redirect_uri", "https://stranger.example/cb"), ("scope", "a\"b")];
    let url = authorize_url(&server, client["client_id"].as_str().unwrap(), &changes);
    let answer = server.http.get(url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (400, None));
    let page = answer.text().await.unwrap();
    assert!(page.contains("stranger.example") && page.contains("error=invalid_scope"), "{page}");
}

#[tokio::test]
async fn the_consent_page_cannot_be_framed_scripted_or_kept() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let answer = server.http.get(authorize_url(&server, &client_id, &[])).send().await.unwrap();
    let headers = answer.headers();
    let policy = headers["content-security-policy"].to_str().unwrap();
    for directive in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
        assert!(policy.contains(directive), "{directive} in {policy}");
    }
    assert!(!policy.contains("script"));
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["referrer-policy"], "same-origin");
    assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
    assert!(headers["permissions-policy"].to_str().unwrap().contains("camera=()"));
    assert_eq!(headers.get("strict-transport-security"), None, "only for a base URL that is not on this computer");
}

#[tokio::test]
async fn a_name_with_markup_is_shown_as_text() {
    let server = Deployment::start().await;
    let name = "<script>alert(1)</script>\u{202e}\"'&";
    let metadata = json!({ "client_name": name, "redirect_uris": [REDIRECT_URI] });
    let client = body(server.post("/register").json(&metadata).send().await.unwrap()).await;
    let url = authorize_url(&server, client["client_id"].as_str().unwrap(), &[]);
    let page = server.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("<script") && !page.contains('\u{202e}'), "{page}");
    assert!(page.contains("alert(1)"));
}

#[tokio::test]
async fn two_tabs_keep_cookies_of_their_own() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let first = browser.authorize(&server, &client_id).await;
    let second = browser.authorize(&server, &client_id).await;
    assert_eq!(browser.cookies.len(), 4);
    for form in [first, second] {
        let callback = browser.allow(&server, &form).await;
        assert!(location(&browser.get(&server, &callback).await).contains("code="));
    }
}

#[tokio::test]
async fn state_scope_and_resource_may_be_absent_and_resource_may_be_repeated() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let bare = authorize_url(&server, &client_id, &[("state", ""), ("scope", "")]);
    assert_eq!(server.http.get(&bare).send().await.unwrap().status(), 200);
    let repeated = format!("{bare}&resource={0}&resource={0}/mcp&resource={0}/mcp/sse&resource={0}/", server.url);
    assert_eq!(server.http.get(repeated).send().await.unwrap().status(), 200);
}
