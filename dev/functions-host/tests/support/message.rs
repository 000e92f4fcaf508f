//! Reading and comparing messages as bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const DATE: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

/// A message as it came; a chunked body with its framing.
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// The recording shows each byte as the character of that number.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap()).collect()
}

/// Values for the placeholders in what is sent.
pub(crate) fn fill(text: &str) -> String {
    text.replace("{traceparent}", TRACEPARENT).replace("{date}", DATE)
}

/// Everything before the empty line.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    head.truncate(head.len() - 4);
    Ok(head.into_iter().map(char::from).collect())
}

pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Received> {
    let head = read_head(stream).await?;
    let field = |name: &str| fields(&head).into_iter().find(|(given, _)| given == name).map(|(_, value)| value);
    let mut body = Vec::new();
    if field("transfer-encoding").is_some() {
        while !body.ends_with(b"0\r\n\r\n") {
            body.push(stream.read_u8().await?);
        }
    } else if let Some(length) = field("content-length") {
        body.resize(length.parse().unwrap(), 0);
        stream.read_exact(&mut body).await?;
    }
    Ok(Received { head, body })
}

/// The fields in a fixed order, names in lower case, without `Server`.
fn fields(head: &str) -> Vec<(String, String)> {
    let field = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let mut fields: Vec<_> = head.split("\r\n").skip(1).map(field).filter(|(name, _)| name != "server").collect();
    fields.sort();
    fields
}

/// Compares heads; what the recording has a placeholder for may have any value of the right form.
pub(crate) fn compare(expected: &str, received: &str, handler_port: u16) -> Result<(), String> {
    let general = |head: &str| -> Vec<(String, String)> {
        let value = |(name, value): (String, String)| {
            let value = general_value(&name, &value, handler_port);
            (name, value)
        };
        fields(head).into_iter().map(value).collect()
    };
    let start = |head: &str| head.split("\r\n").next().unwrap_or_default().to_owned();
    let (expected, received) = ((start(expected), general(expected)), (start(received), general(received)));
    if expected == received {
        return Ok(());
    }
    let only = |these: &[(String, String)], those: &[(String, String)]| -> Vec<String> {
        these.iter().filter(|field| !those.contains(field)).map(|(name, value)| format!("{name}: {value}")).collect()
    };
    let (missing, extra) = (only(&expected.1, &received.1), only(&received.1, &expected.1));
    Err(format!("{:?} instead of {:?}, missing {missing:?}, extra {extra:?}", received.0, expected.0))
}

fn general_value(name: &str, value: &str, handler_port: u16) -> String {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    let hexadecimal = value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    match name {
        "date" if value.len() == DATE.len() && value.ends_with(" GMT") => "{date}".to_owned(),
        "traceparent" if hexadecimal && lengths == [2, 32, 16, 2] => "{traceparent}".to_owned(),
        _ if hexadecimal && lengths == [8, 4, 4, 4, 12] => "{guid}".to_owned(),
        _ if value == format!("127.0.0.1:{handler_port}") => "127.0.0.1:{handler-port}".to_owned(),
        _ => value.to_owned(),
    }
}
