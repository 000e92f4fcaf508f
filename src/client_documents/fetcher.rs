//! One GET request, with every guard.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use authorization_server::{
    client_documents::{ClientDocuments, FetchError, FetchedDocument, FetchedFor},
    ground::{Clock, Network, TooMany},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use moka::future::Cache;
use oauth_protocol::{client_id_url::ClientIdUrl, https_url::HttpsUrl};
use reqwest::{Certificate, Client, ClientBuilder, Response, redirect::Policy};
use tokio::time::timeout;

use super::{
    freshness::fresh_for,
    rates::{RateKey, rates},
    resolver::{Pinned, Resolver},
};
use crate::{
    buckets::Buckets,
    budget::{Budget, Exhausted, Permit, SharedBudget},
    limited_answer,
    telemetry::chain,
};

/// draft-ietf-oauth-client-id-metadata-document-02 §8.7 recommends it.
const MAX_DOCUMENT: usize = 5 * 1024;
/// For a whole request: the lookup of the name, the connection, the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Requests of a lane at the same time. The head of an answer takes 400 KiB at most before hyper refuses it.
const REQUESTS_AT_ONCE: usize = 32;
/// Requests for the callers of one network at the same time: an eighth.
const NETWORK_AT_ONCE: usize = REQUESTS_AT_ONCE / 8;

/// Fetches documents from public hosts. Those of clients that were used have a lane of their own: what callers name beside them
/// does not slow it down.
pub struct Fetcher {
    strangers: Lane,
    users: Lane,
    requests: Buckets<RateKey>,
    answers: Budget,
    in_flight: Cache<(HttpsUrl, Option<ClientIdUrl>), FetchedDocument>,
}

/// A client, whose resolver is its own, and its places.
struct Lane {
    http: Client,
    places: SharedBudget<Network>,
}

impl Fetcher {
    /// Connects to the addresses that resolvers give, one for each lane, and trusts the certificates that the system trusts.
    pub fn new(resolver: impl Fn() -> Arc<dyn Resolver>, clock: Arc<dyn Clock>) -> reqwest::Result<Self> {
        Self::build(|| client(resolver()), clock)
    }

    /// The same, which also trusts this authority: of a document host that stands in for one on the internet.
    pub fn trusting(
        authority: &Certificate,
        resolver: impl Fn() -> Arc<dyn Resolver>,
        clock: Arc<dyn Clock>,
    ) -> reqwest::Result<Self> {
        Self::build(|| client(resolver()).tls_certs_merge([authority.clone()]), clock)
    }

    fn build(http: impl Fn() -> ClientBuilder, clock: Arc<dyn Clock>) -> reqwest::Result<Self> {
        let lane = || {
            let places = SharedBudget::new(REQUESTS_AT_ONCE, NETWORK_AT_ONCE);
            http().build().map(|http| Lane { http, places })
        };
        Ok(Self {
            strangers: lane()?,
            users: lane()?,
            requests: Buckets::new(clock),
            answers: Budget::new(2 * REQUESTS_AT_ONCE * MAX_DOCUMENT),
            in_flight: Cache::builder().max_capacity(10_000).time_to_live(REQUEST_TIMEOUT).build(),
        })
    }

    async fn fetch_now(&self, url: &HttpsUrl, fetched_for: &FetchedFor) -> Result<FetchedDocument, FetchError> {
        let (lane, mut place) = self.place(fetched_for);
        place.grow(1).map_err(|Exhausted| FetchError::TooMany(TooMany { wait: REQUEST_TIMEOUT }))?;
        self.requests.take(&rates(url, fetched_for)).map_err(FetchError::TooMany)?;
        let fetched = timeout(REQUEST_TIMEOUT, self.get(&lane.http, url)).await;
        fetched.unwrap_or_else(|_| Err(failed("it took longer than five seconds")))
    }

    /// The lane of a request, and a permit for a place there. Without a gateway all callers would have one share, so there is
    /// none.
    fn place(&self, fetched_for: &FetchedFor) -> (&Lane, Permit) {
        let (lane, from) = match *fetched_for {
            FetchedFor::Users { from, .. } => (&self.users, from),
            FetchedFor::Caller(from) => (&self.strangers, from),
        };
        let places = &lane.places;
        (lane, if from == Network::UNKNOWN { places.whole().permit() } else { places.permit(from) })
    }

    async fn get(&self, http: &Client, url: &HttpsUrl) -> Result<FetchedDocument, FetchError> {
        let request = http.get(url.as_str());
        let response = request.send().await.map_err(|error| failed(chain(&error.without_url())))?;
        check(&response)?;
        let fresh_for = fresh_for(response.headers());
        let read = limited_answer::read(response, MAX_DOCUMENT, self.answers.permit()).await;
        let body = read.map_err(|error| failed(chain(&error)))?.to_vec();
        Ok(FetchedDocument { body, fresh_for })
    }
}

/// Each connection is for one request, so that each request goes to addresses that were checked for it. A proxy would
/// resolve the name itself. Another dependency may turn reqwest's decompression on, so it is turned off here.
fn client(resolver: Arc<dyn Resolver>) -> ClientBuilder {
    let headers = [
        (header::ACCEPT, HeaderValue::from_static("application/json")),
        (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        (header::USER_AGENT, HeaderValue::from_static("remote-auth-mcp")),
    ];
    Client::builder()
        .https_only(true)
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .pool_max_idle_per_host(0)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .dns_resolver(Arc::new(Pinned(resolver)))
        .default_headers(headers.into_iter().collect::<HeaderMap>())
}

/// draft §4 and §5: 200 and JSON, and nothing else. Compressed JSON could be larger than it looks.
fn check(response: &Response) -> Result<(), FetchError> {
    if response.status() != StatusCode::OK {
        return Err(failed(format!("the status is {}", response.status().as_u16())));
    }
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    if header(header::CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(failed("the answer is compressed"));
    }
    if header(header::CONTENT_TYPE).is_some_and(is_json) { Ok(()) } else { Err(failed("the answer is not JSON")) }
}

/// `application/json`, or a type that is JSON by its suffix (RFC 6839 §3.1).
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = media_type.strip_prefix("application/").unwrap_or_default();
    subtype == "json" || subtype.ends_with("+json")
}

fn failed(reason: impl Into<String>) -> FetchError {
    FetchError::Failed(reason.into())
}

#[async_trait]
impl ClientDocuments for Fetcher {
    async fn fetch(&self, url: &HttpsUrl, fetched_for: FetchedFor) -> Result<FetchedDocument, FetchError> {
        let client = match &fetched_for {
            FetchedFor::Caller(_) => None,
            FetchedFor::Users { client, .. } => Some(client.clone()),
        };
        let request = (url.clone(), client);
        let fetched = self.in_flight.try_get_with_by_ref(&request, self.fetch_now(url, &fetched_for)).await;
        self.in_flight.invalidate(&request).await;
        fetched.map_err(|error| FetchError::clone(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_media_type() {
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/oauth-client+json"] {
            assert!(is_json(json), "{json}");
        }
        for other in ["", "text/html", "text/json", "application/jsonp", "application/json+x", "json", "*/*"] {
            assert!(!is_json(other), "{other}");
        }
    }
}
