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
    origin: String,
    token: String,
    http: Client,
}

impl Service {
    pub(crate) fn resource_manager(token: String) -> Self {
        Self::new("https://management.azure.com".to_owned(), token)
    }

    pub(crate) fn graph(token: String) -> Self {
        Self::new("https://graph.microsoft.com".to_owned(), token)
    }

    fn new(origin: String, token: String) -> Self {
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
            next = link.filter(|link| self.is_own(link)).map(str::to_owned);
        }
        Ok(members)
    }

    /// Whether a link leads to the same service, with its port or without: the token goes to no other host.
    fn is_own(&self, link: &str) -> bool {
        Url::parse(link).is_ok_and(|link| link.origin().ascii_serialization() == self.origin)
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each request for a path with the status and body given for it, and panics at any other.
    async fn service(answers: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let own = origin.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![];
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                assert!(head.contains("authorization: Bearer t\r\n"), "{head}");
                let (status, body) = answers(head.split(' ').nth(1).unwrap(), &own);
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let http = Client::builder().no_proxy().build().unwrap();
        Service { http, ..Service::new(origin, "t".to_owned()) }
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_last_page_and_on_no_other_host() {
        let azure = service(|path, own| {
            let body = match path {
                "/list" => format!(r#"{{"value": [1], "nextLink": "{own}/list?page=2"}}"#),
                "/list?page=2" => r#"{"value": [2], "@odata.nextLink": "http://127.0.0.1:1/list"}"#.to_owned(),
                other => panic!("{other}"),
            };
            (200, body)
        });
        assert_eq!(azure.await.list("/list").await.unwrap(), [1, 2]);
    }

    #[test]
    fn a_link_with_the_usual_port_leads_to_the_same_service() {
        let azure = Service::resource_manager(String::new());
        assert!(azure.is_own("https://management.azure.com:443/subscriptions?page=2"));
        assert!(!azure.is_own("https://management.azure.com.example/subscriptions"));
    }

    #[tokio::test]
    async fn an_error_is_named_by_path_status_and_code() {
        let azure = service(|_, _| (403, r#"{"error": {"code": "AuthorizationFailed", "message": "m"}}"#.to_owned()));
        assert_eq!(azure.await.get("/a?api-version=1").await.unwrap_err(), "GET /a: 403 (AuthorizationFailed)");
        let odd = service(|_, _| (200, "[]".to_owned()));
        assert!(odd.await.list("/a").await.unwrap_err().ends_with("the answer has no list"));
    }
}
