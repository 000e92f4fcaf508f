//! The metadata documents (RFC 8414, RFC 9728).

use driver::mcp::tool_call;
use serde_json::{Value, json};

use crate::{
    browser::tokens,
    deployment::{Deployment, body},
};

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[tokio::test]
async fn the_authorization_server_lists_what_exists_and_nothing_more() {
    let server = Deployment::start().await;
    let answer = server.get("/.well-known/oauth-authorization-server").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert!(answer.headers()["cache-control"].to_str().unwrap().starts_with("public"));
    let url = &server.url;
    let expected = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "registration_endpoint": format!("{url}/register"),
        "revocation_endpoint": format!("{url}/revoke"),
        "scopes_supported": ["user.read"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        "revocation_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
    });
    assert_eq!(body(answer).await, expected);
}

#[tokio::test]
async fn each_resource_path_has_a_document_that_names_exactly_that_url() {
    let server = Deployment::start().await;
    for path in ["", "/mcp", "/mcp/sse"] {
        let document =
            body(server.get(&format!("/.well-known/oauth-protected-resource{path}")).send().await.unwrap()).await;
        assert_eq!(document["resource"], format!("{}{path}", server.url));
        assert_eq!(document["authorization_servers"], json!([server.url]));
        assert_eq!(document["scopes_supported"], json!(["user.read"]));
        assert_eq!(document["bearer_methods_supported"], json!(["header"]));
        assert!(!has_null(&document));
    }
}

#[tokio::test]
async fn the_host_header_changes_nothing() {
    let server = Deployment::start().await;
    for (path, member, expected) in [
        ("oauth-authorization-server", "issuer", server.url.clone()),
        ("oauth-protected-resource/mcp", "resource", format!("{}/mcp", server.url)),
    ] {
        let request = server.get(&format!("/.well-known/{path}")).header("host", "evil.example");
        let document = body(request.header("x-forwarded-host", "evil.example").send().await.unwrap()).await;
        assert_eq!(document[member], expected);
    }
}

/// As a client does that is told nothing by a 401.
#[tokio::test]
async fn a_client_that_begins_with_the_documents_signs_in_and_calls() {
    let server = Deployment::start().await;
    let document = async |url: String| body(server.http.get(url).send().await.unwrap()).await;
    let resource = document(format!("{}/.well-known/oauth-protected-resource/mcp", server.url)).await;
    let issuer = resource["authorization_servers"][0].as_str().unwrap();
    let endpoints = document(format!("{issuer}/.well-known/oauth-authorization-server")).await;
    // Those that the sign-in below asks.
    for (member, path) in
        [("registration_endpoint", "/register"), ("authorization_endpoint", "/authorize"), ("token_endpoint", "/token")]
    {
        assert_eq!(endpoints[member], format!("{}{path}", server.url));
    }
    assert_eq!(resource["resource"], format!("{}/mcp", server.url));
    let called = server.mcp(&tokens(&server).await.access_token, &tool_call(1)).send().await.unwrap();
    assert_eq!(body(called).await["result"]["structuredContent"]["success"], true);
}
