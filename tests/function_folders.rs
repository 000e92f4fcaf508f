//! The function folders have the routes of the contract, which is the router's (tests/contract.rs).
#![cfg(test)]

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn folders() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let functions = entries.filter(|path| path.join("function.json").is_file());
    functions
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), json(&path.join("function.json"))))
        .collect()
}

#[test]
fn every_function_folder_has_an_endpoint_and_every_endpoint_a_folder() {
    let stated: BTreeSet<String> =
        folders().iter().map(|(_, function)| function["bindings"][0]["route"].as_str().unwrap().to_owned()).collect();
    let contract = json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/contract.json"));
    let endpoints = contract["endpoints"].as_array().unwrap().iter();
    let served: BTreeSet<String> = endpoints.map(|endpoint| endpoint["route"].as_str().unwrap().to_owned()).collect();
    assert_eq!(stated, served);
}

#[test]
fn every_function_is_an_anonymous_trigger_for_all_methods() {
    for (name, function) in folders() {
        let trigger = &function["bindings"][0];
        assert_eq!((&trigger["type"], &trigger["authLevel"]), (&"httpTrigger".into(), &"anonymous".into()), "{name}");
        assert_eq!(trigger["methods"], Value::Null, "{name}: the host would answer an unlisted method with 404");
        assert_eq!(function["bindings"][1]["type"], "http", "{name}");
        assert_eq!(function["bindings"].as_array().unwrap().len(), 2, "{name}");
    }
}

#[test]
fn the_host_proxies_and_never_ends_a_stream_by_itself() {
    let host = json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("host.json"));
    assert_eq!(host["customHandler"]["enableProxyingHttpRequest"], true);
    assert_eq!(host["customHandler"]["description"]["defaultExecutablePath"], "handler");
    assert_eq!(host["extensions"]["http"]["routePrefix"], "");
    assert_eq!(host["functionTimeout"], "-1");
    assert_eq!(host["customHandler"]["enableForwardingHttpRequest"], Value::Null);
    assert_eq!(host["extensionBundle"], Value::Null);
}
