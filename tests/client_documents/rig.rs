//! A document host, a resolver that a test can change, and the product's fetcher.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use authorization_server::{
    client_documents::{ClientDocuments as _, FetchError, FetchedDocument, FetchedFor},
    ground::Network,
};
use document_host::DocumentHost;
use oauth_protocol::{client_id_url::ClientIdUrl, https_url::HttpsUrl};
use remote_auth_mcp::client_documents::{Fetcher, PublicAddresses, Resolver};
use reqwest::Certificate;
use testkit::ManualClock;

/// Gives the same addresses for every name, but none for one that begins with `slow`, and remembers which names it was asked
/// for.
pub(crate) struct Names {
    pub(crate) addresses: Mutex<Vec<SocketAddr>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        if host.starts_with("slow") {
            std::future::pending::<()>().await;
        }
        Ok(self.addresses.lock().unwrap().clone())
    }
}

struct Shared(Arc<Names>);

#[async_trait]
impl Resolver for Shared {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        self.0.resolve(host).await
    }
}

pub(crate) struct Rig {
    pub(crate) host: DocumentHost,
    pub(crate) names: Arc<Names>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) fetcher: Arc<Fetcher>,
}

pub(crate) fn url(text: &str) -> HttpsUrl {
    HttpsUrl::parse(text).unwrap()
}

impl Rig {
    /// Where every name leads to the document host.
    pub(crate) async fn start() -> Self {
        Self::with(|names| Arc::new(Shared(names))).await
    }

    /// The same, with the product's check of addresses.
    pub(crate) async fn of_public_addresses() -> Self {
        Self::with(|names| Arc::new(PublicAddresses(Shared(names)))).await
    }

    async fn with(resolver: impl Fn(Arc<Names>) -> Arc<dyn Resolver>) -> Self {
        let host = DocumentHost::start(&["client.example", "*.client.example"]).await.unwrap();
        let names = Arc::new(Names { addresses: Mutex::new(vec![host.address()]), asked: Mutex::default() });
        let clock = Arc::new(ManualClock::default());
        let authority = Certificate::from_pem(host.authority().as_bytes()).unwrap();
        let resolver = || resolver(Arc::clone(&names));
        let fetcher = Fetcher::trusting(&authority, resolver, Arc::clone(&clock) as _).unwrap();
        Self { host, names, clock, fetcher: Arc::new(fetcher) }
    }

    pub(crate) async fn fetch(&self, text: &str) -> Result<FetchedDocument, FetchError> {
        self.fetch_for("20.1.2.3", text).await
    }

    /// For a caller at this address.
    pub(crate) async fn fetch_for(&self, address: &str, text: &str) -> Result<FetchedDocument, FetchError> {
        self.fetcher.fetch(&url(text), FetchedFor::Caller(Network::of(address.parse().unwrap()))).await
    }

    /// For the users of one client that was used before.
    pub(crate) async fn fetch_for_users(&self, text: &str) -> Result<FetchedDocument, FetchError> {
        self.fetch_for_users_of("https://client.example/client.json", "20.1.2.3", text).await
    }

    /// For the users of this client, whom a caller at this address names.
    pub(crate) async fn fetch_for_users_of(
        &self,
        client: &str,
        address: &str,
        text: &str,
    ) -> Result<FetchedDocument, FetchError> {
        let client = ClientIdUrl::parse(client).unwrap();
        let from = Network::of(address.parse().unwrap());
        self.fetcher.fetch(&url(text), FetchedFor::Users { client, from }).await
    }

    /// The reason why it is not fetched, for the log.
    pub(crate) async fn refused(&self, text: &str) -> String {
        match self.fetch(text).await.unwrap_err() {
            FetchError::Failed(reason) => reason,
            other => panic!("{other}"),
        }
    }
}
