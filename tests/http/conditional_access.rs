//! A policy of Conditional Access that appears while clients are signed in: one new sign-in, and the tools work again.

use driver::mcp::tool_error;
use local_tenant::{Endpoint, Fault, Recorded};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Tokens, authorize_url, consent_form, location},
    deployment::{Deployment, body, tool_call},
    stream::{Stream, initialize, post},
};

pub(crate) const CLAIMS: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;

/// A person with a client that has tokens and has called no tool yet.
async fn signed_in(server: &Deployment, browser: &mut Browser) -> Tokens {
    let client_id = server.register().await;
    browser.tokens(server, &client_id, "user.read").await
}

fn require_second_factor(server: &Deployment) {
    server.tenant.as_ref().unwrap().require_second_factor(true);
}

fn fail(server: &Deployment, endpoint: Endpoint, times: usize, fault: Fault) {
    server.tenant.as_ref().unwrap().fail_next(endpoint, times, fault).unwrap();
}

async fn called(server: &Deployment, tokens: &Tokens) -> Value {
    body(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap()).await
}

fn works(answer: &Value) -> bool {
    answer["result"]["structuredContent"]["success"] == true
}

pub(crate) fn says_sign_in_again(answer: &Value) -> bool {
    tool_error(answer).is_some_and(|words| words.contains("sign in again"))
}

/// The parameter of each authorization request since the tenant forgot the others.
pub(crate) fn authorizations(server: &Deployment, name: &str) -> Vec<Option<String>> {
    let value = |request: &Recorded| request.query.iter().find(|member| member.name == name)?.value.clone();
    let requests = server.tenant.as_ref().unwrap().requests();
    requests.iter().filter(|request| request.path.ends_with("/authorize")).map(value).collect()
}

/// The client is refused everywhere, and its tokens do not come back to life.
pub(crate) async fn is_signed_out(server: &Deployment, tokens: &Tokens) {
    let refused = server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    let (status, answer) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
}

#[tokio::test]
async fn a_policy_that_appears_costs_one_sign_in_and_the_tool_works_again() {
    let (server, mut browser) = (Deployment::start().await, Browser::default());
    let tokens = signed_in(&server, &mut browser).await;
    require_second_factor(&server);
    assert!(says_sign_in_again(&called(&server, &tokens).await));
    is_signed_out(&server, &tokens).await;
    server.tenant.as_ref().unwrap().forget_requests();
    let again = browser.tokens(&server, &tokens.client_id, "user.read").await;
    assert_eq!(legs(&server, Demand::Policy), [false, true]);
    assert_eq!(authorizations(&server, "login_hint"), [None, Some("bob@contoso.example".to_owned())]);
    assert!(works(&called(&server, &again).await));
    let renewed = server.refresh(&again.client_id, &again.refresh_token).await;
    assert_eq!(renewed.0, 200);
}

#[tokio::test]
async fn another_client_of_the_same_owner_goes_on_and_learns_for_itself() {
    let (server, mut browser) = (Deployment::start().await, Browser::default());
    let (warm, one, other) = (
        signed_in(&server, &mut browser).await,
        signed_in(&server, &mut browser).await,
        signed_in(&server, &mut browser).await,
    );
    assert!(works(&called(&server, &warm).await));
    require_second_factor(&server);
    assert!(says_sign_in_again(&called(&server, &one).await));
    assert!(works(&called(&server, &warm).await), "its token for Graph is still good");
    let again = browser.tokens(&server, &one.client_id, "user.read").await;
    assert!(works(&called(&server, &again).await));
    assert!(says_sign_in_again(&called(&server, &other).await), "its Entra tokens are of a sign-in without the factor");
    is_signed_out(&server, &other).await;
    let again = browser.tokens(&server, &other.client_id, "user.read").await;
    assert!(works(&called(&server, &again).await));
}

#[tokio::test]
async fn a_stream_ends_and_its_client_signs_in_once() {
    let (server, mut browser) = (Deployment::start().await, Browser::default());
    let tokens = signed_in(&server, &mut browser).await;
    let mut stream = opened(&server, &tokens).await;
    require_second_factor(&server);
    let endpoint = stream.1;
    assert_eq!(post(&server, &endpoint, &tokens.access_token, &tool_call()).await, 202);
    assert!(says_sign_in_again(&stream.0.message().await));
    assert_eq!(post(&server, &endpoint, &tokens.access_token, &tool_call()).await, 401);
    assert!(stream.0.next().await.is_none(), "the stream of a marked grant ends");
    let again = browser.tokens(&server, &tokens.client_id, "user.read").await;
    let (mut stream, endpoint) = opened(&server, &again).await;
    assert_eq!(post(&server, &endpoint, &again.access_token, &tool_call()).await, 202);
    assert!(works(&stream.message().await));
}

pub(crate) async fn opened(server: &Deployment, tokens: &Tokens) -> (Stream, String) {
    let mut stream = Stream::open(server, &tokens.access_token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(server, &endpoint, &tokens.access_token, &initialize()).await, 202);
    stream.message().await;
    (stream, endpoint)
}

/// The browser signs in until it is back from Entra's second page.
async fn back_from_the_second_leg(server: &Deployment, browser: &mut Browser, client_id: &str) -> Response {
    let form = browser.authorize(server, client_id).await;
    let callback = browser.allow(server, &form).await;
    let to_entra = location(&browser.get(server, &callback).await);
    assert!(to_entra.contains("/oauth2/v2.0/authorize?"), "{to_entra}");
    let callback = browser.choose_account(server, &to_entra).await;
    browser.get(server, &callback).await
}

#[tokio::test]
async fn a_demand_that_stays_after_the_second_sign_in_ends_with_a_page_and_no_code() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let tokens = signed_in(&server, &mut browser).await;
    let demand = || Fault::Aadsts { number: 50_076, suberror: None, claims: Some(CLAIMS.into()) };
    fail(&server, Endpoint::OnBehalfOf, 3, demand());
    assert!(says_sign_in_again(&called(&server, &tokens).await));
    let answer = back_from_the_second_leg(&server, &mut Browser::default(), &tokens.client_id).await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (403, None));
    let page = answer.text().await.unwrap();
    assert!(page.contains("Conditional Access") && page.contains("administrator"), "{page}");
    assert!(!page.contains("AADSTS") && !page.contains("acrs"), "{page}");
}

#[tokio::test]
async fn claims_that_graph_demands_are_exchanged_for_and_then_signed_in_for() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let tokens = signed_in(&server, &mut browser).await;
    assert!(works(&called(&server, &tokens).await));
    let demand = || Fault::Claims { claims: CLAIMS.into() };
    fail(&server, Endpoint::GraphMe, 1, demand());
    assert!(works(&called(&server, &tokens).await), "one exchange with the claims is enough");
    server.tenant.as_ref().unwrap().forget_requests();
    assert!(works(&called(&server, &tokens).await));
    let asked: Vec<_> = server.tenant.as_ref().unwrap().requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/v1.0/me"], "and its token is kept");

    fail(&server, Endpoint::GraphMe, 1, demand());
    fail(&server, Endpoint::OnBehalfOf, 2, Fault::Aadsts { number: 50_076, suberror: None, claims: None });
    assert!(says_sign_in_again(&called(&server, &tokens).await));
    is_signed_out(&server, &tokens).await;
    let answer = back_from_the_second_leg(&server, &mut Browser::default(), &tokens.client_id).await;
    assert!(location(&answer).contains("code="));
    let sent = authorizations(&server, "claims").pop().flatten().unwrap();
    let sent: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent["access_token"]["acrs"], json!({ "essential": true, "value": "c1" }), "Graph's own");
}

#[tokio::test]
async fn other_claims_of_graph_reach_no_sign_in() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let tokens = signed_in(&server, &mut browser).await;
    let evil = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"},"xms_cc":{"values":["evil"]}},"id_token":{"email":null}}"#;
    fail(&server, Endpoint::GraphMe, 1, Fault::Claims { claims: evil.into() });
    fail(&server, Endpoint::OnBehalfOf, 1, Fault::Held);
    let tenant = server.tenant.as_ref().unwrap();
    let (answer, ()) = tokio::join!(called(&server, &tokens), async {
        tenant.until_held(1).await;
        fail(&server, Endpoint::OnBehalfOf, 2, Fault::Aadsts { number: 50_076, suberror: None, claims: None });
        tenant.release();
    });
    assert!(says_sign_in_again(&answer), "{answer}");
    back_from_the_second_leg(&server, &mut Browser::default(), &tokens.client_id).await;
    let sent = authorizations(&server, "claims").pop().flatten().unwrap();
    assert!(!sent.contains("evil") && !sent.contains("id_token") && sent.contains("acrs"), "{sent}");
}

#[tokio::test]
async fn the_first_leg_cannot_be_completed_twice_nor_the_second_in_another_browser() {
    let (server, mut browser) = (Deployment::start().await, Browser::default());
    let tokens = signed_in(&server, &mut browser).await;
    require_second_factor(&server);
    called(&server, &tokens).await;
    let mut browser = Browser::default();
    let page = browser.get(&server, &authorize_url(&server, &tokens.client_id, &[])).await.text().await.unwrap();
    let callback = browser.allow(&server, &consent_form(&page)).await;
    let to_entra = location(&browser.get(&server, &callback).await);
    let repeated = browser.get(&server, &callback).await;
    assert!(repeated.status() != 302, "the first leg is spent");
    let second = browser.choose_account(&server, &to_entra).await;
    let elsewhere = Browser::default().get(&server, &second).await;
    assert_eq!((elsewhere.status().as_u16(), elsewhere.headers().get("location")), (403, None));
    assert_eq!(browser.get(&server, &second).await.headers().get("location"), None, "and that ended it");
}

/// What appears in the middle of a session.
#[derive(Clone, Copy, Debug)]
enum Demand {
    Policy,
    ChallengeOfGraph,
}

impl Demand {
    const ALL: [Self; 2] = [Self::Policy, Self::ChallengeOfGraph];

    /// From now on this client's calls are refused, until its owner has signed in with claims.
    async fn appear(self, server: &Deployment, tokens: &Tokens) {
        match self {
            Self::Policy => require_second_factor(server),
            Self::ChallengeOfGraph => {
                assert!(works(&called(server, tokens).await));
                fail(server, Endpoint::GraphMe, 1, Fault::Claims { claims: CLAIMS.into() });
                // The exchange for those claims, now and after the first leg of the next sign-in.
                let refusal = Fault::Aadsts { number: 50_076, suberror: None, claims: None };
                fail(server, Endpoint::OnBehalfOf, 2, refusal);
            }
        }
    }

    fn is_in(self, claims: Option<&String>) -> bool {
        let claim = match self {
            Self::Policy => "capolids",
            Self::ChallengeOfGraph => "acrs",
        };
        claims.is_some_and(|claims| claims.contains(claim) && claims.contains("cp1"))
    }
}

/// Which authorization requests carried the claims, since the tenant forgot the others.
fn legs(server: &Deployment, demand: Demand) -> Vec<bool> {
    authorizations(server, "claims").iter().map(|claims| demand.is_in(claims.as_ref())).collect()
}

/// The challenge names the scopes that the client has, and the document of its address.
fn assert_names_the_same_scopes(challenged: &Response, document: &str) {
    let challenge = challenged.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenged.status() == 401 && challenge.contains("scope=\"user.read\""), "{challenge}");
    assert!(challenge.contains(&format!("/.well-known/oauth-protected-resource/{document}\"")), "{challenge}");
}

/// The client registers anew, and its owner signs in once, with a second leg that carries the claims.
async fn registered_anew(server: &Deployment, browser: &mut Browser, before: &Tokens, demand: Demand) -> Tokens {
    server.tenant.as_ref().unwrap().forget_requests();
    let anew = signed_in(server, browser).await;
    assert_ne!(anew.client_id, before.client_id);
    assert_eq!(legs(server, demand), [false, true], "{demand:?}");
    anew
}

/// VS Code keeps its scopes when a 401 names the same ones, and then registers anew and signs in (extHostMcp.ts,
/// `_fetchWithAuthRetry`).
#[tokio::test]
async fn a_client_that_registers_anew_at_a_challenge_signs_in_once() {
    for demand in Demand::ALL {
        let (server, mut browser) = (Deployment::start().await, Browser::default());
        let tokens = signed_in(&server, &mut browser).await;
        demand.appear(&server, &tokens).await;
        assert!(says_sign_in_again(&called(&server, &tokens).await), "{demand:?}");
        let challenged = server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap();
        assert_names_the_same_scopes(&challenged, "mcp");
        let anew = registered_anew(&server, &mut browser, &tokens, demand).await;
        assert!(works(&called(&server, &anew).await), "{demand:?}");
    }
}

/// Over HTTP+SSE VS Code does nothing about a 401 beside its stream (extHostMcp.ts, `_sendLegacySSE`). Once its user starts the
/// server again, it posts to the address of the stream, without a token and then with the one that it has; at the 401 it registers
/// anew and signs in, and after the 404 it opens a stream (`_sendStreamableHttp`, `_sseFallbackWithMessage`).
#[tokio::test]
async fn a_client_that_registers_anew_when_it_is_started_again_signs_in_once() {
    for demand in Demand::ALL {
        let (server, mut browser) = (Deployment::start().await, Browser::default());
        let tokens = signed_in(&server, &mut browser).await;
        let (mut stream, endpoint) = opened(&server, &tokens).await;
        demand.appear(&server, &tokens).await;
        assert_eq!(post(&server, &endpoint, &tokens.access_token, &tool_call()).await, 202);
        assert!(says_sign_in_again(&stream.message().await), "{demand:?}");
        assert_eq!(post(&server, &endpoint, &tokens.access_token, &tool_call()).await, 401);
        drop(stream);
        let first =
            || server.post("/mcp/sse").header("accept", "text/event-stream, application/json").json(&initialize());
        assert_names_the_same_scopes(&first().send().await.unwrap(), "mcp/sse");
        let challenged = first().bearer_auth(&tokens.access_token).send().await.unwrap();
        assert_names_the_same_scopes(&challenged, "mcp/sse");
        let anew = registered_anew(&server, &mut browser, &tokens, demand).await;
        assert_eq!(first().bearer_auth(&anew.access_token).send().await.unwrap().status(), 404);
        let (mut stream, endpoint) = opened(&server, &anew).await;
        assert_eq!(post(&server, &endpoint, &anew.access_token, &tool_call()).await, 202);
        assert!(works(&stream.message().await), "{demand:?}");
    }
}
