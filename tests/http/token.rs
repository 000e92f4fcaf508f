//! POST /token: the error rows.

use serde_json::Value;

use crate::{
    browser::{Browser, redemption, tokens},
    deployment::{Deployment, VERIFIER, body},
};

const TEXT: &str = "the code, refresh token, redirect URI or verifier is not valid";

async fn error(server: &Deployment, form: &[(&str, &str)]) -> (u16, Value) {
    let (status, answer) = server.token(form).await;
    (status, answer["error"].clone())
}

#[tokio::test]
async fn a_malformed_request_is_invalid_request() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("client_id", &client_id)],
        &[("grant_type", "authorization_code"), ("client_id", &client_id)],
        &[("grant_type", "authorization_code"), ("grant_type", "refresh_token"), ("client_id", &client_id)],
        &[("grant_type", "refresh_token"), ("client_id", &client_id), ("refresh_token", "a"), ("refresh_token", "b")],
    ];
    for form in cases {
        assert_eq!(error(&server, form).await, (400, "invalid_request".into()), "{form:?}");
    }
    let json = server.post("/token").json(&serde_json::json!({ "grant_type": "refresh_token" })).send().await.unwrap();
    assert_eq!((json.status().as_u16(), body(json).await["error"].clone()), (400, "invalid_request".into()));
}

#[tokio::test]
async fn a_secret_that_nobody_was_given_is_401_with_a_challenge() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let request = server.post("/token").basic_auth(&client_id, Some("secret"));
    let answer = request.form(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("www-authenticate")), (401, true));
    assert_eq!(body(answer).await["error"], "invalid_client");
}

#[tokio::test]
async fn another_grant_type_is_unsupported() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    for grant_type in ["password", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        let form = [("grant_type", grant_type), ("client_id", client_id.as_str())];
        assert_eq!(error(&server, &form).await, (400, "unsupported_grant_type".into()));
    }
}

#[tokio::test]
async fn an_unknown_client_is_401_so_that_it_registers_again() {
    let server = Deployment::start().await;
    let answer = server.post("/token").form(&redemption("AAAAAAAAAAAAAAAAAAAAAA", "x.y")).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(body(answer).await["error"], "invalid_client");
}

#[tokio::test]
async fn every_wrong_thing_about_a_code_is_invalid_grant_with_one_text_and_no_effect() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let other = server.register().await;
    let code = Browser::default().sign_in(&server, &client_id).await.get("code").unwrap();
    let good = redemption(&client_id, &code);
    let flipped = format!("{}{}", &code[..code.len() - 2], if code.ends_with("AA") { "BB" } else { "AA" });
    let wrong = [
        ("client_id", other.as_str()),
        ("redirect_uri", "http://127.0.0.1:33418/other"),
        ("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"),
        ("code_verifier", "short"),
        ("code_verifier", ""),
        ("code", &flipped),
        ("code", "nonsense"),
    ];
    for (name, value) in wrong {
        let form = good.map(|(other, kept)| if other == name { (other, value) } else { (other, kept) });
        let (status, answer) = server.token(&form).await;
        assert_eq!(
            (status, &answer["error"], &answer["error_description"]),
            (400, &"invalid_grant".into(), &TEXT.into()),
            "{name}={value}"
        );
    }
    assert_eq!(server.token(&good).await.0, 200);
}

#[tokio::test]
async fn the_redirect_uri_may_be_absent_and_resource_may_be_ours_in_every_form() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let forms = ["", "/", "/mcp", "/mcp/sse", "/mcp/message?sessionId=1"].map(|path| format!("{}{path}", server.url));
    for resource in &forms {
        let code = Browser::default().sign_in(&server, &client_id).await.get("code").unwrap();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("resource", resource),
            ("resource", resource),
            ("client_secret", ""),
        ];
        assert_eq!(server.token(&form).await.0, 200, "{resource}");
    }
}

#[tokio::test]
async fn a_refresh_for_another_client_scope_or_resource_is_refused_before_anything_rotates() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let other = server.register().await;
    let good = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", &tokens.refresh_token),
    ];
    let with = |changes: &[(&'static str, &'static str)]| {
        let mut form = good.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        form.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        form
    };
    let mut foreign = with(&[]);
    foreign[1].1 = other;
    let cases = [
        (foreign, "invalid_grant"),
        (with(&[("scope", "user.read a\"b")]), "invalid_scope"),
        (with(&[("scope", "user.read mail.read")]), "invalid_scope"),
        (with(&[("resource", "https://other.example")]), "invalid_target"),
    ];
    for (form, expected) in cases {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(error(&server, &form).await, (400, expected.into()));
    }
    let unknown_scopes = with(&[("scope", "openid mail.send")]);
    let form: Vec<_> = unknown_scopes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (status, answer) = server.token(&form).await;
    assert_eq!((status, &answer["scope"]), (200, &"user.read".into()));
    let (status, answer) = server.token(&good).await;
    assert_eq!((status, answer["refresh_token"] != tokens.refresh_token.as_str()), (200, true));
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["scope"], "user.read");
    assert!(answer["expires_in"].as_u64().unwrap() <= 3600);
}

#[tokio::test]
async fn parameters_in_the_query_are_refused_even_beside_a_good_body() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", &tokens.refresh_token),
    ];
    for path in ["/token?refresh_token=x", "/token?x", "/revoke?token=x"] {
        let answer = server.post(path).form(&form).form(&form).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), body(answer).await["error"].clone()),
            (400, "invalid_request".into()),
            "{path}"
        );
    }
    assert_eq!(server.token(&form).await.0, 200);
}
