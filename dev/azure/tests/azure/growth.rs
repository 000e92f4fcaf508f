//! The operations of a request on Cosmos DB do not depend on how many grants the account holds.

use authorization_server::ground::Id;
use azure_tests::is_by_the_clock;
use cosmos_emulator::Operation;
use futures_util::{StreamExt as _, stream};
use remote_auth_mcp::{
    ports::records::{Address, Container, ItemStore as _, Write},
    store::cosmos::Cosmos,
};
use serde_json::Value;
use time::Duration;

use crate::{
    browser::{Browser, Tokens},
    contract_on_cosmos::connected,
    deployment::{Deployment, rounds},
};

/// The user who was there before.
const EARLIER_USER: &str = "alice@contoso.example";
/// The user whose requests are counted.
const COUNTED_USER: &str = "bob@contoso.example";

/// A step of a client's life: what it asked, in order, and the request units of that. By the emulator's model, units follow from
/// the operations and the sizes of their documents.
struct Cost {
    step: &'static str,
    operations: Vec<String>,
    units: f64,
}

/// The cost of the requests since the last call.
fn taken(server: &Deployment, step: &'static str) -> Cost {
    let mut operations = server.azure.cosmos.clear_operations();
    operations.retain(|operation| !is_by_the_clock(operation));
    let words = |Operation { verb, container, partition, .. }: &Operation| {
        format!("{verb:?} {container}, {}", if partition.is_some() { "one partition" } else { "every partition" })
    };
    let units = operations.iter().map(|operation| operation.charge).sum();
    Cost { step, operations: operations.iter().map(words).collect(), units }
}

/// Repeats what the one owner of the account has, under the names of other owners, until there are so many grants.
async fn fill(server: &Deployment, grants: usize) {
    let items = server.azure.cosmos.dump_container(Container::Owners.name()).await;
    let owner = items[0]["owner"].as_str().unwrap().to_owned();
    assert!(items.iter().all(|item| item["owner"] == owner), "one owner");
    let is_grant = |item: &&Value| item["id"].as_str().unwrap().starts_with("grant:");
    assert_eq!(items.iter().filter(is_grant).count(), 1, "with one grant");
    let bodies: Vec<String> = items.into_iter().map(without_members_of_the_store).collect();
    let store = connected(&server.azure.cosmos, &server.azure.tenant).await;
    let copies = (1..grants).flat_map(|number| {
        let other = Id::from_bytes((number as u128).to_be_bytes()).to_string();
        let copies: Vec<String> = bodies.iter().map(|body| body.replace(&owner, &other)).collect();
        copies
    });
    stream::iter(copies).map(|body| create(&store, body)).buffer_unordered(8).collect::<()>().await;
    let owners = server.azure.cosmos.dump_container(Container::Owners.name()).await;
    assert_eq!(owners.iter().filter(is_grant).count(), grants);
}

fn without_members_of_the_store(mut item: Value) -> String {
    item.as_object_mut().unwrap().retain(|name, _| name != "ttl" && !name.starts_with('_'));
    item.to_string()
}

async fn create(store: &Cosmos, body: String) {
    let body: Value = serde_json::from_str(&body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let address = Address { container: Container::Owners, partition: text("owner"), id: text("id") };
    let written = store.create(&address, &body, Duration::days(1)).await.unwrap();
    assert!(matches!(written, Write::Done(_)), "{address:?}");
}

/// Signs a user in.
async fn signed_in(server: &Deployment, client_id: &str, user: &'static str) -> Tokens {
    Browser { user, ..Browser::default() }.tokens(server, client_id, "user.read").await
}

/// The cost of each step at an account with so many grants.
async fn costs(grants: usize) -> Vec<Cost> {
    let server = Deployment::start(1).await;
    let client_id = server.register().await;
    signed_in(&server, &client_id, EARLIER_USER).await;
    fill(&server, grants).await;
    taken(&server, "before");
    let tokens = signed_in(&server, &client_id, COUNTED_USER).await;
    let mut costs = vec![taken(&server, "sign-in")];
    for step in ["first call of a grant", "call, warm"] {
        let (status, answer) = server.call_tool(&tokens.access_token).await;
        assert_eq!((status, &answer["result"]["isError"]), (200, &Value::Bool(false)), "{answer}");
        costs.push(taken(&server, step));
    }
    let (status, refreshed) = server.refresh(&client_id, &tokens.refresh_token).await;
    assert_eq!(status, 200, "{refreshed}");
    costs.push(taken(&server, "refresh"));
    let form = [("token", refreshed["refresh_token"].as_str().unwrap()), ("client_id", &client_id)];
    assert_eq!(server.post("/revoke").form(&form).send().await.unwrap().status(), 200);
    costs.push(taken(&server, "revoke"));
    costs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_asks_an_account_with_many_grants_for_no_more_than_one_with_one() {
    // A query that were not limited to one owner would read a hundred times as much.
    let many = rounds(2_000, 100);
    for (one, many) in costs(1).await.iter().zip(&costs(many).await) {
        println!(
            "{}: {} operations, {:.2} units; with many {:.2}",
            one.step,
            one.operations.len(),
            one.units,
            many.units
        );
        assert_eq!(one.operations, many.operations, "{}", one.step);
        assert!((many.units - one.units).abs() <= one.units / 10.0, "{}: {} and {}", one.step, one.units, many.units);
        assert_eq!(one.operations.is_empty(), one.step == "call, warm", "{}", one.step);
    }
}
