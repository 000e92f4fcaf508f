//! POST /register (RFC 7591).

use serde_json::{Value, json};

use crate::deployment::{Deployment, REDIRECT_URI, body};

async fn refused(server: &Deployment, metadata: impl Into<reqwest::Body>) -> (u16, Value) {
    let answer =
        server.post("/register").header("content-type", "application/json").body(metadata).send().await.unwrap();
    (answer.status().as_u16(), body(answer).await["error"].clone())
}

#[tokio::test]
async fn the_answer_says_what_was_granted() {
    let server = Deployment::start().await;
    let metadata = json!({
        "client_name": "Inspector",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "client_secret_post",
        "client_id": "mine",
        "client_secret": "hunter2",
        "unknown": { "a": 1 },
    });
    let answer = server.post("/register").json(&metadata).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let granted = body(answer).await;
    assert_eq!(granted["client_id"].as_str().unwrap().len(), 22);
    assert_eq!(granted["redirect_uris"], json!([REDIRECT_URI]));
    assert_eq!(granted["token_endpoint_auth_method"], "none");
    assert_eq!(granted["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(granted["response_types"], json!(["code"]));
    for absent in ["client_secret", "unknown"] {
        assert_eq!(granted.get(absent), None);
    }
}

#[tokio::test]
async fn the_answer_lists_the_redirect_uris_and_the_scope_that_were_kept() {
    let server = Deployment::start().await;
    let claude = "claude://claude.ai/mcp-auth-callback/sdk";
    let cases = [
        (json!([claude]), json!([claude])),
        (json!([claude, REDIRECT_URI]), json!([claude, REDIRECT_URI])),
        (json!(["unknown-app://cb", REDIRECT_URI]), json!([REDIRECT_URI])),
    ];
    for (wanted, kept) in cases {
        let metadata = json!({ "redirect_uris": wanted, "scope": "openid email" });
        let answer = server.post("/register").json(&metadata).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{metadata}");
        let granted = body(answer).await;
        assert_eq!((&granted["redirect_uris"], &granted["scope"]), (&kept, &json!("user.read")), "{metadata}");
    }
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_safe_is_refused() {
    let server = Deployment::start().await;
    let own = format!("{}/oauth-callback", server.url);
    for uri in [
        "javascript:alert(1)",
        "http://example.com/cb",
        "https://a.example/cb#f",
        "data:text/html,x",
        "",
        &own,
        "unknown-app://cb",
    ] {
        let metadata = json!({ "redirect_uris": [uri] }).to_string();
        assert_eq!(refused(&server, metadata).await, (400, "invalid_redirect_uri".into()), "{uri}");
    }
    for metadata in [json!({}), json!({ "redirect_uris": [] }), json!({ "redirect_uris": "x" })] {
        assert_eq!(refused(&server, metadata.to_string()).await.0, 400, "{metadata}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_metadata_is_refused() {
    let server = Deployment::start().await;
    let deep = format!("{{\"redirect_uris\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for metadata in ["", "[]", "nonsense", r#"{"redirect_uris":["http://127.0.0.1/"],"client_name":7}"#, &deep] {
        let (status, error) = refused(&server, metadata.to_owned()).await;
        assert_eq!((status, error), (400, "invalid_client_metadata".into()), "{}", &metadata[..metadata.len().min(60)]);
    }
    let huge = json!({ "redirect_uris": [REDIRECT_URI], "client_name": "x".repeat(1_000_000) }).to_string();
    assert_eq!(refused(&server, huge).await, (413, "invalid_request".into()));
}

#[tokio::test]
async fn a_flood_of_registrations_is_429_and_others_go_on() {
    /// Of the setting.
    const DEFAULT: usize = 300;
    let server = Deployment::start_with(&[("MCP_LIMITS", "registrations-per-minute=3")]).await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI] });
    let mut taken = 0;
    let refused = loop {
        let answer = server.post("/register").json(&metadata).send().await.unwrap();
        if answer.status() != 201 {
            break answer;
        }
        taken += 1;
    };
    assert!((3..DEFAULT).contains(&taken), "{taken} were taken");
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));
    assert_eq!(server.get("/.well-known/oauth-authorization-server").send().await.unwrap().status(), 200);
}
