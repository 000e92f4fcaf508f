//! Tokens of Entra that are not for us, from another tenant or application, or of another kind: each endpoint answers them as it
//! answers a text that is no token.

use local_tenant::WEB_CLIENT;
use serde_json::{Value, json};

use crate::{
    deployment::{Deployment, body, tool_call},
    entra_clients::{challenge, deployment, opened, tenant, upstream_claims},
};

const OTHER: &str = "7f1b3c9e-0d52-4a86-9e4f-6b2a8c5d7e10";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// The claims of a token that is accepted: of the web app, for a user.
fn accepted(server: &Deployment) -> Value {
    let mut claims = upstream_claims(tenant(server));
    claims["azp"] = json!(WEB_CLIENT.client_id);
    claims
}

/// The answers of every endpoint of the resource: `/mcp`, a new stream, and this open one.
async fn answers(server: &Deployment, endpoint: &str, token: &str) -> [(u16, String, Option<Value>); 3] {
    let call = tool_call();
    let stream = server.get("/mcp/sse").bearer_auth(token);
    let message = server.post(endpoint).bearer_auth(token).json(&call);
    let mut answers = Vec::new();
    for request in [server.mcp(token, &call), stream, message] {
        let answer = request.send().await.unwrap();
        let (status, challenge) = (answer.status().as_u16(), challenge(&answer));
        answers.push((status, challenge, if status == 401 { Some(body(answer).await) } else { None }));
    }
    answers.try_into().unwrap()
}

#[tokio::test]
async fn every_token_with_one_wrong_claim_gets_the_answer_of_a_text_that_is_no_token() {
    let (server, another) = (deployment().await, Deployment::start().await);
    let good = tenant(&server).sign(&accepted(&server));
    let (_stream, endpoint) = opened(&server, &good).await;
    assert_eq!(answers(&server, &endpoint, &good).await.map(|(status, ..)| status), [200, 200, 202]);
    let expected = answers(&server, &endpoint, "no.token").await;
    assert!(expected.iter().all(|(status, challenge, _)| *status == 401 && challenge.contains("invalid_token")));

    let claims = accepted(&server);
    let (app, tid) = (claims["aud"].as_str().unwrap(), claims["tid"].as_str().unwrap());
    let authority = tenant(&server).base_url();
    let changes = [
        json!({ "aud": OTHER }),
        json!({ "aud": GRAPH }),
        json!({ "aud": format!("api://{app}") }),
        json!({ "aud": null }),
        json!({ "tid": OTHER }),
        json!({ "iss": format!("{authority}/{OTHER}/v2.0") }),
        json!({ "tid": OTHER, "iss": format!("{authority}/{OTHER}/v2.0") }),
        json!({ "ver": "1.0" }),
        json!({ "ver": "1.0", "iss": format!("https://sts.windows.net/{tid}/"), "azp": null, "appid": WEB_CLIENT.client_id }),
        json!({ "azp": null }),
        json!({ "azp": OTHER }),
        json!({ "azp": app }),
        json!({ "azpacr": "0" }),
        json!({ "azpacr": null }),
        json!({ "oid": null }),
        json!({ "scp": "access_as_users" }),
        json!({ "scp": "user.read mail.read" }),
        json!({ "idtyp": "app" }),
        json!({ "nonce": "n" }),
        json!({ "exp": 1_700_003_600 }),
        json!({ "nbf": 3_900_000_000_i64 }),
    ];
    for change in changes {
        let mut claims = accepted(&server);
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        assert_eq!(answers(&server, &endpoint, &tenant(&server).sign(&claims)).await, expected, "{change}");
    }
    let forged = tenant(&another).sign(&accepted(&server));
    assert_eq!(answers(&server, &endpoint, &forged).await, expected, "signed by another tenant");
    let theirs = tenant(&another).sign(&accepted(&another));
    assert_eq!(answers(&server, &endpoint, &theirs).await, expected, "another tenant's own");
}

/// Clients take the first authorization server that the metadata names, so it names Entra to nobody.
#[tokio::test]
async fn the_metadata_is_the_same_whether_tokens_of_entra_are_accepted_or_not() {
    let (accepting, refusing) = (deployment().await, Deployment::start().await);
    for path in ["oauth-authorization-server", "oauth-protected-resource/mcp", "oauth-protected-resource/mcp/sse"] {
        let read = async |server: &Deployment| {
            let answer = server.get(&format!("/.well-known/{path}")).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap().replace(&server.url, "URL"))
        };
        let metadata = read(&accepting).await;
        assert_eq!(metadata, read(&refusing).await, "{path}");
        assert!(metadata.0 == 200 && metadata.1.contains("URL"), "{path}: {metadata:?}");
    }
}
