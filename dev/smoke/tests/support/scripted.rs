//! A server that answers each method and path as it is told, and everything else with 404.

use std::collections::HashMap;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The answers, by `METHOD /path`: status, header lines, body. `{base}` stands for the server's URL. A request that
/// names its caller's address is answered by `METHOD /path forged`, if there is such an entry.
pub(crate) type Script = HashMap<&'static str, (u16, &'static str, &'static str)>;

const ALLOWED: &str = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: POST, OPTIONS\r\n\
                       Access-Control-Allow-Headers: authorization, content-type\r\n";
const ALLOWED_LOOPBACK: &str = "Access-Control-Allow-Origin: http://localhost:6274\r\nAccess-Control-Allow-Methods: POST, OPTIONS\r\n\
     Access-Control-Allow-Headers: authorization, content-type\r\n";
/// An OAuth error that says to try again later.
pub(crate) const LATER: &str = r#"{"error":"temporarily_unavailable"}"#;

/// A server at which everything that needs no token is right.
pub(crate) fn right() -> Script {
    let challenge =
        "WWW-Authenticate: Bearer resource_metadata=\"{base}/.well-known/oauth-protected-resource/mcp\"\r\n";
    let with_slash =
        "WWW-Authenticate: Bearer resource_metadata=\"{base}/.well-known/oauth-protected-resource/mcp/\"\r\n";
    let of_sse =
        "WWW-Authenticate: Bearer resource_metadata=\"{base}/.well-known/oauth-protected-resource/mcp/sse\"\r\n";
    Script::from([
        ("GET /health", (200, "", "{}")),
        ("GET /.well-known/oauth-authorization-server", (200, "", r#"{"issuer":"{base}"}"#)),
        ("GET /.well-known/oauth-protected-resource/mcp", (200, "", r#"{"resource":"{base}/mcp"}"#)),
        ("GET /.well-known/oauth-protected-resource/mcp/sse", (200, "", r#"{"resource":"{base}/mcp/sse"}"#)),
        ("HEAD /health", (200, "", "")),
        ("GET /mcp", (405, "", "")),
        ("DELETE /mcp", (405, "", "")),
        ("GET /connections", (200, "Content-Type: text/html; charset=utf-8\r\n", "<!doctype html>")),
        ("GET /operator", (200, "Content-Type: text/html; charset=utf-8\r\n", "<!doctype html>")),
        ("OPTIONS /token", (204, ALLOWED, "")),
        ("OPTIONS /register", (204, ALLOWED, "")),
        ("OPTIONS /mcp", (204, ALLOWED_LOOPBACK, "")),
        ("POST /mcp", (401, challenge, "")),
        ("POST /mcp/", (401, with_slash, "")),
        ("POST /mcp/sse", (401, of_sse, "")),
        ("POST /register", (429, "Access-Control-Allow-Origin: *\r\nRetry-After: 60\r\n", LATER)),
    ])
}

/// Ends with this.
pub(crate) struct Scripted {
    pub(crate) url: String,
    _accepting: JoinSet<()>,
}

pub(crate) async fn start(script: Script) -> Scripted {
    start_with(script, usize::MAX).await
}

/// So many requests that name their caller's address are answered by their own entries, and later ones like the others.
pub(crate) async fn start_with(script: Script, mut forged: usize) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut accepting = JoinSet::new();
    let base = url.clone();
    accepting.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            answer(stream, &script, &base, &mut forged).await;
        }
    });
    Scripted { url, _accepting: accepting }
}

async fn answer(stream: TcpStream, script: &Script, base: &str, left: &mut usize) {
    let mut stream = BufReader::new(stream);
    let (mut request_line, mut length, mut forged) = (String::new(), 0, false);
    stream.read_line(&mut request_line).await.unwrap();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some((name, _)) => forged |= name.eq_ignore_ascii_case("x-gateway-client-address"),
            None => break,
        }
    }
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    let asked: Vec<&str> = request_line.split(' ').collect();
    let asked = format!("{} {}", asked[0], asked[1]);
    let special = script.get(format!("{asked} forged").as_str()).filter(|_| forged && *left > 0);
    *left -= usize::from(special.is_some());
    let (status, headers, body) = special.or_else(|| script.get(asked.as_str())).copied().unwrap_or((404, "", ""));
    let (headers, body) = (headers.replace("{base}", base), body.replace("{base}", base));
    let length = body.len();
    let answer = format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
}
