//! The operator's page.

use askama::Template;
use authorization_server::{
    endpoints::pages::{ListedApplication, ListedEntraApplication, OperatorPage},
    state::{
        blocks::{Block, BlockTarget},
        operator_record::{OperatorDecision, OperatorRecord},
    },
};
use http::StatusCode;
use oauth_protocol::redirect_uri::RedirectUri;
use secrecy::ExposeSecret as _;

use super::{display_name::display_name, render::render, time_of_day::time_of_day};
use crate::http::{app::App, reply::Response};

#[derive(Template)]
#[template(path = "operator_sign_in.html", config = "src/http/pages/askama.toml")]
struct SignInPage<'a> {
    server: &'a str,
}

/// No operator is signed in.
pub(in crate::http) fn operator_sign_in(app: &App) -> Response {
    render(StatusCode::OK, &SignInPage { server: &app.server_name })
}

#[derive(Template)]
#[template(path = "operator.html", config = "src/http/pages/askama.toml")]
struct Operator<'a> {
    server: &'a str,
    name: String,
    form: String,
    csrf: String,
    rows: Vec<ClientRow>,
    next: Option<String>,
    entra: Vec<EntraApplicationRow>,
    blocks: Vec<BlockRow>,
    records: Vec<RecordRow>,
}

/// A client.
struct ClientRow {
    name: String,
    hosts: String,
    published_at: Option<String>,
    since: String,
    days_used: u32,
    last_used: Option<String>,
    blocked: bool,
    target: TargetFields,
}

/// An application that gets its tokens from Entra itself.
struct EntraApplicationRow {
    blocked: bool,
    target: TargetFields,
}

/// The hidden fields that name a target.
struct TargetFields {
    kind: &'static str,
    value: String,
}

struct BlockRow {
    words: String,
    since: String,
    target: TargetFields,
}

struct RecordRow {
    at: String,
    words: String,
    actor: String,
}

/// The page of an operator.
pub(in crate::http) fn operator(app: &App, page: &OperatorPage) -> Response {
    let csrf = page.session.form_token(page.form).map(|token| token.encode());
    let next = page.next.as_deref().map(|place| oauth_protocol::form::encode([("from", place)]));
    let page = Operator {
        server: &app.server_name,
        name: display_name(Some(&page.session.name)),
        form: page.form.to_string(),
        csrf: csrf.map(|token| token.expose_secret().to_owned()).unwrap_or_default(),
        rows: page.applications.iter().map(row).collect(),
        next,
        entra: page.entra_applications.iter().map(entra_row).collect(),
        blocks: page.blocks.blocked().iter().rev().map(block).collect(),
        records: page.records.iter().map(record).collect(),
    };
    render(StatusCode::OK, &page)
}

fn row(ListedApplication { client, blocked }: &ListedApplication) -> ClientRow {
    let mut hosts: Vec<&str> = client.redirect_uris.iter().map(RedirectUri::host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    ClientRow {
        name: display_name(client.name.as_deref()),
        hosts: hosts.join(", "),
        published_at: client.document().map(|document| document.url.as_str().to_owned()),
        since: time_of_day(client.registered_at),
        days_used: client.days_used,
        last_used: client.used_at.map(time_of_day),
        blocked: *blocked,
        target: fields(&BlockTarget::of(client)),
    }
}

fn entra_row(ListedEntraApplication { application, blocked }: &ListedEntraApplication) -> EntraApplicationRow {
    let target = BlockTarget::EntraApplication(application.clone());
    EntraApplicationRow { blocked: *blocked, target: fields(&target) }
}

fn block(Block { target, at, .. }: &Block) -> BlockRow {
    BlockRow { words: words(target), since: time_of_day(*at), target: fields(target) }
}

fn record(OperatorRecord { actor, decision, at, .. }: &OperatorRecord) -> RecordRow {
    let words = match decision {
        OperatorDecision::Block(target) => format!("blocked {}", words(target)),
        OperatorDecision::Unblock(target) => format!("lifted the block of {}", words(target)),
        OperatorDecision::EndApplication(target) => format!("ended every connection of {}", words(target)),
        OperatorDecision::EndUser(owner) => format!("ended every connection of the user with the key {owner}"),
    };
    RecordRow { at: time_of_day(*at), words, actor: actor.clone() }
}

fn fields(target: &BlockTarget) -> TargetFields {
    TargetFields { kind: target.kind(), value: target.value() }
}

fn words(target: &BlockTarget) -> String {
    let kind = match target {
        BlockTarget::Registration(_) => "the registration",
        BlockTarget::Document(_) => "the application at",
        BlockTarget::DocumentHost(_) => "applications that describe themselves at",
        BlockTarget::RedirectHost(_) => "applications that return to",
        BlockTarget::EntraApplication(_) => "the Entra application",
    };
    format!("{kind} {}", target.value())
}
