//! Verification of the token that API Management gets for its managed identity and sends along.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::ground::Clock;
use moka::future::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    jwks::Jwks,
    signed_token::{NotBelieved, claims, is_in_time},
    upstream::EntraSettings,
};
use crate::ports::gateway::{GatewayRefusal, GatewayTokens};

/// API Management asks for a token once a day for each of its units; nobody else can add to these.
const VERIFIED: u64 = 64;

#[derive(Deserialize)]
struct Claims {
    tid: String,
    oid: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
    /// Tokens of users have one.
    scp: Option<String>,
    /// `app` or `user`; an app registration may leave it out.
    idtyp: Option<String>,
}

/// Knows the tokens of one managed identity.
pub struct GatewayTokenVerifier {
    settings: EntraSettings,
    principal_id: String,
    jwks: Arc<Jwks>,
    clock: Arc<dyn Clock>,
    /// When tokens end that were found good, by their hash.
    verified: Cache<[u8; 32], i64>,
}

impl GatewayTokenVerifier {
    /// For the identity with this object id.
    pub(super) fn new(settings: EntraSettings, principal_id: String, jwks: Arc<Jwks>, clock: Arc<dyn Clock>) -> Self {
        Self { settings, principal_id, jwks, clock, verified: Cache::new(VERIFIED) }
    }

    fn check(&self, claims: &Claims) -> Result<(), &'static str> {
        let is_apps = claims.scp.is_none() && claims.idtyp.as_deref().is_none_or(|kind| kind == "app");
        let rules = [
            (is_in_time(claims.exp, claims.nbf, self.clock.now()), "not in its time"),
            (claims.tid == self.settings.tenant_id, "of another tenant"),
            (is_apps, "of a user"),
            (claims.oid == self.principal_id, "of another identity"),
        ];
        rules.into_iter().find_map(|(kept, reason)| (!kept).then_some(reason)).map_or(Ok(()), Err)
    }
}

#[async_trait]
impl GatewayTokens for GatewayTokenVerifier {
    async fn verify(&self, token: &SecretString) -> Result<(), GatewayRefusal> {
        let hash = Sha256::digest(token.expose_secret()).into();
        let now = self.clock.now().unix_timestamp();
        if self.verified.get(&hash).await.is_some_and(|exp| now < exp) {
            return Ok(());
        }
        let claims: Claims = claims(token.expose_secret(), &self.settings, &self.jwks).await?;
        self.check(&claims).map_err(|reason| GatewayRefusal::NotTheGateways(reason.to_owned()))?;
        self.verified.insert(hash, claims.exp).await;
        Ok(())
    }
}

impl From<NotBelieved> for GatewayRefusal {
    fn from(reason: NotBelieved) -> Self {
        match reason {
            NotBelieved::Invalid(reason) => Self::NotTheGateways(reason),
            NotBelieved::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

#[cfg(test)]
mod tests {
    use local_tenant::{Endpoint, Fault, GATEWAY_PRINCIPAL_ID};
    use serde_json::{Value, json};

    use super::*;
    use crate::entra::test_rig::Rig;

    impl Rig {
        fn gateway(&self) -> GatewayTokenVerifier {
            let (settings, clock) = (self.settings.clone(), Arc::clone(&self.clock) as _);
            let principal_id = GATEWAY_PRINCIPAL_ID.to_owned();
            GatewayTokenVerifier::new(settings, principal_id, Arc::clone(&self.jwks), clock)
        }

        /// A good token's, by the clock of the rig.
        fn gateway_claims(&self) -> Value {
            let now = self.now().unix_timestamp();
            json!({
                "aud": self.settings.client_id,
                "iss": self.settings.issuer(),
                "tid": self.settings.tenant_id,
                "oid": GATEWAY_PRINCIPAL_ID,
                "sub": GATEWAY_PRINCIPAL_ID,
                "idtyp": "app",
                "nbf": now,
                "exp": now + 86_400,
            })
        }

        fn with(&self, claim: &str, value: Value) -> String {
            let mut claims = self.gateway_claims();
            claims[claim] = value;
            self.tenant.sign(&claims)
        }
    }

    async fn verdict(gateway: &GatewayTokenVerifier, token: impl Into<String>) -> Result<(), String> {
        gateway.verify(&token.into().into()).await.map_err(|refusal| refusal.to_string())
    }

    #[tokio::test]
    async fn the_gateways_token_is_taken() {
        let rig = Rig::start().await;
        assert_eq!(verdict(&rig.gateway(), rig.tenant.sign(&rig.gateway_claims())).await, Ok(()));
    }

    #[tokio::test]
    async fn one_wrong_claim_is_enough() {
        let rig = Rig::start().await;
        let gateway = rig.gateway();
        let elsewhere = "00000000-0000-0000-0000-000000000000";
        let now = rig.now().unix_timestamp();
        for (claim, value) in [
            ("aud", json!(elsewhere)),
            ("iss", json!(format!("{}/{elsewhere}/v2.0", rig.settings.authority))),
            ("iss", json!(format!("https://sts.windows.net/{}/", rig.settings.tenant_id))),
            ("tid", json!(elsewhere)),
            ("oid", json!(elsewhere)),
            ("oid", json!("")),
            ("oid", Value::Null),
            ("exp", Value::Null),
            ("exp", json!(now - 300)),
            ("nbf", json!(now + 301)),
            ("scp", json!("access_as_user")),
            ("idtyp", json!("user")),
        ] {
            let outcome = verdict(&gateway, rig.with(claim, value.clone())).await;
            assert!(outcome.is_err(), "{claim} {value}");
        }
    }

    #[tokio::test]
    async fn clocks_may_differ_by_five_minutes() {
        let rig = Rig::start().await;
        let now = rig.now().unix_timestamp();
        for token in [rig.with("exp", json!(now - 299)), rig.with("nbf", json!(now + 300))] {
            assert_eq!(verdict(&rig.gateway(), token).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn what_others_signed_and_what_is_no_token_is_refused() {
        let (rig, other) = (Rig::start().await, Rig::start().await);
        for token in [other.tenant.sign(&rig.gateway_claims()), String::new(), "a.b.c".into(), "e30.e30.e30".into()] {
            assert!(verdict(&rig.gateway(), token).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_token_found_good_is_good_until_it_ends_and_then_judged_again() {
        let rig = Rig::start().await;
        let (gateway, token) = (rig.gateway(), rig.tenant.sign(&rig.gateway_claims()));
        assert_eq!(verdict(&gateway, token.clone()).await, Ok(()));
        rig.clock.advance(time::Duration::hours(24) - time::Duration::SECOND);
        assert_eq!(verdict(&gateway, token.clone()).await, Ok(()));
        assert_eq!(rig.keys_fetched(), 1, "a token found good needs no keys");
        rig.clock.advance(time::Duration::minutes(5) + time::Duration::SECOND);
        assert!(verdict(&gateway, token).await.unwrap_err().contains("not in its time"));
    }

    #[tokio::test]
    async fn while_no_key_can_be_had_nothing_is_decided() {
        let rig = Rig::start().await;
        let gateway = rig.gateway();
        rig.tenant.fail_next(Endpoint::Keys, 1, Fault::Dropped).unwrap();
        let token: SecretString = rig.tenant.sign(&rig.gateway_claims()).into();
        assert!(matches!(gateway.verify(&token).await, Err(GatewayRefusal::Unavailable(_))));
        assert!(gateway.verify(&token).await.is_ok(), "it is asked again as soon as it is up");
    }

    #[tokio::test]
    async fn the_reason_names_no_part_of_the_token() {
        let rig = Rig::start().await;
        let token = rig.with("oid", json!("someone"));
        let reason = verdict(&rig.gateway(), token.clone()).await.unwrap_err();
        assert_eq!(reason, "of another identity");
        assert!(!reason.contains("someone") && token.split('.').all(|part| !reason.contains(part)));
    }
}
