//! The signatures of clients (RFC 7515 §5.2).

use authorization_server::client_documents::ClientSignatures;
use jsonwebtoken::{Algorithm, DecodingKey, crypto, errors::Error};
use oauth_protocol::{
    client_assertion::Signed,
    json_web_key::{KeyParameters, PublicKey, SigningAlgorithm},
};

/// Verifies signatures by the library that verifies those of Entra, too.
pub struct JsonWebSignatures;

impl ClientSignatures for JsonWebSignatures {
    fn verifies(&self, key: &PublicKey, signed: &Signed<'_>) -> bool {
        let verify = || crypto::verify(signed.signature, signed.message.as_bytes(), &decoding(key)?, algorithm(signed));
        verify().unwrap_or(false)
    }
}

fn decoding(key: &PublicKey) -> Result<DecodingKey, Error> {
    match key.parameters() {
        KeyParameters::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
        KeyParameters::Ec { x, y, .. } => DecodingKey::from_ec_components(x, y),
    }
}

fn algorithm(signed: &Signed<'_>) -> Algorithm {
    match signed.algorithm {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Ps256 => Algorithm::PS256,
        SigningAlgorithm::Es256 => Algorithm::ES256,
    }
}
