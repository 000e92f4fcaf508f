//! Client authentication (RFC 7523 §2.2): the managed identity's token, matched with the app's one federated credential.
//! <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>

use stand_in::UnverifiedJwt;

use crate::aadsts::{
    CLIENT_ASSERTION_SIGNATURE, CLIENT_ASSERTION_TIME, CLIENT_SECRET, CREDENTIAL_MISSING, Entry, FEDERATED_AUDIENCE,
    FEDERATED_ISSUER, FEDERATED_SUBJECT, JWT_MALFORMED, MALFORMED, Refusal, timestamp,
};
use crate::registration::{CLIENT_ID, EXCHANGE_AUDIENCE, WORKLOAD_PRINCIPAL_ID};
use crate::{parameters::Parameters, sts::Sts};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Entra allows clocks to differ by five minutes.
const SKEW: i64 = 300;

/// Authenticates the app. It has neither secret nor certificate.
pub(crate) fn authenticate(sts: &Sts, parameters: &Parameters) -> Result<(), Refusal> {
    if parameters.get("client_secret").is_some() {
        return Err(CLIENT_SECRET.with(&[CLIENT_ID]));
    }
    let Some(assertion) = parameters.get("client_assertion") else { return Err(CREDENTIAL_MISSING.with(&[])) };
    if parameters.require("client_assertion_type")? != TYPE {
        return Err(MALFORMED.with(&[&format!("client_assertion_type must be {TYPE}")]));
    }
    let assertion = UnverifiedJwt::parse(assertion).ok_or_else(|| JWT_MALFORMED.with(&[]))?;
    match_federated_credential(sts, &assertion)?;
    assertion.signed_by(sts.key.public()).map_err(|reason| CLIENT_ASSERTION_SIGNATURE.with(&[reason]))?;
    in_time(sts, &assertion)
}

fn match_federated_credential(sts: &Sts, assertion: &UnverifiedJwt) -> Result<(), Refusal> {
    let issuer = sts.issuer();
    let expected: [(&str, &str, Entry); 3] = [
        ("iss", &issuer, FEDERATED_ISSUER),
        ("sub", WORKLOAD_PRINCIPAL_ID, FEDERATED_SUBJECT),
        ("aud", EXCHANGE_AUDIENCE, FEDERATED_AUDIENCE),
    ];
    let mismatch = expected.iter().find(|(claim, value, _)| assertion.text(claim) != *value);
    mismatch.map_or(Ok(()), |(claim, _, entry)| Err(entry.with(&[assertion.text(claim)])))
}

fn in_time(sts: &Sts, assertion: &UnverifiedJwt) -> Result<(), Refusal> {
    let now = sts.clock.now();
    if assertion.in_time(now.unix_timestamp(), SKEW) {
        return Ok(());
    }
    Err(CLIENT_ASSERTION_TIME.with(&[&timestamp(now), &at(assertion, "nbf"), &at(assertion, "exp")]))
}

/// The time of a claim as Entra writes it in refusals.
pub(crate) fn at(token: &UnverifiedJwt, claim: &str) -> String {
    let time = token.time(claim).and_then(|time| time::OffsetDateTime::from_unix_timestamp(time).ok());
    time.map_or_else(|| "unknown".to_owned(), timestamp)
}
