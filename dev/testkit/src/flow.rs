//! One step of the flow a method, each with the honest inputs, so that a test writes only what differs.

use authorization_server::{
    endpoints::{
        answer::{Answer, Next, Redirect},
        authorize::AuthorizeError,
        callback::{Callback, CallbackError},
        consent::{ConsentError, Decision},
        pages::ConsentPage,
        register::RegisterError,
        request_refusal::AtServer,
        token_error::TokenError,
    },
    ground::{Id, Network, Unavailable},
    state::cookies::{CookieName, Cookies},
};
use oauth_protocol::{
    addressed_request::{AddressMissing, AddressedRequest},
    callback_response::CallbackResponse,
    client_metadata::{ClientMetadata, RegistrationError},
    form::{self, Form},
    pkce::CodeVerifier,
    secret::Handle,
    token_request::{AuthorizationCodeRequest, ClientCredentials, RefreshTokenRequest},
    token_response::TokenResponse,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::{Browser, Rig, allowed, answered, asked};

/// The client's redirect URI.
pub const REDIRECT_URI: &str = "https://client.example/callback";
/// The client's `state`.
pub const STATE: &str = "the client's state";
/// The client's PKCE verifier.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A step that did not lead on.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// In the client's metadata.
    #[error(transparent)]
    Metadata(#[from] RegistrationError),
    /// At `/register`.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// At `/authorize`.
    #[error(transparent)]
    Authorize(#[from] AuthorizeError),
    /// At `/consent`.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// At the callback.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// At `/token`.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// At the protected resource.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// An answer lacks something.
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl FlowError {
    /// Whether the step may simply be tried again.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Register(RegisterError::Unavailable(_))
                | Self::Authorize(AuthorizeError::Unavailable(_))
                | Self::Consent(ConsentError::Unavailable(_))
                | Self::Callback(CallbackError::Unavailable(_))
                | Self::Token(TokenError::Unavailable(_))
                | Self::Unavailable(_)
        )
    }
}

/// The state of a browser that is sent to Entra.
pub struct Allowed {
    /// Transaction id.
    pub id: Id,
    /// Where Entra is asked to sign the owner in.
    pub sign_in_url: String,
    /// The cookie that binds the callback to this browser.
    pub cookie: SecretString,
}

impl Allowed {
    /// Entra's response to this sign-in, with these parameters besides `state`.
    #[must_use]
    pub fn response(&self, parameters: &[(&str, &str)]) -> Option<CallbackResponse> {
        let state = parameter(&self.sign_in_url, "state").unwrap_or_default();
        let pairs = parameters.iter().copied().chain([("state", state.as_str())]);
        CallbackResponse::parse(&query(&form::encode(pairs)).ok()?).ok()
    }
}

/// A client with its first tokens.
pub struct SignedIn {
    /// The client.
    pub client_id: String,
    /// Its tokens.
    pub tokens: TokenResponse,
}

/// The query of an honest authorization request, with some parameters set to other values, or dropped by `None`.
#[must_use]
pub fn request(client_id: &str, changes: &[(&str, Option<&str>)]) -> String {
    let challenge = CodeVerifier::parse(VERIFIER).map(|verifier| verifier.challenge().as_str().to_owned());
    let challenge = challenge.unwrap_or_default();
    let honest = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", REDIRECT_URI),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("scope", "user.read"),
        ("state", STATE),
        ("resource", "https://mcp.example.com/mcp"),
    ];
    let kept = honest.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let changed = changes.iter().filter_map(|(name, value)| value.map(|value| (*name, value)));
    form::encode(kept.chain(changed))
}

/// A parameter of a URL's query, if it is there once.
#[must_use]
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let mut values = url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value.into_owned());
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// A query, read.
pub fn query(text: &str) -> Result<Form, FlowError> {
    Form::parse(text.as_bytes()).map_err(|_| FlowError::Missing("a query"))
}

/// An authorization request, read as far as its address.
pub fn addressed(text: &str) -> Result<AddressedRequest, AuthorizeError> {
    let query = query(text).map_err(|error| Unavailable::store(error.to_string()))?;
    AddressedRequest::parse(query).map_err(|AddressMissing(name)| AtServer::BadParameter(name).into())
}

/// The request by which a client redeems its code.
#[must_use]
pub fn redemption(client_id: &str, code: &SecretString) -> AuthorizationCodeRequest {
    AuthorizationCodeRequest {
        client: ClientCredentials::public(client_id),
        code: Handle::parse(code.expose_secret()),
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        code_verifier: CodeVerifier::parse(VERIFIER),
        resource: Vec::new(),
    }
}

/// The request by which a client refreshes its tokens.
#[must_use]
pub fn refreshing(client_id: &str, refresh_token: &SecretString) -> RefreshTokenRequest {
    let (client, refresh_token) = (ClientCredentials::public(client_id), refresh_token.expose_secret().into());
    RefreshTokenRequest { client, refresh_token, scope: None, resource: Vec::new() }
}

impl Rig {
    /// Registers a client.
    pub async fn register(&self) -> Result<String, FlowError> {
        self.register_for(&[REDIRECT_URI]).await
    }

    /// Registers a client with other redirect URIs.
    pub async fn register_for(&self, redirect_uris: &[&str]) -> Result<String, FlowError> {
        let body = serde_json::json!({ "redirect_uris": redirect_uris, "client_name": "Client" }).to_string();
        let response = self.server.register(self.metadata(&body)?, Network::UNKNOWN).await?;
        let response = serde_json::to_value(response).unwrap_or_default();
        let client_id = response.get("client_id").and_then(serde_json::Value::as_str);
        client_id.map(str::to_owned).ok_or(FlowError::Missing("client_id"))
    }

    /// The metadata of a registration.
    pub fn metadata(&self, body: &str) -> Result<ClientMetadata, RegistrationError> {
        ClientMetadata::from_json(body.as_bytes(), self.server.schemes(), self.server.base())
    }

    /// Opens the consent page in a browser that remembers nothing.
    pub async fn open_page(&self, client_id: &str) -> Result<ConsentPage, FlowError> {
        let answer = Browser::default().visit(self, &request(client_id, &[])).await?;
        asked(answer).ok_or(FlowError::Missing("a page"))
    }

    /// The owner decides, in the browser that opened the page.
    pub async fn decide(&self, page: &ConsentPage, decision: Decision) -> Result<Answer, ConsentError> {
        Browser::default().decide(self, &page.form, decision).await
    }

    /// The owner allows what the page asks.
    pub async fn allow(&self, page: &ConsentPage) -> Result<Allowed, FlowError> {
        allowed(self.decide(page, Decision::Allow).await?).ok_or(FlowError::Missing("a sign-in URL"))
    }

    /// Entra sends the browser back with a code.
    pub async fn come_back(&self, allowed: &Allowed) -> Result<Answer, CallbackError> {
        self.call_back(allowed, &[("code", "upstream-code")], Some(allowed.cookie.expose_secret())).await
    }

    /// Entra sends some browser, which remembers nothing, back with the state of this sign-in, and with more.
    pub async fn call_back(
        &self,
        allowed: &Allowed,
        answer: &[(&str, &str)],
        cookie: Option<&str>,
    ) -> Result<Answer, CallbackError> {
        let response = allowed.response(answer).ok_or(CallbackError::UnknownState)?;
        let cookie = cookie.map(|cookie| (CookieName::EntraState(allowed.id), cookie));
        self.callback(&response, &Browser::default().cookies(cookie.as_slice())).await
    }

    /// Entra's answer in a browser with these cookies.
    pub async fn callback(&self, response: &CallbackResponse, cookies: &Cookies) -> Result<Answer, CallbackError> {
        self.server.callback(&Callback { response, cookies, count: &|_| Ok(()) }).await
    }

    /// A code for this client: everything from the request to the callback, and to those of further legs.
    pub async fn code(&self, client_id: &str) -> Result<SecretString, FlowError> {
        let page = self.open_page(client_id).await?;
        let allowed = self.allow(&page).await?;
        let mut answer = self.come_back(&allowed).await?;
        while let Next::Redirect(Redirect::SignIn(_)) = answer.next {
            let again = crate::allowed(answer).ok_or(FlowError::Missing("a sign-in URL"))?;
            answer = self.come_back(&again).await?;
        }
        let answer = answered(answer).ok_or(FlowError::Missing("an answer"))?;
        parameter(&answer.location, "code").map(Into::into).ok_or(FlowError::Missing("code"))
    }

    /// The client redeems its code.
    pub async fn redeem(&self, client_id: &str, code: &SecretString) -> Result<TokenResponse, TokenError> {
        self.server.redeem(&redemption(client_id, code), Network::UNKNOWN).await
    }

    /// The client refreshes.
    pub async fn refresh(&self, client_id: &str, refresh_token: &SecretString) -> Result<TokenResponse, TokenError> {
        self.server.refresh(&refreshing(client_id, refresh_token), Network::UNKNOWN).await
    }

    /// Whether the protected resource accepts an access token.
    pub async fn accepts(&self, access_token: &SecretString) -> Result<bool, Unavailable> {
        Ok(self.server.authenticate(access_token.expose_secret()).await?.is_some())
    }

    /// A new client with a new grant: the whole flow.
    pub async fn sign_in(&self) -> Result<SignedIn, FlowError> {
        let client_id = self.register().await?;
        let code = self.code(&client_id).await?;
        let tokens = self.redeem(&client_id, &code).await?;
        Ok(SignedIn { client_id, tokens })
    }
}
