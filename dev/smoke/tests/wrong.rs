//! Each fact fails when it is not as it should be, and says what was seen.
#![cfg(test)]

#[path = "support/scripted.rs"]
mod scripted;

use std::{sync::Mutex, time::Duration};

use scripted::{LATER, Script, Scripted, right};
use smoke::{Line, News, Options, Outcome};
use url::Url;

fn options(url: &str) -> Options {
    Options {
        url: url.parse().unwrap(),
        function_host: None,
        wait: Duration::ZERO,
        sign_in: None,
        stream: Duration::ZERO,
        address_limit: true,
    }
}

async fn tried(url: &str, function_host: Option<&str>) -> Vec<Line> {
    let function_host = function_host.map(|host| host.parse().unwrap());
    smoke::run(&Options { function_host, ..options(url) }, &|_| ()).await.lines().to_vec()
}

/// The only fact that fails when this answer is another one, and what is said of it.
async fn failed_when(asked: &'static str, answer: (u16, &'static str, &'static str)) -> (String, String) {
    let mut script = right();
    script.insert(asked, answer);
    let lines = tried(&scripted::start(script).await.url, None).await;
    let failed: Vec<_> = lines.iter().filter(|line| matches!(line.outcome, Outcome::Fail(_))).collect();
    let [only] = failed.as_slice() else { panic!("{asked}: {failed:#?}") };
    (only.fact.clone(), only.to_string())
}

#[tokio::test]
async fn nothing_fails_when_all_is_right() {
    let lines = tried(&scripted::start(right()).await.url, None).await;
    assert!(lines.iter().all(|line| !matches!(line.outcome, Outcome::Fail(_))), "{lines:#?}");
}

/// The limit gives tokens back while the check runs.
#[tokio::test]
async fn forged_calls_that_are_taken_until_one_is_refused_do_not_fail_the_fact() {
    let mut script = right();
    script.insert("POST /register forged", (400, "", ""));
    let server = scripted::start_with(script, 350).await;
    let lines = tried(&server.url, None).await;
    let line = lines.iter().find(|line| line.fact == "address-limit").unwrap();
    assert!(matches!(line.outcome, Outcome::Pass(_)), "{line}");
}

#[tokio::test]
async fn each_fact_fails_alone_and_says_what_was_seen() {
    for (asked, answer, fact, said) in [
        ("GET /health", (503, "", r#"{"store":"down"}"#), "runtime", r#"{\"store\":\"down\"}"#),
        (
            "GET /.well-known/oauth-authorization-server",
            (200, "", r#"{"issuer":"https://other"}"#),
            "addresses",
            "https://other",
        ),
        ("GET /health", (403, "", r#"{"error":"access_denied"}"#), "runtime", "names the token's issuer"),
        ("GET /health", (403, "", "Ip Forbidden"), "runtime", "GET /health is 403, and not 200"),
        ("HEAD /health", (404, "", ""), "methods", "HEAD /health is 404"),
        ("GET /mcp", (404, "", "Resource not found"), "methods", "GET /mcp is 404"),
        ("DELETE /mcp", (200, "", ""), "methods", "DELETE /mcp is 200"),
        ("OPTIONS /token", (404, "", ""), "OPTIONS", "OPTIONS /token is 404"),
        ("OPTIONS /mcp", (204, "", ""), "OPTIONS", "the Functions host answered it"),
        (
            "OPTIONS /mcp",
            (204, "Access-Control-Allow-Origin: https://other\r\n", ""),
            "OPTIONS",
            "http://localhost:6274",
        ),
        ("OPTIONS /token", (204, "Access-Control-Allow-Origin: *\r\n", ""), "OPTIONS", "to POST with a token"),
        ("POST /mcp", (401, "", ""), "401", "without resource_metadata"),
        ("POST /mcp", (403, "", ""), "401", "POST /mcp is 403"),
        ("POST /mcp/", (404, "", "Resource not found"), "401", "POST /mcp/ is 404"),
        ("POST /mcp/sse", (405, "", ""), "401", "POST /mcp/sse is 405"),
        ("GET /operator", (404, "", "Resource not found"), "pages", "GET /operator is 404"),
        ("GET /connections", (200, "", "{}"), "pages", "a page"),
        ("POST /register", (400, "", ""), "address-limit", "2000 registrations from one address were not refused"),
        (
            "POST /register forged",
            (400, "", ""),
            "address-limit",
            "2000 registrations with forged addresses were not refused",
        ),
        ("POST /register", (429, "Access-Control-Allow-Origin: *\r\n", LATER), "429", "no Retry-After"),
        ("POST /register", (429, "Retry-After: 60\r\n", LATER), "429", "no CORS headers"),
        (
            "POST /register",
            (429, "Access-Control-Allow-Origin: *\r\nRetry-After: 60\r\n", r#"{ "statusCode": 429 }"#),
            "429",
            "not an OAuth error",
        ),
    ] {
        let (failed, line) = failed_when(asked, answer).await;
        assert_eq!(failed, fact, "{asked}");
        assert!(line.contains(said), "{said} in {line}");
    }
}

#[tokio::test]
async fn a_function_host_that_answers_without_the_gateway_fails() {
    let (server, open) = (scripted::start(right()).await, scripted::start(right()).await);
    let gateway_only = async |host: &Scripted| {
        let lines = tried(&server.url, Some(&host.url)).await;
        lines.into_iter().find(|line| line.fact == "gateway-only").unwrap().to_string()
    };
    assert!(gateway_only(&open).await.starts_with("FAIL gateway-only: GET /health is 200, and not 403"));
    for (body, outcome) in
        [(r#"{"error":"access_denied"}"#, "pass"), ("Ip Forbidden", "skip"), (r#"{"error":"other"}"#, "skip")]
    {
        let closed = scripted::start(Script::from([("GET /health", (403, "", body))])).await;
        assert!(gateway_only(&closed).await.starts_with(outcome), "{body}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_every_fact_that_is_tried() {
    let reserved = functions_host::ReservedPort::new().unwrap();
    let gone = format!("http://{}", reserved.address());
    let lines = tried(&gone, None).await;
    let passed: Vec<_> = lines.iter().filter(|line| matches!(line.outcome, Outcome::Pass(_))).collect();
    assert!(passed.is_empty(), "{passed:#?}");
    assert!(lines[0].to_string().contains("GET /health: "), "{}", lines[0]);
}

#[tokio::test]
async fn each_line_is_told_as_soon_as_it_is_known_and_counted_at_the_end() {
    let mut script = right();
    script.insert("GET /mcp", (404, "", "Resource not found"));
    let server = scripted::start(script).await;
    let told = Mutex::new(Vec::new());
    let tell = |news: News<'_>| {
        let News::Line(line) = news else { panic!("nobody signs in") };
        told.lock().unwrap().push(line.to_string());
    };
    let report = smoke::run(&options(&server.url), &tell).await;
    let told = told.lock().unwrap();
    assert_eq!(*told, report.lines().iter().map(ToString::to_string).collect::<Vec<_>>());
    assert!(told[0].starts_with("pass runtime: ") && told[2].starts_with("FAIL methods: GET /mcp is 404"), "{told:?}");
    assert_eq!(told[6], "skip gateway-only: --function-host is not given");
    assert!(report.failed());
    assert_eq!(report.to_string(), "7 passed, 1 failed, 8 skipped");
}

/// The program's message when a sign-in comes back with this error.
async fn sign_in_refused(error: &'static str, description: &'static str) -> String {
    let mut script = right();
    script.insert("POST /register", (201, "", r#"{"client_id":"client"}"#));
    let server = scripted::start(script).await;
    let options = Options { sign_in: Some(Duration::from_mins(5)), address_limit: false, ..options(&server.url) };
    let tell = |news: News<'_>| {
        if let News::SignIn(url) = news {
            let url = Url::parse(url).unwrap();
            let (_, redirect_uri) = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap();
            let parameters = [("error", error), ("error_description", description)];
            tokio::spawn(reqwest::get(Url::parse_with_params(&redirect_uri, parameters).unwrap()));
        }
    };
    let lines = smoke::run(&options, &tell).await.lines().to_vec();
    lines.iter().find(|line| line.fact == "sign-in").unwrap().to_string()
}

#[tokio::test]
async fn a_server_error_at_sign_in_says_where_entras_reason_is_and_other_errors_do_not() {
    let said = sign_in_refused("server_error", "sign-in failed").await;
    for part in ["server_error: sign-in failed. ", "`sign-in code not redeemed`", "[700211]", "[700212]", "[700213]"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let said = sign_in_refused("access_denied", "declined").await;
    assert_eq!(said, "FAIL sign-in: the server answers access_denied: declined");
}
