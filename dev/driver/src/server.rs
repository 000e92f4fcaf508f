//! The server as its clients see it, for tests.

#![expect(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use std::sync::Mutex;

use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect::Policy};
use serde_json::Value;
use stand_in::lock;

use crate::{browser::REDIRECT_URI, mcp, oauth};

/// A server at a URL, and what it has issued.
pub struct Server {
    /// Public base URL, without a final slash.
    pub url: String,
    /// A client that follows no redirects.
    pub http: Client,
    issued: Mutex<Vec<String>>,
}

/// As a browser's or a client's, but that redirects are for the tests to follow.
pub fn client() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).no_proxy()
}

/// The JSON of an answer.
pub async fn body(answer: Response) -> Value {
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl Server {
    /// At this URL.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self { url, http: client().build().unwrap(), issued: Mutex::default() }
    }

    /// A GET of this path.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    /// A POST to this path.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    /// Registers a client. Returns its id.
    pub async fn register(&self) -> String {
        let metadata = oauth::registration("Test client", REDIRECT_URI);
        let answer = self.post("/register").json(&metadata).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        body(answer).await.get("client_id").and_then(Value::as_str).unwrap().to_owned()
    }

    /// Sends a form to the token endpoint. Returns status and answer.
    pub async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.post("/token").form(form).send().await.unwrap();
        let (status, answer) = (answer.status().as_u16(), body(answer).await);
        for name in ["access_token", "refresh_token"] {
            self.issued(answer.get(name).and_then(Value::as_str).unwrap_or_default());
        }
        (status, answer)
    }

    /// Redeems a refresh token.
    pub async fn refresh(&self, client_id: &str, refresh_token: &str) -> (u16, Value) {
        self.token(&oauth::refresh(client_id, refresh_token)).await
    }

    /// A tool call, or any other JSON-RPC request, over Streamable HTTP.
    pub fn mcp(&self, token: &str, message: &Value) -> RequestBuilder {
        let request = self.post("/mcp").bearer_auth(token).json(message);
        request.header("accept", mcp::ACCEPT).header("mcp-protocol-version", mcp::PROTOCOL_VERSION)
    }

    /// Notes a secret.
    pub fn issued(&self, secret: &str) {
        if secret.len() > 20 {
            lock(&self.issued).push(secret.to_owned());
        }
    }

    /// The noted secrets.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        lock(&self.issued).clone()
    }

    /// How many of the noted secrets are in this log.
    #[must_use]
    pub fn secrets_in(&self, log: &str) -> usize {
        self.secrets().iter().filter(|secret| log.contains(secret.as_str())).count()
    }
}
