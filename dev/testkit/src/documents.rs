//! A stand-in for the hosts that publish clients.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use authorization_server::client_documents::{ClientDocuments, FetchError, FetchedDocument, FetchedFor};
use oauth_protocol::https_url::HttpsUrl;
use time::Duration;

use crate::{REDIRECT_URI, lock};

/// The URL of the document that [`PublishedDocuments::publish_client`] publishes.
pub const CLIENT_URL: &str = "https://client.example/client.json";

/// Gives what was published, fresh for an hour, and counts the requests.
#[derive(Default)]
pub struct PublishedDocuments(Mutex<State>);

#[derive(Default)]
struct State {
    documents: HashMap<String, String>,
    refused: Option<FetchError>,
    asked: Vec<FetchedFor>,
}

impl PublishedDocuments {
    /// Publishes a text at a URL.
    pub fn publish(&self, url: &str, document: &str) {
        lock(&self.0).documents.insert(url.to_owned(), document.to_owned());
    }

    /// Publishes a client of this name at [`CLIENT_URL`].
    pub fn publish_client(&self, name: &str) {
        let text = serde_json::json!({ "client_id": CLIENT_URL, "client_name": name, "redirect_uris": [REDIRECT_URI] });
        self.publish(CLIENT_URL, &text.to_string());
    }

    /// Publishes nothing any more.
    pub fn withdraw_all(&self) {
        lock(&self.0).documents.clear();
    }

    /// Every further request gets this error.
    pub fn refuse(&self, error: FetchError) {
        lock(&self.0).refused = Some(error);
    }

    /// The number of requests so far.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.fetched_for().len()
    }

    /// For whom each was sent.
    #[must_use]
    pub fn fetched_for(&self) -> Vec<FetchedFor> {
        lock(&self.0).asked.clone()
    }
}

#[async_trait]
impl ClientDocuments for PublishedDocuments {
    async fn fetch(&self, url: &HttpsUrl, fetched_for: FetchedFor) -> Result<FetchedDocument, FetchError> {
        tokio::task::yield_now().await;
        let mut state = lock(&self.0);
        state.asked.push(fetched_for);
        if let Some(error) = &state.refused {
            return Err(error.clone());
        }
        let document =
            state.documents.get(url.as_str()).ok_or_else(|| FetchError::Failed("no such document".into()))?;
        Ok(FetchedDocument { body: document.clone().into_bytes(), fresh_for: Duration::HOUR })
    }
}
