//! The claims challenge: `WWW-Authenticate` that asks for an access token with further claims
//! (<https://learn.microsoft.com/entra/identity-platform/claims-challenge>).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::challenge::header;

/// The challenge to a client that gets its tokens from Entra.
#[derive(Clone, Copy, Debug)]
pub struct ClaimsChallenge<'a> {
    /// Where that client signs its user in.
    pub authorization_uri: &'a str,
    /// The value of the `claims` parameter, which is JSON.
    pub claims: &'a str,
    /// `scope` that is needed, in full names.
    pub scope: &'a str,
    /// URL of the resource's metadata (RFC 9728 §5.1).
    pub resource_metadata: &'a str,
}

impl ClaimsChallenge<'_> {
    /// The value of the header.
    #[must_use]
    pub fn encode(&self) -> String {
        let claims = STANDARD.encode(self.claims);
        header([
            ("authorization_uri", self.authorization_uri),
            ("error", "insufficient_claims"),
            ("claims", &claims),
            ("scope", self.scope),
            ("resource_metadata", self.resource_metadata),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_are_base64_encoded_once_and_the_members_have_one_order() {
        let challenge = ClaimsChallenge {
            authorization_uri: "https://login.microsoftonline.com/t/oauth2/v2.0/authorize",
            claims: r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#,
            scope: "id/access_as_user",
            resource_metadata: "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
        };
        assert_eq!(
            challenge.encode(),
            "Bearer authorization_uri=\"https://login.microsoftonline.com/t/oauth2/v2.0/authorize\", \
             error=\"insufficient_claims\", \
             claims=\"eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19\", \
             scope=\"id/access_as_user\", \
             resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
        );
    }
}
