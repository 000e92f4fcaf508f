//! Requests that a client makes up: revocations, and assertions without cryptography: a signature is a hash of key and message.

use authorization_server::{client_documents::ClientSignatures, endpoints::revoke::RevokeError, ground::Network};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_protocol::{
    client_assertion::{ClientAssertion, Signed},
    json_web_key::{KeyParameters, PublicKey},
    revocation_request::RevocationRequest,
    token_request::ClientCredentials,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{FlowError, Rig};

/// A key of a client.
pub struct ClientKey {
    kid: String,
    modulus: String,
}

impl ClientKey {
    /// Another key for each id.
    #[must_use]
    pub fn new(kid: &str) -> Self {
        let hash: [u8; 32] = Sha256::digest(kid).into();
        let modulus = URL_SAFE_NO_PAD.encode([hash; 8].as_flattened());
        Self { kid: kid.to_owned(), modulus }
    }

    /// The public key, as it is published.
    #[must_use]
    pub fn jwk(&self) -> Value {
        json!({ "kty": "RSA", "kid": self.kid, "n": self.modulus, "e": "AQAB" })
    }

    /// An assertion with this header and these claims.
    #[must_use]
    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        format!("{message}.{}", signature(&self.modulus, &message))
    }

    /// An honest assertion of this client, for the server of a [`Rig`].
    #[must_use]
    pub fn assertion(&self, client_id: &str, jti: &str, now: i64) -> String {
        self.signed(&json!({ "alg": "RS256", "kid": self.kid }), &honest_claims(client_id, jti, now))
    }
}

/// The claims of an honest assertion.
#[must_use]
pub fn honest_claims(client_id: &str, jti: &str, now: i64) -> Value {
    let (aud, exp) = ("https://mcp.example.com", now + 300);
    json!({ "iss": client_id, "sub": client_id, "aud": aud, "iat": now, "exp": exp, "jti": jti })
}

/// The credentials of a client that sends this assertion.
pub fn asserted(assertion: &str) -> Result<ClientCredentials, FlowError> {
    let assertion = ClientAssertion::parse(assertion).map_err(|error| FlowError::Missing(error.0))?;
    Ok(ClientCredentials { client_id: assertion.client_id().to_owned(), assertion: Some(assertion) })
}

impl Rig {
    /// The client revokes a token.
    pub async fn revoke(&self, client_id: &str, token: &SecretString) -> Result<(), RevokeError> {
        let (client, token) = (ClientCredentials::public(client_id), token.expose_secret().into());
        self.server.revoke_token(&RevocationRequest { client, token }, Network::UNKNOWN).await
    }
}

/// Verifies what [`ClientKey`] signs.
pub struct HashedSignatures;

impl ClientSignatures for HashedSignatures {
    fn verifies(&self, key: &PublicKey, signed: &Signed<'_>) -> bool {
        let KeyParameters::Rsa { n, .. } = key.parameters() else { return false };
        signed.signature == signature(n, signed.message)
    }
}

fn signature(modulus: &str, message: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{modulus}.{message}")))
}
