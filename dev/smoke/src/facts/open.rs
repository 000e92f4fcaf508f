//! What needs no token: that the handler runs, under which addresses it knows itself, and that methods, CORS and
//! challenges pass what is in front of it.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Fact;
use crate::server::{Answer, Server};

/// Where MCP Inspector runs.
const LOOPBACK_ORIGIN: &str = "http://localhost:6274";
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
    server.get("/health").await?.expect(StatusCode::OK)
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
    Ok(format!("the metadata says {base}"))
}

/// Clients take 405 for "no stream here", and 404 for "no server here".
pub(crate) async fn methods(server: &Server) -> Fact {
    Server::answer(server.request(Method::HEAD, "/health")).await?.expect(StatusCode::OK)?;
    for method in [Method::GET, Method::DELETE] {
        Server::answer(server.request(method, "/mcp")).await?.expect(StatusCode::METHOD_NOT_ALLOWED)?;
    }
    Ok("HEAD /health is 200, GET and DELETE /mcp are 405".to_owned())
}

/// Neither the gateway nor the host answers a preflight request itself.
pub(crate) async fn preflight(server: &Server) -> Fact {
    for (path, origin) in [("/token", ANY_ORIGIN), ("/register", ANY_ORIGIN), ("/mcp", LOOPBACK_ORIGIN)] {
        let request = server
            .request(Method::OPTIONS, path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, content-type");
        let answer = Server::answer(request).await?;
        let allowed = answer.header("access-control-allow-origin");
        if !answer.status.is_success() || (allowed != origin && allowed != "*") {
            return Err(answer.unlike(&format!("an answer that allows {origin}")));
        }
    }
    Ok("OPTIONS /token, /register and /mcp reach the handler".to_owned())
}

/// The challenge arrives, and names the metadata where they are.
pub(crate) async fn challenge(server: &Server) -> Fact {
    let request = server.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
    let answer: Answer =
        Server::answer(request.json(&serde_json::json!({}))).await?.expect(StatusCode::UNAUTHORIZED)?;
    let metadata = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"", server.base());
    let challenge = answer.header("www-authenticate");
    if challenge.contains(&metadata) {
        Ok("POST /mcp without a token is 401 and names the metadata".to_owned())
    } else {
        Err(format!("WWW-Authenticate of POST /mcp is {challenge:?}, without {metadata}"))
    }
}
