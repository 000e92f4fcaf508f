//! `grant_type=refresh_token` (RFC 6749 §6). A new one comes each time and the old one stays valid, as at Entra.

use super::{TokenAnswer, allow_only, issue::Grant, scopes};
use crate::aadsts::{GRANT_INVALID, REFRESH_TOKEN_EXPIRED, Refusal, timestamp};
use crate::{
    accounts, claims::ClaimsRequest, clients::Client, parameters::Parameters, state::REFRESH_TOKEN_SECONDS, sts::Sts,
    users,
};

pub(super) fn refresh(sts: &Sts, client: &'static Client, parameters: &Parameters) -> Result<TokenAnswer, Refusal> {
    allow_only(parameters, &["refresh_token"])?;
    let now = sts.clock.unix();
    let scopes = scopes(parameters)?;
    client.may_ask_for(scopes.resource()?)?;
    let claims = ClaimsRequest::parse(parameters.get("claims"), sts)?;
    let invalid = || GRANT_INVALID.with(&["refresh_token"]);
    let record = sts.state.refresh_token(parameters.require("refresh_token")?).ok_or_else(invalid)?;
    if record.client_id != client.client_id {
        return Err(invalid());
    }
    if now >= record.issued_at + REFRESH_TOKEN_SECONDS {
        let issued_at = time::OffsetDateTime::from_unix_timestamp(record.issued_at).map_err(|_| invalid())?;
        return Err(REFRESH_TOKEN_EXPIRED.with(&[&timestamp(issued_at)]));
    }
    accounts::check_session(sts, &record.oid, record.issued_at)?;
    let user = users::by_oid(&record.oid).ok_or_else(invalid)?;
    Grant { client, user, scopes, nonce: None, claims, second_factor: record.second_factor }.answer(sts, parameters)
}
