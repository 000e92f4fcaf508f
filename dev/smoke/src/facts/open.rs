//! Facts that need no token: the handler runs, knows its public URL, and methods, CORS and challenges pass the gateway
//! and the host.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{Fact, gateway::is_past_the_gateway};
use crate::server::{Answer, Server};

/// The origin of MCP Inspector.
const LOOPBACK_ORIGIN: &str = "http://localhost:6274";
/// The handler answers nothing without a token of the gateway, also when the gateway sends one that it does not accept.
const TOKEN_REFUSED: &str = "GET /health is 403: the handler refuses the token of API Management's identity. Its log says \
                             why, in the line with the audit event \"past_the_gateway\": \"of another issuer\": the line beside it names the \
                             token's issuer, \"of another identity\" means that GATEWAY_PRINCIPAL_ID is wrong";
/// While the server is not healthy yet.
const BETWEEN: Duration = Duration::from_secs(5);
const ANY_ORIGIN: &str = "https://smoke.example";

/// The runtime has started the binary, and it reaches its store and its keys. After a deployment it may take minutes until
/// new roles hold.
pub(crate) async fn runtime(server: &Server, wait: Duration) -> Fact {
    let deadline = Instant::now() + wait;
    while let Err(reason) = healthy(server).await {
        if Instant::now() >= deadline {
            return Err(reason);
        }
        sleep(BETWEEN).await;
    }
    Ok("GET /health is 200: the handler runs, and reaches its store and its keys".to_owned())
}

async fn healthy(server: &Server) -> Result<Answer, String> {
    let answer = server.get("/health").await?;
    if answer.status == StatusCode::FORBIDDEN && is_past_the_gateway(&answer) {
        return Err(TOKEN_REFUSED.to_owned());
    }
    answer.expect(StatusCode::OK)
}

/// Clients compare these byte by byte.
pub(crate) async fn addresses(server: &Server) -> Fact {
    let base = server.base();
    for (path, member, expected) in [
        ("/.well-known/oauth-authorization-server", "issuer", base.to_owned()),
        ("/.well-known/oauth-protected-resource/mcp", "resource", format!("{base}/mcp")),
        ("/.well-known/oauth-protected-resource/mcp/sse", "resource", format!("{base}/mcp/sse")),
    ] {
        let metadata = server.get(path).await?.expect(StatusCode::OK)?.json()?;
        let found = metadata.get(member).and_then(Value::as_str).unwrap_or_default();
        if found != expected {
            return Err(format!("{member} in {path} is {found:?}, and not {expected:?}: PUBLIC_BASE_URL is wrong"));
        }
    }
    Ok(format!("the metadata names {base}"))
}

/// Clients take 405 for "no stream here", and 404 for "no server here".
pub(crate) async fn methods(server: &Server) -> Fact {
    Server::answer(server.request(Method::HEAD, "/health")).await?.expect(StatusCode::OK)?;
    for method in [Method::GET, Method::DELETE] {
        Server::answer(server.request(method, "/mcp")).await?.expect(StatusCode::METHOD_NOT_ALLOWED)?;
    }
    Ok("HEAD /health is 200, GET and DELETE /mcp are 405".to_owned())
}

/// The handler answers preflights. The Functions host would answer them with 204 and no CORS header.
pub(crate) async fn preflight(server: &Server) -> Fact {
    for (path, origin) in [("/token", ANY_ORIGIN), ("/register", ANY_ORIGIN), ("/mcp", LOOPBACK_ORIGIN)] {
        let request = server
            .request(Method::OPTIONS, path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, content-type");
        let answer = Server::answer(request).await?;
        let allowed = answer.header("access-control-allow-origin");
        if answer.status == StatusCode::NO_CONTENT && allowed.is_empty() {
            return Err(format!(
                "the preflight of {path} is 204 without CORS headers: the Functions host answered it, because API \
                 Management did not delete Access-Control-Request-Method"
            ));
        }
        let allows = |name: &str, word: &str| answer.header(name).to_ascii_lowercase().contains(word);
        let complete = allows("access-control-allow-methods", "post")
            && allows("access-control-allow-headers", "authorization")
            && allows("access-control-allow-headers", "content-type");
        if !answer.status.is_success() || (allowed != origin && allowed != "*") || !complete {
            return Err(answer.unlike(&format!("an answer that allows {origin} to POST with a token")));
        }
    }
    Ok("preflights of /token, /register and /mcp are answered by the handler".to_owned())
}

/// The challenge arrives, and names the metadata where they are: at each address that a person may type, and where a client
/// tries Streamable HTTP first.
pub(crate) async fn challenge(server: &Server) -> Fact {
    for path in ["/mcp", "/mcp/", "/mcp/sse"] {
        let request = server.request(Method::POST, path).header("accept", "application/json, text/event-stream");
        let answer: Answer =
            Server::answer(request.json(&serde_json::json!({}))).await?.expect(StatusCode::UNAUTHORIZED)?;
        let metadata = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource{path}\"", server.base());
        let challenge = answer.header("www-authenticate");
        if !challenge.contains(&metadata) {
            return Err(format!("WWW-Authenticate of POST {path} is {challenge:?}, without {metadata}"));
        }
    }
    Ok("POST /mcp, /mcp/ and /mcp/sse without a token are 401 and name the metadata".to_owned())
}
