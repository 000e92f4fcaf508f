//! The resource manager and Microsoft Graph, read with a token of azd's login. Nothing is written.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::AUTHORIZATION;
use serde_json::Value;
use url::Url;

/// One answer should not hold up a deployment for longer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A list that has more pages than any of ours is cut.
const PAGES: usize = 20;

/// One service, and the token for it. The client takes proxy and certificates from `HTTPS_PROXY` and `SSL_CERT_FILE`.
pub(crate) struct Service {
    origin: &'static str,
    token: String,
    http: Client,
}

impl Service {
    pub(crate) fn resource_manager(token: String) -> Self {
        Self::new("https://management.azure.com", token)
    }

    pub(crate) fn graph(token: String) -> Self {
        Self::new("https://graph.microsoft.com", token)
    }

    fn new(origin: &'static str, token: String) -> Self {
        // Building fails only without a TLS library, which is compiled in.
        let http = Client::builder().timeout(TIMEOUT).build().unwrap_or_default();
        Self { origin, token, http }
    }

    /// One answer.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, String> {
        self.read(&format!("{}{path}", self.origin)).await
    }

    /// The members of a list, whose pages are linked by `nextLink` or `@odata.nextLink`.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>, String> {
        let mut members = vec![];
        let mut next = Some(format!("{}{path}", self.origin));
        for _ in 0..PAGES {
            let Some(url) = next else { break };
            let page = self.read(&url).await?;
            let value = page.pointer("/value").and_then(Value::as_array);
            members.extend(value.ok_or_else(|| format!("{url}: the answer has no list"))?.iter().cloned());
            let link = ["/nextLink", "/@odata.nextLink"].into_iter().find_map(|link| page.pointer(link)?.as_str());
            next = link.filter(|link| link.starts_with(self.origin)).map(str::to_owned);
        }
        Ok(members)
    }

    async fn read(&self, url: &str) -> Result<Value, String> {
        let path = Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.path().to_owned());
        let failed = |error: &dyn std::error::Error| format!("GET {path}: {}", chain(error));
        let request = self.http.get(url).header(AUTHORIZATION, format!("Bearer {}", self.token));
        let response = request.send().await.map_err(|error| failed(&error.without_url()))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| failed(&error.without_url()))?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let code = body.pointer("/error/code").and_then(Value::as_str).unwrap_or("no error code");
        Err(format!("GET {path}: {} ({code})", status.as_u16()))
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    texts.join(": ")
}
