//! The App Service identity endpoint.

use local_tenant::{GATEWAY_CLIENT_ID, GATEWAY_PRINCIPAL_ID};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Local, Pairs, claims, pairs, set};

fn query(local: &Local) -> Pairs {
    pairs(&[
        ("api-version", "2019-08-01"),
        ("resource", "api://AzureADTokenExchange"),
        ("client_id", local.setting("AZURE_CLIENT_ID")),
    ])
}

async fn get(local: &Local, query: &Pairs, header: Option<&str>) -> (StatusCode, Value) {
    let mut request = local.http.get(local.setting("IDENTITY_ENDPOINT")).query(query).header("metadata", "true");
    if let Some(header) = header {
        request = request.header("X-IDENTITY-HEADER", header);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn the_workload_gets_a_token_for_the_exchange() {
    let local = Local::start().await;
    let (status, body) = get(&local, &query(&local), Some(local.setting("IDENTITY_HEADER"))).await;
    assert_eq!(status, 200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["resource"], "api://AzureADTokenExchange");
    assert_eq!(body["client_id"], local.setting("AZURE_CLIENT_ID"));
    let claims = claims(&body["access_token"]);
    assert_eq!(body["expires_on"], claims["exp"].to_string());
    assert_eq!(claims["iss"], local.issuer());
    assert_eq!(claims["sub"], claims["oid"]);
}

#[tokio::test]
async fn the_identity_may_be_named_by_its_object_id() {
    let local = Local::start().await;
    let principal = claims(&Value::from(local.assertion().await))["oid"].as_str().unwrap().to_owned();
    let query = set(set(query(&local), "client_id", None), "object_id", Some(&principal));
    assert_eq!(get(&local, &query, Some(local.setting("IDENTITY_HEADER"))).await.0, 200);
}

#[tokio::test]
async fn without_the_header_nothing_is_given() {
    let local = Local::start().await;
    for header in [None, Some(""), Some("guessed")] {
        assert_eq!(get(&local, &query(&local), header).await.0, 401);
    }
}

#[tokio::test]
async fn a_request_that_app_service_refuses_is_refused() {
    let local = Local::start().await;
    let header = Some(local.setting("IDENTITY_HEADER"));
    for (name, value, message) in [
        ("client_id", None, "Unable to load the proper Managed Identity."),
        ("client_id", Some("00000000-0000-0000-0000-000000000000"), "Unable to load the proper Managed Identity."),
        ("object_id", Some("00000000-0000-0000-0000-000000000000"), "Unable to load the proper Managed Identity."),
        ("api-version", None, "api-version"),
        ("api-version", Some("2017-09-01"), "api-version"),
        ("resource", None, "'resource' is missing"),
        ("resource", Some("api://AzureADTokenExchange/.default"), "not implemented by the local tenant"),
        ("resource", Some("https://vault.azure.net//"), "not implemented by the local tenant"),
        ("mi_res_id", Some("/subscriptions/s"), "implements only"),
    ] {
        let (status, body) = get(&local, &set(query(&local), name, value), header).await;
        assert_eq!((status.as_u16(), body["statusCode"].as_u64()), (400, Some(400)), "{name} {value:?}");
        assert!(body["message"].as_str().unwrap().contains(message), "{body}");
    }
}

/// Services of Azure take tokens of version 1.0, whose audience is the resource as the caller wrote it.
#[tokio::test]
async fn the_workload_gets_tokens_for_cosmos_and_the_vault() {
    let local = Local::start().await;
    for resource in
        ["https://cosmos.azure.com", "https://cosmos.azure.com/", "https://vault.azure.net", "https://vault.azure.net/"]
    {
        let asked = set(query(&local), "resource", Some(resource));
        let (status, body) = get(&local, &asked, Some(local.setting("IDENTITY_HEADER"))).await;
        assert_eq!((status.as_u16(), body["resource"].as_str()), (200, Some(resource)), "{body}");
        let claims = claims(&body["access_token"]);
        assert_eq!((claims["aud"].as_str(), claims["ver"].as_str()), (Some(resource), Some("1.0")));
        assert_eq!(claims["iss"], local.url(""));
        assert_eq!(claims["appid"], local.setting("AZURE_CLIENT_ID"));
        assert_eq!(claims["tid"], local.setting("ENTRA_TENANT_ID"));
        assert_eq!(
            (&claims["sub"], body["expires_on"].as_str().unwrap()),
            (&claims["oid"], &*claims["exp"].to_string())
        );
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    }
}

#[tokio::test]
async fn the_gateways_token_is_for_our_app_and_names_the_gateway() {
    let local = Local::start().await;
    let claims = claims(&local.tenant.gateway_token().into());
    assert_eq!((&claims["aud"], &claims["iss"]), (&local.client_id().into(), &local.issuer().into()));
    assert_eq!((&claims["oid"], &claims["azp"]), (&GATEWAY_PRINCIPAL_ID.into(), &GATEWAY_CLIENT_ID.into()));
    assert_eq!((&claims["sub"], &claims["tid"]), (&claims["oid"], &local.setting("ENTRA_TENANT_ID").into()));
    assert_eq!((claims["ver"].as_str(), claims["idtyp"].as_str()), (Some("2.0"), Some("app")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
}
