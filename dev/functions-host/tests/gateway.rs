//! API Management in front of the host.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "support/app.rs"]
mod app;
#[path = "support/ask.rs"]
mod ask;
#[path = "support/stream.rs"]
mod stream;

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use functions_host::{FunctionsHost, Gateway, Rate, start_behind_gateway};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use app::App;
use ask::get;

const TOKEN: &str = "header.claims.signature";

fn gateway() -> Gateway {
    Gateway::new(|| Some(TOKEN.to_owned()))
}

async fn start(app: &App, gateway: Gateway) -> FunctionsHost {
    start_behind_gateway(app.options(1, &[]), gateway).await.unwrap()
}

/// The whole answer to a request, from an address of its own.
async fn ask_from(address: [u8; 4], url: &str, request: &str) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((IpAddr::from(address), 0).into()).unwrap();
    let mut stream = socket.connect(url.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn ask(url: &str, request: &str) -> String {
    ask_from([127, 0, 0, 1], url, request).await
}

#[tokio::test]
async fn the_handler_gets_the_gateways_token_and_the_callers_address_whatever_the_caller_sent() {
    let app = App::new();
    let host = start(&app, gateway()).await;
    let request = "GET /headers?a=%2b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Gateway-Client-Address: 1.1.1.1\r\n\
                   x-gateway-client-address: 3.3.3.3\r\nx-gateway-authorization: Bearer forged\r\nX-Forwarded-For: 2.2.2.2\r\nAuthorization: Bearer mine\r\n\r\n";
    let answer = ask_from([127, 0, 0, 9], host.url(), request).await;
    let fields: Vec<&str> = answer.split("\r\n\r\n").nth(1).unwrap().lines().collect();
    assert_eq!(fields[0], "GET /headers?a=%2b HTTP/1.1");
    let values = |name: &str| -> Vec<&str> {
        let named = |field: &&str| field.split(':').next().unwrap().eq_ignore_ascii_case(name);
        fields.iter().copied().filter(named).map(|field| field.split_once(": ").unwrap().1).collect()
    };
    assert_eq!(values("X-Gateway-Authorization"), [format!("Bearer {TOKEN}")]);
    assert_eq!(values("X-Gateway-Client-Address"), ["127.0.0.9"]);
    assert_eq!(values("X-Client-IP"), ["127.0.0.1"], "the front end names the gateway");
    assert_eq!(values("Authorization"), ["Bearer mine"]);
    assert_eq!(values("X-Forwarded-For"), ["127.0.0.1"], "the host says who is in front of it");
    host.stop().await;
}

#[tokio::test]
async fn five_methods_of_each_route_are_operations_and_nothing_else_is() {
    let app = App::new();
    let host = start(&app, gateway()).await;
    let status = async |method: &str, target: &str| {
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        ask(host.url(), &request).await[9..12].to_owned()
    };
    for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
        assert_eq!(status(method, "/process").await, "200", "{method}");
    }
    for method in ["PUT", "PATCH", "TRACE", "PROPFIND"] {
        assert_eq!(status(method, "/process").await, "404", "{method}");
    }
    for target in ["/", "/nowhere", "/process/x", "/admin/host/status"] {
        assert_eq!(status("GET", target).await, "404", "{target}");
    }
    let (status, body) = get(host.url(), "/nowhere").await;
    assert_eq!((status, body.as_str()), (404, r#"{ "statusCode": 404, "message": "Resource not found" }"#));
    host.stop().await;
}

#[tokio::test]
async fn an_address_that_calls_too_often_is_told_to_wait_and_another_goes_on() {
    let app = App::new();
    let limits = |route: Option<&str>, calls| Rate {
        route: route.map(str::to_owned),
        calls,
        renewal_period: Duration::from_mins(5),
    };
    let mut gateway = gateway();
    gateway.rates = vec![limits(Some("process"), 2), limits(None, 4)];
    let host = start(&app, gateway).await;
    for _ in 0..2 {
        assert_eq!(get(host.url(), "/process").await.0, 200);
    }
    let request = "GET /process HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1\r\nConnection: close\r\n\r\n";
    let refused = ask(host.url(), request).await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    let wait: u64 = refused.split("\r\nRetry-After: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    assert!(refused.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), "{refused}");
    assert!(
        refused.ends_with(r#""error_description":"too many requests from one address; try again later"}"#),
        "{refused}"
    );
    assert_eq!(get(host.url(), "/Process/").await.0, 429, "in any letter case");
    assert!(ask_from([127, 0, 0, 2], host.url(), request).await.starts_with("HTTP/1.1 200 "));
    for expected in [200, 200, 429] {
        assert_eq!(get(host.url(), "/folder").await.0, expected, "all routes together");
    }
    host.stop().await;
}

#[tokio::test]
async fn a_client_that_knows_the_hosts_own_address_goes_past_the_gateway() {
    let app = App::new();
    let host = start(&app, gateway()).await;
    assert_ne!(host.host_url(), host.url());
    let (status, head) = get(host.host_url(), "/headers").await;
    assert_eq!(status, 200);
    assert!(!head.to_ascii_lowercase().contains("x-gateway-authorization"), "{head}");
    host.stop().await;
}

#[tokio::test]
async fn each_request_carries_the_token_that_the_identity_has_then() {
    let app = App::new();
    let asked = AtomicUsize::new(0);
    let gateway = Gateway::new(move || Some(format!("token-{}", asked.fetch_add(1, Ordering::Relaxed))));
    let host = start(&app, gateway).await;
    for number in 0..3 {
        let (_, head) = get(host.url(), "/headers").await;
        assert!(head.contains(&format!("Bearer token-{number}")), "{head}");
    }
    host.stop().await;
}

#[tokio::test]
async fn without_a_token_nothing_reaches_the_handler() {
    let app = App::new();
    let host = start(&app, Gateway::new(|| None)).await;
    let request = "GET /process HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = ask(host.url(), request).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: 5\r\n"), "{answer}");
    assert!(answer.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), "{answer}");
    assert!(answer.contains(r#"{"error":"temporarily_unavailable","#), "{answer}");
    host.stop().await;
}

/// The paths of the endpoints that answer people.
fn pages() -> Vec<String> {
    let contract: Value = serde_json::from_str(include_str!("../../../infra/contract.json")).unwrap();
    let endpoints = contract.get("endpoints").and_then(Value::as_array).unwrap();
    let pages = endpoints.iter().filter(|endpoint| endpoint.get("page").is_some_and(|page| page == true));
    pages.map(|endpoint| endpoint.pointer("/paths/0").and_then(Value::as_str).unwrap().to_owned()).collect()
}

/// Holds each answer against `infra/policies/api.xml`: each status, for pages, the MCP endpoints and the others.
#[tokio::test]
async fn an_error_is_the_one_of_the_policy_a_page_for_people_and_json_for_programs() {
    let app = App::new();
    let pages = pages();
    assert!(pages.len() > 3, "{pages:?}");
    for path in pages.iter().map(String::as_str).chain(["/mcp"]) {
        app.add(&path[1..]);
    }
    let mut limited = gateway();
    limited.rates = vec![Rate { route: None, calls: 1, renewal_period: Duration::from_mins(5) }];
    for (gateway, status, json, html, wait) in [
        (
            Gateway::new(|| None),
            "503",
            "the gateway cannot reach this server; try",
            "<h1>Temporarily unavailable</h1>",
            5,
        ),
        (limited, "429", "too many requests from one", "<h1>Too many requests</h1>", 300),
    ] {
        let host = start(&app, gateway).await;
        get(host.url(), "/process").await;
        let others = ["/Authorize/", "/authorize?a=b", "/process", "/mcp", "/Mcp/"];
        for path in pages.iter().map(String::as_str).chain(others) {
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nOrigin: https://a.example\r\n\r\n");
            let answer = ask(host.url(), &request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            let after: u64 =
                answer.split("\r\nRetry-After: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
            assert!((1..=wait).contains(&after), "{answer}");
            let is_mcp = path.to_ascii_lowercase().starts_with("/mcp");
            let is_page = path != "/process" && !is_mcp;
            let (stated, other) = if is_page { (html, "Access-Control") } else { (json, "text/html") };
            assert!(answer.contains(stated) && !answer.contains(other), "{path}: {answer}");
            assert_eq!(answer.contains("\"jsonrpc\":\"2.0\""), is_mcp, "{path}: {answer}");
            assert_eq!(answer.contains("\r\nX-Frame-Options: DENY\r\n"), is_page, "{path}: {answer}");
            for field in ["Cache-Control: no-store", "Strict-Transport-Security: max-age=31536000"] {
                assert!(answer.contains(&format!("\r\n{field}\r\n")), "{path}: {answer}");
            }
        }
        host.stop().await;
    }
}

#[test]
fn the_rates_are_those_of_the_contract() {
    let contract = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/contract.json")).unwrap();
    let rates = Rate::deployed();
    let stated = |calls: u32| contract.contains(&format!("\"callsPerMinute\": {calls}"));
    assert!(rates.iter().all(|rate| stated(rate.calls)), "{rates:?}");
    assert_eq!(rates.len(), contract.matches("callsPerMinute").count());
    assert_eq!(rates.iter().filter(|rate| rate.route.is_none()).count(), 1);
}

#[tokio::test]
async fn a_preflight_reaches_the_handler_without_what_the_host_would_know_it_by() {
    let app = App::new();
    let host = start(&app, gateway()).await;
    let request = "OPTIONS /headers HTTP/1.1\r\nHost: h\r\nConnection: close\r\nOrigin: https://a.example\r\n\
                   access-control-request-method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n";
    let answer = ask(host.url(), request).await;
    assert!(answer.contains("OPTIONS /headers HTTP/1.1"), "{answer}");
    assert!(answer.contains("Access-Control-Request-Headers: authorization"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("access-control-request-method"), "{answer}");
    host.stop().await;
}

#[tokio::test]
async fn an_answer_of_the_host_comes_through() {
    let app = App::new();
    let host = start(&app, gateway()).await;
    for _ in 0..3 {
        host.kill(0).await;
    }
    assert_eq!(get(host.url(), "/process").await, (503, String::new()));
    host.stop().await;
}

/// A stream through gateway and host, and the gate through which the handler gets what it answers.
async fn open_stream(app: &App, gateway: Gateway) -> (FunctionsHost, TcpStream, TcpStream) {
    let gate = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = app.options(1, &[("GATE", &gate.local_addr().unwrap().to_string())]);
    let host = start_behind_gateway(options, gateway).await.unwrap();
    let (stream, gate) = stream::open(host.url(), &gate).await;
    (host, stream, gate)
}

#[tokio::test]
async fn an_answer_is_not_buffered() {
    let app = App::new();
    let (host, mut stream, mut gate) = open_stream(&app, gateway()).await;
    stream::arrives_byte_by_byte(&mut gate, &mut stream).await;
    host.stop().await;
}

#[tokio::test]
async fn a_silent_stream_is_cut_after_the_idle_time() {
    let app = App::new();
    let mut gateway = gateway();
    gateway.idle = Duration::from_mins(1);
    let (host, mut stream, _gate) = open_stream(&app, gateway).await;
    tokio::time::pause();
    let end = stream.read(&mut [0]).await;
    assert!(end.is_err_and(|fault| fault.kind() == io::ErrorKind::ConnectionReset));
    host.stop().await;
}

#[test]
fn the_gateway_cuts_after_four_minutes_unless_told_otherwise() {
    assert_eq!(gateway().idle, Duration::from_mins(4));
}
