//! The rights of each identity.

use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{API_VERSION, KEY, Rig, answer, refused};
use crate::support::{claims, foreign_key, sign};

#[tokio::test]
async fn nobody_is_challenged_as_key_vault_does() {
    let rig = Rig::start().await;
    let response = rig.http.post(format!("{KEY}//wrapkey?{API_VERSION}")).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let tenant = rig.local.setting("ENTRA_TENANT_ID");
    let challenge = format!(
        r#"Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="https://vault.azure.net""#
    );
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], challenge.as_str());
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "Unauthorized");
    assert!(body["error"]["message"].as_str().unwrap().starts_with("AKV10000: "), "{body}");
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_token_that_is_not_for_the_vault_is_challenged() {
    let rig = Rig::start().await;
    let good = claims(&rig.token.clone().into());
    let forge = |name: &str, value: Value| rig.local.tenant.sign(&with(&good, name, value));
    let https = good["iss"].as_str().unwrap().replace("http:", "https:");
    let tokens = [
        ("aud", forge("aud", "https://vault.azure.net/".into())),
        ("aud of Cosmos", rig.local.token_for("https://cosmos.azure.com").await),
        ("iss", forge("iss", https.into())),
        ("tid", forge("tid", "another".into())),
        ("exp", forge("exp", 1.into())),
        ("nbf", forge("nbf", 9_999_999_999_u64.into())),
        ("signature", sign(&foreign_key(), &rig.local.key().1, &good)),
        ("form", "a.b".to_owned()),
    ];
    for (what, token) in tokens {
        let response = rig.http.get(format!("{KEY}?{API_VERSION}")).bearer_auth(token).send().await.unwrap();
        assert!(response.status() == 401 && response.headers().contains_key(header::WWW_AUTHENTICATE), "{what}");
    }
}

#[tokio::test]
async fn the_token_expires_after_a_day() {
    let rig = Rig::start().await;
    assert_eq!(rig.get("").await.0, 200);
    rig.local.tenant.advance_clock(time::Duration::days(1));
    assert_eq!(rig.get("").await.0, 401);
}

#[tokio::test]
async fn another_identity_of_the_tenant_has_no_role() {
    let mut rig = Rig::start().await;
    let good = claims(&rig.token.clone().into());
    rig.token = rig.local.tenant.sign(&with(&good, "oid", local_tenant::GATEWAY_PRINCIPAL_ID.into()));
    let forbidden = (403, "Forbidden", Some("ForbiddenByRbac"));
    assert_eq!(refused(&rig.get("").await), forbidden);
    assert_eq!(refused(&rig.operate("//wrapkey", b"k").await), forbidden);
}

#[tokio::test]
async fn the_workload_uses_one_key_and_manages_none() {
    let rig = Rig::start().await;
    let url = |path: &str| format!("https://local-vault.vault.azure.net{path}?{API_VERSION}");
    for (method, path, action) in [
        (Method::POST, "/keys/data-key-wrap/create", "keys/create/action"),
        (Method::POST, "/keys/another/create", "keys/create/action"),
        (Method::POST, "/keys/data-key-wrap/rotate", "keys/rotate/action"),
        (Method::PUT, "/keys/data-key-wrap", "keys/import/action"),
        (Method::DELETE, "/keys/data-key-wrap", "keys/delete"),
        (Method::GET, "/keys/another", "keys/read"),
        (Method::GET, "/keys", "keys/read"),
    ] {
        let request =
            rig.http.request(method.clone(), url(path)).bearer_auth(&rig.token).json(&json!({ "kty": "RSA" }));
        let refusal = answer(request).await;
        assert_eq!(refused(&refusal), (403, "Forbidden", Some("ForbiddenByRbac")), "{method} {path}");
        let message = refusal.1["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("Action: 'Microsoft.KeyVault/vaults/{action}'")), "{message}");
    }
    assert_eq!(rig.get("/versions").await.1["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_key_wraps_and_unwraps_only() {
    let rig = Rig::start().await;
    for operation in ["encrypt", "decrypt", "sign", "verify"] {
        let refusal = rig.operate(&format!("//{operation}"), b"value").await;
        assert_eq!(refused(&refusal), (501, "NotImplemented", None), "{operation}");
    }
    assert_eq!(refused(&answer(rig.request(Method::PATCH, "")).await), (501, "NotImplemented", None));
}

#[tokio::test]
async fn a_version_may_be_left_out_with_and_without_its_slash() {
    let rig = Rig::start().await;
    let (version, wrapped) = rig.wrap().await;
    for path in ["", "/", &format!("/{version}")] {
        assert_eq!(rig.get(path).await.1["key"]["kid"], format!("{KEY}/{version}"), "{path}");
    }
    for path in ["//unwrapkey", &format!("/{version}/unwrapKey")] {
        assert_eq!(rig.operate(path, &wrapped).await.0, 200, "{path}");
    }
    let url = KEY.replace("/keys/", "//keys/");
    assert_eq!(answer(rig.http.get(format!("{url}?{API_VERSION}")).bearer_auth(&rig.token)).await.0, 200);
    let url = KEY.replace("/keys/", "/secrets/");
    assert_eq!(answer(rig.http.get(format!("{url}?{API_VERSION}")).bearer_auth(&rig.token)).await.0, 501);
}
