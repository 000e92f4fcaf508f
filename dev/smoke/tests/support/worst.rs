//! The worst texts that a caller may send.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// As long as a head may be before it counts in a budget.
const SMALL_HEAD: usize = 8_000;
/// A message or a registration of this length is still read.
const LONGEST: std::ops::Range<usize> = 60 * 1024..64 * 1024;

/// A tool call with this text as its arguments.
fn call(arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"get_graph_user_details","_meta":{{"a":{arguments}}},"arguments":{{"a":{arguments}}}}}}}"#
    )
}

fn array(element: &str, bytes: usize) -> String {
    format!("[{}]", vec![element; bytes / (element.len() + 1)].join(","))
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// Calls of nearly as many values as one message may have memory for, and one of a long text.
pub(crate) fn calls() -> Vec<String> {
    let most =
        [array("0", 7_600), array("[]", 3_900), array("{}", 1_700), array(r#"{"a":0}"#, 3_900), array(r#""""#, 11_400)];
    let text = format!("{:?}", "x".repeat(30 * 1024));
    most.iter().chain([&text]).map(|arguments| call(arguments)).collect()
}

/// The worst messages: these, and some that are too long, too deep, or have too many values, that have long ids, or are many in
/// one.
pub(crate) fn messages() -> Vec<String> {
    const MAX_ARGUMENT_BYTES: usize = 31 * 1024;
    let too_much = [
        array(r#"{"a":0}"#, 512 * 1024),
        nested(100_000),
        nested(7_000),
        array("0", MAX_ARGUMENT_BYTES),
        array("[]", MAX_ARGUMENT_BYTES),
        array("{}", MAX_ARGUMENT_BYTES),
        array(r#"{"a":0}"#, MAX_ARGUMENT_BYTES),
        array(r#""""#, MAX_ARGUMENT_BYTES),
    ];
    let too_much = too_much.iter().map(|arguments| call(arguments));
    too_much.chain(calls()).chain([long_ping(0, LONGEST.start), batch()]).collect()
}

/// The revision of Streamable HTTP that has this message.
pub(crate) fn revision(message: &str) -> &'static str {
    if message.starts_with('[') { "2025-03-26" } else { driver::mcp::PROTOCOL_VERSION }
}

/// A request whose answer repeats an id of this length.
fn long_ping(number: usize, bytes: usize) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":"{number}{}","method":"ping"}}"#, "x".repeat(bytes))
}

/// As many messages as may be in one. The answers of all but the last wait for it.
fn batch() -> String {
    let pings: Vec<_> = (1..20).map(|number| long_ping(number, 3_000)).collect();
    format!("[{},{}]", pings.join(","), call("0"))
}

/// The first message of HTTP+SSE, as long as it may be.
pub(crate) fn initialize() -> Value {
    let mut message = driver::mcp::initialize();
    message["params"]["clientInfo"]["name"] = "x".repeat(LONGEST.start).into();
    message
}

/// The redirect URIs of [`registration`].
pub(crate) fn redirect_uri(number: usize) -> String {
    format!("https://client.example/{}/{number}", "x".repeat(1_900))
}

/// The largest registration that is accepted.
pub(crate) fn registration() -> String {
    let uris = (0..32).map(redirect_uri).collect::<Vec<_>>();
    let registration = json!({ "redirect_uris": uris, "client_name": "x".repeat(500) }).to_string();
    assert!(LONGEST.contains(&registration.len()), "{}", registration.len());
    registration
}

/// As large a registration that is none.
pub(crate) fn no_registration() -> String {
    format!(r#"{{"redirect_uris":{}}}"#, array(r#"{"a":0}"#, LONGEST.start))
}

/// From our own pages, and with the tokens of owners: nothing is kept of any other.
pub(crate) fn unfinished_bodies(host: SocketAddr, tokens: &[String]) -> Vec<String> {
    let post = |path: &str, further: &str, content_type: &str| {
        let lines = format!("host: {host}\r\n{further}\r\ncontent-type: {content_type}\r\ncontent-length: 65536");
        format!("POST {path} HTTP/1.1\r\n{lines}\r\n\r\n{}", "x".repeat(60 * 1024))
    };
    let form = "application/x-www-form-urlencoded";
    let origin = format!("origin: http://{host}");
    let public = [("/token", form), ("/register", "application/json"), ("/consent", form)];
    let public = public.map(|(path, content_type)| post(path, &origin, content_type));
    let of_owner = |token| post("/mcp", &format!("authorization: Bearer {token}"), "application/json");
    public.into_iter().chain(tokens.iter().map(of_owner)).collect()
}

pub(crate) fn unfinished_heads() -> Vec<String> {
    let line = format!("x: {}\r\n", "y".repeat(1024 - 5));
    [40, 47, 64].map(|lines| format!("GET /mcp HTTP/1.1\r\nhost: localhost\r\n{}", line.repeat(lines))).to_vec()
}

/// What came with a request: the head of another one, which does not end.
pub(crate) fn heads_that_came_early() -> Vec<String> {
    let request = "GET /health HTTP/1.1\r\nhost: localhost\r\n";
    vec![format!("{request}\r\n{request}x: {}", "y".repeat(2 * SMALL_HEAD))]
}

/// Chunked bodies without chunks, whose trailers do not end: as long as they may be, and as hyper would keep them.
pub(crate) fn unfinished_trailers(host: SocketAddr, tokens: &[String]) -> Vec<String> {
    let lines = format!("host: {host}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked");
    let post =
        |bearer: &str, bytes| format!("POST /mcp HTTP/1.1\r\n{lines}\r\n{bearer}\r\n0\r\nx: {}", "y".repeat(bytes));
    let of_owner = |token| [900, 7_000, 16_300].map(|bytes| post(&format!("authorization: Bearer {token}\r\n"), bytes));
    tokens.iter().flat_map(of_owner).chain([post("", 16_300)]).collect()
}

/// A call of the tool, as it is sent.
pub(crate) fn post_of_call(host: SocketAddr, token: &str) -> String {
    let (accept, call) = (driver::mcp::ACCEPT, call("{}"));
    let lines = format!("host: {host}\r\nauthorization: Bearer {token}\r\naccept: {accept}");
    let revision = format!("mcp-protocol-version: {}\r\ncontent-type: application/json", driver::mcp::PROTOCOL_VERSION);
    format!("POST /mcp HTTP/1.1\r\n{lines}\r\n{revision}\r\ncontent-length: {}\r\n\r\n{call}", call.len())
}

/// Graph's user, with a name that the result of a tool has twice. After as many results as an owner may have, there is nearly
/// room for another one: many small requests are admitted then.
pub(crate) fn user() -> String {
    json!({ "displayName": "x".repeat(100_000) }).to_string()
}

/// Heads for which the handler has a buffer only.
pub(crate) fn small_heads() -> Vec<String> {
    vec![format!("GET /health HTTP/1.1\r\nx: {}", "y".repeat(SMALL_HEAD - 25))]
}
