//! The numbers of the documents about limits and memory are those of the source.

use std::{collections::BTreeSet, fs};

use remote_auth_mcp::{config::LIMITS, http::CALLS_PER_MINUTE};

use super::{cells, code, root};

/// A constant: its file or folder, and its name there.
type Constant = (&'static str, &'static str);
/// A row of a table: its first cell, and its second, with a constant for each `{}`.
type Row = (&'static str, &'static str, &'static [Constant]);

const FETCHER: &str = "src/client_documents/fetcher.rs";
const RATES: &str = "src/client_documents/rates.rs";
const RULES: &str = "crates/authorization-server/src/state";
const PROTOCOL: &str = "crates/oauth-protocol/src";

/// The limits that cannot be set, but for those with a test of their own.
const FIXED: &[Row] = &[
    (
        "metadata documents",
        "of clients that nobody has used: {} a minute for an address and {} of those of one host, {} of a host, {} of all; \
         of clients that were used: {} a minute for an address, {} for a client to a URL, {} for the clients of one host to \
         a host, {} of all; of each of these two kinds {} at once for an address, {} of all",
        &[
            (RATES, "NETWORK_REQUESTS_PER_MINUTE"),
            (RATES, "NETWORK_AND_HOST_REQUESTS_PER_MINUTE"),
            (RATES, "HOST_REQUESTS_PER_MINUTE"),
            (RATES, "ALL_REQUESTS_PER_MINUTE"),
            (RATES, "NETWORK_REQUESTS_PER_MINUTE"),
            (RATES, "USED_URL_REQUESTS_PER_MINUTE"),
            (RATES, "HOST_REQUESTS_PER_MINUTE"),
            (RATES, "ALL_REQUESTS_PER_MINUTE"),
            (FETCHER, "NETWORK_AT_ONCE"),
            (FETCHER, "REQUESTS_AT_ONCE"),
        ],
    ),
    ("lookups of names", "{} at once", &[("src/client_documents/resolver.rs", "MAX_CONCURRENT_LOOKUPS")]),
    ("requests to one API at once", "{}", &[("src/graph/bulkhead.rs", "MAX_CONCURRENT_REQUESTS")]),
    (
        "pages of connections at once",
        "{}; {} of an owner",
        &[(MEMORY, "CONNECTIONS_PAGES_AT_ONCE"), (MEMORY, "OWNER_PAGES_AT_ONCE")],
    ),
    (
        "bodies that are waited for",
        "{} at once; {} of an address",
        &[(MEMORY, "LATE_BODIES_AT_ONCE"), (MEMORY, "NETWORK_LATE_BODIES_AT_ONCE")],
    ),
    (
        "bodies that are thrown away",
        "{} at once; {} of an address",
        &[(MEMORY, "DISCARDS_AT_ONCE"), (MEMORY, "NETWORK_DISCARDS_AT_ONCE")],
    ),
    (
        "pages of operators at once",
        "{}; {} of an operator",
        &[(MEMORY, "OPERATOR_PAGES_AT_ONCE"), (MEMORY, "PAGES_OF_AN_OPERATOR_AT_ONCE")],
    ),
    ("clicks on connections at once", "{} of an owner", &[(MEMORY, "OWNER_CLICKS_AT_ONCE")]),
    ("requests of a session at once", "{}", &[("src/mcp/sse/in_flight.rs", "MAX_IN_FLIGHT")]),
    (
        "waiting messages of a session",
        "{}, and {} of 4 KiB at most",
        &[("src/mcp/sse/inbox.rs", "MAX_WAITING"), ("src/mcp/sse/inbox.rs", "MAX_QUICK")],
    ),
    ("unread messages of a stream", "{}", &[("src/mcp/sse/outbox.rs", "OUTBOX_CAPACITY")]),
    ("messages of a batch", "{}", &[("src/mcp/batch.rs", "MAX_MESSAGES")]),
    ("requests of a batch at once", "{}", &[("src/mcp/streamable_http/batch.rs", "REQUESTS_AT_ONCE")]),
    ("unread events of a POST", "{}", &[("src/mcp/streamable_http/exchange.rs", "MAX_WAITING_EVENTS")]),
    ("redirect URIs of a client", "{}", &[(PROTOCOL, "client_metadata.rs::MAX_REDIRECT_URIS")]),
    ("parameters of a form or a query", "{}", &[(PROTOCOL, "form.rs::MAX_PAIRS")]),
    ("blocks", "{}", &[(RULES, "blocks.rs::MAX_BLOCKS")]),
    ("approvals", "{}", &[(RULES, "owner.rs::MAX_APPROVALS")]),
    ("withdrawals", "{}", &[(RULES, "owner.rs::MAX_WITHDRAWALS")]),
    ("demands", "{}", &[(RULES, "owner.rs::MAX_DEMANDS")]),
    ("decisions that a browser remembers", "{} of each kind", &[(RULES, "memory.rs::MAX_ENTRIES")]),
    ("sign-ins of a browser at once", "{}", &[(RULES, "cookies.rs::MAX_TRANSACTIONS")]),
    ("displaced sign-ins of a browser", "{} of each kind", &[(RULES, "cookies.rs::MAX_DISPLACED")]),
];

const MEMORY: &str = "src/http/memory.rs";
const INBOX: &str = "src/mcp/sse/inbox.rs";
const ANSWER: &str = "src/limited_answer.rs";
const GRAPH: &str = "src/graph/answer.rs";
const ROUTES: &str = "src/http/routes.rs";

/// The tables of memory, in bytes.
const SIZES: &[Row] = &[
    ("heads that are not complete", "{}", &[(MEMORY, "UNFINISHED_HEADS_BYTES")]),
    (
        "callers without an access token",
        "{}; {} an address",
        &[(MEMORY, "UNKNOWN_CALLERS_BYTES"), (MEMORY, "NETWORK_BYTES")],
    ),
    ("their bodies", "{} of it; {} an address", &[(MEMORY, "UNKNOWN_BODIES_BYTES"), (MEMORY, "NETWORK_BODIES_BYTES")]),
    ("known callers", "{}", &[(MEMORY, "KNOWN_CALLERS_BYTES")]),
    ("one owner", "{} of it", &[(MEMORY, "OWNER_BYTES")]),
    (
        "answers that must arrive",
        "{}; {} an owner or an address",
        &[(MEMORY, "RESERVE_BYTES"), (MEMORY, "RESERVE_SHARE_BYTES")],
    ),
    (
        "waiting messages of HTTP+SSE",
        "{}; {} an owner; {} a client of an owner; {} a stream",
        &[(INBOX, "TOTAL_BYTES"), (INBOX, "OWNER_BYTES"), (INBOX, "CLIENT_BYTES"), (INBOX, "SESSION_BYTES")],
    ),
    ("Graph's answers", "{}; {} an owner", &[(GRAPH, "ANSWERS_BYTES"), (GRAPH, "OWNER_BYTES")]),
    ("tokens for APIs", "{}", &[("src/graph/token_cache.rs", "MAX_BYTES")]),
    ("Entra's answers", "{}", &[(ANSWER, "ANSWERS_BYTES")]),
    ("head of a request", "{}", &[("src/http/server.rs", "CONNECTION_BYTES")]),
    (
        "what a chunked body has besides its chunks: extensions and trailers",
        "{}",
        &[("src/http/partial_head.rs", "BESIDE_CHUNKS_BYTES")],
    ),
    (
        "body of a form or a registration",
        "{}; `/consent` {}",
        &[(ROUTES, "FORM_LIMIT"), (ROUTES, "CONSENT_FORM_LIMIT")],
    ),
    ("message of MCP", "{} of text", &[(ROUTES, "MESSAGE_LIMIT")]),
    ("message of MCP, parsed", "{}", &[("src/mcp/admission.rs", "MAX_TREES")]),
    ("answer of Graph", "{} of text, {} parsed", &[(GRAPH, "LONGEST_ANSWER"), (GRAPH, "MAX_PARSED")]),
    ("answer of Entra", "{}; its signing keys {}", &[(ANSWER, "MAX_ANSWER"), ("src/entra/jwks.rs", "MAX_KEYS")]),
    ("metadata document or key set of a client", "{}", &[(FETCHER, "MAX_DOCUMENT")]),
];

/// The parts of a name by which a constant is taken for a limit.
const NAMES: [&str; 4] = ["MAX_", "_PER_MINUTE", "AT_ONCE", "CAPACITY"];

/// Constants with such a name that are in no table, and why.
const OTHER: &[(Constant, &str)] = &[
    (("src/http/limits.rs", "CALLS_PER_MINUTE"), "has a row of its own: a deployment may set another number"),
    (("src/http/body.rs", "MAX_READ"), "of a body that is thrown away"),
    (("src/http/cors.rs", "MAX_AGE"), "how long a browser keeps a preflight"),
    (("src/buckets.rs", "MAX_BUCKETS"), "a memory of callers; a forgotten one is refused nothing"),
    (("src/mcp/streamable_http/list_texts.rs", "MAX_LISTS"), "a cache"),
    (("src/graph/demanded_claims.rs", "MAX_DEMANDS"), "a cache"),
    (("src/entra/negative_cache.rs", "CAPACITY"), "a cache"),
    (("crates/authorization-server/src/ground/recent.rs", "CAPACITY"), "a cache"),
    (("src/entra/gateway_token.rs", "MAX_VERIFIED_TOKENS"), "a cache"),
    (("crates/authorization-server/src/grant_cache.rs", "MAX_GRANTS"), "a cache"),
    (("crates/authorization-server/src/block_copy.rs", "MAX_KNOWN_CLIENTS"), "a cache"),
    (("src/telemetry/queue.rs", "MAX_WAITING_LINES"), "lines of the log"),
    (("src/mcp/json_rpc.rs", "MAX_QUOTED_LENGTH"), "of a text in an error"),
    (("src/mcp/tools/search_mail.rs", "MAX_CHARACTERS"), "of the answer of a tool, which then says where it goes on"),
    (("src/mcp/tools/text.rs", "MAX_TEXT_LENGTH"), "of a text in the answer of a tool"),
    (("src/mcp/sse/in_turn.rs", "MAX_TURN_WAIT"), "a pause between messages of one caller"),
    (("src/mcp/sse/inbox.rs", "MAX_SCARCE_WAIT"), "told with the budget: how long a message may wait beyond it"),
    (("src/client_documents/freshness.rs", "MAX_LIFETIME"), "told in the row of documents: 24 hours"),
    (
        ("crates/authorization-server/src/state/former_hosts.rs", "MAX_FORMER_HOSTS"),
        "the oldest become one that is any",
    ),
    (("crates/authorization-server/src/state/claims.rs", "MAX_CHALLENGE_LENGTH"), "of what an API says"),
    (("crates/authorization-server/src/state/shown_hosts.rs", "MAX_SHOWN"), "of the hosts of a client on a page"),
    (("crates/authorization-server/src/state/visible_name.rs", "MAX_CHARACTERS"), "of a name on a page"),
    (("crates/authorization-server/src/state/visible_name.rs", "MAX_MARKS"), "of a name on a page"),
    (("crates/authorization-server/src/state/visible_name.rs", "MAX_MARKS_WITHOUT_PLACE"), "of a name on a page"),
    (("crates/oauth-protocol/src/client_metadata/name.rs", "MAX_CHARACTERS"), "a name is cut, not refused"),
    (("crates/oauth-protocol/src/client_metadata/members.rs", "MAX_STRINGS"), "further strings are skipped"),
    (("crates/oauth-protocol/src/https_url.rs", "MAX_LENGTH"), "a part of the syntax of a URL"),
    (("crates/oauth-protocol/src/redirect_uri/check.rs", "MAX_LENGTH"), "a part of the syntax of a redirect URI"),
    (("crates/oauth-protocol/src/authorization_request.rs", "MAX_STATE"), "a part of the syntax of a request"),
    (("crates/oauth-protocol/src/callback_response.rs", "MAX_ERROR"), "a part of the syntax of Entra's answer"),
    (("crates/oauth-protocol/src/callback_response.rs", "MAX_CODE"), "a part of the syntax of Entra's answer"),
    (("src/store/embedded_sweep.rs", "AT_ONCE"), "of the embedded store's own work"),
];

/// Limits that no event `limit_reached` names. The document says which kinds these are.
const SILENT: [&str; 18] = [
    "grants",
    "bodies that are thrown away",
    "clicks on connections at once",
    "calls of an address",
    "requests of a session at once",
    "requests of a batch at once",
    "unread events of a POST",
    "unread messages of a stream",
    "messages of a batch",
    "redirect URIs of a client",
    "parameters of a form or a query",
    "blocks",
    "approvals",
    "demands",
    "withdrawals",
    "decisions that a browser remembers",
    "sign-ins of a browser at once",
    "displaced sign-ins of a browser",
];

/// The file of a constant, and its name.
fn place<'a>(file: &str, name: &'a str) -> (String, &'a str) {
    match name.split_once("::") {
        Some((below, name)) => (format!("{file}/{below}"), name),
        None => (file.to_owned(), name),
    }
}

/// The value of a constant: a number, another constant of that file, or a product or quotient of both.
fn value(file: &str, name: &str) -> u64 {
    let (file, name) = place(file, name);
    let source = fs::read_to_string(root().join(&file)).unwrap();
    let declared = source.split(&format!("const {name}: ")).nth(1).unwrap_or_else(|| panic!("no {name} in {file}"));
    let expression = declared.split_once(" = ").unwrap().1.split(';').next().unwrap();
    let term = |text: &str| {
        let text = text.trim_start_matches("NonZeroU32::new(").trim_end_matches(").unwrap()").replace('_', "");
        text.parse().ok()
    };
    let mut words = expression.split(' ');
    let of = |word: &str| term(word).unwrap_or_else(|| value(&file, word));
    let mut result = of(words.next().unwrap());
    while let (Some(operator), Some(word)) = (words.next(), words.next()) {
        result = match operator {
            "*" => result * of(word),
            "/" => result / of(word),
            other => panic!("{other} in {name} of {file}"),
        };
    }
    result
}

/// A size as the documents write it.
fn size(bytes: u64) -> String {
    let kilobytes = bytes / 1024;
    assert_eq!(kilobytes * 1024, bytes);
    if kilobytes.is_multiple_of(1024) { format!("{} MiB", kilobytes / 1024) } else { format!("{kilobytes} KiB") }
}

/// The first two cells of rows, as these constants make them.
fn stated(rows: &[Row], write: fn(u64) -> String) -> BTreeSet<(String, String)> {
    let row = |(name, template, constants): &Row| {
        let mut cell = (*template).to_owned();
        for (file, constant) in *constants {
            cell = cell.replacen("{}", &write(value(file, constant)), 1);
        }
        assert!(!cell.contains("{}"), "{name}: {cell}");
        ((*name).to_owned(), cell)
    };
    rows.iter().map(row).collect()
}

/// The rows of all tables of a document.
fn rows(document: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let is_row = |at: usize| lines[at].starts_with('|') && !lines[at].starts_with("|---");
    let is_header = |at: usize| lines.get(at + 1).is_some_and(|next| next.starts_with("|---"));
    let rows = (0..lines.len()).filter(|at| is_row(*at) && !is_header(*at));
    rows.map(|at| cells(lines[at]).into_iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_table_of_limits_has_each_limit_with_its_number() {
    let all = rows("docs/operations/limits.md");
    let listed = |is_named: bool| -> BTreeSet<(String, String)> {
        let rows = all.iter().filter(|row| (row[2] == "`MCP_LIMITS`") == is_named);
        rows.map(|row| (row[0].clone(), row[1].clone())).collect()
    };
    let named = LIMITS.iter().map(|limit| (format!("`{}`", limit.name), limit.default.to_string()));
    assert_eq!(listed(true), named.collect());
    let callbacks = LIMITS.iter().find(|limit| limit.name == "callbacks-per-minute").unwrap();
    let redemptions = u64::from(callbacks.default.get()) * value("src/http/limits.rs", "REDEEMING_NETWORKS");
    let mut fixed = stated(FIXED, |number| number.to_string());
    fixed.insert(("calls of an address".into(), format!("{CALLS_PER_MINUTE} a minute")));
    fixed.insert(("callbacks of all addresses".into(), format!("{redemptions} a minute")));
    assert_eq!(listed(false), fixed);
}

/// The names that the source gives to limits in the event `limit_reached`.
fn reported() -> BTreeSet<String> {
    let literal = |text: &str| text.split('"').nth(1).map(str::to_owned);
    let found = |(file, code): (String, String)| {
        let named = ["limit: \"", "by_owner(\"", "on_own_page(\"", "Limit(\"", "reached(\"", "at_limit(\""];
        let mut names: Vec<String> = named
            .iter()
            .flat_map(|at| code.split(at).skip(1))
            .filter_map(|rest| literal(&format!("\"{rest}")))
            .collect();
        if file == "src/http/limits.rs" {
            names.extend(code.split("Self::").skip(1).filter_map(|arm| literal(arm.split_once("=> ")?.1)));
        }
        if file == "src/http/unread.rs" {
            names.extend(code.split("=> Some(").skip(1).filter_map(literal));
        }
        let events = code.split("LimitReached").skip(1);
        names.extend(events.filter_map(|rest| {
            let near: String = rest.chars().take(200).collect();
            literal(
                near.strip_prefix(", ")
                    .or_else(|| Some(near.split_once("because(")?.1))
                    .filter(|text| text.starts_with('"'))?,
            )
        }));
        names
    };
    code().into_iter().flat_map(found).collect()
}

/// Limits of memory are in memory.md.
#[test]
fn each_limit_of_the_table_is_named_by_the_log_or_is_silent_and_the_log_names_no_other() {
    let rows = rows("docs/operations/limits.md").into_iter().map(|row| row[0].trim_matches('`').to_owned());
    let (silent, reported): (BTreeSet<_>, BTreeSet<_>) = rows.partition(|name| SILENT.contains(&name.as_str()));
    let mut named = self::reported();
    named.retain(|name| !name.starts_with("memory for "));
    assert_eq!((reported, silent.len()), (named, SILENT.len()));
}

/// The constants of the handler that are called a limit.
fn declared() -> BTreeSet<(String, String)> {
    let of_file = |(file, code): (String, String)| {
        let names = code.split("const ").skip(1).filter_map(|rest| rest.split(':').next());
        let is_limit = |name: &&str| !name.contains(' ') && NAMES.iter().any(|part| name.contains(part));
        names.filter(is_limit).map(|name| (file.clone(), name.to_owned())).collect::<Vec<_>>()
    };
    code().into_iter().flat_map(of_file).collect()
}

#[test]
fn each_constant_that_is_called_a_limit_is_in_a_table_or_named_as_something_else() {
    let of_tables = FIXED.iter().chain(SIZES).flat_map(|(_, _, constants)| *constants);
    let others = OTHER.iter().map(|(constant, _)| constant);
    let named = of_tables.chain(others).map(|(file, name)| place(file, name));
    let named: BTreeSet<(String, String)> = named.map(|(file, name)| (file, name.to_owned())).collect();
    let declared = declared();
    let missing: Vec<_> = declared.difference(&named).collect();
    assert!(missing.is_empty(), "add these to docs/operations/limits.md or memory.md, and to this test: {missing:#?}");
    let gone: Vec<_> =
        OTHER.iter().filter(|((file, name), _)| !declared.contains(&((*file).into(), (*name).into()))).collect();
    assert!(gone.is_empty(), "these are no constants any more: {gone:#?}");
}

#[test]
fn the_tables_of_memory_have_each_size() {
    let listed = rows("docs/operations/memory.md").into_iter().map(|row| (row[0].clone(), row[1].clone()));
    assert_eq!(listed.collect::<BTreeSet<_>>(), stated(SIZES, size));
}
