//! The operator's page.

use askama::Template;
use authorization_server::{
    endpoints::pages::{ListedApplication, ListedEntraApplication, OperatorPage},
    state::{
        blocks::{Block, BlockTarget},
        operator_record::{OperatorDecision, OperatorRecord},
        shown_hosts::ShownHosts,
    },
};
use http::StatusCode;
use secrecy::ExposeSecret as _;

use super::{
    display_name::display_name,
    hosts::returns_to,
    render::render,
    texts::{PageText, Texts},
};
use crate::http::{app::App, reply::Response};

#[derive(Template)]
#[template(path = "operator_sign_in.html", config = "src/http/pages/askama.toml")]
struct OperatorSignInPage<'a> {
    texts: &'a Texts,
    server: &'a str,
}

/// No operator is signed in.
pub(in crate::http) fn operator_sign_in(app: &App, texts: &Texts) -> Response {
    render(StatusCode::OK, texts, &OperatorSignInPage { texts, server: &app.server_name })
}

#[derive(Template)]
#[template(path = "operator.html", config = "src/http/pages/askama.toml")]
struct Operator<'a> {
    texts: &'a Texts,
    server: &'a str,
    name: String,
    form: String,
    csrf: String,
    rows: Vec<ClientRow>,
    next: Option<String>,
    entra: Vec<EntraApplicationRow>,
    blocks: Vec<BlockRow>,
    records: Vec<RecordRow>,
    earlier: Option<String>,
}

/// A client.
struct ClientRow {
    name: String,
    returns_to: Option<PageText>,
    published_at: Option<String>,
    since: String,
    used: PageText,
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
    words: PageText,
    since: String,
    target: TargetFields,
}

/// A decision of an operator.
struct RecordRow {
    words: PageText,
    took_effect: bool,
}

/// The page of an operator.
pub(in crate::http) fn operator(app: &App, texts: &Texts, page: &OperatorPage) -> Response {
    let csrf = page.session.form_token(page.form).map(|token| token.encode());
    let query = |place: &Option<String>| place.as_deref().map(|place| oauth_protocol::form::encode([("from", place)]));
    let page = Operator {
        texts,
        server: &app.server_name,
        name: display_name(texts, Some(&page.session.name)),
        form: page.form.to_string(),
        csrf: csrf.map(|token| token.expose_secret().to_owned()).unwrap_or_default(),
        rows: page.applications.iter().map(|application| row(texts, application)).collect(),
        next: query(&page.next),
        entra: page.entra_applications.iter().map(entra_row).collect(),
        blocks: page.blocks.blocked().iter().rev().map(|entry| block(texts, entry)).collect(),
        records: page.records.iter().map(|entry| record(texts, entry)).collect(),
        earlier: query(&page.earlier),
    };
    render(StatusCode::OK, texts, &page)
}

fn row(texts: &Texts, ListedApplication { client, blocked }: &ListedApplication) -> ClientRow {
    ClientRow {
        name: display_name(texts, client.name.as_deref()),
        returns_to: returns_to(texts, &ShownHosts::all(client)),
        published_at: client.document().map(|document| document.url.as_str().to_owned()),
        since: texts.moment_of(client.registered_at),
        used: match client.used_at {
            Some(at) => texts.used(client.days_used, &texts.moment_of(at)),
            None => texts.never_used(),
        },
        blocked: *blocked,
        target: fields(&BlockTarget::of(client)),
    }
}

fn entra_row(ListedEntraApplication { application, blocked }: &ListedEntraApplication) -> EntraApplicationRow {
    let target = BlockTarget::EntraApplication(application.clone());
    EntraApplicationRow { blocked: *blocked, target: fields(&target) }
}

fn block(texts: &Texts, Block { target, at, .. }: &Block) -> BlockRow {
    BlockRow { words: words(texts, target), since: texts.moment_of(*at), target: fields(target) }
}

fn record(texts: &Texts, OperatorRecord { actor, decision, at, took_effect, .. }: &OperatorRecord) -> RecordRow {
    let time = texts.moment_of(*at);
    let words = match decision {
        OperatorDecision::Block(target) => texts.record_blocked(&time, actor, &words(texts, target)),
        OperatorDecision::Unblock(target) => texts.record_unblocked(&time, actor, &words(texts, target)),
        OperatorDecision::EndApplication(target) => texts.record_ended_application(&time, actor, &words(texts, target)),
        OperatorDecision::EndUser(owner) => texts.record_ended_user(&time, actor, &owner.to_string()),
    };
    RecordRow { words, took_effect: *took_effect }
}

fn fields(target: &BlockTarget) -> TargetFields {
    TargetFields { kind: target.kind(), value: target.value() }
}

fn words(texts: &Texts, target: &BlockTarget) -> PageText {
    let value = target.value();
    match target {
        BlockTarget::Registration(_) => texts.target_registration(&value),
        BlockTarget::Document(_) => texts.target_document(&value),
        BlockTarget::DocumentHost(_) => texts.target_document_host(&value),
        BlockTarget::RedirectHost(_) => texts.target_redirect_host(&value),
        BlockTarget::EntraApplication(_) => texts.target_entra_application(&value),
    }
}
