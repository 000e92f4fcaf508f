//! The on-behalf-of flow (RFC 7523 §2.1): a user's token for us becomes that user's token for an API.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow>

use stand_in::UnverifiedJwt;

use super::{TokenAnswer, allow_only, issue::Grant, scopes};
use crate::aadsts::{
    APP_ONLY_ON_BEHALF_OF, JWT_MALFORMED, MALFORMED, Refusal, USER_ASSERTION_AUDIENCE, USER_ASSERTION_INVALID,
    USER_ASSERTION_TIME, timestamp,
};
use crate::registration::{APP_SCOPE, CLIENT_ID, TENANT_ID};
use crate::{
    accounts,
    claims::ClaimsRequest,
    client_assertion::at,
    clients::{Client, OWN},
    parameters::Parameters,
    scopes::Resource,
    sts::Sts,
    users,
    users::User,
};

pub(super) fn exchange(sts: &Sts, client: &Client, parameters: &Parameters) -> Result<TokenAnswer, Refusal> {
    allow_only(parameters, &["assertion", "requested_token_use"])?;
    if parameters.require("requested_token_use")? != "on_behalf_of" {
        return Err(MALFORMED.with(&["requested_token_use must be on_behalf_of"]));
    }
    client.may_exchange()?;
    let scopes = scopes(parameters)?;
    if scopes.resource()? == Resource::App {
        return Err(MALFORMED.with(&["on-behalf-of for the app itself is not implemented"]));
    }
    let claims = ClaimsRequest::parse(parameters.get("claims"), sts)?;
    let (user, second_factor) = user_of(sts, parameters.require("assertion")?)?;
    Grant { client: &OWN, user, scopes, nonce: None, claims, second_factor }.answer(sts, parameters)
}

/// The user whose access token for us this is, and whether they signed in with the second factor.
fn user_of(sts: &Sts, assertion: &str) -> Result<(&'static User, bool), Refusal> {
    let assertion = UnverifiedJwt::parse(assertion).ok_or_else(|| JWT_MALFORMED.with(&[]))?;
    assertion.signed_by(sts.key.public()).map_err(|reason| USER_ASSERTION_INVALID.with(&[reason]))?;
    if assertion.text("aud") != CLIENT_ID {
        return Err(USER_ASSERTION_AUDIENCE.with(&[assertion.text("aud"), CLIENT_ID]));
    }
    if assertion.text("iss") != sts.issuer() || assertion.text("tid") != TENANT_ID {
        return Err(USER_ASSERTION_INVALID.with(&["The issuer is not this tenant."]));
    }
    let now = sts.clock.now();
    if !assertion.in_time(now.unix_timestamp(), 0) {
        return Err(USER_ASSERTION_TIME.with(&[&timestamp(now), &at(&assertion, "exp")]));
    }
    if assertion.text("idtyp") == "app" {
        return Err(APP_ONLY_ON_BEHALF_OF.with(&[CLIENT_ID]));
    }
    if !assertion.has_scope(APP_SCOPE) {
        return Err(USER_ASSERTION_INVALID.with(&["It is not an access token with the scope of this application."]));
    }
    let user = users::by_oid(assertion.text("oid"));
    let user = user.ok_or_else(|| USER_ASSERTION_INVALID.with(&["There is no such user."]))?;
    accounts::check_session(sts, user.oid, assertion.time("iat").unwrap_or_default())?;
    Ok((user, assertion.lists("amr", "mfa")))
}
