//! Dependencies point one way. Source is parsed, so that no way of writing a path is unseen.
#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use rust_source::{
    Reference, SignatureFault, SourceTree,
    project::{SHIPPED, Shipped, dev_crates},
};
use serde_json::Value;

/// Paths into other crates, and the places that may name them. `azure_*` is every crate of that prefix.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("warp", &["src/http/"]),
    ("askama", &["src/http/pages/"]),
    ("fluent_bundle", &["src/http/pages/texts/"]),
    ("rmcp", &["src/mcp/"]),
    ("azure_*", &["src/entra/", "src/store/", "src/vault/", "src/startup.rs"]),
    (
        "reqwest",
        &[
            "src/client_documents/",
            "src/entra/",
            "src/graph/",
            "src/limited_answer.rs",
            "src/platform.rs",
            "src/startup.rs",
        ],
    ),
    ("redb", &["src/store/"]),
    ("jsonwebtoken", &["src/client_documents/signatures.rs", "src/entra/"]),
    ("aws_lc_rs", &["src/vault/", "src/platform.rs"]),
    ("std::env", &["src/config/environment.rs"]),
    (STORED, &["src/store/shape/client.rs"]),
];

/// Makes a redirect URI without a check, and so an open redirect where anything but the store is read.
const STORED: &str = "oauth_protocol::redirect_uri::RedirectUri::stored";

/// The layers of a folder. A place may need those of the layers before its own. Places in one layer do not need each
/// other, but for the pairs in `beside`.
struct Layers {
    folder: &'static str,
    ranked: &'static [&'static [&'static str]],
    /// A place, and one of its own layer or a later one that it may need.
    beside: &'static [(&'static str, &'static str)],
}

const OF_SRC: Layers = Layers {
    folder: "src/",
    ranked: &[
        &[
            "config/",
            "telemetry",
            "budget.rs",
            "kept.rs",
            "limited_answer.rs",
            "buckets.rs",
            "places.rs",
            "json_cost.rs",
            "ports/",
            "platform.rs",
        ],
        &["client_documents/", "entra/", "graph/", "store/", "vault/", "mcp/", "http/"],
        &["startup.rs"],
        &["main.rs"],
    ],
    beside: &[
        ("kept.rs", "budget.rs"),
        ("limited_answer.rs", "budget.rs"),
        ("limited_answer.rs", "kept.rs"),
        ("platform.rs", "vault/"),
        ("telemetry", "platform.rs"),
        ("http/", "mcp/"),
        ("mcp/", "graph/"),
    ],
};

const OF_AUTHORIZATION_SERVER: Layers = Layers {
    folder: "crates/authorization-server/src/",
    ranked: &[
        &["ground/"],
        &["state/"],
        &["upstream.rs", "client_documents.rs", "entra_tokens.rs"],
        &["block_copy.rs", "grant_cache.rs", "waiting_registrations.rs"],
        &["server.rs"],
        &["changes/"],
        &["tokens.rs"],
        &["endpoints/", "resource/"],
    ],
    beside: &[],
};

const GROUND: &str = "crates/authorization-server/src/ground/";

/// The traits in `ground/` that are ports.
const PORTS: [&str; 7] = ["AuditLog", "Clock", "Entropy", "ListedRecords", "OwnedRecords", "Repository", "Sealer"];
/// The others, which states implement.
const OF_STATES: [&str; 4] = ["PurposePart", "Record", "Sealable", "SealedAsJson"];

/// Dependencies allowed to the core crates. None of it reaches the network, the disk, the clock or the environment.
const CORE_DEPENDENCIES: [(&str, &[&str]); 2] = [
    (
        "oauth-protocol",
        &[
            "base64",
            "percent-encoding",
            "secrecy",
            "serde",
            "serde_json",
            "sha2",
            "subtle",
            "thiserror",
            "unicode-general-category",
            "url",
            "zeroize",
        ],
    ),
    (
        "authorization-server",
        &[
            "async-trait",
            "base64",
            "hmac",
            "lru",
            "oauth-protocol",
            "secrecy",
            "serde",
            "serde_json",
            "sha2",
            "subtle",
            "thiserror",
            "time",
            "tracing",
            "unicode-general-category",
            "zeroize",
        ],
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(Shipped { package, source, .. }: &Shipped) -> SourceTree {
    let tree = SourceTree::read(root(), source, package).unwrap();
    assert!(tree.files().len() > 20, "the source of {package} was not found");
    tree
}

fn shipped(package: &str) -> SourceTree {
    read(SHIPPED.iter().find(|shipped| shipped.package == package).unwrap())
}

fn broken(references: Vec<Reference>, why: impl Fn(&Reference) -> Option<String>) -> Vec<String> {
    let why = |reference: Reference| {
        let why = why(&reference)?;
        Some(format!("{}:{} names {}: {why}", reference.file, reference.line, reference.path.join("::")))
    };
    let found: BTreeSet<String> = references.into_iter().filter_map(why).collect();
    found.into_iter().collect()
}

fn is_at(file: &str, places: &[&str]) -> bool {
    places.iter().any(|place| file.starts_with(place))
}

/// Whether a rule's path is the beginning of this one, or among everything that this one imports. A file that names
/// it through an import of another file does not break the rule; that import does, unless it is where it may be.
fn is_within(rule: &str, reference: &Reference) -> bool {
    let (mut rest, segments) = (reference.path.iter(), rule.split("::"));
    let is_named_elsewhere = reference.followed >= segments.clone().count();
    !is_named_elsewhere
        && segments.into_iter().all(|segment| match (segment.strip_suffix('*'), rest.next()) {
            (Some(prefix), Some(found)) => found.starts_with(prefix),
            (None, Some(found)) => found == segment,
            (_, None) => reference.is_glob,
        })
}

fn outside(reference: &Reference) -> Option<String> {
    let (rule, places) = OUTSIDE.iter().find(|(rule, _)| is_within(rule, reference))?;
    (!is_at(&reference.file, places)).then(|| format!("{rule} belongs to {}", places.join(", ")))
}

impl Layers {
    /// The layer and the place of a file; `None` if it is in no layer, or not in this folder.
    fn place(&self, file: &str) -> Option<(usize, &'static str)> {
        let file = file.strip_prefix(self.folder)?;
        let ranked = self.ranked.iter().enumerate().flat_map(|(rank, places)| places.iter().map(move |of| (rank, *of)));
        ranked.into_iter().find(|(_, place)| file.starts_with(place))
    }

    /// The files that are in no layer. The root of a library is in none.
    fn without_place(&self, tree: &SourceTree) -> Vec<String> {
        let files = tree.files().iter().map(|file| file.path.clone());
        files.filter(|file| self.place(file).is_none() && *file != format!("{}lib.rs", self.folder)).collect()
    }

    fn broken(&self, reference: &Reference) -> Option<String> {
        let (from, to) = (self.place(&reference.file)?, self.place(reference.defined_in.as_deref()?)?);
        let may = to.0 < from.0 || to.1 == from.1 || self.beside.contains(&(from.1, to.1));
        (!may).then(|| format!("{} may not need {}", from.1, to.1))
    }

    /// The beginning of each layer's row in a table of `docs/architecture.md`, where places are called `names`.
    fn rows(&self, name: fn(&str) -> &str) -> impl Iterator<Item = String> {
        let names = move |places: &&[&str]| places.iter().map(|place| format!("`{}`", name(place))).collect::<Vec<_>>();
        self.ranked.iter().map(move |places| format!("\n| {} | ", names(places).join(", ")))
    }
}

fn inside(reference: &Reference) -> Option<String> {
    OF_SRC.broken(reference)
}

fn layers(reference: &Reference) -> Option<String> {
    OF_AUTHORIZATION_SERVER.broken(reference)
}

/// Whether code replaces or deletes a record. A deletion is seen where it names the port itself.
fn overwrites(code: &str) -> bool {
    let code: String = code.split_whitespace().collect();
    let mut calls = code.split("ports.").skip(1).filter_map(|rest| rest.split('(').next());
    [".advance(", "::advance("].iter().any(|call| code.contains(call)) || calls.any(|call| call.ends_with(".delete"))
}

/// A name of a crate under `dev/`, also in a test.
fn of_dev(dev: &[String]) -> impl Fn(&Reference) -> Option<String> {
    move |reference| reference.path.first().filter(|first| dev.contains(first)).map(|_| "it is under dev/".to_owned())
}

/// Functions that take a `Result`, give a `Result` inside another, or take a tuple of parameters.
fn unclear(tree: &SourceTree) -> Vec<String> {
    let unclear = tree.unclear_signatures().into_iter().map(|of| {
        let why = match of.fault {
            SignatureFault::ResultAsArgument => "decide on the error where it arises, and call two functions",
            SignatureFault::ResultInside => "give an enum whose variants are named",
            SignatureFault::TupleAsArgument => "give the parameters names, or a struct",
        };
        format!("{}:{} {}: {why}", of.file, of.line, of.function)
    });
    unclear.collect()
}

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_outside_crate_is_named_in_its_layer_only() {
    assert_none(&broken(shipped("remote-auth-mcp").references(), outside));
}

#[test]
fn the_layers_point_downwards_and_each_file_is_in_one() {
    for (package, layers) in [("remote-auth-mcp", OF_SRC), ("authorization-server", OF_AUTHORIZATION_SERVER)] {
        let tree = shipped(package);
        assert_none(&layers.without_place(&tree));
        assert_none(&broken(tree.references(), |reference| layers.broken(reference)));
    }
}

#[test]
fn architecture_md_has_a_row_for_each_layer() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let rows = OF_SRC.rows(|place| place.trim_end_matches(".rs").trim_end_matches('/'));
    let rows = rows.chain(OF_AUTHORIZATION_SERVER.rows(|place| place));
    assert_none(&rows.filter(|row| !text.contains(row)).collect::<Vec<_>>());
}

/// A use case creates records, and leaves it to `changes/` to replace and delete them.
#[test]
fn no_use_case_replaces_or_deletes_a_record_by_itself() {
    let tree = shipped("authorization-server");
    let overwriting = |folder: &str| {
        let folder = format!("crates/authorization-server/src/{folder}/");
        let files = tree.files().iter().filter(move |file| file.path.starts_with(&folder) && overwrites(&file.code));
        files.map(|file| file.path.clone()).collect::<Vec<_>>()
    };
    assert!(overwriting("changes").len() > 3, "the methods have other names now");
    assert_none(&[overwriting("endpoints"), overwriting("resource")].concat());
}

/// A sealed value that opened as one of another type would be believed as what it is not.
#[test]
fn no_two_sealed_types_share_a_purpose() {
    let trees = SHIPPED.each_ref().map(read);
    let code: Vec<&str> = trees.iter().flat_map(SourceTree::files).map(|file| file.code.as_str()).collect();
    let after = |text| code.iter().flat_map(move |code| code.split(text).skip(1));
    let types = after(" Sealable for ").chain(after(" SealedAsJson for "));
    let types = types.filter(|rest| !rest.starts_with("T {")).count();
    let purposes: Vec<_> =
        after("const PURPOSE: &'static str = \"").filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(purposes.len(), types, "each type names its own: {purposes:?}");
    assert_eq!(purposes.iter().collect::<BTreeSet<_>>().len(), types, "{purposes:?}");
}

/// A redirect URI that is not checked.
fn stored(reference: &Reference) -> Option<String> {
    let is_read_back = is_at(&reference.file, &["crates/authorization-server/src/state/valid_request.rs"]);
    (is_within(STORED, reference) && !is_read_back).then(|| "it is for what was stored".to_owned())
}

#[test]
fn a_redirect_uri_is_left_unchecked_only_where_a_stored_one_is_read() {
    let references = shipped("authorization-server").references();
    assert!(references.iter().any(|reference| is_within(STORED, reference)), "it has another name now");
    assert_none(&broken(references, stored));
}

/// A name that is imported with all others of its module hides from the rules.
fn unnamed(reference: &Reference) -> Option<String> {
    (reference.is_glob && !reference.in_test).then(|| "import each name".to_owned())
}

#[test]
fn imports_outside_of_tests_are_named() {
    for shipped_crate in &SHIPPED {
        assert_none(&broken(read(shipped_crate).references(), unnamed));
    }
}

/// A port, in a state.
fn port_of_state(reference: &Reference) -> Option<String> {
    let of_state = is_at(&reference.file, &["crates/authorization-server/src/state/"]) && !reference.in_test;
    let of_ground = reference.defined_in.as_deref().is_some_and(|file| is_at(file, &[GROUND]));
    let is_port = reference.is_glob || reference.path.iter().any(|name| PORTS.contains(&name.as_str()));
    (of_state && of_ground && is_port).then(|| "a state takes no port".to_owned())
}

#[test]
fn the_states_take_no_port() {
    let tree = shipped("authorization-server");
    let listed: BTreeSet<&str> = PORTS.into_iter().chain(OF_STATES).collect();
    assert_eq!(tree.traits(GROUND).collect::<BTreeSet<_>>(), listed, "a trait is a port, or states implement it");
    assert_none(&broken(tree.references(), port_of_state));
}

/// Lines of states that wait for something.
fn waiting_states(tree: &SourceTree) -> Vec<String> {
    let of_state = tree.asynchronous().filter(|(file, _)| is_at(file, &["crates/authorization-server/src/state/"]));
    of_state.map(|(file, line)| format!("{file}:{line}: a state waits for nothing")).collect()
}

#[test]
fn the_states_wait_for_nothing() {
    let tree = shipped("authorization-server");
    assert!(tree.asynchronous().count() > 100, "the rest of the crate waits");
    assert_none(&waiting_states(&tree));
}

#[test]
fn the_shipped_crates_name_nothing_of_dev() {
    let dev = dev_crates(root()).unwrap();
    assert!(dev.iter().any(|name| name == "local_tenant"), "{dev:?}");
    for shipped_crate in &SHIPPED {
        assert_none(&broken(read(shipped_crate).references(), of_dev(&dev)));
    }
}

/// The packages of the workspace in this folder, as `cargo metadata` tells: it sees every table and every rename.
fn packages(folder: &Path) -> BTreeMap<String, Value> {
    let mut cargo = Command::new(env!("CARGO"));
    let metadata =
        cargo.args(["metadata", "--format-version=1", "--no-deps", "--offline"]).current_dir(folder).output();
    let metadata = metadata.unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let mut metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array_mut().unwrap().drain(..);
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), package)).collect()
}

/// What a package depends on, its dev-dependencies among them.
fn dependencies(package: &Value) -> &[Value] {
    package["dependencies"].as_array().unwrap()
}

fn name(dependency: &Value) -> &str {
    dependency["name"].as_str().unwrap()
}

/// The dependencies of a package by their own names, but for those of its tests.
fn needed(package: &Value) -> BTreeSet<&str> {
    dependencies(package).iter().filter(|dependency| dependency["kind"] != "dev").map(name).collect()
}

#[test]
fn the_core_crates_depend_on_what_is_listed_and_on_nothing_else() {
    let packages = packages(root());
    for (package, listed) in CORE_DEPENDENCIES {
        assert_eq!(needed(&packages[package]), listed.iter().copied().collect(), "{package}");
    }
}

/// The dependencies that a package calls by another name. The rules about paths do not know such a name.
fn renamed(package: &Value) -> Vec<String> {
    let renamed = dependencies(package).iter().filter(|dependency| !dependency["rename"].is_null());
    renamed.map(|dependency| format!("{} is called {}", name(dependency), dependency["rename"])).collect()
}

#[test]
fn no_dependency_of_this_workspace_has_another_name_here() {
    let packages = packages(root());
    assert!(packages.contains_key("remote-auth-mcp") && packages.contains_key("local-tenant"));
    assert_none(&packages.values().flat_map(renamed).collect::<Vec<_>>());
}

/// The crates of this workspace that a crate needs, its own dev-dependencies among them.
fn needed_here(package: &str, packages: &BTreeMap<String, Value>) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![package]);
    while let Some(package) = open.pop() {
        let here = dependencies(&packages[package]).iter().map(name).filter(|name| packages.contains_key(*name));
        open.extend(here.filter(|name| found.insert((*name).to_owned())));
    }
    found
}

fn shipped_names() -> BTreeSet<String> {
    SHIPPED.iter().map(|shipped| shipped.package.to_owned()).collect()
}

/// It stands for Entra. If it read a request by the product's own parser, one misreading would pass on both sides.
#[test]
fn the_local_tenant_shares_no_parser_with_the_product() {
    let needed = needed_here("local-tenant", &packages(root()));
    assert!(needed.contains("stand-in"), "{needed:?}");
    assert_eq!(needed.intersection(&shipped_names()).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn no_files_of_a_shipped_crate_need_each_other() {
    for shipped_crate in &SHIPPED {
        let circles = read(shipped_crate).circles().into_iter();
        assert_none(&circles.map(|files| files.join(", ")).collect::<Vec<_>>());
    }
}

#[test]
fn no_function_passes_a_decision_on_to_the_next() {
    assert_none(&SHIPPED.iter().flat_map(|shipped_crate| unclear(&read(shipped_crate))).collect::<Vec<_>>());
}

/// Targets of relative links.
fn links(markdown: &str) -> Vec<&str> {
    let targets = markdown.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://")).collect()
}

#[test]
fn every_file_that_architecture_md_names_exists() {
    let docs = root().join("docs");
    let text = fs::read_to_string(docs.join("architecture.md")).unwrap();
    let links = links(&text);
    assert!(links.len() > 40, "{links:?}");
    assert_none(&links.into_iter().filter(|link| !docs.join(link).exists()).map(str::to_owned).collect::<Vec<_>>());
}

mod planted {
    use super::*;

    const LIB: &str = "mod graph; mod http; mod store; mod ports; pub use http::App as Application;";

    /// Violations in `src/graph/client.rs` with this text.
    fn found(text: &str, why: impl Fn(&Reference) -> Option<String>) -> usize {
        let files = [
            ("src/lib.rs", LIB),
            ("src/graph/mod.rs", "mod client;"),
            ("src/graph/client.rs", text),
            ("src/http/mod.rs", "mod app; pub mod pages; pub use app::App;"),
            ("src/http/app.rs", "pub struct App;"),
            ("src/http/pages.rs", "pub fn page() {}"),
            ("src/store.rs", "pub struct Row;"),
            (
                "src/ports.rs",
                "pub use crate::http::pages::page; pub use warp::Filter; pub trait Port {}
                 pub type Uri = oauth_protocol::redirect_uri::RedirectUri;",
            ),
        ];
        let tree = SourceTree::of("src", "remote-auth-mcp", files).unwrap();
        let references = tree.references().into_iter().filter(|reference| reference.file == "src/graph/client.rs");
        broken(references.collect(), why).len()
    }

    #[test]
    fn a_module_that_src_may_not_need_is_found_in_every_form() {
        for text in [
            "use crate::http::App;",
            "use crate::{ports::Port, http::App};",
            "use {std::fmt, crate::{http::{pages::page}}};",
            "use super::super::http::App;",
            "use super::{super::{http::App}};",
            "use remote_auth_mcp::http::App;",
            "use crate::http as h; fn f() { h::pages::page() }",
            "use crate as root; fn f() { root::http::pages::page() }",
            "use crate::*; fn f() { http::pages::page() }",
            "use crate::Application;",
            "use crate::ports::page;",
            "fn f(app: &crate::http::App) {}",
            "fn f() { let page = super::super::http::pages::page; }",
            "fn f() { vec![crate::http::App] }",
            "#[serde(with = \"crate::http::pages\")] struct S;",
            "#[cfg(test)] mod tests { use crate::http::App; }",
            "mod inner { use super::super::super::http::App; }",
        ] {
            assert!(found(text, inside) > 0, "{text}");
        }
        for text in
            ["use crate::ports::Port;", "// use crate::http::App;", "/// crate::http::App\nstruct S;", "use http::App;"]
        {
            assert_eq!(found(text, inside), 0, "{text}");
        }
    }

    #[test]
    fn a_need_of_src_that_the_layers_do_not_allow_and_a_file_in_none_are_found() {
        let found = |file: &str, text: &str| {
            let files = [
                ("src/lib.rs", "mod config; mod ports; mod platform; mod entra; mod vault; mod http; mod places;"),
                ("src/config/mod.rs", "pub struct Settings;"),
                ("src/entra/mod.rs", "pub struct Jwks;"),
                ("src/vault/mod.rs", "pub struct Rotation;"),
                (file, text),
            ];
            let tree = SourceTree::of("src", "remote-auth-mcp", files).unwrap();
            (broken(tree.references(), inside).len(), OF_SRC.without_place(&tree))
        };
        assert_eq!(found("src/ports/mod.rs", "use crate::config::Settings;").0, 1);
        assert_eq!(found("src/places.rs", "use crate::entra::Jwks;").0, 1);
        assert_eq!(found("src/platform.rs", "use crate::entra::Jwks;").0, 1);
        assert_eq!(found("src/platform.rs", "use crate::vault::Rotation;"), (0, vec![]));
        assert_eq!(found("src/http/mod.rs", "use crate::entra::Jwks;").0, 1);
        assert_eq!(found("src/http/mod.rs", "use crate::config::Settings;"), (0, vec![]));
        assert_eq!(found("src/http.rs", "").1, ["src/http.rs"]);
    }

    #[test]
    fn an_outside_crate_is_found_in_every_form() {
        for text in [
            "use warp::Filter;",
            "use {warp::{Filter}};",
            "use ::warp::Filter;",
            "use warp as w;",
            "extern crate warp as w;",
            "use std::{env};",
            "use {std::{fmt, env::{self, var}}};",
            "use std as s; fn f() { s::env::var() }",
            "fn f() { std::env::var() }",
            "fn f() { println!(\"{:?}\", ::std::env::vars()) }",
            "use std::*; fn f() { env::var() }",
            "use {std::{fmt, *}};",
            "type E = std::env::Vars;",
            "fn f() -> azure_core::Result<()> { Ok(()) }",
            "#[derive(askama::Template)] struct S;",
        ] {
            assert!(found(text, outside) > 0, "{text}");
        }
        for text in [
            "use reqwest::Client;",
            "use std::{fmt, time::Duration};",
            "use crate::ports::Port;",
            "use http::Method;",
            "use crate::ports::Filter; fn f() { Filter::map(x) }",
        ] {
            assert_eq!(found(text, outside), 0, "{text}");
        }
    }

    #[test]
    fn a_redirect_uri_that_is_not_checked_is_found_in_every_form() {
        for text in [
            "fn f() { oauth_protocol::redirect_uri::RedirectUri::stored(x) }",
            "use oauth_protocol::redirect_uri::RedirectUri; fn f() { RedirectUri::stored(x) }",
            "use oauth_protocol::redirect_uri::RedirectUri as R; fn f() { R::stored(x) }",
            "use oauth_protocol::redirect_uri as r; fn f() { all.map(r::RedirectUri::stored) }",
            "use oauth_protocol::redirect_uri::RedirectUri; fn f() { <RedirectUri>::stored(x) }",
            "use oauth_protocol::redirect_uri::RedirectUri; fn f() { vec![<RedirectUri>::stored(x)] }",
            "use oauth_protocol::redirect_uri::RedirectUri; type R = RedirectUri; fn f() { R::stored(x) }",
            "use oauth_protocol::redirect_uri::RedirectUri; impl Made for RedirectUri { fn f() { Self::stored(x) } }",
            "use oauth_protocol::redirect_uri::*; fn f() { RedirectUri::stored(x) }",
            "use oauth_protocol::*;",
            "use crate::ports::Uri; fn f() { Uri::stored(x) }",
            "fn f() { crate::ports::Uri::stored(x) }",
        ] {
            assert!(found(text, outside) > 0 && found(text, stored) > 0, "{text}");
        }
        for text in [
            "use oauth_protocol::redirect_uri::RedirectUri; fn f() { RedirectUri::parse(x) }",
            "use crate::store::Row; fn f() { Row::stored(x) }",
        ] {
            assert_eq!((found(text, outside), found(text, stored)), (0, 0), "{text}");
        }
    }

    #[test]
    fn an_import_without_names_is_found() {
        assert_eq!(found("use crate::ports::*;", unnamed), 1);
        assert_eq!(found("use crate::{ports::{Port, *}};", unnamed), 1);
        assert_eq!(found("use crate::ports::Port; #[cfg(test)] mod tests { use super::*; }", unnamed), 0);
    }

    #[test]
    fn a_crate_under_dev_is_found_even_in_a_test() {
        let dev = ["local_tenant".to_owned()];
        for text in ["use local_tenant::Tenant;", "#[cfg(test)] mod tests { fn f() { local_tenant::start() } }"] {
            assert!(found(text, of_dev(&dev)) > 0, "{text}");
        }
        assert_eq!(found("use local::Tenant;", of_dev(&dev)), 0);
    }

    #[test]
    fn an_import_from_a_higher_layer_or_beside_is_found() {
        let found = |file: &str, text: &str| {
            let folder = "crates/authorization-server/src";
            let path = |file: &str| format!("{folder}/{file}");
            let files = [
                (
                    path("lib.rs"),
                    "pub mod ground; pub mod state; pub mod server; pub mod changes; pub mod endpoints; pub mod resource;
                     pub use endpoints::Endpoint;",
                ),
                (path("ground/mod.rs"), "pub struct Id;"),
                (path("state/mod.rs"), "pub struct Grant;"),
                (path("server.rs"), "pub struct Server;"),
                (path("endpoints/mod.rs"), "pub struct Endpoint; mod callback; mod planted;"),
                (
                    path("endpoints/callback.rs"),
                    "use crate::server::Server; impl Server { pub(crate) async fn callback(&self) {} }",
                ),
                (path("resource/mod.rs"), "pub struct Cache; mod planted;"),
                (path(file), text),
            ];
            let files = files.iter().map(|(path, text)| (path.as_str(), *text));
            let tree = SourceTree::of(folder, "authorization-server", files).unwrap();
            let references = tree.references().into_iter().filter(|reference| reference.file.ends_with(file));
            broken(references.collect(), layers).len()
        };
        assert_eq!(found("ground/planted.rs", "use crate::state::Grant;"), 1);
        assert_eq!(found("state/planted.rs", "use crate::Endpoint;"), 1);
        assert_eq!(found("state/planted.rs", "use crate::{ground::Id, endpoints::*};"), 1);
        assert_eq!(found("endpoints/planted.rs", "use super::super::resource::Cache;"), 1);
        assert_eq!(found("resource/planted.rs", "use crate::endpoints as e;"), 1);
        assert_eq!(found("endpoints/planted.rs", "use super::Endpoint; use crate::{ground::Id, state::Grant};"), 0);
        let up = "use crate::server::Server; impl Server { async fn f(&self) { self.callback().await } }";
        assert_eq!(found("changes/planted.rs", up), 1);
        assert_eq!(found("changes/planted.rs", &up.replace("{ self.", "{ let server = self; server.")), 1);
        assert_eq!(found("endpoints/planted.rs", up), 0);
    }

    #[test]
    fn a_record_that_is_replaced_or_deleted_is_found() {
        for text in [
            "self.ports.grants.advance(&version, grant).await",
            "let grants = &self.ports.grants; grants\n    .advance(&version, grant)",
            "Repository::advance(grants, &version, grant)",
            "self.ports\n    .grants\n    .delete(&key)",
        ] {
            assert!(overwrites(text), "{text}");
        }
        for text in
            ["self.ports.grants.create(grant).await", "cookies.delete(name)", "self.ports.clock.now(); a.delete(b)"]
        {
            assert!(!overwrites(text), "{text}");
        }
    }

    #[test]
    fn a_port_of_a_state_is_found() {
        let found = |text: &str| {
            let folder = "crates/authorization-server/src";
            let paths = ["lib.rs", "ground/mod.rs", "ground/clock.rs", "state/mod.rs", "state/a.rs"];
            let paths = paths.map(|file| format!("{folder}/{file}"));
            let ground = "pub mod clock; pub use clock::Clock; pub struct Id;";
            let texts = ["pub mod ground; pub mod state;", ground, "pub trait Clock {}", "mod a;", text];
            let files = paths.iter().map(String::as_str).zip(texts);
            broken(SourceTree::of(folder, "authorization-server", files).unwrap().references(), port_of_state).len()
        };
        assert_eq!(found("use crate::ground::{Clock, Id};"), 1);
        assert_eq!(found("fn f(clock: &dyn crate::ground::Clock) {}"), 1);
        assert_eq!(found("fn f(clock: &dyn crate::ground::clock::Clock) {}"), 1);
        assert_eq!(found("use crate::ground::*; fn f(clock: &dyn Clock) {}"), 1);
        assert_eq!(found("type Time = dyn crate::ground::Clock; fn f(clock: &Time) {}"), 1);
        assert_eq!(found("use crate::ground::Id; #[cfg(test)] mod tests { use crate::ground::Clock; }"), 0);
    }

    #[test]
    fn a_state_that_waits_is_found_in_every_form() {
        let found = |text: &str| {
            let folder = "crates/authorization-server/src";
            let paths = ["lib.rs", "state/mod.rs", "state/a.rs"].map(|file| format!("{folder}/{file}"));
            let texts = ["pub mod state; async fn f() {}", "mod a;", text];
            let files = paths.iter().map(String::as_str).zip(texts);
            waiting_states(&SourceTree::of(folder, "authorization-server", files).unwrap()).len()
        };
        for text in [
            "async fn f() {}",
            "impl A { pub(crate) async fn f(&self) {} }",
            "trait T { async fn f(); }",
            "fn f() { async { 1 }; }",
            "fn f() { async move || 1; }",
            "fn f() -> impl Future<Output = A> { todo() }",
            "fn f() -> impl std::future::Future<Output = A> { todo() }",
            "type F = Pin<Box<dyn Future<Output = A>>>;",
            "use futures_util::future::BoxFuture; fn f() -> BoxFuture<'static, A> { todo() }",
            "fn f() { vec![async { 1 }] }",
            "#[async_trait] trait T { fn f(); }",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
        for text in [
            "fn f() {}",
            "/// async\nstruct A; // .await",
            "struct Awaited; fn awaiting() {}",
            "#[cfg(test)] mod tests { #[tokio::test] async fn f() { g().await } }",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
    }

    /// The packages of a workspace in which these depend on such tables.
    fn planted(manifests: &[(&str, &str)]) -> BTreeMap<String, Value> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), "workspace = { members = ['*'] }").unwrap();
        for (package, tables) in manifests {
            fs::create_dir_all(folder.path().join(package).join("src")).unwrap();
            fs::write(folder.path().join(package).join("src/lib.rs"), "").unwrap();
            let manifest = format!("[package]\nname = '{package}'\n{tables}");
            fs::write(folder.path().join(package).join("Cargo.toml"), manifest).unwrap();
        }
        packages(folder.path())
    }

    #[test]
    fn a_dependency_of_a_core_crate_is_found_in_every_form() {
        for tables in [
            "[dependencies]\ntokio = '1'",
            "[dependencies.tokio]\nversion = '1'",
            "[build-dependencies]\ntokio = '1'",
            "[target.'cfg(unix)'.dependencies]\ntokio = '1'",
            "[dependencies]\nurl = { package = 'tokio', version = '1' }",
        ] {
            assert!(needed(&planted(&[("core", tables)])["core"]).contains("tokio"), "{tables}");
        }
        let of_tests = planted(&[("core", "[dev-dependencies]\ntokio = '1'")]);
        assert!(needed(&of_tests["core"]).is_empty());
    }

    #[test]
    fn another_name_of_a_dependency_is_found() {
        let found = |tables| renamed(&planted(&[("app", tables)])["app"]);
        assert_eq!(found("[dependencies]\nx = { package = 'warp', version = '1' }").len(), 1);
        assert_eq!(found("[dependencies.x]\npackage = 'warp'\nversion = '1'").len(), 1);
        assert_eq!(found("[dependencies]\nwarp = '1'").len(), 0);
    }

    #[test]
    fn a_crate_of_the_product_is_found_behind_the_local_tenant_in_every_form() {
        for tables in [
            "[dependencies]\noauth-protocol = { path = '../oauth-protocol' }",
            "[dependencies.oauth-protocol]\npath = '../oauth-protocol'",
            "[dev-dependencies]\nparser = { package = 'oauth-protocol', path = '../oauth-protocol' }",
        ] {
            let tenant = "[dependencies]\nstand-in = { path = '../stand-in' }\nurl = '2'";
            let packages = planted(&[("tenant", tenant), ("stand-in", tables), ("oauth-protocol", "")]);
            let needed = needed_here("tenant", &packages);
            assert_eq!(needed.into_iter().collect::<Vec<_>>(), ["oauth-protocol", "stand-in"], "{tables}");
        }
    }

    #[test]
    fn a_signature_that_passes_a_decision_on_is_found_in_every_form() {
        let found = |text: &str| {
            let files = [
                ("src/lib.rs", "mod a; pub type Read<T> = io::Result<T>; type Hidden = Result<A, B>;"),
                ("src/a.rs", text),
            ];
            unclear(&SourceTree::of("src", "x", files).unwrap()).len()
        };
        for text in [
            "fn f(a: Result<A, B>) {}",
            "pub(super) async fn f(a: &Result<A, B>) {}",
            "fn f(a: io::Result<A>) {}",
            "fn f(a: Option<Result<A, B>>) {}",
            "fn f(a: &[Result<A, B>]) {}",
            "fn f(a: Read<A>) {}",
            "type Own = Result<A, B>; fn f(a: Own) {}",
            "impl A { fn f(self, a: Result<A, B>) {} }",
            "trait T { fn f(a: Result<A, B>); }",
            "fn g() { fn f(a: Result<A, B>) {} }",
            "impl T for A { fn g() { fn f(a: Result<A, B>) {} } }",
            "fn f() -> Result<Result<A, B>, C> { todo() }",
            "fn f() -> Option<Result<A, B>> { todo() }",
            "fn f() -> Result<io::Result<A>, C> { todo() }",
            "fn f() -> io::Result<Read<A>> { todo() }",
            "fn f() -> Read<Read<A>> { todo() }",
            "fn f() -> BoxFuture<'static, Result<Result<A, B>, C>> { todo() }",
            "fn f() -> impl Future<Output = Option<Result<A, B>>> { todo() }",
            "trait T { async fn f() -> Result<Result<A, B>, C>; }",
            "fn f((a, b): (A, B)) {}",
            "impl A { fn f(&self, of: &(A, B)) {} }",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
        for text in [
            "fn f(a: A) -> Result<A, B> { todo() }",
            "fn f(a: impl Future<Output = Result<A, B>>) -> Result<Option<A>, B> { todo() }",
            "fn f(a: impl Fn() -> Result<A, B>, b: fn(Result<A, B>)) {}",
            "fn f() -> Vec<Result<A, B>> { todo() }",
            "fn f() -> impl Iterator<Item = Result<A, B>> { todo() }",
            "impl T for A { fn f(a: Result<A, B>) -> Option<Result<A, B>> { todo() } }",
            "#[cfg(test)] mod tests { fn f(a: Result<A, B>) {} }",
            "impl A { #[cfg(test)] fn f(a: Result<A, B>) {} }",
            "fn f(a: (), b: ResultSet<A>) {}",
            "fn f(a: Hidden) {}",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
    }

    #[test]
    fn a_circle_is_found() {
        let files = [
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use super::b::B; pub struct A;"),
            ("src/b.rs", "fn f(a: crate::a::A) {} pub struct B;"),
        ];
        assert_eq!(SourceTree::of("src", "x", files).unwrap().circles(), [["src/a.rs", "src/b.rs"]]);
    }

    #[test]
    fn links_are_read_without_their_fragments() {
        assert_eq!(
            links("a [`x`](../x.rs), [y](y.md#z) and [web](https://a.example/b), [top](#top)"),
            ["../x.rs", "y.md"]
        );
    }
}
