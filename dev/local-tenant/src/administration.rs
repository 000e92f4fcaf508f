//! The changes of an administrator, as calls of the control API. Tests make them, and so does the console.

use std::{io, sync::Arc};

use axum::response::{IntoResponse as _, Response};
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, de::DeserializeOwned};
use stand_in::control::refuse;
use time::Duration;

use crate::clients::{EVERYBODY, OWN};
use crate::faults::{Endpoint, Fault};
use crate::{admin_consent, sts::Sts, users, users::User};

/// Every call that changes the tenant.
pub(crate) fn routes() -> Router<Arc<Sts>> {
    Router::new()
        .route("/_control/outage", post(outage))
        .route("/_control/admin-consent", post(admin_consent::post))
        .route("/_control/conditional-access", post(conditional_access))
        .route("/_control/app-roles", post(app_roles))
        .route("/_control/assignment", post(assignment))
        .route("/_control/accounts", post(accounts))
        .route("/_control/revoke-sessions", post(revoke_sessions))
        .route("/_control/withdraw-consent", post(withdraw_consent))
        .route("/_control/end-graph-tokens", post(end_graph_tokens))
        .route("/_control/clock", post(clock))
        .route("/_control/token-lifetime", post(token_lifetime))
        .route("/_control/reset", post(reset))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    endpoint: Endpoint,
    #[serde(default)]
    fault: Option<Fault>,
}

/// `{"endpoint": "graph", "fault": {"kind": "status", "status": 503}}`; without `fault` it ends.
async fn outage(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(
        parse(&body).and_then(|Outage { endpoint, fault }| {
            sts.faults.stand(endpoint, fault).map_err(|error| error.to_string())
        }),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    second_factor: bool,
}

/// `{"second_factor": true}` turns the policy on.
async fn conditional_access(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).map(|Policy { second_factor }| sts.conditional_access.require_second_factor(second_factor)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    user: String,
    roles: Vec<String>,
}

/// `{"user": "bob@contoso.example", "roles": ["Admin"]}`.
async fn app_roles(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(
        parse(&body)
            .and_then(|Roles { user, roles }| sts.app_roles.assign(&user, &roles).map_err(|error| error.to_string())),
    )
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifetime {
    #[serde(default)]
    seconds: Option<u32>,
}

/// `{"seconds": 75}`: access tokens for our app live so long, from now on; without `seconds` as long as at the first start.
async fn token_lifetime(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).map(|Lifetime { seconds }| sts.token_lifetime.set(seconds)))
}

/// Policies, roles, accounts and services are as at the first start. Sessions and users' own consents stay as they are.
async fn reset(State(sts): State<Arc<Sts>>) -> Response {
    answer(as_at_first(&sts).map_err(|error| error.to_string()))
}

fn as_at_first(sts: &Sts) -> io::Result<()> {
    sts.faults.clear();
    sts.conditional_access.require_second_factor(false);
    sts.app_roles.reset();
    sts.token_lifetime.set(None);
    sts.state.withdraw_consents(&OWN.consents_of(EVERYBODY))?;
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
