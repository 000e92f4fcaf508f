//! The gateway in front: its token opens the server, and the address that it names is the one that limits count.

use std::{cell::Cell, net::IpAddr, process::Stdio};

use functions_host::{Gateway, ReservedPort};
use futures_util::future::join_all;
use local_tenant::{Endpoint, Fault, GATEWAY_PRINCIPAL_ID};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use stand_in::wait::{until, until_listening};
use tokio::process::{Child, Command};

use crate::{
    browser::{authorize_url, tokens},
    deployment::{Deployment, REDIRECT_URI, USER, body, client, tool_call},
};

const TOKEN: &str = "x-gateway-authorization";

/// A gateway that lets every flood through, so that the handler's limits show.
fn lets_all_through(gateway: &mut Gateway) {
    gateway.rates.clear();
}

async fn behind_gateway() -> Deployment {
    Deployment::start_behind_gateway(lets_all_through).await
}

/// Past the gateway, with this as its token.
async fn past(server: &Deployment, method: Method, path: &str, token: &str) -> Response {
    server.issued(token);
    let url = format!("{}{path}", server.host.host_url());
    server.http.request(method, url).header(TOKEN, format!("Bearer {token}")).send().await.unwrap()
}

#[tokio::test]
async fn a_client_signs_in_and_calls_the_tool_through_the_gateway() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    let tokens = tokens(&server).await;
    let answer = body(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap()).await;
    assert_eq!(answer["result"]["structuredContent"]["userPrincipalName"], USER);
    assert_eq!(server.get("/health").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_address_with_a_slash_and_a_post_to_the_stream_pass_the_gateway() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    let token = tokens(&server).await.access_token;
    for (path, status) in [("/mcp/", 200), ("/mcp/sse", 404), ("/mcp/sse/", 404)] {
        let unknown = server.post(path).json(&tool_call()).send().await.unwrap();
        assert_eq!(unknown.status(), 401, "{path}");
        let challenge = unknown.headers()["www-authenticate"].to_str().unwrap();
        let document = format!("{}/.well-known/oauth-protected-resource{path}", server.url);
        assert!(challenge.contains(&format!("resource_metadata=\"{document}\"")), "{challenge}");
        let metadata = body(server.http.get(document).send().await.unwrap()).await;
        assert_eq!(metadata["resource"], format!("{}{path}", server.url));
        let known = server.post(path).bearer_auth(&token).json(&tool_call()).send().await.unwrap();
        assert_eq!(known.status(), status, "{path}");
    }
}

#[tokio::test]
async fn past_the_gateway_every_endpoint_is_closed() {
    let server = behind_gateway().await;
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/mcp",
        "/register",
        "/authorize",
        "/consent",
        "/oauth-callback",
        "/token",
        "/revoke",
        "/connections",
        "/operator",
        "/health",
        "/mcp",
        "/mcp/sse",
        "/mcp/message",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS, Method::DELETE] {
            let url = format!("{}{path}", server.host.host_url());
            let answer = server.http.request(method.clone(), url).body("{}").send().await.unwrap();
            assert_eq!(answer.status(), 403, "{method} {path}");
        }
    }
    let answer = server.http.get(format!("{}/health", server.host.host_url())).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(body(answer).await["error"], "access_denied");
}

/// A handler without a host, once it listens.
async fn bare_handler(server: &Deployment, port: &ReservedPort) -> Child {
    let folder = server.folder.path().join("bare");
    let handler = Command::new(env!("CARGO_BIN_EXE_handler"))
        .envs(server.tenant.as_ref().unwrap().settings())
        .env("PUBLIC_BASE_URL", &server.url)
        .env("DATA_DIR", folder)
        .env("GATEWAY_PRINCIPAL_ID", GATEWAY_PRINCIPAL_ID)
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.port().to_string())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    until_listening(port.address()).await;
    handler
}

#[tokio::test]
async fn the_host_sees_that_the_handler_is_ready_and_nothing_else() {
    let server = Deployment::start().await;
    let port = ReservedPort::new().unwrap();
    let _handler = bare_handler(&server, &port).await;
    let url = format!("http://{}", port.address());
    let answer = server.http.get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "ready\n"));
    for request in [server.http.post(&url), server.http.head(&url), server.http.get(format!("{url}/nowhere"))] {
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
}

#[tokio::test]
async fn only_the_gateways_own_token_opens() {
    let server = behind_gateway().await;
    let tenant = server.tenant.as_ref().unwrap();
    let good = tenant.gateway_token();
    assert_eq!(past(&server, Method::GET, "/health", &good).await.status(), 200);
    let setting = |name: &str| tenant.settings().into_iter().find(|(known, _)| known == name).unwrap().1;
    let claims = json!({
        "aud": setting("ENTRA_CLIENT_ID"),
        "iss": format!("{}/{}/v2.0", tenant.base_url(), setting("ENTRA_TENANT_ID")),
        "tid": setting("ENTRA_TENANT_ID"),
        "oid": GATEWAY_PRINCIPAL_ID,
        "exp": 4_102_444_800_i64,
    });
    assert_eq!(past(&server, Method::GET, "/health", &tenant.sign(&claims)).await.status(), 200);
    let v1 = format!("https://sts.windows.net/{}/", setting("ENTRA_TENANT_ID"));
    let mut v1_claims = claims.clone();
    v1_claims["iss"] = v1.into();
    assert_eq!(past(&server, Method::GET, "/health", &tenant.sign(&v1_claims)).await.status(), 200);
    let another = |claim: &str, value: Value| {
        let mut claims = claims.clone();
        claims[claim] = value;
        tenant.sign(&claims)
    };
    let user = tokens(&server).await.access_token;
    let bad = [
        another("iss", "https://issuer.example/".into()),
        another("oid", tenant.users()[0].oid.into()),
        another("aud", "https://graph.microsoft.com".into()),
        another("exp", 1_700_000_000.into()),
        another("scp", "access_as_user".into()),
        good.replacen('.', ".e30", 1),
        user,
        "nonsense".to_owned(),
    ];
    for token in bad {
        assert_eq!(past(&server, Method::GET, "/health", &token).await.status(), 403, "{token}");
    }
    let log = server.whole_log().await;
    assert!(log.contains("past_the_gateway") && log.contains("of another identity"), "{log}");
    assert!(log.contains(r#""reason":"of another issuer","detail":"https://issuer.example/""#), "{log}");
}

/// How many requests past the gateway the lines of this reason count.
fn counted(log: &str, reason: &str) -> u64 {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line.get(line.find('{')?..)?).ok());
    let lines = lines.filter(|line| line["event"] == "past_the_gateway");
    let of_reason = lines.filter(|line| line["reason"].as_str().unwrap().starts_with(reason));
    of_reason.map(|line| line["requests"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn requests_past_the_gateway_are_counted_in_the_log_and_no_other_line_warns_of_them() {
    const REQUESTS: u64 = 30;
    let server = behind_gateway().await;
    let health = || server.http.get(format!("{}/health", server.host.host_url()));
    for _ in 0..REQUESTS {
        assert_eq!(health().send().await.unwrap().status(), 403);
        assert_eq!(health().header(TOKEN, "Bearer a.b.c").send().await.unwrap().status(), 403);
    }
    for (reason, token) in [("no bearer token", None), ("invalid", Some("Bearer a.b.c"))] {
        // There is a line a second. It counts all that came since the line before, so after a further request all are counted.
        let sent = Cell::new(REQUESTS);
        until(async || {
            let request = token.map_or_else(health, |token| health().header(TOKEN, token));
            assert_eq!(request.send().await.unwrap().status(), 403);
            sent.set(sent.get() + 1);
            counted(&server.whole_log().await, reason) == sent.get()
        })
        .await;
    }
    let log = server.whole_log().await;
    let others = log.lines().filter(|line| {
        line.contains("\"WARN\"") && !line.contains("past_the_gateway") && !line.contains("gateway token rejected")
    });
    assert_eq!(others.count(), 0, "{log}");
}

#[tokio::test]
async fn a_browsers_preflight_is_answered_by_the_handler() {
    let server = behind_gateway().await;
    for (path, origin, allowed) in [
        ("/register", "https://client.example", "*"),
        ("/token", "https://client.example", "*"),
        ("/revoke", "https://client.example", "*"),
        ("/.well-known/oauth-protected-resource/mcp", "https://client.example", "*"),
        ("/mcp", "http://localhost:6274", "http://localhost:6274"),
        ("/mcp/message", "http://localhost:6274", "http://localhost:6274"),
    ] {
        let request = server.http.request(Method::OPTIONS, format!("{}{path}", server.url));
        let answer = request
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, content-type")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204, "{path}");
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(header("access-control-allow-origin"), allowed, "{path}");
        assert!(header("access-control-allow-headers").contains("authorization"), "{path}");
    }
}

/// A handler that takes one request of an address a minute, behind a gateway that takes any number.
async fn of_few_requests() -> Deployment {
    let limits =
        "registrations-per-minute=1 authorizations-per-minute=1 token-requests-per-minute=1 calls-per-minute=1";
    Deployment::start_behind_gateway_with(&[("MCP_LIMITS", limits)], lets_all_through).await
}

#[tokio::test]
async fn the_gateways_own_429_is_like_the_handlers() {
    const SHARED: [&str; 8] = [
        "content-type",
        "access-control-allow-origin",
        "cache-control",
        "x-content-type-options",
        "x-frame-options",
        "cross-origin-opener-policy",
        "permissions-policy",
        "referrer-policy",
    ];
    let of_gateway = Deployment::start_behind_gateway(|gateway| {
        gateway.rates.iter_mut().for_each(|rate| rate.calls = 1);
    })
    .await;
    let of_handler = of_few_requests().await;
    for path in ["/token", "/revoke", "/register", "/authorize"] {
        let too_many = async |server: &Deployment| loop {
            let request = if path == "/authorize" { server.get(path) } else { server.post(path).form(&[("a", "b")]) };
            let answer = request.header("origin", "https://a.example").send().await.unwrap();
            if answer.status() == 429 {
                break answer;
            }
        };
        let (gateways, handlers) = (too_many(&of_gateway).await, too_many(&of_handler).await);
        for name in SHARED {
            assert_eq!(gateways.headers().get(name), handlers.headers().get(name), "{path}: {name}");
        }
        assert!(gateways.headers().contains_key("retry-after"), "{path}");
        let (gateways, handlers) = (gateways.text().await.unwrap(), handlers.text().await.unwrap());
        match path {
            "/authorize" => {
                assert!([gateways, handlers].iter().all(|page| page.contains("<h1>Too many requests</h1>")));
            }
            _ => assert_eq!(gateways, handlers, "{path}"),
        }
    }
}

#[tokio::test]
async fn a_429_of_the_mcp_endpoints_is_a_json_rpc_error_whoever_refuses() {
    let of_gateway = Deployment::start_behind_gateway(|gateway| {
        gateway.rates.iter_mut().for_each(|rate| rate.calls = 1);
    })
    .await;
    let of_handler = of_few_requests().await;
    let token = tokens(&of_handler).await.access_token;
    for path in ["/mcp", "/mcp/message"] {
        for (server, token) in [(&of_gateway, "none"), (&of_handler, token.as_str())] {
            let answer = loop {
                let request = server.post(path).bearer_auth(token).json(&tool_call());
                let answer = request.header("origin", "http://localhost:6274").send().await.unwrap();
                if answer.status() == 429 {
                    break answer;
                }
            };
            assert!(
                answer.headers().contains_key("retry-after")
                    && answer.headers().contains_key("access-control-allow-origin")
            );
            let error = body(answer).await;
            assert_eq!((&error["jsonrpc"], &error["error"]["code"]), (&"2.0".into(), &429.into()), "{error}");
            assert_eq!(error.get("id"), None);
        }
    }
}

#[tokio::test]
async fn while_nobody_can_tell_it_is_503_and_a_token_found_good_stays_good() {
    let mut server = behind_gateway().await;
    let tenant = server.tenant.as_ref().unwrap();
    let token = tenant.gateway_token();
    tenant.fail_next(Endpoint::Keys, 1, Fault::Dropped).unwrap();
    let answer = past(&server, Method::GET, "/health", &token).await;
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (503, true));
    // The keys are asked for again after a second.
    while past(&server, Method::GET, "/health", &token).await.status() == 503 {}
    assert_eq!(past(&server, Method::GET, "/health", &token).await.status(), 200);
    server.tenant_down().await;
    assert_eq!(past(&server, Method::GET, "/health", &token).await.status(), 200);
}

/// From another address of this computer, with forged headers that name a third.
async fn register_from(server: &Deployment, address: [u8; 4], claimed: u32) -> Response {
    let http = client().local_address(IpAddr::from(address)).build().unwrap();
    let claimed = IpAddr::from(claimed.to_be_bytes()).to_string();
    let request = http.post(format!("{}/register", server.url)).json(&json!({ "redirect_uris": [REDIRECT_URI] }));
    let request = request.header("x-gateway-client-address", &claimed).header("x-client-ip", &claimed);
    let request = request.header("x-forwarded-for", &claimed).header("client-ip", &claimed);
    request.header("forwarded", format!("for={claimed}")).send().await.unwrap()
}

#[tokio::test]
async fn an_address_is_limited_whatever_it_claims_and_another_goes_on() {
    let limits = [("MCP_LIMITS", "registrations-per-minute=2")];
    let server = Deployment::start_behind_gateway_with(&limits, lets_all_through).await;
    // At least two are taken; further ones if half a minute passes between two of them.
    let mut taken = 0;
    let refused = loop {
        assert!(taken < 100, "{taken} were taken: what the caller claims was believed");
        let answer = register_from(&server, [127, 0, 0, 1], 0x1401_0000 + taken).await;
        if answer.status() != 201 {
            break answer;
        }
        taken += 1;
    };
    assert!(taken >= 2, "{taken} were taken");
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(body(refused).await["error"], "temporarily_unavailable");
    assert_eq!(register_from(&server, [127, 0, 0, 2], 1).await.status(), 201);
}

#[tokio::test]
async fn an_address_that_keeps_registering_and_uses_nothing_leaves_places_to_others() {
    let limits = [("MCP_LIMITS", "waiting-registrations=5, registrations-per-minute=1000000")];
    let server = Deployment::start_behind_gateway_with(&limits, lets_all_through).await;
    for _ in 0..5 {
        assert_eq!(register_from(&server, [127, 0, 0, 1], 1).await.status(), 201);
    }
    let refused = register_from(&server, [127, 0, 0, 1], 1).await;
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));
    assert_eq!(body(refused).await["error"], "temporarily_unavailable");
    for address in 2..6 {
        assert_eq!(register_from(&server, [127, 0, 0, address], 1).await.status(), 201, "{address}");
    }
}

/// Sends many requests at once, faster than a limit lets them through on any machine, until one is refused.
async fn flood(send: impl AsyncFn() -> Response) -> Response {
    loop {
        let answers = join_all((0..50).map(|_| send())).await;
        if let Some(refused) = answers.into_iter().find(|answer| answer.status() != 400) {
            return refused;
        }
    }
}

#[tokio::test]
async fn a_flood_of_token_requests_is_json_and_of_authorization_requests_a_page() {
    let server = of_few_requests().await;
    let url = authorize_url(&server, "nobody", &[]);
    let page = flood(async || server.http.get(&url).send().await.unwrap()).await;
    assert_eq!((page.status().as_u16(), page.headers().contains_key("retry-after")), (429, true));
    assert!(page.text().await.unwrap().contains("Too many requests"));
    let token = || server.post("/token").header("origin", "https://a.example").form(&[("a", "b")]);
    let json = flood(async || token().send().await.unwrap()).await;
    assert_eq!((json.status().as_u16(), &json.headers()["access-control-allow-origin"]), (429, &"*".parse().unwrap()));
    assert_eq!(body(json).await["error"], "temporarily_unavailable");
}

#[tokio::test]
async fn without_a_gateway_its_headers_mean_nothing() {
    let server = Deployment::start().await;
    for _ in 0..40 {
        let request = server.post("/register").json(&json!({ "redirect_uris": [REDIRECT_URI] }));
        let answer =
            request.header("x-gateway-client-address", "20.1.2.3").header(TOKEN, "Bearer x").send().await.unwrap();
        assert_eq!(answer.status(), 201);
    }
}
