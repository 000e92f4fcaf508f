//! Verification of the ID token (OpenID Connect Core §3.1.3.7).

use authorization_server::{ground::Subject, upstream::UpstreamRefusal};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use super::{
    jwks::Jwks,
    signed_token::{NotBelieved, claims, is_in_time},
    upstream::EntraSettings,
};

#[derive(Deserialize)]
struct Claims {
    tid: String,
    oid: String,
    nonce: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
    name: Option<String>,
    preferred_username: Option<String>,
}

/// Who signed in, and how they are called, if the token is Entra's, for us, of our tenant, for this sign-in, and in time.
pub(super) async fn verify(
    token: &SecretString,
    nonce: &str,
    settings: &EntraSettings,
    jwks: &Jwks,
    now: OffsetDateTime,
) -> Result<(Subject, String), UpstreamRefusal> {
    let claims: Claims = claims(token.expose_secret(), settings, jwks).await?;
    check(&claims, nonce, settings, now)?;
    let name = claims.name.or(claims.preferred_username).unwrap_or_default();
    Ok((Subject { tid: claims.tid, oid: claims.oid }, name))
}

fn check(claims: &Claims, nonce: &str, settings: &EntraSettings, now: OffsetDateTime) -> Result<(), UpstreamRefusal> {
    if !is_in_time(claims.exp, claims.nbf, now) {
        return Err(invalid("not in its time"));
    }
    if claims.tid != settings.tenant_id || claims.oid.is_empty() {
        return Err(invalid("of another tenant, or without an object id"));
    }
    if bool::from(claims.nonce.as_bytes().ct_eq(nonce.as_bytes())) { Ok(()) } else { Err(invalid("another nonce")) }
}

impl From<NotBelieved> for UpstreamRefusal {
    fn from(reason: NotBelieved) -> Self {
        match reason {
            NotBelieved::Invalid(reason) => invalid(&reason),
            NotBelieved::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

fn invalid(reason: &str) -> UpstreamRefusal {
    UpstreamRefusal::Refused { reason: format!("ID token: {reason}") }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use serde_json::{Value, json};

    use super::*;
    use crate::entra::test_rig::{NONCE, Rig};

    impl Rig {
        async fn verify(&self, token: String) -> Result<Subject, UpstreamRefusal> {
            Ok(verify(&token.into(), NONCE, &self.settings, &self.jwks, self.now()).await?.0)
        }

        async fn refused(&self, token: String) {
            match self.verify(token).await {
                Err(UpstreamRefusal::Refused { reason }) => assert!(reason.starts_with("ID token: "), "{reason}"),
                other => panic!("{other:?}"),
            }
        }

        /// A good token with one claim changed, signed rightly.
        fn altered(&self, claim: &str, value: Value) -> String {
            let mut claims = self.claims();
            claims[claim] = value;
            self.tenant.sign(&claims)
        }
    }

    #[tokio::test]
    async fn a_good_token_says_who_signed_in() {
        let rig = Rig::start().await;
        let claims = rig.claims();
        let subject = rig.verify(rig.tenant.sign(&claims)).await.unwrap();
        assert_eq!((json!(subject.tid), json!(subject.oid)), (claims["tid"].clone(), claims["oid"].clone()));
    }

    #[tokio::test]
    async fn one_wrong_claim_is_enough() {
        let rig = Rig::start().await;
        let elsewhere = "00000000-0000-0000-0000-000000000000";
        for (claim, value) in [
            ("nonce", json!("another")),
            ("aud", json!(elsewhere)),
            ("iss", json!(format!("{}/{elsewhere}/v2.0", rig.settings.authority))),
            ("tid", json!(elsewhere)),
            ("oid", json!("")),
        ] {
            rig.refused(rig.altered(claim, value)).await;
            rig.refused(rig.altered(claim, Value::Null)).await;
        }
        rig.refused(rig.altered("exp", Value::Null)).await;
    }

    #[tokio::test]
    async fn clocks_may_differ_by_five_minutes_and_no_more() {
        let rig = Rig::start().await;
        let now = rig.now().unix_timestamp();
        assert!(rig.verify(rig.altered("exp", json!(now - 299))).await.is_ok());
        rig.refused(rig.altered("exp", json!(now - 300))).await;
        assert!(rig.verify(rig.altered("nbf", json!(now + 300))).await.is_ok());
        rig.refused(rig.altered("nbf", json!(now + 301))).await;
    }

    #[tokio::test]
    async fn a_token_ends_as_time_passes() {
        let rig = Rig::start().await;
        let token = rig.tenant.sign(&rig.claims());
        rig.clock.advance(time::Duration::minutes(64));
        assert!(rig.verify(token.clone()).await.is_ok());
        rig.clock.advance(time::Duration::minutes(1));
        rig.refused(token).await;
    }

    #[tokio::test]
    async fn a_token_without_a_signature_is_refused() {
        let rig = Rig::start().await;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let good = rig.tenant.sign(&rig.claims());
        let unsigned = format!("{}.{}.", part(&json!({ "alg": "none", "kid": rig.kid() })), part(&rig.claims()));
        rig.refused(unsigned).await;
        rig.refused(good.rsplit_once('.').unwrap().0.to_owned() + ".").await;
    }

    /// The published key as the secret of an HMAC: everybody could sign.
    #[tokio::test]
    async fn the_token_does_not_choose_its_algorithm() {
        let rig = Rig::start().await;
        let header = Header { kid: Some(rig.kid()), ..Header::new(Algorithm::HS256) };
        let public = serde_json::to_value(rig.jwks.key(&rig.kid()).await.unwrap().unwrap()).unwrap();
        let secret = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
        rig.refused(encode(&header, &rig.claims(), &EncodingKey::from_secret(&secret)).unwrap()).await;
    }

    #[tokio::test]
    async fn a_key_that_is_not_published_signs_nothing() {
        let (rig, other) = (Rig::start().await, Rig::start().await);
        rig.refused(other.tenant.sign(&rig.claims())).await;
    }

    #[tokio::test]
    async fn altered_claims_under_a_good_signature_are_refused() {
        let rig = Rig::start().await;
        let (good, other) = (rig.tenant.sign(&rig.claims()), rig.altered("email", json!("other@contoso.example")));
        let (head, signature) = (good.split('.').next().unwrap(), good.rsplit('.').next().unwrap());
        rig.refused(format!("{head}.{}.{signature}", other.split('.').nth(1).unwrap())).await;
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused() {
        let rig = Rig::start().await;
        for text in ["", "x.y", "a.b.c", "e30.e30.e30"] {
            rig.refused(text.to_owned()).await;
        }
    }

    #[tokio::test]
    async fn while_no_key_can_be_had_nothing_is_decided() {
        let rig = Rig::start().await;
        let dropped = local_tenant::Fault::Dropped;
        rig.tenant.fail_next(local_tenant::Endpoint::Keys, 1, dropped).unwrap();
        let outcome = rig.verify(rig.tenant.sign(&rig.claims())).await;
        assert!(matches!(outcome, Err(UpstreamRefusal::Unavailable(_))), "{outcome:?}");
    }
}
