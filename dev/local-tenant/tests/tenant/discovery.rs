//! Discovery and keys.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::support::{Local, assert_refused};

async fn get(local: &Local, path: &str) -> Value {
    local.http.get(local.url(path)).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_configuration_leads_to_every_endpoint() {
    let local = Local::start().await;
    let configuration = get(&local, "v2.0/.well-known/openid-configuration").await;
    assert_eq!(configuration["issuer"], local.issuer());
    assert_eq!(configuration["authorization_endpoint"], local.url("oauth2/v2.0/authorize"));
    assert_eq!(configuration["token_endpoint"], local.url("oauth2/v2.0/token"));
    assert_eq!(configuration["jwks_uri"], local.url("discovery/v2.0/keys"));
}

#[tokio::test]
async fn the_published_key_verifies_the_id_token() {
    let local = Local::silent().await;
    let keys = get(&local, "discovery/v2.0/keys").await;
    let key = &keys["keys"][0];
    assert_eq!((key["kty"].as_str(), key["use"].as_str()), (Some("RSA"), Some("sig")));
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let public = RsaPublicKeyComponents { n: part("n"), e: part("e") };
    let answer = local.sign_in().await;
    let (input, signature) = answer["id_token"].as_str().unwrap().rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(&RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &signature).unwrap();
    let header = URL_SAFE_NO_PAD.decode(input.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["kid"], key["kid"]);
}

#[tokio::test]
async fn another_tenant_is_not_found() {
    let local = Local::start().await;
    for path in ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"] {
        for tenant in ["common", "00000000-0000-0000-0000-000000000000"] {
            let url = format!("{}/{tenant}/{path}", local.tenant.base_url());
            let response = local.http.get(url).send().await.unwrap();
            let refused = (response.status(), response.json().await.unwrap());
            assert_refused(&refused, (400, "invalid_request", 90002));
        }
    }
}

#[tokio::test]
async fn an_unsupported_request_is_refused() {
    let local = Local::start().await;
    for path in ["oauth2/v2.0/logout", "oauth2/v2.0/devicecode", "oauth2/token", "v2.0/adminconsent"] {
        let response = local.http.get(local.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 501);
        assert!(response.text().await.unwrap().contains("not implemented by the local tenant"));
    }
    let posted = local.http.post(local.url("oauth2/v2.0/authorize")).send().await.unwrap();
    assert_eq!(posted.status(), 501);
}
