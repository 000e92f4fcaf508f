//! One client for all tools: the tool owns its path, this owns tokens, retries, and what refusals mean.

use std::time::Duration;

use authorization_server::{
    resource::{
        authenticate::Principal,
        downstream::{DownstreamError, DownstreamTokens as _},
    },
    state::scopes,
};
use reqwest::{Response, StatusCode, header};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::TokenCache;

/// Retries of a throttled or failing request.
const RETRIES: u32 = 2;
/// Waited at most, whatever Retry-After asks; beyond it the caller is told.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// A request with its retries and the waits between them.
const LIMIT: Duration = Duration::from_secs(10);

/// Why Graph gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The access token does not cover the scope.
    #[error("the scope {0} was not granted")]
    Scope(&'static str),
    /// No downstream token.
    #[error(transparent)]
    Token(#[from] DownstreamError),
    /// 401, twice.
    #[error("the downstream token is refused")]
    Unauthorized,
    /// 403.
    #[error("forbidden")]
    Forbidden,
    /// 404.
    #[error("not found")]
    NotFound,
    /// 429, 5xx, a timeout, after retries.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Anything else.
    #[error("an answer that was not expected")]
    Unexpected,
}

impl GraphError {
    /// For the person in front of the client.
    pub fn in_plain_words(&self) -> &'static str {
        match self {
            Self::Scope(_) => "This application was not allowed to do that. Connect it again and allow it.",
            Self::Token(DownstreamError::SignInAgain) | Self::Unauthorized => {
                "Microsoft wants you to sign in again. Reconnect this server in your application."
            }
            Self::Token(DownstreamError::Refused(_)) => {
                "Microsoft Entra ID refuses this server. Its administrator must look at the server's log."
            }
            Self::Token(DownstreamError::Unavailable(_)) | Self::Unavailable(_) => {
                "Microsoft does not answer at the moment. Try again in a minute."
            }
            Self::Forbidden => "Microsoft Graph does not allow you to see this.",
            Self::NotFound => "Microsoft Graph does not know this.",
            Self::Unexpected => "Microsoft Graph gave an answer that this server does not understand.",
        }
    }
}

/// Microsoft Graph.
pub struct Graph {
    http: reqwest::Client,
    endpoint: String,
    tokens: TokenCache,
    limit: Duration,
}

impl Graph {
    /// At this endpoint.
    pub fn new(http: reqwest::Client, endpoint: String, tokens: TokenCache) -> Self {
        Self { http, endpoint, tokens, limit: LIMIT }
    }

    /// A Graph that no request reaches.
    #[cfg(test)]
    pub(crate) fn nowhere(tokens: TokenCache) -> Self {
        Self::new(reqwest::Client::new(), String::new(), tokens)
    }

    /// Reads a path as the principal, under one of our scopes.
    pub async fn get(&self, principal: &Principal, scope: &'static str, path: &str) -> Result<Value, GraphError> {
        let answer = self.authorized(principal, scope, path).await;
        answer.inspect_err(|error| tracing::warn!(%error, path, grant = %principal.grant.grant, "no answer from Graph"))
    }

    async fn authorized(&self, principal: &Principal, scope: &'static str, path: &str) -> Result<Value, GraphError> {
        if !principal.scope.contains(scope) {
            return Err(GraphError::Scope(scope));
        }
        let scopes = scopes::downstream_of(scope);
        match self.once(principal, &scopes, path).await {
            Err(GraphError::Unauthorized) => {
                self.tokens.forget(principal, &scopes).await;
                self.once(principal, &scopes, path).await
            }
            answer => answer,
        }
    }

    async fn once(&self, principal: &Principal, scopes: &[&'static str], path: &str) -> Result<Value, GraphError> {
        let token = self.tokens.token(principal, scopes).await?;
        let answer =
            tokio::time::timeout(self.limit, self.with_retries(token.access_token.expose_secret(), path)).await;
        answer.unwrap_or_else(|_| Err(GraphError::Unavailable(format!("no answer within {:?}", self.limit))))
    }

    async fn with_retries(&self, token: &str, path: &str) -> Result<Value, GraphError> {
        let mut attempt = 0;
        loop {
            let sent = self.http.get(format!("{}{path}", self.endpoint)).bearer_auth(token);
            let (reason, wait) = match sent.send().await {
                Ok(response) if !transient(response.status()) => return read(response).await,
                Ok(response) => (response.status().to_string(), retry_after(&response)),
                Err(error) => (error.without_url().to_string(), None),
            };
            let wait = wait.unwrap_or(Duration::from_millis(200 << attempt));
            if attempt == RETRIES || wait > LONGEST_WAIT {
                return Err(GraphError::Unavailable(reason));
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }
}

fn transient(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT || status.is_server_error()
}

/// In seconds; a date is taken as "later than we wait".
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    let seconds = value.to_str().ok().and_then(|text| text.parse().ok());
    Some(seconds.map_or(Duration::MAX, Duration::from_secs))
}

async fn read(response: Response) -> Result<Value, GraphError> {
    match response.status() {
        StatusCode::OK => response.json().await.map_err(|_| GraphError::Unexpected),
        StatusCode::UNAUTHORIZED => Err(GraphError::Unauthorized),
        StatusCode::FORBIDDEN => Err(GraphError::Forbidden),
        StatusCode::NOT_FOUND => Err(GraphError::NotFound),
        _ => Err(GraphError::Unexpected),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use authorization_server::{
        ground::{GrantKey, Id},
        resource::downstream::{DownstreamToken, DownstreamTokens},
    };
    use oauth_protocol::scope::Scope;
    use testkit::ManualClock;
    use time::OffsetDateTime;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        time::Instant,
    };

    use super::*;

    const SHORT: Duration = Duration::from_millis(500);
    const THROTTLED: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\ncontent-length: 0\r\n\r\n";

    struct SomeToken;

    #[async_trait]
    impl DownstreamTokens for SomeToken {
        async fn token(&self, _: &Principal, _: &[&'static str]) -> Result<DownstreamToken, DownstreamError> {
            Ok(DownstreamToken { access_token: "downstream".into(), expires_at: OffsetDateTime::UNIX_EPOCH })
        }
    }

    /// A Graph that answers every request with these bytes, or never where there are none.
    async fn graph(answer: &'static [u8]) -> Graph {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Graph::new(http, endpoint, TokenCache::new(Arc::new(SomeToken), Arc::new(ManualClock::default())))
    }

    async fn ask(graph: &Graph) -> Result<Value, GraphError> {
        let id = Id::from_bytes([7; 16]);
        let scope = Scope::parse("user.read").unwrap();
        let grant = GrantKey { owner: id, grant: id };
        let principal = Principal { grant, client: id, scope, expires_at: OffsetDateTime::UNIX_EPOCH };
        graph.get(&principal, "user.read", "/v1.0/me").await
    }

    #[tokio::test]
    async fn a_request_with_its_retries_ends_within_one_limit() {
        for answer in [b"".as_slice(), THROTTLED] {
            let graph = graph(answer).await;
            assert_eq!(graph.limit, Duration::from_secs(10));
            let (graph, begun) = (Graph { limit: SHORT, ..graph }, Instant::now());
            let unavailable = tokio::time::timeout(Duration::from_secs(20), ask(&graph)).await.unwrap().unwrap_err();
            assert!(matches!(unavailable, GraphError::Unavailable(_)), "{unavailable}");
            assert!((SHORT..SHORT * 5).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        }
    }
}
