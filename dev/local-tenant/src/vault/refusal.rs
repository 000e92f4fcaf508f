//! Key Vault's errors, as far as this vault uses them.
//! <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::registration::{TENANT_ID, VAULT_RESOURCE};

/// One of them; `{}` in the text are filled in order.
pub(super) struct Entry {
    status: StatusCode,
    code: &'static str,
    inner: Option<&'static str>,
    text: &'static str,
}

/// A request refused in Key Vault's words.
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    inner: Option<&'static str>,
    text: String,
}

const fn entry(status: StatusCode, code: &'static str, inner: Option<&'static str>, text: &'static str) -> Entry {
    Entry { status, code, inner, text }
}

const fn unauthorized(text: &'static str) -> Entry {
    entry(StatusCode::UNAUTHORIZED, "Unauthorized", None, text)
}

const fn forbidden(inner: &'static str, text: &'static str) -> Entry {
    entry(StatusCode::FORBIDDEN, "Forbidden", Some(inner), text)
}

const fn bad(text: &'static str) -> Entry {
    entry(StatusCode::BAD_REQUEST, "BadParameter", None, text)
}

pub(super) const TOKEN_MISSING: Entry = unauthorized("AKV10000: Request is missing a Bearer or PoP token.");
pub(super) const TOKEN_MALFORMED: Entry = unauthorized("Error validating token: IDX14100.");
pub(super) const TOKEN_SIGNATURE: Entry = unauthorized("Error validating token: IDX10511.");
pub(super) const TOKEN_TIME: Entry = unauthorized("[TokenExpired] Error validating token: IDX10223.");
pub(super) const AUDIENCE: Entry = unauthorized("AKV10022: Invalid audience. Expected {}, found: {}.");
pub(super) const ISSUER: Entry = unauthorized("AKV10032: Invalid issuer. Expected one of {}, found {}.");

pub(super) const RBAC: Entry = forbidden(
    "ForbiddenByRbac",
    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
     definitions were changed recently, please observe propagation time.\r\nCaller: \
     appid={};oid={};iss={}\r\nAction: '{}'\r\nResource: '{}'\r\nAssignment: (not found)\r\nDenyAssignmentId: \
     null\r\nDecisionReason: null\r\nVault: local-vault;location=local\r\n",
);

pub(super) const KEY_NOT_FOUND: Entry = entry(
    StatusCode::NOT_FOUND,
    "KeyNotFound",
    None,
    "A key with (name/id) {} was not found in this key vault. If you recently deleted this key you may be able to \
     recover it using the correct recovery command. For help resolving this issue, please see \
     https://go.microsoft.com/fwlink/?linkid=2125182",
);
pub(super) const API_VERSION_MISSING: Entry = bad("api-version must be specified");
pub(super) const API_VERSION: Entry = bad("Local tenant: api-version {} is not implemented, only {}.");
pub(super) const BODY: Entry = bad("Local tenant: the body is not the JSON of a key operation: {}");
pub(super) const ALGORITHM: Entry = bad("Property  has invalid value\r\n");
pub(super) const VALUE: Entry = bad("Content of 'value' is not base64url.\r\nProperty 'value' is required.\r\n");
pub(super) const VALUE_TOO_LONG: Entry = bad("Local tenant: the value is longer than one RSA block holds.");
pub(super) const OAEP: Entry = bad("Error occurred while decoding OAEP padding.");

pub(super) const NOT_IMPLEMENTED: Entry =
    entry(StatusCode::NOT_IMPLEMENTED, "NotImplemented", None, "{} is not implemented by the local tenant.");
const THROTTLED: Entry = entry(
    StatusCode::TOO_MANY_REQUESTS,
    "Throttled",
    None,
    "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
);

/// Too many requests.
pub(crate) fn throttle() -> Response {
    THROTTLED.with(&[]).into_response()
}

impl Entry {
    pub(super) fn with(&self, values: &[&str]) -> Refusal {
        let mut text = self.text.to_owned();
        for value in values {
            text = text.replacen("{}", value, 1);
        }
        Refusal { status: self.status, code: self.code, inner: self.inner, text }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.text });
        if let (Some(inner), Some(error)) = (self.inner, error.as_object_mut()) {
            error.insert("innererror".to_owned(), json!({ "code": inner }));
        }
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        if let (StatusCode::UNAUTHORIZED, Ok(challenge)) = (self.status, HeaderValue::from_str(&challenge())) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Clients read the resource and compare it with the vault's name. None of ours asks the authority for anything.
fn challenge() -> String {
    format!(r#"Bearer authorization="https://login.microsoftonline.com/{TENANT_ID}", resource="{VAULT_RESOURCE}""#)
}
