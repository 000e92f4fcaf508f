//! The services behind the server, counted: the store by its port and by its file, and Key Vault.

use std::{
    fs::File,
    io,
    num::NonZeroU32,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use authorization_server::{
    Ports,
    ground::{Clock, Unavailable},
    state::{client::Client, grant::Grant, operator_record::OperatorRecord},
};
use redb::{StorageBackend, backends::FileBackend};
use remote_auth_mcp::{
    ports::records::{Address, Container, Filter, Item, ItemPage, ItemStore, StoreError, Write},
    store::{ItemRepository, embedded::Embedded},
    vault::{
        Keyring, RingStore, Rotation,
        wrap::{KeyBytes, KeyWrap, Wrapped},
    },
};
use serde_json::Value;
use testkit::{Rig, SeededEntropy};
use time::Duration;

/// What the store was asked since the last question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Operations {
    pub(crate) reads: usize,
    pub(crate) writes: usize,
    pub(crate) queries: usize,
    /// That were read or written.
    pub(crate) items: usize,
}

/// What the store's file was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) read: usize,
    pub(crate) written: usize,
}

#[derive(Default)]
struct Counts {
    reads: AtomicUsize,
    writes: AtomicUsize,
    queries: AtomicUsize,
    items: AtomicUsize,
    bytes_read: Arc<AtomicUsize>,
    bytes_written: Arc<AtomicUsize>,
}

/// redb in a file.
pub(crate) struct CountedStore {
    store: Embedded,
    counts: Counts,
}

/// The file of redb.
#[derive(Debug)]
struct CountedFile {
    file: FileBackend,
    read: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
}

impl CountedStore {
    pub(crate) fn open(path: &Path, clock: Arc<dyn Clock>) -> Arc<Self> {
        let counts = Counts::default();
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap();
        let (read, written) = (Arc::clone(&counts.bytes_read), Arc::clone(&counts.bytes_written));
        let backend = CountedFile { file: FileBackend::new(file).unwrap(), read, written };
        Arc::new(Self { store: Embedded::on(backend, clock).unwrap(), counts })
    }

    /// Since the last question.
    pub(crate) fn taken(&self) -> (Operations, Bytes) {
        let take = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        let Counts { reads, writes, queries, items, bytes_read, bytes_written } = &self.counts;
        let operations =
            Operations { reads: take(reads), writes: take(writes), queries: take(queries), items: take(items) };
        (operations, Bytes { read: take(bytes_read), written: take(bytes_written) })
    }

    fn count(&self, operation: &AtomicUsize, items: usize) {
        operation.fetch_add(1, Ordering::SeqCst);
        self.counts.items.fetch_add(items, Ordering::SeqCst);
    }
}

#[async_trait]
impl ItemStore for CountedStore {
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError> {
        self.count(&self.counts.reads, 1);
        self.store.get(address).await
    }

    async fn create(&self, address: &Address, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        self.count(&self.counts.writes, 1);
        self.store.create(address, body, ttl).await
    }

    async fn replace(&self, address: &Address, etag: &str, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        self.count(&self.counts.writes, 1);
        self.store.replace(address, etag, body, ttl).await
    }

    async fn delete(&self, address: &Address) -> Result<(), StoreError> {
        self.count(&self.counts.writes, 1);
        self.store.delete(address).await
    }

    async fn page(
        &self,
        container: Container,
        filter: Filter,
        from: Option<&str>,
        most: NonZeroU32,
    ) -> Result<ItemPage, StoreError> {
        let page = self.store.page(container, filter, from, most).await?;
        self.count(&self.counts.queries, page.items.len());
        Ok(page)
    }

    async fn list(&self, container: Container, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let items = self.store.list(container, partition, prefix).await?;
        self.count(&self.counts.queries, items.len());
        Ok(items)
    }
}

impl StorageBackend for CountedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read.fetch_add(out.len(), Ordering::SeqCst);
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.written.fetch_add(data.len(), Ordering::SeqCst);
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

/// A wrapping key that counts how often it is asked. It wraps nothing.
#[derive(Default)]
pub(crate) struct CountedVault(AtomicUsize);

impl CountedVault {
    pub(crate) fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn count(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl KeyWrap for CountedVault {
    async fn current(&self) -> Result<String, Unavailable> {
        self.count();
        Ok("1".to_owned())
    }

    async fn wrap(&self, key: &KeyBytes) -> Result<Wrapped, Unavailable> {
        self.count();
        Ok(Wrapped { by: "1".to_owned(), bytes: key.to_vec() })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<KeyBytes, Unavailable> {
        self.count();
        Ok(KeyBytes::new(wrapped.bytes.as_slice().try_into().unwrap()))
    }
}

/// The rules on this store and this vault, as `startup` composes them. What is random differs by `seed`.
pub(crate) fn rig(path: &Path, seed: u64) -> (Rig, Arc<CountedStore>, Arc<CountedVault>) {
    let mut rig = Rig::new().unwrap();
    let (store, vault) = (CountedStore::open(path, Arc::clone(&rig.clock) as _), Arc::<CountedVault>::default());
    rig.ports = ports(&rig, &store, &vault, Arc::new(SeededEntropy::new(seed)));
    rig.server = Arc::new(rig.second_process());
    (rig, store, vault)
}

fn ports(rig: &Rig, store: &Arc<CountedStore>, vault: &Arc<CountedVault>, entropy: Arc<SeededEntropy>) -> Ports {
    let (records, clock) = (Arc::clone(store) as Arc<dyn ItemStore>, Arc::clone(&rig.clock) as Arc<dyn Clock>);
    let ring = RingStore {
        records: Arc::clone(&records),
        wrap: Arc::clone(vault) as _,
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy) as _,
    };
    let keyring = Keyring::new(ring, rig.server.base().issuer(), Rotation::default());
    let repositories = Repositories { records, clock, entropy };
    Ports {
        entropy: Arc::clone(&repositories.entropy) as _,
        sealer: Arc::new(keyring),
        clients: repositories.of(),
        authorizations: repositories.of(),
        grants: repositories.of(),
        owners: repositories.of(),
        owner_grants: repositories.of::<Grant>(),
        spent_assertions: repositories.of(),
        challenged_tokens: repositories.of(),
        upstream_tokens: repositories.of(),
        blocks: repositories.of(),
        operator_records: repositories.of(),
        client_list: repositories.of::<Client>(),
        operator_record_list: repositories.of::<OperatorRecord>(),
        ..rig.ports.clone()
    }
}

struct Repositories {
    records: Arc<dyn ItemStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<SeededEntropy>,
}

impl Repositories {
    fn of<T>(&self) -> Arc<ItemRepository<T>> {
        let Self { records, clock, entropy } = self;
        Arc::new(ItemRepository::new(Arc::clone(records), Arc::clone(clock), Arc::clone(entropy) as _))
    }
}
