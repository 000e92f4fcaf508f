//! The upstream port, over Entra ID v2.0.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock, Id, Unavailable},
    state::{api::ApiScopes, claims::Claims, roles::Roles},
    upstream::{SignInRequest, SignedInUser, Upstream, UpstreamAnswer, UpstreamRefusal},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    access_token,
    authorize_url::authorize_url,
    client_assertion::ManagedIdentityAssertion,
    client_token::ClientTokenVerifier,
    entra_http::EntraHttp,
    gateway_token::GatewayTokenVerifier,
    id_token,
    jwks::Jwks,
    settings::{CLIENT_CAPABILITIES, EntraSettings, claims_parameter},
    token_endpoint::{Granted, TokenEndpoint},
};
use crate::{
    budget::Budget,
    limited_answer::ANSWERS_BYTES,
    telemetry::{Service, ServiceCalls},
};

/// Entra ID.
pub struct Entra {
    settings: EntraSettings,
    tokens: TokenEndpoint,
    jwks: Arc<Jwks>,
    clock: Arc<dyn Clock>,
}

impl Entra {
    /// An adapter that sends requests through `http` and authenticates by `assertion`.
    pub fn new(
        settings: EntraSettings,
        http: reqwest::Client,
        assertion: Arc<ManagedIdentityAssertion>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let answers = Budget::new(ANSWERS_BYTES);
        let calls = Arc::new(ServiceCalls::new(Service::Entra));
        let client = EntraHttp { http, answers, calls };
        let jwks = Arc::new(Jwks::new(client.clone(), settings.keys(), Arc::clone(&clock)));
        let tokens = TokenEndpoint::new(client, &settings, assertion);
        Self { settings, tokens, jwks, clock }
    }

    /// The verifier for tokens of the gateway, whose managed identity has this object id. The same keys sign them.
    #[must_use]
    pub fn gateway_tokens(&self, principal_id: String) -> GatewayTokenVerifier {
        let (jwks, clock) = (Arc::clone(&self.jwks), Arc::clone(&self.clock));
        GatewayTokenVerifier::new(self.settings.clone(), principal_id, jwks, clock)
    }

    /// The verifier for tokens that clients got from Entra themselves. The same keys sign them.
    #[must_use]
    pub fn client_tokens(&self) -> ClientTokenVerifier {
        ClientTokenVerifier::new(self.settings.clone(), Arc::clone(&self.jwks), Arc::clone(&self.clock))
    }

    /// The scope of redemption and refresh: the middle tier alone.
    fn middle_tier(&self) -> String {
        format!("{} offline_access", self.settings.middle_tier_scope())
    }
}

#[async_trait]
impl Upstream for Entra {
    fn sign_in_url(&self, sign_in: &SignInRequest<'_>) -> String {
        authorize_url(&self.settings, sign_in)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        tokio::try_join!(self.tokens.ready(self.clock.as_ref()), self.jwks.ready()).map(drop)
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
            ("claims", CLIENT_CAPABILITIES),
        ];
        let Granted { tokens, id_token } = self.tokens.request_once(self.clock.as_ref(), &grant).await?;
        let id_token =
            id_token.ok_or_else(|| UpstreamRefusal::Refused { reason: "the token response has no ID token".into() })?;
        let user = id_token::verify(&id_token, nonce, &self.settings, &self.jwks, self.clock.now()).await;
        let user = user.map_err(|error| error.refusal("ID token"))?;
        Ok(SignedInUser { subject: user.subject, name: user.name, login_hint: user.login_hint, tokens })
    }

    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let grant = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
            ("scope", &self.middle_tier()),
            ("claims", CLIENT_CAPABILITIES),
        ];
        Ok(self.tokens.request(self.clock.as_ref(), &grant).await?.tokens)
    }

    async fn roles(&self, access_token: &SecretString, owner: Id) -> Result<Roles, UpstreamRefusal> {
        let roles = access_token::roles(access_token, owner, &self.settings, &self.jwks, self.clock.now()).await;
        roles.map_err(|error| error.refusal("access token"))
    }

    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let scope = self.settings.full_names(scopes);
        let grant = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("requested_token_use", "on_behalf_of"),
            ("assertion", assertion.expose_secret()),
            ("scope", &scope),
            ("claims", &claims_parameter(claims)),
        ];
        Ok(self.tokens.request(self.clock.as_ref(), &grant).await?.tokens)
    }
}
