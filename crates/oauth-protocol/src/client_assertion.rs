//! Client assertions: a client authenticates by a JWT that it has signed (RFC 7521 §4.2; RFC 7523 §2.2 and §3).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned, de::IgnoredAny};

use crate::json_web_key::SigningAlgorithm;

/// `client_assertion_type` (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest life of an assertion, in seconds.
const LONGEST_LIFE: i64 = 300;
/// How far the client's clock and ours may differ, in seconds.
const CLOCK_SKEW: i64 = 60;

/// An assertion by which a client names itself. Neither its signature nor its times were checked.
#[derive(Debug)]
pub struct ClientAssertion {
    text: SecretString,
    algorithm: SigningAlgorithm,
    kid: Option<String>,
    client_id: String,
    audience: String,
    jti: String,
    times: Times,
}

/// A text, its signature and how it was signed (RFC 7515 §5.2).
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// `alg`.
    pub algorithm: SigningAlgorithm,
    /// Header and claims, as they are signed.
    pub message: &'a str,
    /// The signature, in base64url.
    pub signature: &'a str,
}

/// Why an assertion is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AssertionError(pub &'static str);

/// In seconds since 1970.
#[derive(Debug)]
struct Times {
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

#[derive(Deserialize)]
struct AssertionHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct AssertionClaims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<i64>,
    nbf: Option<i64>,
    iat: Option<i64>,
    jti: Option<String>,
}

/// RFC 7519 §4.1.3.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    List(Vec<String>),
}

impl ClientAssertion {
    /// Reads an assertion.
    pub fn parse(text: &str) -> Result<Self, AssertionError> {
        let (message, _) = text.rsplit_once('.').ok_or(MALFORMED)?;
        let (header, claims) = message.split_once('.').ok_or(MALFORMED)?;
        let (header, claims): (AssertionHeader, AssertionClaims) = (decoded(header)?, decoded(claims)?);
        let algorithm = header.algorithm()?;
        let client_id = claims.iss.ok_or(AssertionError("the assertion has no iss"))?;
        if claims.sub.as_ref() != Some(&client_id) {
            return Err(AssertionError("iss and sub of the assertion differ"));
        }
        let exp = claims.exp.ok_or(AssertionError("the assertion has no exp"))?;
        let jti = claims.jti.filter(|jti| !jti.is_empty()).ok_or(AssertionError("the assertion has no jti"))?;
        let times = Times { exp, nbf: claims.nbf, iat: claims.iat };
        let (audience, text) = (audience(claims.aud)?, text.into());
        Ok(Self { text, algorithm, kid: header.kid, client_id, audience, jti, times })
    }

    /// The client that it names: `iss` and `sub` (RFC 7523 §3).
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// By which algorithm it is signed.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The id of the key that signed it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Its own id, which may be used once (RFC 7523 §3).
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// The text that the signature must verify.
    #[must_use]
    pub fn signed(&self) -> Signed<'_> {
        let (message, signature) = self.text.expose_secret().rsplit_once('.').unwrap_or_default();
        Signed { algorithm: self.algorithm, message, signature }
    }

    /// Checks that it is for this server alone, and now. `now` is in seconds since 1970.
    pub fn check(&self, issuer: &str, now: i64) -> Result<(), AssertionError> {
        if self.audience != issuer {
            return Err(AssertionError("aud of the assertion is not the issuer of this server"));
        }
        self.times.check(now)
    }
}

impl AssertionHeader {
    /// RFC 7515 §4.1.1, §4.1.9 and §4.1.11. No extension is understood here, so none may be critical.
    fn algorithm(&self) -> Result<SigningAlgorithm, AssertionError> {
        if self.crit.is_some() {
            return Err(AssertionError("the assertion has a critical header that is not supported"));
        }
        let is_own =
            |typ: &str| ["JWT", "client-authentication+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known));
        if !self.typ.as_deref().is_none_or(is_own) {
            return Err(AssertionError("typ of the assertion is not that of a client assertion"));
        }
        SigningAlgorithm::parse(&self.alg).ok_or(AssertionError("alg of the assertion is not supported"))
    }
}

impl Times {
    fn check(&self, now: i64) -> Result<(), AssertionError> {
        let is_later = |time: i64, than: i64| time > than.saturating_add(CLOCK_SKEW);
        if now >= self.exp {
            return Err(AssertionError("the assertion has expired"));
        }
        if self.nbf.is_some_and(|nbf| is_later(nbf, now)) || self.iat.is_some_and(|iat| is_later(iat, now)) {
            return Err(AssertionError("the assertion is not valid yet"));
        }
        let too_long = |from: i64| self.exp.saturating_sub(from) > LONGEST_LIFE;
        if is_later(self.exp, now.saturating_add(LONGEST_LIFE)) || self.iat.is_some_and(too_long) {
            return Err(AssertionError("the assertion lives longer than five minutes"));
        }
        Ok(())
    }
}

const MALFORMED: AssertionError = AssertionError("the assertion is malformed");

fn decoded<T: DeserializeOwned>(part: &str) -> Result<T, AssertionError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| MALFORMED)?;
    serde_json::from_slice(&json).map_err(|_| MALFORMED)
}

/// An assertion for several servers could be used at one by another.
fn audience(aud: Option<Audience>) -> Result<String, AssertionError> {
    match aud {
        None => Err(AssertionError("the assertion has no aud")),
        Some(Audience::One(one)) => Ok(one),
        Some(Audience::List(list)) => match <[String; 1]>::try_from(list) {
            Ok([one]) => Ok(one),
            Err(_) => Err(AssertionError("the assertion must have exactly one aud")),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://mcp.example.com";
    const CLIENT: &str = "https://client.example/client.json";
    const NOW: i64 = 1_800_000_000;

    fn header() -> Value {
        json!({ "alg": "ES256", "typ": "JWT", "kid": "k" })
    }

    fn claims() -> Value {
        json!({ "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "exp": NOW + 300, "iat": NOW, "jti": "j" })
    }

    fn text(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    fn with(mut object: Value, name: &str, value: Value) -> Value {
        object[name] = value;
        object
    }

    fn judged(header: &Value, claims: &Value) -> Result<(), &'static str> {
        let assertion = ClientAssertion::parse(&text(header, claims)).map_err(|error| error.0)?;
        assertion.check(ISSUER, NOW).map_err(|error| error.0)
    }

    fn refused_with(name: &str, value: Value) -> &'static str {
        judged(&header(), &with(claims(), name, value)).unwrap_err()
    }

    #[test]
    fn an_assertion_names_its_client_its_key_and_itself() {
        let text = text(&header(), &claims());
        let assertion = ClientAssertion::parse(&text).unwrap();
        assert_eq!((assertion.client_id(), assertion.kid(), assertion.jti()), (CLIENT, Some("k"), "j"));
        let Signed { algorithm, message, signature } = assertion.signed();
        assert_eq!((algorithm, format!("{message}.{signature}"), signature), (SigningAlgorithm::Es256, text, "c2ln"));
        assert_eq!(assertion.check(ISSUER, NOW), Ok(()));
    }

    /// RFC 7515 §4.1.9, RFC 7519 §4.1.3; the second `typ` is that of draft-ietf-oauth-rfc7523bis.
    #[test]
    fn typ_may_be_absent_and_the_one_audience_in_a_list() {
        for typ in [json!("jwt"), json!("client-authentication+jwt"), Value::Null] {
            assert_eq!(judged(&with(header(), "typ", typ), &claims()), Ok(()));
        }
        assert_eq!(judged(&json!({ "alg": "RS256" }), &with(claims(), "aud", json!([ISSUER]))), Ok(()));
    }

    #[test]
    fn only_asymmetric_algorithms_are_accepted() {
        for alg in ["none", "None", "", "HS256", "HS512", "RS1", "rs256", "RS512", "EdDSA"] {
            let refused = judged(&with(header(), "alg", json!(alg)), &claims());
            assert_eq!(refused, Err("alg of the assertion is not supported"), "{alg}");
        }
        for alg in SigningAlgorithm::NAMES {
            assert_eq!(judged(&with(header(), "alg", json!(alg)), &claims()), Ok(()), "{alg}");
        }
    }

    #[test]
    fn a_critical_header_or_the_type_of_another_token_is_refused() {
        for crit in [json!(["exp"]), json!([]), json!("b64")] {
            let refused = judged(&with(header(), "crit", crit), &claims());
            assert_eq!(refused, Err("the assertion has a critical header that is not supported"));
        }
        for typ in ["at+jwt", "dpop+jwt", "logout+jwt", "JWE", ""] {
            let refused = judged(&with(header(), "typ", json!(typ)), &claims());
            assert_eq!(refused, Err("typ of the assertion is not that of a client assertion"), "{typ}");
        }
    }

    #[test]
    fn issuer_and_subject_are_both_the_client() {
        assert_eq!(refused_with("sub", json!("https://other.example/c")), "iss and sub of the assertion differ");
        assert_eq!(refused_with("sub", Value::Null), "iss and sub of the assertion differ");
        assert_eq!(refused_with("iss", Value::Null), "the assertion has no iss");
    }

    #[test]
    fn the_audience_is_this_servers_issuer_byte_by_byte_and_no_other_beside_it() {
        let other = "aud of the assertion is not the issuer of this server";
        for aud in ["https://mcp.example.com/", "https://mcp.example.com/token", "https://MCP.example.com", ""] {
            assert_eq!(refused_with("aud", json!(aud)), other, "{aud}");
        }
        for aud in [json!([ISSUER, "https://other.example"]), json!([ISSUER, ISSUER]), json!([])] {
            assert_eq!(refused_with("aud", aud), "the assertion must have exactly one aud");
        }
        assert_eq!(refused_with("aud", Value::Null), "the assertion has no aud");
        assert_eq!(refused_with("aud", json!(1)), "the assertion is malformed");
    }

    #[test]
    fn an_assertion_lives_for_five_minutes_at_most_and_not_in_the_future() {
        let too_long = "the assertion lives longer than five minutes";
        let (expired, early) = ("the assertion has expired", "the assertion is not valid yet");
        for (exp, iat, nbf, expected) in [
            (NOW + 1, None, None, Ok(())),
            (NOW, None, None, Err(expired)),
            (i64::MIN, None, None, Err(expired)),
            (NOW + 360, None, None, Ok(())),
            (NOW + 361, None, None, Err(too_long)),
            (i64::MAX, Some(NOW), None, Err(too_long)),
            (NOW + 360, Some(NOW + 60), Some(NOW + 60), Ok(())),
            (NOW + 360, Some(NOW + 61), None, Err(early)),
            (NOW + 300, None, Some(NOW + 61), Err(early)),
            (NOW + 300, Some(i64::MAX), None, Err(early)),
            (NOW + 299, Some(NOW - 1), None, Ok(())),
            (NOW + 300, Some(NOW - 1), None, Err(too_long)),
            (NOW + 300, Some(i64::MIN), None, Err(too_long)),
        ] {
            let claims = with(with(with(claims(), "exp", json!(exp)), "iat", json!(iat)), "nbf", json!(nbf));
            assert_eq!(judged(&header(), &claims), expected, "{claims}");
        }
        assert_eq!(refused_with("exp", Value::Null), "the assertion has no exp");
        assert_eq!(refused_with("exp", json!("soon")), "the assertion is malformed");
    }

    #[test]
    fn an_assertion_has_an_id() {
        assert_eq!(refused_with("jti", Value::Null), "the assertion has no jti");
        assert_eq!(refused_with("jti", json!("")), "the assertion has no jti");
    }

    #[test]
    fn a_text_that_is_no_signed_jwt_is_malformed() {
        let good = text(&header(), &claims());
        let twice = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","alg":"none"}"#);
        for text in
            ["", ".", "..", "a.b", "a.b.c", &format!("{good}.x"), &format!("{twice}.e30.c2ln"), &format!("={good}")]
        {
            assert_eq!(ClientAssertion::parse(text).unwrap_err(), MALFORMED, "{text}");
        }
    }

    #[test]
    fn a_claim_of_another_type_is_malformed_and_further_claims_are_ignored() {
        for (name, value) in [
            ("iss", json!(1)),
            ("sub", json!([CLIENT])),
            ("aud", json!({})),
            ("aud", json!([1])),
            ("exp", json!(1.5)),
            ("exp", json!("1800000000")),
            ("nbf", json!("now")),
            ("iat", json!([])),
            ("jti", json!(7)),
        ] {
            assert_eq!(refused_with(name, value), "the assertion is malformed", "{name}");
        }
        let more = with(with(claims(), "client_id", json!("x")), "scope", json!(["a"]));
        assert_eq!(judged(&header(), &more), Ok(()));
    }

    #[test]
    fn a_header_member_of_another_type_is_malformed_and_keys_in_it_are_ignored() {
        for (name, value) in [("alg", json!(1)), ("alg", Value::Null), ("typ", json!([])), ("kid", json!(1))] {
            let refused = judged(&with(header(), name, value), &claims());
            assert_eq!(refused, Err("the assertion is malformed"), "{name}");
        }
        let brought =
            json!({ "alg": "ES256", "jwk": { "kty": "EC" }, "jku": "https://evil.example/jwks", "x5c": ["MII"] });
        let assertion = ClientAssertion::parse(&text(&brought, &claims())).unwrap();
        assert_eq!(assertion.kid(), None);
    }

    /// RFC 7519 §6.1 without a signature, and RFC 7516 §3.1, which has five parts.
    #[test]
    fn an_unsecured_or_encrypted_jwt_is_no_assertion() {
        let unsecured = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y\
                         b290Ijp0cnVlfQ.";
        let refused = ClientAssertion::parse(unsecured).unwrap_err();
        assert_eq!(refused, AssertionError("alg of the assertion is not supported"));
        let encrypted = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d";
        assert_eq!(ClientAssertion::parse(encrypted).unwrap_err(), MALFORMED);
    }

    #[test]
    fn debug_shows_no_assertion() {
        let text = text(&header(), &claims());
        let shown = format!("{:?}", ClientAssertion::parse(&text).unwrap());
        assert!(!shown.contains(text.split('.').next().unwrap()), "{shown}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}", header in ".{0,40}", claims in ".{0,80}") {
            let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
            for text in [text, format!("{}.{}.x", part(&header), part(&claims))] {
                if let Ok(assertion) = ClientAssertion::parse(&text) {
                    let _ = assertion.check(ISSUER, NOW);
                }
            }
        }
    }
}
