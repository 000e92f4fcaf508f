//! The files of a function app: only what this host imitates is taken, and the rest is refused by name.

#![cfg(test)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use functions_host::{Limits, StartError, start_in_front_of};
use tempfile::TempDir;

const HOST_JSON: &str = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},"customHandler":{"description":{"defaultExecutablePath":"handler"},"enableProxyingHttpRequest":true}}"#;
const FUNCTION: &str = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","route":"mcp"},{"type":"http","direction":"out","name":"res"}]}"#;

fn app(host_json: &str, functions: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("host.json"), host_json).unwrap();
    for (folder, function) in functions {
        fs::create_dir(root.path().join(folder)).unwrap();
        fs::write(root.path().join(folder).join("function.json"), function).unwrap();
    }
    root
}

fn start(root: &Path) -> Result<(), StartError> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    start_in_front_of("127.0.0.1:1".parse().unwrap(), root, listener, Limits::default()).map(drop)
}

fn fault_of(app: &TempDir) -> String {
    start(app.path()).err().map_or_else(String::new, |fault| fault.to_string())
}

#[tokio::test]
async fn the_shape_of_a_proxied_custom_handler_is_accepted() {
    assert_eq!(fault_of(&app(HOST_JSON, &[("mcp", FUNCTION)])), "");
}

#[tokio::test]
async fn logging_is_none_of_its_business() {
    let logging = HOST_JSON.replace(r#""version":"2.0""#, r#""version":"2.0","logging":{"applicationInsights":{}}"#);
    assert_eq!(fault_of(&app(&logging, &[("mcp", FUNCTION)])), "");
}

#[tokio::test]
async fn an_unsupported_host_json_is_refused_by_name() {
    for (from, to, named) in [
        (r#""2.0""#, r#""4.0""#, "version"),
        (r#""-1""#, r#""00:10:00""#, "functionTimeout"),
        (r#""routePrefix":"""#, r#""routePrefix":"api""#, "routePrefix"),
        ("true", "false", "enableProxyingHttpRequest"),
        (r#""handler""#, r#""""#, "defaultExecutablePath"),
        (r#""enableProxyingHttpRequest""#, r#""enableForwardingHttpRequest""#, "enableForwardingHttpRequest"),
        (r#""version""#, r#""extensionBundle":{},"version""#, "extensionBundle"),
    ] {
        let fault = fault_of(&app(&HOST_JSON.replace(from, to), &[("mcp", FUNCTION)]));
        assert!(fault.contains("host.json") && fault.contains(named), "{named}: {fault:?}");
    }
}

#[tokio::test]
async fn an_unsupported_binding_is_refused_by_name() {
    for (from, to, named) in [
        (r#""anonymous""#, r#""function""#, "authLevel"),
        (r#""route""#, r#""methods":["get"],"route""#, "methods"),
        (r#""httpTrigger""#, r#""timerTrigger""#, "timerTrigger"),
        (r#","route":"mcp""#, "", "route"),
        (r#""out""#, r#""in""#, "direction"),
    ] {
        let fault = fault_of(&app(HOST_JSON, &[("mcp", &FUNCTION.replace(from, to))]));
        assert!(fault.contains("mcp/function.json") && fault.contains(named), "{named}: {fault:?}");
    }
}

#[tokio::test]
async fn other_template_syntax_is_refused() {
    for route in [
        "",
        "/a",
        "a/",
        "a//b",
        "{a}",
        "a/{b?}",
        "a/{b:int}",
        "a/{**b}",
        "{*a}",
        "a/{*b}/c",
        "a b",
        "mcp/{id}",
        "admin/x",
        "runtime",
    ] {
        let fault = fault_of(&app(HOST_JSON, &[("mcp", &FUNCTION.replace(r#""mcp""#, &format!("{route:?}")))]));
        assert!(fault.contains("mcp/function.json") && fault.contains("rout"), "{route:?}: {fault:?}");
    }
}

#[tokio::test]
async fn an_app_without_functions_is_refused() {
    assert!(fault_of(&app(HOST_JSON, &[])).contains("no function folder"));
}

#[tokio::test]
async fn two_functions_with_one_route_are_refused() {
    let same = FUNCTION.replace(r#""mcp""#, r#""MCP""#);
    assert!(fault_of(&app(HOST_JSON, &[("a", FUNCTION), ("b", &same)])).contains("another function has this route"));
}
