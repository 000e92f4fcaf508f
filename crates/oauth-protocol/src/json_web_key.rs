//! The public keys of clients (RFC 7517; RFC 7518 §3.1, §6.2.1 and §6.3.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::IgnoredAny};

/// The bytes of an RSA modulus: 2048 to 8192 bits (RFC 7518 §3.3 sets the lower limit).
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// The bytes of an RSA exponent. A longer one only makes a verification slow.
const RSA_EXPONENT: std::ops::RangeInclusive<usize> = 1..=4;
/// The bytes of a coordinate on P-256 (RFC 7518 §6.2.1.2).
const P256_COORDINATE: std::ops::RangeInclusive<usize> = 32..=32;

/// How a client may sign: asymmetric algorithms only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

/// The members of a public key that a verification needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub enum KeyParameters {
    /// An RSA key.
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus, in base64url.
        n: String,
        /// The exponent, in base64url.
        e: String,
    },
    /// A key on an elliptic curve.
    #[serde(rename = "EC")]
    Ec {
        /// The curve.
        crv: Curve,
        /// A coordinate, in base64url.
        x: String,
        /// The other coordinate, in base64url.
        y: String,
    },
}

/// The curves that are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Curve {
    /// P-256.
    #[serde(rename = "P-256")]
    P256,
}

/// A public key that verifies signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<SigningAlgorithm>,
    #[serde(flatten)]
    parameters: KeyParameters,
}

/// The public keys of one client that can be used here (RFC 7517 §5: the others are ignored). There is at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawKeySet")]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

/// Why a key set is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeySetError(pub &'static str);

#[derive(Deserialize)]
struct RawKeySet {
    keys: Vec<RawKey>,
}

/// A key as it is published. A member of a private or symmetric key has any type.
#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

impl SigningAlgorithm {
    /// All, as metadata names them.
    pub const NAMES: &'static [&'static str] = &["RS256", "PS256", "ES256"];

    /// The algorithm of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

impl PublicKey {
    /// The members that a verification needs.
    #[must_use]
    pub fn parameters(&self) -> &KeyParameters {
        &self.parameters
    }

    fn fits(&self, algorithm: SigningAlgorithm) -> bool {
        let is_of_type = match self.parameters {
            KeyParameters::Rsa { .. } => matches!(algorithm, SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256),
            KeyParameters::Ec { .. } => algorithm == SigningAlgorithm::Es256,
        };
        is_of_type && self.alg.is_none_or(|own| own == algorithm)
    }
}

impl KeySet {
    /// Reads a key set.
    pub fn from_json(body: &[u8]) -> Result<Self, KeySetError> {
        let raw: RawKeySet = serde_json::from_slice(body).map_err(|_| KeySetError("the key set is malformed"))?;
        Self::try_from(raw)
    }

    /// The only key for this algorithm and key id. Without a key id the set must have one key alone for the algorithm.
    #[must_use]
    pub fn fitting(&self, algorithm: SigningAlgorithm, kid: Option<&str>) -> Option<&PublicKey> {
        let is_named = |key: &PublicKey| kid.is_none() || key.kid.as_deref() == kid;
        let mut fitting = self.keys.iter().filter(|key| key.fits(algorithm) && is_named(key));
        let key = fitting.next()?;
        fitting.next().is_none().then_some(key)
    }
}

impl TryFrom<RawKeySet> for KeySet {
    type Error = KeySetError;

    fn try_from(RawKeySet { keys }: RawKeySet) -> Result<Self, KeySetError> {
        if keys.iter().any(RawKey::is_secret) {
            return Err(KeySetError("the key set holds a key that must be secret"));
        }
        let keys: Vec<_> = keys.into_iter().filter_map(RawKey::usable).collect();
        if keys.is_empty() {
            Err(KeySetError("the key set has no key that can be used here"))
        } else {
            Ok(Self { keys })
        }
    }
}

impl RawKey {
    /// Whether it is symmetric, or has a member of a private key (RFC 7518 §6.2.2, §6.3.2, §6.4).
    fn is_secret(&self) -> bool {
        let Self { d, p, q, dp, dq, qi, oth, k, .. } = self;
        self.kty == "oct" || [d, p, q, dp, dq, qi, oth, k].into_iter().any(Option::is_some)
    }

    fn usable(self) -> Option<PublicKey> {
        let may_verify = self.key_ops.is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !may_verify || self.usage.is_some_and(|usage| usage != "sig") {
            return None;
        }
        let alg = match self.alg {
            Some(name) => Some(SigningAlgorithm::parse(&name)?),
            None => None,
        };
        let parameters = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => KeyParameters::Rsa { n: sized(self.n?, &RSA_MODULUS)?, e: sized(self.e?, &RSA_EXPONENT)? },
            ("EC", Some("P-256")) => {
                let (x, y) = (sized(self.x?, &P256_COORDINATE)?, sized(self.y?, &P256_COORDINATE)?);
                KeyParameters::Ec { crv: Curve::P256, x, y }
            }
            _ => return None,
        };
        Some(PublicKey { kid: self.kid, alg, parameters })
    }
}

/// The text, if it is base64url and its number of bytes is in this range.
fn sized(text: String, bytes: &std::ops::RangeInclusive<usize>) -> Option<String> {
    let decoded = URL_SAFE_NO_PAD.decode(&text).ok()?;
    bytes.contains(&decoded.len()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn rsa(kid: &str) -> Value {
        json!({ "kty": "RSA", "kid": kid, "n": URL_SAFE_NO_PAD.encode([0xc1; 256]), "e": "AQAB" })
    }

    fn ec(kid: &str) -> Value {
        let coordinate = URL_SAFE_NO_PAD.encode([7; 32]);
        json!({ "kty": "EC", "kid": kid, "crv": "P-256", "x": coordinate, "y": coordinate })
    }

    fn read(keys: &[Value]) -> Result<KeySet, KeySetError> {
        KeySet::from_json(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    #[test]
    fn a_key_is_found_by_its_algorithm_and_id() {
        let set = read(&[rsa("a"), ec("b"), rsa("c")]).unwrap();
        let found = |algorithm, kid| set.fitting(algorithm, kid).and_then(|key| key.kid.as_deref());
        assert_eq!(found(SigningAlgorithm::Rs256, Some("a")), Some("a"));
        assert_eq!(found(SigningAlgorithm::Ps256, Some("c")), Some("c"));
        assert_eq!(found(SigningAlgorithm::Es256, None), Some("b"), "the only one");
        assert_eq!(found(SigningAlgorithm::Rs256, None), None, "two of them");
        assert_eq!(found(SigningAlgorithm::Es256, Some("a")), None, "of another type");
        assert_eq!(found(SigningAlgorithm::Rs256, Some("d")), None);
        let twice = read(&[rsa("a"), rsa("a")]).unwrap();
        assert_eq!(twice.fitting(SigningAlgorithm::Rs256, Some("a")), None, "an id that is not unique");
    }

    #[test]
    fn a_key_for_one_algorithm_is_for_no_other() {
        let set = read(&[with(rsa("a"), "alg", json!("PS256"))]).unwrap();
        assert!(set.fitting(SigningAlgorithm::Ps256, Some("a")).is_some());
        assert!(set.fitting(SigningAlgorithm::Rs256, Some("a")).is_none());
    }

    /// RFC 7518 §6.2.2, §6.3.2 and §6.4: a secret key that was published is no longer secret.
    #[test]
    fn a_set_with_a_private_or_symmetric_key_is_refused_as_a_whole() {
        let secret = Err(KeySetError("the key set holds a key that must be secret"));
        for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            for value in [json!("AQ"), json!(1), json!({})] {
                assert_eq!(read(&[ec("good"), with(rsa("a"), member, value)]), secret, "{member}");
            }
        }
        assert_eq!(read(&[ec("good"), with(rsa("a"), "oth", json!([]))]), secret);
        assert_eq!(read(&[ec("good"), json!({ "kty": "oct" })]), secret);
        assert_eq!(read(&[ec("good"), json!({ "kty": "oct", "k": "AQ", "alg": "HS256" })]), secret);
    }

    /// RFC 7517 §5 and §4.2 to §4.4; RFC 7518 §3.3.
    #[test]
    fn keys_that_cannot_be_used_are_ignored() {
        for other in [
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "AQ" }),
            with(ec("a"), "crv", json!("P-384")),
            with(ec("a"), "crv", Value::Null),
            with(ec("a"), "x", json!(URL_SAFE_NO_PAD.encode([7; 31]))),
            with(ec("a"), "y", Value::Null),
            with(rsa("a"), "n", json!(URL_SAFE_NO_PAD.encode([0xc1; 255]))),
            with(rsa("a"), "n", json!(URL_SAFE_NO_PAD.encode([0xc1; 1025]))),
            with(rsa("a"), "n", json!("?")),
            with(rsa("a"), "e", json!("AQAAAAE")),
            with(rsa("a"), "e", json!("")),
            with(rsa("a"), "use", json!("enc")),
            with(rsa("a"), "key_ops", json!(["sign"])),
            with(rsa("a"), "alg", json!("HS256")),
            with(rsa("a"), "alg", json!("none")),
            with(rsa("a"), "alg", json!("RSA-OAEP")),
        ] {
            assert_eq!(
                read(std::slice::from_ref(&other)),
                Err(KeySetError("the key set has no key that can be used here")),
                "{other}"
            );
            assert_eq!(read(&[other.clone(), rsa("b")]).unwrap().keys.len(), 1, "{other}");
        }
        let usable = with(with(rsa("a"), "use", json!("sig")), "key_ops", json!(["verify"]));
        assert!(read(&[usable]).is_ok());
    }

    #[test]
    fn a_text_that_is_no_key_set_is_refused() {
        let one_twice = r#"{"keys":[{"kty":"RSA","kty":"EC"}]}"#;
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[{}]}"#, one_twice] {
            assert_eq!(KeySet::from_json(text.as_bytes()), Err(KeySetError("the key set is malformed")), "{text}");
        }
        assert!(read(&[]).is_err());
    }

    #[test]
    fn a_set_is_read_back_from_what_is_stored() {
        let set = read(&[with(rsa("a"), "alg", json!("RS256")), ec("b"), json!({ "kty": "OKP" })]).unwrap();
        let stored = serde_json::to_value(&set).unwrap();
        assert_eq!(stored, json!({ "keys": [with(rsa("a"), "alg", json!("RS256")), ec("b")] }));
        assert_eq!(serde_json::from_value::<KeySet>(stored).unwrap(), set);
    }

    const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                     FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgny\
                     b9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0\
                     Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    const X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
    const Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";

    /// RFC 7517 appendix A.1: the key on a curve is for encryption.
    #[test]
    fn of_the_public_keys_of_the_rfc_the_one_for_signatures_is_used() {
        let set = read(&[
            json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y, "use": "enc", "kid": "1" }),
            json!({ "kty": "RSA", "n": N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" }),
        ]);
        let set = set.unwrap();
        assert_eq!(set.fitting(SigningAlgorithm::Es256, Some("1")), None);
        let key = set.fitting(SigningAlgorithm::Rs256, Some("2011-04-29")).unwrap();
        assert_eq!(key.parameters(), &KeyParameters::Rsa { n: N.into(), e: "AQAB".into() });
        assert_eq!(set.fitting(SigningAlgorithm::Rs256, None), Some(key));
    }

    /// RFC 7517 appendix A.2 and A.3.
    #[test]
    fn the_private_and_symmetric_keys_of_the_rfc_are_refused() {
        let secret = Err(KeySetError("the key set holds a key that must be secret"));
        let private = json!({
            "kty": "EC",
            "crv": "P-256",
            "x": X,
            "y": Y,
            "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
            "use": "enc",
            "kid": "1",
        });
        let wrapped = json!({ "kty": "oct", "alg": "A128KW", "k": "GawgguFyGrWKav7AX4VKUg" });
        let mac = json!({ "kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ", "kid": "HMAC key used in JWS" });
        for key in [private, wrapped, mac] {
            assert_eq!(read(std::slice::from_ref(&key)), secret, "{key}");
        }
    }

    #[test]
    fn a_member_of_another_type_makes_the_set_malformed() {
        for (name, value) in [
            ("kty", json!(1)),
            ("kty", Value::Null),
            ("kid", json!(1)),
            ("alg", json!(["RS256"])),
            ("use", json!(["sig"])),
            ("key_ops", json!("verify")),
            ("n", json!(65537)),
            ("e", json!(65537)),
        ] {
            assert_eq!(read(&[with(rsa("a"), name, value)]), Err(KeySetError("the key set is malformed")), "{name}");
        }
        let more = with(with(rsa("a"), "x5c", json!(["MII"])), "x5t", json!("AA"));
        assert!(read(&[more]).is_ok(), "other members are ignored");
    }

    #[test]
    fn an_algorithm_is_read_from_its_name_alone() {
        for name in SigningAlgorithm::NAMES {
            let algorithm = SigningAlgorithm::parse(name).unwrap();
            assert_eq!(serde_json::to_value(algorithm).unwrap(), json!(name));
        }
        for other in ["", "none", "rs256", "RS384", "ES256K", "HS256", "RS256 "] {
            assert_eq!(SigningAlgorithm::parse(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_set_or_refused(text in ".{0,60}", kty in "RSA|EC|oct|OKP", value in "[A-Za-z0-9_-]{0,50}") {
            let key = json!({ "kty": kty, "crv": "P-256", "n": value, "e": value, "x": value, "y": value });
            for text in [text, json!({ "keys": [key] }).to_string()] {
                if let Ok(set) = KeySet::from_json(text.as_bytes()) {
                    let stored = serde_json::to_vec(&set).unwrap();
                    prop_assert_eq!(KeySet::from_json(&stored), Ok(set));
                }
            }
        }
    }
}
