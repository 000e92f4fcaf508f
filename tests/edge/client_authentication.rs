//! A client that authenticates by its key, as it meets the token and revocation endpoints.

use authorization_server::{
    client_documents::FetchError,
    ground::{EventName, TooMany},
};
use oauth_protocol::client_assertion::ASSERTION_TYPE;
use serde_json::{Value, json};
use testkit::{CLIENT_URL, ClientKey, REDIRECT_URI, honest_claims};

use crate::rig::{Answer, Edge};

const SAML: &str = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";

/// A client that was fetched, and its key.
async fn keyed() -> (Edge, ClientKey) {
    let (edge, key) = (Edge::new(), ClientKey::new("one"));
    let document = json!({
        "client_id": CLIENT_URL,
        "client_name": "Client",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [key.jwk()] },
    });
    edge.documents.publish(CLIENT_URL, &document.to_string());
    assert_eq!(edge.get(&format!("/authorize?{}", testkit::request(CLIENT_URL, &[]))).await.status, 200);
    (edge, key)
}

fn now(edge: &Edge) -> i64 {
    use authorization_server::ground::Clock as _;
    edge.clock.now().unix_timestamp()
}

/// The answers of both endpoints to these parameters, beside a token that nobody issued.
async fn sent(edge: &Edge, parameters: &[(&str, &str)]) -> [Answer; 2] {
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "t")];
    let token = edge.post("/token", &[&refresh, parameters].concat()).await;
    [token, edge.post("/revoke", &[&[("token", "t")], parameters].concat()).await]
}

async fn asserted(edge: &Edge, assertion: &str) -> [Answer; 2] {
    sent(edge, &[("client_assertion", assertion), ("client_assertion_type", ASSERTION_TYPE)]).await
}

fn assert_invalid_client(answers: &[Answer], case: &str) {
    for answer in answers {
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{case}: {}", answer.body);
        assert!(answer.header("www-authenticate").starts_with("Basic"), "{case}");
    }
}

/// A refused refresh and a revocation of nothing: the client was believed.
#[tokio::test]
async fn a_client_is_believed_with_or_without_its_client_id() {
    let (edge, key) = keyed().await;
    for (jti, client_id) in [("1", None), ("2", Some(CLIENT_URL))] {
        let client_id = client_id.map(|client_id| ("client_id", client_id));
        for (path, rest) in [
            ("/token", vec![("grant_type", "refresh_token"), ("refresh_token", "t")]),
            ("/revoke", vec![("token", "t")]),
        ] {
            let assertion = key.assertion(CLIENT_URL, &format!("{jti}{path}"), now(&edge));
            let proof = [("client_assertion", assertion.as_str()), ("client_assertion_type", ASSERTION_TYPE)];
            let answer = edge.post(path, &[proof.as_slice(), &rest, client_id.as_slice()].concat()).await;
            let expected = if path == "/token" { 400 } else { 200 };
            assert_eq!(answer.status, expected, "{path}: {}", answer.body);
            assert!(!answer.body.contains("invalid_client"));
        }
    }
}

#[tokio::test]
async fn every_wrong_assertion_is_an_invalid_client_at_both_endpoints() {
    let (edge, key) = keyed().await;
    let now = now(&edge);
    let (header, claims) = (json!({ "alg": "RS256", "kid": "one" }), honest_claims(CLIENT_URL, "1", now));
    let with = |object: &Value, name: &str, value: Value| {
        let mut object = object.clone();
        object[name] = value;
        object
    };
    let issuer = "https://mcp.example.com";
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("crit", json!(["exp"])),
        ("typ", json!("at+jwt")),
        ("kid", json!("other")),
    ] {
        let assertion = key.signed(&with(&header, name, value.clone()), &claims);
        assert_invalid_client(&asserted(&edge, &assertion).await, &format!("{name} {value}"));
    }
    for (name, value) in [
        ("aud", json!([issuer, "https://other.example"])),
        ("aud", json!(format!("{issuer}/token"))),
        ("exp", json!(now - 1)),
        ("exp", json!(now + 3600)),
        ("iat", json!(now + 3600)),
        ("nbf", json!(now + 3600)),
        ("jti", Value::Null),
        ("iss", json!("https://other.example/client.json")),
        ("sub", json!("https://other.example/client.json")),
    ] {
        let assertion = key.signed(&header, &with(&claims, name, value.clone()));
        assert_invalid_client(&asserted(&edge, &assertion).await, &format!("{name} {value}"));
    }
    let forged = ClientKey::new("stranger").signed(&header, &claims);
    assert_invalid_client(&asserted(&edge, &forged).await, "another key");
    let unsigned = key.signed(&header, &claims);
    let unsigned = unsigned.trim_end_matches(|character| character != '.');
    assert_invalid_client(&asserted(&edge, unsigned).await, "no signature");
}

#[tokio::test]
async fn the_parameters_of_an_assertion_are_checked_and_a_client_without_one_is_refused() {
    let (edge, key) = keyed().await;
    let assertion = key.assertion(CLIENT_URL, "1", now(&edge));
    let one = ("client_assertion", assertion.as_str());
    assert_invalid_client(&sent(&edge, &[("client_id", CLIENT_URL)]).await, "no assertion");
    assert_invalid_client(&sent(&edge, &[one]).await, "no type");
    assert_invalid_client(&sent(&edge, &[one, ("client_assertion_type", SAML)]).await, "another type");
    let typed = [one, ("client_assertion_type", ASSERTION_TYPE)];
    let other = [&typed[..], &[("client_id", "https://other.example/client.json")]].concat();
    assert_invalid_client(&sent(&edge, &other).await, "another client_id");
    for repeated in [one, ("client_assertion_type", SAML)] {
        for answer in sent(&edge, &[&typed[..], &[repeated]].concat()).await {
            assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"));
        }
    }
}

#[tokio::test]
async fn an_assertion_of_one_endpoint_is_spent_at_the_other() {
    let (edge, key) = keyed().await;
    let assertion = key.assertion(CLIENT_URL, "1", now(&edge));
    let [first, second] = asserted(&edge, &assertion).await;
    assert_eq!((first.status, first.error().as_str()), (400, "invalid_grant"));
    assert_invalid_client(&[second], "used before");
}

/// Each caller's share of documents is limited: no service is down, so the log must not say so.
#[tokio::test]
async fn keys_that_are_not_fetched_because_of_a_limit_are_503_with_its_wait_and_the_event_of_the_limit() {
    let (edge, key) = (Edge::new(), ClientKey::new("one"));
    let keys = "https://client.example/keys.json";
    let document = json!({
        "client_id": CLIENT_URL,
        "client_name": "Client",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": keys,
    });
    edge.documents.publish(CLIENT_URL, &document.to_string());
    edge.documents.publish(keys, &json!({ "keys": [key.jwk()] }).to_string());
    assert_eq!(edge.get(&format!("/authorize?{}", testkit::request(CLIENT_URL, &[]))).await.status, 200);
    edge.clock.advance(time::Duration::HOUR);
    edge.documents.refuse(FetchError::TooMany(TooMany { wait: std::time::Duration::from_secs(7) }));
    edge.audit.take();
    let assertion = ClientKey::new("new").assertion(CLIENT_URL, "1", now(&edge));
    for answer in asserted(&edge, &assertion).await {
        assert_eq!((answer.status, answer.error().as_str()), (503, "temporarily_unavailable"), "{}", answer.body);
        assert_eq!(answer.header("retry-after"), "7");
    }
    let events = edge.audit.take().into_iter().map(|event| (event.name, event.endpoint, event.reason));
    let reached = |endpoint| (EventName::LimitReached, Some(endpoint), Some("metadata documents"));
    assert_eq!(events.collect::<Vec<_>>(), [reached("token"), reached("revoke")]);
}
