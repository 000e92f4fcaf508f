//! Applications that get their tokens from Entra themselves.

use driver::{
    entra_client::{ACCESS_AS_USER, SignIn, TAKES_CHALLENGES},
    mcp::tool_error,
};
use local_tenant::{Client, DESKTOP_CLIENT, Endpoint, Fault, Tenant, WEB_CLIENT};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, between, location, refresh_target},
    deployment::{Deployment, USER, body, tool_call},
    step_up::sent,
    stream::{Stream, initialize, post},
    wrong_tokens::{accepted_claims, challenge, of_another_kind, upstream_claims},
};

const REVISION: Option<&str> = Some("2025-11-25");

/// A deployment that accepts the web app's tokens, and whose administrator has consented for everybody.
pub(crate) async fn deployment() -> Deployment {
    let server = Deployment::start_with(&[("PREAUTHORIZED_CLIENT_IDS", WEB_CLIENT.client_id)]).await;
    tenant(&server).consent_for_everybody().unwrap();
    server
}

pub(crate) fn tenant(server: &Deployment) -> &Tenant {
    server.tenant.as_ref().unwrap()
}

fn sign_in(application: &'static Client) -> SignIn<'static> {
    SignIn { application, user: USER, permissions: &[ACCESS_AS_USER], claims: None }
}

async fn token(server: &Deployment, sign_in: SignIn<'_>) -> String {
    sign_in.access_token(server, tenant(server)).await
}

async fn called(server: &Deployment, token: &str) -> Response {
    sent(server, token, &tool_call(), REVISION).await
}

fn works(answer: &Value) -> bool {
    answer["result"]["structuredContent"]["userPrincipalName"] == USER
}

fn search() -> Value {
    let params = json!({ "name": "search_mail", "arguments": { "query": "budget" } });
    json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params })
}

/// An open stream, after the handshake, and where to post.
pub(crate) async fn opened(server: &Deployment, token: &str) -> (Stream, String) {
    let mut stream = Stream::open(server, token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(server, &endpoint, token, &initialize()).await, 202);
    stream.message().await;
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(post(server, &endpoint, token, &initialized).await, 202);
    (stream, endpoint)
}

#[tokio::test]
async fn a_tool_works_with_a_token_of_entra_on_both_transports() {
    let server = deployment().await;
    let token = token(&server, sign_in(&WEB_CLIENT)).await;
    let answer = body(called(&server, &token).await).await;
    assert!(works(&answer), "{answer}");
    let (mut stream, endpoint) = opened(&server, &token).await;
    assert_eq!(post(&server, &endpoint, &token, &tool_call()).await, 202);
    assert!(works(&stream.message().await));
}

#[tokio::test]
async fn without_the_setting_every_token_of_entra_is_refused() {
    let server = Deployment::start().await;
    let refused = called(&server, &token(&server, sign_in(&WEB_CLIENT)).await).await;
    assert_eq!(refused.status(), 401);
    assert!(challenge(&refused).contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn tokens_that_are_not_an_accepted_applications_access_tokens_get_one_answer() {
    let server = deployment().await;
    let own = crate::browser::tokens(&server).await;
    let (header, rest) = own.access_token.split_once('.').unwrap();
    let changed = ("a changed token of ours".to_owned(), format!("{header}x.{rest}"));
    let others = of_another_kind(&server, tenant(&server)).await;
    for (what, token) in others.into_iter().chain([changed]) {
        let refused = called(&server, &token).await;
        let expected = format!(
            "Bearer error=\"invalid_token\", resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\", \
             scope=\"user.read\"",
            server.url
        );
        assert_eq!((refused.status().as_u16(), challenge(&refused)), (401, expected), "{what}");
        assert_eq!(body(refused).await["error"]["message"], "the access token is not valid", "{what}");
    }
}

#[tokio::test]
async fn the_upstream_token_of_this_server_would_be_accepted_but_for_its_application() {
    let server = deployment().await;
    let tenant = tenant(&server);
    assert_eq!(called(&server, &tenant.sign(&upstream_claims(tenant))).await.status(), 401);
    assert_eq!(called(&server, &tenant.sign(&accepted_claims(tenant))).await.status(), 200);
}

#[tokio::test]
async fn an_application_that_acts_for_itself_is_told_so() {
    let server = deployment().await;
    let refused = called(&server, &tenant(&server).own_token(&WEB_CLIENT)).await;
    assert_eq!(refused.status(), 403);
    let words = body(refused).await["error"]["message"].as_str().unwrap().to_owned();
    assert!(words.contains("belongs to an application"), "{words}");
}

#[tokio::test]
async fn a_public_client_needs_an_entry_that_says_so() {
    let entry = format!("{}:public", DESKTOP_CLIENT.client_id);
    for (list, status) in [(DESKTOP_CLIENT.client_id, 401), (entry.as_str(), 200)] {
        let server = Deployment::start_with(&[("PREAUTHORIZED_CLIENT_IDS", list)]).await;
        assert_eq!(called(&server, &token(&server, sign_in(&DESKTOP_CLIENT)).await).await.status(), status, "{list}");
    }
}

#[tokio::test]
async fn a_scope_is_a_permission_of_its_own_and_its_absence_is_told_in_full_names() {
    let server = deployment().await;
    let narrow = token(&server, sign_in(&WEB_CLIENT)).await;
    let refused = sent(&server, &narrow, &search(), REVISION).await;
    assert_eq!(refused.status(), 403);
    let app = tenant(&server).settings().into_iter().find(|(name, _)| name == "ENTRA_CLIENT_ID").unwrap().1;
    let names = format!("scope=\"{app}/access_as_user {app}/mail.read\"");
    assert!(challenge(&refused).contains(&names), "{}", challenge(&refused));
    let older = body(sent(&server, &narrow, &search(), Some("2025-06-18")).await).await;
    assert!(tool_error(&older).unwrap().contains("must ask Entra"), "{older}");
    let wide = SignIn { permissions: &[ACCESS_AS_USER, "mail.read"], ..sign_in(&WEB_CLIENT) };
    let answer = body(sent(&server, &token(&server, wide).await, &search(), REVISION).await).await;
    assert!(!answer["result"]["structuredContent"]["messages"].as_array().unwrap().is_empty(), "{answer}");
}

#[tokio::test]
async fn a_policy_is_told_before_the_call_to_an_application_that_takes_challenges_and_in_words_to_another() {
    let server = deployment().await;
    let plain = token(&server, sign_in(&WEB_CLIENT)).await;
    let takes = SignIn { claims: Some(TAKES_CHALLENGES), ..sign_in(&WEB_CLIENT) };
    let able = token(&server, takes).await;
    let (mut stream, endpoint) = opened(&server, &able).await;
    tenant(&server).require_second_factor(true);
    let told = body(called(&server, &plain).await).await;
    assert!(tool_error(&told).unwrap().contains("Sign in to your application again"), "{told}");

    for (answer, document) in [
        (called(&server, &able).await, "mcp"),
        (server.post(&endpoint).bearer_auth(&able).json(&tool_call()).send().await.unwrap(), "mcp/sse"),
    ] {
        assert_eq!(answer.status(), 401);
        assert_challenge(&challenge(&answer), &server, document);
        assert_eq!(body(answer).await["id"], 1);
    }

    let demanded = between(&challenge(&called(&server, &able).await), "claims=\"", "\"");
    let demanded = String::from_utf8(base64(&demanded)).unwrap();
    let merged = demanded.replacen('{', "", 1).replacen(
        "\"access_token\":{",
        "\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]},",
        1,
    );
    let again = SignIn { claims: Some(&format!("{{{merged}")), ..sign_in(&WEB_CLIENT) };
    let again = token(&server, again).await;
    assert!(works(&body(called(&server, &again).await).await));
    assert_eq!(post(&server, &endpoint, &again, &tool_call()).await, 202);
    assert!(works(&stream.message().await), "the stream serves the new token");
}

fn base64(text: &str) -> Vec<u8> {
    use ::base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text).unwrap()
}

fn assert_challenge(challenge: &str, server: &Deployment, document: &str) {
    let setting = |name: &str| tenant(server).settings().into_iter().find(|(known, _)| known == name).unwrap().1;
    let claims = between(challenge, "claims=\"", "\"");
    let expected = format!(
        "Bearer authorization_uri=\"{}/{}/oauth2/v2.0/authorize\", error=\"insufficient_claims\", claims=\"{claims}\", \
         scope=\"{}/access_as_user\", resource_metadata=\"{}/.well-known/oauth-protected-resource/{document}\"",
        tenant(server).base_url(),
        setting("ENTRA_TENANT_ID"),
        setting("ENTRA_CLIENT_ID"),
        server.url
    );
    assert_eq!(challenge, expected);
    let claims: Value = serde_json::from_slice(&base64(&claims)).unwrap();
    assert!(claims["access_token"]["capolids"].is_object(), "{claims}");
    assert!(claims["access_token"].get("xms_cc").is_none(), "the application declares its capabilities itself");
}

#[tokio::test]
async fn a_challenge_that_comes_while_the_tool_runs_is_a_tool_error_and_401_at_each_later_call_that_needs_the_same() {
    let server = deployment().await;
    let permissions = &[ACCESS_AS_USER, "mail.read"];
    let takes = SignIn { claims: Some(TAKES_CHALLENGES), permissions, ..sign_in(&WEB_CLIENT) };
    let token = token(&server, takes).await;
    assert!(works(&body(called(&server, &token).await).await));
    let (mut stream, endpoint) = opened(&server, &token).await;
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let fail = |endpoint, fault| tenant(&server).fail_next(endpoint, 1, fault).unwrap();
    fail(Endpoint::GraphMe, Fault::Claims { claims: claims.into() });
    fail(Endpoint::OnBehalfOf, Fault::Claims { claims: claims.into() });
    let told = body(called(&server, &token).await).await;
    assert!(tool_error(&told).unwrap().contains("Sign in to your application again"), "{told}");
    for _ in 0..2 {
        let refused = called(&server, &token).await;
        assert_eq!(refused.status(), 401);
        assert!(challenge(&refused).contains("error=\"insufficient_claims\""));
        assert_eq!(post(&server, &endpoint, &token, &tool_call()).await, 401);
    }
    let list = json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/list" });
    for message in [list, search()] {
        let answer = body(sent(&server, &token, &message, REVISION).await).await;
        assert!(tool_error(&answer).is_none() && answer["result"].is_object(), "{answer}");
        assert_eq!(post(&server, &endpoint, &token, &message).await, 202);
        assert_eq!(stream.message().await["id"], 5, "a call that does not need those claims goes on");
    }
    let other = self::token(&server, takes).await;
    assert!(works(&body(called(&server, &other).await).await), "another token is another");
}

#[tokio::test]
async fn a_consent_that_is_missing_is_told_in_words_and_never_a_challenge() {
    let server = Deployment::start_with(&[("PREAUTHORIZED_CLIENT_IDS", WEB_CLIENT.client_id)]).await;
    let takes = SignIn { claims: Some(TAKES_CHALLENGES), ..sign_in(&WEB_CLIENT) };
    let answer = called(&server, &token(&server, takes).await).await;
    assert_eq!(answer.status(), 200);
    let answer = body(answer).await;
    assert!(tool_error(&answer).unwrap().contains("administrator must consent"), "{answer}");
}

#[tokio::test]
async fn only_the_same_user_with_the_same_application_can_post_to_a_stream() {
    let list = format!("{}, {}:public", WEB_CLIENT.client_id, DESKTOP_CLIENT.client_id);
    let server = Deployment::start_with(&[("PREAUTHORIZED_CLIENT_IDS", &list)]).await;
    let mine = token(&server, sign_in(&WEB_CLIENT)).await;
    let (_stream, endpoint) = opened(&server, &mine).await;
    let others = [
        token(&server, sign_in(&DESKTOP_CLIENT)).await,
        token(&server, SignIn { user: "alice@contoso.example", ..sign_in(&WEB_CLIENT) }).await,
        crate::browser::tokens(&server).await.access_token,
    ];
    for other in others {
        assert_eq!(post(&server, &endpoint, &other, &tool_call()).await, 404);
    }
    let renewed = token(&server, sign_in(&WEB_CLIENT)).await;
    assert_eq!(post(&server, &endpoint, &renewed, &tool_call()).await, 202);
}

#[tokio::test]
async fn the_owner_sees_the_application_and_refuses_it() {
    let server = deployment().await;
    let token = token(&server, sign_in(&WEB_CLIENT)).await;
    assert!(works(&body(called(&server, &token).await).await));
    let mut browser = Browser::default();
    let page = signed_in(&server, &mut browser).await;
    assert!(page.contains(WEB_CLIENT.client_id) && page.contains(">Refuse</button>"), "{page}");
    assert!(!page.contains("No application may act for you."), "one may: {page}");
    act(&server, &mut browser, &page, "refuse-application").await;
    assert_eq!(called(&server, &token).await.status(), 401);
    let page = read(&server, &mut browser).await;
    assert!(page.contains("You have refused it.") && page.contains(">Allow again</button>"), "{page}");
    act(&server, &mut browser, &page, "allow-application").await;
    assert_eq!(called(&server, &token).await.status(), 401, "the token is from before");
    assert!(read(&server, &mut browser).await.contains(">Refuse</button>"));
    let early = access_token(&server).await;
    assert_eq!(called(&server, &early).await.status(), 401, "the token is dated before the refusal");
    tenant(&server).advance_clock(time::Duration::seconds(5 * 60 + 1));
    let late = access_token(&server).await;
    assert!(works(&body(called(&server, &late).await).await));
    assert_eq!(called(&server, &early).await.status(), 401, "it stays refused");
}

/// A new token of the user whom the tests sign in.
async fn access_token(server: &Deployment) -> String {
    token(server, sign_in(&WEB_CLIENT)).await
}

async fn signed_in(server: &Deployment, browser: &mut Browser) -> String {
    let page = browser.post(server, "/connections", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = browser.choose_account(server, &refresh_target(&page)).await;
    assert_eq!(location(&browser.get(server, &callback).await), format!("{}/connections", server.url));
    read(server, browser).await
}

async fn read(server: &Deployment, browser: &mut Browser) -> String {
    browser.get(server, &format!("{}/connections", server.url)).await.text().await.unwrap()
}

async fn act(server: &Deployment, browser: &mut Browser, page: &str, action: &str) {
    let csrf = between(page, "name=\"csrf\" value=\"", "\"");
    let fields = [("csrf", csrf.as_str()), ("action", action), ("application", WEB_CLIENT.client_id)];
    assert_eq!(browser.post(server, "/connections", &fields).await.status(), 302);
}

fn names(list: &Value) -> Vec<&str> {
    list["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

/// Nobody without the role is sent to sign in for the tool, either.
#[tokio::test]
async fn a_tool_with_a_role_is_there_for_users_whose_token_has_it_on_both_transports() {
    let tools = "get_graph_user_details=Admin,search_mail";
    let server = Deployment::start_with(&[("PREAUTHORIZED_CLIENT_IDS", WEB_CLIENT.client_id), ("TOOLS", tools)]).await;
    tenant(&server).consent_for_everybody().unwrap();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let takes = SignIn { claims: Some(TAKES_CHALLENGES), ..sign_in(&WEB_CLIENT) };
    for (roles, has) in [(&[][..], false), (&["User"], false), (&["Admin"], true)] {
        tenant(&server).assign_roles(USER, roles).unwrap();
        let token = token(&server, takes).await;
        let (mut stream, endpoint) = opened(&server, &token).await;
        let shown = if has { &["get_graph_user_details", "search_mail"][..] } else { &["search_mail"] };
        assert_eq!(names(&body(sent(&server, &token, &list, REVISION).await).await), shown, "{roles:?}");
        assert_eq!(post(&server, &endpoint, &token, &list).await, 202);
        assert_eq!(names(&stream.message().await), shown, "{roles:?}");
        tenant(&server).require_second_factor(!has);
        let answer = body(called(&server, &token).await).await;
        assert_eq!(post(&server, &endpoint, &token, &tool_call()).await, 202);
        for answer in [answer, stream.message().await] {
            let told = tool_error(&answer);
            assert_eq!((works(&answer), told.is_none()), (has, has), "{roles:?}: {answer}");
            assert!(has || told.unwrap().contains("the role “Admin”"), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_role_of_such_a_token_holds_until_the_token_ends() {
    let settings =
        [("PREAUTHORIZED_CLIENT_IDS", WEB_CLIENT.client_id), ("TOOLS", "get_graph_user_details=Admin,search_mail")];
    let server = Deployment::start_with(&settings).await;
    tenant(&server).consent_for_everybody().unwrap();
    tenant(&server).assign_roles(USER, &["Admin"]).unwrap();
    let before = token(&server, sign_in(&WEB_CLIENT)).await;
    tenant(&server).assign_roles(USER, &[]).unwrap();
    let after = token(&server, sign_in(&WEB_CLIENT)).await;
    for (token, expected) in [(before, true), (after, false)] {
        assert_eq!(works(&body(called(&server, &token).await).await), expected);
    }
}

/// A refusal of Entra that has no claims and does not speak of consent.
#[tokio::test]
async fn a_refusal_without_claims_is_told_as_what_it_is() {
    let server = deployment().await;
    let takes = SignIn { claims: Some(TAKES_CHALLENGES), ..sign_in(&WEB_CLIENT) };
    for (suberror, words) in [
        ("basic_action", "wants you to sign in again"),
        ("user_password_expired", "wants you to sign in again"),
        ("consent_required", "administrator must consent"),
        ("message_only", "A policy of your organisation blocks this"),
        ("protection_policy_required", "A policy of your organisation blocks this"),
        ("client_mismatch", "refuses this server"),
    ] {
        let token = token(&server, takes).await;
        let fault = Fault::Aadsts { number: 50_076, suberror: Some(suberror.into()), claims: None };
        tenant(&server).fail_next(Endpoint::OnBehalfOf, 2, fault).unwrap();
        let answer = called(&server, &token).await;
        assert_eq!(answer.status(), 200, "{suberror}");
        let told = tool_error(&body(answer).await).unwrap();
        assert!(told.contains(words), "{suberror}: {told}");
        tenant(&server).clear_faults();
    }
}

#[tokio::test]
async fn the_store_holds_no_token_that_a_client_got_from_entra() {
    let server = deployment().await;
    let takes = SignIn { claims: Some(TAKES_CHALLENGES), ..sign_in(&WEB_CLIENT) };
    let token = token(&server, takes).await;
    let (mut stream, endpoint) = opened(&server, &token).await;
    assert!(works(&body(called(&server, &token).await).await));
    assert_eq!(post(&server, &endpoint, &token, &tool_call()).await, 202);
    assert!(works(&stream.message().await));
    let store = std::fs::read(server.folder.path().join("store.redb")).unwrap();
    let store = String::from_utf8_lossy(&store);
    assert!(store.contains(WEB_CLIENT.client_id), "the note of the application is not in the file: it is another file");
    // Every JSON Web Token has `.eyJ` before its claims.
    for part in token.split('.').chain([".eyJ", USER]) {
        assert!(!store.contains(part), "the store holds {part}");
    }
}
