//! The items: those of the driver's emulator, less what has expired.

mod change_feed;
mod items;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{
    StartError,
    account::{Account, CONTAINERS},
    answer,
    clock::Clock,
    requests::{DataRequest, ItemKey, PARTITION_KEY, Verb},
};
use items::Items;

/// How a point read may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// The version before the newest.
    Previous,
    /// As if nothing was ever written.
    Absent,
}

/// One database.
pub(crate) struct Store {
    account: Account,
    database: String,
    clock: Clock,
    /// Held over each operation, so that expiring, writing and remembering are one step.
    items: Mutex<Items>,
}

impl Store {
    pub(crate) async fn create(database: &str, clock: Clock) -> Result<Self, StartError> {
        let account = Account::create(database).await?;
        Ok(Self { account, database: database.to_owned(), clock, items: Mutex::default() })
    }

    /// Reads the account, a database, a container, its ranges or a query plan.
    pub(crate) async fn metadata(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.account.execute(request).await
    }

    /// Whether the item has had an earlier version.
    pub(crate) async fn has_previous(&self, key: &ItemKey) -> bool {
        self.items.lock().await.previous(key).is_some()
    }

    /// Does what is asked.
    pub(crate) async fn perform(&self, request: &DataRequest, stale: Option<Stale>) -> Response<Bytes> {
        let time_to_live = match request.time_to_live() {
            Ok(time_to_live) => time_to_live,
            Err(refusal) => return *refusal,
        };
        let mut items = self.items.lock().await;
        self.remove_expired(&mut items).await;
        match request.verb {
            Verb::Read => self.read(request, &items, stale).await,
            Verb::Query => self.account.execute(&request.request).await,
            Verb::Feed => change_feed::read(&self.account, &request.request).await,
            _ => self.write(request, &mut items, time_to_live).await,
        }
    }

    async fn read(&self, request: &DataRequest, items: &Items, stale: Option<Stale>) -> Response<Bytes> {
        let fresh = self.account.execute(&request.request).await;
        let key = request.key();
        match (stale, key) {
            (Some(Stale::Previous), Some(key)) => match items.previous(&key) {
                Some(previous) => replaced(fresh, previous),
                None => fresh,
            },
            (Some(Stale::Absent), Some(key)) => answer::item_not_found(&key.id, fresh.headers()),
            _ => fresh,
        }
    }

    async fn write(&self, request: &DataRequest, items: &mut Items, time_to_live: Option<i64>) -> Response<Bytes> {
        let Some(key) = request.key() else { return answer::bad_request("Missing 'id' field in document") };
        let before = if request.verb == Verb::Create { None } else { self.current(&key).await };
        let response = self.account.execute(&request.request).await;
        if response.status().is_success() {
            let expires = time_to_live.map(|seconds| (self.clock)().saturating_add(seconds));
            items.written(key, expires, before);
        }
        response
    }

    async fn current(&self, key: &ItemKey) -> Option<Value> {
        let response = self.account.execute(&self.request_for(Method::GET, key)?).await;
        if response.status().is_success() { serde_json::from_slice(response.body()).ok() } else { None }
    }

    /// Removes what has expired by now.
    pub(crate) async fn sweep(&self) {
        self.remove_expired(&mut *self.items.lock().await).await;
    }

    async fn remove_expired(&self, items: &mut Items) {
        for key in items.take_expired((self.clock)()) {
            if let Some(request) = self.request_for(Method::DELETE, &key) {
                self.account.execute(&request).await;
            }
        }
    }

    fn request_for(&self, method: Method, key: &ItemKey) -> Option<Request<Bytes>> {
        let id = percent_encoding::utf8_percent_encode(&key.id, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/dbs/{}/colls/{}/docs/{id}", self.database, key.container);
        let request = Request::builder().method(method).uri(path).header(PARTITION_KEY, &key.partition);
        request.body(Bytes::new()).ok()
    }

    /// Every item of a container.
    pub(crate) async fn dump(&self, container: &str) -> Vec<Value> {
        let mut items = self.items.lock().await;
        self.remove_expired(&mut items).await;
        self.stored(container).await
    }

    /// What the driver's emulator holds, expired or not.
    pub(crate) async fn stored(&self, container: &str) -> Vec<Value> {
        let path = format!("/dbs/{}/colls/{container}/docs", self.database);
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

/// A true answer, with another version in it.
fn replaced(fresh: Response<Bytes>, version: &Value) -> Response<Bytes> {
    let (mut parts, _) = fresh.into_parts();
    parts.status = http::StatusCode::OK;
    parts.headers.remove(answer::SUBSTATUS);
    if let Some(etag) = version.get("_etag").and_then(Value::as_str).and_then(|etag| etag.parse().ok()) {
        parts.headers.insert(header::ETAG, etag);
    }
    Response::from_parts(parts, Bytes::from(version.to_string()))
}
