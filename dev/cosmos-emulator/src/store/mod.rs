//! The items: those of the driver's emulator, less the expired ones.

mod change_feed;

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::account::{Account, CONTAINERS, DATABASE};
use crate::request::{DataRequest, ItemKey, PARTITION_KEY};
use crate::{Clock, StartError, Verb};

/// One database. The driver's emulator does not know when items expire.
pub(crate) struct Store {
    account: Account,
    clock: Clock,
    /// Of each item with a `ttl`: when it expires, in seconds since 1970. Held over each operation, so that expiring and
    /// writing are one step.
    expiry: Mutex<HashMap<ItemKey, i64>>,
}

impl Store {
    pub(crate) async fn create(origin: &str, clock: Clock) -> Result<Self, StartError> {
        Ok(Self { account: Account::create(origin).await?, clock, expiry: Mutex::default() })
    }

    /// Reads the account, a database, a container, its ranges or a query plan.
    pub(crate) async fn metadata(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.account.execute(request).await
    }

    /// Does what is asked.
    pub(crate) async fn perform(&self, request: &DataRequest) -> Response<Bytes> {
        let mut expiry = self.expiry.lock().await;
        self.remove_expired(&mut expiry).await;
        match request.verb {
            Verb::Read | Verb::Query => self.account.execute(&request.request).await,
            Verb::Feed => change_feed::read(&self.account, &request.request).await,
            Verb::Create | Verb::Replace | Verb::Upsert | Verb::Delete => self.write(request, &mut expiry).await,
        }
    }

    async fn write(&self, request: &DataRequest, expiry: &mut HashMap<ItemKey, i64>) -> Response<Bytes> {
        let response = self.account.execute(&request.request).await;
        if let Some(key) = request.key().filter(|_| response.status().is_success()) {
            match request.time_to_live {
                Some(seconds) => expiry.insert(key, (self.clock)().saturating_add(seconds)),
                None => expiry.remove(&key),
            };
        }
        response
    }

    /// An item is gone once its last second is over.
    async fn remove_expired(&self, expiry: &mut HashMap<ItemKey, i64>) {
        let now = (self.clock)();
        for (key, _) in expiry.extract_if(|_, at| *at <= now) {
            let id = percent_encoding::utf8_percent_encode(&key.id, percent_encoding::NON_ALPHANUMERIC);
            let path = format!("/dbs/{DATABASE}/colls/{}/docs/{id}", key.container);
            let request = Request::builder().method(Method::DELETE).uri(path).header(PARTITION_KEY, &key.partition);
            if let Ok(request) = request.body(Bytes::new()) {
                self.account.execute(&request).await;
            }
        }
    }

    /// Every item of a container.
    pub(crate) async fn dump(&self, container: &str) -> Vec<Value> {
        self.remove_expired(&mut *self.expiry.lock().await).await;
        let path = format!("/dbs/{DATABASE}/colls/{container}/docs");
        let Ok(request) = Request::get(path).body(Bytes::new()) else { return Vec::new() };
        let response = self.account.execute(&request).await;
        let page = serde_json::from_slice::<Value>(response.body()).ok();
        page.and_then(|mut page| page.get_mut("Documents")?.as_array_mut().map(std::mem::take)).unwrap_or_default()
    }

    /// Every item of every container.
    pub(crate) async fn dump_all(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for (container, _) in CONTAINERS {
            all.extend(self.dump(container).await);
        }
        all
    }
}
