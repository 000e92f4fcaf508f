//! Changes of a request, such as an attacker or a broken client makes.

use serde_json::{Value, json};

use crate::{
    known::Known,
    random::Random,
    request::{Body, Request},
};

const METHODS: [&str; 9] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get"];
const TEXTS: [&str; 14] = [
    "",
    "null",
    "none",
    "../../x",
    "%00",
    "\u{202e}\u{0}",
    "javascript:alert(1)",
    "https://evil.example/cb",
    "http://127.0.0.1:33418/callback#x",
    "plain",
    "openid profile user.read",
    "a b\r\nx: y",
    "\u{1f4da}\u{301}\u{301}",
    "0",
];
const HEADERS: [(&str, &[u8]); 22] = [
    ("host", b"evil.example"),
    ("host", b"localhost"),
    ("origin", b"https://evil.example"),
    ("origin", b"null"),
    ("authorization", b"Bearer x"),
    ("authorization", b"Basic YTpi"),
    ("authorization", b"\xff"),
    ("content-type", b"text/plain"),
    ("content-type", b"application/json; charset=utf-16"),
    ("content-encoding", b"gzip"),
    ("accept", b"text/html"),
    ("cookie", b"__Host-MCP_OWNER=x; a=\xff; =;;"),
    ("sec-fetch-site", b"cross-site"),
    ("sec-purpose", b"prefetch"),
    ("expect", b"100-continue"),
    ("transfer-encoding", b"chunked"),
    ("content-length", b"0"),
    ("mcp-protocol-version", b"1999-01-01"),
    ("mcp-session-id", b"x"),
    ("last-event-id", b"7"),
    ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("x-gateway-client-address", b"10.0.0.1"),
];
const MESSAGES: usize = 64 * 1024;

/// Changes a request once to three times.
pub(crate) fn mutate(random: &Random, known: &Known, request: &mut Request) {
    for _ in 0..=random.below(3) {
        match random.below(9) {
            0 => (*random.pick(&METHODS)).clone_into(&mut request.method),
            1 => pairs(random, known, &mut request.query),
            2 => headers(random, request),
            3 if random.once_in(4) => request.broken = true,
            4 => path(random, &mut request.path),
            _ => body(random, known, &mut request.body),
        }
    }
}

/// A text that somebody was given, or an odd one.
fn text(random: &Random, known: &Known) -> String {
    let given = match random.below(6) {
        0 => random.any(&known.clients).cloned(),
        1 => random.any(&known.codes).map(|(_, code)| code.clone()),
        2 => random.any(&known.refresh_tokens).map(|(_, token)| token.clone()),
        3 => random.any(&known.access_tokens).cloned(),
        4 => Some("x".repeat(random.below(20_000))),
        _ => None,
    };
    given.unwrap_or_else(|| (*random.pick(&TEXTS)).to_owned())
}

fn pairs(random: &Random, known: &Known, pairs: &mut Vec<(String, String)>) {
    let at = random.below(pairs.len().max(1));
    match (random.below(5), pairs.get_mut(at)) {
        (0, Some(pair)) => pair.1 = text(random, known),
        (1, Some(pair)) => pair.1 = damaged(random, &pair.1),
        (2, Some(pair)) => {
            let twice = pair.clone();
            pairs.push(twice);
        }
        (3, Some(_)) => drop(pairs.remove(at)),
        _ => pairs.push((text(random, known), text(random, known))),
    }
}

/// The text with one character changed, left out, or said twice.
fn damaged(random: &Random, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return "x".to_owned();
    }
    let at = random.below(characters.len());
    match random.below(3) {
        0 => characters[at] = *random.pick(&['A', '.', '-', '%', '\0', '\u{e9}']),
        1 => drop(characters.remove(at)),
        _ => characters.insert(at, characters[at]),
    }
    characters.into_iter().collect()
}

fn headers(random: &Random, request: &mut Request) {
    let at = random.below(request.headers.len().max(1));
    match (random.below(5), request.headers.get_mut(at)) {
        (0, Some(_)) => drop(request.headers.remove(at)),
        (1, Some(header)) => {
            let twice = header.clone();
            request.headers.push(twice);
        }
        (2, Some(header)) => header.1 = random.bytes(60).into_iter().filter(|byte| !b"\r\n".contains(byte)).collect(),
        (3, _) => request.headers.push(("x-long".to_owned(), vec![b'y'; random.below(60_000)])),
        _ => {
            let (name, value) = random.pick(&HEADERS);
            request.broken |= ["content-length", "transfer-encoding"].contains(name);
            request.headers.push(((*name).to_owned(), value.to_vec()));
        }
    }
}

fn path(random: &Random, path: &mut String) {
    match random.below(4) {
        0 => path.push('/'),
        1 => path.insert_str(0, "http://evil.example"),
        2 => *path = path.replace('/', "/%2e/"),
        _ => *path = path.to_uppercase(),
    }
}

fn body(random: &Random, known: &Known, body: &mut Body) {
    match body {
        Body::Form(fields) if !random.once_in(6) => pairs(random, known, fields),
        Body::Json(json) if !random.once_in(6) => member(random, known, json),
        _ => *body = Body::Bytes(bytes(random)),
    }
}

fn bytes(random: &Random) -> Vec<u8> {
    match random.below(5) {
        0 => random.bytes(2_000),
        1 => vec![b'['; random.below(2 * MESSAGES)],
        2 => format!("[{}0]", r#"{"a":0},"#.repeat(random.below(MESSAGES / 8))).into_bytes(),
        3 => "a&".repeat(random.below(200)).into_bytes(),
        _ => b"{\"jsonrpc\":\"2.0\",\"id\":1e999}".to_vec(),
    }
}

fn value(random: &Random, known: &Known) -> Value {
    match random.below(7) {
        0 => Value::Null,
        1 => json!(random.below(1_000_000)),
        2 => json!([text(random, known)]),
        3 => json!({ "a": [{ "b": text(random, known) }] }),
        4 => json!(-1.5e300),
        5 => json!(vec![0; random.below(20_000)]),
        _ => json!(text(random, known)),
    }
}

/// Changes a member, here or further in.
fn member(random: &Random, known: &Known, json: &mut Value) {
    let Value::Object(members) = json else {
        *json = value(random, known);
        return;
    };
    let names: Vec<String> = members.keys().cloned().collect();
    let Some(name) = random.any(&names) else {
        members.insert(text(random, known), value(random, known));
        return;
    };
    match random.below(4) {
        0 => drop(members.remove(name)),
        1 => drop(members.insert(text(random, known), value(random, known))),
        2 => drop(members.insert(name.clone(), value(random, known))),
        _ => {
            if let Some(inner) = members.get_mut(name) {
                member(random, known, inner);
            }
        }
    }
}
