//! The same tenant over https.

use local_tenant::{Https, StartError};
use reqwest::Certificate;
use serde_json::Value;

use crate::support::{Local, assert_refused};

async fn https(local: &mut Local) -> (Https, reqwest::Client) {
    let ca_file = local.state_file().with_file_name("ca.pem");
    let https = local.tenant.listen_https(&ca_file).await.unwrap();
    let ca = Certificate::from_pem(&std::fs::read(&https.ca_file).unwrap()).unwrap();
    (https, reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap())
}

#[tokio::test]
async fn issuer_and_endpoints_are_those_of_the_origin_that_was_asked() {
    let mut local = Local::silent().await;
    let (https, http) = https(&mut local).await;
    let path = format!("/{}/v2.0/.well-known/openid-configuration", local.setting("ENTRA_TENANT_ID"));
    for origin in [https.url.as_str(), local.tenant.base_url()] {
        let document: Value = http.get(format!("{origin}{path}")).send().await.unwrap().json().await.unwrap();
        for member in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            assert!(document[member].as_str().unwrap().starts_with(&format!("{origin}/")), "{document}");
        }
    }
    assert!(https.settings.contains(&("ENTRA_AUTHORITY_HOST".to_owned(), https.url.clone())));
}

#[tokio::test]
async fn nobody_trusts_it_without_its_certificate() {
    let mut local = Local::start().await;
    let (https, http) = https(&mut local).await;
    assert!(local.http.get(&https.url).send().await.is_err());
    assert!(http.get(&https.url).send().await.is_ok());
}

#[tokio::test]
async fn a_token_of_one_origin_is_not_good_at_the_other() {
    let mut local = Local::silent().await;
    let (https, http) = https(&mut local).await;
    let form = local.redemption(&local.code().await).await;
    let url = format!("{}/{}/oauth2/v2.0/token", https.url, local.setting("ENTRA_TENANT_ID"));
    let response = http.post(url).form(&form).send().await.unwrap();
    let refusal = (response.status(), response.json().await.unwrap());
    assert_refused(&refusal, (401, "invalid_client", 700_211));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_written_is_named() {
    let mut local = Local::start().await;
    let nowhere = local.state_file().join("ca.pem");
    let error = local.tenant.listen_https(&nowhere).await.unwrap_err();
    assert!(matches!(error, StartError::CaFile(named, _) if named == nowhere));
}
