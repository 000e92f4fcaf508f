//! The golden files are items as stores have them: each is read, and written again exactly as it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use authorization_server::state::{
    authorization::Authorization,
    blocks::Blocks,
    challenged_token::ChallengedToken,
    client::Client,
    grant::{Grant, Status},
    operator_record::OperatorRecord,
    owner::Owner,
    spent_assertion::SpentAssertion,
    upstream_tokens::UpstreamTokens,
};
use serde_json::Value;

use super::Shape;

/// Reads an item of a shape, and writes it again.
type Rewrite = fn(Value) -> Value;

/// The golden files of a shape are named after it: `grant.json`, `grant-unissued.json`, `grant-schema-1.json`.
const SHAPES: [(&str, Rewrite); 9] = [
    ("authorization", written_again::<Authorization>),
    ("blocks", written_again::<Blocks>),
    ("challenged-token", written_again::<ChallengedToken>),
    ("client", written_again::<Client>),
    ("grant", written_again::<Grant>),
    ("operator-record", written_again::<OperatorRecord>),
    ("owner", written_again::<Owner>),
    ("spent-assertion", written_again::<SpentAssertion>),
    ("upstream-tokens", written_again::<UpstreamTokens>),
];

/// A golden file of what is no record; a test of `src/vault/ring.rs` reads it.
const RING: &str = "ring.json";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/storage")
}

fn golden(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

fn written_again<T: Shape>(stored: Value) -> Value {
    T::decode(stored).unwrap().encode().unwrap()
}

#[test]
fn every_golden_item_is_written_again_unchanged_and_each_earlier_schema_has_one_and_a_test() {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut schemas: BTreeMap<&str, BTreeSet<u64>> = SHAPES.iter().map(|(shape, _)| (*shape, [].into())).collect();
    for name in entries.filter(|name| name != RING) {
        let of_shape = |shape: &str| name.strip_prefix(shape).is_some_and(|rest| rest.starts_with(['.', '-']));
        let (shape, written_again) = SHAPES.iter().find(|(shape, _)| of_shape(shape)).expect(&name);
        let (stored, written) = (golden(&name), written_again(golden(&name)));
        let [schema, newest] = [&stored, &written].map(|item| item["schema"].as_u64().unwrap());
        assert_eq!(name.contains(&format!("-schema-{schema}")), schema != newest, "{name}");
        if schema == newest {
            assert_eq!(written, stored, "{name}");
        } else {
            assert!(include_str!("tests.rs").contains(&format!("\"{name}\"")), "no test says how {name} is read");
        }
        schemas.get_mut(shape).unwrap().extend([schema, newest]);
    }
    for (shape, found) in schemas {
        let newest = found.last().copied().unwrap_or_default();
        assert_eq!(found, (1..=newest.max(1)).collect::<BTreeSet<_>>(), "{shape}: no golden file for one of these");
    }
}

#[test]
fn each_shape_has_golden_files() {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/shape")).unwrap();
    let sources = sources.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let shapes: usize =
        sources.map(|text| text.lines().filter(|line| line.starts_with("impl Shape for")).count()).sum();
    assert_eq!(shapes, SHAPES.len());
}

#[test]
fn a_decision_of_schema_1_is_read_as_one_that_took_effect() {
    let read = OperatorRecord::decode(golden("operator-record-schema-1.json")).unwrap();
    assert_eq!(read.encode().unwrap(), golden("operator-record-block.json"));
}

#[test]
fn an_authorization_of_schema_1_is_read_without_what_schema_2_adds() {
    let read = Authorization::decode(golden("authorization-schema-1.json")).unwrap();
    assert_eq!(read.decision, None);
    let mut expected = golden("authorization-pending-upstream.json");
    expected["stage"].as_object_mut().unwrap().remove("sealed_secrets");
    for member in ["address", "metadata"] {
        expected["stage"]["request"].as_object_mut().unwrap().remove(member);
    }
    assert_eq!(read.encode().unwrap(), expected);
}

#[test]
fn an_item_from_before_there_were_documents_is_read_as_one_of_a_registered_client() {
    let client = Client::decode(golden("client-schema-1.json")).unwrap();
    assert_eq!(client.encode().unwrap(), golden("client.json"));
    let mut expected = golden("client-document.json");
    expected["document"].as_object_mut().unwrap().remove("former_redirect_hosts");
    for name in ["client-schema-2.json", "client-schema-4.json"] {
        let document = Client::decode(golden(name)).unwrap();
        assert_eq!(document.encode().unwrap(), expected, "{name}: of a public client");
    }
    let client = Client::decode(golden("client-schema-3.json")).unwrap();
    assert_eq!(client.encode().unwrap(), golden("client.json"), "used on a day at least");
    let mut expected = golden("owner.json");
    for member in ["demands", "entra_clients"] {
        expected[member] = serde_json::json!([]);
    }
    assert_eq!(Owner::decode(golden("owner-schema-3.json")).unwrap().encode().unwrap(), expected);
    expected["approvals"][0].as_object_mut().unwrap().remove("metadata");
    assert_eq!(Owner::decode(golden("owner-schema-2.json")).unwrap().encode().unwrap(), expected);
    let mut expected = golden("authorization-pending-upstream.json");
    let read = Authorization::decode(golden("authorization-schema-3.json")).unwrap();
    assert_eq!(read.encode().unwrap(), expected, "at its first leg");
    expected["stage"]["request"].as_object_mut().unwrap().remove("metadata");
    assert_eq!(Authorization::decode(golden("authorization-schema-2.json")).unwrap().encode().unwrap(), expected);
}

#[test]
fn of_a_sign_in_of_schema_4_only_the_last_state_is_known() {
    let mut expected = golden("authorization-second-leg.json");
    expected["stage"]["binding"].as_object_mut().unwrap().remove("past_states");
    let read = |name: &str| Authorization::decode(golden(name)).unwrap().encode().unwrap();
    assert_eq!(read("authorization-schema-4-second-leg.json"), expected);
    assert_eq!(read("authorization-schema-4-failed.json"), golden("authorization-failed.json"));
}

#[test]
fn a_demand_of_schema_4_is_read_as_one_of_an_exchange_and_no_application_called() {
    let mut expected = golden("owner.json");
    expected["demands"][1]["refresh"] = false.into();
    expected["entra_clients"] = serde_json::json!([]);
    assert_eq!(Owner::decode(golden("owner-schema-4.json")).unwrap().encode().unwrap(), expected);
}

#[test]
fn an_owner_of_schema_1_is_read_without_addresses() {
    let mut expected = golden("owner.json");
    for member in ["demands", "entra_clients"] {
        expected[member] = serde_json::json!([]);
    }
    for member in ["address", "metadata"] {
        expected["approvals"][0].as_object_mut().unwrap().remove(member);
    }
    assert_eq!(Owner::decode(golden("owner-schema-1.json")).unwrap().encode().unwrap(), expected);
}

#[test]
fn a_grant_of_an_earlier_schema_is_of_a_public_client_without_an_address_and_written_as_schema_5() {
    let mut expected = golden("grant.json");
    assert_eq!(Grant::decode(golden("grant-schema-4.json")).unwrap().encode().unwrap(), expected);
    expected.as_object_mut().unwrap().remove("address");
    assert_eq!(Grant::decode(golden("grant-schema-3.json")).unwrap().encode().unwrap(), expected);
    for (issued, unissued) in [
        ("grant-schema-1.json", "grant-schema-1-unissued.json"),
        ("grant-schema-2.json", "grant-schema-2-unissued.json"),
    ] {
        let read = |name| Grant::decode(golden(name)).unwrap();
        assert_eq!(read(issued).encode().unwrap(), expected, "{issued}");
        assert_eq!((read(issued).status, read(issued).family.presented), (Status::Active, Some(1)), "{issued}");
        let unissued = read(unissued);
        assert_eq!((unissued.status, unissued.family.presented), (Status::Unissued, None), "{issued}");
        assert_eq!(unissued.encode().unwrap()["schema"], 5, "{issued}");
    }
}

#[test]
fn a_client_has_its_keys_in_one_place() {
    let mut both = golden("client-key-fetched.json");
    both["document"]["private_key_jwt"]["jwks"] =
        golden("client-key-inline.json")["document"]["private_key_jwt"]["jwks"].clone();
    assert!(Client::decode(both).is_err());
}

#[test]
fn the_ops_and_other_members_of_the_store_do_not_disturb() {
    let mut stored = golden("grant.json");
    stored["op"] = "x".into();
    stored["_etag"] = "y".into();
    assert!(Grant::decode(stored).is_ok());
}

#[test]
fn another_schema_is_refused() {
    let mut stored = golden("client.json");
    stored["schema"] = 6.into();
    assert!(Client::decode(stored).unwrap_err().to_string().contains("schema 6"));
}
