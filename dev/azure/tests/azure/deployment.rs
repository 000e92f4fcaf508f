//! A deployment as its clients see it, with what was issued.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::Mutex,
};

use azure_tests::{Azure, Plan};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// Whom browsers choose unless told otherwise.
pub(crate) const USER: &str = "bob@contoso.example";
/// Where the test client listens; nothing does, the browser of the tests only reads the URL.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct Deployment {
    pub url: String,
    pub http: Client,
    pub azure: Azure,
    /// Everything secret that was issued, for the searches at the end.
    pub issued: Mutex<Vec<String>>,
}

impl Deployment {
    /// So many processes, ready.
    pub(crate) async fn start(handlers: usize) -> Self {
        let deployment = Self::of(Plan::of(handlers)).await;
        deployment.until_ready().await;
        deployment
    }

    pub(crate) async fn of(plan: Plan) -> Self {
        let azure = Azure::start(plan).await.unwrap();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { url: azure.url.clone(), http, azure, issued: Mutex::default() }
    }

    /// Until a run of answers, more than there are processes, says that store and keyring are up.
    pub(crate) async fn until_ready(&self) {
        let mut healthy = 0;
        for _ in 0..600 {
            let answer = self.get("/health").send().await;
            healthy = if answer.is_ok_and(|answer| answer.status() == 200) { healthy + 1 } else { 0 };
            if healthy == 12 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("not ready within 30 s:\n{}", self.log());
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    pub(crate) fn log(&self) -> String {
        self.azure.log()
    }

    pub(crate) fn users(&self) -> Vec<&local_tenant::User> {
        self.azure.tenant.users().iter().chain(local_tenant::crowd()).collect()
    }

    pub(crate) async fn register(&self) -> String {
        let metadata = json!({ "client_name": "Test client", "redirect_uris": [REDIRECT_URI] });
        let answer = self.post("/register").json(&metadata).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        body(answer).await["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.post("/token").form(form).send().await.unwrap();
        let (status, answer) = (answer.status().as_u16(), body(answer).await);
        for name in ["access_token", "refresh_token"] {
            self.issued(answer[name].as_str().unwrap_or_default());
        }
        (status, answer)
    }

    pub(crate) async fn refresh(&self, client_id: &str, refresh_token: &str) -> (u16, Value) {
        self.token(&[("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)]).await
    }

    pub(crate) fn issued(&self, secret: &str) {
        if secret.len() > 20 {
            self.issued.lock().unwrap().push(secret.to_owned());
        }
    }

    pub(crate) fn tool_request(&self, access_token: &str) -> RequestBuilder {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "get_graph_user_details", "arguments": {} } });
        let request = self.post("/mcp").bearer_auth(access_token).json(&message);
        request.header("accept", "application/json, text/event-stream").header("mcp-protocol-version", "2025-06-18")
    }

    pub(crate) async fn call_tool(&self, access_token: &str) -> (u16, Value) {
        let answer = self.tool_request(access_token).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// Every test ends with this search: nothing that was issued is in the log, at the highest verbosity.
impl Drop for Deployment {
    fn drop(&mut self) {
        let log = self.log();
        let found = self.issued.lock().unwrap().iter().filter(|secret| log.contains(secret.as_str())).count();
        assert!(found == 0 || std::thread::panicking(), "{found} secrets are in the log");
    }
}

pub(crate) async fn body(answer: Response) -> Value {
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The number of the promise under `LONG=1`, a smaller one otherwise.
#[expect(clippy::disallowed_methods, reason = "the one setting of the tests themselves")]
pub(crate) fn rounds(long: usize, short: usize) -> usize {
    if std::env::var_os("LONG").is_some() { long } else { short }
}

/// Of everything random in a test: `SEED` of the environment, or a new one; the output tells it.
#[expect(clippy::disallowed_methods, reason = "another setting of the tests themselves")]
pub(crate) fn seed() -> u64 {
    let given = std::env::var("SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("SEED={seed}");
    seed
}
