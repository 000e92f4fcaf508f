//! Each failure of Entra, the identity endpoint and Graph, as a client of ours sees it.

use local_tenant::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Tokens, location, tokens},
    deployment::{Deployment, body, tool_call},
};

const CLAIMS: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;

fn fail(server: &Deployment, endpoint: Endpoint, times: usize, fault: Fault) {
    server.tenant.as_ref().unwrap().fail_next(endpoint, times, fault).unwrap();
}

fn status(status: u16) -> Fault {
    Fault::Status { status, body: String::new() }
}

fn aadsts(number: u32) -> Fault {
    Fault::Aadsts { number, suberror: None, claims: None }
}

/// The client's redirect after a sign-in that failed so.
async fn signed_in(endpoint: Endpoint, fault: Fault) -> (String, String) {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let callback = browser.allow(&server, &form).await;
    fail(&server, endpoint, 9, fault);
    let redirect = location(&browser.get(&server, &callback).await);
    assert!(
        redirect.starts_with("http://127.0.0.1:33418/callback?error=") && redirect.contains("state="),
        "{redirect}"
    );
    assert!(!redirect.contains("AADSTS"), "{redirect}");
    (redirect, server.whole_log().await)
}

/// The tool's answer.
async fn called(server: &Deployment, tokens: &Tokens) -> Value {
    body(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap()).await["result"].clone()
}

fn error(result: &Value) -> String {
    driver::mcp::tool_error(&json!({ "result": result })).unwrap()
}

async fn refresh(server: &Deployment, tokens: &Tokens) -> (u16, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", &tokens.refresh_token),
    ];
    let (status, answer) = server.token(&form).await;
    (status, answer["error"].clone())
}

#[tokio::test]
async fn a_sign_in_that_entra_cannot_complete_now_is_temporarily_unavailable() {
    for (endpoint, fault) in [
        (Endpoint::AuthorizationCode, status(503)),
        (Endpoint::AuthorizationCode, Fault::Throttled { retry_after: Some(1) }),
        (Endpoint::AuthorizationCode, Fault::Dropped),
    ] {
        let (redirect, _) = signed_in(endpoint, fault).await;
        assert!(redirect.contains("error=temporarily_unavailable&"), "{redirect}");
    }
}

/// A process that has just started: it has no assertion yet.
#[tokio::test]
async fn an_identity_endpoint_that_fails_or_is_slow_loses_no_sign_in() {
    let server = Deployment::start().await;
    let tenant = server.tenant.as_ref().unwrap();
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let callback = browser.allow(&server, &form).await;
    fail(&server, Endpoint::Identity, 10_000, Fault::Held);
    server.host.kill(0).await;
    let (held, _) = tokio::join!(browser.get(&server, &callback), server.register());
    assert_eq!((held.status().as_u16(), held.headers().contains_key("retry-after")), (503, true));
    tenant.clear_faults();
    fail(&server, Endpoint::Identity, 1, Fault::Slow { milliseconds: 6_000 });
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
}

/// A process that has just started: it has no keys yet.
#[tokio::test]
async fn signing_keys_that_cannot_be_fetched_lose_no_sign_in() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let callback = browser.allow(&server, &form).await;
    fail(&server, Endpoint::Keys, 10_000, status(500));
    let held = browser.get(&server, &callback).await;
    assert_eq!((held.status().as_u16(), held.headers().contains_key("retry-after")), (503, true));
    server.tenant.as_ref().unwrap().clear_faults();
    server.host.kill(0).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
}

#[tokio::test]
async fn a_sign_in_for_which_entra_refuses_us_is_a_server_error_and_logged_as_one() {
    for number in [700_027, 7_000_215] {
        let (redirect, log) = signed_in(Endpoint::AuthorizationCode, aadsts(number)).await;
        assert!(redirect.contains("error=server_error&"), "{redirect}");
        assert!(log.contains("\"level\":\"ERROR\"") && log.contains(&number.to_string()), "{log}");
    }
}

#[tokio::test]
async fn a_sign_in_for_which_entra_wants_more_of_the_user_is_denied() {
    let more = Fault::Aadsts { number: 50_076, suberror: None, claims: Some(CLAIMS.into()) };
    let (redirect, _) = signed_in(Endpoint::AuthorizationCode, more).await;
    assert!(redirect.contains("error=access_denied&"), "{redirect}");
}

#[tokio::test]
async fn an_error_that_entra_sends_to_the_callback_is_told_without_its_words() {
    let cases = [
        ("access_denied", "access_denied"),
        ("consent_required", "access_denied"),
        ("interaction_required", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("invalid_scope", "server_error"),
    ];
    for (theirs, ours) in cases {
        let server = Deployment::start().await;
        let client_id = server.register().await;
        let mut browser = Browser::default();
        let form = browser.authorize(&server, &client_id).await;
        let callback = browser.allow(&server, &form).await;
        let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
        let url = format!("{}/oauth-callback?error={theirs}&error_description=AADSTS1%3A+x&state={state}", server.url);
        let redirect = location(&browser.get(&server, &url).await);
        assert!(redirect.contains(&format!("error={ours}&")) && !redirect.contains("AADSTS"), "{redirect}");
    }
}

#[tokio::test]
async fn a_sign_in_that_the_organisation_blocks_ends_at_a_page_that_says_who_can_change_it() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let sign_in = async || {
        let mut browser = Browser::default();
        let form = browser.authorize(&server, &client_id).await;
        let callback = browser.allow(&server, &form).await;
        (browser, callback)
    };
    let (mut browser, callback) = sign_in().await;
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let error = "error=access_denied&error_description=AADSTS53003%3A+alice%40contoso.example";
    let by_callback = browser.get(&server, &format!("{}/oauth-callback?{error}&state={state}", server.url)).await;
    let (mut browser, callback) = sign_in().await;
    let suberror = Some("message_only".into());
    fail(&server, Endpoint::AuthorizationCode, 1, Fault::Aadsts { number: 50_076, suberror, claims: None });
    let by_redemption = browser.get(&server, &callback).await;
    for answer in [by_callback, by_redemption] {
        assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (403, None));
        let page = answer.text().await.unwrap();
        assert!(page.contains("A Conditional Access policy") && page.contains("administrator"), "{page}");
        assert!(page.contains("http://127.0.0.1:33418/callback?error=access_denied&#38;"), "{page}");
        assert!(!page.contains("AADSTS") && !page.contains("alice"), "{page}");
    }
    let log = server.whole_log().await;
    assert!(log.contains("sign-in blocked by the organisation") && !log.contains("alice@"));
}

#[tokio::test]
async fn a_callback_with_no_state_of_ours_is_403_and_redirects_nowhere() {
    let server = Deployment::start().await;
    for query in [
        "",
        "?code=x",
        "?code=x&state=AAAAAAAAAAAAAAAAAAAAAA.AAAA",
        "?state=a&state=b",
        "?error=access_denied&state=%00",
    ] {
        let answer = server.get(&format!("/oauth-callback{query}")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (403, None), "{query}");
    }
}

#[tokio::test]
async fn a_tool_call_for_which_entra_wants_the_user_says_so_and_marks_the_grant() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    fail(&server, Endpoint::OnBehalfOf, 1, Fault::Claims { claims: CLAIMS.into() });
    assert!(error(&called(&server, &tokens).await).contains("sign in again"));
    assert_eq!(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap().status(), 401);
    assert_eq!(refresh(&server, &tokens).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn a_dead_assertion_is_refreshed_once_and_the_call_goes_on() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    fail(&server, Endpoint::OnBehalfOf, 1, aadsts(50_013));
    assert_eq!(called(&server, &tokens).await["structuredContent"]["success"], true);
}

#[tokio::test]
async fn a_dead_refresh_token_of_entras_ends_the_grant() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    fail(&server, Endpoint::OnBehalfOf, 1, aadsts(50_013));
    fail(&server, Endpoint::RefreshToken, 1, aadsts(70_008));
    assert!(error(&called(&server, &tokens).await).contains("sign in again"));
    assert_eq!(refresh(&server, &tokens).await, (400, "invalid_grant".into()));
}

/// AADSTS53003 in its final form; the claims beside it change nothing.
fn blocked(claims: Option<&str>) -> Fault {
    let answer = serde_json::json!({
        "error": "invalid_grant",
        "suberror": "message_only",
        "error_codes": [53_003],
        "claims": claims.unwrap_or_default(),
    });
    Fault::Status { status: 400, body: answer.to_string() }
}

#[tokio::test]
async fn a_policy_that_blocks_the_user_is_named_and_sends_nobody_to_sign_in() {
    let server = Deployment::start().await;
    for claims in [None, Some(CLAIMS)] {
        let tokens = tokens(&server).await;
        fail(&server, Endpoint::OnBehalfOf, 1, blocked(claims));
        // Entra would allow the second exchange, but the refusal is believed for a while.
        for _ in 0..3 {
            let words = error(&called(&server, &tokens).await);
            assert!(words.contains("policy") && words.contains("administrator"), "{words}");
        }
        assert_eq!(refresh(&server, &tokens).await.0, 200, "the grant stands");
    }
    let log = server.whole_log().await;
    assert!(log.contains("a location policy sees this server's outbound address"), "{log}");
}

#[tokio::test]
async fn a_refresh_that_a_policy_blocks_is_refused_and_ends_nothing() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    fail(&server, Endpoint::OnBehalfOf, 1, aadsts(50_013));
    fail(&server, Endpoint::RefreshToken, 1, blocked(None));
    assert!(error(&called(&server, &tokens).await).contains("policy"));
    assert_eq!(refresh(&server, &tokens).await.0, 200);
}

#[tokio::test]
async fn graphs_refusals_are_told_in_plain_words_and_cost_nothing() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    for (answer, words) in [(403, "does not allow"), (404, "has no such resource"), (418, "does not understand")] {
        fail(&server, Endpoint::GraphMe, 1, status(answer));
        assert!(error(&called(&server, &tokens).await).contains(words), "{answer}");
    }
    assert_eq!(called(&server, &tokens).await["structuredContent"]["success"], true);
}

#[tokio::test]
async fn graph_is_asked_again_when_it_fails_for_a_moment() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    for fault in [status(503), Fault::Dropped, Fault::Throttled { retry_after: Some(0) }] {
        fail(&server, Endpoint::GraphMe, 2, fault);
        assert_eq!(called(&server, &tokens).await["structuredContent"]["success"], true);
    }
}

#[tokio::test]
async fn graph_that_stays_down_or_asks_for_long_patience_is_told_as_such() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    for fault in [status(500), Fault::Throttled { retry_after: Some(600) }] {
        fail(&server, Endpoint::GraphMe, 3, fault);
        assert!(error(&called(&server, &tokens).await).contains("Try again"));
        server.tenant.as_ref().unwrap().clear_faults();
    }
    assert_eq!(called(&server, &tokens).await["structuredContent"]["success"], true);
}

#[tokio::test]
async fn a_refused_graph_token_is_exchanged_anew_once() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    assert_eq!(called(&server, &tokens).await["structuredContent"]["success"], true);
    fail(&server, Endpoint::GraphMe, 1, status(401));
    assert_eq!(called(&server, &tokens).await["structuredContent"]["success"], true);
    fail(&server, Endpoint::GraphMe, 2, status(401));
    assert!(error(&called(&server, &tokens).await).contains("in the sign-in log"));
}

#[tokio::test]
async fn a_warm_tool_call_asks_entra_nothing() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    called(&server, &tokens).await;
    server.tenant.as_ref().unwrap().forget_requests();
    called(&server, &tokens).await;
    let asked: Vec<String> =
        server.tenant.as_ref().unwrap().requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/v1.0/me"]);
}
