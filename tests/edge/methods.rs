//! Methods and paths, of every endpoint in the table.

use http::Method;
use remote_auth_mcp::http::endpoints;

use crate::rig::{Edge, empty, request};

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE];

#[tokio::test]
async fn a_method_is_answered_if_the_table_lists_it_and_head_like_get() {
    let edge = Edge::new();
    for endpoint in endpoints() {
        for method in METHODS {
            let listed = if method == Method::HEAD { "GET" } else { method.as_str() };
            let answer = edge.send(empty(request(method.clone(), &endpoint.paths[0]))).await;
            assert_eq!(answer.status != 405, endpoint.methods.contains(&listed), "{method} {}", endpoint.route);
            let allow =
                if answer.status == 405 { format!("{}, OPTIONS", endpoint.methods.join(", ")) } else { String::new() };
            assert_eq!(answer.header("allow"), allow, "{method} {}", endpoint.route);
        }
    }
}

#[tokio::test]
async fn a_prefetch_is_told_when_to_come_again_on_every_endpoint() {
    let edge = Edge::new();
    for path in endpoints().flat_map(|endpoint| endpoint.paths) {
        let answer = edge.send(empty(request(Method::GET, &path).header("sec-purpose", "prefetch"))).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{path}");
    }
}

#[tokio::test]
async fn a_refused_method_reaches_no_rule() {
    let edge = Edge::new();
    for endpoint in endpoints() {
        edge.send(empty(request(Method::PUT, &endpoint.paths[0]))).await;
    }
    assert_eq!((edge.store.operations(), edge.keyring.operations()), (0, 0));
}

#[tokio::test]
async fn a_path_is_compared_as_it_was_sent() {
    let edge = Edge::new();
    for path in [
        "/mcp//",
        "//mcp",
        "/MCP",
        "/%6dcp",
        "/mcp%2fsse",
        "/mcp/sse//",
        "/mcp/message/x",
        "/./mcp",
        "/x/../mcp",
        "/mcp;x=1",
        "/register/",
        "/token.",
        "/.well-known/oauth-authorization-server/",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/oauth-protected-resources",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/mcp//",
        "/.well-known/oauth-protected-resource/mcp/message",
        "/.well-known/openid-configuration",
        "/favicon.ico",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = edge.send(empty(request(method.clone(), path))).await;
            let expected = if method == Method::POST && path.starts_with("/.well-known/oauth-protected-resource/") {
                405
            } else {
                404
            };
            assert_eq!((answer.status, answer.body.as_str()), (expected, ""), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_answer_forbids_sniffing_and_is_not_kept_unless_it_is_public() {
    let edge = Edge::new();
    let paths = endpoints().flat_map(|endpoint| endpoint.paths).chain(["/".into(), "/nowhere".into()]);
    for path in paths {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let answer = edge.send(empty(request(method.clone(), &path))).await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
            let public = answer.status == 200 && path.starts_with("/.well-known/");
            let kept = if public { "public, max-age=300" } else { "no-store" };
            assert_eq!(answer.header("cache-control"), kept, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_form_is_read_under_its_own_content_type_and_without_a_query() {
    let edge = Edge::new();
    let body = "client_id=AAAAAAAAAAAAAAAAAAAAAA&token=x";
    let told = async |path: &str, content_type: &str| {
        let request = request(Method::POST, path).header("content-type", content_type);
        let answer = edge.send(request.body(body.into()).unwrap()).await;
        (answer.status, answer.json()["error_description"].as_str().unwrap_or_default().to_owned())
    };
    for good in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded ; charset=utf-8"] {
        assert_eq!(told("/revoke", good).await, (401, "the client is not registered here".to_owned()), "{good}");
        let in_query = "send parameters in the request body, not in the query string";
        assert_eq!(told("/revoke?x", good).await, (400, in_query.to_owned()), "{good}");
    }
    for other in ["", "text/plain", "application/json", "multipart/form-data", "application/x-www-form-urlencoded2"] {
        let not_a_form = "the content type must be application/x-www-form-urlencoded";
        assert_eq!(told("/revoke", other).await, (400, not_a_form.to_owned()), "{other}");
    }
}
