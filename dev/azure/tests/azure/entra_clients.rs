//! Applications that get their tokens from Entra themselves, over two processes.

use azure_tests::Plan;
use driver::{
    entra_client::{ACCESS_AS_USER, SignIn, TAKES_CHALLENGES},
    mcp::{tool_call, tool_error},
};
use local_tenant::{Endpoint, Fault, WEB_CLIENT};
use reqwest::Response;

use crate::{
    deployment::{Deployment, USER, body},
    streams::Session,
    wrong_tokens::{accepted_claims, answers, challenge, wrong_tokens},
};

const CLAIMS: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
const TAKES: SignIn<'static> =
    SignIn { application: &WEB_CLIENT, user: USER, permissions: &[ACCESS_AS_USER], claims: Some(TAKES_CHALLENGES) };

/// Two processes that accept the web app's tokens, and whose administrator has consented for everybody.
async fn deployment() -> Deployment {
    let settings = vec![("PREAUTHORIZED_CLIENT_IDS".to_owned(), WEB_CLIENT.client_id.to_owned())];
    let server = Deployment::of(Plan { settings, ..Plan::of(2) }).await;
    server.until_ready().await;
    server.azure.tenant.consent_for_everybody().unwrap();
    server
}

/// A stream on one process, all of whose messages come to the other one. A tool has been called.
pub(crate) async fn stream_elsewhere() -> (Deployment, Session) {
    let server = deployment().await;
    server.azure.host.keep_apart("/mcp/sse");
    let token = TAKES.access_token(&server, &server.azure.tenant).await;
    let mut session = Session::open(&server, token).await;
    assert_eq!(called(&server, &session).await.status(), 202);
    let answer = session.stream.message().await;
    assert_eq!(answer["result"]["structuredContent"]["userPrincipalName"], USER, "{answer}");
    (server, session)
}

async fn called(server: &Deployment, session: &Session) -> Response {
    session.request(server, &tool_call(1)).send().await.unwrap()
}

fn demands_claims(refused: &Response) -> bool {
    let challenge = challenge(refused);
    refused.status() == 401 && challenge.contains("error=\"insufficient_claims\"") && challenge.contains("claims=\"")
}

/// Graph answers the process of the stream, which runs the tool. The process that gets the next POST has met nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_comes_while_the_tool_runs_is_401_at_the_next_post_on_the_other_process() {
    let (server, mut session) = stream_elsewhere().await;
    let fail = |endpoint| server.azure.tenant.fail_next(endpoint, 1, Fault::Claims { claims: CLAIMS.into() }).unwrap();
    fail(Endpoint::GraphMe);
    fail(Endpoint::OnBehalfOf);
    assert_eq!(called(&server, &session).await.status(), 202);
    let told = tool_error(&session.stream.message().await).unwrap();
    assert!(told.contains("Sign in to your application again"), "{told}");
    let refused = called(&server, &session).await;
    assert!(demands_claims(&refused), "{refused:?}");
    assert_eq!(body(refused).await["id"], 1);
    assert!(demands_claims(&server.tool_request(&session.token).send().await.unwrap()), "over Streamable HTTP");
    let list = serde_json::json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    assert_eq!(session.request(&server, &list).send().await.unwrap().status(), 202);
    assert_eq!(session.stream.message().await["id"], 2, "a message that needs no claims goes on");

    let merged = CLAIMS.replacen("{\"acrs\"", "{\"xms_cc\":{\"values\":[\"cp1\"]},\"acrs\"", 1);
    session.token = SignIn { claims: Some(&merged), ..TAKES }.access_token(&server, &server.azure.tenant).await;
    assert_eq!(called(&server, &session).await.status(), 202);
    let answer = session.stream.message().await;
    assert_eq!(answer["result"]["structuredContent"]["userPrincipalName"], USER, "{answer}");
}

/// The processes take turns, and a round has three requests, so two rounds put a token to every endpoint of both processes.
#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_token_gets_the_answer_of_a_text_that_is_no_token_from_both_processes() {
    let server = deployment().await;
    let tenant = &server.azure.tenant;
    let session = Session::open(&server, tenant.sign(&accepted_claims(tenant))).await;
    let round = async |token: &str| answers(&server, &session.endpoint, token).await;
    for _ in 0..2 {
        assert_eq!(round(&session.token).await.map(|(status, ..)| status), [200, 200, 202]);
    }
    let expected = round("no.token").await;
    assert!(expected.iter().all(|(status, challenge, _)| *status == 401 && challenge.contains("invalid_token")));
    for (what, token) in wrong_tokens(&server, tenant).await {
        for number in 1..=2 {
            assert_eq!(round(&token).await, expected, "{what}, round {number}");
        }
    }
}
