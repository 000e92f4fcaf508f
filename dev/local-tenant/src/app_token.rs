//! The tokens of the two managed identities: apps that act for themselves, not for a user.

use serde_json::{Value, json};
use stand_in::{jwt, random};

use crate::registration::{
    CLIENT_ID, COSMOS_RESOURCE, EXCHANGE_AUDIENCE, GATEWAY_CLIENT_ID, GATEWAY_PRINCIPAL_ID, TENANT_ID, VAULT_RESOURCE,
    WORKLOAD_CLIENT_ID, WORKLOAD_PRINCIPAL_ID,
};
use crate::sts::Sts;

/// Managed identity tokens live a day.
const LIFETIME: i64 = 86_400;

/// The resources for which the workload gets tokens at its identity endpoint.
#[derive(Clone, Copy)]
pub(crate) enum Resource<'a> {
    /// The federated credential.
    Exchange,
    /// A service of Azure, as the caller writes its resource.
    Service(&'a str),
}

impl<'a> Resource<'a> {
    /// Azure takes a service's resource with and without a final slash, and puts it into the token as it was asked.
    pub(crate) fn parse(resource: &'a str) -> Option<Self> {
        match resource.strip_suffix('/').unwrap_or(resource) {
            COSMOS_RESOURCE | VAULT_RESOURCE => Some(Self::Service(resource)),
            _ if resource == EXCHANGE_AUDIENCE => Some(Self::Exchange),
            _ => None,
        }
    }

    /// Audience of its tokens.
    pub(crate) fn audience(self) -> &'a str {
        match self {
            Self::Exchange => EXCHANGE_AUDIENCE,
            Self::Service(resource) => resource,
        }
    }
}

/// The token that the identity endpoint gives the workload, and when it expires.
pub(crate) fn of_workload(sts: &Sts, resource: Resource<'_>) -> (String, i64) {
    match resource {
        Resource::Exchange => version_2(sts, EXCHANGE_AUDIENCE, WORKLOAD_CLIENT_ID, WORKLOAD_PRINCIPAL_ID),
        Resource::Service(resource) => version_1(sts, resource),
    }
}

/// The token that API Management sends as the gateway's identity. The app registration asks for version 2.0.
pub(crate) fn of_gateway(sts: &Sts) -> String {
    version_2(sts, CLIENT_ID, GATEWAY_CLIENT_ID, GATEWAY_PRINCIPAL_ID).0
}

fn version_2(sts: &Sts, audience: &str, client_id: &str, principal_id: &str) -> (String, i64) {
    let claims = json!({
        "aud": audience,
        "iss": sts.issuer(),
        "azp": client_id,
        "azpacr": "2",
        "idtyp": "app",
        "oid": principal_id,
        "sub": principal_id,
        "tid": TENANT_ID,
        "ver": "2.0",
    });
    sign(sts, claims)
}

/// Azure's own services take tokens of version 1.0.
fn version_1(sts: &Sts, audience: &str) -> (String, i64) {
    let claims = json!({
        "aud": audience,
        "iss": sts.issuer_v1(),
        "appid": WORKLOAD_CLIENT_ID,
        "appidacr": "2",
        "idp": sts.issuer_v1(),
        "idtyp": "app",
        "oid": WORKLOAD_PRINCIPAL_ID,
        "sub": WORKLOAD_PRINCIPAL_ID,
        "tid": TENANT_ID,
        "ver": "1.0",
    });
    sign(sts, claims)
}

fn sign(sts: &Sts, mut claims: Value) -> (String, i64) {
    let now = sts.clock.unix();
    let expires = now + LIFETIME;
    if let Some(claims) = claims.as_object_mut() {
        let times = [("iat", now), ("nbf", now), ("exp", expires)];
        claims.extend(times.map(|(name, time)| (name.to_owned(), time.into())));
        claims.insert("uti".to_owned(), random::opaque::<16>().into());
    }
    (jwt::sign(&sts.key, &claims), expires)
}
