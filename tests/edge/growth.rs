//! What a request asks the store for does not depend on how many grants the store holds.

use std::path::Path;

use authorization_server::ground::{Id, Subject};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use testkit::Rig;
use time::Duration;

use crate::{
    costs::graph,
    counted::{self, Bytes, Operations},
    rig::{Edge, json, request},
};

/// As src/store/embedded.rs writes them.
const OWNERS: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("owners");
/// Longer than a grant is believed.
const COLD: Duration = Duration::seconds(31);
/// A file of so many is many times as large as what redb keeps of it in memory.
const MANY: usize = 10_000;
/// The most that a request may read of the file: some pages for each level of the tree, and not the table.
const MOST_BYTES: usize = 512 * 1024;

/// Steps of a client's life, each with what it asked.
type Costs = Vec<(&'static str, Operations, Bytes)>;

/// Repeats what the one owner of the store has, under the names of other owners, until there are so many grants.
fn fill(path: &Path, grants: usize) {
    let database = Database::open(path).unwrap();
    let rows: Vec<(String, String)> = {
        let owners = database.begin_read().unwrap().open_table(OWNERS).unwrap();
        let text = |row: &[u8]| String::from_utf8(row.to_vec()).unwrap();
        owners.iter().unwrap().map(Result::unwrap).map(|(key, row)| (key.value().into(), text(row.value()))).collect()
    };
    let owner = rows[0].0.split('\0').next().unwrap();
    assert!(rows.iter().all(|(key, _)| key.starts_with(owner)), "one owner");
    assert_eq!(rows.iter().filter(|(key, _)| key.contains("\0grant:")).count(), 1, "with one grant");
    let transaction = database.begin_write().unwrap();
    {
        let mut owners = transaction.open_table(OWNERS).unwrap();
        for number in 1..grants {
            // Spread over the whole table, as those of people are.
            let spread = (number as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
            let other = Id::from_bytes(spread.to_be_bytes()).to_string();
            for (key, row) in &rows {
                let (key, row) = (key.replace(owner, &other), row.replace(owner, &other));
                owners.insert(key.as_str(), row.as_bytes()).unwrap();
            }
        }
    }
    transaction.commit().unwrap();
}

/// Another person than the one before.
fn somebody(rig: &Rig, oid: &str) {
    rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: oid.into() });
}

async fn call(edge: &Edge, token: &SecretString) {
    let params = json!({ "name": "get_graph_user_details" });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let call = request(http::Method::POST, "/mcp").header("authorization", format!("Bearer {}", token.expose_secret()));
    let answer = edge.send(json(call, &message)).await;
    assert_eq!(answer.json()["result"]["isError"], Value::Bool(false), "{}", answer.body);
}

/// What each step asks of a store with so many grants.
async fn costs(grants: usize) -> Costs {
    let (folder, graph) = (tempfile::tempdir().unwrap(), graph());
    let path = folder.path().join("store.redb");
    let (first, _, _) = counted::rig(&path, 1);
    first.sign_in().await.unwrap();
    drop(first);
    fill(&path, grants);
    let (rig, store, _) = counted::rig(&path, 2);
    let edge = Edge::over(rig, &graph);
    somebody(&edge, "who came before");
    edge.sign_in().await.unwrap();
    somebody(&edge, "who is counted");
    store.taken();
    let mut costs = Costs::new();
    let mut note = |step| {
        let (operations, bytes) = store.taken();
        costs.push((step, operations, bytes));
    };
    let signed_in = edge.sign_in().await.unwrap();
    note("sign-in");
    call(&edge, &signed_in.tokens.access_token).await;
    note("first call of a grant");
    edge.clock.advance(COLD);
    call(&edge, &signed_in.tokens.access_token).await;
    note("call, the grant cold");
    call(&edge, &signed_in.tokens.access_token).await;
    note("call, warm");
    let tokens = edge.refresh(&signed_in.client_id, &signed_in.tokens.refresh_token).await.unwrap();
    note("refresh");
    let form = [("client_id", signed_in.client_id.as_str()), ("token", tokens.refresh_token.expose_secret())];
    assert_eq!(edge.post("/revoke", &form).await.status, 200);
    note("revoke");
    costs
}

/// Each step of a store with this many grants asks for what it asks for where the store has one.
async fn is_flat(grants: usize) {
    let (of_one, of_many) = (costs(1).await, costs(grants).await);
    for ((step, one, bytes_of_one), (_, many, bytes)) in of_one.iter().zip(&of_many) {
        println!("{step}: {one:?}, {bytes_of_one:?}; with {grants} grants {many:?}, {bytes:?}");
    }
    for ((step, one, _), (_, many, bytes)) in of_one.iter().zip(&of_many) {
        assert_eq!(one, many, "{step}");
        assert!(bytes.read.max(bytes.written) <= MOST_BYTES, "{step}: {bytes:?}");
    }
    let operations = |step: &str| of_one.iter().find(|(other, ..)| *other == step).unwrap().1;
    // The grant, and the operator's blocks, which are read every 20 s.
    assert_eq!(operations("call, the grant cold"), Operations { reads: 2, items: 2, ..Operations::default() });
    assert_eq!(operations("call, warm"), Operations::default());
}

#[tokio::test]
async fn a_request_asks_a_store_with_many_grants_for_no_more_than_one_with_one() {
    is_flat(MANY).await;
}

#[tokio::test]
#[ignore = "run by `cargo xtask test http --long`: it writes three million items first"]
async fn a_request_asks_a_store_with_a_million_grants_for_no_more_than_one_with_one() {
    is_flat(1_000_000).await;
}
