//! The secrets of one sign-in. Until Entra answers they are kept sealed, so that a form that arrives twice leads to the same
//! sign-in.

use oauth_protocol::secret::Secret;
use zeroize::Zeroizing;

use crate::ground::{Id, Sealable};

/// The secrets of one sign-in.
pub struct SignInSecrets {
    /// Goes through Entra and back, in `state`.
    pub(crate) state: Secret,
    /// Stays in this browser, in `__Host-MCP_ENTRA_STATE`.
    pub(crate) browser: Secret,
    /// The browser's secret of the sign-in before, whose page asked for another account.
    pub(crate) before: Option<Secret>,
}

/// A code, kept sealed until it is redeemed, so that a confirmation that arrives twice gets the same one.
pub struct IssuedCode(pub(crate) Secret);

/// The secrets one after the other, bound to the authorization's id.
impl Sealable for SignInSecrets {
    const PURPOSE: &'static str = "sign-in-secrets";
    type BoundTo = Id;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let secrets = [Some(&self.state), Some(&self.browser), self.before.as_ref()];
        Ok(Zeroizing::new(secrets.into_iter().flatten().flat_map(|secret| *secret.as_bytes()).collect()))
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let (secrets, rest) = plaintext.as_chunks::<32>();
        let mut secrets = secrets.iter().filter(|_| rest.is_empty()).map(|bytes| Secret::from_bytes(*bytes));
        Some(Self { state: secrets.next()?, browser: secrets.next()?, before: secrets.next() })
    }
}

/// The code's secret, bound to the authorization's id.
impl Sealable for IssuedCode {
    const PURPOSE: &'static str = "issued-code";
    type BoundTo = Id;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.0.as_bytes().to_vec()))
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        plaintext.try_into().ok().map(|bytes| Self(Secret::from_bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::from_bytes([byte; 32])
    }

    #[test]
    fn sealed_secrets_are_opened_again_with_the_secret_before_and_without() {
        for before in [None, Some(3)] {
            let secrets = SignInSecrets { state: secret(1), browser: secret(2), before: before.map(secret) };
            let opened = SignInSecrets::from_plaintext(&secrets.to_plaintext().unwrap()).unwrap();
            assert_eq!((opened.state.as_bytes(), opened.browser.as_bytes()), (&[1; 32], &[2; 32]));
            assert_eq!(opened.before.map(|secret| secret.as_bytes()[0]), before);
        }
        let code = IssuedCode::from_plaintext(&IssuedCode(secret(4)).to_plaintext().unwrap());
        assert_eq!(code.unwrap().0.as_bytes(), &[4; 32]);
    }

    #[test]
    fn other_lengths_are_no_secrets() {
        for length in [0, 31, 32, 63, 65] {
            assert!(SignInSecrets::from_plaintext(&vec![1; length]).is_none(), "{length}");
        }
        assert!(IssuedCode::from_plaintext(&[1; 31]).is_none());
    }
}
