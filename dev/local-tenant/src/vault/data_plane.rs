//! The data plane: read, wrap, unwrap.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::{Json, Router, body::Bytes, middleware};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use stand_in::{Site, Tunnels, UnverifiedJwt, jwt::bearer};

use super::refusal::{
    ALGORITHM, API_VERSION, API_VERSION_MISSING, AUDIENCE, BODY, ISSUER, NOT_IMPLEMENTED, OAEP, RBAC, Refusal,
    TOKEN_MALFORMED, TOKEN_MISSING, TOKEN_SIGNATURE, TOKEN_TIME, VALUE, VALUE_TOO_LONG,
};
use super::{DOMAIN, HOST, KEY_NAME, Version, key_id};
use crate::registration::{TENANT_ID, VAULT_RESOURCE, WORKLOAD_PRINCIPAL_ID};
use crate::{faults::inject, sts::Sts};

/// Sent by `azure_security_keyvault_keys` 1.0.
const IMPLEMENTED_API_VERSION: &str = "2025-07-01";
/// RFC 7518 §4.1.
const IMPLEMENTED_ALGORITHM: &str = "RSA-OAEP-256";
/// Azure Key Vault's app id, which is an audience of its tokens, too.
const VAULT_APP_ID: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";
/// The actions of the role that the workload has on the key, as far as they are implemented.
const ALLOWED: [&str; 3] = ["keys/read", "keys/wrap/action", "keys/unwrap/action"];

/// A CONNECT proxy on the way to the vault and nowhere else: other vaults have no address, and the rest of the world is
/// forbidden. There is no proxy before the vault is opened.
pub(crate) fn tunnels(sts: Arc<Sts>) -> Tunnels {
    Arc::new(move |host, port| match sts.vault.get() {
        None => Err(StatusCode::NOT_IMPLEMENTED),
        Some(vault) if (host, port) == (HOST, 443) => {
            let site = Site::new(router(&sts));
            Ok(site.with_tls(vault.tls.clone()).behind(vault.gate.clone()))
        }
        Some(_) if port == 443 && host.ends_with(DOMAIN) => Err(StatusCode::BAD_GATEWAY),
        Some(_) => Err(StatusCode::FORBIDDEN),
    })
}

/// Every request to the vault.
fn router(sts: &Arc<Sts>) -> Router {
    Router::new()
        .fallback(answer)
        .layer(middleware::from_fn_with_state(Arc::clone(sts), inject::intercept))
        .with_state(Arc::clone(sts))
}

async fn answer(
    State(sts): State<Arc<Sts>>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let token = authenticate(&sts, &headers)?;
    check_api_version(query.as_deref().unwrap_or_default())?;
    let path = uri.path();
    let not_implemented = || NOT_IMPLEMENTED.with(&[&format!("{method} {path}")]);
    // Clients write a double slash where a version is not named, and Key Vault takes it.
    let segments: Vec<&str> = path.split('/').skip_while(|segment| segment.is_empty()).collect();
    let (name, rest) = match segments.as_slice() {
        ["keys"] => ("", &[][..]),
        ["keys", name, rest @ ..] => (*name, rest),
        _ => return Err(not_implemented()),
    };
    let action = action(&method, rest).ok_or_else(not_implemented)?;
    // Key Vault does not say whether a resource exists that the caller may not read.
    if name != KEY_NAME || token.text("oid") != WORKLOAD_PRINCIPAL_ID || !ALLOWED.contains(&action) {
        return Err(forbidden(&token, action, path));
    }
    operate(&sts, action, rest, &body).map(Json)
}

/// The action of a request on a key, whose path goes on with `rest`.
fn action(method: &Method, rest: &[&str]) -> Option<&'static str> {
    match (method.as_str(), rest) {
        ("GET", [] | [_]) => Some("keys/read"),
        ("PUT", []) => Some("keys/import/action"),
        ("DELETE", []) => Some("keys/delete"),
        ("POST", ["create"]) => Some("keys/create/action"),
        ("POST", ["rotate"]) => Some("keys/rotate/action"),
        ("POST", [_, operation]) if operation.eq_ignore_ascii_case("wrapkey") => Some("keys/wrap/action"),
        ("POST", [_, operation]) if operation.eq_ignore_ascii_case("unwrapkey") => Some("keys/unwrap/action"),
        _ => None,
    }
}

fn operate(sts: &Sts, action: &str, rest: &[&str], body: &[u8]) -> Result<Value, Refusal> {
    let Some(vault) = sts.vault.get() else { return Err(NOT_IMPLEMENTED.with(&["a tenant without a vault"])) };
    let version = rest.first().copied().unwrap_or_default();
    match action {
        "keys/wrap/action" => {
            let (value, version) = (value(body)?, vault.version(version)?);
            let wrapped = version.key.wrap(&value).ok_or_else(|| VALUE_TOO_LONG.with(&[]))?;
            Ok(result(&version, &wrapped))
        }
        "keys/unwrap/action" => {
            let (value, version) = (value(body)?, vault.version(version)?);
            let key = version.key.unwrap(&value).ok_or_else(|| OAEP.with(&[]))?;
            Ok(result(&version, &key))
        }
        _ if version == "versions" => {
            let versions = vault.versions();
            let listed = |version: &Version| json!({ "kid": kid(version), "attributes": attributes(version) });
            Ok(json!({ "value": versions.iter().map(listed).collect::<Vec<_>>(), "nextLink": null }))
        }
        _ => Ok(bundle(&vault.version(version)?)),
    }
}

/// A token of this tenant for the vault.
fn authenticate(sts: &Sts, headers: &HeaderMap) -> Result<UnverifiedJwt, Refusal> {
    let token = bearer(headers).ok_or_else(|| TOKEN_MISSING.with(&[]))?;
    let token = UnverifiedJwt::parse(token).ok_or_else(|| TOKEN_MALFORMED.with(&[]))?;
    token.signed_by(sts.key.public()).map_err(|_| TOKEN_SIGNATURE.with(&[]))?;
    if !token.in_time(sts.clock.unix(), 0) {
        return Err(TOKEN_TIME.with(&[]));
    }
    let audience = token.text("aud");
    if audience != VAULT_RESOURCE && audience != VAULT_APP_ID {
        return Err(AUDIENCE.with(&[&format!("{VAULT_RESOURCE} or {VAULT_APP_ID}"), audience]));
    }
    let issuer = sts.issuer_v1();
    if token.text("iss") != issuer || token.text("tid") != TENANT_ID {
        return Err(ISSUER.with(&[&issuer, token.text("iss")]));
    }
    Ok(token)
}

fn forbidden(token: &UnverifiedJwt, action: &str, path: &str) -> Refusal {
    let action = format!("Microsoft.KeyVault/vaults/{action}");
    let vault = "/subscriptions/local/resourcegroups/local/providers/microsoft.keyvault/vaults/local-vault";
    let resource = format!("{vault}{}", path.to_ascii_lowercase());
    RBAC.with(&[token.text("appid"), token.text("oid"), token.text("iss"), &action, &resource])
}

fn check_api_version(query: &str) -> Result<(), Refusal> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    match pairs.find(|(name, _)| name == "api-version") {
        Some((_, version)) if version == IMPLEMENTED_API_VERSION => Ok(()),
        Some((_, version)) => Err(API_VERSION.with(&[&version, IMPLEMENTED_API_VERSION])),
        None => Err(API_VERSION_MISSING.with(&[])),
    }
}

/// The arguments of a key operation; those of symmetric algorithms are not implemented.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyOperation {
    #[serde(default)]
    alg: String,
    #[serde(default)]
    value: String,
}

fn value(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let operation: KeyOperation = serde_json::from_slice(body).map_err(|error| BODY.with(&[&error.to_string()]))?;
    if operation.alg != IMPLEMENTED_ALGORITHM {
        return Err(ALGORITHM.with(&[]));
    }
    let value = URL_SAFE_NO_PAD.decode(operation.value).unwrap_or_default();
    if value.is_empty() { Err(VALUE.with(&[])) } else { Ok(value) }
}

/// `KeyOperationResult`.
fn result(version: &Version, value: &[u8]) -> Value {
    json!({ "kid": kid(version), "value": URL_SAFE_NO_PAD.encode(value) })
}

/// `KeyBundle`.
fn bundle(version: &Version) -> Value {
    let public = &version.key.public;
    json!({
        "key": {
            "kid": kid(version), "kty": "RSA", "key_ops": ["wrapKey", "unwrapKey"], "n": public.n, "e": public.e,
        },
        "attributes": attributes(version),
    })
}

fn attributes(version: &Version) -> Value {
    json!({
        "enabled": true,
        "created": version.stored.created,
        "updated": version.stored.created,
        "recoveryLevel": "Recoverable",
        "recoverableDays": 90,
        "exportable": false,
    })
}

fn kid(version: &Version) -> String {
    format!("{}/{}", key_id(), version.stored.version)
}
