//! Clients that authenticate by a key of their own (`private_key_jwt`).
#![cfg(test)]

use std::sync::Arc;

use authorization_server::{
    AuthorizationServer,
    client_documents::FetchError,
    endpoints::{authorize::AuthorizeError, request_refusal::AtServer, revoke::RevokeError, token_error::TokenError},
    ground::{DocumentHosts, Id, Network, Subject, TooMany},
    state::{blocks::BlockTarget, operator_record::OperatorDecision},
};
use oauth_protocol::{
    client_id_url::ClientIdUrl,
    redirect_uri::PrivateUseSchemes,
    revocation_request::RevocationRequest,
    token_request::{AuthorizationCodeRequest, ClientCredentials, RefreshTokenRequest},
    token_response::TokenResponse,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use testkit::{
    Browser, CLIENT_URL, ClientKey, LIMITS, REDIRECT_URI, Rig, asked, asserted, honest_claims, redemption, refreshing,
    request,
};
use time::{Duration, OffsetDateTime};

const KEYS_URL: &str = "https://keys.example/jwks.json";

fn document(changes: &[(&str, Value)]) -> String {
    let mut document = json!({
        "client_id": CLIENT_URL,
        "client_name": "Client",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": KEYS_URL,
    });
    for (name, value) in changes {
        document[*name] = value.clone();
    }
    document.to_string()
}

fn publish_keys(rig: &Rig, keys: &[&ClientKey]) {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    rig.documents.publish(KEYS_URL, &json!({ "keys": keys }).to_string());
}

/// A client that publishes this key beside its document.
fn keyed() -> (Rig, ClientKey) {
    let (rig, key) = (Rig::new().unwrap(), ClientKey::new("one"));
    rig.documents.publish(CLIENT_URL, &document(&[]));
    publish_keys(&rig, &[&key]);
    (rig, key)
}

fn now(rig: &Rig) -> i64 {
    rig.server.now().unix_timestamp()
}

/// The credentials of an assertion of its own for each use.
fn proof(rig: &Rig, key: &ClientKey) -> ClientCredentials {
    let jti = format!("{}", rig.spent_assertions.all().len());
    asserted(&key.assertion(CLIENT_URL, &jti, now(rig))).unwrap()
}

async fn redeem(
    server: &AuthorizationServer,
    client: ClientCredentials,
    code: &SecretString,
) -> Result<TokenResponse, TokenError> {
    let request = AuthorizationCodeRequest { client, ..redemption(CLIENT_URL, code) };
    server.redeem(&request, Network::UNKNOWN).await
}

async fn refresh(
    rig: &Rig,
    client: ClientCredentials,
    refresh_token: &SecretString,
) -> Result<TokenResponse, TokenError> {
    let request = RefreshTokenRequest { client, ..refreshing(CLIENT_URL, refresh_token) };
    rig.server.refresh(&request, Network::UNKNOWN).await
}

async fn revoke(rig: &Rig, client: ClientCredentials, token: &SecretString) -> Result<(), RevokeError> {
    let token = token.expose_secret().into();
    rig.server.revoke_token(&RevocationRequest { client, token }, Network::UNKNOWN).await
}

async fn sign_in(rig: &Rig, key: &ClientKey) -> TokenResponse {
    let code = rig.code(CLIENT_URL).await.unwrap();
    redeem(&rig.server, proof(rig, key), &code).await.unwrap()
}

/// Why the token endpoint does not believe that it is the client; `None` if it does.
async fn disbelieved(rig: &Rig, client: ClientCredentials, refresh_token: &SecretString) -> Option<&'static str> {
    match refresh(rig, client, refresh_token).await {
        Err(TokenError::UnauthenticatedClient(reason)) => Some(reason),
        Ok(_) | Err(_) => None,
    }
}

fn public() -> ClientCredentials {
    ClientCredentials::public(CLIENT_URL)
}

#[tokio::test]
async fn a_client_with_a_key_signs_in_refreshes_and_revokes() {
    let (rig, key) = keyed();
    let tokens = sign_in(&rig, &key).await;
    assert!(rig.only_grant().unwrap().authenticated);
    let refreshed = refresh(&rig, proof(&rig, &key), &tokens.refresh_token).await.unwrap();
    revoke(&rig, proof(&rig, &key), &refreshed.refresh_token).await.unwrap();
    let ended = refresh(&rig, proof(&rig, &key), &refreshed.refresh_token).await;
    assert!(matches!(ended, Err(TokenError::InvalidGrant(_))));
    assert_eq!(rig.documents.asked(), 2, "the document and its keys, once each");
}

#[tokio::test]
async fn keys_inside_the_document_are_enough() {
    let (rig, key) = keyed();
    let jwks = json!({ "keys": [key.jwk()] });
    rig.documents.publish(CLIENT_URL, &document(&[("jwks_uri", Value::Null), ("jwks", jwks)]));
    sign_in(&rig, &key).await;
    assert_eq!(rig.documents.asked(), 1);
}

#[tokio::test]
async fn without_an_assertion_nothing_is_redeemed_refreshed_or_revoked() {
    let (rig, key) = keyed();
    let code = rig.code(CLIENT_URL).await.unwrap();
    let missing = "the client must send a client_assertion";
    let refused = redeem(&rig.server, public(), &code).await;
    assert!(matches!(refused, Err(TokenError::UnauthenticatedClient(reason)) if reason == missing));
    let tokens = redeem(&rig.server, proof(&rig, &key), &code).await.unwrap();
    assert_eq!(disbelieved(&rig, public(), &tokens.refresh_token).await, Some(missing));
    let refused = revoke(&rig, public(), &tokens.refresh_token).await;
    assert!(matches!(refused, Err(RevokeError::UnauthenticatedClient(reason)) if reason == missing));
    assert!(refresh(&rig, proof(&rig, &key), &tokens.refresh_token).await.is_ok());
}

/// As ChatGPT's document is: the method that it declares is the client's, and `none` beside it in the list is not.
#[tokio::test]
async fn a_client_that_declares_its_key_needs_it_everywhere_though_it_supports_none_as_well() {
    let (rig, key) = keyed();
    let both = json!(["none", "private_key_jwt"]);
    rig.documents.publish(CLIENT_URL, &document(&[("token_endpoint_auth_methods_supported", both)]));
    let code = rig.code(CLIENT_URL).await.unwrap();
    let refused = redeem(&rig.server, public(), &code).await;
    assert!(matches!(refused, Err(TokenError::UnauthenticatedClient(_))), "a code");
    let tokens = redeem(&rig.server, proof(&rig, &key), &code).await.unwrap();
    assert!(disbelieved(&rig, public(), &tokens.refresh_token).await.is_some(), "a refresh token");
    for token in [&tokens.refresh_token, &tokens.access_token] {
        let refused = revoke(&rig, public(), token).await;
        assert!(matches!(refused, Err(RevokeError::UnauthenticatedClient(_))), "a token that is revoked");
    }
    assert!(refresh(&rig, proof(&rig, &key), &tokens.refresh_token).await.is_ok());
}

/// The reverse: this document declares no assertions, so their signer is not its client.
#[tokio::test]
async fn a_client_that_declares_none_is_not_believed_with_an_assertion() {
    let (rig, key) = keyed();
    let both = json!(["none", "private_key_jwt"]);
    for supported in [Value::Null, both] {
        let declared =
            [("token_endpoint_auth_method", json!("none")), ("token_endpoint_auth_methods_supported", supported)];
        rig.documents.publish(CLIENT_URL, &document(&declared));
        rig.clock.advance(Duration::HOUR);
        let code = rig.code(CLIENT_URL).await.unwrap();
        let none = "the client publishes no key";
        let refused = redeem(&rig.server, proof(&rig, &key), &code).await;
        assert!(matches!(refused, Err(TokenError::UnauthenticatedClient(reason)) if reason == none));
        let tokens = redeem(&rig.server, public(), &code).await.unwrap();
        assert_eq!(disbelieved(&rig, proof(&rig, &key), &tokens.refresh_token).await, Some(none));
        let refused = revoke(&rig, proof(&rig, &key), &tokens.refresh_token).await;
        assert!(matches!(refused, Err(RevokeError::UnauthenticatedClient(reason)) if reason == none));
        assert!(refresh(&rig, public(), &tokens.refresh_token).await.is_ok());
    }
}

#[tokio::test]
async fn an_assertion_is_for_this_server_now_by_a_key_of_the_client_and_of_the_client() {
    let (rig, key) = keyed();
    let token = sign_in(&rig, &key).await.refresh_token;
    let now = now(&rig);
    let claims = |name: &str, value: Value| {
        let mut claims = honest_claims(CLIENT_URL, "attack", now);
        claims[name] = value;
        claims
    };
    let header = json!({ "alg": "RS256", "kid": "one" });
    for (header, claims, expected) in [
        (
            header.clone(),
            claims("aud", json!("https://other.example")),
            "aud of the assertion is not the issuer of this server",
        ),
        (
            header.clone(),
            claims("aud", json!("https://mcp.example.com/token")),
            "aud of the assertion is not the issuer of this server",
        ),
        (header.clone(), claims("exp", json!(now)), "the assertion has expired"),
        (header.clone(), claims("exp", json!(now + 3600)), "the assertion lives longer than five minutes"),
        (header.clone(), claims("iat", json!(now + 61)), "the assertion is not valid yet"),
        (header.clone(), claims("nbf", json!(now + 61)), "the assertion is not valid yet"),
        (
            json!({ "alg": "RS256", "kid": "two" }),
            claims("x", json!(1)),
            "the key of the assertion is not one that the client publishes",
        ),
        (
            json!({ "alg": "ES256", "kid": "one" }),
            claims("x", json!(1)),
            "the key of the assertion is not one that the client publishes",
        ),
    ] {
        let client = asserted(&key.signed(&header, &claims)).unwrap();
        assert_eq!(disbelieved(&rig, client, &token).await, Some(expected));
    }
    let forged = ClientKey::new("stranger").signed(&header, &claims("x", json!(1)));
    let wrong = "the signature of the assertion is wrong";
    assert_eq!(disbelieved(&rig, asserted(&forged).unwrap(), &token).await, Some(wrong));
    assert_eq!(rig.spent_assertions.all().len(), 1, "nothing is stored of what is wrong");
    assert!(refresh(&rig, asserted(&key.signed(&header, &claims("x", json!(1)))).unwrap(), &token).await.is_ok());
}

#[tokio::test]
async fn another_clients_assertion_opens_no_grant() {
    let (rig, key) = keyed();
    let token = sign_in(&rig, &key).await.refresh_token;
    let other = "https://other.example/client.json";
    let stranger = ClientKey::new("stranger");
    let keys = json!({ "keys": [stranger.jwk()] });
    let published = document(&[("client_id", json!(other)), ("jwks_uri", Value::Null), ("jwks", keys)]);
    rig.documents.publish(other, &published);
    rig.open_page(other).await.unwrap();
    let client = asserted(&stranger.assertion(other, "1", now(&rig))).unwrap();
    assert!(matches!(refresh(&rig, client, &token).await, Err(TokenError::InvalidGrant(_))));
    let own = asserted(&stranger.assertion(CLIENT_URL, "1", now(&rig))).unwrap();
    assert!(disbelieved(&rig, own, &token).await.is_some());
}

#[tokio::test]
async fn an_assertion_is_used_once_even_on_two_processes_at_once() {
    let (rig, key) = keyed();
    let code = rig.code(CLIENT_URL).await.unwrap();
    let assertion = key.assertion(CLIENT_URL, "once", now(&rig));
    let credentials = || asserted(&assertion).unwrap();
    let other = rig.second_process();
    let (one, two) = tokio::join!(redeem(&rig.server, credentials(), &code), redeem(&other, credentials(), &code));
    let used = |answer: &Result<_, TokenError>| {
        matches!(answer, Err(TokenError::UnauthenticatedClient("the assertion was used before")))
    };
    assert_eq!([&one, &two].into_iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!([&one, &two].into_iter().filter(|answer| used(answer)).count(), 1);
    let token = one.or(two).unwrap().refresh_token;
    assert_eq!(disbelieved(&rig, credentials(), &token).await, Some("the assertion was used before"));
    rig.clock.advance(Duration::seconds(299));
    assert_eq!(
        disbelieved(&rig, credentials(), &token).await,
        Some("the assertion was used before"),
        "as long as it lives"
    );
}

#[tokio::test]
async fn two_clients_may_have_the_same_jti() {
    let (rig, key) = keyed();
    let token = sign_in(&rig, &key).await.refresh_token;
    let other = "https://other.example/client.json";
    let keys = json!({ "keys": [key.jwk()] });
    rig.documents.publish(other, &document(&[("client_id", json!(other)), ("jwks_uri", Value::Null), ("jwks", keys)]));
    let code = rig.code(other).await.unwrap();
    let client = asserted(&key.assertion(other, "same", now(&rig))).unwrap();
    let request = AuthorizationCodeRequest { client, ..redemption(other, &code) };
    rig.server.redeem(&request, Network::UNKNOWN).await.unwrap();
    let client = asserted(&key.assertion(CLIENT_URL, "same", now(&rig))).unwrap();
    assert!(refresh(&rig, client, &token).await.is_ok());
}

#[tokio::test]
async fn an_outage_of_the_host_of_the_keys_signs_nobody_out() {
    let (rig, key) = keyed();
    let tokens = sign_in(&rig, &key).await;
    rig.documents.withdraw_all();
    rig.clock.advance(Duration::days(30));
    let refreshed = refresh(&rig, proof(&rig, &key), &tokens.refresh_token).await.unwrap();
    let asked = rig.documents.asked();
    let unknown = refresh(&rig, proof(&rig, &ClientKey::new("new")), &refreshed.refresh_token).await;
    assert!(matches!(unknown, Err(TokenError::Unavailable(_))), "the client may try again later");
    assert_eq!(rig.documents.asked(), asked + 1);
    assert!(refresh(&rig, proof(&rig, &key), &refreshed.refresh_token).await.is_ok());
}

/// Nothing is down, and the client learns when to come again.
#[tokio::test]
async fn keys_that_are_not_fetched_because_too_many_documents_were_are_said_to_be_too_many() {
    let (rig, key) = keyed();
    let tokens = sign_in(&rig, &key).await;
    rig.clock.advance(Duration::HOUR);
    rig.documents.refuse(FetchError::TooMany(TooMany { wait: std::time::Duration::from_secs(7) }));
    let refused = refresh(&rig, proof(&rig, &ClientKey::new("new")), &tokens.refresh_token).await;
    assert!(matches!(refused, Err(TokenError::TooManyDocuments(TooMany { wait })) if wait.as_secs() == 7));
}

#[tokio::test]
async fn an_unknown_key_is_fetched_but_not_more_often_than_every_five_minutes() {
    let (rig, key) = keyed();
    let mut token = sign_in(&rig, &key).await.refresh_token;
    let (new, junk) = (ClientKey::new("new"), ClientKey::new("junk"));
    publish_keys(&rig, &[&new]);
    let unknown = Some("the key of the assertion is not one that the client publishes");
    assert_eq!(disbelieved(&rig, proof(&rig, &new), &token).await, unknown, "the keys were fetched a moment ago");
    let asked = rig.documents.asked();
    rig.clock.advance(Duration::minutes(5) - Duration::SECOND);
    assert_eq!(disbelieved(&rig, proof(&rig, &new), &token).await, unknown, "the keys were fetched lately");
    assert_eq!(rig.documents.asked(), asked);
    rig.clock.advance(Duration::SECOND);
    for _ in 0..3 {
        token = refresh(&rig, proof(&rig, &new), &token).await.unwrap().refresh_token;
        assert_eq!(disbelieved(&rig, proof(&rig, &junk), &token).await, unknown);
    }
    assert_eq!(rig.documents.asked(), asked + 1);
    assert_eq!(disbelieved(&rig, proof(&rig, &key), &token).await, unknown, "the old key is withdrawn");
}

#[tokio::test]
async fn a_withdrawn_key_ends_with_the_next_fetch_of_the_document() {
    let (rig, key) = keyed();
    let token = sign_in(&rig, &key).await.refresh_token;
    publish_keys(&rig, &[&ClientKey::new("new")]);
    rig.clock.advance(Duration::HOUR);
    rig.open_page(CLIENT_URL).await.unwrap();
    assert!(disbelieved(&rig, proof(&rig, &key), &token).await.is_some());
}

#[tokio::test]
async fn keys_that_were_known_outlive_a_fetch_that_fails() {
    let (rig, key) = keyed();
    let token = sign_in(&rig, &key).await.refresh_token;
    for broken in ["{}", r#"{"keys":[{"kty":"oct","k":"AQ"}]}"#] {
        rig.documents.publish(KEYS_URL, broken);
        rig.clock.advance(Duration::HOUR);
        rig.open_page(CLIENT_URL).await.unwrap();
    }
    assert!(refresh(&rig, proof(&rig, &key), &token).await.is_ok());
}

#[tokio::test]
async fn a_key_set_that_holds_a_secret_is_no_key_set() {
    let (rig, key) = keyed();
    let mut jwk = key.jwk();
    jwk["d"] = json!("AQ");
    rig.documents.publish(KEYS_URL, &json!({ "keys": [jwk] }).to_string());
    let code = rig.code(CLIENT_URL).await.unwrap();
    let refused = redeem(&rig.server, proof(&rig, &key), &code).await;
    let secret = "the key set holds a key that must be secret";
    assert!(matches!(refused, Err(TokenError::UnauthenticatedClient(reason)) if reason == secret));
    let inline = document(&[("jwks_uri", Value::Null), ("jwks", json!({ "keys": [jwk] }))]);
    rig.documents.publish(CLIENT_URL, &inline);
    rig.clock.advance(Duration::HOUR);
    let refused = Browser::default().visit(&rig, &request(CLIENT_URL, &[])).await;
    assert!(matches!(refused, Err(AuthorizeError::AtServer(AtServer::Document(reason))) if reason == secret));
}

#[tokio::test]
async fn a_grant_that_was_made_with_authentication_is_never_refreshed_without() {
    let (rig, key) = keyed();
    let token = sign_in(&rig, &key).await.refresh_token;
    rig.documents.publish_client("Client");
    rig.clock.advance(Duration::HOUR);
    rig.open_page(CLIENT_URL).await.unwrap();
    assert!(matches!(refresh(&rig, public(), &token).await, Err(TokenError::InvalidGrant(_))));
    let none = Some("the client publishes no key");
    assert_eq!(disbelieved(&rig, proof(&rig, &key), &token).await, none);
    rig.documents.publish(CLIENT_URL, &document(&[]));
    rig.clock.advance(Duration::HOUR);
    rig.open_page(CLIENT_URL).await.unwrap();
    assert!(refresh(&rig, proof(&rig, &key), &token).await.is_ok(), "the refusals rotated nothing");
}

#[tokio::test]
async fn a_client_that_only_lists_both_methods_may_choose_but_not_for_a_grant_of_its_key() {
    let (rig, key) = keyed();
    rig.documents.publish(CLIENT_URL, &document(&listing_both()));
    let code = rig.code(CLIENT_URL).await.unwrap();
    let without = rig.redeem(CLIENT_URL, &code).await.unwrap();
    assert!(!rig.only_grant().unwrap().authenticated);
    let without = refresh(&rig, proof(&rig, &key), &without.refresh_token).await.unwrap();
    assert!(refresh(&rig, public(), &without.refresh_token).await.is_ok());
    let with = sign_in(&rig, &key).await;
    assert!(matches!(refresh(&rig, public(), &with.refresh_token).await, Err(TokenError::InvalidGrant(_))));
    let stranger = ClientKey::new("stranger")
        .signed(&json!({ "alg": "RS256", "kid": "one" }), &honest_claims(CLIENT_URL, "x", now(&rig)));
    assert!(
        disbelieved(&rig, asserted(&stranger).unwrap(), &with.refresh_token).await.is_some(),
        "a wrong one is no `none`"
    );
}

#[tokio::test]
async fn a_registered_client_has_no_key() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    let assertion = ClientKey::new("one").assertion(&owner.client_id, "1", now(&rig));
    let none = Some("the client publishes no key");
    assert_eq!(disbelieved(&rig, asserted(&assertion).unwrap(), &owner.tokens.refresh_token).await, none);
}

#[tokio::test]
async fn a_document_that_names_its_algorithm_has_no_other() {
    let (rig, key) = keyed();
    rig.documents.publish(CLIENT_URL, &document(&[("token_endpoint_auth_signing_alg", json!("PS256"))]));
    let code = rig.code(CLIENT_URL).await.unwrap();
    let refused = redeem(&rig.server, proof(&rig, &key), &code).await;
    let other = "alg of the assertion is not the one that the client declares";
    assert!(matches!(refused, Err(TokenError::UnauthenticatedClient(reason)) if reason == other));
}

/// A caller without the client's key cannot make the server send a request to a host that the operator has blocked.
#[tokio::test]
async fn for_a_blocked_client_and_at_a_blocked_host_no_keys_are_fetched() {
    let url = || ClientIdUrl::parse(CLIENT_URL).unwrap();
    for target in [
        BlockTarget::Document(url()),
        BlockTarget::DocumentHost("client.example".into()),
        BlockTarget::DocumentHost("keys.example".into()),
    ] {
        let (rig, key) = keyed();
        let tokens = sign_in(&rig, &key).await;
        let operator = Subject { tid: "tenant".into(), oid: "operator".into() };
        let block = OperatorDecision::Block(target.clone());
        rig.server.decide_as_operator(Id::random(rig.ports.entropy.as_ref()), &operator, block).await.unwrap();
        rig.clock.advance(Duration::minutes(10));
        let asked = rig.documents.asked();
        for stranger in ["two", "three"] {
            let stranger = || proof(&rig, &ClientKey::new(stranger));
            assert!(disbelieved(&rig, stranger(), &tokens.refresh_token).await.is_some(), "{target:?}");
            let refused = revoke(&rig, stranger(), &tokens.refresh_token).await;
            assert!(matches!(refused, Err(RevokeError::UnauthenticatedClient(_))), "{target:?}");
        }
        assert_eq!(rig.documents.asked(), asked, "{target:?}");
    }
}

/// No method is declared, and both are listed.
fn listing_both() -> [(&'static str, Value); 2] {
    let both = json!(["none", "private_key_jwt"]);
    [("token_endpoint_auth_method", Value::Null), ("token_endpoint_auth_methods_supported", both)]
}

async fn is_asked_in_full(rig: &Rig, browser: &Browser) -> bool {
    let page = asked(browser.follow(rig, &request(CLIENT_URL, &[]), false).await.unwrap()).unwrap();
    page.allowed_at.is_none()
}

#[tokio::test]
async fn another_method_or_another_place_of_the_keys_is_asked_about_again() {
    let (rig, key) = keyed();
    let mut browser = Browser::default();
    browser.code(&rig, CLIENT_URL).await.unwrap();
    let moved = "https://keys.example/other.json";
    rig.documents.publish(moved, &json!({ "keys": [key.jwk()] }).to_string());
    for (changes, asks) in [
        (vec![], false),
        (vec![("jwks_uri", json!(moved))], true),
        (listing_both().to_vec(), true),
        (vec![("token_endpoint_auth_method", json!("none"))], true),
        (vec![], false),
    ] {
        rig.documents.publish(CLIENT_URL, &document(&changes));
        rig.clock.advance(Duration::HOUR);
        assert_eq!(is_asked_in_full(&rig, &browser).await, asks, "{changes:?}");
    }
}

#[tokio::test]
async fn keys_at_a_host_that_the_operator_refuses_are_not_fetched() {
    let (mut rig, key) = keyed();
    let server =
        AuthorizationServer::new(rig.server.base().clone(), PrivateUseSchemes::default(), LIMITS, rig.ports.clone());
    rig.server = Arc::new(server.with_document_hosts(DocumentHosts::parse("client.example").unwrap()));
    let code = rig.code(CLIENT_URL).await.unwrap();
    let refused = redeem(&rig.server, proof(&rig, &key), &code).await;
    let reason = "the host of the client's keys is not allowed here";
    assert!(matches!(refused, Err(TokenError::UnauthenticatedClient(why)) if why == reason));
    assert_eq!(rig.documents.asked(), 1);
}

#[tokio::test]
async fn an_assertion_is_remembered_for_longer_than_it_is_accepted() {
    let (rig, key) = keyed();
    sign_in(&rig, &key).await;
    let spent: OffsetDateTime = rig.spent_assertions.all()[0].expires_at;
    assert!(spent >= rig.server.now() + Duration::minutes(10));
}
