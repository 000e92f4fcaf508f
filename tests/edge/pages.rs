//! Parts that every page carries, and the text of each refusal on a page.

use std::fs;

use authorization_server::{
    ground::{Subject, lifetimes::CONSENT_LIFETIME},
    state::roles::ADMIN,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use driver::browser::between;
use http::{Method, header};
use sha2::{Digest as _, Sha256};

use crate::{
    blocks::block,
    browser::{Browser, authorize, callback, consent_form, hidden},
    rig::{Answer, Edge, ORIGIN, TENANT_ID, empty, form, request},
};

/// One of each page, by name.
pub(crate) async fn every_page(edge: &Edge) -> Vec<(&'static str, Answer)> {
    let client_id = edge.register().await.unwrap();
    let mut browser = Browser::default();
    let consent = browser.get(edge, &authorize(&client_id, &[])).await;
    let signing_in = browser.decide(edge, &consent_form(&consent), "allow").await;
    let back = browser.get(edge, &callback(&signing_in)).await;
    assert_eq!(back.status, 302);
    let short = browser.get(edge, &authorize(&client_id, &[])).await;
    let denied = browser.decide(edge, &consent_form(&short), "deny").await;
    let connections = browser.connections(edge).await;
    let signed_out = edge.get("/connections").await;
    edge.upstream.set_roles(&[ADMIN.value]);
    let operator = Browser::default().operator(edge).await;
    let operator_signed_out = edge.get("/operator").await;
    let unknown = edge.get(&authorize("AAAAAAAAAAAAAAAAAAAAAA", &[])).await;
    let link = edge.get(&authorize(&client_id, &[("scope", Some("unknown"))])).await;
    let alike = edge.register().await.unwrap();
    let review = browser.get(edge, &authorize(&alike, &[])).await;
    block(edge, &alike).await;
    let blocked = Browser::default().get(edge, &authorize(&alike, &[])).await;
    let (confirmation, returning) = another_owner(edge).await;
    vec![
        ("consent", consent),
        ("signing in", signing_in),
        ("short", short),
        ("denied", denied),
        ("connections", connections),
        ("signed out", signed_out),
        ("operator", operator),
        ("operator, signed out", operator_signed_out),
        ("unknown client", unknown),
        ("link", link),
        ("review", review),
        ("blocked", blocked),
        ("confirmation", confirmation),
        ("returning", returning),
    ]
}

/// The page for another owner than the one who allowed, and the page that then returns to the client with a code.
async fn another_owner(edge: &Edge) -> (Answer, Answer) {
    let mut browser = Browser::default();
    let client_id = edge.register().await.unwrap();
    let asked = browser.ask(edge, &client_id).await;
    let back = browser.allow(edge, &asked).await;
    assert_eq!(browser.get(edge, &back).await.status, 302);
    edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    let asked = browser.ask(edge, &client_id).await;
    let back = browser.allow(edge, &asked).await;
    let question = browser.get(edge, &back).await.header("location").replace(ORIGIN, "");
    let page = browser.get(edge, &question).await;
    let (confirm, csrf) = (hidden(&page, "confirm"), hidden(&page, "csrf"));
    let fields = [("confirm", confirm.as_str()), ("csrf", &csrf), ("decision", "allow")];
    let returning = browser.post(edge, "/consent", &fields).await;
    assert!(returning.body.contains("code="), "{}", returning.body);
    (page, returning)
}

/// A page for a form that does not count, for an outage, and for too many requests.
async fn refusals(edge: &Edge) -> [(&'static str, Answer); 3] {
    let not_accepted = edge.post("/consent", &[("decision", "allow")]).await;
    edge.set_store_down(true);
    let unavailable = edge.get(&authorize("AAAAAAAAAAAAAAAAAAAAAA", &[])).await;
    edge.set_store_down(false);
    let mut too_many = edge.get("/authorize").await;
    while too_many.status == 400 {
        too_many = edge.get("/authorize").await;
    }
    let statuses = [&not_accepted, &unavailable, &too_many].map(|page| page.status);
    assert_eq!(statuses, [403, 503, 429]);
    [("not accepted", not_accepted), ("unavailable", unavailable), ("too many requests", too_many)]
}

#[tokio::test]
async fn every_page_is_html_that_is_neither_framed_nor_kept_nor_tells_where_it_was() {
    let edge = Edge::new();
    for (name, page) in every_page(&edge).await.into_iter().chain(refusals(&edge).await) {
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{name}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{name}");
        assert_eq!(page.header("cache-control"), "no-store", "{name}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{name}");
        assert_eq!(page.header("strict-transport-security"), "max-age=31536000", "{name}");
        let permissions = page.header("permissions-policy");
        for feature in ["camera=()", "publickey-credentials-get=()", "usb=()"] {
            assert!(permissions.split(", ").any(|part| part == feature), "{name}: {feature} in {permissions}");
        }
        let policy = page.header("content-security-policy");
        for directive in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.split("; ").any(|part| part == directive), "{name}: {directive} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{name}: {policy}");
    }
}

#[tokio::test]
async fn the_policy_allows_exactly_the_stylesheet_of_the_page() {
    let edge = Edge::new();
    for (name, page) in every_page(&edge).await {
        assert_eq!(page.body.matches("<style").count(), 1, "{name}");
        let style = between(&page.body, "<style>", "</style>");
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(page.header("content-security-policy").contains(&format!("style-src 'sha256-{hash}'")), "{name}");
        assert!(!page.body.contains("style=\""), "{name} has a style that the policy forbids");
    }
}

#[tokio::test]
async fn no_page_has_a_script_or_loads_anything() {
    let edge = Edge::new();
    for (name, page) in every_page(&edge).await {
        let html = page.body.to_ascii_lowercase();
        for forbidden in
            ["<script", "javascript:", " onclick", " onload", "<iframe", "<img", "<link", " src=", "@import"]
        {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn every_form_is_sent_to_this_server_in_a_body() {
    let edge = Edge::new();
    let mut forms = 0;
    for (name, page) in every_page(&edge).await {
        for form in page.body.split("<form ").skip(1) {
            forms += 1;
            let tag = form.split('>').next().unwrap();
            assert!(tag.contains("method=\"post\"") && tag.contains("action=\"/"), "{name}: {tag}");
        }
    }
    assert!(forms >= 5, "{forms} forms");
}

#[tokio::test]
async fn a_redirect_carries_the_headers_of_a_page() {
    let edge = Edge::new();
    let client_id = edge.register_for(&["http://127.0.0.1/callback"]).await.unwrap();
    let changes = [("redirect_uri", Some("http://127.0.0.1:9/callback")), ("response_type", Some("token"))];
    let answer = edge.get(&authorize(&client_id, &changes)).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert!(answer.header("location").starts_with("http://127.0.0.1:9/callback?error="));
    assert_eq!((answer.header("cache-control"), answer.header("x-frame-options")), ("no-store", "DENY"));
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    assert!(answer.header("permissions-policy").contains("camera=()"));
}

/// No button can be pressed at once, whatever it does: the answer to one button can have another one in its place. A link
/// sends no form, so it is there at once. A test in a browser shows what the rule does: `dev/e2e/test/twice.test.mjs`.
#[tokio::test]
async fn the_stylesheet_hides_every_button_for_half_a_second() {
    let edge = Edge::new();
    for (name, page) in every_page(&edge).await {
        let style = between(&page.body, "<style>", "</style>");
        assert!(style.contains("\nbutton { animation: appear .5s step-end backwards; }\n"), "{name}: {style}");
        assert!(style.contains("\n@keyframes appear { from { visibility: hidden; } }\n"), "{name}: {style}");
        assert_eq!(
            (style.matches("animation").count(), style.matches("visibility").count()),
            (1, 1),
            "{name}: {style}"
        );
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/pages");
    let templates = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in templates.filter(|path| path.extension().is_some_and(|extension| extension == "html")) {
        let html = fs::read_to_string(&path).unwrap();
        let types = html.split("<input").skip(1).filter_map(|input| input.split('>').next()?.split_once("type=\""));
        for (_, kind) in types {
            assert!(kind.starts_with("hidden\""), "{}: {kind}", path.display());
        }
    }
}

/// Allows a client this scope, and comes back from Entra.
async fn allow(edge: &Edge, browser: &mut Browser, client_id: &str, scope: &str) {
    let page = browser.get(edge, &authorize(client_id, &[("scope", Some(scope))])).await;
    let back = browser.allow(edge, &consent_form(&page)).await;
    assert_eq!(browser.get(edge, &back).await.status, 302);
}

#[tokio::test]
async fn an_owner_sees_what_each_registration_of_an_application_may_do_where_they_differ() {
    const MAIL: &str = "Search and read your e-mail.";
    let (edge, mut browser) = (Edge::new(), Browser::default());
    let mut clients = Vec::new();
    for scope in ["user.read", "user.read", "user.read mail.read"] {
        clients.push(edge.register().await.unwrap());
        allow(&edge, &mut browser, clients.last().unwrap(), scope).await;
    }
    let page = browser.connections(&edge).await.body;
    let rows: Vec<_> = page.split("class=\"connection\"").skip(1).collect();
    assert_eq!((page.matches("<h2").count(), rows.len(), page.matches(MAIL).count()), (1, 3, 1), "{page}");
    for row in rows {
        assert_eq!(row.matches("<ul").count(), 1, "{row}");
        assert_eq!(row.contains(MAIL), row.contains(&format!("value=\"{}\"", clients[2])), "{row}");
    }
    let (same, mut other) = (Edge::new(), Browser::default());
    for _ in 0..2 {
        let client_id = same.register().await.unwrap();
        allow(&same, &mut other, &client_id, "user.read").await;
    }
    let page = other.connections(&same).await.body;
    assert_eq!((page.matches("class=\"connection\"").count(), page.matches("<ul").count()), (2, 1), "{page}");
}

/// The status and the heading of a page.
fn told(page: &Answer) -> (u16, String) {
    (page.status, between(&page.body, "<h1>", "</h1>").trim().to_owned())
}

#[tokio::test]
async fn a_decision_that_does_not_count_says_why() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    let mut browser = Browser::default();
    let asked = browser.ask(&edge, &client_id).await;
    let fields = [("request", asked.request.as_str()), ("csrf", asked.csrf.as_str()), ("decision", "allow")];

    let incomplete = (400, "The form is incomplete".to_owned());
    for fields in [&fields[..1], &fields[1..], &[fields[0], fields[1], ("decision", "maybe")], &[fields[2]]] {
        assert_eq!(told(&browser.post(&edge, "/consent", fields).await), incomplete, "{fields:?}");
    }
    let twice = [fields[0], fields[1], fields[2], fields[2]];
    assert_eq!(told(&browser.post(&edge, "/consent", &twice).await), incomplete);
    let of_another_type = browser.form("/consent").header(header::CONTENT_TYPE, "text/plain");
    assert_eq!(told(&edge.send(empty(of_another_type)).await), incomplete);

    let not_accepted = (403, "Your decision was not accepted".to_owned());
    let foreign = request(Method::POST, "/consent").header(header::ORIGIN, "https://evil.example");
    assert_eq!(told(&edge.send(form(foreign, &fields)).await), not_accepted);
    let forged = [fields[0], ("csrf", "AAAA"), fields[2]];
    assert_eq!(told(&browser.post(&edge, "/consent", &forged).await), not_accepted);

    let mut stranger = Browser::default();
    let without_cookie = stranger.post(&edge, "/consent", &fields).await;
    assert_eq!(told(&without_cookie), (403, "Your browser did not keep this page&#39;s cookie".to_owned()));
    assert!(without_cookie.body.contains("Connect again from the application."), "{}", without_cookie.body);
}

#[tokio::test]
async fn a_page_of_consent_is_too_old_after_ten_minutes() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    let mut browser = Browser::default();
    let (first, second) = (browser.ask(&edge, &client_id).await, browser.ask(&edge, &client_id).await);
    edge.clock.advance(CONSENT_LIFETIME - time::Duration::SECOND);
    assert_eq!(browser.decide(&edge, &first, "allow").await.status, 200);
    edge.clock.advance(time::Duration::SECOND);
    let late = browser.decide(&edge, &second, "allow").await;
    assert_eq!(told(&late), (403, "This page is too old".to_owned()));
}

#[tokio::test]
async fn a_question_after_signing_in_needs_one_id() {
    let edge = Edge::new();
    for query in ["", "?id=", "?id=x", "?id=AAAAAAAAAAAAAAAAAAAAAA&id=AAAAAAAAAAAAAAAAAAAAAA", "?id=%zz"] {
        let answer = edge.get(&format!("/consent{query}")).await;
        assert_eq!(told(&answer), (400, "The form is incomplete".to_owned()), "{query}");
    }
    assert_eq!(edge.get("/consent?id=AAAAAAAAAAAAAAAAAAAAAA").await.status, 403);
}

#[tokio::test]
async fn an_administrator_of_our_tenant_comes_back_from_admin_consent_to_a_page_that_claims_nothing() {
    let edge = Edge::new();
    let callback = |tenant: &str| format!("/oauth-callback?admin_consent=True&tenant={tenant}&state=shown%3F");
    for tenant in [TENANT_ID.to_owned(), TENANT_ID.to_uppercase()] {
        let answer = edge.get(&callback(&tenant)).await;
        assert_eq!(told(&answer), (200, "Back from Microsoft".to_owned()));
        assert!(!answer.body.contains("shown") && !answer.body.contains(&tenant), "{}", answer.body);
        assert!(answer.body.contains("cannot see whether consent was given"), "{}", answer.body);
    }
    let unknown = (403, "This sign-in is unknown or too old".to_owned());
    assert_eq!(told(&edge.get(&callback("00000000-0000-0000-0000-000000000009")).await), unknown);
}

#[tokio::test]
async fn a_callback_that_leads_nowhere_says_why() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    let mut browser = Browser::default();
    let unknown = (403, "This sign-in is unknown or too old".to_owned());
    for query in ["", "?code=x", "?state=x&code=y", "?code=a&code=b&state=x", "?a=%zz"] {
        assert_eq!(told(&browser.get(&edge, &format!("/oauth-callback{query}")).await), unknown, "{query}");
    }
    let asked = browser.ask(&edge, &client_id).await;
    let callback = browser.allow(&edge, &asked).await;
    let elsewhere = Browser::default().get(&edge, &callback).await;
    assert_eq!(told(&elsewhere), (403, "This sign-in began in another browser".to_owned()));
    for path in ["/connections", "/operator"] {
        let page = Browser::default().post(&edge, path, &[("action", "sign-in")]).await;
        let without_cookie = Browser::default().get(&edge, &self::callback(&page)).await;
        assert_eq!(told(&without_cookie), (403, "Your browser did not keep this page&#39;s cookie".to_owned()));
        for words in ["Allow cookies", path, "sign in again."] {
            assert!(without_cookie.body.contains(words), "{words}: {}", without_cookie.body);
        }
    }

    let asked = browser.ask(&edge, &client_id).await;
    let callback = browser.allow(&edge, &asked).await;
    let cookies = browser.clone();
    assert_eq!(browser.get(&edge, &callback).await.status, 302);
    let again = cookies.clone().get(&edge, &callback).await;
    assert_eq!(told(&again), (200, "This sign-in is already completed".to_owned()));
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_back_names_what_is_wrong() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    let not_valid = "The application&#39;s request is not valid";
    for (path, heading, words) in [
        ("/authorize?a=%zz".to_owned(), not_valid, "the query is not well formed"),
        ("/authorize".to_owned(), not_valid, "the parameter <bdi>client_id</bdi> is missing or given more than once"),
        (format!("/authorize?client_id={client_id}"), not_valid, "the parameter <bdi>redirect_uri</bdi> is missing"),
        (
            authorize(&client_id, &[("redirect_uri", Some("https://client.example/other"))]),
            not_valid,
            "the redirect URI is not one that the application registered",
        ),
        (
            authorize("AAAAAAAAAAAAAAAAAAAAAA", &[]),
            "This application is not registered here",
            "Claude: remove the connector",
        ),
    ] {
        let answer = edge.get(&path).await;
        assert_eq!(told(&answer), (400, heading.to_owned()), "{path}");
        assert!(answer.body.contains(words), "{words} in {}", answer.body);
        assert_eq!((answer.header("location"), answer.header("refresh")), ("", ""), "{path}");
    }
}

#[tokio::test]
async fn a_click_on_the_page_of_connections_counts_only_from_that_page() {
    let edge = Edge::new();
    let mut browser = Browser::default();
    let page = browser.connections(&edge).await;
    let csrf = hidden(&page, "csrf");
    let sign_out = [("csrf", csrf.as_str()), ("action", "sign-out")];
    let not_accepted = (403, "Your request was not accepted".to_owned());
    for origin in ["https://evil.example", "null", ""] {
        let mut foreign = request(Method::POST, "/connections").header("sec-fetch-site", "same-origin");
        for (name, value) in &browser.0 {
            foreign = foreign.header(header::COOKIE, format!("{name}={value}"));
        }
        if !origin.is_empty() {
            foreign = foreign.header(header::ORIGIN, origin);
        }
        assert_eq!(told(&edge.send(form(foreign, &sign_out)).await), not_accepted, "{origin}");
    }
    let forged = [("csrf", "AAAA"), ("action", "sign-out")];
    assert_eq!(told(&browser.post(&edge, "/connections", &forged).await), not_accepted);
    let twice = [sign_out[0], sign_out[1], sign_out[1]];
    let incomplete = (400, "The form is incomplete".to_owned());
    assert_eq!(told(&browser.post(&edge, "/connections", &twice).await), incomplete);
    assert!(browser.get(&edge, "/connections").await.body.contains("You are signed in as"));
    assert_eq!(browser.post(&edge, "/connections", &sign_out).await.status, 302);
    assert!(browser.get(&edge, "/connections").await.body.contains("Sign in with Microsoft"));
}
