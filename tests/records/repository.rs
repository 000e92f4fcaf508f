//! A typed repository over the items of a store.

use std::sync::Arc;

use authorization_server::{
    ground::{
        Advanced, Clock as _, Created, Dependency, GrantKey, Id, ListedRecords, OwnedRecords as _, Record,
        Repository as _,
    },
    state::{
        client::{Client, Origin},
        grant::Grant,
        operator_record::{OperatorDecision, OperatorRecord},
    },
};
use remote_auth_mcp::{
    ports::records::{Address, Container, ItemStore as _, Write},
    store::{ItemRepository, embedded::Embedded},
};
use serde_json::{Value, json};
use testkit::{ManualClock, SeededEntropy};
use time::Duration;

struct Rig {
    clock: Arc<ManualClock>,
    store: Arc<Embedded>,
}

impl Rig {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(Embedded::in_memory(Arc::clone(&clock) as _).unwrap());
        Self { clock, store }
    }

    fn repository<T>(&self) -> ItemRepository<T> {
        let (store, clock) = (Arc::clone(&self.store) as _, Arc::clone(&self.clock) as _);
        ItemRepository::new(store, clock, Arc::new(SeededEntropy::new(1)))
    }

    /// A registration that ends after this.
    fn client(&self, lifetime: Duration) -> Client {
        let now = self.clock.now();
        Client {
            id: Id::from_bytes([1; 16]),
            origin: Origin::Registration,
            name: Some("Client".to_owned()),
            redirect_uris: Vec::new(),
            registered_at: now,
            used_at: None,
            days_used: 0,
            expires_at: now + lifetime,
        }
    }

    async fn put(&self, address: &Address, body: &Value) {
        let written = self.store.create(address, body, Duration::MAX).await.unwrap();
        assert!(matches!(written, Write::Done(_)));
    }
}

fn address_of_client() -> Address {
    let id = Id::from_bytes([1; 16]).to_string();
    Address { container: Container::Clients, partition: id.clone(), id }
}

fn golden(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/storage").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn a_record_ends_in_the_store_when_it_expires_by_itself() {
    let rig = Rig::new();
    let clients = rig.repository::<Client>();
    let client = rig.client(Duration::HOUR);
    clients.create(client.clone()).await.unwrap();
    rig.clock.advance(Duration::HOUR - Duration::SECOND);
    assert_eq!(clients.get(&client.id).await.unwrap().unwrap().value.name.as_deref(), Some("Client"));
    rig.clock.advance(Duration::SECOND);
    assert!(clients.get(&client.id).await.unwrap().is_none());
    assert!(matches!(clients.create(rig.client(Duration::HOUR)).await.unwrap(), Created::Done(_)));
}

#[tokio::test]
async fn a_record_that_has_already_expired_is_written_for_a_second() {
    let rig = Rig::new();
    let clients = rig.repository::<Client>();
    for lifetime in [Duration::ZERO, -Duration::DAY] {
        let client = rig.client(lifetime);
        assert!(matches!(clients.create(client.clone()).await.unwrap(), Created::Done(_)), "{lifetime}");
        assert!(clients.get(&client.id).await.unwrap().is_some(), "{lifetime}");
        rig.clock.advance(Duration::SECOND);
        assert!(clients.get(&client.id).await.unwrap().is_none(), "{lifetime}");
    }
}

#[tokio::test]
async fn every_write_has_an_op_of_its_own() {
    let rig = Rig::new();
    let clients = rig.repository::<Client>();
    let mut ops = std::collections::BTreeSet::new();
    let Created::Done(mut stored) = clients.create(rig.client(Duration::HOUR)).await.unwrap() else {
        panic!("it exists")
    };
    for _ in 0..10 {
        let item = rig.store.get(&address_of_client()).await.unwrap().unwrap();
        assert_eq!(item.etag, stored.version);
        ops.insert(item.body["op"].as_str().unwrap().to_owned());
        let Advanced::Done(next) = clients.advance(&stored.version, stored.value).await.unwrap() else {
            panic!("lost")
        };
        stored = next;
    }
    assert_eq!(ops.len(), 10);
}

#[tokio::test]
async fn a_stale_version_is_lost_and_a_deleted_record_is_lost_to_nothing() {
    let rig = Rig::new();
    let clients = rig.repository::<Client>();
    let Created::Done(first) = clients.create(rig.client(Duration::HOUR)).await.unwrap() else { panic!("it exists") };
    clients.advance(&first.version, rig.client(Duration::DAY)).await.unwrap();
    let Advanced::Lost(Some(current)) = clients.advance(&first.version, first.value).await.unwrap() else {
        panic!("a stale version was replaced")
    };
    let id = current.value.id;
    clients.delete(&id).await.unwrap();
    assert!(matches!(clients.advance(&current.version, current.value).await.unwrap(), Advanced::Lost(None)));
    clients.delete(&id).await.unwrap();
}

#[tokio::test]
async fn an_item_that_is_no_record_is_an_outage_of_the_store_and_no_absence() {
    let rig = Rig::new();
    let clients = rig.repository::<Client>();
    let mut of_another_schema = golden("client.json");
    of_another_schema["schema"] = 9.into();
    for body in [json!({ "id": "x" }), of_another_schema, json!({ "schema": 1 })] {
        rig.put(&address_of_client(), &body).await;
        let refused = clients.get(&Id::from_bytes([1; 16])).await.err().unwrap();
        assert_eq!(refused.dependency, Dependency::Store);
        assert!(refused.reason.starts_with("malformed item: "), "{}", refused.reason);
        assert!(clients.create(rig.client(Duration::HOUR)).await.is_err(), "it is not taken for another's record");
        rig.store.delete(&address_of_client()).await.unwrap();
    }
}

#[tokio::test]
async fn the_grants_of_an_owner_are_those_in_the_owners_partition_and_nothing_else_there() {
    let rig = Rig::new();
    let grants = rig.repository::<Grant>();
    let (mut grant, mut owner) = (golden("grant.json"), golden("owner.json"));
    let partition = grant["owner"].as_str().unwrap().to_owned();
    let item = |id: &str, partition: &str| Address {
        container: Container::Owners,
        partition: partition.to_owned(),
        id: id.to_owned(),
    };
    let id = grant["id"].as_str().unwrap().to_owned();
    rig.put(&item(&id, &partition), &grant).await;
    owner["owner"] = partition.clone().into();
    rig.put(&item("owner", &partition), &owner).await;
    rig.put(&item("upstream-tokens:x", &partition), &golden("upstream-tokens.json")).await;
    let other = Id::from_bytes([9; 16]);
    grant["owner"] = other.to_string().into();
    rig.put(&item(&id, &other.to_string()), &grant).await;
    let owner = Id::parse(&partition).unwrap();
    let found: Vec<GrantKey> = grants.of_owner(owner).await.unwrap().into_iter().map(|grant| grant.key).collect();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].owner, format!("grant:{}", found[0].grant)), (owner, id));
    assert!(grants.of_owner(Id::from_bytes([8; 16])).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_malformed_grant_hides_no_other_grant_of_its_owner_by_an_empty_list() {
    let rig = Rig::new();
    let owner = Id::from_bytes([3; 16]);
    let address = Address { container: Container::Owners, partition: owner.to_string(), id: "grant:x".into() };
    rig.put(&address, &json!({ "id": "grant:x", "owner": owner.to_string() })).await;
    assert_eq!(rig.repository::<Grant>().of_owner(owner).await.unwrap_err().dependency, Dependency::Store);
}

fn numbered(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

async fn listed<T: Record>(records: &impl ListedRecords<T>) -> Vec<Vec<T>> {
    let (mut pages, mut place) = (Vec::new(), None);
    loop {
        let page = records.page(place.as_deref()).await.unwrap();
        pages.push(page.records);
        match page.next {
            Some(next) => place = Some(next),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn clients_in_use_are_listed_before_the_others_and_each_once() {
    let rig = Rig::new();
    let clients = rig.repository::<Client>();
    assert_eq!(listed(&clients).await.concat().len(), 0);
    for number in 0..90 {
        let used_at = (number % 3 == 0).then(|| rig.clock.now());
        clients.create(Client { id: numbered(number), used_at, ..rig.client(Duration::DAY) }).await.unwrap();
    }
    let pages = listed(&clients).await;
    assert!(pages.iter().all(|page| !page.is_empty() && page.len() <= 25), "no page is empty or long");
    let all = pages.concat();
    assert_eq!(all.iter().take_while(|client| client.used_at.is_some()).count(), 30);
    let mut ids: Vec<String> = all.iter().map(|client| client.id.to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), all.len()), (90, 90));
}

#[tokio::test]
async fn the_records_of_operators_are_listed_the_newest_first_and_each_once() {
    let rig = Rig::new();
    let records = rig.repository::<OperatorRecord>();
    for number in 0..40 {
        rig.clock.advance(Duration::SECOND);
        let (actor, decision) = ("operator".to_owned(), OperatorDecision::EndUser(numbered(1)));
        let record = OperatorRecord { id: numbered(number), actor, decision, at: rig.clock.now(), took_effect: true };
        records.create(record).await.unwrap();
    }
    let pages = listed(&records).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [25, 15]);
    let ids: Vec<Id> = pages.concat().iter().map(|record| record.id).collect();
    assert_eq!(ids, (0..40).rev().map(numbered).collect::<Vec<_>>());
}
