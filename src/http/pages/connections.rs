//! The owner's own page.

use askama::Template;
use authorization_server::{
    endpoints::pages::{Application, Connection, ConnectionsPage},
    state::entra_client::{EntraClient, Standing},
};
use http::StatusCode;

use super::{
    display_name::display_name,
    hosts::returns_to,
    render::render,
    texts::{PageText, Sentence, Texts},
};
use crate::http::{app::App, reply::Response};

#[derive(Template)]
#[template(path = "connections_sign_in.html", config = "src/http/pages/askama.toml")]
struct ConnectionsSignInPage<'a> {
    texts: &'a Texts,
    server: &'a str,
}

/// The page of a browser in which nobody is signed in.
pub(in crate::http) fn connections_sign_in(app: &App, texts: &Texts) -> Response {
    render(StatusCode::OK, texts, &ConnectionsSignInPage { texts, server: &app.server_name })
}

#[derive(Template)]
#[template(path = "connections.html", config = "src/http/pages/askama.toml")]
struct Connections<'a> {
    texts: &'a Texts,
    server: &'a str,
    name: String,
    csrf: &'a str,
    groups: Vec<Group>,
    entra_clients: Vec<EntraClientRow>,
    /// The button that undoes denials, if there are any.
    undo: Option<PageText>,
}

struct Group {
    client: String,
    returns_to: Option<PageText>,
    published_at: Option<String>,
    /// The permissions of each of its registrations; none where they differ.
    permissions: Vec<Sentence>,
    revoke_all: PageText,
    rows: Vec<ConnectionRow>,
}

/// An application that gets its tokens from Entra itself. Entra gives no name of it.
struct EntraClientRow {
    application: String,
    since: String,
    last_called: String,
    is_refused: bool,
}

struct ConnectionRow {
    id: String,
    /// Its permissions, where other registrations of the application have others.
    permissions: Vec<Sentence>,
    since: String,
    used: PageText,
    remembered: bool,
    addresses: String,
}

/// The page of the owner's connections.
pub(in crate::http) fn connections(app: &App, texts: &Texts, page: &ConnectionsPage) -> Response {
    let page = Connections {
        texts,
        server: &app.server_name,
        name: display_name(texts, Some(&page.session.name)),
        csrf: page.session.csrf(),
        groups: page.applications.iter().map(|application| group(app, texts, application)).collect(),
        entra_clients: page.entra_clients.iter().map(|client| entra_row(texts, client)).collect(),
        undo: (page.denials > 0).then(|| texts.button_undo_denials(page.denials)),
    };
    render(StatusCode::OK, texts, &page)
}

fn group(app: &App, texts: &Texts, application: &Application) -> Group {
    let connections = &application.connections;
    let shared = connections.first().filter(|first| connections.iter().all(|other| may_the_same(first, other)));
    let row = |connection| row(app, texts, connection, shared.is_none());
    Group {
        client: display_name(texts, connections.iter().find_map(|connection| connection.name.as_deref())),
        returns_to: returns_to(texts, &application.hosts),
        published_at: application.published_at.clone(),
        permissions: shared.map(|connection| sentences(texts, connection)).unwrap_or_default(),
        revoke_all: texts.button_revoke_application(connections.len()),
        rows: connections.iter().map(row).collect(),
    }
}

fn may_the_same(one: &Connection, other: &Connection) -> bool {
    one.permissions.len() == other.permissions.len()
        && one.permissions.iter().all(|permission| other.permissions.contains(permission))
}

fn sentences(texts: &Texts, connection: &Connection) -> Vec<Sentence> {
    connection.permissions.iter().map(|permission| texts.sentence(permission)).collect()
}

fn entra_row(texts: &Texts, client: &EntraClient) -> EntraClientRow {
    EntraClientRow {
        application: client.application.to_string(),
        since: texts.day_of(client.since),
        // A call is noted once a day.
        last_called: texts.day_of(client.last_called),
        is_refused: matches!(client.standing, Standing::Refused(_)),
    }
}

fn row(app: &App, texts: &Texts, connection: &Connection, with_permissions: bool) -> ConnectionRow {
    let addresses = connection.addresses.iter().map(|address| app.server.base().join(address.path()));
    ConnectionRow {
        id: connection.client.to_string(),
        permissions: if with_permissions { sentences(texts, connection) } else { vec![] },
        since: texts.moment_of(connection.since),
        used: match connection.last_used {
            Some(at) => texts.connection_used(connection.devices, &texts.moment_of(at)),
            None => texts.connection_unused(),
        },
        remembered: connection.remembered,
        addresses: addresses.collect::<Vec<_>>().join(", "),
    }
}
