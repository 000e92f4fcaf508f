//! Rules of every endpoint: methods, Host, Origin, CORS, caching, the readiness probe.

use reqwest::Method;
use serde_json::Value;

use crate::deployment::Deployment;

const OAUTH: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/register",
    "/token",
    "/revoke",
];

#[tokio::test]
async fn an_unlisted_method_is_405_with_allow_and_never_404() {
    let server = Deployment::start().await;
    let cases =
        [("/mcp", "GET", "POST"), ("/mcp", "DELETE", "POST"), ("/token", "GET", "POST"), ("/authorize", "POST", "GET")];
    for (path, method, allowed) in cases {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = server.http.request(method.clone(), format!("{}{path}", server.url)).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{method} {path}");
        assert_eq!(answer.headers()["allow"], format!("{allowed}, OPTIONS"));
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let server = Deployment::start().await;
    let answer = server.http.head(format!("{}{}", server.url, OAUTH[0])).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn every_origin_may_read_the_oauth_endpoints() {
    let server = Deployment::start().await;
    for path in OAUTH {
        let request = server.http.request(Method::OPTIONS, format!("{}{path}", server.url));
        let answer = request
            .header("origin", "https://client.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type, mcp-protocol-version")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204, "{path}");
        let headers = answer.headers();
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert!(headers["access-control-allow-headers"].to_str().unwrap().contains("mcp-protocol-version"));
        assert!(headers["access-control-allow-methods"].to_str().unwrap().contains(if path.starts_with("/.") {
            "GET"
        } else {
            "POST"
        }));
        assert_eq!(headers.get("access-control-allow-credentials"), None);
    }
    let error =
        server.post("/token").header("origin", "https://client.example").form(&[("a", "b")]).send().await.unwrap();
    assert_eq!(
        (error.status().as_u16(), &error.headers()["access-control-allow-origin"]),
        (400, &"*".parse().unwrap())
    );
}

#[tokio::test]
async fn the_protected_resource_echoes_a_good_origin_and_refuses_a_bad_one() {
    let server = Deployment::start().await;
    let from = |origin: &'static str| server.post("/mcp").header("origin", origin).send();
    let good = from("http://localhost:6274").await.unwrap();
    assert_eq!(good.status(), 401);
    assert_eq!(good.headers()["access-control-allow-origin"], "http://localhost:6274");
    assert!(good.headers()["access-control-expose-headers"].to_str().unwrap().contains("www-authenticate"));
    let bad = from("https://evil.example").await.unwrap();
    assert_eq!((bad.status().as_u16(), bad.headers().get("access-control-allow-origin")), (403, None));
}

/// A shared cache that kept an answer without these headers would break the next caller, a page of another origin.
#[tokio::test]
async fn without_an_origin_the_headers_are_those_that_every_origin_gets() {
    let server = Deployment::start().await;
    for path in OAUTH {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::DELETE] {
            let answer = server.http.request(method.clone(), format!("{}{path}", server.url)).send().await.unwrap();
            let headers = answer.headers();
            assert_eq!(headers["access-control-allow-origin"], "*", "{method} {path}");
            assert_eq!(headers.get("vary"), None, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_protected_resource_says_that_its_answers_differ_by_origin() {
    let server = Deployment::start().await;
    for path in ["/mcp", "/mcp/message", "/mcp/sse"] {
        for origin in [None, Some("http://localhost:6274"), Some("https://evil.example")] {
            let request = server.post(path);
            let request = origin.map_or(request.try_clone().unwrap(), |origin| request.header("origin", origin));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["vary"], "origin", "{path} from {origin:?}");
        }
    }
}

#[tokio::test]
async fn pages_are_readable_by_no_other_origin() {
    let server = Deployment::start().await;
    let answer = server.get("/authorize").header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get("access-control-allow-origin")), (400, None));
}

#[tokio::test]
async fn health_is_200_while_the_store_and_the_keyring_answer() {
    let server = Deployment::start().await;
    let answer = server.get("/health").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), r#"{"keyring":"up","store":"up"}"#);
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    let server = Deployment::start().await;
    for path in ["/nowhere", "/.well-known/openid-configuration", "/.well-known/oauth-protected-resource/other"] {
        assert_eq!(server.get(path).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_refused_post_leaves_its_connection_in_order() {
    let server = Deployment::start().await;
    for _ in 0..100 {
        let answer = server.post("/consent").body("x".repeat(9_000)).send().await.unwrap();
        assert_eq!(answer.status(), 403);
    }
}

#[tokio::test]
async fn another_name_of_this_machine_is_421_and_told_the_address() {
    let server = Deployment::start().await;
    let port = server.url.rsplit_once(':').unwrap().1;
    for (method, path) in [(Method::POST, "/mcp"), (Method::GET, "/mcp/sse"), (Method::POST, "/mcp/message")] {
        for host in ["localhost", "[::1]"] {
            let request = server.http.request(method.clone(), format!("{}{path}", server.url));
            let request = request.header("host", format!("{host}:{port}")).header("origin", "http://localhost:6274");
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 421, "{host} {path}");
            assert_eq!(answer.headers()["access-control-allow-origin"], "http://localhost:6274");
            let error: Value = answer.json().await.unwrap();
            let message = error["error"]["message"].as_str().unwrap();
            assert!(message.contains(&format!("{}{path};", server.url)), "{message}");
            assert_eq!(error.get("id"), None);
            let preflight = server.http.request(Method::OPTIONS, format!("{}{path}", server.url));
            let preflight =
                preflight.header("host", format!("{host}:{port}")).header("origin", "http://localhost:6274");
            assert_eq!(preflight.send().await.unwrap().status(), 204, "a page must be let to read the answer: {path}");
        }
        let answer = server.http.request(method, format!("{}{path}", server.url)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
}
