//! OIDC discovery and the key set, in Entra's shape.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, http::HeaderMap};
use serde_json::{Value, json};

use crate::sts::{Sts, check_tenant};
use crate::{aadsts::Correlation, registration::TENANT_ID};

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`. Lists only what is served.
pub(crate) async fn configuration(state: State<Arc<Sts>>, tenant: Path<String>, headers: HeaderMap) -> Response {
    answer(&state, &tenant, &headers, |sts| {
        let tenant = format!("{}/{TENANT_ID}", sts.base_url);
        json!({
            "token_endpoint": format!("{tenant}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "jwks_uri": format!("{tenant}/discovery/v2.0/keys"),
            "response_modes_supported": ["query"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": sts.issuer(),
            "request_uri_parameter_supported": false,
            "authorization_endpoint": format!("{tenant}/oauth2/v2.0/authorize"),
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "email"
            ],
            "code_challenge_methods_supported": ["S256"],
            "msgraph_host": sts.base_url.split_once("://").map(|(_, host)| host),
        })
    })
}

/// `GET /{tenant}/discovery/v2.0/keys`.
pub(crate) async fn keys(state: State<Arc<Sts>>, tenant: Path<String>, headers: HeaderMap) -> Response {
    answer(&state, &tenant, &headers, |sts| json!({ "keys": [sts.key.public()] }))
}

fn answer(
    State(sts): &State<Arc<Sts>>,
    Path(tenant): &Path<String>,
    headers: &HeaderMap,
    document: impl FnOnce(&Sts) -> Value,
) -> Response {
    match check_tenant(tenant) {
        Ok(()) => Json(document(sts)).into_response(),
        Err(refusal) => refusal.json(&Correlation::of(headers, sts.clock.now())),
    }
}
