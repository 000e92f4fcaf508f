//! The changes of an administrator, as calls of the control API. Tests make them, and so does the console.

use std::{io, sync::Arc};

use axum::response::{IntoResponse as _, Response};
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, de::DeserializeOwned};
use stand_in::control::refuse;
use time::Duration;

use crate::{
    Tenant, admin_consent, admin_consent::EVERYBODY, app_roles, clients::OWN, conditional_access, faults::outage,
    sts::Sts, users, users::User,
};

/// Every call that changes the tenant.
pub(crate) fn routes() -> Router<Arc<Sts>> {
    Router::new()
        .route("/_control/outage", post(outage::control))
        .route("/_control/admin-consent", post(admin_consent::post))
        .route("/_control/conditional-access", post(conditional_access::control))
        .route("/_control/app-roles", post(app_roles::control))
        .route("/_control/assignment", post(assignment))
        .route("/_control/accounts", post(accounts))
        .route("/_control/revoke-sessions", post(revoke_sessions))
        .route("/_control/withdraw-consent", post(withdraw_consent))
        .route("/_control/end-graph-tokens", post(end_graph_tokens))
        .route("/_control/clock", post(clock))
        .route("/_control/reset", post(reset))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    required: bool,
}

/// `{"required": true}`: only users with an app role get tokens.
async fn assignment(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).map(|Assignment { required }| sts.app_roles.require_assignment(required)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    user: String,
    account_enabled: bool,
}

/// `{"user": "bob@contoso.example", "account_enabled": false}`.
async fn accounts(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).and_then(|Account { user, account_enabled }| {
        sts.state.enable(find(&user)?.oid, account_enabled).map_err(|error| error.to_string())
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    user: String,
}

/// `{"user": "bob@contoso.example"}`: Graph's `revokeSignInSessions`.
async fn revoke_sessions(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).and_then(|Whose { user }| {
        sts.state.revoke_sessions(find(&user)?.oid, sts.clock.unix()).map_err(|error| error.to_string())
    }))
}

/// `{"user": "bob@contoso.example"}`: that user's consent to our app, or that of an administrator for `everybody`.
async fn withdraw_consent(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).and_then(|Whose { user }| {
        let whose = if user == EVERYBODY { EVERYBODY } else { find(&user)?.oid };
        sts.state.withdraw_consents(&OWN.consents_of(whose)).map_err(|error| error.to_string())
    }))
}

/// Graph takes the tokens that were issued so far for expired.
async fn end_graph_tokens(State(sts): State<Arc<Sts>>) -> Response {
    sts.conditional_access.end_graph_tokens(sts.clock.unix());
    answer(Ok(()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i32,
}

/// `{"seconds": 3600}` moves the tenant's clock on, fewer than none move it back: what is issued then is older.
async fn clock(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).map(|Advance { seconds }| sts.clock.advance(Duration::seconds(seconds.into()))))
}

/// Policies, roles, accounts and services are as at the first start. Consents and sessions stay as they are.
async fn reset(State(sts): State<Arc<Sts>>) -> Response {
    answer(as_at_first(&sts).map_err(|error| error.to_string()))
}

fn as_at_first(sts: &Sts) -> io::Result<()> {
    sts.faults.clear();
    sts.conditional_access.require_second_factor(false);
    sts.app_roles.reset();
    users::all().iter().try_for_each(|user| sts.state.enable(user.oid, true))
}

fn find(name: &str) -> Result<&'static User, String> {
    users::user(name).ok_or_else(|| format!("there is no user {name:?}"))
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// 204, or 400 with the reason.
pub(crate) fn answer(outcome: Result<(), String>) -> Response {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(reason) => refuse(StatusCode::BAD_REQUEST, &reason),
    }
}

impl Tenant {
    /// Ends the sessions of a user: tokens that were issued until now are refused.
    pub fn revoke_sessions(&self, user: &User) -> io::Result<()> {
        self.sts.state.revoke_sessions(user.oid, self.sts.clock.unix())
    }
}
