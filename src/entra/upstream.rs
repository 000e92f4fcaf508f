//! The upstream port, over Entra ID v2.0.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::Clock,
    upstream::{SignIn, SignedInUser, Upstream, UpstreamAnswer, UpstreamRefusal},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    authorize_url::authorize_url, client_assertion::ClientAssertion, gateway_token::GatewayTokenVerifier, id_token,
    jwks::Jwks, token_endpoint::TokenEndpoint,
};

/// Declares that claims challenges are understood: Graph challenges only clients that say so.
pub(super) const CAPABILITIES: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;

/// Which Entra, which app.
#[derive(Clone, Debug)]
pub struct EntraSettings {
    /// Origin of the authority.
    pub authority: String,
    /// Tenant.
    pub tenant_id: String,
    /// Our app.
    pub client_id: String,
    /// Origin that Graph's scopes belong to.
    pub graph_resource: &'static str,
    /// Our callback, exactly as it is registered.
    pub redirect_uri: String,
}

impl EntraSettings {
    pub(super) fn endpoint(&self, name: &str) -> String {
        format!("{}/{}/oauth2/v2.0/{name}", self.authority, self.tenant_id)
    }

    pub(super) fn issuer(&self) -> String {
        format!("{}/{}/v2.0", self.authority, self.tenant_id)
    }

    pub(super) fn keys(&self) -> String {
        format!("{}/{}/discovery/v2.0/keys", self.authority, self.tenant_id)
    }

    /// Always the GUID form.
    pub(super) fn middle_tier_scope(&self) -> String {
        format!("{}/access_as_user", self.client_id)
    }

    /// Full names of Graph permissions, never `.default`.
    pub(super) fn graph_scopes(&self, permissions: &[&'static str]) -> String {
        let full = |permission: &&str| format!("{}/{permission}", self.graph_resource);
        permissions.iter().map(full).collect::<Vec<_>>().join(" ")
    }
}

/// Entra ID.
pub struct Entra {
    settings: EntraSettings,
    tokens: TokenEndpoint,
    jwks: Arc<Jwks>,
    clock: Arc<dyn Clock>,
}

impl Entra {
    /// With this HTTP client and these assertions.
    pub fn new(
        settings: EntraSettings,
        http: reqwest::Client,
        assertion: ClientAssertion,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let jwks = Arc::new(Jwks::new(http.clone(), settings.keys(), Arc::clone(&clock)));
        let tokens = TokenEndpoint::new(http, &settings, assertion);
        Self { settings, tokens, jwks, clock }
    }

    /// Knows the tokens of the gateway, whose identity has this object id. They are signed by the same keys.
    #[must_use]
    pub fn gateway_tokens(&self, principal_id: String) -> GatewayTokenVerifier {
        let (jwks, clock) = (Arc::clone(&self.jwks), Arc::clone(&self.clock));
        GatewayTokenVerifier::new(self.settings.clone(), principal_id, jwks, clock)
    }

    /// Redemption and refresh ask for the middle tier alone.
    fn middle_tier(&self) -> String {
        format!("{} offline_access", self.settings.middle_tier_scope())
    }
}

#[async_trait]
impl Upstream for Entra {
    fn sign_in_url(&self, sign_in: &SignIn<'_>) -> String {
        authorize_url(&self.settings, sign_in)
    }

    async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        nonce: &str,
    ) -> Result<SignedInUser, UpstreamRefusal> {
        let scope = format!("openid profile {}", self.middle_tier());
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &self.settings.redirect_uri),
            ("code_verifier", verifier.expose_secret()),
            ("scope", &scope),
            ("claims", CAPABILITIES),
        ];
        let (tokens, id_token) = self.tokens.once(self.clock.as_ref(), &grant).await?;
        let id_token =
            id_token.ok_or_else(|| UpstreamRefusal::Refused { reason: "the answer has no ID token".into() })?;
        let (subject, name) = id_token::verify(&id_token, nonce, &self.settings, &self.jwks, self.clock.now()).await?;
        Ok(SignedInUser { subject, name, tokens })
    }

    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let grant = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
            ("scope", &self.middle_tier()),
            ("claims", CAPABILITIES),
        ];
        Ok(self.tokens.request(self.clock.as_ref(), &grant).await?.0)
    }

    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        downstream_scopes: &[&'static str],
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let scope = self.settings.graph_scopes(downstream_scopes);
        let grant = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("requested_token_use", "on_behalf_of"),
            ("assertion", assertion.expose_secret()),
            ("scope", &scope),
            ("claims", CAPABILITIES),
        ];
        Ok(self.tokens.request(self.clock.as_ref(), &grant).await?.0)
    }
}
