//! [`super::Vault`] over HTTP, for tests in another process; behind the control token like the rest of the control API.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use super::{Vault, VaultError};
use crate::{faults::inject::error, sts::Sts};

/// Under `/_control/vault`.
pub(crate) fn router() -> Router<Arc<Sts>> {
    Router::new()
        .route("/_control/vault/versions", get(versions))
        .route("/_control/vault/rotate", post(rotate))
        .route("/_control/vault/versions/{version}/{change}", post(change))
        .route("/_control/vault/{reach}", post(reach))
        .route("/_control/vault/operations", get(operations).delete(forget))
}

/// Status and reason.
struct Refused(StatusCode, String);

impl Refused {
    fn not_found(reason: &str) -> Self {
        Self(StatusCode::NOT_FOUND, reason.to_owned())
    }
}

impl From<VaultError> for Refused {
    fn from(reason: VaultError) -> Self {
        let status = match reason {
            VaultError::UnknownVersion(_) => StatusCode::NOT_FOUND,
            VaultError::State(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, reason.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        error(self.0, &self.1)
    }
}

fn vault(sts: &Sts) -> Result<&Arc<Vault>, Refused> {
    sts.vault.get().ok_or_else(|| Refused::not_found("there is no vault: start with --vault"))
}

/// `GET /_control/vault/versions`: oldest first.
async fn versions(State(sts): State<Arc<Sts>>) -> Result<Response, Refused> {
    Ok(Json(vault(&sts)?.versions()).into_response())
}

/// `POST /_control/vault/rotate`: `{"version": "…"}`. An RSA key takes a moment.
async fn rotate(State(sts): State<Arc<Sts>>) -> Result<Response, Refused> {
    let vault = Arc::clone(vault(&sts)?);
    let rotated = tokio::task::spawn_blocking(move || vault.rotate()).await;
    let version = rotated.map_err(|reason| Refused(StatusCode::INTERNAL_SERVER_ERROR, reason.to_string()))??;
    Ok(Json(json!({ "version": version })).into_response())
}

/// `POST /_control/vault/versions/{version}/disable`, `…/enable`, `…/expire`.
async fn change(
    State(sts): State<Arc<Sts>>,
    Path((version, change)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    let vault = vault(&sts)?;
    match change.as_str() {
        "disable" => vault.disable(&version)?,
        "enable" => vault.enable(&version)?,
        "expire" => vault.expire(&version)?,
        _ => return Err(Refused::not_found("a version is disabled, enabled or expired")),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /_control/vault/pause`, `…/resume`.
async fn reach(State(sts): State<Arc<Sts>>, Path(reach): Path<String>) -> Result<StatusCode, Refused> {
    match reach.as_str() {
        "pause" => vault(&sts)?.pause(),
        "resume" => vault(&sts)?.resume(),
        _ => return Err(Refused::not_found("a vault is paused, resumed or rotated")),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /_control/vault/operations`: oldest first.
async fn operations(State(sts): State<Arc<Sts>>) -> Result<Response, Refused> {
    Ok(Json(vault(&sts)?.operations()).into_response())
}

/// `DELETE /_control/vault/operations`.
async fn forget(State(sts): State<Arc<Sts>>) -> Result<StatusCode, Refused> {
    vault(&sts)?.forget_operations();
    Ok(StatusCode::NO_CONTENT)
}
