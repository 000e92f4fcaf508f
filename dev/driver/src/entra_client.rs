//! An application that gets its tokens from Entra itself, for tests.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use local_tenant::{Client, TENANT_ID, Tenant};
use serde_json::Value;
use url::Url;

use crate::{
    Server, body,
    browser::{Browser, CHALLENGE, VERIFIER},
};

/// The permission that every token has.
pub const ACCESS_AS_USER: &str = "access_as_user";
/// Declares that the application takes claims challenges.
pub const TAKES_CHALLENGES: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;

/// The application, its user, and what it asks for.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// The application.
    pub application: &'static Client,
    /// User principal name.
    pub user: &'static str,
    /// Permissions of our app, without its id.
    pub permissions: &'a [&'a str],
    /// The `claims` parameter.
    pub claims: Option<&'a str>,
}

impl SignIn<'_> {
    /// The token response: `access_token` is for our app.
    pub async fn tokens(&self, server: &Server, tenant: &Tenant) -> Value {
        let app = tenant.settings().into_iter().find(|(name, _)| name == "ENTRA_CLIENT_ID").unwrap().1;
        let names = self.permissions.iter().map(|name| format!("{app}/{name}"));
        let scope =
            names.chain(["openid".into(), "profile".into(), "offline_access".into()]).collect::<Vec<_>>().join(" ");
        let endpoint = format!("{}/{TENANT_ID}/oauth2/v2.0", tenant.base_url());
        let Client { client_id, redirect_uri, secret, .. } = self.application;
        let mut asked = vec![
            ("client_id", *client_id),
            ("response_type", "code"),
            ("redirect_uri", *redirect_uri),
            ("scope", &scope),
            ("nonce", "n"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        asked.extend(self.claims.map(|claims| ("claims", claims)));
        let url = Url::parse_with_params(&format!("{endpoint}/authorize"), asked).unwrap();
        let browser = Browser { user: self.user, ..Browser::default() };
        let callback = Url::parse(&browser.choose_account(server, url.as_str()).await).unwrap();
        let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let mut form = vec![
            ("client_id", *client_id),
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
            ("scope", &scope),
        ];
        form.extend(secret.map(|secret| ("client_secret", secret)));
        form.extend(self.claims.map(|claims| ("claims", claims)));
        let tokens = body(server.http.post(format!("{endpoint}/token")).form(&form).send().await.unwrap()).await;
        server.issued(tokens.get("access_token").and_then(Value::as_str).unwrap());
        tokens
    }

    /// The access token for our app.
    pub async fn access_token(&self, server: &Server, tenant: &Tenant) -> String {
        let tokens = self.tokens(server, tenant).await;
        tokens.get("access_token").and_then(Value::as_str).unwrap().to_owned()
    }
}
