//! Flex Consumption's parts in front of the handler that a local function app has not: App Service's front end, and the
//! host's CORS middleware.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "support/app.rs"]
mod app;

use functions_host::{FRONT_END_WRITES, FunctionsHost, Gateway, start, start_behind_gateway};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use app::App;

const PREFLIGHT: &str = "OPTIONS /headers HTTP/1.1\r\nHost: h\r\nConnection: close\r\nOrigin: https://a.example\r\n\
                         Access-Control-Request-Method: POST\r\n\r\n";

async fn on_flex(app: &App) -> FunctionsHost {
    start_behind_gateway(app.options(1, &[]), Gateway::new(|| None)).await.unwrap()
}

/// The whole answer to a request that goes past the gateway, and the port that it came from.
async fn ask(url: &str, request: &str) -> (String, u16) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer, stream.local_addr().unwrap().port())
}

fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn the_front_end_overwrites_its_fields_and_passes_the_others() {
    let app = App::new();
    let host = on_flex(&app).await;
    let forged: String = FRONT_END_WRITES.map(|name| format!("{}: forged\r\n", name.to_lowercase())).concat();
    let request = format!(
        "GET /headers?a=b HTTP/1.1\r\nHost: func-x.example\r\nConnection: close\r\nX-Gateway-Client-Address: mine\r\n\
         {forged}\r\n"
    );
    let (answer, port) = ask(host.host_url(), &request).await;
    for (name, value) in [
        ("X-Client-IP", "127.0.0.1"),
        ("X-Client-Port", &port.to_string()),
        ("CLIENT-IP", &format!("127.0.0.1:{port}")),
        ("DISGUISED-HOST", "func-x.example"),
        ("X-Original-URL", "/headers?a=b"),
        ("X-Forwarded-Proto", "https"),
        ("X-Gateway-Client-Address", "mine"),
    ] {
        assert_eq!(values(&answer, name), [value], "{name}: {answer}");
    }
    assert!(!answer.contains("forged"), "{answer}");
    host.stop().await;
}

#[tokio::test]
async fn the_host_answers_every_preflight_itself_and_without_cors_headers() {
    let app = App::new();
    let host = on_flex(&app).await;
    for request in
        [PREFLIGHT.to_owned(), PREFLIGHT.replace("/headers", "/nowhere"), PREFLIGHT.replace("OPTIONS", "options")]
    {
        let (answer, _) = ask(host.host_url(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 204 No Content\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
        assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    }
    host.stop().await;
}

#[tokio::test]
async fn an_options_request_that_is_no_preflight_reaches_the_handler() {
    let app = App::new();
    let host = on_flex(&app).await;
    for request in [
        PREFLIGHT.replace("Access-Control-Request-Method: POST\r\n", ""),
        PREFLIGHT.replace("Origin: https://a.example\r\n", ""),
        PREFLIGHT.replace("OPTIONS", "GET"),
    ] {
        let (answer, _) = ask(host.host_url(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(" /headers HTTP/1.1"), "{answer}");
    }
    host.stop().await;
}

#[tokio::test]
async fn a_local_host_passes_preflights_and_fields_on() {
    let app = App::new();
    let host = start(app.options(1, &[])).await.unwrap();
    let (answer, _) = ask(host.url(), &PREFLIGHT.replace("\r\n\r\n", "\r\nX-Client-IP: mine\r\n\r\n")).await;
    assert!(answer.contains("OPTIONS /headers HTTP/1.1"), "{answer}");
    assert_eq!(values(&answer, "X-Client-IP"), ["mine"]);
    host.stop().await;
}
