//! Proof Key for Code Exchange (RFC 7636), method S256 only: there is no `plain` to downgrade to.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// `code_verifier` (RFC 7636 §4.1): 43 to 128 unreserved characters.
pub struct CodeVerifier(SecretString);

impl CodeVerifier {
    /// Reads a verifier; `None` for another length or alphabet.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let valid = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        valid.then(|| Self(text.into()))
    }

    /// The verifier made of 32 random bytes, as RFC 7636 §4.1 recommends.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// The text, to be sent to the token endpoint.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// `BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2).
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(URL_SAFE_NO_PAD.encode(Sha256::digest(self.expose())))
    }
}

impl std::fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeVerifier([REDACTED])")
    }
}

/// `code_challenge` of the method S256 (RFC 7636 §4.2): a SHA-256 hash in 43 base64url characters.
#[derive(Clone, Debug)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads a challenge; `None` if no verifier could ever match it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hash = URL_SAFE_NO_PAD.decode(text).ok()?;
        (hash.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The text, to be sent to the authorization endpoint.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// RFC 7636 §4.6: whether the verifier is the one that was hashed, in constant time.
    #[must_use]
    pub fn verify(&self, verifier: &CodeVerifier) -> bool {
        self.0.as_bytes().ct_eq(verifier.challenge().0.as_bytes()).into()
    }
}

impl Serialize for CodeChallenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CodeChallenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not an S256 code challenge"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 7636 appendix B.
    const OCTETS: [u8; 32] = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
        240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_vector_of_rfc_7636_appendix_b_is_reproduced() {
        let verifier = CodeVerifier::from_bytes(&OCTETS);
        assert_eq!(verifier.expose(), VERIFIER);
        assert_eq!(verifier.challenge().as_str(), CHALLENGE);
        assert!(CodeChallenge::parse(CHALLENGE).unwrap().verify(&CodeVerifier::parse(VERIFIER).unwrap()));
    }

    #[test]
    fn a_wrong_verifier_is_refused() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(!challenge.verify(&CodeVerifier::from_bytes(&[0; 32])));
        assert!(!challenge.verify(&CodeVerifier::parse(&VERIFIER.to_ascii_lowercase()).unwrap()));
    }

    #[test]
    fn the_challenge_itself_is_no_verifier() {
        // `plain` would accept it.
        assert!(!CodeChallenge::parse(CHALLENGE).unwrap().verify(&CodeVerifier::parse(CHALLENGE).unwrap()));
    }

    #[test]
    fn a_verifier_is_43_to_128_characters() {
        for (length, valid) in [(0, false), (42, false), (43, true), (128, true), (129, false), (65_536, false)] {
            assert_eq!(CodeVerifier::parse(&"a".repeat(length)).is_some(), valid, "{length}");
        }
    }

    #[test]
    fn a_verifier_has_unreserved_characters_only() {
        let rest = "a".repeat(42);
        for good in ['-', '.', '_', '~', '0', 'Z'] {
            assert!(CodeVerifier::parse(&format!("{rest}{good}")).is_some(), "{good}");
        }
        for bad in ['+', '/', '=', ' ', '\0', '\n', '%', '\u{e9}'] {
            assert!(CodeVerifier::parse(&format!("{rest}{bad}")).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_challenge_of_another_length_or_alphabet_is_refused() {
        let shorter = CHALLENGE.split_at(42).0;
        let cases = ["", shorter, &format!("{CHALLENGE}A"), &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+")];
        for bad in cases {
            assert!(CodeChallenge::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_challenge_that_no_verifier_can_match_is_refused() {
        // The last character of 256 bits in base64url carries four bits and two zeros.
        assert!(CodeChallenge::parse(&CHALLENGE.replace("-cM", "-cN")).is_none());
    }

    #[test]
    fn a_stored_challenge_is_checked_again() {
        assert!(serde_json::from_str::<CodeChallenge>(r#""plain""#).is_err());
        assert!(serde_json::from_str::<CodeChallenge>("null").is_err());
    }

    #[test]
    fn debug_shows_no_verifier() {
        assert_eq!(format!("{:?}", CodeVerifier::from_bytes(&OCTETS)), "CodeVerifier([REDACTED])");
    }

    proptest! {
        #[test]
        fn every_verifier_matches_its_stored_challenge(text in "[A-Za-z0-9._~-]{43,128}") {
            let verifier = CodeVerifier::parse(&text).unwrap();
            let json = serde_json::to_string(&verifier.challenge()).unwrap();
            let stored: CodeChallenge = serde_json::from_str(&json).unwrap();
            prop_assert!(stored.verify(&verifier));
        }

        #[test]
        fn another_verifier_never_matches(one: [u8; 32], other: [u8; 32]) {
            let challenge = CodeVerifier::from_bytes(&one).challenge();
            prop_assert_eq!(challenge.verify(&CodeVerifier::from_bytes(&other)), one == other);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".*") {
            let _ = (CodeVerifier::parse(&text), CodeChallenge::parse(&text));
        }
    }
}
