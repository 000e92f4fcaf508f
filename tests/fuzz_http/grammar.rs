//! Requests as clients and browsers send them, with what is known so far.

use std::collections::BTreeSet;

use driver::{
    browser::{CHALLENGE, REDIRECT_URI, VERIFIER},
    mcp, oauth,
};
use remote_auth_mcp::http::endpoints;
use serde_json::{Value, json};

use crate::{
    known::Known,
    random::Random,
    request::{Body, Request},
};

/// Those that are known, and one that nobody has issued.
const NOBODY: &str = "AQEBAQEBAQEBAQEBAQEBAQ";
const LAST_REVISION: &str = "2026-07-28";
/// Beside the endpoints of the contract.
const OTHER_PATHS: [&str; 4] = ["/", "/favicon.ico", "/mcp/", "//mcp"];

pub(crate) struct Grammar<'a> {
    pub(crate) random: &'a Random,
    pub(crate) known: &'a Known,
    /// Of the server, without a slash at its end.
    pub(crate) base: &'a str,
}

/// Its client matters for what is learned from the answer.
pub(crate) type Drawn = (String, Request);

impl Grammar<'_> {
    pub(crate) fn request(&self) -> Drawn {
        let client = self.random.any(&self.known.clients).cloned().unwrap_or_else(|| NOBODY.to_owned());
        match self.random.below(18) {
            0 => (client, self.look()),
            1 => (client, self.preflight()),
            _ => self.own(client),
        }
    }

    /// A request that is made for its endpoint.
    fn own(&self, client: String) -> Drawn {
        match self.random.below(16) {
            0 => (client, self.register()),
            1 | 2 => (client.clone(), self.authorize(&client)),
            3 | 4 => (client, self.submit()),
            5 => (client.clone(), self.callback()),
            // A code lives for a minute, and without tokens nothing behind them is reached.
            6 | 14 | 15 => self.redeem(),
            7 => self.refresh(),
            8 => (client.clone(), self.revoke(&client)),
            9 => (client, self.browse("/connections")),
            10 | 11 => (client, self.streamable_http()),
            12 => (client, self.bearer(Request::get("/mcp/sse").header("accept", "text/event-stream"))),
            _ => (client, self.message()),
        }
    }

    fn register(&self) -> Request {
        let uris = [REDIRECT_URI, "https://client.example/cb", "cursor://x/cb", "http://[::1]:1/cb", "com.example:/cb"];
        let mut metadata = oauth::registration("A client", self.random.pick::<&str>(&uris));
        if self.random.once_in(2) {
            metadata = oauth::registration("Test client", REDIRECT_URI);
        }
        metadata["scope"] = json!("user.read");
        Request::post("/register", Body::Json(metadata))
    }

    fn browse(&self, path: &str) -> Request {
        let site = *self.random.pick(&["none", "same-origin", "cross-site"]);
        Request::get(path).header("cookie", self.known.cookie_header()).header("sec-fetch-site", site)
    }

    fn authorize(&self, client: &str) -> Request {
        let prompt = *self.random.pick(&["", "consent", "login", "none", "select_account"]);
        let resource = format!("{}/mcp", self.base);
        let mut request = self.browse("/authorize").query(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "client state/+&"),
            ("scope", "user.read"),
            ("resource", &resource),
        ]);
        if !prompt.is_empty() {
            request = request.query(&[("prompt", prompt)]);
        }
        request
    }

    /// Presses a button of a page that was shown, most often of the last consent page: the buttons of `/connections` end what
    /// was allowed.
    fn submit(&self) -> Request {
        let mut newest_first = self.known.forms.iter().rev();
        let last = newest_first.find(|form| form.action == "/consent").filter(|_| !self.random.once_in(3));
        let Some(form) = last.or_else(|| self.random.any(&self.known.forms)) else { return self.browse("/consent") };
        let mut fields = form.fields.clone();
        let allow = form.buttons.first().filter(|_| !self.random.once_in(4));
        fields.extend(allow.or_else(|| self.random.any(&form.buttons)).cloned());
        let request = Request::post(&form.action, Body::Form(fields));
        request
            .header("cookie", self.known.cookie_header())
            .header("origin", self.base)
            .header("sec-fetch-site", "same-origin")
    }

    fn callback(&self) -> Request {
        let query = self.known.callbacks.last().cloned().unwrap_or_default();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Request { query: pairs, ..self.browse("/oauth-callback") }
    }

    fn form(path: &str, fields: &[(&str, &str)]) -> Request {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request::post(path, Body::Form(fields.collect()))
    }

    fn redeem(&self) -> Drawn {
        let nothing = (NOBODY.to_owned(), NOBODY.to_owned());
        let (client, code) = self.known.codes.last().unwrap_or(&nothing);
        (client.clone(), Self::form("/token", &oauth::redemption(client, code, REDIRECT_URI, VERIFIER)))
    }

    fn refresh(&self) -> Drawn {
        let nothing = (NOBODY.to_owned(), NOBODY.to_owned());
        let last = self.known.refresh_tokens.last().filter(|_| !self.random.once_in(4));
        let (client, token) = last.or_else(|| self.random.any(&self.known.refresh_tokens)).unwrap_or(&nothing);
        (client.clone(), Self::form("/token", &oauth::refresh(client, token)))
    }

    fn revoke(&self, client: &str) -> Request {
        let refresh = self.random.any(&self.known.refresh_tokens).map(|(_, token)| token);
        let token = refresh.filter(|_| self.random.once_in(8)).map_or(NOBODY, String::as_str);
        Self::form("/revoke", &[("token", token), ("client_id", client)])
    }

    fn bearer(&self, request: Request) -> Request {
        let last = self.known.access_tokens.last().filter(|_| !self.random.once_in(3));
        let token = last.or_else(|| self.random.any(&self.known.access_tokens)).map_or(NOBODY, String::as_str);
        request.header("authorization", format!("Bearer {token}"))
    }

    fn json_rpc(&self) -> Value {
        match self.random.below(7) {
            0 => mcp::initialize(),
            1 => mcp::initialized(),
            2 | 3 => mcp::tool_call(7),
            4 => json!({ "jsonrpc": "2.0", "id": "list", "method": "tools/list" }),
            5 => json!({ "jsonrpc": "2.0", "id": 8, "method": "ping" }),
            _ => json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } }),
        }
    }

    fn mcp(&self, path: &str, message: Value, revision: &str) -> Request {
        let request = self.bearer(Request::post(path, Body::Json(message)));
        request.header("accept", mcp::ACCEPT).header("mcp-protocol-version", revision)
    }

    /// Of several revisions: one has batches, and the last one none.
    fn streamable_http(&self) -> Request {
        match self.random.below(4) {
            0 => self.of_the_last_revision(self.json_rpc()),
            1 => self.mcp("/mcp", json!([self.json_rpc(), self.json_rpc()]), "2025-03-26"),
            _ => self.mcp("/mcp", self.json_rpc(), mcp::PROTOCOL_VERSION),
        }
    }

    /// It says in each message what a handshake says in others, and headers repeat parts of it.
    fn of_the_last_revision(&self, mut message: Value) -> Request {
        message["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": LAST_REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "fuzz", "version": "1" },
        });
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (method, name) = (text(&message["method"]), text(&message["params"]["name"]));
        self.mcp("/mcp", message, LAST_REVISION).header("mcp-method", method).header("mcp-name", name)
    }

    fn message(&self) -> Request {
        let endpoint = self.random.any(&self.known.endpoints).map_or("/mcp/message?sessionId=x", String::as_str);
        let (path, session) = endpoint.split_once("?sessionId=").unwrap_or((endpoint, ""));
        self.mcp(path, self.json_rpc(), mcp::PROTOCOL_VERSION).query(&[("sessionId", session)])
    }

    fn look(&self) -> Request {
        let other = self.random.pick::<&str>(&OTHER_PATHS);
        if self.random.once_in(3) { Request::get(other) } else { Request::get(&self.endpoint()) }
    }

    fn endpoint(&self) -> String {
        let paths: Vec<_> = endpoints().flat_map(|endpoint| endpoint.paths).collect();
        self.random.pick(&paths).clone()
    }

    fn preflight(&self) -> Request {
        let request = Request::get(&self.endpoint()).header("origin", "http://localhost:6274");
        let request = request.header("access-control-request-method", "POST");
        Request { method: "OPTIONS".to_owned(), ..request }
    }
}

/// The endpoints without a request of their own: their documents depend on no request, and nobody here is an operator.
const ONLY_LOOKED_AT: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource/mcp/sse",
    "/health",
    "/operator",
];

#[test]
fn each_endpoint_has_a_request_of_its_own_or_is_listed() {
    let (random, known) = (Random::new(1), Known::new());
    let grammar = Grammar { random: &random, known: &known, base: "http://127.0.0.1:1" };
    let own = (0..1000).map(|_| grammar.own(NOBODY.to_owned()).1.path);
    let drawn: BTreeSet<String> = own.chain(ONLY_LOOKED_AT.map(str::to_owned)).collect();
    assert_eq!(drawn, endpoints().flat_map(|endpoint| endpoint.paths).collect());
}
