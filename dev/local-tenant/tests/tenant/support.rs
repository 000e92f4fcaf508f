//! A tenant, an HTTP client that follows nothing, and the tenant's key for forging.

use std::{collections::HashMap, path::PathBuf};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local_tenant::{Options, Tenant};
use reqwest::{Response, StatusCode, Url, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

/// The app's registered redirect URI.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:7071/oauth-callback";
/// A verifier of the least length.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The user whom silent tenants sign in.
pub(crate) const ALICE: &str = "alice@contoso.example";
/// Declares cp1.
pub(crate) const CAPABILITIES: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;

/// A tenant under test.
pub(crate) struct Local {
    pub(crate) tenant: Tenant,
    pub(crate) http: reqwest::Client,
    settings: HashMap<String, String>,
    folder: tempfile::TempDir,
}

/// RSA keys take most of a test's time, so the tests of one process have one tenant's and one vault's in common.
static STATE: OnceCell<Vec<u8>> = OnceCell::const_new();

async fn new_state() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let options = Options { state_file: Some(file.clone()), ..Options::default() };
    local_tenant::start(options).await.unwrap().open_vault().unwrap();
    std::fs::read(file).unwrap()
}

/// Form or query parameters.
pub(crate) type Pairs = Vec<(String, String)>;

/// Owned pairs.
pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Replaces, adds, or (with `None`) removes.
pub(crate) fn set(mut pairs: Pairs, name: &str, value: Option<&str>) -> Pairs {
    pairs.retain(|(known, _)| known != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    pairs
}

/// A claim of a token, read without verifying it.
pub(crate) fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Signs these claims with this key, whatever they say.
pub(crate) fn sign(key: &KeyPair, kid: &str, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let input = format!("{}.{}", encode(&json!({ "typ": "JWT", "alg": "RS256", "kid": kid })), encode(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    #[expect(clippy::disallowed_methods, reason = "asked for by the signature, unused by PKCS #1 v1.5")]
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A key the tenant does not know.
pub(crate) fn foreign_key() -> KeyPair {
    KeyPair::generate(KeySize::Rsa2048).unwrap()
}

/// Asserts an error answer of the token endpoint, in the whole of its shape.
pub(crate) fn assert_refused((status, body): &(StatusCode, Value), expected: (u16, &str, u32)) {
    assert_eq!((status.as_u16(), body["error"].as_str().unwrap()), (expected.0, expected.1), "{body}");
    assert_eq!(body["error_codes"], json!([expected.2]), "{body}");
    let description = body["error_description"].as_str().unwrap();
    let (trace, correlation) = (body["trace_id"].as_str().unwrap(), body["correlation_id"].as_str().unwrap());
    let timestamp = body["timestamp"].as_str().unwrap();
    let end = format!(" Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}");
    assert!(description.starts_with(&format!("AADSTS{}: ", expected.2)) && description.ends_with(&end), "{body}");
    assert!(timestamp.len() == 20 && timestamp.ends_with('Z'), "{timestamp}");
    assert!(body["error_uri"].as_str().unwrap().ends_with(&format!("/error?code={}", expected.2)));
    assert!(body.get("access_token").is_none());
}

/// The parameters in a redirect's query.
pub(crate) fn redirected(response: &Response) -> HashMap<String, String> {
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(CALLBACK), "{location}");
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

impl Local {
    /// Shows the sign-in page.
    pub(crate) async fn start() -> Self {
        Self::with(None).await
    }

    /// Signs Alice in without a page.
    pub(crate) async fn silent() -> Self {
        Self::with(Some(ALICE)).await
    }

    async fn with(silent_user: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tenant.json"), STATE.get_or_init(new_state).await).unwrap();
        let tenant = local_tenant::start(Options {
            port: 0,
            state_file: Some(folder.path().join("tenant.json")),
            redirect_uris: vec![CALLBACK.to_owned()],
            silent_user: silent_user.map(str::to_owned),
        });
        let tenant = tenant.await.unwrap();
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let settings = tenant.settings().into_iter().collect();
        Self { tenant, http, settings, folder }
    }

    /// Stops it and starts it again on the same port and file.
    pub(crate) async fn restart(self) -> Self {
        let Self { tenant, http, folder, .. } = self;
        let port = Url::parse(tenant.base_url()).unwrap().port().unwrap();
        tenant.stop().await;
        let tenant = local_tenant::start(Options {
            port,
            state_file: Some(folder.path().join("tenant.json")),
            redirect_uris: vec![CALLBACK.to_owned()],
            silent_user: Some(ALICE.to_owned()),
        });
        let tenant = tenant.await.unwrap();
        let settings = tenant.settings().into_iter().collect();
        Self { tenant, http, settings, folder }
    }

    pub(crate) fn setting(&self, name: &str) -> &str {
        &self.settings[name]
    }

    pub(crate) fn client_id(&self) -> &str {
        self.setting("ENTRA_CLIENT_ID")
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.folder.path().join("tenant.json")
    }

    /// A URL under the tenant.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.tenant.base_url(), self.setting("ENTRA_TENANT_ID"))
    }

    /// The product's issuer.
    pub(crate) fn issuer(&self) -> String {
        self.url("v2.0")
    }

    pub(crate) fn middle_tier(&self) -> String {
        format!("{}/access_as_user", self.client_id())
    }

    /// An authorization request exactly as the product sends it.
    pub(crate) fn authorization(&self) -> Pairs {
        let scope =
            format!("openid profile offline_access {} https://graph.microsoft.com/User.Read", self.middle_tier());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        pairs(&[
            ("client_id", self.client_id()),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("response_mode", "query"),
            ("scope", &scope),
            ("state", "the state"),
            ("nonce", "the nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("claims", CAPABILITIES),
        ])
    }

    pub(crate) async fn authorize(&self, query: &Pairs) -> Response {
        self.http.get(self.url("oauth2/v2.0/authorize")).query(query).send().await.unwrap()
    }

    /// A code for the product's request, of a silent tenant.
    pub(crate) async fn code(&self) -> String {
        redirected(&self.authorize(&self.authorization()).await)["code"].clone()
    }

    /// A code for other scopes.
    pub(crate) async fn code_for(&self, scope: &str) -> String {
        let query = set(self.authorization(), "scope", Some(scope));
        redirected(&self.authorize(&query).await)["code"].clone()
    }

    /// The workload's token, from the identity endpoint.
    pub(crate) async fn assertion(&self) -> String {
        self.token_for("api://AzureADTokenExchange").await
    }

    /// The workload's token for a resource, from the identity endpoint.
    pub(crate) async fn token_for(&self, resource: &str) -> String {
        let query =
            [("api-version", "2019-08-01"), ("resource", resource), ("client_id", self.setting("AZURE_CLIENT_ID"))];
        let request = self.http.get(self.setting("IDENTITY_ENDPOINT")).query(&query);
        let response = request.header("x-identity-header", self.setting("IDENTITY_HEADER")).send().await.unwrap();
        let body: Value = response.json().await.unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// A form with the client's authentication and this grant.
    pub(crate) async fn form(&self, grant: &[(&str, &str)]) -> Pairs {
        let mut form = pairs(&[
            ("client_id", self.client_id()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &self.assertion().await),
        ]);
        form.extend(pairs(grant));
        form
    }

    pub(crate) async fn post(&self, form: &Pairs) -> (StatusCode, Value) {
        let response = self.http.post(self.url("oauth2/v2.0/token")).form(form).send().await.unwrap();
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("no-store"));
        (response.status(), response.json().await.unwrap())
    }

    /// Sends a grant as the authenticated client.
    pub(crate) async fn token(&self, grant: &[(&str, &str)]) -> (StatusCode, Value) {
        self.post(&self.form(grant).await).await
    }

    /// The redemption exactly as the product sends it.
    pub(crate) async fn redemption(&self, code: &str) -> Pairs {
        let scope = format!("openid profile {} offline_access", self.middle_tier());
        self.form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("scope", &scope),
            ("claims", CAPABILITIES),
        ])
        .await
    }

    /// Signs Alice in: the answer to the redemption.
    pub(crate) async fn sign_in(&self) -> Value {
        let (status, body) = self.post(&self.redemption(&self.code().await).await).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Sends the exchange exactly as the product sends it.
    pub(crate) async fn exchange(&self, assertion: &str, scope: &str) -> (StatusCode, Value) {
        self.token(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("requested_token_use", "on_behalf_of"),
            ("assertion", assertion),
            ("scope", scope),
            ("claims", CAPABILITIES),
        ])
        .await
    }

    /// The tenant's own key and its id, from the state file.
    pub(crate) fn key(&self) -> (KeyPair, String) {
        let state: Value = serde_json::from_slice(&std::fs::read(self.state_file()).unwrap()).unwrap();
        let pkcs8 = URL_SAFE_NO_PAD.decode(state["signing_key"].as_str().unwrap()).unwrap();
        (KeyPair::from_pkcs8(&pkcs8).unwrap(), kid_of(&pkcs8))
    }

    /// Signs these claims with the tenant's own key.
    pub(crate) fn forge(&self, claims: &Value) -> String {
        let (key, kid) = self.key();
        sign(&key, &kid, claims)
    }
}

/// RFC 7638 §3, as the tenant names its keys.
fn kid_of(pkcs8: &[u8]) -> String {
    use aws_lc_rs::signature::KeyPair as _;
    let pair = KeyPair::from_pkcs8(pkcs8).unwrap();
    let n = URL_SAFE_NO_PAD.encode(pair.public_key().modulus().big_endian_without_leading_zero());
    let e = URL_SAFE_NO_PAD.encode(pair.public_key().exponent().big_endian_without_leading_zero());
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
}
