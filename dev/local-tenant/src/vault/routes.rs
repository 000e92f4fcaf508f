//! The data plane: read, wrap, unwrap.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Site,
    asked::Asked,
    caller::Caller,
    intercept::AnsweredBy,
    key_id,
    refusal::{
        ALGORITHM, API_VERSION, API_VERSION_MISSING, BODY, NOT_IMPLEMENTED, OAEP, OPERATION_FORBIDDEN, Refusal, VALUE,
        VALUE_TOO_LONG,
    },
    stored::Attributes,
    versions::{Usable, Versions},
};

/// What `azure_security_keyvault_keys` 1.0 sends.
const IMPLEMENTED_API_VERSION: &str = "2025-07-01";
/// RFC 7518 §4.1.
const IMPLEMENTED_ALGORITHM: &str = "RSA-OAEP-256";

/// The arguments of a key operation; those of symmetric algorithms are not implemented.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyOperation {
    #[serde(default)]
    alg: String,
    #[serde(default)]
    value: String,
}

/// A body, and the version it comes from.
struct Answer {
    body: Value,
    version: Option<String>,
}

/// All there is.
pub(super) async fn answer(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let outcome = Caller::authenticate(&site.sts, &headers).and_then(|caller| {
        check_api_version(query.as_deref().unwrap_or_default())?;
        authorize(&caller, &asked, uri.path())?;
        operate(&site.vault.versions, &asked, &body)
    });
    match outcome {
        Ok(Some(Answer { body, version })) => {
            let mut response = Json(body).into_response();
            if let Some(version) = version {
                response.extensions_mut().insert(AnsweredBy(version));
            }
            response
        }
        Ok(None) => NOT_IMPLEMENTED.with(&[&format!("{method} {}", uri.path())]).response(),
        Err(refusal) => refusal.response(),
    }
}

fn check_api_version(query: &str) -> Result<(), Refusal> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    match pairs.find(|(name, _)| name == "api-version") {
        Some((_, version)) if version == IMPLEMENTED_API_VERSION => Ok(()),
        Some((_, version)) => Err(API_VERSION.with(&[&version, IMPLEMENTED_API_VERSION])),
        None => Err(API_VERSION_MISSING.with(&[])),
    }
}

/// Key Vault does not say whether what one may not read exists.
fn authorize(caller: &Caller, asked: &Asked, path: &str) -> Result<(), Refusal> {
    let action = match asked {
        Asked::Denied { action, .. } => action,
        _ if caller.has_the_role() => return Ok(()),
        Asked::Wrap(_) => "keys/wrap/action",
        Asked::Unwrap(_) => "keys/unwrap/action",
        _ => "keys/read",
    };
    Err(caller.forbidden(action, path))
}

fn operate(versions: &Versions, asked: &Asked, body: &[u8]) -> Result<Option<Answer>, Refusal> {
    Ok(Some(match asked {
        Asked::Get(version) => of(versions.read(version.as_deref())?, bundle),
        Asked::ListVersions => Answer { body: list(&versions.read_all()), version: None },
        Asked::Wrap(version) => {
            let value = value(body)?;
            let usable = versions.to_wrap(version.as_deref())?;
            let wrapped = usable.key.wrap(&value).ok_or_else(|| VALUE_TOO_LONG.with(&[]))?;
            of(usable, |usable| result(usable, &wrapped))
        }
        Asked::Unwrap(version) => {
            let value = value(body)?;
            let usable = versions.to_unwrap(version.as_deref())?;
            let key = usable.key.unwrap(&value).ok_or_else(|| OAEP.with(&[]))?;
            of(usable, |usable| result(usable, &key))
        }
        Asked::OtherKeyOperation(operation) => return Err(OPERATION_FORBIDDEN.with(&[operation])),
        Asked::Denied { .. } | Asked::Other => return Ok(None),
    }))
}

fn of(usable: Usable, body: impl FnOnce(&Usable) -> Value) -> Answer {
    Answer { body: body(&usable), version: Some(usable.version) }
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
fn result(usable: &Usable, value: &[u8]) -> Value {
    json!({ "kid": kid(usable), "value": URL_SAFE_NO_PAD.encode(value) })
}

/// `KeyBundle`.
fn bundle(usable: &Usable) -> Value {
    let (n, e) = &usable.key.components;
    json!({
        "key": { "kid": kid(usable), "kty": "RSA", "key_ops": ["wrapKey", "unwrapKey"], "n": n, "e": e },
        "attributes": attributes(usable.attributes),
    })
}

/// `KeyListResult`.
fn list(versions: &[Usable]) -> Value {
    let item = |usable: &Usable| json!({ "kid": kid(usable), "attributes": attributes(usable.attributes) });
    json!({ "value": versions.iter().map(item).collect::<Vec<_>>(), "nextLink": null })
}

fn attributes(Attributes { enabled, created, updated, expires }: Attributes) -> Value {
    let mut attributes = json!({
        "enabled": enabled,
        "created": created,
        "updated": updated,
        "recoveryLevel": "Recoverable",
        "recoverableDays": 90,
        "exportable": false,
    });
    if let (Some(expires), Some(attributes)) = (expires, attributes.as_object_mut()) {
        attributes.insert("exp".to_owned(), expires.into());
    }
    attributes
}

fn kid(usable: &Usable) -> String {
    format!("{}/{}", key_id(), usable.version)
}
