//! The server under test, and the description of its answers.

use std::{error::Error, time::Duration};

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header::HeaderMap, redirect};
use serde_json::Value;
use url::Url;

/// An instance that has been scaled to zero takes its time.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// The length to which an unexpected answer is shown.
const SHOWN: usize = 200;

pub(crate) struct Server {
    base: String,
    url: Url,
    http: Client,
}

/// A whole answer.
pub(crate) struct Answer {
    /// Method and path, to say what was asked.
    asked: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Server {
    pub(crate) fn new(url: &Url) -> Self {
        // Building fails only without a TLS library, which is compiled in.
        let http = Client::builder().redirect(redirect::Policy::none()).build().unwrap_or_default();
        Self { base: url.origin().ascii_serialization(), url: url.clone(), http }
    }

    /// The origin, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// An absolute URL with this path.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, String> {
        Self::answer(self.request(Method::GET, path)).await
    }

    /// Sends, and reads the whole answer.
    pub(crate) async fn answer(request: RequestBuilder) -> Result<Answer, String> {
        let (asked, response) = Self::send(request.timeout(REQUEST_TIMEOUT)).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.map_err(|error| format!("{asked}: {}", chain(error)))?;
        Ok(Answer { asked, status, headers, body })
    }

    /// Sends; what was asked, and the answer whose body has not been read.
    pub(crate) async fn send(request: RequestBuilder) -> Result<(String, Response), String> {
        let (client, request) = request.build_split();
        let request = request.map_err(chain)?;
        let asked = format!("{} {}", request.method(), request.url().path());
        let response = client.execute(request).await.map_err(|error| format!("{asked}: {}", chain(error)))?;
        Ok((asked, response))
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer's status, or what was answered instead.
    pub(crate) fn expect(self, status: StatusCode) -> Result<Self, String> {
        if self.status == status { Ok(self) } else { Err(self.unlike(&format!("{}", status.as_u16()))) }
    }

    pub(crate) fn json(&self) -> Result<Value, String> {
        serde_json::from_str(&self.body).map_err(|_| self.unlike("JSON"))
    }

    pub(crate) fn unlike(&self, expected: &str) -> String {
        let body: String = self.body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
        format!("{} is {}, and not {expected}: {body:?}", self.asked, self.status.as_u16())
    }
}

/// An error with everything that caused it, and without the URL, whose query is nobody's business.
pub(crate) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
