//! Dependencies point one way: each outside crate is named in its own layer and nowhere else.
#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A crate's prefix, and the places that may name it.
const RULES: &[(&str, &[&str])] = &[
    ("warp::", &["src/http/"]),
    ("askama::", &["src/http/pages/"]),
    ("rmcp::", &["src/mcp/"]),
    ("azure_", &["src/entra/", "src/store/", "src/vault/", "src/startup.rs"]),
    ("reqwest::", &["src/entra/", "src/graph/", "src/startup.rs"]),
    ("redb::", &["src/store/"]),
    ("jsonwebtoken::", &["src/entra/"]),
    ("aws_lc_rs::", &["src/vault/", "src/platform.rs"]),
    ("crate::http", &["src/http/", "src/startup.rs"]),
    ("crate::mcp", &["src/mcp/", "src/http/", "src/startup.rs"]),
    ("crate::graph", &["src/graph/", "src/mcp/", "src/startup.rs"]),
    ("crate::entra", &["src/entra/", "src/startup.rs", "src/platform.rs"]),
    ("crate::store", &["src/store/", "src/startup.rs"]),
    ("crate::vault", &["src/vault/", "src/startup.rs", "src/platform.rs"]),
    ("std::env::", &["src/config/environment.rs"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Lines of code, without comments, that break a rule.
fn violations(file: &str, text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let broken = |line: &str| {
        let named = |(name, allowed): &&(&str, &[&str])| {
            line.contains(name) && !allowed.iter().any(|place| file.starts_with(place))
        };
        RULES.iter().find(named).map(|(name, _)| format!("{file}: {name} in `{}`", line.trim()))
    };
    code.filter_map(broken).collect()
}

#[test]
fn every_crate_is_named_in_its_layer_only() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    assert!(files.len() > 30, "the sources were not found");
    let found: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            violations(name, &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_violation_is_found() {
    assert_eq!(violations("src/mcp/x.rs", "use warp::Filter;").len(), 1);
    assert_eq!(violations("src/entra/x.rs", "let x: crate::store::Y;").len(), 1);
    assert_eq!(violations("src/http/x.rs", "use warp::Filter; // crate").len(), 0);
    assert_eq!(violations("src/http/x.rs", "    /// reqwest::Client").len(), 0);
}

#[test]
fn the_core_crates_know_no_adapter() {
    for manifest in ["crates/oauth-protocol/Cargo.toml", "crates/authorization-server/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let normal = text.split("[dev-dependencies]").next().unwrap();
        for adapter in ["warp", "hyper", "reqwest", "azure_", "rmcp", "redb", "tokio", "remote-auth-mcp"] {
            assert!(!normal.lines().any(|line| line.starts_with(adapter)), "{manifest} names {adapter}");
        }
    }
}
