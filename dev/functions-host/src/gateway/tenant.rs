//! The local tenant as the source of the gateway's tokens.

use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::NoToken;
use crate::answer::Answer;
use crate::body::Body;
use crate::connection::Connection;

#[derive(Deserialize)]
struct Given {
    gateway_token: String,
}

/// `GET /_control/gateway_token`.
pub(super) async fn gateway_token(base_url: &str, control_token: &str) -> Result<String, NoToken> {
    let authority =
        base_url.strip_prefix("http://").ok_or_else(|| NoToken(format!("{base_url} is not an http URL")))?;
    let request = format!(
        "GET /_control/gateway_token HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {control_token}\r\n\
         Connection: close\r\n\r\n"
    );
    let body = ask(authority, &request).await.map_err(|fault| NoToken(format!("{base_url}: {fault}")))?;
    let given = serde_json::from_slice::<Given>(&body);
    Ok(given.map_err(|_| NoToken(format!("{base_url} gives none to this control token")))?.gateway_token)
}

async fn ask(authority: &str, request: &str) -> std::io::Result<Vec<u8>> {
    let mut tenant = Connection::new(TcpStream::connect(authority).await?)?;
    tenant.writer.write_all(request.as_bytes()).await?;
    let answer = Answer::read(&mut tenant.reader, "GET").await.map_err(|_| std::io::ErrorKind::InvalidData)?;
    let (mut body, mut bytes) = (Body::new(answer.body), Vec::new());
    while let Some(piece) = body.next(&mut tenant.reader).await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}
