//! A request that only looks, a HEAD or a prefetch, changes nothing: neither here nor in the browser.

use reqwest::{Method, StatusCode, header};

use crate::{
    browser::{Browser, authorize_url, consent_form, location, refresh_target},
    deployment::{Deployment, body, tool_call},
};

const PURPOSES: [(&str, &str); 4] = [
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("purpose", "prefetch"),
    ("x-moz", "prefetch"),
];

/// Looks at a page in every way that is no visit, with the browser's cookies and without.
async fn look(server: &Deployment, browser: &Browser, url: &str) {
    for cookies in [browser, &Browser::default()] {
        let request = || cookies.navigation(server, url, "none").build().unwrap();
        let mut head = request();
        *head.method_mut() = Method::HEAD;
        let answer = server.http.execute(head).await.unwrap();
        assert_eq!((answer.status(), answer.headers().get(header::SET_COOKIE)), (StatusCode::OK, None), "{url}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{url}");
        for (name, value) in PURPOSES {
            let mut prefetch = request();
            prefetch.headers_mut().insert(name, value.parse().unwrap());
            let answer = server.http.execute(prefetch).await.unwrap();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{name}: {value} at {url}");
            assert_eq!(answer.headers().get(header::SET_COOKIE), None, "{name}: {value} at {url}");
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{name}: {value} at {url}");
        }
    }
}

#[tokio::test]
async fn a_callback_that_was_looked_at_still_completes_the_sign_in() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let page = authorize_url(&server, &client_id, &[]);
    look(&server, &browser, &page).await;
    let form = browser.authorize(&server, &client_id).await;
    let callback = browser.allow(&server, &form).await;
    look(&server, &browser, &callback).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
}

#[tokio::test]
async fn a_sign_in_to_the_connections_that_was_looked_at_still_completes() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let connections = format!("{}/connections", server.url);
    look(&server, &browser, &connections).await;
    let page = browser.post(&server, "/connections", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = browser.choose_account(&server, &refresh_target(&page)).await;
    look(&server, &browser, &callback).await;
    assert_eq!(location(&browser.get(&server, &callback).await), connections);
    look(&server, &browser, &connections).await;
    assert!(browser.get(&server, &connections).await.text().await.unwrap().contains("Bob Brown"));
}

#[tokio::test]
async fn a_remembered_approval_that_was_looked_at_signs_nobody_in() {
    let server = Deployment::start().await;
    let uri = "https://client.example/callback";
    let metadata = serde_json::json!({ "redirect_uris": [uri] });
    let client = body(server.post("/register").json(&metadata).send().await.unwrap()).await;
    let resource = format!("{}/mcp", server.url);
    let url = authorize_url(
        &server,
        client["client_id"].as_str().unwrap(),
        &[("redirect_uri", uri), ("resource", &resource)],
    );
    let mut browser = Browser::default();
    let page = browser.get(&server, &url).await.text().await.unwrap();
    let callback = browser.allow(&server, &consent_form(&page)).await;
    browser.get(&server, &callback).await;
    look(&server, &browser, &url).await;
    assert_eq!(browser.visit(&server, &url, "none").await.status(), StatusCode::FOUND, "the approval passes");
}

#[tokio::test]
async fn a_confirmation_that_was_looked_at_is_still_asked() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    look(&server, &browser, &format!("{}/consent?id=AAAAAAAAAAAAAAAAAAAAAA", server.url)).await;
    let client_id = server.register().await;
    browser.sign_in(&server, &client_id).await;
    let short = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    browser.user = "alice@contoso.example";
    let callback = browser.allow(&server, &consent_form(&short)).await;
    let question = location(&browser.get(&server, &callback).await);
    assert!(question.contains("/consent?id="), "{question}");
    look(&server, &browser, &question).await;
    assert!(browser.get(&server, &question).await.text().await.unwrap().contains("Alice Adams"));
}

#[tokio::test]
async fn a_head_of_the_stream_opens_none() {
    let server = Deployment::start().await;
    let tokens = crate::browser::tokens(&server).await;
    for _ in 0..40 {
        let head = server.http.head(format!("{}/mcp/sse", server.url)).bearer_auth(&tokens.access_token);
        assert_eq!(head.send().await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(server.http.head(format!("{}/mcp/sse", server.url)).send().await.unwrap().status(), 401);
    let stream = server.get("/mcp/sse").bearer_auth(&tokens.access_token).send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK, "no place is taken");
    assert_eq!(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap().status(), StatusCode::OK);
}
