//! The table of methods and paths.

use http::{HeaderMap, Method};

use super::*;

fn of(method: &str, path: &str, header: Option<&'static str>) -> Kind {
    let mut headers = HeaderMap::new();
    headers.extend(header.map(|name| (http::HeaderName::from_static(name), "True".parse().unwrap())));
    kind(&Method::from_bytes(method.as_bytes()).unwrap(), &segments(path), &headers)
}

#[test]
fn metadata_is_told_from_data() {
    for path in ["/", "/dbs/mcp", "/dbs/mcp/colls/owners", "/dbs/mcp/colls/owners/pkranges"] {
        assert_eq!(of("GET", path, None), Kind::Metadata, "{path}");
    }
    let plan = Some("x-ms-cosmos-is-query-plan-request");
    assert_eq!(of("POST", "/dbs/mcp/colls/owners/docs", plan), Kind::Metadata);
}

#[test]
fn each_operation_on_items_has_its_verb() {
    let (docs, doc) = ("/dbs/mcp/colls/owners/docs", "/dbs/mcp/colls/owners/docs/a");
    for (method, path, header, verb) in [
        ("GET", docs, None, Verb::Feed),
        ("POST", docs, None, Verb::Create),
        ("POST", docs, Some("x-ms-documentdb-is-upsert"), Verb::Upsert),
        ("POST", docs, Some("x-ms-documentdb-isquery"), Verb::Query),
        ("GET", doc, None, Verb::Read),
        ("PUT", doc, None, Verb::Replace),
        ("DELETE", doc, None, Verb::Delete),
    ] {
        assert_eq!(of(method, path, header), Kind::Data(verb), "{method} {path}");
    }
}

#[test]
fn administration_is_told_from_data() {
    for (method, path) in [
        ("POST", "/dbs"),
        ("GET", "/dbs"),
        ("DELETE", "/dbs/mcp"),
        ("POST", "/dbs/mcp/colls"),
        ("PUT", "/dbs/mcp/colls/owners"),
        ("DELETE", "/dbs/mcp/colls/owners"),
        ("GET", "/offers"),
        ("PUT", "/offers/x"),
        ("POST", "/dbs/mcp/users"),
        ("POST", "/dbs/mcp/users/u/permissions"),
        ("POST", "/dbs/mcp/colls/owners/sprocs"),
        ("PUT", "/dbs/mcp/colls/owners/triggers/t"),
    ] {
        assert_eq!(of(method, path, None), Kind::ControlPlane, "{method} {path}");
    }
}

#[test]
fn what_the_emulator_cannot_do_is_not_taken_for_something_else() {
    for (method, path, header) in [
        ("POST", "/dbs/mcp/colls/owners/docs", Some("x-ms-cosmos-is-batch-request")),
        ("PATCH", "/dbs/mcp/colls/owners/docs/a", None),
        ("POST", "/dbs/mcp/colls/owners/sprocs/s", None),
        ("GET", "/dbs/mcp/colls/owners/conflicts", None),
        ("GET", "/dbs/mcp/colls/owners/docs/a/attachments", None),
        ("POST", "/operations/dtc", None),
        ("HEAD", "/", None),
    ] {
        assert_eq!(of(method, path, header), Kind::NotImplemented, "{method} {path}");
    }
}
