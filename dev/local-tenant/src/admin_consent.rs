//! Tenant-wide consent of an administrator, for our app.

use std::{io, sync::Arc};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use stand_in::control::refuse;

use crate::clients::{EVERYBODY, OWN};
use crate::{scopes::Scopes, sts::Sts};

/// The permissions that Bicep consents to with `grantAdminConsent`.
const CONSENTED: &str = "openid profile offline_access User.Read Calendars.Read Mail.Read";

/// Consents for everybody.
pub(crate) fn give(sts: &Sts) -> io::Result<()> {
    let scopes = Scopes::parse(CONSENTED).map_err(|_| io::Error::other("a scope is not known"))?;
    sts.state.consent(OWN.consents_of(EVERYBODY), scopes.permissions())
}

/// `POST /_control/admin-consent`.
pub(crate) async fn post(State(sts): State<Arc<Sts>>) -> Response {
    match give(&sts) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
