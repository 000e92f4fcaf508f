//! A warm call asks only Graph: not the store, not Key Vault, not Entra. Its grant was read within 30 s, and its token for
//! Graph is kept.

use http::{Method, header};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    costs::graph,
    counted::{self, Operations},
    rig::{Edge, json, request},
    streams::{Stream, post},
};

fn call() -> Value {
    let params = json!({ "name": "get_graph_user_details" });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

async fn over_http(edge: &Edge, token: &str) -> Value {
    let request = request(Method::POST, "/mcp").header(header::AUTHORIZATION, format!("Bearer {token}"));
    edge.send(json(request, &call())).await.json()
}

async fn over_sse(edge: &Edge, stream: &mut Stream, token: &str) -> Value {
    let endpoint = stream.endpoint.clone();
    assert_eq!(post(edge, &endpoint, token, &call()).await.status, 202);
    stream.message().await
}

#[tokio::test]
async fn a_warm_call_asks_neither_store_nor_vault_nor_entra() {
    let (folder, graph) = (tempfile::tempdir().unwrap(), graph());
    let (rig, store, vault) = counted::rig(&folder.path().join("store.redb"), 1);
    let edge = Edge::over(rig, &graph);
    let token = edge.sign_in().await.unwrap().tokens.access_token;
    let token = token.expose_secret();
    let mut stream = Stream::open(&edge, token).await;
    for message in [driver::mcp::initialize(), driver::mcp::initialized()] {
        assert_eq!(post(&edge, &stream.endpoint, token, &message).await.status, 202);
    }
    stream.message().await;
    let asked = || (store.taken().0, vault.asked(), edge.upstream.asked().len());
    let (_, of_vault, of_entra) = asked();
    over_http(&edge, token).await;
    let (operations, vault_asked, entra_asked) = asked();
    assert!(operations.reads > 0 && entra_asked > of_entra, "the first call gets the token for Graph");
    assert!(of_vault > 0, "the ring was made");
    for round in 0..5 {
        let answers = [over_http(&edge, token).await, over_sse(&edge, &mut stream, token).await];
        for answer in answers {
            assert_eq!(answer["result"]["structuredContent"]["displayName"], "Bob Brown", "{answer}");
        }
        assert_eq!(asked(), (Operations::default(), vault_asked, entra_asked), "round {round}");
    }
    // A request reads the operator's blocks if they were read 20 s ago. That is still within the 30 s of the grant.
    edge.clock.advance(Duration::seconds(21));
    let mut reads = Vec::new();
    for _ in 0..3 {
        over_http(&edge, token).await;
        reads.push(store.taken().0.reads);
        over_sse(&edge, &mut stream, token).await;
        reads.push(store.taken().0.reads);
    }
    assert_eq!((reads.iter().sum::<usize>(), &reads[2..]), (1, [0; 4].as_slice()), "{reads:?}");
}
