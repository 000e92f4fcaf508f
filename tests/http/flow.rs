//! The whole flow, as a client sees it.

use crate::{
    browser::{Browser, Redirect, location, redemption, tokens},
    deployment::{Deployment, USER, body, tool_call},
};

#[tokio::test]
async fn a_client_gets_the_details_of_the_user_who_signed_in() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let answer = body(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap()).await;
    let details = &answer["result"]["structuredContent"];
    assert_eq!(details["userPrincipalName"], USER);
    assert_eq!(details["success"], true);
    assert_eq!(details["@odata.context"], "https://graph.microsoft.com/v1.0/$metadata#users/$entity");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(text).unwrap(), *details);
    assert!(text.contains("\n  \""), "the text is pretty");
}

#[tokio::test]
async fn the_client_gets_its_state_back_and_one_iss() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let redirect = Browser::default().sign_in(&server, &client_id).await;
    assert_eq!(redirect.get("state").as_deref(), Some("client state/+&"));
    assert_eq!(redirect.get("iss").as_deref(), Some(server.url.as_str()));
    assert!(redirect.0.as_str().starts_with("http://127.0.0.1:33418/callback?"));
    assert_eq!(redirect.get("error"), None);
}

#[tokio::test]
async fn a_code_is_redeemed_once() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let code = Browser::default().sign_in(&server, &client_id).await.get("code").unwrap();
    let (first, answer) = server.token(&redemption(&client_id, &code)).await;
    let (second, refusal) = server.token(&redemption(&client_id, &code)).await;
    assert_eq!((first, second, refusal["error"].as_str()), (200, 400, Some("invalid_grant")));
    let access_token = answer["access_token"].as_str().unwrap();
    assert_eq!(server.mcp(access_token, &tool_call()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn refresh_tokens_rotate_and_the_new_access_token_works() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", &tokens.refresh_token),
    ];
    let (status, answer) = server.token(&form).await;
    assert_eq!(status, 200);
    assert_ne!(answer["refresh_token"], tokens.refresh_token.as_str());
    let access_token = answer["access_token"].as_str().unwrap();
    assert_eq!(server.mcp(access_token, &tool_call()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_callback_in_another_browser_is_refused_and_burns_the_authorization() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut attacker = Browser::default();
    let form = attacker.authorize(&server, &client_id).await;
    let callback = attacker.allow(&server, &form).await;
    let stranger = Browser::default().get(&server, &callback).await;
    assert_eq!(stranger.status(), 403);
    let late = attacker.get(&server, &callback).await;
    assert_eq!(late.status(), 403);
    let log = server.whole_log().await;
    assert!(log.contains("callback in another browser"), "{log}");
}

#[tokio::test]
async fn the_callback_of_a_tab_whose_cookie_was_displaced_is_no_alarm_though_another_tab_is_done() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let (mut browser, mut callbacks) = (Browser::default(), Vec::new());
    for _ in 0..6 {
        let form = browser.authorize(&server, &client_id).await;
        callbacks.push(browser.allow(&server, &form).await);
    }
    let cookie = |callback: &str| {
        let state = Redirect(callback.parse().unwrap()).get("state").unwrap();
        browser.cookies[&format!("__Host-MCP_ENTRA_STATE-{}", &state[..8])].as_str()
    };
    let (displaced, kept): (Vec<_>, Vec<_>) = callbacks.iter().partition(|callback| cookie(callback) == "displaced");
    assert_eq!((displaced.len(), kept.len()), (1, 5));
    assert!(location(&browser.get(&server, kept[0]).await).contains("code="));
    let late = browser.get(&server, displaced[0]).await;
    assert_eq!(late.status(), 403);
    assert!(late.text().await.unwrap().contains("This sign-in is unknown or too old"));
    assert!(!server.whole_log().await.contains("callback in another browser"));
}

#[tokio::test]
async fn a_repeated_callback_says_that_all_is_done() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let callback = browser.allow(&server, &form).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
    let again = browser.get(&server, &callback).await;
    assert_eq!(again.status(), 200);
    assert!(again.text().await.unwrap().contains("already completed"));
    let names: Vec<&str> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(names, ["__Host-MCP_APPROVED_CLIENTS"]);
}

#[tokio::test]
async fn a_restart_keeps_registrations_grants_and_refresh_tokens() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    server.host.kill(0).await;
    let answer = server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", &tokens.refresh_token),
    ];
    assert_eq!(server.token(&form).await.0, 200);
}

#[tokio::test]
async fn nothing_that_was_issued_is_in_the_log() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let redirect = Browser::default().sign_in(&server, &client_id).await;
    let code = redirect.get("code").unwrap();
    let (_, answer) = server.token(&redemption(&client_id, &code)).await;
    server.mcp(answer["access_token"].as_str().unwrap(), &tool_call()).send().await.unwrap();
    let log = server.whole_log().await;
    assert!(log.contains("\"endpoint\":\"token\"") && log.contains("\"endpoint\":\"mcp\""), "{log}");
    let secrets = [code.as_str(), answer["access_token"].as_str().unwrap(), answer["refresh_token"].as_str().unwrap()];
    for secret in secrets.into_iter().chain([USER, "Bob"]) {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
#[should_panic(expected = "1 secrets are in the log")]
async fn the_search_of_the_log_finds_what_is_there() {
    let server = Deployment::start().await;
    server.issued("\"target\":\"handler\",\"version\"");
    server.issued("\"message\":\"serving\",\"event\":");
}

#[tokio::test]
#[should_panic(expected = "is not the handler's log")]
async fn the_search_of_a_log_that_is_elsewhere_fails() {
    let mut server = Deployment::start().await;
    server.log_file = server.folder.path().join("elsewhere.log");
}
