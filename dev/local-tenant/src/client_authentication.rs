//! Client authentication of every client: a secret (RFC 6749 §2.3.1), or for our app an assertion.

use crate::aadsts::{CLIENT_SECRET, CREDENTIAL_MISSING, Refusal};
use crate::{client_assertion, clients::Client, parameters::Parameters, sts::Sts};

/// Authenticates a client at the token endpoint.
pub(crate) fn authenticate(client: &Client, sts: &Sts, parameters: &Parameters) -> Result<(), Refusal> {
    let refused = || CLIENT_SECRET.with(&[client.client_id]);
    match (client.secret, parameters.get("client_secret")) {
        _ if client.is_own() => client_assertion::authenticate(sts, parameters),
        (Some(secret), Some(sent)) if secret == sent => Ok(()),
        (None, None) if parameters.get("client_assertion").is_none() => Ok(()),
        (Some(_), None) => Err(CREDENTIAL_MISSING.with(&[])),
        _ => Err(refused()),
    }
}
