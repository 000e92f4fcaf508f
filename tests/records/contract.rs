//! The contract of every store, as one list of cases. A store's test calls [`holds`] with a fresh store.

use std::num::NonZeroU32;

use remote_auth_mcp::ports::records::{Address, Container, Filter, ItemStore, Write};
use serde_json::{Value, json};
use testkit::ManualClock;
use time::Duration;

const HOUR: Duration = Duration::hours(1);
const PAGE: NonZeroU32 = NonZeroU32::new(6).unwrap();

/// Every case, each under names of its own.
pub(crate) async fn holds(store: &dyn ItemStore, clock: &ManualClock) {
    absence_is_none(store).await;
    a_created_item_is_read_back(store).await;
    a_second_create_conflicts(store).await;
    only_the_version_that_was_read_can_be_replaced(store).await;
    an_absent_item_cannot_be_replaced(store).await;
    a_version_is_never_used_twice(store).await;
    delete_is_idempotent(store).await;
    containers_and_partitions_are_apart(store).await;
    list_gives_the_items_of_one_partition_with_a_prefix(store).await;
    pages_give_every_listed_item_once(store).await;
    a_page_of_nothing_is_empty_and_the_last(store).await;
    an_item_that_has_expired_is_on_no_page(store, clock).await;
    the_newest_of_a_partition_come_first(store, clock).await;
    of_parallel_creates_one_is_done(store).await;
    of_parallel_replaces_one_is_done(store).await;
    an_item_is_gone_after_its_ttl(store, clock).await;
    a_write_restarts_its_ttl(store, clock).await;
    an_item_without_end_stays(store, clock).await;
}

fn at(case: &str) -> Address {
    Address { container: Container::Owners, partition: format!("partition of {case}"), id: case.to_owned() }
}

/// A body as the port wants it, with its own id and partition; `n` tells one write from another.
fn number(address: &Address, n: i64) -> Value {
    let mut body = json!({ "id": address.id, "n": n });
    body[address.container.partition_key()] = address.partition.clone().into();
    body
}

fn done(write: Write) -> String {
    match write {
        Write::Done(etag) => etag,
        Write::Conflict => panic!("a conflict that should not be"),
    }
}

async fn created(store: &dyn ItemStore, address: &Address, n: i64) -> String {
    done(store.create(address, &number(address, n), HOUR).await.unwrap())
}

/// The member `n` of what stands.
async fn n(store: &dyn ItemStore, address: &Address) -> Option<i64> {
    store.get(address).await.unwrap().map(|item| item.body["n"].as_i64().unwrap())
}

async fn absence_is_none(store: &dyn ItemStore) {
    assert_eq!(store.get(&at("absent")).await.unwrap(), None);
}

async fn a_created_item_is_read_back(store: &dyn ItemStore) {
    let address = at("read back");
    let mut value = number(&address, 1);
    value["rest"] =
        json!({ "text": "ä\u{0}\"", "list": [1, null, true], "nested": { "n": -1.5 }, "great": 1_803_340_900_123_i64 });
    let etag = done(store.create(&address, &value, HOUR).await.unwrap());
    let item = store.get(&address).await.unwrap().unwrap();
    assert_eq!((item.body, item.etag), (value, etag));
}

async fn a_second_create_conflicts(store: &dyn ItemStore) {
    let address = at("second create");
    created(store, &address, 1).await;
    assert_eq!(store.create(&address, &number(&address, 2), HOUR).await.unwrap(), Write::Conflict);
    assert_eq!(n(store, &address).await, Some(1));
}

async fn only_the_version_that_was_read_can_be_replaced(store: &dyn ItemStore) {
    let address = at("replace");
    let first = created(store, &address, 1).await;
    let second = done(store.replace(&address, &first, &number(&address, 2), HOUR).await.unwrap());
    assert_ne!(first, second);
    assert_eq!(store.replace(&address, &first, &number(&address, 3), HOUR).await.unwrap(), Write::Conflict);
    assert_eq!(n(store, &address).await, Some(2));
}

async fn an_absent_item_cannot_be_replaced(store: &dyn ItemStore) {
    let address = at("absent replace");
    assert_eq!(store.replace(&address, "1", &number(&address, 1), HOUR).await.unwrap(), Write::Conflict);
    assert_eq!(n(store, &address).await, None);
}

async fn a_version_is_never_used_twice(store: &dyn ItemStore) {
    let address = at("versions");
    let first = created(store, &address, 1).await;
    store.delete(&address).await.unwrap();
    created(store, &address, 2).await;
    assert_eq!(store.replace(&address, &first, &number(&address, 3), HOUR).await.unwrap(), Write::Conflict);
}

async fn delete_is_idempotent(store: &dyn ItemStore) {
    let address = at("delete");
    created(store, &address, 0).await;
    store.delete(&address).await.unwrap();
    store.delete(&address).await.unwrap();
    assert_eq!(n(store, &address).await, None);
}

async fn containers_and_partitions_are_apart(store: &dyn ItemStore) {
    let here = at("apart");
    let other_container = Address { container: Container::Events, ..here.clone() };
    let other_partition = Address { partition: "another".into(), ..here.clone() };
    created(store, &here, 1).await;
    created(store, &other_container, 2).await;
    created(store, &other_partition, 3).await;
    store.delete(&other_container).await.unwrap();
    store.delete(&other_partition).await.unwrap();
    assert_eq!(n(store, &here).await, Some(1));
}

async fn list_gives_the_items_of_one_partition_with_a_prefix(store: &dyn ItemStore) {
    let item = |partition: &str, id: &str| Address {
        container: Container::Owners,
        partition: partition.to_owned(),
        id: id.to_owned(),
    };
    let of_the_partition = ["a:1", "a:2", "a", "A:3", "b:a:"];
    let of_others = [("list2", "a:4"), ("lis", "a:5")];
    for (partition, id) in of_the_partition.map(|id| ("list", id)).into_iter().chain(of_others) {
        created(store, &item(partition, id), 1).await;
    }
    for (prefix, expected) in [("a:", &["a:1", "a:2"][..]), ("", &["A:3", "a", "a:1", "a:2", "b:a:"]), ("c", &[])] {
        let items = store.list(Container::Owners, "list", prefix).await.unwrap();
        let mut ids: Vec<&str> = items.iter().map(|item| item.body["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{prefix}");
    }
}

/// The ids of all pages, and the number of items on each.
async fn listed(store: &dyn ItemStore, is_number: bool) -> (Vec<String>, Vec<usize>) {
    let filter = Filter::Number { member: "listed", is_number };
    let (mut ids, mut sizes, mut from) = (Vec::new(), Vec::new(), None);
    loop {
        let page = store.page(Container::Clients, filter, from.as_deref(), PAGE).await.unwrap();
        sizes.push(page.items.len());
        ids.extend(page.items.into_iter().map(|item| item.body["id"].as_str().unwrap().to_owned()));
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    ids.sort();
    (ids, sizes)
}

fn to_list(id: &str, listed: &Value) -> (Address, Value) {
    let address = Address { container: Container::Clients, partition: id.to_owned(), id: id.to_owned() };
    let mut body = json!({ "id": id, "listed": listed });
    if body["listed"].is_null() && id.ends_with('7') {
        body.as_object_mut().unwrap().remove("listed");
    }
    (address, body)
}

async fn pages_give_every_listed_item_once(store: &dyn ItemStore) {
    let (numbers, others): (Vec<String>, Vec<String>) =
        (0..20).map(|n| (format!("n{n:02}"), format!("o{n:02}"))).unzip();
    for (id, listed) in numbers.iter().map(|id| (id, json!(7))).chain(others.iter().map(|id| (id, Value::Null))) {
        let (address, body) = to_list(id, &listed);
        done(store.create(&address, &body, HOUR).await.unwrap());
    }
    let (address, body) = to_list("o99", &json!("text"));
    done(store.create(&address, &body, HOUR).await.unwrap());
    for (is_number, expected) in [(true, numbers), (false, others.into_iter().chain(["o99".to_owned()]).collect())] {
        let (ids, sizes) = listed(store, is_number).await;
        assert_eq!(ids, expected);
        let most = usize::try_from(PAGE.get()).unwrap();
        assert!(sizes.len() > 1 && sizes.iter().all(|size| *size < 2 * most), "{sizes:?}");
    }
}

async fn a_page_of_nothing_is_empty_and_the_last(store: &dyn ItemStore) {
    for filter in [Filter::Number { member: "nothing", is_number: true }, Filter::Newest("nothing")] {
        let page = store.page(Container::Clients, filter, None, PAGE).await.unwrap();
        assert_eq!((page.items.len(), page.next), (0, None), "{filter:?}");
    }
}

async fn an_item_that_has_expired_is_on_no_page(store: &dyn ItemStore, clock: &ManualClock) {
    let (address, body) = to_list("expires", &json!(1));
    done(store.create(&address, &body, Duration::seconds(10)).await.unwrap());
    assert!(listed(store, true).await.0.contains(&"expires".to_owned()));
    clock.advance(Duration::seconds(10));
    assert!(!listed(store, true).await.0.contains(&"expires".to_owned()));
}

async fn the_newest_of_a_partition_come_first(store: &dyn ItemStore, clock: &ManualClock) {
    let item = |partition: &str, id: i64| Address {
        container: Container::Operator,
        partition: partition.to_owned(),
        id: id.to_string(),
    };
    for n in 0..20 {
        // In no order of their ids.
        created(store, &item("newest", n * 7 % 20), n).await;
    }
    created(store, &item("newe", 1), 99).await;
    let expires = item("newest", 99);
    done(store.create(&expires, &number(&expires, 99), Duration::SECOND).await.unwrap());
    clock.advance(Duration::SECOND);
    let (mut listed, mut from) = (Vec::new(), None);
    loop {
        let page = store.page(Container::Operator, Filter::Newest("newest"), from.as_deref(), PAGE).await.unwrap();
        assert!(page.items.len() <= usize::try_from(PAGE.get()).unwrap());
        listed.extend(page.items.into_iter().map(|item| item.body["n"].as_i64().unwrap()));
        assert!(listed.len() <= 20, "{listed:?}");
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, (0..20).rev().collect::<Vec<_>>());
}

async fn of_parallel_creates_one_is_done(store: &dyn ItemStore) {
    let address = at("parallel creates");
    let (one, other) = (number(&address, 1), number(&address, 2));
    let (first, second) = tokio::join!(store.create(&address, &one, HOUR), store.create(&address, &other, HOUR));
    let writes = [first.unwrap(), second.unwrap()];
    assert_eq!(writes.iter().filter(|write| **write == Write::Conflict).count(), 1);
}

async fn of_parallel_replaces_one_is_done(store: &dyn ItemStore) {
    let address = at("parallel replaces");
    let etag = created(store, &address, 0).await;
    let (one, other) = (number(&address, 1), number(&address, 2));
    let (first, second) =
        tokio::join!(store.replace(&address, &etag, &one, HOUR), store.replace(&address, &etag, &other, HOUR));
    let writes = [first.unwrap(), second.unwrap()];
    assert_eq!(writes.iter().filter(|write| **write == Write::Conflict).count(), 1);
}

async fn an_item_is_gone_after_its_ttl(store: &dyn ItemStore, clock: &ManualClock) {
    let address = at("ttl");
    store.create(&address, &number(&address, 1), Duration::seconds(10)).await.unwrap();
    clock.advance(Duration::seconds(9));
    assert!(n(store, &address).await.is_some());
    clock.advance(Duration::seconds(1));
    assert_eq!(n(store, &address).await, None);
    created(store, &address, 2).await;
    assert_eq!(n(store, &address).await, Some(2));
}

async fn a_write_restarts_its_ttl(store: &dyn ItemStore, clock: &ManualClock) {
    let address = at("ttl anew");
    let etag = done(store.create(&address, &number(&address, 1), Duration::seconds(10)).await.unwrap());
    clock.advance(Duration::seconds(6));
    done(store.replace(&address, &etag, &number(&address, 2), Duration::seconds(10)).await.unwrap());
    clock.advance(Duration::seconds(6));
    assert!(n(store, &address).await.is_some());
}

async fn an_item_without_end_stays(store: &dyn ItemStore, clock: &ManualClock) {
    let address = at("without end");
    done(store.create(&address, &number(&address, 1), Duration::MAX).await.unwrap());
    clock.advance(Duration::days(1000));
    assert_eq!(n(store, &address).await, Some(1));
}
