//! The key, its versions, and what it does.

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;

use super::{DATA_KEY, KEY, Rig, answer, refused, value};

#[tokio::test]
async fn a_wrapped_key_is_unwrapped() {
    let rig = Rig::start().await;
    let (version, wrapped) = rig.wrap().await;
    assert_ne!(wrapped, DATA_KEY);
    let (status, body) = rig.unwrap(&version, &wrapped).await;
    assert_eq!((status.as_u16(), value(&body).as_slice()), (200, DATA_KEY));
    assert_eq!(body["kid"], format!("{KEY}/{version}"));
}

/// Another implementation of RSA-OAEP-256, given the public key only.
#[tokio::test]
async fn a_key_wrapped_with_the_public_key_is_unwrapped() {
    let rig = Rig::start().await;
    let (status, body) = rig.get("/").await;
    assert_eq!(status, 200);
    let key = &body["key"];
    assert_eq!((key["kty"].as_str(), &key["key_ops"]), (Some("RSA"), &json!(["wrapKey", "unwrapKey"])));
    let component = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let components = PublicKeyComponents { n: component("n"), e: component("e") };
    let public: PublicEncryptingKey = components.try_into().unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let mut wrapped = vec![0; public.ciphertext_size()];
    public.encrypt(&OAEP_SHA256_MGF1SHA256, DATA_KEY, &mut wrapped, None).unwrap();
    let version = key["kid"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(value(&rig.unwrap(&version, &wrapped).await.1), DATA_KEY);
}

#[tokio::test]
async fn the_newest_version_wraps_and_each_unwraps_its_own() {
    let rig = Rig::start().await;
    let (first, wrapped_by_first) = rig.wrap().await;
    let second = rig.vault().rotate().unwrap();
    let (current, wrapped_by_second) = rig.wrap().await;
    assert_eq!((&current, &rig.get("").await.1["key"]["kid"]), (&second, &format!("{KEY}/{second}").into()));
    for (version, wrapped) in [(&first, &wrapped_by_first), (&second, &wrapped_by_second)] {
        assert_eq!(value(&rig.unwrap(version, wrapped).await.1), DATA_KEY);
    }
    let crossed = rig.unwrap(&second, &wrapped_by_first).await;
    assert_eq!(refused(&crossed), (400, "BadParameter", None));
    let (_, listed) = rig.get("/versions").await;
    let kids: Vec<&str> =
        listed["value"].as_array().unwrap().iter().map(|item| item["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, [format!("{KEY}/{first}"), format!("{KEY}/{second}")]);
}

#[tokio::test]
async fn no_more_than_fits_is_wrapped_and_an_altered_text_is_not_unwrapped() {
    let rig = Rig::start().await;
    assert_eq!(rig.operate("//wrapkey", &[0; 190]).await.0, 200);
    assert_eq!(refused(&rig.operate("//wrapkey", &[0; 191]).await), (400, "BadParameter", None));
    let (version, mut wrapped) = rig.wrap().await;
    wrapped[255] ^= 1;
    assert_eq!(refused(&rig.unwrap(&version, &wrapped).await), (400, "BadParameter", None));
}

#[tokio::test]
async fn a_missing_key_or_version_is_not_found() {
    let rig = Rig::start().await;
    let unknown = "0123456789abcdef0123456789abcdef";
    assert_eq!(refused(&rig.get(&format!("/{unknown}")).await), (404, "KeyNotFound", None));
    assert_eq!(refused(&rig.unwrap(unknown, DATA_KEY).await), (404, "KeyNotFound", None));
}

#[tokio::test]
async fn an_unsupported_operation_is_a_bad_parameter() {
    let rig = Rig::start().await;
    for body in [
        json!({ "alg": "RSA-OAEP", "value": "AAAA" }),
        json!({ "value": "AAAA" }),
        json!({ "alg": "RSA-OAEP-256", "value": "" }),
        json!({ "alg": "RSA-OAEP-256", "value": "+/==" }),
        json!({ "alg": "RSA-OAEP-256", "value": "A".repeat(400) }),
        json!([]),
    ] {
        let refusal = answer(rig.request(Method::POST, "//wrapkey").json(&body)).await;
        assert_eq!(refused(&refusal), (400, "BadParameter", None), "{body}");
    }
    for query in ["", "?api-version=7.4"] {
        let refusal = answer(rig.http.get(format!("{KEY}{query}")).bearer_auth(&rig.token)).await;
        assert_eq!(refused(&refusal), (400, "BadParameter", None), "{query}");
    }
}

#[tokio::test]
async fn keys_and_certificate_outlive_a_restart() {
    let rig = Rig::start().await;
    let (first, wrapped) = rig.wrap().await;
    rig.vault().rotate().unwrap();
    let versions = rig.get("/versions").await;
    let Rig { local, http, token } = rig;
    let local = local.restart().await;
    local.tenant.open_vault().unwrap();
    let rig = Rig { local, http, token };
    assert_eq!(rig.get("/versions").await, versions);
    assert_eq!(value(&rig.unwrap(&first, &wrapped).await.1), DATA_KEY, "with the client and the token of before");
}
