//! POST /mcp: the bearer check, and JSON-RPC.

use remote_auth_mcp::mcp::Tools;
use serde_json::{Value, json};

use crate::{
    browser::tokens,
    deployment::{Deployment, body, tool_call},
    step_up::{STATELESS, sent},
};

#[tokio::test]
async fn without_a_token_the_challenge_names_the_metadata_and_the_scope() {
    let server = Deployment::start().await;
    let answer = server.post("/mcp").json(&tool_call()).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let expected = format!(
        "Bearer resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\", scope=\"user.read\"",
        server.url
    );
    assert_eq!(answer.headers()["www-authenticate"], expected);
}

/// Each test ends with a search for answers that do not fit; here it is shown that they are looked at.
#[tokio::test]
async fn every_answer_is_held_against_the_schema_of_its_revision() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let judged = server.host.judged_answers();
    assert!(body(server.mcp(&token, &tool_call()).send().await.unwrap()).await["result"].is_object());
    assert_eq!(server.host.judged_answers(), judged + 1);
}

#[tokio::test]
async fn every_bad_token_looks_the_same() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let good = &tokens.access_token;
    let mut flipped = good.clone().into_bytes();
    let middle = flipped.len() / 2;
    flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let bad = ["nonsense", &flipped, &good[..good.len() - 1], &tokens.refresh_token, "eyJhbGciOiJub25lIn0.e30."];
    let mut seen = Vec::new();
    for token in bad {
        let answer = server.mcp(token, &tool_call()).send().await.unwrap();
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        seen.push((answer.status().as_u16(), challenge, answer.text().await.unwrap()));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].0, 401);
}

#[tokio::test]
async fn two_tokens_or_a_token_in_the_query_are_malformed() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let two = server.mcp(&token, &tool_call()).header("authorization", "Bearer another").send().await.unwrap();
    assert_eq!(two.status(), 400);
    let query = server.post(&format!("/mcp?access_token={token}")).json(&tool_call()).send().await.unwrap();
    assert_eq!(query.status(), 400);
}

#[tokio::test]
async fn entras_own_tokens_are_not_ours() {
    let server = Deployment::start().await;
    let settings = server.tenant.as_ref().unwrap().settings();
    let setting = |name: &str| settings.iter().find(|(other, _)| other == name).unwrap().1.clone();
    let url = format!(
        "{}?api-version=2019-08-01&resource=api://AzureADTokenExchange&client_id={}",
        setting("IDENTITY_ENDPOINT"),
        setting("AZURE_CLIENT_ID")
    );
    let request = server.http.get(url).header("x-identity-header", setting("IDENTITY_HEADER"));
    let theirs = body(request.send().await.unwrap()).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.mcp(&theirs, &tool_call()).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn identities_that_the_caller_claims_are_ignored() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "get_graph_user_details", "arguments": { "user": "alice@contoso.example" } },
    });
    let request = server.mcp(&token, &call).header("x-ms-client-principal-name", "alice@contoso.example");
    let answer = body(request.header("x-forwarded-user", "alice@contoso.example").send().await.unwrap()).await;
    assert_eq!(answer["result"]["structuredContent"]["userPrincipalName"], crate::deployment::USER);
}

#[tokio::test]
async fn the_tools_are_listed_with_their_descriptions_and_arguments() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let answer = body(server.mcp(&token, &list).send().await.unwrap()).await;
    let tools = answer["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, Tools::all().names().collect::<Vec<_>>());
    assert!(answer["result"].get("ttlMs").is_none(), "2026-07-28 has it first: {answer}");
    assert_eq!(tools[0]["name"], "get_graph_user_details");
    assert_eq!(tools[0]["description"], "Get user details from Microsoft Graph.");
    let properties = tools[0]["inputSchema"].get("properties").and_then(Value::as_object);
    assert!(properties.is_none_or(serde_json::Map::is_empty));
}

#[tokio::test]
async fn every_revision_of_mcp_is_spoken() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let initialize = json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": { "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
        });
        let request = server.post("/mcp").bearer_auth(&token).json(&initialize);
        let answer = request.header("accept", "application/json, text/event-stream").send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        let result = body(answer).await["result"].clone();
        assert_eq!(result["protocolVersion"], version);
        assert!(result["capabilities"]["tools"].is_object() && result["serverInfo"]["name"] == "remote-auth-mcp");
    }
}

#[tokio::test]
async fn the_stateless_revision_is_discovered_and_served() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let send = async |message: Value| body(sent(&server, &token, &message, Some(STATELESS)).await).await;
    let discover = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {} });
    let discovered = send(discover).await;
    let versions = discovered["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&STATELESS.into()), "{discovered}");
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let listed = send(list).await;
    assert_eq!((&listed["result"]["ttlMs"], &listed["result"]["cacheScope"]), (&300_000.into(), &"public".into()));
    let called = send(tool_call()).await;
    assert_eq!(called["result"]["structuredContent"]["success"], true, "{called}");
}

#[tokio::test]
async fn a_body_that_is_no_message_gets_a_json_rpc_error() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    for (text, code) in
        [("{", -32700), ("[]", -32600), ("{}", -32600), (r#"{"jsonrpc":"2.0","id":[],"method":7}"#, -32600)]
    {
        let request = server.post("/mcp").bearer_auth(&token).header("content-type", "application/json").body(text);
        let answer = request.header("accept", "application/json, text/event-stream").send().await.unwrap();
        assert_eq!(answer.status(), 400, "{text}");
        let error = body(answer).await;
        assert_eq!((&error["error"]["code"], error.get("id")), (&code.into(), None), "{text}");
    }
    let huge = server.post("/mcp").bearer_auth(&token).body("x".repeat(2_000_000)).send().await.unwrap();
    assert_eq!(huge.status(), 413);
}
