//! Key Vault, by its real name through the proxy.

mod connect;
mod faults;
mod key;
mod sdk;
mod who;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local_tenant::Vault;
use reqwest::{Certificate, Method, Proxy, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::Local;

const KEY: &str = "https://local-vault.vault.azure.net/keys/data-key-wrap";
const API_VERSION: &str = "api-version=2025-07-01";
const DATA_KEY: &[u8] = b"thirty-two bytes of a data key !";

/// A tenant with a vault, and a client that has the workload's token for it.
struct Rig {
    local: Local,
    http: reqwest::Client,
    token: String,
}

fn client(local: &Local) -> reqwest::Client {
    let ca = std::fs::read(local.tenant.vault().unwrap().ca_file()).unwrap();
    let proxy = Proxy::https(local.tenant.base_url()).unwrap();
    reqwest::Client::builder().tls_certs_only([Certificate::from_pem(&ca).unwrap()]).proxy(proxy).build().unwrap()
}

impl Rig {
    async fn start() -> Self {
        Self::of(Local::start().await).await
    }

    async fn of(local: Local) -> Self {
        local.tenant.open_vault().unwrap();
        let (http, token) = (client(&local), local.token_for("https://vault.azure.net").await);
        Self { local, http, token }
    }

    fn vault(&self) -> &Vault {
        self.local.tenant.vault().unwrap()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{KEY}{path}?{API_VERSION}")).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    /// A key operation: `/VERSION/OPERATION`.
    async fn operate(&self, path: &str, value: &[u8]) -> (StatusCode, Value) {
        let body = json!({ "alg": "RSA-OAEP-256", "value": URL_SAFE_NO_PAD.encode(value) });
        answer(self.request(Method::POST, path).json(&body)).await
    }

    async fn wrap(&self) -> (String, Vec<u8>) {
        let (status, body) = self.operate("//wrapkey", DATA_KEY).await;
        assert_eq!(status, 200, "{body}");
        let version = body["kid"].as_str().unwrap().strip_prefix(&format!("{KEY}/")).unwrap();
        (version.to_owned(), value(&body))
    }

    async fn unwrap(&self, version: &str, wrapped: &[u8]) -> (StatusCode, Value) {
        self.operate(&format!("/{version}/unwrapkey"), wrapped).await
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn value(body: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(body["value"].as_str().unwrap()).unwrap()
}

/// Status, code and inner code.
fn refused((status, body): &(StatusCode, Value)) -> (u16, &str, Option<&str>) {
    let error = &body["error"];
    assert!(!error["message"].as_str().unwrap().contains("{}"), "{body}");
    (status.as_u16(), error["code"].as_str().unwrap(), error["innererror"]["code"].as_str())
}
