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
type Rewrite = fn(Value) -> serde_json::Result<Value>;

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

fn written_again<T: Shape>(stored: Value) -> serde_json::Result<Value> {
    T::decode(stored)?.encode()
}

/// The names of the golden files of records, each with its row of `SHAPES`.
fn golden_items() -> impl Iterator<Item = (String, &'static (&'static str, Rewrite))> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != RING).map(|name| {
        let is_of = |shape: &str| name.strip_prefix(shape).is_some_and(|rest| rest.starts_with(['.', '-']));
        let shape = SHAPES.iter().find(|(shape, _)| is_of(shape)).expect(&name);
        (name, shape)
    })
}

#[test]
fn every_golden_item_is_written_again_unchanged_and_each_earlier_schema_has_one_and_a_test() {
    let mut schemas: BTreeMap<&str, BTreeSet<u64>> = SHAPES.iter().map(|(shape, _)| (*shape, [].into())).collect();
    for (name, (shape, written_again)) in golden_items() {
        let (stored, written) = (golden(&name), written_again(golden(&name)).expect(&name));
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

/// The JSON pointers to everything in this value.
fn pointers(value: &Value) -> Vec<String> {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(entries) => entries.iter().enumerate().map(|(index, entry)| (index.to_string(), entry)).collect(),
        _ => Vec::new(),
    };
    let below = |(name, member)| {
        let below = pointers(member).into_iter().map(|pointer| format!("/{name}{pointer}")).collect::<Vec<_>>();
        [vec![format!("/{name}")], below].concat()
    };
    members.into_iter().flat_map(below).collect()
}

/// The variants that may stand here: serde names them all when it meets another one.
fn variants(item: &Value, pointer: &str, written_again: Rewrite) -> Vec<String> {
    let mut other = item.clone();
    *other.pointer_mut(pointer).unwrap() = "?".into();
    let said = written_again(other).err().map(|error| error.to_string()).unwrap_or_default();
    let names = said.strip_prefix("unknown variant `?`, ").unwrap_or_default().split('`');
    names.skip(1).step_by(2).map(str::to_owned).collect()
}

/// A variant as serde writes it: a name, or the only member of an object.
fn written_variant(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1);
    value.as_str().or_else(|| members?.keys().next().map(String::as_str))
}

/// The decision that takes a denial back; no authorization keeps it.
const NEVER_STORED: &str = "undo";

#[test]
fn each_variant_of_an_enum_and_each_list_with_an_entry_is_in_a_golden_item() {
    let (mut enums, mut lists) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::<_, bool>::new());
    for (name, (shape, written_again)) in golden_items().filter(|(name, _)| !name.contains("-schema-")) {
        let item = golden(&name);
        for pointer in pointers(&item) {
            let value = item.pointer(&pointer).unwrap();
            let found = enums.entry(variants(&item, &pointer, *written_again)).or_default();
            found.extend(written_variant(value).map(str::to_owned));
            if let Some(entries) = value.as_array() {
                let place = pointer.replace(|letter: char| letter.is_ascii_digit(), "*");
                *lists.entry(format!("{shape}{place}")).or_default() |= !entries.is_empty();
            }
        }
    }
    assert!(enums.keys().flatten().any(|variant| variant == "code_issued"), "{enums:?}");
    assert!(lists.contains_key("grant/family/superseded"), "{lists:?}");
    let missing = |(all, found): (Vec<String>, BTreeSet<String>)| all.into_iter().filter(move |of| !found.contains(of));
    let missing = enums.into_iter().flat_map(missing).filter(|variant| variant != NEVER_STORED);
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0], "add a golden file");
    let empty = lists.into_iter().filter_map(|(place, is_filled)| (!is_filled).then_some(place));
    assert_eq!(empty.collect::<Vec<_>>(), [""; 0], "add a golden file with an entry");
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
fn a_demand_of_an_earlier_schema_is_not_final() {
    let mut expected = golden("owner.json");
    expected["demands"][0]["final"] = false.into();
    assert_eq!(Owner::decode(golden("owner-schema-5.json")).unwrap().encode().unwrap(), expected);
}

#[test]
fn a_demand_of_schema_4_is_read_as_one_of_an_exchange_and_no_application_called() {
    let mut expected = golden("owner.json");
    expected["demands"][0]["final"] = false.into();
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
